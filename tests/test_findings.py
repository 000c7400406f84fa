#!/usr/bin/python3
"""Findings, presence and services: each kind of finding is there when its
expectation is broken and not when it only nearly is; periods of presence are
those of docs/design.md section 2. In the system's SQLite and in 3.26.

What deliveries cannot make (times of receipt, a rebuild under way, numbers
meant in another base) is put into a journal row by row."""
import datetime
import os
import random
import re
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import oldsqlite  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

SECOND = 10 ** 6
DAY = 86400
NOW = int(time.time())
OTHER_SERVICE = sync.sid("IS", 2)

# The program's words, by code from 1 on (src/twilio/event.h, src/journal).
WORDS = {
    "event_type": sync.TYPES + ("syncjournal_test",),
    "stream_kind": ("document", "list", "map", "identity"),
    "verdict": ("baseline", "in_order", "ahead", "late", "duplicate",
                "conflict", "lifecycle", "unsequenced"),
    "gap_state": ("unobserved", "open", "filled", "explained", "lost"),
    "base_reason": ("assumed", "configured", "letter", "event_ids"),
    "revision_verdict": ("ok", "regressed", "unreadable"),
}
KEYS = {"document": sync.sid("ET", 1), "list": sync.sid("ES", 1),
        "map": sync.sid("MP", 1), "identity": "alice"}


def code(domain, word):
    return WORDS[domain].index(word) + 1


def script(name):
    path = os.path.join(harness.SRCDIR, "sql", name)
    with open(path, encoding="utf-8") as file:
        return file.read()


def both_generations(text):
    """As build-aux/scripts.awk does."""
    return re.sub(r"(?ms)^-- for each generation$(.*?)^-- end$",
                  lambda m: m.group(1).replace("@", "_a")
                  + m.group(1).replace("@", "_b"), text)


