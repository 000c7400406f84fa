#!/usr/bin/python3
"""Charts of what was measured, as SVG that is readable on light and dark.

    bench/chart.py RESULTS.json >connections.svg
        events/s against connections: what bench/run wrote
    bench/chart.py GROWTH.json >size.svg
        events/s and p99 against the journal's size: what bench/grow wrote
"""
import json
import math
import sys
from xml.sax.saxutils import escape

import report

WIDTH = 720
HEIGHT = 340  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 80, 180, 44, 52
LABEL_STEP = 16  # names at the right do not touch

STYLE = """
text { font: 13px sans-serif; fill: #24292f; }
.title { font-weight: bold; font-size: 14px; }
.paper { fill: #ffffff; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.axis { stroke: #57606a; stroke-width: 1; fill: none; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.paper { fill: #0d1117; }
.grid { stroke: #30363d; }
.axis { stroke: #8b949e; }
}
"""
# Seen on white and on black; ours is the thick one.
COLOURS = {
    "nginx": "#8c8c8c",
    "null": "#4a9bd9",
    "syncjournal": "#d1495b",
    "php-fpm": "#8f7bd6",
    "node": "#3f9f57",
    "webhook": "#c08429",
}


# Scales


def short(value):
    """A tick's number: 1,500 or 20k or 3M."""
    for by, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 10 * by or (value >= by and value % by == 0):
            return "%g%s" % (value / by, letter)
    return "{:,g}".format(value)


def steps(low, high):
    """1, 2, 5, 10, 20, ... from at most low to at least high."""
    exponent = math.floor(math.log10(low))
    ticks = [digit * 10.0 ** power
             for power in range(exponent, exponent + 12)
             for digit in (1, 2, 5)]
    first = max(i for i, tick in enumerate(ticks) if tick <= low)
    last = min(i for i, tick in enumerate(ticks) if tick >= high)
    return ticks[first:last + 1]


def even(high):
    """0 to at least high in at most six even steps."""
    step = next(tick for tick in steps(high / 100, high)
                if high / tick <= 6)
    return [step * i for i in range(math.ceil(high / step) + 1)]


class Scale:
    """Numbers to places, from the first tick to the last."""

    def __init__(self, ticks, name, log=False):
        self.ticks = ticks
        self.name = name
        self.log = log

    def share(self, value):
        how = math.log if self.log else float
        low, high = how(self.ticks[0]), how(self.ticks[-1])
        return (how(value) - low) / (high - low) if high > low else 0.5


# Drawing


class Panel:
    """Axes, a grid, and lines in it; lines: [(name, colour, points)]"""

    def __init__(self, title, x, y, lines):
        self.title = title
        self.x, self.y = x, y
        self.lines = lines

    def at(self, x, y):
        return (LEFT + self.x.share(x) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM
                - self.y.share(y) * (HEIGHT - TOP - BOTTOM))

    def draw(self, top):
        parts = ['<g transform="translate(0 %d)">' % top,
                 words(LEFT, 24, self.title, "start", "title")]
        parts += self._axes()
        for name, colour, points in self.lines:
            parts.append(self._line(name, colour, points))
        return parts + self._names() + ["</g>"]

    def _axes(self):
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = []
        for tick in self.y.ticks:
            _, y = self.at(self.x.ticks[0], tick)
            parts.append(line("grid", LEFT, y, right, y))
            parts.append(words(LEFT - 8, y + 4, short(tick), "end"))
        for tick in self.x.ticks:
            x, _ = self.at(tick, self.y.ticks[0])
            parts.append(line("axis", x, bottom, x, bottom + 5))
            parts.append(words(x, bottom + 20, short(tick), "middle"))
        parts.append(line("axis", LEFT, bottom, right, bottom))
        parts.append(words((LEFT + right) / 2, bottom + 40, self.x.name,
                           "middle"))
        parts.append('<g transform="translate(18 %d) rotate(-90)">%s</g>' % (
            (TOP + bottom) / 2, words(0, 0, self.y.name, "middle")))
        return parts

    def _line(self, name, colour, points):
        places = [self.at(*point) for point in points]
        dots = "".join('<circle cx="%.1f" cy="%.1f" r="3"/>' % place
                       for place in places)
        return ('<g fill="%s"><polyline fill="none" stroke="%s" '
                'stroke-width="%d" points="%s"/>%s</g>') % (
            colour, colour, 4 if name == "syncjournal" else 2,
            " ".join("%.1f,%.1f" % place for place in places), dots)

    def _names(self):
        """Each at its line's end, moved down where another is too near."""
        ends = sorted((self.at(*points[-1])[1], name, colour)
                      for name, colour, points in self.lines)
        parts, free = [], -math.inf
        for y, name, colour in ends:
            free = max(y, free + LABEL_STEP)
            x = WIDTH - RIGHT + 10
            parts.append('<circle fill="%s" cx="%d" cy="%.1f" r="4"/>' % (
                colour, x, free))
            parts.append(words(x + 9, free + 4, name, "start"))
        return parts


