#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bodies and state on a board (bodies.c): one boot for each test, many requests of one client. After each
error the next request works."""
import email
import hashlib
import re
import sys
import unittest

import board
import midge_test
from test_boards import BOARD, Board

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
from parts import content     # noqa: E402

PROFILE = {"mps2-an385": "full", "lm3s6965evb": "tiny"}[BOARD]
LINE = re.compile(r'^bodies: (\w+) (\d+) (\d+) (\w+) values=(\d+) parts=(\d+) requests=(\d+) last=(-?\d+) '
                  r'same=(\d) connection=(\d+) native=(-?\d+) "(.*)"; (.*)$', re.M)
OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
NAMES = ("values", "parts", "requests", "last", "same", "connection", "native")


class Answer:
    def __init__(self, text):
        found = LINE.search(text)
        if found is None:
            raise AssertionError(text)
        self.error, self.status, self.len, self.sha = found[1], int(found[2]), int(found[3]), found[4]
        for number, name in enumerate(NAMES, 5):
            setattr(self, name, int(found[number]))
        self.text, self.detail, self.line = found[12], found[13], found[0]

    def __repr__(self):
        return self.line


def sha(data):
    return hashlib.sha256(data).hexdigest()[:16]


class Bodies(Board):
    def setUp(self):
        super().setUp()
        self.running = board.Running(BOARD, PROFILE, ["bodies"], cwd=self.dir,
                                     settings={"CA": self.ca_file()}, elf=board.image(BOARD, PROFILE, "-bodies"))
        self.addCleanup(self.running.close)
        self.running.wait_for_next("> ")

    def tearDown(self):
        """The memory is back, the stack was enough."""
        self.running.type("\x04")
        ran = self.running.end()
        self.assertEqual(0, ran.code, ran)
        self.assertNotIn("fault", ran.text, ran)
        self.assertLess(ran.stack, 0.9 * ran.stack_size, ran)
        self.note("bodies", ran)
        super().tearDown()

    def order(self, *words):
        line = " ".join(map(str, words))
        self.assertLess(len(line), 127)
        self.running.type(f"{line}\r")
        self.running.wait_for_next(f"{line}\n")
        return self.running.wait_for_next("> ")

    def ask(self, *words, error="OK", status=200, body=None, said="", **more):
        answer = Answer(self.order(*words))
        self.assertEqual((error, status), (answer.error, answer.status), answer)
        self.assertEqual(error == "OK", answer.detail == "", answer)
        self.assertIn(said, answer.detail, answer)
        if body is not None:
            self.assertEqual((len(body), sha(body)), (answer.len, answer.sha), answer)
        for name, value in more.items():
            self.assertEqual(value, getattr(answer, name), answer)
        return answer

    def at(self, path, port="https"):
        return self.url(path, port, host="api.example")


class Answers(Bodies):
    def test_compressed(self):
        posts, post = (self.midge(self.url(path, "http")).out for path in ("/posts", "/posts/1"))
        for how in ("", "gzip", "deflate", "raw", "zlib9", "gzip.parts", "gzip.members"):
            self.ask("gunzip", self.at(f"/posts/1{how and '?_encode='}{how}"), body=post)
            url = self.at(f"/posts{how and '?_encode='}{how}")
            if PROFILE == "tiny" and how not in ("", "zlib9"):     # its window is 4 KB
                self.ask("gunzip", url, error="WINDOW", said="larger window than this build has")
            else:
                self.ask("gunzip", url, body=posts)
                self.ask("json", url, values=100)
        for how, error, said in (("gzip.crc", "ENCODING", "checksum"), ("gzip.length", "ENCODING", "length"),
                                 ("gzip.cut", "PARTIAL", "end"), ("gzip.block", "ENCODING", ""),
                                 ("deflate.behind", "ENCODING", "")):
            self.ask("gunzip", self.at(f"/posts/1?_encode={how}"), error=error, said=said)
        self.ask("json", self.at("/posts/1?_encode=br"), error="ENCODING")
        self.ask("gunzip", self.at("/posts/1?_encode=gzip"), body=post)

    def test_parts(self):
        body = content("1", 9000)
        url = self.at("/file/9000")
        self.ask("range", "bytes=0-99", url, status=206, body=body[:100], last=99)
        self.ask("range", "bytes=-1", url, status=206, body=body[-1:], last=8999)
        self.ask("range", "bytes=9000-", url, status=416, last=-1)
        self.ask("range", "bytes=0-99", self.at("/file/9000?named=bytes%20x"), error="PROTOCOL", status=206)
        for size, requests in ((1000, 9), (4096, 3), (9000, 1)):
            self.ask("slices", size, url, status=206, body=body, requests=requests)
        self.ask("slices", 1000, self.at("/file/9000?validator=weak"), error="RANGE", status=206)
        self.ask("slices", 1000, self.at("/file/9000?ignore"), body=body, requests=1)

    def test_resumed(self):
        body = content("1", 9000)
        for number, end in enumerate(("fin", "rst", "close_notify")):
            self.rules({"match": f"^/file/9000.n={number}", "cut": 5000, "end": end, "times": 1})
            # A reset may take with it all that came before, and then there is no rest to ask for.
            answer = Answer(self.order("resume", self.at(f"/file/9000?n={number}")))
            self.assertEqual(("OK", sha(body)), (answer.error, answer.sha), answer)
            self.assertIn((answer.status, answer.parts), [(206, 1)] + [(200, 0)] * (end == "rst"), answer)
        self.rules({"match": "^/file/9000.n=3", "cut": 5000, "end": "fin", "times": 1})
        self.ask("resume", self.at("/file/9000?n=3&validator=none"), body=body, parts=0)
        self.rules({"match": "^/file/9000.n=4", "cut": 100, "end": "fin", "times": 9})
        self.ask("resume", self.at("/file/9000?n=4"), error="PARTIAL", status=206)
        self.ask("get", self.at("/file/9000"), body=body)

    def test_unchanged(self):
        url = self.at("/etag/a")
        self.ask("if", url, same=0)
        self.ask("if", url, status=304, same=1, len=0)
        self.rules({"match": "^/etag/a", "status": 200, "body": "new", "headers": {"ETag": 'W/"2"'}, "cut": 2,
                    "times": 1})
        self.ask("if", url, error="PARTIAL")
        self.ask("if", url, status=304, same=1)
        self.rules({"match": "^/etag/a", "status": 200, "body": "new", "times": 1})
        self.ask("if", url, body=b"new")
        self.ask("if", url, same=0)


    def test_nginx(self):
        """ETag and Last-Modified together, and its parts."""
        url = self.url("/100", self.servers.nginx["https_tls12"], host="api.example").replace("http:", "https:")
        body = self.midge(f"http://localhost:{self.servers.nginx['http']}/100").out
        self.ask("if", url, body=body)
        self.ask("if", url, status=304, same=1)
        self.ask("range", "bytes=10-19", url, status=206, body=body[10:20], last=19)
        self.ask("range", "bytes=100-", url, status=416)
        self.ask("slices", 16, url, status=206, body=body, requests=7)
        self.ask("resume", url, body=body)


class Requests(Bodies):
    def test_uploads(self):
        """Expect: 100-continue: granted, not known, refused."""
        body = bytes(97 + n % 26 for n in range(9000))
        for how in ("put", "expect"):
            for port in ("http", "https"):
                self.ask(how, 9000, self.at("/echo", port), text=hashlib.sha256(body).hexdigest())
        deaf = self.servers.raw(OK, end="open")
        self.ask("expect", 9000, self.at("/", deaf), text="")
        self.assertIn(b"xpect: 100-continue", self.servers.raw_seen(deaf)[0])
        for status, connections in ((413, 1), (417, 2)):
            port = self.servers.raw(f"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\n{{}}", on="connect", end="open")
            self.ask("expect", 9000, self.at("/", port), status=status)
            self.assertEqual(connections, self.servers.ask("GET", f"/raw?port={port}")["connections"])
        self.ask("put", 9000, self.at("/echo"), text=hashlib.sha256(body).hexdigest())

    def test_form(self):
        file = bytes(n % 251 for n in range(5000))
        (self.dir / "file.bin").write_bytes(file)
        for tls in (False, True):
            port = self.servers.raw(OK, end="open", tls=tls)
            url = self.at("/", port)
            self.ask("form", "file.bin", url.replace("http:", "https:") if tls else url)
            head, _, rest = self.servers.raw_seen(port)[0].partition(b"\r\n\r\n")
            kind = re.search(rb"\r\nContent-Type: (.*)\r\n", head)[1]
            form = email.message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + rest)
            self.assertEqual([(b'A "dog"', None), (file, "file.bin")],
                             [(part.get_payload(decode=True), part.get_filename()) for part in form.get_payload()])
        self.ask("form", "none.bin", self.at("/echo"), error="READ", status=0)

    def test_passwords(self):
        for how in ("basic", "digest"):
            for query in ("", "?algorithm=MD5", "?qop=", "?uses=1") if how == "digest" else ("",):
                url = self.at(f"/auth/{how}{query}")
                self.ask(how, "me", "secret", url)
                self.ask(how, "me", "wrong", url, status=401)
                self.ask("get", url, status=401)
                self.ask(how, "me", "secret", url)

    def test_cookies(self):
        answer = self.ask("get", self.at("/cookies?set=a%3D1&set=b%3D2%3B%20Secure&to=/cookies/x"))
        self.assertIn("a=1; b=2", answer.text)
        self.assertNotIn("b=2", self.ask("get", self.at("/cookies/x", "http")).text)
        self.ask("get", self.at("/cookies?set=c%3D3%3B%20Domain%3Dother.example"))
        self.ask("get", self.at("/cookies?set=a%3D%3B%20Max-Age%3D0"))
        self.assertIn('"b=2"', self.ask("get", self.at("/cookies/x")).text)


class Proxies(Bodies):
    def test_proxies(self):
        """http and CONNECT through tinyproxy, with and without a password; a proxy that opens no tunnel."""
        ports, found = self.servers.proxies, {}
        user = f"{ports['user']}:{ports['password']}"
        posts = self.midge(self.url("/posts/1", "http")).out
        for name in ("tinyproxy", "tinyproxy_auth"):
            for port in ("http", "https_tls12"):
                url = self.url("/posts/1", port)
                self.order("proxy", f"{board.HOST}:{ports[name]}", *([user] if "auth" in name else []))
                self.ask("get", url, body=posts)
                found[port] = url
        self.order("proxy", f"{board.HOST}:{ports['tinyproxy_auth']}", "u:wrong")
        answer = self.ask("get", found["https_tls12"], error="PROXY", status=0, said="(connect, status 40")
        self.assertIn(answer.native, (401, 407))
        self.assertIn(self.ask("get", found["http"], status=answer.native).status, (401, 407))
        self.order("proxy", f"{board.HOST}:{ports['tinyproxy']}")
        refused = self.url("/", "refused").replace("http:", "https:")
        self.ask("get", refused, error="PROXY", status=0)
        self.ask("gunzip", self.url("/posts/1?_encode=gzip", "https_tls12"), body=posts)
        self.ask("slices", 1000, self.url("/file/9000", "https_tls12"), status=206, body=content("1", 9000))
        self.order("proxy", f"{board.HOST}:{self.servers.ports['refused']}")
        self.ask("get", found["http"], error="CONNECT", status=0)
        self.order("direct")
        self.ask("get", self.at("/posts/1"), body=posts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
