#!/usr/bin/env python3
"""Draws PSNR over steps from the reports of `oes fit` as one SVG: plot-curves.py OUT.svg TITLE LABEL=REPORT.json ..."""
import json
import sys

from svg_plot import Axis, draw


def main(out, title, *curves):
    series = []
    for item in curves:
        label, path = item.split("=", 1)
        with open(path, encoding="utf-8") as file:
            points = [(p["step"], p["psnr"]) for p in json.load(file)["curve"] if p["psnr"] is not None]
        series.append((f"{label} {points[-1][1]:.2f}", points))
    last = max(step for _, points in series for step, _ in points)
    top = max(psnr for _, points in series for _, psnr in points)
    high = int(top) + 1
    low = max(10, int(min(points[len(points) // 4][1] for _, points in series)) - 4)
    steps = Axis(0, last, [(last * part // 4, last * part // 4) for part in range(5)])
    decibels = Axis(low, high, [(psnr, psnr) for psnr in range(low, high + 1, 2)])
    draw(out, title, "steps (horizontal), PSNR in dB (vertical)", steps, decibels, series)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
