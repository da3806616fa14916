# SPDX-License-Identifier: MIT
"""Certificates field by field, so that each field can be wrong.

    certificate(subject, issuer, extensions, **fields)   an Entity; all fields have good defaults
    key(name, kind)                                      the same key for the same name

Keys come from their names and not from chance; signatures (ECDSA) differ from run to run.
"""
import functools
import hashlib
import pathlib
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "server"))
import chains   # noqa: E402
from chains import Entity, extension, integer, name, oid, seq, tlv   # noqa: E402,F401

NOW = 1_800_000_000                     # 2027-01-15 08:00:00 UTC
FROM, UNTIL = "260101000000Z", "280101000000Z"

ECDSA = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1", "sha256": "1.2.840.10045.4.3.2",
         "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
RSA = {"md5": "1.2.840.113549.1.1.4", "sha1": "1.2.840.113549.1.1.5", "sha256": "1.2.840.113549.1.1.11",
       "sha384": "1.2.840.113549.1.1.12", "sha512": "1.2.840.113549.1.1.13"}
HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224, "sha256": hashes.SHA256,
          "sha384": hashes.SHA384, "sha512": hashes.SHA512}
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "p192": ec.SECP192R1,
          "p224": ec.SECP224R1, "k256": ec.SECP256K1, "b256": ec.BrainpoolP256R1}


@functools.cache
def key(label, kind="p256"):
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(label.encode()).digest())
    if kind.startswith("rsa"):
        bits, _, exponent = kind[3:].partition("/")
        return rsa.generate_private_key(public_exponent=int(exponent or 65537), key_size=int(bits))
    curve = CURVES[kind]()
    secret = int.from_bytes(hashlib.sha512((label + kind).encode()).digest() * 2, "big")
    return ec.derive_private_key(secret % (1 << curve.key_size - 1) + 1, curve)


def algorithm(signer, digest):
    if digest == "pss":
        return chains.pss()
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return seq(oid("1.3.101.112"))
    if isinstance(signer, rsa.RSAPrivateKey):
        return seq(oid(RSA[digest]), tlv(5))
    return seq(oid(ECDSA[digest]))


def sign(signer, digest, data):
    if digest == "pss":
        return chains.sign_pss(signer, data)
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return signer.sign(data)
    if isinstance(signer, rsa.RSAPrivateKey):
        return signer.sign(data, padding.PKCS1v15(), HASHES[digest]())
    return signer.sign(data, ec.ECDSA(HASHES[digest]()))


def date(text):
    """UTCTime with 2 digits of the year, GeneralizedTime with 4."""
    return tlv(0x18 if len(text) == 15 else 0x17, text.encode())


def version(number):
    """[0] EXPLICIT; version 1 is the default and not written."""
    return b"" if number == 1 else tlv(0xA0, integer(number - 1))


def as_name(given):
    return name(given) if isinstance(given, str) else given


def certificate(subject, issuer=None, extensions=(), *, own=None, v=3, serial=b"\2\1\1", digest="sha256",
                since=FROM, until=UNTIL, public=None, issuer_name=None, signer=None, outer=None,
                before_extensions=b"", change=None, validity=None, unused_bits=0):
    """issuer None: self-signed. own: its key. signer: key in place of the issuer's. outer: the second
    algorithm. change: of the finished DER. unused_bits: that the signature's BIT STRING states."""
    subject = as_name(subject)
    own = own or key(subject.hex())
    signer = signer or (issuer.key if issuer else own)
    kind = algorithm(signer, digest)
    issuer_name = as_name(issuer_name) if issuer_name is not None else issuer.subject if issuer else subject
    block = tlv(0xA3, seq(*extensions)) if extensions else b""
    signed = seq(version(v), serial, kind, issuer_name, validity or seq(date(since), date(until)), subject,
                 public or chains.spki(own), before_extensions, block)
    der = seq(signed, outer or kind, tlv(3, bytes([unused_bits]), sign(signer, digest, signed)))
    return Entity(subject, own, change(der) if change else der)


# --- extensions ---

def san(*entries, critical=False):
    return extension("2.5.29.17", seq(*entries), critical)


def dns(text):
    return tlv(0x82, text if isinstance(text, bytes) else text.encode())


def basic(ca=True, path=None, critical=True, tail=b""):
    """path: a number, or the DER of something else."""
    limit = b"" if path is None else path if isinstance(path, bytes) else integer(path)
    return extension("2.5.29.19", seq(tlv(1, b"\xff") if ca else b"", limit, tail), critical)


USES = {"digitalSignature": 0, "nonRepudiation": 1, "keyEncipherment": 2, "keyAgreement": 4,
        "keyCertSign": 5, "cRLSign": 6}


def uses(*bits, critical=True):
    """keyUsage, a named bit list: no zeros at its end."""
    number = sum(1 << 7 - USES[bit] for bit in bits)
    unused = (number & -number).bit_length() - 1 if number else 0
    return extension("2.5.29.15", tlv(3, bytes([unused, number]) if number else b"\0"), critical)


def purposes(*names, critical=False):
    return extension("2.5.29.37", seq(*map(oid, names)), critical)
