# SPDX-License-Identifier: MIT
"""A name server by UDP and TCP that answers, by the first label of the name, well or badly. Every
address that is right is `address`; every forged one is 192.0.2.99, where there is nothing."""
import socket
import struct
import threading

FORGED = "192.0.2.99"
TTL = 60


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels).lower(), at + 5


def record(name, kind, data, ttl=TTL):
    return name + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def answer(query, records=(), rcode=0, flags=0x8180, question=None):
    _, end = name_of(query)
    question = query[12:end] if question is None else question
    return query[:2] + struct.pack(">HHHHH", flags | rcode, 1, len(records), 0, 0) + question + b"".join(records)


def other(question, at):
    """The question with another byte."""
    return question[:at] + bytes([question[at] ^ 1]) + question[at + 1:]


SELF = b"\xc0\x0c"


class NameServer:
    def __init__(self, address):
        self.address = socket.inet_aton(address)
        self.asked = {"udp": [], "tcp": []}
        while True:     # one port for both
            self.tcp = socket.create_server(("127.0.0.1", 0))
            self.port = self.tcp.getsockname()[1]
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.udp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.tcp.close()
                self.udp.close()
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stranger.bind(("127.0.0.1", 0))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(2048)
            name, end = name_of(query)
            self.asked["udp"].append(name)
            behave = getattr(self, "on_" + name.split(".")[0].rstrip("0123456789"), self.on_good)
            for reply in behave(query, struct.unpack(">H", query[end - 4:end - 2])[0], peer):
                self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            link, _ = self.tcp.accept()
            with link:
                link.settimeout(10)
                data = link.recv(2)
                query = link.recv(2048)
                name, _ = name_of(query)
                self.asked["tcp"].append(name)
                label = name.split(".")[0]
                count = 200 if label == "large" else 1
                reply = answer(query, [self.good()] * count)
                if label == "cut":      # the connection ends in the middle
                    reply = reply[:-9]
                data = struct.pack(">H", len(reply) + 9 * (label == "cut")) + reply
                for at in range(0, len(data), 700):
                    link.sendall(data[at:at + 700])

    def good(self, name=SELF, ttl=TTL):
        return record(name, 1, self.address, ttl)

    @staticmethod
    def forged(name=SELF):
        return record(name, 1, socket.inet_aton(FORGED))

    def on_good(self, query, kind, _peer):
        return [answer(query, [self.good()] if kind == 1 else [])]

    def on_truncated(self, query, kind, _peer):
        return [answer(query, flags=0x8380)] if kind == 1 else self.on_good(query, kind, _peer)

    on_large = on_cut = on_truncated

    def on_forged(self, query, kind, peer):
        """With another id, question, type and class, a question, of another name: then the good one."""
        _, end = name_of(query)
        question = query[12:end]
        bad = answer(query, [self.forged()])
        self.stranger.sendto(bad, peer)
        return [other(bad[:2], 1) + bad[2:], answer(query, [self.forged()], question=other(question, 2)),
                answer(query, [self.forged()], question=other(question, len(question) - 3)),
                answer(query, [self.forged()], question=other(question, len(question) - 1)),
                bad[:2] + bytes([bad[2] & 0x7f]) + bad[3:], b"", bad[:7]] + \
            [answer(query, [self.forged(b"\x05other\x00"), self.good()] if kind == 1 else [])] * 2

    def on_letters(self, query, kind, peer):
        """In other letters than asked, as a forger's would be. The truth comes by TCP."""
        _, end = name_of(query)
        question = query[12:end].swapcase() if kind == 1 else query[12:end]
        return [answer(query, [self.forged()] if kind == 1 else [], question=question)]

    def on_aliases(self, query, kind, _peer):
        records, name = [], SELF
        for label in (b"\x01a\x00", b"\x01b\x00", b"\x01c\x00"):
            records.append(record(name, 5, label))
            name = label
        return [answer(query, records + ([self.good(name)] if kind == 1 else []))]

    def on_loop(self, query, _kind, _peer):
        return [answer(query, [record(SELF, 5, b"\x01a\x00"), record(b"\x01a\x00", 5, SELF)])]

    def on_pointers(self, query, _kind, _peer):
        _, end = name_of(query)
        here = struct.pack(">H", 0xc000 | end)
        return [answer(query, [record(here, 1, self.address)])]

    def on_missing(self, query, _kind, _peer):
        return [answer(query, rcode=3)]

    def on_servfail(self, query, _kind, _peer):
        return [answer(query, rcode=2)]

    def on_refused(self, query, _kind, _peer):
        return [answer(query, rcode=5)]

    def on_late(self, query, kind, peer):
        """After the question came again."""
        replies = self.on_good(query, kind, peer)
        threading.Timer(1.2, lambda: [self.udp.sendto(one, peer) for one in replies * 3]).start()
        return []

    def on_silent(self, *_):
        return []

    def on_many(self, query, kind, _peer):
        return [answer(query, [self.good()] * 12 if kind == 1 else [])]

    def on_zero(self, query, kind, _peer):
        return [answer(query, [self.good(ttl=0)] if kind == 1 else [])]

    def on_huge(self, query, kind, _peer):
        return [answer(query, [self.good(ttl=0xffffffff)] if kind == 1 else [])]
