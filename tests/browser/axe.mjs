// Runs axe-core in a page.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until colours that change have changed, on a busy machine too; what turns for ever is not waited for. */
const settled = (page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    // In Firefox what a closed <details> hides never gets past pending.
    const ends = ({ effect }) => Number.isFinite(effect.getComputedTiming().endTime) && effect.target.checkVisibility();
    const moving = () => document.getAnimations().filter(ends);
    await frame();
    while (moving().length > 0) {
      await Promise.allSettled(moving().map(({ finished }) => finished));
      await frame();
    }
  });

/** What axe-core finds, in words. */
export async function violations(page) {
  await settled(page);
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}
