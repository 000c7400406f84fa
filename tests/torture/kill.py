#!/usr/bin/python3
"""Responders, CGI requests and commands are killed (SIGKILL) under load: at
random, and at every system call that writes or syncs.

After each kill the next start must answer a health check with 200 and a
delivery with 204 within a second, with nobody's help. What was acknowledged is
there with its very bytes, nothing is there twice that was sent once, the file
is sound and the projections equal a rebuild.

A kill leaves the page cache: that an answer came before its sync cannot be
seen here (tests/torture/power does that), only that it came before its write."""
import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))
import harness  # noqa: E402
import load_acked  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402

# Each has what it says in its name, and the files are made in time.
CALLS = ("pwrite64", "pwritev", "write", "fdatasync", "fsync", "ftruncate",
         "unlink", "fallocate")
MODES = ("wal", "truncate")
DELIVERIES = 5     # of one run that is killed at a system call
ROUNDS_A_JOURNAL = 25
LOAD_S = 3         # beside a command, that is slow while it is traced
BEGUN = 150        # deliveries of a journal whose WAL is to be full of them
N_MAX = 2000       # calls of a kind in one run
BARE_EVERY = 3     # starts after a kill, to one of a journal that is not there

ARGS = argparse.Namespace()
Seen = argparse.Namespace(kills=0, recovered=[], first_204=[], bare=[],
                          deliveries=0, acknowledged=0, calls={})


def recovered(place, at):
    """A program was started again at this moment."""
    healthy, acknowledged = place.recovered(at)
    Seen.recovered.append(healthy)
    Seen.first_204.append(acknowledged)
    if len(Seen.recovered) % BARE_EVERY == 1:
        bare_start(place.mode)


def bare_start(mode):
    """How long a start takes now that has nothing to recover."""
    with torture.Work() as work, torture.Place(
            work, mode, random.Random(ARGS.seed)) as place:
        at = time.monotonic()
        place.supervised.start()
        Seen.bare.append(place.recovered(at)[1])


def killed():
    Seen.kills += 1


# --------------------------------------------------------------------------
# At random

def random_round(place, rng, cgi):
    """Load, and after a while all responders are killed, or one of them, and
    each CGI process with them."""
    channels = place.channels(cgi=cgi)
    begun = time.monotonic()
    after = rng.uniform(0.005, 0.25)
    victim = rng.randrange(len(place.supervised.processes)) \
        if rng.random() < 0.5 else None

    def strike():
        if time.monotonic() - begun < after:
            return None
        for one in channels:
            if isinstance(one, load_acked.Cgi) and one.process:
                one.process.kill()
        place.supervised.kill(victim)
        return load_acked.DONE
    place.load.run(channels, 5, strike)
    killed()
    at = time.monotonic()
    for i, process in enumerate(place.supervised.processes):
        if process.poll() is not None:
            place.supervised.start_one(i)
    recovered(place, at)
    return place.audit()


@tap.each([(mode, n) for mode in MODES for n in (1, 4)],
          "mode {}, {} at once, killed at random: what was acknowledged is "
          "there, once, and the next start recovers by itself")
