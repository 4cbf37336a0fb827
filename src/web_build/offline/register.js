// Registers the service worker, and stands between it and the page, which speak of a new version by three events of the
// window: "oes-update" (there is one), "oes-take-update" (load it) and "oes-update-blocked" (other pages are open).
const container = navigator.serviceWorker;
const HOUR = 3_600_000;

async function register() {
  const registration = await container.register(new URL("./service-worker.js", import.meta.url));
  const tell = () => {
    if (registration.waiting && container.controller) window.dispatchEvent(new Event("oes-update"));
  };
  const follow = () => registration.installing?.addEventListener("statechange", tell);
  registration.addEventListener("updatefound", follow);
  follow();
  tell();
  // A page may stay open for days. Without a network there is nothing to look for.
  setInterval(() => registration.update().catch(() => {}), HOUR);
  let taking = false;
  window.addEventListener("oes-take-update", () => {
    taking = true;
    registration.waiting?.postMessage("take over");
  });
  container.addEventListener("controllerchange", () => {
    if (taking) location.reload();
  });
  container.addEventListener("message", ({ data }) => {
    if (data === "others are open") window.dispatchEvent(new Event("oes-update-blocked"));
  });
}

// A browser without one, or which keeps nothing, shows the page as well.
if (container) register().catch((error) => console.warn("not kept for offline use:", error));
