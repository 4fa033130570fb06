#!/usr/bin/env python3
"""Shows that what is dropped from the page cache is not in memory any more.

  page_cache_test.py FOLDER    on a disk: a file system in memory drops nothing
"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import page_cache  # noqa: E402

FOLDER = sys.argv[1]


def cached_bytes(path):
    argv = ["fincore", "--bytes", "--noheadings", "--output", "RES", path]
    return int(subprocess.check_output(argv, text=True))


class PageCache(unittest.TestCase):
    def test_files_of_a_folder_are_dropped(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            path = os.path.join(folder, "inner", "file")
            os.mkdir(os.path.dirname(path))
            with open(path, "wb") as file:
                file.write(bytes(1 << 20))
                file.flush()
                os.fsync(file.fileno())
            self.assertEqual(cached_bytes(path), 1 << 20)
            page_cache.drop_files(folder)
            self.assertEqual(cached_bytes(path), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
