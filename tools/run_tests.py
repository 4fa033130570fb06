#!/usr/bin/env python3
"""Runs every test, step by step, and says what came of it.

  run_tests.py [--show] [STEP ...]    steps: tidy unit embed conformance e2e crash readme
                                      node seed asan tsan fuzz

One line per step; what a step printed is kept in build/test-logs/STEP.log. Where it failed, its
end is shown, and the lines that tell of a failure are shown once more at the end of all. The last
line is the sum: `N passed, N failed`, and `, N skipped` where any were. Exits 1 where anything
failed.
"""

import argparse
import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "test-logs")
JOBS = str(os.cpu_count() or 2)
TAIL_LINES = 60
TELLING_LINES_MAX = 20
# How ctest, gtest, TAP, our own scripts and the sanitizers begin a line that tells of a failure.
TELLS_FAILURE = re.compile(
    r"\s*(not ok |error: |expected: |actual: |FAIL|\[  FAILED  \]|"
    r"\d+ - .* \((Failed|Timeout)\)|round \d+, seed |"
    r".*(: Failure$|==ERROR|WARNING: \w+Sanitizer))"
)
STEP_SECONDS_MAX = 1500
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
CONFORMANCE_MODES = os.environ.get("MODES", "memory durable tiny restart").split()
KILL_ROUNDS = int(os.environ.get("KILL_ROUNDS", "40"))
KILL_ROUNDS_ASAN = 5
HELD = "15000"  # readers that wait, each a descriptor
NODE_MAJOR_MIN = 20

# What runs under the thread sanitizer: every module where threads meet.
THREADED = [
    "base_test", "storage_test", "engine_test", "http_test", "net_test", "api_test", "server_test",
]  # fmt: skip

SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1",
}


class Failed(Exception):
    """A command that a step rests on failed."""


# --- counting what test programs say -------------------------------------------------------------
# Passed, failed, skipped; None where the text tells nothing.


def count_ctest(text):
    match = re.search(r"(\d+) tests? failed out of (\d+)", text)
    if not match:
        return None
    failed, total = int(match[1]), int(match[2])
    skipped = len(re.findall(r"(?m)^\s*\d+ - .* \(Skipped\)$", text))  # for ctest they passed
    return total - failed - skipped, failed, skipped


def count_gtest(text):
    ran = re.search(r"\[=+\] (\d+) tests? from .* ran\.", text)
    passed = re.search(r"\[  PASSED  \] (\d+) tests?", text)
    if not ran or not passed:
        return None
    found = re.search(r"\[  SKIPPED \] (\d+) tests?", text)
    skipped = int(found[1]) if found else 0
    return int(passed[1]), int(ran[1]) - skipped - int(passed[1]), skipped


def count_tap(text):
    lines = re.findall(r"(?m)^# (pass|fail|cancelled|skipped) (\d+)", text)
    found = {word: int(number) for word, number in lines}
    if "pass" not in found:
        return None
    failed = found.get("fail", 0) + found.get("cancelled", 0)
    return found["pass"], failed, found.get("skipped", 0)


def count_conformance(text):
    match = re.search(r"(?m)^conformance: (\d+) of (\d+) passed", text)
    return (int(match[1]), int(match[2]) - int(match[1]), 0) if match else None


def count_sum(text):
    found = re.findall(r"(?m)^(\d+) passed, (\d+) failed$", text)
    return (int(found[-1][0]), int(found[-1][1]), 0) if found else None


def judge(code, counted):
    """What a program's end and its own count mean: a bad end is at least one failure."""
    passed, failed, skipped = counted or (0, 0, 0)
    if code != 0 or counted is None or passed + failed == 0:
        failed = max(failed, 1)
    return passed, failed, skipped


def sum_line(passed, failed, skipped):
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


# --- running -------------------------------------------------------------------------------------


