// Each browser has a WebGPU adapter, in the page and in a module worker, and a device on it computes. If this fails, every
// other test here would.

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inEachBrowser } from "./helper.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "blank");
const values = [1, 2, 3, 4.5];

inEachBrowser("an adapter computes for the page", { dist }, async ({ open, t }) => {
  const page = await open("/");
  const { info, doubled } = await page.evaluate(async (values) => {
    const { double } = await import("/double.js");
    return double(values);
  }, values);
  assert.ok(info, "navigator.gpu gives the page no adapter");
  t.diagnostic(`adapter: ${JSON.stringify(info)}`);
  assert.deepEqual(doubled, [2, 4, 6, 9]);
});

inEachBrowser("an adapter computes for a module worker", { dist }, async ({ open }) => {
  const page = await open("/");
  const { info, doubled } = await page.evaluate(
    (values) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => (data === "ready" ? worker.postMessage(values) : resolve(data));
      }),
    values,
  );
  assert.ok(info, "navigator.gpu gives the worker no adapter");
  assert.deepEqual(doubled, [2, 4, 6, 9]);
});

inEachBrowser("a refused file and a console error are noticed", { dist }, async ({ open }) => {
  const page = await open("/");
  await page.evaluate(async () => {
    console.error("on purpose");
    await fetch("/no-such-file");
  });
  // Console events may come a moment after the call that caused them.
  for (let turn = 0; turn < 50 && page.problems.length < 2; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(page.problems.some((problem) => problem.includes("on purpose")));
  assert.ok(page.problems.some((problem) => problem.startsWith("404 for ")));
  await page.close(); // so that none comes after they are forgiven
  page.problems.length = 0;
});
