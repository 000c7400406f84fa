#!/usr/bin/python3
"""What show says of any moment, beside a model that is written after the words
of src/audit/past.h, over histories at random: late, twice, contradicted,
missing, without a usable number, time or key.

PAST_SEED makes the same histories again, PAST_QUESTIONS is how many are
asked."""
import csv
import hashlib
import io
import os
import random
import sqlite3
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
SEED = int(os.environ.get("PAST_SEED", random.randrange(1 << 32)))
QUESTIONS = int(os.environ.get("PAST_QUESTIONS", "600"))
TIMEOUT_S = 60
OBJECTS = 60
SERVICE = sync.sid("IS", 77)
BEGIN_S = 1772355600  # 2026-03-01 09:00:00
END_MS = 10 ** 9
UNUSABLE = ("x9", "-3", "", "1.5", "9" * 20)
UNREADABLE = ("soon", "2026-13-41T00:00:00Z", "")


def text_of(ms):
    seconds, ms = divmod(BEGIN_S * 1000 + ms, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) \
        + ".%03dZ" % ms


# ---------------------------------------------------------------------------
# Histories

class Event:
    def __init__(self, chance, what, number, ms, item=None):
        self.what, self.number, self.item = what, number, item
        self.created_ms = ms if chance.random() < 0.85 else None
        self.date = text_of(ms) if self.created_ms is not None \
            else chance.choice(UNREADABLE)
        self.unusable = chance.choice(UNUSABLE)
        self.data = None if what.endswith("removed") \
            else str(chance.randrange(10 ** 9))
        self.position = self.received_ms = None

    def is_item(self):
        return self.what.startswith("item_")

    def ms(self):
        return self.received_ms if self.created_ms is None else self.created_ms

    def form(self, thing):
        word = sync.PARAMETER[thing.kind]
        number = self.unusable if self.number is None else str(self.number)
        event = {"EventType": "%s_%s" % (thing.kind, self.what),
                 "AccountSid": sync.ACCOUNT, "ServiceSid": SERVICE,
                 "DateCreated": self.date, word + "Sid": thing.sid}
        if thing.kind == "document":
            event["DocumentRevision"] = number
        if self.is_item():
            event["EventId"] = number
        if self.item is not None:
            event[sync.ITEM[thing.kind]] = self.item
        if self.data is not None:
            event["ItemData" if self.is_item() else "DocumentData"] = self.data
        return sync.form(event)


class Thing:
    def __init__(self, chance, kind, number):
        self.kind = kind
        self.sid = sync.sid(sync.PREFIX[kind], 1000 + number)
        self.items = () if kind == "document" else ("0", "1", "2")
        self.events = []
        self._live(chance)
        self._disturb(chance)

    def _live(self, chance):
        number = chance.choice((0, 0, 1, 1, 2, 5))
        ms = chance.randrange(60000)
        alive = set()
        if self.items and chance.random() < 0.6:
            self._add(chance, "created", None, ms)
        for i in range(chance.randrange(9)):
            ms = max(0, ms + chance.choice((1, 1000, 5000, 60000, -2000)))
            item, what = None, "updated"
            if self.items:
                item = chance.choice(self.items)
                what = "item_updated" if item in alive else "item_added"
                if item in alive and chance.random() < 0.3:
                    what = "item_removed"
                (alive.discard if what == "item_removed" else alive.add)(item)
                if chance.random() < 0.02:
                    item = None
            elif i == 0 and chance.random() < 0.6:
                what = "created"
            self._add(chance, what, number, ms, item)
            number += 1 if chance.random() < 0.9 else 3
        for i in range(chance.choice((0, 0, 0, 1, 2))):
            self._add(chance, "removed", None if self.items else
                      chance.choice((None, number - 1 if number else 0,
                                     number)),
                      max(0, ms + chance.randrange(-4000, 9000)))
        if chance.random() < 0.3:
            self._add(chance, "item_updated" if self.items else "updated",
                      None, chance.randrange(ms + 9000),
                      chance.choice(self.items) if self.items else None)

    def _add(self, chance, *what):
        self.events.append(Event(chance, *what))

    def _disturb(self, chance):
        self.events = [one for one in self.events if chance.random() < 0.9]
        for one in list(self.events):
            if chance.random() < 0.1:
                self._add(chance, one.what, one.number, chance.randrange(9000),
                          one.item)
        if chance.random() < 0.7:
            chance.shuffle(self.events)

    # -----------------------------------------------------------------------
    # What past.h says

    def versions(self):
        """The first of each number; a document's removal is behind it."""
        first = {}
        for one in self.events:
            if one.number is not None:
                first.setdefault((one.number, one.what == "removed"), one)
        return dict(sorted(first.items()))

    def missing(self):
        seen = {number for number, _ in self.versions()}
        if not seen:
            return set()
        missing = set(range(max(seen))) - seen
        created = [one for one in self.events if one.what == "created"]
        if self.items:
            # 0 where only 0 is unobserved
            return missing - {0} if created or min(seen) == 1 else missing
        return {number for number in missing
                if not created or number > max(one.number for one in created)}

    def at(self, ms, item):
        versions = self.versions()
        last = max((key for key, one in versions.items() if one.ms() <= ms),
                   default=None)
        after = min((key[0] for key in versions
                     if last is None or key[0] > last[0]), default=None)
        if self._is_removed(ms, versions, last):
            return "removed", None
        if last is None:
            created = [one for one in self.events if one.what == "created"]
            if not created or (not self.items and created[0].number is None):
                return "unknown", None
            if created[0].created_ms is None and created[0].ms() > ms:
                return "unknown", None
            if not self.items or created[0].ms() > ms:
                return "not yet", None
        if self.items:
            return self._item_at(ms, item, versions, last, after)
        doubt = self._doubt(ms, None, versions, last, after, last[0] + 1)
        return ("unknown" if doubt else "known"), versions[last]

    def _is_removed(self, ms, versions, last):
        removals = [one for one in self.events if one.what == "removed"]
        if self.items:
            return bool(removals) and removals[0].ms() <= ms
        return any(one.number is None and one.ms() <= ms for one in removals) \
            or last is not None and any(key <= last and key[1]
                                        for key in versions)

    def _item_at(self, ms, item, versions, last, after):
        own = [one for one in versions.values() if one.item == item]
        then = [one for one in own if last and one.number <= last[0]]
        first = then[-1].number + 1 if then else 0
        if self._doubt(ms, item, versions, last, after, first):
            return "unknown", then[-1] if then else None
        if then:
            removed = then[-1].what == "item_removed"
            return ("removed" if removed else "known"), then[-1]
        if own and own[0].what != "item_added":
            return "unknown", None
        return ("not yet" if own else "never"), None

    def _doubt(self, ms, item, versions, last, after, first):
        following = min((key for key in versions if key[0] == after),
                        default=None)
        if ms != END_MS and following is not None and \
                versions[following].created_ms is None:
            return True
        if any(first <= number and (after is None or number < after)
               for number in self.missing()):
            return True
        if any(one.is_item() and one.item is None and
               first <= one.number <= last[0]
               for one in versions.values() if last):
            return True
        since = versions[last].ms() if last else -1
        return after is None and any(
            one.number is None and one.what not in ("created", "removed")
            and since < one.ms() <= ms and one.item == item
            for one in self.events)

    def whole_at(self, ms):
        """Its items, or None where they are not all known."""
        of_each = {item: self.at(ms, item) for item in self.items}
        nameless = self.at(ms, "no such item")
        answers = [answer for answer, _ in of_each.values()] + [nameless[0]]
        return {item: one.data for item, (answer, one) in of_each.items()
                if answer == "known"} if "unknown" not in answers else None


