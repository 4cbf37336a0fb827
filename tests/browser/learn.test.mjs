// The view Learn: the mask comes alive, is looked at another keep, goes to Denoise and into a file; and the views
// themselves, by link, by keyboard and by the browser's Back and Forward.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inEachBrowser } from "./helper.mjs";
import {
  MINUTES,
  change,
  colours,
  download,
  drawn,
  enabled,
  inState,
  stateOf,
  stepOf,
  textOf,
  until,
  untilWithoutFault,
} from "./studio.mjs";

const LEARN = "/?view=learn&levels=2&size=32&sample=chelsea&learn-steps=4000";
const N = 72035;

const isAlive = (page) => page.$eval("#connectivity", (sentence) => sentence.dataset.alive === "true").catch(() => false);
/** The sum over all layers of kept weights, and their number of layers, from the table. */
const table = (page) =>
  page.$$eval("#hourglass ~ details tbody tr", (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
/** Moves a slider as a person does. */
const slideTo = (page, selector, value) =>
  page.$eval(
    selector,
    (slider, value) => {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );
const keptOf = async (page) => Number((await textOf(page, "#connectivity")).match(/^([\d,]+) of/)[1].replaceAll(",", ""));

inEachBrowser("a mask is learned, looked at, and taken to Denoise and into a file", { timeout: 8 * MINUTES }, async ({ open, t }) => {
  const page = await open(LEARN);
  await enabled(page, "#start");
  assert.equal(await page.title(), "Learn a mask · Optimal Eye Surgeon");
  assert.match(await textOf(page, "#masked .note"), /once you start/);
  assert.ok(await page.$eval("#denoise-with", (button) => button.disabled), "there is no mask before the start");

  await page.click("#start");
  await untilWithoutFault(page, "the first look", () => page.$("#connectivity[data-alive]"));
  const early = await page.$eval("#histogram", (plot) => plot.getAttribute("aria-label"));
  const [, step, below] = early.match(/At step ([\d,]+): (\S+) % of the keep probabilities are below 0\.1/);
  // A page that is slow to be read from shows a later look.
  if (Number(step.replaceAll(",", "")) < 20) assert.equal(below, "0");
  assert.match(await textOf(page, "#connectivity"), /^3,601 of 72,035 parameters kept\. This mask is/);
  await untilWithoutFault(page, "200 steps", async () => (await stepOf(page)) >= 200, 4 * MINUTES);
  await page.click("#start");
  await inState(page, "Paused");
  await drawn(page, "Result");

  // At a larger keep it is alive, and masking alone draws; at the smallest less is left.
  await slideTo(page, "#keep", 100);
  assert.equal(await textOf(page, "#keep-value"), "50 %");
  await until("the mask of 50 %", async () => (await keptOf(page)) === Math.floor(0.5 * N));
  await until("the mask to be alive", () => isAlive(page));
  await until("the picture by masking alone", async () => !(await page.$("#masked .note")));
  const masked = await drawn(page, "By masking alone", 3);
  assert.equal(masked.width, (await colours(page, "Result")).width);
  const rows = await table(page);
  assert.equal(rows.length, 7);
  assert.deepEqual(rows.map((row) => row[0]), [
    "Down 1, first", "Down 1, second", "Down 2, first", "Down 2, second", "Up 2", "Up 1", "Picture",
  ]);
  await page.focus("#keep");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await textOf(page, "#keep-value"), "47.75 %", "the slider moves by keyboard");
  await slideTo(page, "#keep", 80);
  const keep = Number((await textOf(page, "#keep-value")).replace(" %", "")) / 100;
  await until("the mask at that keep", async () => (await keptOf(page)) === Math.floor(keep * N));

  const { name, bytes } = await download(page, "#save-mask");
  const file = Buffer.from(bytes);
  assert.match(name, /^Cat mask, keep [\d.]+ %, step \d+\.safetensors$/);
  const head = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString());
  const bits = file.subarray(8 + Number(file.readBigUInt64LE(0)));
  const about = head.__metadata__;
  assert.equal(about.sha256, createHash("sha256").update(bits).digest("hex"));
  assert.equal(Number(about.kept), Math.floor(keep * N));
  assert.equal(Number(about.keep), keep);
  assert.equal(about.method, "OES, fast learner");
  assert.equal(Number(about.steps), await stepOf(page));
  assert.equal(about.image, "Cat");
  const settings = JSON.parse(about.settings);
  assert.equal(settings.sigma, 0.1);
  assert.equal(settings.run.job.learn.keep, 0.05);
  t.diagnostic(`mask of ${bits.length} bytes, alive: ${await isAlive(page)}`);

  await slideTo(page, "#keep", 100);
  await until("the mask of 50 %", async () => (await keptOf(page)) === Math.floor(0.5 * N));
  await enabled(page, "#denoise-with");
  await page.click("#denoise-with");
  await until("the mask in Denoise", async () => /keep 50 %/.test(await textOf(page, "#mask-facts").catch(() => "")));
  assert.doesNotMatch(page.url(), /view=learn/);
  await enabled(page, "#start");
  await page.click("#start");
  await untilWithoutFault(page, "steps of the fit", async () => (await stepOf(page)) > 3);
  await drawn(page, "Result");

  // The learner has waited: it is where it was, with its pictures, and starting it pauses the fit.
  await page.goBack();
  await until("the view Learn", () => page.$("#keep"));
  const before = await stepOf(page);
  assert.ok(before >= 200);
  await drawn(page, "By masking alone", 3);
  await page.click("#start");
  await untilWithoutFault(page, "steps of the learner", async () => (await stepOf(page)) > before);
  await page.goForward();
  await until("the view Denoise", () => page.$("#mask-facts"));
  await until("the fit to be paused", async () => (await stateOf(page)) === "Paused");
});

inEachBrowser("weights compete in each layer by itself, by choice or by link", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(`${LEARN}&engine=cpu&keep=0.25`);
  await enabled(page, "#start");
  await page.click("#scope-layer");
  await until("it in the address", async () => new URL(page.url()).searchParams.get("scope") === "layer");
  await enabled(page, "#start");
  await page.click("#step");
  await until("a look", () => page.$("#connectivity[data-alive]"));
  assert.match(await page.$eval("#histogram", (plot) => plot.getAttribute("aria-label")), /each layer has a threshold of its own/);
  const counts = (await table(page)).map((row) => row[2].match(/^([\d,]+) of ([\d,]+)$/).slice(1).map((n) => Number(n.replaceAll(",", ""))));
  assert.equal(counts.length, 7);
  for (const [kept, all] of counts) assert.equal(kept, Math.floor(all / 4));
  const file = Buffer.from((await download(page, "#save-mask")).bytes);
  const head = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString());
  assert.equal(head.__metadata__.method, "OES per layer, fast learner");

  const other = await open(new URL(page.url()).search);
  await enabled(other, "#start");
  assert.ok(await other.$eval("#scope-layer", (choice) => choice.checked));
  await other.click("#scope-global");
  await until("it out of the address", async () => !new URL(other.url()).searchParams.has("scope"));
  await enabled(other, "#start");
  await other.click("#step");
  await until("a look", () => other.$("#connectivity[data-alive]"));
  assert.match(await other.$eval("#histogram", (plot) => plot.getAttribute("aria-label")), /kept from [\d.]+ on/);
});

