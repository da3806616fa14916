#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Certificates of the client: given to servers that ask, refused by name, said to be missing."""
import shutil
import ssl
import subprocess
import sys
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import certs    # noqa: E402  tests/server
import mutual   # noqa: E402

NAMES = {"ec": "ec client", "rsa": "rsa client", "p384": "p384 client", "chain": "client below a CA"}
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PLAIN = serialization.NoEncryption()
PKCS8, OPENSSL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
# Each profile with the versions that it has; this build may not have all of them.
WAYS = [(profile, version) for profile, version in (("full", 12), ("full", 13), ("small", 12), ("tiny", 12))
        if profile in midge_test.PROFILES]


class Clients(midge_test.Case):
    """Servers that require a certificate, one for each version."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = cls.servers.dir / "clients"
        cls.required = {version: cls.serve(version) for version in (12, 13)}

    @classmethod
    def serve(cls, version, need=ssl.CERT_REQUIRED):
        server = mutual.Server(cls.servers.dir / "certs" / "good.pem", cls.servers.dir / "client-ca.pem",
                               version, need)
        cls.addClassCleanup(server.close)
        return server

    def pem(self, name):
        return self.clients / f"{name}.pem"

    def ask(self, profile, port, *options, path="/"):
        return self.run_it(profile, *options, f"https://localhost:{port}{path}")

    def run_it(self, profile, *arguments):
        command = [midge_test.of_profile(profile), "--cacert", self.ca, "--report", self.dir / "report",
                   *arguments]
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=midge_test.TIMEOUT,
                              cwd=self.dir)
        text = (self.dir / "report").read_text() if (self.dir / "report").exists() else ""
        ran = midge_test.Ran(command, done.returncode, done.stdout, done.stderr, text)
        self.assertNotIn(b"Sanitizer", done.stderr, ran)
        self.assertNotIn(b"runtime error", done.stderr, ran)
        return ran

    def refused(self, ran, *words, phases=("tls",)):
        self.assert_code(58, ran, *words)
        self.assert_one_line(ran)
        self.assertEqual("CREDENTIAL", ran[0]["error"])
        self.assertIn(ran[0]["phase"], phases, ran)
        self.assertEqual((0, "no", 0), tuple(ran[0][name] for name in ("status", "complete", "retries")))


class Accepted(Clients):
    def test_kinds_of_keys(self):
        for profile, version in WAYS:
            for name, subject in NAMES.items():
                with self.subTest(profile=profile, version=version, name=name):
                    ran = self.ask(profile, self.required[version].port, "--cert", self.pem(name))
                    self.assertEqual((0, subject.encode()), (ran.code, ran.out), ran)
                    self.assertEqual(f"1.{version - 10}", ran[0]["tls_version"])

    def test_forms_of_files(self):
        identity = self.pem("ec").read_bytes()
        key = serialization.load_pem_private_key(identity, None)
        cert = ssl.PEM_cert_to_DER_cert(identity[identity.index(b"-----BEGIN CERT"):].decode())
        keys = {"pkcs8.der": key.private_bytes(DER, PKCS8, PLAIN), "sec1.der": key.private_bytes(DER, OPENSSL, PLAIN),
                "sec1.pem": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                            + key.private_bytes(PEM, OPENSSL, PLAIN)}
        (self.dir / "cert.der").write_bytes(cert)
        (self.dir / "with:colon.pem").write_bytes(identity)
        for name, data in keys.items():
            (self.dir / name).write_bytes(data)
        port = self.required[12].port
        for options in (["-E", "cert.der", "--key", "pkcs8.der"], ["-E", "cert.der", "--key", "sec1.der"],
                        ["--cert", "cert.der", "--cert-type", "DER", "--key", "sec1.pem", "--key-type", "pem"],
                        ["--cert", "with\\:colon.pem"]):
            with self.subTest(options=options):
                ran = self.ask("full", port, *options)
                self.assertEqual((0, b"ec client"), (ran.code, ran.out), ran)

    def test_nginx(self):
        ports = self.servers.nginx
        for version in ("1.2", "1.3"):
            limits = ["--tls-max", version] if version == "1.2" else ["--tlsv1.3"]
            for port, name, answer in (
                    ("https_client", "ec", b"SUCCESS CN=ec client"), ("https_client", "rsa", b"SUCCESS CN=rsa client"),
                    ("https_maybe_client", "ec", b"SUCCESS CN=ec client"), ("https_maybe_client", None, b"NONE ")):
                with self.subTest(version=version, port=port, name=name):
                    options = ["--cert", self.pem(name)] if name else []
                    ran = self.ask("full", ports[port], *limits, *options, path="/client")
                    self.assertEqual((0, 200, answer), (ran.code, ran[0]["status"], ran.out), ran)

    def test_nginx_answers_without_one(self):
        """nginx completes the handshake, and says it in HTTP: an answer, no failure."""
        ran = self.ask("full", self.servers.nginx["https_client"], path="/client")
        self.assertEqual((0, 400), (ran.code, ran[0]["status"]), ran)
        self.assertIn(b"No required SSL certificate was sent", ran.out)

    def test_sessions_are_resumed(self):
        """The certificate is sent in full handshakes only, and the session keeps it. OpenSSL puts it
        into tickets, which are too long for tiny then (MIDGE_MAX_TICKET)."""
        for profile, version in WAYS:
            server = self.serve(version)
            urls = [f"https://localhost:{server.port}/{n}" for n in range(2)]
            ran = self.run_it(profile, "--cert", self.pem("ec"), *urls)
            with self.subTest(profile=profile, version=version):
                self.assertEqual((0, b"ec client" * 2), (ran.code, ran.out), ran)
                self.assertEqual([False, profile != "tiny"], [line["resumed"] for line in ran], ran)
                self.assertEqual(["ec client"] * 2, server.seen)


class RefusedByServers(Clients):
    LATE = ("tls", "send", "wait")      # TLS 1.3: the alert may come in place of the answer

    def test_none_though_required(self):
        for profile, version in WAYS:
            with self.subTest(profile=profile, version=version):
                ran = self.ask(profile, self.required[version].port)
                self.refused(ran, "server requires a client certificate", phases=self.LATE)

    def test_bad_ones(self):
        for profile, version in WAYS:
            for name, words in (("expired", "client certificate: expired"),
                                ("unknown", "client certificate: its CA is unknown there")):
                with self.subTest(profile=profile, version=version, name=name):
                    ran = self.ask(profile, self.required[version].port, "--cert", self.pem(name))
                    self.refused(ran, "server refused the " + words, phases=self.LATE)

    def test_nothing_is_repeated(self):
        server = self.serve(13)
        self.refused(self.ask("full", server.port, "--retry", "3"), phases=self.LATE)
        self.assertEqual(1, server.connections)

    def test_not_asked_not_blamed(self):
        """An alert of a server that did not ask is no matter of the certificate."""
        ran = self.midge("--cert", self.pem("ec"), "--tlsv1.3", self.url("/posts/1", "https_tls12"))
        self.assert_code(35, ran)
        self.assertEqual("TLS", ran[0]["error"])


class RefusedAtOpening(Clients):
    """No connection is made: the port is closed."""

    def setUp(self):
        super().setUp()
        self.own = self.pem("ec").read_bytes()
        self.key = self.dir / "key.pem"
        self.cert = self.dir / "cert.pem"
        begin = self.own.index(b"-----BEGIN CERT")
        self.key.write_bytes(self.own[:begin])
        self.cert.write_bytes(self.own[begin:])

    def opens_not(self, words, *options, profile="full"):
        ran = self.ask(profile, self.ports["refused"], *options)
        self.refused(ran, words, phases=("queue",))

    def identity(self, name, key, signer=None):
        path = self.dir / name
        path.write_bytes(certs.make(name, signer, key=key).pem())
        return path

    def test_missing_halves(self):
        self.opens_not("option --key needs --cert", "--key", self.key)
        self.opens_not("client key cannot be read", "--cert", self.cert)    # curl looks for it there, too
        self.opens_not("no client certificate in these bytes", "--cert", self.key)
        self.opens_not("can't read the client certificate file", "--cert", "missing.pem")
        self.opens_not("can't read the client key file", "--cert", self.cert, "--key", "missing.pem")
        (self.dir / "empty").touch()
        self.opens_not("is empty", "--cert", "empty")

    def test_another_key(self):
        for other in ("rsa", "p384", "expired"):
            self.opens_not("client key is not the certificate's", "--cert", self.cert, "--key", self.pem(other))

    def test_garbage(self):
        for name, data in (("text", b"no certificate"), ("base64", self.own.replace(b"M", b"!")),
                           ("cut", self.own[:-200]), ("zero", bytes(1000)), ("0x30", b"\x30\x82\xff\xff" + bytes(99))):
            (self.dir / name).write_bytes(data)
            with self.subTest(name=name):
                self.assertEqual(58, self.ask("full", self.ports["refused"], "--cert", name).code)
        (self.dir / "key").write_bytes(self.key.read_bytes().replace(b"A", b"B"))
        self.opens_not("client key", "--cert", self.cert, "--key", "key")

    def test_every_cut(self):
        """Each prefix of both files is refused, without a crash."""
        for n in range(0, len(self.own), 97):
            (self.dir / "cut.pem").write_bytes(self.own[:n])
            self.assertEqual(58, self.ask("full", self.ports["refused"], "--cert", "cut.pem").code)

    def test_encrypted_keys(self):
        key = serialization.load_pem_private_key(self.own, None)
        secret = serialization.BestAvailableEncryption(b"secret")
        for form in (PKCS8, OPENSSL):
            self.key.write_bytes(key.private_bytes(PEM, form, secret))
            for options in ([], ["--pass", "secret"]):
                self.opens_not("the client key is encrypted", "--cert", self.cert, "--key", self.key, *options)
        self.opens_not("the client key is encrypted", "--cert", f"{self.pem('ec')}:secret")

    def test_types(self):
        self.opens_not("is not DER", "--cert", self.cert, "--cert-type", "DER", "--key", self.key)
        self.opens_not("is not DER", "--cert", self.cert, "--key", self.key, "--key-type", "DER")
        for option, value in (("--cert-type", "P12"), ("--key-type", "ENG")):
            ran = self.midge("--cert", self.pem("ec"), option, value, self.url("/"))
            self.assert_code(2, ran, option, value)

    def test_kinds_that_profiles_lack(self):
        self.opens_not("unsupported kind of key", "--cert",
                       self.identity("ed", ed25519.Ed25519PrivateKey.generate(), certs.make("root", ca=True)))
        if "small" in midge_test.PROFILES:
            p521 = self.identity("p521", ec.generate_private_key(ec.SECP521R1()))
            self.opens_not("unsupported kind of key", "--cert", p521, profile="small")
            large = self.identity("large", rsa.generate_private_key(public_exponent=65537, key_size=4104))
            self.opens_not("too large for this profile", "--cert", large, profile="small")
        if "tiny" in midge_test.PROFILES:
            self.opens_not("chain is too long", "--cert", self.servers.dir / "certs" / "chain5k.pem", profile="tiny")

    def test_two_for_one_client(self):
        ran = self.midge("--cert", self.pem("ec"), self.url("/"), "--next", "--cert", self.pem("rsa"), self.url("/"))
        self.assert_code(2, ran, "--cert", "one file for all URLs")


@unittest.skipIf(shutil.which("curl") is None, "no curl")
class BesideCurl(Clients):
    """The same words give the same answer."""

    def test_answers(self):
        shutil.copy(self.pem("ec"), self.dir / "a:b.pem")
        for options in (["--cert", self.pem("ec")], ["--cert", self.pem("chain")], ["-E", "a\\:b.pem"],
                        ["--cert", self.pem("rsa"), "--key", self.pem("rsa")],
                        ["--cert", self.pem("ec"), "--cert-type", "PEM", "--key-type", "PEM"]):
            for version in (12, 13):
                url = f"https://localhost:{self.required[version].port}/"
                done = subprocess.run(["curl", "-sS", "--cacert", self.ca, *map(str, options), url],
                                      capture_output=True, timeout=60, cwd=self.dir)
                ran = self.midge(*options, url)
                self.assertEqual((done.returncode, done.stdout), (ran.code, ran.out), (options, done, ran))

    def test_refusals(self):
        """curl has 58 for files; for alerts it has 35 and 56."""
        url = f"https://localhost:{self.required[12].port}/"
        for options in (["--cert", "missing.pem"], ["--cert", self.pem("ec"), "--key", self.pem("p384")]):
            done = subprocess.run(["curl", "-sS", "--cacert", self.ca, *map(str, options), url],
                                  capture_output=True, timeout=60, cwd=self.dir)
            self.assertEqual((58, 58), (done.returncode, self.midge(*options, url).code), (options, done))


if __name__ == "__main__":
    unittest.main()
