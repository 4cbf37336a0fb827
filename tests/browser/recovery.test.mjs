// What goes wrong costs seconds: a reload in mid-run, a lost device, two tabs.

import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, drawn, enabled, inState, keptSteps, stateOf, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

const SMALL = "levels=2&size=32&steps=100000&settles=no&mask=dense";

/** The names of the locks that tabs hold, a name for each tab. */
const locks = (page) => page.evaluate(async () => (await navigator.locks.query()).held.map(({ name }) => name));
const checkpointAfter = (page, step) =>
  untilWithoutFault(page, `a checkpoint after step ${step}`, async () => (await keptSteps(page)).some((at) => at > step));

inEachBrowser("a reloaded page goes on where it was", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&sample=rocket&sigma=0.2&engine=cpu`);
  await enabled(page, "#start");
  await page.click("#start");
  await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 20);
  await page.click("#start");
  await inState(page, "Paused");
  const step = await stepOf(page);
  await checkpointAfter(page, step - 1);
  const words = await page.$eval("#loss-plot", (plot) => plot.getAttribute("aria-label"));

  // Reloaded by another address: what counts is the run's own settings.
  await page.goto(new URL("/?size=64", page.url()).href, { waitUntil: "load" });
  await page.waitForSelector("#go-on");
  assert.match(await textOf(page, "#continue"), new RegExp(`You were denoising Rocket at dusk: step ${step} of 100,000`));
  await page.click("#go-on");
  await until("the step", async () => (await stepOf(page)) === step);
  await inState(page, "Paused");
  assert.match(page.url(), /sample=rocket/);
  assert.equal(await page.$eval("#sigma", (field) => field.value), "0.2");
  const after = await page.$eval("#loss-plot", (plot) => plot.getAttribute("aria-label"));
  assert.equal(after, words, "the curve is the same, reading by reading");
  await page.click("#start");
  await untilWithoutFault(page, "further steps", async () => (await stepOf(page)) > step + 5);
  await drawn(page, "Result");
  await page.click("#start");
  await inState(page, "Paused");

  // Reset means that it is not wanted any more.
  await page.click("#reset");
  await until("nothing to be kept", async () => (await keptSteps(page)).length === 0);
});

inEachBrowser("a file that was chosen before is not taken for the picture of the run", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&engine=cpu`);
  await enabled(page, "#start");
  await (await page.$("#picture-file")).uploadFile(join(ROOT, "static/samples/camera.png"));
  await until("the file", async () => (await textOf(page, "#picture-facts")).startsWith("camera.png"));
  await page.click("[data-sample=rocket]");
  await until("the sample", async () => (await textOf(page, "#picture-facts")).startsWith("Rocket"));
  await enabled(page, "#start");
  await page.click("#step");
  await checkpointAfter(page, 0);
  await page.reload({ waitUntil: "load" });
  await page.waitForSelector("#go-on");
  await page.click("#go-on");
  await until("the run", async () => (await stepOf(page)) === 1);
  assert.match(await textOf(page, "#picture-facts"), /^Rocket/);
  await page.click("#step");
  await untilWithoutFault(page, "the next step", async () => (await stepOf(page)) === 2);
});

inEachBrowser("two tabs keep their own runs", { timeout: 6 * MINUTES }, async ({ open }) => {
  const first = await open(`/?${SMALL}&engine=cpu`);
  await enabled(first, "#start");
  await first.click("#step");
  await checkpointAfter(first, 0);
  const second = await open(`/?${SMALL}&engine=cpu`);
  await enabled(second, "#start");
  await until("a name for each tab", async () => (await locks(second)).length === 2);
  assert.equal(await second.$("#continue"), null, "the first tab lives: its run is not offered");
  await second.click("#step");
  await until("two runs", async () => (await keptSteps(second)).length === 2);
  await first.close();
  await until("the first tab's name to be free", async () => (await locks(second)).length === 1);
  const third = await open(`/?${SMALL}&engine=cpu`);
  await third.waitForSelector("#continue");
  await third.click("#discard");
  await until("one run", async () => (await keptSteps(third)).length === 1);
  assert.equal(await stepOf(second), 1);
});

