# SPDX-License-Identifier: MIT
"""A TLS 1.2 server that can do what real ones are not told to: ignore max_fragment_length, agree to
it and send larger records, choose the size of its records and of its handshake messages' pieces.

    server = tls12.Server(certs / "good.pem", record=1000)
    ... https://localhost:{server.port}/bytes/5000 ...; server.asked; server.close()

ECDHE on P-256 with an ECDSA certificate, ChaCha20-Poly1305 (RFC 7905), full handshakes only, and as
much HTTP as GET needs: /bytes/N gives N bytes.
"""
import hashlib
import hmac
import os
import re
import socket
import struct
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

SUITE = 0xcca9      # ECDHE-ECDSA with ChaCha20-Poly1305 and SHA-256
CHANGE, HANDSHAKE, DATA = 20, 22, 23
MAX_FRAGMENT = 1    # the extension's number


def prf(secret, label, seed, size):
    """RFC 5246 5."""
    seed, out, a = label + seed, b"", label + seed
    while len(out) < size:
        a = hmac.digest(secret, a, "sha256")
        out += hmac.digest(secret, a + seed, "sha256")
    return out[:size]


def vector(data, width):
    return len(data).to_bytes(width, "big") + data


class Cipher:
    def __init__(self, key, iv):
        self.aead, self.iv, self.seq = ChaCha20Poly1305(key), iv, 0

    def prepare(self, kind, size):
        seq = struct.pack(">Q", self.seq)
        nonce = bytes(a ^ b for a, b in zip(self.iv, bytes(4) + seq))
        self.seq += 1
        return nonce, seq + struct.pack(">BHH", kind, 0x303, size)

    def seal(self, kind, data):
        nonce, extra = self.prepare(kind, len(data))
        return self.aead.encrypt(nonce, data, extra)

    def open(self, kind, data):
        nonce, extra = self.prepare(kind, len(data) - 16)
        return self.aead.decrypt(nonce, data, extra)


class Connection:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.file = sock.makefile("rb")
        self.transcript = hashlib.sha256()
        self.reader = self.writer = None

    def receive(self, expected):
        """One record's content."""
        kind, _, size = struct.unpack(">BHH", self.take(5))
        data = self.take(size)
        data = self.reader.open(kind, data) if self.reader else data
        if kind != expected:
            raise EOFError(f"record of type {kind}: {data.hex()}")  # an alert
        return data

    def take(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def send(self, kind, data, piece):
        for at in range(0, len(data), piece):
            part = data[at:at + piece]
            part = self.writer.seal(kind, part) if self.writer else part
            self.sock.sendall(struct.pack(">BHH", kind, 0x303, len(part)) + part)

    def message(self, kind, body):
        data = bytes([kind]) + vector(body, 3)
        self.transcript.update(data)
        self.send(HANDSHAKE, data, self.server.piece)

    def hello(self):
        """Reads the ClientHello: its random, and what it asks for."""
        data = self.receive(HANDSHAKE)
        self.transcript.update(data)
        client, at = data[6:38], 38
        at += 1 + data[at]
        at += 2 + int.from_bytes(data[at:at + 2], "big")
        at += 1 + data[at] + 2
        found = {}
        while at < len(data):
            kind, size = struct.unpack(">HH", data[at:at + 4])
            found[kind] = data[at + 4:at + 4 + size]
            at += 4 + size
        self.server.asked.append(found.get(MAX_FRAGMENT, b"\0")[0])
        return client, found.get(MAX_FRAGMENT)

    def handshake(self):
        client, asked = self.hello()
        server, key = os.urandom(32), ec.generate_private_key(ec.SECP256R1())
        extensions = b"\xff\x01\0\1\0"      # RFC 5746
        if self.server.agree and asked:
            extensions += struct.pack(">H", MAX_FRAGMENT) + vector(asked, 2)
        self.message(2, b"\3\3" + server + b"\0" + struct.pack(">HB", SUITE, 0) + vector(extensions, 2))
        self.message(11, vector(b"".join(vector(one, 3) for one in self.server.chain), 3))
        point = key.public_key().public_bytes(serialization.Encoding.X962,
                                              serialization.PublicFormat.UncompressedPoint)
        params = b"\3\0\x17" + vector(point, 1)
        signature = self.server.key.sign(client + server + params, ec.ECDSA(hashes.SHA256()))
        self.message(12, params + b"\4\3" + vector(signature, 2))
        self.message(14, b"")
        data = self.receive(HANDSHAKE)
        self.transcript.update(data)
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data[5:])
        master = prf(key.exchange(ec.ECDH(), peer), b"master secret", client + server, 48)
        keys = prf(master, b"key expansion", server + client, 88)
        self.receive(CHANGE)
        self.reader = Cipher(keys[:32], keys[64:76])
        finished = self.receive(HANDSHAKE)
        assert finished[4:] == prf(master, b"client finished", self.transcript.digest(), 12)
        self.transcript.update(finished)
        self.send(CHANGE, b"\1", 1)
        self.writer = Cipher(keys[32:64], keys[76:88])
        self.message(20, prf(master, b"server finished", self.transcript.digest(), 12))

    def serve(self):
        self.handshake()
        with self.server.lock:
            self.server.handshakes += 1
        request = b""
        while True:
            request += self.receive(DATA)
            if not request.endswith(b"\r\n\r\n"):
                continue
            size = int(re.match(rb"GET /bytes/(\d+)", request)[1])
            self.send(DATA, self.answer(size, re.search(rb"\r\nRange: bytes=(\d+)-(\d+)\r\n", request)),
                      self.server.record)
            request = b""

    def answer(self, size, part):
        head = b"HTTP/1.1 200 OK\r\n"
        if part:
            first, last = int(part[1]), min(int(part[2]), size - 1)
            head = b"HTTP/1.1 206 Part\r\nContent-Range: bytes %d-%d/%d\r\n" % (first, last, size)
            size = last - first + 1
        return head + b"ETag: \"x\"\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


class Server:
    """On a free port of 127.0.0.1. record: content of the records with data; piece: of those with
    handshake messages; agree: echo max_fragment_length. asked: what each client asked for (RFC 6066's
    code, 0 nothing)."""

    def __init__(self, pem, record=16384, piece=16384, agree=False):
        self.key, self.chain = self.load(pem)
        self.record, self.piece, self.agree = record, piece, agree
        self.asked, self.handshakes, self.lock = [], 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def load(self, pem):
        """Key, and certificates in DER."""
        text = pem.read_bytes()
        return serialization.load_pem_private_key(text, None), [
            x509.load_pem_x509_certificate(one).public_bytes(serialization.Encoding.DER)
            for one in re.findall(b"-----BEGIN CERT.*?-----END CERTIFICATE-----", text, re.S)]

    def listen(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return      # closed
            threading.Thread(target=self.one, args=(sock,), daemon=True).start()

    def one(self, sock):
        with sock:
            try:
                Connection(self, sock).serve()
            except (EOFError, OSError):
                pass        # the client has gone

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
