// Takes a picture of a page in a browser with WebGPU, to look at it without a screen.
//
//   node scripts/screenshot.mjs URL OUT.png [--width 1280] [--height 800] [--scale 1] [--dark] [--reduced-motion]
//     [--wait-for SELECTOR] [--click SELECTOR]... [--delay MS] [--full-page] [--browser chromium|firefox]
//
// URL may be `dist`: the built folder is then served for the moment. Selectors are clicked in turn, after --wait-for.
// Console messages and errors go to stderr.

import { parseArgs } from "node:util";
import { launch } from "../tests/browser/browsers.mjs";
import { serve, watch } from "../tests/browser/helper.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "800" },
    scale: { type: "string", default: "1" },
    dark: { type: "boolean", default: false },
    "reduced-motion": { type: "boolean", default: false },
    "wait-for": { type: "string" },
    click: { type: "string", multiple: true, default: [] },
    delay: { type: "string", default: "0" },
    "full-page": { type: "boolean", default: false },
    browser: { type: "string", default: "chromium" },
  },
});
const [address, out] = positionals;
if (!out) {
  console.error("usage: node scripts/screenshot.mjs URL|dist OUT.png [options]; they stand at the top of the script");
  process.exit(2);
}

const server = address === "dist" ? await serve() : null;
const browser = await launch(values.browser);
try {
  const page = await browser.newPage();
  const problems = watch(page);
  page.on("console", (message) => console.error(`[${message.type()}] ${message.text()}`));
  await page.setViewport({
    width: Number(values.width),
    height: Number(values.height),
    deviceScaleFactor: Number(values.scale),
  });
  // Firefox has no protocol command for these; there the picture is of its default theme.
  if (values.browser === "chromium") {
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: values.dark ? "dark" : "light" },
      { name: "prefers-reduced-motion", value: values["reduced-motion"] ? "reduce" : "no-preference" },
    ]);
  }
  await page.goto(server?.url ?? address, { waitUntil: "load" });
  if (values["wait-for"]) await page.waitForSelector(values["wait-for"], { visible: true });
  for (const selector of values.click) {
    const target = await page.waitForSelector(selector, { visible: true });
    await target.click();
  }
  await new Promise((resolve) => setTimeout(resolve, Number(values.delay)));
  await page.screenshot({ path: out, fullPage: values["full-page"] });
  for (const problem of problems) console.error(problem);
} finally {
  await browser.close();
  await server?.close();
}
