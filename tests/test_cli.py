#!/usr/bin/python3
"""The audit program: what it lists is what the views say, in each format; a
listing writes nothing and harms no terminal; what cannot be read, or is asked
for wrongly, is said clearly. What changes a journal is in test_maintain.py."""
import atexit
import collections
import contextlib
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")


def run(*words, environment=None):
    return subprocess.run([PROGRAM, *words], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL,
                          env=harness.clean_environment(
                              **(environment or {})))


def listing(path, *words):
    done = run("--journal", path, *words)
    tap.equal(done.returncode, 0, "exit status; " + done.stderr.decode())
    return done.stdout.decode()


SAMPLE = [sync.document("updated", revision) for revision in (25, 28, 26)] + [
    sync.item("map", "updated", 1, key='a\x1b[31m,"b'),
    sync.item("list", "updated", 1),
    sync.endpoint("connected", 1)]


class Sample(harness.Site):
    """A journal with an open gap, a late delivery and a nasty value."""

    def __enter__(self):
        super().__enter__()
        try:
            for event in SAMPLE:
                self.accepted(event)
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self


LISTINGS = ("findings", "events", "streams", "gaps", "stale", "conflicts",
            "documents", "lists", "maps", "presence", "sessions", "services",
            "rejects", "actions", "info")
COMMANDS = LISTINGS + ("gap", "rebuild", "merge")


@tap.each(LISTINGS, "{} is the same in json and csv, and fits the table")
def formats(command):
    with Sample() as site:
        path = site.journal.path
        objects = [json.loads(line) for line in
                   listing(path, command, "--format", "json").splitlines()]
        rows = list(csv.reader(io.StringIO(
            listing(path, command, "--format", "csv"), newline="")))
        table = listing(path, command).splitlines()
        tap.equal(len(rows), len(objects) + 1, "rows of csv with their head")
        tap.equal(len(table), len(objects) + 1, "rows of the table")
        tap.equal(table[0].split(), rows[0], "the table's head")
        for row, item in zip(rows[1:], objects):
            tap.equal(list(item), rows[0], "the names in json")
            tap.equal(row, ["" if v is None else str(v)
                            for v in item.values()], "the values")
        if command not in ("rejects", "conflicts"):
            tap.true(objects, "there are rows")


@tap.test("gaps lists what the view says, the open ones first")
def gaps():
    with Sample() as site:
        objects = [json.loads(line) for line in listing(
            site.journal.path, "gaps", "--format", "json").splitlines()]
        tap.equal([(o["first_missing"], o["last_missing"], o["state"])
                   for o in objects], [(27, 27, "open"), (26, 26, "filled")],
                  "gaps")


@tap.test("-n limits, and a table shows control characters as \\xHH")
def table():
    with Sample() as site:
        tap.equal(len(listing(site.journal.path, "events", "-n", "2")
                      .splitlines()), 3, "lines")
        text = listing(site.journal.path, "events")
        tap.true("\x1b" not in text, "no escape reaches the terminal")
        tap.true("a\\x1B[31m" in text, "it is shown")


@tap.test("a configuration names the journal; nothing beside it is changed")
def config():
    with Sample() as site:
        site.stop()
        with open(site.journal.path, "rb") as file:
            before = file.read()
        done = run("--config", site.config, "info", "--format", "json")
        tap.equal(done.returncode, 0, done.stderr.decode())
        tap.equal(json.loads(done.stdout)["deliveries"], len(SAMPLE),
                  "deliveries")
        done = run("info", environment={
            "SYNCJOURNAL_JOURNAL": site.journal.path})
        tap.equal(done.returncode, 0, done.stderr.decode())
        with open(site.journal.path, "rb") as file:
            tap.true(file.read() == before, "the journal is the same")


@tap.test("without permission to write, a journal is read from its file")
def read_only():
    harness.need_responder()
    with Sample(journal_keys="mode = wal") as site:
        site.stop()
        directory = os.path.dirname(site.journal.path)
        os.chmod(directory, 0o755)
        os.chmod(site.journal.path, 0o644)
        command = [PROGRAM, "--journal", site.journal.path, "info"]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534",
                       "--clear-groups"] + command
        else:
            os.chmod(directory, 0o555)
        for suffix in ("-wal", "-shm"):
            if os.path.exists(site.journal.path + suffix):
                os.unlink(site.journal.path + suffix)
        done = subprocess.run(command, capture_output=True, timeout=60,
                              check=False)
        os.chmod(directory, 0o755)
        tap.equal(done.returncode, 0, done.stderr.decode())
        tap.true(b"no permission to write" in done.stderr, "it says so")


