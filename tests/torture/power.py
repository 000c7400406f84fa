#!/usr/bin/python3
"""Acknowledged means durable: what was acknowledged is there after a loss of
power. A real file system on a loop device is shut down at a random moment
under load, mounted again, and the responder started: it recovers by itself.

Several cuts on each journal: WAL and TRUNCATE; one process, four with a
socket each, four with one, CGI; at any time, while a checkpoint of the WAL is
under way, while a transaction writes to the database, and when all has been
answered. With --long or --cuts also while the journal is made, brought to
this version's schema, or rebuilt, and on other file systems. That a missing
sync would be found is shown with a disk that lies and with synchronous =
NORMAL: both must lose something.

CLAIM: only tests with this text in their claim. BUILDDIR and SRCDIR say where
the programs and the tree are.
"""
import argparse
import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import acknowledged  # noqa: E402
import disk  # noqa: E402
import harness  # noqa: E402
import machine  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402
import watch  # noqa: E402

SHIM = os.path.join(harness.BUILDDIR, "tests", "torture", "nosync.so")
MEGABYTES = 160

LONG_CUTS = 240
CUTS_OF_ONE = 6  # then another journal, perhaps on another file system
# A control that has lost nothing by then would never.
CONTROL_CUTS = 8

# (mode, kind, the moments of the cuts)
SHORT = (
    ("wal", "one", ("time", "checkpoint", "idle")),
    ("wal", "four", ("checkpoint", "time")),
    ("wal", "cgi", ("checkpoint", "idle")),
    ("truncate", "one", ("write", "idle")),
    ("truncate", "shared", ("time",)),
    ("truncate", "cgi", ("write",)),
)
MOMENTS = {"wal": ("time", "checkpoint", "checkpoint", "idle"),
           "truncate": ("time", "write", "write", "idle")}
# Longest time from the moment to the cut, microseconds
DELAY_US = {"time": 400000, "checkpoint": 8000, "write": 2000, "idle": 10000,
            "file": 250000}
# The share of large deliveries: a checkpoint needs a long WAL
LARGE = {"time": 0.02, "checkpoint": 0.2, "write": 0.02, "idle": 0.02}

# Of a journal, with --long; all but xfs are ext4
SYSTEMS = [{}, {"block": 1024}, {"options": "data=writeback"},
           {"options": "nodelalloc"}]
if shutil.which("mkfs.xfs", path="/sbin:/usr/sbin:/usr/bin"):
    SYSTEMS.append({"system": "xfs"})


class Totals:
    """Of all tests that survive."""
    cuts = 0
    told = 0
    lost = 0
    refused = 0
    under_way = 0
    undone = 0
    asked = dict.fromkeys(DELAY_US, 0)
    met = dict.fromkeys(DELAY_US, 0)
    recovered = []
    bare = []  # the same of starts without a cut before
    systems = {}


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--long", action="store_true",
                        help="%d cuts and more" % LONG_CUTS)
    parser.add_argument("--cuts", type=int, help="so many, as with --long")
    parser.add_argument("--seed", type=int)
    parser.add_argument("claims", nargs="*", metavar="CLAIM")
    asked = parser.parse_args()
    if asked.long and asked.cuts is None:
        asked.cuts = LONG_CUTS
    if asked.seed is None:
        asked.seed = random.SystemRandom().randrange(1 << 32)
    sys.argv[1:] = asked.claims
    return asked


ASKED = options()
tap.note("seed %d" % ASKED.seed)


def rng_of(*what):
    """Each test's own, so that it is the same when it is run alone."""
    return random.Random("%d %s" % (ASKED.seed, " ".join(map(str, what))))


def system_of(rng):
    """The file system of a journal."""
    system = rng.choice(SYSTEMS) if ASKED.cuts else {}
    name = " ".join(map(str, system.values())) or "ext4"
    Totals.systems[name] = Totals.systems.get(name, 0) + 1
    return system


# ---------------------------------------------------------------------------
# Cuts


def is_refusal(what):
    return what.startswith("503 ")


