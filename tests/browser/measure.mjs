// Measures of a page that only Chromium's protocol gives: tasks of the main thread, and what memory is held.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Traces the page while `body` runs.
 * @returns {Promise<{count: number, longest: number, inside: string}>} how many tasks its main thread had, the most CPU time
 *   one of them took, in milliseconds of the thread itself (the adapter computes on the same cores), and what was in it.
 */
export async function mainThreadTasks(page, body) {
  const folder = mkdtempSync(join(tmpdir(), "oes-trace-"));
  const path = join(folder, "trace.json");
  try {
    const categories = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8.execute"];
    await page.tracing.start({ path, categories });
    await body();
    await page.tracing.stop();
    const { traceEvents } = JSON.parse(readFileSync(path, "utf8"));
    const mains = traceEvents.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain");
    // The page's process is the one that paints; the blank tab that the browser opens with does nothing.
    const all = mains.map(({ pid, tid }) => traceEvents.filter((event) => event.pid === pid && event.tid === tid));
    const busiest = all.reduce((a, b) => (b.length > a.length ? b : a));
    const tasks = busiest.filter((event) => event.name === "RunTask" && event.tdur !== undefined);
    const longest = tasks.reduce((a, b) => (b.tdur > a.tdur ? b : a), { tdur: 0, ts: 0, dur: 0 });
    const within = ({ ts, dur = 0 }) => ts >= longest.ts && ts + dur <= longest.ts + longest.dur;
    const parts = busiest.filter((event) => event !== longest && event.tdur > 1000 && within(event));
    const inside = parts.map((event) => `${event.name} ${(event.tdur / 1000).toFixed(1)} ms`).join(", ");
    return { count: tasks.length, longest: longest.tdur / 1000, inside };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts the worker's GPU buffers and textures from now on: what is created and not destroyed is held. */
export const countGpuMemory = (worker) =>
  worker.evaluate(() => {
    self.held = { buffers: 0, bytes: 0, textures: 0 };
    const sizes = new WeakMap();
    const { createBuffer, createTexture } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (description) {
      const buffer = createBuffer.call(this, description);
      sizes.set(buffer, description.size);
      self.held.buffers += 1;
      self.held.bytes += description.size;
      return buffer;
    };
    GPUDevice.prototype.createTexture = function (description) {
      const texture = createTexture.call(this, description);
      sizes.set(texture, 0);
      self.held.textures += 1;
      return texture;
    };
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function () {
      if (sizes.has(this)) {
        self.held.buffers -= 1;
        self.held.bytes -= sizes.get(this);
        sizes.delete(this);
      }
      destroy.call(this);
    };
    const destroyTexture = GPUTexture.prototype.destroy;
    GPUTexture.prototype.destroy = function () {
      if (sizes.delete(this)) self.held.textures -= 1;
      destroyTexture.call(this);
    };
  });

/** Bytes in use on a heap of JavaScript after a collection, and of all WebAssembly memories on it. */
async function heap(client) {
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  const objectGroup = "memories";
  const { result } = await client.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype", objectGroup });
  const { objects } = await client.send("Runtime.queryObjects", { prototypeObjectId: result.objectId, objectGroup });
  const sum = await client.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }",
    returnByValue: true,
  });
  await client.send("Runtime.releaseObjectGroup", { objectGroup });
  return { used: usedSize, wasm: sum.result.value };
}

/** What page and worker hold now. GPU memory is counted since `countGpuMemory`. */
export async function memory(page, worker) {
  const client = await page.createCDPSession();
  const found = { page: await heap(client), worker: await heap(worker.client), gpu: await worker.evaluate(() => self.held) };
  await client.detach();
  return found;
}

/** A measure in words, for a test's log. */
export const inWords = ({ page, worker, gpu }) => {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(2);
  return (
    `page ${megabytes(page.used)} MB and ${megabytes(page.wasm)} MB of wasm, worker ${megabytes(worker.used)} MB and ` +
    `${megabytes(worker.wasm)} MB of wasm, ${gpu.buffers} buffers with ${megabytes(gpu.bytes)} MB, ${gpu.textures} textures`
  );
};
