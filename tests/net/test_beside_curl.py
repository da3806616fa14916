#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program beside curl (Debian's): some 390 command lines, each run by both.

Compared are the exit code, the bytes on stdout, the files that are left and their contents, and the
requests that the servers saw (header fields in any order). The differences that stay are listed in
EVERYWHERE and DIFFERENCES, each with its reason; one that is not listed fails the test, and so does
a listed one that is gone.

A line of COMMANDS is a name and the arguments. $http, $https and the like are the origins of
tests/server, $NAME of a row of ANSWERS is a server that gives these bytes to every request and keeps
what it was asked, $rule is a path for which the rule of RULES with the command's name applies.
BESIDE_CURL=NAME,... runs these commands only, and prints both sides.
"""
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import string
import subprocess
import tempfile
import unittest

import midge_test
from midge_test import Case, environment
from curl_table import ANSWERS, COMMANDS, RULES

CURL = shutil.which("curl")
ONLY = [name for name in os.environ.get("BESIDE_CURL", "").split(",") if name]
FILES = {   # in the folder in which a command runs
    "text": b"line one\r\nline two\n",
    "binary": bytes(range(256)),
    "empty": b"",
    "old": b"what was here before",
    "headers": b"X-One: 1\r\nX-Two: two words\n",
    "format": b"%{http_code}\n %{method}\\n",
    "notes": b"# a comment\n-H \"X-Quoted: a \\\"b\\\"\"\ndata = one\nrequest PUT\n",
    "netrc": b"machine localhost login me password \"sec ret\"\n",
    "jar": b"# Netscape HTTP Cookie File\nlocalhost\tFALSE\t/\tFALSE\t2082758400\tj\tar\n"
           b"localhost\tFALSE\t/\tFALSE\t0\tses\tsion\n",
    "etag": b"\"x-1\"\n",
    "not.pem": b"no certificate",
}
STDIN = {"config_stdin": b'-H "X-Stdin: a b"\n', "header_stdin": b"X-Stdin: a b\n"}
PROGRESS = rb"\r|  % Total|  +Dload|DL% UL%"     # curl's shows in spite of -s with -T . and -Z

# Header fields of requests that differ in many commands.
EVERYWHERE = {
    b"user-agent": "names the program",
    b"expect": "curl asks before each upload; midge sends it at once, which saves a round trip",
    b"proxy-connection": "curl's own; no standard has it, and proxies keep HTTP/1.1 connections anyway",
    b"accept-encoding": "lists what is built in: no brotli, no zstd",
}

# name -> the aspects that differ (exit stdout files requests stderr), the reason.
DIFFERENCES = {
    # Requests that could be misread, or are mistyped, are refused before anything is sent.
    "header_no_host": ("exit stdout requests", "HTTP/1.1 wants exactly one Host (RFC 9112 3.2)"),
    "header_no_colon": ("exit stdout requests", "curl drops such a line without a word"),
    "header_no_file": ("exit stdout requests", "curl goes on without the headers"),
    "chunked": ("exit stdout requests", "midge frames its requests itself, so that all readers agree"),
    "data_no_file": ("exit stdout requests", "curl sends an empty body"),
    "upload_a_folder": ("exit stdout requests", "curl sends an empty body"),
    "w_no_file": ("exit stdout requests", "curl goes on without the text"),
    "output_too_many": ("exit files requests", "a -o without URL is a slip"),
    "next_empty": ("exit stdout requests", "options before --next that are for no URL are a slip"),
    "resolve_bad": ("exit", "2 for every option that cannot be read"),
    "connect_to_bad": ("exit stdout requests", "curl takes an incomplete text"),

    # URLs: one spelling, no guess.
    "url_scheme": ("exit stdout requests", "a URL needs its scheme: a guess may send secrets in the clear"),
    "url_no_host": ("exit", "malformed, not a name to look up"),
    "url_port_0": ("exit", "malformed: there is no port 0"),
    "url_one_slash": ("exit stdout requests", "malformed (RFC 3986 3); curl guesses"),
    "url_three_slashes": ("exit stdout requests", "malformed: the host is empty; curl guesses"),
    "url_percent": ("exit stdout requests", "malformed: %zz is no percent-encoding (RFC 3986 2.1)"),
    "url_number_host": ("exit stdout requests", "an address has four numbers: other forms get past filters"),
    "url_hex_host": ("exit stdout requests", "the same"),
    "url_utf8": ("requests", "the query is encoded too, with upper-case digits (RFC 3986 2.1)"),
    "url_upper": ("requests", "Host is sent as compared, in lower case (RFC 3986 6.2.2.1)"),
    "url_backslash": ("requests", "not allowed in a URL, so it is encoded"),
    "glob_off": ("requests", "braces are not allowed in a URL, so they are encoded"),
    "url_ftp": ("exit", "no FTP: the scheme is refused (1)"),

    "ciphers_bad": ("exit", "2 for every option that cannot be read"),

    # Bodies and options that hold for all URLs.
    "data_urlencode": ("requests", "a blank is %20: right in a form and in any part of a URL"),
    "data_urlencode_file": ("requests", "the same"),
    "get_urlencoded": ("requests", "the same; + in a query is a blank only to servers that take it for a form"),
    "data_large": ("requests", "curl drops more than the ends of lines of a file with a NUL"),
    "upload_two": ("exit stdout requests", "-T holds for all URLs of its group; --next begins another one"),
    "upload_one_for_two": ("requests", "the same"),
    "upload_glob": ("exit stdout requests", "a file's name may have braces"),

    "resolve_two_bad": ("exit", "2 for every option that cannot be read"),
    "range_bad": ("exit stdout requests", "2 for every option that cannot be read"),

    # Passwords, cookies, validators.
    "user_in_url_netrc": ("requests", "curl takes the password of the file for the user of the URL"),
    "user_in_url_shown": ("stdout", "a password is not shown"),
    "user_in_location": ("exit stdout requests", "an answer sets no passwords: its Location is malformed"),
    "cookie_twice": ("requests", "a blank behind each semicolon (RFC 6265 4.2.1)"),
    "cookie_file": ("requests", "of cookies with the same path the older one is first (RFC 6265 5.4)"),
    "cookie_redirected": ("requests", "the text of -b is for the origin that was typed, the jar for its hosts"),
    "cookie_jar": ("files", "another comment and order; no Secure cookie from http, 400 days at most (RFC 6265bis 5.7)"),
    "cookie_jar_stdout": ("stdout", "the same"),
    "cookie_jar_keeps": ("files requests", "the same"),
    "cookie_session": ("exit stdout requests", "no -j"),
    "etag_save_none": ("files", "curl leaves an empty file for no ETag"),
    "etag_compare_none": ("exit stdout requests", "the first run has no file yet"),
    "continue_refused": ("exit", "33: a refused range is a failure; curl takes any 416 for a whole file"),

    # Output.
    "output_partial": ("files", "an incomplete file is removed"),
    "include_empty": ("stdout", "a head is shown in one form: a blank behind each colon"),
    "include_no_reason": ("stdout", "the same: a blank behind the status (RFC 9112 4)"),
    "folded_header": ("stdout", "the same: a folded line is one line (RFC 9112 5.2)"),
    "proxy_include": ("files", "the proxy's answer to CONNECT is not the URL's"),
    "retry_once": ("stdout", "the body of an answer that is repeated is dropped, curl prints all of them"),
    "retry_after": ("stdout", "the same"),
    "retry_spent": ("stdout", "the same"),
    "retry_post": ("stdout", "the same"),
    "retry_w": ("stdout", "the same; and curl 7.88 has no num_retries"),
    "method_head": ("stdout", "the answer to HEAD has no body (RFC 9110 9.3.2), with -X HEAD too"),
    "w_codes": ("stdout", "the scheme is in lower case, as in the URL"),
    "w_size_request": ("stdout", "not counted"),
    "w_header_empty": ("stdout", "curl prints the CR of the line's end"),
    "w_local": ("stdout", "not asked of the network's port, which has no call for it"),
    "w_remote_refused": ("stdout", "the same"),
    "w_tls": ("stdout", "scheme as above; no proxy_ssl_verify_result: errormsg says why"),
    "w_times": ("stdout", "no time_redirect: the phases' times are of the last hop"),
    "w_certs": ("stdout", "the chain is not kept, so it is not counted"),

    # Redirects.
    "put_303": ("requests", "303 asks for GET (RFC 9110 15.4.4), curl keeps -X"),
    "put_302": ("requests", "a PUT stays one with its body, curl sends it without"),
    "redirect_300": ("stdout requests", "300 offers a choice, it does not make it"),
    "redirect_305": ("stdout requests", "305 named a proxy, and is out of use (RFC 9110 15.4.6)"),
    "redirect_host": ("requests", "-H Host belongs to the origin that was typed"),
    "redirect_down": ("exit stdout", "https to http only with --proto-redir"),
    "redirect_ftp": ("exit", "no FTP: the scheme is refused (1)"),

    # Exit codes.
    "unresolved_two": ("exit", "the first failure's code, curl: the last URL's"),
    "fail_two": ("exit", "the same"),
    "fail_two_codes": ("exit", "the same"),
    "next_fail": ("exit", "the same"),
    "tls_no_san": ("exit stdout", "only the SAN names a host (RFC 9110 4.3.4), not the CN"),
    "compressed_brotli": ("exit", "not what was asked for; curl has brotli"),

    "proxy_secure_server": ("exit", "60 for a server's certificate in TLS to a proxy too, curl: 35"),
    "proxy_cacert": ("exit stdout", "a client has one set of roots: --cacert is for proxies too"),

    # Answers that are not HTTP, or that two readers would frame differently.
    "half_head": ("exit", "a head that ends in the middle is no answer"),
    "http_09": ("exit", "8 for every weird answer"),
    "http_30": ("exit", "the same"),
    "status_7": ("exit", "the same"),
    "bad_chunk": ("exit", "the same"),
    "bare_lf": ("exit stdout", "lines end with CR LF (RFC 9112 2.2); else answers can be smuggled"),
    "two_lengths": ("exit stdout", "which one is right? (RFC 9112 6.3)"),
    "length_and_chunked": ("exit stdout", "the same"),
    "huge_length": ("exit stdout", "a length beyond 64 bits cannot be checked"),
    "nul_in_header": ("stdout", "nothing of a bad head is shown"),
    "no_colon": ("stdout", "the same"),
    "cut_without_notify": ("exit", "without length and close_notify the end may be cut off (18)"),
}


def parse(table):
    """name -> arguments, in order."""
    rows = [line.split(None, 1) for line in table.splitlines() if line.strip() and not line.startswith("#")]
    names = [name for name, _ in rows]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    return dict(rows)


def steady(data):
    """Without what differs between any two runs: dates, times, the port of our side, User-Agent."""
    data = re.sub(rb"(?im)^date: .*$", b"Date: then", data)
    data = re.sub(rb'"date":\["[^"]*"\]', b'"date":["then"]', data)
    data = re.sub(rb"\b(?!0\.0{6})\d+\.\d{6}\b", b"T", data)
    data = re.sub(rb"\bmine=[1-9]\d*", b"mine=P", data)
    data = re.sub(rb"\bspeed=[1-9]\d*", b"speed=S", data)
    return b"".join(steady_echo(part) for part in re.split(rb'(\{"method": .*?"tls": \w+\})', data))


def steady_echo(part):
    """The answer of /echo: its fields in one order."""
    try:
        seen = json.loads(part)
        seen["headers"] = sorted([name.lower(), value] for name, value in seen["headers"]
                                 if name.lower().encode() not in EVERYWHERE)
    except (ValueError, TypeError, KeyError):
        return part
    return json.dumps(seen).encode()


def one_boundary(data):
    """A form with a boundary that is not by chance, and its length with it."""
    found = re.search(rb"multipart/form-data; boundary=(\S+)", data)
    if not found:
        return data
    head, _, body = data.replace(found[1], b"B").partition(b"\r\n\r\n")
    return re.sub(rb"(?i)(content-length: )\d+", b"\\g<1>%d" % len(body), head) + b"\r\n\r\n" + body


def one_nonce(value):
    """Digest's parameters in one order, without those that are by chance."""
    if not value.startswith(b"Digest "):
        return value
    return b", ".join(sorted(one for one in value[7:].split(b", ") if not one.startswith((b"cnonce=", b"response="))))


