#!/usr/bin/python3
"""What other programs are given: export, whole and resumable, with a manifest
that is true; a query of one's own, which can only read; the cookbook by name."""
import csv
import hashlib
import io
import json
import os
import pty
import sqlite3
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")


class Sample(harness.Work):
    """The sample journal, in a directory of its own."""

    def __enter__(self):
        super().__enter__()
        self.journal = self.path("journal.db")
        golden.place(self)
        return self

    def start(self, *words, **more):
        return subprocess.run([PROGRAM, "--journal", self.journal, *words],
                              stdin=subprocess.DEVNULL, timeout=60,
                              check=False, env=harness.clean_environment(),
                              **more)

    def run(self, *words, status=0):
        done = self.start(*words, capture_output=True)
        tap.equal(done.returncode, status, "exit status of %s; %s" % (
            " ".join(words), done.stderr.decode()))
        return done.stdout if status == 0 else done.stderr.decode()

    def ask(self, sql):
        connection = sqlite3.connect("file:%s?mode=ro" % self.journal,
                                     uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()


def iso(time):
    return None if time is None else time.replace(" ", "T") + "Z"


def expected(sample):
    rows = sample.ask("SELECT * FROM events ORDER BY position")
    for row in rows:
        row["received_at"] = iso(row["received_at"])
        row["date_created"] = iso(row["date_created"])
    return rows


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


# --------------------------------------------------------------------------
# export


@tap.test("ndjson has every event and every column, in order, in ISO 8601")
def ndjson():
    with Sample() as sample:
        got = objects(sample.run("export"))
        want = expected(sample)
        tap.true(len(want) > 50, "a sample worth the name")
        tap.equal(got, want, "the events")
        tap.equal(list(got[0]), list(want[0]), "the columns' order")


@tap.test("csv has the same as ndjson")
def as_csv():
    with Sample() as sample:
        text = sample.run("export", "--format", "csv").decode()
        got = list(csv.reader(io.StringIO(text, newline="")))
        want = expected(sample)
        tap.equal(got[0], list(want[0]), "the head")
        tap.equal(got[1:], [["" if v is None else str(v)
                             for v in row.values()] for row in want],
                  "the rows")


@tap.test("what is cut at any event and goes on with --from is the whole")
def resumed():
    with Sample() as sample:
        whole = sample.run("export")
        lines = whole.splitlines(keepends=True)
        for n in (1, len(lines) // 2, len(lines)):
            last = json.loads(lines[n - 1])["position"]
            rest = sample.run("export", "--from", str(last))
            tap.equal(b"".join(lines[:n]) + rest, whole,
                      "cut after %d events" % n)


@tap.test("--range has its first and its last position, and --from narrows it")
def ranged():
    with Sample() as sample:
        positions = [row["position"] for row in expected(sample)]
        first, last = positions[4], positions[20]

        def got(*words):
            return [o["position"] for o in objects(
                sample.run("export", *words))]
        span = "%d-%d" % (first, last)
        tap.equal(got("--range", span), positions[4:21], "the range")
        tap.equal(got("--range", span, "--from", str(positions[9])),
                  positions[10:21], "the range from a position on")
        tap.equal(got("--range", "900000-900001"), [], "beyond the end")


@tap.test("the manifest is true of what was written")
def manifest():
    with Sample() as sample:
        out, about = sample.path("out.ndjson"), sample.path("out.json")
        tap.equal(sample.run("export", "--output", out, "--manifest", about),
                  b"", "standard output")
        with open(out, "rb") as file:
            data = file.read()
        with open(about, encoding="utf-8") as file:
            said = json.load(file)
        rows = objects(data)
        tap.equal(said["sha256"], hashlib.sha256(data).hexdigest(), "SHA-256")
        tap.equal(said["bytes"], len(data), "bytes")
        tap.equal((said["events"], said["first_position"],
                   said["last_position"]),
                  (len(rows), rows[0]["position"], rows[-1]["position"]),
                  "what it has")
        tap.equal(said["up_to_position"], rows[-1]["position"], "the end")
        tap.equal(said["rejudged_meanwhile"], False, "nothing was rejudged")
        tap.equal(said["without_wal"], False, "all was seen")
        info = sample.ask("SELECT * FROM journal_info")[0]
        tap.equal(said["schema_version"], info["schema_version"], "schema")
        tap.equal(said["journal"], sample.ask(
            "SELECT uuid FROM journal")[0]["uuid"], "the journal")
        gaps = sample.ask("SELECT * FROM gaps WHERE state = 'open' "
                          "ORDER BY gap_id")
        tap.true(len(gaps) > 1, "open gaps in the sample")
        tap.equal([(g["stream_key"], g["first_missing"], g["last_missing"],
                    g["opened_at"]) for g in said["open_gaps"]],
                  [(g["stream_key"], g["first_missing"], g["last_missing"],
                    iso(g["opened_at"])) for g in gaps], "the open gaps")
        for name in (out, about):
            tap.equal(os.stat(name).st_mode & 0o777, 0o600, name)
            tap.true(not os.path.exists(name + ".part"), "no part is left")


@tap.test("the manifest names the holes of a range, also those filled later")
def holes():
    with harness.Site() as site:
        journal = site.journal.path
        for revision in (0, 5, 3):
            last = site.accepted(sync.document("updated", revision)).position
        said = site.work.path("manifest")

        def got(up_to):
            subprocess.run([PROGRAM, "--journal", journal, "export",
                            "--range", "0-%d" % up_to, "--manifest", said],
                           stdout=subprocess.DEVNULL, timeout=60, check=True)
            with open(said, encoding="utf-8") as file:
                gaps = json.load(file)["open_gaps"]
            return sorted(n for gap in gaps for n in range(
                gap["first_missing"], gap["last_missing"] + 1))
        tap.equal(got(last), [1, 2, 4], "at the end")
        tap.equal(got(last - 1), [1, 2, 3, 4], "before the late one")


@tap.each((("out", "out"), ("journal.db", "about"), ("out", "journal.db"),
           ("journal.db-lock", "about"), ("./journal.db", "about")),
          "--output {0} --manifest {1}: no journal is written over")
def spared(output, about):
    with Sample() as sample:
        with open(sample.journal, "rb") as file:
            before = file.read()
        said = sample.run("export", "--output", sample.path(output),
                          "--manifest", sample.path(about), status=2)
        tap.true("name " in said, "it says the mend: " + said)
        with open(sample.journal, "rb") as file:
            tap.true(file.read() == before, "the journal is as it was")
        tap.true(not os.path.exists(sample.path("out")), "nothing is written")


@tap.test("what is no regular file is not replaced by one")
def pipe():
    with Sample() as sample:
        place = sample.path("pipe")
        os.mkfifo(place)
        said = sample.run("export", "--output", place, status=3)
        tap.true("no regular file" in said, said)
        tap.true(stat.S_ISFIFO(os.stat(place).st_mode), "it still is a pipe")


@tap.each((("export",), ("export", "--format", "csv"),
           ("diff", sync.sid("ET", 1), "0", "1", "--format", "json")),
          "{}: no control character of data reaches a terminal")
def on_terminal(*words):
    evil = "\x7f\x9b31m\x85"
    with harness.Site() as site:
        for revision in (0, 1):
            site.accepted(sync.document(
                "updated", revision, data=json.dumps(
                    {evil: [evil, revision]}, ensure_ascii=False)))
        ours, theirs = pty.openpty()
        with subprocess.Popen([PROGRAM, "--journal", site.journal.path,
                               *words], stdout=theirs) as process:
            os.close(theirs)
            got = b""
            try:
                while True:
                    got += os.read(ours, 65536)
            except OSError:  # the end of a terminal
                pass
            os.close(ours)
        tap.equal(process.returncode, 0, "exit status")
        text = got.decode()
        tap.true("9b31m" in text.lower(), "it is there, shown: " + text)
        tap.equal([c for c in text if ord(c) < 32 and c not in "\r\n"
                   or 127 <= ord(c) < 160], [], "control characters")


@tap.test("a file that cannot be written whole is not there at all")
def not_whole():
    """On a file system of its own, of 16 KiB."""
    with Sample() as sample:
        small = sample.path("small")
        os.mkdir(small)
        script = 'mount -t tmpfs -o size=16k tmpfs "$0" || exit 77; ' \
            'echo old >"$0/out" || exit 77; "$@"; echo "status $?"; ' \
            'ls "$0"; cat "$0/out"'
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, small, PROGRAM,
             "--journal", sample.journal, "export", "--output",
             os.path.join(small, "out")],
            capture_output=True, timeout=60, check=False,
            env=harness.clean_environment())
        if done.returncode not in (0, 3):
            raise tap.Skip("no file system of one's own: "
                           + done.stderr.decode().strip())
        tap.equal(done.stdout, b"status 3\nout\nold\n",
                  "the old one stays, alone")
        tap.true(b"small/out" in done.stderr and b"No space" in done.stderr,
                 "it says where and why: %r" % done.stderr)


