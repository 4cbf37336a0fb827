// Starts the page: loads the wasm module and calls its `main`. An external file, since the page's content security
// policy allows no inline script. oes-web fills in NAME.
import init from "./NAME.js";

const boot = document.getElementById("boot");
try {
  await init({ module_or_path: new URL("./NAME_bg.wasm", import.meta.url) });
  boot?.remove();
} catch (error) {
  if (boot) {
    boot.setAttribute("role", "alert");
    boot.textContent =
      "The page could not start. Reload it; if that does not help, try a current Chrome, Edge, Firefox or Safari. " +
      `The browser says: ${error}`;
  }
  throw error;
}
await import("./offline.js");
