#!/usr/bin/env python3
"""Compares settings of the fast mask learner: a table of means and standard deviations over pictures and seeds.

    cargo build --release
    python3 scripts/compare-learners.py --out target/learners                    # 512x512, for a GPU
    python3 scripts/compare-learners.py --out target/learners-small --size 192 --seeds 0 --keep 0.05 \\
        --variants default,faster --pictures chelsea.png               # minutes to hours without one

Each mask is learned on a picture and judged by the picture that masking alone draws (a fit of no steps with the mask's own
network), by the returned picture of a fit to the next picture of the list with a fresh network, and by whether it
collapsed. What is already in the output folder is not computed again. Needs no package.
"""

import argparse
import json
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "static" / "samples"
VARIANTS = {
    "default": [],
    "faster": ["--lr", "0.4", "--pull", "0.004"],
    "tau-0.1": ["--tau", "0.1"],
    "tau-0.5": ["--tau", "0.5"],
    "lr-0.1": ["--lr", "0.1", "--pull", "0.001"],
    "lr-0.4": ["--lr", "0.4"],
    "pull-0.004": ["--pull", "0.004"],
    "from-preset": ["--start-from", "chelsea"],
    "paper": ["--learner", "paper"],
}


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--out", type=Path, required=True, help="folder of the masks, reports and results")
    add("--oes", default=str(ROOT / "target" / "release" / "oes"), help="the program")
    add("--device", default="", help="options that choose the device, such as --cpu")
    add("--fit-device", default="", help="the same for the fits")
    add("--size", type=int, default=512, help="side of the centre crop")
    add("--steps", default="300,600,1000", help="updates of mask learning, each a row; ascending, as each goes on from the one before")
    add("--fit-steps", type=int, default=2000, help="updates of the fit that follows; 0 leaves it out")
    add("--seeds", default="0,1", help="draw the network, the noise and the mask's samples")
    add("--keep", default="0.02,0.05,0.1,0.2")
    add("--variants", default="default,faster,from-preset,tau-0.1,tau-0.5,lr-0.1,lr-0.4,pull-0.004")
    add("--pictures", default="astronaut.jpg,retina.png,camera.png", help="samples or files; the fit takes the next one")
    return parser.parse_args()


def picture(name):
    return name if Path(name).exists() else str(SAMPLES / name)


def call(args, command, report, rest, device):
    """The report of a run, which is computed unless it is there. A dead mask has no report."""
    if not report.exists():
        common = ["--crop", str(args.size), "--report", str(report), *device.split()]
        done = subprocess.run([args.oes, command, *rest, *common], check=False)
        if done.returncode == 5:
            return None
        done.check_returncode()
    return json.loads(report.read_text())


def judge(args, variant, name, other, keep, seed, steps):
    """One mask: (dB by masking alone, dB of the fit that follows), each None where the mask is dead."""
    run = f"{variant}-{Path(name).stem}-{keep}-{seed}"
    checkpoint = args.out / f"{run}.checkpoint"
    file = {what: args.out / f"{run}-{steps}.{what}" for what in ("safetensors", "learn.json", "alone.json", "fit.json")}
    mask = str(file["safetensors"])
    seeds = ["--init-seed", str(seed), "--noise-seed", str(seed)]
    learn = [picture(name), "--keep", str(keep), "--steps", str(steps), "--seed", str(seed), "--mask-out", mask]
    learn += [*seeds, *VARIANTS[variant], "--checkpoint", str(checkpoint)]
    if checkpoint.exists():
        learn += ["--resume", str(checkpoint)]
    call(args, "learn", file["learn.json"], learn, args.device)
    alone = [picture(name), "--mask", mask, "--steps", "1", "--return", "last", *seeds]
    report = call(args, "fit", file["alone.json"], alone, args.fit_device)
    if report is None:
        return None, None
    by_masking = report["curve"][0]["psnr"]
    if args.fit_steps == 0:
        return by_masking, None
    fresh = ["--init-seed", str(seed + 100), "--noise-seed", str(seed)]
    fit = [picture(other), "--mask", mask, "--steps", str(args.fit_steps), "--return", "ema", *fresh]
    report = call(args, "fit", file["fit.json"], fit, args.fit_device)
    return by_masking, report["curve"][-1]["psnr_ema"]


def cell(values):
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread}"


def main():
    args = options()
    args.out.mkdir(parents=True, exist_ok=True)
    pictures = args.pictures.split(",")
    rows = ["| keep | steps | variant | by masking alone | the fit that follows | collapsed |", "|---|---|---|---|---|---|"]
    for keep in args.keep.split(","):
        for steps in args.steps.split(","):
            for variant in args.variants.split(","):
                found = [
                    judge(args, variant, name, pictures[(i + 1) % len(pictures)], float(keep), int(seed), int(steps))
                    for i, name in enumerate(pictures)
                    for seed in args.seeds.split(",")
                ]
                dead = sum(alone is None for alone, _ in found)
                alone, fits = ([pair[i] for pair in found] for i in (0, 1))
                rows.append(f"| {keep} | {steps} | {variant} | {cell(alone)} | {cell(fits)} | {dead} of {len(found)} |")
                print(rows[-1], flush=True)
    (args.out / "table.md").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
