"""What each row of measurements is beside another one of the same run.

Two ways: ours as a multiple of each other server's in the same case (`ours_rate`), and each case as
a multiple of the first one on the same server (`first_rate`). What a machine does meanwhile meets
both rows of a run, so the ratio of a run says more than the ratio of two medians.
"""

NUMBERS = ("rate", "p99_us", "cpu_us")


def ratio(row, of, name):
    over, under = row.get(name), of.get(name)
    return over / under if over is not None and under else None


def add(row, prefix, over, under):
    row.update({f"{prefix}_{name}": ratio(over, under, name) for name in NUMBERS})


def compare(results, ours, cases):
    """Adds the ratios to `results`. `ours`: that server; `cases`: whether cases are compared."""
    found = {(row["run"], row["case"], row["server"]): row for row in results}
    first_case = results[0]["case"] if results else None
    for row in results:
        own = found.get((row["run"], row["case"], ours))
        if own and row is not own:
            add(row, "ours", own, row)
        first = found.get((row["run"], first_case, row["server"]))
        if cases and first and row is not first:
            add(row, "first", row, first)
