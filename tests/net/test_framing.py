#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How a message may end and what a message may be (RFC 9112), over real sockets and real TLS.

Answers are cut at every byte, by every kind of end; many URLs in one run, a server of its own each.
"""
import base64
import unittest

import midge_test

BATCH = 60
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
}
HEAD = "HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"


def expected(framing, tls, end, cut):
    """The table: (exit codes, complete, bytes of the body) when only `cut` bytes came before the end."""
    answer = ANSWERS[framing]
    head, whole = answer.index(b"\r\n\r\n") + 4, cut == len(answer)
    if whole and framing != "close":
        # By its own length it ended before any end of the stream; a reset may still overtake it.
        return ((0, 56) if end == "rst" else (0,)), ("yes", "no")
    if end == "rst":
        return (56,), ("no",)
    if cut == 0:
        return (52,), ("no",)
    if cut < head:
        return (8,), ("no",)
    if framing != "close":
        return (18,), ("no",)
    if not tls:
        return (0,), ("unverified",)
    return ((0,), ("yes",)) if end == "close_notify" else ((18,), ("no",))


class Case(midge_test.Case):
    def get_all(self, servers, *options):
        """Runs it with a URL for each (port, tls), each into a file; the report's lines."""
        lines = []
        for name in self.files():
            (self.dir / name).unlink()
        for start in range(0, len(servers), BATCH):
            arguments = ["-m", "20", *options]
            batch = servers[start:start + BATCH]
            for n, (port, tls) in enumerate(batch, start):
                arguments += ["-o", f"f{n}", self.tls_url(port) if tls else self.url("/", port)]
            ran = self.midge(*arguments)
            self.assertEqual(len(batch), len(ran), ran)
            self.assertEqual(0, ran.summary["alloc_live"])
            failed = sum(line["exit_code"] != 0 for line in ran)
            self.assertEqual((failed, failed), (ran.summary["failed"], ran.text.count("\n")), ran)
            lines += ran.lines
        self.assertEqual(len(self.files()), sum(line["exit_code"] == 0 for line in lines))
        return lines

    def body(self, n):
        path = self.dir / f"f{n}"
        return path.read_bytes() if path.exists() else None

    def connections(self, port):
        return self.servers.ask("GET", f"/raw?port={port}")["connections"]

    def tearDown(self):
        self.servers.ask("DELETE", "/raw")


class Cuts(Case):
    """Every row of the table."""

    def check(self, tls, ends, *options):
        cases = [(framing, end, cut) for framing, answer in ANSWERS.items() for end in ends
                 for cut in range(len(answer) + 1)]
        servers = [(self.raw(ANSWERS[framing], tls=tls, end=end, cut=cut), tls)
                   for framing, end, cut in cases]
        lines = self.get_all(servers, *options)
        for n, ((framing, end, cut), line) in enumerate(zip(cases, lines)):
            codes, complete = expected(framing, tls, end, cut)
            with self.subTest(framing=framing, tls=tls, end=end, cut=cut):
                self.assertIn(line["exit_code"], codes, line)
                self.assertIn(line["complete"], complete, line)
                self.assertEqual(line["exit_code"] != 0, line["complete"] == "no", line)
                arrived = max(0, cut - ANSWERS[framing].index(b"\r\n\r\n") - 4)
                whole = b"hello"[:arrived] if framing == "close" else b"hello"
                self.assertEqual(whole if line["exit_code"] == 0 else None, self.body(n), line)

    def test_plain(self):
        self.check(False, ("fin", "rst"))

    def test_plain_by_single_bytes(self):
        self.check(False, ("fin",), "--recv-slice", "1")

    def test_tls_1_2(self):
        self.check("1.2", ("fin", "close_notify", "rst"))

    def test_tls_1_3(self):
        self.check("1.3", ("fin", "close_notify", "rst"))

    def test_tls_by_single_bytes(self):
        self.check("1.3", ("fin", "close_notify"), "--recv-slice", "1")