class Step:
    """One step under way: its log and its counts. Its commands may run side by side."""

    def __init__(self, name, show):
        self.name = name
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.show = show
        self.adding = threading.Lock()
        self.log_path = os.path.join(LOGS, f"{name}.log")
        self.log = open(self.log_path, "w", encoding="utf-8")

    def command(self, argv, cwd=ROOT, env=None, seconds=STEP_SECONDS_MAX):
        """Runs `argv`; its exit code and what it printed."""
        self.log.write(f"\n$ {textwrap.shorten(' '.join(argv), 300, placeholder=' …')}\n")
        self.log.flush()
        try:
            done = subprocess.run(
                argv, cwd=cwd, env={**os.environ, **(env or {})}, timeout=seconds,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            code, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as timeout:
            code, output = 124, (timeout.stdout or b"") + b"\nstopped: it took too long\n"
        except FileNotFoundError as missing:
            code, output = 127, str(missing).encode()
        text = output.decode("utf-8", "replace")
        self.log.write(text)
        self.log.flush()
        if self.show:
            print(text, end="", flush=True)
        return code, text

    def need(self, argv, **more):
        code, _ = self.command(argv, **more)
        if code != 0:
            raise Failed(f"`{' '.join(argv)}` failed")

    def check(self, argv):
        """A command that is one test: it passes where it exits 0."""
        code, _ = self.command(argv)
        self.add(int(code == 0), int(code != 0))

    def count(self, argv, counter, **more):
        code, text = self.command(argv, **more)
        self.add(*judge(code, counter(text)))

    def add(self, passed, failed, skipped=0):
        with self.adding:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped

    def tail(self):
        self.log.flush()
        with open(self.log_path, encoding="utf-8") as log:
            return "".join(log.readlines()[-TAIL_LINES:])

    def telling_lines(self):
        with open(self.log_path, encoding="utf-8") as log:
            telling = [line.strip() for line in log if TELLS_FAILURE.match(line)]
        return telling[:TELLING_LINES_MAX]


def build(step, preset, targets=()):
    step.need(["cmake", "--preset", preset])
    targets = ["--target", *targets] if targets else []
    step.need(["cmake", "--build", "--preset", preset, "-j", JOBS, *targets])


def ensure_node(step):
    """Puts a Node.js that is new enough first on PATH: the system's, else one from npm."""
    code, text = step.command(["node", "--version"])
    match = re.match(r"v(\d+)\.", text)
    if code == 0 and match and int(match[1]) >= NODE_MAJOR_MIN:
        return
    folder = os.path.join(ROOT, "tools", "node")
    step.need(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
    found = glob.glob(os.path.join(folder, "node_modules", "node-linux-*", "bin", "node"))
    if not found:
        raise Failed(f"Node.js {NODE_MAJOR_MIN} or newer is needed; found {text.strip()!r}")
    os.environ["PATH"] = os.path.dirname(found[0]) + os.pathsep + os.environ["PATH"]


def node_packages(step, folder, *flags):
    """Installs what `folder`'s lock file names, where that has not been done."""
    ensure_node(step)
    lock = os.path.join(folder, "package-lock.json")
    stamp = os.path.join(folder, "node_modules", ".installed-lock.json")
    if os.path.exists(stamp) and open(stamp).read() == open(lock).read():
        return
    step.need(["npm", "ci", "--no-audit", "--no-fund", *flags], cwd=folder)
    shutil.copy(lock, stamp)


# --- the steps -----------------------------------------------------------------------------------


def tidy(step):
    step.check([sys.executable, "tools/tidy.py"])
    listing = ["git", "ls-files", "-co", "--exclude-standard", "*.h", "*.cc"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [f for f in files.split() if os.path.exists(os.path.join(ROOT, f))]
    step.check(["clang-format-19", "--dry-run", "-Werror", *files])


def ctest(step, preset, env=None):
    argv = ["ctest", "--preset", preset, "-j", JOBS]
    step.count(argv, count_ctest, env=env)


def unit(step):
    build(step, "release")
    ctest(step, "release")


def embed(step):
    build(step, "release")
    for test in ["packaging_test.py", "examples_test.py", "document_test.py"]:
        script = os.path.join(ROOT, "test", "embedding", test)
        step.count([sys.executable, script, os.path.join(ROOT, "build", "release")], count_sum)


def run_conformance(step, preset, mode, env=None):
    folder = os.path.join(ROOT, "test", "conformance")
    binary = os.path.join(ROOT, "build", preset, "thalweg")
    step.count(
        ["npm", "test", "--silent"], count_conformance, cwd=folder,
        env={"THALWEG_BIN": binary, "THALWEG_MODE": mode, **(env or {})},
    )  # fmt: skip


def conformance(step):
    """The official suite, which mostly waits, against the program and through the example beast."""
    build(step, "release", ["thalweg", "example_beast"])
    node_packages(step, os.path.join(ROOT, "test", "conformance"))
    beast = os.path.join(ROOT, "build", "release", "examples", "beast")
    through_beast = {"THALWEG_BIN": beast, "THALWEG_PROGRAM": "beast"}
    with ThreadPoolExecutor(max_workers=int(JOBS)) as pool:
        runs = [pool.submit(run_conformance, step, "release", mode) for mode in CONFORMANCE_MODES]
        for mode in set(CONFORMANCE_MODES) & {"memory", "durable"}:
            runs.append(pool.submit(run_conformance, step, "release", mode, through_beast))
    for run in runs:
        run.result()


def e2e(step):
    build(step, "release", ["thalweg", "live_load"])
    folder = os.path.join(ROOT, "test", "e2e")
    node_packages(step, folder)
    tests = sorted(glob.glob(os.path.join(folder, "*.test.mjs")))
    if not tests:
        raise Failed("test/e2e holds no test")
    env = {"THALWEG_BIN": os.path.join(ROOT, "build", "release", "thalweg")}
    argv = ["node", "--test", "--test-reporter=tap", "--test-concurrency=1", *tests]
    live_load = os.path.join(ROOT, "build", "release", "test", "e2e", "live_load")
    hold = [live_load, env["THALWEG_BIN"], "--readers", "0", "--stalled", "0", "--held", HELD]
    with ThreadPoolExecutor() as beside:
        held = beside.submit(step.command, hold)  # two minutes that take next to no CPU
        step.count(argv, count_tap, cwd=folder, env=env)
        step.count([live_load, env["THALWEG_BIN"]], count_sum)
        code, text = held.result()
    step.add(*judge(code, count_sum(text)))


def node_addon(step, preset):
    """Builds the Node.js addon; the folder of its package."""
    folder = os.path.join(ROOT, "bindings", "node")
    node_packages(step, folder, "--ignore-scripts")  # the script would build it once more
    step.need(["cmake", "--preset", preset, "-DTHALWEG_NODE=ON"])
    step.need(["cmake", "--build", "--preset", preset, "-j", JOBS, "--target", "thalweg_node"])
    return folder


def own_tests_of_node(step, preset, env=None):
    folder = node_addon(step, preset)
    addon = os.path.join(ROOT, "build", preset, "bindings", "node", "thalweg.node")
    tests = sorted(glob.glob(os.path.join(folder, "test", "*.test.mjs")))
    argv = ["node", "--test", "--test-reporter=tap", "--test-concurrency=2", *tests]
    step.count(argv, count_tap, cwd=folder, env={"THALWEG_NODE_ADDON": addon, **(env or {})})
    return folder


def node(step):
    folder = own_tests_of_node(step, "release")
    packed = os.path.join("test", "packed", "packed.mjs")
    step.count(["node", packed], count_sum, cwd=folder)


def node_under_asan(step):
    """The addon in a Node.js that is not instrumented: the sanitizer is loaded before it."""
    where = ["clang++-19", "-print-file-name=libclang_rt.asan-x86_64.so"]
    runtime = subprocess.check_output(where, text=True).strip()
    env = {**SANITIZER_ENVIRONMENT, "LD_PRELOAD": runtime}
    env["ASAN_OPTIONS"] += ":detect_leaks=0"  # Node.js and npm leave theirs to the system
    own_tests_of_node(step, "asan", env)


# Half of the rounds on the log alone, half with checkpoints and merges all the time.
KILL_FLAGS = ["--log-file 1MiB", "--log-file 256KiB --checkpoint-log 256KiB --checkpoint-age 20ms"]


def kill_loop(step, preset, rounds, env=None):
    binary = os.path.join(ROOT, "build", preset, "thalweg")
    for half, flags in enumerate(KILL_FLAGS):
        argv = [sys.executable, "test/crash/kill_loop.py", binary]
        argv += ["--rounds", str((rounds + half) // len(KILL_FLAGS)), f"--flags={flags}"]
        step.count(argv, count_sum, env=env)


def crash(step):
    build(step, "release", ["thalweg"])
    step.check([sys.executable, "test/crash/kill_history_test.py"])
    kill_loop(step, "release", KILL_ROUNDS)


def readme(step):
    build(step, "release", ["thalweg"])
    binary = os.path.join(ROOT, "build", "release", "thalweg")
    step.count([sys.executable, "test/readme_test.py", binary], count_sum)


def link_package(folder, name, package):
    """Makes `name` resolve to the folder `package` for what is in `folder`."""
    link = os.path.join(folder, "node_modules", name)
    if os.path.lexists(link):
        os.remove(link)
    os.symlink(package, link)


def seed(step):
    """The npm package from outside: the seed's blocks, frameworks, drop-in, leaks, the suite."""
    folder = os.path.join(ROOT, "test", "node")
    package = node_addon(step, "release")
    node_packages(step, folder)
    node_packages(step, os.path.join(ROOT, "test", "conformance"))
    link_package(folder, "thalweg", package)
    tests = sorted(glob.glob(os.path.join(folder, "*.test.mjs")))
    argv = ["node", "--test", "--test-reporter=tap", f"--test-concurrency={JOBS}", *tests]
    step.count(argv, count_tap, cwd=folder)
    step.count(["node", "conformance.mjs"], count_sum, cwd=folder)


def asan(step):
    build(step, "asan")
    ctest(step, "asan", SANITIZER_ENVIRONMENT)
    node_packages(step, os.path.join(ROOT, "test", "conformance"))
    run_conformance(step, "asan", "restart", SANITIZER_ENVIRONMENT)
    kill_loop(step, "asan", KILL_ROUNDS_ASAN, SANITIZER_ENVIRONMENT)
    node_under_asan(step)


def tsan(step):
    build(step, "tsan", THREADED)
    for name in THREADED:
        found = glob.glob(os.path.join(ROOT, "build", "tsan", "**", name), recursive=True)
        step.count([found[0], "--gtest_brief=1"], count_gtest, env=SANITIZER_ENVIRONMENT)


def fuzz_one(step, name):
    """Fuzzes one target for FUZZ_SECONDS from its seeds; what it finds is kept beside the logs."""
    seeds = os.path.join(ROOT, "test", "fuzz", "corpus", name)
    grown = os.path.join(ROOT, "build", "fuzz", "grown", name)
    os.makedirs(grown, exist_ok=True)
    binary = os.path.join(ROOT, "build", "fuzz", "test", "fuzz", name)
    argv = [binary, grown, seeds, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10",
            "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0",
            f"-artifact_prefix={LOGS}/{name}-"]  # fmt: skip
    code, text = step.command(argv, env=SANITIZER_ENVIRONMENT, seconds=FUZZ_SECONDS + 120)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    return (1, 0) if code == 0 and runs and int(runs[1]) > 0 else (0, 1)


def fuzz(step):
    sources = sorted(glob.glob(os.path.join(ROOT, "test", "fuzz", "*_fuzz.cc")))
    names = [os.path.basename(source).removesuffix(".cc") for source in sources]
    build(step, "fuzz", names)
    with ThreadPoolExecutor(max_workers=max(1, int(JOBS))) as pool:
        for counts in pool.map(lambda name: fuzz_one(step, name), names):
            step.add(*counts)


STEPS = {
    "tidy": tidy,
    "unit": unit,
    "embed": embed,
    "conformance": conformance,
    "e2e": e2e,
    "crash": crash,
    "readme": readme,
    "node": node,
    "seed": seed,
    "asan": asan,
    "tsan": tsan,
    "fuzz": fuzz,
}


def run_step(name, show):
    step = Step(name, show)
    started = time.monotonic()
    try:
        STEPS[name](step)
    except Failed as failure:
        step.log.write(f"\n{failure}\n")
        step.failed = max(step.failed, 1)
    seconds = time.monotonic() - started
    verdict = "ok" if step.failed == 0 else "FAILED"
    counts = f"{step.passed:>5} passed {step.failed:>4} failed {step.skipped:>3} skipped"
    print(f"{name:<12} {verdict:<7} {counts} {seconds:>6.0f} s", flush=True)
    if step.failed:
        path = os.path.relpath(step.log_path, ROOT)
        print(f"--- the end of {path}:\n{step.tail()}---", flush=True)
    step.log.close()
    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="show what the steps print")
    parser.add_argument("steps", nargs="*", help=" ".join(STEPS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.steps if name not in STEPS]
    if unknown:
        parser.error(f"no step {unknown[0]!r}; there are: {' '.join(STEPS)}")
    os.makedirs(LOGS, exist_ok=True)
    # Clones in other folders share what the compiler cache has.
    os.environ.setdefault("CCACHE_BASEDIR", ROOT)
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    steps = [run_step(name, arguments.show) for name in arguments.steps or STEPS]
    for step in steps:
        for line in step.telling_lines() if step.failed else []:
            print(f"{step.name}: {line}")
    passed, failed = sum(step.passed for step in steps), sum(step.failed for step in steps)
    print(sum_line(passed, failed, sum(step.skipped for step in steps)), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
