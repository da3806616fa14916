# SPDX-License-Identifier: MIT
"""One answer: what an endpoint returns, how faults spoil it, and how it goes out."""
import asyncio
import dataclasses
import json
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Optional

from aiohttp import web

from coding import encoded
from wire import hang_up

PIECE = 64 * 1024
JSON = "application/json; charset=utf-8"


@dataclass
class Reply:
    body: object = b""                  # bytes, or an asynchronous iterator of them
    status: int = 200
    type: str = JSON
    headers: list = field(default_factory=list)     # of (name, value)
    length: Optional[int] = None        # of an iterator's body
    framing: str = "length"             # "length", "chunked" or "close"


def json_reply(value, status=200, **more):
    return Reply(json.dumps(value, indent=2, ensure_ascii=False).encode(), status, **more)


OPENAI_ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


def error_reply(path, status, message=None, headers=(), param=None, code=None):
    """In OpenAI's shape under /v1/, else a short one."""
    message = message or reason(status)
    if path.startswith("/v1/"):
        kind, usual = OPENAI_ERRORS.get(status, ("server_error", None))
        error = {"message": message, "type": kind, "param": param, "code": code or usual}
    else:
        error = message
    return json_reply({"error": error}, status, headers=list(headers))


def spoiled(reply, fault, path, target):
    """The reply with the fault's own status, body and headers in it."""
    if fault.status is not None:
        reply = error_reply(path, fault.status)
    headers = [*reply.headers,
               *((name, value.replace("{path}", target)) for name, value in fault.headers.items())]
    if fault.retry_after is not None:
        headers.append(("Retry-After", str(fault.retry_after)))
    changes = {"headers": headers}
    if fault.body is not None:
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        changes |= {"body": text.encode(), "length": None}
    elif fault.malformed_json:
        whole = reply.body if isinstance(reply.body, bytes) else b"[]"
        changes |= {"body": b'{"broken": ' + whole[:len(whole) // 2], "length": None}
    reply = dataclasses.replace(reply, **changes)
    return reply if fault.encode is None else encoded(reply, fault.encode)


async def send(request, reply, fault, on_sent):
    """Writes the reply; on_sent(n) follows each piece that has left this process."""
    response = web.StreamResponse(status=reply.status, reason=reason(reply.status))
    response.headers.extend(reply.headers)
    response.headers.setdefault("Content-Type", reply.type)
    has_body = request.method != "HEAD" and reply.status not in (204, 304)
    frame(request, response, reply, has_body)
    await response.prepare(request)
    if has_body:
        left = sys.maxsize if fault.cut is None else fault.cut
        steps, sent = request.app["steps"], 0
        async for piece in pieces(reply.body, fault.drip):
            if left == 0:
                break
            if fault.step and sent > 0:
                await steps.take(request.transport)
            piece = piece[:left]
            left -= len(piece)
            await response.write(piece)
            await request.writer.drain()
            await asyncio.sleep(0)      # drain alone may never let the loop see that the peer has gone
            on_sent(len(piece))
            sent += len(piece)
        if fault.cut is not None:
            await hang_up(request.transport, fault.end)
            raise ConnectionResetError("cut on purpose")
    await response.write_eof()
    return response


def frame(request, response, reply, has_body):
    framing = reply.framing
    if framing == "chunked" and request.version < (1, 1):
        framing = "close"
    if framing == "length":
        length = len(reply.body) if isinstance(reply.body, bytes) else reply.length
        if reply.status not in (204, 304):
            response.content_length = length
    elif framing == "close":
        response.force_close()
    elif has_body:
        response.enable_chunked_encoding()
    else:
        response.headers["Transfer-Encoding"] = "chunked"
    # aiohttp would choose chunked for what has no length, and end even a HEAD's answer with a last chunk
    if framing == "close" or not has_body:
        response._length_check = False


async def pieces(body, drip):
    """The body in pieces of PIECE, or in the drip's, with its pauses between."""
    size, interval = (max(1, int(drip.get("bytes", 1))), drip.get("interval", 0)) if drip else (PIECE, 0)
    first = True
    async for run in runs(body):
        for start in range(0, len(run), size):
            if interval and not first:
                await asyncio.sleep(interval)
            first = False
            yield run[start:start + size]


async def runs(body):
    if isinstance(body, bytes):
        yield body
    else:
        async for run in body:
            yield run


def reason(status):
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unnamed"
