#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A board's own certificate and key (own.c) against nginx and a server that refuses by alerts."""
import re
import ssl
import sys
import unittest

from cryptography.hazmat.primitives import serialization

import board
import midge_test
from test_boards import BOARD, GUEST, Board

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import mutual   # noqa: E402  tests/server

PROFILE = {"lm3s6965evb": "small"}.get(BOARD, "full")
LINE = re.compile(r"^own: (\w+) (\d+) (\d+) (\w+); (.*?)\r?$", re.M)
DER = serialization.Encoding.DER


class Own(Board):
    def setUp(self):
        super().setUp()
        self.nginx = self.servers.nginx["https_client"]
        self.made = self.servers.dir / "clients"

    def provision(self, name, key=None):
        """The factory's work: a page of flash (boards/examples/identity.h)."""
        pem = (self.made / f"{name}.pem").read_bytes()
        secret = serialization.load_pem_private_key((self.made / f"{key or name}.pem").read_bytes(), None)
        parts = [ssl.PEM_cert_to_DER_cert(pem[pem.index(b"-----BEGIN CERT"):].decode()),
                 secret.private_bytes(DER, serialization.PrivateFormat.TraditionalOpenSSL,
                                      serialization.NoEncryption())]
        page = b"midgeID1" + b"".join(len(part).to_bytes(2, "big") for part in parts) + b"".join(parts)
        (self.dir / "page").write_bytes(page)

    def run_own(self, *ports, page="page"):
        urls = [f"https://{GUEST}:{port}/client" for port in ports]
        ran = self.board("own", page, *urls, profile=PROFILE, elf=board.image(BOARD, PROFILE, "-own"), timeout=300)
        return ran, LINE.findall(ran.text)

    def refusing(self):
        server = mutual.Server(self.servers.dir / "certs" / "good.pem", self.servers.dir / "client-ca.pem", 12)
        self.addCleanup(server.close)
        return server.port

    def test_given_and_resumed(self):
        for name in ("ec", "rsa"):
            self.provision(name)
            ran, ended = self.run_own(self.nginx, self.refusing())
            self.assertEqual([("OK", "200"), ("OK", "200")], [one[:2] for one in ended], ran)
            self.assertIn(f"SUCCESS CN={name} client", ran.text)

    def test_refused_and_missing(self):
        self.provision("expired")
        ran, ended = self.run_own(self.refusing())
        self.assertEqual("CREDENTIAL", ended[0][0], ran)
        self.assertIn("expired", ended[0][4])
        ran, ended = self.run_own(self.refusing(), page="-")
        self.assertEqual(("CREDENTIAL", "server requires a client certificate"), (ended[0][0], ended[0][4]), ran)

    def test_not_opened(self):
        self.provision("ec", key="p384")
        ran, ended = self.run_own(self.nginx)
        self.assertEqual([], ended)
        self.assertIn("own: the client key is not the certificate's", ran.text)

    def test_damaged_page(self):
        self.provision("ec")
        page = (self.dir / "page").read_bytes()
        (self.dir / "page").write_bytes(page[:-1])
        self.assertIn("own: the page is damaged", self.run_own(self.nginx)[0].text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
