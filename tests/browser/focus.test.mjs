// The keyboard meets the controls as they are seen (WCAG 2.4.3), on wide screens column by column: real presses of Tab
// against the places of what they reach.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, enabled, inState } from "./studio.mjs";

const ADDRESS = "/?levels=2&size=32&mask=dense&steps=100&engine=cpu";

/** A name for what has the focus, and as the how-manieth it got it. */
const FOCUSED = () => {
  const element = document.activeElement;
  if (element === document.body) return { ends: true };
  const { sample, mask, route } = element.dataset;
  const text = element.textContent.trim();
  const name = element.id || sample || (mask && `mask ${mask}`) || route || text || element.getAttribute("aria-label");
  element.dataset.met ??= String(document.querySelectorAll("[data-met]").length);
  return { name, met: Number(element.dataset.met) };
};

/** What Tab reaches from the top of the page on, in turn. */
async function order(page) {
  await page.evaluate(() => {
    document.querySelectorAll("[data-met]").forEach((element) => element.removeAttribute("data-met"));
    document.activeElement.blur();
    scrollTo(0, 0);
    // From the first control on, wherever a click was before.
    document.querySelector(".skip").focus();
  });
  const names = [];
  for (;;) {
    const { name, met, ends } = await page.evaluate(FOCUSED);
    if (ends || met < names.length) return names;
    names.push(name);
    assert.ok(names.length < 200, `Tab goes on and on: ${names.slice(-20)}`);
    await page.keyboard.press("Tab");
  }
}

/**
 * Where they stand: the column (the top, the work, what is set up, the foot) and the box on the whole page, scrolled to its
 * end, where what sticks to the window's edge is in its own place.
 */
const places = (page) =>
  page.evaluate(() => {
    document.querySelectorAll(".tiles, .rows, .views").forEach((row) => (row.scrollLeft = 0));
    scrollTo(0, document.documentElement.scrollHeight);
    const setup = document.querySelector(".setup").getBoundingClientRect();
    const beside = setup.left > document.querySelector(".work").getBoundingClientRect().right - 1;
    const all = [...document.querySelectorAll("[data-met]")].sort((a, b) => a.dataset.met - b.dataset.met);
    return all.map((element) => {
      const box = element.getBoundingClientRect();
      let column = 1;
      if (element.closest("header, .skip")) column = 0;
      else if (element.closest("footer")) column = 3;
      else if (beside && box.left >= setup.left) column = 2;
      return { column, left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY };
    });
  });

/** Whether someone who reads column by column, line by line meets `b` before `a`. */
const before = (b, a) => {
  if (a.column !== b.column) return b.column < a.column;
  if (b.bottom <= a.top + 1) return true;
  return a.bottom > b.top + 1 && b.right <= a.left + 1;
};

/** Pairs that the keyboard meets the other way round than the eye. */
function reversed(names, boxes) {
  const pairs = [];
  // The skip link is seen only while it has the focus.
  for (let i = 1; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length; j++) if (before(boxes[j], boxes[i])) pairs.push(`${names[i]} before ${names[j]}`);
  }
  return pairs;
}

const CHOICES = ["picture-file", "chelsea", "mask astronaut", "mask dense", "mask-file", "noise", "sigma", "task"];

for (const width of [1280, 390]) {
  inEachBrowser(`Tab goes through Denoise as it is seen, at ${width} pixels`, { timeout: 5 * MINUTES }, async ({ open }) => {
    const page = await open(ADDRESS);
    await page.setViewport({ width, height: 800 });
    const narrow = width < 576;
    const check = async (state) => {
      const names = await order(page);
      const boxes = await places(page);
      assert.equal(boxes.length, names.length, state);
      assert.deepEqual(reversed(names, boxes), [], `${state}: ${names}`);
      const place = (name) => {
        const found = names.indexOf(name);
        assert.ok(found >= 0, `${state}: Tab reaches ${name}, not only ${names}`);
        return found;
      };
      const chosen = CHOICES.map(place);
      assert.deepEqual(chosen, chosen.toSorted((a, b) => a - b), `${state}: ${names}`);
      ["rival-1", "size"].forEach(place);
      assert.equal(place("start") > chosen.at(-1), narrow, `${state}: Start ends a phone's page`);
      // What this finds: Start where it does not belong.
      const swapped = [boxes[0], boxes[place("start")], ...boxes.slice(1).filter((_, i) => i + 1 !== place("start"))];
      assert.ok(reversed(names, swapped).length > 0, "the check sees a control in the wrong place");
    };
    await enabled(page, "#start");
    await check("before the start");
    await page.click("#step");
    await inState(page, "Paused");
    await check("paused");
    assert.ok((await order(page)).includes("zoom"), "with the picture's own controls");
  });
}

inEachBrowser("the order follows a window that grows narrow", async ({ open }) => {
  const page = await open(ADDRESS);
  await enabled(page, "#start");
  const follows = () =>
    page.$eval("#sigma", (sigma) =>
      Boolean(sigma.compareDocumentPosition(document.querySelector("#start")) & Node.DOCUMENT_POSITION_FOLLOWING),
    );
  assert.equal(await follows(), false);
  await page.setViewport({ width: 390, height: 800 });
  await page.waitForFunction(() => document.querySelector(".setup ~ .transport #start:not(:disabled)"));
  assert.equal(await follows(), true);
  assert.equal((await page.$$("#start")).length, 1);
  await page.setViewport({ width: 1280, height: 800 });
  await page.waitForFunction(() => document.querySelector(".work #start:not(:disabled)"));
  assert.equal(await follows(), false);
});
