// The view that compares methods: each makes its mask and fits in turn, a collapsed one is explained and not run, the choices
// travel in the address, and a lost device costs no more than the method that ran. Most run on the CPU engine, with a network
// of two levels: a software adapter takes longer to compile so many runs than to train them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, change, download, enabled, keptRuns, pause, textOf, until } from "./studio.mjs";

// A mask for the network of two levels: a tenth of the weights, chosen by SNIP.
const RECIPE = "recipe:AQQgEBAgHx0OvA-hC4IKlAWeBtoGKAEQECAfHQ4HACeM";
const SMALL = "view=methods&levels=2&size=48&method-steps=8";

const stage = (page) => page.$eval("#methods", (view) => view.dataset.stage);
const words = (page) => textOf(page, "#methods .how-far");
const step = async (page) => Number((await words(page)).match(/Step ([\d,]+)/)[1].replaceAll(",", ""));
const inStage = (page, wanted, timeout = 2 * MINUTES) =>
  until(
    `the stage ${wanted}`,
    async () => {
      const now = await stage(page);
      if (now === "failed" && wanted !== "failed") {
        throw new Error(`${await words(page)} ${await page.$$eval(".method .bad", (all) => all.map((bad) => bad.textContent))}`);
      }
      return now === wanted;
    },
    timeout,
  );
async function start(page) {
  await enabled(page, "#run-methods");
  await page.click("#run-methods");
}
/** Status by method. */
const statuses = async (page) =>
  Object.fromEntries(await page.$$eval(".method", (all) => all.map((one) => [one.dataset.method, one.dataset.status])));
