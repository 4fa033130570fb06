"""What is measured: each workload with its cases, who runs it, and what one operation of it is."""

from dataclasses import dataclass, field


@dataclass
class Case:
    name: str
    flags: list  # of thalweg_load
    streams: int = 1
    warmup_min: float = 0  # seconds
    seconds_min: float = 0  # it is measured so long at least, or until it has come to its end
    prepare: list = field(default_factory=list)  # flags of a load whose streams are there before
    rest_seconds: float = 0  # of way "cold": behind what was prepared and dropped
    half_rate: float = 0  # of the server that was measured last


@dataclass
class Workload:
    """`part` is the part of what thalweg_load says that holds the operations: append, deliver or
    replay. Limits and peers are names of contenders.kinds(), `way` is one of measure.WAYS."""

    name: str
    title: str
    part: str
    unit: str  # of the rate
    cases: list
    ours: list
    limits: list = field(default_factory=list)
    peers: list = field(default_factory=list)
    operation: str = "operation"  # what CPU is counted for
    way: str = "load"
    compares_cases: bool = False  # each to the first one

    def contenders(self, with_peers):
        return self.ours + self.limits + (self.peers if with_peers else [])


COLD_REPLAY_SECONDS_MAX = 60

# A virtual machine that gives free memory back to its host stops a core for 10 to 24 ms every two
# seconds while it does so: half a minute, where a cache of gigabytes was dropped.
FREED_MEMORY_SECONDS = 45


def flags(text):
    return text.split()


def long_log(quick):
    """So much before that a log which uses its files again does so: a file is written for the first
    time once, and a server works longer than that."""
    if quick:
        return {}
    size = "--bytes 65536 --requests 8000 --rate 1500"
    return {"prepare": flags(f"--prefix before --streams 8 --connections 8 {size}")}


def append_cases(before):
    """Of 256 bytes, the size of a small event, to one stream and to one for each connection."""
    return [
        Case(f"{connections} connections, {'one stream' if streams == 1 else 'one stream each'}",
             flags(f"--connections {connections} --streams {streams} --pick connection"), streams,
             **before)
        for connections in (64, 256)
        for streams in (1, connections)
    ]  # fmt: skip


def size_cases(before):
    """From one writer alone to bodies of 1 MiB, fewer at a time the longer they are."""
    shapes = (("1 connection, 256 bytes", "--connections 1 --streams 1"),
              ("64 connections, 100 bytes of JSON",
               "--connections 64 --streams 64 --bytes 100 --type json"),
              ("64 connections, 4 KiB", "--connections 64 --streams 64 --bytes 4096"),
              ("16 connections, 64 KiB", "--connections 16 --streams 16 --bytes 65536"),
              ("4 connections, 1 MiB", "--connections 4 --streams 4 --bytes 1048576"))  # fmt: skip
    return [Case(name, flags(f"{shape} --pick connection"), **before) for name, shape in shapes]


def latency_cases(before):
    return [case for case in append_cases(before) if case.streams > 1]


def many_streams_cases(quick):
    """After checkpoints of their creation, and for so long that two or three come, with any count:
    else few streams would be measured without, and very many with them."""
    counts = (10, 1_000) if quick else (10, 1_000, 15_000, 100_000, 1_000_000)
    return [
        Case(f"{count:,} streams", flags(f"--connections 256 --streams {count}"), count,
             warmup_min=0 if quick else 20, seconds_min=0 if quick else 12, **long_log(quick))
        for count in counts
    ]  # fmt: skip


def active_memory_cases(quick):
    """All of them active, and for so long that all have changed several times."""
    count, seconds = (1_000, 0) if quick else (100_000, 20)
    return [
        Case(f"{count:,} streams", flags(f"--connections 256 --streams {count}"), count,
             seconds_min=seconds)
    ]  # fmt: skip


def two_cores_cases():
    """At a fixed rate, too, because a batch gets shorter when its loop is asked less."""
    return [
        Case(f"256 connections, {name}", flags(f"--connections 256 --streams 256 {more}"), 256)
        for name, more in (("closed loop", ""), ("20,000 appends/s", "--rate 20000"))
    ]


def cold_replay_cases(quick):
    """Both find the stream on the disk; in the second one a reader reads it once."""
    rate, mebibytes = (1_000, 16) if quick else (10_000, 256)
    appends = f"--connections 64 --streams 64 --rate {rate}"
    replay = "--mode mixed --replays 1 --replay-prefix cold- --replay-once"
    fill = flags(f"--prefix cold- --fill {mebibytes << 20} --requests 1")
    before = {"prepare": fill, "rest_seconds": 0 if quick else FREED_MEMORY_SECONDS}
    return [
        Case(f"{rate:,} appends/s", flags(appends), 64, **before),
        Case(f"the same beside a cold replay of {mebibytes} MiB", flags(f"{appends} {replay}"),
             64, seconds_min=COLD_REPLAY_SECONDS_MAX, **before),
    ]  # fmt: skip


def replay_cases(quick):
    """Of 1 KiB appends; memory is that beside the readers."""
    mebibytes = 16 if quick else 256
    return [
        Case(f"{readers} readers of {mebibytes} MiB",
             flags(f"--mode replay --replays {readers} --fill {mebibytes << 20}"))
        for readers in (1, 16, 128)
    ]  # fmt: skip


