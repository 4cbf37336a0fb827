"""A training step in PyTorch, for ./native.py: the authors' hourglass at full width, float32, batch of one.

Three kinds of step: `dense` DIP; the `sparse` fit (masked weights are 0 and their gradients masked: PyTorch computes the
dense network); `learn`, mask learning with the paper's learner. A variant is how a user would run them: the memory
layout, eager or compiled, on a GPU with TF32 or without.
"""

from dataclasses import dataclass
from pathlib import Path
import sys
import time

import torch
from torch.func import functional_call

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
import oes_torch as oes  # noqa: E402  (found through the line above)

KINDS = ("dense", "sparse", "learn")


@dataclass(frozen=True)
class Variant:
    channels_last: bool = False
    compiled: bool = False
    # None on the CPU.
    tf32: bool | None = None

    def name(self):
        words = ["compiled" if self.compiled else "eager", "channels last" if self.channels_last else "channels first"]
        if self.tf32 is not None:
            words.append("TF32" if self.tf32 else "float32")
        return ", ".join(words)


def variants(device, compiled):
    """All that a user would try on this device."""
    return [Variant(last, done, tf32)
            for done in ((False, True) if compiled else (False,))
            for last in (False, True)
            for tf32 in ((False, True) if device == "cuda" else (None,))]


class Bench:
    """One network and its data, ready to step."""

    def __init__(self, kind, size, device, variant):
        torch.manual_seed(0)
        self.device, self.variant = torch.device(device), variant
        generator = torch.Generator().manual_seed(0)
        self.net = oes.hourglass()
        theta = oes.init(self.net, generator)
        with torch.no_grad():
            for name, p in self.net.named_parameters():
                p.copy_(theta[name])
        self.net = self.net.to(self.device)
        self.z = (0.1 * torch.rand(1, oes.Z_CHANNELS, size, size, generator=generator)).to(self.device)
        self.noisy = torch.rand(1, 3, size, size, generator=generator).to(self.device)
        self.keep = (torch.rand(oes.flatten(theta).numel(), generator=generator) < 0.05).to(self.device)
        if variant.channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
            self.z = self.z.contiguous(memory_format=torch.channels_last)
        # On a GPU the launches of so small a batch weigh more than the arithmetic: CUDA graphs take them away.
        mode = "reduce-overhead" if self.device.type == "cuda" else None
        self.run = torch.compile(self.net, mode=mode) if variant.compiled else self.net
        self.step = getattr(self, f"_{kind}")()

    def _dense(self):
        adam = torch.optim.Adam(self.net.parameters(), lr=1e-3, fused=True)

        def step():
            adam.zero_grad(set_to_none=True)
            oes.picture_loss(self.run(self.z), self.noisy).backward()
            adam.step()

        return step

    def _sparse(self):
        adam = torch.optim.Adam(self.net.parameters(), lr=1e-2, fused=True)
        parameters = dict(self.net.named_parameters())
        masks = [m.to(torch.float32) for m in oes.unflatten(self.keep, parameters).values()]
        with torch.no_grad():
            torch._foreach_mul_(list(parameters.values()), masks)

        def step():
            adam.zero_grad(set_to_none=True)
            oes.picture_loss(self.run(self.z), self.noisy).backward()
            torch._foreach_mul_([p.grad for p in parameters.values()], masks)
            adam.step()

        return step

    def _learn(self):
        theta = {n: p.detach().clone() for n, p in self.net.named_parameters()}
        logits = torch.zeros(self.keep.numel(), requires_grad=True, device=self.device)
        adam = torch.optim.Adam([logits], lr=1e-2, fused=True)
        tiny = torch.finfo(torch.float32).tiny

        def step():
            adam.zero_grad(set_to_none=True)
            u = torch.rand_like(logits).clamp_min_(tiny)
            mask = oes.unflatten(oes.sample(logits, u), theta)
            output = functional_call(self.run, {n: t * mask[n] for n, t in theta.items()}, (self.z,))
            (oes.picture_loss(output, self.noisy) + oes.kl_term(logits, 0.05)).backward()
            adam.step()

        return step

    def window(self, steps):
        """Seconds a step over `steps` of them, until the device is done."""
        if self.variant.tf32 is not None:
            torch.backends.cuda.matmul.allow_tf32 = self.variant.tf32
            torch.backends.cudnn.allow_tf32 = self.variant.tf32
            torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(steps):
            self.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return (time.perf_counter() - begin) / steps
