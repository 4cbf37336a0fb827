"""Seconds a training step takes in PyTorch on the CPU, beside which ours are measured.

    python pytorch_cpu.py --size 192 --threads 2 > pytorch_cpu.json

Needs torch and numpy (and a C++ compiler for --compile). The network is the authors' hourglass at
full width, float32, batch of one. Three kinds of step: dense DIP; the sparse fit (masked weights
are 0 and their gradients masked: PyTorch computes the dense network); mask learning with the
paper's learner. Each is timed in the memory layouts asked for, as windows of whole steps after a
warm-up; the median over the windows is reported, and the fastest layout counts.
"""

import argparse
import json
import platform
from pathlib import Path
import statistics
import sys
import time

import torch
from torch.func import functional_call

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
import oes_torch as oes  # noqa: E402  (found through the line above)


class Bench:
    """One network and its data in one memory layout."""

    def __init__(self, size, channels_last, compiled):
        generator = torch.Generator().manual_seed(0)
        self.net = oes.hourglass()
        theta = oes.init(self.net, generator)
        with torch.no_grad():
            for name, p in self.net.named_parameters():
                p.copy_(theta[name])
        self.z = 0.1 * torch.rand(1, oes.Z_CHANNELS, size, size, generator=generator)
        self.noisy = torch.rand(1, 3, size, size, generator=generator)
        self.keep = torch.rand(oes.flatten(theta).numel(), generator=generator) < 0.05
        if channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
            self.z = self.z.contiguous(memory_format=torch.channels_last)
        self.run = torch.compile(self.net) if compiled else self.net

    def dense(self):
        adam = torch.optim.Adam(self.net.parameters(), lr=1e-3, fused=True)

        def step():
            adam.zero_grad(set_to_none=True)
            oes.picture_loss(self.run(self.z), self.noisy).backward()
            adam.step()

        return step

    def sparse(self):
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

    def learn(self):
        theta = {n: p.detach().clone() for n, p in self.net.named_parameters()}
        logits = torch.zeros(self.keep.numel(), requires_grad=True)
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


def seconds_per_step(step, windows, steps, warm_up):
    """The median over `windows` of the mean step time of `steps` steps, and every window's."""
    for _ in range(warm_up):
        step()
    times = []
    for _ in range(windows):
        begin = time.perf_counter()
        for _ in range(steps):
            step()
        times.append((time.perf_counter() - begin) / steps)
    return statistics.median(times), times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=192, help="the picture is SIZE x SIZE (default 192)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--windows", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3, help="steps a window")
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--compile", action="store_true", help="also time torch.compile")
    parser.add_argument("--only", choices=["dense", "sparse", "learn"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    runs = []
    for compiled in ([False, True] if args.compile else [False]):
        for channels_last in (False, True):
            for kind in ([args.only] if args.only else ["dense", "sparse", "learn"]):
                torch.manual_seed(0)
                step = getattr(Bench(args.size, channels_last, compiled), kind)()
                median, times = seconds_per_step(step, args.windows, args.steps, args.warm_up)
                runs.append({"kind": kind, "channels_last": channels_last, "compiled": compiled,
                             "seconds_per_step": median, "windows": times})
                print(f"{kind:7} channels_last={channels_last} compiled={compiled}: {median:.3f} s",
                      file=sys.stderr)
    best = {}
    for run in runs:
        best[run["kind"]] = min(best.get(run["kind"], float("inf")), run["seconds_per_step"])
    print(json.dumps({
        "peer": "PyTorch", "version": torch.__version__, "device": "cpu", "threads": args.threads,
        "machine": platform.machine(), "size": args.size, "dtype": "float32",
        "capability": torch.backends.cpu.get_cpu_capability(), "seconds_per_step": best, "runs": runs,
    }, indent=1))


if __name__ == "__main__":
    main()
