r"""What classical denoisers reach on the noisy pictures that `oes fit` makes: CBM3D and non-local means.

    python denoisers.py --oes target/release/oes --work target/peers/denoisers

Lets `oes fit` write the noisy picture (the middle `--size` pixels, clipped noise of standard deviation `--sigma`), and gives
it to BM3D of the package `bm3d` in its authors' colour form, and to scikit-image's non-local means (patches of 5x5 within
13x13, h = 0.8 sigma, both told the sigma). PSNR in dB as `oes` measures it, but of outputs clipped to [0, 1]; means over the noise
seeds, a table in Markdown.

Needs numpy, pillow, safetensors, bm3d, scikit-image; `benches/peers/run denoisers` installs them.
"""

import argparse
import json
from pathlib import Path
import subprocess

import bm3d
import numpy as np
from PIL import Image
from safetensors.numpy import load_file
from skimage.restoration import denoise_nl_means

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ["camera.png", "coffee.png", "astronaut.jpg", "chelsea.png", "retina.png", "rocket.png"]


def psnr(a, b):
    return -10 * np.log10(np.mean((a - b) ** 2))


def middle(path, size):
    """The picture's middle, as `oes` crops it: float [height, width, 3] in [0, 1]."""
    picture = np.asarray(Image.open(path).convert("RGB"), np.float64) / 255
    y, x = ((side - size) // 2 for side in picture.shape[:2])
    return picture[y : y + size, x : x + size]


def noisy(args, path, seed):
    """(noisy, clean) as `oes fit` has them, which its report's first PSNR confirms."""
    state, report = args.work / "state.safetensors", args.work / "report.json"
    subprocess.run(
        [args.oes.resolve(), "fit", path, "--crop", str(args.size), "--sigma", str(args.sigma), "--noise-seed", str(seed), "--dense",
         "--cpu", "--steps", "0", "--return", "last", "--state-out", state, "--report", report],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    tensors = load_file(state)
    clean = middle(path, args.size)
    planes = {name: tensors[name][0].transpose(1, 2, 0).astype(np.float64) for name in ("noisy", "output")}
    first = json.loads(report.read_text())["curve"][0]["psnr"]
    if abs(psnr(planes["output"], clean) - first) > 1e-3:
        raise SystemExit(f"{path}: the crop here is not that of oes")
    return planes["noisy"], clean


def denoised(picture, sigma):
    nl_means = denoise_nl_means(picture, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, fast_mode=True, channel_axis=-1)
    return {"non-local means": nl_means, "CBM3D": bm3d.bm3d_rgb(picture, sigma)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--oes", type=Path, default=ROOT / "target" / "release" / "oes")
    add("--work", type=Path, required=True, help="folder for what oes writes")
    add("--pictures", nargs="*", type=Path, default=[ROOT / "static" / "samples" / name for name in SAMPLES])
    add("--size", type=int, default=192)
    add("--sigma", type=float, default=0.1)
    add("--seeds", nargs="*", type=int, default=[0, 1])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    print("| picture | noisy | non-local means | CBM3D |\n|---|---|---|---|")
    for path in args.pictures:
        found = []
        for seed in args.seeds:
            picture, clean = noisy(args, path, seed)
            results = {"noisy": picture, **denoised(picture, args.sigma)}
            found.append([psnr(np.clip(result, 0, 1), clean) for result in results.values()])
        print(f"| {path.stem} | " + " | ".join(f"{value:.2f}" for value in np.mean(found, axis=0)) + " |", flush=True)


if __name__ == "__main__":
    main()
