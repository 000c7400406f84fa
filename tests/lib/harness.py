"""A responder, and in front of it a real nginx, for one test.

Each Site has a directory of its own, kept when the test fails; no fixed port;
servers are polled until they answer and ended by the process that started
them. BUILDDIR has the programs, SRCDIR the source tree; both may be "." .
"""
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import sync
import tap
import web

BUILDDIR = os.path.abspath(os.environ.get("BUILDDIR", "."))
SRCDIR = os.path.abspath(os.environ.get("SRCDIR", "."))
RESPONDER = os.path.join(BUILDDIR, "syncjournal.fcgi")
PUBLIC_URL = "https://hooks.example.com/sync"

# Issue and docs/design.md section 4: a responder stops within 2 s of SIGTERM.
# A run under valgrind may need more.
STOP_SECONDS = float(os.environ.get("STOP_SECONDS", "2"))

LISTEN_FDS = 'exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$; ' \
    'export LISTEN_FDS LISTEN_PID; exec "$@"'


# How new journals are written where a test does not say: all tests can be run
# in each mode. A test of what "auto" chooses says mode = auto.
TEST_MODE = os.environ.get("SYNCJOURNAL_TEST_MODE", "")


def need_twilio():
    if sync.RequestValidator is None:
        raise tap.Skip("the package python3-twilio is not installed")


def need_nginx():
    path = shutil.which("nginx", path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise tap.Skip("nginx is not installed")
    return path


def need_responder():
    if not os.access(RESPONDER, os.X_OK):
        raise tap.Failed("no program to test: " + RESPONDER)


def as_ordinary():
    """What goes before a command so that permissions hold for it: the
    superuser gives up to read and write what nobody else may."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise tap.Skip("root ignores permissions, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def configuration(journal, accounts=None, urls=(PUBLIC_URL,), receive="",
                  journal_keys="", more=""):
    """The text of a configuration file (docs/design.md section 4)."""
    if accounts is None:
        accounts = {sync.ACCOUNT: [sync.TOKEN]}
    if TEST_MODE and "mode" not in journal_keys:
        journal_keys += "\nmode = " + TEST_MODE
    lines = ["[journal]", "path = " + journal, journal_keys, "[receive]"]
    lines += ["public_url = " + url for url in urls] + [receive]
    for account, tokens in accounts.items():
        lines.append("[account %s]" % account)
        lines += ["auth_token = " + token for token in tokens]
    return "\n".join(lines + [more, ""])


def write(path, content, mode=0o600):
    """A file with these permissions from its first byte on."""
    data = content if isinstance(content, bytes) else content.encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    os.chmod(path, mode)
    return path


def read(path):
    """A log's text; one that was not begun is empty."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def exists_with_content(path):
    return os.path.exists(path) and os.path.getsize(path) > 0


def clean_environment(**more):
    """Ours without what would configure a responder behind a test's back."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("SYNCJOURNAL_", "TWILIO_"))}
    environment.update(more)
    return environment


def on_disk():
    """Where tests have their directories: no journal is made in memory."""
    if shutil.which("stat") is None:
        return None
    done = subprocess.run(["stat", "-f", "-c", "%T", tempfile.gettempdir()],
                          capture_output=True, text=True, check=False)
    return "/var/tmp" if done.stdout.strip() in ("tmpfs", "ramfs") else None


PLACE = on_disk()


class Work:
    """A directory for one test, kept on failure."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="syncjournal-test-",
                                          dir=PLACE)
        self.before = []  # what goes before the program's name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content, mode=0o600):
        return write(self.path(name), content, mode)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None or kind is tap.Skip:
            shutil.rmtree(self.directory)
        else:
            tap.note("kept: " + self.directory)


class Journal:
    """A journal, opened read only for each question."""

    def __init__(self, path):
        self.path = path

    def rows(self, query, arguments=()):
        return [tuple(row) for row in self._ask(query, arguments)]

    def dicts(self, query, arguments=()):
        return [dict(row) for row in self._ask(query, arguments)]

    def one(self, query, arguments=()):
        """The only value of the only row."""
        rows = self.rows(query, arguments)
        if len(rows) != 1 or len(rows[0]) != 1:
            raise tap.Failed("not one value: %s: %r" % (query, rows))
        return rows[0][0]

    def _ask(self, query, arguments):
        # Who may not write cannot undo what a killed process has left.
        mode = "rw" if exists_with_content(self.path + "-journal") else "ro"
        connection = sqlite3.connect(
            "file:%s?mode=%s" % (self.path, mode), uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, arguments).fetchall()
        finally:
            connection.close()

    def copy(self, directory):
        """A copy that may be written to, of a journal nobody has open."""
        target = os.path.join(directory, "copy.db")
        for suffix in ("", "-wal"):
            if os.path.exists(self.path + suffix):
                shutil.copyfile(self.path + suffix, target + suffix)
        return Journal(target)


