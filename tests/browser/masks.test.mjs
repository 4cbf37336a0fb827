// The view of masks: the presets' pictures and facts, two of them compared; masks of one's own from a learner, from files
// and from an address, which outlive a reload; what becomes of them in Denoise; and a browser that keeps nothing.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, download, enabled, inState, textOf, until, untilWithoutFault } from "./studio.mjs";

const MASKS = "/?view=masks&levels=2&size=32&steps=30";
/** Parameters of the network of two levels. */
const N = 72035;

const goTo = (page, name) => page.click(`.views a[data-route="${name}"]`);
const card = (id) => `.mask-card[data-mask="${id}"]`;
const ownIds = (page) =>
  page.$$eval(".mask-card", (cards) => cards.map((card) => card.dataset.mask).filter((id) => /^[0-9a-f]{64}$/.test(id)));
const imported = (page) => textOf(page, "#import-problem p");
/** Has the gallery read these files, as if they were chosen. */
async function choose(page, ...paths) {
  const input = await page.$("#import-file");
  await input.uploadFile(...paths);
}
/** The mean colour of a card's picture and how much its pixels differ. */
const colours = (page, id) =>
  page.$eval(`${card(id)} .mask-picture img`, async (image) => {
    await image.decode();
    const copy = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = copy.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const values = [...data].filter((_, i) => i % 4 !== 3);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
    return { mean, deviation, width: image.naturalWidth, height: image.naturalHeight };
  });
const kept = (page, id) => until(`${id} to be kept`, () => page.$(`${card(id)}[data-kept=true]`));
const picture = (page, id, timeout) =>
  untilWithoutFault(page, `the picture of ${id}`, () => page.$(`${card(id)} .mask-picture img`), timeout);

/** The keys of what the storage has of masks, or of their drawings. */
const stored = (page, store = "masks") =>
  page.evaluate(
    (store) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("optimal-eye-surgeon");
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const database = request.result;
          const keys = database.transaction(store).objectStore(store).getAllKeys();
          keys.onsuccess = () => {
            resolve(keys.result);
            database.close();
          };
        };
      }),
    store,
  );

