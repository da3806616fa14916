# SPDX-License-Identifier: MIT
"""What the server saw: connections, handshakes, requests, bytes."""
import contextlib
from collections import Counter

from aiohttp import web

from wire import make_prompt


class Stats:
    def __init__(self):
        self.open_now = self.requests_now = 0
        self.reset()

    def reset(self):
        self.accepted, self.full, self.resumed = Counter(), Counter(), Counter()
        self.requests, self.bytes_sent = Counter(), Counter()
        self.open_max, self.requests_max = self.open_now, self.requests_now

    def opened(self, port, tls):
        self.open_now += 1
        self.open_max = max(self.open_max, self.open_now)
        if tls:
            (self.resumed if tls.session_reused else self.full)[port] += 1

    @contextlib.contextmanager
    def request(self, path):
        self.requests[path] += 1
        self.requests_now += 1
        self.requests_max = max(self.requests_max, self.requests_now)
        try:
            yield
        finally:
            self.requests_now -= 1

    def report(self):
        return {
            "connections": self.accepted, "handshakes_full": self.full,
            "handshakes_resumed": self.resumed, "requests": self.requests,
            "bytes_sent": self.bytes_sent, "requests_total": sum(self.requests.values()),
            "requests_now": self.requests_now, "requests_max": self.requests_max,
            "open_now": self.open_now, "open_max": self.open_max,
        }


class Connection(web.RequestHandler):
    """aiohttp's, counted. It is made at accept, and told of the connection after the handshake."""
    __slots__ = ("stats", "port")

    def __init__(self, server, stats, port, **settings):
        super().__init__(server, **settings)
        self.stats, self.port = stats, port
        stats.accepted[port] += 1

    def connection_made(self, transport):
        super().connection_made(transport)
        make_prompt(transport)
        self.stats.opened(self.port, transport.get_extra_info("ssl_object"))

    def connection_lost(self, error):
        super().connection_lost(error)
        self.stats.open_now -= 1
