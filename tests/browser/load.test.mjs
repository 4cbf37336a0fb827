// How soon a first visit can be used: a new profile with nothing cached and no service worker, from this machine, unthrottled.
// The times are the browser's own, since the beginning of the navigation.

import assert from "node:assert/strict";
import { launch } from "./browsers.mjs";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, until } from "./studio.mjs";

/** A visit is to be usable after so many milliseconds of a machine that does nothing else. */
const LIMIT = 1500;
/** Visits whose median is told. */
const VISITS = 5;
/** Other work only ever makes a visit slower, so the fastest is held to the limit; while none is below it, so many are made. */
const MOST_VISITS = 15;
/** Milliseconds of CPU time over which the machine's other work is measured. */
const SPIN = 100;

/** How many times longer a thread takes now than its own CPU time: 1 on a machine that does nothing else. */
function slowdown() {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const spent = () => {
    const { user, system } = process.cpuUsage(used);
    return (user + system) / 1000;
  };
  while (spent() < SPIN);
  return Math.max(1, (performance.now() - began) / spent());
}

/** Notes in the browser's timeline when the page is there and when Start can be pressed, for which the picture is read. */
function watchTimeline() {
  const awaited = { built: "#start", usable: "#start:not(:disabled)" };
  const look = () => {
    for (const [name, selector] of Object.entries(awaited)) {
      if (!document.querySelector(selector)) continue;
      delete awaited[name];
      // After the frame that shows it.
      requestAnimationFrame(() => setTimeout(() => performance.mark(name)));
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "disabled"] });
}

/** Milliseconds until something is painted, the page is built, and Start can be pressed. */
async function visit(name, url) {
  const browser = await launch(name);
  try {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(watchTimeline);
    await page.goto(url, { waitUntil: "load" });
    const read = () =>
      page.evaluate(() => {
        const at = (name) => performance.getEntriesByName(name)[0]?.startTime;
        const times = { painted: at("first-contentful-paint"), built: at("built"), usable: at("usable") };
        return Object.values(times).every((time) => time !== undefined) ? times : null;
      });
    return await until("a page that can be used", read, MINUTES / 2);
  } finally {
    await browser.close();
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

inEachBrowser("a first visit can be used within 1.5 s", { timeout: 6 * MINUTES }, async ({ name, url, t }) => {
  const visits = [];
  const slowdowns = [slowdown()];
  const fastest = (what) => Math.min(...visits.map((times) => times[what]));
  while (visits.length < VISITS || (fastest("alone") >= LIMIT && visits.length < MOST_VISITS)) {
    const times = await visit(name, url);
    const before = slowdowns.at(-1);
    slowdowns.push(slowdown());
    visits.push({ ...times, alone: times.usable / ((before + slowdowns.at(-1)) / 2) });
  }
  for (const what of ["painted", "built", "usable", "alone"]) {
    const middle = median(visits.map((times) => times[what]));
    t.diagnostic(`${what}: median ${middle.toFixed(0)} ms, fastest ${fastest(what).toFixed(0)} ms, of ${visits.length} visits`);
  }
  t.diagnostic(`other work made a thread ${median(slowdowns).toFixed(2)} times slower; "alone" is "usable" without it`);
  assert.ok(fastest("alone") < LIMIT, "no visit was usable in time");
});
