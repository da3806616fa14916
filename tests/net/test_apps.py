#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs of boards/apps, run as `midge app NAME` against the local API server."""
import base64
import hashlib
import pathlib
import re
import signal
import unittest
import unittest.mock
import urllib.parse

import midge_test
from midge_test import Case

PROMPTS = ["robot dog in a lab", "robot dog exploring the city", "robot dog watching the sunset"]
NAMES = [f"robot_dog_journey_{number}.jpg" for number in (1, 2, 3)]
SLOWLY = {"bytes": 1, "interval": 1}    # until the client goes
CLASSES = ("API", "network", "TLS", "JSON", "file", "other")
TIMES = re.compile(r"^(\w+): (\d+\.\d\d) s one after another, (\d+\.\d\d) s all at once, "
                   r"(?:ratio (\d+\.\d)|no ratio: not all was done)$", re.MULTILINE)
BOTH = ("one after another", "all at once")


class Apps(Case):
    def app(self, name, *arguments, api=None, ca=True, **settings):
        """midge app NAME --api API --cacert OURS …"""
        trust = ["--cacert", self.ca] if ca else []
        return self.midge("app", name, "--api", api or self.url(""), *trust, *arguments,
                          report=False, ca=False, **settings)

    def failures(self, ran):
        """{number: (class, text)} of the lines that name an item."""
        found = re.findall(r"^\w+: \w+ (\d+): (\w+) error: (.*)$", ran.text, re.MULTILINE)
        self.assertEqual(len(found), ran.text.count("\n"), ran)
        for _, error_class, _ in found:
            self.assertIn(error_class, CLASSES)
        return {int(number): (error_class, text) for number, error_class, text in found}

    def assert_failed(self, ran, number, error_class, *words):
        self.assertEqual(1, ran.code, ran)
        failures = self.failures(ran)
        self.assertIn(number, failures, ran)
        self.assertEqual(error_class, failures[number][0], ran)
        for word in words:
            self.assertIn(word, failures[number][1])

    def served(self, path):
        """What the server gives there, as JSON or bytes of the body."""
        target = self.dir / "served"
        ran = self.midge("-o", target, self.url(path))
        self.assertEqual(0, ran.code, ran)
        return target.read_bytes()

    def wait_for_request(self, process, match="."):
        """Until the server was asked for such a path."""
        while not any(re.search(match, path) for path in self.servers.ask("GET", "/stats")["requests"]):
            self.assertIsNone(process.poll(), "it has ended")

    def interrupt(self, process, number):
        """Ends it by the signal. What it wrote to standard error; the server has noticed when this returns."""
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        midge_test.until(lambda: self.servers.ask("GET", "/stats")["requests_now"] == 0,
                         "the server has noticed")
        self.assertEqual(1, process.returncode, err)
        return err

    def with_delay(self, match, seconds):
        self.rules({"match": match, "delay": seconds})


class Usage(Apps):
    def test_which_app(self):
        ran = self.midge("app", "nonsense", report=False, ca=False)
        self.assert_code(2, ran, "nonsense", "posts itunes images tour compare")
        self.assertEqual(2, self.midge("app", report=False, ca=False).code)

    def test_a_proxy_in_the_environment(self):
        bad = {"https_proxy": f"http://localhost:{self.ports['refused']}"}
        self.assert_code(1, self.app("posts", env=bad))
        self.assertEqual(0, self.app("posts", env={**bad, "no_proxy": "localhost"}).code)
        for name in ("tinyproxy", "squid_tls"):
            proxy = f"http{'s' if 'tls' in name else ''}://localhost:{self.servers.proxies[name]}"
            ran = self.app("posts", env={"https_proxy": proxy})
            self.assertEqual(0, ran.code, ran)
            self.assertIn(b"excepturi", ran.out)
        proxy = {"https_proxy": "http://u:secret@:1"}
        ran = self.app("posts", env=proxy)
        self.assert_code(2, ran, "https_proxy", "host[:port]")
        self.assertNotIn("secret", ran.text)
        self.assert_code(2, self.midge("app", "itunes", report=False, ca=False, env=proxy), "https_proxy")
        self.assertEqual(0, self.midge("app", "posts", "--help", report=False, ca=False, env=proxy).code)

    def test_help(self):
        for name in ("posts", "itunes", "images", "tour", "compare"):
            with self.subTest(name):
                ran = self.midge("app", name, "--help", report=False, ca=False)
                self.assertEqual((0, ""), (ran.code, ran.text))
                for option in (b"--api BASE_URL", b"--sync", b"--cacert FILE", b"--heap BYTES", b"--stats"):
                    self.assertIn(option, ran.out)
        ran = self.midge("app", "posts", "--help", report=False, ca=False)
        self.assertIn(b"[https://jsonplaceholder.typicode.com]", ran.out)

    def test_refused(self):
        for arguments in (["posts", "--nonsense"], ["posts", "--sync=1"], ["posts", "what"],
                          ["posts", "--api"], ["posts", "--api", "x"], ["posts", "--api", "ftp://x"],
                          ["itunes", "--api=https://x/?y"], ["images", "--limit", "x"], ["images", "--limit", "-1"],
                          ["images", "--limit", "99999999999"], ["posts", "--heap", "64K"]):
            with self.subTest(arguments):
                ran = self.midge("app", *arguments, report=False, ca=False, env={"OPENAI_API_KEY": "k"})
                self.assert_code(2, ran)
                self.assertEqual(1, ran.text.count("\n"), ran)
                self.assertEqual(b"", ran.out)

    def test_the_key_is_missing(self):
        for key in (None, ""):
            ran = self.app("images", env={"OPENAI_API_KEY": key})
            self.assert_code(2, ran, "OPENAI_API_KEY")

    def test_ca_file(self):
        ran = self.app("posts", "--cacert", self.dir / "none.pem", ca=False)
        self.assert_code(1, ran, "none.pem")
        ran = self.app("posts", api=self.url("", "untrusted"))
        self.assert_failed(ran, 1, "TLS")
        self.assert_failed(ran, 3, "TLS")

    def test_too_small_a_block(self):
        ran = self.app("posts", "--heap", "1000")
        self.assert_code(1, ran, "too small", "needed at least")
        least = re.search(r"(\d+) are needed", ran.text)[1]
        self.assertGreater(int(least), 1000)

    def test_nobody_there(self):
        ran = self.app("posts", api=self.url("", "refused"))
        for number in (1, 2, 3):
            self.assert_failed(ran, number, "network", "connect")


