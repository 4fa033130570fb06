#!/usr/bin/env python3
"""The checker sees what it should: each broken history is refused, for its own reason."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kill_history as history  # noqa: E402


def sent(client, seq, began, ended=0.0, offset=None, answers=None, payload=b"x"):
    return history.Append(
        "s", client, seq, history.body_of(client, seq, payload), began, ended, offset,
        answers if answers is not None else ([200] if offset is not None else []),
    )  # fmt: skip


def content(*names, payload=b"x"):
    return b"".join(history.body_of(n.split(".")[0], int(n.split(".")[1]), payload) for n in names)


WIDTH = len(content("a.0"))


class WholeHistories(unittest.TestCase):
    def test_pass(self):
        rows = {
            "nothing": (b"", []),
            "all acknowledged": (
                content("a.0", "a.1"),
                [sent("a", 0, 1, 2, WIDTH), sent("a", 1, 3, 4, 2 * WIDTH)],
            ),
            "an unknown one that is there": (content("a.0"), [sent("a", 0, 1)]),
            "an unknown one that is not": (b"", [sent("a", 0, 1)]),
            "a retry that was a duplicate": (content("a.0"), [sent("a", 0, 1, 5, WIDTH, [204])]),
            "side by side in any order": (
                content("b.0", "a.0"),
                [sent("a", 0, 1, 9, 2 * WIDTH), sent("b", 0, 2, 8, WIDTH)],
            ),
        }
        for why, (held, appends) in rows.items():
            self.assertEqual(history.check_stream("s", held, appends), [], why)


class BrokenHistories(unittest.TestCase):
    def refuse(self, why, held, appends, reason):
        wrong = history.check_stream("s", held, appends)
        self.assertTrue(any(reason in text for text in wrong), f"{why}: {wrong}")

    def test_streams(self):
        a0, a1 = sent("a", 0, 1, 2, WIDTH), sent("a", 1, 3, 4, 2 * WIDTH)
        rows = [
            ("the only append", b"", [a0], "is lost"),
            ("the last append", content("a.0"), [a0, a1], "is lost"),
            ("the first append", content("a.1"), [a0, a1], "is lost"),
            ("an append torn at its end", content("a.0")[:-1], [a0], "no whole append"),
            ("an append torn at its start", content("a.0")[1:], [a0], "no whole append"),
            ("a torn unknown one", content("a.0") + b"<a.1:", [a0], "no whole append"),
            ("zeros behind", content("a.0") + b"\0" * 9, [a0], "no whole append"),
            ("zeros before", b"\0" * 9 + content("a.0"), [a0], "no whole append"),
            ("zeros between", content("a.0") + b"\0" + content("a.1"), [a0, a1], "no whole"),
            ("twice in a row", content("a.0", "a.0"), [a0], "twice"),
            ("twice, apart", content("a.0", "a.1", "a.0"), [a0, a1], "twice"),
            ("an unknown one twice", content("a.0", "a.0"), [sent("a", 0, 1)], "twice"),
            ("never sent", content("a.0", "z.0"), [a0], "never sent"),
            ("never sent by this client", content("a.0", "a.1"), [a0], "never sent"),
            ("another payload", content("a.0", payload=b"y"), [a0], "was changed"),
            ("a longer payload", content("a.0", payload=b"xx"), [a0], "was changed"),
            ("an empty payload", content("a.0", payload=b""), [a0], "was changed"),
            ("another offset", content("a.0"), [sent("a", 0, 1, 2, WIDTH + 1)], "its answer said"),
            ("offset 0", content("a.0"), [sent("a", 0, 1, 2, 0)], "its answer said"),
            ("new twice", content("a.0"), [sent("a", 0, 1, 2, WIDTH, [200, 200])], "2 times"),
            ("one client's out of order", content("a.1", "a.0"), [a0, a1], "its answer said"),
            ("unknown ones out of order", content("a.1", "a.0"), [sent("a", 0, 1), sent("a", 1, 1)],
             "stands after"),
            ("a gap of unknown ones", content("a.1"), [sent("a", 0, 1), sent("a", 1, 1)],
             "stands after"),
            ("not from 0", content("a.5"), [sent("a", 5, 1)], "stands after"),
            ("real time, both acknowledged", content("b.0", "a.0"),
             [sent("a", 0, 1, 2, 2 * WIDTH), sent("b", 0, 3, 4, WIDTH)], "before it began"),
            ("real time, the later unknown", content("b.0", "a.0"),
             [sent("a", 0, 1, 2, 2 * WIDTH), sent("b", 0, 3)], "before it began"),
            ("real time, far apart", content("c.0", "b.0", "a.0"),
             [sent("a", 0, 1, 2, 3 * WIDTH), sent("b", 0, 1, 9, 2 * WIDTH), sent("c", 0, 3)],
             "before it began"),
        ]  # fmt: skip
        for row in rows:
            self.refuse(*row)
        self.assertGreaterEqual(len(rows), 27)

    def test_readers_and_flags(self):
        self.assertEqual(history.check_prefix("s", b"ab", b"abc", "r"), [])
        for seen in (b"abcd", b"b", b"ac"):
            self.assertTrue(history.check_prefix("s", seen, b"abc", "r"), seen)
        self.assertEqual(history.check_flag("s", True, True, "closed", False), [])
        self.assertEqual(history.check_flag("s", False, True, "closed", True), [])
        self.assertTrue(history.check_flag("s", True, False, "closed", False))
        self.assertTrue(history.check_flag("s", True, False, "closed", True))
        self.assertTrue(history.check_flag("s", False, True, "closed", False))


if __name__ == "__main__":
    unittest.main()
