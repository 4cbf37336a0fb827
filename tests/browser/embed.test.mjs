// `?embed=1`: the views without the page around them, in the iframe of a page on another host.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { violations } from "./axe.mjs";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, until } from "./studio.mjs";

const SMALL = "levels=2&size=32&engine=cpu&mask=dense&steps=20";
const CHROME = "header, nav, footer, .skip, #share, .setup, #step, .sides, #download, #theme, #notify, dialog, [aria-haspopup]";

/** A page of another origin with the address in an iframe, as docs/page.md has it. */
async function article(address) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>An article</title><h1>An article</h1>
    <iframe src="${address.replaceAll("&", "&amp;")}" title="A deep image prior" width="640" height="760"></iframe>`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(html);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `http://localhost:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const visible = (frame, selector) =>
  frame.$$eval(selector, (all) => all.filter((element) => element.checkVisibility()).map((element) => element.outerHTML));
const text = (frame, selector) => frame.$eval(selector, (element) => element.textContent.trim());

for (const view of ["denoise", "learn"]) {
  inEachBrowser(`the view ${view} in an iframe of another site`, { timeout: 5 * MINUTES }, async ({ open, url, t }) => {
    const named = view === "learn" ? "view=learn&learn-steps=20&" : "";
    const outside = await article(`${url}?embed=1&${named}${SMALL}`);
    t.after(outside.close);
    const page = await open(outside.url);
    const frame = await until("the frame", async () => page.frames().find((frame) => frame.url().startsWith(url)));
    const starts = () => frame.$eval("#start", (button) => !button.disabled).catch(() => false);
    await until("the start", starts);
    assert.deepEqual(await visible(frame, CHROME), [], "nothing around the view");
    assert.equal(await frame.$$eval("h1", (all) => all.length), 1);
    const full = new URL(await frame.$eval("#in-full", (link) => link.href));
    assert.equal(full.searchParams.get("embed"), null);
    assert.equal(full.searchParams.get("levels"), "2");
    assert.equal(full.searchParams.get("view"), view === "learn" ? "learn" : null);
    assert.equal(await frame.$eval("#in-full", (link) => link.target), "_blank");

    await frame.click("#start");
    await until("the end", async () => (await frame.$eval("#state", (state) => state.dataset.state)) === "Finished");
    const curve = view === "learn" ? "#loss-plot" : "#psnr-plot";
    await until("a curve", async () => (await visible(frame, `${curve} path.curve`)).length > 0);
    if (view === "denoise") {
      assert.equal(await frame.$eval("#split", (slider) => slider.disabled), false);
      await frame.$eval("#split", (slider) => {
        slider.value = "20";
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      });
      assert.match(await frame.$eval("#frame", (element) => element.getAttribute("style")), /--split: ?20%/);
    } else {
      await until("a picture", async () => (await visible(frame, "#soft canvas")).length > 0);
    }
    const size = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(size[0] <= size[1], `no sideways scrolling: ${size}`);
    // It keeps nothing for a later visit.
    const kept = await frame.evaluate(async () => (await indexedDB.databases?.())?.map((database) => database.name) ?? []);
    assert.deepEqual(kept, []);
  });
}

inEachBrowser("other views are embedded as they are", { timeout: 3 * MINUTES }, async ({ open }) => {
  const masks = await open("/?embed=1&view=masks&engine=cpu");
  await masks.waitForSelector(".mask-card");
  await masks.click("#compare");
  await masks.waitForSelector("#overlap-table");
  assert.deepEqual(await masks.evaluate(async () => (await indexedDB.databases?.()) ?? []), [], "nothing is kept");
  await masks.close();
  const page = await open("/?embed=1&view=about&levels=2&size=32&engine=cpu");
  await page.waitForSelector("#device");
  assert.deepEqual(await visible(page, "header, nav, footer, .skip"), []);
  assert.equal(await text(page, "#in-full"), "Open in full");
});

inEachBrowser("what is embedded is accessible, on a phone too", { still: true, timeout: 4 * MINUTES }, async ({ open, name }) => {
  for (const view of ["", "view=learn&", "view=about&"]) {
    const page = await open(`/?embed=1&${view}${SMALL}`);
    await page.setViewport({ width: 360, height: 700 });
    await until("the view", () => page.$("#start:not([disabled]), #device"));
    assert.deepEqual(await violations(page), [], view);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${view}: ${overflow} pixels too wide`);
    await page.close();
  }
});
