#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Self-check of the local servers, by http.client and ssl alone."""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LOOPBACK = "127.0.0.1"      # not "localhost", which may be in no /etc/hosts
sys.path.insert(0, str(HERE))
from raw import RawServer    # noqa: E402


def launch(program, directory, made, *arguments, **settings):
    process = subprocess.Popen([sys.executable, HERE / program, "--dir", directory, *arguments],
                               stdout=subprocess.DEVNULL, **settings)
    for _ in range(500):
        if (directory / made).exists():
            return process, json.loads((directory / made).read_text())
        if process.poll() is not None:
            break
        time.sleep(0.02)    # between looks at whether it is ready
    process.kill()
    raise RuntimeError(f"{program} did not start")


def setUpModule():
    global DIR, SERVER, PORTS, TRUST
    DIR = pathlib.Path(tempfile.mkdtemp(prefix="midge-server-"))
    SERVER, PORTS = launch("server.py", DIR, "ports.json", "--token-delay", "0.001")
    TRUST = ssl.create_default_context(cafile=PORTS["ca"])
    TRUST.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF


def tearDownModule():
    SERVER.terminate()
    SERVER.wait(10)
    shutil.rmtree(DIR)


def fetch(path, method="GET", body=None, headers=None, port="http", ports=None):
    """(status, headers, body); body as JSON when it is not bytes."""
    number = (ports or PORTS)[port] if isinstance(port, str) else port
    link = http.client.HTTPConnection(LOOPBACK, number, timeout=10)
    try:
        link.sock = dial(number, tls=port != "http")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        link.request(method, path, body, {"Host": f"localhost:{number}", **(headers or {})})
        answer = link.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        link.close()


def steady(read):
    """A counter's value once it has stopped moving for 50 reads."""
    value, same = read(), 0
    while same < 50:
        now = read()
        value, same = now, same + 1 if now == value and now > 0 else 0
    return value


def fetch_json(path, *arguments, **more):
    return json.loads(fetch(path, *arguments, **more)[2])


def dial(port, tls=True, context=None, session=None):
    plain = socket.create_connection((LOOPBACK, port), timeout=10)
    if not tls:
        return plain
    return (context or TRUST).wrap_socket(plain, server_hostname="localhost", session=session,
                                          suppress_ragged_eofs=False)


def exchange(port, path="/", tls=True):
    """One GET; all bytes until the end, and how that came."""
    got, was_reset = b"", False
    with dial(port, tls) as link:
        poll = select.poll()
        poll.register(link, select.POLLIN)
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            while True:
                if not (tls and link.pending()):    # ssl reports a reset as an EOF: ask the socket first
                    was_reset = any(events & select.POLLERR for _, events in poll.poll(10000))
                piece = link.recv(65536)
                if not piece:
                    return got, "close_notify" if tls else "fin"
                got += piece
        except (ssl.SSLError, ConnectionResetError) as error:
            # It may have come while recv waited: after a reset, but not after a FIN, both ways are down.
            was_reset = was_reset or any(events & select.POLLHUP for _, events in poll.poll(0))
            if not was_reset and "EOF" not in str(error).upper():
                raise
            return got, "rst" if was_reset else "fin"


class Ports(unittest.TestCase):
    def test_good_certificates(self):
        for port in ("https", "https_rsa", "https_chain5k", "https_tls12", "https_tls13", "https_noticket"):
            with self.subTest(port), dial(PORTS[port]) as link:
                self.assertIn("localhost-test", str(link.getpeercert()["subjectAltName"]))
                if port.startswith("https_tls1"):
                    self.assertEqual(link.version().replace("v", "_").replace(".", ""), "TLS_1" + port[-1])

    def test_bad_certificates(self):
        reasons = {"expired": "expired", "notyet": "not yet valid", "selfsigned": "self-signed",
                   "wronghost": "mismatch", "nosan": "mismatch", "untrusted": "local issuer"}
        strict = ssl.create_default_context(cafile=PORTS["ca"])
        strict.hostname_checks_common_name = False
        for port, reason in reasons.items():
            with self.subTest(port), self.assertRaisesRegex(ssl.SSLCertVerificationError, reason):
                dial(PORTS[port], context=strict).close()

    def test_chain_fills_5_kilobytes(self):
        pem = (DIR / "certs" / "chain5k.pem").read_text()
        chain = ["-----BEGIN CERTIFICATE" + one for one in pem.split("-----BEGIN CERTIFICATE")[1:]]
        size = sum(len(ssl.PEM_cert_to_DER_cert(one)) + 3 for one in chain)
        self.assertEqual(len(chain), 3)
        self.assertTrue(5120 <= size <= 6144, size)

    def test_sessions_resume(self):
        fetch("/stats/reset", "POST")
        client = ssl.create_default_context(cafile=PORTS["ca"])
        session = None
        for _ in range(3):
            with dial(PORTS["https_tls12"], context=client, session=session) as link:
                session = link.session
        stats = fetch_json("/stats")
        self.assertEqual(stats["handshakes_full"], {"https_tls12": 1})
        self.assertEqual(stats["handshakes_resumed"], {"https_tls12": 2})

    def test_refused(self):
        with self.assertRaises(ConnectionRefusedError):
            dial(PORTS["refused"], tls=False)


