"""What is measured: each workload with its cases, who runs it, and what one operation of it is."""

from dataclasses import dataclass, field


@dataclass
class Case:
    name: str
    flags: list  # of thalweg_load
    streams: int = 1


@dataclass
class Workload:
    """`part` is the part of what thalweg_load says that holds the operations: append, deliver or
    replay. Limits and peers are names of contenders.kinds()."""

    name: str
    title: str
    part: str
    unit: str  # of the rate
    cases: list
    ours: list
    limits: list = field(default_factory=list)
    peers: list = field(default_factory=list)
    operation: str = "operation"  # what CPU is counted for

    def contenders(self, with_peers):
        return self.ours + self.limits + (self.peers if with_peers else [])


def flags(text):
    return text.split()


def append_cases():
    """Of 256 bytes, the size of a small event, to one stream and to one for each connection."""
    return [
        Case(f"{connections} connections, {'one stream' if streams == 1 else 'one stream each'}",
             flags(f"--connections {connections} --streams {streams} --pick connection"), streams)
        for connections in (64, 256)
        for streams in (1, connections)
    ]  # fmt: skip


def many_streams_cases(quick):
    counts = (10, 1_000) if quick else (10, 1_000, 15_000, 100_000)
    return [
        Case(f"{count:,} streams", flags(f"--connections 256 --streams {count}"), count)
        for count in counts
    ]


def replay_cases(quick):
    """Of 1 KiB appends; memory is that beside the readers."""
    mebibytes = 16 if quick else 256
    return [
        Case(f"{readers} readers of {mebibytes} MiB",
             flags(f"--mode replay --replays {readers} --fill {mebibytes << 20}"))
        for readers in (1, 16, 128)
    ]  # fmt: skip


def fanout_cases(quick):
    """50 events a second; with 10,000 readers 5, so that there are 50,000 deliveries, too."""
    counts = ((1, 50), (100, 50)) if quick else ((1, 50), (100, 50), (1_000, 50), (10_000, 5))
    return [
        Case(f"{readers:,} readers, {rate} events/s",
             flags(f"--mode sse --readers {readers} --rate {rate} --connections 1 --type text"))
        for readers, rate in counts
    ]  # fmt: skip


def long_poll_cases(quick):
    readers = 100 if quick else 1_000
    return [
        Case(f"{readers:,} readers, 100 streams, 1,000 appends/s",
             flags(f"--mode long-poll --readers {readers} --streams 100 --rate 1000 "
                   "--connections 16 --pick turns --type text"), 100)
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
                 append_cases(), ["thalweg"], ["limit-commit"],
                 ["electric-wal", "thesampaton-acid", "thesampaton-file", "node-file",
                  "ursula-disk"], "append"),
        Workload("memory-append", "Appends of 256 bytes, kept in memory", "append", "appends/s",
                 append_cases(), ["thalweg-memory"], ["limit-respond"],
                 ["electric-memory", "thesampaton-memory", "node-memory"], "append"),
        Workload("many-streams", "Durable appends of 256 bytes, at random to many streams",
                 "append", "appends/s", many_streams_cases(quick), ["thalweg"], [],
                 ["electric-wal", "node-file"], "append"),
        Workload("replay", "Catch-up replay of a stream of 1 KiB appends", "replay", "MiB/s",
                 replay_cases(quick), ["thalweg"], ["limit-replay"], ["electric-wal"], "MiB"),
        Workload("fan-out", "SSE fan-out of events of 256 bytes", "deliver", "deliveries/s",
                 fanout_cases(quick), ["thalweg"], ["limit-fanout"], ["electric-wal"], "delivery"),
        Workload("long-poll", "Long-poll deliveries of 256 bytes", "deliver", "deliveries/s",
                 long_poll_cases(quick), ["thalweg"], [], ["electric-wal"], "delivery"),
        Workload("idle", "Connections that wait", "deliver", "deliveries/s", idle_cases(quick),
                 ["thalweg"], [], ["electric-wal"], "delivery"),
        Workload("producer", "Idempotent producers", "append", "messages/s", producer_cases(),
                 ["thalweg", "thalweg-memory"], [],
                 ["electric-wal", "electric-memory", "node-memory"], "message"),
        Workload("start", "Start to the first answer", "", "ms", start_cases(quick),
                 ["thalweg"], [], ["electric-wal"], "start"),
    ]  # fmt: skip
    return {workload.name: workload for workload in listed}