def request(data):
    """One request as a raw server saw it: first line, fields in one order without the blanks around values
    (RFC 9110 5.5), body."""
    head, _, body = one_boundary(data).partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    split = [(name.lower(), one_nonce(value.strip())) for name, _, value in (field.partition(b":") for field in fields)]
    if (b"transfer-encoding", b"chunked") in split:    # where the chunks end is the sender's business
        body = re.sub(rb"(^|\r\n)[0-9a-f]+\r\n", b"", body)
    return first, sorted(split), body


def files(folder):
    """path -> contents of what a command left."""
    left = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        left[name] = "folder" if path.is_dir() else steady(path.read_bytes())
    return {name: left[name] for name in left if left[name] != FILES.get(name)}


def alike(requests):
    """Without the fields that are not the same in all commands: those of EVERYWHERE."""
    return [(first, [field for field in fields if field[0] not in EVERYWHERE or b"mine" in field[1]], body)
            for first, fields, body in requests]


def of_everywhere(requests):
    return [[field for field in fields if field[0] in EVERYWHERE] for _, fields, _ in requests]


class Side:
    """What one of the two programs did."""

    def __init__(self, done, folder, requests):
        said = [line for line in done.stderr.split(b"\n") if not re.match(rb"(curl|midge|Warning): |" + PROGRESS, line, re.I)]
        self.requests = sorted(map(request, requests))
        self.aspects = {"exit": done.returncode, "stdout": steady(done.stdout), "files": files(folder),
                        "requests": alike(self.requests), "stderr": steady(b"\n".join(said))}
        self.err = done.stderr


