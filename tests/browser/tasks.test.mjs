// Tasks beside denoising: pixels that are missing, at random or painted over; a small picture that is enlarged; photon noise.
// What is observed is read from the canvas that shows it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, change, download, drawn, enabled, inState, keptRuns, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

const SMALL = "levels=2&size=32&steps=100000&settles=no&sample=chelsea&mask=dense&engine=cpu";

const parameters = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const valueOf = (page, selector) => page.$eval(selector, (field) => field.value);
const addressHas = (page, name, value) => until(`${name}=${value} in the address`, () => parameters(page)[name] === value);

/** The size of what is observed, and its colours, red, green and blue for each pixel. Firefox now and then gives a page none of
 *  a canvas that a worker is drawing on: what is not opaque is read again, lest it pass for missing pixels. */
const observed = (page) =>
  until("what is observed to be drawn", () =>
    page.$eval('canvas[data-view="Noisy"]', (canvas) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d");
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      if (data.some((value, i) => i % 4 === 3 && value !== 255)) return null;
      return { width: canvas.width, height: canvas.height, values: [...data].filter((_, i) => i % 4 !== 3) };
    }),
  );

/** Which pixels are missing, row by row: they are black. */
async function missing(page) {
  const { width, height, values } = await observed(page);
  const pixels = Array.from({ length: width * height }, (_, i) => values.slice(3 * i, 3 * i + 3));
  return { width, height, pixels: pixels.map((pixel) => pixel.every((value) => value === 0)) };
}

const share = ({ pixels }) => pixels.filter(Boolean).length / pixels.length;
const untilMissing = (page, what, check) =>
  until(what, async () => {
    const found = await missing(page);
    return check(share(found), found) ? found : null;
  });

async function psnr(page) {
  const words = await page.$eval("#psnr-plot", (plot) => plot.getAttribute("aria-label")).catch(() => "");
  const found = words.match(/PSNR: ([\d.-]+) dB at step (\d+), ([\d.-]+) dB at step (\d+)/);
  return found && { first: Number(found[1]), last: Number(found[3]) };
}

async function runUntilBetter(page, decibels) {
  await page.click("#start");
  await untilWithoutFault(page, `the PSNR to rise by ${decibels} dB`, async () => {
    const read = await psnr(page);
    return read && read.last - read.first >= decibels;
  });
  await page.click("#start");
  await inState(page, "Paused");
}

/** Erases a rectangle by the fields; all in percent. */
async function erase(page, left, top, width, height) {
  await page.$$eval("#paint-tools details", (all) => all.forEach((details) => (details.open = true)));
  for (const [side, percent] of Object.entries({ left, top, width, height })) await change(page, `#rectangle-${side}`, percent);
  await page.click("#erase");
}

inEachBrowser("random pixels are filled in", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.select("#task", "inpaint");
  await addressHas(page, "task", "inpaint");
  assert.equal(parameters(page).known, undefined, "half of them is usual");
  assert.equal(await valueOf(page, "#sigma"), "0", "without noise unless one adds some");
  await untilMissing(page, "half of the pixels to be missing", (part) => part > 0.4 && part < 0.6);
  await change(page, "#missing", 80);
  await addressHas(page, "known", "0.2");
  await untilMissing(page, "four fifths to be missing", (part) => part > 0.72 && part < 0.88);
  await enabled(page, "#start");
  await runUntilBetter(page, 1);
  // The known pixels are the easier ones, and the PSNR of all lies between.
  const missingPsnr = () => textOf(page, "#missing-psnr");
  assert.match(await missingPsnr(), /^\d+\.\d\d dB$/);
  assert.ok(Number.parseFloat(await missingPsnr()) < (await psnr(page)).last, "worse than all pixels together");
  assert.match(await textOf(page, "#missing-psnr + .aside"), /^averaged \d+\.\d\d dB, at step \d+$/);
  assert.equal((await drawn(page, "Result")).width, 32);
  assert.equal(await page.$eval('#left-view option[value="Noisy"]', (option) => option.textContent), "Incomplete");
  assert.match((await download(page)).name, /^Cat-filled-in-step-\d+\.png$/);
  const settings = JSON.parse(Buffer.from((await download(page, "#save-settings")).bytes).toString());
  assert.equal(settings.fits[0].missing_pixels.step, settings.fits[0].last.step, "of the picture that is seen");
  assert.deepEqual(settings.setup.seen, { random: { known: 0.2 } });
  assert.deepEqual(settings.setup.noise, { gaussian: { sigma: 0 } });
});

