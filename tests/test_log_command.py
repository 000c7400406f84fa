#!/usr/bin/python3
"""The command log: what it prints is what the view events says, filtered and in
order; --follow hands on every event once, soon, and holds up nobody; a cursor
leaves none out, whatever kills it. By the real programs.

LOG_DELIVERIES is how many deliveries the large journal has, 15000 unless
told."""
import contextlib
import csv
import fcntl
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
MANY = int(os.environ.get("LOG_DELIVERIES", "15000"))
TIMEOUT_S = 120
KILLS = 25


# ---------------------------------------------------------------------------
# The program

def run(path, *words, before=()):
    return subprocess.run([*before, PROGRAM, "--journal", path, "log", *words],
                          capture_output=True, timeout=TIMEOUT_S, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env=harness.clean_environment())


def objects(path, *words):
    """What it prints as JSON, when it ends well and complains of nothing."""
    done = run(path, "--format", "json", *words)
    tap.equal((done.returncode, done.stderr), (0, ""), "status and messages")
    return [json.loads(line) for line in done.stdout.splitlines()]


def positions(path, *words):
    return [one["position"] for one in objects(path, *words)]


def refused(path, *words, status, message, before=()):
    done = run(path, *words, before=before)
    tap.equal((done.returncode, done.stdout), (status, ""),
              "status and output of %r, which says %r" % (words, done.stderr))
    tap.true(message in done.stderr, "%r in %r" % (message, done.stderr))


