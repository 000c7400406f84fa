#!/usr/bin/python3
"""What an operator does to a journal, beside a responder or alone: gaps are
explained or given up, all that follows from the record is made anew or
checked, and journals are merged. By the real programs; what they leave is
looked at through the views, and row by row.

REBUILD_DELIVERIES is how many deliveries the larger ones have, 12000 unless
told."""
import fcntl
import hashlib
import json
import os
import pty
import random
import re
import select
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

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
MANY = int(os.environ.get("REBUILD_DELIVERIES", "12000"))
KILLS = 12
TIMEOUT_S = 300
DONE = re.compile(r"rebuilt: (\d+) deliveries in \d+\.\d s, \d+ a second\n")
REST = re.compile(r"rebuilt: (\d+) deliveries; the rest of a rebuild that was "
                  r"under way took \d+\.\d s\n")


# ---------------------------------------------------------------------------
# The program

def run(path, *words, before=(), environment=None):
    return subprocess.run([*before, PROGRAM, "--journal", path, *words],
                          capture_output=True, timeout=TIMEOUT_S, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env=harness.clean_environment(
                              **(environment or {})))


def done(path, *words, status=0, **how):
    """What it prints, when it ends as it should and complains of nothing."""
    result = run(path, *words, **how)
    tap.equal((result.returncode, result.stderr), (status, ""),
              "status and messages of %r" % (words,))
    return result.stdout


def refused(path, *words, status=3, message):
    result = run(path, *words)
    tap.equal(result.returncode, status, "exit status of %r, which says %r"
              % (words, result.stderr))
    tap.equal(result.stdout, "", "nothing on standard output")
    tap.true(message in result.stderr, "%r in %r" % (message, result.stderr))


def start(path, *words, before=()):
    return subprocess.Popen([*before, PROGRAM, "--journal", path, *words],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, text=True,
                            env=harness.clean_environment())


def finished(process, status=0):
    """(standard output, standard error) of one that was started."""
    out, error = process.communicate(timeout=TIMEOUT_S)
    tap.equal(process.returncode, status, "exit status; %r" % error)
    return out, error


def checked(path):
    """The projections follow from the record, says the program."""
    out = done(path, "rebuild", "--check")
    tap.true(re.fullmatch(r"\d+ deliveries checked, no difference\n", out),
             "what the check says: %r" % out)


# ---------------------------------------------------------------------------
# Projections, row by row

TABLES = ("service", "base_evidence", "stream", "event", "gap", "item")


def generation(journal):
    return "ab"[journal.one("SELECT generation FROM journal")]


def projections(journal):
    """Every row of the generation in use."""
    used = generation(journal)
    return {table: sorted(journal.rows("SELECT * FROM %s_%s" % (table, used)),
                          key=repr) for table in TABLES}


def same(got, want, what):
    for table in TABLES:
        if got[table] != want[table]:
            raise tap.Failed("%s: %s: only in one: %r, only in the other: %r"
                             % (what, table,
                                [r for r in got[table]
                                 if r not in want[table]][:3],
                                [r for r in want[table]
                                 if r not in got[table]][:3]))


UPKEEP = "SELECT rebuild, wanted, sweep FROM upkeep"


def upkept(journal):
    """The responder has done what it does when it is idle."""
    tap.until(lambda: journal.rows(UPKEEP) == [(0, 0, None)],
              "the responder's upkeep", 60)


def settled(journal):
    """No rebuild is under way, and the other generation is empty."""
    tap.equal(journal.rows(UPKEEP), [(0, 0, None)], "upkeep")
    other = "b" if generation(journal) == "a" else "a"
    for table in TABLES:
        tap.equal(journal.one("SELECT count(*) FROM %s_%s" % (table, other)),
                  0, "rows of the old " + table)


