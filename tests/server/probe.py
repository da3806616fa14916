# SPDX-License-Identifier: MIT
"""Endpoints that test a client: echo, sizes, delays, redirects."""
import asyncio
import base64
import functools
import hashlib
import re

from aiohttp import web

from reply import PIECE, Reply, error_reply, json_reply, reason

ECHO_LIMIT = 1 << 20        # a longer body is counted and digested, not returned
DIGEST_LIMIT = 8 << 30
# /bytes repeats these: a prime length, so that a piece lost or doubled shows in the digest
PATTERN = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(2048))[:65521]

routes = web.RouteTableDef()


@routes.route("*", "/echo")
@routes.route("*", "/echo/{rest:.*}")
async def echo(request):
    length, digest, kept = 0, hashlib.sha256(), bytearray()
    async for piece in body_pieces(request):
        length += len(piece)
        digest.update(piece)
        if length <= ECHO_LIMIT:
            kept += piece
    path, _, query = request.raw_path.partition("?")
    seen = {"method": request.method, "path": path, "query": query,
            "version": "{}.{}".format(*request.version),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.raw_headers],
            "body_len": length, "body_sha256": digest.hexdigest(), "tls": tls_of(request)}
    if length <= ECHO_LIMIT:
        try:
            seen["body"] = kept.decode()
        except UnicodeDecodeError:
            seen["body_base64"] = base64.b64encode(kept).decode()
    return json_reply(seen)


async def body_pieces(request):
    if "body" in request:       # read already, for the rules
        yield request["body"]
    else:
        async for piece in request.content.iter_any():
            yield piece


def tls_of(request):
    tls = request.transport.get_extra_info("ssl_object")
    return tls and {"version": tls.version(), "cipher": tls.cipher()[0], "resumed": tls.session_reused,
                    "sni": getattr(tls, "sni", None), "alpn": tls.selected_alpn_protocol()}


@routes.get("/bytes/{count:[0-9]+}")
async def get_bytes(request):
    count = int(request.match_info["count"])
    framing = ("chunked" if request.query.get("chunked", "0") != "0" else
               "close" if request.query.get("close", "0") != "0" else "length")
    return Reply(counted(count), type="application/octet-stream", length=count, framing=framing)


def pattern_runs(count):
    """The first count bytes of the endless repetition of PATTERN."""
    twice = PATTERN * 3
    for start in range(0, count, PIECE):
        at = start % len(PATTERN)
        yield twice[at:at + min(PIECE, count - start)]


async def counted(count):
    for run in pattern_runs(count):
        yield run


@functools.lru_cache(maxsize=256)
def digest_of(count):
    digest = hashlib.sha256()
    for run in pattern_runs(count):
        digest.update(run)
    return digest.hexdigest()


@routes.get("/digest/{count:[0-9]+}")
async def get_digest(request):
    count = int(request.match_info["count"])
    if count > DIGEST_LIMIT:
        return error_reply(request.path, 400, f"at most {DIGEST_LIMIT} bytes")
    digest = await asyncio.get_running_loop().run_in_executor(None, digest_of, count)
    return json_reply({"bytes": count, "sha256": digest})


@routes.route("*", "/status/{code:[2-9][0-9][0-9]}")
async def get_status(request):
    code = int(request.match_info["code"])
    return json_reply({"status": code, "reason": reason(code)}, code)


@routes.get("/delay/{seconds}")
async def get_delay(request):
    seconds = float(request.match_info["seconds"])
    await asyncio.sleep(seconds)
    return json_reply({"delay": seconds})


@routes.get("/drip")
async def get_drip(request):
    """?bytes=N&interval=S&piece=P: P bytes every S seconds; without an end when N is 0."""
    count = int(request.query.get("bytes", 0))
    piece, interval = int(request.query.get("piece", 1)), float(request.query.get("interval", 0.1))

    async def drops():
        sent = 0
        while count == 0 or sent < count:
            size = piece if count == 0 else min(piece, count - sent)
            yield b"." * size
            sent += size
            if count == 0 or sent < count:
                await asyncio.sleep(interval)
    return Reply(drops(), type="text/plain", length=count, framing="length" if count else "chunked")


@routes.route("*", "/redirect/{hops:[0-9]+}")
async def redirect(request):
    """?to=URL: where the last hop leads; ?status=301…308."""
    hops, query = int(request.match_info["hops"]), request.query_string
    if hops == 0:
        return json_reply({"redirects": "done"})
    target = request.query.get("to") if hops == 1 else None
    target = target or f"/redirect/{hops - 1}" + (f"?{query}" if query else "")
    return Reply(b"", int(request.query.get("status", 302)), headers=[("Location", target)])


