#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The peer of the conformance program: what conformance.h describes, on consecutive loopback ports.

    peer.py [--answer ADDRESS] [--dns-port PORT] [-- PROGRAM ARG...]

ADDRESS is what its name server says of peer.test: how the program reaches this machine's loopback
(127.0.0.1; 192.0.2.2 from behind slirp and QEMU). That server is at the UDP port after the services'
ports, or at PORT. With a PROGRAM it runs `PROGRAM ARG... PORT`, PORT
being the first of the ports, and ends with its status; without, it prints PORT and serves on.
"""
import argparse
import fcntl
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

# In the order of enum conformance_service.
ECHO, SOURCE, SINK, GO, FIN, RST, DATA_FIN, DATA_RST, REFUSED, SILENT, TRICKLE, SERVICES = range(12)
SOURCE_BYTES = 1 << 20
DATA_BYTES = 5000
TRICKLE_BYTES = 3000


def pattern(start, n):
    return bytes((i * 131 + (i >> 8)) & 0xFF for i in range(start, start + n))


PATTERN = pattern(0, 1 << 16)  # it repeats


def bytes_at(start, n):
    start %= len(PATTERN)
    return (PATTERN[start:] + PATTERN * (n // len(PATTERN) + 1))[:n]


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


def drain(conn):
    """Until the other side closes; what it sends is thrown away."""
    try:
        while conn.recv(65536):
            pass
    except OSError:
        pass


def wait_acknowledged(conn):
    for _ in range(2000):
        unsent = struct.unpack("i", fcntl.ioctl(conn.fileno(), termios.TIOCOUTQ, bytes(4)))[0]
        if unsent == 0:
            return
        time.sleep(0.002)  # the kernel does not report when data is acknowledged


class Sink:
    """Reads nothing before a connection to GO comes; that one then asks how it went."""

    def __init__(self):
        self.go = threading.Event()
        self.lock = threading.Condition()
        self.count = 0
        self.intact = True

    def serve(self, conn):
        self.go.wait(60)
        while True:
            data = conn.recv(65536)
            if not data:
                return
            with self.lock:
                self.intact = self.intact and data == bytes_at(self.count, len(data))
                self.count += len(data)
                self.lock.notify_all()

    def verdict(self, total):
        with self.lock:
            came = self.lock.wait_for(lambda: self.count >= total, 30)
            return b"y" if came and self.intact and self.count == total else b"n"


class Peer:
    def __init__(self, answer, dns_port=None):
        self.answer = answer
        self.dns_port = dns_port
        self.sink = Sink()
        self.kept = []
        self.base, self.listeners, self.udp = self.bind_all()

    def bind_all(self):
        while True:
            base = random.randrange(20000, 32000)
            bound = []
            try:
                for i in range(SERVICES):
                    s = socket.socket()
                    bound.append(s)
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    if i == SINK:
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    s.bind(("127.0.0.1", base + i))
                udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                bound.append(udp)
                udp.bind(("127.0.0.1", self.dns_port or base + SERVICES))
                return base, bound[:SERVICES], udp
            except OSError:
                for s in bound:
                    s.close()

    def start(self):
        for i, listener in enumerate(self.listeners):
            if i == REFUSED:
                continue  # bound, so that no other program listens there
            listener.listen(0 if i == SILENT else 512)
            if i == SILENT:
                self.fill_backlog()
            else:
                self.spawn(self.accept_loop, i, listener)
        self.spawn(self.name_server)

    def spawn(self, function, *args):
        threading.Thread(target=function, args=args, daemon=True).start()

    def fill_backlog(self):
        """With the queue full the kernel answers no SYN, and nobody ever accepts."""
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.base + SILENT))
            self.kept.append(s)

    def accept_loop(self, service, listener):
        while True:
            conn, _ = listener.accept()
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if service == SINK:
                self.sink = Sink()
            self.spawn(self.serve, service, conn)

    def serve(self, service, conn):
        try:
            self.SERVE[service](self, conn)
        except OSError:
            pass
        finally:
            conn.close()

    def echo(self, conn):
        while True:
            data = conn.recv(65536)
            if not data:
                return
            conn.sendall(data)

    def source(self, conn):
        conn.sendall(bytes_at(0, SOURCE_BYTES))
        conn.shutdown(socket.SHUT_WR)
        drain(conn)

    def sink_(self, conn):
        self.sink.serve(conn)

    def go(self, conn):
        sink = self.sink
        sink.go.set()
        total = conn.recv(4, socket.MSG_WAITALL)
        if len(total) == 4:
            conn.sendall(sink.verdict(struct.unpack(">I", total)[0]))
            drain(conn)

    def fin(self, conn):
        conn.shutdown(socket.SHUT_WR)
        drain(conn)

    def rst(self, conn):
        reset(conn)

    def data_fin(self, conn):
        conn.recv(1)
        conn.sendall(bytes_at(0, DATA_BYTES))
        self.fin(conn)

    def data_rst(self, conn):
        conn.recv(1)
        conn.sendall(bytes_at(0, DATA_BYTES))
        wait_acknowledged(conn)
        time.sleep(0.05)  # slirp makes a FIN of a RST that comes together with data
        reset(conn)

    def trickle(self, conn):
        for i in range(TRICKLE_BYTES):
            conn.sendall(bytes_at(i, 1))
            time.sleep(0.0002)  # so that each byte is a segment of its own
        self.fin(conn)

    SERVE = {ECHO: echo, SOURCE: source, SINK: sink_, GO: go, FIN: fin, RST: rst,
             DATA_FIN: data_fin, DATA_RST: data_rst, TRICKLE: trickle}

    # ---- Names: peer*.test has an A record, slow*.test half a second later, silent*.test no
    # answer; there is nothing else ----

    def name_server(self):
        while True:
            query, client = self.udp.recvfrom(2048)
            labels, at = [], 12
            while query[at] != 0:
                labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace").lower())
                at += 1 + query[at]
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            name = ".".join(labels)
            if name.startswith("silent"):
                continue
            reply = self.reply(query[:at + 5], name, kind)
            delay = 0.5 if name.startswith("slow") else 0
            threading.Timer(delay, self.udp.sendto, (reply, client)).start()

    def reply(self, question, name, kind):
        known = name.endswith(".test") and name.startswith(("peer", "slow"))
        has = known and kind == 1
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | (0 if known else 3), 1, int(has), 0, 0)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(self.answer)
        return head + question[12:] + (answer if has else b"")


def allow_many_files():
    """A port may have more connections than the usual limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--answer", default="127.0.0.1")
    parser.add_argument("--dns-port", type=int, help="for a resolver that asks port 53 only")
    parser.add_argument("program", nargs="*")
    args = parser.parse_args()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_many_files()
    peer = Peer(args.answer, args.dns_port)
    peer.start()
    if args.program:
        code = subprocess.call(
            args.program + [str(peer.base)],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
        if code < 0:
            print(f"the program was ended by signal {-code}", flush=True)
        sys.exit(code if code >= 0 else 1)
    print(peer.base, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