def write(path, things, chance):
    """Append them to the record, in an order at random that keeps each
    object's own; a rebuild does the rest."""
    waiting = [list(thing.events) for thing in things]
    order = [i for i, events in enumerate(waiting) for _ in events]
    chance.shuffle(order)
    connection = sqlite3.connect(path)
    position, = connection.execute(
        "SELECT max((SELECT max(position) FROM delivery), "
        "(SELECT max(position) FROM action))").fetchone()
    for n, i in enumerate(order):
        one = waiting[i].pop(0)
        one.position = position + 1 + n
        one.received_ms = n * 500 + chance.randrange(9000)
        body = one.form(things[i])
        connection.execute(
            "INSERT INTO delivery (position, received_us, evidence_id, "
            "signature, body, body_sha256) VALUES (?, ?, 1, 'x', ?, ?)",
            (one.position, (BEGIN_S * 1000 + one.received_ms) * 1000, body,
             hashlib.sha256(body).digest()))
    connection.commit()
    connection.close()


def run(path, *words):
    return subprocess.run([PROGRAM, "--journal", path, *words],
                          capture_output=True, timeout=TIMEOUT_S, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env=harness.clean_environment())


WORDS = {"known": ("",), "removed": (" was removed: ",),
         "not yet": (" was not there yet: ",), "never": (" was never there",),
         "unknown": (" not known", "has a usable number", "no addition")}


def check(path, thing, ms, item):
    words = ["show", thing.kind, thing.sid, "--raw"]
    words += ["--item", item] if thing.items else []
    words += [] if ms == END_MS else ["--at", text_of(ms)]
    answer, one = thing.at(ms, item)
    done = run(path, *words)
    asked = " ".join(words)
    tap.equal(done.returncode, int(answer != "known"),
              "status of %s, which is %s: %s" % (asked, answer, done.stderr))
    tap.equal(done.stdout, one.data if answer == "known" else "", asked)
    tap.true(any(words in done.stderr for words in WORDS[answer]),
             "%s is %s: %s" % (asked, answer, done.stderr))
    if answer == "unknown":
        done = run(path, *words, "--partial")
        tap.equal(done.stdout, one.data if one is not None and
                  one.data is not None else "", asked + " --partial")


def check_whole(path, thing, ms):
    words = ["show", thing.kind, thing.sid, "--format", "csv"]
    words += [] if ms == END_MS else ["--at", text_of(ms)]
    done = run(path, *words)
    got = {row["item"]: row["data"]
           for row in csv.DictReader(io.StringIO(done.stdout))}
    want = thing.whole_at(ms)
    answer = thing.at(ms, "no such item")[0]
    if answer in ("removed", "not yet"):
        want = None
    tap.equal((done.returncode, got), (int(want is None), want or {}),
              "%s: %s" % (" ".join(words), done.stderr))


@tap.test("show says of each moment what its words say, and no more")
def moments():
    tap.note("PAST_SEED=%d" % SEED)
    chance = random.Random(SEED)
    with harness.Work() as work:
        path = work.path("journal.db")
        golden.make_sample(path)
        things = [Thing(chance, chance.choice(("document", "list", "map")), i)
                  for i in range(OBJECTS)]
        things = [thing for thing in things if thing.events]
        write(path, things, chance)
        done = run(path, "rebuild")
        tap.equal(done.returncode, 0, done.stderr)
        for _ in range(QUESTIONS):
            thing = chance.choice(things)
            ms = chance.choice([END_MS] + [max(0, one.ms() + near)
                                           for one in thing.events
                                           for near in (-1, 0, 1)])
            if thing.items and chance.random() < 0.3:
                check_whole(path, thing, ms)
            else:
                check(path, thing, ms, chance.choice(thing.items)
                      if thing.items else None)


tap.main()
