#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program chat of boards/apps, run as `midge app chat` against the local API server."""
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import termios
import unittest

import midge_test
from midge_test import Case

PATH = "/v1/chat/completions"
DONE = "data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def chunk(text=None, reason=None, **more):
    """One event of the stream."""
    delta = {} if text is None else {"content": text}
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more})


def event(value):
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def error(message):
    return event({"error": {"message": message, "type": "server_error"}})


class Chat(Case):
    def arguments(self, *words, api=None):
        return ["app", "chat", "--api", api or self.url(""), "--cacert", self.ca, *words]

    def chat(self, *words, api=None, key="key", **settings):
        return self.midge(*self.arguments(*words, api=api), report=False, ca=False,
                          env={"OPENAI_API_KEY": key}, **settings)

    def requests_now(self):
        return self.servers.ask("GET", "/stats")["requests_now"]

    def stream(self, *events, **rule):
        """The server's next answer."""
        self.rules({"match": "^/v1/chat", "body": "".join(events), "times": 1, **rule})

    def answers(self, *events, status=200, **fields):
        """The URL of a server that answers everything with these bytes and ends."""
        body = b"".join(one if isinstance(one, bytes) else one.encode() for one in events)
        head = HEAD.replace(b"200", str(status).encode()) + b"Content-Length: %d\r\n\r\n" % len(body)
        return self.url("", self.raw(head + body, **fields))

    def bodies(self, url):
        """The JSON of each request that such a server got."""
        seen = self.servers.raw_seen(int(url.rpartition(":")[2]))
        return [json.loads(one.partition(b"\r\n\r\n")[2]) for one in seen]

    def assert_said(self, code, ran, out, *words):
        self.assertEqual((code, out), (ran.code, ran.out.decode()), ran)
        for word in words:
            self.assertIn(word, ran.text, ran)
        if not words:
            self.assertEqual("", ran.text, ran)


