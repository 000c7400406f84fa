#!/usr/bin/python3
"""One journal, and all that may use it at once: eight responders (four share a
socket, four have their own, as mod_fcgid starts them), CGI processes, "log
--follow", "audit", "status", "rebuild", "rebuild --check", a shell that reads
for seconds in one transaction, copies by the shell, a person who explains
gaps, and a flood of bad signatures. In each journal mode.

Each delivery is answered 204 within 5 s, which is when the responder would
say 503, and is there once with its very bytes. Without a WAL who reads keeps
the writers waiting, and some may be answered 503; those are sent again, as
any that had no answer. Positions have no hole; the follower has shown each once and in order; each copy is whole; the WAL is
bounded; every process stops in time. Then the file is sound, and the
projections equal the record."""
import argparse
import contextlib
import os
import random
import socket
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import contenders  # noqa: E402
import generator  # noqa: E402
import harness  # noqa: E402
import load_acked  # noqa: E402
import machine  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402
import watch  # noqa: E402

RESPONDERS = 8
SHARED = 4  # of them, those on one socket
CHANNELS = 3  # to each
CGI = 2  # at a time
WRONG = "fedcba98765432100123456789abcdef"
FLOOD = 500  # a second

# Who waits for longer is answered 503 (BATCH_WAIT_MS in src/responder/batch.h);
# the rest is the machine's.
ANSWER_S = 5.0
MACHINE_S = 2.0
# (seconds, pause) of a reader: it holds a WAL back, and without one it holds the
# writers up.
READ_S = {"wal": (3.0, 1.0), "truncate": (0.7, 1.5)}
# JOURNAL_WAL_PAGES_MAX with a frame's header each, when it is emptied. While
# somebody reads, nothing is: it may grow by what is written meanwhile, at most
# so much a second here.
WAL_MAX = 16100 * (4096 + 24)
WAL_GROWTH_PER_S = 20 << 20

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--seconds", type=float, default=6, metavar="N",
        help="in each mode (%(default)s)")
    add("--long", action="store_true", help="three minutes in each mode")
    add("--seed", type=int, metavar="N", help="of the deliveries")
    add("--mode", choices=("wal", "truncate"), help="one alone")
    parser.parse_args(namespace=ARGS)
    if ARGS.long:
        ARGS.seconds = 180
    if ARGS.seed is None:
        ARGS.seed = random.SystemRandom().randrange(1 << 32)
    tap.note("--seed %d" % ARGS.seed)


class Timed:
    """A channel, and how long its answers took."""

    def __init__(self, channel, times):
        self.channel = channel
        self.times = times
        self.begun = 0.0

    def begin(self, delivery):
        self.begun = time.monotonic()
        self.channel.begin(delivery)

    def fileno(self):
        return self.channel.fileno()

    def answer(self):
        answer = self.channel.answer()
        self.times.append(time.monotonic() - self.begun)
        return answer

    def close(self):
        self.channel.close()


class Bed:
    """The journal and all who use it."""

    def __init__(self, mode):
        contenders.need_shell()
        harness.need_twilio()
        harness.need_responder()
        self.mode = mode
        self.work = harness.Work()
        self.journal = harness.Journal(self.work.path("journal.db"))
        self.path = self.journal.path
        self.config = self.work.write(
            "syncjournal.conf", harness.configuration(
                self.path, journal_keys="mode = " + mode))
        self.load = load_acked.Load(
            load_acked.Story(random.Random(ARGS.seed), 0.02),
            self.work.path("acknowledged"))
        self.responders = []
        self.times = {"responders": [], "CGI": []}
        self.follower = None
        self.longest_wal = 0
        self.crowd = []

    def __enter__(self):
        try:
            self._start()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def _start(self):
        listener = None
        for number in range(RESPONDERS):
            if number in (0, *range(SHARED, RESPONDERS)):
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(self.work.path("socket%d" % number))
                listener.listen(256)
            self.responders.append(machine.Writer(
                self.work, self.config, number, listener, {}))
        for responder in self.responders:
            responder.start(wait=False)
        for responder in self.responders:
            tap.until(responder.answers, "a responder")

    def __exit__(self, kind, value, trace):
        for one in self.crowd:
            one.ending.set()
        for one in self.crowd:
            if one.is_alive():
                one.join(one.most_s)
        if self.follower:
            self.follower.close()
        for responder in self.responders:
            responder.kill()
            responder.close()
            if kind is not None and kind is not tap.Skip:
                tap.note("%s: %s" % (responder.log_path,
                                     responder.log()[-600:]))
        self.work.__exit__(kind, value, trace)

    def channels(self):
        found = [Timed(load_acked.FastCgi(responder.socket_path),
                       self.times["responders"])
                 for responder in self.responders for _ in range(CHANNELS)]
        return found + [Timed(load_acked.Cgi(self.config), self.times["CGI"])
                        for _ in range(CGI)]

    def others(self):
        def command(*words, **how):
            return contenders.Command(self.path, *words, **how)

        told = self.load.told
        # It waits as long as the shell keeps the WAL from being begun anew.
        rebuild = command("rebuild", pause=1.0)
        rebuild.most_s = ARGS.seconds + 60
        # Where all this is slow they say so instead.
        return [
            rebuild,
            command("audit", statuses=(0, 1), refusal="more than 1 s"),
            command("status", statuses=(0, 1), refusal="more than 1 s"),
            # While another one is made there is nothing to compare with.
            command("rebuild", "--check", pause=0.3, refusal="under way"),
            contenders.Person(self.path),
            contenders.Shell(self.path, *READ_S[self.mode]),
            contenders.Copies(self.path, self.work.path("into.db"), told,
                              "VACUUM INTO '%s'", READ_S[self.mode][1]),
        ]

    def flood(self):
        """To the shared socket, and to one of the others."""
        return [generator.Generator(
            socket=self.responders[i].socket_path, token=WRONG, seed=7,
            connections=8, rate=FLOOD // 2, seconds=ARGS.seconds,
            requests=int(FLOOD / 2 * ARGS.seconds)) for i in (0, -1)]

    def look(self):
        """Called while the load runs; it never ends it."""
        self.longest_wal = max(self.longest_wal,
                               watch.size(self.path + "-wal"))

    def run(self):
        with contextlib.ExitStack() as stack:
            floods = [stack.enter_context(one) for one in self.flood()]
            self.follower = contenders.Follower(self.path)
            self.crowd = self.others()
            for one in self.crowd:
                one.start()
            for flood in floods:
                flood.begin()
            self.load.run(self.channels(), ARGS.seconds, self.look)
            rejected = sum(generator.only(flood.end(ARGS.seconds), 403)
                           for flood in floods)
        for one in self.crowd:
            one.finish()
        return rejected

    def copy_by_backup(self):
        """It begins again whenever somebody writes: it is for a quiet
        moment."""
        copy = contenders.Copies(self.path, self.work.path("backup.db"),
                                 self.load.told, ".backup %s")
        copy.once()
        done = contenders.run(copy.target, "rebuild", "--check")
        tap.equal((done.returncode, done.stderr), (0, ""),
                  "the copy's check: " + done.stdout)

    def stop(self):
        slowest = 0.0
        for responder in self.responders:
            before = time.monotonic()
            responder.stop()  # in time, or it fails
            slowest = max(slowest, time.monotonic() - before)
        tap.note("the slowest stop took %.2f s" % slowest)


