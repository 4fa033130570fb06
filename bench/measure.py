"""One measurement: a fresh server, a load on it, and what came of it as a flat row of numbers.

WAYS holds the ways of doing so. Each takes (kind, setting, workload, case, seconds, warmup)
and gives a row, or raises Failed.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import time

import contenders
import page_cache
from server import memory_mb

MIB = 1 << 20
PREPARE_SECONDS_MAX = 60
REST_SECONDS = 2  # until the disk has come to rest after much was written
REFUSED_SHARE_MAX = 0.01  # a server that refuses more was not measured at this work


class Failed(Exception):
    """The load or a server came to nothing; says why."""


def said_by(argv, cores):
    """The line of JSON that a program prints which measures, on these cores."""
    done = subprocess.run(
        argv, capture_output=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"{argv[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def check_refusals(said):
    """Refusals cost CPU and make room for the rest: the figures beside them are none."""
    for part in ("append", "deliver", "replay"):
        work = said.get(part, {})
        refused, done = work.get("errors", 0), work.get("operations", 0)
        if refused > REFUSED_SHARE_MAX * (refused + done):
            raise Failed(f"{refused} of {refused + done} requests were refused or cut off")


def load(running, case_flags, seconds, warmup):
    """What thalweg_load says of `running`."""
    setting = running.setting
    argv = [os.path.join(setting.build, "bench", "thalweg_load"), "--url", running.url,
            "--seconds", str(seconds), "--warmup", str(warmup),
            "--watch", str(running.process.pid), *case_flags]  # fmt: skip
    said = said_by(argv, setting.client_cores)
    check_refusals(said)
    return said


def failed(said):
    """Refusals, requests never sent or never answered, and messages that never came."""
    parts = [said[part] for part in ("append", "deliver", "replay") if part in said]
    counts = ("errors", "unsent", "unanswered", "lost")
    return sum(part.get(count, 0) for part in parts for count in counts)


def latencies(work):
    """What was never answered has none."""
    names = ("p50_us", "p99_us", "p999_us", "max_us")
    return {name: work[name] if work["max_us"] > 0 else None for name in names}


def cpu(server, operations):
    """Microseconds for each operation; how they divide is known by ticks of the system's clock."""
    if operations == 0:
        return {}
    each = server["cpu_us"] / operations
    ticks = max(server["user_us"] + server["system_us"], 1)
    return {
        "cpu_us": each,
        "user_us": each * server["user_us"] / ticks,
        "system_us": each * server["system_us"] / ticks,
    }


def row(said, part):
    """The numbers of a table, taken from what thalweg_load says."""
    work, server = said[part], said["server"]
    units = {"append": "messages", "deliver": "operations", "replay": "bytes"}
    operations = work[units[part]] / (MIB if part == "replay" else 1)
    payload = said["append"]["bytes"] if "append" in said else 0
    readers = work.get("readers", 0)
    grown = server["rss_bytes"] - server["rss_before_readers_bytes"]
    return {
        "rate": operations / said["seconds"],
        **latencies(work),
        **cpu(server, operations),
        "rss_mb": server["rss_bytes"] / MIB,
        "rss_peak_mb": server["rss_peak_bytes"] / MIB,
        "rss_per_reader_kib": grown / 1024 / readers if readers else None,
        "written_per_byte": server["written_bytes"] / payload if payload else None,
        "failed": failed(said),
        "client_cpu_share": said["client"]["cpu_share"] if "client" in said else None,
        "said": said,
    }


@contextlib.contextmanager
def started(kind, setting, case):
    """A server; where the case prepares something, one that is started anew on what that left."""
    with contenders.Running(kind, setting) as running:
        if not case.prepare or kind.is_limit:
            yield running
            return
        load(running, case.prepare, PREPARE_SECONDS_MAX, 0)
        running.end()
        time.sleep(REST_SECONDS)
        with contenders.Running(kind, setting, running.folder) as again:
            yield again


def measure(kind, setting, workload, case, seconds, warmup):
    with started(kind, setting, case) as running:
        return row(load(running, case.flags, seconds, warmup), workload.part)


def measure_alone(kind, setting, workload, seconds):
    """Of what is a load of its own."""
    with tempfile.TemporaryDirectory(prefix="thalweg-bench-", dir=setting.data) as folder:
        argv = [*kind.argv(setting, folder, 0), str(seconds)]
        return row(said_by(argv, setting.server_cores), workload.part)


def measure_at_half_rate(kind, setting, workload, case, seconds, warmup):
    """Of the greatest rate, found just before on the same server; a limit program at the rate that
    the server before it had, so that it says what the machine makes of that."""
    if not kind.serves:
        return measure_alone(kind, setting, workload, seconds)
    with started(kind, setting, case) as running:
        greatest = load(running, case.flags, seconds, warmup)["append"]["rate"]
        if not (kind.is_limit and case.half_rate):
            case.half_rate = greatest / 2
        paced = ["--no-create", "--rate", str(case.half_rate)]
        said = load(running, [*case.flags, *paced], seconds, warmup)
    return {**row(said, workload.part), "greatest_rate": greatest}


def measure_cold(kind, setting, workload, case, seconds, warmup):
    """What the case has prepared is on the disk and nowhere else: the system's cache of files is
    dropped."""
    with started(kind, setting, case) as running:
        if kind.is_limit:
            load(running, case.prepare, PREPARE_SECONDS_MAX, 0)
            os.sync()
        page_cache.drop(running.folder)
        time.sleep(case.rest_seconds)
        return row(load(running, case.flags, seconds, warmup), workload.part)


def measure_start(kind, setting, _workload, case, _seconds, _warmup):
    """How long a start takes on an empty directory, or with so many streams after a clean stop."""
    with contenders.Running(kind, setting) as running:
        if case.streams == 0:
            return start_row(running)
        load(running, ["--streams", str(case.streams)], 0.1, 0)
        running.end()
        time.sleep(REST_SECONDS)
        with contenders.Running(kind, setting, running.folder) as again:
            return start_row(again)


def start_row(running):
    return {
        "start_ms": running.start_seconds * 1000,
        "rss_mb": memory_mb(running.process.pid),
    }


WAYS = {
    "load": measure,
    "half rate": measure_at_half_rate,
    "cold": measure_cold,
    "start": measure_start,
}
