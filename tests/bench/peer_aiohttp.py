#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""aiohttp on the work of bench.h: peer_aiohttp.py MODE N K URL CA.pem"""
import asyncio
import ctypes
import json
import ssl
import sys

import aiohttp

FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]


def libc_heap():
    """Bytes of libc's heap in use; all of Python's objects with PYTHONMALLOC=malloc."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo2
    info = mallinfo2()
    return info.uordblks + info.hblkhd


class Bench:
    def __init__(self, mode, n, k, url, ca):
        self.mode, self.n, self.k, self.url, self.ca = mode, int(n), int(k), url, ca
        self.started = self.done = self.failed = self.bytes = self.heap = 0

    async def get(self, session):
        try:
            async with session.get(self.url) as response:
                self.bytes += len(await response.read())
                self.failed += response.status != 200
        except aiohttp.ClientError as error:
            if self.failed == 0:
                print(error, file=sys.stderr)
            self.failed += 1
        self.done += 1

    async def worker(self, session):
        while self.started < self.n:
            self.started += 1
            await self.get(session)

    async def note_heap(self):
        while self.done == 0:
            self.heap = libc_heap()
            await asyncio.sleep(0.05)   # a look now and then, until the first answer

    async def run(self):
        fresh = self.mode == "fresh"
        tls = ssl.create_default_context(cafile=self.ca)
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        connector = aiohttp.TCPConnector(limit=self.k, ssl=tls, force_close=fresh)
        agent = {"User-Agent": "bench/0.1.0"}
        async with aiohttp.ClientSession(connector=connector, headers=agent) as session:
            await asyncio.gather(self.note_heap(),
                                 *(self.worker(session) for _ in range(1 if fresh else self.k)))
        print(json.dumps({"done": self.done, "failed": self.failed, "bytes": self.bytes,
                          "heap": self.heap, "version": f"aiohttp {aiohttp.__version__}"}))
        return self.failed != 0


if __name__ == "__main__":
    sys.exit(asyncio.run(Bench(*sys.argv[1:]).run()))
