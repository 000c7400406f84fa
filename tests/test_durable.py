#!/usr/bin/python3
"""Acknowledged means durable: the system calls of a responder, in order. What
a loss of power leaves is another matter; here it is seen that the sync is
asked for, has succeeded, and comes before the answer."""
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

CALLS = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg"


class Trace:
    """strace on a process, while the body of a with statement runs."""

    def __init__(self, site, *more):
        if shutil.which("strace") is None:
            raise tap.Skip("strace is not installed")
        self.path = site.work.path("trace")
        self.command = ["strace", "-f", "-yy", "-e", CALLS, "-o", self.path,
                        *more, "-p", str(site.responder.process.pid)]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.process.wait(10)
            raise tap.Skip("strace may not attach: " + line.strip())
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stderr.close()

    def kinds(self):
        """What was done, in order: "sync" of the journal's log, "answer"."""
        kinds = []
        for line in harness.read(self.path).splitlines():
            if re.search(r"f(data)?sync\(\d+<[^>]*-(wal|journal)[>(]", line):
                kinds.append("sync" if line.endswith("= 0") else "failed")
            elif re.search(r"(write|writev|sendto|sendmsg)\(\d+<UNIX", line):
                kinds.append("answer")
        return kinds


@tap.each((("wal",), ("truncate",)),
          "in mode {} each answer comes after a sync that succeeded")
def before(mode):
    with harness.Site(journal_keys="mode = " + mode) as site:
        with Trace(site) as trace:
            for revision in range(3):
                site.accepted(sync.document("updated", revision))
        kinds = trace.kinds()
        answers = [i for i, k in enumerate(kinds) if k == "answer"]
        tap.equal(len(answers), 3, "answers in %r" % kinds)
        for i in answers:
            tap.true(i > 0 and kinds[i - 1] == "sync",
                     "a sync before each answer: %r" % kinds)


@tap.test("after a failed sync nothing is acknowledged, and the process ends")
def failed():
    # A leak sanitizer cannot look for leaks while strace is attached.
    with harness.Site(environment={
            "ASAN_OPTIONS": "detect_leaks=0"}) as site:
        site.accepted(sync.document("updated", 1))
        with Trace(site, "-e", "inject=fdatasync:error=EIO") as trace:
            answer = site.deliver(sync.document("updated", 2))
            tap.equal(answer.status, 503, "status")
            tap.true("retry-after" in {n.lower() for n in answer.headers},
                     "Retry-After in %r" % (answer.headers,))
            status = site.responder.process.wait(10)
        tap.true("failed" in trace.kinds(), "the sync failed")
        tap.true(status != 0, "the exit status is not 0")
        tap.true("nothing is acknowledged any more" in site.responder.log(),
                 "the log says so")
        site.responder.start()
        site.accepted(sync.document("updated", 3))


@tap.each((("ENOSPC", "wal"), ("ENOSPC", "truncate"), ("EDQUOT", "wal"),
           ("EDQUOT", "truncate")), "{0} in mode {1} is 503, also to the "
          "health check, until there is room again")
def no_room(error, mode):
    with harness.Site(journal_keys="mode = " + mode) as site:
        site.accepted(sync.document("updated", 1))
        with Trace(site, "-e", "inject=pwrite64:error=" + error):
            answer = site.deliver(sync.document("updated", 2))
            tap.equal(answer.status, 503, "status")
            tap.equal(site.responder.healthz().status, 503, "health")
        tap.equal(site.responder.healthz().status, 200, "health")
        site.accepted(sync.document("updated", 2))
        tap.equal(site.events("seq, verdict"),
                  [(1, "baseline"), (2, "in_order")], "events")


def as_cgi(work, *before):
    """One delivery to a process of its own; its answer's first line."""
    event = sync.document("updated", 1)
    named = dict(web.cgi_environment(
        "POST", "/sync", harness.signed(sync.sign(harness.PUBLIC_URL, event)),
        sync.form(event)))
    named.update(SYNCJOURNAL_CONFIG=work.path("syncjournal.conf"),
                 PATH="/usr/bin:/bin")
    done = subprocess.run([*before, harness.RESPONDER], env=named,
                          input=sync.form(event), capture_output=True,
                          timeout=60, check=False)
    return done.stdout.split(b"\r\n")[0].decode()


