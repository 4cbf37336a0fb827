// Comparing in Denoise: several fits side by side, the best and earlier pictures, the magnifier, and the files.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, colours, download, drawn, enabled, inState, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

const SMALL = "/?levels=2&size=32&steps=100000&settles=no&sample=chelsea&mask=dense";

const captions = (page) => page.$$eval("#frame > .corner", (corners) => corners.map((corner) => corner.textContent));
const setSlider = (page, selector, value) =>
  page.$eval(
    selector,
    (slider, value) => {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );

inEachBrowser("two fits race, side by side and in one plot", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(SMALL);
  await enabled(page, "#start");
  assert.equal(await page.$("#race"), null, "no race with one fit");
  await page.select("#rival-1", "dense");
  await until("two racers", async () => (await page.$$(".racer")).length === 2);
  await enabled(page, "#start");
  await page.click("#start");
  await untilWithoutFault(page, "steps of both", async () => (await stepOf(page)) > 20);
  await page.click("#start");
  await inState(page, "Paused");
  const words = await page.$eval("#psnr-plot", (plot) => plot.getAttribute("aria-label"));
  assert.equal(words.match(/Dense: PSNR: /g).length, 2, words);
  assert.deepEqual(await page.$$eval("#psnr-plot .curve", (curves) => curves.map((curve) => curve.classList[1])), [
    "curve-0",
    "curve-1",
  ]);
  for (const racer of await page.$$(".racer")) {
    assert.match(await racer.$eval(".racer-psnr", (figure) => figure.textContent), /^\d+\.\d\d dB$/);
    assert.match(await racer.$eval("figcaption", (caption) => caption.textContent), /Paused, at step \d+/);
  }
  // The rival's pictures can be compared with the first one's.
  await page.select("#right-view", "Result 2");
  await until("the rival's result", async () => (await captions(page))[1] === "Result, Dense");
  await page.waitForSelector("#frame .layer.over canvas");
  await drawn(page, "Result");

  const { name, bytes } = await download(page, "#save-settings");
  assert.equal(name, "Cat-settings.json");
  const settings = JSON.parse(Buffer.from(bytes).toString());
  assert.equal(settings.fits.length, 2);
  assert.equal(settings.setup.size, 32);
  assert.ok(settings.fits[1].steps_done > 20);

  await page.select("#rival-1", "");
  await until("the race to be over", async () => !(await page.$("#race")));
  assert.ok((await stepOf(page)) > 20, "the first fit stays");
});

inEachBrowser("fits without a mask race, at any task, and travel in the link", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`${SMALL}&engine=cpu&task=sr2`);
  await enabled(page, "#start");
  await page.focus("#unmasked");
  await page.select("#unmasked", "sgld");
  await page.select("#rival-1", "deep-decoder-4");
  await page.select("#rival-2", "dense-jitter");
  await until("three racers", async () => (await page.$$(".racer")).length === 3);
  const names = () => page.$$eval(".racer-name", (all) => all.map((name) => name.textContent));
  assert.deepEqual(await names(), ["SGLD", "Deep Decoder 4", "Dense, jittered"]);
  await enabled(page, "#start");
  await page.click("#step");
  await untilWithoutFault(page, "a step of each", async () => (await stepOf(page)) === 1);
  await inState(page, "Paused");
  for (const result of ["Result", "Result 2", "Result 3"]) {
    await page.select("#right-view", result);
    await drawn(page, "Result", 0.5, "#frame .over");
  }
  const { fits } = JSON.parse(Buffer.from((await download(page, "#save-settings")).bytes).toString());
  assert.deepEqual(
    fits.map(({ mask, run }) => [mask.kind, mask.fit, run.width, run.height]),
    ["sgld", "deep-decoder-4", "dense-jitter"].map((fit) => ["none", fit, 32, 20]),
  );

  const link = new URL(page.url());
  assert.deepEqual(["mask", "against"].map((name) => link.searchParams.get(name)), ["sgld", "deep-decoder-4,dense-jitter"]);
  const other = await open(link.search);
  await until("the same three", async () => (await other.$$(".racer")).length === 3);
  const chosen = ["#unmasked", "#rival-1", "#rival-2"].map((field) => other.$eval(field, (select) => select.value));
  assert.deepEqual(await Promise.all(chosen), ["sgld", "deep-decoder-4", "dense-jitter"]);
  await other.click("[data-mask=chelsea]");
  await until("no such choice with a mask", async () => !(await other.$("#unmasked")));
});

inEachBrowser("the past, the best, the magnifier and the curves", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(SMALL);
  await enabled(page, "#start");
  assert.ok(await page.$eval("#right-view option[value=Best]", (option) => option.disabled));
  await page.click("#start");
  await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 60);
  await page.click("#start");
  await inState(page, "Paused");

  await page.select("#left-view", "Earlier");
  await page.waitForSelector("#past");
  const momentOf = async () => {
    const found = (await captions(page))[0].match(/^Earlier: step ([\d,]+), \d+\.\d\d dB$/);
    return found ? Number(found[1].replaceAll(",", "")) : null;
  };
  const first = await until("the first moment", async () => ((await momentOf()) === null ? null : [await momentOf()]));
  assert.ok(first[0] < 30, `the first picture that was kept is an early one, not ${first}`);
  const early = await drawn(page, "Earlier", 0.5);
  await page.focus("#past");
  await page.keyboard.press("End");
  await until("the last moment", async () => (await momentOf()) > first[0]);
  // How much they differ depends on how early the first one was.
  await until("another picture", async () => {
    const now = await colours(page, "Earlier");
    return Math.abs(now.deviation - early.deviation) + Math.abs(now.mean - early.mean) > 0.01;
  });


  await page.select("#right-view", "Best");
  await until("the best", async () => /^Best: step \d+, \d+\.\d\d dB$/.test((await captions(page))[1]));
  await drawn(page, "Best");

  await setSlider(page, "#zoom", 4);
  await page.waitForSelector("#overview");
  const transform = () => page.$eval(".layer.over canvas", (canvas) => getComputedStyle(canvas).transform);
  const [scale, , , , x] = (await transform()).match(/[-\d.]+/g).map(Number);
  assert.equal(scale, 4);
  await page.focus("#overview");
  await page.keyboard.press("ArrowRight");
  const moved = Number((await transform()).match(/[-\d.]+/g)[4]);
  assert.ok(moved < x, "the region moves to the right");
  const both = await page.$$eval("#frame .layer:not(.off) canvas", (all) => all.map((c) => getComputedStyle(c).transform));
  assert.equal(new Set(both).size, 1, "both sides move in step");

  const { name, bytes } = await download(page, "#save-curves");
  assert.equal(name, "Cat-curves.csv");
  const lines = Buffer.from(bytes).toString().trim().split("\n");
  assert.equal(lines[0], "fit,step,loss,psnr_db,averaged_psnr_db,stopping_statistic");
  // The statistic counts from step 100 on.
  assert.match(lines[1], /^"Dense",0,0\.\d+,(\d+\.\d+),\1,$/);
  assert.equal(lines.length, 1 + (await stepOf(page)));
  assert.match(await textOf(page, "#best"), /dB$/);
});
