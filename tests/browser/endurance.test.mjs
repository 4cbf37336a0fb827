// What shows only after a while: long tasks of the page's main thread, memory that grows, what a start leaves behind.
// Chromium alone measures these: Firefox's protocol has neither a thread's CPU time nor a heap's size.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { countGpuMemory, inWords, mainThreadTasks, memory } from "./measure.mjs";
import { MINUTES, SECONDS, enabled, inState, keptSteps, pause, stepOf, until, untilWithoutFault } from "./studio.mjs";

/** A task of the main thread may take so many milliseconds of its own CPU time. */
const LONGEST_TASK = 50;
/** A heap of JavaScript may come out of a collection by so much larger: caches and compiled code. */
const HEAP_SLACK = 2_000_000;
/** A memory of WebAssembly never shrinks, and its allocator rounds. */
const WASM_SLACK = 256 * 1024;
/** What a step adds to it: the readings of the curves, which a checkpoint holds as text, and a few copies of that. */
const READINGS = 1500;

const CASES = [
  ["a fit", "/?levels=3&size=64&mask=dense&steps=100000&settles=no"],
  ["a race", "/?levels=3&size=32&mask=dense&against=dense,dense&steps=100000"],
  ["a learner", "/?view=learn&levels=3&size=64"],
];
for (const [what, path] of CASES) {
  const title = `the main thread has no long task while ${what} trains (measured in Chromium)`;
  inEachBrowser(title, { only: "chromium", timeout: 5 * MINUTES }, async ({ open, t }) => {
    const page = await open(path);
    await enabled(page, "#start");
    await page.click("#start");
    // Start-up, with its compilation, is over.
    await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 5, 3 * MINUTES);
    const before = await stepOf(page);
    const tasks = await mainThreadTasks(page, async () => {
      await pause(6 * SECONDS);
      // What a person does meanwhile is part of it.
      await page.click("#start");
      await inState(page, "Paused");
      await page.click("#start");
      await pause(2 * SECONDS);
    });
    const after = await stepOf(page);
    t.diagnostic(`${after - before} steps, ${tasks.count} tasks, the longest ${tasks.longest.toFixed(1)} ms: ${tasks.inside}`);
    assert.ok(after > before && tasks.count > 100, "it trained, and was seen to");
    assert.ok(tasks.longest < LONGEST_TASK, `a task took ${tasks.longest} ms: ${tasks.inside}`);
  });
}

/** Fails if what is held has grown, beyond what so many further steps put on record. */
function assertSame(before, after, steps) {
  const words = `before: ${inWords(before)}; after: ${inWords(after)}`;
  assert.equal(after.gpu.buffers, before.gpu.buffers, `buffers: ${words}`);
  assert.equal(after.gpu.bytes, before.gpu.bytes, `bytes of buffers: ${words}`);
  assert.equal(after.gpu.textures, before.gpu.textures, `textures: ${words}`);
  for (const place of ["page", "worker"]) {
    assert.ok(after[place].used - before[place].used < HEAP_SLACK, `heap of the ${place}: ${words}`);
    const grown = after[place].wasm - before[place].wasm;
    assert.ok(grown <= WASM_SLACK + READINGS * steps, `wasm of the ${place}: ${words}`);
  }
}

/** A small page, and its worker, of whose buffers each is counted from now on. */
async function counted(open) {
  const page = await open("/?levels=2&size=32&mask=dense&steps=100000&settles=no");
  await enabled(page, "#start");
  const worker = await until("the worker", () => page.workers()[0]);
  await countGpuMemory(worker);
  return { page, worker };
}

inEachBrowser(
  "2,000 steps hold no more than their curves (memory as measured in Chromium)",
  { only: "chromium", timeout: 14 * MINUTES },
  async ({ open, t }) => {
    const { page, worker } = await counted(open);
    await page.click("#start");
    const heldAfter = async (step) => {
      await untilWithoutFault(page, `step ${step}`, async () => (await stepOf(page)) >= step, 12 * MINUTES);
      await page.click("#start");
      await inState(page, "Paused");
      // The checkpoint of the pause is made, and the page has put it away.
      const paused = await stepOf(page);
      await until("the checkpoint", async () => (await keptSteps(page)).includes(paused));
      const held = await memory(page, worker);
      t.diagnostic(`step ${await stepOf(page)}: ${inWords(held)}`);
      assert.ok(held.gpu.buffers > 0, "the run's buffers are counted");
      return held;
    };
    const before = await heldAfter(200);
    await page.click("#start");
    assertSame(before, await heldAfter(2200), 2000);
  },
);

inEachBrowser(
  "fifty starts leave nothing behind (measured in Chromium)",
  { only: "chromium", timeout: 14 * MINUTES },
  async ({ open, t }) => {
    const { page, worker } = await counted(open);
    const startAndStop = async () => {
      await page.click("#start");
      await untilWithoutFault(page, "a step", async () => (await stepOf(page)) > 0);
      await page.click("#start");
      await inState(page, "Paused");
      await page.click("#reset");
      await inState(page, "Idle");
      await enabled(page, "#start");
    };
    const starts = async (count) => {
      for (let i = 0; i < count; i += 1) await startAndStop();
      const held = await memory(page, worker);
      t.diagnostic(`after ${count} starts: ${inWords(held)}`);
      return held;
    };
    // What is compiled and cached once is there after a few.
    const before = await starts(5);
    assertSame(before, await starts(50), 0);
  },
);