def all_positions(journal):
    return [row for row, in journal.rows(
        "SELECT position FROM deliveries UNION ALL "
        "SELECT position FROM actions ORDER BY position")]


@tap.each(["wal", "truncate"], "all at once, mode {}: nothing lost, nothing "
          "doubled, nobody stuck")
def at_once(mode):
    if ARGS.mode not in (None, mode):
        raise tap.Skip("--mode %s" % ARGS.mode)
    with Bed(mode) as bed:
        rejected = bed.run()
        told(bed, rejected)
        unexpected = [what for _, what in bed.load.others
                      if mode == "wal" or not what.startswith("503 ")]
        tap.equal(unexpected, [], "answers that are no 204")
        for who, times in bed.times.items():
            tap.true(max(times) <= ANSWER_S + MACHINE_S, "the slowest answer "
                     "to %s took %.2f s" % (who, max(times)))
        most = WAL_MAX + WAL_GROWTH_PER_S * READ_S[mode][0]
        tap.true(bed.longest_wal <= most, "WAL of %d" % bed.longest_wal)
        want = [p for p, in bed.journal.rows(
            "SELECT position FROM deliveries ORDER BY position")]
        bed.follower.reaches(want[-1])
        bed.follower.ends(harness.STOP_SECONDS)
        tap.equal(bed.follower.positions, want, "what was followed")
        bed.copy_by_backup()
        bed.stop()
        tap.true(watch.size(bed.path + "-wal") <= WAL_MAX, "the WAL at last")
        stored(bed)
        positions = all_positions(bed.journal)
        tap.equal(positions, list(range(1, len(positions) + 1)),
                  "positions without hole or repetition")
        tap.equal(bed.journal.one("SELECT sum(requests) FROM reject_counts"),
                  rejected, "rejects that were counted")


def stored(bed):
    """Each 204 has its row; every row is a delivery that was sent, and once
    but for those that got no answer and were sent again."""
    tap.equal(bed.load.wrong, [], "what can never be")
    rows = {p: (bytes(body), signature, verdict)
            for p, body, signature, verdict in bed.journal.rows(
                "SELECT d.position, d.body, d.signature, e.verdict "
                "FROM deliveries AS d "
                "JOIN events AS e ON e.position = d.position")}
    acknowledged = {p: (delivery.body, delivery.signature, verdict)
                    for p, (delivery, verdict) in bed.load.told.items()}
    lost = {p: what for p, what in acknowledged.items() if rows.get(p) != what}
    tap.equal(lost, {}, "acknowledged, and not there as it was sent")
    again = len(bed.load.others)
    tap.true(len(rows) <= len(acknowledged) + again, "%d rows of %d, and %d "
             "without an answer" % (len(rows), len(acknowledged), again))
    tap.true({body for body, _, _ in rows.values()} <= set(bed.load.sent),
             "nothing is there that was not sent")
    tap.equal(bed.journal.one("PRAGMA integrity_check"), "ok", "integrity")
    done = contenders.run(bed.path, "rebuild", "--check")
    tap.equal((done.returncode, done.stderr), (0, ""), done.stdout)


def told(bed, rejected):
    for who, times in bed.times.items():
        tap.note("%s: %d answers, the slowest took %.2f s" % (
            who, len(times), max(times)))
    tap.note("%d answers were no 204" % len(bed.load.others))
    tap.note("%d bad signatures; the WAL was never longer than %.1f MB" % (
        rejected, bed.longest_wal / 1e6))
    for one in bed.crowd:
        tap.note(one)
        tap.true(one.times, "%s was there at all" % one.name)


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    sys.argv[1:] = []
    tap.main()
