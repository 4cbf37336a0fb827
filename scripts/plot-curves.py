#!/usr/bin/env python3
"""Draws PSNR over steps from the reports of `oes fit` as one SVG: plot-curves.py OUT.svg TITLE LABEL=REPORT.json ..."""
import json
import sys

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 40, 44
# Dark enough on white, light enough on black; each line is labelled at its end, so colour is not the only sign.
COLOURS = ["#0f8b8d", "#d1603d", "#7a5cc0", "#b8860b", "#4a7c2c", "#888888"]


def main(out, title, *curves):
    series = []
    for item in curves:
        label, path = item.split("=", 1)
        with open(path, encoding="utf-8") as file:
            points = [(p["step"], p["psnr"]) for p in json.load(file)["curve"] if p["psnr"] is not None]
        series.append((label, points))
    last = max(step for _, points in series for step, _ in points)
    top = max(psnr for _, points in series for _, psnr in points)
    high = int(top) + 1
    low = max(10, int(min(points[len(points) // 4][1] for _, points in series)) - 4)
    x = lambda step: LEFT + (WIDTH - LEFT - RIGHT) * step / last
    y = lambda psnr: TOP + (HEIGHT - TOP - BOTTOM) * (high - min(max(psnr, low), high)) / (high - low)
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" fill="#222222">{title}</text>',
    ]
    for psnr in range(low, high + 1, 2):
        svg.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(psnr):.1f}" y2="{y(psnr):.1f}" stroke="#dddddd"/>')
        svg.append(f'<text x="{LEFT - 8}" y="{y(psnr) + 4:.1f}" text-anchor="end" fill="#444444">{psnr}</text>')
    for part in range(5):
        step = last * part // 4
        svg.append(f'<text x="{x(step):.1f}" y="{HEIGHT - 20}" text-anchor="middle" fill="#444444">{step}</text>')
    svg.append(f'<text x="{LEFT}" y="{HEIGHT - 4}" fill="#444444">steps (horizontal), PSNR in dB (vertical)</text>')
    ends = []
    for (label, points), colour in zip(series, COLOURS):
        thin = points[:: max(1, len(points) // 300)] + [points[-1]]
        path = " ".join(f"{x(step):.1f},{y(psnr):.1f}" for step, psnr in thin)
        svg.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        ends.append([y(points[-1][1]), label, points[-1][1], colour])
    ends.sort()
    for i, (at, label, psnr, colour) in enumerate(ends):
        if i and at < ends[i - 1][0] + 18:
            ends[i][0] = at = ends[i - 1][0] + 18
        svg.append(f'<text x="{WIDTH - RIGHT + 6}" y="{at + 4:.1f}" fill="{colour}">{label} {psnr:.2f}</text>')
    svg.append("</svg>")
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(svg) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
