// What goes wrong costs seconds: a reload in mid-run, a lost device, two tabs.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, drawn, enabled, inState, stateOf, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

const SMALL = "levels=2&size=32&steps=100000&settles=no&mask=dense";

/** What is kept in the browser's storage: the steps of the checkpoints. */
const kept = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("optimal-eye-surgeon");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("runs").objectStore("runs").getAll();
          all.onsuccess = () => {
            opening.result.close();
            const records = all.result.filter((entry) => entry.record).map((entry) => JSON.parse(entry.record));
            resolve(records.flatMap((record) => record.runs.filter(Boolean).map(([step]) => step)));
          };
        };
      }),
  );
const checkpointAfter = (page, step) =>
  untilWithoutFault(page, `a checkpoint after step ${step}`, async () => (await kept(page)).some((at) => at > step));

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
  await until("nothing to be kept", async () => (await kept(page)).length === 0);
});

inEachBrowser("two tabs keep their own runs", { timeout: 6 * MINUTES }, async ({ open }) => {
  const first = await open(`/?${SMALL}&engine=cpu`);
  await enabled(first, "#start");
  await first.click("#step");
  await checkpointAfter(first, 0);
  const second = await open(`/?${SMALL}&engine=cpu`);
  await enabled(second, "#start");
  assert.equal(await second.$("#continue"), null, "the first tab lives: its run is not offered");
  await second.click("#step");
  await until("two runs", async () => (await kept(second)).length === 2);
  await first.close();
  const third = await open(`/?${SMALL}&engine=cpu`);
  await third.waitForSelector("#continue");
  await third.click("#discard");
  await until("one run", async () => (await kept(third)).length === 1);
  assert.equal(await stepOf(second), 1);
});

inEachBrowser("a lost device is built again, and the run goes on", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&debug`);
  await enabled(page, "#start");
  await page.click("#start");
  await checkpointAfter(page, 0);
  const before = Math.max(...(await kept(page)));
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
  await jump();
  const [, step] = await news(/The loss has jumped.* went back to step ([\d,]+) and goes on/);
  await inState(page, "Running");
  const back = Number(step.replaceAll(",", ""));
  assert.ok(back > 0, "to a checkpoint");
  await untilWithoutFault(page, "further steps", async () => (await stepOf(page)) > back);
  await jump();
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