def at_random(mode, processes):
    rounds = max(1, ARGS.rounds // 4)
    rng = random.Random("%d %s %d" % (ARGS.seed, mode, processes))
    while rounds > 0:
        with torture.Work() as work, torture.Place(work, mode, rng,
                                           processes) as place:
            place.supervised.start()
            recovered(place, time.monotonic())
            for number in range(min(rounds, ROUNDS_A_JOURNAL)):
                stored = random_round(place, rng, cgi=number % 2)
            rounds -= ROUNDS_A_JOURNAL
            Seen.acknowledged += len(place.load.told)
            Seen.deliveries += stored


# --------------------------------------------------------------------------
# At system calls

def begin(work, mode, rng):
    """A journal with some hundred deliveries, killed: its WAL is full of them,
    so that the next start has a checkpoint to make."""
    place = torture.Place(work, mode, rng)
    with place:
        place.supervised.start()
        place.load.run(place.channels(), 60, most=BEGUN)
        place.supervised.kill()
    tap.true(len(place.load.told) >= BEGUN, "deliveries: %d; %r" % (
        len(place.load.told), place.load.others[:3]))
    return place


def moments(rng, run):
    """Run at the first, second, ... call of each kind, until a run says that
    it was not killed; without --long at a few of them."""
    for call in CALLS:
        if ARGS.long:
            n = 1
            while n < N_MAX and run(call, n):
                n += 1
            Seen.calls[call] = Seen.calls.get(call, 0) + n - 1
        elif call in ("pwrite64", "fdatasync"):
            run(call, rng.randrange(1, 6))


@tap.each(MODES, "mode {}: the same of a responder that is killed at each call "
          "that writes or syncs")
def responder_at_calls(mode):
    torture.need_strace()
    rng = random.Random("%d calls %s" % (ARGS.seed, mode))
    with torture.Work() as first:
        source = begin(first, mode, rng)

        def at(call, n):
            with torture.Work() as work, torture.Place(work, mode, rng, 1,
                                               source) as place:
                return responder_at(place, call, n)
        moments(rng, at)


def responder_at(place, call, n):
    """Start, some deliveries, a quiet moment, and a stop; whether it was
    killed before that was over."""
    one = place.supervised
    one.before = torture.at_call(call, "signal=KILL:when=%d" % n)
    told = len(place.load.told)
    one.start()
    process = one.processes[0]
    place.load.run(place.channels(2), 20, lambda: load_acked.DONE
                   if process.poll() is not None
                   or len(place.load.told) >= told + DELIVERIES else None)
    if process.poll() is None:
        one.health()
        stop_traced(process)
    process.wait(20)
    died = process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    tap.true(died or process.returncode == 0, "exit status %d at %s %d: %s" % (
        process.returncode, call, n, one.log()[-1000:]))
    if died:
        killed()
    at = time.monotonic()
    one.start_one(0)
    recovered(place, at)
    place.audit()
    return died


def stop_traced(process):
    """SIGTERM to the program that strace runs."""
    try:
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid),
                  encoding="ascii") as file:
            for child in file.read().split():
                os.kill(int(child), signal.SIGTERM)
    except OSError:
        pass  # it ended meanwhile


@tap.each(MODES, "mode {}: the same of a CGI request, with and without a "
          "responder beside it")
def cgi_at_calls(mode):
    torture.need_strace()
    rng = random.Random("%d cgi %s" % (ARGS.seed, mode))
    with torture.Work() as first:
        source = begin(first, mode, rng)

        def at(call, n):
            with torture.Work() as work, torture.Place(work, mode, rng, 1,
                                               source) as place:
                return cgi_at(place, call, n, beside=n % 2 == 0)
        moments(rng, at)


def cgi_at(place, call, n, beside):
    if beside:
        place.supervised.start()
        recovered(place, time.monotonic())
    channel = load_acked.Cgi(place.config, torture.at_call(
        call, "signal=KILL:when=%d" % n))
    told = len(place.load.told)
    place.load.run([channel], 0)
    died = len(place.load.told) == told
    if died:
        killed()
    at = time.monotonic()
    place.load.run([load_acked.Cgi(place.config)], 0)
    tap.equal(len(place.load.told), told + (1 if died else 2), "204s: %r"
              % (place.load.others[-2:],))
    Seen.first_204.append(time.monotonic() - at)
    if not beside:
        place.supervised.start()
    recovered(place, at)
    place.audit()
    return died


# --------------------------------------------------------------------------
# Commands

def other_journal(first, mode, rng):
    """For merge: its path, and body -> delivery of what is in it."""
    with torture.Work() as work:
        place = begin(work, mode, rng)
        target = first.path("other.db")
        torture.snapshot(place.path, target)
        stored = [body for body, in harness.Journal(target).rows(
            "SELECT body FROM deliveries")]
        return target, {body: place.load.sent[body] for body in stored}


def words_of(command, place, other):
    if command == "merge":
        return ["merge", other[0]]
    if command == "gap":
        gap = harness.Journal(place.path).rows(
            "SELECT gap_id FROM gaps WHERE state = 'open' LIMIT 1")
        tap.true(gap, "the story has a gap")
        place.story.turn_over()  # that it is not filled meanwhile
        return ["gap", "lose", str(gap[0][0]), "--reason", "killed"]
    return [command]


@tap.each([(command, mode) for command in ("rebuild", "merge", "gap")
           for mode in MODES],
          "syncjournal {}, mode {}, killed at each such call beside a responder "
          "under load: the same, and the next one ends its work")