def fanout_cases(quick, before):
    """50 events a second, for so long that p99 is of some hundred; with 10,000 readers 5, so that
    there are 50,000 deliveries, too."""
    counts = ((1, 50), (100, 50)) if quick else ((1, 50), (100, 50), (1_000, 50), (10_000, 5))
    return [
        Case(f"{readers:,} readers, {rate} events/s",
             flags(f"--mode sse --readers {readers} --rate {rate} --connections 1 --type text"),
             seconds_min=0 if quick else 8, **before)
        for readers, rate in counts
    ]  # fmt: skip


def long_poll_cases(quick):
    readers = 100 if quick else 1_000
    return [
        Case(f"{readers:,} readers, 100 streams, 1,000 appends/s",
             flags(f"--mode long-poll --readers {readers} --streams 100 --rate 1000 "
                   "--connections 16 --pick turns --type text"), 100, **long_log(quick))
    ]  # fmt: skip


def idle_cases(quick):
    """Memory for each, a hundred streams between them."""
    readers = 100 if quick else 10_000
    return [
        Case(f"{readers:,} by {live}",
             flags(f"--mode idle --live {live} --readers {readers} --streams 100"), 100)
        for live in ("sse", "long-poll")
    ]  # fmt: skip


def producer_cases():
    return [
        Case("16 connections, 5 in flight, batches of 100 × 100 B JSON",
             flags("--mode producer --connections 16 --pipeline 5 --streams 16 --pick connection "
                   "--type json --bytes 100 --batch 100"), 16)
    ]  # fmt: skip


def start_cases(quick):
    counts = (1_000, 10_000) if quick else (15_000, 1_000_000)
    empty = Case("empty directory", [], 0)
    return [empty] + [Case(f"{count:,} streams, after a clean stop", [], count) for count in counts]


def workloads(quick):
    """By name; `quick` ones show that all works, in seconds."""
    listed = [
        Workload("durable-append", "Durable appends of 256 bytes", "append", "appends/s",
                 append_cases(long_log(quick)), ["thalweg"],
                 ["limit-commit", "limit-commit-in-loop"],
                 ["electric-wal", "thesampaton-acid", "thesampaton-file", "node-file",
                  "ursula-disk"], "append"),
        Workload("memory-append", "Appends of 256 bytes, kept in memory", "append", "appends/s",
                 append_cases({}), ["thalweg-memory"], ["limit-respond"],
                 ["electric-memory", "thesampaton-memory", "node-memory"], "append"),
        Workload("sizes", "Durable appends of other sizes, one stream for each connection",
                 "append", "appends/s", size_cases(long_log(quick)), ["thalweg"],
                 ["limit-commit"], ["electric-wal", "thesampaton-acid", "node-file"], "append"),
        Workload("latency", "Durable appends at half of a server's own greatest rate, and syncs",
                 "append", "operations/s", latency_cases(long_log(quick)), ["thalweg"],
                 ["limit-commit", "limit-sync", "limit-sync-written"], ["electric-wal"],
                 way="half rate"),
        Workload("many-streams", "Durable appends of 256 bytes, at random to many streams",
                 "append", "appends/s", many_streams_cases(quick), ["thalweg"], [],
                 ["electric-wal", "node-file"], "append", compares_cases=True),
        Workload("active-memory", "Memory while many streams are appended to, 64 MiB for tails",
                 "append", "appends/s", active_memory_cases(quick), ["thalweg-tail-64"], [],
                 ["node-memory"], "append"),
        Workload("two-cores", "Durable appends of 256 bytes, one core and two", "append",
                 "appends/s", two_cores_cases(), ["thalweg-2-cores", "thalweg"], [],
                 ["electric-wal-2-cores", "electric-wal"], "append"),
        Workload("two-cores-memory", "Appends of 256 bytes in memory, one core and two", "append",
                 "appends/s", two_cores_cases(), ["thalweg-memory-2-cores", "thalweg-memory"], [],
                 ["electric-memory-2-cores", "electric-memory"], "append"),
        Workload("replay", "Catch-up replay of a stream of 1 KiB appends", "replay", "MiB/s",
                 replay_cases(quick), ["thalweg"], ["limit-replay"], ["electric-wal"], "MiB"),
        Workload("cold-replay", "Durable appends beside a replay that the disk must be asked for",
                 "append", "appends/s", cold_replay_cases(quick), ["thalweg"],
                 ["limit-commit-and-replay"], ["electric-wal"], "append", way="cold",
                 compares_cases=True),
        Workload("fan-out", "SSE fan-out of events of 256 bytes", "deliver", "deliveries/s",
                 fanout_cases(quick, long_log(quick)), ["thalweg"], ["limit-fanout"],
                 ["electric-wal"], "delivery"),
        Workload("fan-out-memory", "SSE fan-out of events of 256 bytes, kept in memory", "deliver",
                 "deliveries/s", fanout_cases(quick, {}), ["thalweg-memory"], ["limit-fanout"],
                 ["electric-memory"], "delivery"),
        Workload("long-poll", "Long-poll deliveries of 256 bytes", "deliver", "deliveries/s",
                 long_poll_cases(quick), ["thalweg"], [], ["electric-wal"], "delivery"),
        Workload("idle", "Connections that wait", "deliver", "deliveries/s", idle_cases(quick),
                 ["thalweg"], [], ["electric-wal"], "delivery"),
        Workload("producer", "Idempotent producers", "append", "messages/s", producer_cases(),
                 ["thalweg", "thalweg-memory"], [],
                 ["electric-wal", "electric-memory", "node-memory"], "message"),
        Workload("start", "Start to the first answer", "", "ms", start_cases(quick),
                 ["thalweg"], [], ["electric-wal"], "start", way="start"),
    ]  # fmt: skip
    return {workload.name: workload for workload in listed}
