#!/usr/bin/python3
"""What the journal says does not depend on the order of arrival, and each
verdict is that of docs/design.md section 2. Through the responder alone."""
import itertools
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

KINDS = ("document", "list", "map")
CREATION = "creation"


def event(kind, number, stream, creation_at=0):
    """The ordinary event of a number, or the creation, on a stream."""
    if number == CREATION:
        if kind == "document":
            return sync.document("created", creation_at, stream, "{}")
        return sync.collection(kind, "created", 0, stream)
    data = '{"at":%d}' % number
    if kind == "document":
        return sync.document("updated", number, stream, data)
    return sync.item(kind, "updated", number, 0, stream, data)


def key(kind, stream):
    return sync.sid(sync.PREFIX[kind], stream)


def missing(site, kind, stream):
    """The intervals that are not observed, with their state."""
    return site.journal.rows(
        "SELECT state, first_missing, last_missing FROM gaps "
        "WHERE stream_kind = ? AND stream_key = ? AND state <> 'filled' "
        "ORDER BY first_missing", (kind, key(kind, stream)))


def state(site, kind, stream):
    """The state now; positions and names, that differ by stream, left out."""
    if kind == "document":
        return site.journal.rows(
            "SELECT revision, data, removed, open_gaps FROM documents "
            "WHERE document_sid = ?", (key(kind, stream),))
    index = "item_index" if kind == "list" else "item_key"
    return site.journal.rows(
        "SELECT revision, items, removed, open_gaps FROM %ss "
        "WHERE %s_sid = ?" % (kind, kind), (key(kind, stream),)
    ) + site.journal.rows(
        "SELECT %s, data, item_revision, event_id FROM %s_items "
        "WHERE %s_sid = ?" % (index, kind, kind), (key(kind, stream),))


def intervals(numbers, label):
    """Sorted numbers as intervals."""
    out = []
    for n in numbers:
        if out and out[-1][2] == n - 1:
            out[-1] = (label, out[-1][1], n)
        else:
            out.append((label, n, n))
    return out


def model(kind, numbers, creation_at=0):
    """What must be missing, said once more and in another way than the
    program does: from the set of deliveries (docs/design.md section 2)."""
    created = CREATION in numbers
    seen = {n for n in numbers if n != CREATION}
    if created and kind == "document":
        seen.add(creation_at)
    if not seen:
        return []
    low, high = min(seen), max(seen)
    gone = range(creation_at) if created and kind == "document" else ()
    between = {n for n in range(low, high) if n not in seen
               and n not in gone}
    below = {n for n in range(low) if n not in gone}
    if created and kind != "document":
        between |= {n for n in below if n >= 1}
        below -= between
    rows = intervals(sorted(between), "open")
    if kind == "document":
        rows += intervals(sorted(below), "unobserved")
    else:
        rows += intervals(sorted(below - {0}), "unobserved")
        rows += intervals(sorted(below & {0}), "unobserved")
    return sorted(rows, key=lambda row: row[1])


SETS = tuple(
    (kind, members)
    for kind in KINDS
    for members in ((25, 27), (25, 26, 27), (5, CREATION, 2), (CREATION, 1),
                    (CREATION, 0), (3, CREATION), (0, 2), (1, 3, 5, 7))
    # a document's creation is its number 0: that would be a conflict, and of
    # conflicts the first is the state
    if (kind, members) != ("document", (CREATION, 0)))


@tap.each(SETS, "on a {} the set {} gives the same in every order")
def every_order(kind, members):
    with harness.Site() as site:
        states = set()
        orders = list(itertools.permutations(members))
        for stream, order in enumerate(orders, 1):
            for number in order:
                site.accepted(event(kind, number, stream))
            tap.equal(missing(site, kind, stream), model(kind, members),
                      "missing after %s" % (order,))
            states.add(tuple(state(site, kind, stream)))
        tap.equal(len(states), 1, "states %r" % states)


@tap.each((1, 3, 6), "a creation at {} removes what is missing below it, in "
          "every order")
def creation_at_a_number(at):
    members = (2, 5, CREATION, 8)
    with harness.Site() as site:
        for stream, order in enumerate(itertools.permutations(members), 1):
            for number in order:
                site.accepted(event("document", number, stream, at))
            tap.equal(missing(site, "document", stream),
                      model("document", members, at),
                      "missing after %s" % (order,))


@tap.each(KINDS, "on a {} any numbers in any order leave what the set says")
def random_orders(kind):
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    chance = random.Random(seed)
    with harness.Site() as site:
        for stream in range(1, 41):
            numbers = chance.sample(range(16), chance.randint(1, 9))
            numbers += [CREATION] * chance.randint(0, 1)
            if kind == "document" and CREATION in numbers:
                numbers = [n for n in numbers if n != 0]
            chance.shuffle(numbers)
            for number in numbers:
                site.accepted(event(kind, number, stream))
            tap.equal(missing(site, kind, stream), model(kind, numbers),
                      "missing after %s" % numbers)