def command_at_calls(command, mode):
    torture.need_strace()
    rng = random.Random("%d %s %s" % (ARGS.seed, command, mode))
    with torture.Work() as first:
        source = begin(first, mode, rng)
        other = other_journal(first, mode, rng) if command == "merge" else None

        def at(call, n):
            if call == "write":  # its output
                return False
            with torture.Work() as work, torture.Place(work, mode, rng, 1,
                                               source) as place:
                return command_at(place, command, other, call, n)
        if ARGS.long:
            moments(rng, at)
        else:
            at("pwrite64", rng.randrange(1, 20))


def command_at(place, command, other, call, n):
    place.supervised.start()
    recovered(place, time.monotonic())
    if command == "merge":
        for body, delivery in other[1].items():
            known = place.load.sent.setdefault(body, delivery)
            known.sent += delivery.sent if known is not delivery else 0
    words = words_of(command, place, other)
    process = subprocess.Popen(
        torture.at_call(call, "signal=KILL:when=%d" % n)
        + [torture.PROGRAM, "--journal", place.path] + words,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    place.load.run(place.channels(2), LOAD_S,
                   lambda: None if process.poll() is None else load_acked.DONE)
    with process.stderr:
        said = process.stderr.read()
    died = process.wait(60) in (-signal.SIGKILL, 128 + signal.SIGKILL)
    tap.true(died or process.returncode == 0, "%s: exit status %d: %s"
             % (command, process.returncode, said))
    if died:
        killed()
    at = time.monotonic()
    recovered(place, at)
    again = torture.run(place.path, *words)
    tap.equal((again.returncode, again.stderr), (0, ""), "once more")
    if command == "merge":
        stored = {body for body, in harness.Journal(place.path).rows(
            "SELECT body FROM deliveries")}
        tap.true(stored >= set(other[1]), "all of the other journal")
    if command == "gap":
        tap.equal(harness.Journal(place.path).one(
            "SELECT state FROM gaps WHERE gap_id = %s" % words[2]), "lost",
            "the gap that was given up")
    place.audit()
    return died


# --------------------------------------------------------------------------

def late(times):
    return sum(t >= torture.RECOVERED_S for t in times)


def tolerated(count):
    """Of so many starts, how many may be late: a fiftieth, one, and twice the
    share of those that had nothing to recover, which only a busy machine holds
    up."""
    return 1 + count * (0.02 + 2 * late(Seen.bare) / len(Seen.bare))


@tap.test("starts after a kill were healthy, and acknowledged, within a "
          "second, but for what holds up any start")
def in_time():
    tap.note("%d kills; %d acknowledged, %d stored by the random ones"
             % (Seen.kills, Seen.acknowledged, Seen.deliveries))
    if Seen.calls:
        tap.note("kills at calls: " + ", ".join(
            "%s %d" % pair for pair in Seen.calls.items()))
    tap.true(Seen.kills > 0, "something was killed")
    tap.true(Seen.bare, "there are starts to compare with")
    for what, times in (("first 204 of a new journal", Seen.bare),
                        ("first healthz 200", Seen.recovered),
                        ("first 204", Seen.first_204)):
        tap.note("%s after a start: median %.0f ms, 99 %% %.0f ms, longest "
                 "%.0f ms of %d" % (
                     what, 1000 * statistics.median(times),
                     1000 * sorted(times)[int(len(times) * 0.99)],
                     1000 * max(times), len(times)))
        tap.note("%d of them took a second or more; load average %.0f"
                 % (late(times), os.getloadavg()[0]))
        tap.true(late(times) <= tolerated(len(times)), "%d of %d took a "
                 "second or more, of new journals %d of %d" % (
                     late(times), len(times), late(Seen.bare),
                     len(Seen.bare)))


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--rounds", type=int, default=4, metavar="N",
        help="kills at random (4; 500 with --long)")
    add("--long", action="store_true",
        help="500 of them, and a kill at each call that there is")
    add("--seed", type=int, default=random.SystemRandom().randrange(1 << 32),
        metavar="N", help="of what is random (told at the start)")
    add("claim", nargs="*", help="only tests whose claim has this text")
    parser.parse_args(namespace=ARGS)
    if ARGS.long and "--rounds" not in sys.argv:
        ARGS.rounds = 500
    sys.argv[1:] = ARGS.claim
    print("# seed %d" % ARGS.seed, flush=True)


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    harness.need_responder()
    tap.main()
