// Makes the pictures of link previews, static/previews/ID.jpg for each preset: beside the picture that a mask was learned on,
// what the untrained network draws by masking alone. 1200 x 630 pixels, as social sites want them.
//
//   cargo build --release --bin oes && node scripts/make-previews.mjs

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../tests/browser/browsers.mjs";
import { ROOT } from "../tests/browser/helper.mjs";

const [WIDTH, HEIGHT] = [1200, 630];
const CROP = 192; // what the presets were learned on

const catalogue = JSON.parse(readFileSync(join(ROOT, "static/catalogue.json")));
const oes = process.env.OES ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release", "oes");
const scratch = mkdtempSync(join(tmpdir(), "oes-previews-"));
const inline = (file) => `data:image;base64,${readFileSync(file).toString("base64")}`;

/** The card of a preset, as a page. */
function card(preset, sample, drawn) {
  const figure = (src, words) => `<figure><img src="${src}" alt=""><figcaption>${words}</figcaption></figure>`;
  const percent = `${Math.round(1000 * preset.keep) / 10} %`;
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; width: ${WIDTH}px; height: ${HEIGHT}px; display: grid; grid-template-rows: auto 1fr; box-sizing: border-box;
      padding: 28px 60px 24px; gap: 16px; background: #f6f4ef; color: #22262a; font: 25px/1.35 system-ui, sans-serif; }
    h1 { margin: 0; font: 600 42px/1.2 Georgia, "Noto Serif", serif; color: #1f6468; }
    div { display: grid; grid-template-columns: 1fr 1fr; gap: 40px; }
    figure { margin: 0; display: grid; justify-items: center; align-content: start; gap: 10px; text-align: center; }
    img { width: ${CROP}px; height: ${CROP}px; zoom: ${400 / CROP}; object-fit: none; border-radius: 6px; }
    </style><h1>Optimal Eye Surgeon: ${preset.title}</h1>
    <div>${figure(inline(join(ROOT, "static", sample.file)), "The picture that it was learned on")}
    ${figure(inline(drawn), `${percent} of a random network's weights,<br>none of them trained`)}</div>`;
}

const browser = await launch("chromium");
try {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: HEIGHT });
  mkdirSync(join(ROOT, "static/previews"), { recursive: true });
  for (const preset of catalogue.presets) {
    const sample = catalogue.samples.find((sample) => sample.id === preset.learned_on);
    const drawn = join(scratch, `${preset.id}.png`);
    const picture = join(ROOT, "static", sample.file);
    execFileSync(oes, ["fit", picture, "--crop", CROP, "--mask", preset.id, "--steps", 0, "--cpu", "--out", drawn].map(String));
    await page.setContent(card(preset, sample, drawn), { waitUntil: "load" });
    const path = join(ROOT, "static/previews", `${preset.id}.jpg`);
    await page.screenshot({ path, type: "jpeg", quality: 85 });
    console.log(path);
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
