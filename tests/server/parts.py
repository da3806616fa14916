# SPDX-License-Identifier: MIT
"""A file in versions, of which parts can be asked for (RFC 9110 14), rightly or wrongly."""
import hashlib
from email.utils import formatdate, parsedate_to_datetime

from aiohttp import web

from reply import Reply

BOUNDARY = "a-boundary"
routes = web.RouteTableDef()


@routes.get("/file/{count:[0-9]+}")
async def file(request):
    """README.md has the table of its query."""
    query, version = request.query, request.query.get("version", "1")
    body = content(version, int(request.match_info["count"]))
    headers = [("Accept-Ranges", "bytes"), *validators(query, version)]
    asked = ranges(request, headers, len(body))
    if asked is None or "ignore" in query:
        return reply(body, headers)
    if not asked:
        total = [] if "unsized" in query else [("Content-Range", f"bytes */{len(body)}")]
        return reply(b"no such bytes", headers + total, 416)
    if len(asked) > 1 and "one" not in query:
        return reply(multipart(body, asked), headers, 206, f"multipart/byteranges; boundary={BOUNDARY}")
    first, last = asked[0][0], asked[-1][1]
    first, last = first + int(query.get("skip", 0)), last - int(query.get("less", 0))
    named = query.get("named", f"bytes {first}-{last}/{query.get('total', len(body))}")
    return reply(body[first:last + 1], headers + ([("Content-Range", named)] if named else []), 206)


def reply(body, headers, status=200, kind="application/octet-stream"):
    return Reply(body, status, kind, headers)


def content(version, count):
    """Bytes without a pattern, so that a mix of two versions, or a part at another place, shows."""
    blocks = (hashlib.sha256(f"{version} {n}".encode()).digest() for n in range(count // 32 + 1))
    return b"".join(blocks)[:count]


def validators(query, version):
    kind = query.get("validator", "etag")
    if kind == "date":
        return [("Last-Modified", formatdate(1e9 + 1000 * int(version), usegmt=True))]
    return {"etag": [("ETag", f'"v{version}"')], "weak": [("ETag", f'W/"v{version}"')], "none": []}[kind]


def ranges(request, headers, size):
    """The ranges asked for as (first, last); empty: none is there; None: the whole is the answer."""
    value, condition = request.headers.get("Range"), request.headers.get("If-Range")
    if value is None or not value.startswith("bytes="):
        return None
    if condition is not None and "blind" not in request.query and not same(condition, headers):
        return None
    found = []
    for one in value[6:].split(","):
        first, _, last = one.strip().partition("-")
        if first == "":
            first, last = max(0, size - int(last)), size - 1
        else:
            first, last = int(first), min(int(last or size), size - 1)
        if first <= last:
            found.append((first, last))
    return found


def same(condition, headers):
    """If-Range compares strongly: a weak tag is never the same (RFC 9110 13.1.5)."""
    fields = dict(headers)
    if condition.startswith(('"', "W/")):
        return condition[0] == '"' and condition == fields.get("ETag")
    return parsedate_to_datetime(condition) == parsedate_to_datetime(fields.get("Last-Modified", formatdate(0)))


def multipart(body, asked):
    parts = (f"\r\n--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\n"
             f"Content-Range: bytes {first}-{last}/{len(body)}\r\n\r\n".encode() + body[first:last + 1]
             for first, last in asked)
    return b"".join(parts) + f"\r\n--{BOUNDARY}--\r\n".encode()
