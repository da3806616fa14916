# SPDX-License-Identifier: MIT
"""The set: each row is a name, how the chain is made, the verdict, and the chain itself.

    cases(profile)    the list of Case

A verdict is None (accepted) or a Verdict: error, X.509 flags of response.h, part of the text.
"""
from dataclasses import dataclass, field

from make import NOW, algorithm, basic, certificate, date, dns, key, purposes, san, uses   # finds chains too
from chains import (ANY, CLIENT, EMAIL, SERVER, address, constraints, directory, email, extension,
                    integer, name, oid, other_name, restrict, seq, tlv, uri)


@dataclass
class Verdict:
    flags: int
    text: str
    error: str = "CERT"


EXPIRED = Verdict(0x1, "certificate expired")
FUTURE = Verdict(0x200, "certificate not yet valid")
OTHER_HOST = Verdict(0x4, "certificate is for another host")
NO_SAN = Verdict(0x4, "certificate has no subjectAltName")
NOT_TRUSTED = Verdict(0x8, "certificate not trusted")
SELF_SIGNED = Verdict(0x8, "certificate is self-signed")
KEY_USE = Verdict(0x800, "certificate not meant for servers")
PURPOSE = Verdict(0x1000, "certificate not meant for servers")
CA_PURPOSE = Verdict(0x801000, "CA certificate not meant for servers")
WEAK_HASH = Verdict(0x4000, "weak hash in certificate chain")
WEAK_KEY = Verdict(0x10000, "weak or unacceptable key in certificate chain")
BROKEN = Verdict(0x100000, "certificate breaks the name constraints of a CA")
UNREADABLE = Verdict(0x200000, "name constraints in certificate chain cannot be read")
UNPARSED = Verdict(0, "certificate cannot be parsed")
ALGORITHM = Verdict(0, "unsupported signature algorithm in certificate")
ALGORITHM_ABOVE = Verdict(0x8, "unsupported signature algorithm in certificate")
KIND = Verdict(0, "unsupported kind of key in certificate")
KIND_ABOVE = Verdict(0x8, "unsupported kind of key in certificate")
EXTENSION = Verdict(0, "unsupported critical extension in certificate")
EXTENSION_ABOVE = Verdict(0x8, "unsupported critical extension in certificate")
TOO_LONG = Verdict(0, "certificate chain is too long")
# mbedTLS calls a chain without certificate, or one below 128 bytes, a fault of the protocol.
PROTOCOL = Verdict(0, "", "TLS")

HOST = "www.set.test"
ROOT = certificate("O=midge test set,CN=root", None, [basic()])
CA = certificate("O=midge test set,CN=CA", ROOT, [basic(), uses("keyCertSign")])
UNKNOWN = "1.3.6.1.4.1.55555.1"


@dataclass
class Case:
    name: str
    how: str
    verdict: Verdict            # None: accepted
    chain: list                 # as the server sends it
    roots: list = field(default_factory=lambda: [ROOT])
    host: str = HOST
    now: int = NOW              # the client's clock; 0: it has none
    floor: int = 0              # seconds; 0: the default
    mutated: int = 255          # number of the certificate that is damaged
    bits: int = 0               # in each byte of it, one after the other
    table: bytes = b""          # the roots as a table, in place of their DER


def leaf(issuer=CA, extensions=(), names=(dns(HOST),), **fields):
    alt_names = [san(*names)] if names else []
    return certificate(fields.pop("subject", f"CN={HOST}"), issuer, [*alt_names, *extensions], **fields)


def authority(text, extensions=None, issuer=ROOT, **fields):
    return certificate(f"O=midge test set,CN={text}", issuer,
                       [basic(), uses("keyCertSign")] if extensions is None else extensions, **fields)


class Table:
    def __init__(self):
        self.rows = []

    def row(self, title, how, verdict, chain, **settings):
        self.rows.append(Case(title, how, verdict, chain, **settings))

    def leaf(self, title, how, verdict, *extensions, case=None, **fields):
        """CA, and a leaf with these fields."""
        self.row(title, how, verdict, [leaf(extensions=extensions, **fields), CA], **(case or {}))

    def above(self, title, how, verdict, extensions=None, **fields):
        """A leaf of a CA with these fields."""
        ca = authority(title, extensions, **fields)
        self.row(title, how, verdict, [leaf(ca), ca])


