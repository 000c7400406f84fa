#!/usr/bin/python3
"""10,000 requests with a bad signature each second, straight to the responder's
socket, beside verified deliveries: the deliveries go on, and no file grows.

The rejects are those that cost most: forms as Twilio's, signed with another
token. Deliveries are sent at an even rate, and then as fast as they are
answered, in windows with and without the flood that take turns; what counts is
the ratio of the medians. At an even rate the flood must leave 80 % of it. As
fast as they are answered the processor is full without a flood, so that what
the flood takes is told, and bounded: it is shared, not lost."""
import argparse
import atexit
import os
import re
import sqlite3
import statistics
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import generator  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402
import watch  # noqa: E402

WRONG = "fedcba98765432100123456789abcdef"
# So many that a flood goes on while the responder waits for the disk.
FLOOD_CONNECTIONS = 256
CONNECTIONS = 64

# What must be left of the rate, and of the one that fills the processor.
KEPT, KEPT_FULL = 0.8, 0.15
ATTEMPTS = 4

# docs/design.md section 2: what is kept in all, and of a second.
REJECTS_MAX = 10000
# REFUSAL_LINES_PER_S, REFUSAL_LINES_PER_MIN, LOG_LINE_MAX.
LINES_PER_S = 20
LINES_PER_MIN = 60
LINE_MAX = 2048
# JOURNAL_WAL_PAGES_MAX, a frame's header with each page, and one batch more.
WAL_MAX = 16100 * (4096 + 24) + (8 << 20)
# Rows of other lengths take the place of those that go.
GROWTH_MAX = 1 << 20

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--rounds", type=int, default=2, metavar="N",
        help="pairs of windows at each rate (%(default)s)")
    add("--seconds", type=float, default=0.5, metavar="S",
        help="of a window (%(default)s)")
    add("--flood", type=int, default=10000, metavar="R",
        help="bad signatures a second (%(default)s)")
    add("--rate", type=int, default=500, metavar="R",
        help="verified deliveries a second, when even (%(default)s)")
    add("--long", action="store_true", help="10 pairs of 5 s")
    parser.parse_args(namespace=ARGS)
    if ARGS.long:
        ARGS.rounds, ARGS.seconds = 10, 5


class Flooded:
    """A responder with a full quarantine, and what it is sent."""

    def __init__(self, site):
        self.site = site
        self.pid = site.responder.process.pid
        self.sent = 0  # deliveries, of the mix
        self.floods = []  # rates
        self.bad = 0

    def generator(self, token, connections, **more):
        return generator.Generator(
            socket=self.site.responder.socket_path, token=token,
            connections=connections, seconds=ARGS.seconds, **more)

    def deliveries(self, rate):
        most = int((rate or 20000) * ARGS.seconds)
        more = {"rate": rate} if rate else {}
        return self.generator(sync.TOKEN, CONNECTIONS, skip=self.sent,
                              requests=max(1, most), **more)

    def flood(self):
        return self.generator(
            WRONG, FLOOD_CONNECTIONS, seed=2, rate=ARGS.flood,
            requests=max(1, int(ARGS.flood * ARGS.seconds)))

    def window(self, rate, flooded):
        """What came of the deliveries."""
        with self.deliveries(rate) as good, self.flood() as bad:
            good.ready()
            if flooded:
                bad.begin()
            good.begin()
            result = good.end(ARGS.seconds)
            if flooded:
                self.flooded(bad)
        self.sent += generator.only(result, 204)
        return result

    def flooded(self, bad):
        result = bad.end(ARGS.seconds)
        sent = generator.only(result, 403)
        self.bad += sent
        self.floods.append(sent / result["seconds"])

    def pairs(self, rate):
        """[(without, with)], which of them first by turns"""
        found = []
        for number in range(ARGS.rounds):
            pair = {}
            for flooded in (False, True) if number % 2 else (True, False):
                pair[flooded] = self.window(rate, flooded)
            found.append((pair[False], pair[True]))
        return found

    def alone(self):
        """us of the processor a reject takes, when nothing else is asked."""
        before = watch.cpu_s(self.pid)
        with self.flood() as bad:
            bad.begin()
            self.flooded(bad)
        return (watch.cpu_s(self.pid) - before) / (
            self.floods[-1] * ARGS.seconds) * 1e6


def ratio_of(pairs):
    """Of the rates, with the flood to without."""
    return statistics.median(answered_per_s(pair[1]) for pair in pairs) \
        / statistics.median(answered_per_s(pair[0]) for pair in pairs)


def held(flooded, rate, least, words):
    """Measured again, up to ATTEMPTS times, while the ratio is too small: the
    machine is shared, and what we do wrong stays wrong."""
    pairs = []
    for _ in range(ATTEMPTS):
        pairs += flooded.pairs(rate)
        if ratio_of(pairs) >= least:
            break
    tell(pairs, words)
    tap.true(ratio_of(pairs) >= least, "%.2f of the rate" % ratio_of(pairs))


def tell(pairs, words):
    def median(which, value):
        return statistics.median(value(pair[which]) for pair in pairs)

    for name, value in (
            ("a second", answered_per_s),
            ("p50 ms", lambda r: r["latency_us"]["p50"] / 1000),
            ("p99 ms", lambda r: r["latency_us"]["p99"] / 1000)):
        off, on = median(0, value), median(1, value)
        tap.note("%s: %s %.2f without, %.2f with the flood (%.2f)" % (
            words, name, off, on, on / off))