def told(at):
    """Seconds as the views tell them."""
    when = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    return when.strftime("%Y-%m-%d %H:%M:%S.") + \
        "%03d" % (when.microsecond // 1000)


class Made:
    """A journal made row by row. Receipts are a second apart, the first an
    hour ago, where no time is given."""

    def __init__(self, path):
        self.path = path
        self.position = 0
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA synchronous = OFF")  # it is a test's
        names = sorted(os.listdir(os.path.join(harness.SRCDIR, "sql",
                                               "migrations")))
        for name in names:
            self.connection.executescript(both_generations(
                script("migrations/" + name)))
        self.connection.executescript(
            (script("views.sql") + script("checks.sql")).replace("@", "_a"))
        for domain, words in WORDS.items():
            for number, word in enumerate(words, 1):
                self.put("word", domain=domain, code=number, name=word)
        self.put("evidence", evidence_id=1, url="https://h/", key_id="k",
                 content_type=sync.FORM)
        self.service = self.add_service(sync.SERVICE)

    def put(self, table, **columns):
        self.connection.execute(
            "INSERT OR REPLACE INTO %s (%s) VALUES (%s)" % (
                table, ", ".join(columns), ", ".join("?" * len(columns))),
            tuple(columns.values()))

    def change(self, statement, *arguments):
        self.connection.execute(statement, arguments)

    def next(self):
        self.position += 1
        return self.position

    def add_service(self, sid, base=10, reason="configured"):
        position = self.next()
        self.put("service_a", service_id=position, account_sid=sync.ACCOUNT,
                 service_sid=sid, base=base,
                 base_reason=code("base_reason", reason))
        return position

    def stream(self, kind, service=None, key=None, **columns):
        row = dict(stream_id=self.next(), service_id=service or self.service,
                   kind=code("stream_kind", kind), key=key or KEYS[kind],
                   base=10, observed=0, events=0, created=0, removed=0,
                   first_us=NOW * SECOND, last_us=0)
        row.update(columns)
        self.put("stream_a", **row)
        return row["stream_id"]

    def event(self, stream, event_type, seq, at=None, verdict="in_order",
              **columns):
        """A delivery, its event, and what it does to its stream; the position.
        stream None: it belongs to none."""
        position = self.next()
        received = round(SECOND * (NOW - 3600 + position
                                   if at is None else at))
        self.put("delivery", position=position, received_us=received,
                 evidence_id=1, signature="s", body=b"", body_sha256=bytes(32))
        row = dict(position=position, type=code("event_type", event_type)
                   if event_type in WORDS["event_type"] else 0,
                   service_id=self.service, stream_id=stream, seq=seq,
                   verdict=code("verdict", verdict) if verdict else 0,
                   behind=0, content=bytes(32))
        if not event_type.startswith("document"):
            row["event_id"] = seq
        row.update(columns)
        self.put("event_a", **row)
        if stream:
            self._bring_up(stream, event_type, row, received)
        return position

    def _bring_up(self, stream, event_type, row, received):
        self.change("UPDATE stream_a SET events = events + 1, "
                    "first_us = min(first_us, ?), last_us = max(last_us, ?) "
                    "WHERE stream_id = ?", received, received, stream)
        if row["verdict"] in (5, 6):
            return
        if row["seq"] is not None:
            self.change(
                "UPDATE stream_a SET head_revision = CASE "
                "WHEN ?1 > coalesce(head, -1) THEN ?2 ELSE head_revision END, "
                "first_seq = min(coalesce(first_seq, ?1), ?1), "
                "head = max(coalesce(head, ?1), ?1), observed = observed + 1 "
                "WHERE stream_id = ?3", row["seq"], row.get("revision"),
                stream)
        gone = event_type in ("document_removed", "list_removed",
                              "map_removed")
        self.change(
            "UPDATE stream_a SET state_position = ?1, state_seq = ?2, "
            "removed = ?3 WHERE stream_id = ?4 AND (?3 OR removed = 0) "
            "AND (?3 OR ?2 > coalesce(state_seq, -1))",
            row["position"], row["seq"], int(gone), stream)

    def reach(self, stream, seq, online, at=None, what="connected",
              endpoint="TN1", **columns):
        """A reachability event, and its endpoint."""
        position = self.event(stream, "endpoint_" + what, seq, at,
                              is_online=online, endpoint_id=endpoint,
                              **columns)
        self.change(
            "INSERT INTO item_a (stream_id, item, position, seq, removed) "
            "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (stream_id, item) DO "
            "UPDATE SET position = ?3, seq = ?4, removed = ?5 "
            "WHERE seq < ?4", stream, endpoint, position, seq or 0,
            int(what != "connected"))
        return position

    def gap(self, stream, first, last, state="open"):
        """An interval that the stream's last delivery opened."""
        closed = state in ("filled", "explained", "lost")
        position = self.position
        self.put("gap_a", gap_id=position * 8, stream_id=stream, first=first,
                 last=last, state=code("gap_state", state),
                 opened_by=position, closed_by=position if closed else None)
        return position

    def setting(self, name, value, service=sync.SERVICE):
        self.put("setting", position=self.next(), at_us=1,
                 service_sid=service, name=name, value=value)

    def close_gap(self, kind, first, last, base):
        position = self.next()
        self.put("action", position=position, at_us=NOW * SECOND,
                 actor="operator", kind="explain", detail="a test write")
        self.put("gap_action", position=position, account_sid=sync.ACCOUNT,
                 service_sid=sync.SERVICE, kind=code("stream_kind", kind),
                 key=KEYS[kind], first=first, last=last, state=4, base=base)
        return position


# Both SQLites

class Python:
    """Python's SQLite: the system's."""

    name = "the system's SQLite"

    @staticmethod
    def rows(path, query):
        connection = sqlite3.connect(path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


class Old:
    """The shell of 3.26: what it prints are literals, that are read again."""

    name = "SQLite 3.26"

    @staticmethod
    def rows(path, query):
        out = oldsqlite.run(oldsqlite.old_shell(), path,
                            ".mode quote\n%s;" % query)
        connection = sqlite3.connect(":memory:")
        try:
            return [connection.execute("SELECT " + line).fetchone()
                    for line in out.splitlines()]
        finally:
            connection.close()


ENGINES = (Python, Old)


def with_engines(table):
    """Each row once for each SQLite, whose name comes first."""
    return tuple((engine.name, engine) + tuple(row)
                 for row in table for engine in ENGINES)


def made(build, *arguments):
    """A journal in a directory of its own, and what build() gives."""
    work = harness.Work()
    journal = Made(work.path("journal.db"))
    result = build(journal, *arguments)
    journal.connection.commit()
    journal.connection.close()
    return work, journal, result


# Findings: for each kind what breaks an expectation, and what nearly does. A
# function makes the journal and gives the position that the finding names.

def document(journal, *events, **columns):
    """A document with these (what, number), each in order."""
    stream = journal.stream("document", unique_name="settings", **columns)
    for what, number in events:
        journal.event(stream, "document_" + what, number)
    return stream


def gap(state):
    def build(journal):
        stream = document(journal, ("updated", 26), ("updated", 30))
        return journal.gap(stream, 27, 29, state)
    return build


def rest_gap(*values):
    def build(journal):
        for value in values:
            journal.setting("webhooks_from_rest", value)
        journal.setting("webhooks_from_rest", "maybe", OTHER_SERVICE)
        return gap("open")(journal)
    return build


def list_gap(journal):
    stream = journal.stream("list")
    for number in (3, 5):
        journal.event(stream, "list_item_updated", number)
    return journal.gap(stream, 4, 4)


def repeated(verdict):
    def build(journal):
        stream = document(journal, ("updated", 26))
        return journal.event(stream, "document_updated", 26, verdict=verdict)
    return build


def repeated_removal(journal):
    stream = journal.stream("list", unique_name="todo")
    journal.event(stream, "list_created", None, verdict="lifecycle")
    journal.event(stream, "list_removed", None, verdict="lifecycle")
    return journal.event(stream, "list_removed", None, verdict="conflict")


def without_number(verdict, event_type="map_item_updated"):
    def build(journal):
        stream = journal.stream("map")
        return journal.event(stream, event_type, None, verdict=verdict)
    return build


def revisions(verdict, revision=9, **columns):
    def build(journal):
        stream = journal.stream("map", unique_name="colors")
        journal.event(stream, "map_item_updated", 8, revision=9)
        journal.event(stream, "map_item_updated", 11, revision=12)
        return journal.event(stream, "map_item_updated", 10, item="red",
                             revision=revision, verdict="late",
                             revision_verdict=verdict and code(
                                 "revision_verdict", verdict), **columns)
    return build


def problem(text):
    def build(journal):
        stream = document(journal, ("updated", 1))
        return journal.event(stream, "document_updated", 2, problem=text)
    return build


def of_no_stream(journal):
    return journal.event(None, "of_the_future", None, verdict=None,
                         type_text="of_the_future", problem="unknown type")


def removed_document(number, verdict="in_order", again=False):
    """Removed with 6, as the last update was, and then something else."""
    def build(journal):
        stream = document(journal, ("updated", 5), ("updated", 6),
                          ("removed", 6))
        position = journal.event(stream, "document_updated", number,
                                 verdict=verdict)
        if again:
            journal.event(stream, "document_updated", number,
                          verdict="duplicate")
        return position
    return build


def removed_twice(journal):
    document(journal, ("updated", 6), ("removed", 6), ("updated", 8),
             ("removed", 8))


def removed_list(kind, revision, head=None, verdict="in_order"):
    """Removed with revision 12; head: the revision at the largest EventId."""
    def build(journal):
        stream = journal.stream(kind)
        journal.event(stream, kind + "_item_added", 10, revision=11)
        journal.event(stream, kind + "_removed", None, verdict="lifecycle",
                      revision=12)
        position = journal.event(stream, kind + "_item_added", 11,
                                 revision=revision, verdict=verdict)
        if head:
            journal.event(stream, kind + "_item_added", *head)
        return position
    return build


def presence(*events):
    """Of (online, connected or disconnected, endpoint) the last whose flag can
    be read."""
    def build(journal):
        stream = journal.stream("identity")
        says = None
        for number, (online, what, endpoint) in enumerate(events, 1):
            position = journal.reach(stream, number, online, what=what,
                                     endpoint=endpoint)
            says = says if online is None else position
        return says
    return build


def through_rest(*values):
    """A document written through REST, and what is configured."""
    def build(journal):
        for value in values:
            journal.setting("webhooks_from_rest", value)
        position = document(journal, ("updated", 5)) and journal.position
        journal.change("UPDATE service_a SET rest_position = ? "
                       "WHERE service_id = ?", position, journal.service)
        return position
    return build


def explained(kind, base, now, again=None):
    """The position of the explanation; there may be another after it."""
    def build(journal):
        if kind == "document":
            document(journal, ("updated", 9))
        else:
            journal.stream(kind)
        journal.change("UPDATE service_a SET base = ?", now)
        position = journal.close_gap(kind, 10, 12, base)
        if again is not None:
            journal.close_gap(kind, 10, 12, again)
        return position
    return build


def deliveries(*ago):
    """Of two streams of a service, so many seconds ago."""
    def build(journal):
        streams = [document(journal), journal.stream("identity")]
        for number, seconds in enumerate(ago):
            if number % 2:
                journal.reach(streams[1], number, 1, time.time() - seconds)
            else:
                journal.event(streams[0], "document_updated", number // 2,
                              time.time() - seconds)
    return build


def passes(*numbers, reason="assumed", kind="document"):
    """Of a document of these numbers, the position of the third."""
    def build(journal):
        journal.change("UPDATE service_a SET base_reason = ?",
                       code("base_reason", reason))
        stream = journal.stream(kind)
        positions = [journal.event(stream, "%s_%s" % (
            kind, "updated" if kind == "document" else "item_updated"),
            number) for number in numbers]
        return positions[min(2, len(positions) - 1)]
    return build


def upkeep(**columns):
    def build(journal):
        journal.put("upkeep", **dict(
            dict(id=1, rebuild=0, wanted=0, position=0, changes=0), **columns))
    return build


def removal(*events):
    """The position of the last."""
    def build(journal):
        document(journal, *events)
        return journal.position
    return build


def refused(*requests, last_verified=None, account=sync.ACCOUNT):
    """Rejects of an account, each (seconds ago, likeness, reason); ours
    delivered last that many seconds ago."""
    def build(journal):
        if last_verified is not None:
            journal.event(journal.stream("identity"), "endpoint_connected",
                          None, NOW - last_verified, verdict=None)
        for number, (ago, likeness, reason) in enumerate(requests, 1):
            journal.put("reject", reject_id=number, status=403,
                        received_us=(NOW - ago) * SECOND, reason=reason,
                        account_sid=account, likeness=likeness)
    return build


def wrong(*ago, likeness=2):
    return [(seconds, likeness, "signature_wrong") for seconds in ago]


def unknown(*ago):
    return [(seconds, 1, "account_unknown") for seconds in ago]


def nothing(journal):
    """The journal of a service that has never sent anything."""
    journal.stream("identity", events=0)


# kind, severity, stream kind or None, what must be said, how it is made
BROKEN = (
    ("open_gap", "error", "document", "revisions 27 to 29 have", gap("open")),
    ("open_gap", "error", "list", "EventId 4 has", list_gap),
    ("open_gap", "notice", "document", "through REST", rest_gap("no")),
    ("open_gap", "error", "document", "settings", rest_gap("no", "yes")),
    ("conflict", "error", "document", "revision 26", repeated("conflict")),
    ("conflict", "error", "list", "todo: list_removed", repeated_removal),
    ("unsequenced", "error", "map", "map_item_updated of",
     without_number("unsequenced")),
    ("revision_regressed", "error", "map",
     "EventId 10 has MapRevision 9, not more than 9 of EventId 8",
     revisions("regressed")),
    ("revision_regressed", "error", "map",
     "EventId 10 has MapRevision 12, not less than 12 of EventId 11",
     revisions("regressed", 12)),
    ("revision_regressed", "error", "map",
     "EventId 10 gives item red ItemRevision 1f",
     revisions("regressed", 11, item_revision="1f")),
    ("malformed", "warning", "document", "document_updated of",
     problem("DocumentData missing")),
    ("malformed", "warning", None, "of_the_future", of_no_stream),
    ("after_removal", "warning", "document",
     "with revision 7 arrived", removed_document(7)),
    ("after_removal", "warning", "document", "removed with revision 6",
     removed_document(7, again=True)),
    ("after_removal", "warning", "list", "ListRevision 13 (EventId 11)",
     removed_list("list", 13)),
    ("after_removal", "warning", "map", "removed with revision 12",
     removed_list("map", 13)),
    ("after_removal", "warning", "map", "MapRevision 13 (EventId 11)",
     removed_list("map", 13, (12, None))),
    ("presence_contradicted", "warning", "identity", "online by EventId 2",
     presence((1, "connected", "TN1"), (1, "disconnected", "TN1"))),
    ("presence_contradicted", "warning", "identity", "1 endpoint",
     presence((1, "connected", "TN1"), (1, "connected", "TN2"),
              (0, "disconnected", "TN1"))),
    ("presence_contradicted", "warning", "identity", "online by EventId 1",
     presence((1, "connected", "TN1"), (None, "disconnected", "TN1"))),
    ("explanation_void", "warning", "document",
     "revisions 10 to 12 explained by operator", explained("document", 10,
                                                           16)),
    ("explanation_void", "warning", "document", "read as decimal",
     explained("document", 16, 10)),
    ("rest_contradicted", "warning", None, "set it to yes",
     through_rest("no")),
    ("silence", "notice", None, "for 2.0 days", deliveries(
        2 * DAY + 100, 2 * DAY + 50, 2 * DAY)),
    ("silence", "notice", None, "hours on average", deliveries(
        110 * DAY, 100 * DAY + 60)),
    ("base_assumed", "notice", "document", "from 8 to 11",
     passes(8, 9, 10, 11)),
    ("base_assumed", "notice", "document", "from 19 to 20", passes(19, 20)),
    ("deliveries_refused", "error", None,
     "3 requests of account %s that look like Twilio's were refused since %s"
     % (sync.ACCOUNT, told(NOW - 3600)),
     refused(*wrong(3600, 60, 30), last_verified=3601)),
    ("deliveries_refused", "error", None, "was the token changed? The last "
     "is reject 3", refused(*wrong(3600, 60, 30), last_verified=9 * 3600)),
    ("deliveries_refused", "error", None, "is public_url or the token",
     refused(*wrong(3 * DAY, 2 * DAY, DAY - 60, likeness=1))),
    ("deliveries_refused", "warning", None, "is public_url or the token",
     refused(*wrong(90, 60, 30, likeness=1), last_verified=3600,
             account=sync.OTHER_ACCOUNT)),
    ("deliveries_refused", "error", None, "is public_url or the token",
     refused(*wrong(90, 60, 30), last_verified=3600,
             account=sync.OTHER_ACCOUNT)),
    ("deliveries_refused", "error", None, "not configured? The last is",
     refused(*unknown(90, 60, 30), last_verified=100)),
    ("deliveries_refused", "warning", None, "not configured? The last is",
     refused(*unknown(90, 60, 30))),
    ("recomputation", "notice", None, "is to begin", upkeep(wanted=1)),
    ("recomputation", "notice", None, "up to position 7",
     upkeep(rebuild=1, position=7)),
    ("recomputation", "notice", None, "another base", upkeep(sweep=0)),
    ("update_or_removal_unknown", "info", "document",
     "removed with revision 6", removal(("updated", 5), ("removed", 6))),
)

# kind, what is not enough, how it is made
NEARLY = (
    ("open_gap", "a filled one", gap("filled")),
    ("open_gap", "an explained one", gap("explained")),
    ("open_gap", "a lost one", gap("lost")),
    ("open_gap", "numbers before the first", gap("unobserved")),
    ("conflict", "a duplicate", repeated("duplicate")),
    ("unsequenced", "a creation", without_number("lifecycle", "map_created")),
    ("revision_regressed", "revisions that rise", revisions("ok", 11)),
    ("revision_regressed", "a revision that cannot be read",
     revisions("unreadable", None)),
    ("revision_regressed", "no revision", revisions(None, None)),
    ("malformed", "an event without problem", problem(None)),
    ("after_removal", "an update before it", removed_document(5, "late")),
    ("after_removal", "an update of its number", removed_document(6, "late")),
    ("after_removal", "a duplicate", removed_document(7, "duplicate")),
    ("after_removal", "a later removal", removed_twice),
    ("after_removal", "an item of the removal's revision",
     removed_list("list", 12)),
    ("after_removal", "a duplicate on a list",
     removed_list("list", 13, (12, None), "duplicate")),
    ("presence_contradicted", "online with an endpoint",
     presence((1, "connected", "TN1"), (1, "connected", "TN2"),
              (1, "disconnected", "TN1"))),
    ("presence_contradicted", "offline without one",
     presence((1, "connected", "TN1"), (0, "disconnected", "TN1"))),
    ("presence_contradicted", "a flag that cannot be read",
     presence((None, "disconnected", "TN1"))),
    ("presence_contradicted", "no event yet", nothing),
    ("explanation_void", "the base is the same",
     explained("document", 10, 10)),
    ("explanation_void", "EventIds are decimal in any base",
     explained("list", 10, 16)),
    ("explanation_void", "a later one is in the present base",
     explained("document", 10, 16, 16)),
    ("rest_contradicted", "it is not configured", through_rest()),
    ("rest_contradicted", "it is configured no longer",
     through_rest("no", "yes")),
    ("silence", "not a day", deliveries(DAY + 100, DAY + 50, DAY - 60)),
    ("silence", "not ten times the interval", deliveries(
        110 * DAY, 100 * DAY - 60)),
    ("silence", "a single delivery", deliveries(9 * DAY)),
    ("base_assumed", "all are below ten", passes(0, 5, 9)),
    ("base_assumed", "all are in the same ten", passes(10, 15, 19)),
    ("base_assumed", "the base is configured",
     passes(9, 10, reason="configured")),
    ("base_assumed", "a letter told the base", passes(9, 10,
                                                      reason="letter")),
    ("base_assumed", "EventIds of a list", passes(9, 10, kind="list")),
    ("deliveries_refused", "only two", refused(*wrong(60, 30))),
    ("deliveries_refused", "a delivery verified after the first",
     refused(*wrong(90, 60, 30), last_verified=80)),
    ("deliveries_refused", "they do not look like Twilio's",
     refused(*wrong(90, 60, 30, 20, likeness=0))),
    ("deliveries_refused", "one does not",
     refused(*wrong(90, 60), *wrong(30, likeness=0))),
    ("deliveries_refused", "the last is older than a day",
     refused(*wrong(DAY + 90, DAY + 60, DAY + 30))),
    ("deliveries_refused", "they are no deliveries",
     refused(*[(ago, 1, "body_torn") for ago in (90, 60, 30)])),
    ("recomputation", "nothing is to be done", upkeep()),
    ("recomputation", "only the old generation is left to empty",
     upkeep(rebuild=2)),
    ("update_or_removal_unknown", "an update has the number",
     removal(("updated", 5), ("updated", 6), ("removed", 6))),
    ("update_or_removal_unknown", "it is not removed",
     removal(("updated", 5), ("updated", 6))),
)


@tap.each(with_engines(BROKEN), "{0}: a finding {2}, {3}: {5}")
def broken(_, engine, kind, severity, stream_kind, words, build):
    work, journal, position = made(build)
    with work:
        rows = engine.rows(journal.path, "SELECT kind, severity, "
                           "service_sid, stream_kind, stream_key, position "
                           "FROM findings")
        of_journal = kind in ("recomputation", "deliveries_refused")
        tap.equal(rows, [(kind, severity,
                          None if of_journal else sync.SERVICE, stream_kind,
                          KEYS.get(stream_kind), position)], "findings")
        (detail,), = engine.rows(journal.path, "SELECT detail FROM findings")
        tap.true(words in detail, "%r in: %s" % (words, detail))
        subject = "journal: " if of_journal else \
            "%s: " % sync.SERVICE if stream_kind is None else stream_kind + " "
        tap.true(subject in detail, "%r in: %s" % (subject, detail))


@tap.each(with_engines(NEARLY), "{0}: no finding {2}: {3}")
def nearly(_, engine, kind, what, build):
    work, journal, _ = made(build)
    with work:
        tap.equal(engine.rows(journal.path, "SELECT kind, detail "
                              "FROM findings"), [], "findings")


@tap.test("each kind of finding that the documentation names is tried, and no "
          "other")
def all_kinds():
    with open(os.path.join(harness.SRCDIR, "docs", "design.md"),
              encoding="utf-8") as file:
        section = file.read().split("### Findings")[1].split("\n### ")[0]
    named = set(re.findall(r"(?m)^\| `(\w+)` \|", section))
    tap.true(named, "the table is read")
    tap.equal({row[0] for row in BROKEN}, named, "kinds that are broken")
    tap.equal({row[0] for row in NEARLY}, named, "kinds that nearly are")
    tap.equal(set(re.findall(r"(?m)^SELECT '(\w+)'", script("checks.sql"))),
              named, "kinds in checks.sql")


# Presence. Times are seconds after this one.
BEGIN = 1700000000


def at(seconds):
    return None if seconds is None else told(BEGIN + seconds)


def flags(journal, events, window=None, service=None):
    """Reachability events, (EventId, flag, time of receipt, other columns);
    the positions."""
    if window is not None:
        journal.setting("rebalance_window_s", str(window))
    stream = journal.stream("identity", service)
    return [journal.reach(stream, number, flag, BEGIN + seconds,
                          **dict(*more))
            for number, flag, seconds, *more in events]


HOURLY = tuple(
    event for hour in range(24) for event in
    ((2 * hour + 1, 1, 3600 * hour + 5), (2 * hour + 2, 0, 3600 * hour + 3600))
)[:-1]
# What it is about; window; the events; presence now: (online, which event
# says so, since); sessions: (started, ended, interruptions, by which event).
# Which event: its place in the list of events, from 0.
PERIODS = (
    ("who comes is online", None, ((5, 1, 0),), (1, 0, 0),
     [(0, None, 0, 0)]),
    ("who goes is offline", None, ((5, 1, 0), (6, 0, 9)), (0, 1, 9),
     [(0, 9, 0, 0)]),
    ("an offline time of the window is none", None,
     ((1, 1, 0), (2, 0, 100), (3, 1, 160)), (1, 2, 0), [(0, None, 1, 0)]),
    ("an offline time beyond the window is one", None,
     ((1, 1, 0), (2, 0, 100), (3, 1, 160.000001)), (1, 2, 160),
     [(0, 100, 0, 0), (160, None, 0, 2)]),
    ("the window is the service's, its edge", 5,
     ((1, 1, 0), (2, 0, 100), (3, 1, 105)), (1, 2, 0), [(0, None, 1, 0)]),
    ("the window is the service's, beyond its edge", 5,
     ((1, 1, 0), (2, 0, 100), (3, 1, 105.001)), (1, 2, 105.001),
     [(0, 100, 0, 0), (105.001, None, 0, 2)]),
    ("without a window each offline time is one", 0,
     ((1, 1, 0), (2, 0, 100), (3, 1, 100.001)), (1, 2, 100.001),
     [(0, 100, 0, 0), (100.001, None, 0, 2)]),
    ("without a window one of no length is none", 0,
     ((1, 1, 0), (2, 0, 100), (3, 1, 100)), (1, 2, 0), [(0, None, 1, 0)]),
    ("an offline time that lasts is never folded away", None,
     ((1, 1, 0), (2, 0, 100), (3, 1, 110), (4, 0, 120)), (0, 3, 120),
     [(0, 120, 1, 0)]),
    ("an offline time before the first online one is no interruption", None,
     ((1, 0, 0), (2, 1, 10)), (1, 1, 10), [(10, None, 0, 1)]),
    ("who was only ever offline has no session", None,
     ((1, 0, 0), (2, 0, 10)), (0, 1, 0), []),
    ("events that say the same are one period", None,
     ((1, 1, 0), (2, 1, 50), (3, 0, 100), (4, 0, 150), (5, 1, 161),
      (6, 1, 200)), (1, 5, 161), [(0, 100, 0, 0), (161, None, 0, 4)]),
    ("an offline time counts from its first event", None,
     ((1, 1, 0), (2, 0, 100), (3, 0, 155), (4, 1, 160)), (1, 3, 0),
     [(0, None, 1, 0)]),
    ("who is long offline is so since the first event of it", None,
     ((1, 1, 0), (2, 0, 100), (3, 0, 500)), (0, 2, 100), [(0, 100, 0, 0)]),
    ("the hourly rebalancing is folded into one session", None, HOURLY,
     (1, 46, 5), [(5, None, 23, 0)]),
    ("interruptions are each session's own", None,
     ((1, 1, 0), (2, 0, 10), (3, 1, 20), (4, 0, 30), (5, 1, 40), (6, 0, 50),
      (7, 1, 500), (8, 0, 510), (9, 1, 520), (10, 0, 600)), (0, 9, 600),
     [(0, 50, 2, 0), (500, 600, 1, 6)]),
    ("order is that of EventIds, not of arrival", None,
     ((1, 1, 0), (3, 1, 200), (2, 0, 210)), (1, 1, 0), [(0, None, 1, 0)]),
    ("a late offline is offline between its neighbours", None,
     ((7, 1, 300), (6, 0, 200), (5, 1, 100)), (1, 0, 300),
     [(100, 200, 0, 2), (300, None, 0, 0)]),
    ("a late event changes no later state", None,
     ((7, 0, 300), (6, 1, 400)), (0, 0, 300), [(400, 300, 0, 1)]),
    ("creation counts where it is told, else receipt", None,
     ((1, 1, 0), (2, 0, 500, {"created_us": (BEGIN + 100) * SECOND}),
      (3, 1, 600, {"created_us": (BEGIN + 150) * SECOND}), (4, 0, 700)),
     (0, 3, 700), [(0, 700, 1, 0)]),
    ("an offline time lasts from creation to receipt", None,
     ((1, 1, 0), (2, 0, 190, {"created_us": (BEGIN + 100) * SECOND}),
      (3, 1, 200)), (1, 2, 200), [(0, 100, 0, 0), (200, None, 0, 2)]),
    ("an offline time counts from its first event, whenever it came", None,
     ((1, 1, 0), (3, 0, 20), (2, 0, 100), (4, 1, 120)), (1, 3, 0),
     [(0, None, 1, 0)]),
    ("a flag that cannot be read says nothing", None,
     ((1, None, 0), (2, 1, 10), (3, None, 20), (4, 0, 100), (5, None, 110),
      (6, 1, 160), (7, None, 500)), (1, 5, 10), [(10, None, 1, 1)]),
    ("without a readable flag nothing is known", None,
     ((1, None, 0), (2, None, 10)), (None, 1, None), []),
    ("a conflict says nothing", None,
     ((1, 1, 0), (1, 0, 10, {"verdict": "conflict"}), (2, 1, 20)),
     (1, 2, 0), [(0, None, 0, 0)]),
    ("a conflict that says offline says nothing", None,
     ((1, 1, 0), (2, 1, 100), (2, 0, 101, {"verdict": "conflict"}),
      (3, 1, 200)), (1, 3, 0), [(0, None, 0, 0)]),
    ("a conflict that says online says nothing", None,
     ((1, 1, 0), (2, 0, 100), (2, 1, 110, {"verdict": "conflict"}),
      (3, 0, 130), (3, 1, 131, {"verdict": "conflict"}), (4, 1, 200)),
     (1, 5, 200), [(0, 100, 0, 0), (200, None, 0, 5)]),
    ("a conflict of the latest EventId says nothing", None,
     ((1, 1, 0), (1, 0, 10, {"verdict": "conflict"})), (1, 0, 0),
     [(0, None, 0, 0)]),
    ("a duplicate says nothing", None,
     ((1, 1, 0), (2, 0, 100), (1, 1, 150, {"verdict": "duplicate"}),
      (2, 0, 151, {"verdict": "duplicate"})), (0, 1, 100),
     [(0, 100, 0, 0)]),
    ("an event without a number says nothing", None,
     ((1, 1, 0), (None, 0, 10, {"verdict": "unsequenced"}),
      (None, 1, 20, {"verdict": "unsequenced"})), (1, 0, 0),
     [(0, None, 0, 0)]),
)


@tap.each(with_engines(PERIODS), "{0}: presence: {2}")
def periods(_, engine, what, window, events, now, sessions):
    work, journal, positions = made(flags, events, window)
    online, says, since = now
    with work:
        tap.equal(engine.rows(
            journal.path, "SELECT service_sid, identity, online, event_id, "
            "since, position FROM presence"),
            [(sync.SERVICE, "alice", online, events[says][0], at(since),
              positions[says])], "presence")
        tap.equal(engine.rows(
            journal.path, "SELECT service_sid, identity, started_at, "
            "ended_at, interruptions, event_id, position "
            "FROM presence_sessions ORDER BY event_id"),
            [(sync.SERVICE, "alice", at(started), at(ended), folded,
              events[by][0], positions[by])
             for started, ended, folded, by in sessions], "sessions")


def model(events, window):
    """The same once more, in another way than the views: (online, since), and
    sessions of (started, ended, interruptions), of (EventId, flag, time)."""
    changes = []
    for _, flag, when in sorted(event for event in events
                                if event[1] is not None):
        if not changes or changes[-1][0] != flag:
            changes.append((flag, when))
    sessions = []
    for number, (flag, when) in enumerate(changes):
        if not flag:
            if sessions:
                sessions[-1][1] = when
        elif sessions and when - changes[number - 1][1] <= window:
            sessions[-1][1:] = [None, sessions[-1][2] + 1]
        else:
            sessions.append([when, None, 0])
    if not changes:
        return (None, None), []
    online, when = changes[-1]
    return (online, sessions[-1][0] if online else when), sessions


def anything(journal, chance, window):
    """Many identities, each with events of any order and time; their events."""
    journal.setting("rebalance_window_s", str(window))
    told_of = []
    for number in range(60):
        stream = journal.stream("identity", key="%03d" % number)
        numbers = chance.sample(range(1, 30), chance.randint(1, 14))
        events = []
        for seq in numbers if number % 2 else sorted(numbers):
            flag = chance.choice((0, 0, 1, 1, 1, None))
            seconds = chance.choice((seq, 2 * seq, chance.randrange(40)))
            journal.reach(stream, seq, flag, BEGIN + seconds)
            if chance.randrange(4) == 0:
                journal.reach(stream, seq, 1 - (flag or 0), BEGIN,
                              verdict="conflict")
            events.append((seq, flag, seconds))
        told_of.append(events)
    return told_of


@tap.each(with_engines(((0,), (3,), (12,))), "{0}: presence of any events is "
          "what their set says, with a window of {2} s")
def any_presence(_, engine, window):
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    work, journal, told_of = made(anything, random.Random(seed), window)
    with work:
        want_now, want_sessions = [], []
        for number, events in enumerate(told_of):
            (online, since), sessions = model(events, window)
            want_now.append(("%03d" % number, online, at(since)))
            want_sessions += [("%03d" % number, at(started), at(ended), folded)
                              for started, ended, folded in sessions]
        tap.equal(engine.rows(
            journal.path, "SELECT identity, online, since FROM presence "
            "ORDER BY identity"), want_now, "presence")
        tap.equal(engine.rows(
            journal.path, "SELECT identity, started_at, ended_at, "
            "interruptions FROM presence_sessions "
            "ORDER BY identity, event_id"), want_sessions, "sessions")


def in_two_services(journal):
    """alice in two, of windows 60 and 5, and bob in the second."""
    events = ((1, 1, 0), (2, 0, 100), (3, 1, 150))
    other = journal.add_service(OTHER_SERVICE)
    journal.setting("rebalance_window_s", "90", OTHER_SERVICE)
    journal.setting("rebalance_window_s", "5", OTHER_SERVICE)
    flags(journal, events)
    flags(journal, events, service=other)
    stream = journal.stream("identity", other, "bob")
    journal.reach(stream, 1, 0, BEGIN, "disconnected")


@tap.each(with_engines(((),)), "{0}: an identity of two services is two, each "
          "with the window that was set last")
def two_services(_, engine):
    work, journal, _ = made(in_two_services)
    with work:
        tap.equal(engine.rows(
            journal.path, "SELECT service_sid, identity, online, since, "
            "endpoints FROM presence ORDER BY service_sid <> '%s', identity"
            % sync.SERVICE),
            [(sync.SERVICE, "alice", 1, at(0), 1),
             (OTHER_SERVICE, "alice", 1, at(150), 1),
             (OTHER_SERVICE, "bob", 0, at(0), 0)], "presence")
        tap.equal(engine.rows(
            journal.path, "SELECT service_sid = '%s', started_at, ended_at, "
            "interruptions FROM presence_sessions "
            "ORDER BY service_sid <> '%s', started_at"
            % (sync.SERVICE, sync.SERVICE)),
            [(1, at(0), None, 1), (0, at(0), at(100), 0),
             (0, at(150), None, 0)], "sessions")


def several_endpoints(journal):
    stream = journal.stream("identity")
    for number, online, what, endpoint in (
            (1, 1, "connected", "TN1"), (2, 1, "connected", "TN2"),
            (3, 1, "connected", "TN3"), (5, 1, "disconnected", "TN2"),
            (4, 1, "connected", "TN2"), (6, None, "disconnected", "TN3")):
        journal.reach(stream, number, online, BEGIN + number, what, endpoint)


@tap.each(with_engines(((),)), "{0}: endpoints are those whose latest EventId "
          "is of a connection")
def endpoints(_, engine):
    work, journal, _ = made(several_endpoints)
    with work:
        tap.equal(engine.rows(
            journal.path, "SELECT online, event_id, endpoints FROM presence"),
            [(1, 5, 1)], "presence")


def some_services(journal):
    """One with all, one with nothing, one that deliveries did not name."""
    journal.add_service(OTHER_SERVICE, 16, "letter")
    journal.add_service("")
    journal.setting("webhooks_from_rest", "yes")
    journal.setting("webhooks_from_rest", "no")
    gap("open")(journal)
    stream = journal.stream("list")
    for number in (1, 5, 9):
        journal.event(stream, "list_item_added", number, BEGIN + number)
        journal.gap(stream, number + 1, number + 3,
                    "filled" if number == 5 else "open")


@tap.each(with_engines(((),)), "{0}: services are told with their base, "
          "streams and open gaps")
def services(_, engine):
    work, journal, _ = made(some_services)
    with work:
        rows = engine.rows(
            journal.path, "SELECT account_sid, service_sid, revision_base, "
            "base_reason, webhooks_from_rest, streams, deliveries, "
            "open_gaps, first_received_at FROM services "
            "ORDER BY streams DESC, revision_base DESC")
        tap.equal(rows, [
            (sync.ACCOUNT, sync.SERVICE, 10, "configured", "no", 2, 5, 3,
             at(1)),
            (sync.ACCOUNT, OTHER_SERVICE, 16, "letter", "unknown", 0, 0, 0,
             None),
            (sync.ACCOUNT, None, 10, "configured", "unknown", 0, 0, 0,
             None)], "services")


# Cost

def plan(engine, path, query):
    """The lines of a query plan."""
    if engine is Python:
        return [row[3] for row in engine.rows(
            path, "EXPLAIN QUERY PLAN " + query)]
    return oldsqlite.run(oldsqlite.old_shell(), path,
                         ".eqp on\n%s LIMIT 0;" % query).splitlines()


# The tables that findings may scan: streams, gaps, services, and small ones.
SCANS = re.compile(r"SCAN (?:TABLE |SUBQUERY )?"
                   r"(?:(?:stream_a AS )?s|(?:gap_a AS )?g|"
                   r"(?:gap_action AS )?g|(?:service_a AS )?v|"
                   r"(?:upkeep AS )?u|(?:\d+ AS )?[tf]|"
                   r"(?:event_a AS )?n USING INDEX event_noted_a)\b")


@tap.each(with_engines(((),)), "{0}: findings reads of events those that are "
          "noted, and others by position or number")
def findings_by_index(_, engine):
    work, journal, _ = made(nothing)
    with work:
        lines = plan(engine, journal.path, "SELECT * FROM findings")
        for line in lines:
            tap.true("SCAN" not in line or SCANS.search(line), line)
        tap.equal(sum("event_noted_a" in line for line in lines), 4,
                  "uses of event_noted: %r" % lines)


INDEXED = (
    ("SELECT open_gaps FROM documents", "gap_stream_a (stream_id=? AND <"),
    ("SELECT open_gaps FROM lists", "gap_stream_a (stream_id=? AND <"),
    ("SELECT open_gaps FROM maps", "gap_stream_a (stream_id=? AND <"),
    ("SELECT open_gaps FROM services", "gap_stream_a (stream_id=? AND <"),
    ("SELECT * FROM presence WHERE identity = 'x'", "event_seq_a"),
    ("SELECT * FROM presence_sessions WHERE identity = 'x'", "event_seq_a"),
)


@tap.each(with_engines(INDEXED), "{0}: {2} by the index {3})")
def by_index(_, engine, query, index):
    work, journal, _ = made(nothing)
    with work:
        lines = plan(engine, journal.path, query)
        tap.true(any(index in line for line in lines), repr(lines))
        for line in lines:
            tap.true(not re.search(r"SCAN (TABLE )?(event_a|delivery|[bdelfo])"
                                   r"\b", line), line)


def work_of(path, query):
    """How many thousand instructions SQLite takes for it."""
    count = [0]

    def tick():
        count[0] += 1
    connection = sqlite3.connect(path)
    try:
        connection.set_progress_handler(tick, 1000)
        connection.execute(query).fetchall()
        return count[0]
    finally:
        connection.close()


# What an identity's events say, over and over: "-" cannot be read, "d" is a
# duplicate.
PATTERNS = (
    ("online all the time", "1", ""), ("offline all the time", "0", ""),
    ("once offline for long", "0", "1"), ("to and fro", "10", ""),
    ("flags that cannot be read", "-", "01"), ("duplicates", "d", "01"),
    ("runs of both", "1" * 20 + "0" * 20, ""),
)


def repeats(journal, pattern, last, count, step):
    text = ("1" + pattern * count)[:count] + last
    flags(journal, [
        (1 if said == "d" else number,
         int(said) if said in "01" else None, number * step,
         {"verdict": "duplicate" if said == "d" else "in_order"})
        for number, said in enumerate(text, 1)])


@tap.each(PATTERNS, "the cost of presence grows as the events do: {0}")
def linear(_, pattern, last):
    for step in (1, 600):  # folded away, and not
        cost = []
        for count in (500, 2000):
            work, journal, _ = made(repeats, pattern, last, count, step)
            with work:
                cost.append([work_of(journal.path, "SELECT * FROM " + view)
                             for view in ("presence", "presence_sessions")])
        for few, many in zip(*cost):
            tap.true(many <= 4 * few + 8, "%d times a thousand instructions "
                     "for 500 events, %d for 2000" % (few, many))


# The same by deliveries, through the responder.

def listed(*events):
    """A list with its first items, 0 to 2, and then these events."""
    return [sync.collection("list", "created")] + [
        sync.item("list", "added", number, number) for number in range(3)
    ] + list(events)


def without(event, *names):
    return {name: value for name, value in event.items() if name not in names}


# What is delivered, the kinds of finding of the last delivery, the rest of the
# service's configuration.
DELIVERED = (
    ("26 and 27 missing", [sync.document("updated", n) for n in (25, 28)],
     ["open_gap error"], ""),
    ("26 and 27 late", [sync.document("updated", n) for n in (25, 28, 26, 27)],
     [], ""),
    ("26 missing, but REST is silent",
     [sync.document("updated", n) for n in (25, 27)],
     ["open_gap notice"], "webhooks_from_rest = no\n"),
    ("a write through REST, though there are to be none",
     [without(sync.document("updated", 1, Identity="system"), "EndpointId")],
     ["rest_contradicted warning"], "webhooks_from_rest = no\n"),
    ("somebody who is called system", [
        sync.document("updated", 1, Identity="system")], [],
     "webhooks_from_rest = no\n"),
    ("an item's event missing", listed(sync.item("list", "added", 4, 4)),
     ["open_gap error"], ""),
    ("a number with two contents",
     [sync.document("updated", 25), sync.document("updated", 25, data="{}")],
     ["conflict error"], ""),
    ("a removal with two contents",
     listed(sync.collection("list", "removed", 4),
            sync.collection("list", "removed", 4, Identity="bob")),
     ["conflict error"], ""),
    ("a duplicate", [sync.document("updated", 25)] * 2, [], ""),
    ("a number that cannot be read", [sync.document("updated", "x1")],
     ["malformed warning", "unsequenced error"], ""),
    ("a list's revision that does not rise",
     listed(sync.item("list", "added", 3, 3, ListRevision="3")),
     ["revision_regressed error"], ""),
    ("an item's revision that does not rise",
     listed(sync.item("list", "updated", 3, 2, ItemRevision="2")),
     ["revision_regressed error"], ""),
    ("revisions that rise", listed(sync.item("list", "updated", 3, 2)), [],
     ""),
    ("no data", [without(sync.document("updated", 1), "DocumentData")],
     ["malformed warning"], ""),
    ("an unknown type", [dict(sync.document("updated", 1),
                              EventType="of_the_future")],
     ["malformed warning"], ""),
    ("an update after the removal",
     [sync.document("created", 0, data="{}"), sync.document("updated", 1),
      sync.document("removed", 1), sync.document("updated", 2)],
     ["after_removal warning"], ""),
    ("an update before the removal",
     [sync.document("created", 0, data="{}"), sync.document("updated", 2),
      sync.document("removed", 2), sync.document("updated", 1)], [], ""),
    ("an item after the list's removal",
     listed(sync.collection("list", "removed", 3),
            sync.item("list", "added", 3, 3)),
     ["after_removal warning"], ""),
    ("an item of the list's removal",
     listed(sync.collection("list", "removed", 4),
            sync.item("list", "added", 3, 3)), [], ""),
    ("online without an endpoint",
     [sync.endpoint("disconnected", 1, online=True)],
     ["presence_contradicted warning"], ""),
    ("offline with an endpoint", [sync.endpoint("connected", 1, online=False)],
     ["presence_contradicted warning"], ""),
    ("offline without an endpoint",
     [sync.endpoint("connected", 1), sync.endpoint("disconnected", 3)], [],
     ""),
    ("a removal with a number of its own",
     [sync.document("created", 0, data="{}"), sync.document("removed", 1)],
     ["update_or_removal_unknown info"], ""),
    ("a removal with the head's number",
     [sync.document("created", 0, data="{}"), sync.document("removed", 0)],
     [], ""),
    ("9 and 10 in a base that is assumed",
     [sync.document("updated", n) for n in (9, 10)], ["base_assumed notice"],
     "revision_base = auto\n"),
    ("a and 10 in a base that is learned",
     [sync.document("updated", n) for n in ("a", "10")], ["open_gap error"],
     "revision_base = auto\n"),
    ("9 and a in a base that is learned",
     [sync.document("updated", n) for n in ("9", "a")], [],
     "revision_base = auto\n"),
)


def settled(site):
    """Once the responder has read anew what a new base changes."""
    tap.until(lambda: not site.journal.rows(
        "SELECT * FROM findings WHERE kind = 'recomputation'"),
        "the recomputation's end")


@tap.each(DELIVERED, "delivered: {0}: {2}")
def delivered(what, events, kinds, settings):
    more = "[service %s]\n%s" % (sync.SERVICE, settings)
    if "revision_base" not in settings:
        more += "revision_base = decimal\n"
    with harness.Site(more=more) as site:
        for event in events:
            answer = site.accepted(event)
        settled(site)
        tap.equal(site.journal.rows(
            "SELECT kind || ' ' || severity, service_sid, position "
            "FROM findings ORDER BY 1"),
            [(kind, sync.SERVICE, answer.position) for kind in kinds],
            "findings")


@tap.test("an explanation of decimal numbers is void once they are hexadecimal")
def void_explanation():
    program = os.path.join(harness.BUILDDIR, "syncjournal")
    setting = "[service %s]\nrevision_base = %%s\n" % sync.SERVICE
    with harness.Site(more=setting % "decimal") as site:
        for number in (9, 12):
            site.accepted(sync.document("updated", number))
        (gap_id, opened), = site.journal.rows(
            "SELECT gap_id, opened_by FROM gaps WHERE state = 'open'")
        query = "SELECT kind, position FROM findings"
        tap.equal(site.journal.rows(query), [("open_gap", opened)],
                  "findings before it")
        subprocess.run([program, "--config", site.config, "gap", "explain",
                        str(gap_id), "--reason", "a test"], check=True,
                       capture_output=True, timeout=60)
        tap.equal(site.journal.rows(query), [], "findings after it")
        action = site.journal.one("SELECT max(position) FROM actions")
        site.configure(more=setting % "hex")
        site.responder.restart()
        tap.until(site.responder.answers, "the responder with another base")
        site.accepted(sync.document("updated", "13"))
        settled(site)
        tap.equal(site.journal.rows(query + " ORDER BY position"),
                  [("open_gap", opened), ("explanation_void", action)],
                  "findings afterwards")
        tap.true("revisions 10 to 11" in site.journal.one(
            "SELECT detail FROM findings WHERE kind = 'explanation_void'"),
            "the numbers that were explained")


@tap.test("the codes that these tests use are the program's")
def words():
    with harness.Site() as site:
        tap.equal(site.journal.rows(
            "SELECT domain, code, name FROM word WHERE domain IN (%s) "
            "ORDER BY domain, code" % ", ".join("'%s'" % d for d in WORDS)),
            [(domain, number, word) for domain in sorted(WORDS)
             for number, word in enumerate(WORDS[domain], 1)], "words")


def deliverable(events):
    """Times of creation can be delivered, to the millisecond; times of receipt
    cannot."""
    return all(seconds == round(seconds, 3) and
               not any("created_us" in columns for columns in more)
               for _, _, seconds, *more in events)


def reachability(service, number, flag, seconds):
    """EventId and flag None: what cannot be read."""
    when = told(BEGIN + seconds).replace(" ", "T") + "Z"
    event = sync.endpoint("connected", number, identity="alice",
                          ServiceSid=service, DateCreated=when)
    event["IsIdentityOnline"] = {1: "true", 0: "FALSE", None: "maybe"}[flag]
    event["EventId"] = "x" if number is None else str(number)
    return event


@tap.test("delivered with these times, presence is the same")
def periods_delivered():
    rows = [(sync.sid("IS", number),) + row
            for number, row in enumerate(PERIODS, 1) if deliverable(row[2])]
    tap.true(len(rows) >= 20, "rows")
    more = "".join("[service %s]\nrebalance_window_s = %d\n" % (sid, window)
                   for sid, _, window, *_ in rows if window is not None)
    with harness.Site(more=more) as site:
        for service, what, _, events, now, sessions in rows:
            positions = []
            for number, flag, seconds, *columns in events:
                answer = site.accepted(reachability(service, number, flag,
                                                    seconds))
                positions.append(answer.position)
                for verdict in dict(*columns).values():
                    tap.equal(answer.verdict, verdict, what)
            online, says, since = now
            tap.equal(site.journal.rows(
                "SELECT online, event_id, since, position FROM presence "
                "WHERE service_sid = ?", (service,)),
                [(online, events[says][0], at(since), positions[says])],
                "presence: " + what)
            tap.equal(site.journal.rows(
                "SELECT started_at, ended_at, interruptions, position "
                "FROM presence_sessions WHERE service_sid = ? "
                "ORDER BY event_id", (service,)),
                [(at(started), at(ended), folded, positions[by])
                 for started, ended, folded, by in sessions],
                "sessions: " + what)


if __name__ == "__main__":
    tap.main()
