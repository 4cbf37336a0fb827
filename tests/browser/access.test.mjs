// Accessibility: axe-core finds nothing in any view, before the start, while something runs and paused, in either colour
// scheme and at a phone's width; and nothing has to be scrolled sideways there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, enabled, inState, pause, stepOf, until, untilWithoutFault } from "./studio.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DENOISE = "/?levels=2&size=32&steps=100000&mask=dense&against=dense&engine=cpu";
const LEARN = "/?view=learn&levels=2&size=32&learn-steps=4000&engine=cpu";

/** What axe-core finds, in words. */
async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}

async function check(page, state) {
  for (const scheme of ["light", "dark"]) {
    await page.evaluate((scheme) => document.documentElement.setAttribute("data-theme", scheme), scheme);
    await pause(500); // until colours that change have changed
    assert.deepEqual(await violations(page), [], `${state}, ${scheme}`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${state}: ${overflow} pixels too wide`);
}

for (const [name, address] of [["Denoise", DENOISE], ["Learn", LEARN]]) {
  for (const width of [1280, 360]) {
    inEachBrowser(`${name} at ${width} pixels is accessible in each state`, { timeout: 6 * MINUTES }, async (context) => {
      const page = await context.open(address);
      // Else a busy machine is met in the middle of a transition. Firefox has no protocol command for it.
      if (context.name === "chromium") {
        await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
      }
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
  inEachBrowser(`This device at ${width} pixels is accessible in each state`, { timeout: 6 * MINUTES }, async (context) => {
    const page = await context.open("/?view=about&levels=2&size=32&mask=dense");
    if (context.name === "chromium") {
      await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    }
    await page.setViewport({ width, height: 760 });
    await enabled(page, "#self-test");
    await check(page, "before the start");
    await page.click("#self-test");
    await page.waitForSelector(".measuring");
    await check(page, "measuring");
    await until("the verdict", () => page.$("#self-test-verdict"), 4 * MINUTES);
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(page, "measured, unfolded");
  });
}
