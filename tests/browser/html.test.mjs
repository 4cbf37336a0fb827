// The markup: html-validate finds nothing in index.html, or in what each view makes of the document.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { HtmlValidate, StaticConfigLoader } from "html-validate";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, enabled, inState, until } from "./studio.mjs";

// Rules on how a document is spelt, which the browser alone decides when it writes one down.
const SPELLING = ["doctype-style", "attribute-boolean-style", "attribute-empty-style", "no-trailing-whitespace"];
const validator = new HtmlValidate(
  new StaticConfigLoader({
    extends: ["html-validate:recommended", "html-validate:document"],
    rules: {
      ...Object.fromEntries(SPELLING.map((rule) => [rule, "off"])),
      // Sums are for files of other hosts.
      "require-sri": ["error", { target: "crossorigin" }],
      // Custom properties carry numbers to the style sheets; the policy allows no style element.
      "no-inline-style": ["error", { allowedProperties: ["--w", "--h", "--zoom", "--shift-x", "--shift-y", "--split", "--heat"] }],
      // A box that scrolls needs a name and a place in the order of Tab, also where it is no section.
      "prefer-native-element": ["error", { exclude: ["region"] }],
    },
  }),
);

/** What is wrong with a document, in words. */
async function faults(html, name) {
  const { results } = await validator.validateString(html, name);
  const messages = results.flatMap(({ messages }) => messages);
  return messages.map(({ ruleId, message, selector }) => `${ruleId} at ${selector}: ${message}`);
}

test("index.html is valid", async () => {
  assert.deepEqual(await faults(readFileSync(join(ROOT, "index.html"), "utf8"), "index.html"), []);
});

test("what is not valid is found", async () => {
  const found = await faults("<!doctype html><html lang=en><head><title>a</title></head><p><div></p>", "bad.html");
  assert.ok(found.length > 0);
});

const VIEWS = [
  ["Denoise", "/?levels=2&size=32&engine=cpu&mask=dense&against=dense&steps=5"],
  ["Fill in", "/?task=inpaint&levels=2&size=32&engine=cpu&mask=dense&steps=5&noise=poisson"],
  ["Learn", "/?view=learn&levels=2&size=32&engine=cpu&learn-steps=5"],
  ["Masks", "/?view=masks&engine=cpu"],
  ["Methods", "/?view=methods&levels=2&size=48&engine=cpu&method-steps=3&methods=random,magnitude,dense&method-keep=0.1"],
  ["How it works", "/?view=how&size=32&engine=cpu"],
  ["About", "/?view=about&levels=2&size=32&engine=cpu"],
  ["an embedded view", "/?embed=1&levels=2&size=32&engine=cpu&mask=dense&steps=5"],
];

for (const [name, address] of VIEWS) {
  inEachBrowser(`the document of ${name} is valid, before the start and after`, { timeout: 4 * MINUTES }, async ({ open }) => {
    const page = await open(address);
    const check = async (state) => {
      const html = await page.evaluate(() => `<!doctype html>\n${document.documentElement.outerHTML}`);
      assert.deepEqual(await faults(html, "document.html"), [], state);
    };
    const opened = { Masks: "#compare", "How it works": "#run-1", About: "#device" }[name];
    if (opened) {
      await until("the view", () => page.$(opened));
      return check("as it opens");
    }
    const start = name === "Methods" ? "#run-methods" : "#start";
    await enabled(page, start);
    await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check("before the start");
    if (name === "Fill in") {
      await page.click("#missing-painted");
      await page.waitForSelector("#paint-tools");
      await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
      await page.click("#erase");
      await page.waitForSelector("#paint polyline");
      await check("painted");
      await enabled(page, start);
    }
    await page.click(start);
    if (name === "Methods") await page.waitForSelector('#methods[data-stage="finished"]');
    else await inState(page, "Finished");
    await check("after the end");
  });
}
