// Our engine as the page runs it: the same worker and the same module, asked for steps by the page's own messages.

/** Where the worker keeps the mask. */
const SLOT = 0;

let worker;
const waiting = [];
let runs = 0;

/** Resolves with the first reply that `wanted` returns something for; rejects on a fault. */
function reply(wanted) {
  return new Promise((resolve, reject) => waiting.push({ wanted, resolve, reject }));
}

function hear({ data: [text] }) {
  const message = JSON.parse(text);
  const fault = (message.Fault ?? message.MaskRefused)?.fault.message ?? message.Panic?.message;
  const settled = waiting.filter((waiter) => fault || waiter.wanted(message));
  for (const waiter of settled) {
    waiting.splice(waiting.indexOf(waiter), 1);
    if (fault) waiter.reject(new Error(fault));
    else waiter.resolve(waiter.wanted(message));
  }
}

function ask(request, wanted, attachment) {
  const answer = reply(wanted);
  worker.postMessage([JSON.stringify(request), attachment]);
  return answer;
}

async function start() {
  worker = new Worker("/static/worker.js", { type: "module" });
  worker.onmessage = hear;
  const started = reply((message) => message === "Started");
  worker.postMessage(await WebAssembly.compileStreaming(fetch("/oes-page_bg.wasm")));
  await started;
  return ask({ Open: { engine: "Gpu" } }, (message) => message.Ready?.adapter);
}

/**
 * @param {{picture: string, mask: string | null, size: number}} what addresses of files, and the crop's side
 * @returns {Promise<(steps: number) => Promise<number>>} trains, and resolves to the loss before the last update.
 */
export async function create({ picture, mask, size }) {
  if (!worker) await start();
  await ask({ LoadPicture: { slot: 0, name: "picture", address: picture } }, (message) => message.Picture);
  if (mask) {
    const request = { LoadMask: { slot: SLOT, name: "mask", address: mask, sha256: null, returns: false, recipe: null } };
    await ask(request, (message) => message.Mask);
  }
  runs += 1;
  const run = runs;
  const job = { Fit: { mask: mask ? SLOT : null } };
  const setup = { framing: "Crop", size, sigma: 0.1, noise_seed: 0, init_seed: 0, levels: 6 };
  await ask({ Create: { run, picture: 0, job, steps: 2000, setup, resumes: false, watched: false } }, (message) => message.Created?.run === run);
  let loss = Number.NaN;
  return async (steps) => {
    await ask({ Step: { run, steps } }, (message) => {
      if (message.Progress?.run === run) loss = message.Progress.points.at(-1)?.loss ?? loss;
      return message.State?.run === run && message.State.state === "Paused";
    });
    return loss;
  };
}