class One(Chat):
    def test_answer(self):
        ran = self.chat("Hello, you")
        self.assertEqual(0, ran.code, ran)
        self.assertRegex(ran.out.decode(), r"^You said: “Hello, you”\. [a-z ]+\.\n$")
        self.assertEqual("", ran.text)

    def test_what_is_sent(self):
        url = self.answers(chunk("ok", "stop"), DONE)
        ran = self.chat("--model", "m\"1", "--system", "be\nbrief", "“why”\t?\\", api=url)
        self.assert_said(0, ran, "ok\n")
        self.assertEqual([{"model": "m\"1", "stream": True, "messages": [
            {"role": "system", "content": "be\nbrief"}, {"role": "user", "content": "“why”\t?\\"}]}],
            self.bodies(url))
        seen = self.servers.raw_seen(int(url.rpartition(":")[2]))[0]
        self.assertIn(b"POST /v1/chat/completions HTTP/1.1\r\n", seen)
        self.assertIn(b"Authorization: Bearer key\r\n", seen)

    def test_each_word_alone(self):
        """The next event is not sent before the word of the one before is there."""
        words = ["Wörter", " kommen", "\n", "einzeln", " 🐕"]
        body = "".join(map(chunk, words))
        self.stream(body, DONE, step=True, drip={"bytes": 1})
        process = self.start(*self.arguments("q"), report=False, ca=False,
                             env=midge_test.environment(OPENAI_API_KEY="key"))
        ends, at = {}, 0
        for word in words:
            at += len(chunk(word).encode())
            ends[at] = word
        seen, wanted = b"", b""
        for sent in range(1, len((body + DONE).encode()) + 1):
            if sent in ends:        # the byte that ends an event has been sent
                wanted += ends[sent].encode()
                while len(seen) < len(wanted):
                    seen += midge_test.read_some(process.stdout.fileno(), wanted)
                    seen.decode()   # whole characters only
                self.assertEqual(wanted, seen)
            self.servers.ask("POST", "/step")
        self.assertEqual(0, process.wait(midge_test.TIMEOUT))
        self.assertEqual(b"\n", process.stdout.read())

    def test_each_word_alone_through_gzip_and_a_proxy(self):
        """The server flushes each token; the next one is not sent before this one is there."""
        words = re.findall(r"\s*\S+", self.chat("q").out.decode())
        for name in ("tinyproxy", "squid"):
            self.rules({"match": "^/v1/chat", "encode": "gzip", "step": True, "times": 1})
            process = self.start(*self.arguments("--compressed", "q"), report=False, ca=False, env=midge_test.environment(
                OPENAI_API_KEY="key", MIDGE_PROXY=f"127.0.0.1:{self.servers.proxies[name]}"))
            seen, wanted = b"", b""
            for word in words:
                self.servers.ask("POST", "/step")
                wanted += word.encode()
                while len(seen) < len(wanted):
                    seen += midge_test.read_some(process.stdout.fileno(), wanted)
                self.assertEqual(wanted, seen)
            for _ in range(3):      # the reason, [DONE], the checksum
                self.servers.ask("POST", "/step")
            self.assertEqual((0, b"\n"), (process.wait(midge_test.TIMEOUT), process.stdout.read()))

    def test_compressed(self):
        url = self.answers(chunk("ok", "stop"), DONE)
        self.assert_said(0, self.chat("--compressed", "q", api=url), "ok\n")
        seen = self.servers.raw_seen(int(url.rpartition(":")[2]))[0]
        self.assertIn(b"\r\nAccept-Encoding: gzip, deflate\r\n", seen)
        self.rules({"match": "^/v1/chat", "encode": "gzip.crc", "times": 1})
        ran = self.chat("--compressed", "q")
        self.assert_said(1, ran, ran.out.decode(), "content encoding unknown or malformed")
        self.rules({"match": "^/v1/chat", "encode": "gzip", "times": 1})
        self.assert_said(1, self.chat("q"), "", "content encoding unknown or malformed")    # it was not asked for

    def test_reasons(self):
        for reason, words in (("length", "finish_reason length: it is longer"),
                              ("content_filter", "finish_reason content_filter: the rest was left out"),
                              ("tool_calls", "finish_reason tool_calls")):
            with self.subTest(reason):
                self.stream(chunk("so"), chunk(reason=reason), DONE)
                self.assert_said(0, self.chat("q"), "so\n", f"chat: question 1: the answer ends here, {words}")

    def test_one_of_both_ends_is_enough(self):
        for end in (chunk(reason="stop"), DONE, chunk("", "stop") + DONE):
            with self.subTest(end):
                self.stream(chunk("a"), chunk("b"), end)
                self.assert_said(0, self.chat("q"), "ab\n")

    def test_neither_of_both(self):
        for events in ([chunk("half")], [chunk("half"), "data: [DONE]"], [chunk("half"), "data: {\"choi"]):
            self.stream(*events)
            self.assert_said(1, self.chat("q"), "half\n", "question 1: API error: the answer is not complete",
                             "without [DONE]", PATH)

    def test_comments_and_other_fields(self):
        url = self.answers("\ufeff: ping\n\n\nevent: x\nid: 7\nretry: 1\ndata: {\"choices\":\n",
                           "data: [{\"delta\":{\"content\":\"one\"}}]}\n\n: ping\r\n\r\n", chunk(" two"), DONE)
        self.assert_said(0, self.chat("q", api=url), "one two\n")

    def test_events_without_text(self):
        other = event({"choices": [], "usage": {"total_tokens": 3}})
        null = event({"choices": [{"delta": {"role": "assistant", "content": None}}], "error": None})
        refusal = event({"choices": [{"delta": {"refusal": "I can't."}}]})
        self.stream(other, null, refusal, chunk(reason="stop"), other, DONE)
        self.assert_said(0, self.chat("q"), "I can't.\n")

    def test_not_streamed(self):
        for content in ("“whole”\nanswer 🐕", "x" * 5000):
            answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": content},
                                   "finish_reason": "stop"}]}
            self.stream(json.dumps(answer, ensure_ascii=False), drip={"bytes": 7})
            self.assert_said(0, self.chat("q"), content + "\n")
        self.stream(json.dumps({"choices": [{"message": {"content": "cut"}, "finish_reason": "length"}]}))
        self.assert_said(0, self.chat("q"), "cut\n", "finish_reason length")

    def test_not_streamed_and_wrong(self):
        for body, words in (('{"choices":[{"message":{"content":"ha"}}', ("JSON error: malformed",)),
                            ('{"choices":[]}', ("JSON error: no choices[0].message.content",)),
                            ('{"error":{"message":"no such model"}}', ("API error: no such model", PATH)),
                            ('{"error":"busy"}', ("API error: busy",)),
                            ("<html><title>Login</title>", ("not complete", "it says: Login")),
                            ("", ("not complete",))):
            with self.subTest(body):
                self.stream(body)
                ran = self.chat("q")
                self.assertEqual(1, ran.code, ran)
                for word in words:
                    self.assertIn(word, ran.text)

    def test_status(self):
        url = self.url(PATH)
        ran = self.chat("q", key="bad")
        self.assert_said(1, ran, "", f"chat: question 1: API error: 401 Client Error: Unauthorized for url: {url}",
                         "it says: Incorrect API key provided: bad.")
        self.assertEqual(1, ran.text.count("\n"))
        self.stream(json.dumps({"error": {"message": "slow down"}}), status=429, retry_after=16)
        self.assert_said(1, self.chat("q"), "", "429 Client Error: Too Many Requests", "Retry-After: 16 s",
                         "slow down")
        self.stream("<h1>Bad gateway</h1>", status=502)
        self.assert_said(1, self.chat("q"), "", "502 Server Error: Bad Gateway for url", "Bad gateway")

    def test_redirect(self):
        self.rules({"match": "^/v1/chat", "times": 1, "status": 307, "headers": {"Location": self.url(PATH + "?2")}})
        ran = self.chat("behind")
        self.assertEqual((0, ""), (ran.code, ran.text), ran)
        self.assertRegex(ran.out.decode(), "^You said: “behind”")
        self.rules({"match": "^/v1/chat", "status": 307, "headers": {"Location": self.url(PATH)}})
        self.assert_said(1, self.chat("q"), "", "question 1: ", "redirects")

    def test_other_errors(self):
        self.assert_said(1, self.chat("q", api=self.url("", "untrusted")), "", "TLS error")
        self.assert_said(1, self.chat("--retries", "0", "q", api=self.url("", "refused")), "", "network error")

    def test_malformed_event(self):
        for data in ('{"choices": [}', "no JSON", '{"choices":[{"delta":{"content":"a"}}]'):
            with self.subTest(data):
                self.stream(chunk("fine "), f"data: {data}\n\n", chunk("not shown"), DONE)
                ran = self.chat("q")
                self.assertEqual(1, ran.code, ran)
                self.assertTrue(ran.out.decode().startswith("fine "), ran.out)
                self.assertNotIn(b"not", ran.out)
                self.assertRegex(ran.text, r"JSON error: malformed or too deep at byte \d+ of an event's data")

    def test_too_large_an_event(self):
        self.stream(chunk("a"), chunk("b", padding="x" * 70000), chunk(reason="stop"))
        self.assert_said(1, self.chat("q"), "a\n", "JSON error: an event of the stream has more than 65535 bytes")

    def test_characters_in_pieces(self):
        """A character of three events, and bytes that are none."""
        def raw(text):
            return b'data: {"choices":[{"delta":{"content":"' + text + b'"}}]}\n\n'
        dog = "🐕".encode()
        url = self.answers(raw(dog[:1]), raw(dog[1:3]), raw(dog[3:] + b"!"), raw(b"\xff \xc3"), raw(b"("),
                           raw(b"\\ud83d\\udc15"), raw(dog[:2]), DONE)
        self.assert_said(0, self.chat("q", api=url), "🐕!\ufffd \ufffd(🐕\ufffd\ufffd\n")

    def test_harmless(self):
        self.stream(chunk("a\x1b[2J\x07b\x00\x9b\u202e\r\nc\td\x7f"), DONE)
        self.assert_said(0, self.chat("q"), "a?[2J?b\ufffd??\nc\td?\n")

    def test_times(self):
        self.stream(chunk("a"), chunk(" b"), DONE)
        ran = self.chat("--times", "q")
        self.assertRegex(ran.out.decode(), r"^ *\d+ ms: a\n *\d+ ms:  b\n$")

    def test_output_without_room(self):
        self.stream(chunk("a word"), chunk(reason="stop"), DONE)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([midge_test.BIN, *self.arguments("hello")], stdout=full, stderr=subprocess.PIPE,
                                  timeout=midge_test.TIMEOUT, env={**os.environ, "OPENAI_API_KEY": "key"})
        self.assertEqual((1, b"midge: standard output can't be written\n"), (done.returncode, done.stderr))

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.rules({"match": "^/v1/chat", "step": True})
            process = self.start(*self.arguments("q"), report=False, ca=False,
                                 env=midge_test.environment(OPENAI_API_KEY="key"))
            midge_test.until(lambda: self.requests_now() > 0, "a request has come")
            process.send_signal(number)
            _, err = process.communicate(timeout=midge_test.TIMEOUT)
            self.assertEqual((1, b"midge: interrupted\n"), (process.returncode, err))
            midge_test.until(lambda: self.requests_now() == 0, "the server has noticed")


