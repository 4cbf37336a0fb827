// The page without a network, and how a new version takes the place of one that browsers keep.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, inEachBrowser, serve } from "./helper.mjs";
import { MINUTES, drawn, enabled, inState, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
const SMALL = "levels=2&size=32&steps=100000&settles=no&mask=dense&engine=cpu";

/** A copy of what the page is made of, built for offline use below a path of its site. */
function site(t) {
  const folder = mkdtempSync(join(tmpdir(), "oes-site-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(ROOT, "static"), join(folder, "static"), { recursive: true });
  cpSync(join(ROOT, "index.html"), join(folder, "index.html"));
  mkdirSync(join(folder, "site"));
  writeFileSync(join(folder, "site/index.html"), "<!doctype html><title>Something else</title>");
  const build = (...options) => {
    const wasm = join(TARGET, "wasm32-unknown-unknown/page/oes-page.wasm");
    const dist = join(folder, "site/below");
    const args = ["--build-only", "--wasm", wasm, "--dist", dist, ...options];
    return promisify(execFile)(join(TARGET, "release/oes-web"), args, { cwd: folder });
  };
  const edit = (file, from, to) => {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${file} has ${from}`);
    writeFileSync(path, text.replace(from, to));
  };
  return { build, edit, root: join(folder, "site") };
}

/** Waits until a service worker has the page's files and answers for it. */
const kept = (page) =>
  until("the page to be kept", () => page.evaluate(() => navigator.serviceWorker.controller?.state === "activated"));
const caches = (page) => page.evaluate(() => window.caches.keys());
const isLoaded = async (page) => {
  await page.waitForSelector("h1");
  await enabled(page, "#start");
};

/** A site built for offline use, and a page of it that a first visit has left for later. */
const visited = async ({ open, t }) => {
  const { build, edit, root } = site(t);
  await build("--offline");
  const server = await serve(root);
  t.after(() => server.close());
  const address = `${server.url}below/?${SMALL}`;
  const page = await open(address);
  await isLoaded(page);
  await kept(page);
  return { build, edit, server, address, page };
};

inEachBrowser("after one visit it works without a network", { timeout: 8 * MINUTES }, async (browser) => {
  const { page, server } = await visited(browser);
  await server.close();

  await page.reload({ waitUntil: "load" });
  await isLoaded(page);
  await page.click("#start");
  await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 3);
  await page.click("#start");
  await inState(page, "Paused");
  await drawn(page, "Result");

  // A picture and a preset that were not looked at before, and another address of the page.
  await page.goto(`${server.url}below/index.html?sample=rocket&mask=astronaut&size=64&engine=cpu`, { waitUntil: "load" });
  await isLoaded(page);
  assert.match(await textOf(page, "#picture-facts"), /^Rocket/);
  assert.equal(await page.$eval("[data-mask=astronaut]", (card) => card.ariaPressed), "true");
  // Whether the program runs is asked of the server, which is gone.
  page.problems.splice(0, page.problems.length, ...page.problems.filter((problem) => !/service-worker\.js/.test(problem)));
});

inEachBrowser("a new version waits, and replaces the one before on a click", { timeout: 8 * MINUTES }, async (browser) => {
  const { page, build, edit, address } = await visited(browser);
  const before = await caches(page);
  assert.equal(before.length, 1);
  assert.equal(await page.$("#update"), null);

  edit("index.html", "<title>", '<title data-version="2">');
  await build("--offline");
  await page.click("#start");
  await untilWithoutFault(page, "steps", async () => (await stepOf(page)) > 1);
  const lookForUpdate = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
    });
  await lookForUpdate();
  await until("a version that waits", () =>
    page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)),
  );
  assert.equal(await page.$("#update"), null, "what runs is not interrupted");
  // The page of the version before still gets its own files: here, another worker.
  const own = await page.evaluate(async () => (await fetch("./index.html")).text());
  assert.ok(!own.includes("data-version"), "one version, until the reload");
  await page.click("#start");
  await page.waitForSelector("#update");
  assert.match(await textOf(page, "#update p"), /new version/);

  const other = await browser.open(address);
  await isLoaded(other);
  await page.bringToFront();
  await page.click("#take-update");
  await until("the reason", async () => /Close the other tabs/.test(await textOf(page, "#update p")));
  await other.close();
  // The browser may count the closed tab for a moment more, and the page then says the same again.
  await until("the new version", async () => {
    await page.evaluate(() => document.querySelector("#take-update")?.click());
    return page.$eval("title", (title) => title.dataset.version === "2");
  });
  await isLoaded(page);
  const after = await until("the old version to go", async () => {
    const names = await caches(page);
    return names.length === 1 ? names : null;
  });
  assert.notDeepEqual(after, before);
});

inEachBrowser("a build for this machine alone is never kept, and retires what was", { timeout: 8 * MINUTES }, async (browser) => {
  const { page, build, edit, address } = await visited(browser);

  edit("index.html", "<title>", '<title data-version="2">');
  await build();
  await page.goto(address, { waitUntil: "load" });
  await until("the new build", () => page.$eval("title", (title) => title.dataset.version === "2").catch(() => false));
  await isLoaded(page);
  const left = await page.evaluate(async () => [
    await window.caches.keys(),
    (await navigator.serviceWorker.getRegistrations()).length,
  ]);
  assert.deepEqual(left, [[], 0]);
});

inEachBrowser("it can be installed", async ({ open }) => {
  const page = await open("/");
  const found = await page.evaluate(async () => {
    const link = document.querySelector("link[rel=manifest]");
    const response = await fetch(link.href);
    const manifest = await response.json();
    const icons = manifest.icons.map(async ({ src, sizes, type }) => {
      const image = new Image();
      image.src = new URL(src, link.href).href;
      await image.decode();
      const served = (await fetch(image.src)).headers.get("content-type");
      return { sizes, type, served, width: image.naturalWidth, height: image.naturalHeight };
    });
    const scope = new URL(manifest.scope, link.href).href;
    return { type: response.headers.get("content-type"), scope, icons: await Promise.all(icons), here: location.href };
  });
  assert.equal(found.type, "application/manifest+json");
  assert.equal(found.scope, new URL(".", found.here).href);
  assert.equal(found.icons.length, 4);
  for (const { sizes, type, served, width, height } of found.icons) {
    assert.equal(served, type);
    if (sizes !== "any") assert.equal(`${width}x${height}`, sizes);
  }
});
