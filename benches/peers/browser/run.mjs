// Our page's engine beside TensorFlow.js and jax-js: one headless Chromium, one page, one adapter, windows in turn.
// Called by ../run, which installs what it needs; `node run.mjs --help` lists the options.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "../../../tests/browser/browsers.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..", "..");
const { values: options } = parseArgs({
  options: {
    help: { type: "boolean" },
    size: { type: "string", default: "192" },
    mask: { type: "string", default: "chelsea" },
    peers: { type: "string", default: "TensorFlow.js,jax-js" },
    kinds: { type: "string", default: "dense,sparse" },
    windows: { type: "string", default: "3" },
    steps: { type: "string", default: "1" },
    dist: { type: "string", default: join(ROOT, "dist") },
    oes: { type: "string", default: join(ROOT, "target", "release", "oes") },
    work: { type: "string", default: join(ROOT, "target", "peers") },
    json: { type: "string", default: join(ROOT, "target", "peers", "browser.json") },
  },
});
if (options.help) {
  console.log(`Usage: run.mjs [options]
  --size 192                     the picture's side
  --mask chelsea                 the preset of the sparse fit
  --peers TensorFlow.js,jax-js   beside ours
  --kinds dense,sparse           the dense fit (lr 1e-3), the fit of the mask's weights (lr 1e-2)
  --windows 3 --steps 1          windows of which the median counts, steps of each
  --json FILE                    where the result goes`);
  process.exit(0);
}

const PICTURE = "static/samples/coffee.png";
const RATES = { dense: 1e-3, sparse: 1e-2 };
const CHECKED_STEPS = 2;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };

/** Our own program's start (parameters, z, noisy picture) and its first losses, by the CPU engine. */
function reference(kind) {
  const state = join(options.work, `${kind}.safetensors`);
  const report = join(options.work, `${kind}.json`);
  const which = kind === "dense" ? ["--dense"] : ["--mask", options.mask];
  const fit = ["fit", join(ROOT, PICTURE), "--crop", options.size, "--lr", String(RATES[kind]), "--cpu", ...which];
  const quiet = { stdio: ["ignore", "ignore", "inherit"] };
  execFileSync(options.oes, [...fit, "--steps", "0", "--state-out", state], quiet);
  execFileSync(options.oes, [...fit, "--steps", String(CHECKED_STEPS), "--report", report], quiet);
  return JSON.parse(readFileSync(report, "utf8")).curve.map((point) => point.loss);
}

/** Serves the built page at /, the bundle and the state files at /peers/. */
async function serve(bundle) {
  const folders = { "/peers/": resolve(options.work), "/": resolve(options.dist) };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (path === "/peers/") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<!doctype html><link rel="icon" href="data:,"><script type="module" src="/peers/page.js"></script>`);
      return;
    }
    if (path === "/peers/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" });
      response.end(bundle);
      return;
    }
    const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
    const file = resolve(folders[prefix], path.slice(prefix.length));
    try {
      if (!file.startsWith(folders[prefix] + sep)) throw new Error("outside");
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

mkdirSync(options.work, { recursive: true });
// The packages lie where ../run has installed them, not beside this file.
const { build } = createRequire(join(options.work, "package.json"))("esbuild");
const bundled = await build({
  entryPoints: [join(HERE, "page.js")],
  bundle: true,
  format: "esm",
  minify: true,
  write: false,
  nodePaths: [join(options.work, "node_modules")],
  logLevel: "error",
});
const server = await serve(bundled.outputFiles[0].text);
const browser = await launch("chromium");
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(`page: ${error.message ?? error}`));
await page.goto(`${server.url}/peers/`, { waitUntil: "load" });
await page.waitForFunction(() => window.peers);

const presets = JSON.parse(readFileSync(join(ROOT, "static", "catalogue.json"), "utf8")).presets;
const preset = presets.find(({ id }) => id === options.mask);
if (!preset) throw new Error(`--mask takes a preset: ${presets.map(({ id }) => id).join(", ")}`);
const losses = {};
const cases = [];
for (const kind of options.kinds.split(",")) {
  losses[kind] = reference(kind);
  for (const who of ["ours", ...options.peers.split(",")]) {
    const key = `${who} ${kind}`;
    const what = {
      who,
      lr: RATES[kind],
      masked: kind === "sparse",
      state: `/peers/${kind}.safetensors`,
      picture: `/${PICTURE}`,
      mask: kind === "sparse" ? `/static/${preset.file}` : null,
      size: Number(options.size),
    };
    try {
      // Warm-up: the first step compiles. Its losses tell whether this is the same network and the same training.
      const warm = [await page.evaluate((key, what) => window.peers.prepare(key, what), key, what)];
      for (let i = 0; i < CHECKED_STEPS - 1; i += 1) {
        warm.push(await page.evaluate((key) => window.peers.measure(key, 1), key));
      }
      cases.push({ key, who, kind, windows: [], losses: warm.map(({ loss }) => loss), first_seconds: warm[0].seconds });
      console.error(`${key}: first step ${warm[0].seconds.toFixed(2)} s, last ${warm.at(-1).seconds.toFixed(2)} s`);
    } catch (error) {
      cases.push({ key, who, kind, unavailable: String(error.message ?? error).split("\n")[0] });
      console.error(`${key}: ${error.message ?? error}`);
    }
  }
}
const measured = cases.filter((one) => one.windows);
for (let round = 0; round < Number(options.windows); round += 1) {
  for (const one of measured) {
    const { seconds } = await page.evaluate(
      (key, steps) => window.peers.measure(key, steps),
      one.key,
      Number(options.steps),
    );
    one.windows.push(seconds);
  }
}
const adapter = await page.evaluate(async () => {
  const { vendor, architecture, description } = (await navigator.gpu.requestAdapter()).info;
  return { vendor, architecture, description };
});
const version = await browser.version();
await browser.close();
server.close();

for (const one of measured) {
  one.seconds_per_step = median(one.windows);
  for (const kind of ["dense", "sparse"]) {
    const mine = measured.find(({ who, kind: other }) => who === "ours" && other === kind);
    if (mine) one[`times_ours_${kind}`] = median(one.windows.map((seconds, round) => seconds / mine.windows[round]));
  }
}
const result = {
  browser: version,
  adapter,
  size: Number(options.size),
  mask: options.mask,
  steps_per_window: Number(options.steps),
  cpu_engine_losses: losses,
  runs: cases,
};
writeFileSync(options.json, `${JSON.stringify(result, null, 1)}\n`);

console.log(`${version}, adapter ${Object.values(adapter).join(" ")}, ${options.size}x${options.size}, mask ${options.mask}`);
for (const one of cases) {
  if (one.unavailable) {
    console.log(`${one.key.padEnd(22)} not measured: ${one.unavailable}`);
    continue;
  }
  const drift = Math.max(...one.losses.map((loss, i) => Math.abs(loss - losses[one.kind][i]) / losses[one.kind][i]));
  const ratios = ["dense", "sparse"]
    .filter((kind) => one[`times_ours_${kind}`])
    .map((kind) => `${one[`times_ours_${kind}`].toFixed(2)} x our ${kind}`);
  const first = Math.abs(one.losses[0] - losses[one.kind][0]) / losses[one.kind][0];
  console.log(
    `${one.key.padEnd(22)} ${one.seconds_per_step.toFixed(3)} s/step  ${ratios.join("  ")}  ` +
      `loss at step 0 off by ${first.toExponential(1)}, over ${CHECKED_STEPS} steps by ${drift.toExponential(1)}`,
  );
}
