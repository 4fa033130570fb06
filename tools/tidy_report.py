"""Sizes of the production code against our goals: files, functions, assertions, repeated lines."""

import re

DUPLICATE_WINDOW = 6  # lines in a row that count as repeated


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def _line(name, value, goal, met):
    print(f"  {name:<42}{value:>10}   {goal:<14}{'met' if met else 'NOT MET'}")


def _significant(source):
    """The lines of `source` that could be repeated, with their numbers."""
    for number, line in enumerate(source.code.split("\n")):
        text = re.sub(r"\s+", " ", line.strip())
        if len(text) > 3 and not text.startswith(("#", "namespace", "}  //", "using ")):
            yield number, text


def repeated_lines(sources):
    """How many lines stand in a run of DUPLICATE_WINDOW that occurs twice, and of how many."""
    places, total = {}, 0
    for source in sources:
        lines = list(_significant(source))
        total += len(lines)
        for i in range(len(lines) - DUPLICATE_WINDOW + 1):
            window = tuple(text for _, text in lines[i : i + DUPLICATE_WINDOW])
            numbers = [(source.path, number) for number, _ in lines[i : i + DUPLICATE_WINDOW]]
            places.setdefault(window, []).append(numbers)
    repeated = set()
    for occurrences in places.values():
        if len(occurrences) > 1:
            for numbers in occurrences:
                repeated.update(numbers)
    return len(repeated), total


def _files_and_functions(sources):
    sizes = [len(source.lines) for source in sources]
    longest = max(sources, key=lambda source: len(source.lines))
    functions = [(f.lines, f.name, s.path) for s in sources for f in s.functions]
    lengths = [lines for lines, _, _ in functions]
    print(f"production code: {len(sources)} files, {sum(sizes)} lines, {len(functions)} functions")
    median = percentile(sizes, 0.5)
    _line("file, median lines", median, "about 120", median <= 150)
    _line("file, p90", percentile(sizes, 0.9), "< 400", percentile(sizes, 0.9) < 400)
    _line(f"file, longest ({longest.path})", max(sizes), "<= 600", max(sizes) <= 600)
    _line("function, median lines", percentile(lengths, 0.5), "<= 8", percentile(lengths, 0.5) <= 8)
    _line("function, p90", percentile(lengths, 0.9), "< 30", percentile(lengths, 0.9) < 30)
    lines, name, path = max(functions)
    _line(f"function, longest ({name}, {path})", lines, "<= 70", lines <= 70)
    over = sum(lines > 70 for lines in lengths)
    _line("functions over 70 lines", over, "0", over == 0)


def _assertions(sources):
    for module in ("stream", "storage", "engine"):
        functions = [f for s in sources if s.module == module for f in s.functions]
        if not functions:
            continue
        count = sum(f.body.count("THALWEG_ASSERT(") for f in functions)
        share = count / len(functions)
        _line(f"assertions per function, {module}/", f"{share:.2f}", ">= 1", share >= 1)
        # One-line functions hold nothing to assert; the figure without them says more.
        longer = [f for f in functions if f.lines > 3]
        share = count / max(1, len(longer))
        print(f"  {'  ... per function of more than 3 lines':<42}{share:>10.2f}")


def print_report(tree):
    cpp = [s for s in tree.values() if s.is_cpp and s.path.startswith(("src/", "include/"))]
    production = [s for s in cpp if not s.is_test]
    tests = [s for s in tree.values() if s.is_cpp and s.is_test]
    _files_and_functions(production)
    repeated, total = repeated_lines(production)
    share = 100 * repeated / max(1, total)
    _line("repeated lines", f"{share:.1f} %", "< 1 %", share < 1)
    _assertions(production)
    sizes = [len(source.lines) for source in tests] or [0]
    print(f"tests: {len(tests)} files, {sum(sizes)} lines")
    _line("file, longest", max(sizes), "<= 900", max(sizes) <= 900)
