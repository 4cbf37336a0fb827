// The built folder on a host that knows nothing of it: below a path, served by Python's plain file server.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT, inEachBrowser, watch } from "./helper.mjs";
import { MINUTES, enabled, until } from "./studio.mjs";

/** Builds the folder from the module that was compiled last, for a site at `url`. */
function build(folder, url) {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const wasm = join(target, "wasm32-unknown-unknown/page/oes-page.wasm");
  const options = ["--build-only", "--wasm", wasm, "--dist", folder, "--site", url];
  execFileSync(join(target, "release/oes-web"), options, { cwd: ROOT, stdio: "ignore" });
}

/** Serves a built folder at /some/where/ with python3. */
async function elsewhere() {
  const folder = mkdtempSync(join(tmpdir(), "oes-host-"));
  mkdirSync(join(folder, "some"));
  const child = spawn("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`python3 ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/port (\d+)/);
      if (found) resolve(found[1]);
    });
  });
  const url = `http://127.0.0.1:${port}/some/where/`;
  build(join(folder, "some/where"), url);
  return {
    url,
    close: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

inEachBrowser("any static host will do, below any path", { timeout: 5 * MINUTES }, async ({ browser, t }) => {
  const host = await elsewhere();
  t.after(host.close);
  const page = await browser.newPage();
  const problems = watch(page);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${host.url}?size=64&engine=cpu&sample=coffee`, { waitUntil: "load" });
  await enabled(page, "#start"); // the module, the worker, a sample and a preset's mask are there
  assert.match(await page.$eval("#mask-facts", (facts) => facts.textContent), /150,443 of 3,008,867/);
  await page.click("#step");
  await until("a step", async () => /Step 1 /.test(await page.$eval("#steps-done", (words) => words.textContent)));
  await page.click("nav a[data-route=Learn]");
  await until("the address", async () => page.url().startsWith(`${host.url}?`) && /view=learn/.test(page.url()));
  await page.goBack();
  await page.waitForSelector("#split");
  assert.deepEqual(problems, []);
  const foreign = asked.filter((url) => !url.startsWith(host.url) && !/^(data|blob):/.test(url));
  assert.deepEqual(foreign, [], "nothing above the folder, nothing elsewhere");

  // A preset's page, which previews are made from, leads to the page.
  const preview = await browser.newPage();
  const faults = watch(preview);
  const html = await (await fetch(`${host.url}m/chelsea.html`)).text();
  const image = html.match(/<meta property="og:image" content="([^"]+)"/)[1];
  assert.ok(image.startsWith(host.url), image);
  const picture = await fetch(image);
  assert.equal(picture.headers.get("content-type"), "image/jpeg");
  assert.deepEqual([...new Uint8Array(await picture.arrayBuffer()).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  await preview.goto(`${host.url}m/chelsea.html`, { waitUntil: "load" });
  await until("the page", () => preview.$eval("[data-mask=chelsea]", (card) => card.ariaPressed === "true").catch(() => false));
  assert.ok(preview.url().startsWith(`${host.url}?`), preview.url());
  assert.deepEqual(faults, []);
});
