# SPDX-License-Identifier: MIT
"""Certificate chains, good and bad, one for each rule of RFC 5280 that midge itself enforces.

    cases()     the list of Case; each is served as NAME.chain.test
    Entity      a certificate with its key; issue() makes one, byte by byte, so that it can be wrong

Certificates are written here and not by a library, which would refuse to write most of the bad ones.
"""
import base64
import itertools
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

BROKEN = "breaks the name constraints"
UNREADABLE = "name constraints in certificate chain cannot be read"
TOO_MANY = "too many names"
USAGE = "CA certificate not meant for servers"
UNTRUSTED = "not trusted"
KIND = "unsupported kind of key"
ALGORITHM = "unsupported signature algorithm"

# --- DER ---

NAME_OIDS = {"CN": "2.5.4.3", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11",
             "E": "1.2.840.113549.1.9.1"}
UTF8, PRINTABLE, IA5, BMP = 0x0C, 0x13, 0x16, 0x1E
SERVER, CLIENT, EMAIL, ANY = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4",
                              "2.5.29.37.0")


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def seq(*parts):
    return tlv(0x30, *parts)


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytes([40 * first + second])
    for n in rest:
        groups = [n & 127]
        while n := n >> 7:
            groups.append(n & 127 | 128)
        out += bytes(reversed(groups))
    return tlv(6, out)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def name(text, tag=UTF8):
    """'O=Acme,CN=x' as a Name."""
    rdns = []
    for part in filter(None, text.split(",")):
        kind, _, value = part.partition("=")
        encoded = value.encode("utf-16-be" if tag == BMP else "utf-8")
        rdns.append(tlv(0x31, seq(oid(NAME_OIDS[kind]), tlv(IA5 if kind == "E" else tag, encoded))))
    return seq(*rdns)


def email(text):
    return tlv(0x81, text.encode())


def dns(text):
    return tlv(0x82, text.encode())


def directory(text, tag=UTF8):
    return tlv(0xA4, name(text, tag))


def uri(text):
    return tlv(0x86, text.encode())


def address(text):
    """'10.0.0.1', or '10.0.0.0/255.0.0.0', or hexadecimal digits."""
    if "." not in text:
        return tlv(0x87, bytes.fromhex(text))
    return tlv(0x87, bytes(int(n) for n in text.replace("/", ".").split(".")))


def other_name(text):
    return tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, tlv(UTF8, text.encode())))


def constraints(permitted=None, excluded=None, tail=b""):
    """nameConstraints; tail comes behind each base: minimum, maximum."""
    lists = [tlv(0xA0 + i, *(seq(base, tail) for base in bases))
             for i, bases in enumerate((permitted, excluded)) if bases is not None]
    return seq(*lists)


