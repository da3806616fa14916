#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sessions that the server no longer takes: the request is tried again without."""
import socket
import threading
import unittest

import midge_test

ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def pour(source, sink):
    try:
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass        # the other direction ends too: both are closed


class Relay:
    """One port; its nth connection goes to the nth of these, further ones to the last."""

    def __init__(self, *ports):
        self.ports, self.accepted, self.threads = ports, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.run(self.serve)

    def run(self, target, *args):
        thread = threading.Thread(target=target, args=args)
        self.threads.append(thread)
        thread.start()
        return thread

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return      # closed
            port = self.ports[min(self.accepted, len(self.ports) - 1)]
            self.accepted += 1
            self.run(self.connect, client, port)

    def connect(self, client, port):
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            back = self.run(pour, server, client)
            pour(client, server)
            back.join(midge_test.TIMEOUT)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(midge_test.TIMEOUT)
        self.listener.close()


class Sessions(midge_test.Case):
    def relay(self, *versions):
        """Servers of these TLS versions, each of which ends its connections after an answer."""
        relay = Relay(*[self.raw(ANSWER, tls=version, end="close_notify") for version in versions])
        self.addCleanup(relay.close)
        return relay

    def check(self, versions, connects, resumed):
        relay = self.relay(*versions)
        ran = self.midge("--sync", *[self.tls_url(relay.port)] * len(connects))
        self.assert_code(0, ran)
        self.assertEqual(b"ok" * len(connects), ran.out)
        self.assertEqual(connects, [line["connects"] for line in ran], ran)
        self.assertEqual(resumed, [line["resumed"] for line in ran], ran)
        self.assertEqual(sum(connects), relay.accepted)
        return [line["tls_version"] for line in ran]

    def test_resumed_through_the_relay(self):
        self.check(["1.2"], [1, 1, 1], [False, True, True])

    def test_a_server_that_learned_tls_1_3(self):
        self.assertEqual(["1.2", "1.3", "1.3"],
                         self.check(["1.2", "1.3"], [1, 2, 1], [False, False, True]))

    def test_a_server_that_went_back_to_tls_1_2(self):
        self.assertEqual(["1.3", "1.2", "1.2"],
                         self.check(["1.3", "1.2"], [1, 2, 1], [False, False, True]))


if __name__ == "__main__":
    unittest.main()
