#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pre-shared keys against openssl s_server (tests/keys/client_psk.c)."""
import pathlib
import subprocess
import sys
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import mutual   # noqa: E402

CLIENT = pathlib.Path(midge_test.BIN).parent / "tests" / "client_psk"
KEY = "0123456789abcdef0123456789abcdef"


@unittest.skipUnless("small" in midge_test.PROFILES, "the build of all profiles has the client")
class Psk(unittest.TestCase):
    def ask(self, server, identity="sensor", key=KEY):
        done = subprocess.run([midge_test.built(CLIENT), f"https://localhost:{server.port}/", identity, key],
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def serve(self, version, *options):
        server = mutual.PskServer(KEY.encode(), "sensor", version, *options)
        self.addCleanup(server.close)
        return server

    def test_accepted(self):
        for version, options, cipher in (
                (13, [], "TLS1-3-AES-128-GCM-SHA256"),
                (12, [], "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256"),
                (12, ["-cipher", "PSK-AES128-GCM-SHA256"], "TLS-PSK-WITH-AES-128-GCM-SHA256"),
                (12, ["-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"], "TLS-PSK-WITH-AES-128-CCM-8")):
            with self.subTest(version=version, cipher=cipher):
                self.assertTrue(self.ask(self.serve(version, *options)).startswith(f"OK 200 {version} {cipher}:"))

    def test_refused(self):
        for version in (12, 13):
            server = self.serve(version)
            # s_server of TLS 1.2 takes any identity.
            for identity, key in (("sensor", KEY[::-1]), ("other", KEY))[:version - 11]:
                with self.subTest(version=version, identity=identity):
                    said = self.ask(server, identity, key)
                    self.assertTrue(said.startswith("CREDENTIAL 0 "), said)
                    self.assertIn("server refused the pre-shared key", said)


if __name__ == "__main__":
    unittest.main()
