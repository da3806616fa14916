# SPDX-License-Identifier: MIT
"""Bodies with a Content-Encoding, right and wrong: what `_encode` in a query asks for.

KIND.FAULT…: KIND is gzip, x-gzip, deflate (zlib), raw (deflate without zlib's header), zlib9 (its header
states a window of 512 bytes), twice (gzip of gzip), br (not compressed, only named). Faults: cut (the
last 3 bytes are missing), crc, length (gzip's trailer), behind (a byte follows), block (malformed data),
members (gzip: each piece is one), parts (all parts of a gzip header), unnamed (no Content-Encoding).
"""
import dataclasses
import zlib

NAMES = {"raw": "deflate", "zlib9": "deflate", "twice": "gzip, gzip"}
BITS = {"gzip": -15, "x-gzip": -15, "twice": -15, "deflate": 15, "raw": -15, "zlib9": 9}


def gzip_header(parts):
    flags = 0x1e if parts else 0
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    if parts:
        head += b"\x04\x00more" + b"name.txt\0" + b"a comment\0"
        head += (zlib.crc32(head) & 0xffff).to_bytes(2, "little")
    return head


class Encoder:
    """The encoded form of bytes that come in pieces; each piece can be decoded when it comes."""

    def __init__(self, kind, faults):
        self.kind, self.faults = kind, faults
        self.is_gzip = kind in ("gzip", "x-gzip", "twice")
        self.begin()

    def begin(self):
        self.crc, self.length = 0, 0
        self.pack = zlib.compressobj(9, zlib.DEFLATED, BITS[self.kind])
        self.head = gzip_header("parts" in self.faults) if self.is_gzip else b""

    def piece(self, data):
        self.crc = zlib.crc32(data, self.crc)
        self.length += len(data)
        head, self.head = self.head, b""
        out = head + self.pack.compress(data)
        if "members" in self.faults:
            out += self.end()
            self.begin()
            return out
        return out + self.pack.flush(zlib.Z_SYNC_FLUSH)

    def end(self):
        crc, length = self.crc, self.length
        out, self.head = self.head + self.pack.flush(), b""
        if "block" in self.faults:
            out = out[:-2] + b"\xff\xff"
        if self.is_gzip:
            crc ^= "crc" in self.faults
            length += "length" in self.faults
            out += crc.to_bytes(4, "little") + (length % 2 ** 32).to_bytes(4, "little")
        return out

    def last(self):
        out = b"" if "members" in self.faults else self.end()
        out += b"x" if "behind" in self.faults else b""
        return out[:-3] if "cut" in self.faults else out


async def streamed(encoder, body):
    async for run in body:
        yield encoder.piece(run)
    yield encoder.last()


def encoded(reply, how):
    """The reply with its body encoded; ValueError if `how` can't be read."""
    kind, *faults = how.split(".")
    name = [] if "unnamed" in faults else [("Content-Encoding", NAMES.get(kind, kind))]
    changes = {"headers": [*reply.headers, *name]}
    if kind in BITS:
        encoder = Encoder(kind, faults)
        if isinstance(reply.body, bytes):
            size = len(reply.body) // 2 + 1
            body = b"".join(encoder.piece(reply.body[at:at + size])
                            for at in range(0, len(reply.body), size)) + encoder.last()
            if kind == "twice":
                outer = Encoder("gzip", ())
                body = outer.piece(body) + outer.last()
            changes |= {"body": body, "length": None}
        else:
            changes |= {"body": streamed(encoder, reply.body), "length": None,
                        "framing": "chunked" if reply.framing == "length" else reply.framing}
    elif kind not in ("br", "identity"):
        raise ValueError(f"_encode: there is no '{kind}'")
    return dataclasses.replace(reply, **changes)
