#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP/2 with an input buffer of 4 KB (midge-record beside MIDGE_BIN), against other people's servers: how
long the records are that they send after the handshake.

MIDGE_H2_SERVERS is as in test_http2_servers.py; run as a program with --table it prints HTTP2.md's table.
"""
import os
import pathlib
import socket
import sys
import threading
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import h2servers

CHOSEN = os.environ.get("MIDGE_H2_SERVERS", "nginx nghttpd").split()
AT_ONCE = (1, 4, 8, 30)
SIZE = 100_000
RECORD = 4096
APPLICATION_DATA = 23
AEAD = 16       # bytes of a tag; with AES-GCM 8 more are the nonce
ROWS = {}       # server: longest records


class Watch:
    """A relay to a server that measures the server's records of application data (TLS 1.2)."""

    def __init__(self, target):
        self.target, self.longest, self.count = target, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                for pair in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self.copy, args=pair, daemon=True).start()
        except OSError:
            pass

    def copy(self, source, to, watched):
        rest = b""
        try:
            while data := source.recv(65536):
                if watched:
                    rest = self.measure(rest + data)
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def measure(self, data):
        """Returns the begin of a record whose rest has not come."""
        while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5]):
            length = int.from_bytes(data[3:5])
            if data[0] == APPLICATION_DATA:
                self.longest, self.count = max(self.longest, length - AEAD), self.count + 1
            data = data[5 + length:]
        return data


class Checks:
    kind = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = str(midge_test.built(pathlib.Path(midge_test.BIN).with_name("midge-record")))
        folder = pathlib.Path(cls.servers.dir)
        cls.server = h2servers.H2Server(cls.kind, folder / f"h2-record-{cls.kind}", cls.ports["http"],
                                        folder / "certs" / "good.pem")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def command(self, arguments, report, ca):
        return [self.program, *super().command(arguments, report, ca)[1:]]

    def longest(self, count):
        watch = Watch(self.server.port)
        self.addCleanup(watch.close)
        urls = [f"https://localhost:{watch.port}/bytes/{SIZE}"] * count
        ran = self.midge("--http2", "--tls-max", "1.2", "-m", "120",
                         *[word for url in urls for word in ("-o", os.devnull, url)])
        self.assertEqual([("", 200, "2", SIZE, 0)] * count,
                         [(line["error"], line["status"], line["http_version"], line["body_len"], line["retries"])
                          for line in ran], ran)
        self.assertEqual(1, ran.summary["connections"], ran)
        self.assertGreaterEqual(watch.count, count)
        return watch.longest

    def test_records(self):
        row = [self.longest(count) for count in AT_ONCE]
        ROWS[self.kind] = row
        for count, longest in zip(AT_ONCE, row):
            with self.subTest(at_once=count):
                self.assertLessEqual(longest, RECORD)


def cases():
    kinds = [kind for kind in h2servers.KINDS if kind != "h2o"] if "all" in CHOSEN else CHOSEN
    for kind in kinds:
        yield kind.capitalize(), type(kind.capitalize(), (Checks, midge_test.Case), {"kind": kind})


globals().update(cases())


if __name__ == "__main__":
    table = "--table" in sys.argv
    done = unittest.main(argv=[word for word in sys.argv if word != "--table"], exit=not table)
    if table:
        print("| server |", " | ".join(map(str, AT_ONCE)), "|\n|---|---|---|---|---|")
        for kind, row in ROWS.items():
            print(f"| {kind} |", " | ".join(map(str, row)), "|")
        sys.exit(not done.result.wasSuccessful())
