// Keeps the files of one version of the page, all or none, and answers with them first: the page works offline, and is
// never a mixture of two versions. oes-web fills in the version and the SHA-256 sum of each file.
//
// A new version waits until no page of the one before is open, or until the only page open asks for it.
const VERSION = "VERSION_SUM";
const FILES = {
  /* FILE_SUMS */
};

// An origin may hold several copies of the page, each below its own path.
const SCOPE = self.registration.scope;
const CACHES = `optimal-eye-surgeon ${SCOPE} `;
const CACHE = CACHES + VERSION;

const sha256 = async (bytes) => {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

async function keep(cache, file, sum) {
  const response = await fetch(new URL(file, SCOPE), { cache: "no-cache" });
  const bytes = await response.arrayBuffer();
  if (!response.ok || (await sha256(bytes)) !== sum) {
    throw new Error(`${file} is not that of version ${VERSION} (status ${response.status})`);
  }
  // Made anew, since a page may not be answered with a response that was redirected.
  await cache.put(new URL(file, SCOPE), new Response(bytes, { headers: response.headers }));
}

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    try {
      await Promise.all(Object.entries(FILES).map(([file, sum]) => keep(cache, file, sum)));
    } catch (error) {
      await caches.delete(CACHE);
      throw error;
    }
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const take = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(CACHES) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(take());
});

/** The file of this version that a request asks for, if it is one. */
function fileOf(request) {
  if (request.method !== "GET" || !request.url.startsWith(SCOPE)) return null;
  // What follows `?` is for the page.
  const path = new URL(request.url).pathname.slice(new URL(SCOPE).pathname.length);
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  return Object.hasOwn(FILES, file) ? file : null;
}

self.addEventListener("fetch", (event) => {
  const file = fileOf(event.request);
  if (file === null) return;
  const answer = async () => {
    const kept = await caches.match(new URL(file, SCOPE), { cacheName: CACHE });
    // The browser may have thrown the cache away for want of room.
    return kept ?? fetch(event.request);
  };
  event.respondWith(answer());
});

self.addEventListener("message", (event) => {
  if (event.data !== "take over") return;
  const takeOver = async () => {
    // Another page still runs the version before, and loads its files when it starts a worker.
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.filter((page) => page.url.startsWith(SCOPE)).length > 1) event.source.postMessage("others are open");
    else await self.skipWaiting();
  };
  event.waitUntil(takeOver());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const show = async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    await pages[0]?.focus();
  };
  event.waitUntil(show());
});
