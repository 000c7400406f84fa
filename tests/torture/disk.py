#!/usr/bin/python3
"""What becomes of deliveries when the disk fails: full (by others, by the
journal itself, of inodes), a limit on files or descriptors, read-only, errors
at each read, write and sync, the journal's directory gone, the journal replaced.

Each time: what is not acknowledged is answered 503 with Retry-After, or its
connection ends; the health check says 503; the log says what, where and the
mend, and no more than a few lines; what was acknowledged is there; and once the
cause is gone it goes on with nobody's help but the supervisor's.

The full and the read-only file system are real ones on a loop device; errors of
system calls are strace's. A quota is a limit on the size of files, and EDQUOT."""
import argparse
import errno
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))
import disk  # noqa: E402
import harness  # noqa: E402
import load_acked  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402

MODES = ("wal", "truncate")
RESERVE = 4 << 20   # src/journal/reserve.h
MEGABYTES = 32      # of the small file system
DELIVERIES = 4      # of one run with a failing call
N_MAX = 2000
HAMMER_S = 0.3      # how long deliveries come one after the other
CONNECTIONS = 60    # for 24 descriptors
LINES = 8           # of a process's log, in that time and one start after it

# (system calls, error): each is tried at its first, second, ... call
FAILURES = (
    ("pwrite64", "ENOSPC"), ("pwrite64", "EDQUOT"), ("pwrite64", "EIO"),
    ("fdatasync", "EIO"), ("fsync", "EIO"), ("fdatasync", "ENOSPC"),
    ("pread64", "EIO"), ("ftruncate", "EIO"), ("unlink", "EIO"),
    ("openat", "EMFILE"), ("openat", "ENOSPC"), ("fallocate", "ENOSPC"),
    ("mmap", "ENOMEM"),
)

ARGS = argparse.Namespace()
Seen = argparse.Namespace(runs=0, faults=0, refused=0, lines=[])


def rng_of(*what):
    return random.Random("%d %s" % (ARGS.seed, " ".join(map(str, what))))


def rows(table, *short):
    """Of a table of tests those of the short run, or all with --long."""
    return [row for row in table if "--long" in sys.argv or row in short]


def refused(answer):
    """503 with Retry-After, or no answer at all."""
    if answer is not None:
        tap.equal(answer.status, 503, "status")
        tap.true("retry-after" in answer.headers, "Retry-After: %r"
                 % (answer,))
    Seen.refused += 1


def hammer(place, seconds=HAMMER_S):
    """Deliveries one after the other, none of which may be acknowledged, and
    health checks; lines that the log got meanwhile."""
    one = place.supervised
    before = one.log()
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        refused(place.deliver(timeout=2))
        tap.true(one.health() in (503, None), "the health check")
        count += 1
    lines = one.log()[len(before):].splitlines()
    most = LINES * len(one.processes)
    tap.true(len(lines) <= most, "%d lines of the log for %d deliveries: %s"
             % (len(lines), count, "\n".join(lines[:20])))
    return lines


def tell(lines):
    for line in lines:
        # Without the time, and the test's own directory
        line = re.sub(r"\S*syncjournal-test-\w+", "", line[25:])
        if line not in Seen.lines:
            Seen.lines.append(line)
            tap.note("log: " + line)


def until_refused(place, seconds=30):
    """Deliver until one is refused."""
    end = time.monotonic() + seconds
    while True:
        answer = place.deliver()
        if answer is None or answer.status != 204:
            refused(answer)
            return
        tap.true(time.monotonic() < end, "in vain: all is acknowledged")


def goes_on(place):
    """With nobody's help."""
    place.supervised.until_healthy()
    place.accepted()
    place.audit()


def start(place):
    place.supervised.start()
    place.supervised.watch()


def begun(place, n=20):
    start(place)
    place.supervised.until_healthy()
    for _ in range(n):
        place.accepted()


# --------------------------------------------------------------------------
# A full disk