def dates(table):
    one = table.leaf
    second = dict(since="260101000000Z", until="270115080000Z")
    one("dates-last-second", "notAfter is now", None, **second)
    one("dates-expired", "notAfter was a second ago", EXPIRED, **second, case=dict(now=NOW + 1))
    one("dates-first-second", "notBefore is now", None, since="270115080000Z")
    one("dates-future", "notBefore is in a second", FUTURE, since="270115080001Z")
    one("dates-1970", "of the year 1970", EXPIRED, since="700101000000Z", until="701231235959Z")
    one("dates-1950", "the first year of UTCTime", EXPIRED, since="500101000000Z", until="501231235959Z")
    one("dates-2049", "the last second of UTCTime", None, until="491231235959Z")
    one("dates-2050", "GeneralizedTime", None, until="20500101000000Z")
    one("dates-general-early", "GeneralizedTime before 2050", None, since="20260101000000Z")
    one("dates-9999", "without end (RFC 5280 4.1.2.5)", None, until="99991231235959Z")
    one("dates-far-future", "of the year 9999", FUTURE, since="99990101000000Z", until="99991231235959Z")
    one("dates-0000", "of the year 0", EXPIRED, since="00000101000000Z", until="00001231235959Z")
    one("dates-leap-day", "29 February 2028", None, until="280229000000Z")
    one("dates-no-leap-day", "29 February 2027", UNPARSED, until="270229000000Z")
    one("dates-month-13", "month 13", UNPARSED, until="281301000000Z")
    one("dates-second-60", "second 60", UNPARSED, until="280101000060Z")
    one("dates-offset", "an offset in place of Z", UNPARSED, until="280101000000+0100")
    # RFC 5280 4.1.2.5.1 wants the Z. mbedTLS takes the date as UTC, which is what it can only mean.
    one("dates-no-zone", "no Z", None, validity=seq(date("260101000000Z"), date("280101000000")))
    one("dates-letters", "letters in place of digits", UNPARSED, until="2801010000xxZ")
    one("dates-tag", "INTEGER in place of a date", UNPARSED, validity=seq(integer(1), date("280101000000Z")))
    one("dates-reversed", "notAfter before notBefore, now between them", Verdict(0x201, "certificate expired"),
        since="271231000000Z", until="260101000000Z")
    for clock, now in (("no-clock", 0), ("clock-below-floor", 1_000_000_000)):
        case = dict(now=now, floor=1_700_000_000)       # 2023-11-14
        one(f"dates-{clock}", "the client has no clock to trust", None, case=case)
        one(f"dates-{clock}-expired", "expired before the floor", EXPIRED, since="200101000000Z",
            until="231101000000Z", case=case)
        one(f"dates-{clock}-later", "expired after the floor", None, since="200101000000Z",
            until="240101000000Z", case=case)
        one(f"dates-{clock}-future", "valid only from 2040", None, since="400101000000Z", until="490101000000Z",
            case=case)
    table.above("dates-ca-expired", "the CA has expired", EXPIRED, since="200101000000Z", until="210101000000Z")
    table.above("dates-ca-future", "the CA is not yet valid", FUTURE, since="280101000000Z")
    root = authority("old root", issuer=None, since="200101000000Z", until="210101000000Z")
    table.row("dates-root-expired", "the root has expired", EXPIRED, [leaf(root)], roots=[root])


