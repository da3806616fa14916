#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pins on a board, and a clock that SNTP sets (trust.c), in one boot."""
import hashlib
import re
import socket
import struct
import subprocess
import threading
import time
import unittest

import board
from test_boards import BOARD, GUEST, PROFILES, Board

FROM_1900 = 2208988800
NOW = int(time.time())
DAY = NOW // 86400


class TimeServer:
    """Answers each question by a function of its bytes: one packet or several, in order."""
    def __init__(self, answers):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self.serve, args=(answers,), daemon=True).start()

    def serve(self, answers):
        while True:
            try:
                question, peer = self.socket.recvfrom(1000)
            except OSError:
                return
            self.asked += 1
            for answer in answers(question):
                self.socket.sendto(answer, peer)

    def close(self):
        self.socket.close()


def reply(question, leap=0, stratum=2, mode=4, originate=None, seconds=NOW + FROM_1900):
    return (bytes([leap << 6 | 4 << 3 | mode, stratum]) + bytes(22) + (originate or question[40:48]) + bytes(8)
            + struct.pack(">II", seconds % 2**32, 1))


def forged(question):
    """Answers to other questions, cut and of another mode, before the right one."""
    return [reply(question, originate=bytes(8), seconds=1), reply(question)[:47], reply(question, mode=3, seconds=1),
            reply(question, originate=b"notmine!", seconds=1), reply(question)]


# Words of the line, the day that it tells.
SERVERS = ((lambda question: [], "late", 0),
           (lambda question: [reply(question, originate=b"notmine!")], "late", 0),
           (lambda question: [reply(question, stratum=0)], "refused", 0),
           (lambda question: [reply(question, leap=3)], "refused", 0),
           (lambda question: [reply(question, seconds=2**32 + 86400)], "time", (2**32 - FROM_1900 + 86400) // 86400),
           (forged, "time", DAY))


class Trust(Board):
    def pin(self):
        certificate = (self.servers.dir / "certs" / "good.pem").read_bytes()
        pem = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=certificate, capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, capture_output=True, check=True).stdout
        return hashlib.sha256(der).hexdigest()

    def test_trust(self):
        servers = [TimeServer(answers) for answers, _, _ in SERVERS]
        for server in servers:
            self.addCleanup(server.close)
        ran = self.board("trust", self.url("/posts/1", "https_tls12", host=GUEST), self.pin(),
                         *(server.port for server in servers), profile=PROFILES[0],
                         elf=board.image(BOARD, PROFILES[0], "-trust"), timeout=300)
        self.assertEqual(0, ran.code, ran)
        lines = re.findall(r"^trust: (.*?): (.*?), (\d+)\r?$", ran.text, re.M)
        pins = [(what, result) for what, result, _ in lines if "pin" in what]
        self.assertEqual([("no pin", "OK"), ("wrong pin", "PIN"), ("right pin", "OK"), ("right pin again", "OK"),
                          ("backup pin", "OK"), ("pin only", "OK"), ("wrong pin only", "PIN"), ("wrong pin", "PIN")], pins)
        # Only the same pins resume a session: the fourth; then those without pins resume the first one's.
        resumed = [result for what, result, _ in lines if what == "time_verified"]
        self.assertEqual(["full", "full", "full", "resumed", "full", "full", "full", "full"], resumed[:8])
        times = [(result, int(day)) for what, result, day in lines if what == "time"]
        self.assertEqual([(words, day) for _, words, day in SERVERS], times)
        self.assertEqual([1] * 4, [server.asked for server in servers[2:]])    # a kiss of death too
        self.assertGreaterEqual(min(server.asked for server in servers[:2]), 2)
        fetched = [(result, lines[at + 1][2]) for at, (what, result, _) in enumerate(lines) if what == "by that clock"]
        self.assertEqual([("OK", "0")] * 4 + [("CERT", "1"), ("OK", "1")], fetched)    # expired in 2036


if __name__ == "__main__":
    unittest.main(verbosity=2)