@tap.each(KINDS, "25, 27, 26 on a {}: ahead, late, no gap open, state of 27")
def twenty_five(kind):
    with harness.Site() as site:
        answers = [site.accepted(event(kind, n, 1)) for n in (25, 27, 26)]
        tap.equal([a.verdict for a in answers], ["baseline", "ahead", "late"],
                  "verdicts")
        tap.equal(missing(site, kind, 1), model(kind, (25, 26, 27)),
                  "missing")
        tap.equal(site.journal.rows(
            "SELECT first_missing, last_missing, opened_by, filled_by "
            "FROM gaps WHERE state = 'filled'"),
            [(26, 26, answers[1].position, answers[2].position)], "filled")
        tap.equal(site.journal.rows(
            "SELECT position, seq, head, behind, verdict "
            "FROM stale_deliveries"),
            [(answers[2].position, 26, 27, 1, "late")], "stale")
        now = state(site, kind, 1)
        tap.true('{"at":27}' in now[-1], "state is that of 27: %r" % now)
        tap.equal(now[0][-1], 0, "open_gaps")
        tap.equal(site.journal.rows(
            "SELECT first_seq, head, observed, missing FROM streams"),
            [(25, 27, 3, 0)], "stream")


@tap.each(KINDS, "1, 10, 5 on a {}: a late number splits its gap in two")
def split(kind):
    with harness.Site() as site:
        for number in (1, 10, 5):
            site.accepted(event(kind, number, 1))
        tap.equal([row for row in missing(site, kind, 1)
                   if row[0] == "open"],
                  [("open", 2, 4), ("open", 6, 9)], "open")
        tap.equal(site.journal.rows(
            "SELECT first_missing, last_missing FROM gaps "
            "WHERE state = 'filled'"), [(5, 5)], "filled")
        tap.equal(site.journal.rows(
            "SELECT first_seq, head, observed, missing FROM streams"),
            [(1, 10, 3, 7)], "stream")


@tap.test("an identity's numbers only rise: holes are no gaps")
def identity():
    with harness.Site() as site:
        answers = [site.accepted(sync.endpoint("connected", n))
                   for n in (3, 7, 5, 9, 9)]
        tap.equal([a.verdict for a in answers],
                  ["baseline", "in_order", "late", "in_order", "duplicate"],
                  "verdicts")
        tap.equal(site.journal.rows("SELECT * FROM gaps"), [], "gaps")
        tap.equal(site.events("behind"), [(0,), (0,), (2,), (0,), (0,)],
                  "behind")
        tap.equal(site.journal.rows(
            "SELECT stream_kind, stream_key, first_seq, head, observed "
            "FROM streams"),
            [("identity", "alice@example.com", 3, 9, 4)], "stream")


@tap.each(KINDS + ("identity",),
          "on a {} a delivery again is a duplicate, another content a "
          "conflict")
def duplicates(kind):
    if kind == "identity":
        first = sync.endpoint("connected", 4)
        other = sync.endpoint("connected", 4, online=False)
    else:
        first, other = event(kind, 4, 1), event(kind, 4, 1)
        name = "DocumentData" if kind == "document" else "ItemData"
        other[name] = '{"another":true}'
    again = dict(first, RetryCount="1")
    if kind != "identity":
        again["DateCreated"] = "2023-11-07T11:58:00.000Z"
    with harness.Site() as site:
        verdicts = [site.accepted(e).verdict
                    for e in (first, again, other, other, first)]
        tap.equal(verdicts, ["baseline", "duplicate", "conflict",
                             "duplicate", "duplicate"], "verdicts")
        tap.equal(site.deliveries(), 5, "all are kept")
        tap.equal(site.journal.one("SELECT observed FROM streams"), 1,
                  "observed")
        if kind == "document":
            tap.equal(site.journal.rows(
                "SELECT verdict, data FROM document_revisions "
                "ORDER BY position"),
                [("baseline", first["DocumentData"]),
                 ("conflict", other["DocumentData"])], "revisions")
        if kind != "identity":
            now = state(site, kind, 1)
            tap.true('{"at":4}' in now[-1],
                     "the first journaled is the state: %r" % now)


@tap.each(("list", "map"), "the creation and removal of a {} are lifecycle, "
          "repeats by content")
