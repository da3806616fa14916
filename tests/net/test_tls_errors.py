#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whom it trusts: certificates, versions, chains; and that nothing unverified serves a verified request."""
import shutil
import unittest

import client_program
import midge_test

IN_2024 = "1711929600"      # 2024-04-01, when `expired` was valid
IN_2045 = "2379412800"      # 2045-05-26, when `notyet` is, and nothing else
BAD = {                     # port: what its line says
    "expired": "expired on 2024-05-01", "notyet": "not yet valid", "selfsigned": "self-signed",
    "untrusted": "not trusted", "wronghost": "another host", "nosan": "subjectAltName",
}
BYTE_BY_BYTE = ("--recv-slice", "1", "--send-slice", "1")


class Certificates(midge_test.Case):
    def get(self, port, *options, **settings):
        return self.midge(*options, self.url("/posts/1", port), **settings)

    def refused(self, ran, words):
        self.assert_code(60, ran, words)
        self.assert_one_line(ran)
        line = ran[0]
        self.assertEqual(("CERT", "tls", 0, "no"),
                         tuple(line[name] for name in ("error", "phase", "status", "complete")))
        self.assertNotEqual(0, line["verify_flags"])
        self.assertEqual(b"", ran.out)

    def test_bad_ones_are_refused(self):
        for port, words in BAD.items():
            for options in ([], ["--tls-max", "1.2"], BYTE_BY_BYTE):
                with self.subTest(port=port, options=options):
                    self.refused(self.get(port, *options), words)

    def test_nothing_is_sent_to_them(self):
        self.servers.ask("POST", "/stats/reset", {})
        for port in BAD:
            self.get(port, "-d", "secret")
        self.assertEqual(0, self.servers.ask("GET", "/stats")["requests_total"])

    def test_they_pass_without_verification(self):
        for port in BAD:
            for options in ([], ["--tls-max", "1.2"]):
                with self.subTest(port=port, options=options):
                    ran = self.get(port, "-k", *options)
                    self.assert_code(0, ran)
                    self.assertEqual(200, ran[0]["status"])

    def test_all_at_once(self):
        urls = [self.url("/posts/1", port) for port in [*BAD, "https", "https_rsa", "https_chain5k"]]
        ran = self.midge(*urls)
        self.assertEqual([60] * len(BAD) + [0, 0, 0], [line["exit_code"] for line in ran], ran)
        self.assertEqual(len(BAD), ran.text.count("\n"))

    def test_the_systems_roots(self):
        """Without --cacert: SSL_CERT_FILE, or the hashed files of SSL_CERT_DIR."""
        (self.dir / "folder").mkdir()
        shutil.copy(self.ca, self.dir / "folder" / "0badcafe.0")
        (self.dir / "folder" / "other.pem").write_text("not read")
        (self.dir / "empty").write_text("")
        none = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
        for env in ({"SSL_CERT_FILE": str(self.ca)}, {"SSL_CERT_DIR": "nowhere:folder"},
                    {"SSL_CERT_FILE": str(self.ca), "SSL_CERT_DIR": "nowhere"}):
            with self.subTest(env):
                self.assert_code(0, self.get("https", ca=False, env={**none, **env}))
        for env, words in (({"SSL_CERT_FILE": "nothing"}, "the CA file nothing"), ({"SSL_CERT_FILE": "empty"}, "empty"),
                           ({"SSL_CERT_DIR": "nowhere"}, "nowhere")):
            with self.subTest(env):
                self.assert_code(77, self.get("https", ca=False, env={**none, **env}), words)
        self.assert_code(0, self.get("http", ca=False, env={**none, "SSL_CERT_FILE": "nothing"}))

    def test_dates_are_judged_by_now(self):
        self.assert_code(0, self.get("expired", "--now", IN_2024))
        self.refused(self.get("https", "--now", IN_2045), "expired")
        self.refused(self.get("notyet", "--now", IN_2024), "not yet valid")

    def test_names(self):
        port = self.ports["https"]

        def code(host, *options):
            return self.midge(*options, "--resolve", f"{host}:{port}:127.0.0.1",
                              f"https://{host}:{port}/posts/1").code
        for host in ("api.example", "API.Example", "a.localhost-test.example"):
            self.assertEqual(0, code(host), host)
        for host in ("a.b.localhost-test.example", "localhost-test.example", "xapi.example", "example",
                     "api.example.org"):
            self.assertEqual(60, code(host), host)
        for host in ("127.0.0.1", "[::1]"):
            self.assert_code(0, self.midge(f"https://{host}:{port}/posts/1"))
        self.assertEqual(0, code("other.example", "--servername", "api.example"))
        self.assertEqual(60, code("api.example", "--servername", "other.example"))
        self.assert_code(0, self.get("wronghost", "--servername", "wrong.example"))

    def test_long_and_rsa_chains(self):
        for port in ("https", "https_rsa", "https_chain5k"):
            for version in ("1.2", "1.3"):
                for options in ([], BYTE_BY_BYTE):
                    with self.subTest(port=port, version=version, options=options):
                        ran = self.get(port, "--tls-max", version, *options)
                        self.assert_code(0, ran)
                        self.assertEqual((version, 0, True), (ran[0]["tls_version"], ran[0]["verify_flags"],
                                                              ran[0]["time_verified"]))

    def test_nginx(self):
        nginx = self.servers.nginx
        for port in ("https", "https_tls12", "https_tls13", "https_4k", "https_rsa"):
            with self.subTest(port):
                ran = self.midge("--sync", f"https://localhost:{nginx[port]}/1M")
                self.assert_code(0, ran)
                self.assertEqual(1 << 20, ran[0]["body_len"])