class Responder:
    """A responder that stays. start says how it gets its socket: "socket"
    (--socket), "fd0" or "listen_fds"; the socket of the last two outlives
    it."""

    def __init__(self, work, config, start="socket", environment=None):
        self.work = work
        self.program = RESPONDER
        self.config = config
        self.start_by = start
        self.environment = clean_environment(**(environment or {}))
        self.socket_path = work.path("fcgi.sock")
        self.log_path = work.path("responder.log")
        self.process = None
        self.listener = None
        if start != "socket":
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.socket_path)
            self.listener.listen(4096)

    def start(self, wait=True):
        command = self.work.before + [self.program, "--config", self.config]
        if self.start_by == "socket":
            command += ["--socket", "unix:" + self.socket_path]
        if self.start_by == "listen_fds":
            command = ["sh", "-c", LISTEN_FDS, "sh"] + command
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log,
                stdin=self.listener or subprocess.DEVNULL)
        if wait:
            tap.until(self.answers, "the responder's health check")

    def healthz(self):
        return web.over_fastcgi(self.socket_path, web.cgi_environment(
            "GET", "/sync/healthz", [], None), None, timeout=3)

    def answers(self):
        if self.process.poll() is not None:
            raise tap.Failed("the responder ended with %d: %s" % (
                self.process.returncode, self.log()))
        try:
            return self.healthz().status == 200
        except OSError:
            return False

    def log(self):
        return read(self.log_path)

    def stop(self):
        """SIGTERM; it must end in time and with 0."""
        before = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS + 10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise tap.Failed("the responder did not end on SIGTERM") from None
        took = time.monotonic() - before
        tap.equal(self.process.returncode, 0,
                  "exit status after SIGTERM; its log: " + self.log()[-2000:])
        tap.true(took <= STOP_SECONDS,
                 "stopping took %.2f s of at most %g" % (took, STOP_SECONDS))

    def restart(self):
        self.stop()
        self.start(wait=False)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        if self.listener is not None:
            self.listener.close()


def free_port():
    """A listening TCP socket on a port of its own, for nginx."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    # nginx takes a socket that it inherits for one of its own: where two
    # workers wake for one connection, a blocking accept() holds up the second
    listener.setblocking(False)
    return listener


class Nginx:
    """A real nginx in the foreground, with the configuration that ships. It
    takes over a socket that is bound already (as for an upgrade of its own
    program), so that no other test can have the port."""

    TEMPLATE = """
daemon off;
%(user)s
worker_processes %(workers)d;
pid %(dir)s/nginx.pid;
error_log %(dir)s/nginx-error.log warn;
events {
	worker_connections 1024;
}
http {
	access_log %(dir)s/nginx-access.log;
	client_body_temp_path %(dir)s/t-body;
	fastcgi_temp_path %(dir)s/t-fastcgi;
	proxy_temp_path %(dir)s/t-proxy;
	scgi_temp_path %(dir)s/t-scgi;
	uwsgi_temp_path %(dir)s/t-uwsgi;
	include %(dir)s/upstream.conf;
	server {
		listen 127.0.0.1:%(port)d;
		server_name hooks.example.com;
		root %(dir)s/docroot;
		include %(shipped)s/syncjournal.conf;
	}
}
"""
    SHIPPED = os.path.join(SRCDIR, "nginx")

    def __init__(self, work, socket_path, workers):
        self.program = need_nginx()
        self.work = work
        self.listener = free_port()
        self.port = self.listener.getsockname()[1]
        self.process = None
        work.write("upstream.conf", self._upstream(socket_path))
        work.write("nginx.conf", self.TEMPLATE % {
            "dir": work.directory, "port": self.port, "shipped": self.SHIPPED,
            "workers": workers,
            "user": "user root;" if os.geteuid() == 0 else "",
        })

    def _upstream(self, socket_path):
        """The one line an installation changes too: where the socket is."""
        name = os.path.join(self.SHIPPED, "syncjournal-upstream.conf")
        with open(name, encoding="utf-8") as file:
            text, changed = re.subn(r"\bunix:[^\s;]+", "unix:" + socket_path,
                                    file.read())
        tap.true(changed > 0, "the upstream file names a socket")
        return text

    def start(self):
        self.listener.set_inheritable(True)
        number = self.listener.fileno()
        with open(self.work.path("nginx.log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-p", self.work.directory,
                 "-c", self.work.path("nginx.conf")],
                env=clean_environment(NGINX="%d;" % number),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(number,))
        self.listener.close()
        tap.until(self.answers, "nginx, before the responder")

    def answers(self):
        if self.process.poll() is not None:
            raise tap.Failed("nginx ended: " + self.log())
        connection = web.open_http(self.port)
        try:
            return web.over_http(connection, "GET", "/sync/healthz", [],
                                 None).status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def log(self):
        return "".join(read(self.work.path(name))
                       for name in ("nginx.log", "nginx-error.log"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise tap.Failed("nginx did not end on SIGTERM") from None
        tap.equal(self.process.returncode, 0, "nginx's exit status")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()  # its workers would survive a SIGKILL
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Exchange:
    """Deliveries to a site that has a request(), a journal and urls, and
    questions to its journal."""

    target = "/sync"

    def deliver(self, parameters, url=None, token=sync.TOKEN, target=None,
                body=None, content_type=sync.FORM, more=()):
        """One delivery as Twilio makes it, signed by Twilio's library."""
        url = self.urls[0] if url is None else url
        signature = sync.sign(url, parameters, token)
        body = sync.form(parameters) if body is None else body
        headers = signed(signature, content_type) + list(more)
        return self.request("POST", target or self.target, headers, body)

    def accepted(self, parameters, **how):
        """The same; it must be journaled and acknowledged."""
        answer = self.deliver(parameters, **how)
        if answer.status != 204 or answer.position is None:
            raise tap.Failed("not accepted: %r; %r" % (answer, parameters))
        return answer

    # Questions

    def rejects(self, count):
        """The quarantine, once there are so many: it is written when nobody
        waits."""
        query = "SELECT * FROM rejects ORDER BY reject_id"
        tap.until(lambda: len(self.journal.rows(query)) >= count,
                  "%d rejects" % count, 5)
        rows = self.journal.dicts(query)
        tap.equal(len(rows), count, "rejects")
        return rows

    def events(self, columns, where="1"):
        return self.journal.rows("SELECT %s FROM events WHERE %s "
                                 "ORDER BY position" % (columns, where))

    def deliveries(self):
        return self.journal.one("SELECT count(*) FROM deliveries")


