"""Draws what bench/run.py measured: a row of bars for each case and server, as SVG."""

import statistics
from html import escape

from table import grouped, number, values

# Name of the number, heading, digits behind the point, factor.
PANELS = [
    ("rate", "{unit}", 0, 1),
    ("p99_us", "p99, ms", 2, 1e-3),
    ("cpu_us", "CPU µs per {operation}", 2, 1),
    ("rss_peak_mb", "RSS at its peak, MiB", 0, 1),
    ("rss_per_reader_kib", "KiB per reader", 1, 1),
    ("start_ms", "start, ms", 0, 1),
]
NAMES, PANEL, BAR, GAP, TOP = 170, 260, 16, 10, 64
COLORS = {"thalweg": "#0b6e99", "limit": "#9a9a9a"}
PEER_COLOR = "#d08a2e"


def color(server):
    return COLORS.get(server.split("-")[0], PEER_COLOR)


def text(x, y, words, size=12, anchor="start", weight="normal"):
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )


def bar(x, y, length, spread, label, fill):
    """One bar, a line from the least to the greatest run, and its median in figures."""
    low, high = spread
    middle = y + BAR / 2
    return [
        f'<rect x="{x}" y="{y}" width="{max(length, 1):.1f}" height="{BAR - 3}" fill="{fill}"/>',
        f'<path d="M{x + low:.1f} {middle - 1.5}H{x + high:.1f}" stroke="#333"/>',
        text(x + max(length, high) + 4, y + BAR - 5, label, 11),
    ]


def panel(groups, name, heading, digits, factor, x):
    """One number of all groups, on one scale. Groups stand one below the other, by case."""
    drawn = [text(x, TOP - 12, heading, 12, weight="bold")]
    most = max((max(values(rows, name), default=0) for rows in groups.values()), default=0) or 1
    scale = (PANEL - 80) / most
    for (_, server), rows, y in laid_out(groups):
        found = values(rows, name)
        if not found:
            continue
        middle = statistics.median(found)
        label = number(middle * factor, digits)
        spread = (min(found) * scale, max(found) * scale)
        drawn += bar(x, y, middle * scale, spread, label, color(server))
    return drawn


def laid_out(groups):
    """Each group with where it stands; a case begins with its name."""
    y, case = TOP, None
    for key, rows in groups.items():
        if key[0] != case:
            case = key[0]
            y += BAR + GAP
        yield key, rows, y
        y += BAR


def names(groups):
    drawn, case = [], None
    for (this, server), _, y in laid_out(groups):
        if this != case:
            case = this
            drawn.append(text(8, y - 5, case, 12, weight="bold"))
        drawn.append(text(NAMES - 8, y + BAR - 5, server, 11, "end"))
    return drawn


def svg(measured):
    """The plot of one workload, from what run.py wrote."""
    results = measured["results"]
    groups = grouped(results)
    panels = [panel for panel in PANELS if values(results, panel[0])]
    words = {"unit": measured["unit"], "operation": measured["operation"]}
    drawn = [text(8, 22, measured["title"], 16, weight="bold"), *names(groups)]
    for place, (name, heading, digits, factor) in enumerate(panels):
        x = NAMES + place * PANEL
        drawn += panel(groups, name, heading.format(**words), digits, factor, x)
    width = NAMES + len(panels) * PANEL
    height = max((y for _, _, y in laid_out(groups)), default=TOP) + 2 * BAR
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
        + "\n".join(drawn) + "\n</svg>\n"
    )  # fmt: skip
