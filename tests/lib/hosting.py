"""An installation of the responder under a web server, for one test: the
server in the foreground with the configuration that ships, on a free port of
its own, with all its files in a directory of its own.

Started as root, as servers are, it gives up its rights to USER; else it runs
as who runs the test.
"""
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess

import harness
import processes
import tap
import web

USER = "www-data"
STARTS = 5  # so often a port may be somebody else's before we have it
STOP_S = 15
STUCK_S = 2

PROGRAM = "syncjournal.fcgi"
# Where the files that ship look for it, and for its configuration.
INSTALLED = "/usr/local/libexec/syncjournal/syncjournal.fcgi"
CONFIG = "/etc/syncjournal/syncjournal.conf"
SOCKET = "/run/syncjournal/syncjournal.sock"


def as_root():
    return os.geteuid() == 0


def group_of(user):
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def need_program(name, package):
    path = shutil.which(name, path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise tap.Skip("%s is not installed (package %s)" % (name, package))
    return path


def changed(text, changes):
    """The text of a file that ships, with what an installation changes. Each
    pattern must be there."""
    for pattern, replacement in changes:
        text, count = re.subn(pattern, lambda _, r=replacement: r, text,
                              flags=re.M)
        tap.true(count > 0, "the file that ships has %r" % pattern)
    return text


class Hosted(harness.Exchange):
    """One installation, and its journal.

    urls    public_url of the configuration; without any the responder builds
            the URL from the request
    target  the path that Twilio calls, if not the one that ships
    https   the line is made active that says: behind a proxy that ends TLS
    start   how a responder that stays gets its socket: see
            harness.Responder

    A kind of server has besides:
    """

    # What the server is told to take a new configuration over with.
    reload_signal = signal.SIGUSR1
    # What it ends with on SIGTERM.
    exits = (0,)
    # A path for the prefix test: several segments, the last is the program.
    prefixed = "/hooks/v1/sync"
    # Whether a responder of its own stays behind a socket.
    resident = False
    # What a chunked body is answered: a CGI program is not told its length.
    chunked = 204
    # What a body of more than 1 MiB is answered, and whether by the server.
    beyond = 413
    refuses_itself = True
    # Whether a reload under load fails no request at all.
    reload_is_clean = True

    def __init__(self, urls=(harness.PUBLIC_URL,), target=None, https=False,
                 start="socket"):
        harness.need_twilio()
        harness.need_responder()
        self.need()
        self.urls = list(urls)
        self.target = target or self.target
        self.https = https
        self.work = harness.Work()
        self.port = None
        self.patience = web.TIMEOUT_S
        self.process = None
        self.members = set()  # all that it ever was seen to start
        self.responder = None
        self.config = self.work.path("home/syncjournal.conf")
        self.journal = harness.Journal(self.work.path("home/journal.db"))
        self.place()
        if self.resident:
            self._add_responder(start)
        self.give(self.work.directory)

    # What a kind of server says

    def need(self):
        """Skip if it is not there."""
        raise NotImplementedError

    def configure(self):
        """Write its configuration, for self.port; its command line."""
        raise NotImplementedError

    def place(self):
        """Program and configuration, where an installation has them."""
        for name in ("home", "docroot", "logs"):
            os.mkdir(self.work.path(name))
        shutil.copy(harness.RESPONDER, self.work.path("home"))
        self.work.write("home/syncjournal.conf", harness.configuration(
            self.journal.path, urls=self.urls))

    # Files

    def shipped(self, name, changes):
        with open(os.path.join(harness.SRCDIR, name),
                  encoding="utf-8") as file:
            return changed(file.read(), changes)

    def give(self, directory, user=USER, group=None):
        """The server's processes are not root: who they are owns this."""
        if not as_root():
            return
        group = group_of(user) if group is None else group
        for parent, _, files in os.walk(directory):
            for name in [parent] + [os.path.join(parent, n) for n in files]:
                shutil.chown(name, user, group)

    def _add_responder(self, start):
        if as_root():
            self.work.before = [
                need_program("setpriv", "util-linux"), "--reuid", USER,
                "--regid", group_of(USER), "--clear-groups"]
        self.responder = harness.Responder(self.work, self.config, start)
        self.responder.program = self.work.path("home/" + PROGRAM)

    # Life

    def __enter__(self):
        try:
            if self.responder:
                self.responder.start()
            self.start()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def start(self):
        for _ in range(STARTS):
            if self._try_to_start():
                return
        raise tap.Failed("it does not start: " + self.log())

    def _try_to_start(self):
        """False: somebody else has taken the port."""
        if self.port is None:
            with harness.free_port() as free:
                self.port = free.getsockname()[1]
        command = self.configure()
        before = len(self.log())
        with open(self.work.path("server.log"), "ab") as log:
            self.process = subprocess.Popen(
                command, env=harness.clean_environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        if tap.until(self._state, "the web server") == "serves":
            return True
        if "in use" not in self.log()[before:]:
            raise tap.Failed("it ended: " + self.log())
        self.port = None
        return False

    def _state(self):
        if self.process.poll() is not None:
            return "ended"
        return "serves" if self.answers() else None

    def answers(self):
        try:
            answer = self.request("GET", self.target + "/healthz")
        except OSError:
            return False
        return answer.status == 200

    def look(self):
        """Remember what it has started."""
        if self.process and self.process.poll() is None:
            self.members |= processes.family(self.process.pid)

    def responders(self):
        """The processes of the program that it has started."""
        return processes.named(processes.family(self.process.pid), PROGRAM)

    def reload(self):
        self.look()
        self.process.send_signal(self.reload_signal)

    def stop(self):
        """SIGTERM; it and all that it started must end."""
        self.look()
        self.process.terminate()
        try:
            self.process.wait(STUCK_S)
        except subprocess.TimeoutExpired:
            self._end_stuck()
        tap.true(self.process.returncode in self.exits, "its exit status: %d"
                 % self.process.returncode)
        tap.until(lambda: not processes.alive(self.members),
                  "all that it started has ended", STOP_S)

    def _end_stuck(self):
        """Apache's children wait for answers that never come; Apache itself
        kills them after 10 s."""
        self.look()
        own = {one for one in self.members if one[0] == self.process.pid}
        processes.send(self.members - own)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise tap.Failed("it did not end on SIGTERM") from None

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                tap.true(self.answers(), "it still serves")
                self.stop()
                if self.responder:
                    self.responder.stop()
        except BaseException as why:
            kind, value = type(why), why
            raise
        finally:
            self._end()
            if kind is not None and kind is not tap.Skip:
                tap.note(self.log()[-3000:])
            self.work.__exit__(kind, value, trace)

    def _end(self):
        """Whatever is left of it."""
        self.look()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        processes.send(self.members)
        if self.responder:
            self.responder.kill()
            self.responder.close()

    def log(self):
        names = ["server.log", "responder.log"] + sorted(
            "logs/" + n for n in os.listdir(self.work.path("logs"))
            if n.endswith(".log"))
        return "".join(harness.read(self.work.path(name)) for name in names)

    # Requests

    def request(self, method="POST", target=None, headers=(), body=None):
        """One request on a connection of its own."""
        connection = web.open_http(self.port, self.patience)
        try:
            return web.over_http(connection, method, target or self.target,
                                 list(headers) + [("Connection", "close")],
                                 body)
        finally:
            connection.close()
