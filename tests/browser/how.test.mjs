// The view that explains: each figure runs to its end with numbers, the shuffle experiment gives one curve for each mask,
// only one thing trains at a time, and leaving the view stops the work. The figures are of half the size and cut short, and
// most run on the CPU engine: a software adapter takes longer to compile so many runs than to train them.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, drawn, enabled, inState, pause, stateOf, textOf, until } from "./studio.mjs";

const SHORT = "/?view=how&size=32&steps=4&learn-steps=6&engine=cpu";

const goTo = (page, name) => page.click(`.views a[data-route="${name}"]`);
const stage = (page, number) => page.$eval(`#figure-${number}`, (figure) => figure.dataset.stage);
const words = (page, number) => textOf(page, `#figure-${number} figcaption.facts`);
const inStage = (page, number, wanted, timeout = 2 * MINUTES) =>
  until(
    `figure ${number} to be ${wanted}`,
    async () => {
      const now = await stage(page, number);
      if (now === "failed" && wanted !== "failed") throw new Error(`${await textOf(page, `#figure-${number} .how-far`)}`);
      return now === wanted;
    },
    timeout,
  );
const step = async (page, number) =>
  Number((await textOf(page, `#figure-${number} .how-far`)).match(/Step ([\d,]+)/)[1].replaceAll(",", ""));
/** Runs a figure to its end, and gives its numbers. */
async function run(page, number) {
  await enabled(page, `#run-${number}`);
  await page.click(`#run-${number}`);
  await inStage(page, number, "finished");
  return words(page, number);
}
/** The curves of a plot, as paths without a value that is no number. */
async function curves(page, plot) {
  const paths = await page.$$eval(`#${plot} path.curve`, (all) => all.map((path) => path.getAttribute("d")));
  for (const path of paths) assert.match(path, /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$/, plot);
  return paths;
}
const FIT = /PSNR \d+\.\d\d dB at the start, at best \d+\.\d\d dB \(step \d+\), \d+\.\d\d dB over .* step 4; loss 0\.\d{4}\./;

inEachBrowser("each figure runs to its end", { timeout: 10 * MINUTES }, async ({ open, t }) => {
  const page = await open(SHORT);
  await enabled(page, "#run-1");
  assert.equal(await page.title(), "How it works · Optimal Eye Surgeon");
  assert.equal((await page.$$("figure.live")).length, 7);
  assert.deepEqual(
    await page.$$eval("main :is(h2, h3)", (all) => all.map((heading) => heading.tagName).filter((tag) => tag !== "H2")),
    [],
    "headings in order",
  );
  for (const number of [1, 2]) {
    assert.equal(await stage(page, number), "idle");
    assert.match(await run(page, number), FIT);
  }
  assert.equal((await curves(page, "loss-1")).length, 1);
  assert.equal((await curves(page, "psnr-2")).length, 1);

  await page.click("#run-4");
  await inStage(page, 4, "finished");
  await page.$eval("#keep", (slider) => {
    slider.value = 100;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await until("the picture by masking alone", async () => /50 % kept .* by masking alone \d+\.\d\d dB/.test(await words(page, 4)));
  assert.match(await textOf(page, "#hourglass ~ details table"), /Down 1, first/);

  // What is compared in the gallery meanwhile does not take the place of the figures' mask.
  await goTo(page, "Masks");
  await page.waitForSelector("#compare:not(:disabled)");
  await page.click("#compare");
  await page.waitForSelector("#overlap-table");
  await goTo(page, "How it works");

  for (const number of [3, 5, 6]) assert.match(await run(page, number), FIT, `figure ${number}`);
  assert.equal((await curves(page, "psnr-3")).length, 2);
  assert.equal((await curves(page, "loss-3")).length, 2);
  assert.equal((await curves(page, "psnr-6")).length, 2);

  await run(page, 7);
  const paths = await curves(page, "psnr-7");
  assert.equal(new Set(paths).size, 4, "each shuffle has a curve of its own");
  const rows = () => page.$$eval("#shuffle-table tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const first = await rows();
  assert.deepEqual(first.map((row) => row[0]), ["As learned", "Other weights", "Other channels", "Even budgets"]);
  for (const row of first) for (const cell of row.slice(1)) assert.match(cell, /^\d+\.\d\d dB$/, row[0]);
  await page.click("#repeat-shuffling");
  await inStage(page, 7, "finished");
  for (const row of await rows()) assert.match(row[4], /^\d+\.\d\d, \d+\.\d\d dB$/, row[0]);
  assert.deepEqual((await rows()).map((row) => row[1]), first.map((row) => row[1]), "masking alone is of the first run");
  t.diagnostic((await rows()).map((row) => row.join(" | ")).join("; "));

  await page.click("#reset-7");
  assert.equal(await stage(page, 7), "idle");
  assert.equal((await page.$$("#psnr-7 path.curve")).length, 0);
});

inEachBrowser("one thing trains at a time, and leaving the view stops it", { timeout: 5 * MINUTES }, async ({ open }) => {
  // At their full size, at which the shortest of the figures lasts for a while.
  const page = await open("/?levels=2&size=64&steps=100000&settles=no&mask=dense&engine=cpu");
  await enabled(page, "#start");
  await page.click("#start");
  await inState(page, "Running");
  await goTo(page, "How it works");
  assert.match(await textOf(page, "#displaces"), /Starting a figure pauses it/);
  await page.click("#run-1");
  await inStage(page, 1, "training");
  await until("that it is said", async () => /is paused for the figure/.test(await textOf(page, "#displaces")));
  await until("steps", async () => (await step(page, 1)) > 2);

  await page.focus("#run-2");
  await page.keyboard.press("Enter");
  await inStage(page, 2, "training");
  assert.equal(await stage(page, 1), "paused", "another figure took its place");
  await until("steps", async () => (await step(page, 2)) > 2);
  await page.click("#run-2");
  await inStage(page, 2, "paused");
  await enabled(page, "#run-2");
  const stood = await step(page, 2);
  await page.click("#run-2");
  await until("more steps", async () => (await step(page, 2)) > stood);

  await goTo(page, "Denoise");
  await until("the pause", async () => (await stateOf(page)) === "Paused");
  await goTo(page, "How it works");
  assert.equal(await stage(page, 2), "paused");
  await enabled(page, "#run-2");
  const left = await step(page, 2);
  await pause(1500);
  assert.equal(await step(page, 2), left, "nothing went on");
  assert.ok(left < 100000);
});

inEachBrowser("a figure runs on the GPU; a lost device stops it, and it can run again", { timeout: 10 * MINUTES }, async ({ open }) => {
  // Figure 2 is the longest that needs no mask.
  const page = await open("/?view=how&debug");
  await enabled(page, "#run-2");
  await page.click("#run-2");
  await until("steps", async () => (await step(page, 2)) > 2, 4 * MINUTES);
  await page.evaluate(() => window.dispatchEvent(new Event("oes-lose-device")));
  await inStage(page, 2, "failed");
  assert.match(await textOf(page, "#figure-2 .how-far"), /The GPU was lost in the middle: run it again\./);
  await enabled(page, "#run-2");
  await page.click("#run-2");
  await until("steps again", async () => (await step(page, 2)) > 2, 4 * MINUTES);
  await drawn(page, "Result", 3, "#figure-2");
  page.problems.length = 0; // browsers log the loss
});
