"""Our native engine beside PyTorch on the same machine, windows of both in turn. Called by ./run, which installs PyTorch.

    python native.py --device cpu --size 192                      # lavapipe or the CPU engine, beside PyTorch's CPU kernels
    python native.py --device cuda --size 512 --adapter nvidia    # wgpu beside CUDA: eager and compiled, TF32 and not

A round is one call of `oes bench` with one window of each path (after its own warm-up), then one window of each PyTorch
variant and kind. Ratios are medians over the rounds. On a busy machine set OMP_WAIT_POLICY=PASSIVE: PyTorch's threads otherwise
spin while they wait.
"""

import argparse
import json
import platform
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile

import torch

import pytorch

ROOT = Path(__file__).resolve().parents[2]
# Our path for each kind of step.
PATHS = {"dense": "rewritten", "sparse": "sparse", "learn": "learn"}


def ours(args):
    """One call of `oes bench`: its report."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        paths = ",".join(PATHS[kind] for kind in args.kinds)
        line = [args.oes, "bench", "--size", str(args.size), "--windows", "1", "--path", paths, "--json", file.name]
        if args.mask:
            line += ["--mask", args.mask]
        line += ["--adapter", args.adapter] if args.adapter else ["--cpu"] if args.engine == "cpu" else []
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(file.name).read_text())


def steps_within(bench, seconds):
    """Warms up, and returns how many steps a window of `seconds` has."""
    for _ in range(3):
        each = bench.window(1)
    return max(1, min(200, int(seconds / each)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="PyTorch's")
    parser.add_argument("--engine", choices=["gpu", "cpu"], default="gpu", help="ours: an adapter, or the CPU engine")
    parser.add_argument("--adapter", help="ours, as `oes bench --adapter` has it")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--mask", help="a mask of ours for the sparse step (default: the first preset)")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(pytorch.KINDS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window", type=float, default=0.5, help="seconds of a window of PyTorch's")
    parser.add_argument("--compile", action="store_true", help="torch.compile too (always on cuda)")
    parser.add_argument("--threads", type=int, help="PyTorch's on the CPU")
    parser.add_argument("--oes", default=str(ROOT / "target" / "release" / "oes"))
    parser.add_argument("--json", type=Path, default=ROOT / "target" / "peers" / "native.json")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("native.py: PyTorch finds no CUDA device here")
    if args.threads:
        torch.set_num_threads(args.threads)

    compiled = args.compile or args.device == "cuda"
    peers = []
    for variant in pytorch.variants(args.device, compiled):
        for kind in args.kinds:
            bench = pytorch.Bench(kind, args.size, args.device, variant)
            steps = steps_within(bench, args.window)
            peers.append({"kind": kind, "variant": variant.name(), "bench": bench, "steps": steps, "windows": []})
            print(f"PyTorch {kind}, {variant.name()}: warm", file=sys.stderr)

    mine = {kind: {"path": PATHS[kind], "windows": []} for kind in args.kinds}
    report = {}
    for number in range(1, args.rounds + 1):
        report = ours(args)
        for run in report["runs"]:
            kind = next(kind for kind in args.kinds if PATHS[kind] == run["path"])
            mine[kind]["windows"].append(run["median_ms"] / 1e3)
            mine[kind]["mask"] = run["mask"]
        for peer in peers:
            peer["windows"].append(peer["bench"].window(peer["steps"]))
        print(f"round {number} of {args.rounds}", file=sys.stderr)

    device = torch.cuda.get_device_name() if args.device == "cuda" else torch.backends.cpu.get_cpu_capability()
    print(f"{report['adapter']['name']} beside PyTorch {torch.__version__} on {args.device} ({device}), "
          f"{args.size}x{args.size}, {args.rounds} rounds")
    for kind in args.kinds:
        own = mine[kind]
        own["seconds_per_step"] = statistics.median(own["windows"])
        print(f"{kind:7} ours ({own['path']}): {own['seconds_per_step']:.4f} s/step")
        for peer in (peer for peer in peers if peer["kind"] == kind):
            peer["seconds_per_step"] = statistics.median(peer["windows"])
            peer["times_ours"] = statistics.median(t / o for t, o in zip(peer["windows"], own["windows"]))
            print(f"{kind:7} PyTorch, {peer['variant']}: {peer['seconds_per_step']:.4f} s/step, "
                  f"{peer['times_ours']:.2f} times ours")
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({
        "size": args.size, "rounds": args.rounds, "adapter": report["adapter"], "peak": report["peak"], "ours": mine,
        "peer": {"name": "PyTorch", "version": torch.__version__, "device": args.device, "processor": device,
                 "threads": torch.get_num_threads(), "machine": platform.machine()},
        "runs": [{key: value for key, value in peer.items() if key != "bench"} for peer in peers],
    }, indent=1) + "\n")


if __name__ == "__main__":
    main()
