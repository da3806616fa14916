#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fetch.py DIR: the npm package rp2040js as DIR/rp2040js, by npm's own settings, checked by the hash below.

A package in place is left alone, so a second run needs no network. Exit 1: it could not be had.
"""
import base64
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "rp2040js@1.4.1"
SHA512 = "Yzr5xG7ZwbtA50IYAU1k/oSoSyDAhPtT5qC/Q2eFApoLuAYE8DQbPIMPs/0kh4Ietd4P0OpKk3CIkfNqjcr56g=="


def download(folder):
    """The archive, or an error that says why there is none."""
    done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True,
                          timeout=300)
    found = sorted(pathlib.Path(folder).glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise SystemExit(f"fetch: npm can't get {PACKAGE}:\n{done.stderr}")
    data = found[0].read_bytes()
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != SHA512:
        raise SystemExit(f"fetch: {PACKAGE} is another than the pinned one")
    return found[0]


def fetch(cache):
    """The package's folder."""
    place = pathlib.Path(cache) / "rp2040js"
    mark = place / ".from"
    if mark.exists() and mark.read_text() == SHA512:
        return place
    pathlib.Path(cache).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as new:
        with tarfile.open(download(new)) as archive:
            archive.extractall(new)  # pinned: nothing in it is a surprise
        (pathlib.Path(new) / "package" / ".from").write_text(SHA512)
        shutil.rmtree(place, ignore_errors=True)
        (pathlib.Path(new) / "package").rename(place)
    return place


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(fetch(sys.argv[1]))