def openssl(*arguments, stdin):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


class Beside(Case):
    @classmethod
    def setUpClass(cls):
        version = subprocess.run([CURL, "--version"], capture_output=True, text=True).stdout.split()[1] if CURL else "none"
        if not version.startswith("7.88."):
            raise unittest.SkipTest(f"the list of differences is for curl 7.88 of Debian 12, here is {version}")
        super().setUpClass()
        cls.tiny = cls.servers.proxies["tinyproxy"]
        cls.pins = {name: cls.pin(name) for name in ("good", "selfsigned", "wronghost")}
        cls.secure = cls.servers.proxies["squid_tls"], cls.servers.proxies["squid_untrusted"]

    @classmethod
    def pin(cls, name):
        """--pinnedpubkey's text for a server's key; the one of "good" also as files."""
        certificate = (cls.servers.dir / "certs" / f"{name}.pem").read_bytes()
        pem = openssl("x509", "-noout", "-pubkey", stdin=certificate)
        der = openssl("pkey", "-pubin", "-outform", "der", stdin=pem)
        if name == "good":
            FILES.update({"key.pem": pem, "key.der": der, "key.txt": b"a key\r\n" + pem.replace(b"\n", b"\r\n") + b"end",
                          "cut.pem": pem[:-20], "indented.pem": b" " + pem})
        return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def variables(self, name, line):
        """What $NAME of this line means, and the ports of its raw servers."""
        ports = {one: self.raw(*self.answer(one)[:1], **self.answer(one)[1])
                 for one in ANSWERS if re.search(rf"\${one}(_port)?\b", line)}
        values = {one: f"{'https' if self.answer(one)[1].get('tls') else 'http'}://localhost:{port}"
                  for one, port in ports.items()}
        values.update({f"{one}_port": port for one, port in ports.items()})
        for one, port in self.ports.items():
            if isinstance(port, int):
                values[one] = f"{'http' if one in ('http', 'refused') else 'https'}://localhost:{port}"
                values[f"{one}_port"] = port
        values.update(rule=f"{values['http']}/beside/{name}", ca=self.ca, tiny=f"localhost:{self.tiny}",
                      pin=self.pins["good"], pin_selfsigned=self.pins["selfsigned"],
                      pin_wronghost=self.pins["wronghost"], bare_pin=self.pins["good"].removeprefix("sha256//"),
                      tiny_auth=f"localhost:{self.servers.proxies['tinyproxy_auth']}",
                      secure=f"https://localhost:{self.secure[0]}", untrusted_proxy=f"https://localhost:{self.secure[1]}")
        return values, list(ports.values())

    @staticmethod
    def answer(name):
        row = ANSWERS[name]
        return row if isinstance(row, tuple) else (row, {})

    def run_side(self, name, program, arguments, ports, rule):
        seen = [len(self.servers.raw_seen(port)) for port in ports]
        if rule:
            self.servers.ask("POST", "/rules", rule)
        with tempfile.TemporaryDirectory(prefix="midge-beside-") as folder:
            folder = pathlib.Path(folder)
            for file, data in FILES.items():
                (folder / file).write_bytes(data)
            done = subprocess.run(program + ["-s", *arguments], input=STDIN.get(name, b"from stdin\nto the end"),
                                  capture_output=True, timeout=midge_test.TIMEOUT, cwd=folder,
                                  env=environment(HOME=str(folder)))
            new = [one for port, n in zip(ports, seen) for one in self.servers.raw_seen(port)[n:]]
            assert not re.search(rb"Sanitizer|runtime error", done.stderr), done.stderr
            return Side(done, folder, new)

    def compare(self, name, line):
        """The aspects in which the two differ, and a text that shows how."""
        values, ports = self.variables(name, line)
        arguments = shlex.split(string.Template(line).safe_substitute(values))
        if "--cacert" not in arguments:
            arguments = ["--cacert", self.ca] + arguments
        rule = RULES.get(name) and {"match": f"^/beside/{name}", **RULES[name]}
        curl, midge = (self.run_side(name, program, arguments, ports, rule)
                       for program in ([CURL, "-q"], [midge_test.BIN]))
        differs = {aspect for aspect in curl.aspects if curl.aspects[aspect] != midge.aspects[aspect]}
        text = "".join(f"\n  {aspect}\n    curl:  {curl.aspects[aspect]!r}\n    midge: {midge.aspects[aspect]!r}"
                       for aspect in curl.aspects if aspect in differs or name in ONLY)
        self.fields.update(name for one, other in zip(of_everywhere(curl.requests), of_everywhere(midge.requests))
                           for name, _ in set(one) ^ set(other))
        return name, differs, f"{name}: {shlex.join(arguments)}{text}\n  said\n    {curl.err!r}\n    {midge.err!r}\n"

    def test_all(self):
        commands = parse(COMMANDS)
        self.fields = set()
        self.assertGreaterEqual(len(commands), 180)
        self.assertEqual([], sorted((set(DIFFERENCES) | set(RULES)) - set(commands)), "rows of commands that are not there")
        chosen = [row for row in commands.items() if not ONLY or row[0] in ONLY]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda row: self.compare(*row), chosen))
        for name, differs, text in results:
            with self.subTest(name):
                if name in ONLY:
                    print(text)
                expected, reason = DIFFERENCES.get(name, ("", ""))
                self.assertEqual(set(expected.split()), differs, f"{text}listed: {reason or 'no'}")
        if not ONLY:
            self.assertEqual(set(EVERYWHERE), self.fields)


if __name__ == "__main__":
    unittest.main(verbosity=2)
