# SPDX-License-Identifier: MIT
"""What the net tests share: the local servers, the program under test, its report.

    class Posts(midge_test.Case):
        def test_one(self):
            ran = self.midge(self.url("/posts/1"))
            self.assertEqual((0, 200), (ran.code, ran[0]["status"]))

MIDGE_BIN names the program (default: build/host/midge); MIDGE_SANITIZED=1 says that it is slow;
MIDGE_PROFILES names the profiles that this build has ("full small tiny"). A slow program passes one
test in two, others for each commit: MIDGE_TORTURE, the commit's hash in run.sh, says which; without
it, or "full", all are. Each commit passes all of them with the program that is not slow.
"""
import atexit
import base64
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = os.environ.get("MIDGE_BIN", str(ROOT / "build" / "host" / "midge"))
SANITIZED = os.environ.get("MIDGE_SANITIZED") == "1"
PROFILES = os.environ.get("MIDGE_PROFILES", "full small tiny").split()
PART = os.environ.get("MIDGE_TORTURE", "full") if SANITIZED else "full"
TIMEOUT = 300   # of one run of the program, seconds; only one that hangs takes so long


def built(path):
    """A program that the build should have made: its tests were asked for, so missing is an error."""
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"no program at {path}: build it first, or set MIDGE_BIN")
    return path


def of_profile(name):
    """The host program of a profile; skips the tests when this build has only others."""
    if name not in PROFILES:
        raise unittest.SkipTest(f"this build has only {' '.join(PROFILES)}")
    return built(pathlib.Path(BIN if name == "full" else f"{BIN}-{name}"))


for _scheme in ("http", "https", "all", "no"):   # a proxy of this machine is no matter of the tests
    for _name in (f"{_scheme}_proxy", f"{_scheme}_proxy".upper()):
        os.environ.pop(_name, None)


class Ran:
    """One run of the program. ran[0] is the first URL's report line."""

    def __init__(self, arguments, code, out, err, report):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err
        lines = [json.loads(line) for line in report.splitlines()]
        self.summary = lines.pop()["summary"] if lines and "summary" in lines[-1] else None
        self.lines = lines

    def __getitem__(self, index):
        return self.lines[index]

    def __len__(self):
        return len(self.lines)

    @property
    def text(self):
        return self.err.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"midge {' '.join(map(str, self.arguments))}\n-> {self.code}\n{self.text}"


class Servers:
    """tests/server's server.py, and nginx.py and proxies.py once a test needs them, in a folder of their own."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="midge-net-"))
        self.processes = []
        self.ports = self.launch("server.py", "ports.json")
        self.ca = self.ports["ca"]
        self._nginx = self._proxies = None

    def launch(self, program, made, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-B", ROOT / "tests" / "server" / program, "--dir", self.dir,
             "--exit-with-parent", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        self.processes.append(process)
        deadline = time.monotonic() + 60
        while not (self.dir / made).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{program} did not start")
            time.sleep(0.02)    # until it says that it is ready
        return json.loads((self.dir / made).read_text())

    @property
    def nginx(self):
        if self._nginx is None:
            self._nginx = self.launch("nginx.py", "nginx.json")
        return self._nginx

    @property
    def proxies(self):
        if self._proxies is None:
            self._proxies = self.launch("proxies.py", "proxies.json")
        return self._proxies

    def ask(self, method, path, body=None):
        """server.py's own endpoints: /stats, /rules, /raw."""
        link = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=30)
        try:
            link.request(method, path, None if body is None else json.dumps(body),
                         {"Connection": "close"})
            answer = link.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{method} {path}: {answer.status} {text!r}")
            return json.loads(text)
        finally:
            link.close()

    def raw(self, answer, **fields):
        """The port of a server that answers these bytes to everything."""
        answer = answer if isinstance(answer, bytes) else answer.encode("latin-1")
        fields["bytes_b64"] = base64.b64encode(answer).decode()
        return self.ask("POST", "/raw", fields)["port"]

    def raw_seen(self, port):
        """What that server was asked: the bytes of each request."""
        return [base64.b64decode(one) for one in self.ask("GET", f"/raw?port={port}")["requests"]]

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)


