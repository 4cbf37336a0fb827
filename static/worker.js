// Starts the engine in a dedicated worker: the same module as the page, whose `main` sees that it is in a worker. The first
// message is the module, compiled by the page; the program itself listens from then on.
import init from "../oes-page.js";

self.onmessage = async ({ data }) => {
  self.onmessage = null;
  await init({ module_or_path: data });
};