inEachBrowser("a lost device is built again, and the run goes on", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&debug`);
  await enabled(page, "#start");
  await page.click("#start");
  await checkpointAfter(page, 0);
  const before = Math.max(...(await keptSteps(page)));
  await page.evaluate(() => window.dispatchEvent(new Event("oes-lose-device")));
  await until("the news", async () => /has been set up again/.test(await textOf(page, "#news").catch(() => "")));
  await untilWithoutFault(page, "further steps", async () => (await stateOf(page)) === "Running" && (await stepOf(page)) > before);
  await drawn(page, "Result");
});

inEachBrowser("a learner is gone on with", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=learn&levels=2&size=32&learn-steps=4000&keep=0.2");
  await enabled(page, "#start");
  await page.click("#start");
  await checkpointAfter(page, 3);
  await page.reload({ waitUntil: "load" });
  await page.waitForSelector("#go-on");
  assert.match(await textOf(page, "#continue"), /You were learning a mask on Cat/);
  await page.click("#go-on");
  await until("its steps", async () => (await stepOf(page).catch(() => 0)) > 3);
  const step = await stepOf(page);
  await page.click("#start");
  await untilWithoutFault(page, "further steps", async () => (await stepOf(page)) > step);
  await untilWithoutFault(page, "a look", () => page.$("#connectivity[data-alive]"));
  assert.equal(await textOf(page, "#keep-value"), "20 %");
});

inEachBrowser("a loss that is no number takes the run back, and the screen stays awake", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&engine=cpu&debug`);
  await enabled(page, "#start");
  await page.evaluate(() => {
    window.held = [];
    const request = async (kind) => {
      window.held.push(kind);
      return { release: async () => window.held.push("released") };
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
  });
  await page.click("#start");
  await checkpointAfter(page, 0);
  assert.deepEqual(await page.evaluate(() => window.held), ["screen"]);
  await page.evaluate(() => window.dispatchEvent(new Event("oes-diverge")));
  const news = await until("the news", () => textOf(page, "#news").catch(() => null));
  const step = Number(news.match(/back at its checkpoint of step ([\d,]+) and paused/)[1].replaceAll(",", ""));
  await inState(page, "Paused");
  assert.equal(await stepOf(page), step);
  await until("the screen to be let go", async () => (await page.evaluate(() => window.held)).includes("released"));
  await page.click("#start");
  await untilWithoutFault(page, "further steps", async () => (await stepOf(page)) > step);
});

inEachBrowser("a loss that jumps takes the run back: once it goes on, twice it is paused", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&engine=cpu&debug`);
  await enabled(page, "#start");
  await page.click("#start");
  // Nothing is judged before there are enough readings for a median: so many before the checkpoint too, to which it goes back.
  await checkpointAfter(page, 60);
  const news = (words) => until("the news", async () => (await textOf(page, "#news").catch(() => "")).match(words));
  const jump = () => page.evaluate(() => window.dispatchEvent(new Event("oes-spike")));
  // It comes again from inside of the page, as soon as the run has gone on: before a checkpoint says that all is well.
  await page.evaluate(() => {
    const stepNow = () => Number(document.querySelector("#steps-done").textContent.match(/Step ([\d,]+)/)[1].replaceAll(",", ""));
    const again = () => {
      const [, back] = document.querySelector("#news")?.textContent.match(/went back to step ([\d,]+) and goes on/) ?? [];
      if (!back) return;
      window.wentBack = Number(back.replaceAll(",", ""));
      if (stepNow() <= window.wentBack) return;
      observer.disconnect();
      window.dispatchEvent(new Event("oes-spike"));
    };
    const observer = new MutationObserver(again);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await jump();
  const back = await until("the run to have gone back", () => page.evaluate(() => window.wentBack));
  assert.ok(back > 0, "to a checkpoint");
  await news(/second time.* back at step [\d,]+ and paused/);
  await inState(page, "Paused");
  const paused = await stepOf(page);
  assert.ok(paused >= back);
  await page.click("#start");
  await untilWithoutFault(page, "further steps", async () => (await stepOf(page)) > paused);
  // It is let through from now on.
  await jump();
  const high = await stepOf(page);
  await untilWithoutFault(page, "more steps than make a spike", async () => (await stepOf(page)) > high + 40);
  assert.equal(await stateOf(page), "Running");
});
