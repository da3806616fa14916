# SPDX-License-Identifier: MIT
"""Sockets: listening on both loopbacks, TLS contexts, and the ways to end a connection."""
import asyncio
import contextlib
import errno
import socket
import ssl
import struct

BACKLOG = 512
SEND_BUFFER = 256 * 1024    # fixed, so that what a paused client leaves in the kernel stays small
ENDS = ("fin", "close_notify", "rst")


def listen():
    """Listening sockets on one free port: 127.0.0.1, and ::1 where there is one."""
    while True:
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)]
        port = sockets[0].getsockname()[1]
        try:
            sockets.append(socket.create_server(("::1", port), family=socket.AF_INET6, backlog=BACKLOG))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sockets[0].close()
                continue
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            sock.setblocking(False)
        return sockets


def tls_context(pem, versions="both", tickets=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if versions == "1.3" else ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2 if versions == "1.2" else ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["http/1.1"])
    context.sni_callback = keep_sni
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    return context


def keep_sni(tls, name, _context):
    tls.sni = name


def below_tls(transport):
    """The TCP transport; asyncio has no public way down from a TLS one."""
    protocol = getattr(transport, "_ssl_protocol", None)
    return protocol._transport if protocol else transport


def make_prompt(transport):
    """Makes drain() mean that the kernel has the bytes; under TLS all but the last piece."""
    for layer in {transport, below_tls(transport)}:
        layer.set_write_buffer_limits(high=1, low=0)


async def hang_up(transport, how):
    """Sends what is buffered, then ends the connection: fin (TLS: without close_notify), close_notify, rst."""
    below = below_tls(transport)
    while (below and not below.is_closing()
           and transport.get_write_buffer_size() + below.get_write_buffer_size() > 0):
        await asyncio.sleep(0.005)
    if not below or below.is_closing():
        return
    sock = below.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if how == "rst":
            reset_on_close(sock)
        else:
            if how == "close_notify":
                transport.close()
            sock.shutdown(socket.SHUT_WR)
            await closed_by_peer(below)
    transport.abort()


async def closed_by_peer(transport, patience=2.0):
    """Closing with unread bytes would turn the FIN into a reset: let the peer go first."""
    deadline = asyncio.get_running_loop().time() + patience
    while not transport.is_closing() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)


def reset_on_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
