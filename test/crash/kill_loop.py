#!/usr/bin/env python3
"""Kills a real server at random moments and checks that it kept every promise.

  kill_loop.py PROGRAM [--rounds 40] [--seed N] [--flags "--log-file 1MiB"]

Each round: start on the same directory (a new one after ten), check everything, let clients write
and readers follow for 0.5 to 2 s, then SIGKILL (sometimes SIGTERM, which must end within 10 s,
sometimes a second kill while it recovers). Clients send again, unchanged, what was never answered.
Ends with a line `N passed, N failed`, a round being one test; a failed run keeps its directory and
names its seed.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kill_history as history  # noqa: E402
from kill_clients import Reader, Shared, Writer, get_all  # noqa: E402

SHARED_STREAMS = 4
WRITERS = 10
ROUNDS_PER_DIRECTORY = 10  # everything is read again in each
ROUNDS_TO_BE_BUSY = 3  # after so many everybody has done something
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10  # a last checkpoint, on a machine that has other work


class Server:
    """The program on one directory, from start to end."""

    def __init__(self, program, data, flags):
        argv = [program, "serve", "--data-dir", data, "--port", "0", "--threads", "2", *flags]
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=self.said, text=True)

    def port(self):
        """Where it listens, once it does; None: it did not start."""
        timer = threading.Timer(START_SECONDS_MAX, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        return int(line.rsplit(":", 1)[1]) if line.startswith("listening on ") else None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def words(self):
        self.said.seek(0)
        return self.said.read()[-2000:]


class Loop:
    def __init__(self, options, data, seed):
        self.options = options
        self.data = data
        self.random = random.Random(seed)
        self.shared = Shared(SHARED_STREAMS)
        self.writers = [Writer(f"w{i}", self.shared, self.random.random()) for i in range(WRITERS)]
        self.readers = [
            Reader(f"r{i}", name, mode)
            for i, (name, mode) in enumerate(
                (name, mode) for name in self.shared.names[:2] for mode in ("long-poll", "sse")
            )
        ]
        self.held = {name: b"" for name in self.shared.names}  # at the last check

    def start(self):
        return Server(self.options.program, self.data, self.options.flags.split())

    def round(self, last):
        """One round; what went wrong in it. The last one only checks."""
        if self.random.random() < 0.2:
            early = self.start()  # killed while it recovers
            time.sleep(self.random.random() * 0.1)
            early.kill()
        server = self.start()
        port = server.port()
        if port is None:
            server.kill()
            return [f"the server did not start: {server.words()}"]
        try:
            wrong = self.check(port, last)
            if not wrong and not last:
                self.work(port, server)
        finally:
            wrong = wrong if server.process.poll() is None else wrong + self.judge_end(server)
            server.kill()
        wrong += [text for client in self.writers for text in client.complaints()]
        return wrong + [text for reader in self.readers for text in reader.refusals]

    def work(self, port, server):
        stop = threading.Event()
        threads = [
            threading.Thread(target=client.run, args=(port, stop))
            for client in (*self.writers, *self.readers)
        ]
        for thread in threads:
            thread.start()
        stop.wait(0.5 + 1.5 * self.random.random())
        if self.random.random() < 0.2:
            server.process.terminate()
            try:
                server.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                server.late = True
        server.process.kill()
        stop.set()
        for thread in threads:
            thread.join()

    def judge_end(self, server):
        code = server.process.returncode
        if code == 0 or code == -9 and not getattr(server, "late", False):
            return []
        return [f"the server ended with {code} (late: {hasattr(server, 'late')}): {server.words()}"]

    def check(self, port, last):
        for writer in self.writers:
            writer.retry(port)
        wrong = []
        for name in self.shared.names:
            content = get_all(port, name)
            if content is None:
                if self.held[name]:
                    wrong.append(f"{name}: is gone")
                continue
            sent = [a for writer in self.writers for a in writer.appends if a.stream == name]
            wrong += history.check_stream(name, content, sent)
            wrong += history.check_prefix(name, self.held[name], content, "the last check")
            for reader in self.readers:
                if reader.stream == name:
                    wrong += history.check_prefix(name, reader.seen(), content, reader.name)
            self.held[name] = content
        for writer in self.writers:
            wrong += writer.check_own(port, self.held, last)
        return wrong

    def idle(self):
        """Who did nothing over all rounds: then they have shown nothing."""
        idle = [f"{r.name}: followed nothing by {r.mode}" for r in self.readers if not r.seen()]
        if not any(a.acknowledged for w in self.writers for a in w.appends):
            idle.append("no append to a shared stream was acknowledged")
        if not any(w.own_count() for w in self.writers):
            idle.append("nobody has made a stream of its own")
        return idle

    def totals(self):
        appends = [a for writer in self.writers for a in writer.appends]
        acknowledged = sum(a.acknowledged for a in appends)
        read = sum(len(reader.seen()) for reader in self.readers)
        return (
            f"{acknowledged} appends acknowledged, {len(appends) - acknowledged} unknown, "
            f"{sum(w.own_count() for w in self.writers)} streams made, closed, forked or deleted, "
            f"{read} bytes followed live"
        )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--flags", default="--log-file 1MiB")
    return parser.parse_args()


def run_rounds(options, seed, rounds):
    """Rounds on one directory, and a last look; how many passed, whether one failed."""
    folder = tempfile.mkdtemp(prefix="thalweg-kill-")
    loop = Loop(options, os.path.join(folder, "data"), seed)
    for number in range(rounds + 1):
        wrong = loop.round(last=number == rounds)
        if wrong:
            print(f"round {number}, seed {seed}, directory {folder}:", *wrong[:20], sep="\n  ")
            return number, 1
    if rounds >= ROUNDS_TO_BE_BUSY and loop.idle():
        print(f"seed {seed}, directory {folder}:", *loop.idle(), sep="\n  ")
        return rounds - 1, 1
    print(f"kill_loop: {rounds} rounds, {loop.totals()}, seed {seed}", flush=True)
    shutil.rmtree(folder)
    return rounds, 0


def main():
    options = arguments()
    passed, failed, seed = 0, 0, options.seed
    while passed < options.rounds and not failed:
        rounds = min(ROUNDS_PER_DIRECTORY, options.rounds - passed)
        more, failed = run_rounds(options, seed, rounds)
        passed, seed = passed + more, seed + 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
