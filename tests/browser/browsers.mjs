// Finds and starts the browsers, with WebGPU on their software adapters: the one place that knows their flags.
// Run by itself it prints the names of the browsers that are installed.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

// Without the last three the device is lost as soon as a canvas presents.
const CHROMIUM_WEBGPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
];

const CHROMIUM_QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

const FIREFOX_PREFS = {
  "dom.webgpu.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  "app.update.enabled": false,
  "datareporting.healthreport.uploadEnabled": false,
};

const CANDIDATES = {
  chromium: [
    process.env.OES_CHROMIUM,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  firefox: [
    process.env.OES_FIREFOX,
    "firefox-esr",
    "firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
  ],
};

/** The first candidate that exists, by path or on the PATH; undefined if none does. */
function find(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const candidate of CANDIDATES[name] ?? []) {
    if (!candidate) continue;
    const paths = candidate.includes("/") ? [candidate] : folders.map((folder) => join(folder, candidate));
    const found = paths.find((path) => existsSync(path));
    if (found) return found;
  }
  return undefined;
}

/**
 * Starts a headless browser with WebGPU on a software adapter; `prefs` are Firefox's, beside its usual ones. A `still` one
 * tells pages that its user wants no motion.
 */
export async function launch(name, { args = [], prefs = {}, still = false } = {}) {
  // Loaded late: the list of browsers is also asked for before the packages are installed.
  const { default: puppeteer } = await import("puppeteer-core");
  const executablePath = find(name);
  if (!executablePath) {
    throw new Error(`${name} is not installed (./test installs it on Debian as root; or set OES_${name.toUpperCase()})`);
  }
  // Protocol calls wait for the page, and a page under test may compute for long on two cores.
  const common = { executablePath, headless: true, protocolTimeout: 600_000, timeout: 120_000 };
  if (name === "firefox") {
    const motion = still ? { "ui.prefersReducedMotion": 1 } : {};
    const extraPrefsFirefox = { ...FIREFOX_PREFS, ...motion, ...prefs };
    return puppeteer.launch({ ...common, browser: "firefox", extraPrefsFirefox, args });
  }
  // Chromium refuses its sandbox to root, which is what a container usually runs as.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return puppeteer.launch({
    ...common,
    browser: "chrome",
    args: [...CHROMIUM_WEBGPU, ...CHROMIUM_QUIET, ...(still ? ["--force-prefers-reduced-motion"] : []), ...sandbox, ...args],
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  console.log(Object.keys(CANDIDATES).filter((name) => find(name)).join("\n"));
}