def fill(directory):
    """Take all room that is there, to the last block, as another program's log
    would."""
    name = os.path.join(directory, "filler")
    with open(name, "ab", buffering=0) as out:
        for size in (1 << 20, 4096, 512, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError as why:
                tap.equal(why.errno, errno.ENOSPC, "why it ended")
    disk.sync(directory)
    return name


def reserve(place):
    """Its bytes; None: there is none."""
    try:
        # Its blocks may be more, by what their list takes.
        return min(os.stat(place.path + "-reserve").st_blocks * 512, RESERVE)
    except FileNotFoundError:
        return None


def readable(place):
    """By the shell's library, and by our program, with the disk as it is."""
    with open(place.path, "rb") as file:
        tap.equal(file.read(6), b"SQLite", "the file")
    connection = sqlite3.connect("file:%s?mode=ro" % place.path, uri=True)
    try:
        count = connection.execute(
            "SELECT count(*) FROM deliveries").fetchone()[0]
    finally:
        connection.close()
    tap.true(count >= len(place.load.told), "%d deliveries of %d"
             % (count, len(place.load.told)))
    done = torture.run(place.path, "audit")
    tap.true(done.returncode in (0, 1), "audit: " + done.stderr)
    done = torture.run(place.path, "status", "--format", "json")
    tap.true('"deliveries": %d,' % count in done.stdout
             or '"deliveries":%d,' % count in done.stdout,
             "status counts %d: %s" % (count, done.stdout[:300]))
    tap.equal(done.stderr, "", "and says nothing of a file without its WAL")


@tap.each(rows((("wal", 4), ("truncate", 4), ("wal", 1), ("truncate", 1)),
               ("wal", 4)),
          "mode {}, {} at once: a disk that others have filled is 503; stopped, "
          "the journal can be read; with room again it goes on by itself")
def filled_by_others(mode, processes):
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, mode, rng_of("others", mode, processes),
                           processes, directory=small.place) as place:
            begun(place)
            kept = RESERVE if mode == "wal" else None
            tap.equal(reserve(place), kept, "the reserve")
            filler = fill(small.place)
            until_refused(place)
            fill(small.place)  # what was given back as well
            tell(place.supervised.log().splitlines()[-processes:])
            if kept:
                tap.equal(reserve(place), 0, "the reserve, given back")
            tell(hammer(place))
            readable(place)
            tap.equal(place.supervised.stop(), [0] * processes, "the stop")
            readable(place)
            # A start on a full disk.
            start(place)
            tap.until(lambda: place.supervised.health() == 503, "503")
            tell(hammer(place))
            os.unlink(filler)
            goes_on(place)
            tap.equal(reserve(place), kept, "the reserve, made again")


@tap.each(rows(MODES, "wal"),
          "mode {}: a disk that the journal itself has filled; the "
          "reserve is not used up by deliveries")
def filled_by_journal(mode):
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, mode, rng_of("journal", mode),
                           directory=small.place) as place:
            begun(place)
            filler = fill(small.place)
            with open(filler, "r+b") as file:
                file.truncate(os.path.getsize(filler) - (2 << 20))
            place.story.large = 0.5
            until_refused(place, 120)
            if mode == "wal":
                tell(hammer(place))
                tap.equal(reserve(place), 0, "the reserve, given back")
                tap.true(os.statvfs(small.place).f_bavail > 32,
                         "there is room for readers")
            readable(place)
            place.supervised.stop()
            readable(place)
            start(place)
            os.unlink(filler)
            goes_on(place)
            if mode == "wal":
                tap.equal(reserve(place), RESERVE, "the reserve, made again")


@tap.test("given back, the reserve lets the WAL be emptied into the journal, and "
          "with the room that this gives deliveries go on")
def emptied():
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, "wal", rng_of("emptied"),
                           directory=small.place) as place:
            place.story.large = 0.6
            begun(place, 40)
            wal = os.path.getsize(place.path + "-wal")
            size = os.path.getsize(place.path)
            filler = fill(small.place)
            until_refused(place)
            tap.note("WAL: %d KiB, then %d; journal: %d KiB, then %d" % (
                wal >> 10, os.path.getsize(place.path + "-wal") >> 10,
                size >> 10, os.path.getsize(place.path) >> 10))
            tap.true(os.path.getsize(place.path) > size, "it has grown")
            tap.true(os.path.getsize(place.path + "-wal") < wal, "emptied")
            readable(place)
            os.unlink(filler)
            goes_on(place)


def by_cgi(place):
    """The answer that a process of its own gives to a delivery."""
    delivery = place.next()
    channel = load_acked.Cgi(place.config)
    channel.begin(delivery)
    answer = channel.answer()
    if not torture.take(place.load, answer, delivery):
        place.load.again.append(delivery)
    return answer


@tap.test("two that stay, one for each request, and a reader that keeps the WAL: "
          "on a full disk all say 503, and when the reader has ended they go on, "
          "though the disk stays as it is")
