#!/usr/bin/python3
"""The audit program: what it lists is what the views say, in each format; a
listing writes nothing and harms no terminal; what cannot be read, or is asked
for wrongly, is said clearly. What changes a journal is in test_maintain.py."""
import contextlib
import csv
import io
import json
import os
import re
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


LISTINGS = ("findings", "events", "streams", "gaps", "stale", "documents",
            "lists", "maps", "presence", "sessions", "services", "rejects",
            "actions", "info")
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
        if command not in ("rejects",):
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
    with Sample() as site:
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
    (("frobnicate", "--help"), 2, b"commands are findings, events, "),
    (("a\x1b[31m",), 2, b"a\\x1B[31m"),
    (("events", "gaps"), 2, b"gaps"),
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
