r"""Accuracy of the `oes` binary against PyTorch on the real six-level network.

    python compare_pytorch.py --oes target/release/oes --picture lena.png --mask mask_pepper.pkl \
        --size 192 --work compare --markdown accuracy.md --json accuracy.json -- --adapter llvmpipe

Writes one `--state-in` file per case (parameters, z, noisy and clean picture; for `learn` the
uniforms), lets `oes fit` and `oes learn` run 0, 1, 5 and 20 steps from it, and compares what
`--state-out` and `--report` hold with float64 PyTorch. What follows `--` goes to `oes`.

The yardstick: loss, output and gradients of the first step agree with float64 PyTorch to 1e-4 of
each tensor's largest value; after 1, 5 and 20 steps the distance to float64, per tensor at median,
99th percentile and maximum, is at most 3 times that of float32 PyTorch (the largest of 12 runs that
differ in the order of additions only; the figure for the plain run alone is printed beside it).
Tensors without a gradient are left out. The picture and the mask are given by path and not kept.

`--self-test` compares one more float32 PyTorch run instead of the binary. On a busy machine set
OMP_WAIT_POLICY=PASSIVE: PyTorch's threads otherwise spin while they wait.
Needs torch, numpy, safetensors, pillow. The exit status says whether every figure is within bounds.
"""

import argparse
import json
import math
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "fixtures"))
import oes_torch as oes  # noqa: E402  (found through the line above)
import initial  # noqa: E402
import yardstick  # noqa: E402

STEPS = (1, 5, 20)
FIRST, LATER = 1e-4, 3.0
KEEP, FAST = 0.05, (0.2, 0.002)
FIGURES = ("median", "p99", "max")


# ----------------------------------------------------------------- our side


class Refused(Exception):
    """The binary ended with an error; the message has its last line."""


