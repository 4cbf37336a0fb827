// The page's engine in headless Chromium beside the native one, both on the SwiftShader that Chromium carries: the same bench
// of the same steps, in turn. Build the page and `oes` first; `node benches/browser-native.mjs --help` lists the options.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "../tests/browser/browsers.mjs";
import { ROOT, serve } from "../tests/browser/helper.mjs";

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean" },
    size: { type: "string", default: "192" },
    mask: { type: "string", default: "chelsea" },
    rounds: { type: "string", default: "3" },
    icd: { type: "string", default: "/usr/lib/chromium/vk_swiftshader_icd.json" },
    oes: { type: "string", default: join(ROOT, "target", "release", "oes") },
  },
});
if (options.help) {
  console.log(`Usage: browser-native.mjs [options]
  --size 192       the picture's side
  --mask chelsea   the preset of the masked steps
  --rounds 3       benches of each, of which the median counts
  --icd FILE       Chromium's own description of its SwiftShader, for native Vulkan`);
  process.exit(0);
}
if (!existsSync(options.icd)) throw new Error(`${options.icd} is not there: --icd names vk_swiftshader_icd.json in Chromium's folder`);

const PATHS = ["dense", "rewritten", "compact", "sparse", "learn"];
const size = Number(options.size);

/** In the page: starts the page's worker, and asks it for a bench. */
async function startWorker(mask) {
  const worker = new Worker("/static/worker.js", { type: "module" });
  const reply = (wanted) =>
    new Promise((resolve, reject) => {
      const hear = ({ data: [text] }) => {
        const message = JSON.parse(text);
        const fault = (message.Fault ?? message.MaskRefused ?? message.Unmeasured)?.fault.message ?? message.Panic?.message;
        const found = wanted(message);
        if (!fault && !found) return;
        worker.removeEventListener("message", hear);
        if (fault) reject(new Error(fault));
        else resolve(found);
      };
      worker.addEventListener("message", hear);
    });
  const ask = (request, wanted) => {
    const answer = reply(wanted);
    worker.postMessage([JSON.stringify(request), null]);
    return answer;
  };
  const started = reply((message) => message === "Started");
  worker.postMessage(await WebAssembly.compileStreaming(fetch("/oes-page_bg.wasm")));
  await started;
  const adapter = await ask({ Open: { engine: "Gpu" } }, (message) => message.Ready?.adapter);
  await ask({ LoadMask: { slot: 0, name: "mask", address: mask, sha256: null, returns: false, recipe: null } }, (message) => message.Mask);
  window.bench = (size) =>
    ask({ Bench: { size, mask: 0 } }, (message) => message.Benched?.complete && message.Benched.summary.rows);
  return adapter.name;
}

/** One bench of the native engine: its runs. */
function native() {
  const folder = mkdtempSync(join(tmpdir(), "oes-bench-"));
  try {
    const json = join(folder, "bench.json");
    const what = ["bench", "--size", options.size, "--mask", options.mask, "--path", PATHS.join(","), "--windows", "3"];
    const env = { ...process.env, VK_DRIVER_FILES: options.icd };
    execFileSync(options.oes, [...what, "--json", json], { env, stdio: "ignore" });
    return JSON.parse(readFileSync(json, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const { presets } = JSON.parse(readFileSync(join(ROOT, "static", "catalogue.json"), "utf8"));
const preset = presets.find(({ id }) => id === options.mask);
if (!preset) throw new Error(`--mask takes a preset: ${presets.map(({ id }) => id).join(", ")}`);

const server = await serve();
const browser = await launch("chromium");
try {
  const page = await browser.newPage();
  // A page of the same origin that starts nothing itself.
  await page.goto(`${server.url}static/LICENCES.md`);
  const adapter = await page.evaluate(startWorker, `/static/${preset.file}`);
  const rows = PATHS.map((path) => ({ path, browser: [], native: [], encode: [] }));
  let beside = "";
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const inPage = await page.evaluate((size) => window.bench(size), size);
    const report = native();
    beside = report.adapter.name;
    for (const row of rows) {
      const here = inPage.find(({ path }) => path === row.path);
      row.browser.push(here.median_ms);
      row.encode.push(here.encode_ms);
      row.native.push(report.runs.find(({ path }) => path === row.path).median_ms);
    }
    console.error(`round ${round + 1} of ${options.rounds}`);
  }
  console.log(`${await browser.version()} (${adapter}) beside native (${beside}), ${size}x${size}, mask ${options.mask}`);
  for (const { path, browser: times, native: others, encode } of rows) {
    const ratio = median(times.map((time, round) => time / others[round]));
    console.log(
      `${path.padEnd(10)} browser ${median(times).toFixed(0).padStart(6)} ms, native ${median(others).toFixed(0).padStart(6)} ms, ` +
        `ratio ${ratio.toFixed(2)}; encoding a step in wasm ${median(encode).toFixed(2)} ms`,
    );
  }
} finally {
  await browser.close();
  await server.close();
}