def kept_by_reader():
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, "wal", rng_of("reader"), 2,
                           directory=small.place) as place:
            place.story.large = 0
            begun(place)
            filler = fill(small.place)
            with open(filler, "r+b") as file:
                file.truncate(os.path.getsize(filler) - (3 << 20))
            reader = sqlite3.connect(place.path, isolation_level=None)
            try:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM delivery").fetchall()
                until_refused(place, 60)
                hammer(place)
                refused(by_cgi(place))
                tap.equal(reserve(place), 0, "the reserve, given back")
                tap.true(os.path.getsize(place.path + "-wal") > 2 << 20,
                         "the WAL is what takes the room")
            finally:
                reader.close()
            goes_on(place)
            tap.equal(by_cgi(place).status, 204, "one for each request")
            tap.equal(reserve(place), RESERVE, "the reserve, made again")
            tap.equal(place.supervised.statuses, [], "nobody ended")


@tap.test("a start on a disk that was filled while nothing ran gives the "
          "reserve back, so that the journal can be read")
def full_at_start():
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, "wal", rng_of("at start"),
                           directory=small.place) as place:
            place.story.large = 0.6
            begun(place, 40)
            place.supervised.kill()
            filler = fill(small.place)
            start(place)
            tap.until(lambda: reserve(place) == 0, "the reserve, given back",
                      30)
            tap.until(lambda: place.supervised.health() == 503, "503")
            tell(hammer(place))
            readable(place)
            os.unlink(filler)
            goes_on(place)
            tap.equal(reserve(place), RESERVE, "the reserve, made again")


@tap.test("without inodes a responder that runs goes on, and one that starts "
          "says so, answers 503, and goes on by itself once there are some")
def inodes():
    with torture.Work() as work, disk.Disk(work, megabytes=8) as small:
        with torture.Place(work, "wal", rng_of("inodes"),
                           directory=small.place) as place:
            begun(place)
            many = os.path.join(small.place, "many")
            os.mkdir(many)
            count = 0
            try:
                while True:
                    os.close(os.open(os.path.join(many, str(count)),
                                     os.O_CREAT | os.O_WRONLY, 0o600))
                    count += 1
            except OSError as why:
                tap.equal(why.errno, errno.ENOSPC, "why it ended")
            place.accepted()
            place.supervised.stop()
            # A shell that closes last removes the WAL.
            connection = sqlite3.connect(place.path)
            connection.execute("SELECT count(*) FROM delivery").fetchall()
            connection.close()
            for i in range(3):
                try:
                    os.close(os.open(os.path.join(many, "more%d" % i),
                                     os.O_CREAT | os.O_WRONLY, 0o600))
                except OSError:
                    break
            start(place)
            tap.until(lambda: place.supervised.health() == 503, "503")
            tell(place.supervised.log().splitlines()[-2:])
            tell(hammer(place))
            shutil.rmtree(many)
            goes_on(place)


# --------------------------------------------------------------------------
# Limits

def limit(place, what):
    for process in place.supervised.processes:
        subprocess.run(["prlimit", "--pid", str(process.pid), what],
                       check=True, timeout=10)


def need_prlimit():
    if shutil.which("prlimit") is None:
        raise tap.Skip("prlimit is not installed")


@tap.each(rows(MODES, "wal"),
          "mode {}: a limit on the size of files is 503 and no signal's "
          "death, and when it is lifted it goes on")
def file_size(mode):
    need_prlimit()
    with torture.Work() as work, torture.Place(
            work, mode, rng_of("size", mode)) as place:
        begun(place)
        pid = place.supervised.processes[0].pid
        limit(place, "--fsize=4096:")
        # It counts for the log too, which has a line or two by now.
        until_refused(place)
        hammer(place)
        limit(place, "--fsize=unlimited:")
        goes_on(place)
        tell(place.supervised.log().splitlines()[1:])
        tap.equal(place.supervised.processes[0].pid, pid, "it was not ended")


@tap.each(rows(MODES, "truncate"),
          "mode {}: short of descriptors all are served, one after the "
          "other, and the log has a line")
def descriptors(mode):
    need_prlimit()
    with torture.Work() as work, torture.Place(
            work, mode, rng_of("descriptors", mode)) as place:
        begun(place, 3)
        limit(place, "--nofile=24:24")
        want = len(place.load.told) + 2 * CONNECTIONS
        place.load.run(place.channels(CONNECTIONS), 60, most=2 * CONNECTIONS)
        tap.true(len(place.load.told) >= want, "acknowledged: %d of %d, "
                 "others: %r" % (len(place.load.told), want,
                                 place.load.others[:3]))
        lines = [line for line in place.supervised.log().splitlines()
                 if "accept" in line]
        tap.true(1 <= len(lines) <= LINES, "lines: %r" % lines[:20])
        tell(lines)
        goes_on(place)


