# SPDX-License-Identifier: MIT
"""The throw-away CA of the local servers, and one certificate for each way to be good or bad.

ensure(dir) leaves
  dir/ca.pem           the roots to trust: one EC P-256, one RSA-2048
  dir/other-ca.pem     the root that nobody trusts
  dir/certs/NAME.pem   private key, leaf and intermediates, for each NAME of NAMES
  dir/client-ca.pem    the root of clients
  dir/clients/NAME.pem the same for clients, for each NAME of CLIENTS
and makes them anew only where they are missing, nearly expired, or made by another version of this file.
Keys take long: where MIDGE_CERTS names a folder, they are made there once, and each dir gets a copy.
"""
import datetime
import fcntl
import hashlib
import ipaddress
import json
import os
import pathlib
import random
import shutil
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import (AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID,
                                   ObjectIdentifier)

NAMES = ("good", "rsa", "chain5k", "expired", "notyet", "selfsigned", "wronghost", "nosan", "untrusted")
CLIENTS = ("ec", "rsa", "p384", "chain", "expired", "unknown")
HOSTS = ("localhost", "*.localhost-test.example", "api.example")
ADDRESSES = ("127.0.0.1", "::1", "192.0.2.2")     # the last: this machine, seen from a board in QEMU
GOOD_DAYS = 365
SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


@dataclass
class Identity:
    key: object
    cert: x509.Certificate
    above: list     # what a server sends behind this certificate: the intermediates, never the root

    def pem(self):
        key = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
        return key + b"".join(cert_pem(cert) for cert in [self.cert, *self.above])


def ensure(directory):
    """Makes or reuses everything above; returns the folder as a path."""
    directory = pathlib.Path(directory)
    for folder in ("certs", "clients"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    with open(directory / "certs" / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not reusable(directory):
            shared = pathlib.Path(os.environ.get("MIDGE_CERTS", directory))
            if shared.resolve() == directory.resolve():
                make_all(directory)
            else:
                shutil.copytree(ensure(shared), directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lock"))
    return directory


def made_by():
    return hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()


def reusable(directory):
    files = [directory / "ca.pem", directory / "other-ca.pem", directory / "client-ca.pem"]
    files += [directory / "clients" / f"{name}.pem" for name in CLIENTS]
    files += [directory / "certs" / f"{name}.pem" for name in NAMES]
    try:
        stamp = json.loads((directory / "certs" / "made.json").read_text())
        return (stamp["by"] == made_by() and stamp["until"] > time.time() + 86400
                and all(file.stat().st_size for file in files))
    except (OSError, ValueError, KeyError):
        return False


def make_all(directory):
    root = make("midge test root EC", ca=True)
    rsa_root = make("midge test root RSA", ca=True, key=rsa_key())
    other_root = make("midge test root that nobody trusts", ca=True)
    rsa_ca = make("midge test intermediate RSA", rsa_root, ca=True, key=rsa_key())
    good = {"hosts": HOSTS, "addresses": ADDRESSES}
    made = {
        "good": make("localhost", root, **good),
        "rsa": make("localhost", rsa_ca, key=rsa_key(), **good),
        "chain5k": make_public_size(root),
        "expired": make("localhost", root, since=date(2023, 5, 1), until=date(2024, 5, 1), **good),
        "notyet": make("localhost", root, since=date(2045, 1, 1), until=date(2046, 1, 1), **good),
        "selfsigned": make("localhost", **good),
        "wronghost": make("wrong.example", root, hosts=["wrong.example"]),
        "nosan": make("localhost", root),
        "untrusted": make("localhost", other_root, **good),
    }
    (directory / "ca.pem").write_bytes(cert_pem(root.cert) + cert_pem(rsa_root.cert))
    (directory / "other-ca.pem").write_bytes(cert_pem(other_root.cert))
    write_all(directory / "certs", made)
    client_root, clients = make_clients()
    (directory / "client-ca.pem").write_bytes(cert_pem(client_root.cert))
    write_all(directory / "clients", clients)
    until = time.time() + GOOD_DAYS * 86400
    (directory / "certs" / "made.json").write_text(json.dumps({"by": made_by(), "until": until}))


def write_all(folder, identities):
    for name, identity in identities.items():
        path = folder / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(identity.pem())


def make_clients():
    """(their root, {name: identity})"""
    root = make("midge test root of clients", ca=True)
    below = make("midge test CA of clients", root, ca=True)
    kind = {"usage": ExtendedKeyUsageOID.CLIENT_AUTH}
    return root, {
        "ec": make("ec client", root, **kind),
        "rsa": make("rsa client", root, key=rsa_key(), **kind),
        "p384": make("p384 client", root, key=ec.generate_private_key(ec.SECP384R1()), **kind),
        "chain": make("client below a CA", below, **kind),
        "expired": make("expired client", root, since=date(2023, 5, 1), until=date(2024, 5, 1), **kind),
        "unknown": make("unknown client", make("midge test root of other clients", ca=True), **kind),
    }


def make(name, signer=None, *, hosts=(), addresses=(), ca=False, key=None, since=None, until=None,
         subject=(), extensions=(), usage=ExtendedKeyUsageOID.SERVER_AUTH):
    """A key and its certificate, signed by signer or by itself."""
    now = datetime.datetime.utcnow()
    key = key or ec.generate_private_key(ec.SECP256R1())
    signing_key = signer.key if signer else key
    own_name = x509.Name([x509.NameAttribute(oid, text) for oid, text in
                          [*subject, (NameOID.COMMON_NAME, name)]])
    builder = (x509.CertificateBuilder()
               .subject_name(own_name)
               .issuer_name(signer.cert.subject if signer else own_name)
               .public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(since or (date(2020, 1, 1) if ca else now - datetime.timedelta(days=30)))
               .not_valid_after(until or (date(2049, 1, 1) if ca else
                                          now + datetime.timedelta(days=GOOD_DAYS)))
               .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
               .add_extension(key_usage(ca, isinstance(key, rsa.RSAPrivateKey)), critical=True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
                              critical=False))
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]),
                                        critical=False)
    if hosts or addresses:
        names = [x509.DNSName(host) for host in hosts]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signer_is_root = not signer or signer.cert.issuer == signer.cert.subject
    return Identity(key, builder.sign(signing_key, hashes.SHA256()),
                    [] if signer_is_root else [signer.cert, *signer.above])