def words(x, y, text, anchor, kind=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (
        x, y, anchor, ' class="%s"' % kind if kind else "", escape(text))


def line(kind, x1, y1, x2, y2):
    return '<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>' % (
        kind, x1, y1, x2, y2)


def drawing(panels):
    height = HEIGHT * len(panels)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
             'width="%d" height="%d" role="img">' % (
                 WIDTH, height, WIDTH, height),
             "<style>%s</style>" % STYLE,
             '<rect class="paper" width="%d" height="%d"/>' % (WIDTH, height)]
    for i, panel in enumerate(panels):
        parts += panel.draw(i * HEIGHT)
    return "\n".join(parts + ["</svg>", ""])


# What is drawn


def of_mix(results, mix):
    """Lines of one mix."""
    lines = []
    for name, colour in COLOURS.items():
        points = sorted((r["connections"], r["events_per_s"])
                        for r in results
                        if r["mix"] == mix and r["subject"] == name)
        if points:
            lines.append((report.WORDS[name].partition(",")[0], colour,
                          points))
    return lines


def connections(found):
    """Events/s against connections, a panel for each mix."""
    panels = []
    for mix in sorted({r["mix"] for r in found["results"]}, reverse=True):
        lines = of_mix(found["results"], mix)
        every = [point for _, _, points in lines for point in points]
        if not every:
            continue
        rates = [rate for _, rate in every if rate > 0]
        panels.append(Panel(
            "%s mix" % mix.capitalize(),
            Scale(sorted({count for count, _ in every}), "connections", True),
            Scale(steps(min(rates), max(rates)), "events/s", True), lines))
    return drawing(panels)


def sizes(steps):
    """Events/s and p99 against the deliveries in the journal, and those of the
    empty journals that were measured in between."""
    x = Scale(even(max(max(step["deliveries"] for step in steps), 1)),
              "deliveries in the journal")

    def panel(title, name, key, scale):
        lines = [(words, COLOURS[colour],
                  [(step["deliveries"], step[which][key] / scale)
                   for step in steps if step[which][key] is not None])
                 for words, colour, which in (
                     ("empty, in between", "nginx", "empty"),
                     ("syncjournal", "syncjournal", "filled"))]
        lines = [line_of for line_of in lines if line_of[2]]
        high = max([value for _, _, points in lines for _, value in points],
                   default=1)
        return Panel(title, x, Scale(even(high), name), lines)

    return drawing([panel("Rate", "events/s", "events_per_s", 1),
                    panel("Answer time", "p99, ms", "p99_us", 1000)])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        found = json.load(file)
    sys.stdout.write(sizes(found["steps"]) if "steps" in found
                     else connections(found))


if __name__ == "__main__":
    main()