# --------------------------------------------------------------------------
# Read-only, gone, replaced

@tap.each(rows(MODES, "wal"),
          "mode {}: a file system that turns read-only ends the process; "
          "started again it answers 503 until it can be written to")
def read_only(mode):
    with torture.Work() as work, disk.Disk(work, megabytes=MEGABYTES) as small:
        with torture.Place(work, mode, rng_of("read-only", mode),
                           directory=small.place) as place:
            begun(place)
            # What ext4 does after an error of its own.
            done = subprocess.run(["mount", "-o", "remount,abort",
                                   small.place], capture_output=True,
                                  text=True, timeout=60, check=False)
            if done.returncode != 0:
                raise tap.Skip("no remount,abort: " + done.stderr)
            until_refused(place)
            tap.until(lambda: place.supervised.statuses == [1],
                      "it ends, with 1")
            tap.until(lambda: place.supervised.health() == 503,
                      "503 from the next")
            tell(place.supervised.log().splitlines()[-6:])
            tell(hammer(place))
            small.unmount()
            small.mount()
            goes_on(place)


@tap.each(rows([(mode, what) for mode in MODES
                for what in ("removed", "replaced")],
               ("wal", "replaced"), ("truncate", "removed")),
          "mode {}: the journal is {} under way: nothing more is acknowledged "
          "into it, the process ends, and the next one goes on")
def replaced(mode, what):
    with torture.Work() as work, torture.Place(
            work, mode, rng_of(what, mode)) as place:
        begun(place)
        aside = work.path("aside")
        os.mkdir(aside)
        if what == "replaced":
            place.supervised.stop()
            torture.snapshot(place.path, os.path.join(aside, "copy.db"))
            start(place)
            place.supervised.until_healthy()
            place.accepted()
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(place.path + suffix):
                os.rename(place.path + suffix,
                          os.path.join(aside, "journal.db" + suffix))
        if what == "replaced":
            torture.snapshot(os.path.join(aside, "copy.db"), place.path)
        before = len(place.load.told)
        until_refused(place)
        tap.equal(len(place.load.told), before, "acknowledged")
        tap.until(lambda: place.supervised.statuses, "it ends")
        tell(place.supervised.log().splitlines()[-4:])
        place.supervised.until_healthy()
        # What was acknowledged is where it was put.
        there = place.path
        place.path = os.path.join(aside, "journal.db")
        place.audit()
        place.path = there
        place.load.told.clear()
        place.accepted()


@tap.each(rows(MODES, "wal"),
          "mode {}: the journal's directory is renamed under way, and "
          "back")
def renamed(mode):
    with torture.Work() as work:
        directory = work.path("directory")
        os.mkdir(directory, 0o700)
        with torture.Place(work, mode, rng_of("renamed", mode),
                           directory=directory) as place:
            begun(place)
            os.rename(directory, directory + ".away")
            until_refused(place)
            tell(place.supervised.log().splitlines()[-4:])
            tell(hammer(place))
            os.rename(directory + ".away", directory)
            goes_on(place)


@tap.each(rows(MODES, "wal"),
          "mode {}: another directory takes the place of the journal's: "
          "the process ends, and the next one begins a journal there")
def other_directory(mode):
    with torture.Work() as work:
        directory = work.path("directory")
        os.mkdir(directory, 0o700)
        with torture.Place(work, mode, rng_of("other directory", mode),
                           directory=directory) as place:
            begun(place)
            os.rename(directory, directory + ".away")
            os.mkdir(directory, 0o700)
            until_refused(place)
            tap.until(lambda: place.supervised.statuses, "it ends")
            tell(place.supervised.log().splitlines()[-4:])
            place.supervised.until_healthy()
            there = place.path
            place.path = os.path.join(directory + ".away", "journal.db")
            place.audit()
            place.path = there
            place.load.told.clear()
            place.accepted()


# --------------------------------------------------------------------------
# Errors of system calls

@tap.each(rows([(call, error, mode) for call, error in FAILURES
                for mode in MODES],
               ("pwrite64", "ENOSPC", "truncate"), ("pwrite64", "EIO", "wal"),
               ("fdatasync", "EIO", "truncate")),
          "{0} that says {1}, at each in turn, mode {2}")