class Refused(Chat):
    """Answers that refuse for now, in a simulated world: a wait takes no time."""
    BUSY = "  reply 80 /v1/chat/completions\n    status {}\n    {}\n    body busy\n    times {}\n"

    @staticmethod
    def later(status, seconds, times=1):
        header = f'header "Retry-After: {seconds}"' if seconds is not None else ""
        return Refused.BUSY.format(status, header, times)

    @staticmethod
    def reply(*events, more=""):
        text = "".join(events).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'  reply 80 /v1/chat/completions\n    body "{text}"\n{more}'

    def sim(self, replies, *words, silent=True, **settings):
        """What it said, without the trace if silent; the milliseconds at which requests were sent."""
        (self.dir / "world").write_text("host api.test\n" + "".join(replies))
        ran = self.chat("--sim", "world", *words, api="http://api.test", **settings)
        self.asked = [int(float(at) * 1000) for at in re.findall(r"^ *([0-9.]+) *.*POST /v1", ran.text, re.M)]
        if not silent:
            return ran
        ran.err = b"".join(line for line in ran.err.splitlines(True) if line.startswith(b"chat: "))
        return ran

    def test_asked_again(self):
        for status in (429, 503):
            ran = self.sim([self.later(status, 3, 2), self.reply(chunk("hi", "stop"), DONE)], "q")
            self.assert_said(0, ran, "hi\n", f"chat: question 1: {status} ")
            for number, line in enumerate(ran.text.splitlines(), 1):
                self.assertRegex(line, rf"; asked again in [3-4]\.\d s \({number} of 3\)$")
            self.assertEqual(2, ran.text.count("\n"))

    def test_until_it_is_given_up(self):
        ran = self.sim([self.later(429, 1, 9)], "q")
        self.assert_said(1, ran, "", "(3 of 3)", "API error: 429 Client Error: Too Many Requests for url: http://",
                         "Retry-After: 1 s", "it says: busy")
        self.assertEqual(4, ran.text.count("\n"))
        ran = self.sim([self.later(429, 1, 9)], "--retries", "0", "q")
        self.assert_said(1, ran, "", "question 1: API error: 429")
        self.assertEqual(1, ran.text.count("\n"))
        ran = self.sim([self.later(429, 1, 299), self.reply(chunk("hi"), DONE)], "--retries", "256", "q")
        self.assertEqual(256, ran.text.count("\n"), ran.text[-300:])
        self.assertIn("(255 of 255)", ran.text)

    def test_not_asked_again(self):
        """A wait that is too long; other failures; and never once a text was shown."""
        self.assert_said(1, self.sim([self.later(429, 16)], "q"), "", "question 1: API error: 429", "16 s")
        for status, seconds in ((503, None), (500, 1), (502, 1), (408, 1)):
            ran = self.sim([self.later(status, seconds), self.reply(chunk("no"), DONE)], "q")
            self.assert_said(1, ran, "", f"question 1: API error: {status} ")
            self.assertNotIn("again", ran.text)
        for end in ("fin", "reset"):
            cut = self.reply(chunk("half"), chunk("lost"), more=f"    end {end} 200\n    times 1\n")
            ran = self.sim([cut, self.reply(chunk("no"), DONE)], "q")
            self.assert_said(1, ran, "half\n", "question 1: network error: ")
            self.assertNotIn("again", ran.text)
        ran = self.sim([self.reply(chunk("half"), error("429: slow down"), more="    times 1\n"),
                        self.reply(chunk("no"), DONE)], "q")
        self.assert_said(1, ran, "half\n", "question 1: API error: 429: slow down")
        self.assertNotIn("again", ran.text)

    def test_a_conversation(self):
        """The question that waited is kept once; the budget of the next one is whole."""
        ran = self.sim([self.later(429, 1, 3), self.reply(chunk("a"), DONE, more="    times 1\n"),
                        self.later(503, 1, 3), self.reply(chunk("b"), DONE)], input=b"one\ntwo\n")
        self.assert_said(0, ran, "a\nb\n", "question 1: 429", "question 2: 503")
        self.assertEqual(6, ran.text.count("asked again"))

    def test_interrupted_wait(self):
        self.stream("busy", status=429, retry_after=2)
        talk = Talk(self, True)
        talk.wait_for("> ")
        talk.type("first\n")
        talk.wait_for("(1 of 3)\n")
        talk.type("\x03")
        self.assertEqual("^C", talk.wait_for("\n> "))
        talk.type("second\n")
        self.assertRegex(talk.wait_for("\n> "), "You said: “second”")
        talk.type("\x04")
        self.assertEqual(0, talk.end())

    def test_cut_anywhere(self):
        """At each third byte of both directions: a beginning of the answer, one line of error, and no
        second POST once a byte was sent."""
        whole, asked_again = "hi dräi 🐕\n", 0
        reply = self.reply(chunk("hi"), chunk(" dräi"), chunk(" 🐕"), DONE)
        for kind in ("fin", "reset", "stall"):
            for side, size in (("", 340), (" from-client", 230)):
                for at in range(0, size, 3):
                    ran = self.sim([f"  cut {kind} {at}{side} nth 1\n", reply], "q", silent=False)
                    said = ran.out.decode()
                    with self.subTest(kind=kind, side=side, at=at):
                        lines = [line for line in ran.text.splitlines() if line.startswith("chat: ")]
                        self.assertLessEqual(len(set(re.findall(r"(#\d+) send [1-9]", ran.text))), 1, ran)
                        if ran.code == 0:
                            self.assertEqual(whole, said)
                        else:
                            self.assertTrue(whole.startswith(said.rstrip("\n")), ran)
                            self.assertRegex("".join(lines[-1:]), "^chat: question 1: (network|API) error: ")
                        again = [line for line in lines if "asked again" in line]
                        self.assertEqual(len(lines) - len(again), ran.code, ran)
                        asked_again += len(again)
        self.assertGreater(asked_again, 0)

    def test_rate(self):
        ran = self.sim([self.reply(chunk("a"), DONE)], "--rate", "1/2s", "--stats", input=b"one\ntwo\nthree\n")
        self.assert_said(0, ran, "a\na\na\n")
        self.assertEqual([0, 2, 4], [ms // 1000 for ms in self.asked])

    def test_bad_rates(self):
        for rate in ("", "0/s", "1/x", "1/25d", "1/0m", "-1/s", "4294967296", "1/"):
            self.assert_said(2, self.chat("--rate", rate, "q"), "", f"chat: --rate: '{rate}' is not like 10/m")


class Usage(Chat):
    def test_refused(self):
        for words in (["a", "b"], [""], [b"\xff"], ["--model", ""], ["--system", b"\xff", "q"],
                      ["--history", "10"], ["--history", "x"], ["--nonsense"], ["--api", "x"]):
            with self.subTest(words):
                command = [midge_test.BIN, "app", "chat", *words]
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                      env=midge_test.environment(OPENAI_API_KEY="key"), timeout=60)
                self.assertEqual((2, b""), (done.returncode, done.stdout))
                self.assertEqual(1, done.stderr.count(b"\n"), done.stderr)

    def test_the_key_is_missing(self):
        for key in (None, ""):
            self.assert_said(2, self.chat("q", key=key), "", "OPENAI_API_KEY is not set")

    def test_help(self):
        ran = self.chat("--help", key=None)
        self.assertEqual((0, ""), (ran.code, ran.text))
        for words in (b"usage: chat [options] [MESSAGE]", b"--model NAME", b"--system TEXT", b"--history BYTES",
                      b"the oldest question\nand its answer are dropped; the text of --system stays",
                      b"--api BASE_URL", b"[https://api.openai.com]", b"OPENAI_API_KEY"):
            self.assertIn(words, ran.out.replace(self.url("").encode(), b"https://api.openai.com"))

    def test_a_question_that_is_too_long(self):
        self.assert_said(1, self.chat("--history", 256, "x" * 256), "", "question 1: other error: it has more than 255")


class Conversation(Chat):
    def test_what_was_said_before_is_sent(self):
        url = self.answers(chunk("Hi"), chunk(" there", "stop"), DONE, end="open")
        ran = self.chat("--system", "S", api=url, input=b"one\r\n\n  \ntwo\nthr\xff\x00ee")
        self.assert_said(0, ran, "Hi there\n" * 3)
        said = [("system", "S"), ("user", "one"), ("assistant", "Hi there"), ("user", "two"),
                ("assistant", "Hi there"), ("user", "thr??ee")]
        self.assertEqual([said[:2], said[:4], said], [[(one["role"], one["content"]) for one in body["messages"]]
                                                      for body in self.bodies(url)])

    def test_bounded_history(self):
        """The oldest pairs go, the system's text stays."""
        url = self.answers(chunk("A" * 60), DONE, end="open")
        questions = [f"{number} " + "q" * 30 for number in range(9)]
        ran = self.chat("--history", 256, "--system", "S" * 500, api=url, input="\n".join(questions).encode())
        self.assert_said(0, ran, ("A" * 60 + "\n") * 9)
        for number, body in enumerate(self.bodies(url)):
            messages = [one["content"] for one in body["messages"]]
            pairs = [one for question in questions[max(0, number - 2):number] for one in (question, "A" * 60)]
            self.assertEqual(["S" * 500, *pairs, questions[number]], messages)

    def test_an_answer_that_is_longer_than_the_history(self):
        url = self.answers(chunk("a" * 100), chunk("b" * 100), chunk("c" * 100), chunk("d"), DONE, end="open")
        ran = self.chat("--history", 256, api=url, input=b"one\ntwo\n")
        self.assert_said(0, ran, ("a" * 100 + "b" * 100 + "c" * 100 + "d\n") * 2)
        second = [one["content"] for one in self.bodies(url)[1]["messages"]]
        self.assertEqual("two", second[-1])
        self.assertTrue(len(second) == 1 or (second[1].startswith("a" * 100) and len(second[1]) < 256), second)

    def test_lines_that_are_too_long(self):
        self.stream(chunk("ok"), DONE)
        ran = self.chat("--history", 256, input=b"x" * 5000 + b"\nfits\n")
        self.assert_said(1, ran, "ok\n", "chat: file error: a line has more than 127 bytes")

    def failed_then_answered(self, said, words, *rules):
        self.rules(*({"match": "^/v1/chat", "times": 1, **rule} for rule in rules))
        ran = self.chat(input=b"first\nsecond\n")
        self.assertEqual(1, ran.code, ran)
        self.assertRegex(ran.out.decode(), f"^{said}You said: “second”", ran)
        self.assertRegex(ran.text, f"^chat: question 1: {words}.*\n$")

    def test_error_in_the_middle(self):
        self.failed_then_answered("half\n", "API error: overloaded, in the answer of https://",
                                  {"body": chunk("half") + error("overloaded") + chunk("never") + DONE})

    def test_cut_in_the_middle(self):
        body = chunk("half ") + chunk("of it") + chunk("lost") + DONE
        cut = len((chunk("half ") + chunk("of it")).encode()) + 10
        for end in ("fin", "close_notify", "rst"):
            with self.subTest(end):
                self.failed_then_answered("half of it\n", "network error: ", {"body": body, "cut": cut, "end": end})

    def test_the_partial_answer_is_kept(self):
        self.rules({"match": "first", "times": 1, "body": chunk("half") + error("no")},
                   {"match": '"first".*\n?.*"half".*\n?.*"second"', "times": 1, "body": chunk("known") + DONE})
        ran = self.chat(input=b"first\nsecond\n")
        self.assertEqual((1, b"half\nknown\n"), (ran.code, ran.out), ran)

    def test_a_question_without_an_answer_is_forgotten(self):
        self.rules({"match": "first", "times": 1, "status": 500})
        ran = self.chat(input=b"first\nsecond\n")
        self.assertRegex(ran.out.decode(), "^You said: “second”")
        self.rules({"match": "first", "times": 1, "status": 500}, {"match": "first", "status": 404})
        ran = self.chat(input=b"first\nsecond\n")
        self.assertRegex(ran.out.decode(), "^You said: “second”", ran)

    def test_one_connection(self):
        before = self.servers.ask("GET", "/stats")["connections"]["https"]
        ran = self.chat("--stats", input=b"first\nsecond\nthird\n")
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(before + 1, self.servers.ask("GET", "/stats")["connections"]["https"])


class Talk:
    """chat on a terminal, or on pipes, while it runs."""

    def __init__(self, case, terminal, *words):
        self.case, self.seen, self.at = case, "", 0
        env = midge_test.environment(OPENAI_API_KEY="key", TERM="xterm")
        command = case.command(case.arguments(*words), False, False)
        if terminal:
            self.fd, other = pty.openpty()
            self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=env,
                                            start_new_session=True,
                                            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            os.close(other)
            self.out = self.fd
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, env=env)
            self.fd, self.out = self.process.stdin.fileno(), self.process.stdout.fileno()
        case.addCleanup(self.close)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin is None:
            os.close(self.fd)
        else:
            self.process.stdin.close()
            self.process.stdout.close()

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, text):
        """Reads until it came; returns what was before."""
        while text not in self.seen[self.at:]:
            more = midge_test.read_some(self.out, (text, self.seen))
            self.seen += more.decode().replace("\r\n", "\n")
        start, self.at = self.at, self.seen.index(text, self.at) + len(text)
        return self.seen[start:self.at - len(text)]

    def has_connection(self):
        """Has the program an open socket?"""
        listed = subprocess.run(["ls", "-l", f"/proc/{self.process.pid}/fd"], capture_output=True, check=False)
        return b"socket:" in listed.stdout  # one that goes meanwhile is only an error of ls

    def end(self):
        return self.process.wait(midge_test.TIMEOUT)


