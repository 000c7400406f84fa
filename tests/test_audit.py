#!/usr/bin/python3
"""audit and status: what is found is what the view findings has, and no more;
what is young is pending; exit statuses and the line of a monitoring plugin;
status says what the views say."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
SERVICE = sync.SERVICE
OTHER_SERVICE = "IS" + "ffeeddccbbaa99887766554433221100"
# What findings has; of a sample's silence the detail says how long it is.
FINDINGS = ("SELECT severity, kind, service_sid, stream_kind, stream_key, "
            "position, detail FROM findings")
SEVERITIES = ("error", "warning", "notice", "info")


def run(path, *words):
    return subprocess.run([PROGRAM, "--journal", path, *words],
                          capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL,
                          env=harness.clean_environment())


def text_of(path, *words, status=0):
    done = run(path, *words)
    tap.equal((done.returncode, done.stderr.decode()), (status, ""),
              "exit status and standard error of %r" % (words,))
    return done.stdout.decode()


def objects(path, *words, status=1):
    """The findings as a program reads them."""
    return [json.loads(line) for line in text_of(
        path, "audit", "--format", "json", *words,
        status=status).splitlines()]


class Sample(harness.Work):
    """The journal of tests/sample: most kinds of findings, long ago."""

    def __enter__(self):
        super().__enter__()
        self.journal = self.path("journal.db")
        golden.place(self)
        return self

    def rows(self, query):
        return harness.Journal(self.journal).rows(query)

    def change(self, *statements):
        """Put something into the record that no delivery can make."""
        connection = sqlite3.connect(self.journal)
        connection.execute("UPDATE gate SET open = 1")
        for statement in statements:
            connection.execute(statement)
        connection.execute("UPDATE gate SET open = 0")
        connection.commit()
        connection.close()


class Delivered(harness.Site):
    """A journal of some deliveries that were received just now."""

    def __init__(self, *events, **conf):
        super().__init__(**conf)
        self.events = events

    def __enter__(self):
        super().__enter__()
        try:
            for event in self.events:
                self.accepted(event)
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self


def documents(*revisions):
    return [sync.document("updated", revision) for revision in revisions]


# A stream without a fault: its creation is seen.
CLEAN = [sync.document("created", 0), sync.document("updated", 1)]


def of_view(rows):
    return sorted(rows, key=lambda row: tuple(
        (value is not None, value) for value in row))


def same_as_view(path, rows):
    found = [tuple(o[name] for name in (
        "severity", "kind", "service_sid", "stream_kind", "stream_key",
        "position", "detail")) for o in objects(path, "--grace", "0")]
    tap.equal(of_view(found), of_view(rows), "findings")
    return found


# ---------------------------------------------------------------------------
# What is found

@tap.test("an audit finds what the view findings has, word for word")
def view():
    with Sample() as sample:
        rows = sample.rows(FINDINGS)
        kinds = {row[1] for row in rows}
        tap.true(len(kinds) >= 8, "the sample has many kinds: %s" % kinds)
        same_as_view(sample.journal, rows)


@tap.test("gaps that are likely silent, of one number and of several, are "
          "found as the view has them")
def silent_gaps():
    conf = "[service %s]\nwebhooks_from_rest = no\n" % SERVICE
    events = documents(1, 3, 7) + [
        sync.item("map", "updated", n) for n in (1, 4, 9, 6)] + [
        dict(e, DocumentUniqueName="") for e in (
            sync.document("updated", 3, number=2),
            sync.document("updated", 5, number=2))]
    with Delivered(*events, more=conf) as site:
        found = same_as_view(site.journal.path, site.journal.rows(FINDINGS))
        tap.equal({row[0] for row in found if row[1] == "open_gap"},
                  {"notice"}, "severities")
        text_of(site.journal.path, "audit", "--grace", "0", status=1)


@tap.test("the worst come first, and of a kind the newest")
def order():
    with Sample() as sample:
        found = objects(sample.journal)
        keys = [(SEVERITIES.index(o["severity"]), o["kind"],
                 -(o["position"] or 0)) for o in found]
        tap.equal(keys, sorted(keys), "order")
        rows = list(csv.reader(io.StringIO(text_of(
            sample.journal, "audit", "--format", "csv", status=1),
            newline="")))
        tap.equal(rows[0], list(found[0]), "the head of csv")
        tap.equal(rows[1:], [["" if v is None else str(v)
                              for v in o.values()] for o in found], "csv")


@tap.test("the gap_id of an open gap is the one that is to be explained, and "
          "the advice says the command")
def gap_id():
    with Sample() as sample:
        gaps = [o for o in objects(sample.journal) if o["kind"] == "open_gap"]
        tap.equal(len(gaps), 2, "gaps")
        for gap in gaps:
            line = [line.split() for line in gap["advice"].splitlines()
                    if "gap explain" in line]
            tap.equal(len(line), 1, "commands in: " + gap["advice"])
            tap.equal(line[0][0], "syncjournal", "the command")
            text_of(sample.journal, *line[0][1:])
        kinds = [o["kind"] for o in objects(sample.journal)]
        tap.true("open_gap" not in kinds, "kinds: %s" % kinds)
        for o in objects(sample.journal):
            tap.true(o["advice"] and o["gap_id"] is None, "%r" % o)


@tap.test("of a gap that was filled in part each rest has its own gap_id")
def split_gap():
    with Delivered(*documents(0, 10, 5)) as site:
        found = objects(site.journal.path, "--grace", "0")
        want = {"%d to %d" % row[1:]: row[0] for row in site.journal.rows(
            "SELECT gap_id, first_missing, last_missing FROM gaps "
            "WHERE state = 'open'")}
        got = {re.search(r"revisions (\d+ to \d+) have", o["detail"])[1]:
               o["gap_id"] for o in found if o["kind"] == "open_gap"}
        tap.equal(got, want, "gap_ids")
        tap.equal(len(got), 2, "gaps")


@tap.test("after a rebuild the audit reads the projections that are in use")
def rebuilt():
    with Sample() as sample:
        before = text_of(sample.journal, "audit", status=1)
        state = json.loads(text_of(sample.journal, "status", "--format",
                                   "json"))
        text_of(sample.journal, "rebuild")
        tap.equal(sample.rows("SELECT generation FROM journal"), [(1,)],
                  "generation")
        sample.change("DELETE FROM gap_a", "DELETE FROM event_a",
                      "DELETE FROM stream_a", "DELETE FROM service_a")
        tap.equal(text_of(sample.journal, "audit", status=1), before, "audit")
        text_of(sample.journal, "audit", "--service", SERVICE, status=1)
        after = json.loads(text_of(sample.journal, "status", "--format",
                                   "json"))
        for name in ("deliveries", "streams", "open_gaps", "services",
                     "verdicts", "lags"):
            tap.equal(after[name], state[name], name)


# ---------------------------------------------------------------------------
# What is pending

@tap.test("a gap younger than the grace period is pending, and no finding")
def pending():
    with Delivered(*CLEAN, sync.document("updated", 3)) as site:
        path = site.journal.path
        text = text_of(path, "audit", "--grace", "3600")
        tap.true(text.startswith("clean: 3 deliveries in 1 stream, "), text)
        tap.true("1 pending" in text, text)
        tap.true("nothing missing" not in text, text)
        tap.equal(text_of(path, "audit", "--grace", "3600", "--quiet"), "",
                  "what --quiet prints")
        tap.equal(objects(path, "--grace", "3600", status=0), [], "findings")
        tap.equal([o["kind"] for o in objects(path, "--grace", "0")],
                  ["open_gap"], "findings without a grace period")


@tap.test("the grace period is 60 s if it is not given")
def grace():
    with Sample() as sample:
        for age, pendings in ((55, 1), (65, 0)):
            us = int((time.time() - age) * 1000000)
            sample.change("UPDATE delivery SET received_us = %d "
                          "WHERE position = 51" % us)
            text = text_of(sample.journal, "audit", status=1)
            tap.equal("1 pending" in text.splitlines()[-1], bool(pendings),
                      "pending at an age of %d s: %s" % (age, text))
            tap.equal(" gap 816, " in text, not pendings, "the gap is told")


@tap.test("a gap that was opened by a clock far ahead is not pending for ever")
def ahead():
    with Sample() as sample:
        us = int((time.time() + 86400) * 1000000)
        sample.change("UPDATE delivery SET received_us = %d "
                      "WHERE position = 51" % us)
        tap.true(" gap 816, " in text_of(sample.journal, "audit", status=1),
                 "the gap is told")


# ---------------------------------------------------------------------------
# What is asked for

@tap.test("--since leaves out what is older, but not what has no time")
def since():
    with Sample() as sample:
        every = objects(sample.journal)
        got = objects(sample.journal, "--since", "2026-03-01 09:10:15")
        tap.equal(got, [o for o in every if o["at"] is None or
                        o["at"] >= "2026-03-01 09:10:15"], "findings")
        tap.true(0 < len(got) < len(every), "some are older")
        tap.true("silence" in [o["kind"] for o in got], "silence is told")
        text = text_of(sample.journal, "audit", "--since",
                       "2026-03-01 09:10:15", status=1)
        tap.true(" since 2026-03-01 09:10:15.000; " in
                 text.splitlines()[-1], text)


@tap.test("--service finds what is of that service, and refuses another")
def service():
    with Sample() as sample:
        every = [o for o in objects(sample.journal)]
        for sid in (SERVICE, OTHER_SERVICE):
            tap.equal(objects(sample.journal, "--service", sid),
                      [o for o in every if o["service_sid"] == sid], sid)
        done = run(sample.journal, "audit", "--service", "ISnone")
        tap.equal((done.returncode, done.stdout), (2, b""), "of no service")
        tap.true(b"ISnone" in done.stderr, done.stderr.decode())


@tap.test("a rebuild that is wanted concerns every service")
def recomputation():
    with Sample() as sample:
        sample.change("UPDATE upkeep SET wanted = 1")
        kinds = [o["kind"] for o in objects(sample.journal, "--service",
                                            OTHER_SERVICE)]
        tap.true("recomputation" in kinds, "kinds: %s" % kinds)
        text = text_of(sample.journal, "status")
        tap.true("a rebuild is to begin" in text, text)


@tap.test("a group shows twenty findings, programs get all")
def many():
    with Delivered(*documents(*range(0, 60, 2))) as site:
        path = site.journal.path
        lines = text_of(path, "audit", "--grace", "0",
                        status=1).splitlines()
        tap.equal(len([line for line in lines if line.startswith("  gap ")]),
                  20, "lines of gaps")
        more = "  and 9 more: syncjournal "
        listed = [line[len(more):] for line in lines if line.startswith(more)]
        tap.equal(len(listed), 1, "\n".join(lines))
        tap.equal(len(text_of(path, *listed[0].split()).splitlines()), 1 + 29,
                  "what it says lists them: " + listed[0])
        tap.true(lines[0].startswith("error open_gap, 29: "), lines[0])
        tap.equal(len([o for o in objects(path, "--grace", "0")
                       if o["kind"] == "open_gap"]), 29, "for programs")


# ---------------------------------------------------------------------------
# How it ends

@tap.test("a clean journal says so, and --quiet says nothing")
def clean():
    with Delivered(*CLEAN) as site:
        path = site.journal.path
        text = text_of(path, "audit")
        tap.true(re.fullmatch(
            r"clean: 2 deliveries in 1 stream, the last "
            r"(just now|\d+ seconds? ago); nothing missing\n", text), text)
        for words in ((), ("--format", "csv"), ("--format", "json")):
            tap.equal(text_of(path, "audit", "--quiet", *words), "",
                      "what --quiet prints")
        tap.equal(len(text_of(path, "audit", "--format", "csv")
                      .splitlines()), 1, "lines of csv")


@tap.test("what cannot be known is told, and is no fault")
def info():
    with Delivered(*CLEAN, sync.document("removed", 2)) as site:
        path = site.journal.path
        text = text_of(path, "audit")
        tap.true(text.startswith("info update_or_removal_unknown, 1: "), text)
        tap.true("\nclean: " in text and "; 1 info\n" in text, text)
        tap.equal(text_of(path, "audit", "--quiet"), "", "with --quiet")
        tap.true(text_of(path, "audit", "--nagios").startswith(
            "SYNCJOURNAL OK - clean: "), "the state")


@tap.test("--quiet prints all that is found")
def quiet():
    with Sample() as sample:
        tap.equal(text_of(sample.journal, "audit", "--quiet", status=1),
                  text_of(sample.journal, "audit", status=1), "the text")


@tap.test("rejects are counted, though they are no findings")
def rejects():
    with Delivered(*CLEAN) as site:
        tap.equal(site.deliver(CLEAN[0], token="wrong").status, 403,
                  "status of a reject")
        site.rejects(1)
        text = text_of(site.journal.path, "audit")
        tap.true(re.search(r"; 1 reject, kept since \d{4}-", text), text)


# label=value[unit];[warn];[crit];[min];[max], and a state before it.
NAGIOS = re.compile(
    r"SYNCJOURNAL (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+) \| "
    r"((?:[a-z_]+=(?:\d+[sc]?|U);\d*;\d*;\d*(?: |(?=\n)))+)\n")


def perfdata(line):
    found = NAGIOS.fullmatch(line)
    tap.true(found, "the line: " + line)
    return found[1], dict(item.split(";")[0].split("=")
                          for item in found[3].split())


@tap.test("--nagios is one line with perfdata, and a state of each severity")
def nagios():
    with Sample() as sample:
        state, data = perfdata(text_of(sample.journal, "audit", "--nagios",
                                       status=2))
        tap.equal(state, "CRITICAL", "state")
        counts = dict(sample.rows("SELECT severity, count(*) FROM findings "
                                  "GROUP BY severity"))
        tap.equal({name: int(data[name + "s"]) for name in SEVERITIES},
                  {name: counts.get(name, 0) for name in SEVERITIES},
                  "findings")
        tap.equal((data["open_gaps"], data["pending"], data["rejects"]),
                  ("2", "0", "2c"), "gaps and rejects")
        tap.true(int(data["last_delivery_age"][:-1]) > 86400, "age")
        state, data = perfdata(text_of(
            sample.journal, "audit", "--nagios", "--service", OTHER_SERVICE,
            status=1))
        tap.equal((state, data["errors"]), ("WARNING", "0"), "of a notice")
    with Delivered(*CLEAN, sync.document("updated", 3)) as site:
        state, data = perfdata(text_of(site.journal.path, "audit", "--nagios",
                                       "--grace", "3600"))
        tap.equal((state, data["errors"], data["pending"],
                   data["open_gaps"]), ("OK", "0", "1", "1"), "pending")


@tap.each((
    (("--frob",),), (("--grace", "x"),), (("--grace", "-1"),),
    (("--grace", "99999999999"),), (("--since", "soon"),), (("word",),),
    (("--quiet",),), (("--format", "json"),), (("--service", "ISnone"),),
    (("--grace",),), (("--check",),),
), "--nagios with {0} is UNKNOWN, not critical")
def nagios_usage(words):
    with Sample() as sample:
        text = text_of(sample.journal, "audit", "--nagios", *words, status=3)
        tap.true(re.fullmatch(r"SYNCJOURNAL UNKNOWN - [^|\n]+\n", text), text)


@tap.each(("--nagios=yes", "--n=", "--nagi"),
          "{} alone asks for the one line too")
def nagios_spelt(word):
    with Sample() as sample:
        text = text_of(sample.journal, "audit", word, "word", status=3)
        tap.true(text.startswith("SYNCJOURNAL UNKNOWN - "), text)


@tap.test("a journal that cannot be read is UNKNOWN, whatever its name is")
def nagios_unknown():
    with harness.Work() as work:
        path = work.path("a|b\x1b[5m\nc.db")
        for content in (None, "no journal"):
            if content:
                harness.write(path, content)
            text = text_of(path, "audit", "--nagios", status=3)
            tap.true(text.startswith("SYNCJOURNAL UNKNOWN - "), text)
            tap.true("a\\x7Cb\\x1B[5m\\x0Ac.db" in text, text)
            tap.equal(len(text.splitlines()), 1, "lines")
            done = run(path, "audit")
            tap.equal((done.returncode, done.stdout), (3, b""), "as it is")


@tap.each((
    (("--grace", "x"), b"--grace"), (("--grace", "31622401"), b"--grace"),
    (("--since", "soon"), b"--since"), (("--format", "xml"), b"--format"),
    (("--severity", "error"), b"--severity"), (("word",), b"word"),
), "audit refuses {0}")
def usage(words, said):
    with Sample() as sample:
        done = run(sample.journal, "audit", *words)
        tap.equal((done.returncode, done.stdout), (2, b""), "the end")
        tap.true(said in done.stderr, done.stderr.decode())


@tap.test("no control character of a delivery reaches the output")
def hostile():
    name = "a|b\x1b[5m\x9b\u009b"
    with Delivered(*[dict(event, DocumentUniqueName=name)
                     for event in documents(0, 2)]) as site:
        for words in (("audit", "--grace", "0"), ("audit", "--nagios",
                                                  "--grace", "0")):
            text = run(site.journal.path, *words).stdout.decode()
            tap.true(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text),
                     repr(text))


# ---------------------------------------------------------------------------
# On a terminal

def on_terminal(path, columns, *words, **environment):
    """What a terminal of that width is sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [PROGRAM, "--journal", path, *words], stdin=slave, stdout=slave,
        env=harness.clean_environment(TERM="xterm", **environment))
    os.close(slave)
    output = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # nobody has it open any more
            break
        if not piece:
            break
        output += piece
    os.close(master)
    process.wait(60)
    return output.decode().replace("\r\n", "\n")


