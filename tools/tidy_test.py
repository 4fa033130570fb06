#!/usr/bin/env python3
"""Each lint of tidy.py finds the mistake planted for it, and lets its correct twin pass."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cpp_scan  # noqa: E402
import tidy  # noqa: E402
import tidy_report  # noqa: E402
import tidy_rules  # noqa: E402

HEADER = "// What this header is for, in one line.\n#pragma once\n"


def findings(lint, files):
    tree = {path: tidy.Source(path, text) for path, text in files.items()}
    return [f"{f.path}:{f.line}" for f in tidy.check(tree, {lint})]


def long_function(lines):
    return "void Long() {\n" + "  Call();\n" * (lines - 2) + "}\n"


# lint, why, path, text, number of findings; further files where the lint looks at others.
CASES = [
    ("include-direction", "http knows no sockets",
     "src/http/a.cc", '#include "net/loop.h"\n', 1),
    ("include-direction", "net knows no meaning",
     "src/net/a.cc", '#include "http/head.h"\n', 1),
    ("include-direction", "the rules stand below the engine",
     "src/stream/a.h", '#include "engine/read.h"\n', 1),
    ("include-direction", "production code uses no test code",
     "src/engine/a.cc", '#include "testing/manual_clock.h"\n', 1),
    ("include-direction", "a test may",
     "src/engine/a_test.cc", '#include "testing/manual_clock.h"\n', 0),
    ("include-direction", "downwards, public, standard",
     "src/http/a.cc",
     '#include "engine/read.h"\n#include "thalweg/http.h"\n#include <sys/epoll.h>\n', 0),
    ("include-direction", "a comment includes nothing",
     "src/net/a.cc", '// #include "http/head.h"\n', 0),
    ("public-headers", "users do not have src/",
     "include/thalweg/a.h", '#include "stream/state.h"\n', 1),
    ("public-headers", "nor our libraries",
     "include/thalweg/a.h", "#include <fmt/core.h>\n", 1),
    ("public-headers", "public and standard",
     "include/thalweg/a.h", '#include <string>\n#include "thalweg/http.h"\n', 0),
    ("file-size", "601 lines", "src/base/a.cc", "int a;\n" * 601, 1),
    ("file-size", "600 lines", "src/base/a.cc", "int a;\n" * 600, 0),
    ("file-size", "a test may have 900", "src/base/a_test.cc", "int a;\n" * 900, 0),
    ("file-size", "and not 901", "src/base/a_test.cc", "int a;\n" * 901, 1),
    ("function-size", "71 lines", "src/base/a.cc", long_function(71), 1),
    ("function-size", "70 lines", "src/base/a.cc", long_function(70), 0),
    ("function-size", "a table in a test", "src/base/a_test.cc", long_function(160), 0),
    ("function-size", "not endless either", "src/base/a_test.cc", long_function(161), 1),
    ("line-length", "101 columns", "src/base/a.cc", "x" * 101 + "\n", 1),
    ("line-length", "100 columns", "src/base/a.cc", "x" * 100 + "\n", 0),
    ("header-comment", "no comment", "src/base/a.h", "#pragma once\n", 2 - 1),
    ("header-comment", "no pragma", "src/base/a.h", "// What this header is for.\nint a;\n", 1),
    ("header-comment", "both", "src/base/a.h", HEADER, 0),
    ("crosses-threads", "a lock that nobody is told of",
     "src/base/a.cc", "// Counts what it is given.\n#include <mutex>\n", 1),
    ("crosses-threads", "said",
     "src/base/a.cc", "// Crosses threads: one lock.\n#include <mutex>\n", 0),
    ("crosses-threads", "counting cores crosses nothing", "src/base/a.cc",
     "#include <thread>\nauto n = std::thread::hardware_concurrency();\n", 0),
    ("banned-call", "the clock is a seam",
     "src/http/a.cc", "auto t = std::chrono::steady_clock::now();\n", 1),
    ("banned-call", "its place",
     "src/base/system_clock.cc", "auto t = std::chrono::steady_clock::now();\n", 0),
    ("banned-call", "chance", "src/stream/a.cc", "std::random_device device;\n", 1),
    ("banned-call", "chance of C", "src/stream/a.cc", "int a = rand();\n", 1),
    ("banned-call", "sleeping, even in a test",
     "src/base/a_test.cc", "std::this_thread::sleep_for(1ms);\n", 1),
    ("banned-call", "printing", "src/http/a.cc", 'std::printf("x");\n', 1),
    ("banned-call", "printing, in the program", "src/server/a.cc", 'std::printf("x");\n', 0),
    ("banned-call", "snprintf prints nothing", "src/http/a.cc", "std::snprintf(b, 2, f);\n", 0),
    ("banned-call", "raw new", "src/http/a.cc", "auto* a = new Thing();\n", 1),
    ("banned-call", "raw delete", "src/http/a.cc", "delete thing;\n", 1),
    ("banned-call", "a deleted function", "src/http/a.h", "Thing(const Thing&) = delete;\n", 0),
    ("banned-call", "throwing", "src/stream/a.cc", "throw 1;\n", 1),
    ("banned-call", "a thread in the rules", "src/stream/a.cc", "std::thread thread(f);\n", 1),
    ("banned-call", "a thread in a test", "src/engine/a_test.cc", "std::thread thread(f);\n", 0),
    ("banned-call", "a file renamed elsewhere", "src/engine/a.cc", "::rename(a, b);\n", 1),
    ("banned-call", "its place", "src/storage/posix_disk.cc", "::rename(a, b);\n", 0),
    ("banned-call", "a socket in http", "src/http/a.cc", "int fd = ::socket(a, b, c);\n", 1),
    ("banned-call", "its place", "src/net/a.cc", "int fd = ::socket(a, b, c);\n", 0),
    ("banned-call", "ending the process", "src/http/a.cc", "std::exit(1);\n", 1),
    ("banned-call", "an assertion that can be off", "src/http/a.cc", "assert(a);\n", 1),
    ("banned-call", "ours, and static_assert",
     "src/http/a.cc", "THALWEG_ASSERT(a);\nstatic_assert(b);\n", 0),
    ("banned-call", "numbers of C", "src/http/a.cc", "int a = atoi(text);\n", 1),
    ("banned-call", "std::regex", "src/http/a.cc", "std::regex r;\n", 1),
    ("banned-call", "using namespace", "src/http/a.cc", "using namespace std;\n", 1),
    ("banned-call", "const_cast", "src/http/a.cc", "f(const_cast<char*>(a));\n", 1),
    ("banned-call", "a silenced warning",
     "src/http/a.cc", '#pragma GCC diagnostic ignored "-Wshadow"\n', 1),
    ("banned-call", "a copy byte by byte",
     "src/http/a.cc", "std::ranges::copy(from, to.begin());\n", 1),
    ("banned-call", "comments and strings do nothing",
     "src/http/a.cc", '// throw\nauto a = "throw";\n', 0),
    ("banned-call", "excused, with a reason",
     "src/http/a.cc", "// tidy-ok(banned-call): the library owns it\nauto* a = new Thing();\n", 0),
    ("banned-call", "excused without a reason is not",
     "src/http/a.cc", "// tidy-ok(banned-call)\nauto* a = new Thing();\n", 1),
    ("mutable-global", "a static counter", "src/http/a.cc", "static int count = 0;\n", 1),
    ("mutable-global", "a thread's own", "src/http/a.cc", "  thread_local Parser parser;\n", 1),
    ("mutable-global", "constants and functions",
     "src/http/a.cc", "static constexpr int kA = 1;\nstatic int F(int a);\n", 0),
    ("layout", "white space at the end", "src/http/a.cc", "int a; \n", 1),
    ("layout", "a tab", "src/http/a.cc", "\tint a;\n", 1),
    ("layout", "no newline at the end", "README.md", "text", 1),
    ("layout", "two", "README.md", "text\n\n", 1),
    ("layout", "one", "README.md", "text\n", 0),
    ("unfinished", "a promise", "src/http/a.cc", "// TO" + "DO: later\n", 1),
    ("unfinished", "part of a word", "src/http/a.cc", "int kAUTO" + "DOC;\n", 0),
    ("has-test", "none", "src/stream/a.cc", "int a;\n", 1),
]  # fmt: skip


class Lints(unittest.TestCase):
    def test_each_finds_what_is_planted_and_nothing_else(self):
        for lint, why, path, text, want in CASES:
            with self.subTest(lint=lint, why=why):
                self.assertEqual(len(findings(lint, {path: text})), want)

    def test_every_lint_has_a_planted_example(self):
        planted = {lint for lint, _, _, _, want in CASES if want > 0}
        elsewhere = {"own-header-first", "documented-commands"}
        self.assertEqual(set(tidy.LINTS) - planted - elsewhere, set())

    def test_a_finding_names_the_line(self):
        self.assertEqual(
            findings("layout", {"src/http/a.cc": "int a;\nint b; \n"}), ["src/http/a.cc:2"]
        )

    def test_own_header_first(self):
        wrong = {"src/http/a.cc": '#include <string>\n#include "http/a.h"\n', "src/http/a.h": HEADER}
        right = {"src/http/a.cc": '#include "http/a.h"\n#include <string>\n', "src/http/a.h": HEADER}
        self.assertEqual(findings("own-header-first", wrong), ["src/http/a.cc:1"])
        self.assertEqual(findings("own-header-first", right), [])

    def test_crosses_threads_reads_the_header_of_a_part(self):
        files = {
            "src/engine/engine.h": "// Crosses threads: any may call.\n#pragma once\n",
            "src/engine/engine_append.cc": "#include <mutex>\n",
        }
        self.assertEqual(findings("crosses-threads", files), [])

    def test_has_test_accepts_a_test_of_the_module_that_includes_the_header(self):
        files = {"src/http/a.cc": "int a;\n", "src/http/a_more.cc": "int a;\n"}
        test = '#include "http/a.h"\n'
        self.assertEqual(findings("has-test", {**files, "src/http/b_test.cc": test}), [])
        self.assertEqual(len(findings("has-test", {**files, "src/net/b_test.cc": test})), 2)

    def test_has_test_wants_the_named_cover_to_be_there(self):
        tidy_rules.UNTESTED["src/stream/gone.cc"] = "test/gone"
        try:
            files = {"src/stream/gone.cc": "int a;\n"}
            self.assertEqual(len(findings("has-test", files)), 1)
            files["test/gone/case.mjs"] = "1;\n"
            self.assertEqual(findings("has-test", files), [])
        finally:
            del tidy_rules.UNTESTED["src/stream/gone.cc"]

    def test_documented_commands(self):
        files = {
            "Makefile": "run: build\nbuild:\n",
            "docs/A.md": "Use `make run`.\n`make walk`\n[a](B.md) [b](../Makefile) [c](#here)\n",
        }
        self.assertEqual(findings("documented-commands", files), ["docs/A.md:2", "docs/A.md:3"])


class Scanner(unittest.TestCase):
    def functions(self, text):
        return [(f.name, f.lines) for f in cpp_scan.functions(cpp_scan.blank(text))]

    def test_finds_functions_and_nothing_else(self):
        cases = [
            ("free", "int F(int a) {\n  return a;\n}\n", [("F", 3)]),
            ("member", "void A::G() const {\n}\n", [("G", 2)]),
            ("in a class", "class A {\n public:\n  int g() const { return 1; }\n};\n", [("g", 1)]),
            ("constructor with braces",
             "A::A(int b)\n    : b_{b}, c_(b) {\n  Start();\n}\n", [("A", 4)]),
            ("operator", "bool A::operator==(const A& o) const {\n  return 1;\n}\n",
             [("operator==", 3)]),
            ("template", "template <typename T = int>\nT F(T t) {\n  return t;\n}\n", [("F", 4)]),
            ("default argument", "void F(int a = 1) {\n}\n", [("F", 2)]),
            ("test", "TEST(A, DoesB) {\n}\n", [("TEST", 2)]),
            ("a lambda belongs to its function",
             "void F() {\n  auto g = [](int a) {\n    return a;\n  };\n}\n", [("F", 5)]),
            ("value", "const Row kRows[] = {\n    {1, 2},\n};\n", []),
            ("enum and struct", "enum class E { kA };\nstruct S {\n  int a = 1;\n};\n", []),
            ("control flow is no function", "void F() {\n  if (a) {\n  }\n}\n", [("F", 4)]),
            ("braces in text", 'void F() {\n  auto a = "}{";\n  char b = \'{\';\n}\n', [("F", 4)]),
            ("macro", "#define A(x) \\\n  { x }\nvoid F() {\n}\n", [("F", 2)]),
        ]  # fmt: skip
        for why, text, want in cases:
            with self.subTest(why):
                self.assertEqual(self.functions("namespace thalweg {\n" + text + "}\n"), want)

    def test_blanking_keeps_lines_and_columns(self):
        text = 'a /* b\nc */ d "e\\"f" R"(g\n"h)" // i\n'
        blanked = cpp_scan.blank(text)
        self.assertEqual([len(x) for x in blanked.split("\n")], [len(x) for x in text.split("\n")])
        self.assertEqual("".join(c for c in blanked if c.isalpha()), "ad")


class Report(unittest.TestCase):
    def test_counts_lines_that_occur_twice(self):
        block = "".join(f"  Call(number_{i});\n" for i in range(8))
        sources = [tidy.Source(f"src/base/{n}.cc", block + f"  Only({n});\n") for n in "ab"]
        self.assertEqual(tidy_report.repeated_lines(sources), (16, 18))
        self.assertEqual(tidy_report.repeated_lines(sources[:1]), (0, 9))

    def test_percentiles(self):
        self.assertEqual(tidy_report.percentile([3, 1, 2], 0.5), 2)
        self.assertEqual(tidy_report.percentile(range(10), 0.9), 9)


if __name__ == "__main__":
    unittest.main()