def lifecycle(kind):
    created = sync.collection(kind, "created")
    removed = sync.collection(kind, "removed", 3)
    other = sync.collection(kind, "removed", 4)
    with harness.Site() as site:
        verdicts = [site.accepted(e).verdict for e in (
            created, dict(created, RetryCount="1"), removed, removed, other,
            event(kind, 1, 1))]
        tap.equal(verdicts, ["lifecycle", "duplicate", "lifecycle",
                             "duplicate", "conflict", "baseline"],
                  "verdicts")
        tap.equal(site.journal.rows(
            "SELECT items, removed FROM %ss" % kind), [(0, 1)],
            "it stays removed")
        tap.equal(site.journal.rows("SELECT * FROM %s_items" % kind), [],
                  "items")


UNUSABLE = (None, "", "-1", "+5", " 5", "5 ", "5x", "0x5", "5.0",
            "9223372036854775808", "99999999999999999999999999", "\u0665")
USABLE = (("0", 0), ("007", 7), ("9223372036854775807", 2 ** 63 - 1))


@tap.each(KINDS + ("identity",),
          "on a {} an unusable number is unsequenced, with the problem")
def unsequenced(kind):
    name = "DocumentRevision" if kind == "document" else "EventId"
    with harness.Site() as site:
        for number in UNUSABLE:
            parameters = sync.numbered(kind, 5)
            del parameters[name]
            if number is not None:
                parameters[name] = number
            answer = site.accepted(parameters)
            tap.equal(answer.verdict, "unsequenced", "of %r" % number)
            tap.equal(site.journal.rows(
                "SELECT seq, verdict, instr(problem, ?) > 0 FROM events "
                "WHERE position = ?", (name, answer.position)),
                [(None, "unsequenced", 1)], "event of %r" % number)
        tap.equal(site.journal.rows("SELECT * FROM gaps"), [], "gaps")


@tap.each(USABLE, "the number {} is read as {} and its text is kept")
def usable(text, number):
    parameters = sync.document("updated", text)
    with harness.Site() as site:
        answer = site.accepted(parameters)
        tap.equal(answer.verdict, "baseline", "verdict")
        tap.equal(site.events("seq, revision, revision_text, problem"),
                  [(number, number, text, None)], "event")


# Events on one document: (what, number), and the verdict of each.
REMOVALS = (
    ("the head", ("updated", 5), ("removed", 5), "in_order"),
    ("head + 1", ("updated", 5), ("removed", 6), "in_order"),
    ("head + 2", ("updated", 5), ("removed", 7), "ahead"),
    ("head - 1", ("updated", 5), ("removed", 4), "late"),
)


@tap.each(REMOVALS, "the removal of a document with {0} is {3}")
def removal(_, first, second, verdict):
    with harness.Site() as site:
        site.accepted(sync.document(*first))
        tap.equal(site.accepted(sync.document(*second)).verdict, verdict,
                  "verdict")
        tap.equal(site.journal.rows("SELECT removed FROM documents"), [(1,)],
                  "removed")
        tap.equal(site.accepted(sync.document(*second)).verdict, "duplicate",
                  "the removal again")


@tap.test("an update of a removal's number after it is late, and the document "
          "stays removed")
def update_after_removal():
    with harness.Site() as site:
        verdicts = [site.accepted(e).verdict for e in (
            sync.document("updated", 5), sync.document("removed", 6),
            sync.document("updated", 6), sync.document("updated", 4))]
        tap.equal(verdicts, ["baseline", "in_order", "late", "late"],
                  "verdicts")
        tap.equal(site.journal.rows(
            "SELECT removed, open_gaps FROM documents"), [(1, 0)], "state")


# Sets whose every order must leave the same state and the same gaps: (kind,
# what it is about, a function that gives the events on a stream).
STATES = (
    ("document", "an update with the removal's number", lambda n: [
        sync.document("updated", 5, n), sync.document("updated", 6, n),
        sync.document("removed", 6, n), sync.document("updated", 8, n)]),
    ("document", "a removal among updates", lambda n: [
        sync.document("created", 0, n), sync.document("updated", 1, n),
        sync.document("removed", 3, n), sync.document("updated", 4, n)]),
    ("document", "two removals", lambda n: [
        sync.document("updated", 5, n), sync.document("removed", 6, n),
        sync.document("removed", 8, n), sync.document("updated", 9, n)]),
) + tuple(row for kind in ("list", "map") for row in (
    (kind, "an item removed and added again", lambda n, kind=kind: [
        sync.item(kind, "added", 1, 0, n), sync.item(kind, "removed", 2, 0, n),
        sync.item(kind, "added", 4, 0, n), sync.item(kind, "added", 5, 1, n)]),
    (kind, "an item removed last", lambda n, kind=kind: [
        sync.item(kind, "added", 1, 0, n), sync.item(kind, "updated", 2, 0, n),
        sync.item(kind, "removed", 4, 0, n)]),
    (kind, "the removal of it all", lambda n, kind=kind: [
        sync.collection(kind, "created", 0, n),
        sync.item(kind, "added", 1, 0, n),
        sync.collection(kind, "removed", 5, n),
        sync.item(kind, "updated", 4, 0, n)])))


