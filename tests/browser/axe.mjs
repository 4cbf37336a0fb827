// Runs axe-core in a page. The browser is to be `still`: what axe-core reads in the middle of a transition is no colour of ours.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds in one look, an element a line. */
const look = (page) =>
  page.evaluate(async () => {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) throw new Error("the browser is not still");
    const { violations } = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
  });

/**
 * What axe-core finds, in words. It reads for a second or more, and the page lives meanwhile (a button is enabled, a picture
 * comes), so what it finds has to be there at a second look.
 */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await look(page);
  if (found.length === 0) return found;
  const again = new Set(await look(page));
  return found.filter((line) => again.has(line));
}

/** Fails unless axe-core finds nothing in either scheme, and nothing has to be scrolled sideways. */
export async function check(page, state) {
  // A phone's buttons stick to the window's lower edge: there they cover part of some field until one scrolls on.
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  for (const scheme of ["light", "dark"]) {
    await page.evaluate((scheme) => document.documentElement.setAttribute("data-theme", scheme), scheme);
    assert.deepEqual(await violations(page), [], `${state}, ${scheme}`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${state}: ${overflow} pixels too wide`);
}
