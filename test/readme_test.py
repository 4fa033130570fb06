#!/usr/bin/env python3
"""Runs README.md as it stands: its tour against a real server, its options, its C++.

  readme_test.py BINARY

In a ```console block, lines after `$ ` are commands (`\\` goes on), the others what they print;
`...` stands for any text, and on a line of its own for any lines. Prints `N passed, N failed`.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ADDRESS = "127.0.0.1:4437"
COMMAND_SECONDS_MAX = 30


def blocks(text, kind):
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", text)


def commands(block):
    """The (command, expected output) pairs of a console block."""
    found, lines = [], block.split("\n")[:-1]
    i = 0
    while i < len(lines):
        assert lines[i].startswith("$ "), f"not a command: {lines[i]!r}"
        command = lines[i][2:]
        while lines[i].endswith("\\"):
            i += 1
            command += "\n" + lines[i]
        i += 1
        expected = []
        while i < len(lines) and not lines[i].startswith("$ "):
            expected.append(lines[i])
            i += 1
        found.append((command, "\n".join(expected)))
    return found


def pattern_of(expected):
    """Expected output as a regular expression."""
    lines = []
    for line in expected.strip("\n").split("\n"):
        if line == "...":
            lines.append(r"(?:[^\n]*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return "".join(lines)


def matches(expected, output):
    output = output.replace("\r", "").strip("\n") + "\n"
    return re.fullmatch(pattern_of(expected), output) is not None


class Server:
    """The program on a free port."""

    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "serve", "--memory", "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        ready = self.process.stdout.readline()
        match = re.fullmatch(r"listening on http://([\d.]+:\d+)\n", ready)
        if not match:
            raise SystemExit(f"readme: the server said {ready!r}")
        self.address = match[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, ok, what, detail=""):
        self.passed, self.failed = self.passed + ok, self.failed + (not ok)
        print(f"{'ok' if ok else 'FAILED'}: {what}{detail if not ok else ''}")


def run_tour(text, binary, results):
    server = Server(binary)
    try:
        for block in blocks(text, "console"):
            for command, expected in commands(block):
                done = subprocess.run(
                    ["bash", "-c", command.replace(ADDRESS, server.address)],
                    capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX,
                )  # fmt: skip
                output = done.stdout.replace(server.address, ADDRESS)
                detail = f"\n--- wanted\n{expected}\n--- got\n{output}{done.stderr}"
                results.add(done.returncode == 0 and matches(expected, output), command, detail)
    finally:
        code = server.stop()
    results.add(code == 0, "the server ends in good order", f": exit code {code}")


def check_options(text, binary, results):
    flags = r"--[a-z][a-z-]+"
    help_text = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
    told = set(re.findall(flags, text.split("## Options")[1].split("\n## ")[0]))
    there = set(re.findall(flags, help_text))
    results.add(told == there, "the options are those of --help", f": {sorted(told ^ there)}")
    port = re.search(r"--port PORT .*\((\d+)\)", help_text)
    same = port is not None and ADDRESS.endswith(":" + port[1])
    results.add(same, "the tour's port is the default")


def check_code(text, results):
    for block in blocks(text, "cpp"):
        with tempfile.NamedTemporaryFile("w", suffix=".cc") as file:
            file.write(block)
            file.flush()
            argv = ["g++", "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                    f"-I{ROOT}/include", file.name]  # fmt: skip
            done = subprocess.run(argv, capture_output=True, text=True)
        results.add(done.returncode == 0, "the C++ compiles", "\n" + done.stderr)


def check_itself(results):
    """The comparison can fail."""
    cases = [("a\n...\nb", "a\nx\ny\nb\n", True), ("a\n...", "a\n", True),
             ("a ... c", "a b c", True), ("a", "b", False), ("a\n...\nb", "a\nc\n", False),
             ("[]", "[1]", False)]  # fmt: skip
    wrong = [case for case in cases if matches(case[0], case[1]) is not case[2]]
    results.add(not wrong, "output is compared as described", f": {wrong}")


def main():
    binary = os.path.abspath(sys.argv[1])
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    results = Results()
    check_itself(results)
    run_tour(text, binary, results)
    check_options(text, binary, results)
    check_code(text, results)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
