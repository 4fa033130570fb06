"""Rows of measurements as a table that a person reads: medians, and the spread over runs."""

import statistics

# Name of the number, heading, digits behind the point, factor.
COLUMNS = [
    ("rate", "{unit}", 0, 1),
    ("p50_us", "p50 ms", 2, 1e-3),
    ("p99_us", "p99 ms", 2, 1e-3),
    ("p999_us", "p99.9 ms", 2, 1e-3),
    ("cpu_us", "CPU µs per {operation}", 2, 1),
    ("user_us", "user", 2, 1),
    ("system_us", "system", 2, 1),
    ("rss_mb", "RSS MiB", 0, 1),
    ("rss_peak_mb", "at its peak", 0, 1),
    ("rss_per_reader_kib", "KiB per reader", 1, 1),
    ("written_per_byte", "written per byte", 2, 1),
    ("start_ms", "start ms", 0, 1),
    ("failed", "failed, unsent", 0, 1),
    ("client_cpu_share", "client's CPU", 2, 1),
    ("ours_rate", "ours to it: rate", 2, 1),
    ("ours_p99_us", "p99", 2, 1),
    ("ours_cpu_us", "CPU", 2, 1),
    ("first_rate", "to the first case: rate", 2, 1),
    ("first_p99_us", "p99", 2, 1),
    ("first_cpu_us", "CPU", 2, 1),
]
WITH_SPREAD = {"rate", "p99_us", "cpu_us", "start_ms"}


def values(rows, name):
    return [row[name] for row in rows if row.get(name) is not None]


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(rows, name, digits, factor):
    """The median; for what matters most, with the least and the greatest of the runs."""
    found = [value * factor for value in values(rows, name)]
    if not found:
        return ""
    middle = number(statistics.median(found), digits)
    if name not in WITH_SPREAD or len(found) == 1:
        return middle
    return f"{middle} ({number(min(found), digits)} to {number(max(found), digits)})"


def grouped(results):
    """Results by (case, server), in the order in which they first came."""
    groups = {}
    for result in results:
        groups.setdefault((result["case"], result["server"]), []).append(result)
    return groups


def table(results, unit="", operation="operation"):
    """Markdown: a line for each case and server. What nobody measured has no column."""
    used = [column for column in COLUMNS if values(results, column[0])]
    head = ["case", "server"] + [
        heading.format(unit=unit, operation=operation) for _, heading, _, _ in used
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for (case, server), rows in grouped(results).items():
        measured = [row for row in rows if "error" not in row]
        cells = [cell(measured, name, digits, factor) for name, _, digits, factor in used]
        if not measured:
            cells = [f"failed: {rows[0]['error'].splitlines()[-1]}"] + [""] * (len(used) - 1)
        lines.append("| " + " | ".join([case, server, *cells]) + " |")
    return "\n".join(lines)
