#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Cipher suites by choice, ALPN, and servers that have only older versions."""
import socket
import subprocess
import time
import unittest

import midge_test

CHACHA = ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256")


class Ciphers(midge_test.Case):
    def cipher(self, *options):
        ran = self.midge(*options, self.url("/posts/1", "https"))
        self.assert_code(0, ran)
        return ran[0]["cipher"]

    def test_one(self):
        for old, new, word in ((*CHACHA, "CHACHA20"),
                               ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", "AES-256-GCM")):
            for options in (["--tls-max", "1.2", "--ciphers", old], ["--tls13-ciphers", new],
                            ["--ciphers", old, "--tls13-ciphers", new], ["--ciphers", old, "--tls13-ciphers", new, "--tls-max", "1.2"]):
                with self.subTest(options=options):
                    self.assertIn(word, self.cipher(*options))

    def test_the_other_version_keeps_its_own(self):
        self.assertIn("GCM", self.cipher("--ciphers", CHACHA[0]))
        self.assertIn("GCM", self.cipher("--tls13-ciphers", CHACHA[1], "--tls-max", "1.2"))

    def test_no_suite_in_common(self):
        ran = self.midge("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256", self.url("/posts/1", "https"))
        self.assert_code(35, ran)

    def test_refused_names(self):
        for options in (["--ciphers", "HIGH"], ["--ciphers", ""], ["--ciphers", CHACHA[0] + ":"], ["--ciphers", CHACHA[1]],
                        ["--ciphers", "AES128-SHA"], ["--tls13-ciphers", CHACHA[0]], ["--ciphers", CHACHA[0] + "X"],
                        ["--ciphers", f"{CHACHA[0]}:!aNULL"], ["--ciphers", CHACHA[0][:-1]]):
            with self.subTest(options=options):
                ran = self.midge(*options, self.url("/posts/1", "https"))
                self.assert_code(2, ran, f"option {options[0]}: midge offers no cipher")

    def test_small_and_tiny(self):
        for profile in set(midge_test.PROFILES) - {"full"}:
            for options, code in ((["--ciphers", CHACHA[0]], 0), (["--tls13-ciphers", CHACHA[1]], 2)):
                done = subprocess.run([midge_test.of_profile(profile), "-s", "--cacert", self.ca, "-o", "/dev/null", "-w", "%{json}",
                                       *options, self.url("/posts/1", "https")], capture_output=True, timeout=midge_test.TIMEOUT)
                self.assertEqual(code, done.returncode, done)


class OtherServers(midge_test.Case):
    """openssl's server, with settings that the local ones do not have."""

    def serve(self, *options):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        good = self.servers.dir / "certs" / "good.pem"
        process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", good, "-key", good, "-www",
                                    "-quiet", *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.02)    # until it listens
        return f"https://localhost:{port}/"

    def test_alpn(self):
        for version in ("1.2", "1.3"):
            self.assert_code(0, self.midge("--tls-max", version, "-o", "/dev/null", self.serve("-alpn", "http/1.1")))
            self.assert_code(0, self.midge("--tls-max", version, "-o", "/dev/null", self.serve("-alpn", "h2,http/1.1")))
            ran = self.midge("--tls-max", version, "-o", "/dev/null", self.serve("-alpn", "h2"))
            self.assert_code(35, ran, "no_application_protocol: it does not offer HTTP/1.1")

    def test_versions(self):
        old = self.serve("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        for options in ([], ["--tlsv1.2"], ["--tlsv1.3"]):
            self.assert_code(35, self.midge(*options, "-o", "/dev/null", old), "no TLS version in common")
        self.assert_code(35, self.midge("--tlsv1.3", "-o", "/dev/null", self.serve("-tls1_2")), "no TLS version in common")
        self.assert_code(35, self.midge("--tls-max", "1.2", "-o", "/dev/null", self.serve("-tls1_3")), "no TLS version in common")

    def test_pins(self):
        wrong = "sha256//" + "A" * 43 + "="
        for version in ("-tls1_2", "-tls1_3"):
            server = self.serve(version)
            ran = self.midge("-v", "-o", "/dev/null", server)
            self.assert_code(0, ran)
            pin = ran.text.partition("public key hash: ")[2].split("\n")[0]
            self.assert_code(0, self.midge("--pinnedpubkey", pin, "-o", "/dev/null", server))
            self.assert_code(90, self.midge("--pinnedpubkey", wrong, "-o", "/dev/null", server))


if __name__ == "__main__":
    unittest.main()
