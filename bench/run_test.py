#!/usr/bin/env python3
"""Shows that the driver measures what it is told to and writes tables, JSON and plots.

  run_test.py BUILD    where thalweg and the bench programs are built

What it measures is nobody's verdict here.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
BUILD = sys.argv[1]
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")


class Run(unittest.TestCase):
    def run_driver(self, *flags):
        argv = [sys.executable, RUN, "--quick", "--build", BUILD, *flags]
        return subprocess.run(argv, capture_output=True, text=True, timeout=200)

    def test_measures_tables_and_plots_each_server_and_case(self):
        with tempfile.TemporaryDirectory() as out:
            done = self.run_driver("long-poll", "start", "--seconds", "0.2", "--out", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            for name in ("long-poll", "start"):
                with open(os.path.join(out, f"{name}.json")) as file:
                    measured = json.load(file)
                for result in measured["results"]:
                    self.assertNotIn("error", result)
                    self.assertGreater(result["rss_mb"], 0)
                self.assertEqual(measured["machine"]["cores"], os.cpu_count())
                self.assertTrue(os.path.exists(os.path.join(out, f"{name}.svg")))
                with open(os.path.join(out, f"{name}.md")) as file:
                    self.assertIn(file.read(), done.stdout)
            self.assertEqual(os.listdir(os.path.join(out, "data")), [])

    def test_refuses_a_workload_that_is_none(self):
        done = self.run_driver("nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there are: durable-append", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
