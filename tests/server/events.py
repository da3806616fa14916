# SPDX-License-Identifier: MIT
"""Streams of numbered server-sent events that honour Last-Event-ID, with all that can happen to one."""
import asyncio

from aiohttp import web

from reply import Reply
from wire import ENDS, hang_up

LINE_ENDS = {"lf": "\n", "cr": "\r", "crlf": "\r\n"}

routes = web.RouteTableDef()


@routes.get("/events")
async def events(request):
    """README.md has the table of its query."""
    query = request.query
    number, most = int(query.get("n", 5)), int(query.get("each", 1 << 30))
    ends, end = query.get("ends", "lf"), query.get("end", "whole")
    if ends not in (*LINE_ENDS, "mixed") or end not in (*ENDS, "whole", "silence"):
        raise ValueError("an unknown ends or end")
    first = int(request.headers.get("Last-Event-ID", 0)) + 1
    if first > number:
        return Reply(status=204)
    return Reply(stream(request, first, number, min(number, first - 1 + most), ends, end),
                 type="text/event-stream", headers=[("Cache-Control", "no-store")],
                 framing=query.get("framing", "chunked"))


async def stream(request, first, number, last, ends, end):
    query = request.query
    interval = float(query.get("interval", 0))
    if "bom" in query:
        yield b"\xef\xbb\xbf"
    if "retry" in query:
        yield line_ends(f"retry: {query['retry']}\n", ends, 0)
    for count in range(first, last + 1):
        if "comments" in query:
            yield line_ends(": still here\n\n", ends, count)
        yield line_ends(event(count), ends, count)
        await asyncio.sleep(interval)
    if end == "silence" and last < number:
        await asyncio.sleep(3600)
    if end in ENDS and last < number:       # in the middle of the next event
        whole = line_ends(event(last + 1), ends, last + 1)
        yield whole[:len(whole) // 2]
        await hang_up(request.transport, end)
        raise ConnectionResetError("cut on purpose")


def event(count):
    """Every third has a type, every second has two lines."""
    kind = "event: tick\n" if count % 3 == 0 else ""
    more = "data:and more\n" if count % 2 == 0 else ""
    return f"{kind}id: {count}\ndata: event {count}\n{more}\n"


def line_ends(text, ends, count):
    if ends == "mixed":
        ends = list(LINE_ENDS)[count % len(LINE_ENDS)]
    return text.replace("\n", LINE_ENDS[ends]).encode()
