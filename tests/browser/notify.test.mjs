// The notification of a run's end: asked for on a click alone, told to a hidden page alone.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, enabled, inState, pause, until } from "./studio.mjs";

// Long enough to press the switch while it runs.
const RUN = "/?levels=2&size=32&steps=80&settles=no&mask=dense&engine=cpu";

/** Stands in for the system's notifications, which a headless browser has none of, and for the tab's being hidden. */
const standIn = (page, answer) =>
  page.evaluate((answer) => {
    window.asked = 0;
    window.told = [];
    window.Notification = class {
      constructor(title, { body }) {
        window.told.push({ title, body });
      }
      static async requestPermission() {
        window.asked += 1;
        return answer;
      }
    };
    window.hide = (hidden) => Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  }, answer);
const asked = (page) => page.evaluate(() => window.asked);
const told = (page) => page.evaluate(() => window.told);

inEachBrowser("the end of a run is told where it was asked for, and the page is hidden", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(RUN);
  await standIn(page, "granted");
  await enabled(page, "#start");
  assert.equal(await page.$("#notify"), null, "nothing runs, nothing to ask");

  const run = async (hidden, click, notices) => {
    await page.evaluate((hidden) => window.hide(hidden), hidden);
    await page.click("#start");
    await page.waitForSelector("#notify");
    if (click) await page.click("#notify");
    await inState(page, "Finished");
    await until("the notice", async () => (await told(page)).length >= notices);
    // One that should not be there would come now.
    await pause(500);
    const found = await told(page);
    await page.click("#reset");
    await enabled(page, "#start");
    return found;
  };
  assert.deepEqual(await run(true, false, 0), [], "it was not asked for");
  assert.equal(await asked(page), 0, "the browser is not asked before a click");
  const once = await run(true, true, 1);
  assert.equal(await asked(page), 1);
  assert.deepEqual(once, [{ title: "Finished", body: "Denoising Cat: 80 steps." }]);
  assert.equal((await run(false, false, 1)).length, 1, "who sees the page is not told");
  assert.equal((await run(true, true, 1)).length, 1, "the switch is off again");
});

inEachBrowser("the end of an ensemble is told, too", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open(RUN);
  await standIn(page, "granted");
  await enabled(page, "#start");
  await page.click("#start");
  await inState(page, "Finished");
  await page.waitForSelector("#ensemble");
  await page.select("#ensemble-count", "3");
  await page.click("#train-ensemble");
  await page.waitForSelector("#notify");
  await page.click("#notify");
  await page.evaluate(() => window.hide(true));
  await until("the notice", async () => (await told(page)).length > 0);
  assert.deepEqual(await told(page), [{ title: "Finished", body: "The mean of 3 networks on Cat is ready." }]);
});

inEachBrowser("a browser that refuses notifications is told of", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(RUN.replace("steps=80", "steps=100000"));
  await standIn(page, "denied");
  await enabled(page, "#start");
  await page.click("#start");
  await page.waitForSelector("#notify");
  await page.click("#notify");
  await until("the words", () => page.$eval(".notify", (p) => /does not allow/.test(p.textContent)));
  assert.equal(await page.$eval("#notify", (box) => box.checked), false);
});
