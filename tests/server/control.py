# SPDX-License-Identifier: MIT
"""Endpoints that steer the server itself: never delayed, spoiled or counted."""
import base64
import binascii
import re

from aiohttp import web

from raw import RawServer
from reply import json_reply

PATHS = ("/stats", "/stats/reset", "/rules", "/raw", "/step")

routes = web.RouteTableDef()


@routes.get("/stats")
async def get_stats(request):
    return json_reply(request.app["stats"].report())


@routes.post("/stats/reset")
async def reset_stats(request):
    request.app["stats"].reset()
    return json_reply({})


@routes.get("/rules")
async def get_rules(request):
    return json_reply(request.app["rules"].listed())


@routes.post("/rules")
async def add_rules(request):
    try:
        request.app["rules"].add(await request.json())
    except (ValueError, TypeError, re.error) as error:
        return json_reply({"error": str(error)}, 400)
    return json_reply(request.app["rules"].listed())


@routes.delete("/rules")
async def clear_rules(request):
    request.app["rules"].clear()
    request.app["steps"].reset()
    return json_reply([])


@routes.post("/step")
async def step(request):
    request.app["steps"].free.release()
    return json_reply({})


@routes.post("/raw")
async def open_raw(request):
    """RawServer's arguments as JSON; bytes_b64 (or text) the script, endless_b64, tls false, true, "1.2" or "1.3"."""
    try:
        given = await request.json()
        script = base64.b64decode(given.pop("bytes_b64", ""), validate=True) or given.pop("text", "").encode("latin-1")
        endless = base64.b64decode(given.pop("endless_b64", ""), validate=True)
        tls = given.pop("tls", False)
        context = request.app["raw_contexts"]["both" if tls is True else tls] if tls else None
        server = RawServer(script, context=context, endless=endless, **given)
    except (ValueError, TypeError, AttributeError, KeyError, binascii.Error) as error:
        return json_reply({"error": f"{type(error).__name__}: {error}"}, 400)
    port = await server.open()
    request.app["raw"][port] = server
    return json_reply({"port": port})


@routes.get("/raw")
async def get_raw(request):
    """?port=P: what that server has seen."""
    server = request.app["raw"].get(int(request.query.get("port", 0)))
    if not server:
        return json_reply({"ports": list(request.app["raw"])}, 404 if "port" in request.query else 200)
    return json_reply({"port": server.port, "connections": server.connections, "errors": server.errors,
                       "requests": [base64.b64encode(one).decode() for one in server.requests]})


@routes.delete("/raw")
async def close_raw(request):
    """All of them, or ?port=P."""
    servers = request.app["raw"]
    ports = [int(request.query["port"])] if "port" in request.query else list(servers)
    for port in ports:
        if port in servers:
            await servers.pop(port).close()
    return json_reply({"closed": len(ports)})