@tap.test("what a killed export has left is in nobody's way")
def left():
    with Sample() as sample:
        out = sample.path("out.ndjson")
        harness.write(out + ".part", "x", 0o644)
        sample.run("export", "--output", out)
        with open(out, "rb") as file:
            tap.equal(file.read(), sample.run("export"), "the new one")
        tap.equal(os.stat(out).st_mode & 0o777, 0o600, "its mode")


@tap.test("a manifest that cannot be written is told of before the work")
def manifest_first():
    with Sample() as sample:
        out = sample.path("out.ndjson")
        said = sample.run("export", "--output", out, "--manifest",
                          "/nonexistent/about.json", status=3)
        tap.true("/nonexistent/about.json" in said, said)
        tap.true(not os.path.exists(out), "nothing is written")
        tap.true(not os.path.exists(out + ".part"), "no part is left")


@tap.test("a full disk under standard output is an error")
def full():
    with Sample() as sample:
        with open("/dev/full", "wb") as out:
            done = sample.start("export", stdout=out, stderr=subprocess.PIPE)
        tap.equal(done.returncode, 3, "exit status")
        tap.true(b"standard output" in done.stderr, "it says so")


@tap.each((
    (("--format", "table"), "--format is ndjson or csv, not: table"),
    (("--range", "5"), "--range is FIRST-LAST, two numbers, not: 5"),
    (("--range", "5-4"), "--range: the first number is the larger: 5-4"),
    (("--from", "-1"), "--from takes a position, not: -1"),
    (("--rev", "1"), "export: takes no --rev"),
), "export {0} is refused")
def refused(words, text):
    with Sample() as sample:
        said = sample.run("export", *words, status=2)
        tap.true(text in said, "it says: " + said)


