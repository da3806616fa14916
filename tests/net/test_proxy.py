#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Requests through proxies: tinyproxy and squid, scripted ones that misbehave, the environment."""
import base64
import hashlib
import shutil
import socket
import subprocess
import threading
import unittest

from midge_test import Case, environment

CURL = shutil.which("curl")
BIG = 300000        # more than the buffers on the way
OPENED = "HTTP/1.1 200 OK\r\n\r\n"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Real(Case):
    """Through tinyproxy and squid as without them."""

    def each(self, auth=""):
        return [f"127.0.0.1:{self.servers.proxies[name + auth]}" for name in ("tinyproxy", "squid")]

    def test_get(self):
        for proxy in self.each():
            for port in ("http", "https", "https_tls12"):
                ran = self.midge("-x", proxy, self.url("/echo?a=b", port))
                self.assert_code(0, ran)
                self.assertEqual(("/echo", "a=b"), (ran.json["path"], ran.json["query"]))
                names = [name.lower() for name, _ in ran.json["headers"]]
                self.assertEqual((port == "http", False), ("via" in names, "proxy-authorization" in names))

    def test_bodies(self):
        body = bytes(n % 251 for n in range(BIG))
        (self.dir / "file").write_bytes(body)
        for proxy in self.each():
            for port in ("http", "https"):
                ran = self.midge("-x", proxy, "-T", "file", self.url("/echo", port))
                self.assert_code(0, ran)
                self.assertEqual(sha256(body), ran.json["body_sha256"])
                ran = self.midge("-x", proxy, "-T", "-", self.url("/echo", port), input=body[:9000])
                self.assert_code(0, ran)
                self.assertEqual(sha256(body[:9000]), ran.json["body_sha256"])
                ran = self.midge("-x", proxy, self.url(f"/bytes/{BIG}", port))
                self.assert_code(0, ran)
                self.assertEqual(BIG, len(ran.out))
                self.assert_code(0, self.midge("-x", proxy, "-I", self.url("/bytes/5", port)))

    def test_many(self):
        for proxy in self.each():
            urls = [self.url(f"/posts/{n + 1}", ("http", "https")[n % 2]) for n in range(30)]
            self.assert_code(0, self.midge("-s", "-x", proxy, *urls))
            ran = self.midge("-s", "--sync", "-x", proxy, *[self.url("/posts/1")] * 5)
            self.assertEqual([False] + [True] * 4, [line["reused"] for line in ran.lines], ran)

    def test_auth(self):
        user = f"{self.servers.proxies['user']}:{self.servers.proxies['password']}"
        for proxy in self.each("_auth"):
            for port in ("http", "https"):
                for given in (["-x", f"http://{user}@{proxy}"], ["-x", proxy, "-U", user],
                              ["-x", f"bad:bad@{proxy}", "-U", user], ["-x", f"%75ser:s%65cret@{proxy}/"]):
                    ran = self.midge(*given, self.url("/echo", port))
                    self.assert_code(0, ran)
                    self.assertNotIn("proxy-authorization", ran.out.decode().lower())
                    self.assertNotIn("secret", ran.text)
            ran = self.midge("-x", proxy, self.url("/echo"))
            self.assert_code(56, ran, "(56) ", "407 Proxy Authentication Required", "wants a user and password")
            self.assert_one_line(ran)
            ran = self.midge("-x", f"u:x@{proxy}", self.url("/echo"))
            self.assertEqual(56, ran.code, ran)
            self.assertRegex(ran.text, "refused a tunnel: 40[17]")
            ran = self.midge("-x", proxy, "-w", "%{http_code}", self.url("/echo", "http"))
            self.assertEqual((0, b"407"), (ran.code, ran.out[-3:]), ran)

    def test_no_way_on(self):
        for proxy in self.each():
            for url in (self.url("/", "refused").replace("http:", "https:"), "https://no-such-host.invalid/"):
                ran = self.midge("-x", proxy, url)
                self.assertEqual(56, ran.code, ran)
                self.assertRegex(ran.text, r"\(56\) .*the proxy 127.0.0.1 refused a tunnel: 50[0-9] ")
                self.assert_one_line(ran)
                self.assertEqual("PROXY", ran[0]["error"])
            ran = self.midge("-f", "-x", proxy, self.url("/", "refused"))
            self.assert_code(22, ran)

    def test_redirects(self):
        for proxy in self.each():
            to_tls = self.url(f"/redirect/1?to={self.url('/echo')}", "http")
            ran = self.midge("-L", "-x", proxy, to_tls)
            self.assert_code(0, ran)
            self.assertEqual("/echo", ran.json["path"])

    def test_addresses(self):
        """--connect-to is for the proxy to do; --resolve is for the proxy's name."""
        for proxy in self.each():
            port = self.ports["http"]
            ran = self.midge("-x", proxy, "--connect-to", f"a.test:{port}:localhost:{port}",
                             f"http://a.test:{port}/echo")
            self.assert_code(0, ran)
            self.assertIn(["Host", f"a.test:{port}"], ran.json["headers"])
            self.assertNotIn("via", ran.out.decode().lower())   # through a tunnel
            number = proxy.split(":")[1]
            ran = self.midge("-x", f"p.test:{number}", "--resolve", f"p.test:{number}:127.0.0.1", self.url("/echo"))
            self.assert_code(0, ran)

    def test_pieces(self):
        for proxy in self.each():
            for slices in (["--recv-slice", "1", "--send-slice", "3"], ["--recv-slice", "7", "--send-slice", "1"]):
                self.assert_code(0, self.midge("-x", proxy, *slices, self.url("/posts/1")))


