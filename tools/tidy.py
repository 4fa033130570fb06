#!/usr/bin/env python3
"""Lints for what our way of writing asks and a program can check. Prints findings, exits 1.

  tidy.py             every lint over every file git knows or would add
  tidy.py --report    sizes of files and functions against our goals

A finding that is right as it stands carries `tidy-ok(LINT): REASON` in a comment on its line or on
the line above.
"""

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cpp_scan  # noqa: E402
from tidy_rules import (  # noqa: E402
    BANNED,
    FILE_LINES_MAX,
    FUNCTION_LINES_MAX,
    INCLUDES,
    LINE_COLUMNS_MAX,
    TEST_FILE_LINES_MAX,
    TEST_FUNCTION_LINES_MAX,
    TEST_SUPPORT,
    UNFINISHED,
    UNTESTED,
)


class Source:
    """One file of the tree: its path, its text, and for C++ the text without comments."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.is_cpp = path.endswith((".h", ".cc"))
        self.is_header = path.endswith(".h")
        self.is_test = (
            path.endswith(("_test.cc", "_suite.h", "_test.py"))
            or path.startswith(("test/", "src/testing/"))
            or path.endswith("_test_support.h")
            or "recording_" in os.path.basename(path)
            or path in TEST_SUPPORT
        )
        self.code = cpp_scan.blank(text) if self.is_cpp else text
        self.functions = cpp_scan.functions(self.code) if self.is_cpp else []

    @property
    def module(self):
        parts = self.path.split("/")
        if parts[0] == "bench":
            return "micro" if parts[1] == "micro" else "bench"
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1


@dataclass
class Finding:
    path: str
    line: int
    lint: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.lint}: {self.message}"


LINTS = {}


def lint(function):
    """Registers `function(source, tree)`, which yields (line, message); its name is the lint's."""
    LINTS[function.__name__.replace("_", "-")] = function
    return function


@lint
def include_direction(source, tree):
    """Includes go one way; http and net do not know each other; tests alone use testing."""
    if source.module not in INCLUDES:
        return
    allowed = INCLUDES[source.module] | {source.module, "thalweg"}
    if source.is_test:
        allowed |= {"testing"} | INCLUDES["testing"]
    text = cpp_scan.blank(source.text, keep_strings=True)
    for match in re.finditer(r'(?m)^#include "([^"/]+)/[^"]+"', text):
        if match[1] not in allowed:
            yield source.line_of(match.start()), f"{source.module}/ must not include {match[1]}/"


@lint
def public_headers(source, tree):
    """A public header includes public headers and the standard library, nothing else."""
    if not source.path.startswith("include/"):
        return
    for match in re.finditer(r'(?m)^#include ("(?!thalweg/)[^"]+"|<[^>]*/[^>]*>)', source.text):
        yield source.line_of(match.start()), f"a public header must not include {match[1]}"


@lint
def own_header_first(source, tree):
    """x.cc and x_test.cc include x.h first, which proves that x.h stands alone."""
    if source.module is None or not source.path.endswith(".cc"):
        return
    stem = re.sub(r"(_test)?\.cc$", "", source.path)
    if stem + ".h" not in tree:
        return
    own = stem.removeprefix("src/") + ".h"
    first = re.search(r'(?m)^#include ["<]([^">]+)[">]', source.text)
    if first and first[1] != own:
        yield source.line_of(first.start()), f'include "{own}" first'


@lint
def file_size(source, tree):
    if not source.path.endswith((".h", ".cc", ".py", ".mjs", ".ts")):
        return
    most = TEST_FILE_LINES_MAX if source.is_test else FILE_LINES_MAX
    if len(source.lines) > most:
        yield most, f"{len(source.lines)} lines; at most {most}: one idea, one file"


@lint
def function_size(source, tree):
    most = TEST_FUNCTION_LINES_MAX if source.is_test else FUNCTION_LINES_MAX
    for function in source.functions:
        if function.lines > most:
            yield function.first, f"{function.name} has {function.lines} lines; at most {most}"


@lint
def line_length(source, tree):
    if not source.path.endswith((".h", ".cc", ".py", ".sh", "CMakeLists.txt")):
        return
    for number, line in enumerate(source.lines, 1):
        if len(line) > LINE_COLUMNS_MAX and "http" not in line:
            yield number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}"


@lint
def header_comment(source, tree):
    """A header begins with what it is for, then #pragma once."""
    if not source.is_header:
        return
    if not re.match(r"// \S.{15,}", source.text):
        yield 1, "begin with a comment that says what this is for"
    before_code = re.match(r"(?:\s*//[^\n]*\n)*\s*#pragma once\n", source.text)
    if not before_code:
        yield 1, "#pragma once stands right below the first comment"