def extension(number, value, critical=False):
    return seq(oid(number), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def restrict(value, critical=True):
    return extension("2.5.29.30", value, critical)


def names(*alt_names):
    return extension("2.5.29.17", seq(*alt_names))


def usage(*purposes):
    return extension("2.5.29.37", seq(*map(oid, purposes)))


# --- certificates ---

serials = itertools.count(1)
GOOD, EXPIRED = ("200101000000Z", "490101000000Z"), ("200101000000Z", "210101000000Z")


@dataclass
class Entity:
    subject: bytes
    key: object
    der: bytes

    def pem_key(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def algorithm(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return seq(oid("1.3.101.112"))
    if isinstance(key, rsa.RSAPrivateKey):
        return seq(oid("1.2.840.113549.1.1.11"), tlv(5))
    return seq(oid("1.2.840.10045.4.3.2"))


def sign(key, data):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def pss():
    """RSASSA-PSS with SHA-256 (RFC 4055 3.1)."""
    sha256 = seq(oid("2.16.840.1.101.3.4.2.1"), tlv(5))
    return seq(oid("1.2.840.113549.1.1.10"),
               seq(tlv(0xA0, sha256), tlv(0xA1, seq(oid("1.2.840.113549.1.1.8"), sha256)),
                   tlv(0xA2, integer(32))))


def sign_pss(key, data):
    return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def issue(subject, issuer=None, *extensions, key=None, ca=True, dates=GOOD, public=None, path=None,
          with_pss=False):
    """subject: text or a Name's bytes; issuer None: self-signed; public: bytes in place of the key's."""
    key = key or new_key()
    subject = name(subject) if isinstance(subject, str) else subject
    signer = issuer.key if issuer else key
    if ca:
        limit = b"" if path is None else integer(path)
        extensions = (extension("2.5.29.19", seq(tlv(1, b"\xff"), limit), True), *extensions)
    kind, maker = (pss(), sign_pss) if with_pss else (algorithm(signer), sign)
    tbs = seq(tlv(0xA0, integer(2)), integer(next(serials)), kind,
              issuer.subject if issuer else subject,
              seq(*(tlv(0x17, date.encode()) for date in dates)), subject, public or spki(key),
              tlv(0xA3, seq(*extensions)))
    return Entity(subject, key, seq(tbs, kind, tlv(3, b"\0", maker(signer, tbs))))


def pem(entity):
    return (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(entity.der) +
            b"-----END CERTIFICATE-----\n")


# --- cases ---

@dataclass
class Case:
    name: str
    words: str              # of the refusal; "": it is accepted
    chain: list             # what the server sends, the leaf first
    roots: list             # what the client trusts
    key: object = None      # the server signs with; None: the leaf's
    raw: bool = False       # OpenSSL would not serve it: tls12.py does
    host: str = field(init=False)

    def __post_init__(self):
        self.host = f"{self.name}.chain.test"


def leaf(case, issuer, *extensions, subject=None, alt_names=None, **settings):
    alt_names = (dns(f"{case}.chain.test"),) if alt_names is None else alt_names
    return issue(f"CN={case}" if subject is None else subject, issuer, names(*alt_names), *extensions,
                 ca=False, **settings)


class Maker:
    def __init__(self):
        self.made = []
        self.root = issue("CN=chain root")

    def add(self, case, words, chain, roots=None, **settings):
        self.made.append(Case(case, words, chain, [self.root] if roots is None else roots, **settings))

    def authority(self, case, *extensions, issuer=None, subject=None, **settings):
        return issue(subject or f"O=CA of {case}", issuer or self.root, *extensions, **settings)

    def constrained(self, case, words, value, *more, critical=(True, False), **settings):
        """Root, CA with nameConstraints, leaf whose SAN is its host and `more`; critical and not."""
        for flag in critical:
            full = case + ("-critical" if flag else "")
            ca = self.authority(full, restrict(value, flag))
            alt_names = (dns(f"{full}.chain.test"), *more)
            self.add(full, words, [leaf(full, ca, alt_names=alt_names, **settings), ca])


def usage_cases(make):
    def one(case, words, ca_usage, above=None, root_usage=None):
        root = issue(f"CN=root of {case}", None, *([usage(*root_usage)] if root_usage else []))
        top = make.authority(case + " top", *([usage(*above)] if above else []), issuer=root)
        ca = make.authority(case, *([usage(*ca_usage)] if ca_usage else []), issuer=top)
        make.add(case, words, [leaf(case, ca, usage(SERVER)), ca, top], [root])
    one("usage-absent", "", None)
    one("usage-server", "", [CLIENT, SERVER])
    one("usage-any", "", [ANY], above=[SERVER], root_usage=[ANY, EMAIL])
    one("usage-email", USAGE, [EMAIL])
    one("usage-client", USAGE, [CLIENT, EMAIL])
    one("usage-above", USAGE, [SERVER], above=[EMAIL])
    one("usage-root", USAGE, None, root_usage=[EMAIL])
    ca = make.authority("usage-leaf")
    make.add("usage-leaf", "certificate not meant for servers", [leaf("usage-leaf", ca, usage(CLIENT)), ca])


def dns_cases(make):
    one = make.constrained
    one("dns-exact", "", constraints([dns("dns-exact.chain.test"), dns("dns-exact-critical.chain.test")]))
    one("dns-parent", "", constraints([dns("CHAIN.test")]), dns("*.chain.test"), dns("chain.test"))
    one("dns-dot", "", constraints([dns(".chain.test")]), dns("a.b.chain.test"), dns("*.chain.test"))
    one("dns-empty", "", constraints([dns("")]))
    one("dns-second", "", constraints([dns("example"), dns("test")]))
    one("dns-not-asked", "", constraints([address("0a000000ff000000"), email("example.com")]))
    one("dns-not-excluded", "", constraints(None, [dns("evil.test"), dns("n.test"), dns(".chain.test.")[:-1]
                                                   + b"x"]))
    one("dns-both", "", constraints([dns("chain.test")], [dns("x.chain.test")]))
    one("dns-outside", BROKEN, constraints([dns("example.com")]))
    one("dns-suffix", BROKEN, constraints([dns("hain.test")]))
    one("dns-excluded", BROKEN, constraints(None, [dns("chain.TEST")]))
    one("dns-excluded-dot", BROKEN, constraints(None, [dns(".chain.test")]))
    one("dns-excluded-all", BROKEN, constraints(None, [dns("")]))
    one("dns-excluded-in", BROKEN, constraints([dns("chain.test")],
                                               [dns("dns-excluded-in.chain.test"),
                                                dns("dns-excluded-in-critical.chain.test")]))
    one("dns-one-outside", BROKEN, constraints([dns("chain.test")]), dns("example.com"))
    one("dns-dot-itself", BROKEN, constraints([dns(".chain.test")]), dns("chain.test"))
    one("dns-last-dot", BROKEN, constraints(None, [dns("example.com")]), dns("www.example.com."))
    one("wild-excluded", BROKEN, constraints(None, [dns("evil.example.com")]), dns("*.Example.com"))
    one("wild-excluded-up", BROKEN, constraints(None, [dns("example.com")]), dns("*.example.com"))
    one("wild-excluded-dot", BROKEN, constraints(None, [dns(".example.com")]), dns("*.example.com"))
    one("wild-partial", BROKEN, constraints(None, [dns("evil.example.com")]), dns("e*.example.com"))
    one("wild-inside", BROKEN, constraints(None, [dns("evil.example.com")]), dns("evil.*.com"))
    one("wild-too-wide", BROKEN, constraints([dns("chain.test"), dns("a.example.com")]), dns("*.example.com"))
    one("wild-deeper", "", constraints(None, [dns("a.evil.example.com"), dns(".evil.example.com")]),
        dns("*.example.com"))
    one("wild-permitted", "", constraints([dns("chain.test"), dns("example.com")]), dns("*.example.com"))


def address_cases(make):
    one = make.constrained
    v6 = "20010db8" + "00" * 12
    one("ip-in", "", constraints([address("10.1.0.0/255.255.0.0"), address(v6 + "ffffffff" + "00" * 12)]),
        address("10.1.2.3"), address("20010db8" + "11" * 12))
    one("ip-host-bits", "", constraints([address("10.1.9.9/255.255.0.0")]), address("10.1.2.3"))
    one("ip-all", "", constraints([address("0.0.0.0/0.0.0.0")]), address("10.1.2.3"))
    one("ip-none", "", constraints(None, [address("10.0.0.0/255.0.0.0")]))
    one("ip-out", BROKEN, constraints([address("10.1.0.0/255.255.0.0")]), address("10.2.0.1"))
    one("ip-out-v6", BROKEN, constraints([address("10.1.0.0/255.255.0.0")]), address(v6))
    one("ip-excluded", BROKEN, constraints(None, [address("10.0.0.0/255.128.0.0")]), address("10.1.2.3"))
    one("ip-excluded-v6", BROKEN, constraints(None, [address(v6 + "ffff" + "00" * 14)]),
        address("2001" + "22" * 14))
    one("ip-mask", UNREADABLE, constraints([address("10.0.0.0/255.0.255.0")]))
    one("ip-mask-bit", UNREADABLE, constraints([address("10.0.0.0/255.5.0.0")]))
    one("ip-short", UNREADABLE, constraints([address("10.0.0.0")]))
    one("ip-long", UNREADABLE, constraints(None, [address("00" * 33)]))


def directory_cases(make):
    def one(case, words, value, subject, *more):
        make.constrained(case, words, value, *more, subject=subject)
    acme = constraints([directory("C=DE,O=Acme")])
    one("dir-in", "", acme, "C=DE,O=Acme,CN=x")
    one("dir-case", "", acme, name("C=de,O=  aCME ,CN=x", PRINTABLE))
    one("dir-same", "", acme, "C=DE,O=Acme")
    one("dir-no-subject", "", acme, "")
    one("dir-all", "", constraints([directory("")]), "O=any")
    one("dir-not-excluded", "", constraints(None, [directory("C=DE,O=Acme")]), "C=DE,O=Acme & Sons,CN=x")
    one("dir-prefix", "", constraints(None, [directory("C=DE,O=Acme,CN=x")]), "C=DE,O=Acme")
    one("dir-out", BROKEN, acme, "C=DE,O=Acme2,CN=x")
    one("dir-order", BROKEN, acme, "O=Acme,C=DE")
    one("dir-short", BROKEN, acme, "C=DE")
    one("dir-kind", BROKEN, acme, "C=DE,OU=Acme")
    one("dir-excluded", BROKEN, constraints(None, [directory("O=Acme", PRINTABLE)]), "O=ACME,CN=x")
    one("dir-excluded-spaces", BROKEN, constraints(None, [directory("O=Acme Inc")]), "O= acme   inc ,CN=x")
    one("dir-excluded-unknown", BROKEN, constraints(None, [directory("O=Acme")]), name("O=Acme", BMP))
    one("dir-excluded-control", BROKEN, constraints(None, [directory("O=Acme")]), "O=Ac\u00adme")
    one("dir-excluded-all", BROKEN, constraints(None, [directory("")]), "O=any")
    one("dir-alt-name", BROKEN, acme, "C=DE,O=Acme", directory("C=DE,O=other"))
    one("dir-malformed", UNREADABLE, constraints([tlv(0xA4, seq(seq(b"")))]), "CN=x")


def mail_cases(make):
    one = make.constrained
    one("mail-host", "", constraints([email("example.com")]), email("a@EXAMPLE.com"))
    one("mail-box", "", constraints([email("a@example.com")]), email("a@Example.com"))
    one("mail-domain", "", constraints([email(".example.com")]), email("a@b.example.com"))
    one("mail-subject", "", constraints([email("example.com")]), subject="CN=x,E=a@example.com")
    one("mail-host-below", BROKEN, constraints([email("example.com")]), email("a@b.example.com"))
    one("mail-domain-itself", BROKEN, constraints([email(".example.com")]), email("a@example.com"))
    one("mail-box-case", BROKEN, constraints([email("a@example.com")]), email("A@example.com"))
    one("mail-excluded-box", BROKEN, constraints(None, [email("a@example.com")]), email("A@example.com"))
    one("mail-excluded", BROKEN, constraints(None, [email(".example.com")]), email("a@b.example.com"))
    one("mail-no-at", BROKEN, constraints(None, [email("example.com")]), email("example.com"))
    one("mail-subject-out", BROKEN, constraints([email("example.com")]), subject="E=a@example.org,CN=x")
    one("mail-subject-encoded", BROKEN, constraints(None, [email("example.com")]),
        subject=seq(tlv(0x31, seq(oid(NAME_OIDS["E"]), tlv(BMP, "a@example.com".encode("utf-16-be"))))))
    one("mail-subject-excluded", BROKEN, constraints(None, [email("example.com")]),
        subject="E=a@example.com")


def other_cases(make):
    one = make.constrained
    for kind, constraint, has in (("uri", uri(".evil.test"), uri("http://good.test/")),
                                  ("other", other_name("x"), other_name("y")),
                                  ("rid", tlv(0x88, b"\x2a\x03"), tlv(0x88, b"\x2a\x04"))):
        one(f"{kind}-present", BROKEN, constraints(None, [constraint]), has, critical=[True])
        one(f"{kind}-permitted", BROKEN, constraints([constraint]), has, critical=[True])
        one(f"{kind}-present", "", constraints(None, [constraint]), has, critical=[False])
        one(f"{kind}-absent", "", constraints([constraint]))
    inside = [dns("chain.test")]
    one("minimum-0", "", constraints(inside, tail=b"\x80\x01\x00"))
    one("minimum-1", UNREADABLE, constraints(inside, tail=b"\x80\x01\x01"))
    one("minimum-long", UNREADABLE, constraints(inside, tail=b"\x80\x02\x00\x00"))
    one("maximum", UNREADABLE, constraints(inside, tail=b"\x81\x01\x05"))
    one("minimum-maximum", UNREADABLE, constraints(inside, tail=b"\x80\x01\x00\x81\x01\x05"))
    for case, value in (("nothing", b""), ("empty", seq()), ("no-subtree", seq(tlv(0xA0))),
                        ("no-base", seq(tlv(0xA0, seq()))), ("twice", constraints(inside) * 2),
                        ("wrong-order", seq(tlv(0xA1, seq(*inside)), tlv(0xA0, seq(*inside)))),
                        ("third-list", seq(tlv(0xA2, seq(*inside)))), ("integer", integer(1)),
                        ("cut", constraints(inside)[:-1]), ("too-long", constraints(inside) + b"\0"),
                        ("unknown-form", constraints([tlv(0x89, b"x")])),
                        ("wrong-form", constraints([tlv(0xA2, b"chain.test")])),
                        ("wildcard", constraints(None, [dns("*.evil.test")])),
                        ("base-dot", constraints(None, [dns("evil.test.")])),
                        ("base-dots", constraints(None, [dns("evil..test")])),
                        ("base-bytes", constraints(None, [tlv(0x82, b"evil\0test")])),
                        ("mail-base", constraints(None, [email("a@")]))):
        one(f"bad-{case}", UNREADABLE, value)
    many = [dns(f"n{i}.chain.test") for i in range(300)]
    one("many", TOO_MANY, constraints(None, [dns(f"x{i}.test") for i in range(90)]), *many)
    one("many-good", "", constraints(None, [dns(f"x{i}.test") for i in range(20)]), *many)


def path_cases(make):
    """Where constraints stand, and whom they hold."""
    case = "twice-in-one"
    ca = make.authority(case, restrict(constraints([dns("test")])), restrict(constraints([dns("test")])))
    make.add(case, UNREADABLE, [leaf(case, ca), ca])
    case = "at-the-leaf"
    make.add(case, "", [leaf(case, make.root, restrict(constraints([dns("example")])))])
    case = "bad-at-the-leaf"
    make.add(case, UNREADABLE, [leaf(case, make.root, restrict(b"\5\0", False))])
    for case, words, base in (("at-the-root", BROKEN, "example.com"), ("at-the-root-good", "", "chain.test")):
        root = issue(f"CN=root of {case}", None, restrict(constraints([dns(base)])))
        ca = make.authority(case, issuer=root)
        make.add(case, words, [leaf(case, ca), ca], [root])
        make.add(case + "-only", words, [leaf(case + "-only", root)], [root])
    for case, words, upper, lower in (
            ("two-levels", "", [dns("test")], [dns("chain.test")]),
            ("two-levels-lower", BROKEN, [dns("test")], [dns("example.test")]),
            ("two-levels-upper", BROKEN, [dns("example.test")], [dns("chain.test")]),
            ("two-levels-wider", BROKEN, [dns("example.test")], [dns("")])):
        top = make.authority(case + " top", restrict(constraints(upper)))
        ca = make.authority(case, restrict(constraints(lower), False), issuer=top)
        make.add(case, words, [leaf(case, ca), ca, top])
    acme = restrict(constraints([directory("O=Acme")]))
    for case, words, subject in (("ca-outside", BROKEN, "O=Other CA"), ("ca-inside", "", "O=Acme,CN=CA")):
        top = make.authority(case + " top", acme)
        ca = make.authority(case, issuer=top, subject=subject)
        make.add(case, words, [leaf(case, ca, subject="O=Acme"), ca, top])
    # A CA that has rolled over its key is exempt (RFC 5280 6.1.3 b); a leaf of its name is not.
    case = "self-issued"
    top = make.authority(case, acme)
    rolled = issue(top.subject, top)
    make.add(case, "", [leaf(case, rolled, subject="O=Acme,CN=x"), rolled, top])
    case = "self-issued-leaf"
    top = make.authority(case, acme)
    make.add(case, BROKEN, [leaf(case, top, subject=top.subject), top])
    case = "self-issued-reordered"
    top = make.authority(case, acme)
    rolled = issue(top.subject, top)
    make.add(case, "", [leaf(case, rolled, subject="O=Acme,CN=x"), top, rolled])
    case = "critical-other"
    ca = make.authority(case, extension("2.5.29.99", b"\5\0", True))
    make.add(case, "unsupported critical extension", [leaf(case, ca), ca])
    case = "critical-other-leaf"
    make.add(case, "unsupported critical extension",
             [leaf(case, make.root, extension("2.5.29.99", b"\5\0", True))])


def order_cases(make):
    def authorities(case, count):
        made = [make.root]
        for i in range(count):
            made.append(make.authority(f"{case} {i}", issuer=made[-1]))
        return made[:0:-1]      # the leaf's issuer first
    strangers = [issue(f"CN=stranger {i}") for i in range(3)]
    for count in (2, 3, 4):
        for number, order in enumerate(itertools.islice(itertools.permutations(range(count)), 0, None,
                                                        1 if count < 4 else 5)):
            case = f"order-{count}-{number}"
            above = authorities(case, count)
            make.add(case, "", [leaf(case, above[0]), *(above[i] for i in order)])
    case = "order-root"
    a, b, c = authorities(case, 3)
    make.add(case, "", [leaf(case, a), make.root, c, a, b])
    case = "order-strangers"
    a, b, c = authorities(case, 3)
    make.add(case, "", [leaf(case, a), strangers[0], c, strangers[1], b, a, strangers[2]])
    case = "order-twice"
    a, b = authorities(case, 2)
    make.add(case, "", [leaf(case, a), b, b, a, b, a, leaf(case, a)])
    case = "order-many"
    a, b, c = authorities(case, 3)
    make.add(case, "", [leaf(case, a), *strangers * 5, c, b, a])
    case = "order-loop"         # two that issue each other, and no root above them
    first, second = issue(f"CN={case} 1"), issue(f"CN={case} 2")
    by_second, by_first = issue(first.subject, second, key=first.key), issue(second.subject, first, key=second.key)
    make.add(case, UNTRUSTED, [leaf(case, first), by_first, by_second])
    case = "order-loop-way-out"
    first, second = issue(f"CN={case} 1"), issue(f"CN={case} 2")
    by_second, by_first = issue(first.subject, second, key=first.key), issue(second.subject, first, key=second.key)
    by_root = issue(second.subject, make.root, key=second.key)
    make.add(case, "", [leaf(case, first), by_first, by_second, by_root])
    case = "order-leaf-second"  # RFC 8446 4.4.2: the server's own comes first
    a = authorities(case, 1)[0]
    last = leaf(case, a)
    make.add(case, "no subjectAltName", [a, last], key=a.key, raw=True)
    case = "order-missing"
    a, b = authorities(case, 2)
    make.add(case, UNTRUSTED, [leaf(case, a), a])


def cross_cases(make):
    nobody = issue("CN=nobody trusts this")
    # One name, several keys: only one has signed.
    for position in range(4):
        case = f"keys-{position}"
        same = [make.authority(case, subject=f"O={case}") for _ in range(4)]
        make.add(case, "", [leaf(case, same[position]), *same])
    case = "keys-two-levels"
    tops = [make.authority(case, subject=f"O={case} top") for _ in range(3)]
    below = [issue(f"O={case}", top) for top in tops]
    make.add(case, "", [leaf(case, below[2]), *tops, *below])
    case = "keys-none"
    same = [make.authority(case, subject=f"O={case}") for _ in range(5)]
    make.add(case, UNTRUSTED, [leaf(case, issue(f"O={case}", make.root)), *same])
    case = "keys-many"
    same = [make.authority(case, subject=f"O={case}") for _ in range(40)]
    make.add(case, UNTRUSTED, [leaf(case, issue(f"O={case}", make.root)), *same])
    # One key, several certificates.
    for case, others in (("cross", dict(issuer=nobody)), ("cross-expired", dict(dates=EXPIRED)),
                         ("cross-usage", dict(more=(usage(EMAIL),))),
                         ("cross-constraint", dict(more=(restrict(constraints([dns("example")])),)))):
        for first in (False, True):
            full = case + ("-first" if first else "")
            good = make.authority(full)
            settings = dict(others)
            more = settings.pop("more", ())
            bad = issue(good.subject, settings.pop("issuer", make.root), *more, key=good.key, **settings)
            make.add(full, "", [leaf(full, good), *([bad, good] if first else [good, bad])])
    case = "cross-expired-above"
    top = make.authority(case + " top")
    old = issue(top.subject, make.root, key=top.key, dates=EXPIRED)
    ca = make.authority(case, issuer=top)
    make.add(case, "", [leaf(case, ca), old, ca, top])
    case = "cross-all-expired"
    good = make.authority(case, dates=EXPIRED)
    other = issue(good.subject, nobody, key=good.key)
    make.add(case, "expired", [leaf(case, good), other, good])
    # mbedTLS prefers what is valid at its clock, signed by any; without a clock that is the floor.
    case = "keys-without-clock"
    good = make.authority(case, dates=("400101000000Z", "490101000000Z"))
    make.add(case, "not yet valid", [leaf(case, good), good, make.authority(case)])
    case = "cross-no-ca"
    good = make.authority(case)
    bad = issue(good.subject, make.root, key=good.key, ca=False)
    make.add(case, "", [leaf(case, good), bad, good])
    case = "path-length"
    limited = make.authority(case + " top", path=0)
    ca = make.authority(case, issuer=limited)
    make.add(case, UNTRUSTED, [leaf(case, ca), ca, limited])


def search_cases(make):
    """More paths than are tried, of which most cannot be good for one reason."""
    for case, *more in (("search-constraint", restrict(constraints([dns("example")]))),
                        ("search-usage", usage(EMAIL))):
        tops = [make.authority(f"{case} top")]
        tops += [issue(tops[0].subject, make.root, key=tops[0].key) for _ in range(14)]
        good = make.authority(case)
        bad = issue(good.subject, tops[0], *more, key=good.key)
        make.add(case, "", [leaf(case, good), bad, *tops, good])
    case = "search-too-long"    # the first path has more intermediates than mbedTLS takes
    above = make.authority(f"{case} 0")
    long = [above]
    for i in range(1, 10):
        above = issue(f"O={case} {i}", above)
        long.insert(0, above)
    short = make.authority(case, subject=above.subject, key=above.key)
    make.add(case, "", [leaf(case, above), *long, short])
    case = "search-only-long"
    make.add(case, "too long", [leaf(case, above), *long])


def algorithm_cases(make):
    edwards = issue("CN=Edwards root", key=ed25519.Ed25519PrivateKey.generate())
    case = "algorithm-leaf"
    make.add(case, ALGORITHM, [leaf(case, edwards)], [edwards])
    case = "algorithm-leaf-ca"
    ca = make.authority(case, subject=edwards.subject, key=edwards.key)
    make.add(case, ALGORITHM, [leaf(case, edwards), ca])
    case = "algorithm-unneeded"
    good = make.authority(case)
    make.add(case, "", [leaf(case, good), issue("CN=x", edwards), good, edwards])
    case = "algorithm-unneeded-last"
    good = make.authority(case)
    make.add(case, "", [leaf(case, good), good, issue("CN=x", edwards)])
    rsa_root = issue("CN=PSS root", key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    case = "pss-unneeded"
    good = make.authority(case)
    make.add(case, "", [leaf(case, good), issue("CN=x", rsa_root, with_pss=True), good])
    case = "pss-leaf"           # profile small lacks it
    make.add(case, "", [leaf(case, rsa_root, with_pss=True)], [rsa_root])
    case = "algorithm-needed"
    ca = issue(f"O={case}", edwards)
    make.add(case, ALGORITHM, [leaf(case, ca), ca], [edwards])
    case = "algorithm-leaf-key"
    ca = make.authority(case, key=ed25519.Ed25519PrivateKey.generate())
    make.add(case, ALGORITHM, [leaf(case, ca), ca])
    case = "kind-unneeded"
    good = make.authority(case)
    other = make.authority(case + " 2", key=ed25519.Ed25519PrivateKey.generate())
    make.add(case, "", [leaf(case, good), other, good])
    case = "kind-needed"
    ca = make.authority(case, key=ec.generate_private_key(ec.SECP256K1()))
    make.add(case, KIND, [leaf(case, ca), ca])
    case = "kind-leaf"
    make.add(case, KIND, [leaf(case, make.root, key=ed25519.Ed25519PrivateKey.generate())],
             key=new_key(), raw=True)


def key_cases(make):
    """Keys that cannot be, in certificates whose signatures are good."""
    def damaged(key, change):
        der = bytearray(spki(key))
        change(der)
        return bytes(der)

    def flip(at, bits=0xff):
        def change(der):
            der[at] ^= bits
        return change
    good = new_key()
    for case, change in (("key-off-curve", flip(-1)), ("key-point-form", flip(-65, 1)),
                         ("key-bits", flip(-66, 7)), ("key-size", flip(1, 1))):
        make.add(case, "", [leaf(case, make.root, key=good, public=damaged(good, change))], raw=True)
        ca = make.authority(case + "-ca", key=good, public=damaged(good, change))
        make.add(case + "-ca", "", [leaf(case + "-ca", ca), ca], raw=True)
    long_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for case, change in (("rsa-even", flip(-6, 1)), ("rsa-other", flip(-20)), ("rsa-exponent", flip(-1, 1)),
                         ("rsa-header", flip(25))):
        ca = make.authority(case, key=long_key, public=damaged(long_key, change))
        make.add(case, "", [leaf(case, ca), ca], raw=True)
    for case in make.made[-12:]:
        case.words = "*"       # which text depends on where mbedTLS notices
    case = "key-not-its-own"
    make.add(case, "signature does not fit", [leaf(case, make.root)], key=new_key(), raw=True)


def cases():
    make = Maker()
    for some in (usage_cases, dns_cases, address_cases, directory_cases, mail_cases, other_cases,
                 path_cases, order_cases, cross_cases, search_cases, algorithm_cases, key_cases):
        some(make)
    assert len({case.name for case in make.made}) == len(make.made)
    return make.made
