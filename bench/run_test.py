#!/usr/bin/env python3
"""Shows that the driver measures what it is told to and writes tables, JSON and plots.

  run_test.py BUILD    where thalweg and the bench programs are built

What it measures is nobody's verdict here, nor whether anything was done in so short a time.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from contenders import kinds  # noqa: E402
from workloads import workloads  # noqa: E402

BUILD = sys.argv[1]
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")


def multiple(over, under):
    """None where one of them was not measured."""
    return over / under if over is not None and under else None


class Run(unittest.TestCase):
    def run_driver(self, *flags):
        argv = [sys.executable, RUN, "--quick", "--build", BUILD, *flags]
        return subprocess.run(argv, capture_output=True, text=True, timeout=200)

    def measured(self, *flags):
        """What was measured of each workload that `flags` name, read from what was written."""
        with tempfile.TemporaryDirectory() as out:
            done = self.run_driver(*flags, "--seconds", "0.4", "--out", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = {}
            for name in [flag for flag in flags if not flag.startswith("-")]:
                with open(os.path.join(out, f"{name}.json")) as file:
                    found[name] = json.load(file)
                self.assertTrue(os.path.exists(os.path.join(out, f"{name}.svg")))
                with open(os.path.join(out, f"{name}.md")) as file:
                    self.assertIn(file.read(), done.stdout)
                for result in found[name]["results"]:
                    self.assertNotIn("error", result)
                    self.assertGreater(result["rss_mb"], 0)
            self.assertEqual(os.listdir(os.path.join(out, "data")), [])
        return found

    def test_measures_tables_and_plots_each_server_and_case(self):
        for measured in self.measured("long-poll", "start").values():
            self.assertEqual(measured["machine"]["cores"], os.cpu_count())

    def test_measures_latency_at_half_of_the_greatest_rate_beside_what_the_machine_can_do(self):
        results = self.measured("latency")["latency"]["results"]
        ours = [result for result in results if result["server"] == "thalweg"]
        syncs = [result for result in results if result["server"] == "limit-sync"]
        self.assertEqual(len(ours), len(syncs))
        for own, sync in zip(ours, syncs):
            self.assertEqual(own["case"], sync["case"])
            self.assertEqual(sync["ours_p99_us"], multiple(own["p99_us"], sync["p99_us"]))
        asked = {result["case"]: result["said"]["append"]["asked_rate"]
                 for result in results if result["server"] == "limit-commit"}  # fmt: skip
        for result in ours:
            if result["greatest_rate"] == 0:
                continue  # the disk stood still for all of a window as short as this
            self.assertAlmostEqual(asked[result["case"]], result["greatest_rate"] / 2, places=2)
            self.assertEqual(result["said"]["append"]["asked_rate"], asked[result["case"]])

    def test_measures_appends_beside_a_replay_of_what_left_memory(self):
        results = self.measured("cold-replay")["cold-replay"]["results"]
        for server in ("thalweg", "limit-commit-and-replay"):
            alone, beside = [result for result in results if result["server"] == server]
            self.assertNotIn("replay", alone["said"])
            self.assertEqual(beside["said"]["replay"]["operations"], 1)
            self.assertEqual(beside["said"]["replay"]["bytes"], (16 << 20) + 256)
            self.assertEqual(beside["first_p99_us"], multiple(beside["p99_us"], alone["p99_us"]))

    @unittest.skipIf(os.cpu_count() < 2, "there is one core")
    def test_measures_a_server_on_two_cores(self):
        results = self.measured("two-cores")["two-cores"]["results"]
        self.assertEqual({result["server"] for result in results}, {"thalweg", "thalweg-2-cores"})
        one, two = results[:2]
        self.assertEqual(two["ours_cpu_us"], multiple(one.get("cpu_us"), two.get("cpu_us")))

    def test_measures_those_of_the_named_servers_that_a_workload_has(self):
        with tempfile.TemporaryDirectory() as out:
            done = self.run_driver("start", "replay", "--servers", "thalweg-memory,limit-replay",
                                   "--seconds", "0.2", "--out", out)  # fmt: skip
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("\nstart: skipped, it has none of these servers\n", done.stdout)
            self.assertFalse(os.path.exists(os.path.join(out, "start.json")))
            with open(os.path.join(out, "replay.json")) as file:
                results = json.load(file)["results"]
            self.assertEqual({result["server"] for result in results}, {"limit-replay"})

    def test_tells_limits_from_servers(self):
        limits = {name for workload in workloads(True).values() for name in workload.limits}
        self.assertEqual({kind.name for kind in kinds().values() if kind.is_limit}, limits)

    def test_refuses_a_workload_that_is_none(self):
        done = self.run_driver("nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there are: durable-append", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
