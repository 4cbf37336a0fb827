// Accessibility: axe-core finds nothing in any view, before the start, while something runs and paused, in either colour
// scheme and at a phone's width; and nothing has to be scrolled sideways there.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./axe.mjs";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, change, enabled, inState, stepOf, until, untilWithoutFault } from "./studio.mjs";

const DENOISE = "/?levels=2&size=32&steps=100000&mask=dense&against=dense&engine=cpu";
const LEARN = "/?view=learn&levels=2&size=32&learn-steps=100000&engine=cpu";

for (const [name, address] of [["Denoise", DENOISE], ["Learn", LEARN]]) {
  for (const width of [1280, 360]) {
    inEachBrowser(`${name} at ${width} pixels is accessible in each state`, { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
      const page = await open(address);
      await page.setViewport({ width, height: 760 });
      await enabled(page, "#start");
      await check(page, "before the start");
      await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
      await check(page, "unfolded");
      await page.click("#start");
      await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 3);
      await check(page, "running");
      await page.click("#start");
      await inState(page, "Paused");
      if (name === "Denoise") {
        await page.select("#left-view", "Earlier");
        await page.$eval("#zoom", (slider) => {
          slider.value = 3;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
        });
        await page.waitForSelector("#overview");
      } else {
        await until("a look", () => page.$("#connectivity[data-alive]"));
      }
      await check(page, "paused");
    });
  }
}

for (const width of [1280, 360]) {
  inEachBrowser(`Each task at ${width} pixels is accessible in each state`, { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
    const page = await open(`${DENOISE}&task=inpaint&noise=poisson`);
    await page.setViewport({ width, height: 760 });
    await enabled(page, "#start");
    await check(page, "random pixels, before the start");
    await page.click("#missing-painted");
    await page.waitForSelector("#paint-tools");
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await page.click("#erase");
    await page.waitForSelector("#paint polyline");
    await check(page, "painted, unfolded");
    await enabled(page, "#start");
    await page.click("#start");
    await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 3);
    await check(page, "filling in");
    await page.click("#start");
    await inState(page, "Paused");
    await check(page, "filled in, paused");
    await page.select("#task", "sr2");
    await page.select("#noise", "none");
    await enabled(page, "#start");
    await check(page, "as it is, to be enlarged");
    await page.click("#step");
    await inState(page, "Paused");
    await check(page, "enlarged, paused");
  });
}

// After a measurement: about.test.mjs, which waits for the self-test anyway (minutes in Firefox).
inEachBrowser("This device is accessible before and while it is measured", { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=about&levels=2&size=32&mask=dense");
  const atBothWidths = async (state) => {
    for (const width of [1280, 360]) {
      await page.setViewport({ width, height: 760 });
      await check(page, `${state}, ${width} pixels`);
    }
  };
  await enabled(page, "#self-test");
  await atBothWidths("before the start");
  await page.click("#self-test");
  await page.waitForSelector(".measuring");
  await atBothWidths("measuring");
});

for (const width of [1280, 360]) {
  inEachBrowser(`Masks at ${width} pixels is accessible in each state`, { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
    const page = await open("/?view=masks&engine=cpu");
    await page.setViewport({ width, height: 760 });
    await page.waitForSelector("#no-own-masks");
    await check(page, "empty");
    const bytes = [...readFileSync(join(ROOT, "static/LICENCES.md"))];
    await page.evaluate((bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "a-name-that-is-rather-long-and-has-no-space-in-it.npy"));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
    }, bytes);
    await page.waitForSelector("#import-problem");
    await until("a picture", () => page.$(".mask-picture img"), 3 * MINUTES);
    await page.click("#compare");
    await page.waitForSelector("#overlap-table");
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(page, "drawn, compared and refused, unfolded");
  });
}

for (const width of [1280, 360]) {
  inEachBrowser(`How it works at ${width} pixels is accessible in each state`, { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
    const page = await open("/?view=how&size=32&steps=400&learn-steps=4&engine=cpu");
    await page.setViewport({ width, height: 760 });
    await enabled(page, "#run-1");
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(page, "before the start");
    const inStage = (number, stage) => page.waitForSelector(`#figure-${number}[data-stage="${stage}"]`, { timeout: 2 * MINUTES });
    await page.click("#run-3");
    await inStage(3, "training");
    await check(page, "fitting, the learner finished");
    await page.click("#run-1");
    await inStage(1, "training");
    await check(page, "running");
    await page.click("#run-1");
    await page.waitForSelector('#figure-1:is([data-stage="paused"], [data-stage="finished"])', { timeout: MINUTES });
    await check(page, "paused");
  });
}

for (const width of [1280, 360]) {
  inEachBrowser(`Methods at ${width} pixels is accessible in each state`, { still: true, timeout: 6 * MINUTES }, async ({ open }) => {
    const page = await open("/?view=methods&levels=2&size=48&engine=cpu&method-steps=100000&methods=magnitude,random,snip,dense&method-keep=0.1");
    await page.setViewport({ width, height: 760 });
    const inStage = (stage) => page.waitForSelector(`#methods[data-stage="${stage}"]`, { timeout: 3 * MINUTES });
    await enabled(page, "#run-methods");
    await check(page, "before the start");
    await page.click("#run-methods");
    await page.waitForSelector('[data-method="random"][data-status="Running"]', { timeout: 3 * MINUTES });
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(page, "running, one collapsed, unfolded");
    await page.click("#run-methods");
    await inStage("paused");
    await check(page, "paused");
    await enabled(page, "#run-methods");
    await page.click("#reset-methods");
    await change(page, "#method-steps", 3);
    await page.click("#run-methods");
    await inStage("finished");
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(page, "finished, unfolded");
  });
}