# --------------------------------------------------------------------------
# sql, cookbook


@tap.test("sql runs a query in each format")
def sql():
    query = "SELECT position, verdict FROM events WHERE position < 4"
    with Sample() as sample:
        want = sample.ask(query)
        tap.equal(objects(sample.run("sql", query, "--format", "json")),
                  want, "json")
        rows = list(csv.reader(io.StringIO(sample.run(
            "sql", query + ";  -- all\n", "--format", "csv").decode(),
            newline="")))
        tap.equal(rows[1:], [[str(v) for v in row.values()] for row in want],
                  "csv")
        tap.equal(len(sample.run("sql", query).splitlines()), len(want) + 1,
                  "rows of the table")


@tap.each((
    "DELETE FROM delivery", "UPDATE journal SET uuid = ''",
    "INSERT INTO reject (status) VALUES (1)", "DROP VIEW events",
    "CREATE TEMP TABLE t (x)", "ATTACH '{0}' AS other", "BEGIN",
    "PRAGMA user_version = 7", "PRAGMA journal_mode = delete",
    "PRAGMA wal_checkpoint", "VACUUM INTO '{0}'", "SELECT 1; SELECT 2",
    "", "  -- nothing", "SELECT nothing FROM nowhere", "SELEC 1",
    "SELECT load_extension('x')"), "sql refuses: {}")
def sql_refused(query):
    with Sample() as sample:
        other = sample.path("other.db")
        before = os.stat(sample.journal)
        said = sample.run("sql", query.format(other), status=2)
        tap.true(said.startswith("syncjournal: sql: "), "it says: " + said)
        tap.true(not os.path.exists(other), "no file is made")
        after = os.stat(sample.journal)
        tap.equal((before.st_mtime_ns, before.st_size),
                  (after.st_mtime_ns, after.st_size), "the journal")


@tap.test("a query that takes long is stopped, unless more is allowed")
def sql_long():
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 " \
        "FROM n %s) SELECT max(i) AS most FROM n"
    with Sample() as sample:
        said = sample.run("sql", endless % "", status=3)
        tap.true("--seconds" in said, "it names the mend: " + said)
        said = sample.run("sql", endless % "WHERE i < 1000", "--seconds",
                          "0", "--format", "json")
        tap.equal(json.loads(said), {"most": 1000}, "without a limit")


@tap.each((
    "SELECT instr(hex(zeroblob(4000000)), hex(zeroblob(1000000)) || 'b')",
    "SELECT length(hex(randomblob(400000000)))",
), "no function keeps a transaction open, or takes all memory: {}")
def sql_function(query):
    with Sample() as sample:
        before = time.monotonic()
        tap.true(sample.run("sql", query, status=3) != "", "it says why")
        tap.true(time.monotonic() - before < 10, "it ends soon")


@tap.test("each query of the cookbook is listed, and runs by its name")
def cookbook():
    with Sample() as sample:
        listed = objects(sample.run("cookbook", "--format", "json"))
        path = os.path.join(harness.SRCDIR, "sql", "cookbook.sql")
        with open(path, encoding="utf-8") as file:
            names = [line.split()[2] for line in file
                     if line.startswith("-- name: ")]
        tap.equal([row["name"] for row in listed], names, "the names")
        for row in listed:
            tap.true(row["about"] and "--" not in row["about"]
                     and "\n" not in row["about"], "about: %r" % row)
            sample.run("cookbook", row["name"], "--format", "csv")
        got = objects(sample.run("cookbook", "open_gaps", "--format", "json"))
        tap.equal(len(got), len(sample.ask(
            "SELECT 1 FROM gaps WHERE state = 'open'")), "open gaps")
        said = sample.run("cookbook", "nothing", status=2)
        tap.true("nothing" in said and "cookbook lists" in said, said)


@tap.test("an export beside a writer ends at what was there when it began")
def beside():
    with harness.Site() as site:
        for revision in range(20):
            site.accepted(sync.document("updated", revision))
        done = subprocess.run(
            [PROGRAM, "--journal", site.journal.path, "export"],
            capture_output=True, timeout=60, check=True)
        site.accepted(sync.document("updated", 20))
        tap.equal([o["revision"] for o in objects(done.stdout)],
                  list(range(20)), "the events")


tap.main()