inEachBrowser("learning starts from a mask, on the random weights that are the mask's", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(`${LEARN}&engine=cpu&init-seed=5`);
  await enabled(page, "#start");
  const options = () => page.$$eval("#start-from option", (all) => all.map((option) => option.value));
  const presets = await options();
  assert.deepEqual(presets, ["", "chelsea", "astronaut", "searched"]);
  await page.click("#step");
  await until("a look", () => page.$("#connectivity[data-alive]"));
  await page.click("#keep-mask");
  const own = await until("it among the masks", async () => (await options())[presets.length]);

  await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
  await change(page, "#init-seed", 9);
  await page.select("#start-from", own);
  await until("whose it is", async () => /of network seed 5,/.test(await textOf(page, "#start-facts").catch(() => "")));
  await until("a learner of its own", async () => (await stepOf(page)) === 0);
  await enabled(page, "#start");
  await page.click("#step");
  await untilWithoutFault(page, "a step", async () => (await stepOf(page)) === 1);
  await inState(page, "Paused");
  // What the mask keeps begins above what it drops.
  const heaps = await page.$eval("#histogram", (plot) => plot.getAttribute("aria-label"));
  assert.match(heaps, /0 % of the keep probabilities are below 0\.1, 5 % above 0\.9/);
  const file = Buffer.from((await download(page, "#save-mask")).bytes);
  const head = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString());
  const { run } = JSON.parse(head.__metadata__.settings);
  assert.equal(run.init_seed, 5, "not the one that is chosen");
  assert.match(run.job.learn.from.name, /^Cat mask/);
  assert.equal(new URL(page.url()).searchParams.get("start-from"), null, "one's own is in no link");

  await page.select("#start-from", "astronaut");
  await until("it in the address", () => new URL(page.url()).searchParams.get("start-from") === "astronaut");
  const other = await open(new URL(page.url()).search);
  await until("the same start", async () => /of network seed 0,/.test(await textOf(other, "#start-facts").catch(() => "")));
  assert.equal(await other.$eval("#start-from", (field) => field.value), "astronaut");
  const wrong = await open(`${LEARN}&engine=cpu&start-from=nobody`);
  await until("a fault", async () => /start-from “nobody”/.test(await textOf(wrong, "#fault").catch(() => "")));
});