class Roots(midge_test.Case):
    def refused(self, name, words):
        ran = self.midge("--cacert", name, self.url("/posts/1"), ca=False)
        self.assert_code(77, ran, words)
        self.assert_one_line(ran)
        self.assertEqual(("CA", 0), (ran[0]["error"], ran[0]["connects"]))

    def test_unreadable(self):
        self.refused("missing", "missing")
        (self.dir / "folder").mkdir()
        self.refused("folder", "folder")

    def test_garbage(self):
        with open(self.ca, "rb") as file:
            pem = file.read()
        begin = b"-----BEGIN CERTIFICATE-----\n"
        garbage = {
            "empty": b"", "text": b"no certificate\n", "zeros": bytes(3000), "random": bytes(range(256)) * 4,
            "begin": begin, "base64": begin + b"AAAA\n-----END CERTIFICATE-----\n", "cut": pem[:400],
            "der": b"\x30\x82\x01\x00" + bytes(100),
        }
        for name, text in garbage.items():
            with self.subTest(name):
                (self.dir / name).write_bytes(text)
                self.refused(name, name)

    def test_others(self):
        other = self.servers.dir / "other-ca.pem"
        shutil.copy(other, self.dir / "other.pem")
        for port, code in (("untrusted", 0), ("https", 60)):
            ran = self.midge("--cacert", "other.pem", self.url("/posts/1", port), ca=False)
            self.assert_code(code, ran)

    def test_roots_among_other_text(self):
        with open(self.ca) as file:
            (self.dir / "ca.pem").write_text("# comment\n" + file.read() + "\ntrailing text\n")
        self.assert_code(0, self.midge("--cacert", "ca.pem", self.url("/posts/1"), ca=False))

    def test_not_needed(self):
        self.assert_code(0, self.midge("--cacert", self.ca, self.url("/posts/1", "http"), ca=False))


class Versions(midge_test.Case):
    def test_no_common_one(self):
        for port, options in (("https_tls13", ["--tls-max", "1.2"]), ("https_tls12", ["--tlsv1.3"])):
            with self.subTest(port):
                ran = self.midge(*options, self.url("/posts/1", port))
                self.assert_code(35, ran)
                self.assert_one_line(ran)
                self.assertEqual(("TLS", "tls"), (ran[0]["error"], ran[0]["phase"]))
                self.assertNotEqual(0, ran[0]["native_code"])

    def test_common_ones(self):
        for port, options, version in (
                ("https", [], "1.3"), ("https", ["--tls-max", "1.2"], "1.2"), ("https_tls12", [], "1.2"),
                ("https_tls13", [], "1.3"), ("https", ["--tlsv1.3"], "1.3"), ("https_tls12", ["--tlsv1.2"], "1.2")):
            with self.subTest(port=port, options=options):
                ran = self.midge(*options, self.url("/posts/1", port))
                self.assert_code(0, ran)
                self.assertEqual(version, ran[0]["tls_version"])

    def test_garbage_in_place_of_a_handshake(self):
        for answer in (b"garbage\r\n" * 10, b"\x16\x03\x03\x00\x00" * 50, b"\x15\x03\x03\x00\x02\x02\x28",
                       b"\x16\x03\x03\xff\xff" + bytes(70000), b"\x17\x03\x03\x00\x10" + bytes(16),
                       b"\x16\x03\x03\x00\x04\x02\xff\xff\xff", b"\x14\x03\x03\x00\x01\x01" * 100):
            with self.subTest(answer[:20]):
                ran = self.midge("-m", "20", self.tls_url(self.raw(answer, on="connect")))
                self.assert_code(35, ran)
                self.assert_one_line(ran)
        self.servers.ask("DELETE", "/raw")


