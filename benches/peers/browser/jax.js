// The training step in jax-js on WebGPU: the whole step, Adam included, as one jitted function of trees of arrays.
//
// There is no `reflect` mode in its `np.pad`, so the padding is made of slices. Every use of an array but the last takes a
// `.ref`, as jax-js counts references.

import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { ADAM, keptOf } from "./network.js";

/** Reflects axis `axis` of [1, C, H, W] by `pad` on both sides. */
function reflectAxis(x, axis, pad) {
  const last = x.shape[axis] - 1;
  const line = (i) => x.ref.slice(...Array(axis).fill([]), [i, i + 1]);
  const before = Array.from({ length: pad }, (_, i) => line(pad - i));
  const after = Array.from({ length: pad }, (_, i) => line(last - 1 - i));
  return np.concatenate([...before, x, ...after], axis);
}

function convolve(x, weight, bias, pad) {
  const padded = pad > 0 ? reflectAxis(reflectAxis(x, 2, pad), 3, pad) : x;
  return lax.conv(padded, weight, [1, 1], "VALID").add(bias.reshape([1, -1, 1, 1]));
}

function averagePool(x) {
  const [n, c, h, w] = x.shape;
  return x.reshape([n, c, h / 2, 2, w / 2, 2]).mean([3, 5]);
}

/** Batch normalisation with the batch's own statistics. */
function normalise(x, gamma, beta) {
  const axes = [0, 2, 3];
  const centred = x.ref.sub(x.mean(axes, { keepdims: true }));
  const variance = np.square(centred.ref).mean(axes, { keepdims: true });
  const scale = gamma.reshape([1, -1, 1, 1]).div(np.sqrt(variance.add(1e-5)));
  return centred.mul(scale).add(beta.reshape([1, -1, 1, 1]));
}

function upsample(x) {
  const [n, c, h, w] = x.shape;
  return np.broadcastTo(x.reshape([n, c, h, 1, w, 1]), [n, c, h, 2, w, 2]).reshape([n, c, 2 * h, 2 * w]);
}

function apply(layers, p, input) {
  let x = input;
  for (const { op, name, size, pool } of layers) {
    if (op === "conv") {
      x = convolve(x, p[`${name}.weight`], p[`${name}.bias`], (size - 1) / 2);
      if (pool) x = averagePool(x);
    } else if (op === "norm") {
      x = normalise(x, p[`${name}.weight`], p[`${name}.bias`]);
    } else if (op === "activate") {
      x = nn.leakyRelu(x, 0.2);
    } else {
      x = upsample(x);
    }
  }
  return nn.sigmoid(x);
}

/** @returns {Promise<(steps: number) => Promise<number>>} trains, and resolves to the loss before the last update. */
export async function create({ input, noisy, parameters, layers }, { lr, masked }) {
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error(`jax-js has no WebGPU here, only ${devices.join(", ")}`);
  defaultDevice("webgpu");
  const place = ({ shape, data }) => np.array(data, { shape });
  const entries = (value) => Object.fromEntries([...parameters].map(([name, tensor]) => [name, value(tensor)]));
  let p = entries(place);
  let m = entries(({ shape }) => np.zeros(shape));
  let v = entries(({ shape }) => np.zeros(shape));
  const kept = masked ? entries(({ shape, data }) => place({ shape, data: keptOf(data) })) : {};
  const [z, target] = [input, noisy].map(place);

  const loss = (p, z, target) => np.square(apply(layers, p, z).sub(target)).mean();
  const update = jit((p, m, v, kept, z, target, rate, scale) => {
    let [value, g] = valueAndGrad(loss)(tree.ref(p), z, target);
    if (masked) g = tree.map((g, k) => g.mul(k), g, kept);
    const m1 = tree.map((m, g) => m.mul(ADAM.beta1).add(g.mul(1 - ADAM.beta1)), m, tree.ref(g));
    const v1 = tree.map((v, g) => v.mul(ADAM.beta2).add(np.square(g).mul(1 - ADAM.beta2)), v, g);
    const p1 = tree.map(
      (p, m, v) => p.sub(m.mul(rate.ref).div(np.sqrt(v.mul(scale.ref)).add(ADAM.eps))),
      p,
      tree.ref(m1),
      tree.ref(v1),
    );
    rate.dispose();
    scale.dispose();
    return [value, p1, m1, v1];
  });

  let t = 0;
  const step = () => {
    t += 1;
    const rate = np.array(lr / (1 - ADAM.beta1 ** t));
    const scale = np.array(1 / (1 - ADAM.beta2 ** t));
    let value;
    [value, p, m, v] = update(p, m, v, tree.ref(kept), z.ref, target.ref, rate, scale);
    return value;
  };
  return async (steps) => {
    let last;
    for (let i = 0; i < steps; i += 1) {
      last?.dispose();
      last = step();
    }
    const [value] = await last.data();
    return value;
  };
}