def failing(call, error, mode):
    torture.need_strace()
    rng = rng_of(call, error, mode)
    with torture.Work() as first:
        source = torture.Place(first, mode, rng)
        with source:
            begun(source, 30)
            source.supervised.kill()
        at = range(1, N_MAX) if ARGS.long else sorted(
            rng.sample(range(1, 14), 2))
        for n in at:
            with torture.Work() as work, torture.Place(
                    work, mode, rng, source=source) as place:
                if not fails_at(place, call, error, n) and ARGS.long:
                    tap.note("%s %s: %d calls" % (call, error, n - 1))
                    break


def fails_at(place, call, error, n):
    """Whether there was such a call."""
    one = place.supervised
    trace = place.work.path("trace")
    # Not those that start the program: they are libc's.
    files = [place.work.directory] + [place.path + suffix for suffix in (
        "", "-wal", "-journal", "-shm", "-lock", "-reserve")]
    one.before = torture.at_call(call, "error=%s:when=%d" % (error, n), trace,
                                 files)
    start(place)
    for _ in range(DELIVERIES):
        answer = place.deliver()
        if answer is None or answer.status != 204:
            refused(answer)
        one.health()
    injected = "(INJECTED)" in harness.read(trace)
    Seen.faults += injected
    Seen.runs += 1
    one.until_healthy()
    # What is still to fail is another run's.
    one.kill()
    tap.true(set(one.statuses) <= {1}, "exit statuses: %r" % one.statuses)
    lines = one.log().splitlines()
    tap.true(len(lines) <= 10, "%d lines: %s" % (len(lines), lines))
    tell([line for line in lines if " info " not in line])
    start_again(place)
    goes_on(place)
    return injected


def start_again(place):
    place.supervised.before = []
    start(place)


class Failing:
    """While the body of a with statement runs, a system call of a responder
    fails whenever it is made."""

    def __init__(self, pid, call, error):
        self.command = ["strace", "-f", "-o", "/dev/null", "-e",
                        "trace=" + call, "-e",
                        "inject=%s:error=%s" % (call, error), "-p", str(pid)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, text=True,
                                        stderr=subprocess.PIPE)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.process.wait(10)
            raise tap.Skip("strace may not attach: " + line.strip())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stderr.close()


ALL = (("pwrite64", "ENOSPC"), ("pwrite64", "EDQUOT"), ("pwrite64", "EIO"),
       ("fdatasync", "EIO"))


@tap.each(rows([(call, error, mode) for call, error in ALL for mode in MODES],
               ("pwrite64", "ENOSPC", "wal"), ("pwrite64", "EIO", "truncate"),
               ("fdatasync", "EIO", "wal"), ("fdatasync", "EIO", "truncate")),
          "{0} says {1} each time, mode {2}: not one delivery is acknowledged; "
          "few lines, and on by itself")
def all_fail(call, error, mode):
    torture.need_strace()
    with torture.Work() as work, torture.Place(
            work, mode, rng_of("all", call, error, mode)) as place:
        begun(place)
        one = place.supervised
        one.restarts = False
        ends = error == "EIO"
        with Failing(one.processes[0].pid, call, error):
            refused(place.deliver(timeout=2))
            if ends:
                tap.until(lambda: one.statuses == [1], "it ends, with 1")
            else:
                tell(hammer(place))
        lines = one.log().splitlines()
        tap.true(len(lines) <= LINES, "lines of the log: %r" % lines)
        tell([line for line in lines if " info " not in line])
        one.restarts = True
        goes_on(place)


@tap.test("half of the calls that were to fail did, or more")
def tried():
    tap.true(2 * Seen.faults >= Seen.runs, "%d of %d"
             % (Seen.faults, Seen.runs))
    tap.note("%d calls failed, %d deliveries refused, %d different lines of "
             "the log" % (Seen.faults, Seen.refused, len(Seen.lines)))


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--long", action="store_true",
        help="each call of each kind fails in turn, not a few")
    add("--seed", type=int, default=random.SystemRandom().randrange(1 << 32),
        metavar="N", help="of what is random (told at the start)")
    add("claim", nargs="*", help="only tests whose claim has this text")
    parser.parse_args(namespace=ARGS)
    sys.argv[1:] = ARGS.claim
    print("# seed %d" % ARGS.seed, flush=True)


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    harness.need_responder()
    tap.main()