@tap.test("findings lists the worst first, and that there are any is no error")
def findings():
    with Sample() as site:
        objects = [json.loads(line) for line in listing(
            site.journal.path, "findings", "--format", "json").splitlines()]
        tap.true("open_gap" in [o["kind"] for o in objects], "the open gap")
        order = ["error", "warning", "notice", "info"]
        ranks = [order.index(o["severity"]) for o in objects]
        tap.equal(ranks, sorted(ranks), "ranks of severity")


@tap.test("options may stand before, between and after the words")
def anywhere():
    with Sample() as site:
        path = site.journal.path
        want = listing(path, "events", "--format", "csv", "-n", "2")
        tap.equal(listing(path, "--format", "csv", "events", "-n2"), want,
                  "around the command")
        done = run("events", "-n", "2", "--format=csv", "--journal=" + path)
        tap.equal(done.stdout.decode(), want, "after the command")


@tap.each((
    ((), 2, b"a command is missing"),
    (("frobnicate",), 2, b"there is no command: frobnicate"),
    (("frobnicate", "--help"), 2, b" findings, events, "),
    (("a\x1b[31m",), 2, b"a\\x1B[31m"),
    (("events", "a", "b", "c"), 2, b"events: one argument too many: c"),
    (("rejects", "a"), 2, b"rejects: one argument too many: a"),
    (("events", "--frob"), 2, b"no option --frob; there are --config, "),
    (("events", "-xn"), 2, b"no option -x; there are "),
    (("events", "--journal"), 2, b"--journal needs an argument: FILE"),
    (("events", "-n"), 2, b"-n needs an argument: ROWS"),
    (("rebuild", "--check=yes"), 2, b"--check takes no argument"),
    (("--format", "xml", "events"), 2, b"xml"),
    (("-n", "-1", "events"), 2, b"-1"),
    (("-n", "7x", "events"), 2, b"7x"),
    (("-n", "", "events"), 2, b"-n takes a number"),
    (("-n", "9223372036854775808", "events"), 2, b"9223372036854775808"),
    (("--config", "a", "--journal", "b", "events"), 2, b"exclude"),
    (("events", "--reason", "r"), 2, b"events: takes no --reason; it takes "),
    (("events", "--check"), 2, b"events: takes no --check; it takes "),
    (("events", "--verdict", "late,in_oder"), 2,
     b"--verdict is one or several of baseline, in_order, ahead, late, "
     b"duplicate, conflict, lifecycle, unsequenced, with commas between "
     b"them, not: in_oder"),
    (("events", "--verdict", ""), 2, b"--verdict is one or several of "),
    (("events", "--verdict", "late,"), 2, b"--verdict is one or several of "),
    (("events", "--verdict", "LATE"), 2, b"not: LATE"),
    (("gaps", "--state", "closed"), 2,
     b"unobserved, open, filled, explained, lost, with"),
    (("findings", "--severity", "bad"), 2, b"error, warning, notice, info, "),
    (("gaps", "--kind", "documents"), 2, b"document, list, map, identity, "),
    (("events", "--since", "soon"), 2, b"--since"),
    (("events", "--until", ""), 2, b"--until"),
    (("events", "--state", "open"), 2, b"events: takes no --state; it takes "),
    (("rejects", "--service", "IS1"), 2, b"rejects: takes no --service; it "),
    (("info", "--sort", "deliveries"), 2, b"info: takes no --sort; it takes "),
    (("rebuild", "-n", "1"), 2, b"rebuild: takes no -n; it takes "),
    (("merge", "--check", "a"), 2, b"merge: takes no --check; it takes "),
    (("--journal", "/nonexistent/x.db", "events"), 3, b"/nonexistent/x.db"),
    (("--journal", "/etc/passwd", "events"), 3, b"/etc/passwd"),
    (("--journal", "/etc", "events"), 3, b"/etc"),
    (("--journal", "", "events"), 3, b"no such file"),
    (("--config", "/nonexistent/x.conf", "rebuild"), 3,
     b"/nonexistent/x.conf"),
    (("rebuild", "now"), 2, b"rebuild: one argument too many: now"),
    (("--journal", "/nonexistent/x.db", "rebuild"), 3, b"/nonexistent/x.db"),
    (("--journal", "/nonexistent/x.db", "rebuild", "--check"), 3,
     b"/nonexistent/x.db"),
    (("--journal", "/etc/passwd", "rebuild"), 3, b"/etc/passwd"),
    (("merge",), 2, b"merge: an argument is missing: merge OTHER.db..."),
    (("--journal", "/nonexistent/x.db", "merge", "y.db"), 3,
     b"/nonexistent/x.db"),
), "{0} ends with {1} and says why")
def errors(words, status, message):
    refused(words, status, message)


