#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Debugging builds (-DMIDGE_KEYLOG=ON): the host program's file of keys; a board's traffic, recorded by QEMU, is
readable by tshark with the board's keys, and only with them, as boards/README.md shows it. Suite keys of run.sh,
which makes the builds in build/keys and build/keys-BOARD."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("MIDGE_BIN", str(ROOT / "build" / "keys" / "midge"))

import board    # noqa: E402
import test_boards  # noqa: E402

LABELS = {"12": {"CLIENT_RANDOM"},
          "13": {f"{side}_{what}" for side in ("CLIENT", "SERVER")
                 for what in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")}}
KEY = re.compile(r"^([A-Z_0-9]+) ([0-9a-f]{64}) ([0-9a-f]{64}|[0-9a-f]{96})$", re.M)


class Keys(test_boards.Board):
    def tshark(self, pcap, keys, port):
        """The URIs of the requests that can be read."""
        keylog = ["-o", f"tls.keylog_file:{keys}"] if keys else []
        done = subprocess.run(["tshark", "-r", pcap, *keylog, "-d", f"tcp.port=={port},tls", "-Y", "http.request",
                               "-T", "fields", "-e", "http.request.uri"], capture_output=True, cwd=self.dir,
                              timeout=120, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.split()

    def decrypts(self, name, profile):
        """What boards/README.md shows."""
        elf = ROOT / "build" / f"keys-{name}" / f"{name}-{profile}-log.elf"
        self.assertTrue(elf.exists(), elf)
        test_boards.BOARD = name
        ran = board.run(name, profile, ["posts", "--api", self.api()], cwd=self.dir, elf=elf, frames="a.pcap",
                        settings={"CA": self.ca_file(), "SSLKEYLOGFILE": "-"})
        self.assertEqual(0, ran.code, ran)
        self.assertIn("WARNING: this is a debugging image", ran.text)
        (self.dir / "console.txt").write_text(ran.text)
        labels = {found[1] for found in KEY.finditer(ran.text)}
        self.assertIn(labels, LABELS.values())
        port = self.servers.ports["https"]
        self.assertEqual([], self.tshark("a.pcap", None, port))
        self.assertEqual(sorted([f"/posts/{number}" for number in (1, 2, 3)] * 2),
                         sorted(self.tshark("a.pcap", "console.txt", port)))

    def test_mps2(self):
        self.decrypts("mps2-an385", "full")

    def test_lm3s(self):
        self.decrypts("lm3s6965evb", "tiny")

    def test_host(self):
        """The file is for its owner only, and grows; both versions."""
        for version in ("12", "13"):
            ran = self.midge("--tls-max", f"1.{version[1]}", self.url("/posts/1"), env={"SSLKEYLOGFILE": "keys"})
            self.assertEqual(0, ran.code, ran)
            self.assertIn("WARNING: this is a debugging build", ran.text)
            text = (self.dir / "keys").read_text()
            labels = {found[1] for found in KEY.finditer(text)}
            self.assertEqual(len(text.splitlines()), len(KEY.findall(text)))
            self.assertLessEqual(LABELS[version], labels)
        self.assertEqual(LABELS["12"] | LABELS["13"], labels)
        self.assertEqual(0o600, (self.dir / "keys").stat().st_mode & 0o777)
        ran = self.midge(self.url("/posts/1"), env={"SSLKEYLOGFILE": "none/keys"})
        self.assertEqual(0, ran.code, ran)
        self.assertIn("cannot be opened", ran.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