class Binary:
    """Runs `oes` from a state file and reads back what it wrote."""

    adapter = "oes"

    def __init__(self, args, inputs):
        self.oes, self.extra, self.work, self.inputs = args.oes, args.extra, args.work, inputs
        self.state = args.work / "state_in.safetensors"

    def run(self, command, steps, state, *options):
        out, report = self.work / "state_out.safetensors", self.work / "report.json"
        line = [self.oes, command, str(self.inputs.image), "--steps", str(steps), "--sigma", "0.1",
                "--state-in", str(state), "--state-out", str(out), "--report", str(report), *options, *self.extra]
        print(" ".join(line), file=sys.stderr)
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Refused(f"oes {command} exited {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
        return load_file(out), json.loads(report.read_text())

    def fit(self, lr):
        """{"loss", "output", "grad", "change<t>"} of ours."""
        options = ["--lr", str(lr), *(["--dense"] if self.inputs.keep is None else ["--mask", str(self.inputs.mask)])]
        save_file(self.inputs.state(), self.state)
        result = {}
        for steps in (0, *STEPS):
            state, report = self.run("fit", steps, self.state, *options)
            self.adapter = report["adapter"]["name"]
            if steps == 0:
                result["output"] = {"output": state["output"]}
                continue
            if steps == min(STEPS):
                result["loss"] = next(row["loss"] for row in report["curve"] if row["step"] == 0)
                result["grad"] = {n: state[f"grad.{n}"] for n in self.inputs.theta}
            start = self.inputs.theta
            if self.inputs.keep is not None:
                kept = oes.unflatten(self.inputs.keep, start)
                start = {n: t * kept[n] for n, t in start.items()}
                stray = [n for n in start if (state[n][~kept[n]] != 0).any()]
                if stray:
                    raise SystemExit(f"masked entries are not 0 in {', '.join(stray)}")
            idle = [n for n in self.inputs.idle if (state[n] != start[n]).any()]
            if idle:
                raise SystemExit(f"tensors without a gradient moved: {', '.join(sorted(idle))}")
            result[f"change{steps}"] = {n: state[n].double() - start[n].double() for n in start}
        return result

    def learn(self, learner):
        result, origin = {"refused": {}}, 0.0 if learner == "paper" else 2.0
        settings = [] if learner == "paper" else ["--lr", str(FAST[0]), "--pull", str(FAST[1])]
        for steps in STEPS:
            save_file({**self.inputs.state(), "uniforms": self.inputs.uniforms[:steps].contiguous()}, self.state)
            try:
                state, report = self.run("learn", steps, self.state, "--learner", learner, "--keep", str(KEEP),
                                         "--mask-out", str(self.work / "mask_out.safetensors"), *settings)
            except Refused as why:
                result["refused"][f"change{steps}"] = str(why)
                continue
            self.adapter = report["adapter"]["name"]
            if steps == min(STEPS):
                result["loss"] = next(row["loss"] for row in report["curve"] if row["step"] == 0)
                result["grad"] = {n: state[f"grad.{n}"] for n in self.inputs.theta}
            result[f"change{steps}"] = oes.unflatten(state["logits"].double() - origin, self.inputs.theta)
        return result


class SelfTest:
    """One more float32 PyTorch run in the binary's place, of a variant not in the yardstick."""

    adapter = "float32 PyTorch"
    variant = yardstick.Variant(flip=(2,), channels_last=True, onednn=False)

    def __init__(self, _args, inputs):
        self.inputs = inputs

    def fit(self, lr):
        i = self.inputs
        losses, run = yardstick.run_fit(i.net, i.theta, i.z, i.noisy, lr, i.keep, None,
                                        STEPS, torch.float32, self.variant)
        return {"loss": losses[0], **run}

    def learn(self, learner):
        i = self.inputs
        rows, run = yardstick.run_learn(i.net, i.theta, i.z, i.noisy, i.uniforms, KEEP,
                                        None if learner == "paper" else FAST, STEPS, torch.float32, self.variant)
        run["grad"] = with_kl(learner, run["grad"])
        return {"loss": first_loss(learner, rows), **run}


def first_loss(learner, rows):
    """What a curve shows at step 0: the paper's learner minimises data + KL, the fast one data."""
    return rows[0]["data"] + (rows[0]["kl"] if learner == "paper" else 0.0)


def with_kl(learner, gradients):
    """The gradient that a learner descends at its start: the paper's adds the KL term's at p = 0."""
    kl = -oes.KL * 0.25 * math.log(KEEP / (1 - KEEP)) if learner == "paper" else 0.0
    return {n: g + kl for n, g in gradients.items()}


# --------------------------------------------------------------- comparison


def compare_first(exact, ours, inputs, table, kinks):
    """Loss, output, gradients of the first step: rows of {what, tensor, error, bound}, relative to
    the largest value of the tensor. Where float32 PyTorch itself cannot be held to FIRST, 3 times its
    distance is the bound: scale-free gammas, and all tensors where activations may lie on `kinks`."""
    rows = [{"what": "loss", "tensor": "", "error": abs(ours["loss"] - exact["loss"]) / exact["loss"], "bound": FIRST}]
    for what in ("output", "grad"):
        for name, value in ours.get(what, {}).items():
            if name in inputs.idle:
                continue
            largest = exact[what][name].abs().max().item()
            error = (value.double() - exact[what][name].double()).abs().max().item()
            bound = FIRST * largest
            if kinks or name in inputs.scale_free:
                bound = max(bound, LATER * table["float32_worst"][what][name][2])
            if largest > 0:
                error, bound = error / largest, bound / largest
            rows.append({"what": what, "tensor": name, "error": error, "bound": bound})
    return rows


def compare_later(exact, ours, inputs, table, kept):
    """After t steps: rows of {what, tensor, figure, ours, plain, worst}."""
    rows = []
    for what in (f"change{t}" for t in STEPS if f"change{t}" in ours):
        for name, figures in yardstick.spreads(exact[what], ours[what], kept).items():
            if name in inputs.idle:
                continue
            plain, worst = (table[key][what][name] for key in ("float32", "float32_worst"))
            for i, figure in enumerate(FIGURES):
                rows.append({"what": what, "tensor": name, "figure": figure, "ours": figures[i],
                             "plain": plain[i], "worst": worst[i]})
    return rows


def ratio(a, b):
    """a / b, where nothing over nothing is 0."""
    return 0.0 if a == 0 else (a / b if b > 0 else float("inf"))


def reference(name, args, inputs, kept, lr):
    """PyTorch's half of a case: (curve, float64 quantities, table of the float32 distances). Kept in
    the work folder, since it does not depend on the binary."""
    path = args.work / f"reference_{name}_{args.size}_{args.seed}_{args.variants}.pt"
    if path.exists():
        return torch.load(path)
    fit = lr is not None
    if fit:
        run = yardstick.run_fit
        arguments = (inputs.net, inputs.theta, inputs.z, inputs.noisy, lr, inputs.keep, None, STEPS)
    else:
        run, fast = yardstick.run_learn, None if name == "paper" else FAST
        arguments = (inputs.net, inputs.theta, inputs.z, inputs.noisy, inputs.uniforms, KEEP, fast, STEPS)
    print(f"{name}: float64 PyTorch", file=sys.stderr)
    # Channels-last is the faster layout in float64.
    record, exact = run(*arguments, torch.float64, yardstick.Variant(channels_last=True))
    rough = []
    for number, variant in enumerate(yardstick.VARIANTS[:args.variants], 1):
        print(f"{name}: float32 PyTorch, variant {number}", file=sys.stderr)
        rough.append(yardstick.tables(exact, run(*arguments, torch.float32, variant)[1], kept))
    result = (record, exact, yardstick.summarise(rough))
    torch.save(result, path)
    return result


def case(name, args, inputs, ours_of, lr=None):
    """Runs one case on both sides and returns its entry for the report."""
    fit = lr is not None
    kept = None if inputs.keep is None else oes.unflatten(inputs.keep, inputs.theta)
    record, exact, table = reference(name, args, inputs, kept, lr)
    exact["loss"] = record[0] if fit else first_loss(name, record)
    if not fit:
        exact["grad"] = with_kl(name, exact["grad"])
    ours = ours_of()
    entry = {"case": name, "loss": exact["loss"], "first": compare_first(exact, ours, inputs, table, not fit),
             "later": compare_later(exact, ours, inputs, table, kept), "refused": ours.get("refused", {})}
    if not fit:
        mean = oes.flatten(OrderedDict(ours["change1"])).mean().item() + (0.0 if name == "paper" else 2.0)
        entry["check"] = {"kl": record[0]["kl"], "data_loss": record[0]["data"],
                          "mean_logit_after_1": record[0]["mean_logit_after"], "ours_mean_logit_after_1": mean}
    return entry


# ------------------------------------------------------------------- report


def summary(entry):
    """Markdown rows of one case, and whether all of it is within bounds."""
    lines, good = [], True
    for what in ("loss", "output", "grad"):
        rows = [r for r in entry["first"] if r["what"] == what]
        if not rows:
            continue
        over = [r for r in rows if not r["error"] <= r["bound"]]
        top = max(rows, key=lambda r: ratio(r["error"], r["bound"]))
        good &= not over
        lines.append(f"| {entry['case']} | first step: {what} | {len(rows)} | {top['error']:.2g} of the largest value "
                     f"(bound {top['bound']:.2g}) {top['tensor']} | {len(over)} |")
    for what in (f"change{t}" for t in STEPS):
        if what in entry["refused"]:
            good = False
            lines.append(f"| {entry['case']} | after {what[6:]} | 0 | {entry['refused'][what]} | not run |")
            continue
        rows = [r for r in entry["later"] if r["what"] == what]
        for figure in FIGURES:
            some = [r for r in rows if r["figure"] == figure]
            over = [r for r in some if ratio(r["ours"], r["worst"]) > LATER]
            single = sum(ratio(r["ours"], r["plain"]) > LATER for r in some)
            top = max(some, key=lambda r: ratio(r["ours"], r["worst"]))
            middle = [float(np.median([r[k] for r in some])) for k in ("ours", "plain")]
            good &= not over
            lines.append(
                f"| {entry['case']} | after {what[6:]}: {figure} | {len(some)} | ours {middle[0]:.2g}, float32 PyTorch "
                f"{middle[1]:.2g}; worst ratio {ratio(top['ours'], top['worst']):.2g} {top['tensor']} | "
                f"{len(over)} ({single} against one plain run) |")
    return lines, good


def check_values(entry):
    """Lines that hold the paper's learner against the measured values of the method."""
    c = entry["check"]
    expected = (("KL term at step 0", c["kl"], 0.0024975, 0.0024985),
                ("data loss at step 0", c["data_loss"], 0.060, 0.100),
                ("mean logit after step 1, PyTorch", c["mean_logit_after_1"], -5.5e-4, -4.5e-4),
                ("mean logit after step 1, ours", c["ours_mean_logit_after_1"], -5.5e-4, -4.5e-4))
    good = all(low <= value <= high for _, value, low, high in expected)
    return [f"- {what}: {value:.6g} (expected {low:g} to {high:g})" for what, value, low, high in expected], good


def main():
    argv = sys.argv[1:]
    extra = argv[argv.index("--") + 1:] if "--" in argv else []
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oes", help="the binary")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--picture", required=True)
    parser.add_argument("--mask", required=True, help="a mask file of the authors")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", default="dense,sparse,paper,fast")
    parser.add_argument("--variants", type=int, default=len(yardstick.VARIANTS), help="float32 runs (12)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the large files")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv[:len(argv) - len(extra) - 1] if "--" in argv else argv)
    if not args.self_test and not args.oes:
        parser.error("--oes or --self-test")
    args.extra = extra
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)

    side = SelfTest if args.self_test else Binary

    def fit(name, masked, lr):
        inputs = initial.Inputs(args, max(STEPS), masked, gaps=True)
        ours = side(args, inputs)
        return case(name, args, inputs, lambda: ours.fit(lr), lr), ours.adapter

    def learn(name):
        inputs = initial.Inputs(args, max(STEPS))
        ours = side(args, inputs)
        return case(name, args, inputs, lambda: ours.learn(name)), ours.adapter

    kinds = {
        "dense": lambda: fit("dense", False, 1e-3),
        "sparse": lambda: fit("sparse", True, 1e-2),
        "paper": lambda: learn("paper"),
        "fast": lambda: learn("fast"),
    }
    entries, lines, good = [], [], True
    for name in args.cases.split(","):
        entry, adapter = kinds[name]()
        entries.append(entry)
        rows, within = summary(entry)
        lines += rows
        good &= within
    text = ["| case | quantity | tensors | typical distance to float64 (median over tensors); worst | over the bound |",
            "|---|---|---|---|---|", *lines, ""]
    for entry in entries:
        if entry["case"] == "paper":
            rows, within = check_values(entry)
            text += rows
            good &= within
    text.append("- losses at step 0: " + ", ".join(f"{e['case']} {e['loss']:.6f}" for e in entries))
    text.append(f"- {adapter}, {args.size}x{args.size}, "
                f"torch {torch.__version__.split('+')[0]}, {args.variants} float32 runs")
    print("\n".join(text))
    if args.markdown:
        args.markdown.write_text("\n".join(text) + "\n")
    if args.json:
        args.json.write_text(json.dumps(entries, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