def refused(words, status, message):
    done = run(*words)
    tap.equal(done.returncode, status, "exit status: %r" % done.stderr)
    tap.equal(done.stdout, b"", "nothing on standard output")
    tap.true(message in done.stderr, "the message: %r" % done.stderr)
    tap.equal(done.stderr.count(b"\n"), 1, "one line")


BECAUSE = ("--reason", "because")
LARGEST = "9223372036854775807"


@tap.each((
    ((), b"gap: an argument is missing: gap explain|lose"),
    (("explain",), b"gap: an argument is missing"),
    (("explain", "1", "2") + BECAUSE, b"one argument too many: 2"),
    (("forget", "1") + BECAUSE, b"no action: forget; the actions are explain"),
    (("explain", "x1") + BECAUSE, b"GAP_ID is a number"),
    (("explain", "") + BECAUSE, b"GAP_ID is a number"),
    (("explain", "+1") + BECAUSE, b"GAP_ID is a number"),
    (("explain", " 1") + BECAUSE, b"GAP_ID is a number"),
    (("explain", "-1") + BECAUSE, b"no option -1"),
    (("explain", "--") + BECAUSE, b"gap: "),
    (("explain", "0x1") + BECAUSE, b"GAP_ID is a number"),
    (("explain", "9223372036854775808") + BECAUSE, b"GAP_ID is a number"),
    (("explain", "1", "--range", "5") + BECAUSE, b"--range is FIRST-LAST"),
    (("explain", "1", "--range", "5-") + BECAUSE, b"--range is FIRST-LAST"),
    (("explain", "1", "--range", "-5") + BECAUSE, b"--range is FIRST-LAST"),
    (("explain", "1", "--range", "") + BECAUSE, b"--range is FIRST-LAST"),
    (("explain", "1", "--range", "5-6-7") + BECAUSE, b"--range is FIRST-LA"),
    (("explain", "1", "--range", "5 - 6") + BECAUSE, b"--range is FIRST-LA"),
    (("explain", "1", "--range", "1-9223372036854775808") + BECAUSE,
     b"--range is FIRST-LAST"),
    (("explain", "1", "--range", "6-5") + BECAUSE, b"the larger: 6-5"),
    (("explain", "1"), b"--reason is missing"),
    (("explain", "1", "--reason", ""), b"--reason is empty"),
    (("explain", "1", "--reason", "  "), b"--reason is empty"),
    (("explain", "1", "--reason", "a\nb"), b"--reason is one line"),
    (("explain", "1", "--reason", "a\x7fb"), b"--reason is one line"),
    (("explain", "1", "--reason", "a\x85b"), b"--reason is one line"),
    (("explain", "1", "--reason", b"a\xffb"), b"--reason is one line"),
    (("explain", "1", "--actor", "") + BECAUSE, b"--actor is empty"),
    (("explain", "1", "--actor", "a\tb") + BECAUSE, b"--actor is one line"),
    (("explain", "1", "--format", "csv") + BECAUSE, b"takes no --format; it"),
), "gap {0} is refused, and says why")
def gap_errors(words, message):
    refused(("--journal", "/nonexistent/x.db", "gap") + words, 2, message)


def read(*words):
    """The command line is read; then there is no such journal."""
    refused(("--journal", "/nonexistent/x.db", "gap", "explain") + words, 3,
            b"/nonexistent/x.db")


