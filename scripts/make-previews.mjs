// Makes the pictures of link previews, static/previews/ID.jpg for each preset: beside the picture that a mask was learned on,
// what the untrained network draws by masking alone; a searched mask draws nothing, so for it a noisy picture that it
// has not seen, and what a fit restores. 1200 x 630 pixels, as social sites want them.
//
//   cargo build --release --bin oes && node scripts/make-previews.mjs

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../tests/browser/browsers.mjs";
import { ROOT } from "../tests/browser/helper.mjs";

const [WIDTH, HEIGHT] = [1200, 630];
const CROP = 192; // what the presets were made on
const FIT_STEPS = 1000; // of a searched mask; a fit ends by itself before

const catalogue = JSON.parse(readFileSync(join(ROOT, "static/catalogue.json")));
const oes = process.env.OES ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release", "oes");
const scratch = mkdtempSync(join(tmpdir(), "oes-previews-"));
const inline = (file) => `data:image;base64,${readFileSync(file).toString("base64")}`;

const percent = (fraction) => `${Math.round(1000 * fraction) / 10} %`;

/** The address of the picture `noisy`, [3, H, W] from 0 to 1, of a file that `oes fit --state-out` wrote. */
function noisyOf(file, page) {
  const bytes = readFileSync(file);
  const data = 8 + Number(bytes.readBigUInt64LE());
  const { shape, data_offsets: [from, to] } = JSON.parse(bytes.subarray(8, data)).noisy;
  const values = Array.from({ length: (to - from) / 4 }, (_, i) => bytes.readFloatLE(data + from + 4 * i));
  return page.evaluate(([height, width], values) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const picture = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let plane = 0; plane < 3; plane++) picture.data[4 * i + plane] = Math.round(255 * values[plane * width * height + i]);
      picture.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
    return canvas.toDataURL();
  }, shape.slice(-2), values);
}

/** The card of a preset, as a page; what it shows are addresses and words. */
function card(title, left, right) {
  const figure = ([src, words]) => `<figure><img src="${src}" alt=""><figcaption>${words}</figcaption></figure>`;
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; width: ${WIDTH}px; height: ${HEIGHT}px; display: grid; grid-template-rows: auto 1fr; box-sizing: border-box;
      padding: 28px 60px 24px; gap: 16px; background: #f6f4ef; color: #22262a; font: 25px/1.35 system-ui, sans-serif; }
    h1 { margin: 0; font: 600 42px/1.2 Georgia, "Noto Serif", serif; color: #1f6468; }
    div { display: grid; grid-template-columns: 1fr 1fr; gap: 40px; }
    figure { margin: 0; display: grid; justify-items: center; align-content: start; gap: 10px; text-align: center; }
    img { width: ${CROP}px; height: ${CROP}px; zoom: ${400 / CROP}; object-fit: none; border-radius: 6px; }
    </style><h1>Optimal Eye Surgeon: ${title}</h1>
    <div>${figure(left)}${figure(right)}</div>`;
}

/** What the card of a preset shows. */
async function shown(preset, page) {
  const learned = preset.made === "learned";
  const sample = catalogue.samples.find(({ id }) => preset.made_on.includes(id) === learned);
  const picture = join(ROOT, "static", sample.file);
  const [out, state] = ["out.png", "state"].map((name) => join(scratch, `${preset.id}-${name}`));
  const fit = ["fit", picture, "--crop", CROP, "--mask", preset.id, "--cpu", "--out", out, "--state-out", state];
  execFileSync(oes, [...fit, "--steps", learned ? 0 : FIT_STEPS].map(String));
  const weights = `${percent(preset.keep)} of a random network's weights`;
  return learned
    ? [[inline(picture), "The picture that it was learned on"], [inline(out), `${weights},<br>none of them trained`]]
    : [[await noisyOf(state, page), "A noisy picture"], [inline(out), `What a network restores of it<br>with ${percent(preset.keep)} of its weights`]];
}

const browser = await launch("chromium");
try {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: HEIGHT });
  mkdirSync(join(ROOT, "static/previews"), { recursive: true });
  for (const preset of catalogue.presets) {
    await page.setContent(card(preset.title, ...(await shown(preset, page))), { waitUntil: "load" });
    const path = join(ROOT, "static/previews", `${preset.id}.jpg`);
    await page.screenshot({ path, type: "jpeg", quality: 85 });
    console.log(path);
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
