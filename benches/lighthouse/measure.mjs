// Lighthouse on the views of dist/ in headless Chromium, without throttling. Prints the scores and what was found; ./run calls
// it with the path of Lighthouse and the names of views.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "../../tests/browser/browsers.mjs";
import { serve } from "../../tests/browser/helper.mjs";

const VIEWS = {
  denoise: "",
  learn: "?view=learn",
  masks: "?view=masks",
  how: "?view=how",
  about: "?view=about",
  embed: "?embed=1",
};
const FORMS = {
  desktop: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1 },
  mobile: { mobile: true, width: 390, height: 844, deviceScaleFactor: 2 },
};
/** Categories that are to have the full score; speed depends on what else this machine does. */
const FULL = ["accessibility", "best-practices"];

const [path, ...wanted] = process.argv.slice(2);
const { default: lighthouse } = await import(pathToFileURL(resolve(path)).href);

/** The report on one view in a browser of its own: nothing is cached. */
async function report(address, formFactor) {
  const browser = await launch("chromium");
  try {
    const { lhr } = await lighthouse(address, {
      port: Number(new URL(browser.wsEndpoint()).port),
      logLevel: "error",
      onlyCategories: [...FULL, "seo", "performance"],
      formFactor,
      screenEmulation: FORMS[formFactor],
      throttlingMethod: "provided",
    });
    return lhr;
  } finally {
    await browser.close();
  }
}

const server = await serve();
try {
  for (const view of wanted.length > 0 ? wanted : Object.keys(VIEWS)) {
    for (const form of Object.keys(FORMS)) {
      const { categories, audits } = await report(server.url + VIEWS[view], form);
      const scores = Object.values(categories).map(({ title, score }) => `${title} ${Math.round(100 * score)}`);
      console.log(`${view}, ${form}: ${scores.join(", ")}`);
      for (const name of FULL) {
        if (categories[name].score === 1) continue;
        process.exitCode = 1;
        for (const { id, weight } of categories[name].auditRefs) {
          const { score, title, details } = audits[id];
          if (weight === 0 || score === null || score === 1) continue;
          const places = (details?.items ?? []).map(({ node }) => node?.snippet).filter(Boolean);
          console.log(`  ${title} ${places.join(" ")}`);
        }
      }
    }
  }
} finally {
  await server.close();
}
