"""Who uses a journal beside its responders: commands again and again, a shell
that reads for long, copies, a person who explains gaps. Each is a thread that
does one thing until it is told to stop, notes how long each time took, and
what was not as it should be."""
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time

import harness
import tap

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")


def need_shell():
    if shutil.which("sqlite3") is None:
        raise tap.Skip("the shell sqlite3 is not installed")


def run(path, *words, timeout=60):
    """A command of the audit program, to its end."""
    return subprocess.run(
        [PROGRAM, "--journal", path, *words], capture_output=True, text=True,
        errors="replace", stdin=subprocess.DEVNULL, timeout=timeout,
        check=False, env=harness.clean_environment())


class Contender(threading.Thread):
    """once() is called until the end; it raises tap.Failed."""

    pause = 0.0
    most_s = 60.0  # one time

    def __init__(self, name):
        super().__init__(name=name, daemon=True)
        self.ending = threading.Event()
        self.times = []
        self.failed = None

    def once(self):
        raise NotImplementedError

    def run(self):
        try:
            while not self.ending.is_set():
                before = time.monotonic()
                self.once()
                self.times.append(time.monotonic() - before)
                self.ending.wait(self.pause)
        except Exception as why:  # told by the test's own thread
            self.failed = why

    def finish(self):
        self.ending.set()
        self.join(self.most_s + 10)
        if self.is_alive():
            raise tap.Failed("%s hangs" % self.name)
        if self.failed is not None:
            raise tap.Failed("%s: %r" % (self.name, self.failed))

    def __str__(self):
        if not self.times:
            return "%s: never" % self.name
        return "%s: %d times, the longest took %.2f s" % (
            self.name, len(self.times), max(self.times))


class Command(Contender):
    """A command of the audit program.

    statuses  it may end with
    refusal   it may end with 3 and say this instead; counted apart
    """

    def __init__(self, path, *words, statuses=(0,), pause=0.0, refusal=None):
        super().__init__(" ".join(words))
        self.path = path
        self.words = words
        self.statuses = statuses
        self.pause = pause
        self.refusal = refusal
        self.refused = 0

    def once(self):
        done = run(self.path, *self.words, timeout=self.most_s)
        if self.refusal and done.returncode == 3 \
                and self.refusal in done.stderr:
            self.refused += 1
        elif done.returncode not in self.statuses or done.stderr:
            raise tap.Failed("ends with %d: %s%s" % (
                done.returncode, done.stdout[-500:], done.stderr[-500:]))


class Person(Contender):
    """Explains the newest open gap."""

    pause = 0.1

    def __init__(self, path):
        super().__init__("gap explain")
        self.path = path
        self.explained = 0

    def once(self):
        found = harness.Journal(self.path).rows(
            "SELECT gap_id FROM gaps WHERE state = 'open' "
            "ORDER BY gap_id DESC LIMIT 1")
        if not found:
            return
        done = run(self.path, "gap", "explain", str(found[0][0]),
                   "--reason", "it was so", "--actor", "tester",
                   timeout=self.most_s)
        # It may have been filled, or made anew by a rebuild, meanwhile.
        if done.returncode == 0:
            self.explained += 1
        elif "gap" not in done.stderr:
            raise tap.Failed("%d: %s" % (done.returncode, done.stderr))


class Shell(Contender):
    """A sqlite3 shell that reads in one transaction for some seconds."""

    def __init__(self, path, seconds, pause):
        super().__init__("a shell that reads for %g s" % seconds)
        self.path = path
        self.seconds = seconds
        self.pause = pause

    def once(self):
        shell = subprocess.Popen(
            ["sqlite3", "-readonly", "-batch", self.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        try:
            count = "SELECT count(*) FROM deliveries;\n"
            first = self.ask(shell, ".timeout 10000\nBEGIN;\n" + count)
            self.ending.wait(self.seconds)
            second = self.ask(shell, count)
            if first != second or not first.strip().isdigit():
                raise tap.Failed("it saw %r, then %r" % (first, second))
        finally:
            shell.stdin.close()
            shell.wait(10)
            shell.stdout.close()

    @staticmethod
    def ask(shell, text):
        shell.stdin.write(text)
        shell.stdin.flush()
        return shell.stdout.readline()


class Copies(Contender):
    """Copies that are whole: all that was acknowledged before, and nothing
    torn.

    told    positions acknowledged so far
    """

    def __init__(self, path, target, told, how, pause=0.0):
        super().__init__("a copy by " + how.split()[0])
        self.pause = pause
        self.path = path
        self.target = target
        self.how = how  # with %s for the target
        self.told = told

    def once(self):
        if os.path.exists(self.target):
            os.unlink(self.target)
        before = list(self.told)
        done = subprocess.run(
            ["sqlite3", "-batch", "-cmd", ".timeout 10000", self.path,
             self.how % self.target], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=self.most_s, check=False)
        if done.returncode != 0:
            raise tap.Failed(done.stderr)
        self.look(before)

    def look(self, before):
        db = sqlite3.connect(self.target)
        try:
            sound, = db.execute("PRAGMA integrity_check").fetchone()
            stored = {row for row, in db.execute(
                "SELECT position FROM deliveries")}
            others = {row for row, in db.execute(
                "SELECT position FROM actions")}
        finally:
            db.close()
        tap.equal(sound, "ok", "integrity of a copy")
        missing = [position for position in before if position not in stored]
        tap.equal(missing, [], "acknowledged before, not in a copy")
        tap.true(stored | others >= set(range(1, max(stored | others) + 1)),
                 "positions of a copy have no hole")


class Follower:
    """log --follow from the beginning, read as it comes."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [PROGRAM, "--journal", path, "log", "--follow", "--from", "0",
             "--format", "json"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=harness.clean_environment())
        self.positions = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.positions.append(json.loads(line)["position"])

    def reaches(self, position, seconds=20):
        tap.until(lambda: self.positions and self.positions[-1] >= position
                  or self.process.poll() is not None,
                  "position %d, to be followed" % position, seconds)

    def ends(self, seconds):
        self.process.terminate()
        before = time.monotonic()
        self.process.wait(30)
        took = time.monotonic() - before
        self.thread.join(10)
        tap.equal((self.process.returncode, self.process.stderr.read()),
                  (0, b""), "the follower's end")
        tap.true(took <= seconds, "it took %.2f s to end" % took)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.thread.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
