"""What ends TLS before a web server: a real nginx with a certificate of its
own making, and a client that trusts no other."""
import http.client
import os
import shutil
import ssl
import subprocess

import harness
import tap
import web

HOST = "hooks.example.com"

CONFIGURATION = """
daemon off;
master_process off;
pid %(dir)s/pid;
error_log stderr warn;
events {
	worker_connections 64;
}
http {
	access_log off;
	client_body_temp_path %(dir)s/t-body;
	fastcgi_temp_path %(dir)s/t-fastcgi;
	proxy_temp_path %(dir)s/t-proxy;
	scgi_temp_path %(dir)s/t-scgi;
	uwsgi_temp_path %(dir)s/t-uwsgi;
	server {
		listen 127.0.0.1:%(port)d ssl;
		server_name """ + HOST + """;
		ssl_certificate %(dir)s/certificate.pem;
		ssl_certificate_key %(dir)s/key.pem;
		location / {
			proxy_pass http://127.0.0.1:%(behind)d;
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto https;
		}
	}
}
"""


class Front:
    """In the foreground, on a free port, while the body of a with statement
    runs; all in a directory of its own below that of the site's."""

    def __init__(self, work, behind):
        self.server = harness.need_nginx()
        if shutil.which("openssl") is None:
            raise tap.Skip("openssl is not installed")
        self.directory = work.path("tls")
        self.behind = behind
        self.process = None
        self.port = None

    def __enter__(self):
        os.mkdir(self.directory)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=" + HOST, "-addext", "subjectAltName=DNS:" + HOST,
             "-keyout", "key.pem", "-out", "certificate.pem"],
            cwd=self.directory, check=True, capture_output=True)
        with harness.free_port() as free:
            self.port = free.getsockname()[1]
        file = os.path.join(self.directory, "nginx.conf")
        harness.write(file, CONFIGURATION % {
            "dir": self.directory, "port": self.port, "behind": self.behind})
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [self.server, "-p", self.directory, "-c", file],
                env=harness.clean_environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        try:
            tap.until(self._answers, "what ends TLS")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise tap.Failed("it ended: " + harness.read(
                os.path.join(self.directory, "log")))
        try:
            self.request("GET", "/", [("Host", HOST)], None)
        except ConnectionError:
            return False
        return True

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def request(self, method, target, headers, body):
        context = ssl.create_default_context(
            cafile=os.path.join(self.directory, "certificate.pem"))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=web.TIMEOUT_S)
        # The name that is called is not the address that is connected to.
        connection.connect = lambda: _connect(connection, context)
        try:
            return web.over_http(connection, method, target, list(headers) +
                                 [("Connection", "close")], body)
        finally:
            connection.close()


def _connect(connection, context):
    http.client.HTTPConnection.connect(connection)
    connection.sock = context.wrap_socket(connection.sock,
                                          server_hostname=HOST)