def names(table):
    def raw(*numbers):
        return tlv(0x87, bytes(numbers))

    def one(title, how, verdict, entries, host=HOST, *more, **fields):
        # An address is DER already.
        entries = [entry if entry[:1] in (b"\x81", b"\x86", b"\x87", b"\xa0") else dns(entry) for entry in entries]
        table.leaf(title, how, verdict, *more, names=entries, case=dict(host=host), **fields)
    v6 = bytes.fromhex("20010db8") + bytes(11) + b"\1"
    one("names-exact", "the host", None, [HOST])
    one("names-case", "upper case in the certificate", None, ["WWW.Set.TEST"])
    one("names-case-host", "upper case in the URL", None, [HOST], "WWW.SET.TEST")
    one("names-second", "the second of three", None, ["a.test", HOST, "b.test"])
    one("names-other", "another host", OTHER_HOST, ["w.set.test"])
    one("names-parent", "the domain above", OTHER_HOST, ["set.test"])
    one("names-child", "a host below", OTHER_HOST, ["x.www.set.test"])
    one("names-longer", "the host as the beginning", OTHER_HOST, ["www.set.test.evil.test"])
    one("names-suffix", "the host as the end", OTHER_HOST, ["evilwww.set.test"])
    one("names-dot-host", "the URL's host ends with a dot", None, [HOST], HOST + ".")
    one("names-dot-san", "the certificate's name ends with a dot", OTHER_HOST, [HOST + "."])
    one("names-wildcard", "*.domain", None, ["*.set.test"])
    one("names-wildcard-case", "*.DOMAIN", None, ["*.SET.test"])
    one("names-wildcard-two", "one wildcard for two labels", OTHER_HOST, ["*.test.test"], "a.b.test.test")
    one("names-wildcard-none", "a wildcard for no label", OTHER_HOST, ["*.www.set.test"])
    one("names-wildcard-top", "*.TLD", OTHER_HOST, ["*.test"], "set.test")
    one("names-wildcard-alone", "only *", OTHER_HOST, ["*"], "localhost")
    one("names-wildcard-middle", "the second label is the wildcard", OTHER_HOST, ["www.*.test"])
    one("names-wildcard-twice", "two wildcards", OTHER_HOST, ["*.*.test"])
    one("names-wildcard-left", "w*", OTHER_HOST, ["w*.set.test"])
    one("names-wildcard-right", "*w", OTHER_HOST, ["*w.set.test"])
    one("names-wildcard-label", "in the host's own label", OTHER_HOST, ["ww*w.set.test"])
    one("names-wildcard-idn", "xn--*", OTHER_HOST, ["xn--*.set.test"], "xn--bcher-kva.set.test")
    one("names-wildcard-address", "a wildcard for an address", OTHER_HOST, ["*.0.2.1"], "192.0.2.1")
    one("names-idn", "an A-label", None, ["xn--bcher-kva.test"], "xn--bcher-kva.test")
    one("names-idn-utf8", "UTF-8 in place of the A-label", OTHER_HOST, ["bücher.test"], "xn--bcher-kva.test")
    one("names-nul", "the host, NUL, more", OTHER_HOST, [HOST.encode() + b"\0.evil.test"])
    one("names-nul-end", "the host and NUL", OTHER_HOST, [HOST.encode() + b"\0"])
    one("names-nul-first", "NUL first", OTHER_HOST, [b"\0" + HOST.encode()])
    one("names-space", "a blank behind the host", OTHER_HOST, [HOST + " "])
    one("names-empty", "an empty dNSName", OTHER_HOST, [""])
    one("names-none", "an empty list", OTHER_HOST, [tlv(0x81, b"a@set.test")])
    one("names-no-san", "the host only in the CN", NO_SAN, [])
    one("names-cn-other", "the host in the CN, another in the SAN", OTHER_HOST, ["other.test"])
    one("names-san-other-cn", "another host in the CN, the host in the SAN", None, [HOST], subject="CN=x.test")
    one("names-uri", "the host in a URI", OTHER_HOST, [uri(f"https://{HOST}/")])
    one("names-uri-plain", "the host as a URI", OTHER_HOST, [uri(HOST)])
    one("names-email", "the host as an address of mail", OTHER_HOST, [email(HOST)])
    one("names-other-name", "the host as an otherName, and as dNSName", None, [other_name(HOST), HOST])
    one("names-long", "labels of 63 bytes, 253 in all", None,
        [".".join(["a" * 63] * 3 + ["b" * 61])], ".".join(["a" * 63] * 3 + ["b" * 61]))
    one("names-critical", "a critical SAN and no subject", None, [], HOST, san(dns(HOST), critical=True),
        subject="")
    one("names-v4", "iPAddress", None, [raw(192, 0, 2, 1)], "192.0.2.1")
    one("names-v4-other", "another iPAddress", OTHER_HOST, [raw(192, 0, 2, 2)], "192.0.2.1")
    one("names-v4-dns", "the address as dNSName", OTHER_HOST, ["192.0.2.1"], "192.0.2.1")
    one("names-v4-cn", "the address in the CN", NO_SAN, [], "192.0.2.1", subject="CN=192.0.2.1")
    one("names-v4-mapped", "the address as IPv6", OTHER_HOST, [raw(*bytes(10), 255, 255, 192, 0, 2, 1)],
        "192.0.2.1")
    one("names-v4-long", "five bytes", UNPARSED, [raw(192, 0, 2, 1, 0)], "192.0.2.1")
    one("names-v4-for-dns", "the bytes of the host as iPAddress", OTHER_HOST, [raw(*b"a.bc")], "a.bc")
    one("names-dns-for-v4", "the bytes of the address as dNSName", OTHER_HOST, [bytes([192, 0, 2, 1])],
        "192.0.2.1")
    one("names-v6", "iPAddress of 16 bytes", None, [raw(*v6)], "2001:db8::1")
    one("names-v6-other", "another one", OTHER_HOST, [raw(*v6[:-1], 2)], "2001:db8::1")


