#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pins of public keys: the program, its profiles, and that a connection or session made with other pins never
serves a pinned request. test_beside_curl.py has the texts of --pinnedpubkey."""
import base64
import hashlib
import subprocess
import unittest

import client_program
import midge_test

OTHER = "sha256//" + base64.b64encode(bytes(range(32))).decode()


def openssl(*arguments, stdin):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


class Case(midge_test.Case):
    def key(self, name="good"):
        """The SHA-256 of a server's SubjectPublicKeyInfo."""
        pem = openssl("x509", "-noout", "-pubkey", stdin=(self.servers.dir / "certs" / f"{name}.pem").read_bytes())
        return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "der", stdin=pem)).digest()

    def pin(self, name="good"):
        return "sha256//" + base64.b64encode(self.key(name)).decode()


class Program(Case):
    def test_errors(self):
        for options, port, code, error in (
                (["--pinnedpubkey", self.pin()], "https", 0, ""),
                (["--pinnedpubkey", OTHER], "https", 90, "PIN"),
                (["--pinnedpubkey", f"{OTHER};{self.pin()}"], "https", 0, ""),
                (["--pinnedpubkey", OTHER], "expired", 60, "CERT"),
                (["--pinnedpubkey", self.pin("expired")], "expired", 60, "CERT"),
                (["-k", "--pinnedpubkey", self.pin("expired")], "expired", 0, ""),
                (["-k", "--pinnedpubkey", self.pin()], "untrusted", 90, "PIN")):
            for version in ("1.2", "1.3"):
                with self.subTest(options=options, port=port, version=version):
                    self.servers.ask("POST", "/stats/reset", {})
                    ran = self.midge("--tls-max", version, *options, self.url("/posts/1", port))
                    self.assertEqual((code, error), (ran.code, ran[0]["error"]), ran)
                    if code == 90:
                        self.assert_one_line(ran)
                        self.assertIn("server's key is not pinned", ran.text)
                        self.assertEqual(("tls", 0, 0x1000000), tuple(ran[0][one] for one in ("phase", "status", "verify_flags")))
                    if code != 0:   # nothing was asked
                        self.assertEqual(0, self.servers.ask("GET", "/stats")["requests_total"])

    def test_small_and_tiny(self):
        for profile in set(midge_test.PROFILES) - {"full"}:
            program = midge_test.of_profile(profile)
            for port in ("https_tls12", "https"):
                for options, code in ((["--pinnedpubkey", self.pin()], 0), (["--pinnedpubkey", OTHER], 90),
                                      (["-k", "--pinnedpubkey", self.pin()], 0), (["-k", "--pinnedpubkey", OTHER], 90)):
                    with self.subTest(profile=profile, port=port, options=options):
                        done = subprocess.run([program, "-s", "--cacert", self.ca, *options, self.url("/posts/1", port)],
                                              capture_output=True, timeout=midge_test.TIMEOUT)
                        self.assertEqual(code, done.returncode, done)

    def test_nginx(self):
        port = self.servers.nginx["https"]
        for options, code in ((["--pinnedpubkey", self.pin()], 0), (["--pinnedpubkey", OTHER], 90)):
            ran = self.midge(*options, f"https://localhost:{port}/bytes/3")
            self.assertEqual(code, ran.code, ran)

    def test_verbose_tells_the_pin(self):
        self.assertIn(f"public key hash: {self.pin()}\n", self.midge("-v", self.url("/posts/1", "https")).text)

    def test_warnings(self):
        for text, words in (("sha256//nonsense", "not the base64 of 32 bytes"), ("/nowhere", "without a public key")):
            ran = self.midge("--pinnedpubkey", text, self.url("/posts/1", "https"))
            self.assertEqual(90, ran.code)
            self.assertIn(words, ran.text)

    def test_groups(self):
        """Pins are for one group; with the same URL the connections are others."""
        url = self.url("/posts/1", "https")
        ran = self.midge("--sync", "--pinnedpubkey", self.pin(), url, url, "--next", url, url)
        self.assertEqual([False, True, False, True], [line["reused"] for line in ran], ran)
        self.assertFalse(ran[2]["resumed"])
        ran = self.midge("--sync", url, "--next", "--pinnedpubkey", OTHER, url, "--next", "--pinnedpubkey", OTHER, "-k", url)
        self.assertEqual([0, 90, 90], [line["exit_code"] for line in ran], ran)


class Identity(Case):
    def rounds(self, port, *letters, key="good"):
        return client_program.run("identity", self.url("/posts/1", port), self.ca, self.key(key).hex(), *letters)

    def test_wrong_pins(self):
        """Whatever was opened before, or is opened at the same time."""
        for port in ("https_tls12", "https_tls13"):
            for letters in (["v", "w"], ["V", "W"], ["P", "W"], ["vw"], ["wv"], ["pw"], ["wp"], ["O", "X", "x"],
                            ["vpowxk"], ["kkkwww"], ["vvvxxx"], ["v", "p", "o", "k", "WX"]):
                with self.subTest(port=port, letters=letters):
                    for line in self.rounds(port, *letters):
                        good = line["letter"] not in "wWxX"
                        self.assertEqual(("", 200) if good else ("PIN", 0), (line["error"], line["status"]))

    def test_a_pin_in_place_of_the_chain(self):
        for letters in (["o", "v", "p"], ["V", "O"], ["ovp"], ["O", "X", "k", "v"]):
            with self.subTest(letters=letters):
                for line in self.rounds("selfsigned", *letters, key="selfsigned"):
                    expected = {"v": "CERT", "p": "CERT", "x": "PIN"}.get(line["letter"].lower(), "")
                    self.assertEqual(expected, line["error"])

    def test_sessions_are_kept_apart(self):
        for port in ("https_tls12", "https_tls13"):
            lines = self.rounds(port, "V", "P", "O", "V", "P", "O", "K", "K")
            self.assertEqual([""] * 8, [line["error"] for line in lines])
            self.assertEqual([0, 0, 0, 1, 1, 1, 0, 1], [line["resumed"] for line in lines])
            lines = self.rounds(port, "v", "p", "o", "v", "p", "o")
            self.assertEqual([0, 0, 0, 1, 1, 1], [line["reused"] for line in lines])


if __name__ == "__main__":
    unittest.main()
