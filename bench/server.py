"""A server under measurement: starting and stopping it, what the system counts of it, wrk."""

import atexit
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def start(program, data, *flags):
    """The process and its URL, once it is ready, and how many seconds that took."""
    argv = [program, "serve", "--data-dir", data, "--port", "0", "--log-level", "warn", *flags]
    return start_process(argv)


def start_process(argv, **more):
    """As start(), of any program that says `listening on URL` when it is ready."""
    began = time.monotonic()
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, **more)
    atexit.register(server.kill)  # where it has ended, this does nothing
    line = server.stdout.readline()
    if not line.startswith("listening on "):
        server.kill()
        sys.exit(f"{argv[0]} did not start: {line!r}")
    return server, line.split()[-1], time.monotonic() - began


def cpu_seconds(path):
    with open(path) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def written_bytes(pid):
    with open(f"/proc/{pid}/io") as io:
        return int(re.search(r"(?m)^write_bytes: (\d+)", io.read())[1])


def memory_mb(pid, what="VmRSS"):
    """`what` of the process's status; of VmRSS, RssFile is mapped files: the catalog's pages."""
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"(?m)^{what}:\s+(\d+)", status.read())[1]) / 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def wrk(url, script, seconds, connections=64):
    """How many requests were answered, all of them with 2xx, in this time, or until the script
    writes "done" to its standard error."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name, url]
        process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        if "done" in process.stderr.readline():
            process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    if "Non-2xx" in said:
        sys.exit(f"not every request was accepted:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1])