def purpose(table):
    one = table.leaf
    one("eku-server", "serverAuth", None, purposes(SERVER))
    one("eku-both", "clientAuth and serverAuth", None, purposes(CLIENT, SERVER))
    one("eku-critical", "critical serverAuth", None, purposes(SERVER, critical=True))
    one("eku-client", "only clientAuth", PURPOSE, purposes(CLIENT))
    one("eku-any", "anyExtendedKeyUsage", None, purposes(ANY))
    one("eku-unknown", "an unknown purpose", PURPOSE, purposes(UNKNOWN))
    one("eku-empty", "an empty list", UNPARSED, purposes())
    common = [basic(), uses("keyCertSign")]
    table.above("eku-ca-server", "the CA is for servers", None, [*common, purposes(SERVER)])
    table.above("eku-ca-any", "the CA is for anything", None, [*common, purposes(ANY)])
    table.above("eku-ca-mail", "the CA is for mail", CA_PURPOSE, [*common, purposes(EMAIL)])
    root = authority("mail root", [*common, purposes(EMAIL)], None)
    table.row("eku-root-mail", "the root is for mail", CA_PURPOSE, [leaf(root)], roots=[root])


def use(table):
    one = table.leaf
    one("ku-signature", "digitalSignature", None, uses("digitalSignature"))
    one("ku-not-critical", "the same, not critical", None, uses("digitalSignature", critical=False))
    one("ku-agreement", "only keyAgreement", KEY_USE, uses("keyAgreement"))
    one("ku-encipher", "only keyEncipherment, ECDHE_RSA", KEY_USE, uses("keyEncipherment"),
        own=key("leaf", "rsa2048"))
    one("ku-rsa", "digitalSignature, ECDHE_RSA", None, uses("digitalSignature"), own=key("leaf", "rsa2048"))
    one("ku-cert-sign", "only keyCertSign", KEY_USE, uses("keyCertSign"))
    one("ku-none", "no bit", KEY_USE, uses())
    one("ku-long", "three bytes of bits", None, extension("2.5.29.15", tlv(3, b"\7\x80\0\0"), True))
    table.above("ku-ca-none", "the CA has no keyUsage", None, [basic()])
    table.above("ku-ca-crl", "the CA may only sign CRLs", NOT_TRUSTED, [basic(), uses("cRLSign")])
    table.above("ku-ca-signature", "the CA may only sign data", NOT_TRUSTED, [basic(), uses("digitalSignature")])


def constraint(table):
    def one(title, how, verdict, value, entries=(), critical=True, host=HOST, **fields):
        ca = authority(title, [basic(), uses("keyCertSign"), restrict(value, critical)])
        table.row(title, how, verdict, [leaf(ca, names=[dns(HOST), *entries], **fields), ca], host=host)
    four = address("c0000201")
    one("nc-permitted", "the domain is permitted", None, constraints([dns("set.test")]))
    one("nc-outside", "another domain is permitted", BROKEN, constraints([dns("other.test")]))
    one("nc-outside-soft", "the same, not critical", BROKEN, constraints([dns("other.test")]), critical=False)
    one("nc-excluded", "the domain is excluded", BROKEN, constraints(None, [dns("set.test")]))
    one("nc-excluded-soft", "the same, not critical", BROKEN, constraints(None, [dns("set.test")]),
        critical=False)
    one("nc-other-excluded", "another domain is excluded", None, constraints(None, [dns("other.test")]))
    one("nc-one-outside", "one of two names is outside", BROKEN, constraints([dns("set.test")]),
        [dns("other.test")])
    one("nc-wildcard", "a wildcard over an excluded host", BROKEN, constraints(None, [dns("a.set.test")]),
        [dns("*.set.test")])
    one("nc-address", "the address is permitted", None, constraints([address("c0000200ffffff00")]), [four],
        host="192.0.2.1")
    one("nc-address-out", "another network is permitted", BROKEN, constraints([address("c0000300ffffff00")]),
        [four], host="192.0.2.1")
    one("nc-address-mask", "a mask with a hole", UNREADABLE, constraints([address("c0000200ff00ff00")]), [four])
    one("nc-directory", "the subject is permitted", None, constraints([directory("O=set")]), subject="O=set,CN=x")
    one("nc-directory-out", "the subject is outside", BROKEN, constraints([directory("O=set")]),
        subject="O=sets,CN=x")
    one("nc-uri", "an unsupported form that the leaf has", BROKEN, constraints(None, [uri(".evil.test")]),
        [uri("http://good.test/")])
    one("nc-uri-soft", "the same, not critical", None, constraints(None, [uri(".evil.test")]),
        [uri("http://good.test/")], critical=False)
    one("nc-uri-absent", "an unsupported form that the leaf lacks", None, constraints([uri(".good.test")]))
    one("nc-empty", "no list", UNREADABLE, seq())
    one("nc-minimum", "minimum 1", UNREADABLE, constraints([dns("set.test")], tail=b"\x80\1\1"))
    root = authority("narrow root", [basic(), restrict(constraints([dns("other.test")]))], None)
    table.row("nc-root", "the root is for another domain", BROKEN, [leaf(root)], roots=[root])
    top = authority("narrow top", [basic(), restrict(constraints([dns("other.test")]))])
    wide = authority("wide below", [basic(), restrict(constraints([dns("set.test")]))], top)
    table.row("nc-two-levels", "the upper CA is for another domain", BROKEN, [leaf(wide), wide, top])