class Site(Exchange):
    """A responder, perhaps an nginx before it, and its journal.

    nginx   how many workers of a real nginx requests go through; 0: they go
            to the responder
    start   how the responder gets its socket: see Responder
    urls    public_url of the configuration; without any the responder builds
            the URL from the request
    others  as configuration()
    """

    def __init__(self, nginx=0, start="socket", urls=(PUBLIC_URL,),
                 environment=None, **conf):
        need_twilio()
        need_responder()
        self.work = Work()
        self.urls = list(urls)
        self.journal = Journal(self.work.path("journal.db"))
        self.conf = conf
        self.config = self.work.path("syncjournal.conf")
        self.configure()
        self.responder = Responder(self.work, self.config, start, environment)
        self.nginx = None
        if nginx:
            try:
                self.nginx = Nginx(self.work, self.responder.socket_path,
                                   nginx)
            except tap.Skip:
                shutil.rmtree(self.work.directory)
                raise

    def configure(self, **changes):
        """Write the configuration file, with these changes."""
        self.conf.update(changes)
        text = configuration(self.journal.path, urls=self.urls, **self.conf)
        write(self.config + ".new", text)
        os.rename(self.config + ".new", self.config)

    def __enter__(self):
        try:
            self.responder.start()
            if self.nginx:
                self.nginx.start()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self._leave()
        except BaseException as why:
            kind, value = type(why), why
            raise
        finally:
            if self.nginx:
                self.nginx.kill()
            self.responder.kill()
            self.responder.close()
            if kind is not None and kind is not tap.Skip:
                self._tell()
            self.work.__exit__(kind, value, trace)

    def _leave(self):
        """After every test: does the server still live, and does it end?"""
        if self.responder.process.poll() is None or not self.stopped:
            tap.true(self.responder.answers(), "the responder lives")
            if self.nginx:
                tap.true(self.nginx.answers(), "nginx lives")
            self.responder.stop()
        if self.nginx:
            self.nginx.stop()
        log = self.responder.log()
        tap.true("runtime error:" not in log and "Sanitizer" not in log,
                 "no sanitizer complains: " + log[-3000:])

    stopped = False

    def stop(self):
        """End the responder before the test's end, to look at its files."""
        self.responder.stop()
        self.stopped = True

    def _tell(self):
        for name, server in (("responder", self.responder),
                             ("nginx", self.nginx)):
            log = server.log() if server else ""
            if log:
                tap.note("%s: %s" % (name, log[-1500:]))

    # Requests

    def request(self, method="POST", target="/sync", headers=(), body=None):
        """One request on a connection of its own."""
        if self.nginx is None:
            return web.over_fastcgi(
                self.responder.socket_path,
                web.cgi_environment(method, target, headers, body), body)
        connection = web.open_http(self.nginx.port)
        try:
            return web.over_http(connection, method, target, list(headers),
                                 body)
        finally:
            connection.close()


def signed(signature, content_type=sync.FORM):
    """The headers of a delivery (docs/twilio.md section 2)."""
    return [
        ("Host", "hooks.example.com"),
        ("User-Agent", "TwilioProxy/1.1"),
        ("Accept", "*/*"),
        ("I-Twilio-Idempotency-Token",
         "00000000-0000-4000-8000-000000000001"),
        ("Content-Type", content_type),
        ("X-Twilio-Signature", signature),
    ]
