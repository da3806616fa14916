#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a table of trusted roots for midge_tls.roots from PEM or DER certificates.

    root_table.py -o roots.c /etc/ssl/certs/ca-certificates.crt     C source: roots[], roots_len
    root_table.py -o roots.bin FILE...                              the bytes alone, for a partition
    root_table.py --list FILE...                                    the roots, with their sizes

include/midge/roots.h describes the table. The roots come from the system that you trust: on Debian
/etc/ssl/certs/ca-certificates.crt, which is Mozilla's list. Blocks "TRUSTED CERTIFICATE" (OpenSSL's
own, with purposes) are refused: a table has no place for their purposes. It needs Python 3 alone.
"""
import argparse
import base64
import hashlib
import pathlib
import re
import struct
import sys

MAGIC = b"MIDGERT1"
HEADER, ENTRY = 48, 8
SEQUENCE, BOOLEAN, STRING_TYPES = 0x30, 0x01, {0x0C, 0x13, 0x14, 0x16}
# basicConstraints, keyUsage, extKeyUsage, nameConstraints: all that a root is judged by.
KEPT = {bytes.fromhex(oid) for oid in ("551d13", "551d0f", "551d25", "551d1e")}
CA_TRUE = bytes.fromhex("0101ff")
COMMON_NAME, ORGANISATION, UNIT = bytes.fromhex("550403"), bytes.fromhex("55040a"), bytes.fromhex("55040b")
RSA_KEY = bytes.fromhex("06092a864886f70d010101")
SIGNED_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")    # sha256WithRSAEncryption
SIGNED_EC = bytes.fromhex("300a06082a8648ce3d040302")           # ecdsa-with-SHA256
NO_ISSUER = bytes.fromhex("300b3109300706035504030c00")         # an empty commonName
NO_SIGNATURE = bytes.fromhex("030100")
SERIAL = bytes.fromhex("020100")


class Malformed(ValueError):
    pass


def values(der):
    """The values in a row: (tag, content, whole) each."""
    at = 0
    while at < len(der):
        begin = at
        if len(der) - at < 2 or der[at] & 0x1F == 0x1F:
            raise Malformed("malformed DER")
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at:at + size], "big"), at + size
        if at + length > len(der):
            raise Malformed("malformed DER")
        at += length
        yield tag, der[at - length:at], der[begin:at]


def only(der, tag):
    """The content of the one value, which has this tag."""
    found = list(values(der))
    if len(found) != 1 or found[0][0] != tag:
        raise Malformed("malformed certificate")
    return found[0][1]


def tlv(tag, content):
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x81, size]) if size < 0x100 else \
        bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def attributes(name):
    """(OID, value) of each attribute of a Name."""
    for _, rdn, _ in values(only(name, SEQUENCE)):
        for _, attribute, _ in values(rdn):
            (_, oid, _), (tag, value, _) = values(attribute)
            yield oid, value, tag


def name_hash(name):
    value = 2166136261
    for oid, text, _ in attributes(name):
        for byte in oid + text.translate(bytes.maketrans(*(bytes(range(a, a + 26)) for a in (65, 97)))):
            value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


class Root:
    """A certificate: subject, key and so on are DER."""

    def __init__(self, der):
        self.der = der
        try:
            self._read()
        except ValueError as error:
            raise Malformed("not a certificate") from error

    def _read(self):
        fields = list(values(next(values(only(self.der, SEQUENCE)))[1]))
        self.version = b""
        if fields[0][0] == 0xA0:
            self.version = fields.pop(0)[2]
        (_, _, self.issuer, self.validity, self.subject, self.key), rest = \
            (field[2] for field in fields[:6]), fields[6:]
        extensions = [content for tag, content, _ in rest if tag == 0xA3]
        self.extensions = [self._extension(whole, content) for _, content, whole in
                           values(only(extensions[0], SEQUENCE))] if extensions else []
        self.hash = name_hash(self.subject)

    @staticmethod
    def _extension(whole, content):
        (_, oid, _), *rest = values(content)
        critical = rest[0][0] == BOOLEAN
        return oid, critical, rest[-1][1], whole

    def may_issue(self):
        """Versions 1 and 2 have no basicConstraints."""
        basic = [value for oid, _, value, _ in self.extensions if oid == bytes.fromhex("551d13")]
        return self.version != bytes.fromhex("a003020102") or \
            (len(basic) == 1 and only(basic[0], SEQUENCE).startswith(CA_TRUE))

    def stripped(self):
        """The certificate with those fields only that a root needs."""
        if not self.may_issue():
            return self.der
        signed = SIGNED_RSA if RSA_KEY in self.key[:32] else SIGNED_EC
        kept = b"".join(whole for oid, critical, _, whole in self.extensions if critical or oid in KEPT)
        body = self.version + SERIAL + signed + NO_ISSUER + self.validity + self.subject + self.key
        body += tlv(0xA3, tlv(SEQUENCE, kept)) if kept else b""
        return tlv(SEQUENCE, tlv(SEQUENCE, body) + signed + NO_SIGNATURE)

    def title(self):
        found = {oid: value for oid, value, tag in attributes(self.subject) if tag in STRING_TYPES}
        parts = [found[oid].decode("utf-8", "replace") for oid in (COMMON_NAME, UNIT, ORGANISATION) if oid in found]
        return ", ".join(parts) or self.subject.hex()

    def fingerprint(self):
        return hashlib.sha256(self.der).hexdigest()

    def is_called(self, text):
        digits = text.replace(":", "").lower()
        return text.lower() in self.title().lower() or \
            (len(digits) >= 8 and self.fingerprint().startswith(digits))


def certificates(data):
    """DER of each certificate in PEM text, or in DER, one after the other."""
    if data[:1] == b"\x30":
        return [whole for _, _, whole in values(data)]
    if b"-----BEGIN TRUSTED CERTIFICATE-----" in data:
        raise Malformed("has TRUSTED CERTIFICATE blocks: convert them with openssl x509 -in FILE -out FILE")
    found = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", data, re.DOTALL)
    if not found:
        raise Malformed("has no certificate")
    return [base64.b64decode(block) for block in found]


def make(roots, whole=False):
    """The table of these roots; duplicates count once."""
    rows = sorted({(root.hash, root.der if whole else root.stripped()) for root in roots})
    offset = HEADER + ENTRY * len(rows)
    index = body = b""
    for value, der in rows:
        if not 0x80 <= len(der) < 0x10000:
            raise Malformed("a certificate is shorter than 128 bytes or longer than 65,535")
        index += struct.pack("<II", value, offset + len(body))
        body += der
    digest = hashlib.sha256(index + body).digest()
    return MAGIC + struct.pack("<II", offset + len(body), len(rows)) + digest + index + body


def chosen(roots, options):
    """--only, --without and --max-bytes, in the order of the files."""
    for text in options.only + options.without:
        if not any(root.is_called(text) for root in roots):
            raise Malformed(f"no root is called '{text}'")
    roots = [root for root in roots if not any(map(root.is_called, options.without)) and
             (not options.only or any(map(root.is_called, options.only)))]
    taken, size = [], HEADER
    for root in roots:
        more = ENTRY + len(root.der if options.whole else root.stripped())
        if options.max_bytes and size + more > options.max_bytes:
            print(f"left out: {root.title()}", file=sys.stderr)
            continue
        size += more
        taken.append(root)
    return taken


def source(table, name):
    lines = [", ".join(f"0x{byte:02x}" for byte in table[at:at + 16]) for at in range(0, len(table), 16)]
    return (f"/* Made by root_table.py. */\n#include <stddef.h>\n\nextern const unsigned char {name}[];\n"
            f"extern const size_t {name}_len;\n\nconst unsigned char {name}[] = {{\n    " +
            ",\n    ".join(lines) + f"}};\nconst size_t {name}_len = sizeof {name};\n")


def read_all(paths):
    roots = {}
    for path in paths:
        try:
            for der in certificates(pathlib.Path(path).read_bytes()):
                roots.setdefault(der, Root(der))
        except (OSError, ValueError) as error:
            raise Malformed(f"{path}: {error}") from error
    return list(roots.values())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="FILE", help="C source if it ends in .c, else the bytes")
    parser.add_argument("--name", default="roots", help="of the array in C source [roots]")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT",
                        help="take the roots with TEXT in their names, or whose SHA-256 begins with TEXT; "
                             "may be given several times")
    parser.add_argument("--without", action="append", default=[], metavar="TEXT", help="leave these roots out")
    parser.add_argument("--max-bytes", type=int, metavar="N",
                        help="leave out each root with which the table would be longer; says which on stderr")
    parser.add_argument("--whole", action="store_true", help="keep whole certificates: 1.8 times the size")
    parser.add_argument("--list", action="store_true", help="print the roots: bytes, SHA-256, name")
    parser.add_argument("files", nargs="+", metavar="FILE", help="PEM, or DER certificates")
    return parser.parse_args()


def main():
    options = parse_arguments()
    try:
        roots = chosen(read_all(options.files), options)
        table = make(roots, options.whole)
    except Malformed as error:
        print(f"root_table.py: {error}", file=sys.stderr)
        return 1
    if not roots:
        print("root_table.py: no root is left", file=sys.stderr)
        return 1
    if options.list:
        for root in roots:
            print(len(root.der if options.whole else root.stripped()), root.fingerprint()[:16], root.title())
    if options.output and options.output.endswith(".c"):
        pathlib.Path(options.output).write_text(source(table, options.name), encoding="ascii")
    elif options.output:
        pathlib.Path(options.output).write_bytes(table)
    print(f"{len(roots)} roots, {len(table)} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
