#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Updates on a board that loses power again and again (update.c), from a server that often gives the
wrong thing. MIDGE_UPDATE_ROUNDS=200 for as many losses of power; MIDGE_UPDATE_SEED for other ones."""
import collections
import hashlib
import http.server
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import unittest

import board
from test_boards import BOARD

ROUNDS = int(os.environ.get("MIDGE_UPDATE_ROUNDS", "10"))
SEED = int(os.environ.get("MIDGE_UPDATE_SEED", "1"))
PROFILE = {"lm3s6965evb": "tiny"}.get(BOARD, "full")
SCRIPT = board.ROOT / "boards" / "examples" / "make_manifest.sh"


def image(version):
    return bytes((i * 7 + version * 13 + (i >> 8) * 31) & 255 for i in range(5000 + version * 37 % 4000))


class Vendor:
    """Signs manifests; `stranger` has a key that no device knows."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in "vendor", "stranger":
            subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                            self.folder / f"{name}.pem"], check=True)
        self.key = subprocess.run(["openssl", "ec", "-in", self.folder / "vendor.pem", "-pubout", "-outform", "DER"],
                                  check=True, capture_output=True).stdout.hex()

    def manifest(self, version, of=None, key="vendor", product="thermostat", hardware="rev-c"):
        path = self.folder / "image"
        path.write_bytes(image(of or version))
        return subprocess.run(["sh", SCRIPT, self.folder / f"{key}.pem", product, hardware, str(version), path],
                              check=True, capture_output=True).stdout


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, vendor):
        super().__init__(("127.0.0.1", 0), Handler)
        self.vendor, self.chance, self.lock = vendor, random.Random(SEED), threading.Lock()
        self.given = collections.Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass    # a device without power sends a reset later, or nothing

    def manifest(self, installed, how):
        new = installed + 1
        v = self.vendor
        if how == "forged":
            return v.manifest(new, key="stranger")
        if how == "old":
            return v.manifest(max(installed - 1, 0))
        if how == "same":
            return v.manifest(installed)
        if how == "product":
            return v.manifest(new, product="toaster")
        if how == "hardware":
            return v.manifest(new, hardware="rev-b")
        if how == "mixed":      # of another image; signed, so only the hash can tell
            return v.manifest(new, of=new + 1)
        text = v.manifest(new)
        if how == "cut":
            return text[:self.chance.randrange(len(text))]
        if how == "altered":
            at = self.chance.randrange(len(text))
            return text[:at] + bytes([text[at] ^ 1 << self.chance.randrange(7)]) + text[at + 1:]
        return text


MANIFESTS = ["good"] * 12 + ["forged", "old", "same", "product", "hardware", "mixed", "cut", "altered"]
IMAGES = ["good"] * 12 + ["other", "blind", "whole", "cut", "more", "less", "flipped", "404", "503", "416"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        kind, number, wrong = self.path.strip("/").split("/")
        server = self.server
        with server.lock:
            how = "good"
            if wrong == "1":
                how = server.chance.choice(MANIFESTS if kind == "manifest" else IMAGES)
            server.given[f"{kind} {how}"] += 1
            body = server.manifest(int(number), how) if kind == "manifest" else b""
            at = server.chance.random()
        if kind == "manifest":
            self.give(200, body)
        else:
            self.give_image(int(number), how, at)

    def give(self, status, body, *headers, cut=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = self.close_connection or cut is not None

    def give_image(self, version, how, at):
        if how.isdigit():
            return self.give(int(how), b"no image" * 100)
        whole = image(version + 1 if how in ("other", "blind") else version)
        whole = whole + b"more" if how == "more" else whole[:-1] if how == "less" else whole
        tag = f'"{version + 1 if how == "other" else version}"'
        if how == "flipped":
            place = int(at * len(whole))
            whole = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:]
        wanted = self.headers.get("Range")
        if how == "whole" or wanted is None or self.headers.get("If-Range") != tag:
            return self.give(200, whole, ("ETag", tag), cut=int(at * len(whole)) if how == "cut" else None)
        first = int(wanted.removeprefix("bytes=").rstrip("-"))
        part = whole[first:]
        self.server.given["parts"] += 1
        return self.give(206, part, ("ETag", tag), ("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}"),
                         cut=int(at * len(part)) if how == "cut" else None)


class Update(unittest.TestCase):
    def test_power(self):
        with tempfile.TemporaryDirectory() as folder:
            vendor = Vendor(folder)
            self.assertEqual(hashlib.sha256(image(1)).hexdigest(),
                             vendor.manifest(1).decode().split("sha256: ")[1].split("\n")[0])
            server = Server(vendor)
            base = f"http://{board.HOST}:{server.server_port}"
            ran = board.run(BOARD, PROFILE, ["update", base, vendor.key, ROUNDS, SEED],
                            elf=board.image(BOARD, PROFILE, "-update"), timeout=300 + 10 * ROUNDS)
            server.shutdown()
            server.server_close()
        lines = [line for line in ran.text.splitlines() if line.startswith("update: ")]
        print("", *lines, dict(server.given), sep="\n")
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(1, len(lines), ran)
        self.assertGreaterEqual(ran.number(r"update: (\d+) losses of power"), ROUNDS, ran)
        self.assertEqual(0, ran.number(r"(\d+) bad"), ran)
        self.assertGreater(ran.number(r"(\d+) updates,"), ROUNDS // 10, ran)
        self.assertGreater(ran.number(r"(\d+) resumed,"), ROUNDS // 10, ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
