#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Requests that start together right after boot, when no ARP answer has come yet: each one's SYN or
DNS question waits for the answer, and none is lost. Judged by the order of the frames, which no load
of this machine changes: a lost one would be sent again a second or three later, after the others'
answers.

BOARD names the board, BOARD_PROFILES its profiles, as in test_boards.py.
"""
import os
import struct
import unittest

import board
import midge_test

BOARD = os.environ.get("BOARD", "mps2-an385")
PROFILES = board.profiles(BOARD)
MANY = 8
IPV4, TCP, UDP, SYN = 0x0800, 6, 17, 2
BOARD_IP = bytes((192, 0, 2, 15))


def sent_after_arp(path, is_wanted):
    """How many wanted packets the board sent in a row, from its first one of them."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at, count, begun = 24, 0, False
    while at < len(data):
        length, = struct.unpack(order + "I", data[at + 8:at + 12])
        frame, at = data[at + 16:at + 16 + length], at + 16 + length
        if struct.unpack(">H", frame[12:14])[0] != IPV4 or frame[26:30] != BOARD_IP:
            continue
        if is_wanted(frame[14:]):
            count, begun = count + 1, True
        elif begun:
            break
    return count


def is_syn(packet):
    return packet[9] == TCP and packet[33] & SYN


def is_question(packet):
    return packet[9] == UDP


class Arp(midge_test.Case):
    def requests(self, profile, *words, wanted):
        frames = self.dir / f"{profile}.pcap"
        ran = board.run(BOARD, profile, ["fetch", *words], cwd=self.dir, frames=frames)
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(ran.connections_at_once, sent_after_arp(frames, wanted), ran)
        return ran.connections_at_once

    def each_profile(self, *words, wanted):
        most = 0
        for profile in PROFILES:
            with self.subTest(profile=profile):
                most = max(most, self.requests(profile, *words, wanted=wanted))
        self.assertGreater(most, 1, "nothing was sent at once")

    def test_syns_to_one_address(self):
        url = f"http://{board.HOST}:{self.servers.ports['http']}/posts/1"
        self.each_profile("--times", str(MANY), url, wanted=is_syn)

    def test_questions_to_one_name_server(self):
        urls = [f"http://host{n}.example:{self.servers.ports['http']}/posts/1" for n in range(MANY)]
        self.each_profile(*urls, wanted=is_question)


if __name__ == "__main__":
    unittest.main()