def make_public_size(root):
    """A leaf and two intermediates that fill a Certificate message as the larger public sites do."""
    first = make("midge test policy CA with a name of public length", root, ca=True,
                 subject=long_subject("Policy"), extensions=public_extensions("policy", 1))
    second = make("midge test issuing CA with a name of public length", first, ca=True,
                  subject=long_subject("Issuing"), extensions=public_extensions("issuing", 1))
    edges = [f"edge-{n:03}.public-size-chain.example" for n in range(30)]
    scts = random.Random("sct").randbytes(0x168)
    return make("localhost", second, hosts=[*HOSTS, *edges], addresses=ADDRESSES,
                subject=long_subject("Web"), extensions=[
                    *public_extensions("leaf", 2),
                    x509.UnrecognizedExtension(SCT_LIST, b"\x04\x82\x01\x68" + scts)])


def long_subject(unit):
    return [(NameOID.COUNTRY_NAME, "DE"), (NameOID.STATE_OR_PROVINCE_NAME, "Schleswig-Holstein"),
            (NameOID.LOCALITY_NAME, "Neumuenster"),
            (NameOID.ORGANIZATION_NAME, "midge throw-away test authority, not for production"),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, f"{unit} certificates of public size")]


def public_extensions(name, lists):
    """What public CAs put into a certificate: where to ask about it, and under which policy."""
    def uri(kind, n=0):
        return x509.UniformResourceIdentifier(
            f"http://{kind}{n}.public-size-chain.example/{name}/certificates-of-the-test-authority.{kind}")
    notice = "Made for the tests of one client; relying on it for anything else is a mistake."
    return [
        x509.AuthorityInformationAccess([
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri("ocsp")),
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, uri("cer"))]),
        x509.CRLDistributionPoints([
            x509.DistributionPoint([uri("crl", n)], None, None, None) for n in range(lists)]),
        x509.CertificatePolicies([
            x509.PolicyInformation(ObjectIdentifier("2.23.140.1.2.2"),
                                   ["http://cps.public-size-chain.example/practice-statement.html",
                                    x509.UserNotice(None, notice)])]),
    ]


def key_usage(ca, is_rsa):
    return x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca,
                         key_encipherment=is_rsa and not ca, content_commitment=False,
                         data_encipherment=False, key_agreement=False, encipher_only=False,
                         decipher_only=False)


def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def cert_pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def date(year, month, day):
    return datetime.datetime(year, month, day)