def write(journal, *statements):
    """Changes behind the program's back; nobody else may have it open."""
    connection = sqlite3.connect(journal.path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# ---------------------------------------------------------------------------
# Samples

def mixed(count, chance):
    """Any deliveries: streams with holes, late and repeated numbers, items
    that come and go, and people who do."""
    events = []
    for _ in range(count):
        kind = chance.choice(("document", "list", "map", "identity"))
        number = chance.randint(0, 60)
        stream = chance.randint(1, 1 + count // 50)
        if kind == "document":
            what = chance.choice(("updated",) * 30 + ("created", "removed"))
            event = sync.document(what, number, stream)
        elif kind == "identity":
            event = sync.endpoint(
                chance.choice(("connected", "disconnected")), number,
                identity="user-%d" % stream,
                EndpointId="TN%d" % chance.randint(1, 3))
        else:
            what = chance.choice(("added", "updated", "updated", "removed"))
            event = sync.item(kind, what, number, chance.randint(0, 5),
                              stream, data='{"d":%d}' % chance.randint(0, 2))
        events.append(event)
    return events


def put(journal, events):
    """Append deliveries to the record alone, as fast as SQLite can; what
    follows from them is for a rebuild. Nobody may have the journal open, and
    one delivery was made by the responder, whose evidence they share."""
    connection = sqlite3.connect(journal.path)
    position, = connection.execute(
        "SELECT max((SELECT max(position) FROM delivery), "
        "(SELECT max(position) FROM action))").fetchone()
    now_us = int(time.time() * 1e6)
    for event in events:
        position += 1
        body = sync.form(event)
        connection.execute(
            "INSERT INTO delivery (position, received_us, evidence_id, "
            "signature, body, body_sha256) VALUES (?, ?, 1, 'x', ?, ?)",
            (position, now_us + position, body,
             hashlib.sha256(body).digest()))
    connection.commit()
    connection.close()


class Site(harness.Site):
    """A journal that the responder made and left, with these deliveries."""

    def __init__(self, events=(), **how):
        super().__init__(**how)
        self.events_first = events

    def __enter__(self):
        super().__enter__()
        try:
            for event in self.events_first:
                self.accepted(event)
            self.stop()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def gap(self, first):
        """(gap_id, first, last, state, actor, reason) of the interval that
        begins there."""
        return self.journal.rows(
            "SELECT gap_id, first_missing, last_missing, state, actor, reason "
            "FROM gaps WHERE first_missing = ?", (first,))[0]

    def gaps(self):
        return self.journal.rows(
            "SELECT first_missing, last_missing, state, actor, reason "
            "FROM gaps WHERE state <> 'unobserved' ORDER BY first_missing")

    def start_again(self):
        self.stopped = False
        self.responder.start()


def seed():
    number = random.randrange(1 << 32)
    tap.note("seed %d" % number)
    return random.Random(number)


def copy(journal, name):
    """Another file with the same content, that nobody has open."""
    target = os.path.join(os.path.dirname(journal.path), name)
    for suffix in ("", "-wal"):
        if os.path.exists(journal.path + suffix):
            shutil.copyfile(journal.path + suffix, target + suffix)
    return harness.Journal(target)


# ---------------------------------------------------------------------------
# Gaps

def holes():
    """A document that misses 2 to 9, and 12."""
    return [sync.document("updated", n) for n in (1, 10, 11, 13)]


@tap.each((("explain", "explained"), ("lose", "lost")),
          "gap {0} closes a whole gap, and says which")
def close_all(action, state):
    with Site(holes()) as site:
        gap_id = site.gap(2)[0]
        out = done(site.journal.path, "gap", action, str(gap_id), "--reason",
                   "the host was down", "--actor", "ann")
        position = site.journal.one("SELECT max(position) FROM actions")
        tap.equal(out, "gap %d: 2 to 9 %s (position %d)\n"
                  % (gap_id, state, position), "what it says")
        tap.equal(site.gaps(), [
            (2, 9, state, "ann", "the host was down"),
            (12, 12, "open", None, None)], "gaps")
        tap.equal(site.journal.rows(
            "SELECT actor FROM actions WHERE position = ?", (position,)),
            [("ann",)], "the action")
        told = [json.loads(line) for line in done(
            site.journal.path, "gaps", "--format", "json").splitlines()]
        tap.equal([(g["first_missing"], g["state"], g["actor"], g["reason"])
                   for g in told if g["state"] == state],
                  [(2, state, "ann", "the host was down")], "the listing")
        checked(site.journal.path)


@tap.test("a single number is said as one")
def close_one():
    with Site(holes()) as site:
        gap_id = site.gap(12)[0]
        out = done(site.journal.path, "gap", "lose", str(gap_id),
                   "--reason", "r")
        tap.true(out.startswith("gap %d: 12 lost (" % gap_id), out)


@tap.each((
    ("4-6", [(2, 3, "open"), (4, 6, "lost"), (7, 9, "open")]),
    ("2-3", [(2, 3, "lost"), (4, 9, "open")]),
    ("9-9", [(2, 8, "open"), (9, 9, "lost")]),
    ("2-9", [(2, 9, "lost")])),
    "gap lose --range {0} closes that part alone, and keeps it in a rebuild")
def close_part(part, want):
    with Site(holes()) as site:
        path = site.journal.path
        done(path, "gap", "lose", str(site.gap(2)[0]), "--range", part,
             "--reason", "a part", "--actor", "ann")
        got = [gap[:3] for gap in site.gaps()]
        tap.equal(got, want + [(12, 12, "open")], "gaps")
        checked(path)
        before = projections(site.journal)
        done(path, "rebuild")
        same(projections(site.journal), before, "after a rebuild")


@tap.test("parts are said anew: the last word on each number stands")
def said_anew():
    with Site(holes()) as site:
        path = site.journal.path
        done(path, "gap", "lose", str(site.gap(2)[0]), "--reason", "all",
             "--actor", "ann")
        done(path, "gap", "explain", str(site.gap(2)[0]), "--range", "5-6",
             "--reason", "two", "--actor", "bob")
        done(path, "gap", "lose", str(site.gap(5)[0]), "--range", "6-6",
             "--reason", "one", "--actor", "cyd")
        want = [(2, 4, "lost", "ann", "all"),
                (5, 5, "explained", "bob", "two"),
                (6, 6, "lost", "cyd", "one"),
                (7, 9, "lost", "ann", "all"),
                (12, 12, "open", None, None)]
        tap.equal(site.gaps(), want, "gaps")
        checked(path)
        done(path, "rebuild")
        tap.equal(site.gaps(), want, "gaps after a rebuild")


@tap.test("what an operator closed and then arrives is filled, and splits")
def late_arrival():
    with Site(holes()) as site:
        path = site.journal.path
        done(path, "gap", "explain", str(site.gap(2)[0]), "--reason", "off",
             "--actor", "ann")
        site.start_again()
        for number in (5, 2):
            answer = site.accepted(sync.document("updated", number))
            tap.equal(answer.verdict, "late", "verdict of %d" % number)
        site.stop()
        said = ("explained", "ann", "off")
        tap.equal([gap for gap in site.gaps() if gap[2] != "filled"], [
            (3, 4) + said, (6, 9) + said, (12, 12, "open", None, None)],
            "gaps that remain")
        tap.equal([gap[:3] for gap in site.gaps() if gap[2] == "filled"],
                  [(2, 2, "filled"), (5, 5, "filled")], "filled")
        checked(path)
        before = projections(site.journal)
        done(path, "rebuild")
        same(projections(site.journal), before, "after a rebuild")


@tap.test("what was said of decimal numbers is void once they are hexadecimal")
def void():
    with Site([sync.document("updated", n) for n in ("1", "10")]) as site:
        path = site.journal.path
        done(path, "gap", "explain", str(site.gap(2)[0]), "--reason", "off",
             "--actor", "ann")
        position = site.journal.one("SELECT max(position) FROM actions")
        site.start_again()
        site.accepted(sync.document("updated", "a"))
        upkept(site.journal)
        site.stop()
        tap.equal([gap[:3] for gap in site.gaps() if gap[2] != "filled"],
                  [(2, 9, "open"), (11, 15, "open")], "gaps")
        told = [json.loads(line) for line in done(
            path, "findings", "--format", "json").splitlines()]
        tap.equal([f["position"] for f in told
                   if f["kind"] == "explanation_void"], [position],
                  "the finding's action")
        checked(path)
        before = projections(site.journal)
        rebuilt(path)
        same(projections(site.journal), before, "after a rebuild")
        done(path, "gap", "explain", str(site.gap(2)[0]), "--reason", "off")
        checked(path)


@tap.test("gaps of lists, of maps and beside a running responder are closed")
def beside_responder():
    with harness.Site() as site:
        for kind in ("list", "map"):
            site.accepted(sync.item(kind, "updated", 3))
            site.accepted(sync.item(kind, "updated", 7))
        for kind in ("list", "map"):
            gap_id = site.journal.one(
                "SELECT gap_id FROM gaps WHERE state = 'open' "
                "AND stream_kind = '%s'" % kind)
            done(site.journal.path, "gap", "explain", str(gap_id),
                 "--range", "4-5", "--reason", "r")
            site.accepted(sync.item(kind, "updated", 8))
        tap.equal(site.journal.rows(
            "SELECT stream_kind, first_missing, last_missing, state FROM gaps "
            "WHERE state <> 'unobserved' ORDER BY 1, 2"),
            [(kind, first, last, state) for kind in ("list", "map")
             for first, last, state in ((4, 5, "explained"), (6, 6, "open"))],
            "gaps")


def no_gap_closed(site, gap_id, *more):
    before = site.journal.one("SELECT max(position) FROM actions")
    state = projections(site.journal)
    result = run(site.journal.path, "gap", "lose", str(gap_id), "--reason",
                 "r", *more)
    tap.equal((result.returncode, result.stdout), (2, ""),
              "status and output; %r" % result.stderr)
    tap.true(re.fullmatch(r"syncjournal: [^\n]+\n", result.stderr),
             "one line: %r" % result.stderr)
    tap.equal(site.journal.one("SELECT max(position) FROM actions"), before,
              "actions")
    same(projections(site.journal), state, "after " + result.stderr)


@tap.test("what is no open gap, or not within it, is refused and not written")
def no_gap():
    with Site(holes() + [sync.document("updated", 12)]) as site:
        for gap_id in (0, 999999, 9223372036854775807):
            no_gap_closed(site, gap_id)
        no_gap_closed(site, site.gap(0)[0])  # unobserved
        no_gap_closed(site, site.gap(12)[0])  # filled
        gap_id = site.gap(2)[0]
        for part in ("1-9", "2-10", "1-1", "10-10", "100-200",
                     "0-9223372036854775807"):
            no_gap_closed(site, gap_id, "--range", part)


@tap.test("who says so is the user, behind sudo the one who asked for root")
def actor():
    with Site(holes()) as site:
        path = site.journal.path

        def actor_of(before=(), **environment):
            done(path, "gap", "lose", str(site.gap(2)[0]), "--reason", "r",
                 before=before, environment=environment)
            return site.gap(2)[4]

        if os.geteuid() != 0:
            name = subprocess.run(["id", "-un"], capture_output=True,
                                  text=True, check=True).stdout.strip()
            tap.equal(actor_of(SUDO_USER="eve"), name, "not SUDO_USER's")
            return
        tap.equal(actor_of(SUDO_USER="ann"), "ann", "behind sudo")
        tap.equal(actor_of(SUDO_USER=""), "root", "root")
        tap.equal(actor_of(SUDO_USER="a\nb"), "root", "no name")
        shutil.chown(site.work.directory, 54321)
        for name in os.listdir(site.work.directory):
            shutil.chown(site.work.path(name), 54321)
        other = ("setpriv", "--reuid=54321", "--regid=54321",
                 "--clear-groups")
        tap.equal(actor_of(other, SUDO_USER="eve"), "uid 54321", "no account")


class Lock:
    """The writers' lock, held as another program would."""

    def __init__(self, journal):
        self.path = journal.path + "-lock"
        self.file = None

    def __enter__(self):
        self.file = open(self.path, "r+b")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *why):
        self.file.close()


@tap.test("a gap is closed once another program leaves the lock")
def waits():
    with Site(holes()) as site:
        gap_id = site.gap(2)[0]
        with Lock(site.journal):
            process = start(site.journal.path, "gap", "lose", str(gap_id),
                            "--reason", "r")
            try:
                process.wait(1)
                raise tap.Failed("it did not wait: %r" % (
                    process.communicate(),))
            except subprocess.TimeoutExpired:
                pass
        out, _ = finished(process)
        tap.true(" 2 to 9 lost " in out, out)


@tap.each((("gap", "lose", "1", "--reason", "r"), ("rebuild",),
           ("rebuild", "--check"), ("merge", "other.db")),
          "{0} .. makes no journal where there is none")
def none_made(*words):
    with harness.Work() as work:
        refused(work.path("j.db"), *words, message="j.db")
        tap.true("j.db" not in os.listdir(work.directory), "none is made")


# ---------------------------------------------------------------------------
# Rebuild

def rebuilt(path, pattern=DONE):
    out = done(path, "rebuild")
    match = pattern.fullmatch(out)
    tap.true(match, "what it says: %r" % out)
    return int(match.group(1))


@tap.test("rebuild gives the very same rows in the other generation")
def same_rows():
    events = sync.of_each_type() + holes() + mixed(300, seed())
    with Site(events) as site:
        path = site.journal.path
        checked(path)
        before = projections(site.journal)
        for expected in ("b", "a"):
            tap.equal(rebuilt(path), len(events), "deliveries")
            tap.equal(generation(site.journal), expected, "generation")
            same(projections(site.journal), before, "after a rebuild")
            settled(site.journal)
        checked(path)
        tap.equal(site.journal.one("PRAGMA integrity_check"), "ok",
                  "integrity")
        site.start_again()
        site.accepted(sync.document("updated", 14))
        checked(path)


@tap.test("a journal without a delivery is rebuilt and checked as well")
def empty():
    with Site() as site:
        tap.equal(rebuilt(site.journal.path), 0, "deliveries")
        settled(site.journal)
        tap.equal(done(site.journal.path, "rebuild", "--check"),
                  "0 deliveries checked, no difference\n", "the check")


@tap.test("deliveries that the record alone has are projected by a rebuild")
def record_alone():
    with Site(holes()) as site:
        put(site.journal, mixed(500, seed()))
        out = done(site.journal.path, "rebuild", "--check", status=1)
        tap.true(out.endswith(": run syncjournal rebuild\n"), out)
        tap.equal(rebuilt(site.journal.path), 504, "deliveries")
        checked(site.journal.path)


def many(site):
    put(site.journal, mixed(MANY, seed()))
    return site.journal


@tap.test("killed at any moment, a rebuild goes on, and gives the same rows")
def killed():
    chance = seed()
    with Site(holes()) as site:
        reference = copy(many(site), "reference.db")
        began = time.monotonic()
        rebuilt(reference.path)
        took = time.monotonic() - began
        going_on = 0
        for _ in range(KILLS):
            process = start(site.journal.path, "rebuild")
            time.sleep(chance.uniform(0, took))
            process.kill()
            process.communicate()
            going_on += site.journal.one("SELECT rebuild FROM upkeep") != 0
        tap.note("%d kills, %d of them in the midst of it"
                 % (KILLS, going_on))
        tap.true(going_on > 1, "some were in the midst: %d" % going_on)
        out = done(site.journal.path, "rebuild")
        tap.true(DONE.fullmatch(out) or REST.fullmatch(out), out)
        settled(site.journal)
        same(projections(site.journal), projections(reference),
             "killed, and not")
        checked(site.journal.path)
        tap.equal(site.journal.one("PRAGMA integrity_check"), "ok",
                  "integrity")


def await_midst(journal, process):
    """A rebuild, of a journal of many, has begun and is not done."""
    tap.until(lambda: journal.one("SELECT rebuild FROM upkeep") == 1
              or process.poll() is not None, "the rebuild's beginning", 20)
    tap.equal(process.poll(), None, "its end")


def in_the_midst(journal, *before):
    process = start(journal.path, "rebuild", before=before)
    await_midst(journal, process)
    return process


@tap.each((("INT",), ("TERM",), ("HUP",)),
          "SIG{} stops a rebuild between slices, and the next goes on")
def stopped(name):
    with Site(holes()) as site:
        path = many(site).path
        process = in_the_midst(site.journal)
        process.send_signal(getattr(signal, "SIG" + name))
        out, error = finished(process, 3)
        tap.equal(out, "", "standard output")
        tap.true(re.fullmatch(
            r"syncjournal: rebuild: stopped at position \d+ of \d+; it goes "
            r"on with the next syncjournal rebuild, or by the responder\n",
            error), error)
        tap.equal(site.journal.one("SELECT rebuild FROM upkeep"), 1, "upkeep")
        rebuilt(path, REST)
        settled(site.journal)
        checked(path)


@tap.test("a rebuild under nohup does not stop when its terminal goes")
def ignored():
    with Site(holes()) as site:
        process = in_the_midst(many(site), "sh", "-c",
                               "trap '' HUP; exec \"$@\"", "sh")
        process.send_signal(signal.SIGHUP)
        out, _ = finished(process)
        tap.true(DONE.fullmatch(out), out)


@tap.test("no check while a rebuild is under way")
def check_meanwhile():
    with Site(holes()) as site:
        process = in_the_midst(many(site))
        process.kill()
        process.communicate()
        refused(site.journal.path, "rebuild", "--check", message="rebuild")
        rebuilt(site.journal.path, REST)
        checked(site.journal.path)


@tap.test("a rebuild that was killed is finished by an idle responder")
def responder_finishes():
    with Site(holes()) as site:
        process = in_the_midst(many(site))
        process.kill()
        process.communicate()
        site.start_again()
        upkept(site.journal)
        site.accepted(sync.document("updated", 14))
        site.stop()
        settled(site.journal)
        checked(site.journal.path)


class SmallDisk:
    """A mounted disk of so many bytes, for root."""

    def __init__(self, where, size):
        self.where = where
        self.size = size

    def __enter__(self):
        if os.geteuid() != 0:
            raise tap.Skip("only root can mount a small disk")
        os.mkdir(self.where)
        done_ = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" %
                                self.size, "none", self.where],
                               capture_output=True, check=False, timeout=60)
        if done_.returncode != 0:
            os.rmdir(self.where)
            raise tap.Skip("a small disk cannot be mounted here")
        return self.where

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.where], check=False, timeout=60,
                       capture_output=True)
        os.rmdir(self.where)


