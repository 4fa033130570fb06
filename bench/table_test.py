#!/usr/bin/env python3
"""Tests of what is made of measurements: rows, tables and plots."""

import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
import plot  # noqa: E402
from compare import compare  # noqa: E402
from measure import Failed, check_refusals, row  # noqa: E402
from table import table  # noqa: E402

SAID = {
    "seconds": 2.0,
    "append": {
        "operations": 1000, "messages": 1000, "bytes": 256_000, "errors": 1, "unsent": 2,
        "p50_us": 400.0, "p99_us": 900.0, "p999_us": 1000.0, "max_us": 1500.0,
    },
    "server": {
        "cpu_us": 12_000, "user_us": 10_000, "system_us": 30_000, "written_bytes": 512_000,
        "rss_before_readers_bytes": 1 << 20, "rss_bytes": 3 << 20, "rss_peak_bytes": 4 << 20,
    },
    "client": {"cpu_share": 0.5},
}  # fmt: skip


def result(case, server, rate):
    return {"case": case, "server": server, "rate": rate, "p99_us": 1000.0, "cpu_us": 7.5}


class Row(unittest.TestCase):
    def test_counts_cpu_and_writing_for_each_append(self):
        found = row(SAID, "append")
        self.assertEqual(found["rate"], 500)
        self.assertEqual(found["cpu_us"], 12)
        self.assertEqual((found["user_us"], found["system_us"]), (3, 9))
        self.assertEqual(found["written_per_byte"], 2)
        self.assertEqual((found["rss_mb"], found["rss_peak_mb"]), (3, 4))
        self.assertEqual(found["failed"], 3)
        self.assertIsNone(found["rss_per_reader_kib"])

    def test_counts_messages_where_an_append_has_many(self):
        batches = {**SAID, "append": {**SAID["append"], "messages": 100_000}}
        self.assertEqual(row(batches, "append")["rate"], 50_000)
        self.assertAlmostEqual(row(batches, "append")["cpu_us"], 0.12)

    def test_counts_mebibytes_of_replays_and_memory_for_each_reader(self):
        replay = {**SAID["append"], "bytes": 64 << 20, "readers": 4}
        found = row({**SAID, "replay": replay}, "replay")
        self.assertEqual(found["rate"], 32)
        self.assertEqual(found["cpu_us"], 187.5)
        self.assertEqual(found["rss_per_reader_kib"], 512)

    def test_counts_all_that_failed_in_every_part(self):
        deliver = {**SAID["append"], "errors": 10, "unsent": 0, "lost": 5, "readers": 1}
        self.assertEqual(row({**SAID, "deliver": deliver}, "deliver")["failed"], 18)

    def test_has_no_number_of_what_did_not_happen(self):
        nothing = {**SAID["append"], "messages": 0, "max_us": 0}
        found = row({**SAID, "append": nothing}, "append")
        self.assertEqual(found["rate"], 0)
        self.assertIsNone(found["p99_us"])
        self.assertNotIn("cpu_us", found)


class Refusals(unittest.TestCase):
    def test_one_of_a_hundred_is_borne(self):
        check_refusals({"append": {"operations": 990, "errors": 10}})
        check_refusals({"append": {"operations": 0, "errors": 0}})

    def test_more_are_no_measurement_whatever_was_measured(self):
        for part in ("append", "deliver", "replay"):
            with self.assertRaisesRegex(Failed, "11 of 1000 requests were refused"):
                check_refusals({part: {"operations": 989, "errors": 11}})


class Compare(unittest.TestCase):
    def results(self):
        rates = {("a", "ours"): 30, ("a", "limit"): 40, ("b", "ours"): 15, ("b", "limit"): 10}
        return [{**result(*key, rate * (run + 1)), "run": run}
                for run in (0, 1) for key, rate in rates.items()]  # fmt: skip

    def test_ours_is_set_beside_each_other_server_of_the_same_run_and_case(self):
        rows = self.results()
        compare(rows, "ours", cases=False)
        ratios = {(row["case"], row["server"]): row.get("ours_rate") for row in rows}
        self.assertEqual(ratios, {("a", "ours"): None, ("a", "limit"): 0.75,
                                  ("b", "ours"): None, ("b", "limit"): 1.5})  # fmt: skip
        self.assertEqual(rows[1]["ours_cpu_us"], 1)
        self.assertNotIn("first_rate", rows[2])

    def test_cases_are_set_beside_the_first_one_of_the_same_run_and_server(self):
        rows = self.results()
        compare(rows, "ours", cases=True)
        self.assertEqual([row.get("first_rate") for row in rows], [None, None, 0.5, 0.25] * 2)

    def test_what_failed_is_beside_nothing(self):
        rows = self.results()[:2]
        failed = {"case": "a", "server": "limit", "run": 0, "error": "no"}
        compare([rows[0], failed], "ours", cases=True)
        self.assertIsNone(failed["ours_rate"])
        compare([], "ours", cases=True)


class Table(unittest.TestCase):
    def test_shows_medians_and_the_spread_of_what_matters_most(self):
        rates = [result("c", "s", rate) for rate in (3000.0, 1000.0, 2000.0)]
        head, _, line = table(rates, "appends/s", "append").split("\n")
        self.assertEqual(head, "| case | server | appends/s | p99 ms | CPU µs per append |")
        same = "1.00 (1.00 to 1.00) | 7.50 (7.50 to 7.50)"
        self.assertEqual(line, f"| c | s | 2,000 (1,000 to 3,000) | {same} |")

    def test_has_a_line_for_each_case_and_server_in_order(self):
        results = [result(case, server, 1.0) for case in "ba" for server in "yx"]
        lines = table(results * 2).split("\n")[2:]
        self.assertEqual([line[:9] for line in lines], ["| b | y |", "| b | x |", "| a | y |",
                                                        "| a | x |"])  # fmt: skip

    def test_says_what_failed(self):
        failed = {"case": "c", "server": "t", "error": "first\nno answer"}
        self.assertIn("| c | t | failed: no answer |", table([result("c", "s", 1.0), failed]))


class Plot(unittest.TestCase):
    def test_is_svg_with_each_case_and_server_and_longer_bars_for_more(self):
        results = [result("case <1>", "thalweg", 2000.0), result("case <1>", "limit-x", 1000.0)]
        measured = {"title": "A & B", "unit": "appends/s", "operation": "append"}
        drawing = plot.svg({**measured, "results": results})
        root = xml.etree.ElementTree.fromstring(drawing)
        texts = [element.text for element in root.iter() if element.tag.endswith("text")]
        for words in ("A & B", "case <1>", "thalweg", "limit-x", "appends/s", "2,000", "1,000"):
            self.assertIn(words, texts)
        widths = [float(bar.get("width")) for bar in root.iter() if bar.tag.endswith("rect")][1:]
        self.assertAlmostEqual(widths[0], 2 * widths[1], delta=0.2)


if __name__ == "__main__":
    unittest.main()
