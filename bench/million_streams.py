#!/usr/bin/env python3
"""What a server with very many streams needs: to start, in memory, in writing.

  million_streams.py PROGRAM [--streams 1000000] [--active 1000] [--seconds 30] [--dir DIR]

Creates the streams with one append of 32 bytes each. Then, each on a copy of the same directory:
a start after kill -9 and one after a clean stop; memory with some streams active, beside a server
that has only those; bytes written for 256-byte appends to all streams, until checkpoints and merges
have come to rest. Needs wrk, and some gigabytes.
"""

import argparse
import os
import shutil
import tempfile
import time
import urllib.request

from server import descriptors, memory_mb, start, written_bytes, wrk

CREATE = """
local n = -1  -- wrk asks once for a request that it does not send
request = function()
  n = n + 1
  if n == %(streams)d + 1000 then io.stderr:write("done\\n") end  -- those before are answered
  return wrk.format("PUT", "/v1/stream/s/" .. n, {["content-type"] = "text/plain"},
                    string.rep("x", 32))
end
"""

APPEND = """
local n = %(seed)d
local body = string.rep("x", 256)
request = function()
  n = (n * 1103515245 + 12345) %% 2147483648
  return wrk.format("POST", "/v1/stream/s/" .. (1 + math.floor(n / 7) %% %(among)d),
                    {["content-type"] = "text/plain"}, body)
end
"""

QUIET_SECONDS = 20  # much longer than the server waits before it merges what is at rest
MINUTE_SECONDS = 61  # the age of a checkpoint, and how often memory goes back to the system


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--active", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--dir", default=None, help="where the data directories are made")
    return parser.parse_args()


def stop(server):
    began = time.monotonic()
    server.terminate()
    server.wait()
    return time.monotonic() - began


def kill(server):
    server.kill()
    server.wait()


def read_ms(url, stream):
    began = time.monotonic()
    with urllib.request.urlopen(f"{url}/v1/stream/s/{stream}?offset=-1") as answer:
        assert len(answer.read()) >= 32
    return (time.monotonic() - began) * 1000


def size(folder):
    """What the files of a folder take on the disk."""
    blocks = 0
    for root, _, names in os.walk(folder):
        blocks += sum(os.stat(os.path.join(root, name)).st_blocks for name in names)
    return blocks * 512


def wait_until_quiet(pid):
    written, since = written_bytes(pid), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        time.sleep(0.2)
        if written_bytes(pid) != written:
            written, since = written_bytes(pid), time.monotonic()
    return written


def create(options, data):
    """Leaves the directory as kill -9 does."""
    server, url, _ = start(options.program, data)
    wrk(url, CREATE % vars(options), 600)
    pid = server.pid
    print(f"created: memory {memory_mb(pid):.0f} MB, at most {memory_mb(pid, 'VmHWM'):.0f}; "
          f"{descriptors(pid)} descriptors")  # fmt: skip
    kill(server)


def starts(options, data):
    for how in ("kill -9", "a clean stop"):
        server, url, seconds = start(options.program, data)
        pid = server.pid
        print(f"start after {how}: {seconds * 1000:.0f} ms, memory {memory_mb(pid):.0f} MB, "
              f"first read of a stream {read_ms(url, 77):.1f} ms, "
              f"{descriptors(pid)} descriptors")  # fmt: skip
        time.sleep(8)
        print(f"  8 s later: {memory_mb(pid):.0f} MB, {memory_mb(pid, 'RssAnon'):.0f} without "
              f"mapped files")  # fmt: skip
        print(f"  stopped in {stop(server):.1f} s")


def active_memory(options, data):
    """With some streams active, of many or of no others."""
    found = []
    for folder in (data, tempfile.mkdtemp(prefix="thalweg-bench-", dir=options.dir)):
        server, url, _ = start(options.program, folder, "--checkpoint-age", "2s")
        if folder != data:
            wrk(url, CREATE % {"streams": options.active}, 10)
        wrk(url, APPEND % {"seed": 1, "among": options.active}, 10)
        wait_until_quiet(server.pid)
        time.sleep(MINUTE_SECONDS)
        found.append((memory_mb(server.pid), memory_mb(server.pid, "RssAnon")))
        stop(server)
        if folder != data:
            shutil.rmtree(folder)
    (many, many_anon), (few, few_anon) = found
    print(f"{options.active} active of {options.streams}: {many:.0f} MB ({many_anon:.0f} without "
          f"mapped files); of only themselves: {few:.0f} MB ({few_anon:.0f})")  # fmt: skip


def writing(options, data):
    server, url, _ = start(options.program, data)
    pid = server.pid
    before = wait_until_quiet(pid)
    appends = wrk(url, APPEND % {"seed": 5, "among": options.streams}, options.seconds)
    payload = appends * 256
    loaded = written_bytes(pid)
    began = time.monotonic()
    time.sleep(MINUTE_SECONDS)
    rested = wait_until_quiet(pid)
    print(f"{appends} appends of 256 bytes over {options.streams} streams: "
          f"{(loaded - before) / payload:.2f} bytes written per byte while they came, "
          f"{(rested - before) / payload:.2f} once at rest, {time.monotonic() - began:.0f} s "
          f"later; memory at most {memory_mb(pid, 'VmHWM'):.0f} MB, "
          f"{descriptors(pid)} descriptors")  # fmt: skip
    print(f"  stopped in {stop(server):.1f} s")
    live = payload + options.streams * 32
    sizes = {part: size(os.path.join(data, part)) for part in ("log", "segments", "catalog")}
    print("  on disk per live byte: segments "
          f"{sizes['segments'] / live:.2f}, catalog {sizes['catalog'] / live:.2f}, log "
          f"{sizes['log'] / live:.2f} (of {live / 1e6:.0f} MB)")  # fmt: skip


def main():
    options = arguments()
    data = tempfile.mkdtemp(prefix="thalweg-bench-", dir=options.dir)
    try:
        create(options, data)
        starts(options, data)
        active_memory(options, data)
        writing(options, data)
    finally:
        shutil.rmtree(data)


if __name__ == "__main__":
    main()
