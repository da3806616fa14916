#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The local HTTPS API server of the demo, the programs and the net tests; README.md has the tables."""
import argparse
import asyncio
import json
import logging
import os
import pathlib
import signal
import socket
import sys

try:
    from aiohttp import web
    from aiohttp.http import HttpProcessingError
    import certs
except ImportError as missing:
    sys.exit(f"server.py: {missing}: needs Debian's python3-aiohttp and python3-cryptography, "
             "run by /usr/bin/python3")

import api
import control
import events
import parts
import probe
from faults import Fault, Gate, Rules, Steps, modified
from process import add_lifetime_options, apply_lifetime_options, write_json
from reply import Reply, error_reply, send, spoiled
from stats import Connection, Stats
from wire import BACKLOG, hang_up, listen, tls_context

TLS_PORTS = {       # name in ports.json: certificate, tls_context's other arguments
    "https": ("good", {}),
    "https_rsa": ("rsa", {}),
    "https_chain5k": ("chain5k", {}),
    "https_tls12": ("good", {"versions": "1.2"}),
    "https_tls13": ("good", {"versions": "1.3"}),
    "https_noticket": ("good", {"tickets": False}),
    "expired": ("expired", {}),
    "notyet": ("notyet", {}),
    "selfsigned": ("selfsigned", {}),
    "wronghost": ("wronghost", {}),
    "nosan": ("nosan", {}),
    "untrusted": ("untrusted", {}),
}
RULE_BODY_LIMIT = 1 << 20       # of a request's body, for rules to match


def main():
    options = parse(sys.argv[1:])
    apply_lifetime_options(options)
    quieten_logs()
    asyncio.run(run(options))


def quieten_logs():
    """Clients that send nonsense or go away are what this server is for; its own mistakes stay visible."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.server").addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


def parse(arguments):
    parser = argparse.ArgumentParser(description="the local HTTPS API server of midge's tests")
    parser.add_argument("--dir", required=True, help="where ca.pem, keys and ports.json go")
    parser.add_argument("--ready-file", help="ports.json again, under this name")
    parser.add_argument("--plain", action="store_true", help="no TLS ports, no certificates")
    parser.add_argument("--delay", type=float, default=0, metavar="SECONDS",
                        help="before each answer of " + " ".join(api.PREFIXES))
    parser.add_argument("--token-delay", type=float, default=0.02, metavar="SECONDS",
                        help="between the events of a streamed chat")
    parser.add_argument("--rules", metavar="FILE", help="rules to begin with, as POST /rules takes them")
    parser.add_argument("--keepalive", type=float, default=75, metavar="SECONDS",
                        help="how long an idle connection stays open")
    parser.add_argument("--verbose", action="store_true", help="a line on stderr for each request")
    add_lifetime_options(parser)
    return parser.parse_args(arguments)


async def run(options):
    directory = pathlib.Path(options.dir).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ports.json").unlink(missing_ok=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    app = make_app(options)
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    contexts = {} if options.plain else make_contexts(certs.ensure(directory), app)
    ports = {"http": None, **dict.fromkeys(contexts)}
    for name in ports:
        ports[name] = await serve_port(name, contexts.get(name), runner.server, app)
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))     # bound and not listening: no other program gets it, connecting is refused
    ports |= {"refused": refusing.getsockname()[1], "pid": os.getpid()}
    if contexts:
        ports["ca"] = str(directory / "ca.pem")
    for file in filter(None, [directory / "ports.json", options.ready_file]):
        write_json(file, ports)
    print(f"server.py: ready, {directory / 'ports.json'}", flush=True)

    await stop.wait()
    await runner.server.shutdown(0.1)       # 0 would mean without limit
    (directory / "ports.json").unlink(missing_ok=True)


def make_app(options):
    app = web.Application(middlewares=[serve], client_max_size=1 << 30)
    app["options"], app["stats"], app["rules"], app["raw"], app["raw_contexts"] = options, Stats(), Rules(), {}, {}
    app["gate"], app["steps"] = Gate(), Steps()
    if options.rules:
        app["rules"].add(json.loads(pathlib.Path(options.rules).read_text()))
    for module in (api, events, parts, probe, control):
        app.add_routes(module.routes)
    return app


def make_contexts(directory, app):
    def context(name, settings):
        return tls_context(directory / "certs" / f"{name}.pem", **settings)
    app["raw_contexts"].update({versions: context("good", {"versions": versions})
                                for versions in ("both", "1.2", "1.3")})
    return {port: context(name, settings) for port, (name, settings) in TLS_PORTS.items()}


async def serve_port(name, context, server, app):
    loop, options = asyncio.get_running_loop(), app["options"]
    sockets = listen()
    tls = {"ssl": context, "ssl_shutdown_timeout": 2} if context else {}
    for sock in sockets:
        await loop.create_server(
            lambda: Connection(server, app["stats"], name, loop=loop, access_log=None,
                               keepalive_timeout=options.keepalive, max_line_size=1 << 16,
                               max_field_size=1 << 16),
            sock=sock, backlog=BACKLOG, **tls)
    return sockets[0].getsockname()[1]


@web.middleware
async def serve(request, handler):
    """Every request passes here: find what shall go wrong, run the endpoint, send its reply."""
    app, stats = request.app, request.app["stats"]
    if request.path in control.PATHS:
        return await control_reply(request, handler)
    if app["options"].verbose:
        print(f"server.py: {request.method} {request.raw_path}", file=sys.stderr, flush=True)
    with stats.request(request.path):
        try:
            fault = modified(app["rules"].take(request.method, await subject(request)), request.query)
            await asyncio.sleep(delay_of(request, fault))
            if fault.together is not None:
                await app["gate"].pass_with(fault.together)
            if fault.reset:
                await hang_up(request.transport, "rst")
                raise ConnectionResetError("reset on purpose")
            reply = await endpoint_reply(request, handler) if fault.status is None else Reply()
            reply = spoiled(reply, fault, request.path, request.path_qs)

            def on_sent(count):
                stats.bytes_sent[request.path] += count
            return await send(request, reply, fault, on_sent)
        except ConnectionError:
            raise asyncio.CancelledError    # the connection is gone: the one quiet way to tell aiohttp
        except (ValueError, TypeError) as error:
            return await send(request, error_reply(request.path, 400, str(error)), Fault(), lambda count: None)


async def control_reply(request, handler):
    reply = await endpoint_reply(request, handler)
    return web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.type})


async def endpoint_reply(request, handler):
    try:
        return await handler(request)
    except web.HTTPException as error:      # no such path, no such method
        return error_reply(request.path, error.status, headers=[
            (name, value) for name, value in error.headers.items() if name == "Allow"])


async def subject(request):
    """What rules are matched against; the body is read for them only when there are any."""
    text = request.raw_path
    if request.app["rules"].rules and request.can_read_body and (request.content_length or 0) <= RULE_BODY_LIMIT:
        request["body"] = await request.read()
        text += "\n" + request["body"].decode(errors="replace")
    return text


def delay_of(request, fault):
    if fault.delay is not None:
        return fault.delay
    return request.app["options"].delay if request.path.startswith(api.PREFIXES) else 0


if __name__ == "__main__":
    main()
