r"""Masks of `oes prune` against PyTorch on the real six-level network.

    python compare_pruning.py --oes target/release/oes --picture photo.png --work compare -- --cpu

Lets `oes fit` write theta_in, z and the noisy picture, `oes prune` the masks of SNIP, GraSP and SynFlow at keep 0.05 over
the whole network, and computes the same masks in float64 PyTorch (the 100 rounds of SynFlow take some minutes). Prints in
how many of the kept weights the two differ. What follows `--` goes to the calls of `oes` that train: `oes fit` and SNIP.

Needs torch, numpy, safetensors. The exit status says whether GraSP and SynFlow, both in float64, agree in every weight; SNIP
takes the engine's float32 gradient, so weights at the threshold may change sides.
"""

import argparse
from collections import OrderedDict
from pathlib import Path
import subprocess
import sys

import numpy as np
from safetensors.torch import load_file
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
import oes_torch as oes  # noqa: E402  (found through the line above)
import prune  # noqa: E402

KEEP = 0.05


def written_mask(path, n):
    """The flat bool [N] of a mask file."""
    packed = load_file(path)["keep"].numpy()
    return torch.from_numpy(np.unpackbits(packed, bitorder="little")[:n].astype(bool))


def pytorch_masks(state):
    """{method: flat bool [N]}."""
    net = oes.hourglass().double()
    theta = OrderedDict((name, state[name].double()) for name, _ in net.named_parameters())
    z, noisy = state["z"].double(), state["noisy"].double()
    flat, weights = oes.flatten(theta), prune.prunable(theta)
    everything = torch.ones_like(weights)
    gradient = oes.flatten(oes.data_gradient(net, theta, z, noisy)[2])
    curved = prune.product(net, theta, z, noisy, None, gradient * weights)
    scores = {"snip": (flat * gradient).abs(), "grasp": flat * curved}
    masks = {key: prune.select(theta, score, everything, "global", KEEP) for key, score in scores.items()}
    prune.KEEP = KEEP
    flow_net = prune.inference_form(oes.hourglass().double())
    masks["synflow"] = prune.synflow_mask(flow_net, theta, z.shape, "global")
    return masks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oes", required=True)
    parser.add_argument("--picture", required=True)
    parser.add_argument("--size", default="192")
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("extra", nargs="*")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    state = args.work / "state.safetensors"
    picture = [args.picture, "--crop", args.size]
    subprocess.run([args.oes, "fit", *picture, "--dense", "--steps", "0", "--state-out", state, *args.extra], check=True)
    agree = True
    for method, expected in pytorch_masks(load_file(state)).items():
        path = args.work / f"{method}.safetensors"
        extra = args.extra if method == "snip" else []
        options = ["--method", method, "--keep", str(KEEP), "--mask-out", path, *extra]
        subprocess.run([args.oes, "prune", *picture, *options], check=True)
        differ = int((written_mask(path, expected.numel()) & ~expected).sum())
        print(f"{method}: {differ} of {int(expected.sum())} kept parameters are others than PyTorch's", flush=True)
        agree &= method == "snip" or differ == 0
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
