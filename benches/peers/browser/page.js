// In the page: every peer and our engine, each asked by the driver for one window of steps at a time.

import { create as jax } from "./jax.js";
import { startOf } from "./network.js";
import { create as ours } from "./ours.js";
import { create as tfjs } from "./tfjs.js";

const peers = { "jax-js": jax, "TensorFlow.js": tfjs };
const steppers = new Map();

/** Builds one way to train; the first step compiles. Resolves to the loss before any update, and the seconds it took. */
async function prepare(key, { who, state, lr, masked, picture, mask, size }) {
  const create = async () => {
    if (who === "ours") return ours({ picture, mask, size });
    const response = await fetch(state);
    return peers[who](startOf(await response.arrayBuffer()), { lr, masked });
  };
  steppers.set(key, await create());
  return measure(key, 1);
}

/** Trains `steps` steps. Resolves to seconds a step, and to the loss before the last update. */
async function measure(key, steps) {
  const begin = performance.now();
  const loss = await steppers.get(key)(steps);
  return { seconds: (performance.now() - begin) / 1000 / steps, loss };
}

window.peers = { prepare, measure };
