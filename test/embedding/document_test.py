#!/usr/bin/env python3
"""Compiles and runs the C++ of docs/EMBEDDING.md from the document itself.

  document_test.py BUILD_DIR

A block after `<!-- cpp: NAME -->` goes on from the block before it of that name; the blocks of one
name are the body of one function, and `includes` stands at the top. A ```text block right after one
is what that prints. All functions make one program, which runs one of them at a time, in an empty
folder. Every ```cpp block must carry a name.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DOCUMENT = os.path.join(ROOT, "docs", "EMBEDDING.md")
SECONDS_MAX = 300
BLOCK = re.compile(
    r"(?:^<!-- cpp: (?P<name>\w+) -->\n)?^```cpp\n(?P<code>.*?)^```\n"
    r"(?:^```text\n(?P<text>.*?)^```\n)?",
    re.M | re.S,
)

MORE_INCLUDES = ["atomic", "cstdio", "deque", "future", "memory", "mutex", "optional", "string"]
MORE_INCLUDES += ["string_view", "thread", "utility", "vector"]


class Section:
    """The blocks of one name."""

    def __init__(self):
        self.code = []
        self.prints = ""


def sections_of(text):
    """Name -> Section, in order; the block `includes` among them."""
    sections = {}
    for block in BLOCK.finditer(text):
        if block["name"] is None:
            raise ValueError(f"a block without a name:\n{block['code']}")
        section = sections.setdefault(block["name"], Section())
        line = text.count("\n", 0, block.start("code")) + 1
        section.code.append(f'#line {line} "docs/EMBEDDING.md"\n{block["code"]}')
        section.prints += block["text"] or ""
    return sections


def program_of(sections):
    lines = [f"#include <{name}>" for name in MORE_INCLUDES]
    lines += sections["includes"].code
    lines += [f'#include "{HERE}/document_prelude.h"', ""]
    names = [name for name in sections if name != "includes"]
    for name in names:
        lines += [f"static int Run_{name}() {{", *sections[name].code, "return 0;", "}"]
    lines += ["int main(int, char** argv) {", "const std::string_view name = argv[1];"]
    lines += [f'if (name == "{name}") return Run_{name}();' for name in names]
    lines += ["return 2;", "}"]
    return "\n".join(lines) + "\n"


def compile_program(source, build):
    program = source.removesuffix(".cc")
    library = os.path.join(build, "libthalweg.so")
    argv = ["c++", "-std=c++23", "-Wall", "-Wextra", "-Werror", "-I", os.path.join(ROOT, "include")]
    argv += [source, "-o", program, library, f"-Wl,-rpath,{build}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS_MAX)
    if done.returncode != 0:
        raise ValueError(f"the document does not compile:\n{done.stderr}")
    return program


def run_section(program, name, section, folder):
    """What is wrong with it, or None."""
    os.mkdir(folder)
    done = subprocess.run(
        [program, name], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX
    )
    if done.returncode != 0:
        return f"ended with {done.returncode}\n{done.stdout}{done.stderr}"
    if done.stdout != section.prints:
        return f"printed\n{done.stdout}where the document says\n{section.prints}"
    return None


def main():
    build = os.path.abspath(sys.argv[1])
    with open(DOCUMENT, encoding="utf-8") as file:
        sections = sections_of(file.read())
    counts = {True: 0, False: 0}
    with tempfile.TemporaryDirectory(prefix="thalweg-document-") as folder:
        source = os.path.join(folder, "document.cc")
        with open(source, "w", encoding="utf-8") as file:
            file.write(program_of(sections))
        program = compile_program(source, build)
        for name, section in sections.items():
            if name == "includes":
                continue
            wrong = run_section(program, name, section, os.path.join(folder, name))
            print(f"ok {name}" if wrong is None else f"FAILED {name}: {wrong}", flush=True)
            counts[wrong is None] += 1
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main())
