#!/usr/bin/python3
"""The commands history and show, by the real program: what they print is what
the views say, from any journal that is whole, on any terminal."""
import contextlib
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
import screen  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
TIMEOUT_S = 60
NASTY = "ET5ca1ab1e0ddba11c0ffee0000000000a"


class Sample:
    """The sample journal, and the program to ask it with."""

    def __init__(self, work):
        self.path = work.path("journal.db")
        golden.make_sample(self.path)
        self.journal = harness.Journal(self.path)

    def run(self, *words):
        return subprocess.run([PROGRAM, "--journal", self.path, *words],
                              capture_output=True, timeout=TIMEOUT_S,
                              stdin=subprocess.DEVNULL, check=False,
                              env=harness.clean_environment())

    def history(self, *words):
        done = self.run("history", "--format", "json", *words)
        tap.equal(done.returncode, 0, "status of history: %r" % done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def streams(self):
        return self.journal.dicts("SELECT * FROM streams")


@contextlib.contextmanager
def sample():
    with harness.Work() as work:
        yield Sample(work)


def named(stream):
    return [stream["stream_kind"], stream["stream_key"]]


@tap.test("a history has each event but duplicates, and each number once")
def whole_history():
    with sample() as one:
        for stream in one.streams():
            rows = one.history(*named(stream))
            got = sorted(row["position"] for row in rows if row["position"])
            want = [row["position"] for row in one.journal.dicts(
                "SELECT position FROM events WHERE stream_kind = ? AND "
                "stream_key = ? AND verdict <> 'duplicate' ORDER BY position",
                named(stream))]
            tap.equal(got, want, "positions of %r" % named(stream))
            number = "revision" if stream["stream_kind"] == "document" \
                else "event_id"
            missing = sum(row["last_missing"] - row[number] + 1
                          for row in rows if row["verdict"] == "missing"
                          and row["state"] != "unobserved")
            if stream["stream_kind"] != "identity":
                tap.equal(missing, stream["missing"], "numbers missing of %r"
                          % named(stream))


@tap.test("--reverse is the other way round, -n the newest, in any number")
def slices():
    with sample() as one:
        for stream in one.streams():
            rows = one.history(*named(stream))
            tap.equal(one.history(*named(stream), "--reverse"), rows[::-1],
                      "--reverse of %r" % named(stream))
            for n in range(0, len(rows) + 2):
                newest = rows[max(len(rows) - n, 0):]
                tap.equal(one.history(*named(stream), "-n", str(n)), newest,
                          "the newest %d of %r" % (n, named(stream)))
                tap.equal(one.history(*named(stream), "-n", str(n),
                                      "--reverse"), newest[::-1],
                          "the same in reverse")


@tap.test("filters leave out what they say, with -n the newest of what is left")
def filters():
    with sample() as one:
        rows = one.history("cart")
        for words, wanted in (
                (("--identity", "bob"),
                 lambda row: row["identity"] in ("bob", None)),
                (("--verdict", "late,conflict"),
                 lambda row: row["verdict"] in ("late", "conflict")),
                (("--verdict", "missing"),
                 lambda row: row["verdict"] == "missing"),
                (("--since", "2026-03-01 09:03:09.856"),
                 lambda row: (row["time"] or row["before_at"]) >=
                 "2026-03-01 09:03:09.856"),
                (("--until", "2026-03-01 09:03:09.856"),
                 lambda row: (row["time"] or row["after_at"]) <=
                 "2026-03-01 09:03:09.856")):
            want = [row for row in rows if wanted(row)]
            tap.true(0 < len(want) < len(rows), "a filter that filters")
            tap.equal(one.history("cart", *words), want, "%r" % (words,))
            tap.equal(one.history("cart", *words, "-n", "1"), want[-1:],
                      "the newest of %r" % (words,))


@tap.test("--raw is the data of each revision to the last byte")
def raw():
    with sample() as one:
        seen = 0
        for row in one.journal.dicts(
                "SELECT document_sid, revision, data FROM document_revisions "
                "WHERE verdict <> 'conflict' AND data IS NOT NULL"):
            done = one.run("show", row["document_sid"], "--rev",
                           str(row["revision"]), "--raw")
            tap.equal((done.returncode, done.stdout),
                      (0, row["data"].encode()), "%s, %d" % (
                          row["document_sid"], row["revision"]))
            seen += 1
        tap.true(seen > 30, "revisions: %d" % seen)


@tap.test("what is printed over lines is the same JSON, digit for digit")
def pretty():
    with sample() as one:
        for sid, data in one.journal.rows(
                "SELECT document_sid, data FROM documents "
                "WHERE removed = 0"):
            done = one.run("show", sid)
            tap.equal(done.returncode, 0, "status: %r" % done.stderr)

            def read(text):
                return json.loads(text, object_pairs_hook=list,
                                  parse_int=str, parse_float=str)
            tap.equal(read(done.stdout), read(data), "the data of " + sid)


@tap.test("a list or map of which nothing is missing is what the views say")
def present():
    with sample() as one:
        for kind, name in (("list", "todo"), ("map", "shared")):
            done = one.run("show", kind, name, "--format", "json")
            tap.equal(done.returncode, 0, "status: %r" % done.stderr)
            key = "item_key" if kind == "map" else "item_index"
            want = one.journal.dicts(
                "SELECT %s AS item, event_id, updated_by, updated_at, "
                "position, data FROM %s_items WHERE unique_name = ? "
                "ORDER BY %s" % (key, kind, key), (name,))
            tap.true(want, "items of " + name)
            tap.equal([json.loads(line) for line in
                       done.stdout.splitlines()], want, name)


@tap.test("after a rebuild, which changes the tables, all is as before")
def rebuilt():
    asked = (("history", "cart"), ("history", "map", "seats", "--item", "1A"),
             ("show", "todo"), ("show", "seats", "--partial"),
             ("show", "cart", "--at", "2026-03-01 09:03:30", "--partial"),
             ("history", "stock"), ("show", "seats", "--item", "2A"))
    with sample() as one:
        before = [one.run(*words) for words in asked]
        tap.equal(one.run("rebuild").returncode, 0, "status of rebuild")
        tap.equal(one.journal.one("SELECT generation FROM journal"), 1,
                  "the other tables are in use")
        for words, want in zip(asked, before):
            got = one.run(*words)
            tap.true(want.stdout, "output of %r" % (words,))
            tap.equal((got.returncode, got.stdout, got.stderr),
                      (want.returncode, want.stdout, want.stderr),
                      "%r" % (words,))


@tap.test("on a terminal no control character of the data is one")
def on_terminal():
    with harness.Work() as work:
        with screen.Screen(work, 80, 24, golden.place(work)) as one:
            for words in ("--rev 0", "--rev 1", "--rev 0 --raw",
                          "--rev 1 --raw", "--rev 0 --format json"):
                one.run("syncjournal show %s %s" % (NASTY, words))
                text = "\n".join(one.lines())
                tap.true(r"\x" in text or r"\u00" in text,
                         "it is shown: " + text)
                tap.true("5" not in one.attributes(), "nothing blinks")
            one.run("syncjournal show notes --rev 1 --raw")
            tap.true("milk, bread," in one.lines(), "lines stay lines")
            one.run("syncjournal history cart")
            tap.equal([line for line in one.lines() if
                       line.startswith("   ") and len(line) > 80], [],
                      "rows that are wider than the terminal")


@tap.test("a name or identity with a line's end makes no line of a message")
def forged():
    with harness.Site() as site:
        site.accepted(sync.document("created", 0, Identity="bob\nall is well",
                                    DocumentUniqueName="a\nb"))
        site.accepted(sync.document("removed", 1, Identity="eve\nall is well",
                                    DocumentUniqueName="a\nb"))
        done = subprocess.run(
            [PROGRAM, "--journal", site.journal.path, "show",
             sync.sid("ET", 1)], capture_output=True, timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL, env=harness.clean_environment())
        tap.equal((done.returncode, done.stdout), (1, b""), "it is removed")
        tap.true(rb"eve\x0Aall is well" in done.stderr, "%r" % done.stderr)
        for line in done.stderr.splitlines():
            tap.true(line.startswith(b"syncjournal: ") and
                     b"syncjournal: all" not in line, "a line: %r" % line)


tap.main()