inEachBrowser("a sample's small copy is enlarged, and one's own picture", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.select("#task", "sr2");
  await addressHas(page, "task", "sr2");
  await until("the sizes", async () => /^32 × 20 pixels from 16 × 10; needs/.test(await textOf(page, "#needs")));
  await until("the small picture", async () => (await observed(page)).width === 16);
  await enabled(page, "#start");
  await runUntilBetter(page, 3);
  assert.match(await textOf(page, "#psnr + .aside"), /dB against small$/);
  const result = await drawn(page, "Result");
  assert.deepEqual([result.width, result.height], [32, 20]);
  assert.match((await download(page)).name, /^Cat-enlarged-step-\d+\.png$/);

  // One's own is itself the small one, and there is nothing to compare the result with.
  await (await page.$("#picture-file")).uploadFile(join(ROOT, "static/samples/camera.png"));
  await until("the sizes", async () => /^64 × 64 pixels from 32 × 32/.test(await textOf(page, "#needs").catch(() => "")));
  assert.equal(await valueOf(page, "#noise"), "none");
  assert.match(await textOf(page, "#picture-facts"), /Taken as it is/);
  await enabled(page, "#start");
  await page.click("#step");
  await untilWithoutFault(page, "a step", async () => (await stepOf(page)) === 1);
  await inState(page, "Paused");
  assert.equal(await textOf(page, "#psnr"), "–");
  assert.equal(await page.$("#missing-psnr"), null, "nothing is filled in");
  assert.ok(await page.$("#statistic-plot"));
  const file = Buffer.from((await download(page)).bytes);
  assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], [64, 64]);
  // Taken for a clean one, it is observed as a sample is.
  await page.select("#noise", "");
  await until("the sizes", async () => /^32 × 32 pixels from 16 × 16/.test(await textOf(page, "#needs")));
});

inEachBrowser("photon noise counts photons", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.select("#noise", "poisson");
  await addressHas(page, "noise", "poisson");
  assert.equal(await valueOf(page, "#peak"), "30");
  await change(page, "#peak", 5);
  await addressHas(page, "peak", "5");
  const levels = [0, 51, 102, 153, 204, 255];
  await until("values of whole photons", async () => (await observed(page)).values.every((value) => levels.includes(value)));
  await enabled(page, "#start");
  await runUntilBetter(page, 2);
  assert.match(await textOf(page, "#psnr + .aside"), /dB against noisy$/);
  // Another picture has its own noise.
  await page.click("[data-sample=rocket]");
  await until("the usual noise", async () => (await valueOf(page, "#noise")) === "" && (await valueOf(page, "#sigma")) === "0.1");
});

inEachBrowser("a task goes into the link and comes back", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.select("#task", "inpaint");
  await change(page, "#missing", 70);
  await page.select("#noise", "poisson");
  await change(page, "#peak", 12.5);
  await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
  await change(page, "#noise-seed", 3);
  await addressHas(page, "noise-seed", "3");
  const { task, known, noise, peak } = parameters(page);
  assert.deepEqual({ task, known, noise, peak }, { task: "inpaint", known: "0.3", noise: "poisson", peak: "12.5" });
  await enabled(page, "#start");

  const other = await open(new URL(page.url()).search);
  await enabled(other, "#start");
  assert.equal(await valueOf(other, "#task"), "inpaint");
  assert.equal(await valueOf(other, "#missing"), "70");
  assert.equal(await valueOf(other, "#noise"), "poisson");
  assert.equal(await valueOf(other, "#peak"), "12.5");
  await until("the same to be seen, value by value", async () => {
    const [here, there] = [await observed(page), await observed(other)];
    return here.values.some((value) => value > 0) && here.values.join() === there.values.join();
  });
  await untilMissing(other, "as much to be missing as was asked for", (part) => part > 0.6 && part < 0.8);

  const wrong = await open(`/?${SMALL}&task=paint&noise=none`);
  const fault = await until("a fault", () => textOf(wrong, "#fault").catch(() => null));
  assert.match(fault, /task “paint”/);
  await wrong.select("#task", "sr4");
  await until("a task that there is", async () => (await valueOf(wrong, "#task")) === "sr4");
  const range = await open(`/?${SMALL}&task=inpaint&known=7`);
  assert.match(await until("a fault", () => textOf(range, "#fault").catch(() => null)), /known is “7”/);
});