def cut(one, when, rng, meanwhile=lambda: None, delay_us=None):
    """One cut under load."""
    told = len(one.load.told)
    del one.load.others[:]
    report = one.lose_power(
        when, meanwhile, patience_s=15,
        delay_us=rng.randrange(delay_us or DELAY_US[when]),
        stir=rng.randrange(1 << 32) if rng.random() < 0.5 else None)
    # A 503 is of a machine that has other things to do, and was not told.
    before = [what for at, what in one.load.others if at < report["at"]]
    Totals.refused += sum(map(is_refusal, before))
    tap.equal([what for what in before if not is_refusal(what)], [],
              "deliveries not acknowledged before the cut")
    Totals.cuts += 1
    Totals.told += len(one.load.told) - told
    Totals.asked[when] += 1
    Totals.met[when] += report["met"]
    Totals.under_way += report["under_way"]
    Totals.undone += one.was_writing


def comes_back(one, checked):
    """It recovers by itself, and has everything."""
    one.on()
    Totals.recovered.append(one.recovered_s)
    Totals.lost += len(acknowledged.lost(one.journal, one.load))
    acknowledged.check(one.journal, one.load, checked)


def goes_on(one, checked):
    """It takes deliveries, and has all after an ordinary end."""
    told = len(one.load.told)
    deliver(one, 0.05)
    tap.true(len(one.load.told) > told, "deliveries at the end")
    one.stop()
    acknowledged.check(one.journal, one.load, checked)


def deliver(one, seconds):
    """Load without a cut."""
    del one.load.others[:]
    one.load.run(one.channels(), seconds)
    tap.equal(one.load.others, [], "deliveries that are not acknowledged")


def series(mode, kind, moments, rng):
    checked = set()
    large = max(LARGE[when] for when in moments)
    with machine.Machine(rng, mode, kind, large, megabytes=MEGABYTES,
                         **system_of(rng)) as one:
        one.on()
        Totals.bare.append(one.recovered_s)
        for when in moments:
            cut(one, when, rng)
            comes_back(one, checked)
        goes_on(one, checked)


def plan():
    """(mode, kind, number of cuts, moments) of each test"""
    if ASKED.cuts is None:
        return [(mode, kind, len(moments), moments)
                for mode, kind, moments in SHORT]
    pairs = [(mode, kind) for mode in ("wal", "truncate")
             for kind in machine.KINDS]
    table = []
    for i, (mode, kind) in enumerate(pairs):
        count = (ASKED.cuts + len(pairs) - 1 - i) // len(pairs)
        rng = rng_of("moments", mode, kind)
        table.append((mode, kind, count, tuple(
            rng.choice(MOMENTS[mode]) for _ in range(count))))
    return [row for row in table if row[2]]


PLAN = plan()


@tap.each(PLAN, "mode {0}, {1}: what was acknowledged survives {2} cuts")
def survives(mode, kind, count, moments):
    rng = rng_of(mode, kind)
    for first in range(0, count, CUTS_OF_ONE):
        series(mode, kind, moments[first:first + CUTS_OF_ONE], rng)


# ---------------------------------------------------------------------------
# Cuts of what is done once. Each a twelfth of the cuts, that come on top.

FEW = ASKED.cuts // 12 if ASKED.cuts else 0


def found(one, *questions):
    """What a copy of the files says, before anything of ours has mended
    them; None: it cannot be read."""
    path = one.journal.path
    copy = one.work.path("copy.db")
    for suffix in ("", "-wal", "-journal", "-shm"):
        if os.path.exists(copy + suffix):
            os.unlink(copy + suffix)
        if suffix != "-shm" and os.path.exists(path + suffix):
            shutil.copyfile(path + suffix, copy + suffix)
    if not os.path.exists(copy):
        return None
    base = sqlite3.connect(copy)
    with contextlib.closing(base):
        try:
            return [base.execute(question).fetchone()[0]
                    for question in questions]
        except sqlite3.Error:
            return None


def tell(what, states):
    tap.note("%s: %s" % (what, ", ".join(
        "%d %s" % (states.count(state), state)
        for state in sorted(set(states)))))


