#!/usr/bin/env python3
"""Measures our server against the limits of the machine and, if asked to, against its peers.

  run.py [WORKLOAD ...] [--peers] [--quick] [--runs 3] [--seconds 2] [--servers NAME,...]

All workloads where none is named; `--help` lists them. The server has one core, the load another.
Each run is a fresh server on a fresh directory; servers take turns, A B A B, so that what the
machine does meanwhile meets all of them. Prints a table for each workload, and writes it, its JSON
and a plot to build/bench.
"""

import argparse
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
import contenders  # noqa: E402
import page  # noqa: E402
from compare import compare  # noqa: E402
from measure import WAYS, Failed  # noqa: E402
from workloads import workloads  # noqa: E402

ROOT = contenders.ROOT


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names, servers = list(workloads(quick=False)), list(contenders.kinds())
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=" ".join(names))
    parser.add_argument("--peers", action="store_true", help="measure those installed, too")
    parser.add_argument("--quick", action="store_true", help="small cases, to see that all works")
    parser.add_argument("--runs", type=int, help="of each case and server (3; quick: 1)")
    parser.add_argument("--seconds", type=float, help="measured in each run (2; quick: 0.5)")
    parser.add_argument("--servers", type=lambda text: text.split(","), metavar="NAME,...",
                        help="only these of a workload's: " + " ".join(servers))  # fmt: skip
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=min(2, (os.cpu_count() or 1) - 1))
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--data", help="where servers keep their data (build/bench/data)")
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "bench"))
    options = parser.parse_args()
    for what, asked, known in (
        ("workload", options.workloads, names),
        ("server", options.servers or [], servers),
    ):
        for name in asked:
            if name not in known:
                parser.error(f"no {what} {name!r}; there are: {' '.join(known)}")
    options.workloads = options.workloads or names
    options.runs = options.runs or (1 if options.quick else 3)
    options.seconds = options.seconds or (0.5 if options.quick else 2)
    options.data = options.data or os.path.join(options.out, "data")
    return options


def machine():
    """What a figure means little without."""
    with open("/proc/cpuinfo") as info:
        models = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    with open("/proc/meminfo") as info:
        kib = int(info.readline().split()[1])
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(kib / (1 << 20), 1),
        "kernel": platform.release(),
    }


def commit():
    argv = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()


def chosen(workload, options):
    """The kinds that are to run it, and are there."""
    kinds = contenders.kinds()
    named = options.servers or []
    for name in workload.contenders(options.peers or named):
        if named and name not in named:
            continue
        if kinds[name].installed():
            yield kinds[name]
        else:
            print(f"{name}: skipped, not installed (bench/peers/install.py)")


def short(result):
    if "error" in result:
        return result["error"]
    return f"{result.get('rate', result.get('start_ms')):,.0f}"


def measured_row(options, setting, workload, kind, case):
    """A row, or one that says why there is none."""
    seconds = max(options.seconds, case.seconds_min)
    warmup = max(min(1, options.seconds / 3), case.warmup_min)
    try:
        return WAYS[workload.way](kind, setting, workload, case, seconds, warmup)
    except (contenders.NotStarted, Failed) as why:
        return {"error": str(why)}


def measurements(options, setting, workload, servers):
    """All rows, run by run; each says which it is."""
    results = []
    for run in range(options.runs):
        for case in workload.cases:
            for kind in servers:
                if case.streams > kind.streams_max:
                    continue
                result = measured_row(options, setting, workload, kind, case)
                results.append({"case": case.name, "server": kind.name, "run": run, **result})
                print(f"  {run + 1}/{options.runs} {case.name}, {kind.name}: {short(result)}",
                      flush=True)  # fmt: skip
    compare(results, workload.ours[0], workload.compares_cases)
    return results


def write(options, workload, results):
    measured = {
        "workload": workload.name,
        "title": workload.title,
        "unit": workload.unit,
        "operation": workload.operation,
        "command": shlex.join(["bench/run.py", *sys.argv[1:]]),
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "results": results,
    }
    with open(os.path.join(options.out, f"{workload.name}.json"), "w") as file:
        json.dump(measured, file, indent=1)
    print("\n" + page.write(measured, options.out), flush=True)


def main():
    options = arguments()
    os.makedirs(options.data, exist_ok=True)
    contenders.raise_descriptor_limit()
    setting = contenders.Setting(
        options.build, options.data, {options.server_core}, {options.client_core}
    )
    known = workloads(options.quick)
    for workload in [known[name] for name in options.workloads]:
        print(f"{workload.title}:", flush=True)
        servers = list(chosen(workload, options))
        if servers:
            write(options, workload, measurements(options, setting, workload, servers))
        else:
            print(f"{workload.name}: skipped, it has none of these servers", flush=True)


if __name__ == "__main__":
    main()