def paths(table):
    above = table.above
    above("bc-not-critical", "basicConstraints are not critical", None, [basic(critical=False)])
    above("bc-missing", "no basicConstraints", NOT_TRUSTED, [uses("keyCertSign")])
    above("bc-false", "cA is false", NOT_TRUSTED, [basic(ca=False), uses("keyCertSign")])
    above("bc-path-0", "path length 0 above a leaf", None, [basic(path=0)])
    above("bc-path-negative", "path length -1", UNPARSED, [basic(path=b"\2\1\xff")])
    above("bc-path-huge", "path length 2^31 - 1", UNPARSED, [basic(path=0x7FFFFFFF)])
    above("bc-path-2-62", "path length 2^62", UNPARSED, [basic(path=1 << 62)])
    above("bc-trailing", "a byte behind the path length", UNPARSED, [basic(path=1, tail=b"\0")])
    table.leaf("bc-leaf-ca", "the leaf is a CA", None, basic())
    table.leaf("bc-leaf-no-ca", "the leaf says that it is none", None, basic(ca=False))
    for limit, verdict in ((0, NOT_TRUSTED), (1, None)):
        top = authority(f"top {limit}", [basic(path=limit)])
        middle = authority("middle", None, top)
        table.row(f"path-{limit}", f"path length {limit} above one CA", verdict, [leaf(middle), middle, top])
    top = authority("rolled", [basic(path=0)])
    rolled = certificate(top.subject, top, [basic()], own=key("rolled over"))
    # RFC 5280 6.1.4 (l) does not count it. mbedTLS counts the self-issued CA directly below: stricter.
    table.row("path-self-issued", "path length 0 above a self-issued CA", NOT_TRUSTED, [leaf(rolled), rolled, top])
    root = authority("flat root", [basic(path=0)], None)
    table.row("path-root", "path length 0 in the root, above a leaf", None, [leaf(root)], roots=[root])
    ca = authority("below flat", None, root)
    table.row("path-root-ca", "path length 0 in the root, above a CA", NOT_TRUSTED, [leaf(ca), ca], roots=[root])
    one = [ROOT]
    for i in range(9):
        one.insert(0, authority(f"level {i}", None, one[0]))
    table.row("path-eight", "eight CAs", None, [leaf(one[1]), *one[1:-1]])
    table.row("path-nine", "nine CAs", TOO_LONG, [leaf(one[0]), *one[:-1]])


