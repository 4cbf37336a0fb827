"""Line plots as SVG, without dependencies: what the plot-*.py scripts beside it share."""
import math
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 40, 44
# Dark enough on white, light enough on black; each line is labelled at its end, so colour is not the only sign.
COLOURS = ["#0f8b8d", "#d1603d", "#7a5cc0", "#b8860b", "#4a7c2c", "#888888"]


@dataclass
class Axis:
    """The values between which an axis runs, and those that are written on it."""
    low: float
    high: float
    # (value, text)
    ticks: list
    logarithmic: bool = False

    def share(self, value):
        """Where a value lies between low, 0, and high, 1; values beyond lie on the edge."""
        scale = math.log if self.logarithmic else float
        value = min(max(value, self.low), self.high)
        return (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))


def draw(out, title, caption, x_axis, y_axis, series, dots=False, level=None):
    """Writes the plot. `series` is a list of (label at the line's end, [(x, y), ...]); `level` is a y to mark."""
    x = lambda value: LEFT + (WIDTH - LEFT - RIGHT) * x_axis.share(value)
    y = lambda value: TOP + (HEIGHT - TOP - BOTTOM) * (1 - y_axis.share(value))
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" fill="#222222">{title}</text>',
    ]
    for value, text in y_axis.ticks:
        svg.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#dddddd"/>')
        svg.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#444444">{text}</text>')
    if level is not None:
        svg.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(level):.1f}" y2="{y(level):.1f}" stroke="#444444"/>')
    for value, text in x_axis.ticks:
        svg.append(f'<text x="{x(value):.1f}" y="{HEIGHT - 20}" text-anchor="middle" fill="#444444">{text}</text>')
    svg.append(f'<text x="{LEFT}" y="{HEIGHT - 4}" fill="#444444">{caption}</text>')
    ends = []
    for (label, points), colour in zip(series, COLOURS):
        thin = points[:: max(1, len(points) // 300)] + [points[-1]]
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in thin)
        svg.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if dots:
            svg += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        ends.append([y(points[-1][1]), label, colour])
    ends.sort()
    for i, (at, label, colour) in enumerate(ends):
        if i and at < ends[i - 1][0] + 18:
            ends[i][0] = at = ends[i - 1][0] + 18
        svg.append(f'<text x="{WIDTH - RIGHT + 6}" y="{at + 4:.1f}" fill="{colour}">{label}</text>')
    svg.append("</svg>")
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(svg) + "\n")
