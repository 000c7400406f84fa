#!/usr/bin/python3
"""The journal's public interface: each view has the columns of docs/design.md
section 4, views and cookbook work in the system's sqlite3 shell and in that of
3.26 without JSON, and the record refuses to be changed."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import oldsqlite  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

# docs/design.md section 4, "SQL views".
VIEWS = (
    ("deliveries", "position, received_at, url, key_id, signature, "
     "idempotency_token, content_type, body, body_sha256"),
    ("events", "position, received_at, event_type, account_sid, service_sid, "
     "identity, endpoint_id, object_sid, unique_name, item, event_id, "
     "revision, revision_text, item_revision, data, is_identity_online, "
     "date_created, lag_ms, stream_kind, stream_key, seq, verdict, "
     "revision_verdict, behind, problem, extra"),
    ("streams", "stream_kind, service_sid, stream_key, unique_name, "
     "first_seq, head, observed, missing, first_received_at, "
     "last_received_at"),
    ("gaps", "gap_id, stream_kind, service_sid, stream_key, unique_name, "
     "first_missing, last_missing, state, likely_silent, after_at, "
     "before_at, opened_at, opened_by, closed_at, filled_by, actor, reason"),
    ("stale_deliveries", "position, received_at, service_sid, stream_kind, "
     "stream_key, unique_name, item, seq, head, behind, verdict, "
     "event_type"),
    ("documents", "document_sid, service_sid, unique_name, revision, data, "
     "updated_by, updated_at, removed, open_gaps, position"),
    ("document_revisions", "document_sid, service_sid, unique_name, "
     "revision, revision_text, event_type, data, identity, date_created, "
     "received_at, position, verdict"),
    ("lists", "list_sid, service_sid, unique_name, revision, items, removed, "
     "open_gaps, position"),
    ("maps", "map_sid, service_sid, unique_name, revision, items, removed, "
     "open_gaps, position"),
    ("list_items", "list_sid, service_sid, unique_name, item_index, data, "
     "item_revision, event_id, updated_by, updated_at, position"),
    ("map_items", "map_sid, service_sid, unique_name, item_key, data, "
     "item_revision, event_id, updated_by, updated_at, position"),
    ("item_revisions", "object_sid, service_sid, unique_name, item, "
     "event_id, item_revision, event_type, data, identity, date_created, "
     "received_at, position, verdict"),
    ("presence", "service_sid, identity, online, event_id, since, "
     "endpoints, position"),
    ("presence_sessions", "service_sid, identity, started_at, ended_at, "
     "interruptions, event_id, position"),
    ("services", "account_sid, service_sid, revision_base, base_reason, "
     "webhooks_from_rest, streams, deliveries, open_gaps, "
     "first_received_at, last_received_at"),
    ("findings", "kind, severity, service_sid, stream_kind, stream_key, "
     "position, detail"),
    ("rejects", "reject_id, received_at, status, reason, account_sid, "
     "remote_addr, url, signature, content_type, body, "
     "looks_like_twilio"),
    ("reject_counts", "reason, requests, like_twilio, first_at, last_at"),
    ("actions", "position, at, actor, kind, detail"),
    ("journal_info", "schema_version, journal_mode, created_at, "
     "program_version, sqlite_version, deliveries, rejects_total"),
)

SETTINGS = "[service %s]\nwebhooks_from_rest = no\n" % sync.SERVICE
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")


def sample():
    """Deliveries that leave something in every view."""
    events = sync.of_each_type()
    events += [sync.document("updated", n, number=2) for n in (25, 28, 26)]
    events += [sync.document("updated", 28, number=2),
               sync.document("updated", 28, number=2, data='"other"')]
    for kind in ("list", "map"):
        events += [sync.item(kind, "added", n, n % 3, 2, '{"v":%d}' % n)
                   for n in (5, 9, 7)]
    return events + [
        sync.document("updated", "x1", number=3),
        dict(sync.document("updated", 1), EventType="of_the_future"),
        sync.document("updated", 1, number=4, data=b"a\0b\xff"),
        sync.item("map", "added", 1, "it's", 3, More="m"),
        sync.endpoint("connected", 3, identity="bob"),
        sync.endpoint("disconnected", 2, identity="bob"),
    ]


class Sample:
    """A journal made by the responder, and stopped: with this test's end
    nobody writes to it any more."""

    def __init__(self):
        self.site = harness.Site(more=SETTINGS)

    def __enter__(self):
        site = self.site.__enter__()
        try:
            for event in sample():
                site.accepted(event)
            tap.equal(site.deliver(sample()[0], token="wrong").status, 403,
                      "status of a reject")
            site.rejects(1)
            site.stop()
        except BaseException as why:
            self.site.__exit__(type(why), why, None)
            raise
        return site

    def __exit__(self, *why):
        return self.site.__exit__(*why)


def copy_of(site):
    return site.journal.copy(site.work.directory)


@tap.each(VIEWS, "the view {0} has its documented columns in order")
def view_columns(view, columns):
    with Sample() as site:
        journal = copy_of(site)
        rows = journal.dicts("SELECT * FROM %s" % view)
        tap.true(rows, "the sample leaves something in it")
        tap.equal(", ".join(rows[0]), columns, "columns")
        for column in columns.split(", "):
            if column.endswith("_at") or column == "at":
                for row in rows:
                    tap.true(row[column] is None
                             or TIME.fullmatch(row[column]),
                             "%s is a time: %r" % (column, row[column]))


@tap.test("there is no view that the documentation does not know")
def no_other_view():
    with Sample() as site:
        tap.equal(copy_of(site).rows(
            "SELECT name FROM sqlite_master WHERE type = 'view' "
            "AND name NOT IN (%s)" % ",".join(
                "'%s'" % view for view, _ in VIEWS)), [], "views")


@tap.test("times compare with SQLite's own")
def times():
    with Sample() as site:
        journal = copy_of(site)
        tap.equal(journal.one(
            "SELECT count(*) FROM deliveries WHERE received_at BETWEEN "
            "datetime('now', '-5 minutes') AND datetime('now', '+1 minute')"),
            len(sample()), "deliveries of the last five minutes")
        tap.equal(journal.one(
            "SELECT count(*) FROM events WHERE lag_ms < 0"), 0, "lags")


@tap.test("the views say of the sample what was sent")
def contents():
    with Sample() as site:
        journal = copy_of(site)
        tap.equal(journal.rows(
            "SELECT unique_name, revision, data, removed, open_gaps "
            "FROM documents WHERE unique_name IN ('settings-1', "
            "'settings-2', 'settings-4') ORDER BY 1"),
            [("settings-1", 2, None, 1, 0),
             ("settings-2", 28, '{"n":1}', 0, 1),
             ("settings-4", 1, "a\\x00b\\xFF", 0, 0)], "documents")
        tap.equal(journal.rows(
            "SELECT revision, verdict FROM document_revisions "
            "WHERE unique_name = 'settings-2' ORDER BY position"),
            [(25, "baseline"), (28, "ahead"), (26, "late"),
             (28, "conflict")], "document_revisions")
        tap.equal(journal.rows(
            "SELECT first_missing, last_missing, likely_silent FROM gaps "
            "WHERE state = 'open' AND unique_name = 'settings-2'"),
            [(27, 27, 1)], "open gap, of a service without REST webhooks")
        for kind, index in (("list", "item_index"), ("map", "item_key")):
            tap.equal(journal.rows(
                "SELECT %s, data, item_revision, event_id FROM %s_items "
                "WHERE unique_name = '%s-2' ORDER BY event_id"
                % (index, kind, kind)),
                [("2", '{"v":5}', "5", 5), ("1", '{"v":7}', "7", 7),
                 ("0", '{"v":9}', "9", 9)], kind + "_items")
            tap.equal(journal.rows(
                "SELECT event_id, verdict FROM item_revisions "
                "WHERE unique_name = '%s-2' ORDER BY position" % kind),
                [(5, "baseline"), (9, "ahead"), (7, "late")],
                "item_revisions")
        tap.equal(journal.rows(
            "SELECT stream_kind, seq, head, behind, verdict "
            "FROM stale_deliveries ORDER BY position"),
            [("document", 26, 28, 2, "late"), ("list", 7, 9, 2, "late"),
             ("map", 7, 9, 2, "late"), ("identity", 2, 3, 1, "late")],
            "stale_deliveries")
        tap.true({"start", "stop"} <= {kind for kind, in journal.rows(
            "SELECT kind FROM actions")}, "actions")


@tap.test("a gap is dated by the deliveries around it")
def gap_dates():
    with harness.Site() as site:
        at = "2024-05-01T10:00:%02d.000Z"
        for number in (1, 5, 3):
            site.accepted(sync.document(
                "updated", number, DateCreated=at % number))
        told = "2024-05-01 10:00:%02d.000"
        tap.equal(site.journal.rows(
            "SELECT first_missing, last_missing, state, after_at, before_at "
            "FROM gaps WHERE state <> 'unobserved' ORDER BY 1"),
            [(2, 2, "open", told % 1, told % 3),
             (3, 3, "filled", told % 1, told % 5),
             (4, 4, "open", told % 3, told % 5)], "gaps")


def both_shells(statements, databases):
    """The output of each shell; it must be the same."""
    old = oldsqlite.run(oldsqlite.old_shell(), databases, statements)
    new = oldsqlite.run(oldsqlite.system_shell(), databases, statements)
    tap.equal(old, new, "output of 3.26 and of the system's shell")
    return new


@tap.each(VIEWS, "the view {0} works in the sqlite3 shell of 3.26 as in the "
          "system's")
def old_shell(view, columns):
    oldsqlite.old_shell()
    columns = columns.replace("sqlite_version, ", "")  # is another, of course
    with Sample() as site:
        journal = copy_of(site)
        count = journal.one("SELECT count(*) FROM %s" % view)
        every = ", ".join(str(n) for n in range(1, columns.count(",") + 2))
        out = both_shells(
            ".mode quote\nSELECT %s FROM %s ORDER BY %s;"
            % (columns, view, every), journal.path)
        tap.true(out.count("\n") >= count > 0, "rows: %s" % out)


@tap.test("the shell of 3.26 reads a journal that the responder has open")
def beside_responder():
    old = oldsqlite.old_shell()
    with harness.Site() as site:
        for number in range(3):
            site.accepted(sync.document("updated", number))
            out = oldsqlite.run(old, site.journal.path,
                                "SELECT seq, verdict FROM events "
                                "ORDER BY position DESC LIMIT 1;")
            tap.equal(out.split("|")[0], str(number), "the latest event")
        site.accepted(sync.document("updated", 3))


# What the sample's rows say, in the shell's list mode.
COOKBOOK_ROWS = {
    "open_gaps": ("document|settings-2|27|27|", "list|", "map|"),
    "filled_gaps": ("document|settings-2|26|26|",),
    "stale": ("document|settings-2||26|28|2|late", "identity|bob||2|3|1|late"),
    "conflicts": ('"other"', "conflict"),
    "findings": ("error|conflict|", "warning|malformed|",
                 "notice|open_gap|", "revision 27 has"),
    "presence_now": ("alice@example.com|0|", "bob|1|"),
    "sessions_last_day": ("alice@example.com|", "bob|"),
    "services": ("|assumed|no|",),
    "problems": ("of_the_future", "not a usable number"),
    "rejects_by_reason": ("signature_wrong|403|1|",),
    "reject_counts": ("signature_wrong|1|1|",),
    "documents_now": ("settings-2|%s|28|" % sync.sid("ET", 2),),
    "who_wrote": ("alice@example.com|",),
}


def cookbook():
    name = os.path.join(harness.SRCDIR, "sql", "cookbook.sql")
    with open(name, encoding="utf-8") as file:
        pieces = re.split(r"(?m)^-- name: *(\S+).*$", file.read())
    return list(zip(pieces[1::2], pieces[2::2]))


@tap.test("each query of the cookbook runs in the system's sqlite3 shell")
def cookbook_runs():
    cookbook_in(oldsqlite.system_shell())


@tap.test("each query of the cookbook runs in the sqlite3 shell of 3.26")
def cookbook_runs_in_old():
    cookbook_in(oldsqlite.old_shell())


def cookbook_in(shell):
    queries = cookbook()
    tap.true(queries, "there are queries")
    tap.equal(len({name for name, _ in queries}), len(queries), "names")
    with Sample() as site:
        journal = copy_of(site)
        for name, query in queries:
            tap.true(query.rstrip().endswith(";"), name + " ends with ;")
            # A query that finds nothing here may as well be wrong.
            out = oldsqlite.run(shell, journal.path, query)
            tap.true(out.strip(), "a row of " + name)
            for word in COOKBOOK_ROWS.get(name, ()):
                tap.true(word in out, "%r in %s: %s" % (word, name, out))
        tap.equal(journal.one("SELECT count(*) FROM deliveries"),
                  len(sample()), "deliveries afterwards")


# The record

RECORD = ("delivery", "setting", "action", "evidence", "origin")
# {0} the table, {1} its key, {2} the key of a row that is there.
CHANGES = (
    "UPDATE {0} SET {1} = {1};",
    "UPDATE OR REPLACE {0} SET {1} = {1} + 1;",
    "UPDATE OR IGNORE {0} SET {1} = {1};",
    "DELETE FROM {0};",
    "DELETE FROM {0} WHERE {1} = {2};",
    "INSERT OR REPLACE INTO {0} SELECT * FROM {0};",
    "REPLACE INTO {0} SELECT * FROM {0} WHERE {1} = {2};",
    "INSERT OR IGNORE INTO {0} SELECT * FROM {0};",
    "INSERT INTO {0} SELECT * FROM {0} WHERE {1} = {2};",
)


def record_copy(site):
    """A copy in which every table of the record has a row numbered 1."""
    journal = copy_of(site)
    oldsqlite.run(oldsqlite.system_shell(), journal.path,
                  "INSERT INTO origin VALUES (1, 'another');")
    return journal


def key_of(journal, table):
    return journal.rows("PRAGMA table_info(%s)" % table)[0][1]


@tap.each(RECORD, "the table {} refuses update, delete, and insert or "
          "replace")
def append_only(table):
    shells = [oldsqlite.system_shell()]
    try:
        shells.append(oldsqlite.old_shell())
    except tap.Skip as why:
        tap.note(why)
    with Sample() as site:
        journal = record_copy(site)
        query = "SELECT * FROM %s ORDER BY 1" % table
        before = journal.rows(query)
        tap.true(before, "there are rows in " + table)
        for change in CHANGES:
            statement = change.format(table, key_of(journal, table),
                                      before[0][0])
            for shell in shells:
                error = oldsqlite.refusal(shell, journal.path, statement)
                tap.true("append-only" in error, "error of %s: %s"
                         % (statement, error))
                tap.equal(journal.rows(query), before,
                          "rows after " + statement)


@tap.test("rows of the record cannot be replaced by a column that is unique")
def unique_columns():
    with Sample() as site:
        journal = record_copy(site)
        for statement in (
                "INSERT OR REPLACE INTO evidence (url, key_id, content_type) "
                "SELECT url, key_id, content_type FROM evidence;",
                "INSERT OR REPLACE INTO origin (uuid) VALUES ('another');"):
            tap.true("append-only" in oldsqlite.refusal(
                oldsqlite.system_shell(), journal.path, statement),
                statement)


if __name__ == "__main__":
    tap.main()
