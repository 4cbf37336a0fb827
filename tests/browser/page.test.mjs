// The page as a person uses it: start, watch the PSNR rise, pause, resume, compare, download; and what it says when
// something is wrong. Long runs use a small network; one test per browser runs the real preset at its default size.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import {
  MINUTES,
  download,
  drawn,
  enabled,
  inState,
  pause,
  stepOf,
  textOf,
  until,
  untilWithoutFault,
} from "./studio.mjs";

const SMALL = "/?levels=3&size=64&steps=100000&sample=chelsea&mask=dense";

/** The first and the last PSNR in dB, from the plot's own words. */
async function psnrs(page) {
  const words = await page.$eval("#psnr-plot", (plot) => plot.getAttribute("aria-label"));
  const found = words.match(/PSNR: ([\d.-]+) dB at step (\d+), ([\d.-]+) dB at step (\d+)/);
  return found ? { first: Number(found[1]), last: Number(found[3]) } : null;
}

const psnrRises = (page, decibels, timeout) =>
  untilWithoutFault(
    page,
    `the PSNR to rise by ${decibels} dB`,
    async () => {
      const read = await psnrs(page);
      return read && read.last - read.first >= decibels ? read : null;
    },
    timeout,
  );

inEachBrowser("a small network: start, pause, resume, compare, download", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(SMALL);
  await enabled(page, "#start");
  assert.equal(await page.title(), "Optimal Eye Surgeon");
  assert.ok((await textOf(page, "#adapter")).length > 4, "the adapter is named");

  await page.click("#start");
  await inState(page, "Running");
  await psnrRises(page, 4);

  await page.click("#start");
  await inState(page, "Paused");
  const paused = await stepOf(page);
  await pause(1500);
  assert.equal(await stepOf(page), paused, "no step while paused");

  await page.click("#step");
  await until("one step more", async () => (await stepOf(page)) > paused);
  await inState(page, "Paused");
  assert.equal(await stepOf(page), paused + 1);

  const result = await drawn(page, "Result");
  const noisy = await drawn(page, "Noisy");
  assert.equal(result.width, noisy.width);
  assert.equal(result.height, noisy.height);
  assert.ok(Math.abs(result.mean - noisy.mean) < 20, "the result has the picture's brightness");

  await page.focus("#split");
  const split = () => page.$eval("#frame", (frame) => frame.style.getPropertyValue("--split"));
  assert.equal(await split(), "50%");
  await page.keyboard.press("ArrowRight");
  assert.equal(await split(), "51%");
  const clip = await page.$eval(".layer.over", (layer) => getComputedStyle(layer).clipPath);
  assert.match(clip, /51%/, "the boundary cuts the upper picture");
  await page.select("#right-view", "Clean");
  assert.equal(await page.$eval(".layer.over", (layer) => layer.dataset.view), "Clean");
  await page.select("#right-view", "Result");

  const { name, bytes } = await download(page);
  const file = Buffer.from(bytes);
  assert.equal(name, `Cat-denoised-step-${paused + 1}.png`);
  assert.equal(file.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], [result.width, result.height]);

  await page.click("#start");
  await until("steps after resuming", async () => (await stepOf(page)) > paused + 3);
  await page.click("#start");
  await inState(page, "Paused");
  await page.click("#reset");
  await inState(page, "Idle");
  assert.equal(await stepOf(page), 0);
  assert.equal(await psnrs(page), null);
});

inEachBrowser("one press of a button denoises with a preset", { timeout: 14 * MINUTES }, async ({ open, t }) => {
  const page = await open("/?size=192");
  await until("a preset to be chosen", () =>
    page.$eval("[data-mask][aria-pressed=true]", (card) => card.dataset.mask !== "dense").catch(() => false),
  );
  await enabled(page, "#start");
  await page.click("#start");
  const read = await psnrRises(page, 5, 12 * MINUTES);
  t.diagnostic(`PSNR ${read.first} dB to ${read.last} dB; ${await textOf(page, "#speed")}`);
  await page.click("#start");
  await inState(page, "Paused", MINUTES);
  await drawn(page, "Result");
});

inEachBrowser("one's own picture is taken as already noisy", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(SMALL);
  await enabled(page, "#start");
  const input = await page.$("#picture-file");
  await input.uploadFile(join(ROOT, "static/samples/camera.png"));
  await until("the picture's name", async () => (await textOf(page, "#picture-facts")).startsWith("camera.png"));
  await enabled(page, "#start");
  assert.equal(await page.$eval("#sigma", (field) => field.value), "0");
  await page.click("#step");
  await until("a step", async () => (await stepOf(page)) > 0);
  assert.equal(await textOf(page, "#psnr"), "–");
  assert.match(await textOf(page, "#loss"), /^0\.\d+$/);
});

inEachBrowser("wrong files are refused in a sentence", { timeout: 4 * MINUTES }, async ({ open }) => {
  const folder = mkdtempSync(join(tmpdir(), "oes-"));
  const web = join(folder, "mask.safetensors");
  writeFileSync(web, "<!doctype html><title>404</title>");
  const cut = join(folder, "cut.png");
  writeFileSync(cut, readFileSync(join(ROOT, "static/samples/camera.png")).subarray(0, 3000));

  const page = await open(SMALL);
  await enabled(page, "#start");
  await (await page.$("#mask-file")).uploadFile(web);
  await until("the mask's fault", async () => /a web page/.test(await textOf(page, "#fault").catch(() => "")));
  assert.equal(await page.$eval("[data-mask=dense]", (card) => card.ariaPressed), "true", "the choice before is kept");
  await page.click("#fault button.plain");
  await until("the fault to go", async () => !(await page.$("#fault")));
  await enabled(page, "#start");

  await (await page.$("#picture-file")).uploadFile(cut);
  await until("the picture's fault", async () => /PNG file is cut short/.test(await textOf(page, "#fault").catch(() => "")));
  assert.match(await textOf(page, "#picture-facts"), /^Cat,/, "the picture before is kept");
  await page.click("[data-sample=rocket]");
  await until("the rocket", async () => (await textOf(page, "#picture-facts")).startsWith("Rocket"));
  assert.equal(await page.$("#fault"), null);
  await enabled(page, "#start");
});

inEachBrowser("the CPU engine does the same", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open("/?levels=2&size=32&steps=5000&mask=dense&engine=cpu");
  await enabled(page, "#start");
  assert.match(await textOf(page, "#engine-notice"), /CPU engine/);
  await page.click("#start");
  await psnrRises(page, 3, 3 * MINUTES);
  await page.click("#start");
  await inState(page, "Paused");
  await drawn(page, "Result");
});

inEachBrowser("a panic is told, and the engine starts again", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(`${SMALL}&debug`);
  await enabled(page, "#start");
  await page.evaluate(() => window.dispatchEvent(new Event("oes-panic")));
  await until("the panel", async () => /asked for by a test/.test(await textOf(page, ".crash pre").catch(() => "")));
  // The panic writes to the console, as it should.
  page.problems.length = 0;
  await page.click(".crash .primary");
  await enabled(page, "#start");
  await page.click("#step");
  await until("a step", async () => (await stepOf(page)) === 1);
  page.problems.splice(0, page.problems.length, ...page.problems.filter((problem) => !/asked for by a test|unreachable/.test(problem)));
});