class LeastBlock(Apps):
    """In the least block that a client opens in, and a little more: items wait for each other, none fails."""

    def test_each_program(self):
        programs = [midge_test.BIN + ending for ending in ("", "-small", "-tiny")]
        many = [f"Artist {number}" for number in range(30)]
        url = self.url("/posts/1", "https_tls12")
        for program in filter(lambda path: pathlib.Path(path).exists(), programs):
            with unittest.mock.patch.object(midge_test, "BIN", program):
                least = int(re.search(r"(\d+) are needed", self.app("posts", "--heap", "1000").text)[1])
                for more in (0, 3000):
                    for words in (["posts"], ["itunes", *many], ["tour"], ["compare"], ["images"],
                                  ["images", "--model", "dall-e-2"], ["fetch", "--times", "60", url]):
                        with self.subTest(f"{pathlib.Path(program).name} +{more} {words[0]}"):
                            ran = self.app(*words, "--heap", str(least + more), api=self.url("", "https_tls12"),
                                           env={"OPENAI_API_KEY": "key"})
                            self.assertEqual((0, ""), (ran.code, ran.text), ran)


class Posts(Apps):
    def assert_shown(self, ran, *numbers, runs=BOTH):
        """These posts in each run, and its time behind them."""
        text = ""
        for words in runs:
            for number in numbers:
                post = midge_test.json.loads(self.served(f"/posts/{number}"))
                text += f"Title: {post['title']}\nBody: {post['body']}\n"
            text += f"3 posts in # s, {words}\n"
        self.assertEqual(text, re.sub(r"\d+\.\d\d s", "# s", ran.out.decode()))

    def test_three(self):
        ran = self.app("posts")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        self.assert_shown(ran, 1, 2, 3)
        ran = self.app("posts", "--sync")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        self.assert_shown(ran, 1, 2, 3, runs=BOTH[:1])

    def test_slash_at_the_base(self):
        ran = self.app("posts", api=self.url("/"))
        self.assertEqual(0, ran.code, ran)

    def test_one_fails(self):
        self.rules({"match": "^/posts/2", "status": 500})
        for mode, runs in (([], BOTH), (["--sync"], BOTH[:1])):
            ran = self.app("posts", *mode)
            self.assert_failed(ran, 2, "API", "500 Server Error: Internal Server Error for url: "
                               + self.url("/posts/2"))
            self.assertEqual([2], list(self.failures(ran)))
            self.assertEqual(len(runs), ran.text.count("\n"))
            self.assert_shown(ran, 1, 3, runs=runs)

    def test_each_class(self):
        deep = "[" * 50 + "]" * 50
        faults = {
            "JSON, cut short": ({"malformed_json": True}, "JSON", "at byte"),
            "JSON, too deep": ({"body": deep}, "JSON", "too deep"),
            "no JSON": ({"body": "<html>"}, "JSON", "at byte 0"),
            "nothing": ({"body": ""}, "JSON", "at byte 0"),
            "too long": ({"body": "x" * 10000}, "other", "exceeds"),
            "cut": ({"cut": 20}, "network", "/posts/2"),
            "cut in order": ({"cut": 20, "end": "close_notify"}, "network", "/posts/2"),
            "reset": ({"reset": True}, "network", "/posts/2"),
            "404": ({"status": 404}, "API", "404 Client Error: Not Found for url:"),
            "429": ({"retry_after": 7}, "API", "Retry-After: 7 s"),
            "no 2xx": ({"status": 304}, "API", "304 Not Modified"),
        }
        for name, (fault, error_class, words) in faults.items():
            with self.subTest(name):
                self.servers.ask("DELETE", "/rules")
                self.rules({"match": "^/posts/2", **fault})
                ran = self.app("posts")
                self.assert_failed(ran, 2, error_class, words)
                self.assertEqual(1, len(self.failures(ran)), ran)
                self.assert_shown(ran, 1, 3)

    def test_what_is_no_post(self):
        for body in ("[]", "{}", '{"title": 1, "body": null}', "17", "null"):
            with self.subTest(body):
                self.servers.ask("DELETE", "/rules")
                self.rules({"match": "^/posts/2", "body": body})
                ran = self.app("posts")
                self.assertEqual(0, ran.code, ran)
                self.assertEqual(2, ran.out.count(b"\nTitle: No Title\nBody: No Body\n"), ran)

    def test_a_server_cannot_drive_the_terminal(self):
        self.rules({"match": "^/posts/2", "body": '{"title": "a\\u001b[31mb\\rc\\nTitle: x", "body": "d\\u0007"}'})
        ran = self.app("posts")
        self.assertIn(b"Title: a?[31mb?c?Title: x\nBody: d?\n", ran.out)
        self.assertNotRegex(ran.out, rb"[\x00-\x09\x0b-\x1f\x7f]")

    def test_times(self):
        self.with_delay("^/posts/", 0.4)
        ran = self.app("posts")
        self.assertEqual(0, ran.code, ran)
        sync, concurrent = (float(re.search(rf"in (\d+\.\d\d) s, {words}\n", ran.out.decode())[1])
                            for words in BOTH)
        self.assertGreaterEqual(sync, 1.2)
        self.assertLess(concurrent, sync)

    def test_small_block(self):
        """As small as it may be: requests wait for each other."""
        least = re.search(r"(\d+) are needed", self.app("posts", "--heap", "1000").text)[1]
        ran = self.app("posts", "--stats", "--heap", str(int(least) + 32768))
        self.assertEqual(0, ran.code, ran)
        peaks = re.findall(r"(\d+) of (\d+) bytes at most", ran.text)
        self.assertEqual(2, len(peaks))     # each run has a client of its own
        for used, size in peaks:
            self.assertLessEqual(int(used), int(size))
        self.assert_shown(ran, 1, 2, 3)


