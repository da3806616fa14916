# SPDX-License-Identifier: MIT
"""A server that answers every request with the bytes it was given, and ends the connection as told.

TLS runs over memory BIOs by hand, so that the bytes of the wire are ours: a FIN without close_notify,
a cut inside a record. Inside an asyncio loop use open() and close(); elsewhere start() and stop().

    server = RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", end="fin", cut=40)
    port = server.start()
"""
import asyncio
import contextlib
import re
import socket
import ssl
import threading

from wire import listen, reset_on_close

ENDS = ("fin", "close_notify", "rst", "open")
KEEP = 64 * 1024        # of each request, for tests that ask later
PATIENCE = 2.0          # seconds that a FIN waits for the peer's


class Cut(Exception):
    """The allowed bytes of the wire are used up."""


class RawServer:
    """script       the answer to each request
    context      an ssl.SSLContext for TLS
    end          after an answer: fin (no close_notify), close_notify (then FIN), rst, or open: the next request
    cut          only so many bytes of the script are sent
    cut_wire     only so many bytes of each TCP stream, handshake and records included; then end (fin or rst)
    slice        bytes at a time, each in a record and a write of its own; 0: all at once
    interval     seconds between slices
    endless      repeated after the script until the peer goes
    on           "request", or "connect": answer without waiting for a request (before any handshake if TLS is off)
    rst_after    seconds between the last bytes of cut_wire and a reset
    """

    def __init__(self, script=b"", *, context=None, end="fin", cut=None, cut_wire=None, slice=0, interval=0.0,
                 endless=b"", on="request", rst_after=0.0):
        if end not in ENDS:
            raise ValueError(f"end is one of {', '.join(ENDS)}")
        if on not in ("request", "connect"):
            raise ValueError("on is request or connect")
        self.script = script if cut is None else script[:cut]
        self.context, self.end, self.cut_wire = context, end, cut_wire
        self.slice, self.interval, self.endless, self.on, self.rst_after = slice, interval, endless, on, rst_after
        self.port, self.connections, self.requests, self.errors = 0, 0, [], []
        self._sockets, self._tasks = [], set()

    async def open(self):
        self._sockets = listen()
        self.port = self._sockets[0].getsockname()[1]
        for sock in self._sockets:
            self._spawn(self._accept(sock))
        return self.port

    async def close(self):
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for sock in self._sockets:
            sock.close()

    def start(self):
        return asyncio.run_coroutine_threadsafe(self.open(), background_loop()).result()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.close(), background_loop()).result()

    def _spawn(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening):
        while True:
            sock, _ = await asyncio.get_running_loop().sock_accept(listening)
            self.connections += 1
            self._spawn(self._serve(Link(sock, self.context, self.cut_wire)))

    async def _serve(self, link):
        try:
            await link.handshake()
            while await self._request(link):
                await self._answer(link)
                if self.end != "open":
                    return await link.finish(self.end)
                if self.on == "connect":
                    return await link.wait_for_peer()
        except Cut:
            if self.end == "rst" and self.rst_after:
                await asyncio.sleep(self.rst_after)
            await link.finish("rst" if self.end == "rst" else "fin")
        except (OSError, ssl.SSLError) as error:
            self.errors.append(str(error))
        finally:
            link.sock.close()

    async def _request(self, link):
        if self.on == "connect":
            self.requests.append(b"")
            return True
        request = await link.request()
        if request:
            self.requests.append(request[:KEEP])
        return bool(request)

    async def _answer(self, link):
        size = self.slice or max(len(self.script), 1)
        for start in range(0, len(self.script), size):
            if start and self.interval:
                await asyncio.sleep(self.interval)
            await link.send(self.script[start:start + size])
        while self.endless:
            await link.send(self.endless)
            await asyncio.sleep(self.interval)


class Link:
    """One accepted connection: plain, or TLS by hand."""

    def __init__(self, sock, context, wire_left):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.wire_left, self.unread = sock, wire_left, b""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True) if context else None

    async def handshake(self):
        if self.tls:
            await self._step(self.tls.do_handshake)

    async def request(self):
        """The bytes of one request; empty when the peer has closed."""
        while b"\r\n\r\n" not in self.unread:
            if not await self._more():
                return b""
        head = self.unread.index(b"\r\n\r\n") + 4
        length = re.search(rb"\r\ncontent-length: *(\d+)", self.unread[:head], re.IGNORECASE)
        if re.search(rb"\r\ntransfer-encoding: *chunked", self.unread[:head], re.IGNORECASE):
            while b"0\r\n\r\n" not in self.unread[head:]:
                if not await self._more():
                    return b""
            size = self.unread.index(b"0\r\n\r\n", head) + 5
        else:
            size = head + (int(length[1]) if length else 0)
            while len(self.unread) < size:
                if not await self._more():
                    return b""
        request, self.unread = self.unread[:size], self.unread[size:]
        return request

    async def send(self, data):
        await (self._step(self.tls.write, data) if self.tls else self._wire(data))

    async def finish(self, how):
        if how == "rst":
            return reset_on_close(self.sock)    # the close that follows sends it
        if how == "close_notify" and self.tls:
            with contextlib.suppress(ssl.SSLError):
                self.tls.unwrap()               # writes ours, and wants the peer's: not waited for
            await self._wire(self.outgoing.read())
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            self.sock.shutdown(socket.SHUT_WR)
            await asyncio.wait_for(self._discard(), PATIENCE)

    async def wait_for_peer(self):
        """Keeps the connection open until the peer ends it."""
        await self._discard()

    async def _discard(self):
        """Closing with unread bytes would turn the FIN into a reset."""
        while await self._receive():
            pass

    async def _more(self):
        data = await (self._step(self.tls.read, 65536) if self.tls else self._receive())
        self.unread += data
        return data

    async def _step(self, operation, *arguments):
        """Repeats one TLS operation, moving bytes between the BIOs and the socket, until it is done."""
        while True:
            try:
                result = operation(*arguments)
            except ssl.SSLWantReadError:
                await self._wire(self.outgoing.read())
                data = await self._receive()
                self.incoming.write(data) if data else self.incoming.write_eof()
                continue
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError:
                await self._wire(self.outgoing.read())      # the alert
                raise
            await self._wire(self.outgoing.read())
            return result

    async def _receive(self):
        return await asyncio.get_running_loop().sock_recv(self.sock, 65536)

    async def _wire(self, data):
        if self.wire_left is not None:
            data = data[:self.wire_left]
            self.wire_left -= len(data)
        if data:
            await asyncio.get_running_loop().sock_sendall(self.sock, data)
        if self.wire_left == 0:
            raise Cut


_background = None


def background_loop():
    """A loop in a thread of its own, for start() and stop()."""
    global _background
    if _background is None:
        _background = asyncio.new_event_loop()
        threading.Thread(target=_background.run_forever, daemon=True).start()
    return _background
