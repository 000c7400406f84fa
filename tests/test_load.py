#!/usr/bin/python3
"""64 connections through nginx: every 204 has its row and every row one 204;
also while the responder is stopped and started again behind its socket.

LOAD_SECONDS is how long each part takes, 20 unless told."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import load  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

CONNECTIONS = 64
SECONDS = float(os.environ.get("LOAD_SECONDS", "20"))


def rows(site):
    """position -> (list's number, EventId), of every row."""
    prefix = len(sync.PREFIX["list"])
    return {position: (int(key[prefix:], 16), seq) for position, key, seq
            in site.journal.rows(
                "SELECT e.position, e.stream_key, e.seq FROM events AS e "
                "JOIN deliveries AS d ON d.position = e.position")}


def report(outcome, seconds):
    tap.note("%d answers in %g s, %.0f a second; the slowest took %.0f ms"
             % (len(outcome.told), seconds, len(outcome.told) / seconds,
                outcome.slowest * 1000))


def well_formed(site):
    """The file is sound, and every stream without a hole."""
    tap.equal(site.journal.one("PRAGMA integrity_check"), "ok", "integrity")
    tap.equal(site.journal.rows(
        "SELECT stream_key, missing FROM streams WHERE missing <> 0"), [],
        "streams with holes")
    tap.equal(site.journal.rows(
        "SELECT * FROM gaps WHERE state NOT IN ('unobserved', 'filled')"),
        [], "gaps")


@tap.test("64 connections for %g s: every 204 has its row, every row one "
          "204, no other status" % SECONDS)
def steady():
    with harness.Site(nginx=2, start="fd0") as site:
        outcome = load.run(site.nginx.port, CONNECTIONS, SECONDS)
        report(outcome, SECONDS)
        tap.equal(outcome.others, [], "answers that are no 204")
        journal = rows(site)
        tap.true(len(journal) >= CONNECTIONS, "there was load")
        tap.equal(len(journal), len(outcome.told), "rows and 204s")
        tap.true(journal == outcome.told, "each 204's position is its row's")
        tap.equal(site.journal.rows(
            "SELECT DISTINCT verdict FROM events ORDER BY verdict"),
            [("baseline",), ("in_order",)], "verdicts")
        tap.equal(site.journal.rows("SELECT * FROM rejects"), [], "rejects")
        well_formed(site)
        tap.equal(sorted(site.journal.rows(
            "SELECT position FROM deliveries UNION ALL "
            "SELECT position FROM actions")),
            [(n,) for n in range(1, 1 + len(journal) + site.journal.one(
                "SELECT count(*) FROM actions"))],
            "positions without hole or repetition")


class Restarts:
    """Stops the responder, with SIGTERM unless told otherwise, and starts it
    again, now and then."""

    def __init__(self, site, every, stop=None):
        self.responder = site.responder
        self.stop = stop or self.responder.stop
        self.every = every
        self.next = time.monotonic() + every
        self.count = 0
        self.slowest = 0.0

    def __call__(self):
        if time.monotonic() < self.next:
            return
        before = time.monotonic()
        self.stop()
        self.responder.start(wait=False)
        self.slowest = max(self.slowest, time.monotonic() - before)
        self.count += 1
        self.next = time.monotonic() + self.every


@tap.test("the same while the responder is stopped and started: nothing "
          "refused, nothing lost, duplicates labelled")
def restarted():
    with harness.Site(nginx=2, start="fd0") as site:
        restarts = Restarts(site, SECONDS / 9)
        outcome = load.run(site.nginx.port, CONNECTIONS, SECONDS, restarts)
        report(outcome, SECONDS)
        tap.note("%d restarts, the slowest took %.0f ms"
                 % (restarts.count, restarts.slowest * 1000))
        tap.true(restarts.count >= 4, "restarts: %d" % restarts.count)
        tap.equal(outcome.others, [], "answers that are no 204")
        journal = rows(site)
        lost = {p: d for p, d in outcome.told.items()
                if journal.get(p) != d}
        tap.equal(lost, {}, "204s without their row")
        account_for_rows(site, journal, outcome.told)
        well_formed(site)


@tap.test("killed under load again and again, the responder has a row for "
          "each 204, and a sound journal")
def killed():
    seconds = SECONDS / 4
    with harness.Site(nginx=2, start="fd0") as site:
        restarts = Restarts(site, seconds / 9, site.responder.kill)
        outcome = load.run(site.nginx.port, CONNECTIONS, seconds, restarts)
        report(outcome, seconds)
        tap.true(restarts.count >= 4, "kills: %d" % restarts.count)
        unexpected = [one for one in outcome.others if one[0] != 502]
        tap.equal(unexpected, [], "answers that are neither 204 nor 502")
        tap.note("%d times 502" % len(outcome.others))
        journal = rows(site)
        lost = {p: d for p, d in outcome.told.items()
                if journal.get(p) != d}
        tap.equal(lost, {}, "204s without their row")
        tap.equal(site.journal.one("PRAGMA integrity_check"), "ok",
                  "integrity")


def account_for_rows(site, journal, told):
    """Rows beyond the 204s are deliveries that nginx sent once more: of each
    delivery exactly one row is not labelled a duplicate."""
    tap.equal(set(journal.values()), set(told.values()),
              "deliveries journaled, and acknowledged")
    labelled = {p for p, in site.journal.rows(
        "SELECT position FROM events WHERE verdict = 'duplicate'")}
    tap.equal(len(labelled), len(journal) - len(told),
              "duplicates, and rows without a 204")
    fresh = [journal[p] for p in journal if p not in labelled]
    tap.equal(len(fresh), len(set(fresh)), "rows not labelled duplicate")
    tap.note("%d duplicates" % len(labelled))


if __name__ == "__main__":
    tap.main()