@tap.each((
    ("1", "--range", "0-" + LARGEST, "--reason", "r"),
    ("00" + LARGEST, "--range", "7-7", "--reason", "gr\u00fc\u00df"),
    ("0", "--actor", "\u00e9 x", "--reason", " x ")),
    "gap explain {0} {1} {2} is read")
def gap_edges(*words):
    read(*words)


@tap.each((("--reason", 1000), ("--actor", 256)),
          "what follows {0} has at most {1} bytes")
def gap_lengths(option, most):
    words = ("1",) + BECAUSE + (option,)
    read(*words, "\u00e9" * (most // 2))
    refused(("--journal", "/nonexistent/x.db", "gap", "explain") + words
            + ("\u00e9" * (most // 2) + "e",), 2,
            b"%s has %d bytes, and may have %d" % (option.encode(), most + 1,
                                                   most))


@tap.test("readers that come at once to a WAL that was left all read it")
def at_once():
    with Sample() as site:
        site.stop()
        for _ in range(20):
            # The first of them makes it anew.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(site.journal.path + "-shm")
            readers = [subprocess.Popen(
                [PROGRAM, "--journal", site.journal.path, "info"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for _ in range(4)]
            for one in readers:
                _, said = one.communicate(timeout=60)
                tap.equal((one.returncode, said), (0, b""), "a reader")


@tap.test("a journal of an older version says how it is brought up")
def older():
    with Sample() as site:
        site.stop()
        journal = site.journal.copy(site.work.directory)
        connection = sqlite3.connect(journal.path)
        for view in ("findings", "presence", "presence_sessions", "services"):
            connection.execute("DROP VIEW " + view)
        connection.execute("PRAGMA user_version = 1")
        connection.close()
        for command in ("findings", "presence", "sessions", "services"):
            done = run("--journal", journal.path, command)
            tap.equal(done.returncode, 3, "exit status of " + command)
            said = re.sub(r"(?<=program's is )\d+", "N", done.stderr.decode())
            tap.equal(said, "syncjournal: %s: is of version "
                      "1, this program's is N: start the responder, or run "
                      "syncjournal rebuild, to bring it up\n" % journal.path,
                      "what %s says" % command)
            tap.equal(done.stdout, b"", "nothing on standard output")


# ---------------------------------------------------------------------------
# Filters and sorting, on the journal of tests/sample

def sample():
    """One journal for all tests that only read it."""
    if sample.path is None:
        program = os.path.join(harness.BUILDDIR, "tests", "sample")
        if not os.access(program, os.X_OK):
            raise tap.Skip("tests/sample is not built")
        work = harness.Work()
        atexit.register(shutil.rmtree, work.directory)
        sample.path = work.path("journal.db")
        subprocess.run([program, sample.path], check=True, timeout=60)
    return sample.path


sample.path = None

SERVICE = "IS00112233445566778899aabbccddeeff"
OTHER_SERVICE = "ISffeeddccbbaa99887766554433221100"
CART = "ET5ca1ab1e0ddba11c0ffee00000000001"
SEATS = "MP5ca1ab1e0ddba11c0ffee00000000021"
TODO = "ES5ca1ab1e0ddba11c0ffee00000000041"
NOON, LATER = "2026-03-01 09:08", "2026-03-01 09:15:00"
WORST_FIRST = ("severity = 'error' DESC, severity = 'warning' DESC, "
               "severity = 'notice' DESC, kind, position DESC")
CONFLICTS = """(SELECT e.* FROM events AS e WHERE e.verdict <> 'duplicate'
    AND EXISTS (SELECT 1 FROM events AS c WHERE c.verdict = 'conflict'
    AND c.stream_kind = e.stream_kind AND c.service_sid IS e.service_sid
    AND c.stream_key = e.stream_key AND c.seq IS e.seq
    AND (c.seq IS NOT NULL OR c.event_type = e.event_type)))"""


def kind_of(column):
    """Filters on a stream's kind, and by its name."""
    return {
        ("--kind", "map"): "stream_kind = 'map'",
        ("--kind", "list,identity"): "stream_kind IN ('list', 'identity')",
        ("cart",): "%s = '%s'" % (column, CART),
        ("map", "seats"): "%s = '%s'" % (column, SEATS),
        (TODO,): "%s = '%s'" % (column, TODO),
        ("identity", "bob"): "%s = 'bob'" % column,
    }


def times(column):
    return {
        ("--since", NOON): "%s >= '%s:00.000'" % (column, NOON),
        ("--until", LATER): "%s <= '%s.000'" % (column, LATER),
        ("--since", NOON, "--until", LATER):
            "%s BETWEEN '%s:00.000' AND '%s.000'" % (column, NOON, LATER),
        ("--since", "1h"): "%s >= datetime('now', '-1 hour')" % column,
        ("--since", "@0"): column + " IS NOT NULL",
    }


SERVICES = {("--service", SERVICE): "service_sid = '%s'" % SERVICE,
            ("--service", OTHER_SERVICE):
                "service_sid = '%s'" % OTHER_SERVICE,
            ("--service", ""): "service_sid IS NULL"}
TYPES = {("--type", "document_updated"): "event_type = 'document_updated'",
         ("--type", "map_*"): "event_type GLOB 'map_*'",
         ("--type", "*"): "1",
         ("--type", "map_item_%"): "0"}
VERDICTS = {("--verdict", "late"): "verdict = 'late'",
            ("--verdict", "conflict,duplicate,ahead"):
                "verdict IN ('ahead', 'conflict', 'duplicate')"}


def by_identity(column):
    return {("--identity", "bob"): column + " = 'bob'",
            ("--identity", "bo_"): "0"}


def named(column, name, key):
    return {(name,): "%s = '%s'" % (column, key)}


# Of each listing: its rows, its order, what it hides, and what each option
# means in SQL.
ASKED = {
    "findings": ("findings", WORST_FIRST, "1", {
        **SERVICES, **kind_of("stream_key"),
        ("--type", "open_gap"): "kind = 'open_gap'",
        ("--severity", "error"): "severity = 'error'",
        ("--severity", "info,notice,info"): "severity IN ('info', 'notice')",
    }),
    "events": ("events", "position DESC", "1", {
        **SERVICES, **kind_of("stream_key"), **TYPES, **VERDICTS,
        **by_identity("identity"), **times("received_at")}),
    "streams": ("streams", "stream_kind = 'identity', missing DESC, "
                "last_received_at DESC, stream_key", "1", {
                    **SERVICES, **kind_of("stream_key"),
                    **times("last_received_at")}),
    "gaps": ("gaps", "state = 'open' DESC, gap_id DESC",
             "state <> 'unobserved'", {
                 **SERVICES, **kind_of("stream_key"), **times("opened_at"),
                 ("--state", "open"): "state = 'open'",
                 ("--state", "lost,explained,filled"):
                     "state IN ('lost', 'explained', 'filled')"}),
    "stale": ("stale_deliveries", "position DESC", "1", {
        **SERVICES, **kind_of("stream_key"), **TYPES, **VERDICTS,
        **times("received_at")}),
    "conflicts": (CONFLICTS, "stream_key, stream_kind, service_sid, seq, "
                  "position", "1", {
                      **SERVICES, **kind_of("stream_key"), **TYPES,
                      **VERDICTS, **by_identity("identity"),
                      **times("received_at")}),
    "documents": ("documents", "position DESC, document_sid", "1", {
        **SERVICES, **by_identity("updated_by"), **times("updated_at"),
        **named("document_sid", "cart", CART),
        **named("document_sid", CART, CART)}),
    "lists": ("lists", "position DESC, list_sid", "1", {
        **SERVICES, **named("list_sid", "todo", TODO)}),
    "maps": ("maps", "position DESC, map_sid", "1", {
        **SERVICES, **named("map_sid", "seats", SEATS)}),
    "presence": ("presence", "online DESC, since DESC, position DESC", "1", {
        **SERVICES, **by_identity("identity"), **times("since"),
        **named("identity", "bob", "bob")}),
    "sessions": ("presence_sessions", "started_at DESC, position DESC", "1", {
        **SERVICES, **by_identity("identity"), **times("started_at"),
        **named("identity", "bob", "bob")}),
    "services": ("services", "last_received_at DESC, service_sid", "1", {
        **SERVICES, **times("last_received_at")}),
    "rejects": ("rejects", "reject_id DESC", "1", times("received_at")),
    "actions": ("actions", "position DESC", "1", {
        ("--type", "gap_*"): "kind GLOB 'gap_*'",
        ("--identity", "operator"): "actor = 'operator'",
        **times("at")}),
}


def objects(path, *words):
    return [json.loads(line) for line in
            listing(path, *words, "--format", "json").splitlines()]


def rows_of(path, command, where, order=None, limit=-1):
    """What Python's SQLite says of the same view."""
    view, default, hidden, _ = ASKED[command]
    if "state" not in where:
        where = "(%s) AND (%s)" % (where, hidden)
    connection = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(
        "SELECT * FROM %s WHERE %s ORDER BY %s LIMIT %d" % (
            view, where, order or default, limit))]
    connection.close()
    return rows


def same(got, want, what):
    """The listing's columns, but those that only it has."""
    columns = [c for c in (got[0] if got else ()) if not want or c in want[0]]
    tap.equal([[row[c] for c in columns] for row in got],
              [[row[c] for c in columns] for row in want], what)


@tap.each(ASKED, "{}: each filter shows those rows of its view that fit")
def filters(command):
    path, shown = sample(), 0
    for words, where in {(): "1", **ASKED[command][3]}.items():
        got = objects(path, command, *words)
        same(got, rows_of(path, command, where), "%s %r" % (command, words))
        shown += len(got)
    tap.true(shown > 0, "there are rows")


@tap.each(ASKED, "{}: filters together show what fits all of them")
def filters_together(command):
    path = sample()
    single = {words: where for words, where in ASKED[command][3].items()
              if words[0].startswith("--")}
    for words, where in single.items():
        for more, also in single.items():
            if words[0] >= more[0] or {"--since", "--until"} >= {words[0],
                                                                 more[0]}:
                continue
            same(objects(path, command, *words, *more),
                 rows_of(path, command, "(%s) AND (%s)" % (where, also)),
                 "%s %r %r" % (command, words, more))


def flipped(order):
    """The order the other way round."""
    return ", ".join(
        term[:-5] if term.endswith(" DESC") else term + " DESC"
        for term in order.split(", "))


@tap.each(ASKED, "{}: --sort takes each column, both ways; -n and --reverse")
def sorting(command):
    path = sample()
    order = ASKED[command][1]
    same(objects(path, command, "--reverse"),
         rows_of(path, command, "1", flipped(order)), "--reverse")
    same(objects(path, command, "-n", "3"),
         rows_of(path, command, "1", None, 3), "-n 3")
    tap.equal(objects(path, command, "-n", "0"), [], "-n 0")
    columns = [c for c in objects(path, command)[0]
               if c in rows_of(path, command, "1")[0]]
    for column in columns:
        quoted = '"%s"' % column
        same(objects(path, command, "--sort", column),
             rows_of(path, command, "1", quoted + ", " + order), column)
        same(objects(path, command, "--sort", "-" + column, "-n", "2"),
             rows_of(path, command, "1", "%s DESC, %s" % (quoted, order), 2),
             "-" + column)
        same(objects(path, command, "--reverse", "--sort", column),
             rows_of(path, command, "1", quoted + " DESC, " + flipped(order)),
             "--reverse " + column)


def takes(command):
    """The options that its --help says it takes."""
    text = run(command, "--help").stdout.decode()
    return set(re.findall(r"^  (-[-a-z]+)", text.split("\noptions:")[1],
                          re.MULTILINE))


@tap.each(ASKED, "{} --help says which options it takes, and no others")
def options(command):
    tested = {words[0] for words in ASKED[command][3]
              if words[0].startswith("--")}
    if "--since" in tested:
        tested.add("--until")
    tap.equal(takes(command), tested | {
        "--config", "--journal", "--format", "-n", "--sort", "--reverse",
        "--seconds", "--help", "--version"}, "options")


HOSTILE = ("'", "''", '"', "' OR '1'='1", '" OR 1 --', "%", "_", "*", "**",
           "\\", ";", "--", "\x1b]0;x\x07", "\x01\x7f\x85", ":v0", "?1",
           b"\xff\xfe", b"a\x80*", "\U0001f600" * 3, "x" * 131000,
           "\u00e9" * 60000 + "*")


@tap.each(HOSTILE, "a value such as {!r:.14} is nothing but a value")
def hostile(value):
    path, seen = sample(), collections.Counter()
    for command, (_, _, _, asked) in ASKED.items():
        for option in sorted({words[0] for words in asked}):
            if not option.startswith("--") or seen[option] == 3:
                continue
            seen[option] += 1
            done = run("--journal", path, command, option, value)
            tap.true(done.returncode in (0, 2), "%s %s: exit status %d: %r"
                     % (command, option, done.returncode, done.stderr[:500]))
            plain(done)
            if option in ("--service", "--identity"):
                tap.equal((done.returncode, done.stdout.count(b"\n")), (0, 1),
                          "%s %s shows its head alone" % (command, option))
    done = run("--journal", path, "events", "--sort", value)
    tap.equal(done.returncode, 2, "--sort: %r" % done.stderr[:500])
    plain(done)


def plain(done):
    for text in (done.stdout, done.stderr):
        tap.true(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", text),
                 "no control character: %r" % text[:500])


@tap.each(("events", "documents", "gaps"), "{}: a name is nothing but a name")
def hostile_names(command):
    path = sample()
    for value in HOSTILE:
        done = run("--journal", path, command, "--", value)
        tap.equal(done.returncode, 2, "%r: %r" % (value[:20],
                                                  done.stderr[:500]))
        plain(done)


@tap.test("a name that a command's objects do not have is not known")
def names():
    path = sample()
    for words, message in (
            (("documents", "seats"), b"seats"),
            (("documents", "map", "seats"), b"documents: takes the name of "
             b"one document, not: map seats"),
            (("events", "shared"), b"shared"),
            (("maps", CART), CART.encode()),
            (("gaps", "frob", "cart"), b"frob")):
        done = run("--journal", path, *words)
        tap.equal(done.returncode, 2, "%r: %r" % (words, done.stderr))
        tap.equal(done.stdout, b"", "nothing on standard output")
        tap.true(message in done.stderr, "%r: %r" % (words, done.stderr))


@tap.test("conflicts shows each content of a number once, duplicates not")
def conflicts():
    with harness.Site() as site:
        for event in [sync.document("updated", 5, data='{"n":%d}' % n)
                      for n in (1, 2, 1, 2, 3)] + [
                sync.document("updated", 6), sync.document("removed", 6),
                sync.item("map", "updated", 1, key="a"),
                sync.item("map", "updated", 1, key="a"),
                sync.item("map", "removed", 1, key="a"),
                sync.collection("list", "created", 1),
                sync.collection("list", "created", 2),
                sync.collection("list", "removed", 3)]:
            site.accepted(event)
        got = objects(site.journal.path, "conflicts")
        same(got, rows_of(site.journal.path, "conflicts", "1"), "conflicts")
        tap.equal(sorted((o["stream_kind"], o["seq"], o["verdict"])
                         for o in got if o["stream_kind"] != "list"),
                  [("document", 5, "baseline"), ("document", 5, "conflict"),
                   ("document", 5, "conflict"), ("map", 1, "baseline"),
                   ("map", 1, "conflict")], "numbers and verdicts")


MANY = 25000


def many(work):
    """The sample with many more events of cart, in places with holes."""
    path = work.path("many.db")
    shutil.copy(sample(), path)
    connection = sqlite3.connect(path)
    generation = "_ab"[1 + connection.execute(
        "SELECT generation FROM journal").fetchone()[0]]
    for table, changed in (("delivery", {}),
                           ("event_" + generation, {
                               "seq": "NULL", "verdict": "8",
                               "identity": "CASE WHEN n.i % 500 = 0 THEN "
                                           "'rare' ELSE 'often' END"})):
        names = [row[1] for row in connection.execute(
            "PRAGMA table_info(%s)" % table)]
        values = ["n.p" if name == "position" else
                  changed.get(name, "t." + name) for name in names]
        connection.execute(
            "WITH RECURSIVE n (i, p) AS (SELECT 1, 101 UNION ALL SELECT "
            "i + 1, p + 1 + (i %% 7) * (i %% 2) FROM n WHERE i < %d) "
            "INSERT INTO %s (%s) SELECT %s FROM n CROSS JOIN %s AS t "
            "WHERE t.position = 6" % (MANY, table, ", ".join(names),
                                      ", ".join(values), table))
    connection.commit()
    connection.execute("PRAGMA journal_mode = wal")
    connection.close()
    return path


@tap.test("many events, read in slices: none is left out, none there twice")
def slices():
    with harness.Work() as work:
        path = many(work)
        for words, where in (
                ((), "1"), (("cart",), "stream_key = '%s'" % CART),
                (("--identity", "rare"), "identity = 'rare'"),
                (("cart", "--identity", "rare"), "identity = 'rare'"),
                (("--kind", "map"), "stream_kind = 'map'")):
            for more, order, limit in (
                    ((), None, -1), (("--reverse",), "position", -1),
                    (("-n", "17001"), None, 17001),
                    (("-n", "33", "--reverse"), "position", 33),
                    (("--sort", "-position"), None, -1),
                    (("--sort", "identity", "--seconds", "60"),
                     "identity, position DESC", -1)):
                same(objects(path, "events", *words, *more),
                     rows_of(path, "events", where, order, limit),
                     "events %r %r" % (words, more))
        tap.equal(len(objects(path, "events", "cart", "--identity", "rare")),
                  MANY // 500, "rare ones")


@tap.test("a listing whose reader waits leaves the journal's WAL alone")
def slow_reader():
    with harness.Work() as work:
        path = many(work)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("UPDATE journal SET program_version = 'x'")
        with subprocess.Popen([PROGRAM, "--journal", path, "events"],
                              stdout=subprocess.PIPE) as one:
            tap.equal(one.stdout.read(8), b"position", "it begins")
            # It has more to say than a pipe takes, and so it waits.
            tap.equal(one.poll(), None, "it waits")
            busy, _, _ = connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            tap.equal(busy, 0, "the WAL is begun anew meanwhile")
            tap.equal(os.path.getsize(path + "-wal"), 0, "it is empty")
            lines = one.stdout.read().count(b"\n")
        connection.close()
        tap.equal(one.returncode, 0, "exit status")
        tap.equal(lines, len(rows_of(path, "events", "1")) + 1, "lines")


@tap.test("an unknown column is refused with those that there are")
def columns():
    done = run("--journal", sample(), "lists", "--sort", "size")
    tap.equal(done.stderr, b"syncjournal: --sort is one of unique_name, "
              b"list_sid, service_sid, revision, items, removed, "
              b"open_gaps, position, with - before it the largest first, "
              b"not: size\n", "what it says")
    tap.equal(done.returncode, 2, "exit status")


@tap.test("a full disk under the output is an error")
def full():
    with Sample() as site:
        with open("/dev/full", "wb") as out:
            done = subprocess.run([PROGRAM, "--journal", site.journal.path,
                                   "events"], stdout=out, timeout=60,
                                  stderr=subprocess.PIPE, check=False)
        tap.equal(done.returncode, 3, "exit status")
        tap.true(b"standard output" in done.stderr, "it says so")


@tap.test("--help names every command, --version the version")
def help_():
    done = run("--help")
    tap.equal(done.returncode, 0, "exit status")
    for command in COMMANDS:
        tap.true(command.encode() in done.stdout, command)
    well_set(done.stdout.decode())
    done = run("--version")
    tap.true(done.stdout.startswith(b"syncjournal "), "version")


def well_set(text):
    for line in text.splitlines():
        tap.true(len(line) <= 80 and "\t" not in line, "a line: %r" % line)


@tap.each(COMMANDS, "{} --help says what it takes, with an example")
def help_of(command):
    done = run(command, "--help")
    tap.equal(done.returncode, 0, "exit status")
    tap.equal(done.stderr, b"", "nothing on standard error")
    text = done.stdout.decode()
    well_set(text)
    tap.true(text.startswith("usage: syncjournal "), "the usage")
    tap.true("\n    %s " % command in text, "the command in it")
    tap.true("\nexample:\n  syncjournal --journal journal.db %s " % command
             in text, "the example")
    tap.equal(run("--help", command).stdout.decode(), text, "the other way")
    for option in ("--config", "--journal"):
        tap.true("  %s FILE" % option in text, option)


tap.main()