@tap.each((("pwrite64", range(1, 40, 3)), ("fdatasync", range(1, 6)),
           ("rename", (1,)), ("unlink", range(1, 8))),
          "killed at any {0} while the journal is made, the next one makes it")
def killed(call, moments):
    harness.need_twilio()
    if shutil.which("strace") is None:
        raise tap.Skip("strace is not installed")
    for moment in moments:
        with harness.Work() as work:
            path = work.path("journal.db")
            work.write("syncjournal.conf", harness.configuration(path))
            as_cgi(work, "strace", "-o", "/dev/null", "-e", "trace=" + call,
                   "-e", "inject=%s:signal=KILL:when=%d" % (call, moment))
            tap.equal(as_cgi(work), "Status: 204 No Content",
                      "the answer after %s %d" % (call, moment))
            journal = harness.Journal(path)
            tap.equal(journal.one("SELECT journal_mode FROM journal_info"),
                      "truncate", "mode after %s %d" % (call, moment))
            left = [n for n in os.listdir(work.directory) if n not in (
                "journal.db", "journal.db-lock", "journal.db-journal",
                "syncjournal.conf")]
            tap.equal(left, [], "what is left")



def first_byte(path):
    with open(path, "rb") as file:
        return file.read(1)


@tap.test("a commit that was cut off is said to a reader, and undone by the "
          "next delivery")
def cut_off():
    harness.need_twilio()
    if shutil.which("strace") is None:
        raise tap.Skip("strace is not installed")
    with harness.Work() as work:
        path = work.path("journal.db")
        work.write("syncjournal.conf", harness.configuration(path))
        tap.equal(as_cgi(work), "Status: 204 No Content", "the first")
        # Once the rollback journal is synced, its first byte is not zero:
        # then the database is being written.
        for moment in range(1, 6):
            as_cgi(work, "strace", "-o", "/dev/null", "-e",
                   "trace=fdatasync", "-e",
                   "inject=fdatasync:signal=KILL:when=%d" % moment)
            if first_byte(path + "-journal") not in (b"", b"\0"):
                break
        tap.true(first_byte(path + "-journal") not in (b"", b"\0"),
                 "it was cut off")
        done = subprocess.run(
            [os.path.join(harness.BUILDDIR, "syncjournal"), "--journal",
             path, "info"], capture_output=True, timeout=60, check=False)
        tap.equal(done.returncode, 3, "exit status of the reader")
        tap.true(b"a transaction was cut off" in done.stderr,
                 "it says so: %r" % done.stderr)
        tap.equal(as_cgi(work), "Status: 204 No Content", "the next")
        tap.equal(harness.Journal(path).rows(
            "SELECT verdict FROM events ORDER BY position"),
            [("baseline",), ("duplicate",)], "events")


def large(site, revision):
    """A delivery of some 120 KB: seventy pages of the WAL and more."""
    site.accepted(sync.document("updated", revision, data="x" * 120000))


def wal_size(site):
    return os.path.getsize(site.journal.path + "-wal")


@tap.test("the WAL stays short; where a reader keeps it long the log says so, "
          "deliveries go on, and its room is given back")
def long_wal():
    with harness.Site(journal_keys="mode = wal") as site:
        for revision in range(200):
            large(site, revision)
        tap.true(wal_size(site) < 24 << 20, "%d bytes" % wal_size(site))
        reader = sqlite3.connect("file:%s?mode=ro" % site.journal.path,
                                 uri=True, isolation_level=None)
        with contextlib.closing(reader):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchall()
            revision = 200
            while wal_size(site) < 70 << 20 and revision < 1200:
                large(site, revision)
                revision += 1
            tap.true(wal_size(site) >= 70 << 20, "a reader keeps it")
        told = re.findall("-wal is longer than .*end it", site.responder.log())
        tap.equal(len(told), 1, "lines about it in " + site.responder.log())
        deadline = time.monotonic() + 10
        while "-wal is begun anew" not in site.responder.log():
            tap.true(time.monotonic() < deadline, "its end is told")
            time.sleep(0.02)
        tap.equal(wal_size(site), 0, "the WAL, once the reader is gone")
        tap.equal(site.journal.one("SELECT count(*) FROM deliveries"),
                  revision, "deliveries")


tap.main()
