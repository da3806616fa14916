# SPDX-License-Identifier: MIT
"""Other people's HTTP/2 servers, each in a folder and on a port of its own, in front of server.py.

    with H2Server("haproxy", folder, api_port, pem) as server:
        ... https://localhost:{server.port} ...; server.reload()

All but nghttpd pass every request on to server.py (its README has the paths); nghttpd has files of /bytes/N
and sends uploads back. reload() makes the server end its connections gracefully, with GOAWAY, while it takes
new ones.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import probe
from process import end_with_parent

START_SECONDS = 30
SIZES = (0, 5, 100, 100_000, 1 << 20)     # of nghttpd's files

NGINX = """
{user}
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/log;
events {{ worker_connections 512; }}
http {{
    access_log off; client_max_body_size 0; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
    upstream api {{ server 127.0.0.1:{api}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} ssl http2; ssl_certificate {pem}; ssl_certificate_key {pem};
        location / {{ proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";
                      proxy_set_header Host $http_host; proxy_buffering off; }}
    }}
}}
"""

APACHE = """
ServerRoot {dir}
ServerName localhost
DefaultRuntimeDir {dir}
PidFile {dir}/pid
ErrorLog {dir}/log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule http2_module {modules}/mod_http2.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
User www-data
Group www-data
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile {pem}
ProxyTimeout 60
ProxyPreserveHost on
ProxyPass / http://127.0.0.1:{api}/ flushpackets=on
"""

HAPROXY = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend secure
    bind 127.0.0.1:{port} ssl crt {pem} alpn h2,http/1.1
    default_backend api
backend api
    server api 127.0.0.1:{api}
"""

LIGHTTPD = """
server.modules = ("mod_openssl", "mod_proxy")
server.document-root = "{dir}"
server.errorlog = "{dir}/log"
server.upload-dirs = ("{dir}")
server.bind = "127.0.0.1"
server.port = {port}
server.stream-response-body = 1
ssl.engine = "enable"
ssl.pemfile = "{pem}"
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {api})))
"""

CADDY = """
{{
    admin 127.0.0.1:{admin}
    auto_https off
    storage file_system {dir}
}}
https://localhost:{port}, https://api.example:{port} {{
    bind 127.0.0.1
    tls {pem} {pem}
    reverse_proxy 127.0.0.1:{api}
}}
"""

H2O = """
listen:
  host: 127.0.0.1
  port: {port}
  ssl: {{certificate-file: {pem}, key-file: {pem}}}
num-threads: 1
error-log: {dir}/log
temp-buffer-path: {dir}
hosts:
  default:
    paths:
      /: {{proxy.reverse.url: "http://127.0.0.1:{api}/", proxy.preserve-host: ON}}
"""

NODE = """
const http = require("http"), http2 = require("http2"), pem = require("fs").readFileSync("{pem}");
const agent = new http.Agent({{keepAlive: true}}), sessions = new Set();
const server = http2.createSecureServer({{key: pem, cert: pem, allowHTTP1: true}});
server.on("session", session => {{ sessions.add(session); session.on("close", () => sessions.delete(session)); }});
server.on("request", (request, response) => {{
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name[0] !== ":"));
    headers.host = request.authority || headers.host;
    const to = http.request({{agent, port: {api}, host: "127.0.0.1", method: request.method, path: request.url,
                             headers}}, answer => {{
        const own = Object.fromEntries(Object.entries(answer.headers).filter(([name]) =>
            !["connection", "keep-alive", "transfer-encoding"].includes(name)));
        response.writeHead(answer.statusCode, own);
        answer.pipe(response);
    }});
    to.on("error", () => response.destroy());
    response.on("close", () => to.destroy());
    request.pipe(to);
}});
process.on("SIGUSR2", () => sessions.forEach(session => session.close()));
server.listen({port}, "127.0.0.1");
"""

# name: its program, its package, its configuration, its command behind the program, its signal for reload
KINDS = {
    "nginx": ("nginx", "nginx-light", NGINX, "-p {dir} -e {dir}/log -c {conf}", signal.SIGHUP),
    "nghttpd": ("nghttpd", "nghttp2-server", "", "-d {dir}/www --echo-upload {port} {pem} {pem}", None),
    "apache": ("apache2", "apache2", APACHE, "-DFOREGROUND -f {conf}", signal.SIGUSR1),
    "haproxy": ("haproxy", "haproxy", HAPROXY, "-W -f {conf}", signal.SIGUSR2),
    "lighttpd": ("lighttpd", "lighttpd lighttpd-mod-openssl", LIGHTTPD, "-D -f {conf}", signal.SIGUSR1),
    "caddy": ("caddy", "caddy", CADDY, "run --adapter caddyfile --config {conf}", "caddy reload"),
    "node": ("node", "nodejs", NODE, "{conf}", signal.SIGUSR2),
    "h2o": ("h2o", "h2o", H2O, "-m worker -c {conf}", None),
}


def program(name):
    """Its path, or None."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class H2Server:
    """kind: of KINDS; folder: new; pem: key and certificate in one file."""

    def __init__(self, kind, folder, api, pem):
        self.binary, self.package, self.text, self.arguments, self.signal = KINDS[kind]
        self.kind, self.api, self.pem = kind, api, pem
        self.dir = pathlib.Path(folder)
        if not program(self.binary):
            raise RuntimeError(f"no {self.binary}: Debian's package is {self.package}")

    def __enter__(self):
        self.dir.mkdir(mode=0o755)
        os.chmod(self.dir.parent, 0o711)      # apache's and nginx's workers are other users
        if self.kind == "apache":
            shutil.chown(self.dir, "www-data")
        if self.kind == "nghttpd":
            self.make_files()
        for _ in range(3):                    # a port found free may be taken before the server binds it
            if self.start():
                return self
        raise RuntimeError(f"{self.kind} does not start; see {self.dir}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def make_files(self):
        folder = self.dir / "www" / "bytes"
        folder.mkdir(parents=True)
        for size in SIZES:
            (folder / str(size)).write_bytes(b"".join(probe.pattern_runs(size)))

    def start(self):
        self.port, self.admin = free_port(), free_port()
        names = {"dir": self.dir, "port": self.port, "admin": self.admin, "api": self.api, "pem": self.pem,
                 "conf": self.dir / "conf", "modules": "/usr/lib/apache2/modules",
                 "user": "user root;" if os.geteuid() == 0 else ""}
        (self.dir / "conf").write_text(self.text.format(**names))
        with open(self.dir / "out", "ab") as out:
            self.process = subprocess.Popen(
                [program(self.binary), *self.arguments.format(**names).split()], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, preexec_fn=end_with_parent, cwd=self.dir,
                env={**os.environ, "HOME": str(self.dir), "XDG_CONFIG_HOME": str(self.dir)})
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            time.sleep(0.02)                  # between looks at whether it is ready
        self.__exit__()
        return False

    def reload(self):
        if self.kind == "caddy":
            subprocess.run([program("caddy"), "reload", "--force", "--adapter", "caddyfile", "--config",
                            self.dir / "conf", "--address", f"127.0.0.1:{self.admin}"], check=True, timeout=60,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            self.process.send_signal(self.signal)
