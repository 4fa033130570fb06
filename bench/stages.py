#!/usr/bin/env python3
"""Where the microseconds of an append go: CPU by stage, ours beside the limit program's.

  stages.py [--connections 256] [--streams 256] [--warmup 1] [--seconds 5] [--servers NAME,...]
            [--build build/release]

Loads each server twice: alone, which tells its CPU per append, and under perf, which tells how that
divides. What the kernel does is counted for the system call that it does it for; the server's own
code for the stage its function belongs to. Needs perf (Debian: linux-perf) and the right to use it.
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import contenders  # noqa: E402
from measure import Failed, load, started  # noqa: E402
from workloads import Case, flags, long_log  # noqa: E402

SAMPLES_PER_SECOND = 4999
SERVERS = ("thalweg-memory", "limit-respond", "thalweg", "limit-commit")

CALLS = {
    "recvfrom": "receive",
    "sendto": "send", "sendmsg": "send",
    "epoll_wait": "wait for events",
    "pwrite64": "write", "fdatasync": "sync", "pwritev": "sync",
    "io_submit": "sync", "io_getevents": "sync",
    "futex": "wake threads", "read": "wake threads", "write": "wake threads",
}  # fmt: skip

# The first that fits a function's name.
OWN_CODE = [
    (
        "the log's record and block",
        r"LocalLog|LogFileSupply|LoopCommitter|AioWriter|CommitLog|EncodeRecord|Crc32c|LogBlock"
        r"|ZeroFill",
    ),
    ("connections, loop", r"Http1Connection|Http1Shared|Loop|Timer|SteadyMs|bench"),
    ("checkpoint", r"Checkpoint|Segment|Lmdb|mdb_|StreamStore|StoreKeeper"),
    ("read the head", r"RequestHead|Http1Parser|Framing|ParseTarget|Authority|Reserved|NormalKey"),
    ("find the stream, decide, apply", r"Engine|Stream(Table|Path|Entry)|Tail|Decide|Partition"),
    ("route, decode fields", r"Router|FindFields|Decode|Options|HandleAppend|Path|Prefix"),
    ("wait until durable", r"Durable|Port|Publisher|Mailbox|_Mofunc"),
    ("make the answer", r"Head|Responder|Header|OutputQueue|PieceWriter|Appended|OffsetChars"),
]
REST = "libraries: memory, copies, locks, clock"

ORDER = ["receive", "send", "wait for events", "write", "sync", "wake threads", "page faults",
         "kernel, the rest", *(stage for stage, _ in OWN_CODE), REST]  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--streams", type=int, default=256)
    parser.add_argument("--warmup", type=float, default=1, help="seconds of the same before")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--servers", type=lambda text: text.split(","), default=SERVERS,
                        metavar="NAME,...", help="of " + " ".join(SERVERS))  # fmt: skip
    parser.add_argument("--build", default=os.path.join(contenders.ROOT, "build", "release"))
    options = parser.parse_args()
    for name in options.servers:
        if name not in SERVERS:
            parser.error(f"no server {name!r}; there are: {' '.join(SERVERS)}")
    if shutil.which("perf") is None:
        parser.error("perf is not there (Debian: apt-get install linux-perf)")
    return options


def stage_of(stack):
    """Of the functions of a sample, from the innermost on."""
    for function in stack:
        # pwritev2, which writes and syncs, is never on the stack itself.
        call = re.match(r"_*(?:x64_)?sys_(\w+)|do_(pwritev)$", function)
        if call:
            return CALLS.get(call[1] or call[2], "kernel, the rest")
    if any("page_fault" in function for function in stack):
        return "page faults"
    if any(re.match(r"asm_|entry_SYSCALL|do_syscall|syscall_", function) for function in stack):
        return "kernel, the rest"
    for stage, names in OWN_CODE:
        if re.search(names, stack[0]):
            return stage
    return REST


def samples(recording):
    """How many belong to each stage."""
    argv = ["perf", "script", "-i", recording, "-F", "ip,sym"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    counts = collections.Counter()
    for block in said.split("\n\n"):
        stack = [line.split(None, 1)[1] for line in block.splitlines() if len(line.split()) > 1]
        if stack:
            counts[stage_of(stack)] += 1
    return counts


def recorded(running, case, seconds):
    """The samples of a load like the one before."""
    with tempfile.NamedTemporaryFile(dir=running.folder) as file:
        perf = subprocess.Popen(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_PER_SECOND), "-g",
             "-p", str(running.process.pid), "-o", file.name, "--", "sleep", str(seconds + 2)],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        load(running, [*case.flags, "--no-create"], seconds, 1)
        said = perf.communicate()[1]
        if perf.returncode != 0:
            sys.exit(f"perf cannot record: {said.strip()}")
        return samples(file.name)


def measured(name, setting, case, seconds, warmup):
    """Microseconds of CPU per append, by stage."""
    with started(contenders.kinds()[name], setting, case) as running:
        said = load(running, case.flags, seconds, warmup)
        each = said["server"]["cpu_us"] / said["append"]["messages"]
        counts = recorded(running, case, seconds)
    return {stage: each * count / counts.total() for stage, count in counts.items()}


def table(columns):
    lines = ["| CPU per append, µs | " + " | ".join(columns) + " |",
             "|---" * (len(columns) + 1) + "|"]
    for stage in ORDER:
        cells = [f"{column.get(stage, 0):.2f}" for column in columns.values()]
        lines.append(f"| {stage} | " + " | ".join("" if c == "0.00" else c for c in cells) + " |")
    sums = [f"{sum(column.values()):.2f}" for column in columns.values()]
    return "\n".join([*lines, "| all | " + " | ".join(sums) + " |"])


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="thalweg-bench-", dir=options.build) as data:
        setting = contenders.Setting(options.build, data)
        pick = "connection" if options.streams <= options.connections else "random"
        which = f"--connections {options.connections} --streams {options.streams} --pick {pick}"
        case = Case("appends", flags(which), options.streams, **long_log(False))
        try:
            columns = {
                name: measured(name, setting, case, options.seconds, options.warmup)
                for name in options.servers
            }
        except (contenders.NotStarted, Failed) as why:
            sys.exit(str(why))
    print(table(columns))


if __name__ == "__main__":
    main()
