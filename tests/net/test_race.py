#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lists of addresses of which one answers (RFC 8305): the others are silent, refuse, are rejected by
ICMP, or have no route. In a network namespace of its own, with curl beside it.

No time is judged but in one way: the addresses in turn would take many times what is allowed.
"""
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import midge_test

# In the namespace. Both families have one of each kind.
SILENT = ["127.0.0.9", "2001:db8::9"]
ICMP = ["127.0.0.8", "2001:db8::8"]
REFUSED = ["127.0.0.7", "2001:db8::7"]
NO_ROUTE = ["203.0.113.1", "2001:db8:1::1", "2001:db8:2::1"]     # prohibit, unreachable, blackhole
GOOD = ["127.0.0.1", "2001:db8::1"]
COMMANDS = """
ip link set lo up
ip -6 addr add 2001:db8::1/64 dev lo nodad
ip -6 addr add 2001:db8::7/128 dev lo nodad
ip -6 addr add 2001:db8::8/128 dev lo nodad
ip -6 addr add 2001:db8::9/128 dev lo nodad
ip -6 route add unreachable 2001:db8:1::/48
ip -6 route add blackhole 2001:db8:2::/48
ip route add prohibit 203.0.113.0/24
nft add table inet midge
nft add chain inet midge in { type filter hook input priority 0 ; }
nft add rule inet midge in ip daddr 127.0.0.9 drop
nft add rule inet midge in ip6 daddr 2001:db8::9 drop
nft add rule inet midge in ip daddr 127.0.0.8 reject with icmp type port-unreachable
nft add rule inet midge in ip6 daddr 2001:db8::8 reject with icmpv6 type admin-prohibited
"""
CONNECT_S = 80      # in turn each silent address of eight would take 10 s of it
RACE_S = 15


def serve(listener):
    """Each answer is the server's own address."""
    while True:
        link, _peer = listener.accept()
        with link:
            link.recv(65536)
            own = link.getsockname()[0].encode()
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                         % (len(own), own))


class Inside:
    """What runs in the namespace: prints a list of what it found."""

    def __init__(self):
        for line in COMMANDS.split("\n"):
            if line:
                subprocess.run(line.split(" "), check=True)
        self.port = 0
        for address in GOOD:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.create_server((address, self.port), family=family)
            self.port = listener.getsockname()[1]
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
        self.found = []

    def run(self, program, name, addresses, *words):
        start = time.monotonic()
        ran = subprocess.run([program, "-s", "--connect-timeout", str(CONNECT_S), "--resolve",
                              f"api.test:{self.port}:{','.join(addresses)}",
                              f"http://api.test:{self.port}/", *words], capture_output=True, timeout=midge_test.TIMEOUT)
        self.found.append([name, " ".join(map(str, words)), addresses, ran.returncode,
                           ran.stdout.decode(), time.monotonic() - start])

    def both(self, addresses, *words):
        self.run(midge_test.BIN, "midge", addresses, *words)
        self.run("curl", "curl", addresses, *words)

    def all(self):
        bad = itertools.chain.from_iterable(zip(SILENT, REFUSED, ICMP, NO_ROUTE))
        bad = [*bad, NO_ROUTE[2]][:7]
        for place in range(8):
            for good in GOOD:
                self.run(midge_test.BIN, "midge", [*bad[:place], good, *bad[place:]])
        # Not ICMP and SILENT: curl waits 40 s for the second address of a family.
        for kind in (REFUSED, NO_ROUTE):
            self.both([*kind, GOOD[0]])
            self.both([*kind, GOOD[1]])
            self.both(kind)
        self.both([SILENT[1], GOOD[0]])     # IPv6 is broken
        self.both([SILENT[1], GOOD[0]], "-4")
        self.both([REFUSED[0], GOOD[1]], "-6")
        self.both([GOOD[0], REFUSED[1]], "-6")
        print(json.dumps(self.found))


class Race(unittest.TestCase):
    def test_lists(self):
        user = [] if os.geteuid() == 0 else ["--map-root-user"]     # which a chroot does not allow
        ran = subprocess.run(["unshare", *user, "--net", sys.executable, __file__, "inside"],
                             capture_output=True, timeout=midge_test.TIMEOUT)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        found = json.loads(ran.stdout)
        self.assertEqual(len(found), 16 + 12 + 8)
        for one in found[:16]:
            _name, _words, addresses, code, out, seconds = one
            self.assertEqual(code, 0, one)
            self.assertIn(out, set(addresses) & set(GOOD), one)
            self.assertLess(seconds, RACE_S * (4 if midge_test.SANITIZED else 1), one)
        for ours, curl in zip(found[16::2], found[17::2]):
            self.assertEqual(ours[3:5], curl[3:5], (ours, curl))


class Reset(midge_test.Case):
    """An address that accepts and resets before the handshake's first byte is not the server."""

    def listen(self, address, port, secure_hello):
        listener = socket.create_server((address, port))
        self.addCleanup(listener.close)

        def run():
            while True:
                try:
                    link, _peer = listener.accept()
                except OSError:
                    return
                with link:
                    if secure_hello:
                        link.recv(65536)
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        threading.Thread(target=run, daemon=True).start()

    def test_reset(self):
        port = self.ports["https"]
        for n, hears in ((2, False), (3, True)):
            self.listen(f"127.0.0.{n}", port, hears)
        for addresses in ("127.0.0.2,127.0.0.1", "127.0.0.3,127.0.0.1", "127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.1"):
            ran = self.midge("--resolve", f"api.example:{port}:{addresses}",
                             f"https://api.example:{port}/posts/1")
            self.assert_code(0, ran)
            self.assertEqual(ran[0]["connects"], 1)
        ran = self.midge("--resolve", f"api.example:{port}:127.0.0.2,127.0.0.3",
                         f"https://api.example:{port}/posts/1")
        self.assert_code(56, ran)


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        Inside().all()
    else:
        unittest.main()