_servers = None


def servers():
    """One set for the whole test program."""
    global _servers
    if _servers is None:
        _servers = Servers()
        atexit.register(_servers.stop)
    return _servers


def read_some(fd, wanted):
    """Bytes that came on it. Its end and TIMEOUT of silence fail the test, which waits for `wanted`."""
    if not select.select([fd], [], [], TIMEOUT)[0]:
        raise AssertionError(f"{wanted!r} did not come in {TIMEOUT} s")
    try:
        more = os.read(fd, 4096)
    except OSError:     # a terminal without a program
        more = b""
    if not more:
        raise AssertionError(f"the output ended before {wanted!r}")
    return more


def until(condition, what):
    """Asks until it holds; fails the test after TIMEOUT."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in {TIMEOUT} s: {what}")


def environment(**changes):
    """Ours, with changes; a value None removes."""
    env = {**os.environ, "LC_ALL": "C.UTF-8", **changes}
    return {name: value for name, value in env.items() if value is not None}


class Case(unittest.TestCase):
    """A test that runs the program in a folder of its own (self.dir)."""
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        built(BIN)
        cls.servers = servers()
        cls.ports = cls.servers.ports
        cls.ca = cls.servers.ca

    def setUp(self):
        if PART != "full" and (zlib.crc32(self.id().encode()) + int(PART, 16)) % 2:
            self.skipTest("of another commit's part")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="midge-case-"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def url(self, path="/", port="https", host="localhost"):
        """port: a name in ports.json, or a number of a raw server (then plain, unless tls_url)."""
        number = self.ports[port] if isinstance(port, str) else port
        scheme = "http" if port in ("http", "refused") or isinstance(port, int) else "https"
        return f"{scheme}://{host}:{number}{path}"

    def tls_url(self, port, path="/"):
        return f"https://localhost:{port}{path}"

    def raw(self, answer, **fields):
        return self.servers.raw(answer, **fields)

    def rules(self, *rules):
        """Faults by path for this test."""
        self.servers.ask("POST", "/rules", list(rules))
        self.addCleanup(self.servers.ask, "DELETE", "/rules")

    def command(self, arguments, report, ca):
        command = [BIN]
        if report:
            command += ["--report", str(self.dir / ".report")]
        if ca:
            command += ["--cacert", self.ca]
        return command + [str(one) for one in arguments]

    def midge(self, *arguments, input=b"", report=True, ca=True, env=None, cwd=None):
        """Runs it to its end; ca=False leaves --cacert away, report=False --report."""
        stdin = {"stdin": input} if not isinstance(input, bytes) else {"input": input}
        done = subprocess.run(self.command(arguments, report, ca), capture_output=True,
                              timeout=TIMEOUT, env=environment(**(env or {})),
                              cwd=cwd or self.dir, **stdin)
        path = self.dir / ".report"
        text = path.read_text("utf-8") if report and path.exists() else ""
        ran = Ran(arguments, done.returncode, done.stdout, done.stderr, text)
        self.assertNotIn(b"Sanitizer", done.stderr, ran)
        self.assertNotIn(b"runtime error", done.stderr, ran)
        return ran

    def start(self, *arguments, report=True, ca=True, **settings):
        """The program as a running process, with pipes; ended at the test's end."""
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                    "stderr": subprocess.PIPE, "cwd": self.dir, **settings}
        process = subprocess.Popen(self.command(arguments, report, ca), **settings)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)

    def files(self):
        """What is in the test's folder, but for the report."""
        return sorted(path.name for path in self.dir.iterdir() if path.name != ".report")

    def assert_code(self, code, ran, *words):
        """Ended with this code; each failure in one line with these words."""
        self.assertEqual(code, ran.code, ran)
        for word in words:
            self.assertIn(word, ran.text, ran)

    def assert_one_line(self, ran):
        self.assertEqual(1, ran.text.count("\n"), ran)
        self.assertTrue(ran.text.startswith("midge: "), ran)