@tap.each([(m, FEW) for m in MOMENTS if FEW],
          "mode {0}: {1} cuts while the journal is made")
def made(mode, count):
    rng = rng_of("made", mode)
    states = []
    for i in range(count):
        with machine.Machine(rng, mode, "four" if i % 3 == 0 else "one",
                             **system_of(rng)) as one:
            cut(one, "file", rng, one.start)
            names = os.listdir(one.disk.place)
            states.append("made" if "journal.db" in names else "begun"
                          if set(names) - {"lost+found"} else "not begun")
            comes_back(one, set())
            goes_on(one, set())
    tell("the journal was", states)


# The record; what follows from it version 1 did not keep as now.
RECORD = ("evidence", "delivery", "setting", "action")


def make_old(one):
    """Its journal becomes one of version 1, with the same record."""
    path = one.journal.path
    mode = one.journal.one("SELECT journal_mode FROM journal_info")
    with open(os.path.join(harness.SRCDIR, "sql", "migrations",
                           "0001-journal.sql"), encoding="utf-8") as file:
        first = file.read()
    os.rename(path, path + "-new")
    if os.path.exists(path + "-wal"):
        os.rename(path + "-wal", path + "-new-wal")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    old = sqlite3.connect(path, isolation_level=None)
    with contextlib.closing(old):
        old.executescript(first)
        old.execute("ATTACH ? AS new", (path + "-new",))
        old.execute("INSERT INTO journal (id, uuid, created_us, mode, "
                    "schema_version, program_version) SELECT id, uuid, "
                    "created_us, mode, '1.1', '0.1' FROM new.journal")
        for table in RECORD:
            old.execute("INSERT INTO main.%s SELECT * FROM new.%s"
                        % (table, table))
        old.execute("DETACH new")
        old.execute("PRAGMA user_version = 1")
        old.execute("PRAGMA application_id = 1400457838")
        old.execute("PRAGMA journal_mode = " + mode)
    for suffix in ("-new", "-new-wal", "-new-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    disk.sync(one.disk.place)


@tap.each([(m, FEW) for m in MOMENTS if FEW],
          "mode {0}: {1} cuts while a journal of version 1 is brought up and "
          "rebuilt")
def migrated(mode, count):
    rng = rng_of("migrated", mode)
    states = []
    for i in range(count):
        with machine.Machine(rng, mode, "four" if i % 3 == 0 else "one",
                             megabytes=MEGABYTES, **system_of(rng)) as one:
            one.on()
            deliver(one, 0.2)
            one.stop()
            make_old(one)
            # Without projections it is not known what went before.
            one.load.story.turn_over()
            cut(one, "time", rng, one.start, 300000)
            state = found(one, "PRAGMA user_version",
                          "SELECT count(*) FROM delivery")
            states.append("version %d" % state[0])
            one.on()
            Totals.lost += len(acknowledged.lost(one.journal, one.load))
            settles(one)
            goes_on(one, set())
    tell("the journal was of", states)


@tap.each([(m, FEW) for m in MOMENTS if FEW],
          "mode {0}: {1} cuts while it is rebuilt")
def rebuilt(mode, count):
    rng = rng_of("rebuilt", mode)
    states = []
    for i in range(0, count, 3):
        with machine.Machine(rng, mode, "four" if i % 2 == 0 else "one",
                             megabytes=MEGABYTES, **system_of(rng)) as one:
            one.on()
            deliver(one, 2)
            for _ in range(min(3, count - len(states))):
                cut(one, "time", rng, lambda: rebuild(one), 100000)
                state = found(one, "SELECT rebuild FROM upkeep")
                states.append(REBUILD[state[0]])
                one.on()
                Totals.lost += len(acknowledged.lost(one.journal, one.load))
                acknowledged.nothing_lost(one.journal, one.load)
                settles(one)
            goes_on(one, set())
    tell("the rebuild was", states)


# upkeep.rebuild
REBUILD = ("not begun or done", "filling", "emptying the old one")


def rebuild(one):
    """Begun, and perhaps done."""
    process = subprocess.Popen(
        disk.ends_with_us() + [acknowledged.PROGRAM, "--journal",
                               one.journal.path, "rebuild"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    one.others.append(process)
    tap.until(lambda: process.poll() is not None or one.journal.one(
        "SELECT rebuild FROM upkeep") != 0, "the rebuild's beginning")


def settles(one):
    """The responder goes on with a rebuild, and it gives what was told."""
    tap.until(lambda: one.journal.rows(
        "SELECT 1 FROM upkeep WHERE rebuild = 0 AND wanted = 0 "
        "AND sweep IS NULL"), "the end of the rebuild", 30)
    acknowledged.check(one.journal, one.load, set())


# ---------------------------------------------------------------------------
# That a missing sync would be found

CONTROLS = [("lie", "a disk that lies"),
            ("normal", "synchronous = NORMAL")]
if ASKED.cuts:
    CONTROLS.append(("database", "a database that is not synced"))


def lost_then(one):
    """How many of the acknowledged deliveries are lost; without a journal,
    all."""
    try:
        return len(acknowledged.lost(one.journal, one.load))
    except sqlite3.Error:
        return len(one.load.told)


def cut_with(shim, mode, rng):
    """(lost, acknowledged) of one cut"""
    with machine.Machine(rng, mode, "one", 0.02 if shim != "database" else 0.5,
                         environment={"LD_PRELOAD": SHIM, "NOSYNC": shim},
                         megabytes=MEGABYTES) as one:
        one.on()
        if shim == "database":
            deliver(one, 2)  # a WAL is begun anew after a checkpoint
        one.lose_power("idle")
        return lost_then(one), len(one.load.told)


@tap.each([(shim, name, mode) for shim, name in CONTROLS
           for mode in MOMENTS],
          "control: with {1} in mode {2} something is lost")
def loses(shim, name, mode):
    # It has its own functions to be called first.
    watch.need_plain(harness.RESPONDER)
    tap.true(os.path.exists(SHIM), "no library to preload: " + SHIM)
    rng = rng_of("control", shim, mode)
    lost, told, losing, cuts = 0, 0, 0, 0
    while cuts < CONTROL_CUTS and (ASKED.cuts or not lost):
        cuts += 1
        here, of = cut_with(shim, mode, rng)
        lost, told, losing = lost + here, told + of, losing + (here > 0)
    tap.note("%s, %s: %d of %d cuts lost %d of %d acknowledged deliveries"
             % (name, mode, losing, cuts, lost, told))
    tap.true(lost > 0, "%d cuts lost nothing: this test proves nothing" % cuts)


# ---------------------------------------------------------------------------


@tap.test("the cuts were as many and as varied as they should be")
def enough():
    if Totals.cuts == 0:
        raise tap.Skip("no power was cut")
    t = Totals
    tap.note("%d cuts, %d deliveries acknowledged, %d lost, %d answered 503"
             % (t.cuts, t.told, t.lost, t.refused))
    tap.note("a checkpoint under way before and after the cut: %d; the "
             "database being written: %d; half a transaction undone after it: "
             "%d" % (t.under_way, t.met["write"], t.undone))
    tap.note("journals on " + ", ".join(
        "%s: %d" % one for one in sorted(t.systems.items())))
    half = statistics.median(t.recovered)
    bare = statistics.median(t.bare) if t.bare else 0
    tap.note("first answer after the start: half within %.0f ms, all within "
             "%.0f ms; without a cut, half within %.0f ms" % (
                 1000 * half, 1000 * max(t.recovered), 1000 * bare))
    tap.true(t.under_way * 2 >= t.asked["checkpoint"],
             "%d of %d checkpoints were under way"
             % (t.under_way, t.asked["checkpoint"]))
    tap.true(t.met["write"] * 2 >= t.asked["write"],
             "%d of %d transactions were" % (t.met["write"],
                                             t.asked["write"]))
    # A machine that has other things to do holds up both.
    tap.true(half <= torture.RECOVERED_S + 3 * bare, "half of the starts take "
             "%.2f s, and without a cut %.2f s" % (half, bare))


torture.end_by_signals()
tap.main()
