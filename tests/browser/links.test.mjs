// Links: every setting goes into the address and comes back out of it; masks and pictures of another host, and each way
// that those can fail.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { ROOT, inEachBrowser } from "./helper.mjs";
import { MINUTES, change, enabled, pause, textOf, until } from "./studio.mjs";

const mask = readFileSync(join(ROOT, "static/masks/chelsea.safetensors"));
const sum = createHash("sha256").update(mask).digest("hex");
const picture = readFileSync(join(ROOT, "static/samples/camera.png"));
const SMALL = "levels=2&size=32&engine=cpu";

/** Another host: files that may be read from anywhere, and one of each kind that cannot be used. */
async function otherHost() {
  const files = {
    "/mask.safetensors": [200, mask],
    "/picture.png": [200, picture],
    "/cut.safetensors": [200, mask.subarray(0, 5000)],
    "/page.safetensors": [200, "<!doctype html><title>Not here</title>"],
    "/private.safetensors": [200, mask],
  };
  const server = createServer((request, response) => {
    const open = request.url !== "/private.safetensors";
    const headers = open ? { "access-control-allow-origin": "*" } : {};
    if (request.url === "/huge.safetensors") {
      response.writeHead(200, { ...headers, "content-length": 200_000_000 });
      response.write(Buffer.alloc(1000)); // the rest never comes, and should not be waited for
      return;
    }
    const [status, body] = files[request.url.replace("/slow/", "/")] ?? [404, "no"];
    const answer = () => {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(body);
    };
    setTimeout(answer, request.url.startsWith("/slow/") ? 3000 : 0);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const parameters = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const valueOf = (page, selector) => page.$eval(selector, (field) => field.value);
const unfold = (page) => page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
const faultOf = (page) => until("a fault", () => textOf(page, "#fault").catch(() => null));

inEachBrowser("every setting goes into the address and comes back", { timeout: 6 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  assert.deepEqual(parameters(page), { v: "1", levels: "2", size: "32", engine: "cpu" }, "only what differs");
  await unfold(page);
  const length = await page.evaluate(() => history.length);
  await page.click("[data-sample=rocket]");
  await change(page, "#sigma", 0.2);
  await page.click("#framing-crop");
  await change(page, "#noise-seed", 7);
  await change(page, "#init-seed", 8);
  await change(page, "#steps", 321);
  await page.select("#rival-2", "dense");
  await page.select("#size", "128");
  await page.click("nav a[data-route=Learn]");
  await page.waitForSelector("#target");
  await page.click("#learner-paper");
  await change(page, "#target", 10);
  await change(page, "#steps", 1234);
  const wanted = {
    v: "1", view: "learn", sample: "rocket", sigma: "0.2", framing: "crop", "noise-seed": "7", "init-seed": "8",
    steps: "321", against: ",dense", size: "128", learner: "paper", keep: "0.1", "learn-steps": "1234", levels: "2",
    engine: "cpu",
  };
  await until("all in the address", async () => Object.keys(parameters(page)).length === Object.keys(wanted).length);
  assert.deepEqual(parameters(page), wanted);
  assert.equal(await page.evaluate(() => history.length), length + 1, "only the change of view can be gone back on");

  const other = await open(new URL(page.url()).search);
  await other.waitForSelector("#target");
  assert.equal(await valueOf(other, "#target"), "10");
  assert.equal(await valueOf(other, "#steps"), "1234");
  assert.ok(await other.$eval("#learner-paper", (choice) => choice.checked));
  await other.click("nav a[data-route=Denoise]");
  await enabled(other, "#start");
  assert.equal(await valueOf(other, "#steps"), "321");
  assert.equal(await valueOf(other, "#noise-seed"), "7");
  assert.equal(await valueOf(other, "#init-seed"), "8");
  assert.equal(await valueOf(other, "#sigma"), "0.2");
  assert.equal(await valueOf(other, "#size"), "128");
  assert.equal(await valueOf(other, "#rival-2"), "dense");
  assert.ok(await other.$eval("#framing-crop", (choice) => choice.checked));
  assert.match(await textOf(other, "#picture-facts"), /^Rocket/);
});

inEachBrowser("what a link cannot mean is said, and the rest is used", { timeout: 3 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}&sample=nobody&mask=nothing&steps=many&v=9&sigma=0.3`);
  const fault = await faultOf(page);
  for (const part of [/newer version/, /sample “nobody”/, /mask “nothing”/, /steps is “many”/]) assert.match(fault, part);
  await enabled(page, "#start");
  assert.equal(await valueOf(page, "#sigma"), "0.3");
  assert.match(page.url(), /sample=nobody/, "the link stays until that is read");
  await page.click("#fault button.plain");
  await until("a good address", async () => !/nobody/.test(page.url()));
  const insecure = await open(`/?${SMALL}&mask=http://example.org/mask.safetensors`);
  assert.match(await faultOf(insecure), /only addresses that begin with https/);
});

inEachBrowser("a mask and a picture of another host", { timeout: 5 * MINUTES }, async ({ open, t }) => {
  const host = await otherHost();
  t.after(host.close);
  const at = (name) => encodeURIComponent(`${host.url}/${name}`);
  const page = await open(`/?size=64&engine=cpu&mask=${at("mask.safetensors")}&mask-sha256=${sum}&picture=${at("picture.png")}`);
  await until("the mask", async () => /^mask\.safetensors: 150,443 of/.test(await textOf(page, "#mask-facts").catch(() => "")));
  await until("the picture", async () => (await textOf(page, "#picture-facts")).startsWith("picture.png, 512 × 512"));
  assert.equal(await valueOf(page, "#sigma"), "0", "a picture from elsewhere is taken as already noisy");
  await enabled(page, "#start");
  assert.equal(parameters(page)["mask-sha256"], sum);

  // Typed in, the mask's sum goes into the link by itself.
  const typed = await open("/?size=64&engine=cpu");
  await enabled(typed, "#start");
  await unfold(typed);
  await typed.type("#mask-address", "mask.safetensors");
  await typed.click("#mask-load");
  await until("a sentence", async () => /not an address/.test(await typed.$eval("#mask-load", (b) => b.closest("details").textContent)));
  await change(typed, "#mask-address", "");
  await typed.$eval("#mask-address", (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }, `${host.url}/mask.safetensors`);
  await typed.click("#mask-load");
  await until("the sum in the link", async () => parameters(typed)["mask-sha256"] === sum);
  assert.equal(parameters(typed).mask, `${host.url}/mask.safetensors`);
});

inEachBrowser("each way that a link to another host can fail has its sentence", { timeout: 8 * MINUTES }, async ({ open, t }) => {
  const host = await otherHost();
  t.after(host.close);
  const cases = [
    ["mask.safetensors", /is not the one that the link means: its SHA-256 begins with [0-9a-f]{12}/, "0".repeat(64)],
    ["private.safetensors", /does not let other sites read this file \(it sends no CORS permission\)/],
    ["absent.safetensors", /has no such file \(it answered 404\)/],
    ["huge.safetensors", /has 200 MB, the most that is loaded from an address is 64 MB/],
    ["cut.safetensors", /breaks off: it has \d+ bytes and needs \d+/],
    ["page.safetensors", /a web page/],
  ];
  for (const [name, sentence, wanted] of cases) {
    const check = wanted ? `&mask-sha256=${wanted}` : "";
    const page = await open(`/?${SMALL}&mask=${encodeURIComponent(`${host.url}/${name}`)}${check}`);
    const fault = await faultOf(page);
    assert.match(fault, sentence);
    assert.match(fault, /^This mask cannot be used\./);
    t.diagnostic(fault);
    await enabled(page, "#start");
    await pause(300);
    page.problems.length = 0; // the browser's own words on what was provoked
    await page.close();
  }
  const none = await open(`/?${SMALL}&mask=dense&picture=${encodeURIComponent(`${host.url}/absent.png`)}`);
  assert.match(await faultOf(none), /has no such file \(it answered 404\)/);
  assert.equal(await textOf(none, "#picture-facts"), "There is no picture yet: choose one.");
  assert.ok(await none.$eval("#start", (button) => button.disabled), "nothing to start with");
  await none.click("[data-sample=rocket]");
  await until("the picture", async () => (await textOf(none, "#picture-facts")).startsWith("Rocket"));
  await enabled(none, "#start");
  none.problems.length = 0;
  await none.close();
  const away = await open(`/?${SMALL}&mask=${encodeURIComponent("http://127.0.0.1:9/mask.safetensors")}`);
  assert.match(await faultOf(away), /could not be reached/);
  await pause(300);
  away.problems.length = 0;
  await away.close();
});

inEachBrowser("sharing copies the link, and says what is not in it", { timeout: 3 * MINUTES }, async ({ open }) => {
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await page.evaluate(() => {
    window.copied = null;
    navigator.clipboard.writeText = async (text) => {
      window.copied = text;
    };
  });
  await page.click("#share summary");
  await page.click("[data-sample=coffee]");
  await until("the coffee", async () => /sample=coffee/.test(await valueOf(page, "#link")));
  assert.match(await textOf(page, "#share"), /gets this picture, this mask and these settings/);
  await page.click("#copy-link");
  await until("the word", async () => (await textOf(page, "#shared")) === "Copied.");
  assert.equal(await page.evaluate(() => window.copied), page.url());

  await (await page.$("#picture-file")).uploadFile(join(ROOT, "static/samples/camera.png"));
  await until("the sentence", async () => /Your own picture is not in the link/.test(await textOf(page, "#share")));
  assert.doesNotMatch(await valueOf(page, "#link"), /camera|sample=|sigma/);
  assert.equal(await textOf(page, "#shared"), "", "this link has not been copied");
});

inEachBrowser("a link holds the recipe of a mask that no link could name", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open("/?size=64&engine=cpu");
  await enabled(page, "#start");
  await page.click("#share summary");
  assert.equal(await page.$("#with-recipe"), null, "a preset has its name");
  await (await page.$("#mask-file")).uploadFile(join(ROOT, "static/masks/chelsea.safetensors"));
  await page.waitForSelector("#with-recipe");
  const facts = await until("the facts", async () => {
    const text = await textOf(page, "#mask-facts").catch(() => "");
    return /^chelsea\.safetensors/.test(text) && text;
  });
  assert.match(await textOf(page, "#share"), /Your mask file is not in it either/);
  assert.doesNotMatch(await valueOf(page, "#link"), /recipe/);
  await page.click("#with-recipe");
  const link = await until("the recipe", async () => {
    const link = await valueOf(page, "#link");
    return /mask=recipe%3A[\w-]{60,160}(&|$)/.test(link) && link;
  });
  assert.doesNotMatch(await textOf(page, "#share"), /Your mask file is not in it/);
  assert.match(await textOf(page, "#recipe-hint"), /0.1 dB below.*The picture that the mask draws by itself is lost/s);
  assert.doesNotMatch(page.url(), /recipe/, "the address itself is that of the file");

  const other = await open(new URL(link).search);
  await enabled(other, "#start");
  const drawn = await until("the drawn mask", async () => textOf(other, "#mask-facts").catch(() => null));
  assert.match(drawn, /^Drawn from the link's recipe: /);
  const reachable = (text) => text.match(/alive: ([\d,]+) of/)[1];
  assert.equal(reachable(drawn), reachable(facts));
  assert.equal(new URL(other.url()).searchParams.get("mask"), new URL(link).searchParams.get("mask"), "it stays in the address");
  await other.click("#step");
  await until("a step", async () => /Step 1 /.test(await textOf(other, "#steps-done")), 3 * MINUTES);

  // A rival's, too, and what is wrong with one is said.
  const recipe = new URL(link).searchParams.get("mask");
  const race = await open(`/?${SMALL}&against=${encodeURIComponent(recipe)}`);
  await until("the rival", async () => /Drawn from the link's recipe/.test(await textOf(race, "#race").catch(() => "")));
  assert.equal(parameters(race).against, recipe);
  const broken = { cut: recipe.slice(0, -5), mangled: recipe.replace(/.{3}$/, "AAA"), strange: "recipe:a b", new: "recipe:CAAA" };
  const words = { cut: /cut off or was changed/, mangled: /cut off or was changed/, strange: /a character that no recipe has, “ ”/, new: /has version 8/ };
  for (const [kind, text] of Object.entries(broken)) {
    const page = await open(`/?${SMALL}&mask=${encodeURIComponent(text)}`);
    const fault = await faultOf(page);
    assert.match(fault, words[kind]);
    assert.match(fault, /^This link cannot be used as it is\. ?.*Its mask is not used: the recipe/s);
    await enabled(page, "#start");
    await page.close();
  }
});

inEachBrowser("masks by their names go into the address and come back, and so does each view", { timeout: 8 * MINUTES }, async ({ open }) => {
  const page = await open("/?size=64&engine=cpu");
  await enabled(page, "#start");
  assert.equal(await page.$eval("[data-mask=astronaut]", (card) => card.ariaPressed), "true", "the default");
  await page.click("[data-mask=chelsea]");
  await page.select("#rival-1", "astronaut");
  await page.select("#rival-2", "dense");
  await until("both", async () => parameters(page).mask === "chelsea" && parameters(page).against === "astronaut,dense");
  const other = await open(new URL(page.url()).search);
  await enabled(other, "#start");
  assert.equal(await other.$eval("[data-mask=chelsea]", (card) => card.ariaPressed), "true");
  assert.equal(await valueOf(other, "#rival-1"), "astronaut");
  assert.equal(await valueOf(other, "#rival-2"), "dense");
  await other.close();
  await page.click("[data-mask=dense]");
  await until("no mask", async () => parameters(page).mask === "dense");
  const dense = await open(new URL(page.url()).search);
  await enabled(dense, "#start");
  assert.equal(await dense.$eval("[data-mask=dense]", (card) => card.ariaPressed), "true");
  await dense.close();

  for (const link of await page.$$("nav.views a")) {
    const route = await link.evaluate((link) => link.dataset.route);
    await link.click();
    await until(`the view ${route}`, async () => (await page.$eval("#main", (main) => main.ariaLabel)) === route);
    const opened = await open(new URL(page.url()).search);
    await until(`the view ${route} by its link`, async () => (await opened.$eval("#main", (main) => main.ariaLabel).catch(() => "")) === route);
    await opened.close();
  }
  await page.goBack();
  const routes = await page.$$eval("nav.views a", (links) => links.map((link) => link.dataset.route));
  await until("the view before", async () => (await page.$eval("#main", (main) => main.ariaLabel)) === routes.at(-2));
});

inEachBrowser("a picture by its address goes into the link and comes back", { timeout: 4 * MINUTES }, async ({ open, t }) => {
  const host = await otherHost();
  t.after(host.close);
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await unfold(page);
  await page.$eval("#picture-address", (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }, `${host.url}/picture.png`);
  await page.click("#picture-load");
  await until("the address", async () => parameters(page).picture === `${host.url}/picture.png`);
  await change(page, "#sigma", 0.05);
  await until("the noise", async () => parameters(page).sigma === "0.05");
  const other = await open(new URL(page.url()).search);
  await enabled(other, "#start");
  await until("the picture", async () => (await textOf(other, "#picture-facts")).startsWith("picture.png, 512 × 512"));
  assert.equal(await valueOf(other, "#sigma"), "0.05");
  await other.click("[data-sample=coffee]");
  await until("a sample again", async () => parameters(other).picture === undefined && parameters(other).sample === "coffee");
});

inEachBrowser("what was chosen while a slow one came is not taken for it", { timeout: 4 * MINUTES }, async ({ open, t }) => {
  const host = await otherHost();
  t.after(host.close);
  const page = await open(`/?${SMALL}`);
  await enabled(page, "#start");
  await unfold(page);
  const load = async (kind, address) => {
    await page.$eval(`#${kind}-address`, (field, value) => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }, `${host.url}${address}`);
    await page.click(`#${kind}-load`);
  };
  await load("picture", "/slow/picture.png");
  await load("picture", "/missing.png");
  await until("what is said of the other", async () => /missing|404|not there|no such/i.test((await faultOf(page)) ?? ""));
  await until("the slow one", async () => (await textOf(page, "#picture-facts")).startsWith("picture.png, 512 × 512"));
  // What could not be used stays in the address until its sentence is read.
  await page.click("#fault button");
  await until("the picture that is there in the address", async () => parameters(page).picture === `${host.url}/slow/picture.png`);
  page.problems.length = 0; // the browser logs the refusal
});
