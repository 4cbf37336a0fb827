// The view on this device: the self-test passes here, the benchmark measures, pauses training and can be stopped, and the
// report says all of it.

import assert from "node:assert/strict";
import { check } from "./axe.mjs";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, enabled, inState, textOf, until, untilWithoutFault } from "./studio.mjs";

const SMALL = "levels=3&size=64&steps=100000&settles=no&sample=chelsea&mask=dense";
const ABOUT = `/?view=about&${SMALL}`;

const goTo = (page, name) => page.click(`.views a[data-route="${name}"]`);
const verdict = (page, what) =>
  untilWithoutFault(page, `the end of the ${what}`, () => page.$(`#${what}-verdict`), 5 * MINUTES);
const rows = (page, table) =>
  page.$$eval(`#${table} tbody tr`, (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
/** A clipboard that can be read without a permission, or one that is not allowed. */
const stubClipboard = (page, allows) =>
  page.evaluate((allows) => {
    const writeText = async (text) => {
      if (!allows) throw new DOMException("not allowed", "NotAllowedError");
      window.copied = text;
    };
    Object.defineProperty(navigator.clipboard, "writeText", { value: writeText, configurable: true });
  }, allows);

inEachBrowser("the self-test passes, and the report says so", { still: true, timeout: 6 * MINUTES }, async ({ open, t }) => {
  const page = await open(ABOUT);
  await enabled(page, "#self-test");
  assert.equal(await page.title(), "About this device · Optimal Eye Surgeon");
  assert.match(await textOf(page, "#device"), /Largest binding[\d.]+ [MG]B/);

  await page.click("#self-test");
  await verdict(page, "self-test");
  assert.equal(await page.$eval("#self-test-verdict", (element) => element.dataset.state), "passed");
  t.diagnostic(await textOf(page, "#self-test-verdict"));
  const found = await rows(page, "self-test-table");
  assert.equal(found.length, 6, "every kind of step");
  for (const [name, kernels, furthest, ...steps] of found) {
    assert.ok(Number(kernels) > 100, `${name}: ${kernels} kernels`);
    for (const share of [furthest.split(",")[0], ...steps]) assert.match(share, /^(none|\d\.\de−\d+)$/, name);
  }

  await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
  for (const width of [1280, 360]) {
    await page.setViewport({ width, height: 760 });
    await check(page, `measured, unfolded, ${width} pixels`);
  }
  await page.$$eval("details", (all) => all.forEach((details) => (details.open = false)));

  await stubClipboard(page, true);
  await page.click("#copy-report");
  const copied = await until("the copy", () => page.evaluate(() => window.copied));
  for (const part of ["optimal-eye-surgeon 0.", "Passed: ", "| Learning a mask |", "Not run."]) {
    assert.ok(copied.includes(part), `${part} in:\n${copied}`);
  }
  await stubClipboard(page, false);
  await page.click("#copy-report");
  await until("the report to copy by hand", () => page.$eval("details:has(#report)", (details) => details.open));
  assert.equal(await page.$eval("#report", (report) => report.textContent.trim()), copied.trim());
});

inEachBrowser("the benchmark pauses training, and training stops it", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.click("#start");
  await inState(page, "Running");
  await goTo(page, "This device");
  await enabled(page, "#bench");
  await page.click("#bench");
  const words = () => page.$eval(".measuring p", (element) => element.textContent).catch(() => "");
  await untilWithoutFault(page, "pieces", async () => /^[1-9]\d* of \d+ pieces/.test(await words()), 5 * MINUTES);
  assert.ok(await page.$eval("#self-test", (button) => button.disabled), "one measurement at a time");

  await goTo(page, "Denoise");
  await inState(page, "Paused");
  await page.click("#start");
  await inState(page, "Running", 5 * MINUTES);
  await page.click("#start");
  await inState(page, "Paused");
  await goTo(page, "This device");
  await verdict(page, "bench");
  assert.equal(await page.$eval("#bench-verdict", (element) => element.dataset.complete), "false");
  assert.match(await textOf(page, "#bench-verdict"), /^Stopped early\./);
  await enabled(page, "#bench");
});

inEachBrowser("a lost device ends a measurement, and can be opened again", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`${ABOUT}&debug`);
  await enabled(page, "#bench");
  await page.click("#bench");
  await page.waitForSelector(".measuring");
  await page.evaluate(() => window.dispatchEvent(new Event("oes-lose-device")));
  await until("the fault", () => page.$("#fault"), 3 * MINUTES);
  assert.equal(await page.$(".measuring"), null);
  await page.click("#fault .primary");
  await enabled(page, "#bench");
  page.problems.length = 0; // browsers log the loss
});

inEachBrowser("the CPU engine says that there is nothing to measure", async ({ open }) => {
  const page = await open(`${ABOUT}&engine=cpu`);
  await until("the engine", async () => /CPU engine/.test(await textOf(page, "#device")));
  assert.ok(await page.$eval("#self-test", (button) => button.disabled));
  assert.ok(await page.$eval("#bench", (button) => button.disabled));
  assert.match(await textOf(page, "#engine-notice"), /CPU engine/);
});