class Relay:
    """An honest proxy with a head of its own for CONNECT. Everything goes to one port."""

    def __init__(self, target, head, piece=0):
        self.target, self.head, self.piece = target, head.encode(), piece
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.asked = b""

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()

    def run(self):
        link, _ = self.listening.accept()
        self.listening.close()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while b"\r\n\r\n" not in self.asked:
            self.asked += link.recv(4096)
        size = self.piece or len(self.head)
        for at in range(0, len(self.head), size):
            link.sendall(self.head[at:at + size])
        with link, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self.pass_on, args=(link, server))
            back.start()
            self.pass_on(server, link)
            back.join()

    @staticmethod
    def pass_on(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Scripted(Case):
    def through(self, answer, *arguments, **fields):
        """A request for https through a proxy that answers with these bytes."""
        port = self.raw(answer, **fields)
        ran = self.midge("-x", f"127.0.0.1:{port}", *arguments, "https://example.com/")
        self.seen = self.servers.raw_seen(port)
        return ran

    def test_heads_that_open(self):
        for head in (OPENED, "HTTP/1.0 200 Connection established\r\nProxy-agent: x/1\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 x\r\n\r\n"):
            for piece in (0, 1, 7):
                with self.subTest((head, piece)), Relay(self.ports["https"], head, piece) as relay:
                    url = self.url("/echo", host="localhost")
                    ran = self.midge("-x", f"127.0.0.1:{relay.port}", "-U", "u:p", url)
                    self.assert_code(0, ran)
                    host = f"localhost:{self.ports['https']}"
                    self.assertTrue(relay.asked.startswith(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n".encode()))
                    self.assertIn(b"\r\nProxy-Authorization: Basic dTpw\r\n", relay.asked)

    def test_refusals(self):
        for answer, words in (("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "403 Forbidden"),
                              ("HTTP/1.1 502 x\r\n\r\n", "502 Bad Gateway"),
                              ("HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\n\r\n", "302 Found"),
                              ("HTTP/1.1 101 x\r\n\r\n", "101 Switching"),
                              ("HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\n\r\n", "407 Proxy Authentication Required: "
                               "the proxy wants an authentication that is not Basic")):
            with self.subTest(words):
                ran = self.through(answer, "-L")
                self.assert_code(56, ran, "(56) ", f"the proxy 127.0.0.1 refused a tunnel: {words}")
                self.assert_one_line(ran)
                self.assertEqual(1, len(self.seen))
                self.assertTrue(self.seen[0].startswith(b"CONNECT example.com:443 HTTP/1.1\r\n"), self.seen)

    def test_hostile_answers(self):
        for answer, fields, words in (
                ("SSH-2.0-x\r\n", {}, "malformed"), ("HTTP/1.1 200 OK\n\n", {}, "malformed"),
                ("HTTP/1.1 2OO OK\r\n\r\n", {}, "malformed"), ("HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n", {}, "malformed"),
                (OPENED + "\x16\x03\x03", {}, "before the server could"), ("HTTP/1.1 200 O", {}, "closed the connection"),
                ("", {}, "closed the connection"), ("HTTP/1.1 200 OK\r\nX: ", {"endless": "y"}, "too long"),
                ("", {"endless": "HTTP/1.1 100 Continue\r\n\r\n"}, "too long"),
                ("HTTP/1.1 200", {"end": "rst"}, "")):
            with self.subTest((answer, fields)):
                if "endless" in fields:
                    fields = {"endless_b64": base64.b64encode(fields["endless"].encode()).decode()}
                ran = self.through(answer, **fields)
                self.assert_code(56, ran, "(56) ", words)
                self.assert_one_line(ran)

    def test_the_end_of_an_open_tunnel(self):
        self.assert_code(35, self.through(OPENED), "(35) ")

    def test_silence(self):
        self.assert_code(28, self.through("HTTP/1.1 200", "--connect-timeout", "0.3", end="open"), "connect")
        self.assert_code(28, self.through("HTTP/1.1 200", "-m", "0.3", end="open"), "connect")

    def test_http(self):
        """The answer of the proxy is the answer, whatever it is."""
        port = self.raw("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        ran = self.midge("-x", f"127.0.0.1:{port}", "-U", "u:p", "http://example.com:81/x?y#z")
        self.assertEqual((0, b"no", 403), (ran.code, ran.out, ran[0]["status"]), ran)
        asked, = self.servers.raw_seen(port)
        self.assertTrue(asked.startswith(b"GET http://example.com:81/x?y HTTP/1.1\r\nHost: example.com:81\r\n"), asked)
        self.assertIn(b"\r\nProxy-Authorization: Basic dTpw\r\n", asked)

    def test_unreachable(self):
        for url in (self.url("/", "http"), self.url()):
            ran = self.midge("-x", "no-such-proxy.invalid:1", url)
            self.assert_code(5, ran, "(5) ", "the proxy no-such-proxy.invalid: host name not resolved")
            self.assert_one_line(ran)
            ran = self.midge("-x", f"localhost:{self.ports['refused']}", url)
            self.assert_code(7, ran, "(7) ", "the proxy localhost: connection failed: Connection refused")

    def test_bad_proxies(self):
        for proxy, words in (("socks5://h:1", "http://"), ("ftp://h:1", "http://"), ("https://h:0", "host[:port]"), ("h:0", "host[:port]"),
                             ("h:99999", "host[:port]"), ("http://", "host[:port]"), ("u:secret@:1", "host[:port]"),
                             ("[::1", "host[:port]"), ("h:1/x", "host[:port]"), ("[fe80::1%eth0]:1", "host[:port]")):
            with self.subTest(proxy):
                ran = self.midge("-x", proxy, self.url(), report=False)
                self.assert_code(2, ran, "--proxy", words)
                self.assertNotIn("secret", ran.text)
                self.assert_one_line(ran)
        self.assert_code(2, self.midge("-x", "h", "-U", "user", self.url(), report=False), "--proxy-user", "password")


class Secure(Case):
    """TLS to the proxy, and in it HTTP, or CONNECT and TLS."""

    def proxy(self, name="tls", user=""):
        return f"https://{user}localhost:{self.servers.proxies[f'squid_{name}']}"

    def test_get(self):
        for port in ("http", "https", "https_tls12", "https_tls13"):
            for options in ([], ["--tls-max", "1.2"], ["--recv-slice", "7", "--send-slice", "5"]):
                if (port, *options[1:]) == ("https_tls13", "1.2"):
                    continue
                ran = self.midge("-x", self.proxy(), *options, self.url("/echo?a=b", port))
                self.assert_code(0, ran)
                self.assertEqual(("/echo", "a=b"), (ran.json["path"], ran.json["query"]))
                self.assertEqual(port == "http", "via" in [name.lower() for name, _ in ran.json["headers"]])
                self.assertEqual(port == "http", ran[0]["tls_version"] == "")

    def test_bodies(self):
        body = bytes(n % 251 for n in range(BIG))
        (self.dir / "file").write_bytes(body)
        for port in ("http", "https", "https_tls12"):
            ran = self.midge("-x", self.proxy(), "-T", "file", self.url("/echo", port))
            self.assert_code(0, ran)
            self.assertEqual(sha256(body), ran.json["body_sha256"])
            ran = self.midge("-x", self.proxy(), self.url(f"/bytes/{BIG}", port))
            self.assert_code(0, ran)
            self.assertEqual(BIG, len(ran.out))

    def test_many(self):
        urls = [self.url(f"/posts/{n + 1}", ("http", "https")[n % 2]) for n in range(30)]
        self.assert_code(0, self.midge("-s", "-x", self.proxy(), *urls))
        ran = self.midge("-s", "--sync", "-x", self.proxy(), *[self.url("/posts/1")] * 5)
        self.assertEqual([False] + [True] * 4, [line["reused"] for line in ran.lines], ran)
        self.assertEqual(2, ran.summary["handshakes_full"], ran)    # the proxy's and the server's

    def test_least_memory(self):
        """The smallest block is named, and it is enough."""
        url = self.url("/posts/1")
        small = self.midge("-x", self.proxy(), "--heap", "20000", url, report=False)
        self.assert_code(27, small)
        least = int(small.text.split("--heap ")[1].split(")")[0])
        plain = self.midge("--heap", "20000", url, report=False)
        self.assertGreater(least, int(plain.text.split("--heap ")[1].split(")")[0]) + 10000)
        for n in (1, 6):    # each request has a place in the client's tables
            self.assert_code(0, self.midge("-s", "-x", self.proxy(), "--heap", str(least + 1024), *[url] * n))

    def test_bad_certificates(self):
        for url in (self.url("/echo", "http"), self.url("/echo")):
            for name, words in (("expired", "expired on"), ("wronghost", "another host"), ("untrusted", "not trusted")):
                ran = self.midge("-x", self.proxy(name), "-k", url)     # -k is for the server
                self.assert_code(60, ran, "(60) ", "the proxy localhost: ", words)
                self.assert_one_line(ran)
                self.assertEqual(("CERT", "connect"), (ran[0]["error"], ran[0]["phase"]))
                self.assert_code(0, self.midge("-x", self.proxy(name), "--proxy-insecure", url))
        ran = self.midge("-x", self.proxy(), "--proxy-insecure", self.url("/", "expired"))
        self.assert_code(60, ran, "(60) ", "expired on")                # --proxy-insecure is not
        self.assertNotIn("the proxy", ran.text)

    def test_no_tls(self):
        for answer in ("HTTP/1.1 400 x\r\n\r\n", "\x15\x03\x03\0\x02\x02\x28", ""):
            port = self.raw(answer, on="connect")
            for url in (self.url("/", "http"), self.url()):
                ran = self.midge("-x", f"https://localhost:{port}", url)
                self.assertIn(ran.code, (35, 56), ran)
                self.assertEqual("connect", ran[0]["phase"])
                self.assert_one_line(ran)
        ran = self.midge("-x", f"https://localhost:{self.ports['refused']}", self.url())
        self.assert_code(7, ran, "the proxy localhost: ")

    def test_refused(self):
        ran = self.midge("-x", self.proxy(), self.url("/", "refused").replace("http:", "https:"))
        self.assert_code(56, ran, "the proxy localhost refused a tunnel: 503")

    def test_failing_allocations(self):
        """Each one: an error by name, or none at all."""
        url, n, codes = self.url("/posts/1"), 0, set()
        while n < 400 and (n < 5 or codes != {0}):
            codes = {self.midge("-x", self.proxy(), "--fail-alloc", f"{at}", url).code for at in range(n + 1, n + 6)}
            self.assertLessEqual(codes, {0, 27}, n)
            n += 25
        self.assertLess(n, 400)

    def test_environment(self):
        self.assert_code(0, self.midge(self.url(), env={"https_proxy": self.proxy()}))
        ran = self.midge(self.url(), env={"https_proxy": self.proxy("expired")})
        self.assert_code(60, ran, "the proxy localhost: ")
        self.assert_code(2, self.midge("--proxy-cacert", "x", self.url(), report=False), "--proxy-cacert", "not supported")


class Environment(Case):
    """Each variable has a proxy of its own that refuses: its address in the message says which one counts."""
    NAMES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "-x")

    def proxy(self, name):
        return f"http://127.0.0.{self.NAMES.index(name) + 2}:1"

    def through(self, url, *names, arguments=(), **others):
        """The name of the proxy that is asked, None for none; curl agrees."""
        env = {name: self.proxy(name) for name in names if name != "-x"} | others
        options = [*arguments, *(["-x", self.proxy("-x")] if "-x" in names else [])]
        ran = self.midge(*options, url, env=env)
        if CURL and "[" not in url:     # curl 7.88 knows no IPv6 network
            curl = subprocess.run([CURL, "-s", "-k", *options, "-o", "/dev/null", url], env=environment(**env),
                                  stdin=subprocess.DEVNULL, timeout=60, check=False)
            self.assertEqual(curl.returncode, ran.code, (url, names, others, ran))
        if ran.code == 0:
            return None
        self.assert_code(7, ran, "(7) ", "the proxy 127.0.0.")
        return self.NAMES[int(ran.text.split("the proxy 127.0.0.")[1].split(":")[0]) - 2]

    def test_variables(self):
        http, https = self.url("/bytes/1", "http"), self.url("/bytes/1")
        for url, names, wanted in ((http, ["http_proxy", "all_proxy"], "http_proxy"), (http, ["HTTP_PROXY"], None),
                                   (http, ["https_proxy"], None), (http, ["all_proxy", "ALL_PROXY"], "all_proxy"),
                                   (http, ["ALL_PROXY"], "ALL_PROXY"), (https, ["http_proxy"], None),
                                   (https, ["https_proxy", "HTTPS_PROXY", "all_proxy"], "https_proxy"),
                                   (https, ["HTTPS_PROXY", "all_proxy"], "HTTPS_PROXY"),
                                   (https, ["ALL_PROXY"], "ALL_PROXY"), (https, ["-x", "https_proxy"], "-x")):
            self.assertEqual(wanted, self.through(url, *names), (url, names))
        self.assertIsNone(self.through(https, https_proxy=""))
        self.assertIsNone(self.through(https, "https_proxy", arguments=["-x", ""]))

    def test_exemptions(self):
        names = self.url("/bytes/1")
        v4, v6 = self.url("/bytes/1", "http", "127.0.0.1"), self.url("/bytes/1", "http", "[::1]")
        port = self.ports["http"]
        for url, hosts, exempt in (
                (names, "localhost", 1), (names, ".localhost, example.com", 1), (names, "*", 1),
                (names, "a.example LOCALHOST", 1), (names, "host", 0), (names, "localhost.example", 0),
                (names, "x,,localhos", 0), (names, "", 0), (names, "localhost:443", 0), (names, "ocalhost", 0),
                (names, "*,x", 0), (names, "*.localhost", 0),
                (v4, "127.0.0.1", 1), (v4, "127.0.0.0/8", 1), (v4, "127.0.0.0/31", 1), (v4, "127.0.0.2", 0),
                (v4, f"127.0.0.1:{port}", 0), (v4, "0.0.1", 0), (v4, "127.0.0.2/31", 0), (v4, "*", 1),
                (v6, "::1", 1), (v6, "10.0.0.0/8,[::1]", 1), (v6, "::/64", 1), (v6, "::2/128", 0), (v6, "1", 0)):
            for arguments, others in (([], {"no_proxy": hosts}), ([], {"NO_PROXY": hosts}),
                                      (["--noproxy", hosts], {"no_proxy": "x"})):
                with self.subTest((url, hosts, others)):
                    self.assertEqual(None if exempt else "all_proxy",
                                     self.through(url, "all_proxy", arguments=arguments, **others))
        self.assertIsNone(self.through(names, "-x", no_proxy="localhost"))
        for lower, way in (("", None), ("x", "all_proxy")):     # an empty one counts as none
            self.assertEqual(way, self.through(names, "all_proxy", no_proxy=lower, NO_PROXY="localhost"))

    def test_redirects(self):
        """Each hop has the proxy of its own URL."""
        there = self.url(f"/redirect/1?to={self.url('/echo')}", "http")
        ran = self.midge("-L", there, env={"https_proxy": self.proxy("https_proxy")})
        self.assert_code(7, ran, "the proxy 127.0.0.4")
        away = self.url(f"/redirect/1?to=https://127.0.0.1:{self.ports['https']}/echo", "http")
        env = {"all_proxy": self.proxy("all_proxy"), "no_proxy": "localhost"}
        self.assert_code(7, self.midge("-L", away, env=env), "the proxy 127.0.0.6")
        self.assert_code(0, self.midge("-kL", away, env={**env, "no_proxy": "localhost,127.0.0.1"}))

    def test_credentials(self):
        port = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        ran = self.midge("http://example.com/", env={"http_proxy": f"u:p%40%3a@localhost:{port}"})
        self.assert_code(0, ran)
        self.assertIn(b"Proxy-Authorization: Basic dTpwQDo=\r\n", self.servers.raw_seen(port)[0])


if __name__ == "__main__":
    unittest.main()
