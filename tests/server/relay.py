# SPDX-License-Identifier: MIT
"""A TCP relay in user space that makes a server distant, or some of its connections silent.

    with Relay(port, rtt=0.2, silent={0: 100}, rate=20e6) as relay:
        ... connect to relay.port ...; relay.accepted

A silent connection stays open: nothing more comes, no FIN and no reset. The relay itself accepts, so
that the TCP connect is as fast as on loopback; the first answer takes the round trip.
"""
import asyncio
import contextlib
import socket
import threading

from wire import listen


class Relay:
    """target    the server's port on 127.0.0.1
    rtt       seconds of a round trip; each direction takes half of it
    silent    {n: bytes}: the nth connection (from 0) gives only so many bytes of the server
    gather    seconds: the client's bytes are kept until no more have come for so long, and then go at once
    rate      bytes in a second that each direction of a connection carries; 0: no limit

    freeze() makes the connections silent that are open by then, in both directions; later ones work."""

    def __init__(self, target, rtt=0.0, silent=None, gather=0, rate=0):
        self.target, self.delay, self.silent = target, rtt / 2, silent or {}
        self.gather, self.rate = gather, rate
        self.port, self.accepted, self._epoch = 0, 0, 0
        self._tasks = set()

    def freeze(self):
        self._epoch += 1        # a connection works while its own number is the newest

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_):
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self):
        sockets = listen()
        self.port = sockets[0].getsockname()[1]
        self._servers = [await asyncio.start_server(self._serve, sock=sock) for sock in sockets]

    async def _close(self):
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        most, epoch = self.silent.get(self.accepted), self._epoch
        self.accepted += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        for each in (writer, far_writer):   # else Nagle's algorithm and delayed ACKs add 40 ms
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            pour = self._pour_together if self.gather else self._pour
            await asyncio.gather(pour(reader, far_writer, None, epoch),
                                 self._pour(far_reader, writer, most, epoch))
        except (OSError, asyncio.CancelledError):
            pass        # a peer has gone, or the relay closes
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async def _pour(self, reader, writer, most, epoch):
        """Bytes keep their order and their distance in time; most: how many pass, None: all."""
        queue, loop = asyncio.Queue(), asyncio.get_running_loop()

        async def read():
            data, sent = b"more", 0     # sent: when the line has taken all bytes so far
            while data:
                try:
                    data = await reader.read(16384 if self.rate else 65536)
                except OSError:
                    data = b""
                sent = max(sent, loop.time()) + (len(data) / self.rate if self.rate else 0)
                queue.put_nowait((sent + self.delay, data))

        async def write(left):
            while True:
                due, data = await queue.get()
                await asyncio.sleep(due - loop.time())
                if self._epoch != epoch:
                    return await asyncio.Event().wait()     # silent until the relay closes
                if left is not None:
                    writer.write(data[:left])
                    left -= len(data)
                    if left <= 0 or not data:
                        return await asyncio.Event().wait()
                elif data:
                    writer.write(data)
                else:
                    return writer.write_eof()

        await asyncio.gather(read(), write(most))

    async def _pour_together(self, reader, writer, *_):
        data = b"more"
        while data:
            kept = data = await reader.read(65536)
            with contextlib.suppress(asyncio.TimeoutError):
                while data:
                    data = await asyncio.wait_for(reader.read(65536), self.gather)
                    kept += data
            writer.write(kept)
        writer.write_eof()
