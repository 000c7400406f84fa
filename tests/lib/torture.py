"""What torture tests have in common: responders that are started again as by a
supervisor, and what must hold of the journal afterwards, whatever was done.

The load and its account of what was acknowledged is load_acked's.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import acknowledged
import disk
import harness
import load_acked
import tap
import web

PROGRAM = acknowledged.PROGRAM
# The unit's RestartSec is a second; here nobody waits for longer than needed.
RESTART_S = 0.05
# After a kill a start needs nobody, and takes less.
RECOVERED_S = 1.0
# The leak sanitizer cannot work in a process that is traced, and would end it
# with a status of its own.
TRACED = {"ASAN_OPTIONS":
          os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def end_by_signals():
    """Unwind as an exit does: the with statements clean up."""
    def leave(number, _):
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


class Work(harness.Work):
    """Kept when a claim fails, and not when the test is interrupted."""

    def __exit__(self, kind, value, trace):
        interrupted = kind is not None and not issubclass(kind, Exception)
        super().__exit__(None if interrupted else kind, value, trace)


class Supervised:
    """Responders on one listening socket, that outlives them, and that a
    supervisor with Restart=always starts again when they end.

    work       where the socket and the log are
    before     what goes before each program at its first start: strace
    processes  how many
    """

    def __init__(self, work, config, processes=1, before=()):
        self.config = config
        self.before = list(before)
        self.socket_path = work.path("fcgi.sock")
        self.log_path = work.path("responder.log")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket_path)
        self.listener.listen(4096)
        self.processes = [None] * processes
        self.ended_at = [None] * processes
        self.statuses = []  # of those that ended, but for a stop
        self.restarts = True
        self.lock = threading.RLock()
        self.watched = None

    def start(self):
        for i, _ in enumerate(self.processes):
            self.start_one(i, self.before)

    def start_one(self, i, before=()):
        command = disk.ends_with_us() + list(before) + disk.ends_with_us() \
            + [harness.RESPONDER, "--config", self.config]
        with open(self.log_path, "ab") as log:
            self.processes[i] = subprocess.Popen(
                command, env=harness.clean_environment(**TRACED),
                stdin=self.listener, stdout=log, stderr=log)
        self.ended_at[i] = None

    def tend(self):
        """To be called now and then: who has ended is started again."""
        with self.lock:
            self._tend(time.monotonic())

    def watch(self):
        """Have that done all the time, until the end or a stop."""
        def work():
            while self.watched is not None:
                self.tend()
                time.sleep(0.01)
        self.watched = threading.Thread(target=work, daemon=True)
        self.watched.start()

    def unwatch(self):
        watched, self.watched = self.watched, None
        if watched is not None:
            watched.join()

    def _tend(self, now):
        for i, process in enumerate(self.processes):
            if process is None or process.poll() is None:
                continue
            if self.ended_at[i] is None:
                self.ended_at[i] = now
                self.statuses.append(process.returncode)
            elif self.restarts and now - self.ended_at[i] >= RESTART_S:
                self.start_one(i)

    def alive(self):
        return sum(p is not None and p.poll() is None for p in self.processes)

    def kill(self, i=None):
        """SIGKILL; of one, or of all."""
        self.unwatch()
        for process in self.processes if i is None else [self.processes[i]]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    def stop(self, seconds=30):
        """SIGTERM, to all; their exit statuses."""
        self.unwatch()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        return [process.wait(seconds) for process in self.processes]

    def health(self, timeout=3):
        """The status of a health check; None: no answer."""
        try:
            return web.over_fastcgi(self.socket_path, web.cgi_environment(
                "GET", "/sync/healthz", [], None), None, timeout).status
        except OSError:
            return None

    def deliver(self, delivery, timeout=load_acked.PATIENCE_S):
        """The answer to one delivery; None: the connection ended without."""
        delivery.sent += 1
        try:
            return web.over_fastcgi(self.socket_path, delivery.environment(),
                                    delivery.body, timeout)
        except OSError:
            return None

    def until_healthy(self, seconds=20):
        """Tend until a health check says 200; how long it took."""
        before = time.monotonic()

        def healthy():
            self.tend()
            return self.health() == 200
        tap.until(healthy, "healthz 200; the log: " + self.log()[-2000:],
                  seconds)
        return time.monotonic() - before

    def log(self):
        return harness.read(self.log_path)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.kill()
        self.listener.close()
        if kind is not None and kind is not tap.Skip:
            tap.note("log: " + self.log()[-1500:])


class Place:
    """A journal, the load on it, and who serves it.

    source     a Place whose journal, and load, this one begins with
    directory  of the journal; the work's own unless told
    """

    def __init__(self, work, mode, rng, processes=1, source=None,
                 directory=None):
        harness.need_twilio()
        self.work = work
        self.mode = mode
        self.path = os.path.join(directory or work.directory, "journal.db")
        self.config = work.write("syncjournal.conf", harness.configuration(
            self.path, journal_keys="mode = " + mode))
        self.story = load_acked.Story(rng, large=0.1)
        self.load = load_acked.Load(self.story, work.path("account"))
        self.checked = set()
        if source is not None:
            snapshot(source.path, self.path)
            self.story = source.story
            self.load.story = source.story
            self.load.told = dict(source.load.told)
            self.load.sent = dict(source.load.sent)
        self.supervised = Supervised(work, self.config, processes)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.supervised.__exit__(*why)

    def channels(self, n=8, cgi=0):
        return [load_acked.FastCgi(self.supervised.socket_path)
                for _ in range(n)] \
            + [load_acked.Cgi(self.config) for _ in range(cgi)]

    def recovered(self, at):
        """How long after this moment it was healthy, and acknowledged."""
        one = self.supervised
        tap.until(lambda: one.health() == 200, "healthz 200", 20)
        healthy = time.monotonic() - at
        self.accepted()
        return healthy, time.monotonic() - at

    def next(self):
        return self.load.again.pop() if self.load.again else self.story.next()

    def deliver(self, timeout=load_acked.PATIENCE_S):
        """One delivery, that is sent again later unless it is acknowledged; its
        answer, or None."""
        delivery = self.next()
        answer = self.supervised.deliver(delivery, timeout)
        if not take(self.load, answer, delivery):
            self.load.again.append(delivery)
        return answer

    def accepted(self):
        answer = self.deliver()
        tap.true(answer is not None and answer.status == 204,
                 "not acknowledged: %r" % (answer,))

    def audit(self):
        """What must hold of it; how many deliveries there are."""
        journal = harness.Journal(self.path)
        acknowledged.check(journal, self.load, self.checked)
        return journal.one("SELECT count(*) FROM deliveries")


def take(load, answer, delivery):
    """Note what did not come through the load's own channels; whether it is a
    204."""
    load.sent[delivery.body] = delivery
    if answer is None or answer.status != 204:
        return False
    if answer.position in load.told:
        load.wrong.append("position %d told twice" % answer.position)
    load.told[answer.position] = (delivery, answer.verdict)
    return True


# --------------------------------------------------------------------------
# Commands

def run(path, *words, before=(), timeout=120):
    return subprocess.run([*before, PROGRAM, "--journal", path, *words],
                          capture_output=True, text=True, timeout=timeout,
                          errors="replace", check=False,
                          env=harness.clean_environment())


def snapshot(path, target):
    """Copy a journal nobody has open."""
    for suffix in ("", "-wal", "-journal", "-lock", "-reserve"):
        if os.path.exists(path + suffix):
            with open(path + suffix, "rb") as source, \
                    open(target + suffix, "wb") as out:
                out.write(source.read())
            os.chmod(target + suffix, 0o600)


def need_strace():
    if shutil.which("strace") is None:
        raise tap.Skip("strace is not installed")
    done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise tap.Skip("strace cannot be used here: " + done.stderr.strip())


def at_call(calls, what, out="/dev/null", files=()):
    """strace that does something at system calls: what is "signal=KILL",
    "error=EIO" and the like, with ":when=N". files: only of calls on these."""
    return ["strace", "-E", "ASAN_OPTIONS=" + TRACED["ASAN_OPTIONS"], "-f",
            "-qq", "-o", out, "-e", "trace=" + calls,
            "-e", "inject=%s:%s" % (calls, what),
            *(word for name in files for word in ("-P", name))]
