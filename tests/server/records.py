# SPDX-License-Identifier: MIT
"""A TLS server whose records behind the handshake are written one by one, all in one segment.

    server = records.Server(certs / "good.pem", 13)     # or 12
    ... https://localhost:{server.port}/T8R ...; server.close()

The path of a request says what is sent for it, as letters, each with a count (1 where none is given):

    R  an answer, "hello"                   W  a warning alert, user_canceled
    T  a session ticket (1.3)               E  a record of data that holds none
    M  a record of 20 tickets (1.3)         C  ChangeCipherSpec, not encrypted (1.3)
    S  a ticket in two records (1.3)        Q  HelloRequest (1.2): the client answers with an alert,
                                               at which this server closes
    L  an answer of 20 bytes, each in a record of its own
    H  an answer, of whose record the end comes before what the next path says; last
    F  FIN, behind all

TLS 1.3's handshake is OpenSSL's, the records are sealed here with the secret that it logs.
"""
import hmac
import os
import re
import socket
import ssl
import struct
import tempfile
import threading

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import tls12

CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HALF = 20
KINDS = {"R": DATA, "H": DATA, "E": DATA, "W": ALERT, "T": HANDSHAKE, "M": HANDSHAKE, "Q": HANDSHAKE}


def ticket():
    """RFC 8446 4.6.1: an hour, 32 bytes that mean nothing."""
    body = struct.pack(">II", 3600, 0) + b"\1\0" + tls12.vector(os.urandom(32), 2) + b"\0\0"
    return b"\4" + tls12.vector(body, 3)


def content(letter):
    return {"R": ANSWER, "H": ANSWER, "E": b"", "W": b"\1\x5a", "Q": bytes(4),
            "T": ticket(), "M": b"".join(ticket() for _ in range(20))}[letter]


def expand(secret, label, size, digest):
    """HKDF-Expand-Label with an empty context, of at most one block (RFC 8446 7.1)."""
    info = struct.pack(">H", size) + tls12.vector(b"tls13 " + label, 1) + b"\0"
    return hmac.digest(secret, info + b"\1", digest)[:size]


class Cipher13:
    def __init__(self, suite, secret):
        digest = "sha384" if suite.endswith("384") else "sha256"
        size = 16 if "AES_128" in suite else 32
        aead = ChaCha20Poly1305 if "CHACHA" in suite else AESGCM
        self.aead = aead(expand(secret, b"key", size, digest))
        self.iv, self.seq = expand(secret, b"iv", 12, digest), 0

    def record(self, kind, data):
        head = struct.pack(">BHH", DATA, 0x303, len(data) + 17)
        nonce = bytes(a ^ b for a, b in zip(self.iv, bytes(4) + struct.pack(">Q", self.seq)))
        self.seq += 1
        return head + self.aead.encrypt(nonce, data + bytes([kind]), head)


class Connection13:
    def __init__(self, pem, sock):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
        context.load_cert_chain(pem)
        with tempfile.NamedTemporaryFile("r") as log:
            context.keylog_filename = log.name
            self.sock = context.wrap_socket(sock, server_side=True)
            secret = re.search(r"^SERVER_TRAFFIC_SECRET_0 \w+ (\w+)", log.read(), re.M)[1]
        self.cipher = Cipher13(self.sock.cipher()[0], bytes.fromhex(secret))

    def receive(self):
        data = self.sock.recv(4096)
        if not data:
            raise EOFError
        return data

    def record(self, kind, data):
        return self.cipher.record(kind, data)


class Connection12(tls12.Connection):
    def __init__(self, server, sock):
        super().__init__(server, sock)
        self.handshake()

    def receive(self, expected=DATA):
        return super().receive(expected)

    def record(self, kind, data):
        data = self.writer.seal(kind, data)
        return struct.pack(">BHH", kind, 0x303, len(data)) + data


class Server(tls12.Server):
    def __init__(self, pem, version):
        self.pem, self.version = pem, version
        super().__init__(pem)

    def one(self, sock):
        try:
            sock.settimeout(60)
            new = Connection12(self, sock) if self.version == 12 else Connection13(self.pem, sock)
            with self.lock:
                self.handshakes += 1
            with new.sock:
                self.serve(new)
        except (EOFError, OSError):
            sock.close()    # the client has gone

    def serve(self, connection):
        request = rest = b""
        while True:
            request += connection.receive()
            if not request.endswith(b"\r\n\r\n"):
                continue
            path, flight = request.split()[1].decode(), rest
            for letter, count in re.findall(r"([A-Z])(\d*)", path):
                for _ in range(int(count or 1)):
                    flight += self.records(connection, letter)
            kept = HALF if "H" in path else 0
            flight, rest = flight[:len(flight) - kept], flight[len(flight) - kept:]
            self.send(connection.sock, flight, "F" in path)
            request = b""

    @staticmethod
    def records(connection, letter):
        if letter == "F":
            return b""
        if letter == "L":
            head = connection.record(DATA, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
            return head + b"".join(connection.record(DATA, b"x") for _ in range(20))
        if letter == "C":
            return b"\x14\3\3\0\1\1"
        if letter == "S":
            whole = ticket()
            return connection.record(HANDSHAKE, whole[:30]) + connection.record(HANDSHAKE, whole[30:])
        return connection.record(KINDS[letter], content(letter))

    @staticmethod
    def send(sock, flight, fin):
        with socket.socket(fileno=os.dup(sock.fileno())) as below:  # OpenSSL's own would encrypt
            below.sendall(flight)
            if fin:
                below.shutdown(socket.SHUT_WR)