inEachBrowser("what is painted over is filled in, in a race, and after a reload", { timeout: 7 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&against=dense`);
  await enabled(page, "#start");
  await page.select("#task", "inpaint");
  await page.click("#missing-painted");
  await page.waitForSelector("#paint");
  assert.equal(await textOf(page, "#painted"), "Nothing is painted yet.");
  await untilMissing(page, "all to be known", (part) => part < 0.01);

  // By the pointer: a stroke through the middle, from left to right.
  const box = await page.$eval("#paint", (surface) => {
    surface.scrollIntoView({ block: "center" });
    return surface.getBoundingClientRect().toJSON();
  });
  const y = box.top + box.height / 2;
  await page.mouse.move(box.left + box.width * 0.2, y);
  await page.mouse.down();
  await page.mouse.move(box.left + box.width * 0.8, y, { steps: 8 });
  await page.mouse.up();
  await until("a mark", async () => (await textOf(page, "#painted")) === "1 mark.");
  const stroke = await untilMissing(page, "the stroke", (part) => part > 0.02);
  const middle = stroke.width * Math.floor(stroke.height / 2);
  assert.deepEqual([2, 10, 16, 22, 29].map((x) => stroke.pixels[middle + x]), [false, true, true, true, false]);
  assert.ok(stroke.pixels.slice(0, stroke.width * 6).every((pixel) => !pixel), "nothing far from it");

  await page.click("#undo");
  await until("no mark", async () => (await textOf(page, "#painted")) === "Nothing is painted yet.");
  await untilMissing(page, "all to be known again", (part) => part < 0.01);

  // By keyboard: the left half.
  await erase(page, 0, 0, 50, 100);
  const leftHalf = (_, { width, pixels }) => pixels.every((pixel, i) => pixel === i % width < width / 2);
  await untilMissing(page, "the left half", leftHalf);
  assert.deepEqual(parameters(page).known, undefined);
  await page.$eval("#share", (details) => (details.open = true));
  assert.match(await textOf(page, "#share"), /What you painted over is not in it/);

  await enabled(page, "#start");
  await runUntilBetter(page, 1);
  const missing = await page.$$eval(".racer .missing", (all) => all.map((words) => words.textContent));
  assert.equal(missing.length, 2);
  for (const words of missing) assert.match(words, /^missing pixels \d+\.\d\d dB$/);
  assert.equal(await page.$("#paint"), null, "not while there is a result");
  assert.equal(await page.$("#paint-tools"), null);
  const settings = JSON.parse(Buffer.from((await download(page, "#save-settings")).bytes).toString());
  assert.deepEqual(settings.setup.seen.unpainted.marks, [{ rectangle: { from: [0, 0], to: [5000, 10000] } }]);
  assert.equal(settings.fits.length, 2);

  const step = await stepOf(page);
  // Of the two, the page tells the step of the one that is behind.
  await until("it to be kept", async () =>
    (await keptRuns(page)).some(([first, second]) => first && second && Math.min(first[0], second[0]) === step),
  );
  await page.goto(new URL("/?size=64", page.url()).href, { waitUntil: "load" });
  await page.waitForSelector("#go-on");
  assert.match(await textOf(page, "#continue"), /You were filling in Cat/);
  await page.click("#go-on");
  await until("the step", async () => (await stepOf(page)) === step);
  await inState(page, "Paused");
  await untilMissing(page, "the left half again", leftHalf);
  await page.click("#reset");
  await page.waitForSelector("#paint");
  assert.equal(await textOf(page, "#painted"), "1 mark.");
  await page.click("#clear");
  await untilMissing(page, "all to be known", (part) => part < 0.01);
});

inEachBrowser("paint stays in its place when the picture is cropped, and goes with the picture", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.select("#task", "inpaint");
  await page.click("#missing-painted");
  await page.waitForSelector("#erase");
  await erase(page, 0, 0, 50, 100);
  const leftHalf = (_, { width, pixels }) => pixels.every((pixel, i) => pixel === i % width < width / 2);
  await untilMissing(page, "the left half", leftHalf);
  await page.click("#framing-crop");
  // The middle of a picture with an odd number of columns has one of them in doubt.
  await untilMissing(page, "the middle's left half", (_, { width, height, pixels }) =>
    height === 32 && pixels.every((pixel, i) => pixel === i % width < width / 2 || Math.abs((i % width) - width / 2) <= 1),
  );
  await page.click("[data-sample=rocket]");
  await until("another picture, unpainted", async () => (await textOf(page, "#painted").catch(() => "")) === "Nothing is painted yet.");
  await page.select("#task", "");
  await until("no paint", async () => !(await page.$("#paint")));
});
