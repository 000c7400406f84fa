#!/usr/bin/python3
"""Hours of deliveries at half the peak rate, through nginx: memory, descriptors,
the WAL and the time of an answer stay as they are.

The peak is what 64 connections reach first. Then deliveries come at an even
rate, each counted from when it was due, in pieces of which each is a sample.
"Flat" is: the median of the last quarter of the samples is not above that of
the second one by more than FLAT says (the first quarter is for caches to
fill). Every delivery is answered 204, and is a row."""
import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
for place in ("../lib", "../../bench"):
    sys.path.insert(0, os.path.join(HERE, place))
import chart  # noqa: E402
import generator  # noqa: E402
import harness  # noqa: E402
import measure  # noqa: E402
import prepare  # noqa: E402
import servers  # noqa: E402
import soak_report  # noqa: E402
import tap  # noqa: E402
import watch  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
CONNECTIONS = 64
# Of a delivery in the journal (bench/README.md), rounded up.
BYTES_A_DELIVERY = 1400
MIB = 1 << 20

# JOURNAL_WAL_PAGES_MAX, a frame's header with each page, and one batch more.
WAL_MAX = 16100 * (4096 + 24) + 8 * MIB

# What the last quarter may have more than the second: a share and an amount.
# Answers: the machine is shared. In a short run SQLite's cache and the
# connections that nginx keeps still become more, up to their own bounds; and it
# has other tests beside it, so that it takes a quarter of the peak.
FLAT = {
    "rss": (0.02, 1 * MIB),
    "descriptors": (0, 4),
    "wal": (0.25, 4 * MIB),
    "p50_us": (0.5, 5000),
    "p99_us": (1.0, 50000),
}
FLAT_SHORT = dict(FLAT, rss=(0.1, 8 * MIB), descriptors=(0.5, 16),
                  wal=(1.0, 16 * MIB), p50_us=(3.0, 200000),
                  p99_us=(3.0, 1000000))
SHORT_MINUTES = 10
# nginx keeps 64 connections in each of two workers; two responders' files.
DESCRIPTORS_MAX = 160
RSS_MAX = 64 * MIB

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--minutes", type=float, default=0.12, metavar="N",
        help="without the search for the peak (%(default)s)")
    add("--long", action="store_true", help="an hour")
    add("--rate", type=int, metavar="R",
        help="deliveries a second (half the peak, in a run of less than 10 "
        "minutes a quarter, but no more than --gigabytes have room for)")
    add("--gigabytes", type=float, default=20, metavar="N",
        help="the journal's size at the most (%(default)s)")
    add("--every", type=float, metavar="S",
        help="seconds of a sample (a hundredth of it all, 1 to 5)")
    add("--directory", metavar="DIR", default=harness.PLACE,
        help="where the journal is, until the end")
    add("--samples", metavar="FILE", help="each as a line of JSON")
    add("--svg", metavar="FILE", help="a plot of them")
    parser.parse_args(namespace=ARGS)
    if ARGS.long:
        ARGS.minutes = 60
    ARGS.every = ARGS.every or min(5, max(1, ARGS.minutes * 60 / 100))


