#!/usr/bin/env python3
"""Draws the JSON of `oes bench`, or prints its table in Markdown.

    plot-bench.py density BENCH.json OUT.svg    speed-up over density, from `oes bench --density ...`
    plot-bench.py growth BENCH.json OUT.svg     time of a step over the picture's side, from `oes bench --sizes ...`
    plot-bench.py table BENCH.json              all runs, and where a mask breaks even
"""
import json
import math
import sys

from svg_plot import Axis, draw


def decade_ticks(low, high):
    """1, 2 and 5 times powers of ten, and the axis' ends among them around all values."""
    steps = [m * 10.0 ** e for e in range(-5, 8) for m in (1, 2, 5)]
    inside = [s for s in steps if low <= s <= high]
    start = max((s for s in steps if s <= low), default=low)
    end = min((s for s in steps if s >= high), default=high)
    return sorted({start, *inside, end})


def logarithmic(values, unit=""):
    ticks = decade_ticks(min(values), max(values))
    return Axis(ticks[0], ticks[-1], [(t, f"{t:g}{unit}") for t in ticks], logarithmic=True)


def density(report, out):
    curves = report["break_even"]
    if not curves:
        sys.exit("this report has no densities: oes bench --density 1,2,5,10,20,50,100")
    series = []
    for curve in curves:
        points = [(100 * kept, speedup) for kept, speedup in curve["curve"]]
        series.append((f"{curve['path']} {points[-1][1]:.2g}x", points))
    sides = sorted({curve["size"] for curve in curves})
    title = f"Speed-up over the rewritten dense step, {sides[0]}x{sides[0]}, {report['adapter']['name'].split(' (')[0]}"
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points] + [1.0]
    caption = "kept weights in each convolution, random, in % (horizontal), times faster (vertical)"
    draw(out, title, caption, logarithmic(xs), logarithmic(ys), series, dots=True, level=1.0)


def growth(report, out):
    lines = {}
    for run in report["runs"]:
        lines.setdefault((run["path"], run["mask"]), []).append((run["size"], run["median_ms"]))
    sides = sorted({run["size"] for run in report["runs"]})
    if len(sides) < 2:
        sys.exit("this report has one size only: oes bench --sizes 192,256,384,512")
    series = [(f"{path} {pace(points[-1][1])}", sorted(points)) for (path, _), points in lines.items()]
    times = logarithmic([y for _, points in series for _, y in points])
    sizes = Axis(sides[0], sides[-1], [(side, side) for side in sides], logarithmic=True)
    title = f"Time of a step, {report['adapter']['name'].split(' (')[0]}"
    draw(out, title, "side of the picture in pixels (horizontal), ms a step (vertical)", sizes, times, series, dots=True)


def pace(ms):
    return f"{ms / 1e3:.3g} s" if ms >= 1000 else f"{ms:.3g} ms"


def table(report):
    peak = report["peak"]
    print(f"{report['adapter']['name']}: {digits(peak['gflops'])} GFLOP/s in multiply-adds, {digits(peak['gbps'])} GB/s in a copy.\n")
    print("| size | path | kept (live) | ms a step | to dense | to rewritten | ceiling | GMAC | of peak | MB moved | of peak | memory, MB | encode, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for run in report["runs"]:
        kept = "" if run["mask"] is None else f"{100 * run['density']:.1f}% ({100 * run['live_density']:.1f}%)"
        times = ["" if run[key] is None else f"{run[key]:.2f}x" for key in ("speedup_to_dense", "speedup_to_rewritten", "ceiling_to_rewritten")]
        encode = "" if run["encode_ms"] is None else f"{run['encode_ms']:.3f}"
        print(f"| {run['size']} | {run['path']} | {kept} | {digits(run['median_ms'])} | {' | '.join(times)} "
              f"| {run['gmac']:.3f} | {100 * run['arithmetic_share']:.1f}% | {run['bytes'] / 1e6:.0f} "
              f"| {100 * run['bandwidth_share']:.1f}% | {run['peak_memory'] / 1e6:.0f} | {encode} |")
    for curve in report["break_even"]:
        where = "not reached" if curve["density"] is None else f"{100 * curve['density']:.0f}%"
        print(f"\nBreak-even of {curve['path']} at {curve['size']}x{curve['size']}: {where}.")


def digits(value):
    """Three digits."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def main(what, path, *out):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    {"density": density, "growth": growth, "table": table}[what](report, *out)


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"] and len(sys.argv) == 3 or sys.argv[1:2] in (["density"], ["growth"]) and len(sys.argv) == 4:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
