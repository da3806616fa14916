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


class Kept(midge_test.Case):
    """--ssl-sessions: from one run to the next."""

    def setUp(self):
        super().setUp()
        self.key, self.file = self.dir / "key", self.dir / "sessions"
        self.key.write_bytes(bytes(range(32)))

    def fetch(self, *words, key=None, port="https", code=0):
        ran = self.midge("--ssl-sessions", self.file, "--session-key", key or self.key, *words,
                         self.url("/posts/1", port=port))
        self.assert_code(code, ran)
        return ran

    def resumed(self, *words, **more):
        """Is it? and the lines about a file that is not used"""
        ran = self.fetch(*words, **more)
        return ran[0]["resumed"], [line for line in ran.err.decode().splitlines() if "are not used" in line]

    def test_resumed(self):
        for port in "https_tls12", "https_tls13":
            self.file.unlink(missing_ok=True)
            self.assertEqual((False, []), self.resumed(port=port))
            self.assertEqual(0o600, self.file.stat().st_mode & 0o777)
            self.assertEqual((True, []), self.resumed(port=port))
            self.assertEqual((True, []), self.resumed(port=port))

    def test_another_identity(self):
        self.assertEqual((False, []), self.resumed())
        self.assertEqual((False, []), self.resumed("--insecure"))
        self.assertEqual((True, []), self.resumed("--insecure"))

    def test_refused(self):
        other = self.dir / "other"
        other.write_bytes(bytes(32))
        self.resumed()
        resumed, lines = self.resumed(key=other)
        self.assertEqual((False, 1), (resumed, len(lines)))
        self.assertIn("sessions damaged, or of another device or configuration", lines[0])
        block = bytearray(self.file.read_bytes())
        block[-1] ^= 1
        self.file.write_bytes(block)
        resumed, lines = self.resumed(key=other)
        self.assertEqual((False, 1), (resumed, len(lines)))
        self.assertEqual((True, []), self.resumed(key=other))

    def test_removed_before_use(self):
        self.resumed()
        ran = self.midge("--ssl-sessions", self.file, "--session-key", self.key, "-m", "5",
                         f"https://localhost:{self.closed_port()}/")
        self.assert_code(7, ran)
        self.assertTrue(self.file.exists())     # those that were not used are there again

    def closed_port(self):
        with socket.create_server(("127.0.0.1", 0)) as one:
            return one.getsockname()[1]

    def test_wrong(self):
        short = self.dir / "short"
        short.write_bytes(bytes(31))
        self.fetch(key=short, code=2)
        self.fetch(key=self.dir / "missing", code=26)
        self.assert_code(2, self.midge("--ssl-sessions", self.file, self.url("/posts/1")))
        self.assert_code(2, self.midge("--session-key", self.key, self.url("/posts/1")))


if __name__ == "__main__":
    unittest.main()