@lint
def crosses_threads(source, tree):
    """What crosses threads says so in its first comment (or in its header's)."""
    if source.module is None or source.is_test:
        return
    match = re.search(r"(?m)^#include <(mutex|atomic|thread|condition_variable)>", source.text)
    started = re.findall(r"std::j?thread\b(?!::hardware_concurrency)", source.code)
    if not match or (match[1] == "thread" and not started):
        return
    # engine_append.cc belongs to engine.h.
    stem = source.path.removesuffix(".cc")
    header = tree.get(stem + ".h") or tree.get(stem.rsplit("_", 1)[0] + ".h", source)
    comments = "".join(re.match(r"(?:\s*//[^\n]*\n)*", s.text)[0] for s in (source, header))
    if "thread" not in comments.lower():
        yield source.line_of(match.start()), "uses threads: the first comment must say how"


@lint
def banned_call(source, tree):
    if not source.is_cpp:
        return
    for rule in BANNED:
        if re.search(rule.allowed, source.path) or (source.is_test and rule.tests_may):
            continue
        for match in re.finditer(rule.pattern, source.code):
            yield source.line_of(match.start()), f"`{match[0].strip()}`: {rule.why}"


@lint
def mutable_global(source, tree):
    """No globals, no singletons: main builds everything and passes it down."""
    if not source.is_cpp or source.is_test:
        return
    pattern = r"(?m)^\s*(static|thread_local|inline)\s+(?!const|inline|static_assert)[^;{()=]*[;={]"
    for match in re.finditer(pattern, source.code):
        if not re.search(r"\b(const|constexpr|constinit const|namespace)\b", match[0]):
            yield source.line_of(match.start(1)), "mutable state outlives its owner; pass it down"


@lint
def layout(source, tree):
    """No trailing white space, no tabs in C++, one newline at the end."""
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if source.is_cpp and "\t" in line:
            yield number, "a tab"
    if source.text and (not source.text.endswith("\n") or source.text.endswith("\n\n")):
        yield len(source.lines), "end with exactly one newline"


@lint
def unfinished(source, tree):
    for number, line in enumerate(source.lines, 1):
        if re.search(UNFINISHED, line):
            yield number, "finish it, or open an issue and say here only what is true now"


@lint
def has_test(source, tree):
    """Some test of its module includes the source's header, or UNTESTED names what covers it."""
    if source.module is None or source.is_test or not source.path.endswith(".cc"):
        return
    stem = source.path.removesuffix(".cc").removeprefix("src/")
    # engine_append.cc belongs to engine.h.
    headers = {f'"{stem}.h"', f'"{stem.rsplit("_", 1)[0]}.h"'}
    for other in tree.values():
        if other.module == source.module and other.path.endswith("_test.cc"):
            if any(f"#include {header}" in other.text for header in headers):
                return
    if source.path in UNTESTED:
        cover = UNTESTED[source.path]
        if not any(path == cover or path.startswith(cover + "/") for path in tree):
            yield 1, f"UNTESTED names {cover}, which is not there"
    else:
        yield 1, "no test of its module includes its header"


@lint
def documented_commands(source, tree):
    """What the documents tell a reader to run or open is there."""
    if not source.path.endswith(".md"):
        return
    makefile = tree["Makefile"].text if "Makefile" in tree else ""
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    for match in re.finditer(r"(?m)(?:`|^\$ |^)make ([a-z][a-z-]*)", source.text):
        if match[1] not in targets:
            yield source.line_of(match.start()), f"the Makefile has no target {match[1]}"
    # In a block of C++, a lambda looks like a link.
    prose = re.sub(r"(?ms)^```.*?^```", lambda m: re.sub(r"[^\n]", " ", m[0]), source.text)
    for match in re.finditer(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)", prose):
        path = os.path.normpath(os.path.join(os.path.dirname(source.path), match[1]))
        if path not in tree and not any(other.startswith(path + "/") for other in tree):
            yield source.line_of(match.start()), f"{match[1]} is not there"


def is_excused(source, line, name):
    mark = f"tidy-ok({name}): "
    near = source.lines[max(0, line - 2) : line]
    return any(mark in text for text in near)


def check(tree, names=None):
    """The findings of the lints called `names` (all) over `tree`, a dict of path to Source."""
    for name, function in LINTS.items():
        if names is not None and name not in names:
            continue
        for path in sorted(tree):
            source = tree[path]
            for line, message in function(source, tree):
                if not is_excused(source, line, name):
                    yield Finding(path, line, name, message)


def read_tree(root):
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
        check=True, capture_output=True, text=True,
    )
    tree = {}
    for path in listing.stdout.split("\n"):
        full = os.path.join(root, path)
        if not path or "/corpus/" in path or not os.path.isfile(full):
            continue
        try:
            with open(full, encoding="utf-8") as file:
                tree[path] = Source(path, file.read())
        except UnicodeDecodeError:
            continue
    return tree


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--report", action="store_true", help="sizes against our goals")
    arguments = parser.parse_args()
    tree = read_tree(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if arguments.report:
        import tidy_report

        tidy_report.print_report(tree)
        return 0
    findings = list(check(tree))
    for finding in findings:
        print(finding)
    print(f"tidy: {len(LINTS)} lints, {len(tree)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