class Alerts(midge_test.Case):
    """A fatal alert is called by its name, and nothing is guessed."""
    NAMES = {    # IANA's registry of TLS alerts
        10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
        30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
        43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
        50: "decode_error", 51: "decrypt_error", 52: "too_many_cids_requested", 60: "export_restriction",
        70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
        86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
        109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable",
        112: "unrecognized_name", 113: "bad_certificate_status_response",
        114: "bad_certificate_hash_value", 115: "unknown_psk_identity", 116: "certificate_required",
        117: "general_error", 120: "no_application_protocol", 121: "ech_required", 99: "of unknown number",
    }

    def message(self, answer, *options):
        self.addCleanup(self.servers.ask, "DELETE", "/raw")
        ran = self.midge("-m", "20", *options, self.tls_url(self.raw(answer, on="connect")))
        self.assert_code(35, ran)
        self.assert_one_line(ran)
        return ran[0]["message"]

    def test_names(self):
        ports = {number: self.raw(bytes([21, 3, 3, 0, 2, 2, number]), on="connect") for number in self.NAMES}
        self.addCleanup(self.servers.ask, "DELETE", "/raw")
        ran = self.midge("-m", "20", *map(self.tls_url, ports.values()))
        for (number, name), line in zip(self.NAMES.items(), ran.lines):
            with self.subTest(name):
                self.assertEqual(("TLS", 35), (line["error"], line["exit_code"]))
                self.assertIn(f"alert {name}", line["message"])
                self.assertNotIn("cipher suite", line["message"])

    def test_size_is_blamed_only_where_it_is_the_reason(self):
        def hello(version, suite):
            body = b"\3\3" + bytes(32) + b"\0" + suite + b"\0"
            message = b"\2" + len(body).to_bytes(3, "big") + body
            return b"\x16" + version + len(message).to_bytes(2, "big") + message
        for answer in (hello(b"\3\3", b"\x12\x34"), hello(b"\3\3", b"\0\0"), hello(b"\3\3", b"\xc0\x2b")[:-1] + b"\1",
                       b"\x16\3\3\xff\xff" + bytes(70000), b"\x16\3\3\x48\x01" + bytes(20000),
                       b"\x16\3\3\0\0" * 50):
            for options in ([], ["--tls-max", "1.2"]):
                with self.subTest(answer[:60], options=options):
                    self.assertNotIn("input buffer", self.message(answer, *options))


class Identity(midge_test.Case):
    """A connection or session made without verification never serves a verified request."""

    def test_by_options(self):
        for options in ([], ["--tls-max", "1.2"]):
            url = self.url("/posts/1", "selfsigned")
            ran = self.midge("--sync", *options, "-k", url, url, "--next", *options, url)
            self.assertEqual([0, 0, 60], [line["exit_code"] for line in ran], ran)
            self.assertEqual([False, True, False], [line["reused"] for line in ran])
            self.assertFalse(ran[2]["resumed"])

    def rounds(self, port, *letters):
        return client_program.run("identity", self.url("/posts/1", port), self.ca, *letters)

    def test_at_a_server_that_nobody_knows(self):
        for port in ("untrusted", "selfsigned", "wronghost"):
            for letters in (["k", "v"], ["K", "V"], ["kv"], ["vk"], ["kkkvvv"], ["v", "k", "kv", "V"]):
                with self.subTest(port=port, letters=letters):
                    for line in self.rounds(port, *letters):
                        good = line["letter"] in "kK"
                        self.assertEqual(("", 200) if good else ("CERT", 0), (line["error"], line["status"]))

    def test_sessions_are_kept_apart(self):
        for port in ("https_tls12", "https_tls13"):
            self.servers.ask("POST", "/stats/reset", {})
            lines = self.rounds(port, "K", "V", "K", "V", "k", "k", "v", "v")
            self.assertEqual([""] * 8, [line["error"] for line in lines])
            self.assertEqual([0, 0, 1, 1], [line["resumed"] for line in lines[:4]])
            self.assertEqual([0, 1, 0, 1], [line["reused"] for line in lines[4:]])
            self.assertNotEqual(lines[4]["connection"], lines[6]["connection"])
            self.assertEqual({port: 2}, self.servers.ask("GET", "/stats")["handshakes_full"])


if __name__ == "__main__":
    unittest.main()
