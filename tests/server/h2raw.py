# SPDX-License-Identifier: MIT
"""A TLS server that prefers "h2" and then does what its modes say: the bytes of HTTP/2 are written by hand.

    with h2raw.Server(certs / "good.pem", ["goaway", "good"]) as server:
        ... https://localhost:{server.port}/ ...; server.connections

One mode for each connection, the last one for all later ones too:

    good        every request is answered by "hello"
    http1       every request is answered by HTTP/1.1
    goaway      the first two requests are answered once four came; then GOAWAY, which says that no other was
                looked at, and the end
    cut         the first request's answer, GOAWAY in the middle of the second one's, and the end
    head=N      as good, with a header field of N bytes
    reset       each request's stream is reset: INTERNAL_ERROR
    upper       each answer has a header field whose name is malformed
    push        each request is answered by a PUSH_PROMISE

A client that does not offer "h2" gets "hello" by HTTP/1.1, in any mode.
"""
import contextlib
import socket
import ssl
import threading

from wire import listen

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 9
ACK = END_STREAM = 1
END_HEADERS = 4
MOST = 16384    # bytes of a frame
HTTP1 = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def frame(kind, flags, stream, data=b""):
    return len(data).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + data


def number(value):
    """An integer with a prefix of 7 bits (RFC 7541 5.1)."""
    if value < 127:
        return bytes([value])
    out, value = [127], value - 127
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(name, value):
    """A literal without indexing."""
    return b"\0" + number(len(name)) + name + number(len(value)) + value


def head(stream, more=b""):
    """:status 200, in as many frames as are needed."""
    block = b"\x88" + field(b"content-length", b"5") + more
    parts = [block[at:at + MOST] for at in range(0, len(block), MOST)]
    out = b""
    for index, part in enumerate(parts):
        flags = END_HEADERS if index == len(parts) - 1 else 0
        out += frame(CONTINUATION if index else HEADERS, flags, stream, part)
    return out


class Connection:
    def __init__(self, sock, mode):
        self.sock, self.mode, self.buffer, self.asked = sock, mode, b"", []

    def read(self, size):
        while len(self.buffer) < size:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def serve(self):
        if self.sock.selected_alpn_protocol() != "h2":
            return self.serve_http1()
        if self.read(len(PREFACE)) != PREFACE:
            raise EOFError
        if self.mode == "http1":
            self.sock.sendall(HTTP1)
            return self.read(1 << 30)   # until the client closes
        self.sock.sendall(frame(SETTINGS, 0, 0))
        while True:
            top = self.read(9)
            data = self.read(int.from_bytes(top[:3], "big"))
            stream = int.from_bytes(top[5:], "big")
            if top[3] in (SETTINGS, PING) and not top[4] & ACK:
                self.sock.sendall(frame(top[3], ACK, 0, data if top[3] == PING else b""))
            elif top[3] == HEADERS:
                self.asked.append(stream)
                if not self.answer(stream):
                    return self.linger()

    def serve_http1(self):
        while True:
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += self.read(1)
            self.sock.sendall(HTTP1)

    def answer(self, stream):
        """False: it was the last one."""
        hello = frame(DATA, END_STREAM, stream, b"hello")
        if self.mode in ("goaway", "cut"):
            return self.end_early()
        if self.mode in ("reset", "push"):
            self.sock.sendall(frame(RST_STREAM, 0, stream, b"\0\0\0\2") if self.mode == "reset" else
                              frame(PUSH_PROMISE, END_HEADERS, stream, b"\0\0\0\2\x82"))
            return True
        if self.mode == "upper":
            hello = head(stream, field(b"X-Upper", b"1")) + hello
            self.sock.sendall(hello)
            return True
        more = field(b"x-long", b"x" * int(self.mode[5:])) if self.mode.startswith("head=") else b""
        self.sock.sendall(head(stream, more) + hello)
        return True

    def end_early(self):
        if len(self.asked) < 4:
            return True
        first, second = self.asked[:2]
        out = head(first) + frame(DATA, END_STREAM, first, b"hello") + head(second)
        out += frame(DATA, 0, second, b"he")
        out += frame(GOAWAY, 0, 0, second.to_bytes(4, "big") + bytes(4) + b"until later")
        if self.mode == "goaway":
            out += frame(DATA, END_STREAM, second, b"llo")
        self.sock.sendall(out)
        return False

    def linger(self):
        """FIN, then what the client still sends: a close would reset what is on its way."""
        self.sock.unwrap()


class Server:
    def __init__(self, pem, modes):
        self.modes, self.connections = modes, 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        self.context.set_alpn_protocols(["h2", "http/1.1"])

    def __enter__(self):
        self.sockets = listen()
        self.port = self.sockets[0].getsockname()[1]
        for sock in self.sockets:
            sock.setblocking(True)
            threading.Thread(target=self.accept, args=[sock], daemon=True).start()
        return self

    def __exit__(self, *_):
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)     # ends its accept
            sock.close()

    def accept(self, sock):
        with contextlib.suppress(OSError):
            while True:
                taken, _ = sock.accept()
                threading.Thread(target=self.one, args=[taken], daemon=True).start()

    def one(self, sock):
        with contextlib.suppress(EOFError, OSError), sock:
            sock.settimeout(120)
            with self.context.wrap_socket(sock, server_side=True) as wrapped:
                mode = self.modes[min(self.connections, len(self.modes) - 1)]
                self.connections += 1
                Connection(wrapped, mode).serve()
