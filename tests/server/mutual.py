# SPDX-License-Identifier: MIT
"""A TLS server that asks clients for a certificate, or for a pre-shared key, and refuses by alerts.

    server = mutual.Server(certs / "good.pem", ca, version=12)       of OpenSSL, through Python's ssl
    server = mutual.PskServer(key, identity, version=13)             openssl s_server
    ... https://localhost:{server.port}/ ...; server.seen; server.close()

An answer's body is the common name of the client's certificate, "none" without one.
"""
import socket
import ssl
import subprocess
import threading

VERSIONS = {12: ssl.TLSVersion.TLSv1_2, 13: ssl.TLSVersion.TLSv1_3}


class Server:
    def __init__(self, pem, ca, version, need=ssl.CERT_REQUIRED):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = self.context.maximum_version = VERSIONS[version]
        self.context.load_cert_chain(pem)
        self.context.load_verify_locations(ca)
        self.context.verify_mode = need
        self.seen = []      # of each connection the client's name, or the reason of the failure
        self.connections = self.resumed = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.one, args=(sock,), daemon=True).start()

    def one(self, sock):
        sock.settimeout(60)
        try:
            with self.context.wrap_socket(sock, server_side=True) as tls:
                name = common_name(tls.getpeercert())
                self.seen.append(name)
                self.resumed += tls.session_reused
                self.serve(tls, name)
        except (OSError, EOFError) as error:
            self.seen.append(getattr(error, "reason", str(error)))
            sock.close()

    @staticmethod
    def serve(tls, name):
        request = b""
        while True:
            got = tls.recv(4096)
            if not got:
                return
            request += got
            if request.endswith(b"\r\n\r\n"):
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name.encode()))
                request = b""

    def close(self):
        self.listener.close()


def common_name(cert):
    return next((value for part in (cert or {}).get("subject", ()) for key, value in part
                 if key == "commonName"), "none")


class PskServer:
    """openssl s_server -www, which shows its own state to each GET."""

    def __init__(self, key, identity, version, *options):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-nocert", "-www", "-quiet",
             "-psk", key.hex(), "-psk_identity", identity, f"-tls1_{version - 10}", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                threading.Event().wait(0.02)    # until it listens
        raise RuntimeError("openssl s_server does not start")

    def close(self):
        self.process.terminate()
        self.process.wait()