@tap.test("on a terminal findings are cut to its width, and what is to be "
          "typed is not")
def width():
    with Sample() as sample:
        text = on_terminal(sample.journal, 50, "audit")
        tap.true("\x1b[31merror\x1b[0m conflict" in text, "colour: " + text)
        lines = re.sub("\x1b\\[[0-9;]*m", "", text).splitlines()
        found = [line for line in lines
                 if line.startswith(("  gap ", "  position ", "4 errors"))]
        tap.true(len(found) > 5, "\n".join(lines))
        for line in found:
            tap.true(len(line) <= 50, line)
        tap.true("        syncjournal history "
                 "ET5ca1ab1e0ddba11c0ffee00000000001" in lines, "a command")
        tap.true("\x1b" not in on_terminal(sample.journal, 50, "audit",
                                           NO_COLOR="1"), "with NO_COLOR")
        for line in on_terminal(sample.journal, 50, "status").splitlines():
            tap.true(len(line) <= 50, line)


# ---------------------------------------------------------------------------
# Status

@tap.test("status says of the sample what the views say")
def status():
    with Sample() as sample:
        said = json.loads(text_of(sample.journal, "status", "--format",
                                  "json"))
        (schema, mode, created, program, sqlite, deliveries, total), = \
            sample.rows("SELECT * FROM journal_info")
        tap.equal((said["schema_version"], said["journal_mode"],
                   said["created_at"], said["program_version"],
                   said["deliveries"], said["rejects_total"]),
                  (schema, mode, created, program, deliveries, total), "info")
        tap.equal(said["uuid"], sample.rows("SELECT uuid FROM journal")[0][0],
                  "uuid")
        kinds = dict(sample.rows("SELECT stream_kind, count(*) FROM streams "
                                 "GROUP BY 1"))
        tap.equal((said["documents"], said["lists"], said["maps"],
                   said["identities"], said["streams"]),
                  (kinds["document"], kinds["list"], kinds["map"],
                   kinds["identity"], sum(kinds.values())), "streams")
        tap.equal((said["open_gaps"], said["missing_numbers"],
                   said["pending_gaps"]), sample.rows(
            "SELECT count(*), sum(last_missing - first_missing + 1), 0 "
            "FROM gaps WHERE state = 'open'")[0], "gaps")
        tap.equal((said["first_received_at"], said["last_received_at"]),
                  sample.rows("SELECT min(received_at), max(received_at) "
                              "FROM deliveries")[0], "receipts")
        lags = sorted(row[0] for row in sample.rows(
            "SELECT lag_ms FROM events WHERE lag_ms IS NOT NULL"))
        tap.equal(said["lags"], len(lags), "lags")
        for percent in (50, 90, 99):
            tap.equal(said["lag_p%d_ms" % percent],
                      lags[-(-len(lags) * percent // 100) - 1],
                      "lag, %d %%" % percent)
        tap.equal(said["lag_max_ms"], lags[-1], "largest lag")
        tap.equal((said["rejects_kept"], said["last_reject_at"],
                   said["last_reject_reason"]), sample.rows(
            "SELECT count(*), max(received_at), 'content_type_unsupported' "
            "FROM rejects")[0], "rejects")
        tap.equal((said["services"], said["services_decimal"],
                   said["services_hexadecimal"]), (2, 1, 1), "services")
        tap.equal(said["file_bytes"], os.path.getsize(sample.journal), "size")
        tap.equal(said["file_bytes"], said["pages"] * said["page_size"],
                  "pages")
        tap.equal(said["deliveries_last_day"], 0, "the last day")


@tap.test("status counts what was received in the last minute, hour and day")
def rates():
    with Sample() as sample:
        now = time.time()
        ages = [(position, at) for position, at in sample.rows(
            "SELECT position, 74 - position FROM delivery")]
        # 10 in the last minute, 30 in the hour, 50 in the day
        sample.change(*[
            "UPDATE delivery SET received_us = %d WHERE position = %d" % (
                (now - (30 if left < 10 else 1800 if left < 30
                        else 43200 if left < 50 else 200000)) * 1000000
                - left, position) for position, left in ages])
        said = json.loads(text_of(sample.journal, "status", "--format",
                                  "json"))
        want = [sample.rows("SELECT count(*) FROM deliveries WHERE "
                            "received_at > datetime('now', '-1 %s')"
                            % unit)[0][0] for unit in
                ("minute", "hour", "day")]
        tap.equal([said["deliveries_last_" + unit] for unit in
                   ("minute", "hour", "day")], want, "deliveries")
        tap.true(0 < want[0] < want[1] < want[2] < said["deliveries"],
                 "they differ: %r" % want)
        verdicts = dict(sample.rows(
            "SELECT coalesce(verdict, 'none'), count(*) FROM events WHERE "
            "received_at > datetime('now', '-1 day') GROUP BY 1"))
        tap.equal({name[8:]: n for name, n in said.items()
                   if name.startswith("verdict_") and n}, verdicts,
                  "verdicts")
        tap.equal(said["verdicts"], want[2], "all verdicts")


@tap.test("status in csv is a head and a row of the same values")
def status_csv():
    with Sample() as sample:
        said = json.loads(text_of(sample.journal, "status", "--format",
                                  "json"))
        rows = list(csv.reader(io.StringIO(text_of(
            sample.journal, "status", "--format", "csv"), newline="")))
        tap.equal(rows[0], list(said), "the head")
        got = dict(zip(rows[0], rows[1]))
        for name, value in said.items():
            if name != "now" and name != "file_system_free_bytes":
                tap.equal(got[name], "" if value is None else str(value),
                          name)


@tap.test("status of a journal without a delivery has nothing to divide by")
def status_empty():
    with Delivered() as site:
        said = json.loads(text_of(site.journal.path, "status", "--format",
                                  "json"))
        tap.equal((said["deliveries"], said["lags"], said["lag_p50_ms"],
                   said["first_received_at"], said["last_received_at"],
                   said["streams"]), (0, 0, None, None, None, 0), "values")
        tap.equal(said["responder_last_action"], "start", "the responder")
        text = text_of(site.journal.path, "status")
        tap.true("\nresponder:" in text and "started " in text, text)
        tap.true(text_of(site.journal.path, "audit").startswith(
            "clean: 0 deliveries in 0 streams"), "its audit")


@tap.test("numbers missing to the largest there is are no overflow")
def overflow():
    events = [sync.document("updated", revision, number=number)
              for number in (1, 2) for revision in (0, 2 ** 63 - 1)]
    with Delivered(*events) as site:
        said = json.loads(text_of(site.journal.path, "status", "--format",
                                  "json"))
        tap.equal((said["open_gaps"], said["missing_numbers"]),
                  (2, 2 ** 63 - 1), "missing")
        tap.true("  gap " in text_of(site.journal.path, "audit", "--grace",
                                     "0", status=1), "the audit")


@tap.test("status tells whether its SQLite has defects")
def defects():
    with Sample() as sample:
        said = json.loads(text_of(sample.journal, "status", "--format",
                                  "json"))
        version = tuple(int(n) for n in said["sqlite_version"].split("."))
        known = (said["sqlite_defects"] + " "
                 + said["sqlite_defects_avoided"]).split()
        affected = (3, 7, 0) <= version <= (3, 51, 2) and not (
            (3, 44, 6) <= version < (3, 45, 0)
            or (3, 50, 7) <= version < (3, 51, 0))
        tap.equal("wal_reset" in known, affected, "the defect of the WAL")
        text = text_of(sample.journal, "status")
        tap.equal("wal_reset, avoided here" in text, affected, text)


@tap.each((("audit", "--grace", "0"), ("status",)),
          "{0} leaves the journal as it is")
def read_only(*words):
    with Sample() as sample:
        with open(sample.journal, "rb") as file:
            before = file.read()
        names = sorted(os.listdir(sample.directory))
        run(sample.journal, *words)
        with open(sample.journal, "rb") as file:
            tap.true(file.read() == before, "the file is the same")
        tap.equal(sorted(os.listdir(sample.directory)), names, "files")


tap.main()
