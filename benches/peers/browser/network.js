// The authors' hourglass as a list of layers, and its weights from a state file of `oes`, for the peers to build on.

/**
 * The layers of a hourglass in the order of execution, with PyTorch's parameter names.
 * @param {number} levels
 */
export function layers(levels) {
  const list = [];
  const conv = (name, size, pool = false) => list.push({ op: "conv", name, size, pool });
  const norm = (name) => list.push({ op: "norm", name });
  const activate = () => list.push({ op: "activate" });
  const level = (i, prefix) => {
    const inner = `${prefix}1.`;
    conv(`${inner}1.1`, 5, true);
    norm(`${inner}2`);
    activate();
    conv(`${inner}4.1`, 5);
    norm(`${inner}5`);
    activate();
    if (i + 1 < levels) level(i + 1, `${inner}7.`);
    list.push({ op: "upsample" });
    norm(`${prefix}2`);
    conv(`${prefix}3.1`, 3);
    norm(`${prefix}4`);
    activate();
  };
  level(0, "");
  conv("6.1", 1);
  return list;
}

/** The float32 tensors of a safetensors file, by name: {shape, data}. */
export function tensorsOf(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    if (name === "__metadata__" || dtype !== "F32") continue;
    tensors.set(name, { shape, data: new Float32Array(buffer.slice(8 + length + from, 8 + length + to)) });
  }
  return tensors;
}

/** What a peer starts from: the network's parameters, its input and the picture that it is fitted to. */
export function startOf(buffer) {
  const tensors = tensorsOf(buffer);
  const [input, noisy] = ["z", "noisy"].map((name) => tensors.get(name));
  const parameters = new Map([...tensors].filter(([name]) => /^[\d.]+\.(weight|bias)$/.test(name)));
  const levels = [...parameters.keys()].filter((name) => name.endsWith("1.1.1.weight")).length;
  return { input, noisy, parameters, layers: layers(levels) };
}

/** 1 where a parameter is kept, 0 where the mask left it out: in a masked start those are exactly 0. */
export function keptOf(data) {
  return data.map((value) => (value === 0 ? 0 : 1));
}

/** Adam's constants, as PyTorch has them. */
export const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