class WireCuts(Case):
    """TCP ends anywhere, inside a handshake message or a record too: never taken for an end."""
    STEP, END = 19, 4000

    def check(self, version, framing, end):
        # Every few bytes: each kind of message and record is cut somewhere.
        cuts = list(range(1, self.END, self.STEP))
        # Small records, so that many ends of the stream are inside the answer.
        servers = [(self.raw(ANSWERS[framing], tls=version, cut_wire=cut, slice=3, end=end), True)
                   for cut in cuts]
        lines = self.get_all(servers)
        codes = [line["exit_code"] for line in lines]
        for n, (cut, line) in enumerate(zip(cuts, lines)):
            with self.subTest(version=version, framing=framing, end=end, cut=cut):
                allowed = (0, 8, 18, 35, 52) if end == "fin" else (0, 35, 55, 56)
                self.assertIn(line["exit_code"], allowed, line)
                self.assertEqual(b"hello" if line["exit_code"] == 0 else None, self.body(n), line)
        if end == "fin":        # later cuts get further: handshake, no answer, half a head, half a body
            reached = [{35: 0, 52: 1, 8: 2, 18: 3, 0: 4}[code] for code in codes]
            self.assertEqual(sorted(reached), reached, codes)
            self.assertLessEqual({35, 52, 8, 18}, set(codes))
        return codes

    def test_length(self):
        for version in ("1.2", "1.3"):
            self.assertEqual(0, self.check(version, "length", "fin")[-1])
            self.check(version, "length", "rst")

    def test_until_close(self):
        for version in ("1.2", "1.3"):
            self.assertNotIn(0, self.check(version, "close", "fin"))


MALFORMED = [
    "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", "<html>\r\n\r\n",
    # line ends
    "HTTP/1.1 200 OK\nA: b\n\n", HEAD + "A: b\nContent-Length: 0\r\n\r\n", HEAD + "A: b\rc\r\n\r\n",
    HEAD + "Content-Length: 0\r\n\n", CHUNKED + "5\nhello\r\n0\r\n\r\n", CHUNKED + "5\r\nhello\n0\r\n\r\n",
    # headers
    HEAD + "A : b\r\n\r\n", HEAD + " A: b\r\n\r\n", HEAD + "A: b\r\n \r\n\r\n",
    HEAD + "Content-Length:\r\n 0\r\n\r\n", HEAD + "Content-Length: 0\r\nConnection: a,\r\n\tb\r\n\r\n",
    HEAD + "no colon\r\n\r\n", HEAD + ": b\r\n\r\n", HEAD + "A: \x00\r\n\r\n", HEAD + "A\x00: b\r\n\r\n",
    # lengths
    HEAD + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    HEAD + "Content-Length: 5, 6\r\n\r\nhello!", HEAD + "Content-Length: -1\r\n\r\n",
    HEAD + "Content-Length: +5\r\n\r\nhello", HEAD + "Content-Length: 5x\r\n\r\nhello",
    HEAD + "Content-Length: 0x5\r\n\r\nhello", HEAD + "Content-Length: \r\n\r\n",
    HEAD + "Content-Length: 18446744073709551616\r\n\r\n",
    HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    # transfer codings
    HEAD + "Transfer-Encoding: gzip\r\n\r\n", HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    HEAD + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    HEAD + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    HEAD + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    # chunks
    CHUNKED + "zz\r\n", CHUNKED + "\r\n", CHUNKED + "-1\r\n", CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n",
    CHUNKED + " 5\r\nhello\r\n0\r\n\r\n", CHUNKED + "11111111111111111\r\n",
    CHUNKED + "5" + 17 * " " + "\r\nhello\r\n0\r\n\r\n", CHUNKED + "5;\r\nhello\r\n0\r\n\r\n",
    CHUNKED + "5\r\nhelloX\r\n0\r\n\r\n", CHUNKED + "5\r\nhello0\r\n\r\n", CHUNKED + "0\r\nA : b\r\n\r\n",
    CHUNKED + "0\r\nA: b\r\n c\r\n\r\n",
    CHUNKED + "0\r\nbad trailer\r\n\r\n",
]


class Malformed(Case):
    def check(self, tls, *options):
        ports = [self.raw(answer, tls=tls, end="open") for answer in MALFORMED]
        servers = [(port, tls) for port in ports for _ in range(2)]
        lines = self.get_all(servers, "--sync", *options)
        for n, (answer, port) in enumerate(zip(MALFORMED, ports)):
            for line in lines[2 * n:2 * n + 2]:
                with self.subTest(answer=answer, tls=tls, options=options):
                    self.assertEqual((8, "PROTOCOL", "no", False),
                                     tuple(line[k] for k in ("exit_code", "error", "complete", "reused")))
                    self.assertNotIn("()", line["message"])
                    # The server would have gone on: it was the client that did not trust it again.
                    self.assertEqual(2, self.connections(port))

    def test_plain(self):
        self.check(False)

    def test_by_single_bytes(self):
        self.check(False, "--recv-slice", "1", "--send-slice", "1")

    def test_tls(self):
        self.check("1.3")


