// An ensemble in Denoise: further networks fitted to the same picture, one after the other, and the mean of what they return. On the
// CPU engine with a network of two levels, where sixty updates are a fit.

import assert from "node:assert/strict";
import { inEachBrowser } from "./helper.mjs";
import { MINUTES, change, download, drawn, enabled, inState, pause, stepOf, textOf, until, untilWithoutFault } from "./studio.mjs";

// A mask for the network of two levels: a tenth of the weights, chosen by SNIP.
const RECIPE = "recipe:AQQgEBAgHx0OvA-hC4IKlAWeBtoGKAEQECAfHQ4HACeM";
const small = (steps, more = "mask=dense") => `/?levels=2&size=48&steps=${steps}&sample=chelsea&engine=cpu&${more}`;

const standing = (page) => textOf(page, "#ensemble .how-far");
const says = (page, wanted) => untilWithoutFault(page, `${wanted}`, async () => wanted.test(await standing(page)));
const decibels = async (page, selector) => Number.parseFloat(await textOf(page, selector));
const captions = (page) => page.$$eval("#frame > .corner", (corners) => corners.map((corner) => corner.textContent));
/** The least and the highest PSNR of the networks alone. */
const alone = async (page) => (await textOf(page, "#members-psnr")).match(/[\d.]+/g).map(Number);

async function fit(page) {
  await enabled(page, "#start");
  assert.equal(await page.$("#ensemble"), null, "nothing to begin with before the fit is done");
  await page.click("#start");
  await inState(page, "Finished");
  await page.waitForSelector("#ensemble");
}

inEachBrowser("the mean of three networks is better than they are", { timeout: 5 * MINUTES }, async ({ open, t }) => {
  const page = await open(small(60));
  await fit(page);
  const single = await decibels(page, "#averaged");
  assert.equal(await page.$eval("#ensemble-count", (field) => field.value), "5", "as the command line has it");
  assert.equal(await page.$('#right-view option[value="Ensemble"]'), null, "no mean yet");
  assert.ok(await page.$eval("#download-ensemble", (button) => button.disabled));
  await page.select("#ensemble-count", "3");
  await page.click("#train-ensemble");
  await says(page, /network 2 of 3/);
  assert.ok(await page.$eval("#noise", (field) => field.closest("fieldset").disabled), "settings are locked");
  await says(page, /network 3 of 3/);
  const two = await decibels(page, "#ensemble-psnr");
  await says(page, /Done: the mean of 3 networks/);

  const [least, most] = await alone(page);
  const mean = await decibels(page, "#ensemble-psnr");
  t.diagnostic(`the fit ${single} dB, each ${least} to ${most} dB, two ${two} dB, three ${mean} dB`);
  assert.ok(least < single || most > single, "other networks than the first");
  assert.ok(least <= single && single <= most, "the fit is one of them");
  assert.notEqual(mean, two, "the third counts");
  assert.ok(mean > (least + most) / 2, "the mean of the pictures is better than the pictures in the mean");
  assert.match(await textOf(page, "#ensemble-psnr + .aside"), /^[+−]\d\.\d dB against this fit alone$/);
  await until("it to be said", () =>
    page.$$eval('[role="status"]', (all) => all.some((one) => /^The ensemble is done\. The mean of 3 networks has [\d.]+ decibels\.$/.test(one.textContent))),
  );

  const settings = JSON.parse(Buffer.from((await download(page, "#save-settings")).bytes).toString());
  const { state, wanted, members } = settings.ensemble;
  assert.deepEqual([state, wanted, members.length], ["Finished", 3, 3]);
  assert.equal(new Set(members.map((member) => member.init_seed)).size, 3, "what it takes to train them again");

  // It takes the place of the averaged picture, which still can be chosen.
  assert.equal((await captions(page))[1], "Ensemble");
  const seen = await drawn(page, "Ensemble");
  assert.deepEqual([seen.width, seen.height], [48, 32]);
  const { name, bytes } = await download(page, "#download-ensemble");
  assert.equal(name, "Cat-denoised-mean-of-3.png");
  const file = Buffer.from(bytes);
  assert.deepEqual([file.subarray(1, 4).toString(), file.readUInt32BE(16), file.readUInt32BE(20)], ["PNG", 48, 32]);
  const singleFile = await download(page);
  assert.equal(singleFile.name, "Cat-denoised-step-60.png", "the fit has its own");
  assert.notDeepEqual(singleFile.bytes, bytes);

  // More of them: those that are there are not trained again.
  assert.ok(await page.$eval("#train-ensemble", (button) => button.disabled), "none is missing");
  await page.select("#ensemble-count", "5");
  await enabled(page, "#train-ensemble");
  await page.click("#train-ensemble");
  await says(page, /network 4 of 5/);
  assert.equal(await decibels(page, "#ensemble-psnr"), mean);
  await says(page, /network 5 of 5/);
  assert.ok(await page.$eval('#ensemble-count option[value="3"]', (option) => option.disabled), "not fewer than there are");
  // Whoever changes what is fitted starts over.
  await page.click("#train-ensemble");
  await says(page, /Paused/);
  await change(page, "#sigma", 0.2);
  await until("no ensemble", async () => !(await page.$("#ensemble")));
  await until("the averaged picture's place", async () => (await page.$eval("#right-view", (field) => field.value)) === "Averaged");
});

