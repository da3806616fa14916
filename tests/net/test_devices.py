#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--device: the board's limits. The programs of 32 bits are tested in tests/boards/test_desk.py."""
import shutil
import subprocess
import unittest

import midge_test


class Devices(midge_test.Case):
    def test_list(self):
        ran = self.midge("--device", "list", report=False)
        self.assert_code(0, ran)
        lines = [line.split() for line in ran.out.decode().splitlines()]
        self.assertIn(["lm3s6965evb", "tiny", "43520", "10", "536", "536"], lines)
        self.assertEqual(ran.out, self.midge("app", "posts", "--device=list", report=False, ca=False).out)

    def test_unknown(self):
        for words in (["http://localhost/"], ["--sim", "/dev/null", "http://localhost/"]):
            ran = self.midge("--device", "lm3s", *words, report=False)
            self.assert_code(2, ran)
            self.assertIn("there is no device 'lm3s'; --device list shows them", ran.text)

    def test_real_sockets(self):
        """The program of the profile, with the board's connections and its block, wider."""
        midge_test.of_profile("tiny")
        for name in ("lm3s6965evb", "lm3s6965evb-tiny"):
            ran = self.midge("--device", name, *[self.url("/posts/1", "http")] * 20)
            self.assert_code(0, ran)
            self.assertIn("56576 bytes", ran.text)
            self.assertEqual(20, len(ran.lines))
            self.assertLessEqual(ran.summary["peak_connections"], 10)
            self.assertLessEqual(ran.summary["alloc_peak"], 56576)

    def test_family(self):
        """Members of a family share one program."""
        midge_test.of_profile("tiny")
        ran = self.midge("--device", "mps3-an547-tiny", self.url("/posts/1", "http"))
        self.assert_code(0, ran)
        self.assertIn("mps2-an385-tiny", ran.text)

    def test_missing_program(self):
        """Says how to build it."""
        alone = shutil.copy(midge_test.BIN, self.dir / "midge")
        done = subprocess.run([alone, "--device", "riscv-virt", "--sim", "/dev/null", "http://a/"],
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"-DMIDGE_DEVICES=ON", done.stderr)


if __name__ == "__main__":
    unittest.main()