class Follower:
    """log --follow in a process of its own, read by a thread."""

    def __init__(self, path, *words, read=True, sigpipe=True):
        # Python ignores SIGPIPE; so does what it starts, unless that is undone
        self.process = subprocess.Popen(
            [PROGRAM, "--journal", path, "log", "--follow", "--format",
             "json", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env=harness.clean_environment(),
            restore_signals=sigpipe)
        self.seen = []  # (when, object)
        self.thread = threading.Thread(target=self._read, daemon=True)
        if read:
            self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            # a kill may cut the last one off
            if line.endswith(b"\n"):
                self.seen.append((time.monotonic(), json.loads(line)))

    def positions(self):
        return [one["position"] for _, one in list(self.seen)]

    def reaches(self, position, seconds=20):
        def there():
            if self.seen and self.seen[-1][1]["position"] >= position:
                return True
            if self.process.poll() is not None:
                self.ends(None)
            return False
        tap.until(there, "position %d, to be followed" % position, seconds)

    def is_ready(self):
        """It has printed what there was, and waits for news: it catches
        signals, and goes to sleep again and again."""
        tap.until(lambda: int(self._told("SigCgt"), 16)
                  >> (signal.SIGTERM - 1) & 1, "the follower, to begin")
        before = int(self._told("voluntary_ctxt_switches"))
        tap.until(lambda: int(self._told("voluntary_ctxt_switches"))
                  >= before + 4, "the follower, to wait")

    def _told(self, name):
        with open("/proc/%d/status" % self.process.pid,
                  encoding="ascii") as file:
            return [line.split()[1] for line in file
                    if line.startswith(name + ":")][0]

    def ends(self, status=0, number=None, seconds=5):
        """It ends so, by itself or by a signal; what it says."""
        if number is not None:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise tap.Failed("it did not end within %g s"
                             % seconds) from None
        message = self.process.stderr.read().decode()
        tap.equal(self.process.returncode, status,
                  "exit status; it says %r" % message)
        return message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.thread.is_alive():
            self.thread.join(5)
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()


# ---------------------------------------------------------------------------
# Samples

def updates(count, first=1, number=1, **more):
    return [sync.document("updated", first + i, number, **more)
            for i in range(count)]


SAMPLE = sync.of_each_type() + [
    sync.document("updated", n, 7, Identity="bob") for n in (25, 28, 26, 26)
] + [
    sync.document("updated", 1, 8, ServiceSid=sync.sid("IS", 5)),
    sync.document("updated", 3, 8, ServiceSid=sync.sid("IS", 5)),
    sync.item("map", "updated", 9, key='a\x1b[31m,"b', number=3),
    {"AccountSid": sync.ACCOUNT, "EventType": "document_exploded"}]


class Sample(harness.Site):
    def __enter__(self):
        super().__enter__()
        try:
            for event in SAMPLE:
                self.accepted(event)
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self


def put(path, events, chance):
    """Append deliveries to the record alone, received in no order, as by a
    merge; what follows from them is for a rebuild. Nobody may have the journal
    open, and the responder made a delivery, whose evidence they share."""
    connection = sqlite3.connect(path)
    position, = connection.execute(
        "SELECT max((SELECT max(position) FROM delivery), "
        "(SELECT max(position) FROM action))").fetchone()
    now_us = int(time.time() * 1e6)
    for event in events:
        # now and then a position that no event has
        position += chance.choice((1, 1, 1, 2, 7))
        body = sync.form(event)
        connection.execute(
            "INSERT INTO delivery (position, received_us, evidence_id, "
            "signature, body, body_sha256) VALUES (?, ?, 1, 'x', ?, ?)",
            (position, now_us - chance.randint(0, 86400 * 1000000), body,
             hashlib.sha256(body).digest()))
    connection.commit()
    connection.close()


@contextlib.contextmanager
def large():
    """A journal of many pieces: a stream of most of its events, one that is
    spread thinly, and presence."""
    number = random.randrange(1 << 32)
    tap.note("seed %d" % number)
    chance = random.Random(number)
    with harness.Site() as site:
        site.accepted(sync.document("updated", 1, 99))
        site.stop()
        events = []
        for i in range(MANY):
            what = chance.random()
            if what < 0.9:
                events.append(sync.document("updated", i, 1, data="{}"))
            elif what < 0.95:
                events.append(sync.document("updated", i, 2, data="{}"))
            else:
                events.append(sync.endpoint("connected", i))
        put(site.journal.path, events, chance)
        done = subprocess.run([PROGRAM, "--journal", site.journal.path,
                               "rebuild"], capture_output=True, check=False)
        tap.equal(done.returncode, 0, done.stderr.decode())
        yield site.journal


def select_positions(journal, where, *arguments):
    return [row[0] for row in journal.rows(
        "SELECT position FROM events WHERE %s ORDER BY position" % where,
        arguments)]


# ---------------------------------------------------------------------------
# What is printed

FILTERS = (
    ((), "1"),
    (("--type", "document_updated"), "event_type = 'document_updated'"),
    (("--type", "map_*"), "event_type LIKE 'map!_%' ESCAPE '!'"),
    (("--type", "*"), "1"),
    (("--type", "document"), "0"),
    (("--type", "document_exploded"), "event_type = 'document_exploded'"),
    (("--identity", "bob"), "identity = 'bob'"),
    (("--identity", "BOB"), "0"),
    (("--service", sync.SERVICE), "service_sid = '%s'" % sync.SERVICE),
    (("--service", ""), "service_sid IS NULL"),
    (("--verdict", "late"), "verdict = 'late'"),
    (("--verdict", "late,duplicate,ahead"),
     "verdict IN ('late', 'duplicate', 'ahead')"),
    (("--since", "1h"), "1"),
    (("--until", "1h"), "0"),
    (("--from", "12"), "position > 12"),
    (("--from", "999999"), "0"),
    (("settings-7",), "object_sid = '%s'" % sync.sid("ET", 7)),
    (("document", "settings-1"), "object_sid = '%s'" % sync.sid("ET", 1)),
    ((sync.sid("ES", 1),), "object_sid = '%s'" % sync.sid("ES", 1)),
    (("identity", "alice@example.com"), "stream_kind = 'identity'"),
    (("settings-7", "--verdict", "late", "--identity", "bob"),
     "object_sid = '%s' AND verdict = 'late'" % sync.sid("ET", 7)),
)


@tap.test("each filter leaves what the view events says, the oldest first")
def filters():
    with Sample() as site:
        for words, where in FILTERS:
            want = select_positions(site.journal, where)
            path = site.journal.path
            tap.equal(positions(path, *words), want, "%r" % (words,))
            tap.equal(positions(path, *words, "--reverse"), want[::-1],
                      "%r reversed" % (words,))
            tap.equal(positions(path, *words, "-n", "2"), want[-2:],
                      "the last two of %r" % (words,))
            tap.equal(positions(path, *words, "-n", "2", "-r"),
                      want[-2:][::-1], "the last two of %r, reversed"
                      % (words,))
            tap.equal(positions(path, *words, "-n", "0"), [],
                      "none of %r" % (words,))


@tap.test("--since and --until take the event at that very moment too")
def bounds():
    with Sample() as site:
        for at, in site.journal.rows("SELECT DISTINCT received_at FROM "
                                     "events"):
            for option, how in (("--since", ">="), ("--until", "<=")):
                tap.equal(positions(site.journal.path, option, at),
                          select_positions(site.journal,
                                           "received_at %s ?" % how, at),
                          "%s %s" % (option, at))


@tap.test("JSON and CSV have all columns of the view events, with its values")
def columns():
    with Sample() as site:
        want = site.journal.dicts("SELECT * FROM events ORDER BY position")
        tap.equal(objects(site.journal.path), want, "JSON")
        rows = list(csv.DictReader(io.StringIO(
            run(site.journal.path, "--format", "csv").stdout, newline="")))
        tap.equal(rows, [{name: "" if value is None else str(value)
                          for name, value in one.items()} for one in want],
                  "CSV")


@tap.test("a table has a line an event, and nothing that steers a terminal")
def table():
    with Sample() as site:
        done = run(site.journal.path)
        lines = done.stdout.splitlines()
        tap.equal(lines[0].split(), [
            "position", "received_at", "event_type", "about", "item", "seq",
            "verdict", "behind", "identity", "data"], "the head")
        tap.equal(len(lines), 1 + len(SAMPLE), "lines")
        tap.true("\x1b" not in done.stdout and
                 "a\\x1B[31m" in done.stdout, "a control character is shown")
        tap.equal(run(site.journal.path, "--type", "nothing").stdout, "\n"
                  .join(lines[:1]).split("position")[0] +
                  run(site.journal.path, "-n", "0").stdout,
                  "no rows have the same head")


@tap.test("a journal of many pieces loses and repeats nothing, up or down")
def pieces():
    with large() as journal:
        half = "2100-01-01" if MANY == 0 else journal.one(
            "SELECT received_at FROM events ORDER BY received_at "
            "LIMIT 1 OFFSET %d" % (MANY // 2))
        for words, where, arguments in (
                ((), "1", ()),
                (("settings-1",), "object_sid = ?", (sync.sid("ET", 1),)),
                (("settings-2",), "object_sid = ?", (sync.sid("ET", 2),)),
                (("settings-2", "--since", half),
                 "object_sid = ? AND received_at >= ?",
                 (sync.sid("ET", 2), half)),
                (("--type", "endpoint_*"), "stream_kind = 'identity'", ()),
                (("--until", half), "received_at <= ?", (half,)),
                (("settings-1", "--from", "9000"),
                 "object_sid = ? AND position > 9000", (sync.sid("ET", 1),))):
            want = select_positions(journal, where, *arguments)
            tap.equal(positions(journal.path, *words), want, "%r" % (words,))
            tap.equal(positions(journal.path, *words, "-r"), want[::-1],
                      "%r reversed" % (words,))
            for rows in ("1", "5000"):
                tap.equal(positions(journal.path, *words, "-n", rows),
                          want[-int(rows):], "-n %s of %r" % (rows, words))


REFUSED = (
    (("--verdict", "late,wrong"), "not: wrong"),
    (("--verdict", ""), "--verdict is one or several of baseline, in_order"),
    (("--since", "soon"), "--since takes a time"),
    (("--from", "-1"), "--from takes a position"),
    (("-n", "many"), "-n takes a number of rows"),
    (("--format", "xml"), "--format is table, json or csv"),
    (("--reverse", "--follow"), "exclude each other"),
    (("--until", "1h", "--follow"), "exclude each other"),
    (("--reverse", "--cursor", "x"), "a cursor only goes forward"),
    (("nobody",), "is called so"),
    (("a", "b", "c"), "one argument too many"),
)


@tap.test("what cannot be asked is refused with 2, and says what can")
def usage():
    with Sample() as site:
        for words, message in REFUSED:
            refused(site.journal.path, *words, status=2, message=message)


# ---------------------------------------------------------------------------
# Following

@tap.test("--follow begins with the last ten, or where it is told")
def beginning():
    with harness.Site() as site:
        for event in updates(15):
            site.accepted(event)
        path = site.journal.path
        for words, begins in (
                ((), lambda all: all[-10:]),
                (("-n", "3"), lambda all: all[-3:]),
                (("-n", "0"), lambda all: []),
                (("--from", "12"), lambda all: [n for n in all if n > 12]),
                (("--since", "1h"), lambda all: all)):
            want = begins(select_positions(site.journal, "1"))
            with Follower(path, *words) as follower:
                if want:
                    follower.reaches(want[-1])
                else:
                    follower.is_ready()
                new = site.accepted(sync.document("updated", 1, 2)).position
                follower.reaches(new)
                follower.ends(0, signal.SIGINT)
                tap.equal(follower.positions(), want + [new],
                          "what %r prints" % (words,))


@tap.test("a new event is followed within 200 ms, and filters hold")
def latency():
    took = []
    with harness.Site() as site, \
            Follower(site.journal.path, "-n", "0", "--type",
                     "document_*") as follower:
        follower.is_ready()
        for event in updates(50):
            site.accepted(sync.endpoint("connected", len(took)))
            position = site.accepted(event).position
            committed = time.monotonic()
            follower.reaches(position)
            took.append(follower.seen[-1][0] - committed)
            time.sleep(random.uniform(0, 0.03))
        tap.note("median %.0f ms, longest %.0f ms" % (
            1000 * statistics.median(took), 1000 * max(took)))
        tap.equal(len(follower.seen), 50, "events that fit")
        tap.true(statistics.median(took) < 0.2, "median of %r" % took)
        tap.true(max(took) < 1, "longest of %r" % took)


@tap.test("of a NAME, only its own events are followed")
def follow_name():
    with harness.Site() as site:
        for event in updates(3, number=1) + updates(3, number=2):
            site.accepted(event)
        with Follower(site.journal.path, "settings-2", "--from",
                      "0") as follower:
            follower.is_ready()
            for event in updates(3, 4, 1) + updates(3, 4, 2):
                position = site.accepted(event).position
            follower.reaches(position)
            follower.ends(0, signal.SIGTERM)
            tap.equal(follower.positions(), select_positions(
                site.journal, "object_sid = ?", sync.sid("ET", 2)),
                "what was followed")


def cgi(site, event):
    """One delivery by a CGI process: it opens the journal, and closes it."""
    body = sync.form(event)
    environment = dict(web.cgi_environment(
        "POST", "/sync", harness.signed(sync.sign(site.urls[0], event)),
        body))
    done = subprocess.run([harness.RESPONDER, "--config", site.config],
                          input=body, capture_output=True, check=False,
                          env=harness.clean_environment(**environment))
    answer = web.parse_cgi(done.stdout)
    tap.equal(answer.status, 204, "the CGI's answer %r" % answer)


class Others:
    """More responders on a site's journal."""

    def __init__(self, site, count):
        self.works = [harness.Work() for _ in range(count)]
        self.servers = [harness.Responder(work, site.config)
                        for work in self.works]

    def __enter__(self):
        for server in self.servers:
            server.start()
        return [server.socket_path for server in self.servers]

    def __exit__(self, kind, value, trace):
        for server in self.servers:
            server.kill()
            server.close()
        for work in self.works:
            work.__exit__(kind, value, trace)


def deliver_to(socket_path, url, events, failed):
    """Deliver these, one after the other, on a socket."""
    try:
        for event in events:
            body = sync.form(event)
            answer = web.over_fastcgi(
                socket_path, web.cgi_environment(
                    "POST", "/sync", harness.signed(sync.sign(url, event)),
                    body), body)
            tap.equal(answer.status, 204, "answer")
    except BaseException as why:
        failed.append(why)
        raise


@tap.test("of three responders and CGIs at once every event is followed once, "
          "in order")
def writers():
    failed = []
    with harness.Site() as site, Others(site, 2) as sockets, \
            Follower(site.journal.path, "--from", "0") as follower:
        threads = [threading.Thread(target=deliver_to, args=(
            path, site.urls[0], updates(400, number=i), failed))
            for i, path in enumerate([site.responder.socket_path] + sockets,
                                     1)]
        for thread in threads:
            thread.start()
        for event in updates(20, number=9):
            cgi(site, event)
        for thread in threads:
            thread.join()
        tap.equal(failed, [], "failures")
        want = select_positions(site.journal, "1")
        tap.equal(len(want), 3 * 400 + 20, "events")
        follower.reaches(want[-1])
        follower.ends(0, signal.SIGTERM)
        tap.equal(follower.positions(), want, "what was followed")


@tap.each(("wal", "truncate"), "in mode {}, it goes on through a stop, a kill "
          "and a rebuild of the writer")
def survives(mode):
    with harness.Site(journal_keys="mode = " + mode) as site, \
            Follower(site.journal.path, "--from", "0") as follower:
        numbers = iter(range(1, 1000))

        def write(count):
            for _ in range(count):
                position = site.accepted(
                    sync.document("updated", next(numbers))).position
            follower.reaches(position)

        def rebuild():
            done = subprocess.run([PROGRAM, "--journal", site.journal.path,
                                   "rebuild"], capture_output=True,
                                  check=False)
            tap.equal(done.returncode, 0, done.stderr.decode())

        write(30)
        site.responder.stop()  # empties the WAL
        site.responder.start()
        write(3)
        rebuild()  # the other generation
        write(3)
        rebuild()
        write(3)
        site.responder.kill()
        site.responder.start()
        write(3)
        site.responder.stop()
        rebuild()
        site.responder.start()
        write(3)
        follower.ends(0, signal.SIGTERM)
        tap.equal(follower.positions(), select_positions(site.journal, "1"),
                  "what was followed")


@tap.test("a follower does not keep the WAL from being begun anew")
def bounded_wal():
    data = '{"d":"%s"}' % ("x" * 15000)
    largest = 0
    with harness.Site(journal_keys="mode = wal") as site, \
            Follower(site.journal.path, "-n", "0") as follower:
        wal = site.journal.path + "-wal"
        for event in updates(1350, data=data):
            position = site.accepted(event).position
            largest = max(largest, os.path.getsize(wal))
        follower.reaches(position)
        size = os.path.getsize(site.journal.path)
        tap.note("journal %.1f MiB, longest WAL %.1f MiB" % (
            size / 2 ** 20, largest / 2 ** 20))
        tap.true(size > 20e6, "the journal has %d bytes" % size)
        # Beside a reader that holds a transaction all is in the WAL, 70 MB,
        # and the journal stays empty. One failed checkpoint is 10 MB more.
        tap.true(largest < 45e6, "the WAL had %d bytes" % largest)
        follower.ends(0, signal.SIGTERM)


@tap.test("while nothing happens, it takes next to nothing of a processor")
def idle():
    with harness.Site() as site:
        site.accepted(updates(1)[0])
        with Follower(site.journal.path) as follower:
            follower.is_ready()
            before = processor_s(follower.process.pid)
            time.sleep(3)
            took = processor_s(follower.process.pid) - before
            tap.note("%.0f ms of 3 s" % (1000 * took))
            tap.true(took <= 0.06, "it took %g s" % took)
            follower.ends(0, signal.SIGTERM)


def processor_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@tap.test("when its reader goes, it ends though nothing is to be printed")
def reader_goes():
    with harness.Site() as site:
        site.accepted(updates(1)[0])
        with Follower(site.journal.path, "-n", "0", read=False) as follower:
            follower.is_ready()
            follower.process.stdout.close()
            follower.ends(0, seconds=2)


@tap.each((signal.SIGINT, signal.SIGTERM),
          "{!r} ends it with 0, though its reader does not read")
def reader_sleeps(number):
    with harness.Site() as site:
        for event in updates(20, data='{"d":"%s"}' % ("x" * 15000)):
            site.accepted(event)
        with Follower(site.journal.path, "--from", "0",
                      read=False) as follower:
            tap.until(lambda: pipe_is_full(follower.process.stdout),
                      "a full pipe")
            follower.ends(0, number, seconds=4)


def pipe_is_full(pipe):
    """Nothing more gets into it for a moment."""
    size = fcntl.fcntl(pipe, 1032)  # F_GETPIPE_SZ
    waiting = bytearray(4)
    fcntl.ioctl(pipe, 0x541b, waiting)  # FIONREAD
    return int.from_bytes(waiting, sys.byteorder) > size - 4096


@tap.test("when a backup takes the journal's place, it says so and ends with 3")
def replaced():
    with harness.Site() as site:
        for event in updates(3):
            site.accepted(event)
        site.stop()
        with Follower(site.journal.path) as follower:
            follower.reaches(select_positions(site.journal, "1")[-1])
            shutil.copyfile(site.journal.path, site.journal.path + "-2")
            os.rename(site.journal.path + "-2", site.journal.path)
            message = follower.ends(3)
            tap.true("was replaced by another file" in message, message)


@tap.test("a user who may not see the WAL is told so, and gets nothing")
def file_only():
    with harness.Site(journal_keys="mode = wal") as site:
        for event in updates(3):
            site.accepted(event)
        site.stop()
        directory = os.path.dirname(site.journal.path)
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(site.journal.path + suffix)
        os.chmod(site.journal.path, 0o444)
        os.chmod(directory, 0o555)
        try:
            for words in (("--follow",), ("--cursor", "/tmp/none/c")):
                refused(site.journal.path, *words, status=3,
                        message="%s needs to see what is in the journal's WAL"
                        % words[0], before=harness.as_ordinary())
        finally:
            os.chmod(directory, 0o755)


# ---------------------------------------------------------------------------
# Cursors

@tap.test("a cursor goes on where it was, and over what a filter leaves out")
def cursor():
    with harness.Site() as site:
        path, file = site.journal.path, site.work.path("cursor")
        for event in updates(5):
            site.accepted(event)
        tap.equal(positions(path, "--cursor", file),
                  select_positions(site.journal, "1"), "from the beginning")
        tap.equal(stat.S_IMODE(os.stat(file).st_mode), 0o600, "mode")
        tap.equal(positions(path, "--cursor", file), [], "nothing new")
        # where the file is goes before the other options
        tap.equal(positions(path, "--cursor", file, "--from", "0", "-n", "2"),
                  [], "still nothing new")
        new = [site.accepted(e).position for e in updates(3, 6)]
        tap.equal(positions(path, "--cursor", file, "-n", "1"), new, "all new")
        for event in updates(3, 9):
            site.accepted(event)
        tap.equal(positions(path, "--cursor", file, "--type", "map_*"), [],
                  "none fits")
        tap.equal(positions(path, "--cursor", file), [], "all looked at")
        with Follower(path, "--cursor", file, "--type", "map_*") as follower:
            new = [site.accepted(e).position for e in updates(2, 12)]
            tap.until(lambda: ("position %d\n" % new[-1])
                      in harness.read(file), "the cursor, moved over them")
            follower.ends(0, signal.SIGTERM)
        tap.equal(sorted(name for name in os.listdir(site.work.directory)
                         if name.startswith("cursor")),
                  ["cursor", "cursor-lock"], "files")


@tap.test("a new cursor begins where -n and --from say")
def new_cursor():
    with harness.Site() as site:
        path, file = site.journal.path, site.work.path("cursor")
        every = [site.accepted(event).position for event in updates(6)]
        tap.equal(positions(path, "--cursor", file, "-n", "2"), every[-2:],
                  "the last two")
        tap.equal(positions(path, "--cursor", file), [], "nothing else")
        os.unlink(file)
        tap.equal(positions(path, "--cursor", file, "--from", str(every[3])),
                  every[4:], "after that position")
        os.unlink(file)
        tap.equal(positions(path, "--cursor", file, "--from", "999"), [],
                  "beyond the end")
        tap.true(not os.path.exists(file), "no position yet")


@tap.test("a cursor of another journal, of one restored, and no cursor at all "
          "are refused")
def wrong_cursor():
    with harness.Site() as site, harness.Site() as other:
        path, file = site.journal.path, site.work.path("cursor")
        for event in updates(3):
            site.accepted(event)
        tap.equal(len(positions(path, "--cursor", file)), 3, "events")
        other.accepted(updates(1)[0])
        refused(other.journal.path, "--cursor", file, status=2,
                message="is the cursor of another journal")
        # a backup that ends before the cursor, then has new events there
        site.stop()
        backup = site.journal.copy(site.work.directory)
        site.stopped = False
        site.responder.start()
        site.accepted(updates(1, 4)[0])
        tap.equal(len(positions(path, "--cursor", file)), 1, "events")
        site.responder.kill()
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + suffix)
            with contextlib.suppress(FileNotFoundError):
                os.rename(backup.path + suffix, path + suffix)
        refused(path, "--cursor", file, status=2,
                message="restored from a backup")
        site.responder.start()
        for event in updates(5, 100):
            site.accepted(event)
        refused(path, "--cursor", file, status=2,
                message="restored from a backup")
        for content in ("12\n", "syncjournal cursor 1\n", "x" * 4000,
                        harness.read(file) + "more"):
            site.work.write("cursor", content)
            refused(path, "--cursor", file, status=2,
                    message="is no cursor of syncjournal log")
        site.work.write("cursor", "")
        tap.equal(len(positions(path, "--cursor", file)), 8,
                  "an empty file begins at the beginning")


@tap.test("a cursor is a regular file in a directory: nothing else is replaced, "
          "or has anything made beside it")
def no_file():
    with harness.Site() as site:
        path, pipe = site.journal.path, site.work.path("pipe")
        site.accepted(updates(1)[0])
        os.mkfifo(pipe)
        for name in (pipe, site.work.directory):
            refused(path, "--cursor", name, status=2,
                    message="is no regular file")
            tap.true(not os.path.exists(name + "-lock"), "no lock")
        tap.true(stat.S_ISFIFO(os.stat(pipe).st_mode), "still a pipe")
        for name in (site.work.path("absent/cursor"), ""):
            refused(path, "--cursor", name, status=3,
                    message="names a file in a directory that is there")


@tap.test("of two that use one cursor the second is refused")
def two():
    with harness.Site() as site:
        path, file = site.journal.path, site.work.path("cursor")
        position = site.accepted(updates(1)[0]).position
        with Follower(path, "--cursor", file) as follower:
            follower.reaches(position)
            os.symlink("cursor", site.work.path("link"))
            for name in (file, site.work.path("link")):
                refused(path, "--cursor", name, status=3,
                        message="another program uses this cursor")
            follower.process.kill()
            follower.process.wait()
        tap.equal(positions(path, "--cursor", file), [], "it is free again")


@tap.test("a cursor does not pass what its reader has not taken")
def not_taken():
    with harness.Site() as site:
        path, file = site.journal.path, site.work.path("cursor")
        for event in updates(20, data='{"d":"%s"}' % ("x" * 15000)):
            site.accepted(event)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with Follower(path, "--cursor", file, read=False) as follower:
                tap.until(lambda: pipe_is_full(follower.process.stdout),
                          "a full pipe")
                follower.process.send_signal(number)
                follower.process.wait(5)
            tap.true(not os.path.exists(file), "no position yet")
        for sigpipe, status in ((True, -signal.SIGPIPE), (False, 0)):
            with Follower(path, "--cursor", file, read=False,
                          sigpipe=sigpipe) as follower:
                tap.until(lambda: pipe_is_full(follower.process.stdout),
                          "a full pipe")
                follower.process.stdout.close()
                follower.ends(status)
            tap.true(not os.path.exists(file), "no position yet")


@tap.test("killed at any moment, a cursor leaves nothing out")
def kills():
    number = random.randrange(1 << 32)
    tap.note("seed %d" % number)
    chance = random.Random(number)
    failed, printed, repeated = [], set(), 0
    with harness.Site() as site:
        path, file = site.journal.path, site.work.path("cursor")
        thread = threading.Thread(target=deliver_to, args=(
            site.responder.socket_path, site.urls[0], updates(1500), failed))
        thread.start()
        for i in range(KILLS):
            with Follower(path, "--cursor", file) as follower:
                time.sleep(chance.uniform(0.01, 0.2))
                follower.process.kill()
                follower.process.wait()
                follower.thread.join()
                repeated += len(printed & set(follower.positions()))
                printed |= set(follower.positions())
        thread.join()
        tap.equal(failed, [], "failures")
        printed |= set(positions(path, "--cursor", file))
        tap.note("%d came twice" % repeated)
        tap.equal(sorted(printed), select_positions(site.journal, "1"),
                  "all that was printed")


tap.main()