@routes.get("/cookies/{tail:.*}")
@routes.get("/cookies")
async def cookies(request):
    """?set=VALUE, several times: Set-Cookie of each; ?to=URL: leads there."""
    headers = [("Set-Cookie", value) for value in request.query.getall("set", [])]
    if "to" in request.query:
        return Reply(b"", 302, headers=[*headers, ("Location", request.query["to"])])
    return json_reply({"cookie": request.headers.getall("Cookie", [])}, headers=headers)


@routes.get("/etag/{tag:.*}")
async def get_etag(request):
    """304 if If-None-Match is that tag."""
    tag = request.match_info["tag"]
    fields = [("ETag", f'"{tag}"')] if tag else []
    if tag and request.headers.get("If-None-Match") == f'"{tag}"':
        return Reply(b"", 304, headers=fields)
    return json_reply({"etag": tag, "asked": request.headers.get("If-None-Match")}, headers=fields)


NONCES = {}                 # of Digest: how often each may still be used, and the last count


def digest_ok(request, given, algorithm):
    """Do these parameters of Authorization prove name and password?"""
    def hashed(*parts):
        return hashlib.new("md5" if algorithm.startswith("MD5") else "sha256", ":".join(parts).encode()).hexdigest()
    user = hashed("me", "us") if given.get("userhash") == "true" else "me"
    first = hashed("me", "us", "secret")
    if algorithm.endswith("-sess"):
        first = hashed(first, given["nonce"], given["cnonce"])
    second = hashed(request.method, request.raw_path)
    middle = [given["nc"], given["cnonce"], given["qop"]] if "qop" in given else []
    return (given["username"] == user and given["realm"] == "us" and given["uri"] == request.raw_path
            and given.get("opaque") == "o=," and given.get("algorithm", "MD5") == algorithm
            and given["response"] == hashed(first, given["nonce"], *middle, second))


def use_nonce(given):
    """False: it is stale. A count that does not rise is an attack."""
    left, count = NONCES.get(given["nonce"], (0, 0))
    now = int(given.get("nc", "0"), 16)
    if left == 0 or ("nc" in given and now <= count):
        return False
    NONCES[given["nonce"]] = left - 1, now
    return True


@routes.route("*", "/auth/{kind:basic|digest|any}")
async def authenticate(request):
    """me:secret; ?algorithm=, ?qop= of Digest; ?uses=N of a nonce; ?userhash=true; ?also=: one more field."""
    await request.read()
    kind, query = request.match_info["kind"], request.query
    algorithm, uses = query.get("algorithm", "MD5"), int(query.get("uses", 1000))
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    given = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}
    stale = False
    if scheme == "Basic" and kind != "digest" and rest == base64.b64encode(b"me:secret").decode():
        return json_reply({"scheme": scheme})
    if scheme == "Digest" and kind != "basic" and digest_ok(request, given, algorithm):
        if use_nonce(given):
            return json_reply({"scheme": scheme, "nc": given.get("nc")})
        stale = True
    nonce = f"n{len(NONCES)}/+=="
    NONCES[nonce] = uses, 0
    more = f', qop="{query["qop"]}"' if "qop" in query else ', qop="auth,auth-int"'
    more = "" if query.get("qop") == "" else more
    digest = (f'Digest realm="us", nonce="{nonce}", opaque="o=,"{more}, algorithm={algorithm}'
              f'{", stale=true" if stale else ""}{", userhash=true" if "userhash" in query else ""}')
    fields = {"basic": ['Basic realm="us"'], "digest": [digest],
              "any": [f'Basic realm="us", {digest}', query.get("also", "Odd")]}[kind]
    return json_reply({"refused": scheme}, 401, headers=[("WWW-Authenticate", one) for one in fields])


@routes.get("/headers/{count:[0-9]+}")
async def get_headers(request):
    """?size=N: the length of each value."""
    count, size = int(request.match_info["count"]), int(request.query.get("size", 16))
    return json_reply({"headers": count}, headers=[(f"X-Header-{n:05}", "v" * size) for n in range(count)])


@routes.get("/deep/{depth:[0-9]+}")
async def get_deep(request):
    depth = int(request.match_info["depth"])
    return Reply(b"[" * depth + b"]" * depth)
