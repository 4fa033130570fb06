#!/usr/bin/env python3
"""Shows that each limit program answers the load that it is the limit of.

  limits_test.py FOLDER    where thalweg_load and the limit programs are

How fast they are is nobody's verdict here.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from server import start_process  # noqa: E402

FOLDER = sys.argv[1]


class Limits(unittest.TestCase):
    def loaded(self, argv, *flags):
        """What a short load on the limit program says."""
        server, root, _ = start_process([os.path.join(FOLDER, argv[0]), *argv[1:]])
        try:
            load = [os.path.join(FOLDER, "thalweg_load"), "--url", f"{root}/v1/stream"]
            load += ["--seconds", "0.5", "--warmup", "0.1", "--watch", str(server.pid), *flags]
            done = subprocess.run(load, capture_output=True, text=True, timeout=60)
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_respond_answers_appends(self):
        append = self.loaded(["thalweg_limit_respond"], "--connections", "8")["append"]
        self.assertGreater(append["operations"], 0)
        self.assertEqual(append["errors"], 0)

    def test_respond_keeps_appends_before_it_answers_where_it_is_asked_to(self):
        for flag in ("--commit", "--commit-in-loop"):
            # Not in /tmp, which may be kept in memory: that takes no writes past the page cache.
            with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
                path = os.path.join(folder, "log")
                append = self.loaded(
                    ["thalweg_limit_respond", flag, path], "--requests", "20", "--bytes", "100",
                    "--connections", "4", "--seconds", "20", "--warmup", "0",
                )["append"]  # fmt: skip
                self.assertEqual((append["operations"], append["errors"]), (20, 0))
                with open(path, "rb") as file:
                    kept = file.read(20 * 4096)
                self.assertEqual(len(re.findall(rb"#[0-9a-f]{16}", kept)), 20, flag)

    def test_replay_sends_what_was_appended_page_by_page(self):
        with tempfile.TemporaryDirectory() as folder:
            replay = self.loaded(
                ["thalweg_limit_replay", os.path.join(folder, "stream")],
                "--mode", "replay", "--replays", "2", "--fill", str(6 << 20),
            )["replay"]  # fmt: skip
        self.assertEqual(replay["errors"], 0)
        self.assertGreater(replay["operations"], 0)
        self.assertGreaterEqual(replay["bytes"], (replay["operations"] - 2) * (6 << 20))

    def test_replay_keeps_appends_beside_it_before_it_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            argv = ["thalweg_limit_replay", os.path.join(folder, "stream"), log]
            server, root, _ = start_process([os.path.join(FOLDER, argv[0]), *argv[1:]])
            try:
                load = [os.path.join(FOLDER, "thalweg_load"), "--url", f"{root}/v1/stream",
                        "--warmup", "0"]  # fmt: skip
                fill = ["--prefix", "cold-", "--fill", str(1 << 20), "--requests", "1"]
                both = ["--mode", "mixed", "--replays", "1", "--replay-prefix", "cold-",
                        "--replay-once", "--connections", "4", "--rate", "100",
                        "--bytes", "100", "--seconds", "20"]  # fmt: skip
                subprocess.run([*load, *fill], check=True, capture_output=True, timeout=60)
                done = subprocess.run([*load, *both], capture_output=True, text=True, timeout=60)
            finally:
                server.kill()
                server.wait()
                server.stdout.close()
            self.assertEqual(done.returncode, 0, done.stderr)
            said = json.loads(done.stdout)
            with open(log, "rb") as file:
                kept = file.read(1 << 20)
        self.assertEqual((said["replay"]["bytes"], said["replay"]["errors"]), ((1 << 20) + 256, 0))
        self.assertEqual(said["append"]["errors"], 0)
        self.assertGreaterEqual(len(re.findall(rb"#[0-9a-f]{16}", kept)),
                                said["append"]["operations"])  # fmt: skip

    def test_sync_writes_each_block_and_says_how_long_a_sync_takes(self):
        for flags in ([], ["--written"]):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "file")
                argv = [os.path.join(FOLDER, "thalweg_limit_sync"), *flags, path, "0.2"]
                done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                said = json.loads(done.stdout)
                with open(path, "rb") as file:
                    written = file.read(2 * said["append"]["bytes"]).count(b"x")
            append = said["append"]
            self.assertGreater(append["operations"], 0)
            self.assertEqual(written, append["bytes"])
            self.assertLessEqual(append["p50_us"], append["p99_us"])

    def test_sync_says_what_cannot_be(self):
        program = os.path.join(FOLDER, "thalweg_limit_sync")
        for argv, code in (([], 2), (["file", "no"], 2), (["/nowhere/file", "1"], 1)):
            done = subprocess.run([program, *argv], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code)
            self.assertNotEqual(done.stderr, "")

    def test_fanout_delivers_every_event_to_every_reader(self):
        deliver = self.loaded(
            ["thalweg_limit_fanout"], "--mode", "sse", "--readers", "20", "--rate", "100",
            "--connections", "1", "--type", "text",
        )["deliver"]  # fmt: skip
        self.assertGreater(deliver["operations"], 0)
        self.assertEqual((deliver["lost"], deliver["errors"]), (0, 0))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