class Itunes(Apps):
    def test_default_artists(self):
        ran = self.app("itunes")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        text = ran.out.decode()
        self.assertEqual(["The Beatles", "Pink Floyd", "Led Zeppelin", "Queen", "The Rolling Stones"],
                         re.findall(r"^([A-Z].*)$", text, re.MULTILINE))
        self.assertEqual(5, len(re.findall(r"albums, \d+ of other artists left out", text)))
        self.assertIn("5 searches in ", text)

    def test_filter(self):
        ran = self.app("itunes", "Nina Simone", "Björk", "AC/DC & friends?")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        blocks = dict(re.findall(r"^(\S.*)\n((?:    .*\n)+)", ran.out.decode(), re.MULTILINE))
        for artist in ("Nina Simone", "Björk", "AC/DC & friends?"):
            query = urllib.parse.urlencode({"term": artist, "entity": "album", "limit": 5, "sort": "recent"})
            results = midge_test.json.loads(self.served("/search?" + query))["results"]
            mine = [one for one in results if one["artistName"] == artist]
            lines = [f"    {one['releaseDate'][:10]}  {one['collectionName']}" for one in mine]
            lines.append(f"    {len(mine)} albums, {len(results) - len(mine)} of other artists left out")
            self.assertEqual(lines, blocks[artist].splitlines())
            self.assertTrue(mine)

    def test_the_very_name(self):
        names = ["Queen", "queen", "QUEEN", "Queens", "Quee", "Queen ", 1, None]
        results = [{"artistName": name, "collectionName": f"album {at}", "releaseDate": "2024-01-01T00:00:00Z"}
                   for at, name in enumerate(names)]
        self.rules({"match": "^/search", "body": {"results": results}})
        for options, kept in (([], (0,)), (["--ignore-case"], (0, 1, 2))):
            for artist in ("Queen", "queen"):
                ran = self.app("itunes", artist, *options)
                albums = [f"album {at if options or artist == 'Queen' else 1}" for at in kept]
                self.assertEqual(albums, re.findall(r"album \d", ran.out.decode()), ran)
                self.assertIn(f"{len(kept)} albums, {len(names) - len(kept)} of other artists", ran.out.decode())

    def test_one_fails(self):
        self.rules({"match": "term=Nina", "status": 503}, {"match": "term=Miles", "body": "{}"})
        ran = self.app("itunes", "Nina Simone", "Bach", "Miles")
        self.assert_failed(ran, 1, "API", "503 Server Error: Service Unavailable")
        self.assert_failed(ran, 3, "JSON", "no results")
        self.assertIn(b"\n    ", ran.out)
        self.assertEqual(2, len(self.failures(ran)))

    def test_long_name(self):
        ran = self.app("itunes", "x" * 1000, "Bach")
        self.assert_failed(ran, 1, "other", "too long")
        self.assertIn(b"Bach\n", ran.out)