class Endless(Case):
    """What never ends is over at a limit, whichever part it is."""

    def test_is_refused(self):
        endless = {
            "head": (HEAD, "X-More: 1\r\n", (63,)),
            "header": (HEAD + "X: ", "xxxxxxxx", (63,)),
            "reason": ("HTTP/1.1 200 ", "OK ", (63,)),
            "status line": ("", "HTTP", (8, 63)),
            "interim": ("", "HTTP/1.1 100 Continue\r\n\r\n", (63,)),
            "interim heads": ("HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", (63,)),
            "trailers": (CHUNKED + "0\r\n", "X-More: 1\r\n", (63,)),
            "extension": (CHUNKED + "5", ";a=b", (8, 63)),
            "chunk size": (CHUNKED, "0", (8, 63)),
            "chunks": (CHUNKED, "8\r\nxxxxxxxx\r\n", (63,)),
            "until close": (HEAD + "\r\n", "xxxxxxxx", (63,)),
        }
        servers = [(self.raw(first, endless_b64=base64.b64encode(more.encode() * 100).decode(), end="open"),
                    False) for first, more, _ in endless.values()]
        lines = self.get_all(servers, "--max-body", "100000")
        for (name, (_, _, codes)), line in zip(endless.items(), lines):
            with self.subTest(name):
                self.assertIn(line["exit_code"], codes, line)
                self.assertEqual("no", line["complete"])


class WrongProtocol(Case):
    def test_http_on_the_tls_port(self):
        speaks_first = self.raw(HEAD + "Content-Length: 0\r\n\r\n", on="connect")
        for port in (self.ports["http"], speaks_first):
            ran = self.midge(self.tls_url(port))
            self.assert_code(35, ran, "TLS")
            self.assert_one_line(ran)

    def test_tls_on_the_http_port(self):
        for port in (self.ports["https"], self.raw("", tls="1.2"), self.raw("", tls="1.3")):
            ran = self.midge("-o", "out", f"http://localhost:{port}/")
            self.assertIn(ran.code, (8, 52, 56), ran)       # an alert, or nothing at all
            self.assert_one_line(ran)
            self.assertEqual([], self.files())


class Reuse(Case):
    """Which connections serve a second request: what the server counts, with --sync."""

    def check(self, connections, answer, code, *options, **more):
        port = self.raw(answer, end="open", **more)
        url = self.url("/", port)
        ran = self.midge("--sync", "-m", "20", *options, url, url)
        self.assertEqual([code, code], [line["exit_code"] for line in ran], (answer, ran))
        self.assertEqual(connections, self.connections(port), (answer, ran))
        self.assertEqual([False, connections == 1], [line["reused"] for line in ran])

    def test_of_good_connections(self):
        for answer in (HEAD + "Content-Length: 5\r\n\r\nhello", CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
                       HEAD + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                       "HTTP/1.1 204 None\r\n\r\n", "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n",
                       "HTTP/1.1 100 Continue\r\n\r\n" + HEAD + "Content-Length: 0\r\n\r\n",
                       "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
                       21 * "HTTP/1.1 102 Processing\r\n\r\n" + HEAD + "Content-Length: 0\r\n\r\n",
                       "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"):
            with self.subTest(answer):
                self.check(1, answer, 0)
        skipped = HEAD + "X: " + 400 * "x" + "\r\nContent-Length: 0\r\n\r\n"
        self.check(1, skipped, 0, "--max-header", "300")
        self.check(1, HEAD + "Content-Length: 5\r\n\r\n", 0, "-I")

    def test_of_doubtful_connections(self):
        for answer in (HEAD + "Content-Length: 5\r\n\r\nhello, you", CHUNKED + "0\r\n\r\nx",
                       HEAD + "Connection: close\r\nContent-Length: 0\r\n\r\n",
                       HEAD + "Connection: x, Close\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\n",
                       # tolerated, RFC 9112 11.2
                       HEAD + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
                       HEAD + "X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
                       CHUNKED + "5 \r\nhello\r\n0\r\n\r\n", CHUNKED + "5\r\nhello\r\n0\t\r\n\r\n"):
            with self.subTest(answer):
                self.check(2, answer, 0)
        self.check(2, HEAD + "Content-Length: 5\r\n\r\nhello", 0, "-I")

    def test_not_after_an_error(self):
        whole = HEAD + "Content-Length: 5\r\n\r\nhello"
        self.check(2, whole, 63, "--max-body", "4")
        long = HEAD + "X: " + 400 * "x" + "\r\nContent-Length: 0\r\n\r\n"
        self.check(2, long.replace("X:", "Location:"), 63, "--max-header", "300")
        self.check(2, whole, 28, "-m", "1", cut=len(whole) - 1)
        self.check(2, "", 28, "-m", "1")
        port = self.raw(whole, end="open")
        ran = self.midge("--sync", "-o", "/dev/full", self.url("/", port), self.url("/", port))
        self.assertEqual(([23, 0], 2), ([line["exit_code"] for line in ran], self.connections(port)))


if __name__ == "__main__":
    unittest.main()