def weakness(table):
    def one(title, how, verdict, kind, above=None):
        table.leaf(f"key-{title}", f"the leaf's key is {how}", verdict, own=key("leaf", kind))
        ca = authority(f"CA {title}", own=key("CA", kind))
        table.row(f"key-{title}-ca", f"the CA's key is {how}", above, [leaf(ca), ca])
    one("rsa-1024", "RSA 1024", WEAK_KEY, "rsa1024", WEAK_KEY)
    one("rsa-2048", "RSA 2048", None, "rsa2048")
    one("p192", "P-192", KIND, "p192", KIND_ABOVE)
    one("p384", "P-384", None, "p384")
    one("p521", "P-521", None, "p521")
    one("k256", "secp256k1", KIND, "k256", KIND_ABOVE)
    short = seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), tlv(3, b"\0", seq(integer(1 << 511 | 1), integer(65537))))
    table.leaf("key-rsa-512", "the leaf's key is RSA 512", WEAK_KEY, public=short)
    table.leaf("key-rsa-3", "RSA 2048 with exponent 3", None, own=key("leaf", "rsa2048/3"))
    table.leaf("key-b256", "brainpoolP256r1", KIND, own=key("leaf", "b256"))
    table.leaf("key-p224", "P-224", KIND, own=key("leaf", "p224"))
    table.leaf("key-ed25519", "Ed25519", KIND, own=key("leaf", "ed25519"))
    rsa_ca = authority("RSA CA", own=key("CA", "rsa2048"))
    big = authority("P-384 CA", own=key("CA", "p384"))
    for digest, verdict in (("md5", ALGORITHM), ("sha1", WEAK_HASH), ("sha256", None), ("sha384", None),
                            ("sha512", None), ("pss", None)):
        table.row(f"hash-rsa-{digest}", f"signed by RSA with {digest}", verdict,
                  [leaf(rsa_ca, digest=digest), rsa_ca])
    for digest, verdict in (("sha1", WEAK_HASH), ("sha224", WEAK_HASH), ("sha384", None), ("sha512", None)):
        table.row(f"hash-{digest}", f"signed by P-384 with {digest}", verdict, [leaf(big, digest=digest), big])
    table.above("hash-ca-sha1", "the CA is signed with SHA-1", WEAK_HASH, digest="sha1")
    root = authority("SHA-1 root", issuer=None, digest="sha1")
    table.row("hash-root-sha1", "the root has signed itself with SHA-1", None, [leaf(root)], roots=[root])
    table.leaf("hash-outer", "the two algorithms differ", UNPARSED, outer=algorithm(CA.key, "sha384"))
    table.row("hash-ed25519", "signed by Ed25519", ALGORITHM, [leaf(signer=key("x", "ed25519")), CA])
    ca = authority("MD5 CA", own=key("CA 2"), issuer=rsa_ca, digest="md5")
    table.row("hash-ca-md5", "the CA is signed with MD5", ALGORITHM_ABOVE, [leaf(ca), ca, rsa_ca])


