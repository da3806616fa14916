#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boards/examples/first.c, README's program: several URLs at once, some of them bad."""
import os
import pathlib
import subprocess
import unittest

import midge_test
from midge_test import Case


class First(Case):
    def run_first(self, ca, *urls):
        folder = os.environ.get("MIDGE_CLIENTS", pathlib.Path(midge_test.BIN).parent / "tests")
        return subprocess.run([midge_test.built(pathlib.Path(folder) / "first"), *urls], capture_output=True,
                              text=True, timeout=midge_test.TIMEOUT,
                              env={**midge_test.environment(), "SSL_CERT_FILE": str(ca)})

    def first(self, *urls):
        done = self.run_first(self.ca, *urls)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout

    def test_a_bad_one_hurts_no_other(self):
        good, missing, large, refused = self.url("/posts/1"), self.url("/posts/0"), self.url("/bytes/5000"), \
            self.url("/", port="refused")
        said = self.first(good, missing, "no URL", large, refused, self.url("/posts/2"))
        self.assertTrue(said.startswith("no URL: "), said)   # not even begun
        self.assertIn(f'{good}: {{\n  "userId": 1,\n  "id": 1,\n', said)
        self.assertIn('"id": 2,', said)
        self.assertIn(f"{missing}: 404 Client Error: Not Found for url: {missing}\n", said)
        self.assertIn(f"{large}: body exceeds sink or max_body", said)
        self.assertIn(f"{refused}: connection failed", said)

    def test_without_roots_it_says_so(self):
        done = self.run_first("/no/roots.pem", self.url("/posts/1"))
        self.assertEqual((1, "", "reading a body or file failed (roots: /no/roots.pem)\n"),
                         (done.returncode, done.stdout, done.stderr))

    def test_all_at_once(self):
        said = self.first(*(self.url(f"/posts/{number}?_together=8") for number in range(1, 9)))
        self.assertEqual(8, said.count('"title"'))


if __name__ == "__main__":
    unittest.main()
