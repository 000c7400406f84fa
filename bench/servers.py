"""The servers that are measured side by side, each behind the same nginx.

SUBJECTS has them by name. Of each:

    Subject.unavailable(builddir)   None, or why it cannot be measured here;
                                    may install into the user's cache
    Subject(builddir, directory, token, url)
        directory   its own: journal, socket, logs
        token, url  what deliveries are signed with
    .start() .stop()    returns once it accepts; once it is gone
    .pids()             all its processes now
    .upstream() .nginx_location()
                        text for inside http { } and location = /sync { }
    .rows()             deliveries stored; None: it stores none
    .bytes_on_disk()    of the journal
    .version()          of what runs, in words

Whoever starts something here stops it, or leaves it to the interpreter's end.
"""
import atexit
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
PEERS = os.path.join(HERE, "peers")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import harness  # noqa: E402

START_S = 20  # nothing needs longer to begin
STOP_S = 10

# What nginx does alike for all: what ships in nginx/syncjournal.conf.
BODY = """
client_max_body_size 1m;
client_body_buffer_size 192k;
"""


class Failed(Exception):
    """A server did not start, or does not do what it must."""


# Processes

_running = []


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/usr/local/sbin")


def first_line(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip().partition("\n")[0]


def with_children(pid):
    """This process and all that descend from it, as they are now."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir("/proc/%d/task" % one):
                name = "/proc/%d/task/%s/children" % (one, task)
                with open(name, encoding="ascii") as file:
                    found += [int(child) for child in file.read().split()]
        except OSError:
            pass  # it ended meanwhile
    return found


class Child:
    """A server in the foreground, its output in a file."""

    def __init__(self, command, log, environment=None, pass_fds=(), end=None):
        self.log = log
        self.end = end or signal.SIGTERM
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=harness.clean_environment(**(environment or {})),
                pass_fds=pass_fds)
        _running.append(self)

    def until(self, accepts):
        """Wait for accepts() to be true."""
        deadline = time.monotonic() + START_S
        while not accepts():
            if self.process.poll() is not None:
                raise Failed("ended at once: " + harness.read(self.log))
            if time.monotonic() > deadline:
                raise Failed("does not accept: " + harness.read(self.log))
            time.sleep(0.01)

    def pids(self):
        return with_children(self.process.pid)

    def stop(self):
        """End it, and what it leaves behind."""
        if self not in _running:
            return
        _running.remove(self)
        family = self.pids()[1:] if self.process.poll() is None else []
        self.process.send_signal(self.end)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in family:
            end_orphan(pid)


def end_orphan(pid):
    """A child that outlived its parent: it belongs to nobody else now."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
        if parent == 1:
            os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        pass  # it is gone


def _stop_all():
    for child in list(_running):
        child.stop()


atexit.register(_stop_all)


def accepts(address):
    """Whether a unix socket's path, or a port, takes connections."""
    is_path = isinstance(address, str)
    with socket.socket(socket.AF_UNIX if is_path else socket.AF_INET) as one:
        try:
            one.connect(address if is_path else ("127.0.0.1", address))
            return True
        except OSError:
            return False


# Subjects


class Subject:
    """What they have in common: a journal in SQLite, with a table delivery."""

    def __init__(self, builddir, directory, token, url):
        self.builddir = builddir
        self.directory = directory
        self.token = token
        self.url = url
        self.journal = self.path("journal.db")
        self.socket = self.path("peer.sock")
        self.child = None

    @classmethod
    def unavailable(cls, builddir):
        raise NotImplementedError

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        raise NotImplementedError

    def _run(self, command, environment=None, address=None, end=None):
        self.child = Child(command, self.path("peer.log"), environment,
                           end=end)
        self.child.until(lambda: accepts(address or self.socket))

    def stop(self):
        if self.child:
            self.child.stop()

    def pids(self):
        return self.child.pids()

    def rows(self):
        with sqlite3.connect("file:%s?mode=ro" % self.journal, uri=True,
                             timeout=10) as db:
            return db.execute("SELECT count(*) FROM delivery").fetchone()[0]

    def bytes_on_disk(self):
        return sum(os.path.getsize(self.journal + suffix)
                   for suffix in ("", "-wal")
                   if os.path.exists(self.journal + suffix))

    def environment(self):
        """How the peers are configured."""
        return {"TWILIO_AUTH_TOKEN": self.token, "PUBLIC_URL": self.url,
                "JOURNAL": self.journal, "SOCKET": self.socket}


def shipped(name):
    with open(os.path.join(TOP, "nginx", name), encoding="utf-8") as file:
        return file.read()


class Responder(Subject):
    """The program of this tree, with nginx as it ships."""

    program = "syncjournal.fcgi"

    @classmethod
    def unavailable(cls, builddir):
        name = os.path.join(builddir, cls.program)
        return None if os.access(name, os.X_OK) else "not built: " + name

    def start(self):
        text = harness.configuration(self.journal, {"*": [self.token]},
                                     [self.url])
        config = harness.write(self.path("syncjournal.conf"), text)
        self._run([os.path.join(self.builddir, self.program),
                   "--config", config, "--socket", "unix:" + self.socket])

    def upstream(self):
        return re.sub(r"\bunix:[^\s;]+", "unix:" + self.socket,
                      shipped("syncjournal-upstream.conf"))

    def nginx_location(self):
        return re.search(r"^location = /sync \{\n(.*?)^\}",
                         shipped("syncjournal.conf"), re.M | re.S).group(1)

    def version(self):
        return first_line(os.path.join(self.builddir, self.program),
                          "--version")


class Null(Responder):
    """The same loop, answering without verifying or storing."""

    program = os.path.join("bench", "null")

    def rows(self):
        return None

    def bytes_on_disk(self):
        return 0

    def version(self):
        return "bench/null"


def make_schema(journal):
    with open(os.path.join(PEERS, "schema.sql"), encoding="utf-8") as file:
        db = sqlite3.connect(journal)
        db.executescript(file.read())
        db.close()


class Php(Subject):
    """PHP-FPM as Debian configures it, with opcache."""

    # Of 1, 2, 4 and 8 the one with the best rate on two cores, at 64
    # connections: a commit is what takes time, and several that wait for the
    # write lock sleep in SQLite's busy handler. flock() around the transaction
    # does not make up for it.
    children = 1

    POOL = """
[global]
error_log = %(dir)s/php-fpm.log
daemonize = no
[peer]
%(user)s
listen = %(socket)s
pm = static
pm.max_children = %(children)d
php_admin_value[error_log] = %(dir)s/php.log
"""

    @staticmethod
    def program():
        names = ["php-fpm"] + ["php-fpm8.%d" % minor
                               for minor in range(9, -1, -1)]
        return next(filter(None, map(find, names)), None)

    @classmethod
    def unavailable(cls, builddir):
        program = cls.program()
        if program is None:
            return "php-fpm is not installed"
        modules = subprocess.run([program, "-m"], stdout=subprocess.PIPE,
                                 text=True, check=False).stdout.split("\n")
        if "pdo_sqlite" not in modules:
            return "php-sqlite3 is not installed"
        return None

    def start(self):
        make_schema(self.journal)
        is_root = os.geteuid() == 0
        pool = self.POOL % {
            "dir": self.directory, "socket": self.socket,
            "children": self.children,
            "user": "user = root\ngroup = root" if is_root else ""}
        pool += "".join("env[%s] = \"%s\"\n" % pair
                        for pair in self.environment().items())
        config = harness.write(self.path("php-fpm.conf"), pool)
        self._run([self.program(), "-F", "-y", config]
                  + (["-R"] if is_root else []))

    def upstream(self):
        # A kept connection would hold a child of FPM that others wait for.
        return "upstream peer { server unix:%s; }" % self.socket

    def nginx_location(self):
        return BODY + """
fastcgi_pass peer;
fastcgi_param SCRIPT_FILENAME %s;
fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param REQUEST_URI $request_uri;
fastcgi_param QUERY_STRING $query_string;
fastcgi_param CONTENT_TYPE $content_type;
fastcgi_param CONTENT_LENGTH $content_length;
""" % os.path.join(PEERS, "php", "journal.php")

    def version(self):
        asked = first_line(
            "php", "-r", "echo (new PDO('sqlite::memory:'))->query("
            "'SELECT sqlite_version()')->fetchColumn();")
        return "%s, SQLite %s, max_children %d" % (
            first_line(self.program(), "-v").partition(" (")[0], asked,
            self.children)


class Node(Subject):
    """Node with better-sqlite3 and Twilio's library."""

    @staticmethod
    def modules():
        """Where its packages are: in a directory for each package.json."""
        name = os.path.join(PEERS, "node", "package.json")
        with open(name, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()[:12]
        cache = os.environ.get("XDG_CACHE_HOME",
                               os.path.expanduser("~/.cache"))
        return os.path.join(cache, "syncjournal-bench", "node-" + digest)

    @classmethod
    def unavailable(cls, builddir):
        if find("node") is None or find("npm") is None:
            return "node and npm are not installed"
        directory = cls.modules()
        if not os.path.isdir(directory):
            log = cls._install(directory)
            if log is not None:
                return "npm could not install: " + log[-500:]
        return None

    @classmethod
    def _install(cls, directory):
        """None, or what npm said. Half an installation is not kept."""
        new = "%s.%d" % (directory, os.getpid())
        os.makedirs(new)
        shutil.copy(os.path.join(PEERS, "node", "package.json"), new)
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
            cwd=new, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        works = subprocess.run(
            ["node", "-e", "new (require('better-sqlite3'))(':memory:')"],
            cwd=new, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
        if done.returncode == 0 and works.returncode == 0:
            os.rename(new, directory)
            return None
        shutil.rmtree(new)
        return done.stdout + works.stdout

    def start(self):
        make_schema(self.journal)
        environment = dict(self.environment(), NODE_ENV="production",
                           NODE_PATH=os.path.join(self.modules(),
                                                  "node_modules"))
        self._run(["node", os.path.join(PEERS, "node", "server.js")],
                  environment)

    def upstream(self):
        return "upstream peer { server unix:%s; keepalive 64; }" % self.socket

    def nginx_location(self):
        return BODY + """
proxy_pass http://peer;
proxy_http_version 1.1;
proxy_set_header Connection "";
"""

    def version(self):
        names = ("better-sqlite3", "twilio")
        versions = []
        for name in names:
            package = os.path.join(self.modules(), "node_modules", name,
                                   "package.json")
            with open(package, encoding="utf-8") as file:
                versions.append("%s %s" % (name, json.load(file)["version"]))
        return ", ".join(["Node " + first_line("node", "--version")]
                         + versions)


class Webhook(Subject):
    """adnanh's webhook: starts a program for each request. It cannot verify
    Twilio's scheme (it knows HMACs of the body alone), so it does not."""

    def __init__(self, builddir, directory, token, url):
        super().__init__(builddir, directory, token, url)
        self.journal = self.path("journal.txt")
        with harness.free_port() as free:
            self.port = free.getsockname()[1]

    @classmethod
    def unavailable(cls, builddir):
        return None if find("webhook") else "webhook is not installed"

    def start(self):
        script = os.path.join(PEERS, "webhook", "append.sh")
        hooks = os.path.join(PEERS, "webhook", "hooks.json")
        self._run([find("webhook"), "-hooks", hooks, "-template",
                   "-ip", "127.0.0.1", "-port", str(self.port)],
                  dict(self.environment(), APPEND=script), self.port)

    def upstream(self):
        return "upstream peer { server 127.0.0.1:%d; keepalive 64; }" % (
            self.port)

    def nginx_location(self):
        return Node.nginx_location(self).replace("http://peer",
                                                 "http://peer/hooks/sync")

    def rows(self):
        if not os.path.exists(self.journal):
            return 0
        with open(self.journal, "rb") as file:
            return sum(1 for _ in file)

    def version(self):
        return first_line(find("webhook"), "-version")


SUBJECTS = {
    "null": Null,
    "syncjournal": Responder,
    "php-fpm": Php,
    "node": Node,
    "webhook": Webhook,
}


class Nginx:
    """nginx in the foreground, before one subject, on a port of its own."""

    TEMPLATE = """
daemon off;
master_process on;
%(user)s
worker_processes %(workers)d;
pid %(dir)s/nginx.pid;
error_log %(dir)s/nginx-error.log error;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path %(dir)s/t-body;
	fastcgi_temp_path %(dir)s/t-fastcgi;
	proxy_temp_path %(dir)s/t-proxy;
	scgi_temp_path %(dir)s/t-scgi;
	uwsgi_temp_path %(dir)s/t-uwsgi;
	keepalive_requests 1000000000;
	keepalive_timeout 600s;
	%(upstream)s
	server {
		listen 127.0.0.1:%(port)d;
		location = /nothing { return 204; }
		location = /sync {
%(location)s
		}
	}
}
"""

    def __init__(self, directory, subject, workers):
        self.directory = directory
        self.listener = harness.free_port()
        self.port = self.listener.getsockname()[1]
        self.child = None
        # Root's workers are root's too: they may open the subject's socket.
        harness.write(os.path.join(directory, "nginx.conf"), self.TEMPLATE % {
            "dir": directory, "workers": workers, "port": self.port,
            "user": "user root;" if os.geteuid() == 0 else "",
            "upstream": subject.upstream(),
            "location": subject.nginx_location()})

    @staticmethod
    def unavailable():
        return None if find("nginx") else "nginx is not installed"

    def start(self):
        # It takes the socket over, as from a former nginx (NGINX=...), so
        # that nobody else can have the port.
        number = self.listener.fileno()
        self.child = Child(
            [find("nginx"), "-p", self.directory, "-c",
             os.path.join(self.directory, "nginx.conf")],
            os.path.join(self.directory, "nginx.log"),
            {"NGINX": "%d;" % number}, (number,))
        self.listener.close()
        self.child.until(self._answers)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as one:
                one.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
                return b" 204 " in one.recv(1000)
        except OSError:
            return False

    def pids(self):
        return self.child.pids()

    def stop(self):
        self.listener.close()
        if self.child:
            self.child.stop()


def raw(builddir, directory, deliveries, batch):
    """SQLite alone: the rows of so many deliveries, appended again by one
    process in transactions of batch."""
    source = os.path.join(directory, "raw-source-%d.db" % deliveries)
    target = os.path.join(directory, "raw-%d.db" % batch)
    if not os.path.exists(source):
        subprocess.run([os.path.join(builddir, "bench", "fill"), source,
                        str(deliveries)], check=True)
    done = subprocess.run([os.path.join(builddir, "bench", "raw"), source,
                           target, str(batch)], stdout=subprocess.PIPE,
                          check=True)
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(target + suffix):
            os.unlink(target + suffix)
    return json.loads(done.stdout)