def answered_per_s(result):
    return result["sent"] / result["seconds"]


def fill(site):
    """The quarantine full of rejects as a flood leaves them, an hour old: of
    one kind 50 a second are kept, and 10,000 take minutes."""
    tap.until(lambda: site.journal.one("SELECT count(*) FROM reject") > 0,
              "a reject", 5)
    db = sqlite3.connect(site.journal.path, timeout=10)
    columns = ("status, likeness, bytes, reason, account_sid, remote_addr, "
               "url, signature, content_type, idempotency_token, body")
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < ?) INSERT INTO reject (reject_id, received_us, %s) "
            "SELECT (SELECT max(reject_id) FROM reject) + i, "
            "received_us - 3600000000, %s FROM n, (SELECT * FROM reject "
            "ORDER BY reject_id LIMIT 1)" % (columns, columns),
            (REJECTS_MAX - site.journal.one("SELECT count(*) FROM reject"),))
        db.execute(
            "UPDATE journal SET reject_rows = (SELECT count(*) FROM reject), "
            "reject_bytes = (SELECT sum(bytes) FROM reject), "
            "reject_last = (SELECT max(reject_id) FROM reject)")
    db.close()


def sizes(site):
    """(bytes of the journal with what its WAL will bring, of the WAL, of the
    log)"""
    return (site.journal.one("PRAGMA page_count")
            * site.journal.one("PRAGMA page_size"),
            watch.size(site.journal.path + "-wal"),
            watch.size(site.responder.log_path))


class Shared:
    """One responder for all claims."""

    flooded = None

    @classmethod
    def get(cls):
        if cls.flooded is None:
            site = harness.Site(accounts={"*": [sync.TOKEN]})
            site.__enter__()
            atexit.register(site.responder.kill)
            cls.flooded = Flooded(site)
            cls.flooded.alone()
            fill(site)
        return cls.flooded


@tap.test("beside a flood, deliveries at an even rate are all answered 204, "
          "and not later than the rate asks")
def even():
    watch.need_plain(harness.RESPONDER)
    held(Shared.get(), ARGS.rate, KEPT, "%d/s" % ARGS.rate)


@tap.test("beside a flood, deliveries as fast as they are answered share the "
          "processor with it")
def full():
    watch.need_plain(harness.RESPONDER)
    held(Shared.get(), None, KEPT_FULL, "as fast as answered")


@tap.test("the flood was one")
def was_one():
    watch.need_plain(harness.RESPONDER)
    flooded = Shared.get()
    rates = flooded.floods
    tap.note("bad signatures a second: median %.0f, %.0f to %.0f; %d in all"
             % (statistics.median(rates), min(rates), max(rates),
                flooded.bad))
    tap.true(max(rates) > 0.5 * ARGS.flood, "%r" % rates)


@tap.test("a flood alone grows no file once the quarantine is full, and the "
          "log by 60 lines a minute")
def grows_nothing():
    flooded = Shared.get()
    site = flooded.site
    began, before = time.monotonic(), sizes(site)
    costs = [flooded.alone() for _ in range(max(3, ARGS.rounds))]
    took, after = time.monotonic() - began, sizes(site)
    tap.note("a reject takes %.1f us of the processor" %
             statistics.median(costs))
    tap.note("journal %+d bytes to %d, WAL %+d to %d, log %+d in %.1f s" % (
        after[0] - before[0], after[0], after[1] - before[1], after[1],
        after[2] - before[2], took))
    tap.true(after[0] - before[0] <= GROWTH_MAX, "the journal's growth")
    tap.true(after[1] <= WAL_MAX, "the WAL's length")
    with open(site.responder.log_path, "rb") as log:
        lines = [line for line in log.read().splitlines()
                 if re.search(rb" 403 signature_wrong: |left out", line)]
    tap.true(max(map(len, lines)) < LINE_MAX, "a line's length")
    # A line is written a moment after it was counted, perhaps in the next
    # second; what was left out is one more.
    for key, most in ((19, 2 * LINES_PER_S), (16, LINES_PER_MIN + 5 + LINES_PER_S)):
        found = {}
        for line in lines:
            found[line[:key]] = found.get(line[:key], 0) + 1
        tap.true(max(found.values()) <= most, "lines: %r" % found)
    tap.true(any(b"left out" in line for line in lines),
             "it says what it left out")


@tap.test("the quarantine is bounded and counts them all, and nothing that "
          "did not verify is a delivery")
def kept():
    flooded = Shared.get()
    site = flooded.site
    tap.until(lambda: site.journal.one(
        "SELECT coalesce(sum(requests), 0) FROM reject_counts") ==
        flooded.bad, "the count of all rejects", 10)
    tap.true(site.journal.one("SELECT count(*) FROM rejects") <= REJECTS_MAX,
             "rejects that are kept")
    tap.equal(site.journal.one("SELECT count(*) FROM deliveries"),
              flooded.sent, "deliveries")
    tap.equal(site.journal.one("PRAGMA integrity_check"), "ok", "integrity")


@tap.test("the responder lives, and ends as it should")
def the_end():
    Shared.get().site.__exit__(None, None, None)


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    sys.argv[1:] = []
    tap.main()