def extensions(table):
    one = table.leaf
    null = tlv(5)
    one("ext-unknown", "an unknown extension", None, extension(UNKNOWN, null))
    one("ext-unknown-critical", "the same, critical", EXTENSION, extension(UNKNOWN, null, True))
    one("ext-poison", "a precertificate (RFC 6962 3.1)", EXTENSION,
        extension("1.3.6.1.4.1.11129.2.4.3", null, True))
    one("ext-twice-unknown", "an unknown extension twice", None, *[extension(UNKNOWN, null)] * 2)
    one("ext-twice-san", "two lists of names", UNPARSED, san(dns(HOST)))
    one("ext-twice-basic", "basicConstraints twice", UNPARSED, basic(ca=False), basic())
    one("ext-twice-ku", "keyUsage twice", UNPARSED, uses("digitalSignature"), uses("digitalSignature"))
    one("ext-twice-eku", "extended key usage twice", UNPARSED, purposes(CLIENT), purposes(SERVER))
    one("ext-false", "critical FALSE, written", None,
        seq(oid(UNKNOWN), tlv(1, b"\0"), tlv(4, null)))
    one("ext-no-value", "an extension without value", UNPARSED, seq(oid(UNKNOWN)))
    one("ext-policy", "a policy", None, extension("2.5.29.32", seq(seq(oid("2.23.140.1.2.1")))))
    one("ext-policy-any", "critical anyPolicy", None, extension("2.5.29.32", seq(seq(oid("2.5.29.32.0"))), True))
    one("ext-policy-critical", "a critical policy that is not known", EXTENSION,
        extension("2.5.29.32", seq(seq(oid("2.23.140.1.2.1"))), True))
    one("ext-policy-limits", "critical policyConstraints", EXTENSION,
        extension("2.5.29.36", seq(tlv(0x80, b"\0")), True))
    one("ext-inhibit-any", "critical inhibitAnyPolicy", EXTENSION, extension("2.5.29.54", integer(0), True))
    one("ext-info", "addresses of issuer and revocation list", None,
        extension("1.3.6.1.5.5.7.1.1", seq(seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://o.test/")))),
        extension("2.5.29.31", seq(seq(tlv(0xA0, tlv(0xA0, uri("http://c.test/")))))))
    one("ext-must-staple", "TLS feature (RFC 7633)", None, extension("1.3.6.1.5.5.7.1.24", seq(integer(5))))
    one("ext-key-id", "identifiers of subject and issuer key", None, extension("2.5.29.14", tlv(4, bytes(20))),
        extension("2.5.29.35", seq(tlv(0x80, bytes(20)))))
    common = [basic(), uses("keyCertSign")]
    table.above("ext-ca-unknown", "the CA has an unknown extension", None, [*common, extension(UNKNOWN, null)])
    table.above("ext-ca-unknown-critical", "the same, critical", EXTENSION_ABOVE,
                [*common, extension(UNKNOWN, null, True)])
    table.above("ext-ca-twice-basic", "basicConstraints twice in the CA", UNPARSED, [basic(ca=False), basic()])


def chain(table):
    row = table.row
    own = leaf()
    row("chain-plain", "leaf and CA", None, [own, CA])
    row("chain-root", "with the root", None, [own, CA, ROOT])
    row("chain-root-first", "the root before the CA", None, [own, ROOT, CA])
    row("chain-twice", "each one twice", None, [own, own, CA, CA])
    row("chain-stranger", "an unrelated one between", None, [own, authority("stranger", issuer=None), CA])
    row("chain-two-roots", "the second of two roots", None, [own, CA],
        roots=[authority("other root", issuer=None), ROOT])
    row("chain-ca-is-root", "the CA is trusted itself", None, [own], roots=[CA])
    row("chain-missing", "the CA is missing", NOT_TRUSTED, [own])
    row("chain-empty", "no certificate at all", PROTOCOL, [])
    row("chain-reversed", "the CA first: another server's name", Verdict(0x804, NO_SAN.text), [CA, own])
    row("chain-unknown-root", "an unknown root", NOT_TRUSTED, [own, CA],
        roots=[authority("other root", issuer=None)])
    row("chain-unknown-root-sent", "an unknown root, sent too", NOT_TRUSTED, [own, CA, ROOT],
        roots=[authority("other root", issuer=None)])
    same = certificate(ROOT.subject, None, [basic()], own=key("not the root"))
    row("chain-root-name", "another root of the same name", NOT_TRUSTED, [own, CA], roots=[same])
    row("chain-both-roots", "two roots of one name", None, [own, CA], roots=[same, ROOT])
    alone = leaf(None)
    row("chain-self-signed", "a self-signed leaf", SELF_SIGNED, [alone])
    row("chain-self-signed-known", "a self-signed leaf that is trusted", None, [alone], roots=[alone])
    row("chain-self-signed-like", "the same names and another key", SELF_SIGNED,
        [leaf(None, own=key("thief"))], roots=[alone])
    row("chain-wrong-issuer", "the issuer's name is another one's", NOT_TRUSTED,
        [leaf(issuer_name="O=midge test set,CN=none"), CA])
    row("chain-wrong-key", "signed by another key", NOT_TRUSTED, [leaf(signer=key("thief")), CA])
    row("chain-ca-wrong-key", "the CA is signed by another key", NOT_TRUSTED,
        [leaf(certificate(CA.subject, ROOT, [basic()], signer=key("thief"), own=CA.key)),
         certificate(CA.subject, ROOT, [basic()], signer=key("thief"), own=CA.key)])
    row("chain-leaf-as-ca", "issued by a leaf", NOT_TRUSTED, [leaf(own, subject="CN=below"), own, CA])
    cross = certificate(CA.subject, authority("lost root", issuer=None), [basic()], own=CA.key)
    row("chain-cross", "a cross-signed CA of an unknown root first", None, [own, cross, CA])
    row("chain-cross-last", "the same, last", None, [own, CA, cross])
    row("chain-cross-only", "only of the unknown root", NOT_TRUSTED, [own, cross])
    old = certificate(CA.subject, ROOT, [basic()], own=CA.key, since="200101000000Z", until="210101000000Z")
    row("chain-cross-old", "an expired twin of the CA first", None, [own, old, CA])
    twin = certificate(CA.subject, ROOT, [basic()], own=key("twin"))
    row("chain-twin", "a CA of the same name and another key first", None, [own, twin, CA])
    first, second = authority("loop 1"), authority("loop 2")
    row("chain-loop", "two CAs that issue each other", NOT_TRUSTED,
        [leaf(first), certificate(first.subject, second, [basic()], own=first.key),
         certificate(second.subject, first, [basic()], own=second.key)])
    middle = [ROOT]
    for i in range(3):
        middle.insert(0, authority(f"order {i}", None, middle[0]))
    a, b, c = middle[:3]
    row("chain-order", "three CAs in the wrong order", None, [leaf(a), c, b, a])


def fields(table):
    one = table.leaf
    v1_ca = certificate("O=midge test set,CN=version 1", ROOT, v=1)
    v1_root = certificate("O=midge test set,CN=root of version 1", None, v=1)
    one("version-1", "a leaf of version 1", NO_SAN, names=(), v=1)
    one("version-1-names", "version 1 with extensions", UNPARSED, v=1)
    one("version-2", "version 2 with extensions", UNPARSED, v=2)
    one("version-4", "version 4", UNPARSED, v=4)
    table.row("version-1-ca", "a CA of version 1", NOT_TRUSTED, [leaf(v1_ca), v1_ca])
    table.row("version-1-root", "a root of version 1", None, [leaf(v1_root)], roots=[v1_root])
    small = certificate("CN=r", v=1)
    while len(small.der) > 258:     # until its length takes one byte: signatures differ
        small = certificate("CN=r", v=1)
    table.row("version-1-small", "a root below 256 bytes", None, [leaf(small)], roots=[small, ROOT])
    table.row("version-1-before", "a root behind it", None, [leaf(), CA], roots=[small, ROOT])
    one("serial-0", "serial number 0", None, serial=b"\2\1\0")
    one("serial-negative", "a negative serial number", None, serial=b"\2\1\x80")
    one("serial-20", "20 bytes", None, serial=b"\2\x14" + b"\x7f" * 20)
    one("serial-21", "21 bytes, one more than RFC 5280 allows", None, serial=b"\2\x15\0" + b"\xff" * 20)
    one("serial-200", "200 bytes", None, serial=b"\2\x81\xc8" + b"\1" * 200)
    one("serial-empty", "an INTEGER without bytes", None, serial=b"\2\0")
    one("serial-string", "an OCTET STRING", UNPARSED, serial=b"\4\1\1")
    one("subject-empty", "an empty subject", None, subject="")
    one("subject-odd", "an attribute without value", UNPARSED, subject=seq(tlv(0x31, seq(oid("2.5.4.3")))))
    one("subject-nul", "NUL in the CN", None, subject=seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(12, b"a\0b")))))
    one("subject-same", "subject and issuer are equal, and no CA", None, subject=CA.subject)
    # RFC 5280 4.1.2.8 forbids CAs to write them; mbedTLS expects them constructed, and cannot read them.
    one("unique-ids", "unique identifiers", UNPARSED,
        before_extensions=tlv(0x81, b"\0\1") + tlv(0x82, b"\0\2"))
    one("unique-id-wrong", "an unknown field before the extensions", UNPARSED, before_extensions=tlv(0x85, b"\0"))
    # The byte is outside of what is signed, and mbedTLS does not look at it.
    one("der-trailing", "a byte behind the certificate", None, change=lambda der: der + b"\0")
    one("der-cut", "the last byte is missing", UNPARSED, change=lambda der: der[:-1])
    one("der-indefinite", "a length without end (BER)", UNPARSED,
        change=lambda der: b"\x30\x80" + der[4:] + b"\0\0")
    one("der-long-length", "a length of three bytes", None,
        change=lambda der: b"\x30\x83\0" + der[2:])
    one("der-unused-bits", "a signature with an unused bit", UNPARSED, unused_bits=1)
    one("der-nothing", "an empty certificate", PROTOCOL, change=lambda der: b"")
    one("der-zeros", "a hundred zeros", PROTOCOL, change=lambda der: bytes(100))
    one("der-more-zeros", "two hundred zeros", UNPARSED, change=lambda der: bytes(200))


