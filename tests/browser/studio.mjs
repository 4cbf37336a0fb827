// What tests of the page share: waiting for it, and reading what it shows.

export const SECONDS = 1000;
export const MINUTES = 60 * SECONDS;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent.trim());
export const stateOf = (page) => page.$eval("#state", (element) => element.dataset.state);
export const stepOf = async (page) =>
  Number((await textOf(page, "#steps-done")).match(/Step ([\d,]+)/)[1].replaceAll(",", ""));

/** What puppeteer says of an element that is not there, or that went with its document under its hands. */
const NOT_THERE = /failed to find element|node is detached|context was destroyed|Cannot find context|same JavaScript world/i;

/** Waits until `check` gives something true, and returns it. An element that it misses may still come. */
export async function until(what, check, timeout = 2 * MINUTES) {
  const end = Date.now() + timeout;
  for (;;) {
    let missed = "";
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      if (!NOT_THERE.test(error.message)) throw error;
      missed = `: ${error.message}`;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}${missed}`);
    await pause(200);
  }
}

/** The same, but a fault that the page tells ends the wait. */
export const untilWithoutFault = (page, what, check, timeout) =>
  until(
    what,
    async () => {
      const fault = await page.$eval("#fault, .crash", (element) => element.textContent).catch(() => null);
      if (fault) throw new Error(`the page reports: ${fault}`);
      return check();
    },
    timeout,
  );

/** Sets a field as a person does who leaves it then. */
export const change = (page, selector, value) =>
  page.$eval(
    selector,
    (field, value) => {
      field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    },
    String(value),
  );

export const enabled = (page, selector) =>
  until(`${selector} to be enabled`, () => page.$eval(selector, (element) => !element.disabled).catch(() => false));
export const inState = (page, state, timeout) =>
  untilWithoutFault(page, `state ${state}`, async () => (await stateOf(page)) === state, timeout);

/** The colours of a view, as the canvas shows them: their mean and standard deviation over all pixels, 0 to 255. */
export const colours = (page, view, within = "") =>
  page.$eval(`${within} canvas[data-view="${view}"]`, (canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext("2d");
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const values = data.filter((_, i) => i % 4 !== 3);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance), width: canvas.width, height: canvas.height };
  });

/** Waits until a view shows a picture. A worker's frame reaches the page's canvas some time after it was drawn. */
export const drawn = (page, view, deviation = 10, within = "") =>
  until(`a picture in the view ${view}`, async () => {
    const found = await colours(page, view, within);
    return found.deviation > deviation ? found : null;
  });

/** Clicks a button that saves a file, and gives the file's bytes and name. */
export async function download(page, selector = "#download") {
  await page.evaluate(() => {
    window.saved = null;
    HTMLAnchorElement.prototype.click = function () {
      const name = this.download;
      fetch(this.href)
        .then((response) => response.arrayBuffer())
        .then((bytes) => (window.saved = { name, bytes: [...new Uint8Array(bytes)] }));
    };
  });
  await page.click(selector);
  return until("the download", () => page.evaluate(() => window.saved));
}

/** What is kept in the browser's storage: for each tab its runs, each null or its checkpoint's step and the steps to be made. */
export const keptRuns = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("optimal-eye-surgeon");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("runs").objectStore("runs").getAll();
          all.onsuccess = () => {
            opening.result.close();
            resolve(all.result.filter((entry) => entry.record).map((entry) => JSON.parse(entry.record).runs));
          };
        };
      }),
  );

/** The steps of all checkpoints that are kept. */
export const keptSteps = async (page) => (await keptRuns(page)).flat().filter(Boolean).map(([step]) => step);