inEachBrowser("it pauses, makes way for the fit, goes on, and is given up", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(small(80, `mask=${encodeURIComponent(RECIPE)}&task=inpaint`));
  await fit(page);
  const single = await textOf(page, "#averaged");
  await page.select("#ensemble-count", "3");
  await page.click("#train-ensemble");
  await until("steps of the second", async () => /Training network 2.*Step [1-9]/.test(await standing(page)));
  await page.click("#train-ensemble");
  await says(page, /^Paused at network 2 of 3/);
  const stood = await standing(page);
  await pause(1500);
  assert.equal(await standing(page), stood, "nothing goes on");
  assert.ok(!(await page.$eval("#noise", (field) => field.closest("fieldset").disabled)), "settings are free");

  await page.click("#train-ensemble");
  await says(page, /Training network 3/);
  assert.match(await textOf(page, "#ensemble-missing-psnr"), /^\d+\.\d\d dB$/);
  await says(page, /Done: the mean of 3 networks/);
  assert.notEqual(await textOf(page, "#ensemble-psnr"), single);

  await page.click("#reset-ensemble");
  await until("nothing of it", async () => !(await page.$("#ensemble-psnr")));
  await inState(page, "Finished");
  assert.equal(await stepOf(page), 80, "the fit stays");
  assert.equal(await textOf(page, "#averaged"), single);
  assert.match((await download(page)).name, /^Cat-filled-in-step-\d+\.png$/);
  // A race has no ensemble.
  await page.select("#rival-1", "dense");
  await until("no ensemble", async () => !(await page.$("#ensemble")));
});

inEachBrowser("a network that goes wrong is given up, not the mean of the others", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(small(60, "mask=dense&debug=1"));
  await fit(page);
  await page.select("#ensemble-count", "3");
  await page.click("#train-ensemble");
  await says(page, /Training network 3/);
  const mean = await textOf(page, "#ensemble-psnr");
  await page.evaluate(() => window.dispatchEvent(new Event("oes-diverge")));
  const problem = await until("the problem", () => textOf(page, "#ensemble-problem"));
  assert.match(problem, /^A network was given up\. Asked for by a test\. Another takes its place/);
  await says(page, /^Paused at network 3 of 3/);
  assert.equal(await textOf(page, "#ensemble-psnr"), mean);
  await inState(page, "Finished");
  await page.click("#train-ensemble");
  await says(page, /Done: the mean of 3 networks/);
  assert.equal(await page.$("#ensemble-problem"), null);
  assert.notEqual(await textOf(page, "#ensemble-psnr"), mean);
});

inEachBrowser("after a reload the fit is there to begin an ensemble with", { timeout: 5 * MINUTES }, async ({ open }) => {
  const page = await open(small(40));
  await fit(page);
  const { bytes } = await download(page);
  await page.click("#train-ensemble");
  await says(page, /Training network 2/);
  await page.goto(new URL("/?size=64", page.url()).href, { waitUntil: "load" });
  await page.waitForSelector("#go-on");
  await page.click("#go-on");
  await until("the fit", async () => (await stepOf(page)) === 40);
  await page.waitForSelector("#ensemble");
  await page.select("#ensemble-count", "3");
  await enabled(page, "#train-ensemble");
  await page.click("#train-ensemble");
  await says(page, /Done: the mean of 3 networks/);
  assert.deepEqual((await download(page)).bytes, bytes, "the first of them is the fit as it was");
});

inEachBrowser("on the GPU: another view that trains makes it wait; a lost device takes it along", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open("/?levels=2&size=32&sample=chelsea&mask=dense&steps=30&debug=1");
  await fit(page);
  await page.select("#ensemble-count", "3");
  await page.click("#train-ensemble");
  await says(page, /network 2 of 3/);
  await page.click('.views a[data-route="Learn"]');
  await page.waitForSelector("#keep-mask");
  await enabled(page, "#start");
  await page.click("#start");
  await page.click('.views a[data-route="Denoise"]');
  await page.waitForSelector("#ensemble");
  await says(page, /^Paused at network 2 of 3/);
  await page.click("#train-ensemble");
  await says(page, /network 3 of 3/);
  await drawn(page, "Ensemble");
  await page.evaluate(() => window.dispatchEvent(new Event("oes-lose-device")));
  await until("the loss to be said", async () => /further networks were lost/.test(await textOf(page, "#news")));
  await inState(page, "Paused");
  assert.equal(await page.$("#ensemble-psnr"), null);
  // The fit is there again, from its checkpoint.
  await enabled(page, "#train-ensemble");
  await page.click("#train-ensemble");
  await says(page, /Done: the mean of 3 networks/);
  page.problems.length = 0; // browsers log the loss
});
