// The training step in TensorFlow.js on WebGPU: channels last, variables, `minimize` with its own Adam.
//
// `tf.mirrorPad` is what its users reach for. Its gradient slices the padding off instead of adding it back, so only the
// loss at step 0 can be compared. That costs TensorFlow.js no time.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { ADAM, keptOf } from "./network.js";

/** [1, C, H, W] to [1, H, W, C]. */
const channelsLast = ({ shape, data }) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [0, 2, 3, 1]));

function apply(layers, v, input) {
  let x = input;
  for (const { op, name, size, pool } of layers) {
    if (op === "conv") {
      const pad = (size - 1) / 2;
      if (pad > 0) x = tf.mirrorPad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]], "reflect");
      x = tf.add(tf.conv2d(x, v.get(`${name}.weight`), 1, "valid"), v.get(`${name}.bias`));
      if (pool) x = tf.avgPool(x, 2, 2, "valid");
    } else if (op === "norm") {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      x = tf.batchNorm(x, mean, variance, v.get(`${name}.bias`), v.get(`${name}.weight`), 1e-5);
    } else if (op === "activate") {
      x = tf.leakyRelu(x, 0.2);
    } else {
      const [, height, width] = x.shape;
      x = tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
    }
  }
  return tf.sigmoid(x);
}

/** @returns {Promise<(steps: number) => Promise<number>>} trains, and resolves to the loss before the last update. */
export async function create({ input, noisy, parameters, layers }, { lr, masked }) {
  await tf.setBackend("webgpu");
  await tf.ready();
  const variables = new Map();
  const kept = new Map();
  for (const [name, { shape, data }] of parameters) {
    const place = (values) =>
      tf.tidy(() => (shape.length === 4 ? tf.transpose(tf.tensor(values, shape), [2, 3, 1, 0]) : tf.tensor(values, shape)));
    const value = place(data);
    variables.set(name, tf.variable(value));
    if (masked) kept.set(name, place(keptOf(data)));
  }
  const [z, target] = [input, noisy].map(channelsLast);
  const adam = tf.train.adam(lr, ADAM.beta1, ADAM.beta2, ADAM.eps);
  const loss = () => tf.mean(tf.squaredDifference(apply(layers, variables, z), target));
  const step = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      // Gradients stand under names that TensorFlow.js gave.
      for (const [name, keep] of kept) {
        const own = variables.get(name).name;
        grads[own] = tf.mul(grads[own], keep);
      }
      adam.applyGradients(grads);
      return value;
    });
  return async (steps) => {
    let last;
    for (let i = 0; i < steps; i += 1) {
      last?.dispose();
      last = step();
    }
    const [value] = await last.data();
    last.dispose();
    return value;
  };
}