class Person(Chat):
    def begin(self, *words, terminal=True):
        return Talk(self, terminal, *words)

    def hold(self, first, *rest):
        """An answer that does not go on after its first word."""
        self.rules({"match": "first\"}]}$", "body": chunk(first) + "".join(rest) + DONE, "step": True,
                    "drip": {"bytes": len(chunk(first).encode())}, "times": 1})

    def test_prompt(self):
        talk = self.begin()
        talk.wait_for("> ")
        talk.type("Hello\n")
        self.assertRegex(talk.wait_for("\n> "), r"You said: “Hello”\.")
        talk.type("again\n")
        self.assertRegex(talk.wait_for("\n> "), r"You said: “again”\.")
        talk.type("\x04")
        self.assertEqual(0, talk.end())
        self.assertNotIn("requests", talk.seen)     # no line of progress is drawn

    def test_interrupt_at_the_prompt(self):
        talk = self.begin()
        talk.wait_for("> ")
        talk.type("never asked\x03")
        self.assertEqual(0, talk.end())

    def interrupt(self, talk, prompt, stop):
        """Ends an answer, not the conversation; the partial answer is kept."""
        self.hold("partial ", chunk("never"))
        talk.type("first\n")
        talk.wait_for("partial ")
        self.assertEqual(1, self.requests_now())
        stop()
        talk.wait_for("\n" + prompt)
        midge_test.until(lambda: self.requests_now() == 0, "the server has noticed")
        self.rules({"match": "\"first\".*\"partial \".*\"second\"", "body": chunk("known") + DONE})
        talk.type("second\n")
        talk.wait_for("known\n" + prompt)
        self.assertNotIn("never", talk.seen)
        self.assertNotIn("error", talk.seen)

    def test_interrupt_an_answer(self):
        for _ in range(2):
            talk = self.begin()
            talk.wait_for("> ")
            for _ in range(2):
                self.interrupt(talk, "> ", lambda: talk.type("\x03"))
                self.servers.ask("DELETE", "/rules")
            talk.type("\x03")
            self.assertEqual(0, talk.end())

    def test_interrupt_by_signal_without_a_terminal(self):
        talk = self.begin(terminal=False)
        self.interrupt(talk, "", lambda: talk.process.send_signal(signal.SIGINT))
        talk.process.stdin.close()
        self.assertEqual(0, talk.end())

    def test_termination_ends_all(self):
        talk = self.begin(terminal=False)
        self.hold("partial ")
        talk.type("first\n")
        talk.wait_for("partial ")
        talk.process.send_signal(signal.SIGTERM)
        talk.wait_for("midge: interrupted\n")
        self.assertEqual(1, talk.end())

    def test_termination_at_the_prompt(self):
        talk = self.begin()
        talk.wait_for("> ")
        talk.process.send_signal(signal.SIGTERM)
        talk.wait_for("midge: interrupted\n")
        self.assertEqual(1, talk.end())

    def test_the_server_goes_while_nothing_is_typed(self):
        """The connection ends behind each answer: the next question gets another one."""
        url = self.answers(chunk("one"), DONE)
        talk = self.begin("--api", url)
        for _ in range(2):
            talk.wait_for("> ")
            talk.type("q\n")
            talk.wait_for("one\n")
            # Before that a question would go to a connection that ends: a POST is not sent twice.
            midge_test.until(lambda: not talk.has_connection(), "the ended connection is closed")
        talk.type("\x04")
        self.assertEqual(0, talk.end())


