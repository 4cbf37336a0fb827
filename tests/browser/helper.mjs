// Starts the page's own server and a real browser, for tests with node's test runner.
//
// How to write a test: a file `NAME.test.mjs` in this folder.
//
//   import assert from "node:assert/strict";
//   import { inEachBrowser } from "./helper.mjs";
//
//   inEachBrowser("the title is right", async ({ open, name }) => {
//     const page = await open("/");                 // dist/, which ./test builds first; a puppeteer Page
//     await page.waitForSelector("h1");
//     assert.equal(await page.title(), "Optimal Eye Surgeon");
//   });
//
// - The body runs once in Chromium (SwiftShader) and once in Firefox (Mesa's lavapipe), each in a browser of its own that
//   is closed afterwards. `name` is "chromium" or "firefox".
// - When the body is through, the test also fails if any page that `open` returned logged a console error, threw, or
//   asked the server for something it refused. `page.problems` is the list; a test that provokes one empties it.
// - Options are those of node's `test`, for instance `inEachBrowser(title, { timeout: 300_000 }, body)`; without one a try
//   may take two minutes, on a machine that does nothing else. There is no option to skip: a missing adapter is a failure, and so is a missing Chromium (`./test` says where it goes on without Firefox).
// - `./test` runs two files at a time: on two cores all of them take 24 minutes so, 34 one by one.
// - Software adapters are slow: use the small network where a run must be long.
//
// One file alone: `node --test tests/browser/NAME.test.mjs`, after `./oes-web --build-only`. One browser:
// OES_BROWSERS=firefox. Other browser files: OES_CHROMIUM, OES_FIREFOX.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./browsers.mjs";

/** The repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** How long a page may take for what a test waits for, in milliseconds, where the test does not say: it may be computing. */
const PATIENCE = 180_000;

/** How much longer a try may take than its test says: two files run at a time. */
const CROWDED = 2;

/** The browsers that tests run in. */
const BROWSERS = (process.env.OES_BROWSERS ?? "chromium,firefox").split(",");

/**
 * Serves a built folder with `oes-web`, the server that people use: its media types and its content security policy are
 * thus part of what is tested.
 * @returns {Promise<{url: string, close: () => Promise<void>}>} `url` ends with a slash.
 */
export async function serve(folder = join(ROOT, "dist")) {
  const program = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release", "oes-web");
  const child = spawn(program, ["--no-build", "--port", "0", "--dist", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`cannot start ${program}: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`oes-web ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/http:\/\/\S+\//);
      if (found) resolve(found[0]);
    });
  });
  return {
    url,
    close: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Collects console errors, uncaught exceptions and failed requests of a page, from its first line of script on. */
export function watch(page) {
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message ?? error}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} for ${response.url()}`);
  });
  return problems;
}

/**
 * Registers one test for each browser.
 *
 * A test that fails is tried once more, in a new browser: two cores compute for the page, its two engines and the test, and a
 * browser that is starved for a while fails where nothing is wrong. What passes only then is told by the test's diagnostic,
 * and `./test` lists it at its end: it is to be looked at, not to be got used to.
 * @param {string} title
 * @param {object} [options] for node's `test` (`timeout` is that of one try), and `dist`: the folder to serve, `only`: the one
 *   browser that gives a measure which the test needs or has what it tests (the title has to say so), `prefs`: Firefox's, for
 *   this test, and `still`: the browser asks for no motion.
 * @param {(context: {name: string, browser: import("puppeteer-core").Browser, url: string,
 *   open: (path: string) => Promise<import("puppeteer-core").Page>,
 *   t: {after: (cleanUp: () => unknown) => void, diagnostic: (words: string) => void}}) => Promise<void>} body
 */
export function inEachBrowser(title, options, body) {
  if (typeof options === "function") return inEachBrowser(title, {}, options);
  const { dist, only, prefs, still, timeout = 120_000, ...testOptions } = options;
  for (const name of BROWSERS.filter((name) => !only || name === only)) {
    const limit = CROWDED * timeout;
    const once = (t) => inTime(limit, (after) => inOneBrowser(name, { dist, prefs, still, body, after, t }));
    // Beside both tries, what starting and closing browsers takes.
    test(`${name}: ${title}`, { ...testOptions, timeout: 2 * limit + 120_000 }, async (t) => {
      try {
        await once(t);
      } catch (error) {
        await once(t);
        t.diagnostic(`${SECOND_TRY}: ${String(error?.message ?? error).replaceAll("\n", " ")}`);
      }
    });
  }
}

/** How the diagnostic begins that `./test` looks for. */
const SECOND_TRY = "passed at the second try, after";

/** Runs a body that registers what is to be cleaned up, and cleans up however it ends, the last first. */
async function inTime(limit, body) {
  const cleanUps = [];
  let over = false;
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit / 1000} s`)), limit);
  });
  // One that comes after the end is of a browser that took too long to start.
  const running = body((cleanUp) => (over ? cleanUp() : cleanUps.push(cleanUp)));
  // What it says once it was given up and its browser closed is of no interest.
  running.catch(() => {});
  try {
    await Promise.race([running, tooLong]);
  } finally {
    clearTimeout(timer);
    over = true;
    const failed = [];
    for (const cleanUp of cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length > 0) console.error("after a test:", ...failed);
  }
}

/** One try of a test: a server and a browser of its own, and no fault that a page reports. */
async function inOneBrowser(name, { dist, prefs, still, body, after, t }) {
  const server = await serve(dist);
  after(() => server.close());
  const browser = await launch(name, { prefs, still });
  after(() => browser.close());
  const pages = [];
  const open = async (path) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewport({ width: 1280, height: 800 });
    page.problems = watch(page);
    pages.push(page);
    await page.goto(new URL(path, server.url).href, { waitUntil: "load" });
    return page;
  };
  await body({ name, browser, url: server.url, open, t: { after, diagnostic: (words) => t.diagnostic(words) } });
  const problems = pages.flatMap((page) => page.problems);
  if (problems.length > 0) throw new Error(`the page reported:\n  ${problems.join("\n  ")}`);
}