@tap.test("a rebuild does not begin on a disk that it would fill")
def no_room():
    with Site(holes()) as site:
        many(site)
        done(site.journal.path, "rebuild")
        # Opening it to write empties the WAL.
        refused(site.journal.path, "gap", "lose", "0", "--reason", "r",
                status=2, message="there is none")
        size = os.path.getsize(site.journal.path)
        place = os.path.join(os.path.dirname(site.journal.path), "small")
        with SmallDisk(place, size + size // 2) as small:
            moved = copy(site.journal, os.path.join(small, "journal.db"))
            refused(moved.path, "rebuild", message="as much room again")
            # It stays wanted, and hinders nobody.
            tap.equal(moved.rows(UPKEEP), [(0, 1, None)], "upkeep")
            done(moved.path, "gap", "explain", str(moved.one(
                "SELECT gap_id FROM gaps WHERE state = 'open' LIMIT 1")),
                "--reason", "no room")


@tap.test("a responder answers while a rebuild runs, and all is as it should "
          "be")
def load():
    with Site(holes()) as site:
        many(site)
        site.start_again()
        process = in_the_midst(site.journal)
        times, number = [], 0
        while process.poll() is None:
            before = time.monotonic()
            site.accepted(sync.document("updated", number, number=999))
            times.append(time.monotonic() - before)
            number += 1
        out, _ = finished(process)
        tap.note("%d deliveries meanwhile, the slowest took %.0f ms; %s"
                 % (number, max(times) * 1000, out.strip()))
        tap.true(number > 5, "there was load")
        tap.true(max(times) < 2, "the slowest took %.2f s" % max(times))
        site.stop()
        settled(site.journal)
        checked(site.journal.path)
        tap.equal(site.journal.rows(
            "SELECT observed, missing, head FROM streams WHERE "
            "stream_key = ?", (sync.sid("ET", 999),)),
            [(number, 0, number - 1)], "what came meanwhile")


@tap.test("two rebuilds at once, and a check: one rebuild, and no harm")
def two():
    with Site(holes()) as site:
        path = many(site).path
        processes = [start(path, "rebuild"), start(path, "rebuild")]
        for process in processes:
            finished(process)
        settled(site.journal)
        checked(path)


# What is changed behind the program's back, @ being the generation.
CHANGES = (
    ("a verdict", "UPDATE event_@ SET verdict = 4 WHERE position = "
     "(SELECT min(position) FROM event_@)"),
    ("an event's data", "UPDATE event_@ SET data = 'x' WHERE position = "
     "(SELECT max(position) FROM event_@)"),
    ("an event that is gone", "DELETE FROM event_@ WHERE position = "
     "(SELECT max(position) FROM event_@)"),
    ("a head", "UPDATE stream_@ SET head = head + 1 WHERE kind = 1"),
    ("a time", "UPDATE stream_@ SET last_us = last_us + 1 WHERE kind = 4"),
    ("a stream that is too much", "INSERT INTO stream_@ (stream_id, "
     "service_id, kind, key, base, observed, events, created, removed, "
     "first_us, last_us) SELECT 99999, service_id, 1, 'ETx', 10, 0, 0, 0, 0, "
     "1, 1 FROM service_@"),
    ("a gap's state", "UPDATE gap_@ SET state = 1 WHERE state = 2"),
    ("a gap that is gone", "DELETE FROM gap_@ WHERE state = 2"),
    ("a gap that is too much", "INSERT INTO gap_@ (gap_id, stream_id, first, "
     "last, state, opened_by) SELECT 999999, stream_id, 100, 100, 2, "
     "opened_by FROM gap_@ LIMIT 1"),
    ("a tombstone", "UPDATE item_@ SET removed = 1 - removed"),
    ("an item that is gone", "DELETE FROM item_@"),
    ("a base", "UPDATE service_@ SET base = 16"),
    ("a stream's base", "UPDATE stream_@ SET base = 16 WHERE kind = 1"),
)


@tap.each(CHANGES, "rebuild --check finds {0} that was changed, and a rebuild "
          "mends it")
def finds(_, change):
    with Site(holes() + [sync.item("map", "added", 1, "k"),
                         sync.endpoint("connected", 3)]) as site:
        path = site.journal.path
        before = projections(site.journal)
        write(site.journal, change.replace("@", generation(site.journal)))
        out = done(path, "rebuild", "--check", status=1)
        lines = out.splitlines()
        match = re.fullmatch(r"6 deliveries checked, (\d+) differences?: run "
                             r"syncjournal rebuild", lines[-1])
        tap.true(match, "the last line of %r" % out)
        tap.equal(int(match.group(1)), len(lines) - 1, "lines of %r" % out)
        tap.true(len(lines) > 1, "a difference is told: %r" % out)
        rebuilt(path)
        same(projections(site.journal), before, "after a rebuild")
        checked(path)


@tap.test("rebuild --check tells 20 differences, and counts the others")
def finds_many():
    with Site(sync.numbered("document", n) for n in range(50)) as site:
        write(site.journal, "UPDATE event_%s SET data = 'x'"
              % generation(site.journal))
        lines = done(site.journal.path, "rebuild", "--check",
                     status=1).splitlines()
        tap.equal(lines[20:], ["... and 30 more", "50 deliveries checked, 50 "
                               "differences: run syncjournal rebuild"],
                  "the last lines")


@tap.test("rebuild --check beside a responder that writes finds nothing")
def check_beside():
    with Site(holes()) as site:
        many(site)
        rebuilt(site.journal.path)
        site.start_again()
        process = start(site.journal.path, "rebuild", "--check")
        number = 0
        while process.poll() is None:
            site.accepted(sync.document("updated", number, number=999))
            number += 1
        out, _ = finished(process)
        tap.note("%d deliveries meanwhile; %s" % (number, out.strip()))
        tap.true(out.endswith(" checked, no difference\n"), out)


# ---------------------------------------------------------------------------
# Progress

class Terminal:
    """A rebuild whose standard output and error are a terminal."""

    def __init__(self, path):
        self.end, other = pty.openpty()
        self.process = subprocess.Popen(
            [PROGRAM, "--journal", path, "rebuild"], stdout=other,
            stderr=other, stdin=subprocess.DEVNULL,
            env=harness.clean_environment())
        os.close(other)

    def written(self):
        """All that it writes, until it ends well."""
        written = b""
        while select.select([self.end], [], [], TIMEOUT_S)[0]:
            try:
                written += os.read(self.end, 65536)
            except OSError:
                break
        os.close(self.end)
        tap.equal(self.process.wait(TIMEOUT_S), 0, "exit status")
        return written


def shown(written):
    """What stands on the screen at the end."""
    lines = []
    for line in written.decode().split("\r\n"):
        cells = []
        for part in line.split("\r"):
            cells[:len(part)] = part
        lines.append("".join(cells).rstrip())
    return [line for line in lines if line]


@tap.test("on a terminal a long rebuild shows how far it is, and clears it")
def progress():
    with Site(holes()) as site:
        before = time.monotonic()
        terminal = Terminal(many(site).path)
        await_midst(site.journal, terminal.process)
        with Lock(site.journal):
            time.sleep(1.1)
        written = terminal.written()
        took = time.monotonic() - before
        texts = re.findall(rb"\rrebuild: (?:[0-9]{1,3}(?:,[0-9]{3})* of "
                           rb"[0-9]{1,3},[0-9]{3} \(\d+ %\)|in use)",
                           written)
        tap.true(texts, "there is progress: %r" % written)
        tap.true(len(texts) <= 5 * took, "%d lines in %.1f s"
                 % (len(texts), took))
        screen = shown(written)
        tap.equal(len(screen), 1, "lines on the screen: %r" % screen)
        tap.true(DONE.fullmatch(screen[0] + "\n"), screen[0])


@tap.test("short work shows no progress")
def no_progress():
    with Site(holes()) as site:
        written = Terminal(site.journal.path).written()
        tap.true(DONE.fullmatch(written.decode().replace("\r\n", "\n")),
                 "%r" % written)


# ---------------------------------------------------------------------------
# Merge

def merged(journal, *others):
    out = done(journal.path, "merge", *(other.path for other in others))
    match = re.fullmatch(r"read (\d+), merged (\d+)\n", out)
    tap.true(match, "what it says: %r" % out)
    return tuple(int(n) for n in match.groups())


def documents(*numbers):
    return [sync.numbered("document", n) for n in numbers]


def content(journal):
    """What does not depend on the order in which deliveries came."""
    return (
        journal.rows("SELECT stream_kind, stream_key, first_seq, head, "
                     "observed, missing FROM streams ORDER BY 1, 2"),
        journal.rows("SELECT stream_key, first_missing, last_missing FROM "
                     "gaps WHERE state = 'open' ORDER BY 1, 2"),
        journal.rows("SELECT document_sid, revision, data FROM documents "
                     "ORDER BY 1"))


@tap.test("merging two journals fills each one's holes, twice and in a circle "
          "it changes nothing")
def merge_two():
    with Site(documents(1, 2, 5, 6)) as a, Site(documents(3, 4, 6, 7)) as b:
        tap.equal(merged(a.journal, b.journal), (4, 4), "into the first")
        tap.equal(content(a.journal)[0][0][2:], (1, 7, 7, 0), "the stream")
        tap.equal(sorted(a.events("seq, verdict")), [
            (1, "baseline"), (2, "in_order"), (3, "late"), (4, "late"),
            (5, "ahead"), (6, "duplicate"), (6, "in_order"),
            (7, "in_order")], "verdicts")
        tap.equal(merged(a.journal, b.journal), (4, 0), "again")
        tap.equal(merged(b.journal, a.journal), (8, 4), "the other way")
        tap.equal(merged(b.journal, a.journal), (8, 0), "again")
        tap.equal(merged(a.journal, b.journal), (8, 0), "in a circle")
        tap.equal(content(a.journal), content(b.journal), "both")
        for site in (a, b):
            tap.equal(site.deliveries(), 8, "deliveries")
            checked(site.journal.path)
            before = projections(site.journal)
            rebuilt(site.journal.path)
            same(projections(site.journal), before, "after a rebuild")
        tap.equal(a.journal.one("SELECT count(*) FROM actions WHERE kind = "
                                "'merged'"), 1, "one action")


@tap.test("three journals in any order, and through one another, give the "
          "same")
def merge_three():
    chance = seed()
    events = mixed(150, chance)
    with Site(events[:50]) as a, Site(events[50:100]) as b, \
            Site(events[100:]) as c:
        together = copy(a.journal, "together.db")
        tap.equal(merged(together, b.journal, c.journal), (100, 100),
                  "both at once")
        turned = copy(a.journal, "turned.db")
        tap.equal(merged(turned, c.journal, b.journal), (100, 100),
                  "the other way round")
        through = copy(b.journal, "through.db")
        tap.equal(merged(through, c.journal), (50, 50), "the third first")
        apart = copy(a.journal, "apart.db")
        tap.equal(merged(apart, through), (100, 100), "through the second")
        tap.equal(merged(apart, c.journal, b.journal), (100, 0), "afterwards")
        for other in (turned, apart):
            tap.equal(other.rows("SELECT seq, verdict, data FROM events "
                                 "ORDER BY received_at, position"),
                      together.rows("SELECT seq, verdict, data FROM events "
                                    "ORDER BY received_at, position"),
                      "events")
        for journal in (together, turned, through, apart):
            checked(journal.path)


@tap.test("merged deliveries come in the order of their receipt, with their "
          "evidence")
def evidence():
    with Site(documents(1)) as a, Site([]) as b, Site([]) as c:
        for number in range(2, 8):
            site = (b, c)[number % 2]
            site.start_again()
            site.accepted(documents(number)[0])
            site.stop()
        tap.equal(merged(a.journal, b.journal, c.journal), (6, 6), "merged")
        tap.equal(a.events("seq, verdict"), [(1, "baseline")] + [
            (n, "in_order") for n in range(2, 8)], "in order")
        columns = ("received_at, url, key_id, signature, idempotency_token, "
                   "content_type, body, body_sha256")
        query = "SELECT %s FROM deliveries ORDER BY received_at" % columns
        tap.equal(a.journal.rows(query)[1:], sorted(
            b.journal.rows(query) + c.journal.rows(query)), "deliveries")


@tap.test("a merge beside both responders takes all that was there")
def merge_beside():
    with harness.Site() as a, harness.Site() as b:
        for n in range(0, 40, 2):
            a.accepted(documents(n)[0])
            b.accepted(documents(n + 1)[0])
        tap.equal(merged(a.journal, b.journal), (20, 20), "merged")
        a.accepted(documents(40)[0])
        b.accepted(documents(41)[0])
        tap.equal(merged(a.journal, b.journal), (21, 1), "the new one")
        tap.equal(content(a.journal)[0][0][2:], (0, 41, 42, 0), "the stream")
        checked(a.journal.path)


def unchanged(site, *others, message):
    """Such a merge is refused, and nothing is written."""
    before = site.journal.rows("SELECT position FROM deliveries")
    refused(site.journal.path, "merge", *others, message=message)
    tap.equal(site.journal.rows("SELECT position FROM deliveries"), before,
              "deliveries")


@tap.test("a journal is not merged with itself, by whatever name")
def merge_itself():
    with Site(documents(1, 2)) as site:
        path = site.journal.path
        os.symlink(path, site.work.path("symbolic.db"))
        os.link(path, site.work.path("hard.db"))
        for name in (path, os.path.relpath(path), site.work.path("hard.db"),
                     site.work.path("symbolic.db")):
            unchanged(site, name, message=name)


@tap.test("a copy of a journal has nothing new, until it was written to")
def merge_copy():
    with Site(documents(1, 2)) as site:
        old = copy(site.journal, "old.db")
        tap.equal(merged(site.journal, old), (2, 0), "a copy")
        site.start_again()
        site.accepted(documents(3)[0])
        site.stop()
        tap.equal(merged(site.journal, old), (2, 0), "an older copy")
        # What was restored from a backup cannot take back what came since:
        # its own places for that will be taken by others.
        refused(old.path, "merge", site.journal.path,
                message="written to since")
        # A backup that went on by itself: the same place, another delivery.
        put(old, documents(4, 5, 6, 7))
        unchanged(site, old.path, message="written to since")


@tap.test("what is no journal, or not there, is not merged, and nor is what "
          "stands beside it")
def merge_foreign():
    with Site(documents(1)) as site, Site(documents(2)) as other:
        foreign = site.work.path("foreign.db")
        connection = sqlite3.connect(foreign)
        connection.execute("CREATE TABLE t (a)")
        connection.commit()
        connection.close()
        with open(foreign, "rb") as file:
            before = file.read()
        text = site.work.write("text.db", "hello " * 100)
        for name in (foreign, text, site.work.path("nowhere.db"),
                     site.work.directory, site.work.write("empty.db", "")):
            unchanged(site, name, message=name)
            unchanged(site, other.journal.path, name, message=name)
        with open(foreign, "rb") as file:
            tap.true(file.read() == before, "the foreign file is the same")


@tap.test("a merge that is killed goes on, and takes each delivery once")
def merge_killed():
    chance = seed()
    with Site(holes()) as site, Site(holes()) as other:
        put(other.journal, mixed(MANY // 4, chance))
        kills = 0
        while kills < 100:
            process = start(site.journal.path, "merge", other.journal.path)
            try:
                process.wait(chance.uniform(0, 0.1 + kills / 30))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        finished(process)
        tap.note("%d kills" % kills)
        tap.true(kills > 0, "it was killed at least once")
        tap.equal(site.deliveries(), 2 * len(holes()) + MANY // 4,
                  "deliveries")
        tap.equal(merged(site.journal, other.journal)[1], 0, "again")
        checked(site.journal.path)


@tap.test("two merges at once take each delivery once")
def merge_twice_at_once():
    chance = seed()
    with Site(holes()) as site, Site(holes()) as other:
        put(other.journal, mixed(MANY // 4, chance))
        both = [start(site.journal.path, "merge", other.journal.path)
                for _ in range(2)]
        for process in both:
            finished(process)
        tap.equal(site.deliveries(), 2 * len(holes()) + MANY // 4,
                  "deliveries")
        checked(site.journal.path)


tap.main()