/** Cells by method's name. */
const table = async (page) => {
  const rows = await page.$$eval("#methods-table tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  return Object.fromEntries(rows.map(([name, ...cells]) => [name, cells]));
};
const parameters = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const DECIBELS = /^\d+\.\d\d dB$/;

inEachBrowser("each method makes its mask and fits in turn", { timeout: 5 * MINUTES }, async ({ open, t }) => {
  const methods = "random,snip,grasp,synflow,magnitude,dense";
  const page = await open(`/?${SMALL}&engine=cpu&method-keep=0.1&methods=${methods}`);
  await enabled(page, "#run-methods");
  assert.equal(await page.title(), "Methods compared · Optimal Eye Surgeon");
  assert.equal(await stage(page), "idle");
  assert.deepEqual(new Set(Object.values(await statuses(page))), new Set(["Waiting"]));

  await start(page);
  const running = new Set();
  await until("the end", async () => {
    const now = await statuses(page);
    const busy = Object.values(now).filter((status) => ["Making", "Preparing", "Running"].includes(status));
    assert.ok(busy.length <= 1, `one at a time: ${JSON.stringify(now)}`);
    running.add(await stage(page));
    return (await stage(page)) === "finished";
  });
  assert.deepEqual([...running].filter((stage) => !["running", "finished"].includes(stage)), []);

  const found = await table(page);
  t.diagnostic(JSON.stringify(found));
  assert.deepEqual(Object.keys(found), ["Random", "SNIP", "GraSP", "SynFlow", "Magnitude", "Dense"]);
  // 71,472 weights of convolutions; all methods keep the same tenth of them.
  for (const name of ["Random", "SNIP", "GraSP", "SynFlow", "Magnitude"]) assert.equal(found[name][0], "7,147 (10 %)", name);
  assert.equal(found.Dense[0], "71,472 (100 %)");
  assert.equal(found.Dense[1], "147 of 147");
  for (const name of ["Random", "SNIP", "GraSP", "SynFlow", "Dense"]) {
    const [, , macs, best, last, returned] = found[name];
    assert.match(macs, /^0\.\d{4} G$/, name);
    assert.match(best, /^\d+\.\d\d dB at \d$/, name);
    assert.match(last, DECIBELS, name);
    assert.match(returned, DECIBELS, name);
  }
  const arithmetic = (name) => Number.parseFloat(found[name][2]);
  assert.ok(arithmetic("SNIP") < arithmetic("Dense") / 2, "a sparse step is less work");
  assert.equal(new Set(["Random", "SNIP", "GraSP", "SynFlow"].map((name) => found[name][4])).size, 4, "four masks");

  // Over the whole network, magnitude leaves nothing of the layers with many inputs.
  assert.equal((await statuses(page)).magnitude, "Collapsed");
  assert.deepEqual(found.Magnitude.slice(2), ["–", "–", "–", "–"]);
  const why = await textOf(page, '[data-method="magnitude"] .bad');
  assert.match(why, /layers have kept nothing, first Down 1, first \(0 of 12,800 weights\).*so it is not fitted/);
  assert.match(await textOf(page, '[data-method="magnitude"] .note'), /not run/);
  await page.click('[data-method="magnitude"] .keep-it');
  await until("its mask to be kept", async () => /gallery now/.test(await textOf(page, '[data-method="magnitude"] .kept-mask')));

  // One curve for each that ran, told apart by more than colour, and the pictures that were returned.
  const drawn = await page.$$eval("#methods-psnr path.curve", (all) =>
    all.map((path) => ({ path: path.getAttribute("d"), dashes: getComputedStyle(path).strokeDasharray })).filter(({ path }) => path),
  );
  for (const { path } of drawn) assert.match(path, /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$/);
  assert.equal(new Set(drawn.map(({ path }) => path)).size, 5);
  assert.equal(new Set(drawn.map(({ dashes }) => dashes)).size, 5);
  assert.match(await page.$eval("#methods-psnr", (plot) => plot.ariaLabel), /Random: PSNR: .* SNIP: PSNR: .* Dense: PSNR: /);
  const clear = async (img) => {
    await img.decode();
    const context = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext("2d");
    context.drawImage(img, 0, 0);
    const { data } = context.getImageData(0, 0, img.naturalWidth, img.naturalHeight);
    return data.filter((value, i) => i % 4 === 3 && value < 255).length;
  };
  for (const picture of await page.$$(".method img")) assert.equal(await picture.evaluate(clear), 0, "pixels that were not drawn");
  const sizes = await page.$$eval(".method img", (all) => all.map((img) => [img.naturalWidth, img.naturalHeight, img.alt]));
  assert.deepEqual(sizes.map(([width, height]) => [width, height]), Array(5).fill([48, 32]));
  assert.equal(sizes[1][2], "The picture that SNIP returned");
  assert.match(await page.$eval('[data-method="random"] .densities', (svg) => svg.ariaLabel), /^7 layers keep .* of their weights\.$/);

  const { name, bytes } = await download(page, "#save-method-curves");
  assert.equal(name, "Cat-curves.csv");
  const rows = Buffer.from(bytes).toString().trim().split("\n");
  assert.equal(rows.length, 1 + 5 * 9, "steps 0 to 8 of five methods");
  assert.equal(rows.filter((row) => row.startsWith('"GraSP",')).length, 9);

  // Another method in a place leaves the others as they are.
  await page.select("#method-5", "magnitude-layer");
  assert.equal((await statuses(page))["magnitude-layer"], "Waiting");
  assert.equal((await statuses(page)).snip, "Finished");
  await start(page);
  await inStage(page, "finished");
  assert.match((await table(page))["Magnitude, per layer"][5], DECIBELS);
  assert.deepEqual((await table(page)).SNIP, found.SNIP);

  await page.click("#reset-methods");
  assert.equal(await stage(page), "idle");
  assert.deepEqual(new Set(Object.values(await statuses(page))), new Set(["Waiting"]));
  assert.equal((await page.$$(".method img")).length, 0);
});

inEachBrowser("a learned mask beside its controls, and a race with one of them", { timeout: 5 * MINUTES }, async ({ open }) => {
  const methods = "learned,shuffle-weights,shuffle-channels,shuffle-budgets,recipe";
  const page = await open(`/?${SMALL}&engine=cpu&methods=${methods}&method-mask=${encodeURIComponent(RECIPE)}`);
  await start(page);
  await inStage(page, "finished");
  const found = await table(page);
  const kept = (name) => found[name][0];
  assert.equal(kept("Shuffled weights"), kept("Learned mask"));
  assert.equal(kept("Shuffled channels"), kept("Learned mask"));
  assert.equal(found["Shuffled channels"][1], found["Learned mask"][1], "as many live channels");
  const shares = (method) =>
    page.$$eval(`[data-method="${method}"] tbody tr`, (rows) => rows.map((row) => row.cells[3].textContent));
  assert.deepEqual(await shares("shuffle-weights"), await shares("learned"), "the layers' budgets hold");
  assert.notDeepEqual(await shares("shuffle-budgets"), await shares("learned"), "and here they do not");
  assert.equal(new Set(Object.values(found).map((cells) => cells[4])).size, 5, "five fits");

  // A mask that was made here, and nothing else, can be kept: that of a collapsed method, too (the first test).
  const keepers = await page.$$eval(".method:has(.keep-it)", (all) => all.map((one) => one.dataset.method));
  assert.deepEqual(keepers, ["shuffle-weights", "shuffle-channels", "shuffle-budgets", "recipe"]);
  const budgets = '[data-method="shuffle-budgets"]';
  await page.click(`${budgets} .keep-it`);
  await until("it to be kept", async () => /^“.*shuffled budgets.*” is in this browser's gallery now\./.test(await textOf(page, `${budgets} .kept-mask`)));
  await page.click(`${budgets} .keep-it`);
  await until("the same again", async () => /already/.test(await textOf(page, `${budgets} .kept-mask`)));
  assert.equal(await textOf(page, '[data-method="recipe"] .kept-mask'), "", "told where it was asked for");
  await page.click(`${budgets} .kept-mask a`);
  await until("it in the gallery", () =>
    page.$$eval(".mask-card h3", (all) => all.some((title) => /shuffled budgets/.test(title.textContent))),
  );
  await page.click('.views a[data-route="Methods"]');
  await page.waitForSelector(budgets);

  await page.click('[data-method="shuffle-budgets"] .race-it');
  await until("the rival", async () => /Race/.test(await textOf(page, ".setup")));
  await until("two racers", async () => (await page.$$(".racer")).length === 2);
  await until("its mask", async () => /shuffled budgets/.test(await textOf(page, '.racer[data-fit="1"] .racer-name')));
  await enabled(page, "#start");
});

inEachBrowser("fits without a mask: jitter, SGLD, and other networks as published", { timeout: 8 * MINUTES }, async ({ open, t }) => {
  const methods = "dense,dense-jitter,sgld,skip,deep-decoder,deep-decoder-4";
  const page = await open(`/?${SMALL.replace("steps=8", "steps=3")}&engine=cpu&methods=${methods}`);
  await start(page);
  await inStage(page, "finished", 6 * MINUTES);
  assert.equal(parameters(page).methods, methods, "as the address names them");
  const found = await table(page);
  t.diagnostic(JSON.stringify(found));
  const hourglasses = ["Dense", "Dense, jittered", "SGLD"];
  const others = ["Skip connections", "Deep Decoder", "Deep Decoder 4"];
  assert.deepEqual(Object.keys(found), [...hourglasses, ...others]);
  // `levels` is the hourglass's; other networks have their published sizes. All keep all.
  for (const name of hourglasses) assert.deepEqual(found[name].slice(0, 2), ["71,472 (100 %)", "147 of 147"], name);
  assert.deepEqual(others.map((name) => found[name][0]), ["2,208,768 (100 %)", "98,688 (100 %)", "82,304 (100 %)"]);
  for (const [name, [, channels, macs, best, last, returned]] of Object.entries(found)) {
    const [live, all] = channels.split(" of ");
    assert.equal(live, all, name);
    assert.match(macs, /^\d+\.\d+ G$/, name);
    assert.match(best, /^\d+\.\d\d dB at \d$/, name);
    assert.match(last, DECIBELS, name);
    assert.match(returned, DECIBELS, name);
  }
  assert.equal(new Set(Object.values(found).map((cells) => cells[4])).size, 6, "six fits");
  const network = (method) => textOf(page, `[data-method="${method}"] .network`);
  assert.match(await network("skip"), /5 levels of 128 channels, skip connections of 4; 2,\d{3},\d{3} parameters\.$/);
  assert.match(await network("deep-decoder"), /128 channels, doubled 5 times; 100,224 parameters\.$/);
  assert.match(await network("deep-decoder-4"), /doubled 4 times/);
  assert.equal((await page.$$(".method .network")).length, 3);
  const layers = (method) => page.$$eval(`[data-method="${method}"] tbody th`, (all) => all.map((cell) => cell.textContent));
  assert.deepEqual(await layers("dense"), ["Down 1, first", "Down 1, second", "Down 2, first", "Down 2, second", "Up 2", "Up 1", "Picture"]);
  assert.deepEqual(await layers("deep-decoder-4"), ["Map 1", "Map 2", "Map 3", "Map 4", "Map 5", "Picture"]);
  const skip = await layers("skip");
  assert.equal(skip.length, 26);
  assert.deepEqual([...skip.slice(0, 3), ...skip.slice(-3)], [
    "Level 1, around", "Level 1, down", "Level 1, second", "Level 1, up", "Level 1, mixed", "Picture",
  ]);

  // Of three steps SGLD's burn-in is the first: until then its mean is the output itself, and then that of all since.
  const { bytes } = await download(page, "#save-method-curves");
  const rows = Buffer.from(bytes).toString().trim().split("\n").slice(1).map((row) => row.match(/^"([^"]+)",(.*)$/));
  const apart = (name) =>
    rows.filter(([, of]) => of === name).map(([, , cells]) => cells.split(",").map(Number)).map(([, , psnr, averaged]) => Math.abs(psnr - averaged));
  assert.equal(rows.length, 6 * 4, "steps 0 to 3");
  for (const difference of apart("SGLD").slice(0, 2)) assert.ok(difference < 1e-3, `burn-in: ${apart("SGLD")}`);
  for (const name of ["Dense", "Dense, jittered", ...others]) assert.ok(apart(name)[1] > 1e-3, `${name}: ${apart(name)}`);
  assert.ok(apart("SGLD")[3] > 1e-3, "a mean of samples");

  // Each can race in Denoise.
  assert.equal((await page.$$(".method .race-it")).length, 6);
  await page.click('[data-method="deep-decoder-4"] .race-it');
  await until("two racers", async () => (await page.$$(".racer")).length === 2);
  assert.equal(await textOf(page, '.racer[data-fit="1"] .racer-name'), "Deep Decoder 4");
  assert.equal(parameters(page).against, "deep-decoder-4");
});

inEachBrowser("IMP trains and prunes in turns with what is asked of it", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL.replace("steps=8", "steps=350")}&engine=cpu&methods=imp&method-keep=0.2`);
  await enabled(page, "#run-methods");
  const state = () => textOf(page, '[data-method="imp"] figcaption .hint');
  const percent = async () => Number((await state()).match(/^Choosing weights, (\d+) %$/)?.[1]);
  await start(page);
  const begun = await until("some of it", percent);
  await page.click("#run-methods");
  await inStage(page, "paused");
  // What the worker told before it heard of the pause may still be on its way.
  await pause(1000);
  const stood = await percent();
  await pause(1500);
  assert.equal(await percent(), stood, "nothing goes on");
  assert.ok(stood >= begun && stood < 100, `${begun} to ${stood} %`);

  await page.click("#run-methods");
  await until("more of it", async () => (await percent()) > stood);
  await page.click("#reset-methods");
  assert.deepEqual(await statuses(page), { imp: "Waiting" });
  await change(page, "#method-steps", 14);
  await start(page);
  await inStage(page, "finished");
  // Seven rounds leave 0.8 to the seventh of all but the betas; here of the weights alone.
  const [kept, , , , , returned] = (await table(page)).IMP;
  const share = Number(kept.match(/\((\d+(\.\d+)?) %\)/)[1]);
  assert.ok(share > 20 && share < 22, kept);
  assert.match(returned, DECIBELS);

  await page.click(".race-it");
  await until("its mask", async () => /^IMP, 7 rounds/.test(await textOf(page, '.racer[data-fit="1"] .racer-name').catch(() => "")));
  await enabled(page, "#start");
  await page.click("#step");
  await until("a step with it", async () => /at step 1\b/.test(await textOf(page, '.racer[data-fit="1"]')));
  const { fits } = JSON.parse(Buffer.from((await download(page, "#save-settings")).bytes).toString());
  const { origin } = fits[1].mask_facts;
  assert.deepEqual([origin.steps, origin.image], [14, "Cat"]);
});

inEachBrowser("what is over comes back after a reload, and the rest is still to be run", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&engine=cpu&sample=rocket&methods=random,magnitude,dense&method-keep=0.1`);
  await start(page);
  await inStage(page, "finished");
  const found = await table(page);
  const curve = (page) => page.$eval("#methods-psnr", (plot) => plot.ariaLabel);
  const words = await curve(page);
  await page.goto(new URL("/?size=64&engine=cpu", page.url()).href, { waitUntil: "load" });
  await page.waitForSelector("#go-on");
  assert.match(await textOf(page, "#continue"), /You were comparing methods on Rocket at dusk, of which 3 are done\./);
  await page.click("#go-on");
  await inStage(page, "finished");
  assert.deepEqual(await statuses(page), { random: "Finished", magnitude: "Collapsed", dense: "Finished" });
  assert.deepEqual(await table(page), found);
  assert.equal(await curve(page), words);
  assert.equal(await page.$eval('[data-method="random"] img', async (img) => (await img.decode(), img.naturalWidth)), 48);
  assert.equal(parameters(page)["method-keep"], "0.1");

  await page.select("#method-4", "snip");
  await start(page);
  await inStage(page, "finished");
  const { SNIP, ...others } = await table(page);
  assert.match(SNIP[5], DECIBELS);
  assert.deepEqual(others, found, "those that were over are not run again");
  await page.click('[data-method="random"] .race-it');
  await until("its mask", async () => /^random/.test(await textOf(page, '.racer[data-fit="1"] .racer-name').catch(() => "")));

  // Reset means that they are not wanted any more.
  await page.click('.views a[data-route="Methods"]');
  await page.waitForSelector("#reset-methods");
  await page.click("#reset-methods");
  await until("nothing to be kept", async () => (await keptRuns(page)).length === 0);
});