class Services(unittest.TestCase):
    def test_posts(self):
        self.assertEqual(set(fetch_json("/posts/7", port="https")), {"userId", "id", "title", "body"})
        self.assertEqual(len(fetch_json("/posts")), 100)
        self.assertEqual(fetch("/posts/101")[::2], (404, b"{}"))

    def test_search(self):
        status, headers, body = fetch("/search?term=rick+astley&entity=album&limit=9&sort=recent")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/javascript; charset=utf-8"))
        found = json.loads(body)
        self.assertEqual(found["resultCount"], 9)
        mine = [one for one in found["results"] if one["artistName"] == "Rick Astley"]
        self.assertTrue(0 < len(mine) < 9)
        dates = [one["releaseDate"] for one in found["results"]]
        self.assertEqual(dates, sorted(dates, reverse=True))

    def test_images(self):
        key, ask = {"Authorization": "Bearer any"}, {"prompt": "A white cat", "n": 2, "size": "64x32"}
        data = fetch_json("/v1/images/generations", "POST", ask, key, port="https")["data"]
        self.assertEqual(len({one["url"] for one in data}), 2)
        origin, _, path = data[0]["url"].partition("/img/")
        self.assertEqual(origin, f"https://localhost:{PORTS['https']}")
        _, headers, png = fetch("/img/" + path, port="https")
        self.assertEqual((headers["Content-Type"], png[:8], png[16:24]),
                         ("image/png", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x40\0\0\0\x20"))
        for headers in ({}, {"Authorization": "Bearer bad"}):
            status, _, body = fetch("/v1/images/generations", "POST", ask, headers)
            self.assertEqual(status, 401)
            self.assertLessEqual({"message", "type", "code"}, set(json.loads(body)["error"]))
        self.assertEqual(fetch("/v1/images/generations", "POST", b"{", key)[0], 400)

    def test_image_models(self):
        """Each takes its own parameters and no others, as the service does."""
        key = {"Authorization": "Bearer any"}
        new = {"model": "gpt-image-1", "prompt": "cat", "n": 1, "size": "1024x1024", "output_format": "jpeg"}
        old = {"model": "dall-e-2", "prompt": "cat", "n": 1, "size": "256x256"}
        picture = base64.b64decode(fetch_json("/v1/images/generations", "POST", new, key)["data"][0]["b64_json"])
        self.assertEqual((picture[:4], picture[-2:]), (b"\xff\xd8\xff\xe0", b"\xff\xd9"))
        self.assertIn("url", fetch_json("/v1/images/generations", "POST", old, key)["data"][0])
        refused = {"response_format": {**new, "response_format": "b64_json"}, "size": {**new, "size": "256x256"},
                   "output_format": {**old, "output_format": "jpeg"}, "model": {**old, "model": "dall-e-1"}}
        for parameter, ask in refused.items():
            status, _, body = fetch("/v1/images/generations", "POST", ask, key)
            error = json.loads(body)["error"]
            self.assertEqual((400, parameter), (status, error["param"]), error)
        self.assertEqual("Unknown parameter: 'output_format'.",
                         json.loads(fetch("/v1/images/generations", "POST", refused["output_format"], key)[2])
                         ["error"]["message"])

    def test_chat(self):
        key, ask = {"Authorization": "Bearer any"}, {"messages": [{"role": "user", "content": "hi"}]}
        whole = fetch_json("/v1/chat/completions", "POST", ask, key)["choices"][0]["message"]["content"]
        _, headers, body = fetch("/v1/chat/completions", "POST", {**ask, "stream": True}, key, port="https")
        self.assertTrue(headers["Content-Type"].startswith("text/event-stream"))
        events = body.decode().split("\n\n")
        self.assertEqual(events[-2:], ["data: [DONE]", ""])
        deltas = [json.loads(event[6:])["choices"][0]["delta"].get("content", "") for event in events[:-2]]
        self.assertEqual("".join(deltas), whole)

    def test_chat_step_by_step(self):
        key = {"Authorization": "Bearer any"}
        fetch_json("/rules", "POST", {"match": "^/v1/chat", "step": True, "times": 1})
        self.addCleanup(fetch, "/rules", "DELETE")
        ask = {"stream": True, "messages": [{"role": "user", "content": "hi"}]}
        link = http.client.HTTPConnection(LOOPBACK, PORTS["http"], timeout=10)
        self.addCleanup(link.close)
        link.request("POST", "/v1/chat/completions", json.dumps(ask), key)
        answer, seen = link.getresponse(), b""
        while not seen.endswith(b"data: [DONE]\n\n"):
            seen += answer.readline() + answer.readline()
            if not seen.endswith(b"data: [DONE]\n\n"):  # behind that comes the end of the body
                self.assertEqual([], select.select([link.sock], [], [], 0)[0])   # nothing before it is asked for
            fetch("/step", "POST")


class Probes(unittest.TestCase):
    def test_events(self):
        status, headers, body = fetch("/events?n=3&retry=50")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/event-stream"))
        self.assertEqual(body, b"retry: 50\nid: 1\ndata: event 1\n\nid: 2\ndata: event 2\ndata:and more\n\n"
                               b"event: tick\nid: 3\ndata: event 3\n\n")
        behind = {"Last-Event-ID": "2"}
        self.assertEqual(fetch("/events?n=3&bom&comments&ends=crlf&framing=close&_drip=1,0", headers=behind)[2],
                         b"\xef\xbb\xbf: still here\r\n\r\nevent: tick\r\nid: 3\r\ndata: event 3\r\n\r\n")
        self.assertEqual(fetch("/events?n=2", headers=behind)[0], 204)
        self.assertEqual(fetch("/events?each=1&ends=cr", headers=behind)[2], b"event: tick\rid: 3\rdata: event 3\r\r")
        with self.assertRaises(http.client.IncompleteRead):
            fetch("/events?each=1&end=fin")
        with self.assertRaises(ConnectionResetError):
            fetch("/events?each=1&end=rst")
        self.assertEqual(fetch("/events?end=other")[0], 400)

    def test_echo(self):
        body = b"a\xffb" * 1000
        seen = fetch_json("/echo/a%20b?c=d%2Fe", "PATCH", body, {"X-One": "1"}, port="https")
        self.assertEqual((seen["method"], seen["path"], seen["query"]), ("PATCH", "/echo/a%20b", "c=d%2Fe"))
        self.assertIn(["X-One", "1"], seen["headers"])
        self.assertEqual((seen["body_len"], base64.b64decode(seen["body_base64"])), (3000, body))
        self.assertEqual((seen["body_sha256"], seen["tls"]["sni"]), (hashlib.sha256(body).hexdigest(), "localhost"))

    def test_bytes(self):
        digest = fetch_json("/digest/1000000")["sha256"]
        for query in ("", "?chunked=1", "?close=1"):
            for port in ("http", "https"):
                with self.subTest(query + port):
                    body = fetch("/bytes/1000000" + query, port=port)[2]
                    self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
        self.assertEqual(exchange(PORTS["https"], "/bytes/9?close=1")[1], "close_notify")

    def test_small_ones(self):
        self.assertEqual([fetch(f"/status/{code}")[0] for code in (200, 204, 418, 503)], [200, 204, 418, 503])
        self.assertEqual(fetch("/redirect/2?to=/posts/1")[1]["Location"], "/redirect/1?to=/posts/1")
        self.assertEqual(fetch("/redirect/1?to=/posts/1")[1]["Location"], "/posts/1")
        names = [name for name in fetch("/headers/50")[1] if name.startswith("X-Header-")]
        self.assertEqual(len(names), 50)
        self.assertEqual(fetch("/drip?bytes=5&interval=0.01")[2], b".....")
        self.assertEqual(fetch("/bytes/100?chunked=1", "HEAD")[2], b"")
        self.assertEqual(fetch("/deep/3")[2], b"[[[]]]")


class Faults(unittest.TestCase):
    def tearDown(self):
        fetch("/rules", "DELETE")

    def test_modifiers(self):
        status, headers, _ = fetch("/posts/1?_status=429&_retry_after=7")
        self.assertEqual((status, headers["Retry-After"]), (429, "7"))
        with self.assertRaises(ValueError):
            fetch_json("/posts/1?_malformed=1")
        started = time.monotonic()
        fetch("/posts/1?_delay=0.2")
        self.assertGreaterEqual(time.monotonic() - started, 0.2)
        self.assertEqual(fetch("/posts/1?_delay=soon")[0], 400)

    def test_cuts(self):
        for port in ("http", "https", "https_tls12"):
            for end in ("fin", "close_notify", "rst"):
                with self.subTest(f"{port} {end}"):
                    got, ended = exchange(PORTS[port], f"/bytes/100000?_cut=70000&_end={end}", port != "http")
                    self.assertEqual(len(got.partition(b"\r\n\r\n")[2]), 70000)
                    self.assertEqual(ended, "fin" if port == "http" and end == "close_notify" else end)
            self.assertEqual(exchange(PORTS[port], "/posts/1?_reset=1", port != "http"), (b"", "rst"))

    def test_rules(self):
        rule = {"match": "^/v1/.*\n.*white cat", "method": "POST", "times": 1, "status": 429, "retry_after": 1}
        self.assertEqual(fetch("/rules", "POST", [rule, {"match": "^/posts/2$", "body": {"a": 1}}])[0], 200)
        key, ask = {"Authorization": "Bearer any"}, {"prompt": "A white cat", "size": "8x8"}
        statuses = [fetch("/v1/images/generations", "POST", ask, key)[0] for _ in range(2)]
        self.assertEqual(statuses, [429, 200])
        self.assertEqual((fetch_json("/posts/2"), fetch_json("/posts/3")["id"]), ({"a": 1}, 3))
        self.assertEqual([one["hits"] for one in fetch_json("/rules")], [1, 1])
        self.assertEqual(fetch("/rules", "POST", {"match": "x", "stauts": 1})[0], 400)


class Counting(unittest.TestCase):
    def test_many_at_once(self):
        fetch("/stats/reset", "POST")
        with concurrent.futures.ThreadPoolExecutor(80) as pool:
            statuses = list(pool.map(lambda _: fetch("/posts/1?_together=80", port="https")[0], range(80)))
        self.assertEqual(statuses, [200] * 80)
        stats = fetch_json("/stats")
        self.assertEqual((stats["connections"]["https"], stats["requests"]["/posts/1"]), (80, 80))
        self.assertGreaterEqual(stats["requests_max"], 60)

    def test_paused_client_stops_the_sending(self):
        for port in ("http", "https"):
            with self.subTest(port), dial(PORTS[port], port != "http") as link:
                fetch("/stats/reset", "POST")
                link.sendall(b"GET /bytes/3000000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                sent = steady(lambda: fetch_json("/stats")["bytes_sent"].get("/bytes/3000000000", 0))
                self.assertTrue(0 < sent < 20_000_000, sent)


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Raw(unittest.TestCase):
    def tearDown(self):
        fetch("/raw", "DELETE")

    def open(self, **given):
        given.setdefault("bytes_b64", base64.b64encode(ANSWER).decode())
        return fetch_json("/raw", "POST", given)["port"]

    def test_ends(self):
        for tls in (False, True, "1.2"):
            for end in ("fin", "close_notify", "rst"):
                with self.subTest(f"{tls} {end}"):
                    expected = "fin" if end == "close_notify" and not tls else end
                    port = self.open(tls=tls, end=end, cut=20, slice=7)
                    self.assertEqual(exchange(port, tls=bool(tls)), (ANSWER[:20], expected))

    def test_every_cut_at_once(self):
        ports = [self.open(tls=True, cut=cut) for cut in range(len(ANSWER))]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(exchange, ports))
        self.assertEqual(answers, [(ANSWER[:cut], "fin") for cut in range(len(ANSWER))])
        self.assertEqual(len(fetch_json("/raw")["ports"]), len(ANSWER))

    def test_cut_inside_a_record(self):
        port = self.open(tls="1.3", cut_wire=300)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)eof"):
            dial(port)

    def test_open_answers_again_and_remembers(self):
        port = self.open(end="open")
        with dial(port, tls=False) as link:
            for path in (b"/1", b"/2"):
                link.sendall(b"POST " + path + b" HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
                got = b""
                while len(got) < len(ANSWER):
                    got += link.recv(100)
                self.assertEqual(got, ANSWER)
        seen = fetch_json(f"/raw?port={port}")
        self.assertEqual((seen["connections"], len(seen["requests"])), (1, 2))
        self.assertTrue(base64.b64decode(seen["requests"][1]).startswith(b"POST /2 "))

    def test_endless(self):
        port = self.open(bytes_b64="", text="HTTP/1.1 200 OK\r\n",
                         endless_b64=base64.b64encode(b"X-More: 1\r\n").decode())
        with dial(port, tls=False) as link:
            link.sendall(b"GET / HTTP/1.1\r\n\r\n")
            count = 0
            while count < 200_000:
                count += len(link.recv(65536))

    def test_as_a_class(self):
        server = RawServer(ANSWER, cut=30)
        port = server.start()
        self.assertEqual(exchange(port, tls=False), (ANSWER[:30], "fin"))
        server.stop()
        with self.assertRaises(ConnectionRefusedError):
            dial(port, tls=False)

    def test_unknown_argument(self):
        self.assertEqual(fetch("/raw", "POST", {"ends": "fin"})[0], 400)


class Lifetime(unittest.TestCase):
    def start(self, *arguments, made="ports.json", **settings):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="midge-server-"))
        self.addCleanup(shutil.rmtree, directory)
        return directory, *launch("server.py", directory, made, "--plain", *arguments, **settings)

    def test_ends_with_stdin_though_busy(self):
        ready = DIR / "ready"   # the last that is written: when it is there, so is the other one
        directory, server, ports = self.start("--exit-with-stdin", "--ready-file", ready, made=ready,
                                              stdin=subprocess.PIPE)
        self.assertEqual(json.loads((directory / "ports.json").read_text()), ports)
        with dial(ports["http"], tls=False) as link:
            link.sendall(b"GET /delay/100 HTTP/1.1\r\n\r\n")
            server.stdin.close()
            self.assertEqual(server.wait(5), 0)
        self.assertFalse((directory / "ports.json").exists())

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            _, server, _ = self.start()
            os.kill(server.pid, number)
            self.assertEqual(server.wait(5), 0)

    def test_certificates_are_reused(self):
        before = (DIR / "ca.pem").read_bytes()
        subprocess.run([sys.executable, "-c", f"import certs; certs.ensure({str(DIR)!r})"], cwd=HERE, check=True)
        self.assertEqual((DIR / "ca.pem").read_bytes(), before)


class Nginx(unittest.TestCase):
    def test_files_and_proxy(self):
        process, ports = launch("nginx.py", DIR, "nginx.json")
        try:
            digest = fetch_json("/digest/1048576")["sha256"]
            for port in ("http", "https", "https_tls12", "https_tls13", "https_4k", "https_rsa"):
                with self.subTest(port):
                    body = fetch("/1M", port=port, ports=ports)[2]
                    self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
            self.assertEqual(fetch_json("/posts/4", port="https", ports=ports)["id"], 4)
            self.assertEqual(fetch_json("/delay1/x", port="https", ports=ports), {"delay": 1.0})
            self.assertEqual(fetch("/2G", "HEAD", port="http", ports=ports)[1]["Content-Length"], str(2 << 30))
        finally:
            process.terminate()
            self.assertEqual(process.wait(10), 0)
        with self.assertRaises(ConnectionRefusedError):
            dial(ports["https"], tls=False)


if __name__ == "__main__":
    unittest.main()
