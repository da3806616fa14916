# SPDX-License-Identifier: MIT
"""How a message may end (design: RFC 9112 8), cut at every byte over real sockets and real TLS."""
import unittest

import midge_test

BATCH = 80
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
}


def expected(framing, tls, end, cut):
    """(exit codes, complete) by the table."""
    answer = ANSWERS[framing]
    head = answer.index(b"\r\n\r\n") + 4
    whole = cut == len(answer)
    if end == "rst":
        # What came whole before the reset may be whole: its length says so.
        return ((0, 56), ("yes", "no")) if whole and framing != "close" else ((56,), ("no",))
    if cut == 0:
        return (52,), ("no",)
    if cut < head:
        return (8,), ("no",)
    if framing != "close":
        return ((0,), ("yes",)) if whole else ((18,), ("no",))
    if not tls:
        return (0,), ("unverified",)
    return ((0,), ("yes",)) if end == "close_notify" else ((18,), ("no",))


class Cuts(midge_test.Case):
    def run_cases(self, tls, ends, *options):
        cases = [(framing, end, cut) for framing, answer in ANSWERS.items() for end in ends
                 for cut in range(len(answer) + 1)]
        for start in range(0, len(cases), BATCH):
            self.run_batch(cases[start:start + BATCH], tls, options)
        self.servers.ask("DELETE", "/raw")

    def run_batch(self, batch, tls, options):
        arguments = list(options) + ["-s"]
        for n, (framing, end, cut) in enumerate(batch):
            port = self.raw(ANSWERS[framing], tls=tls, end=end, cut=cut)
            arguments += ["-o", f"f{n}", self.tls_url(port) if tls else self.url("/", port)]
        ran = self.midge(*arguments)
        self.assertEqual(len(batch), len(ran), ran)
        for n, (case, line) in enumerate(zip(batch, ran)):
            framing, end, cut = case
            codes, complete = expected(framing, tls, end, cut)
            with self.subTest(framing=framing, tls=tls, end=end, cut=cut):
                self.assertIn(line["exit_code"], codes, line)
                self.assertIn(line["complete"], complete, line)
                self.assertEqual(line["exit_code"] == 0, (self.dir / f"f{n}").exists())
                if line["exit_code"] == 0:
                    got = (self.dir / f"f{n}").read_bytes()
                    self.assertEqual(b"hello" if framing != "close" else b"hello"[:len(got)], got)
                (self.dir / f"f{n}").unlink(missing_ok=True)
        self.assertEqual(0, ran.summary["alloc_live"])

    def test_plain(self):
        self.run_cases(False, ("fin", "rst"))

    def test_plain_by_single_bytes(self):
        self.run_cases(False, ("fin",), "--recv-slice", "1")

    def test_tls_1_3(self):
        self.run_cases("1.3", ("fin", "close_notify", "rst"))

    def test_tls_1_2(self):
        self.run_cases("1.2", ("fin", "close_notify", "rst"))


class Malformed(midge_test.Case):
    def check(self, answer, code, **more):
        port = self.raw(answer, **more)
        ran = self.midge("-o", "out", self.url("/", port), self.url("/", port), "--sync", "-m", "20")
        self.assertEqual([code, code], [line["exit_code"] for line in ran], (answer, ran))
        self.assertEqual(["no", "no"], [line["complete"] for line in ran])
        self.assertEqual([False, False], [line["reused"] for line in ran])
        self.assertEqual([], self.files())

    def test_strict(self):
        head = "HTTP/1.1 200 OK\r\n"
        for answer in (
                head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                head + "Content-Length: -1\r\n\r\n", head + "Content-Length: 5x\r\n\r\nhello",
                head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", head + "A : b\r\n\r\n",
                head + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
                head + "A: b\r\n c\r\n\r\n", head + "A: b\rc\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
                "HTTP/2 200\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", head + "A: \x00\r\n\r\n"):
            with self.subTest(answer):
                self.check(answer, 8)

    def test_endless_head(self):
        import base64
        more = base64.b64encode(b"X-More: 1\r\n").decode()
        self.check("HTTP/1.1 200 OK\r\n", 63, endless_b64=more, end="open")

    def test_wrong_protocol(self):
        ran = self.midge(f"https://localhost:{self.ports['http']}/")
        self.assert_code(35, ran, "does not speak TLS")
        ran = self.midge(f"http://localhost:{self.ports['https']}/")
        self.assertIn(ran.code, (8, 52, 56), ran)


if __name__ == "__main__":
    unittest.main()
