"""One measurement: a fresh server, a load on it, and what came of it as a flat row of numbers."""

import json
import os
import subprocess
import time

import contenders
from server import memory_mb

MIB = 1 << 20


def load(running, case_flags, seconds, warmup):
    """What thalweg_load says of `running`, or an error as text."""
    setting = running.setting
    argv = [os.path.join(setting.build, "bench", "thalweg_load"), "--url", running.url,
            "--seconds", str(seconds), "--warmup", str(warmup),
            "--watch", str(running.process.pid), *case_flags]  # fmt: skip
    done = subprocess.run(
        argv, capture_output=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, setting.client_cores),
    )  # fmt: skip
    if done.returncode != 0:
        return done.stderr.strip() or f"thalweg_load ended with {done.returncode}"
    return json.loads(done.stdout)


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
        "rss_per_reader_kib": grown / 1024 / readers if readers else None,
        "written_per_byte": server["written_bytes"] / payload if payload else None,
        "failed": failed(said),
        "client_cpu_share": said["client"]["cpu_share"],
    }


def measure(kind, setting, workload, case, seconds, warmup):
    """A row, or {"error": why}."""
    with contenders.Running(kind, setting) as running:
        said = load(running, case.flags, seconds, warmup)
    if isinstance(said, str):
        return {"error": said}
    return {**row(said, workload.part), "said": said}


def start_row(kind, setting, streams):
    """How long a start takes on an empty directory, or with so many streams after a clean stop."""
    with contenders.Running(kind, setting) as running:
        seconds = running.start_seconds
        if streams > 0:
            said = load(running, ["--streams", str(streams)], 0.1, 0)
            if isinstance(said, str):
                return {"error": said}
            running.end()
            time.sleep(0.5)  # the disk comes to rest
            with contenders.Running(kind, setting, running.folder) as again:
                seconds = again.start_seconds
                rss_mb = memory_mb(again.process.pid)
        else:
            rss_mb = memory_mb(running.process.pid)
    return {"start_ms": seconds * 1000, "rss_mb": rss_mb}