class Images(Apps):
    def images(self, *arguments, key="key", **settings):
        return self.app("images", *arguments, env={"OPENAI_API_KEY": key}, **settings)

    def pictures(self):
        """The files that there are, which must be the server's."""
        for path in self.dir.iterdir():
            self.assertRegex(path.name, r"^robot_dog_journey_\d+\.jpg$|^\.report$|^prompts")
        return {path.name: path.read_bytes() for path in self.dir.glob("*.jpg")}

    def old(self, *arguments, **settings):
        """By the lesson's own request, that is answered with a URL."""
        return self.images("--model", "dall-e-2", "--size", "256x256", *arguments, **settings)

    def assert_whole(self, pictures, prompts, query=".jpg?size=1024x1024"):
        """Byte for byte what the server has for these prompts ({name: prompt})."""
        self.assertEqual(sorted(prompts), sorted(pictures))
        for name, prompt in prompts.items():
            slug = prompt.replace(" ", "-") + "-" + hashlib.sha256(f"{prompt} 0".encode()).hexdigest()[:8]
            self.assertEqual(self.served(f"/img/{slug}{query}"), pictures[name], name)
        (self.dir / "served").unlink(missing_ok=True)

    def posts(self):
        """How often the API was asked since the reset: each time is paid for."""
        return self.servers.ask("GET", "/stats")["requests"].get("/v1/images/generations", 0)

    def answer(self, data, **more):
        """A server that answers each POST with this JSON (or text), as it is."""
        body = (data if isinstance(data, str) else midge_test.json.dumps(data)).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in more.pop("headers", {}).items())
        status = more.pop("status", "200 OK")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
        return f"http://localhost:{self.raw(head + body, **more)}"

    def one(self, data, *arguments, **more):
        """The program's run for one prompt that is answered so."""
        (self.dir / "prompts").write_text("cat\n")
        return self.images("--prompts", "prompts", *arguments, api=self.answer(data, **more))

    def setUp(self):
        super().setUp()
        self.servers.ask("POST", "/stats/reset")

    def test_three(self):
        for mode in ([], ["--sync"], ["--limit", "1"], ["--limit", "2"]):
            with self.subTest(mode):
                ran = self.images(*mode)
                self.assertEqual((0, ""), (ran.code, ran.text), ran)
                self.assert_whole(self.pictures(), dict(zip(NAMES, PROMPTS)))
                self.assertIn(b"3 prompts in ", ran.out)
                ran = self.old(*mode)
                self.assertEqual((0, ""), (ran.code, ran.text), ran)
                self.assert_whole(self.pictures(), dict(zip(NAMES, PROMPTS)), ".png?size=256x256")

    def test_request(self):
        ran = self.images(key="sk-123")
        self.assertEqual(0, ran.code, ran)
        answer = midge_test.json.dumps({"data": [{"url": self.url("/img/x.png", "http")}]})
        port = self.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n{answer}")
        (self.dir / "prompts").write_text('say "hi"\\\n')
        ran = self.images("--prompts", "prompts", api=f"http://localhost:{port}", key="sk-123")
        self.assertEqual(0, ran.code, ran)
        head, _, body = self.servers.raw_seen(port)[0].partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"POST /v1/images/generations HTTP/1.1\r\n"))
        self.assertIn(b"authorization: bearer sk-123", head.lower())
        self.assertIn(b"content-type: application/json", head.lower())
        asked = {"model": "gpt-image-1", "prompt": 'say "hi"\\', "n": 1, "size": "1024x1024", "output_format": "jpeg"}
        self.assertEqual(asked, midge_test.json.loads(body))
        self.old("--prompts", "prompts", api=f"http://localhost:{port}")
        asked = {"model": "dall-e-2", "prompt": 'say "hi"\\', "n": 1, "size": "256x256"}
        self.assertEqual(asked, midge_test.json.loads(self.servers.raw_seen(port)[1].partition(b"\r\n\r\n")[2]))

    def test_each_fails_in_its_own_way(self):
        (self.dir / "prompts").write_text("\n".join(["a red cat", *PROMPTS, "a blue cat", ""]))
        self.rules({"match": "^/v1/images.*\n.*in a lab", "status": 401,
                    "body": {"error": {"message": "Incorrect API key provided."}}},
                   {"match": "^/v1/images.*\n.*exploring", "status": 429, "retry_after": 20},
                   {"match": "^/img/robot-dog-watching", "cut": 5000})
        ran = self.old("--prompts", "prompts")
        self.assert_failed(ran, 2, "API", "401 Client Error: Unauthorized for url: "
                           + self.url("/v1/images/generations"), "Incorrect API key provided.")
        self.assert_failed(ran, 3, "API", "429 Client Error: Too Many Requests for url: ",
                           "Retry-After: 20 s")
        self.assert_failed(ran, 4, "network", "5000 bytes received", "/img/robot-dog-watching")
        self.assertEqual(3, len(self.failures(ran)))
        self.assert_whole(self.pictures(), {"robot_dog_journey_1.jpg": "a red cat",
                                            "robot_dog_journey_5.jpg": "a blue cat"}, ".png?size=256x256")

    def test_redirects_and_refusals_for_now(self):
        """Fifty prompts; each POST and picture behind a redirect, some refused for now: all whole,
        and nothing that was answered is asked again."""
        prompts = [f"robot dog number {number}" for number in range(1, 51)]
        (self.dir / "prompts").write_text("\n".join(prompts))
        again = {"Location": "/again{path}"}
        self.rules({"match": "^/again/v1/images", "status": 429, "retry_after": 1, "times": 10},
                   {"match": "^/again/img/", "status": 503, "retry_after": 1, "times": 5},
                   {"match": "^/again/img/", "cut": 1000, "times": 3},
                   {"match": "^/v1/images", "status": 307, "headers": again},
                   {"match": "^/img/", "status": 302, "headers": again})
        self.servers.ask("POST", "/stats/reset")
        ran = self.old("--prompts", "prompts", "--limit", "8")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        asked = self.servers.ask("GET", "/stats")["requests"]
        self.servers.ask("DELETE", "/rules")
        self.assert_whole(self.pictures(), {f"robot_dog_journey_{number}.jpg": prompt
                                            for number, prompt in enumerate(prompts, 1)}, ".png?size=256x256")
        self.assertEqual(60, asked["/again/v1/images/generations"])
        self.assertEqual(58, sum(n for path, n in asked.items() if path.startswith("/again/img/")))

    def test_no_retries(self):
        self.rules({"match": "^/v1/images", "status": 429, "retry_after": 1, "times": 1})
        self.servers.ask("POST", "/stats/reset")
        ran = self.images("--retries", "0")
        self.assertEqual((1, 2), (ran.code, len(self.pictures())), ran)
        self.assertEqual(3, self.servers.ask("GET", "/stats")["requests"]["/v1/images/generations"])

    def test_a_refusal_that_stays(self):
        """The last answer is the one that is told; a wait that is too long is not begun."""
        self.rules({"match": "in a lab", "status": 429}, {"match": "exploring", "retry_after": 16})
        self.servers.ask("POST", "/stats/reset")
        ran = self.images()
        self.assert_failed(ran, 1, "API", "429 Client Error: Too Many Requests for url: ")
        self.assert_failed(ran, 2, "API", "Retry-After: 16 s")
        self.assertEqual(4 + 1 + 1, self.servers.ask("GET", "/stats")["requests"]["/v1/images/generations"])

    def test_a_bad_key(self):
        ran = self.images(key="bad")
        for number in (1, 2, 3):
            self.assert_failed(ran, number, "API", "401 Client Error: Unauthorized", "Incorrect API key")
        self.assertEqual({}, self.pictures())

    def test_what_is_no_picture(self):
        faults = {"404": ({"match": "^/img/robot-dog-in", "status": 404}, "API", "404 Client Error"),
                  "302": ({"match": "^/img/robot-dog-in", "status": 302}, "API", "302 Found"),
                  "reset": ({"match": "^/img/robot-dog-in", "reset": True}, "network", "/img/"),
                  "no url": ({"match": "in a lab", "body": {"data": []}}, "JSON", "no data[0].url"),
                  "bad url": ({"match": "in a lab", "body": {"data": [{"url": "ftp://x/"}]}}, "other", "ftp"),
                  "malformed": ({"match": "in a lab", "malformed_json": True}, "JSON", "malformed"),
                  "too deep": ({"match": "in a lab", "body": "[" * 99 + "]" * 99}, "JSON", "deep")}
        for name, (rule, error_class, words) in faults.items():
            with self.subTest(name):
                self.servers.ask("DELETE", "/rules")
                self.rules(rule)
                for path in self.dir.glob("*.jpg"):
                    path.unlink()
                ran = self.old()
                self.assert_failed(ran, 1, error_class, words)
                self.assertEqual(1, len(self.failures(ran)), ran)
                self.assertEqual(NAMES[1:], sorted(self.pictures()))

    def test_an_old_file_survives_a_failure(self):
        (self.dir / NAMES[2]).write_bytes(b"old")
        self.rules({"match": "^/img/robot-dog-watching", "cut": 100})
        self.assertEqual(1, self.old().code)
        self.assertEqual(b"old", (self.dir / NAMES[2]).read_bytes())

    def test_output_dir(self):
        there = self.dir / "there"
        ran = self.images("--output-dir", there)
        for number in (1, 2, 3):
            self.assert_failed(ran, number, "file", str(there), "No such file or directory")
        self.assertEqual(0, self.posts())   # nothing was paid for
        there.mkdir()
        self.assertEqual(0, self.images("--output-dir", there).code)
        self.assertEqual(NAMES, sorted(path.name for path in there.iterdir()))

    def test_limit(self):
        (self.dir / "prompts").write_text("".join(f"cat {number}\r\n\r\n" for number in range(8)))
        self.with_delay("^/v1/images", 0.8)   # longer than all handshakes
        for limit, most in (("2", 2), ("0", 8)):
            self.servers.ask("POST", "/stats/reset")
            ran = self.images("--prompts", "prompts", f"--limit={limit}")
            self.assertEqual(0, ran.code, ran)
            self.assertEqual(most, self.servers.ask("GET", "/stats")["requests_max"])
        self.assertEqual(8, len(self.pictures()))

    def test_prompts_file(self):
        for name, text in (("none", None), ("empty", ""), ("blank", "\n \r\n\t\n"), ("long", "x" * 100000),
                           ("nul", "cat\nd\0g\n"), ("utf16", "cat".encode("utf-16").decode("latin-1"))):
            with self.subTest(name):
                if text is not None:
                    (self.dir / f"prompts-{name}").write_text(text, "latin-1")
                ran = self.images("--prompts", f"prompts-{name}")
                self.assert_code(1, ran, "file error", f"prompts-{name}")
                self.assertEqual(1, ran.text.count("\n"), ran)
        self.assertEqual(0, self.posts())
        (self.dir / "prompts-one").write_text("one \u201ccat\u201d\tand no newline")
        self.assertEqual(0, self.images("--prompts", "prompts-one").code)
        self.assertEqual([NAMES[0]], sorted(self.pictures()))

    PROMPTS_TEXT = b"\xef\xbb\xbfcat 1\r\n\r\n  \ncat 2\rcat 3 \xc3\xa9\ncat 4"

    def test_lines(self):
        """A byte order mark, each kind of line end, lines without text."""
        (self.dir / "prompts").write_bytes(self.PROMPTS_TEXT)
        for arguments in (["prompts"], ["-"]):
            ran = self.images("--sync", "--prompts", *arguments, input=self.PROMPTS_TEXT)
            self.assertEqual((0, ""), (ran.code, ran.text), ran)
            self.assertEqual(["cat 1", "cat 2", "cat 3 \u00e9", "cat 4"],
                             re.findall(r'bytes for "(.*)"', ran.out.decode()))

    def test_standard_input_is_no_text(self):
        for text in (b"", b"\n\n", b"cat\na\0b\n", b"cat\n" + b"x" * 40000, b"cat\n" * 200000):
            ran = self.images("--prompts", "-", input=text)
            self.assert_code(1, ran, "images: file error: -: ")
            self.assertEqual(1, ran.text.count("\n"), ran)
        self.assertEqual(0, self.posts())

    def test_many_prompts_in_a_small_block(self):
        """Many more than fit at once: each waits for its turn, and is paid for once."""
        text = "".join(f"cat number {number}\n" for number in range(1, 51))
        (self.dir / "prompts").write_text(text)
        expected = {f"robot_dog_journey_{number}.jpg": f"cat number {number}" for number in range(1, 51)}
        for program in self.programs():
            for ask in (self.images, self.old):
                with self.subTest(f"{program} {ask.__name__}"), unittest.mock.patch.object(midge_test, "BIN", program):
                    self.servers.ask("POST", "/stats/reset")
                    ran = ask("--prompts", "prompts", *self.small_block(), api=self.url("", "https_tls12"))
                    self.assertEqual((0, ""), (ran.code, ran.text), ran)
                    self.assertEqual(50, self.posts())
                    self.assertEqual(sorted(expected), sorted(self.pictures()))

    def programs(self):
        """Those of the profiles that were built."""
        paths = [midge_test.BIN + ending for ending in ("", "-small", "-tiny")]
        return [path for path in paths if pathlib.Path(path).exists()]

    def small_block(self):
        """64 KB, where that is enough for the profile (of which a 64-bit machine needs more)."""
        needed = re.search(r"(\d+) are needed", self.app("posts", "--heap", "1000").text)
        return ["--heap", str(max(65536, int(needed[1]) + 4096))]

    def test_few_open_files(self):
        """Pictures wait until files are closed; nothing that was paid for is lost."""
        (self.dir / "prompts").write_text("".join(f"cat {number}\n" for number in range(30)))
        for ask in (self.images, self.old):
            self.servers.ask("POST", "/stats/reset")
            command = ["sh", "-c", 'ulimit -n 24; exec "$@"', "sh", midge_test.BIN, "app", "images", "--api",
                       self.url(""), "--cacert", self.ca, "--prompts", "prompts", "--limit", "0"]
            if ask == self.old:
                command += ["--model", "dall-e-2", "--size", "64x64"]
            done = midge_test.subprocess.run(command, cwd=self.dir, capture_output=True, timeout=60,
                                             env=midge_test.environment(OPENAI_API_KEY="key"))
            self.assertEqual((0, b""), (done.returncode, done.stderr))
            self.assertEqual((30, 30), (len(self.pictures()), self.posts()))

    # ---- the picture in the answer

    def base64_of(self, picture):
        return base64.b64encode(picture).decode()

    def test_keys_in_any_order(self):
        picture = bytes(range(256)) * 3
        text, url = self.base64_of(picture), self.url("/bytes/1000", "http")
        other = self.served("/bytes/1000")
        (self.dir / "served").unlink()
        for item, expected in (({"b64_json": text}, picture), ({"url": url}, other),
                               ({"b64_json": text, "url": None}, picture), ({"url": None, "b64_json": text}, picture),
                               ({"b64_json": None, "url": url}, other), ({"url": url, "b64_json": ""}, other),
                               ({"url": url, "b64_json": text}, picture), ({"b64_json": text, "url": url}, picture),
                               ({"revised_prompt": "x", "b64_json": text, "z": {"b64_json": 1}}, picture)):
            for data in ({"data": [item, {"b64_json": "%%%"}]}, {"usage": {"x": [1]}, "data": [item], "created": 1}):
                with self.subTest(str(data)[:60]):
                    ran = self.one(data)
                    self.assertEqual((0, ""), (ran.code, ran.text), ran)
                    self.assertEqual({NAMES[0]: expected}, self.pictures())

    def test_escapes(self):
        """JSON's: base64 has a slash, which may be escaped (RFC 8259 7), as anything may."""
        picture = b"\xff\xff\xfe" * 200
        text = self.base64_of(picture)
        for written in (text.replace("/", "\\/"), "".join(f"\\u{ord(c):04x}" for c in text)):
            ran = self.one('{"data":[{"b64_json":"' + written + '"}]}')
            self.assertEqual((0, ""), (ran.code, ran.text), ran)
            self.assertEqual({NAMES[0]: picture}, self.pictures())

    def test_what_is_no_base64(self):
        good = self.base64_of(bytes(300))
        for name, text in (("URL-safe", good + "-_8="), ("no padding", good + "Zg"), ("half", good + "Z"),
                           ("too much padding", good + "Zg==="), ("behind padding", good + "Zg==Zg=="),
                           ("bits", good + "Zh=="), ("newline", good + "\nZm9v"), ("blank", good + " "),
                           ("data URL", "data:image/png;base64," + good), ("no", "<html>"), ("\u00e9", good + "\u00e9")):
            with self.subTest(name):
                ran = self.one({"data": [{"b64_json": text}]})
                self.assert_failed(ran, 1, "JSON", "data[0].b64_json is no base64 at character ")
                self.assertEqual({}, self.pictures())
                self.assertEqual(1, len(self.failures(ran)))

    def test_an_answer_that_is_not_whole(self):
        text = self.base64_of(bytes(3000))
        whole = midge_test.json.dumps({"data": [{"b64_json": text}]})
        for name, data, error_class, more in (
                ("no end of the document", whole[:-1], "JSON", {}), ("in the string", whole[:2000], "JSON", {}),
                ("more behind it", whole + "x", "JSON", {}), ("cut", whole, "network", {"cut": 2000}),
                ("cut at the end", whole, "network", {"cut": 4000})):
            with self.subTest(name):
                ran = self.one(data, **more)
                self.assert_failed(ran, 1, error_class)
                self.assertEqual({}, self.pictures())

    def test_a_large_picture_in_a_small_block(self):
        """1.5 MB of base64 through 64 KB."""
        picture = bytes(range(256)) * 4400
        (self.dir / "prompts").write_text("cat\nblue cat\n")
        self.rules({"match": "^/v1/images", "body": {"data": [{"b64_json": self.base64_of(picture)}]}})
        for program in self.programs():
            with unittest.mock.patch.object(midge_test, "BIN", program):
                ran = self.images("--prompts", "prompts", *self.small_block(), api=self.url("", "https_tls12"))
            self.assertEqual((0, ""), (ran.code, ran.text), ran)
            self.assertEqual({NAMES[0]: picture, NAMES[1]: picture}, self.pictures())

    # ---- what an API says

    def test_messages(self):
        html = "<html>\r\n<head><title>502 Bad\r\n Gateway</title></head>\r\n<body>x</body></html>"
        for body, says in (({"error": {"message": "no", "type": "x"}}, "no"), ({"error": "no"}, "no"),
                           ({"message": "no"}, "no"), ({"detail": "no"}, "no"), ({"detail": [{"msg": "no"}]}, "no"),
                           ({"errors": [{"message": "no"}]}, "no"), ({"errorMessage": "no"}, "no"),
                           ({"error": "bad_grant", "error_description": "no"}, "no"),
                           ({"error": {"type": "x", "message": "long " * 300}}, "long long long"),
                           (html, "502 Bad Gateway"), ("<p>no <b>way</b></p>", "no way"), ("  no\n way\n", "no way"),
                           ('{"error": {"message": "' + "half " * 20, "half half")):
            with self.subTest(str(body)[:60]):
                ran = self.one(body, status="502 Bad Gateway")
                self.assert_failed(ran, 1, "API", "502 Server Error: Bad Gateway for url: ", "; it says: " + says)
        ran = self.one("", status="502 Bad Gateway")
        self.assertNotIn("it says", ran.text)

    def test_an_error_in_a_good_answer(self):
        ran = self.one({"error": {"message": "Your request was rejected."}})
        self.assert_failed(ran, 1, "API", "200 from", "it says: Your request was rejected.")
        ran = self.one({"data": [], "error": None})
        self.assert_failed(ran, 1, "JSON", "no data[0].url or data[0].b64_json")
        ran = self.one("<html><title>Sign in</title>")
        self.assert_failed(ran, 1, "JSON", "malformed", "it says: Sign in")

    def test_the_service_refuses_the_old_request(self):
        ran = self.images("--size", "256x256")
        self.assert_failed(ran, 1, "API", "400 Client Error", "Invalid value: '256x256'")

    def test_retry_after_is_a_date(self):
        """RFC 9110 10.2.3: relative to the answer's own Date, so no clock is needed."""
        for date, after, words in (
                ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT", "Retry-After: 60 s"),
                ("Thu, 28 Nov 2030 23:59:59 GMT", "Fri, 29 Nov 2030 00:00:01 GMT", "Retry-After: 2 s"),
                ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 09:49:37 GMT", "Retry-After: 3600 s"),
                ("Sun Nov  6 08:49:37 1994", "Mon Nov  7 08:49:37 1994", "Retry-After: 86400 s"),
                ("Sun, 06 Nov 1994 08:49:37 GMT", "17", "Retry-After: 17 s")):
            ran = self.one({}, status="429 Too Many Requests", headers={"Date": date, "Retry-After": after})
            self.assert_failed(ran, 1, "API", words)
        for after in ("Sun, 06 Nov 1994 08:49:36 GMT", "soon", "-1", "99 Nov 1994 00:00:00"):
            ran = self.one({}, status="429 Too Many Requests",
                           headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": after})
            self.assertNotIn("Retry-After", ran.text)

    def test_request_id(self):
        """For the API's support: the answer's own name for itself, with its error only."""
        ran = self.one({"error": "no"}, status="500 No", headers={"X-Request-Id": "req_1"})
        self.assert_failed(ran, 1, "API", "500 Server Error: Internal Server Error for url: ",
                           "/v1/images/generations; x-request-id: req_1; it says: no")
        ran = self.one({"error": "no"}, status="500 No", headers={"X-Request-Id": "r" * 100})
        self.assertNotIn("x-request-id", ran.text)

    def test_a_server_cannot_forge_lines(self):
        """Neither lines of the log, nor what a terminal obeys, nor text that runs the other way."""
        evil = "a\nimages: prompt 9: API error: x\r\x1b[2J\x07\u2028b\u2029c\u202ed\u2066e\u200ff\u061cg\u0085h\x9bi"
        for body in ({"error": {"message": evil}}, evil, f"<title>{evil}</title>", {"error": evil}):
            ran = self.one(body, status="400 Bad")
            self.assertEqual(1, ran.text.count("\n"), ran)
            self.assertNotRegex(ran.text, r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c]")
            self.assertRegex(ran.text, "it says: a.images")
        ran = self.images("--prompts", "prompts", api=f"http://localhost:{self.raw(self.NOT_UTF8)}")
        self.assertEqual(1, ran.text.count("\n"), ran)
        self.assertIn(b"it says: a????b??c\n", ran.err)
        ran = self.one({"data": [{"url": "http://localhost:1/\u202e\n\u001b[31mx"}]})
        self.assertNotRegex(ran.text.rstrip("\n"), "[\x00-\x1f\u202e]")

    NOT_UTF8 = b"HTTP/1.1 400 Bad\r\nContent-Length: 7\r\n\r\na\xff\xc0\x80\x9bb\xe2\x82c".replace(b"7", b"9", 1)

    # ---- signals

    def test_a_signal_leaves_nothing_behind(self):
        (self.dir / "prompts").write_text("cat\nblue cat\n")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for rule in ({"match": "^/v1/images", "drip": SLOWLY}, {"match": "^/img/", "drip": SLOWLY}):
                with self.subTest(f"{number} {rule['match']}"):
                    self.servers.ask("DELETE", "/rules")
                    self.servers.ask("POST", "/stats/reset")
                    self.rules(rule)
                    process = self.start("app", "images", "--api", self.url(""), "--cacert", self.ca, "--prompts",
                                         "prompts", "--model", "dall-e-2", "--size", "64x64", report=False, ca=False,
                                         env=midge_test.environment(OPENAI_API_KEY="key"))
                    self.wait_for_request(process, rule["match"])
                    self.assertEqual(b"midge: interrupted\n", self.interrupt(process, number))
                    self.assertEqual(["prompts"], sorted(path.name for path in self.dir.iterdir()))


class Interrupted(Apps):
    def test_each_program_ends_at_once(self):
        self.rules({"match": "^/", "drip": SLOWLY})
        for words in (["posts"], ["posts", "--sync"], ["itunes"], ["tour"], ["compare"], ["fetch", self.url("/posts")]):
            with self.subTest(words):
                self.servers.ask("POST", "/stats/reset")
                process = self.start("app", *words, "--api", self.url(""), "--cacert", self.ca, report=False, ca=False,
                                     env=midge_test.environment(OPENAI_API_KEY="key"))
                self.wait_for_request(process)
                self.assertEqual(b"midge: interrupted\n", self.interrupt(process, signal.SIGINT))
                self.assertEqual([], self.files())


class Tour(Apps):
    LINES = """
        1. coroutine: a function that can wait
           spawned
           hello
           world
        2. task: two of them at the same time
           fast: 100 ms
           slow: 200 ms
        3. gather: one wait for many
           1 squared is 1
           2 squared is 4
           3 squared is 9
        4. sleep: waiting stops no other
           while we slept, another task counted to 2 and beyond
        5. cleanup: on every path, also when canceled
           the task: canceled, cleaned up
           its caller: timed out
        6. streamed iteration: a body chunk by chunk
           a first chunk, then a pause
        7. many URLs at once
           200 {api}/posts/5: 
           5 pages in 
        8. catching an error
           caught a network error: 
           and the program goes on
        9. gather that returns errors
           a sleep: 
           a refused request: connection failed
           a sleep: 
        10. gather that fails fast
           the gather: connection failed
           a sleep: canceled
           a refused request: connection failed
           a sleep: canceled
        11. as completed: the first one first
           a sleep of 50 ms
           a sleep of 100 ms
           a sleep of 150 ms
        12. a log of errors
           ERROR 404 Client Error: Not Found for url: {api}/posts/0
           ERROR 401 Client Error: Unauthorized for url: {api}/v1/images/generations
           ERROR connection failed"""

    def assert_lines(self, text):
        """Each expected line begins a line of the text, in this order."""
        at = 0
        for line in self.LINES.format(api=self.url("")).split("\n")[1:]:
            found = text.find("\n" + line[8:], at)
            self.assertGreaterEqual(found, 0, f"{line!r} is not in {text[at:]}")
            at = found + 1

    def test_tour(self):
        for mode in ([], ["--sync"]):
            ran = self.app("tour", *mode)
            self.assertEqual((0, ""), (ran.code, ran.text), ran)
            self.assert_lines("\n" + ran.out.decode())

    def test_stream_is_whole(self):
        size = len(self.served("/posts"))
        self.assertIn(f"   {size} bytes in ", self.app("tour").out.decode())

    def test_a_failure_is_told(self):
        self.rules({"match": "^/posts/4", "status": 500}, {"match": "^/posts$", "reset": True})
        ran = self.app("tour")
        self.assert_failed(ran, 4, "API", "500 Server Error")
        self.assert_failed(ran, 1, "network")
        self.assertIn(b"12. a log of errors", ran.out)

    def test_without_server(self):
        ran = self.app("tour", api=self.url("", "refused"))
        self.assertEqual(1, ran.code, ran)
        self.assertIn(b"12. a log of errors", ran.out)


class Compare(Apps):
    def compare(self, *arguments, **settings):
        return self.app("compare", *arguments, **{"env": {"OPENAI_API_KEY": "key"}, **settings})

    def times(self, ran):
        """Seconds one after another, seconds at once, ratio (None: there is none)."""
        return {name: tuple(float(one) if one else None for one in times)
                for name, *times in TIMES.findall(ran.out.decode())}

    def test_ratio(self):
        self.with_delay("^/(posts|search|v1)", 0.3)
        ran = self.compare()
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        times = self.times(ran)
        self.assertEqual(["posts", "itunes", "images", "all"], list(times), ran)
        for name, (sync, concurrent, ratio) in times.items():
            self.assertGreater(sync / concurrent, 1.5, ran)
            self.assertAlmostEqual(ratio, sync / concurrent, delta=0.2)
        self.assertGreaterEqual(times["posts"][0], 0.9)
        self.assertGreaterEqual(times["itunes"][0], 1.5)
        self.assertTrue(ran.out.decode().splitlines()[-1].startswith("all: "))
        self.assertEqual([], self.files())

    def test_waterfall(self):
        self.with_delay("^/(posts|search|v1)", 0.2)
        ran = self.compare()
        rows = re.findall(r"^  +(\w+) +(\d) \|([.dcts#\- ]{48})\| \d+\.\d{3} s  $", ran.out.decode(),
                          re.MULTILINE)
        self.assertEqual({"post": 3, "artist": 5, "prompt": 3},
                         {what: sum(row[0] == what for row in rows) for what in ("post", "artist", "prompt")})
        for _, _, bar in rows:
            self.assertRegex(bar, r"^ *\.*d*c*\.*t*s*-*#* *$")
        self.assertTrue(all("---" in bar for what, _, bar in rows if what == "post"), ran)

    def test_kept_pictures(self):
        self.assertEqual(0, self.compare("--output-dir", ".").code)
        self.assertEqual(NAMES, self.files())

    def test_without_key(self):
        ran = self.compare(env={"OPENAI_API_KEY": None})
        self.assertEqual(0, ran.code, ran)      # the local server takes any
        self.assertIn("images", self.times(ran))

    def test_one_fails(self):
        self.rules({"match": "^/posts/2", "status": 500})
        ran = self.compare()
        self.assert_failed(ran, 2, "API", "500 Server Error")
        times = self.times(ran)
        self.assertEqual(["posts", "itunes", "images", "all"], list(times), ran)
        self.assertEqual([None, None], [times[name][2] for name in ("posts", "all")])
        self.assertNotIn(None, times["itunes"] + times["images"])

    def test_all_fail(self):
        ran = self.compare(api=self.url("", "refused"))
        self.assertEqual((1, 4), (ran.code, len(self.times(ran))), ran)
        self.assertNotIn(b", ratio ", ran.out)


if __name__ == "__main__":
    unittest.main()
