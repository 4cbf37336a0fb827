"""What the comparison with PyTorch starts from: parameters, z, pictures, a mask's bits, uniforms."""

import struct
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
import oes_torch as oes  # noqa: E402  (found through the line above)


def read_mask(path, n):
    """The bits of a mask as the authors store it, without executing the pickle: n bytes after the
    storage's little-endian count."""
    data = Path(path).read_bytes()
    at = data.rfind(struct.pack("<q", n), 0, len(data) - n)
    if at < 0:
        raise SystemExit(f"{path}: no storage of {n} entries")
    bits = np.frombuffer(data, np.uint8, n, at + 8)
    if bits.max() > 1:
        raise SystemExit(f"{path}: the entries are not bits")
    return torch.from_numpy(bits.astype(bool))


def away_from_kinks(net, theta, z, keep=None):
    """(theta, keep) with small betas that put the kink of every LeakyReLU (below 0.1 in size) in the
    middle of the widest gap between the channel's activations; with a mask the betas of its live channels
    are kept as well.

    With gamma 1 and beta 0 some of the millions of activations always lie within float32's rounding of
    0. There the slope is a matter of luck, and the gradients of the deep layers, with few pixels, differ by
    percents between any two float32 computations. The gap removes that from the first step.
    """
    theta = OrderedDict(theta)
    kept = None if keep is None else oes.unflatten(keep.clone(), theta)
    weights = oes.cast(theta if keep is None else {n: t * kept[n] for n, t in theta.items()}, torch.float64)
    idle = oes.without_gradient(net)

    def shifted(path, out):
        beta = torch.zeros(out.shape[1])
        for c in range(out.shape[1]):
            v = out[0, c].reshape(-1)
            if v.std() < 1e-3:
                continue
            v = torch.cat([v[v.abs() < 0.1], torch.tensor([-0.1, 0.1], dtype=v.dtype)]).sort().values
            at = torch.argmax(v[1:] - v[:-1])
            beta[c] = -((v[at] + v[at + 1]) / 2).float()
        theta[f"{path}.bias"] = beta
        if kept is not None:
            kept[f"{path}.bias"] |= beta != 0
        return out + beta.double()[None, :, None, None]

    # A BN right after an upsample has no activation of its own: its beta has no effect.
    norms = [(path, m) for path, m in oes.ordered(net)
             if isinstance(m, torch.nn.BatchNorm2d) and f"{path}.bias" not in idle]
    hooks = [m.register_forward_hook(lambda m, x, out, path=path: shifted(path, out)) for path, m in norms]
    with torch.no_grad():
        oes.forward(net.double(), weights, z.double())
    for hook in hooks:
        hook.remove()
    return theta, None if kept is None else oes.flatten(kept)


class Inputs:
    """Everything a run starts from, in float32."""

    def __init__(self, args, steps, masked=False, gaps=False):
        generator = torch.Generator().manual_seed(args.seed)
        self.net = oes.hourglass()
        self.theta = oes.init(self.net, generator)
        self.idle = set(oes.without_gradient(self.net))
        # BN gammas in front of an upsample: nearly scale-free, the gradient is rounding-bound.
        self.scale_free = oes.scale_free(self.net)
        size = args.size
        self.z = 0.1 * torch.rand(1, oes.Z_CHANNELS, size, size, generator=generator)
        n = sum(t.numel() for t in self.theta.values())
        self.keep = read_mask(args.mask, n) if masked else None
        if gaps:
            self.theta, self.keep = away_from_kinks(self.net, self.theta, self.z, self.keep)
        self.mask = args.work / "mask.npy"
        if masked:
            np.save(self.mask, self.keep.numpy())
        image = Image.open(args.picture).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
        self.image = args.work / f"picture{size}.png"
        image.save(self.image)
        self.clean = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        noise = 0.1 * torch.randn(self.clean.shape, generator=generator)
        self.noisy = (self.clean + noise).clamp(0, 1)
        words = torch.randint(0, 2 ** 23, (steps, n), generator=generator)
        self.uniforms = ((words.double() + 0.5) * 2.0 ** -23).float()

    def state(self):
        tensors = {**self.theta, "z": self.z, "noisy": self.noisy, "clean": self.clean}
        return {name: t.contiguous() for name, t in tensors.items()}