WORLD = """latency 5
host api.example.com
  reply 80 /v1/chat/completions
    header "Content-Type: text/event-stream"
    body "%s"
    rate %d
"""


class Simulated(Chat):
    def sim(self, body, rate, *words, end=None, **settings):
        quoted = body.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        (self.dir / "world").write_text(WORLD % (quoted, rate) + (f"    end stall {end}\n" if end else ""))
        return self.midge("app", "chat", "--api", "http://api.example.com", "--sim", "world", *words,
                          report=False, ca=False, env={"OPENAI_API_KEY": "key"}, **settings)

    def test_a_token_each_100_ms(self):
        """In virtual time, which is the same each time: each arrives alone."""
        tokens = [f"{number:02} " for number in range(20)]
        size = len(chunk(tokens[0]))
        ran = self.sim("".join(map(chunk, tokens)) + DONE, 10 * size, "--times", "q")
        self.assertEqual(0, ran.code, ran)
        lines = re.findall(r"^ *(\d+) ms: (.*)$", ran.out.decode(), re.M)
        self.assertEqual(tokens, [text for _, text in lines])
        times = [int(ms) for ms, _ in lines]
        for before, after in zip(times, times[1:]):
            self.assertAlmostEqual(100, after - before, delta=10)

    def test_silence(self):
        """The stream stops, and the connection stays: an error after a time, the text so far stays."""
        ran = self.sim(chunk("half") + chunk("lost"), 100000, "q", end=len(chunk("half")) + 140)
        self.assertEqual((1, b"half\n"), (ran.code, ran.out), ran)
        self.assertRegex(ran.text, "chat: question 1: network error: .*timed out")

    def test_conversation(self):
        ran = self.sim(chunk("yes") + DONE, 100000, input=b"one\ntwo\n")
        self.assertEqual((0, b"yes\nyes\n"), (ran.code, ran.out), ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
