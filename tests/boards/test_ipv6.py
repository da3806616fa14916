#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""IPv6 of lwIP on a board in QEMU, whose router announces 2001:db8::/64: the board makes its own
address and reaches an IPv6 literal and a name with an AAAA record only; a server that has only IPv4
is reached by that. One boot for all of them. (QEMU's router forwards no address of the link, so
zones are tested on the desktop: tests/lwip.)
"""
import http.server
import os
import re
import socket
import subprocess
import threading
import unittest

import board

BOARD = "mps2-an385"
PREFIX = "ipv6-prefix=2001:db8::,ipv6-host=2001:db8::2"


class Server(http.server.ThreadingHTTPServer):
    """On loopback of one family; notes the paths that were asked for."""

    def __init__(self, family, address):
        self.address_family = family
        self.asked = []
        super().__init__((address, 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *words):
        pass


@unittest.skipIf(os.environ.get("BOARD", BOARD) != BOARD, f"the image is {BOARD}'s")
class Ipv6(unittest.TestCase):
    def setUp(self):
        self.v6 = Server(socket.AF_INET6, "::1")
        self.v4 = Server(socket.AF_INET, "127.0.0.1")
        for server in (self.v6, self.v4):
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)

    def test_addresses(self):
        urls = ["superloop", f"http://[2001:db8::2]:{self.v6.port}/literal",
                f"http://v6only.example:{self.v6.port}/name",
                f"http://both.example:{self.v4.port}/ipv4"]
        line = board.command(BOARD, "full", urls, elf=board.image(BOARD, "full", "-ipv6"))
        line = [str(word).replace(board.NET, f"{board.NET},{PREFIX}") for word in line]
        ran = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=board.TIMEOUT)
        text = ran.stdout.decode("utf-8", "replace")
        self.assertEqual(ran.returncode, 0, text)
        self.assertIn("3 ended, 0 failed", text)
        self.assertEqual(sorted(self.v6.asked), ["/literal", "/name"])
        self.assertEqual(self.v4.asked, ["/ipv4"])
        addresses = re.findall(r"network: IPv6 (\S+)", text)
        self.assertTrue(addresses[0].startswith("FE80::"), text)
        self.assertTrue(addresses[1].startswith("2001:DB8::"), text)


if __name__ == "__main__":
    unittest.main()
