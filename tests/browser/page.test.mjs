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

const SMALL = "/?levels=3&size=64&steps=100000&settles=no&sample=chelsea&mask=dense";

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
  // Of the last reading: a step draws, then updates.
  assert.equal(name, `Cat-denoised-step-${paused}.png`);
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

inEachBrowser("on a phone, picture, mask, noise and Start stand in one glance", async ({ open }) => {
  const page = await open(SMALL);
  const [width, height] = [360, 740];
  await page.setViewport({ width, height });
  await enabled(page, "#start");
  const boxes = await page.$$eval("#frame, [data-sample=chelsea], [data-mask=dense], #sigma, #start", (all) =>
    all.map((element) => ({ id: element.id || element.className, ...element.getBoundingClientRect().toJSON() })),
  );
  boxes.sort((a, b) => a.top - b.top);
  assert.deepEqual(boxes.map(({ id }) => id), ["frame", "tile", "row-card", "sigma", "start"]);
  boxes.reduce((above, box) => (assert.ok(above.bottom <= box.top, `${box.id} is below ${above.id}`), box));
  assert.ok(boxes.at(-1).bottom <= height, "Start is on the screen");
});

inEachBrowser("a fit returns the mean of its outputs", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open("/?levels=2&size=32&mask=dense&steps=320");
  await enabled(page, "#start");
  assert.equal(await textOf(page, "#averaged"), "–", "nothing is averaged yet");
  await page.click("#start");
  await inState(page, "Finished", 4 * MINUTES);
  assert.match(await textOf(page, "#averaged"), /^\d+\.\d+ dB$/);
  assert.equal(await page.$eval("#right-view", (select) => select.value), "Averaged");
  assert.equal(await page.$eval(".layer.over", (layer) => layer.dataset.view), "Averaged");
  const averaged = await drawn(page, "Averaged");
  const output = await drawn(page, "Result");
  assert.ok(averaged.mean !== output.mean && Math.abs(averaged.mean - output.mean) < 20, "they differ a little");
  assert.match(await page.$eval("#psnr-plot + .legend", (list) => list.innerText), /Output\s+Averaged/);
});

inEachBrowser("a fit stops at its best moment, and can go on from there", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open("/?levels=1&size=16&framing=crop&mask=dense&steps=100000&engine=cpu");
  await enabled(page, "#start");
  await page.click("#start");
  await inState(page, "Settled", 4 * MINUTES);
  const stopped = await stepOf(page);
  const [, told] = (await textOf(page, "#state")).match(/^Done: calmest at step ([\d,]+)$/);
  const best = Number(told.replace(",", ""));
  assert.equal(stopped - best >= 500 && stopped < 100_000, true, `${stopped}, the best at ${best}`);
  assert.match(await textOf(page, "#averaged + .aside"), new RegExp(`of step ${told}$`));
  assert.match(await page.$eval("#psnr-plot", (plot) => plot.getAttribute("aria-label")), new RegExp(`Returned: step ${told}\\.$`));
  const saved = await download(page, "#download");
  assert.match(saved.name, new RegExp(`-step-${best}\\.png$`));

  // What is returned stays, while the output goes on.
  const returned = await drawn(page, "Averaged");
  const output = await drawn(page, "Result");
  assert.equal(await textOf(page, "#start"), "Go on");
  await page.click("#start");
  await untilWithoutFault(page, "more steps", async () => (await stepOf(page)) > stopped + 20);
  // While it runs: by then so small a picture is learned so well that many a step changes none of its 8 bits.
  await until("another output", async () => {
    const now = await drawn(page, "Result");
    return now.mean !== output.mean || now.deviation !== output.deviation;
  });
  await page.click("#start");
  await inState(page, "Paused");
  assert.deepEqual(await drawn(page, "Averaged"), returned);
  // Once more: it does not settle again at once.
  const paused = await stepOf(page);
  await page.click("#start");
  await untilWithoutFault(page, "steps after the pause", async () => (await stepOf(page)) > paused + 100);
  await page.click("#start");
  await inState(page, "Paused");
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
  // Without a clean picture there is the statistic that says when to stop.
  assert.equal(await page.$("#psnr-plot"), null);
  assert.ok(await page.$("#statistic-plot"));
});

inEachBrowser("a format that the browser decodes is taken", { timeout: 2 * MINUTES }, async ({ open }) => {
  const page = await open(SMALL);
  await enabled(page, "#start");
  await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [40, 24];
    canvas.getContext("2d").fillRect(0, 0, 20, 24);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp"));
    const data = new DataTransfer();
    data.items.add(new File([blob], "made.webp"));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
  });
  await until("the picture", async () => (await textOf(page, "#picture-facts")).startsWith("made.webp, 40 × 24 pixels"));
});

inEachBrowser("wrong files are refused in a sentence", { timeout: 4 * MINUTES }, async ({ open }) => {
  const folder = mkdtempSync(join(tmpdir(), "oes-"));
  const web = join(folder, "mask.safetensors");
  writeFileSync(web, "<!doctype html><title>404</title>");
  const camera = readFileSync(join(ROOT, "static/samples/camera.png"));
  const cut = join(folder, "cut.png");
  writeFileSync(cut, camera.subarray(0, 3000));
  // All of it is there, but no PNG has 3 bits a value.
  const broken = join(folder, "broken.png");
  const bits = camera.indexOf("IHDR") + 12;
  writeFileSync(broken, Buffer.concat([camera.subarray(0, bits), Buffer.of(3), camera.subarray(bits + 1)]));

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
  await (await page.$("#picture-file")).uploadFile(broken);
  await until("its fault", async () => /PNG file is .* damaged \(the browser cannot read it\)/.test(await textOf(page, "#fault").catch(() => "")));
  assert.match(await textOf(page, "#picture-facts"), /^Cat,/, "the picture before is kept");
  await page.click("[data-sample=rocket]");
  await until("the rocket", async () => (await textOf(page, "#picture-facts")).startsWith("Rocket"));
  assert.equal(await page.$("#fault"), null);
  await enabled(page, "#start");
});

inEachBrowser(
  "pixels that the browser disturbs are not taken for a picture (Firefox alone has a preference for that)",
  { timeout: 4 * MINUTES, only: "firefox", prefs: { "privacy.resistFingerprinting": true } },
  async ({ open }) => {
    const page = await open(`${SMALL}&engine=cpu`);
    const fault = await until("the fault", () => textOf(page, "#fault").catch(() => null));
    assert.match(fault, /other pixels than a picture has.*allow this site to read canvas data/);
    assert.equal(await page.$eval("#start", (start) => start.disabled), true, "nothing is fitted to noise of the browser's own");
  },
);

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
