#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Certificate chains of tests/server/chains.py over TLS 1.2 and 1.3, and TLS 1.2 of profile small:
each is accepted, or refused with exit code 60 and a text of its own. With MIDGE_TLS=external MIDGE_BIN
is a program on an mbedTLS that midge did not build: test External is run, and no other."""
import os
import socket
import ssl
import sys
import tempfile
import threading
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import chains   # noqa: E402
import tls12    # noqa: E402

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
EXTERNAL = os.environ.get("MIDGE_TLS") == "external"


class Raw(tls12.Server):
    """A chain that OpenSSL would not serve."""

    def __init__(self, case):
        self.case_key = case.key or case.chain[0].key
        super().__init__(None)
        self.chain = [one.der for one in case.chain]

    def load(self, _):
        return self.case_key, []


def openssl_context(case, version):
    """None: OpenSSL would not serve this chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    with tempfile.NamedTemporaryFile() as file:
        file.write(case.chain[0].pem_key() + b"".join(map(chains.pem, case.chain)))
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except ssl.SSLError:
            return None
    return context


class Server:
    """All cases on one port, told apart by the name asked for."""

    def __init__(self, cases, version):
        self.contexts = {case.host: openssl_context(case, version) for case in cases}
        self.main = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.main.minimum_version = self.main.maximum_version = version
        self.main.sni_callback = self.choose
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.port = self.listener.getsockname()[1]
        self.requests = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def choose(self, sock, name, _):
        sock.context = self.contexts[name]

    def listen(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return      # closed
            threading.Thread(target=self.one, args=(raw,), daemon=True).start()

    def one(self, raw):
        try:
            raw.settimeout(60)
            with self.main.wrap_socket(raw, server_side=True) as sock:
                if sock.recv(10000):
                    self.requests += 1
                    sock.sendall(ANSWER)
                    sock.unwrap()
        except (OSError, ValueError):
            pass            # refused

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Chains(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cases = chains.cases()
        for case in cases:
            case.raw = case.raw or not openssl_context(case, ssl.TLSVersion.TLSv1_2)
        cls.cases = [case for case in cases if not case.raw]
        cls.raw_cases = [case for case in cases if case.raw]
        roots = {chains.pem(root) for case in cases for root in case.roots}
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.ca = os.path.join(cls.folder.name, "roots.pem")
        with open(cls.ca, "wb") as file:
            file.write(b"".join(sorted(roots)))
        cls.port12, cls.port13 = (cls.serve(Server(cls.cases, version)) for version in (
            ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
        cls.raw_ports = [cls.serve(Raw(case)) for case in cls.raw_cases]

    @classmethod
    def serve(cls, server):
        cls.addClassCleanup(server.close)
        return server.port

    program = midge_test.BIN

    def command(self, arguments, report, ca):
        return [self.program, *super().command(arguments, report, ca)[1:]]

    def get(self, cases, ports, path, *options):
        arguments = ["-sS", "--max-conns", "8", *options]
        for case, port in zip(cases, ports):
            arguments += ["--resolve", f"{case.host}:{port}:127.0.0.1"]
        arguments += [f"https://{case.host}:{port}{path}" for case, port in zip(cases, ports)]
        return self.midge(*arguments)

    def judge(self, ran, cases):
        self.assertEqual(len(cases), len(ran))
        for case, line in zip(cases, ran.lines):
            with self.subTest(case.name):
                if case.words == "":
                    self.assertEqual(("", 0, 200), (line["message"], line["exit_code"], line["status"]))
                else:
                    self.assertEqual((60, "CERT"), (line["exit_code"], line["error"]), line["message"])
                    self.assertIn(case.words.strip("*"), line["message"])

    def some(self, version, *options):
        port = self.port12 if version == "1.2" else self.port13
        ran = self.get(self.cases, [port] * len(self.cases), "/", "--tls-max", version, *options)
        self.judge(ran, self.cases)

    def test_tls12(self):
        self.some("1.2")

    def test_tls13(self):
        self.some("1.3")

    def test_byte_by_byte(self):
        self.some("1.2", "--recv-slice", "700")

    def test_keys(self):
        self.judge(self.get(self.raw_cases, self.raw_ports, "/bytes/2"), self.raw_cases)

    def test_without_verification(self):
        """-k takes what can be read."""
        for version, port in (("1.2", self.port12), ("1.3", self.port13)):
            ran = self.get(self.cases, [port] * len(self.cases), "/", "-k", "--tls-max", version)
            for case, line in zip(self.cases, ran.lines):
                with self.subTest(case.name, version=version):
                    unreadable = case.name.startswith("algorithm-leaf") or case.name == "critical-other-leaf"
                    self.assertEqual(60 if unreadable else 0, line["exit_code"], line["message"])
                    if unreadable:
                        self.assertIn(case.words, line["message"])

    def test_refused_again(self):
        """Nothing of a refused handshake is resumed."""
        cases = [case for case in self.cases if case.words in (chains.BROKEN, chains.USAGE)][:8]
        for version, port in (("1.2", self.port12), ("1.3", self.port13)):
            ran = self.get(cases * 2, [port] * 2 * len(cases), "/", "--sync", "--tls-max", version)
            self.judge(ran, cases * 2)
            self.assertEqual([False] * 2 * len(cases), [line["resumed"] for line in ran.lines])


class Small(Chains):
    """TLS 1.2 with steps that are cut."""
    test_tls13 = test_without_verification = None

    @classmethod
    def setUpClass(cls):
        cls.program = str(midge_test.of_profile("small"))
        super().setUpClass()
        for case in cls.cases:
            if case.name == "pss-leaf":
                case.words = chains.ALGORITHM

    def test_refused_again(self):
        cases = [case for case in self.cases if case.words in (chains.BROKEN, chains.USAGE)][:8]
        self.judge(self.get(cases * 2, [self.port12] * 2 * len(cases), "/", "--sync"), cases * 2)

    def some(self, version, *options):
        ran = self.get(self.cases, [self.port12] * len(self.cases), "/", *options)
        self.judge(ran, self.cases)


class External(Chains):
    """No path is searched, and mbedTLS refuses critical constraints before midge sees them."""
    test_byte_by_byte = test_keys = test_without_verification = test_refused_again = None
    READ = "this build of mbedTLS cannot read"
    ORDER = "in an order that this build of mbedTLS cannot verify"
    SEARCHED = ("order-", "keys-", "cross-", "search-", "pss-", "self-issued", "algorithm-", "kind-")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cases = [case for case in cls.cases
                     if not case.name.startswith(cls.SEARCHED) or case.name.startswith("order-3")]
        for case in cls.cases:
            if case.name.startswith("order-3"):
                case.words = "" if case.name == "order-3-0" else cls.ORDER
            if any(bytes.fromhex("0603551d" + number + "0101ff") in one.der
                   for one in case.chain for number in ("1e", "63")):
                case.words = cls.READ


def load_tests(loader, _, __):
    classes = [External] if EXTERNAL else [Chains, Small]
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, classes))


if __name__ == "__main__":
    unittest.main()