inEachBrowser("a network that is too large for the memory is not begun", { timeout: 3 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL.replace("48", "1000")}&engine=cpu&methods=skip`);
  await enabled(page, "#run-methods");
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1024, 1024);
    canvas.getContext("2d").fillRect(0, 0, 512, 512);
    const file = new File([await canvas.convertToBlob()], "large.png", { type: "image/png" });
    const chosen = new DataTransfer();
    chosen.items.add(file);
    const input = document.querySelector("#picture-file");
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await until("the picture", async () => /1024 × 1024/.test(await textOf(page, "#picture-facts")));
  await start(page);
  await inStage(page, "failed");
  assert.match(
    await textOf(page, '[data-method="skip"] .bad'),
    /^At this size it needs \d\.\d GB, more than the 2\.0 GB that is safe here: .* Choose a smaller size\.$/,
  );
  await change(page, "#size", 192);
  await until("another chance", async () => (await statuses(page)).skip === "Waiting");
});

inEachBrowser("a pair of a mask and a picture opens as a run in Denoise", { timeout: 2 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=methods&size=64&engine=cpu");
  await enabled(page, "#run-methods");
  const cells = await page.$$eval(".transfer td", (all) => all.map((cell) => cell.textContent));
  assert.equal(cells.length, 3 * 6, "presets by samples");
  const { masks } = JSON.parse(readFileSync(join(ROOT, "static/masks/results.json"), "utf8"));
  const measured = Object.values(masks).flat().length > 0;
  assert.match(await textOf(page, "#transfer-facts"), measured ? /^PSNR of what a fit returns after .*; (one seed|mean over \d.* seeds)\.$/ : /have not been measured/);
  assert.equal(cells.some((cell) => /^\d/.test(cell)), measured, "no figure that was not measured");
  const row = await page.$eval(".transfer tbody tr", (row) => row.textContent);
  assert.match(row, /^Cat mask.*: Cat mask on Coffee, in Denoise/);
  await page.click(".transfer tbody tr td:nth-child(4) button");
  await page.waitForSelector("#start");
  await until("the picture", async () => /^Coffee/.test(await textOf(page, "#picture-facts")));
  assert.deepEqual([parameters(page).sample, await page.$eval("[data-mask=chelsea]", (card) => card.ariaPressed)], ["coffee", "true"]);
  await enabled(page, "#start");
});

inEachBrowser("the choices travel in the address, where they differ from the defaults", { timeout: 3 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=methods&size=64&engine=cpu");
  await enabled(page, "#run-methods");
  const methods = () => page.$$eval(".method", (all) => all.map((one) => one.dataset.method));
  assert.deepEqual(await methods(), ["learned", "shuffle-weights", "random", "snip", "synflow", "dense"]);
  assert.equal(parameters(page).methods, undefined);
  const learned = (page) => page.$eval("#method-mask", (field) => field.value);
  assert.equal(await learned(page), "astronaut", "of another picture than the cat");
  await page.click("[data-sample=astronaut]");
  await until("the cat's mask", async () => (await learned(page)) === "chelsea");
  assert.equal(parameters(page)["method-mask"], undefined, "nobody chose it");
  await enabled(page, "#run-methods");
  await page.select("#method-2", "");
  await page.select("#method-4", "grasp-layer");
  await page.select("#method-mask", "chelsea");
  await change(page, "#method-keep", 12.5);
  await change(page, "#method-steps", 77);
  await until("the address", async () => parameters(page)["method-steps"] === "77");
  const wanted = { methods: "learned,random,grasp-layer,synflow,dense", "method-mask": "chelsea", "method-keep": "0.125", "method-steps": "77" };
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, parameters(page)[key]])), wanted);
  assert.ok(
    await page.$eval('#method-2 option[value="dense"]', (option) => option.disabled),
    "what has a place already cannot be chosen twice",
  );
  const other = await open(new URL(page.url()).search);
  await enabled(other, "#run-methods");
  assert.deepEqual(await other.$$eval(".method", (all) => all.map((one) => one.dataset.method)), wanted.methods.split(","));
  assert.equal(await other.$eval("#method-keep", (field) => field.value), "12.5");
  assert.equal(await other.$eval("#method-mask", (field) => field.value), "chelsea");
  assert.match(await words(other), /of 385$/);
  assert.equal(new URL(other.url()).search, new URL(page.url()).search);

  const wrong = await open("/?view=methods&engine=cpu&methods=snip,sharpest,snip&method-keep=0.9");
  await until("the fault", async () =>
    /methods “sharpest”, which this page does not have.*method-keep is “0\.9”, not a number from 0\.02 to 0\.5/.test(
      await textOf(wrong, "#fault").catch(() => ""),
    ),
  );
  assert.deepEqual(await wrong.$$eval(".method", (all) => all.map((one) => one.dataset.method)), ["snip"]);
});

inEachBrowser("on the GPU: pause, by keyboard; leaving pauses; a lost device costs one method", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open("/?view=methods&levels=2&size=32&methods=snip,dense&method-steps=12&debug");
  await enabled(page, "#run-methods");
  await page.focus("#run-methods");
  await page.keyboard.press("Enter");
  await until("SNIP's end", async () => (await statuses(page)).snip === "Finished", 4 * MINUTES);
  const first = (await table(page)).SNIP;
  assert.match(first[5], DECIBELS);
  await page.click("#reset-methods");

  await change(page, "#method-steps", 100000);
  await page.select("#method-1", "random");
  await start(page);
  await until("steps", async () => (await step(page)) > 3, 4 * MINUTES);
  assert.ok(await page.$eval("#method-1", (field) => field.matches(":disabled")), "locked while they run");
  await page.focus("#run-methods");
  await page.keyboard.press("Enter");
  await inStage(page, "paused");
  await enabled(page, "#run-methods");
  const stood = await step(page);
  await pause(1000);
  assert.equal(await step(page), stood, "nothing goes on");
  await page.click("#run-methods");
  await until("more steps", async () => (await step(page)) > stood);

  await page.click('.views a[data-route="Denoise"]');
  await page.waitForSelector("#start");
  await page.click('.views a[data-route="Methods"]');
  await page.waitForSelector("#methods");
  assert.equal(await stage(page), "paused", "leaving the view pauses it");

  // Random ends by being taken out; what is over survives the loss, what ran does not.
  await page.click("#reset-methods");
  await change(page, "#method-steps", 5);
  await page.select("#method-2", "");
  await start(page);
  await inStage(page, "finished", 4 * MINUTES);
  const kept = (await table(page)).Random;
  await page.select("#method-2", "dense");
  await page.evaluate(() => window.dispatchEvent(new Event("oes-lose-device")));
  await start(page);
  await inStage(page, "failed", 2 * MINUTES);
  assert.match(await words(page), /The GPU was lost in the middle/);
  assert.deepEqual((await table(page)).Random, kept);
  await start(page);
  await inStage(page, "finished", 4 * MINUTES);
  assert.match((await table(page)).Dense[5], DECIBELS);
  page.problems.length = 0; // browsers log the loss
});
