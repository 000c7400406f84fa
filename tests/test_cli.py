#!/usr/bin/python3
"""The audit program: what it lists is what the views say, in each format; it
writes nothing, harms no terminal, and says clearly what it cannot read."""
import csv
import io
import json
import os
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


class Sample(harness.Site):
    """A journal with an open gap, a late delivery and a nasty value."""

    def __enter__(self):
        super().__enter__()
        for revision in (25, 28, 26):
            self.accepted(sync.document("updated", revision))
        self.accepted(sync.item("map", "updated", 1, key='a\x1b[31m,"b'))
        return self


COMMANDS = ("events", "streams", "gaps", "stale", "documents", "rejects",
            "actions", "info")


@tap.each(COMMANDS, "{} is the same in json and csv, and fits the table")
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
        tap.equal(json.loads(done.stdout)["deliveries"], 4, "deliveries")
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


@tap.each((
    ((), 2, b"a command is missing"),
    (("frobnicate",), 2, b"there is no command: frobnicate"),
    (("events", "gaps"), 2, b"gaps"),
    (("--format", "xml", "events"), 2, b"xml"),
    (("-n", "-1", "events"), 2, b"-1"),
    (("-n", "7x", "events"), 2, b"7x"),
    (("--config", "a", "--journal", "b", "events"), 2, b"exclude"),
    (("--journal", "/nonexistent/x.db", "events"), 3, b"/nonexistent/x.db"),
    (("--journal", "/etc/passwd", "events"), 3, b"/etc/passwd"),
    (("--journal", "/etc", "events"), 3, b"/etc"),
), "{0} ends with {1} and says why")
def errors(words, status, message):
    done = run(*words)
    tap.equal(done.returncode, status, "exit status")
    tap.equal(done.stdout, b"", "nothing on standard output")
    tap.true(message in done.stderr, "the message: %r" % done.stderr)
    tap.equal(done.stderr.count(b"\n"), 1, "one line")


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
    done = run("--version")
    tap.true(done.stdout.startswith(b"syncjournal "), "version")


tap.main()
