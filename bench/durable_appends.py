#!/usr/bin/env python3
"""What durable appends cost: how many share a sync, how much CPU and how many bytes written each.

  durable_appends.py PROGRAM [--seconds 10] [--connections 64] [--streams 1000] [--bytes 256]
                     [--runs 3] [--dir DIR]

Starts PROGRAM on a fresh data directory, loads it with wrk from loopback, stops it, and counts the
commit blocks of its log: a block is one write and one sync (docs/formats/log.md). Prints one row
per run and the median. Needs wrk.
"""

import argparse
import os
import shutil
import statistics
import struct
import tempfile
import urllib.request

from server import cpu_seconds, start, written_bytes, wrk

PAGE = 4096

SCRIPT = """
local body = string.rep("x", %(bytes)d)
local n = 0
request = function()
  n = (n * 1103515245 + 12345) %% 2147483648
  local path = "/v1/stream/s" .. (n %% %(streams)d)
  return wrk.format("POST", path, {["content-type"] = "application/octet-stream"}, body)
end
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", default=None, help="where the data directories are made")
    return parser.parse_args()


def create_streams(url, count):
    for i in range(count):
        request = urllib.request.Request(f"{url}/v1/stream/s{i}", method="PUT")
        with urllib.request.urlopen(request) as answer:
            answer.read()


def usage(pid):
    """CPU seconds of the process and of each thread, and bytes it wrote."""
    task = f"/proc/{pid}/task"
    threads = {thread: cpu_seconds(f"{task}/{thread}/stat") for thread in os.listdir(task)}
    return cpu_seconds(f"/proc/{pid}/stat"), threads, written_bytes(pid)


def blocks(data):
    """Commit blocks of the log and the records in them."""
    count = records = 0
    log = os.path.join(data, "log")
    for name in sorted(name for name in os.listdir(log) if name.endswith(".log")):
        with open(os.path.join(log, name), "rb") as file:
            salt = file.read(PAGE)[40:48]
            position = PAGE
            while True:
                file.seek(position)
                head = file.read(48)
                if head[:4] != b"TWCB" or head[8:16] != salt:
                    break
                payload, held = struct.unpack_from("<II", head, 16)
                count += 1
                records += held
                position += -(-(48 + payload) // PAGE) * PAGE
    return count, records


def run(options):
    data = tempfile.mkdtemp(prefix="thalweg-bench-", dir=options.dir)
    try:
        server, url, _ = start(options.program, data)
        try:
            create_streams(url, options.streams)
            blocks_before, _ = blocks(data)
            cpu_before, threads_before, written_before = usage(server.pid)
            appends = wrk(url, SCRIPT % vars(options), options.seconds, options.connections)
            cpu, threads, written = usage(server.pid)
        finally:
            server.terminate()
            server.wait()
        made = blocks(data)[0] - blocks_before
        # Loops commit, too; the log's thread is the third busiest at most.
        spent = sorted((threads[t] - threads_before.get(t, 0) for t in threads), reverse=True)
        return {
            "appends/s": appends / options.seconds,
            "appends per sync": appends / made,
            "syncs/s": made / options.seconds,
            "server us per append": (cpu - cpu_before) / appends * 1e6,
            "bytes written per byte": (written - written_before) / (appends * options.bytes),
            "threads' share of a core": " ".join(f"{s / options.seconds:.2f}" for s in spent[:4]),
        }
    finally:
        shutil.rmtree(data)


def main():
    options = arguments()
    rows = [run(options) for _ in range(options.runs)]
    for key in rows[0]:
        values = [row[key] for row in rows]
        if isinstance(values[0], str):
            print(f"{key:26} {' | '.join(values)}")
        else:
            middle = statistics.median(values)
            print(f"{key:26} {middle:10.2f}   ({', '.join(f'{v:.2f}' for v in values)})")


if __name__ == "__main__":
    main()
