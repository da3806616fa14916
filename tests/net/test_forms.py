#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Forms of the program, -F and --form-string: read by Python's parser of MIME, and byte by byte
beside curl where that is installed."""
import email.policy
import hashlib
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

from midge_test import Case

CURL = shutil.which("curl")
FIELDS = ("-F", 'na"m\\e=v;type=text/x;charset=u', "-F", "f=@a b.txt", "-F", "g=<x.html",
          "-F", "h=@x.html;filename=q.json", "-F", "i=v;filename=z.gif", "-F", "s=@-",
          "-F", "k= sp ", "-F", "n\nm=a\nb", "-F", "e=", "-F", 'q=" a;\\" "', "-F", 'u="open',
          "-F", 'z=@"x.html"; filename="a,b;c" ; type=a/b ', "-F", "t=<a b.txt",
          "-F", "o=@blob", "--form-string", "x=@y;type=q")


def parts_of(echo):
    """Of each part: name, file name, type, value."""
    head = next(value for name, value in echo["headers"] if name == "Content-Type")
    message = email.message_from_bytes(f"Content-Type: {head}\r\n\r\n{echo['body']}".encode(),
                                       policy=email.policy.HTTP)
    return [(part.get_param("name", header="Content-Disposition"), part.get_filename(),
             part["Content-Type"], part.get_payload(decode=True)) for part in message.iter_parts()]


class Forms(Case):
    def setUp(self):
        super().setUp()
        (self.dir / "a b.txt").write_bytes(b"hello\r\n--")
        (self.dir / "x.html").write_bytes(b"<x>")
        (self.dir / "blob").write_bytes(b"")

    def echo(self, *arguments, path="/echo", **settings):
        ran = self.midge(*arguments, self.url(path, settings.pop("port", "https")), **settings)
        self.assert_code(0, ran)
        return ran.json

    def header(self, echo, name):
        return [value for key, value in echo["headers"] if key.lower() == name.lower()]

    def test_parts(self):
        for port in ("http", "https"):
            echo = self.echo("-F", "a=1", "-F", "f=@a b.txt", "-F", "g=@x.html;type=image/x;filename=y",
                             port=port)
            self.assertEqual([("a", None, None, b"1"), ("f", "a b.txt", "text/plain", b"hello\r\n--"),
                              ("g", "y", "image/x", b"<x>")], parts_of(echo))
            self.assertEqual(("POST", [str(echo["body_len"])]),
                             (echo["method"], self.header(echo, "Content-Length")))
        self.assertEqual("PUT", self.echo("-X", "PUT", "-F", "a=1")["method"])

    def test_long_file(self):
        blob = os.urandom(3000000)
        (self.dir / "blob").write_bytes(blob)
        ran = self.midge("-v", "-F", "a=@blob", "-F", "b=2", self.url("/echo"))
        self.assert_code(0, ran)
        boundary = re.search(r"boundary=(\w+)", ran.err.decode())[1]
        whole = (f'--{boundary}\r\nContent-Disposition: form-data; name="a"; filename="blob"\r\n'
                 "Content-Type: application/octet-stream\r\n\r\n").encode() + blob + (
                 f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n'
                 f"--{boundary}--\r\n").encode()
        self.assertEqual((len(whole), hashlib.sha256(whole).hexdigest()),
                         (ran.json["body_len"], ran.json["body_sha256"]))

    def test_pipe(self):
        """A length that is not known."""
        os.mkfifo(self.dir / "pipe")
        writer = threading.Thread(target=(self.dir / "pipe").write_bytes, args=(b"x" * 100000,))
        writer.start()
        echo = self.echo("-F", "a=1", "-F", "p=@pipe", "-F", "b=2")
        writer.join()
        self.assertEqual(["chunked"], self.header(echo, "Transfer-Encoding"))
        self.assertEqual([b"1", b"x" * 100000, b"2"], [part[3] for part in parts_of(echo)])

    def test_sent_again(self):
        fields = ("-F", "a=1", "-F", "f=@a b.txt")
        echo = self.echo("-L", *fields, path="/redirect/1?to=/echo&status=307")
        self.assertEqual(["1", "hello\r\n--"], [part[3].decode() for part in parts_of(echo)])
        echo = self.echo("-L", *fields, path="/redirect/1?to=/echo&status=303")
        self.assertEqual(("GET", 0, []), (echo["method"], echo["body_len"], self.header(echo, "Content-Type")))
        ran = self.midge(*fields, self.url("/echo/1"), self.url("/echo/2"), "-o", "1", "-o", "2")
        self.assert_code(0, ran)

    def test_content_type(self):
        echo = self.echo("-H", "Content-Type: multipart/form-data", "-F", "a=1")
        self.assertEqual([("a", None, None, b"1")], parts_of(echo))
        self.assertEqual(1, len(self.header(echo, "Content-Type")))
        self.assertEqual([], self.header(self.echo("-H", "Content-Type:", "-F", "a=1"), "Content-Type"))
        ran = self.midge("-H", "Content-Type: text/plain", "-F", "a=1", self.url("/echo"), report=False)
        self.assert_code(2, ran, "-F sets the Content-Type")

    def test_bad_fields(self):
        for field, words in (("a", "not name=value"), ("=a", "not name=value"), ("a=b;c=d", "--form-string"),
                             ("a=b;type=q", "like text/plain"), ("a=b;type=/q", "like text/plain"),
                             ("a=@x.html,x.html", "several files"), ("a=(", "forms inside forms"),
                             ("a=@x.html;headers=x", "not supported"), ("a=b;encoder=base64", "not supported"),
                             ("a=<x.html;filename=y", "no file name"), ('a="b"c', "follows the quotes"),
                             ("a=b;type=a/b\x01", "control character"), ("a=b;type=a/b;c\n=d", "control character")):
            with self.subTest(field):
                ran = self.midge("-F", field, self.url("/echo"), report=False)
                self.assert_code(2, ran, words)
                self.assert_one_line(ran)
        self.assert_code(2, self.midge("--form-string", "a", self.url("/echo"), report=False), "not name=value")
        for others in (["-d", "x"], ["-T", "x.html"], ["-G"], ["-I"], ["--json", "1"]):
            with self.subTest(others):
                self.assert_code(2, self.midge("-F", "a=1", *others, self.url("/echo"), report=False), "go together")

    def test_unreadable_files(self):
        for path, words in (("nosuch", "can't read nosuch"), (".", "")):
            for kind in "@<":
                with self.subTest(path + kind):
                    ran = self.midge("-F", "x=@x.html", "-F", f"a={kind}{path}", self.url("/echo"))
                    self.assert_code(26, ran, words)
                    self.assert_one_line(ran)

    def test_shorter_file(self):
        """The file is cut between its opening and its sending; the head is sent first and asks for 100."""
        for body in (["-T", "blob"], ["-F", "a=1", "-F", "f=@blob", "-F", "g=@x.html"]):
            with self.subTest(body), socket.create_server(("127.0.0.1", 0)) as listener:
                (self.dir / "blob").write_bytes(b"0123456789")
                process = self.start("-H", "Expect: 100-continue", "--expect100-timeout", "60", *body,
                                     self.url("/", listener.getsockname()[1]))
                with listener.accept()[0] as link:
                    while not link.recv(65536).endswith(b"\r\n\r\n"):
                        pass
                    (self.dir / "blob").write_bytes(b"012")
                    link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    err = process.communicate(timeout=60)[1].decode()
                self.assertEqual(26, process.returncode, err)
                self.assertIn("blob is shorter than when it was opened", err)

    def test_asked_for(self):
        """Expect: 100-continue, to a server that knows it and to one that does not."""
        asks = ("-H", "Expect: 100-continue")
        for body in (["-d", "abc"], ["-T", "x.html"], ["-F", "f=@x.html"]):
            with self.subTest(body):
                ran = self.midge("-v", *asks, *body, self.url("/echo"))
                self.assert_code(0, ran, "< HTTP/1.1 100 Continue", "> Expect: 100-continue")
                self.assertEqual(["100-continue"], self.header(ran.json, "Expect"))
                self.assertLess(0, ran.json["body_len"])
        silent = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        ran = self.midge(*asks, "--expect100-timeout", "0.2", "-d", "abc", self.url("/", silent))
        self.assert_code(0, ran)
        self.assertEqual([], self.header(self.echo("-H", "Expect:", "-d", "abc"), "Expect"))
        self.assertEqual([], self.header(self.echo(*asks), "Expect"))  # nothing to ask for
        self.assert_code(2, self.midge("--expect100-timeout", "x", self.url("/echo"), report=False), "seconds")

    @unittest.skipUnless(CURL, "no curl")
    def test_beside_curl(self):
        """Only the boundaries differ."""
        sent = []
        for command in ([CURL, "-s", "--cacert", self.ca], self.command([], False, True)):
            done = subprocess.run([*command, *FIELDS, self.url("/echo")], input=b"in\0", cwd=self.dir,
                                  capture_output=True, timeout=60, check=True)
            boundary = re.search(rb"boundary=([\w-]+)", done.stdout)[1]
            body = re.search(rb'"body": *"((?:[^"\\]|\\.)*)"', done.stdout)[1]
            sent.append(body.replace(boundary, b"B"))
        self.assertEqual(*sent)
        self.assertEqual(15, sent[0].count(b"Content-Disposition"))


if __name__ == "__main__":
    unittest.main()
