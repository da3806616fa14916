#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files in slices from real servers, also by profile tiny from one whose records are too long for it."""
import hashlib
import pathlib
import sys
import unittest

import client_program
import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import tls12                  # noqa: E402
from parts import content     # noqa: E402


class Slices(midge_test.Case):
    def get(self, url, size, name="slices"):
        found, = client_program.run(name, url, self.ca, size)
        return found

    def test_sizes(self):
        for size, requests in ((1000, 10), (9999, 2), (10000, 1), (20000, 1), (0, 0)):
            found = self.get(self.url("/file/10000"), size)
            self.assertEqual(("", 10000, requests, 1, hashlib.sha256(content("1", 10000)).hexdigest()),
                             tuple(found[name] for name in ("error", "len", "requests", "connection", "sha256")))

    def test_nginx(self):
        whole = self.midge(f"http://localhost:{self.servers.nginx['http']}/1M").out
        found = self.get(f"https://localhost:{self.servers.nginx['https']}/1M", 100000)
        self.assertEqual(("", 11, hashlib.sha256(whole).hexdigest()),
                         (found["error"], found["requests"], found["sha256"]))

    def test_servers_that_err(self):
        for query, error in (("validator=weak", "RANGE"), ("ignore", ""), ("less=1", ""), ("named=", "")):
            self.assertEqual(error, self.get(self.url(f"/file/10000?{query}"), 1000)["error"], query)

    def test_long_records(self):
        """Profile tiny has no room for records of 16 KB; those of a slice are short."""
        midge_test.of_profile("tiny")
        server = tls12.Server(pathlib.Path(self.ca).parent / "certs" / "good.pem", record=16384)
        self.addCleanup(server.close)
        url = f"https://localhost:{server.port}/bytes/20000"
        self.assertEqual("TLS_RECORD_SIZE", self.get(url, 0, "slices-tiny")["error"])
        found = self.get(url, 2000, "slices-tiny")
        self.assertEqual(("", 20000, 10), (found["error"], found["len"], found["requests"]))
        self.assertEqual(2, server.handshakes)


if __name__ == "__main__":
    unittest.main()
