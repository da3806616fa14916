#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--har: the HTTP Archive of a run, field by field, and by the npm package har-validator."""
import datetime
import ipaddress
import json
import os
import re
import shutil
import subprocess
import unittest

import midge_test

VALIDATE = """
const har = JSON.parse(require('fs').readFileSync(0));
require('har-validator').har(har).then(() => process.exit(0),
                                       bad => { console.log(JSON.stringify(bad.errors || bad.message)); process.exit(1); });
"""
NODE = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}     # Debian's node-har-validator
TIMINGS = {"blocked", "dns", "connect", "ssl", "send", "wait", "receive"}
QUICK = ("--retry-delay", "0.001")


def pairs(fields):
    return [(field["name"], field["value"]) for field in fields]


def has_validator():
    node = shutil.which("node")
    return node is not None and subprocess.run([node, "-e", "require('har-validator')"], env=NODE,
                                               capture_output=True).returncode == 0


class Case(midge_test.Case):
    def har(self, *arguments, code=0, **settings):
        """The entries of a run's archive, of which the form was checked."""
        ran = self.midge("--har", "a.har", *arguments, **settings)
        self.assert_code(code, ran)
        self.assertNotIn("a.har.", " ".join(self.files()))
        self.text = (self.dir / "a.har").read_text("utf-8")
        log = json.loads(self.text)["log"]
        self.assertEqual("1.2", log["version"])
        self.assertEqual("midge", log["creator"]["name"])
        self.assertEqual(["run"], [page["id"] for page in log["pages"]])
        for entry in log["entries"]:
            self.check(entry)
        self.ran = ran
        return log["entries"]

    def check(self, entry):
        """HAR 1.2."""
        self.assertRegex(entry["startedDateTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(("run", {}), (entry["pageref"], entry["cache"]))
        timings = entry["timings"]
        self.assertEqual(TIMINGS, set(timings))
        self.assertGreaterEqual(timings["connect"], timings["ssl"])     # which is a part of it
        spent = sum(max(timings[name], 0) for name in TIMINGS - {"ssl"})
        self.assertAlmostEqual(entry["time"], spent, 2)
        self.assertEqual([], [name for name in ("send", "wait", "receive") if timings[name] < 0])
        self.check_message(entry["request"], {"method", "url", "queryString"}, {"postData"})
        self.check_message(entry["response"], {"status", "statusText", "content", "redirectURL"}, {"_error"})
        if "serverIPAddress" in entry:
            ipaddress.ip_address(entry["serverIPAddress"])

    def check_message(self, message, own, optional):
        common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
        self.assertEqual(common | own, set(message) - optional)
        for name in ("headersSize", "bodySize"):
            self.assertIs(int, type(message[name]))
        for field in message["headers"]:
            self.assertEqual({"name", "value"}, set(field))


class Entries(Case):
    def test_one(self):
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(milliseconds=1)
        url = self.url("/echo?a=1&b=%20x&c&=d#part")
        [entry] = self.har(url)
        after = datetime.datetime.now(datetime.timezone.utc)
        started = datetime.datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00"))
        self.assertTrue(before <= started <= after, (before, started, after))
        request, response = entry["request"], entry["response"]
        self.assertEqual(("GET", url.partition("#")[0], "HTTP/1.1", 0),
                         (request["method"], request["url"].partition("#")[0], request["httpVersion"], request["bodySize"]))
        self.assertEqual([("a", "1"), ("b", "%20x"), ("c", ""), ("", "d")], pairs(request["queryString"]))
        self.assertEqual([list(pair) for pair in pairs(request["headers"])], self.ran.json["headers"])
        self.assertNotIn("postData", request)
        line = self.ran[0]
        self.assertEqual((200, "OK", "HTTP/1.1", ""), (response["status"], response["statusText"],
                                                      response["httpVersion"], response["redirectURL"]))
        self.assertEqual(line["headers"], [list(pair) for pair in pairs(response["headers"])])
        self.assertEqual(line["body_len"], response["bodySize"])
        content = response["content"]
        self.assertEqual((line["body_len"], self.ran.out.decode()), (content["size"], content["text"]))
        self.assertTrue(content["mimeType"].startswith("application/json"))
        self.assertEqual(str(line["connection_id"]), entry["connection"])
        self.assertTrue(ipaddress.ip_address(entry["serverIPAddress"]).is_loopback)
        self.assertAlmostEqual(line["t_total_us"] / 1000, entry["time"], 2)
        timings = entry["timings"]
        self.assertAlmostEqual(line["t_tls_us"] / 1000, timings["ssl"], 2)
        self.assertAlmostEqual((line["t_tls_us"] + line["t_connect_us"]) / 1000, timings["connect"], 2)
        self.assertAlmostEqual(line["t_wait_us"] / 1000, timings["wait"], 2)

    def test_headers_size(self):
        """The bytes that the server got."""
        port = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        [entry] = self.har("-H", "X-One: 1", "-H", "X-Empty;", "-A", "me", "-d", "a=b", self.url("/x?y", port))
        head, _, body = self.servers.raw_seen(port)[0].partition(b"\r\n\r\n")
        self.assertEqual((len(head) + 4, len(body)),
                         (entry["request"]["headersSize"], entry["request"]["bodySize"]))
        seen = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")[1:]]
        self.assertEqual(seen, pairs(entry["request"]["headers"]))
        self.assertEqual((-1, -1), (entry["timings"]["ssl"], entry["response"]["headersSize"]))

    def test_reused(self):
        first, second = self.har("--sync", self.url("/posts/1"), self.url("/posts/2"))
        self.assertEqual(first["connection"], second["connection"])
        self.assertEqual((-1, -1, -1), tuple(second["timings"][name] for name in ("dns", "connect", "ssl")))
        self.assertEqual(first["serverIPAddress"], second["serverIPAddress"])
        self.assertLessEqual(first["startedDateTime"], second["startedDateTime"])

    def test_redirects(self):
        entries = self.har("-L", "-e", ";auto", "-d", "x=1", self.url("/redirect/2?to=/echo"))
        self.assertEqual([("POST", 302, 3), ("GET", 302, 0), ("GET", 200, 0)],
                         [(e["request"]["method"], e["response"]["status"], e["request"]["bodySize"]) for e in entries])
        for entry, following in zip(entries, entries[1:]):
            target = entry["response"]["redirectURL"]
            self.assertTrue(following["request"]["url"].endswith(target), target)
            self.assertLessEqual(entry["startedDateTime"], following["startedDateTime"])
        self.assertEqual(["postData" in e["request"] for e in entries], [True, False, False])
        self.assertEqual([list(pair) for pair in pairs(entries[2]["request"]["headers"])], self.ran.json["headers"])
        self.assertIn(("Referer", entries[1]["request"]["url"]), pairs(entries[2]["request"]["headers"]))
        self.assertAlmostEqual(sum(e["time"] for e in entries), self.ran[0]["t_total_us"] / 1000, 2)
        self.assertEqual(["after 1 redirects, 0 repeats", "after 2 redirects, 0 repeats"],
                         [e["comment"] for e in entries[1:]])

    def test_repeats(self):
        self.rules({"match": "^/echo", "times": 2, "status": 503})
        entries = self.har("--retry", "3", *QUICK, self.url("/echo"))
        self.assertEqual([503, 503, 200], [e["response"]["status"] for e in entries])
        self.assertTrue(all(e["timings"]["blocked"] > 0 for e in entries[1:]))   # the delay

    def test_repeat_without_answer(self):
        self.rules({"match": "^/echo", "times": 1, "reset": True})
        first, second = self.har("--retry", "1", *QUICK, "--retry-all-errors", self.url("/echo"))
        self.assertEqual((0, 200), (first["response"]["status"], second["response"]["status"]))
        self.assertIn("again", first["response"]["_error"])
        self.assertNotIn("_error", second["response"])

    def test_through_a_proxy(self):
        proxy = f"http://user:secret@localhost:{self.servers.proxies['tinyproxy_auth']}"
        plain, secure = self.har("-x", proxy, self.url("/echo", "http"), self.url("/echo"))
        self.assertEqual([200, 200], [plain["response"]["status"], secure["response"]["status"]])
        self.assertEqual(-1, plain["request"]["headersSize"])
        self.assertNotIn("secret", self.text)


class Bodies(Case):
    def post(self, *arguments):
        [entry] = self.har(*arguments, self.url("/echo"))
        return entry["request"]

    def test_sent(self):
        request = self.post("--json", '{"a": "ä"}')
        self.assertEqual(({"mimeType": "application/json", "text": '{"a": "ä"}'}, 11),
                         (request["postData"], request["bodySize"]))
        request = self.post("-d", "a" * 70000)
        self.assertEqual((70000, 65536), (request["bodySize"], len(request["postData"]["text"])))
        self.assertIn("65536", request["postData"]["comment"])
        (self.dir / "f").write_bytes(b"\0\1\2")
        request = self.post("--data-binary", "@f", "-H", "Content-Type: image/png")
        self.assertEqual((3, False), (request["bodySize"], "text" in request["postData"]))
        request = self.post("-T", "f")
        self.assertEqual((3, "files are not kept"), (request["bodySize"], request["postData"]["comment"]))
        request = self.post("-F", "a=b", "-F", "c=@f")
        self.assertEqual(("POST", "files are not kept"), (request["method"], request["postData"]["comment"]))
        self.assertIn("multipart/form-data; boundary=", request["postData"]["mimeType"])
        self.assertGreater(request["bodySize"], 100)
        [entry] = self.har("-T", "-", self.url("/echo"), input=b"abc")
        self.assertEqual(("PUT", -1), (entry["request"]["method"], entry["request"]["bodySize"]))

    def content(self, body, *head, arguments=(), code=0):
        head = "".join(f"{line}\r\n" for line in head)
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
        [entry] = self.har("-o", "body", *arguments, self.url("/", self.raw(answer)), code=code)
        return entry["response"]["content"]

    def test_text(self):
        kind = "Content-Type: text/plain; charset=utf-8"
        self.assertEqual("h\u00e4\n\"\\\u0001", self.content("hä\n\"\\\1".encode(), kind)["text"])
        self.assertEqual("h\u00e4", self.content(b"h\xe4", kind)["text"])       # not UTF-8
        for name in ("application/json", "application/ld+json", "image/svg+xml", "TEXT/HTML", "text/javascript"):
            self.assertEqual("x", self.content(b"x", f"Content-Type: {name}")["text"])

    def test_not_text(self):
        for head in (["Content-Type: image/png"], ["Content-Type: text/plain"], []):
            content = self.content(b"a\0b", *head)
            self.assertEqual((3, False, "not text"), (content["size"], "text" in content, content["comment"]))
            self.assertEqual(head[0][14:] if head else "x-unknown", content["mimeType"])
        self.assertNotIn("comment", self.content(b"", "Content-Type: text/plain"))

    def test_long(self):
        """A character on the limit is left out."""
        for shift in range(4):
            text = "x" * shift + "\U0001f600" * 17000
            content = self.content(text.encode(), "Content-Type: text/plain")
            self.assertEqual(len(text.encode()), content["size"])
            self.assertTrue(text.startswith(content["text"]))
            self.assertTrue(65532 < len(content["text"].encode()) <= 65536)

    def test_compressed(self):
        [entry] = self.har("--compressed", "-o", "body", self.url("/posts?_encode=gzip"))
        response, content = entry["response"], entry["response"]["content"]
        self.assertEqual((self.dir / "body").read_text(), content["text"])
        self.assertEqual(content["size"], response["bodySize"] + content["compression"])

    def test_head(self):
        [entry] = self.har("-I", self.url("/posts/1"))
        self.assertEqual(("HEAD", 0, 0), (entry["request"]["method"], entry["response"]["bodySize"],
                                          entry["response"]["content"]["size"]))


class Failures(Case):
    def failed(self, code, *arguments):
        [entry] = self.har(*arguments, code=code)
        self.assertEqual(self.ran[0]["message"], entry["response"]["_error"])
        return entry

    def test_no_answer(self):
        entry = self.failed(7, self.url("/", "refused"))
        response = entry["response"]
        self.assertEqual((0, "", "", [], -1), tuple(response[name] for name in (
            "status", "statusText", "httpVersion", "headers", "bodySize")))
        self.assertEqual({"size": 0, "mimeType": "x-unknown"}, response["content"])
        self.assertNotIn("serverIPAddress", entry)
        self.assertEqual([], entry["request"]["headers"])       # none were sent
        self.failed(60, self.url("/", "expired"))
        self.failed(6, "http://nowhere.invalid/")
        self.failed(52, self.url("/", self.raw("")))

    def test_half_an_answer(self):
        entry = self.failed(18, self.url("/posts/1?_cut=10"))
        self.assertEqual((200, 10), (entry["response"]["status"], entry["response"]["content"]["size"]))
        self.assertEqual(10, len(entry["response"]["content"]["text"]))
        self.failed(22, "-f", self.url("/status/404"))

    def test_after_a_redirect(self):
        first, second = self.har("-L", "-d", "x", self.url("/redirect/1?to=" + self.url("/", "https_rsa").replace(
            str(self.ports["https_rsa"]), str(self.ports["refused"]))), code=7)
        self.assertEqual(("POST", 302, "GET", 0), (first["request"]["method"], first["response"]["status"],
                                                   second["request"]["method"], second["response"]["status"]))
        self.assertNotIn("postData", second["request"])
        self.assertIn("_error", second["response"])

    def test_never_asked(self):
        """A malformed URL has no entry."""
        self.assertEqual([], self.har("http://a:hunter2@[/", code=3))
        self.assertNotIn("hunter2", self.text)

    def test_not_written(self):
        for path in ("none/a.har", "/"):
            ran = self.midge("--har", path, self.url("/posts/1"))
            self.assert_code(23, ran, "can't write the archive " + path)
            self.assert_one_line(ran)
        (self.dir / "a.har").write_text("old")
        self.assert_code(23, self.midge("--har", "a.har", "--fail-io", "file:2:ENOSPC", self.url("/posts/1")),
                         "No space left")
        self.assertEqual((["a.har"], "old"), (self.files(), (self.dir / "a.har").read_text()))

    def test_stdout(self):
        ran = self.midge("--har", "-", "-o", "/dev/null", self.url("/posts/1"))
        self.assertEqual(1, len(ran.json["log"]["entries"]))


class Secrets(Case):
    def test_hidden(self):
        """Credentials are never in the file."""
        port = self.raw("HTTP/1.1 302 x\r\nSet-Cookie: a=hunter2\r\nLocation: http://u:hunter2@localhost/\r\n"
                        "Content-Length: 0\r\n\r\n")
        [entry] = self.har("-H", "authorization: Basic hunter2", "-H", "Cookie: b=hunter2", "-H", "X-Api-Key: hunter2",
                           "-H", "Proxy-Authorization: hunter2", self.url("/", port))
        self.assertNotIn("hunter2", self.text)
        sent = dict(pairs(entry["request"]["headers"]))
        for name in ("authorization", "Cookie", "X-Api-Key", "Proxy-Authorization"):
            self.assertEqual("(hidden)", sent[name])
        self.assertEqual("http://localhost/", entry["response"]["redirectURL"])
        [entry] = self.har("--oauth2-bearer", "hunter2", self.url("/posts/1"))
        self.assertEqual("(hidden)", dict(pairs(entry["request"]["headers"]))["Authorization"])
        self.assertNotIn("hunter2", self.text)

    def test_login(self):
        """The challenge is an entry, and the answer to it."""
        for scheme, statuses in (("--basic", [200]), ("--digest", [401, 200])):
            entries = self.har(scheme, "-u", "me:secret", self.url(f"/auth/{scheme[2:]}"))
            self.assertEqual(statuses, [e["response"]["status"] for e in entries])
            self.assertEqual("(hidden)", dict(pairs(entries[-1]["request"]["headers"]))["Authorization"])
            self.assertNotIn("secret", self.text)
            self.assertNotIn("bWU6c2VjcmV0", self.text)

    def test_cookies_of_the_jar(self):
        first, second = self.har("--sync", "-b", "", self.url("/cookies?set=k%3Dv"), self.url("/cookies"))
        self.assertIn(("Set-Cookie", "(hidden)"), pairs(first["response"]["headers"]))
        self.assertNotIn("Cookie", dict(pairs(first["request"]["headers"])))
        self.assertIn(("Cookie", "(hidden)"), pairs(second["request"]["headers"]))


class Simulated(Case):
    def test_virtual_time(self):
        (self.dir / "world").write_text("""
latency 10
host api.example.com
  tls 443
  reply 443 /a
    status 302
    header "Location: /b"
    delay 500
  reply 443 /b
    header "Content-Type: text/plain"
    body "hi"
    delay 1000
""")
        runs = []
        for _ in range(2):
            entries = self.har("-s", "-L", "--sim", "world", "https://api.example.com/a", ca=False)
            self.assertEqual([302, 200], [e["response"]["status"] for e in entries])
            self.assertTrue(500 <= entries[0]["timings"]["wait"] < 600 and 1000 <= entries[1]["timings"]["wait"] < 1100)
            runs.append([{**e, "timings": None, "time": None} for e in entries])
        self.assertEqual(*runs)


class Validated(Case):
    def test_by_the_validator(self):
        if not has_validator():
            self.skipTest("no node, or no har-validator (Debian's node-har-validator)")
        self.rules({"match": "^/posts/3", "times": 1, "status": 503})
        self.har("-L", "--compressed", "--retry", "1", *QUICK, "-d", "a=b", self.url("/redirect/2?to=/echo"),
                 self.url("/", "refused"), self.url("/", "expired"), self.url("/posts/3"), self.url("/posts/1?_cut=9"),
                 self.url("/bytes/100000"), self.url("/posts?_encode=gzip&q=%22"), code=7)
        self.validate(0, self.text)
        self.validate(1, self.text.replace('"startedDateTime"', '"started"'))      # the validator looks
        self.validate(1, re.sub(r'"queryString":\[[^]]*\],', "", self.text))

    def validate(self, code, text):
        done = subprocess.run(["node", "-e", VALIDATE], input=text.encode(), capture_output=True, env=NODE, timeout=60)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
