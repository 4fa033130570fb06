#!/usr/bin/env python3
"""Shows that the load generator works, in each of its modes, against a real server in memory mode.

  load_test.py THALWEG THALWEG_LOAD

It does what it says and counts what it did; how fast that was is nobody's verdict here.
"""

import json
import subprocess
import sys
import unittest
import urllib.request

sys.dont_write_bytecode = True
from server import start_process  # noqa: E402

THALWEG, LOAD = sys.argv[1:3]
SECONDS = "0.5"


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        flags = ["serve", "--memory", "--port", "0", "--threads", "1", "--log-level", "warn"]
        flags += ["--max-page", "4MiB"]
        cls.server, cls.root, _ = start_process([THALWEG, *flags])

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def run_load(self, *flags, prefix=""):
        """What the program says; each test has streams of its own."""
        prefix += self.id().split(".")[-1] + "-"
        argv = [LOAD, "--url", f"{self.root}/v1/stream", "--seconds", SECONDS, "--warmup", "0.1"]
        argv += ["--prefix", prefix, "--watch", str(self.server.pid)]
        done = subprocess.run([*argv, *flags], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def read(self, stream):
        name = f"{self.id().split('.')[-1]}-{stream}"
        with urllib.request.urlopen(f"{self.root}/v1/stream/{name}?offset=-1") as answer:
            return answer.read()

    def test_help_names_every_flag_and_what_it_may_be(self):
        done = subprocess.run([LOAD, "--help"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertIn("{append,idle,long-poll,mixed,producer,replay,sse}", done.stdout)
        self.assertIn("--pick", done.stdout)  # the last one

    def test_a_mode_that_is_not_there_is_refused_by_name(self):
        argv = [LOAD, "--url", f"{self.root}/v1/stream", "--mode", "apend"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("apend not in {append,idle,", done.stderr)

    def test_appends_are_counted_and_are_in_the_stream(self):
        said = self.run_load("--connections", "4", "--bytes", "100", "--requests", "50")
        self.assertEqual(len(self.read(0)), 50 * 100)
        said = self.run_load("--connections", "4", "--no-create")
        append = said["append"]
        self.assertGreater(append["operations"], 0)
        self.assertEqual(append["bytes"], append["operations"] * 256)
        self.assertEqual(append["errors"], 0)
        self.assertLessEqual(append["p50_us"], append["p99_us"])
        self.assertLessEqual(append["p999_us"], append["max_us"])
        self.assertGreater(said["server"]["rss_bytes"], 0)

    def test_a_fixed_rate_is_not_exceeded(self):
        said = self.run_load("--rate", "200", "--requests", "60", "--streams", "10", "--pick",
                             "turns", "--seconds", "30", "--warmup", "0")  # fmt: skip
        self.assertEqual((said["append"]["operations"], said["append"]["errors"]), (60, 0))
        self.assertGreater(said["seconds"], 0.25)  # 59 / 200, from a moment before it is measured

    def test_refusals_are_errors(self):
        append = self.run_load("--no-create", "--connections", "2")["append"]
        self.assertGreater(append["errors"], 0)
        self.assertEqual((append["operations"], append["rate"], append["max_us"]), (0, 0, 0))

    def test_producers_pipeline_and_nothing_is_stored_twice(self):
        said = self.run_load(
            "--mode", "producer", "--connections", "3", "--pipeline", "5", "--streams", "3",
            "--pick", "connection", "--type", "json", "--batch", "10", "--bytes", "40",
        )  # fmt: skip
        self.assertGreater(said["append"]["operations"], 0)
        self.assertEqual(said["append"]["errors"], 0)
        stamps = [message["t"] for message in json.loads(self.read(0))]
        self.assertEqual(len(stamps) % 10, 0)

    def test_sse_and_long_poll_readers_get_every_message(self):
        for mode in ("sse", "long-poll"):
            for kind in ("text", "json"):
                said = self.run_load(
                    "--mode", mode, "--readers", "20", "--streams", "4", "--rate", "100",
                    "--connections", "2", "--type", kind, prefix=f"{mode}-{kind}-",
                )  # fmt: skip
                deliver = said["deliver"]
                self.assertGreater(deliver["operations"], 0)
                self.assertEqual((deliver["lost"], deliver["errors"]), (0, 0), said)
                self.assertGreater(deliver["p50_us"], 0)

    def test_replays_read_the_whole_stream(self):
        size = 6 << 20  # more than a page
        replay = self.run_load("--mode", "replay", "--replays", "2", "--fill", str(size))["replay"]
        self.assertEqual(len(self.read(0)), 4 << 20)
        self.assertEqual(replay["errors"], 0)
        self.assertGreater(replay["operations"], 0)
        # Complete ones and at most the one under way of each reader.
        self.assertGreaterEqual(replay["bytes"], (replay["operations"] - 2) * size)
        self.assertLessEqual(replay["bytes"], (replay["operations"] + 4) * size)

    def test_one_replay_of_other_streams_ends_what_is_measured(self):
        size = 6 << 20
        self.run_load("--fill", str(size), "--requests", "1", "--bytes", "1024", prefix="old-")
        prefix = f"old-{self.id().split('.')[-1]}-"
        said = self.run_load(
            "--mode", "mixed", "--replays", "1", "--replay-prefix", prefix, "--replay-once",
            "--rate", "2000", "--seconds", "30",
        )  # fmt: skip
        self.assertLess(said["seconds"], 30)
        self.assertEqual((said["replay"]["operations"], said["replay"]["errors"]), (1, 0))
        self.assertEqual(said["replay"]["bytes"], size + 1024)
        self.assertGreater(said["append"]["operations"], 0)
        self.assertNotIn("deliver", said)

    def test_idle_readers_are_held(self):
        said = self.run_load("--mode", "idle", "--readers", "50", "--streams", "5")
        self.assertEqual(said["deliver"]["errors"], 0)
        self.assertEqual(said["deliver"]["reconnects"], 0)
        self.assertNotIn("append", said)

    def test_mixed_load_does_all_at_once(self):
        said = self.run_load(
            "--mode", "mixed", "--readers", "5", "--replays", "1", "--rate", "100",
            "--type", "text", "--fill", "100000",
        )  # fmt: skip
        self.assertGreater(said["append"]["operations"], 0)
        self.assertEqual(said["deliver"]["lost"], 0)
        self.assertGreater(said["replay"]["operations"], 0)

    def test_a_server_that_is_not_there_is_said(self):
        argv = [LOAD, "--url", "http://127.0.0.1:1/v1/stream"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot connect to 127.0.0.1:1", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