inEachBrowser("views are links, by keyboard and in the history", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open("/?levels=2&size=32&mask=dense&engine=cpu");
  await enabled(page, "#start");
  assert.deepEqual(await page.$$eval("nav a", (links) => links.map((a) => [a.textContent, a.ariaCurrent])), [
    ["Denoise", "page"],
    ["Learn", null],
    ["Masks", null],
    ["Methods", null],
    ["How it works", null],
    ["This device", null],
  ]);
  await page.focus("nav a[data-route=Learn]");
  await page.keyboard.press("Enter");
  await until("the view Learn", () => page.$("#learner-fast"));
  assert.match(page.url(), /[?&]view=learn/);
  assert.match(page.url(), /[?&]engine=cpu/, "the rest of the address stays");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main", "the focus goes to the view");
  assert.equal(await page.$eval("main", (main) => main.getAttribute("aria-label")), "Learn");
  assert.equal(await page.$("#mask-file"), null, "one view at a time");

  await page.goBack();
  await until("the view Denoise", () => page.$("#mask-file"));
  await enabled(page, "#start");
  await page.click("#step");
  await until("a step", async () => (await stepOf(page)) === 1);
  await page.goForward();
  await until("the view Learn", () => page.$("#learner-fast"));

  // A learner on the CPU, and as the paper has it.
  await page.click("#learner-paper");
  assert.equal(await page.$eval("#steps", (field) => field.value), "60000");
  await until("the KL plot", () => page.$("#kl-plot"));
  await enabled(page, "#start");
  await page.click("#start");
  await untilWithoutFault(page, "looks", () => page.$("#connectivity[data-alive]"));
  await page.click("#start");
  await inState(page, "Paused");
  await drawn(page, "Result", 3);
  const kl = await page.$eval("#kl-plot", (plot) => plot.getAttribute("aria-label"));
  assert.match(kl, /^KL term: 6e-5 at step 0/);

  // Another picture there leaves this learner as it is, and says so when one comes back.
  await page.click("nav a[data-route=Denoise]");
  await until("the view Denoise", () => page.$("#mask-file"));
  await enabled(page, "#start");
  await page.click("[data-sample=rocket]");
  await until("the rocket", async () => (await textOf(page, "#picture-facts")).startsWith("Rocket"));
  await page.click("nav a[data-route=Learn]");
  await until("the notice", async () => /not those that this was started with/.test(await textOf(page, ".notice").catch(() => "")));
  assert.ok((await stepOf(page)) > 0);
  await page.click(".notice button");
  await until("a fresh learner", async () => (await stepOf(page)) === 0);
  await inState(page, "Idle");
});
