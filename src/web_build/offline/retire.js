// The service worker of a build that is not for upload. Where one that is was served before from the same address, it gives
// up that one's files and itself, and has the pages load from the server again.
const CACHES = `optimal-eye-surgeon ${self.registration.scope} `;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const retire = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(CACHES)).map((name) => caches.delete(name)));
    await self.registration.unregister();
    const pages = await self.clients.matchAll({ type: "window" });
    await Promise.all(pages.map((page) => page.navigate(page.url)));
  };
  event.waitUntil(retire());
});