@tap.each(STATES, "on a {0}, {1}: the same state and gaps in every order")
def states_in_every_order(kind, _, events):
    with harness.Site() as site:
        seen = set()
        count = len(events(1))
        for stream, order in enumerate(itertools.permutations(range(count)),
                                       1):
            for place in order:
                site.accepted(events(stream)[place])
            seen.add((tuple(missing(site, kind, stream)),
                      tuple(state(site, kind, stream))))
        tap.equal(len(seen), 1, "states %r" % seen)


@tap.each(("list", "map"), "on a {} a late addition does not bring a removed "
          "item back, a new one does")
def tombstone(kind):
    with harness.Site() as site:
        def items():
            return site.journal.rows("SELECT event_id FROM %s_items" % kind)
        site.accepted(sync.item(kind, "removed", 27, 0))
        site.accepted(sync.item(kind, "added", 25, 0))
        site.accepted(sync.item(kind, "updated", 26, 0))
        tap.equal(items(), [], "items after late ones")
        site.accepted(sync.item(kind, "added", 28, 0))
        tap.equal(items(), [(28,)], "items after a later one")


@tap.test("streams of other services, accounts, kinds and keys are others")
def keys():
    events = [
        sync.document("updated", 5), sync.document("updated", 5, number=2),
        sync.document("updated", 5, ServiceSid=sync.sid("IS", 2)),
        sync.document("updated", 5, AccountSid=sync.OTHER_ACCOUNT),
        sync.item("list", "added", 5, 0), sync.item("map", "added", 5, "k"),
        sync.endpoint("connected", 5),
        sync.endpoint("connected", 5, identity="Alice@example.com")]
    with harness.Site(accounts={"*": [sync.TOKEN]}) as site:
        for one in events:
            tap.equal(site.accepted(one).verdict, "baseline", repr(one))
        tap.equal(site.journal.one("SELECT count(*) FROM streams"),
                  len(events), "streams")


@tap.test("each answer's position and verdict are those in the journal")
def headers():
    chance = random.Random(1)
    with harness.Site() as site:
        told = []
        for _ in range(300):
            kind = chance.choice(KINDS + ("identity",))
            number = chance.randrange(12)
            answer = site.accepted(sync.numbered(
                kind, number, '{"n":%d}' % chance.randrange(2)))
            told.append((answer.position, answer.verdict))
        tap.equal(site.events("position, verdict"), told, "journal")
        tap.equal(len({verdict for _, verdict in told}), 6,
                  "kinds of verdict that occurred")


@tap.test("a restarted responder judges on as if it had not stopped")
def restarts():
    with harness.Site(start="fd0") as site:
        for number, verdict in ((25, "baseline"), (27, "ahead"),
                                (27, "duplicate"), (26, "late"),
                                (28, "in_order")):
            tap.equal(site.accepted(event("list", number, 1)).verdict,
                      verdict, "verdict of %d" % number)
            site.responder.restart()
        tap.equal(missing(site, "list", 1), model("list", (25, 26, 27, 28)),
                  "missing")


def another(site, name):
    """A further responder at the same journal."""
    one = harness.Responder(site.work, site.config)
    one.socket_path = site.work.path(name + ".sock")
    one.log_path = site.work.path(name + ".log")
    one.start()
    return one


def verdict_by(site, responder, parameters):
    own, site.responder = site.responder, responder
    try:
        return site.accepted(parameters).verdict
    finally:
        site.responder = own


@tap.test("responders that take turns at one journal judge as one would")
def turns():
    with harness.Site() as site:
        responders = [site.responder]
        try:
            responders += [another(site, name) for name in ("b", "c")]
            turn = itertools.cycle(responders)

            def told(number):
                return [verdict_by(site, next(turn), event(kind, number, 1))
                        for kind in KINDS]

            tap.equal(told(1), ["baseline"] * 3, "the first")
            # Two in a row by the first of them, then one by each: what it
            # knows is its own once, and old the next time.
            turn = itertools.cycle(responders + responders[:1])
            for number in range(2, 22):
                tap.equal(told(number), ["in_order"] * 3, str(number))
            for number, verdict in ((24, "ahead"), (22, "late"),
                                    (24, "duplicate"), (25, "in_order"),
                                    (23, "late"), (1, "duplicate")):
                tap.equal(told(number), [verdict] * 3, str(number))
        finally:
            for one in responders[1:]:
                one.kill()
        tap.equal(site.journal.rows("SELECT observed, missing FROM streams"),
                  [(25, 0)] * 3, "streams")


if __name__ == "__main__":
    tap.main()
