#!/usr/bin/env python3
"""run_tests.py counts what the test programs say, and never takes a crash for a success."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run_tests  # noqa: E402


CTEST_WITH_SKIPPED = """
100% tests passed, 0 tests failed out of 120

Total Test time (real) =   4.05 sec

The following tests did not run:
\t  2 - PageCache.IsDropped (Skipped)
\t117 - SegmentFile.ReadsAhead (Skipped)
"""


class Counting(unittest.TestCase):
    def test_each_kind_of_output(self):
        cases = [
            (run_tests.count_ctest, "100% tests passed, 0 tests failed out of 120\n", (120, 0, 0)),
            (run_tests.count_ctest, "98% tests passed, 2 tests failed out of 120\n", (118, 2, 0)),
            (run_tests.count_ctest, "0% tests passed, 1 tests failed out of 1\n", (0, 1, 0)),
            (run_tests.count_ctest, CTEST_WITH_SKIPPED, (118, 0, 2)),
            (run_tests.count_ctest, "No tests were found!!!\n", None),
            (run_tests.count_gtest,
             "[==========] 3 tests from 1 test suite ran. (0 ms)\n[  PASSED  ] 3 tests.\n",
             (3, 0, 0)),
            (run_tests.count_gtest,
             "[==========] 3 tests from 2 test suites ran. (0 ms)\n[  PASSED  ] 1 test.\n",
             (1, 2, 0)),
            (run_tests.count_gtest,
             "[==========] 4 tests from 2 test suites ran. (0 ms)\n[  PASSED  ] 1 test.\n"
             "[  SKIPPED ] 2 tests, listed below:\n[  SKIPPED ] A.B\n[  SKIPPED ] A.C\n",
             (1, 1, 2)),
            (run_tests.count_gtest, "[ RUN      ] A.B\nSegmentation fault\n", None),
            (run_tests.count_tap,
             "# tests 9\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 4\n# todo 0\n", (3, 2, 4)),
            (run_tests.count_tap, "TAP version 13\n", None),
            (run_tests.count_conformance, "conformance: 330 of 332 passed, x\n", (330, 2, 0)),
            (run_tests.count_conformance, "could not start\n", None),
            (run_tests.count_sum, "5 passed, 1 failed\n", (5, 1, 0)),
            (run_tests.count_sum, "nothing\n", None),
        ]  # fmt: skip
        for counter, text, want in cases:
            with self.subTest(text):
                self.assertEqual(counter(text), want)

    def test_a_bad_end_is_a_failure_whatever_was_counted(self):
        judge = run_tests.judge
        self.assertEqual(judge(0, (3, 0, 1)), (3, 0, 1))
        self.assertEqual(judge(1, (3, 0, 1)), (3, 1, 1), "crashed after its last test")
        self.assertEqual(judge(0, None), (0, 1, 0), "said nothing")
        self.assertEqual(judge(0, (0, 0, 4)), (0, 1, 4), "ran nothing")
        self.assertEqual(judge(1, (3, 2, 0)), (3, 2, 0), "its own count holds")

    def test_the_last_line_tells_of_skipped_tests_where_there_are_any(self):
        self.assertEqual(run_tests.sum_line(5, 1, 0), "5 passed, 1 failed")
        self.assertEqual(run_tests.sum_line(5, 0, 2), "5 passed, 0 failed, 2 skipped")


class Telling(unittest.TestCase):
    def test_what_failed_stands_out_of_what_was_printed(self):
        for line in [
            "not ok 42 - a full disk heals by itself",
            "    not ok 1 - a subtest",
            "  error: 'appends did not come back within a second'",
            "  expected: 507",
            "  actual: 204",
            "FAIL  a stalled reader costs 70000 bytes",
            "FAILED: the README's curl: got 404",
            "../../src/engine/store_keeper_test.cc:371: Failure",
            "[  FAILED  ] StoreKeeperTest.Stops (3 ms)",
            "\t414 - StoreKeeperTest.Stops (Failed)",
            "\t414 - StoreKeeperTest.Stops (Timeout)",
            "round 3, seed 7, directory /tmp/x:",
            "==123==ERROR: AddressSanitizer: heap-use-after-free",
            "WARNING: ThreadSanitizer: data race (pid=7)",
        ]:
            self.assertIsNotNone(run_tests.TELLS_FAILURE.match(line), line)
        for line in ["ok 42 - a disk that has failed", "0 passed, 0 failed", "# fail 0",
                     "100% tests passed, 0 tests failed out of 120"]:  # fmt: skip
            self.assertIsNone(run_tests.TELLS_FAILURE.match(line), line)


if __name__ == "__main__":
    unittest.main()