class Soak:
    """The whole run, made once: the claims look at it."""

    run = None

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="syncjournal-test-soak-",
                                          dir=ARGS.directory)
        self.subject = servers.Responder(harness.BUILDDIR, self.directory,
                                         measure.TOKEN, harness.PUBLIC_URL)
        self.sent = 0  # and answered 204
        self.samples = []

    @classmethod
    def get(cls):
        if cls.run is None:
            cls.run = cls()
            try:
                cls.run.make()
            except BaseException:
                cls.run = None
                raise
        return cls.run

    def make(self):
        why = servers.Nginx.unavailable()
        if why:
            raise tap.Skip(why)
        try:
            with measure.behind_nginx(self.subject) as nginx:
                self.port = nginx.port
                self.pid = self.subject.child.process.pid
                self.find_peak()
                self.find_rate()
                self.soak()
                self.process = self.subject.child.process
            self.after()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def load(self, **more):
        return generator.Generator(port=self.port, token=measure.TOKEN,
                                   connections=CONNECTIONS, skip=self.sent,
                                   **more)

    def find_peak(self):
        seconds = min(20, max(1, ARGS.minutes * 2))
        with self.load(seconds=seconds,
                       requests=int(30000 * seconds)) as load:
            load.begin()
            result = load.end(seconds)
        self.sent += generator.only(result, 204)
        self.peak = result["events_per_s"]

    def find_rate(self):
        room = ARGS.gigabytes * 1e9 / BYTES_A_DELIVERY - self.sent
        most = int(room / (ARGS.minutes * 60))
        share = 2 if ARGS.minutes >= SHORT_MINUTES else 4
        self.rate = ARGS.rate or max(1, min(int(self.peak / share), most))
        tap.note("peak %.0f/s; %d/s for %g minutes" % (
            self.peak, self.rate, ARGS.minutes))

    def soak(self):
        """One piece after the other; the next is prepared meanwhile."""
        count = max(8, round(ARGS.minutes * 60 / ARGS.every))
        self.began = time.monotonic()
        load = self.piece()
        load.begin()
        for number in range(count):
            self.sent += self.a_piece  # each sends them all
            following = self.piece() if number + 1 < count else None
            try:
                if following:
                    following.ready()
                result = load.end(ARGS.every)
                if following:
                    following.begin()
                tap.equal(generator.only(result, 204), self.a_piece, "sent")
                self.take_sample(result)
            except BaseException:
                load.kill()
                if following:
                    following.kill()
                raise
            load = following

    @property
    def a_piece(self):
        return max(1, int(self.rate * ARGS.every))

    def piece(self):
        # It ends when all are sent, however long that takes.
        return self.load(rate=self.rate, requests=self.a_piece, seconds=3600)

    def take_sample(self, result):
        journal = self.subject.journal
        sample = {
            "at_s": time.monotonic() - self.began,
            "rate": result["events_per_s"],
            "p50_us": result["latency_us"]["p50"],
            "p99_us": result["latency_us"]["p99"],
            "max_us": result["latency_us"]["max"],
            "rss": watch.rss(self.pid),
            "descriptors": watch.descriptors(self.pid),
            "cpu_s": watch.cpu_s(self.pid),
            "wal": watch.size(journal + "-wal"),
            "journal": watch.size(journal),
            "load": os.getloadavg()[0],
        }
        self.samples.append(sample)
        if ARGS.samples:
            with open(ARGS.samples, "a", encoding="utf-8") as out:
                out.write(json.dumps(sample) + "\n")

    def after(self):
        self.status = self.process.returncode
        with open(self.subject.path("peer.log"), encoding="utf-8",
                  errors="replace") as file:
            self.log = file.read()
        self.size = watch.size(self.subject.journal)
        uri = "file:%s?mode=ro" % self.subject.journal
        db = sqlite3.connect(uri, uri=True, timeout=10)
        try:
            self.rows, = db.execute("SELECT count(*) FROM delivery").fetchone()
        finally:
            db.close()
        # The record is walked through in slices; it takes its time.
        self.check = subprocess.run(
            [PROGRAM, "--journal", self.subject.journal, "rebuild", "--check"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env=harness.clean_environment(), check=False)


def quarters(name):
    """(median of the second, median of the last)"""
    values = [sample[name] for sample in Soak.get().samples]
    quarter = len(values) // 4
    return (statistics.median(values[quarter:2 * quarter]),
            statistics.median(values[-quarter:]))


@tap.test("every delivery at an even rate is answered 204, and is a row")
def answered():
    soak = Soak.get()
    tap.note(soak_report.table(soak.samples))
    tap.note("%d deliveries in a journal of %.1f MB" % (
        soak.sent, soak.size / 1e6))
    tap.equal(soak.rows, soak.sent, "rows, of deliveries answered")
    if ARGS.svg:
        with open(ARGS.svg, "w", encoding="utf-8") as out:
            out.write(chart.drawing(soak_report.panels(soak.samples)))


@tap.test("the rate is kept to the end")
def rate_kept():
    soak = Soak.get()
    least = 0.9 if ARGS.minutes >= SHORT_MINUTES else 0.5
    tap.true(quarters("rate")[1] >= least * soak.rate,
             "%.0f a second instead of %d" % (quarters("rate")[1], soak.rate))


@tap.each(list(FLAT), "{} is flat: the last quarter is as the second")
def flat(name):
    watch.need_plain(harness.RESPONDER)
    limits = FLAT if ARGS.minutes >= SHORT_MINUTES else FLAT_SHORT
    share, amount = limits[name]
    second, last = quarters(name)
    tap.note("%s: %.0f, then %.0f" % (name, second, last))
    tap.true(last <= second * (1 + share) + amount,
             "%.0f after %.0f" % (last, second))


@tap.test("the WAL is never longer than 63 MiB and a batch")
def wal_bounded():
    longest = max(sample["wal"] for sample in Soak.get().samples)
    tap.note("longest: %.1f MB" % (longest / 1e6))
    tap.true(longest <= WAL_MAX, "%d bytes" % longest)


@tap.each([("descriptors", DESCRIPTORS_MAX), ("rss", RSS_MAX)],
          "{} is never more than {}")
def bounded(name, most):
    watch.need_plain(harness.RESPONDER)
    found = max(sample[name] for sample in Soak.get().samples)
    tap.true(found <= most, "%d" % found)


@tap.test("the responder ends as it should, with a few lines in its log and a "
          "journal that equals its record")
def the_end():
    soak = Soak.get()
    tap.equal(soak.status, 0, "exit status")
    tap.true(len(soak.log.splitlines()) <= 10, "log: " + soak.log[-2000:])
    tap.equal((soak.check.returncode, soak.check.stderr), (0, ""),
              "rebuild --check: " + soak.check.stdout)
    tap.note(soak.check.stdout)


if __name__ == "__main__":
    options()
    prepare.end_by_signals()
    sys.argv[1:] = []
    tap.main()