/** A .npy file of one 0 or 1 for each parameter: of every five in turn the first `of`. */
function npy(of, length = N) {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${length},), }`.padEnd(117) + "\n";
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(Array.from({ length }, (_, i) => (i % 5 < of ? 1 : 0)))]);
}

/** A folder for files to import, gone after the test. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "oes-masks-"));
  t.after(() => rmSync(path, { recursive: true }));
  return (name, content) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
}

inEachBrowser("presets show what they draw and keep, and are compared", { timeout: 6 * MINUTES }, async ({ open, t }) => {
  const page = await open("/?view=masks");
  await until("the title", async () => (await page.title()) === "Masks · Optimal Eye Surgeon");
  const { presets } = JSON.parse(readFileSync(join(ROOT, "static/catalogue.json"), "utf8"));
  const shown = await until("the cards", async () => {
    const ids = await page.$$eval(".mask-card", (cards) => cards.map((card) => card.dataset.mask));
    return ids.length > 0 && ids;
  });
  assert.deepEqual(shown, presets.map(({ id }) => id));
  const [first, second] = presets;
  const learned = presets.filter(({ made }) => made === "learned").length;
  await picture(page, first.id, 4 * MINUTES);
  await picture(page, second.id, 2 * MINUTES);
  const [a, b] = [await colours(page, first.id), await colours(page, second.id)];
  t.diagnostic(`${JSON.stringify(a)} ${JSON.stringify(b)}`);
  for (const drawn of [a, b]) assert.ok(drawn.deviation > 15, "a picture, not a constant");
  assert.ok(Math.abs(a.mean - b.mean) + Math.abs(a.deviation - b.deviation) > 2, "each its own");
  const facts = await textOf(page, `${card(first.id)} .pairs`);
  assert.match(facts, /Kept parameters[\d,]+ of 3,008,867 \([\d.]+ %\)/);
  assert.match(facts, /Kept weights on live channels[\d,]+ of [\d,]+ \([\d.]+ %\)/);
  assert.ok(facts.includes(`${first.bytes.toLocaleString("en")} bytes, SHA-256 ${first.sha256.slice(0, 12)}`), facts);
  assert.equal(await page.$$eval(`${card(first.id)} .hourglass tbody tr`, (rows) => rows.length), 19);
  assert.ok(await page.$(`${card(first.id)} .results`), "measured, or that it was not");

  await page.click("#compare");
  const rows = await until("the comparison", async () => {
    const found = await page.$$eval("#overlap-table tbody tr", (rows) =>
      rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
    return found.length > 0 && found;
  });
  assert.equal(rows.length, 20, "all parameters, and each convolution");
  const number = (cell) => Number(cell.replaceAll(/[,% ]/g, ""));
  const [, keepsA, keepsB, both, share, chance] = rows[0].map(number);
  assert.ok(Math.abs(keepsA / 100 - first.keep) < 1e-3 && Math.abs(keepsB / 100 - second.keep) < 1e-3);
  const [p, q] = [first.keep, second.keep];
  assert.ok(Math.abs(chance - (100 * p * q) / (p + q - p * q)) < 0.02, `${chance} by chance`);
  assert.ok(both > 0 && share > 0 && share < 100, `${both} shared, ${share} %`);
  assert.match(await page.$eval("#overlap-plot", (plot) => plot.getAttribute("aria-label")), /share most/);

  // What was drawn once is not drawn again.
  await until("the drawings to be kept", async () => (await stored(page, "drawings")).length === learned);
  await page.evaluateOnNewDocument(() => {
    window.drew = false;
    new MutationObserver(() => {
      window.drew ||= document.body?.textContent.includes("Drawing…");
    }).observe(document, { subtree: true, childList: true });
  });
  await page.reload();
  await picture(page, second.id, MINUTES);
  await picture(page, first.id, MINUTES);
  assert.equal(await page.evaluate(() => window.drew), false);
});

inEachBrowser("a mask of a learner is kept, drawn, used and deleted", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=learn&levels=2&size=32&sample=chelsea&learn-steps=4000&steps=30");
  await enabled(page, "#start");
  await page.click("#start");
  await untilWithoutFault(page, "a look", () => page.$("#connectivity[data-alive]"));
  await page.click("#start");
  await inState(page, "Paused");
  await page.$eval("#keep", (slider) => {
    slider.value = 100;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await until("a mask that is alive", () => page.$('#connectivity[data-alive="true"]'));
  await page.click("#keep-mask");
  await until("the mask in the gallery", async () => /gallery now/.test(await textOf(page, ".kept-mask")));
  await page.click("#keep-mask");
  await until("the same again", async () => /already/.test(await textOf(page, ".kept-mask")));

  await goTo(page, "Masks");
  const [id] = await until("the card", async () => {
    const ids = await ownIds(page);
    return ids.length === 1 && ids;
  });
  await picture(page, id, 3 * MINUTES);
  const drawn = await colours(page, id);
  assert.deepEqual([Math.max(drawn.width, drawn.height), drawn.deviation > 1], [32, true], JSON.stringify(drawn));
  const facts = await textOf(page, `${card(id)} .pairs`);
  assert.match(facts, /36,017 of 72,035 \(50 %\)/);
  assert.match(facts, /OES, fast learner/);
  assert.match(facts, /PictureCat/);

  // A fit that finishes is remembered beside the mask.
  await page.click(`${card(id)} [data-do=denoise]`);
  await until("the mask in Denoise", async () => /36,017 of 72,035/.test(await textOf(page, "#mask-facts").catch(() => "")));
  await until("it among the masks", () => page.$(`.row-card[data-mask="${id}"][aria-pressed=true]`));
  await enabled(page, "#start");
  await page.click("#start");
  await inState(page, "Finished", 3 * MINUTES);
  await goTo(page, "Masks");
  const result = () => textOf(page, `${card(id)} .results tbody`).catch(() => "");
  await until("the result", async () => /Cat, copy of 32 pixelsσ 0\.1\s*30[\d.]+ dB1here/.test(await result()));

  await page.reload();
  await picture(page, id, MINUTES);
  await until("the result again", async () => /dB1here/.test(await result()));
  await page.click(`${card(id)} [data-do=rival]`);
  await until("it as a rival", async () => (await page.$eval("#rival-1", (select) => select.value)) === id);

  await goTo(page, "Masks");
  await page.waitForSelector(`${card(id)} details [data-do=rename]`);
  await page.$eval(`${card(id)} details:has([data-do=rename])`, (details) => (details.open = true));
  await page.$eval(`${card(id)} details input`, (input) => {
    input.value = "Half a cat";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.click(`${card(id)} [data-do=rename]`);
  await until("the new name", async () => (await textOf(page, `${card(id)} h3`)) === "Half a cat");
  await kept(page, id);

  await page.click(`${card(id)} [data-do=delete]`);
  await until("the undo", () => page.evaluate(() => document.activeElement.id === "undo"));
  assert.deepEqual(await ownIds(page), []);
  await page.keyboard.press("Enter");
  await kept(page, id);
  await page.reload();
  await until("it after a reload", async () => (await textOf(page, `${card(id)} h3`).catch(() => "")) === "Half a cat");
  await page.click(`${card(id)} [data-do=delete]`);
  await page.waitForSelector("#no-own-masks");
  await until("it gone from the storage", async () => (await stored(page)).length === 0);
  await page.reload();
  await until("an empty shelf", async () => /No masks of yours/.test(await textOf(page, "#no-own-masks").catch(() => "")));
});

inEachBrowser("files are imported, or refused in a sentence", { timeout: 4 * MINUTES }, async ({ open, t }) => {
  const file = folder(t);
  const page = await open(MASKS);
  await page.waitForSelector("#import-file");
  const good = npy(2);
  await choose(page, file("two-of-five.npy", good));
  await until("the card", async () => (await ownIds(page)).length === 1);
  const [id] = await ownIds(page);
  await until("why it is not drawn", async () => /random weights/.test(await textOf(page, `${card(id)} .mask-picture`)));
  assert.match(await textOf(page, `${card(id)} .pairs`), /28,814 of 72,035 \(40 %\)/);
  assert.equal(await textOf(page, `${card(id)} h3`), "two-of-five");

  const preset = readFileSync(join(ROOT, "static/masks/chelsea.safetensors"));
  for (const [name, content, reason] of [
    ["cut.npy", good.subarray(0, 5000), /cut\.npy cannot be used as a mask\. .*breaks off|entries/i],
    ["cut.safetensors", preset.subarray(0, 5000), /breaks off/],
    ["page.safetensors", "<!doctype html><title>Not here</title>", /web page/],
    ["odd.npy", npy(2, 1000), /1000 entries, and no network/],
    ["same.npy", good, /in the gallery already, as “two-of-five”/],
    ["chelsea.safetensors", preset, /in the gallery already, as “Cat mask”/],
  ]) {
    await choose(page, file(name, content));
    await until(name, async () => reason.test(await imported(page).catch(() => "")));
    await page.click("#import-problem button");
  }
  assert.deepEqual(await ownIds(page), [id], "what is refused is not kept");

  // Two at once by a drop, of which one is for another network than the presets.
  await page.evaluate(
    (bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "three-of-five.npy"));
      data.items.add(new File(["nothing"], "nothing.txt"));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
    },
    [...npy(3)],
  );
  await until("the dropped mask", async () => (await ownIds(page)).length === 2);
  await until("what became of the other", async () => /nothing\.txt/.test(await imported(page).catch(() => "")));
  const names = await page.$$eval("#compare-1 option", (options) => options.map((option) => [option.textContent, option.value]));
  const slot = (name) => names.find(([title]) => title === name)[1];
  await page.select("#compare-1", slot("two-of-five"));
  await page.select("#compare-2", slot("Cat mask"));
  await page.click("#compare");
  await until("why not", async () => /different networks/.test(await textOf(page, "#compare-problem").catch(() => "")));
  await page.select("#compare-2", slot("three-of-five"));
  await page.click("#compare");
  await until("the comparison", () => page.$("#overlap-table"));
  // Every weight of the one is one of the other.
  assert.match(await textOf(page, "#overlap-table tbody tr"), /40 %60 %28,814/);
  assert.match(await textOf(page, "#overlap"), /both keep 66\.67 %/);

  const saved = await download(page, `${card(id)} [data-do=export]`);
  assert.equal(saved.name, "two-of-five.npy");
  assert.deepEqual(Buffer.from(saved.bytes), good);
});

inEachBrowser("a mask comes from an address, or what failed is said", { timeout: 3 * MINUTES }, async ({ open, t }) => {
  const server = createServer((request, response) => {
    const headers = request.url === "/private.npy" ? {} : { "access-control-allow-origin": "*" };
    const body = request.url === "/mask.npy" || request.url === "/private.npy" ? npy(4) : null;
    response.writeHead(body ? 200 : 404, headers);
    response.end(body ?? "no");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const page = await open(MASKS);
  await page.waitForSelector("#import-address");
  await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
  const load = async (address) => {
    await page.$eval("#import-address", (field, address) => {
      field.value = address;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }, address);
    await page.click("#import-load");
  };
  await load(`${url}/none.npy`);
  await until("no such file", async () => /no such file/.test(await imported(page).catch(() => "")));
  await load(`${url}/private.npy`);
  await until("no permission", async () => /CORS/.test(await imported(page).catch(() => "")));
  await load(`${url}/mask.npy`);
  await until("the card", async () => (await ownIds(page)).length === 1);
  const [id] = await ownIds(page);
  await kept(page, id);
  await page.reload();
  await until("it after a reload", () => page.$(card(id)));
  assert.equal(await textOf(page, `${card(id)} h3`), "mask");
  page.problems.length = 0; // browsers log what another host refuses
});

inEachBrowser("a browser that keeps nothing has the mask until the tab is closed", { timeout: 3 * MINUTES }, async ({ open, t }) => {
  const file = folder(t);
  const page = await open(MASKS);
  await page.waitForSelector("#no-own-masks");
  await page.evaluateOnNewDocument(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("not here", "SecurityError");
    };
  });
  await page.reload();
  page.problems.length = 0; // a reload that early breaks off what the page asked for
  await until("an empty shelf", async () => /No masks of yours/.test(await textOf(page, "#no-own-masks").catch(() => "")));
  await choose(page, file("mine.npy", npy(2)));
  await until("that it is not kept", async () => /until this tab is closed/.test(await textOf(page, ".mask-card[data-mask]:has([data-do=delete])").catch(() => "")));
  const [id] = await ownIds(page);
  await enabled(page, `${card(id)} [data-do=denoise]`);
  await page.click(`${card(id)} [data-do=denoise]`);
  await until("the mask in Denoise", async () => /28,814 of 72,035/.test(await textOf(page, "#mask-facts").catch(() => "")));
});

inEachBrowser("what an earlier version of the page kept is still there", { timeout: 4 * MINUTES }, async ({ open }) => {
  const page = await open("/static/LICENCES.md");
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("optimal-eye-surgeon", 1);
        request.onerror = () => reject(request.error);
        request.onupgradeneeded = () => request.result.createObjectStore("runs").put("kept", "a/0");
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
  );
  page.problems.length = 0; // a file has no icon
  await page.goto(new URL(MASKS, page.url()).href);
  await until("the gallery", async () => /No masks of yours/.test(await textOf(page, "#no-own-masks").catch(() => "")));
  const found = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("optimal-eye-surgeon");
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const database = request.result;
          const get = database.transaction("runs").objectStore("runs").get("a/0");
          get.onsuccess = () => {
            resolve({ kept: get.result, stores: [...database.objectStoreNames] });
            database.close();
          };
        };
      }),
  );
  assert.equal(found.kept, "kept");
  for (const store of ["masks", "drawings", "fits"]) assert.ok(found.stores.includes(store), store);
});
