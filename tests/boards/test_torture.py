#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Allocations that fail and connections that are cut, at many places of plain and TLS requests, in one
boot of torture.c, which says what must hold after each.

One place in 12 of a plain request is tried, and one in 120 under TLS, where a handshake takes long:
MIDGE_TORTURE, the commit's hash in run.sh, says which. QEMU runs as fast as it can here: nothing is
judged by time.
"""
import http.server
import os
import re
import sys
import tempfile
import threading
import unittest

import board
from test_boards import BOARD, GUEST

sys.path.insert(0, str(board.ROOT / "tests" / "server"))
import certs
from raw import RawServer
from wire import tls_context

SCENES = (("plain", None, 12), ("tls1.2", "1.2", 120), ("tls1.3", "1.3", 120))     # name, TLS, one in so many
PART = int(os.environ.get("MIDGE_TORTURE", "0").replace("full", "0"), 16)
TIMEOUT = 2200      # seconds, of a machine that does much else
BODY = bytes(ord("a") + i % 26 for i in range(300))
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
KINDS = ("allocations", "fin", "rst")


class Control(http.server.BaseHTTPRequestHandler):
    """GET /NAME/BYTES/END: that server's next connections end so. 0 bytes: not."""

    protocol_version = "HTTP/1.1"
    servers = {}

    def do_GET(self):
        name, size, end = self.path.strip("/").split("/")
        server = self.servers[name]
        server.cut_wire, server.end = (int(size), end if end == "rst" else "open") if int(size) else (None, "open")
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        pass


class Torture(unittest.TestCase):
    def serve(self, name, context, step):
        """The words for it."""
        # QEMU's network makes a FIN of a reset that comes together with bytes.
        server = RawServer(ANSWER, context=context, end="open", rst_after=0.01)
        self.addCleanup(server.stop)
        Control.servers[name] = server
        return [name, f"{'https' if context else 'http'}://{GUEST}:{server.start()}/", step, PART % step + 1]

    def control(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://{GUEST}:{server.server_port}"

    def test_all_kinds(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        made = certs.ensure(folder.name)
        pem = made / "certs" / "good.pem"
        words = [word for name, version, step in SCENES
                 for word in self.serve(name, tls_context(pem, version) if version else None, step)]
        ran = board.run(BOARD, "full", ["torture", self.control(), *words], settings={"CA": made / "ca.pem"},
                        elf=board.image(BOARD, "full", "-torture"), timeout=TIMEOUT, icount=False)
        self.assertEqual(0, ran.code, ran)
        print(f"\n{BOARD}, part {PART:x}:", *re.findall(r"^.*: \d+ points.*$", ran.text, re.M), sep="\n")
        found = re.findall(r"^(\S+) (\S+): [1-9]\d* points", ran.text, re.M)
        self.assertEqual([(name, kind) for name, _, _ in SCENES for kind in KINDS], found, ran)
        self.assertEqual(len(SCENES), len(re.findall(r"^\S+ rst: .* RECV\b", ran.text, re.M)), ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
