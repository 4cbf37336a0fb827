// Prints what the page's own code weighs: the module, the scripts, the styles, the document.
//
//   node scripts/page-size.mjs [DIST]
//
// Compressed sizes are gzip -9 and brotli 11, what static hosts send. Exits with 1 if the brotli total is over
// LIMIT_KB.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

// Of what a first visit loads, with brotli. The aim is 700; docs/performance.md has what was done for it.
const LIMIT_KB = 700;
const CODE = new Set([".wasm", ".js", ".css", ".html"]);

const dist = process.argv[2] ?? "dist";
if (!existsSync(dist)) {
  console.error(`${dist} does not exist; build the page first: ./oes-web --build-only`);
  process.exit(2);
}

const row = (name, ...sizes) => console.log(name.padEnd(32), ...sizes.map((size) => String(size).padStart(9)));
const kb = (bytes) => (bytes / 1000).toFixed(1);

const totals = [0, 0, 0];
row("KB", "raw", "gzip", "brotli");
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !CODE.has(extname(entry.name))) continue;
  // Node before 20.12 calls the folder `path`.
  const folder = entry.parentPath ?? entry.path;
  const path = join(folder, entry.name);
  // Styles are loaded from beside the document; the copy in static/ is not.
  if (extname(path) === ".css" && folder !== dist) continue;
  const bytes = readFileSync(path);
  const sizes = [bytes, gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)].map((data) => data.length);
  sizes.forEach((size, column) => (totals[column] += size));
  row(relative(dist, path), ...sizes.map(kb));
}
row("all", ...totals.map(kb));
if (totals[2] > LIMIT_KB * 1000) {
  console.error(`the page's code is over ${LIMIT_KB} KB compressed`);
  process.exit(1);
}
