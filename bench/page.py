#!/usr/bin/env python3
"""What was measured of one workload, for people: a page with a table, and a plot.

  page.py FOLDER build/bench/NAME.json ...     writes NAME.md and NAME.svg to FOLDER
"""

import json
import os
import sys

sys.dont_write_bytecode = True
import plot  # noqa: E402
from table import table  # noqa: E402


def page(measured):
    machine = measured["machine"]
    on = f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB"
    return (
        f"# {measured['title']}\n\n"
        f"`{measured['command']}` on {measured['date']}, commit {measured['commit']}; {on}, "
        f"Linux {machine['kernel']}. Medians; in parentheses the least and the greatest run.\n\n"
        f"![The same as bars]({measured['workload']}.svg)\n\n"
        f"{table(measured['results'], measured['unit'], measured['operation'])}\n"
    )


def write(measured, folder):
    """Returns the page."""
    written = page(measured)
    for ending, content in ((".md", written), (".svg", plot.svg(measured))):
        with open(os.path.join(folder, measured["workload"] + ending), "w") as file:
            file.write(content)
    return written


if __name__ == "__main__":
    for path in sys.argv[2:]:
        with open(path) as source:
            write(json.load(source), sys.argv[1])