def mutants(table):
    """Small ones: each byte of them is damaged, one at a time."""
    small = certificate("CN=r", ROOT, [basic()])
    tiny = certificate("CN=t", ROOT, [san(dns("a.bc"))])
    signer = authority("RSA CA", own=key("CA", "rsa2048"))
    table.row("mutants-leaf", "three bits of each byte of a leaf", None, [tiny], host="a.bc", mutated=0, bits=0x91)
    table.row("mutants-ca", "three bits of each byte of a CA", None, [leaf(small), small], mutated=1, bits=0x49)
    table.row("mutants-rsa", "each bit of each byte of a leaf signed by RSA", None,
              [certificate("CN=t", signer, [san(dns("a.bc"))])], roots=[signer], host="a.bc", mutated=0, bits=0xFF)


# Profiles small and tiny lack curves, hashes and signatures that profile full has.
SMALL = {"key-p521": KIND, "key-p521-ca": KIND_ABOVE, "hash-rsa-pss": ALGORITHM, "hash-sha224": ALGORITHM}
LESS = {"full": {}, "small": SMALL, "tiny": SMALL | {"hash-rsa-sha512": ALGORITHM, "hash-sha512": ALGORITHM}}


def cases(profile="full"):
    table = Table()
    for some in (dates, names, purpose, use, constraint, paths, weakness, extensions, chain, fields, mutants):
        some(table)
    by_name = {case.name: case for case in table.rows}
    assert len(by_name) == len(table.rows)
    for title, verdict in LESS[profile].items():
        by_name[title].verdict = verdict
    return table.rows
