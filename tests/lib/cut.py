"""Cuts the power of a file system at a moment, from a process of its own, so
that no step of the test's load decides the moment.

    cutter = Cutter(place, journal, when="checkpoint", delay_us=700)
    cutter.go()
    ... load; cutter.report() is None until it is done ...

when says what is waited for, delay_us how long after it the power goes:

    time        nothing
    file        there is a file on the disk
    checkpoint  a checkpoint of the WAL is under way
    write       a transaction writes to the database itself (rollback journal)

A checkpoint is under way while a process has SQLite's lock for it and the
WAL's index says that more is attempted than is done. Of the latter no change
can be made once the power is gone, so that it is looked at again after the
cut: only what was under way before and after it counts.

Just before the cut the writers stand still, for good: a machine without power
does nothing more. A sync that is under way across the shutdown may end with
success though nothing was written, and what comes of it never was.

stir: before the cut random parts of the journal's files are written to the
disk, as the kernel does whenever it likes, in no order and without any sync.
"""
import ctypes
import fcntl
import json
import mmap
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import disk  # noqa: E402
import processes  # noqa: E402
import tap  # noqa: E402

SUFFIXES = ("", "-wal", "-journal")

# https://sqlite.org/walformat.html section 2: where nBackfill and
# nBackfillAttempted are, and the bytes locked for a checkpoint and a recovery
BACKFILL, ATTEMPTED, INDEX_LEN = 96, 128, 136
LOCK_CHECKPOINT, LOCK_RECOVER = 121, 122

SYNC_FILE_RANGE_WRITE = 2
PAGE = 4096
PAUSE_S = 0.0002


class Cutter:
    """when, delay_us: see above; stir: a seed, or None; patience_s: after so
    long without what is waited for the power goes all the same."""

    def __init__(self, place, journal, when="time", delay_us=0, stir=None,
                 patience_s=5.0):
        self._process = subprocess.Popen(
            disk.ends_with_us() + [sys.executable, os.path.abspath(__file__),
                                   json.dumps({
                                       "place": place, "journal": journal,
                                       "when": when, "delay_us": delay_us,
                                       "stir": stir,
                                       "patience_s": patience_s})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "ready\n":
            self.close()
            raise RuntimeError("the cutter did not start")

    def go(self):
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def report(self, wait_s=0.0):
        """None, or what was done: at (time.monotonic() when the writers were
        stopped), met (whether what it waited for came), under_way (see
        above)."""
        out = self._process.stdout
        if not select.select([out], [], [], wait_s)[0]:
            return None
        line = out.readline()
        self.close()
        if not line.startswith("{"):
            raise RuntimeError("the cutter failed: %r" % line)
        told = json.loads(line)
        if "cannot" in told:
            raise tap.Skip("the power cannot be cut here: " + told["cannot"])
        return told

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


# ---------------------------------------------------------------------------
# The process that cuts

_libc = ctypes.CDLL(None, use_errno=True)


class _Index:
    """The WAL's index, as other processes see it."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.mapped = None

    def _held(self, byte):
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
        told = fcntl.fcntl(self.descriptor, fcntl.F_GETLK, asked)
        return struct.unpack("hhqqi4x", told)[0] != fcntl.F_UNLCK

    def _more_attempted(self, data):
        if len(data) < INDEX_LEN:
            return False
        return struct.unpack_from("=I", data, ATTEMPTED) \
            > struct.unpack_from("=I", data, BACKFILL)

    def under_way(self):
        # A read and no map: the file may be made short meanwhile.
        return self._held(LOCK_CHECKPOINT) and not self._held(LOCK_RECOVER) \
            and self._more_attempted(os.pread(self.descriptor, INDEX_LEN, 0))

    def keep(self):
        """A map of it can be read once the file cannot."""
        self.mapped = mmap.mmap(self.descriptor, INDEX_LEN,
                                prot=mmap.PROT_READ)

    def still(self):
        return self._more_attempted(self.mapped[:INDEX_LEN])


def _open(path):
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None


class _Moment:
    """What is waited for."""

    def __init__(self, journal, when):
        self.journal = journal
        self.when = when
        self.index = None

    def is_now(self):
        if self.when == "time":
            return True
        if self.when == "checkpoint":
            return self._is_checkpoint()
        if self.when == "file":
            return set(os.listdir(os.path.dirname(self.journal))) \
                - {"lost+found"} != set()
        descriptor = _open(self.journal + "-journal")
        if descriptor is None:
            return False
        try:
            # Its header is written when it is synced, and the database then.
            return os.pread(descriptor, 1, 0) not in (b"", b"\0")
        finally:
            os.close(descriptor)

    def _is_checkpoint(self):
        if self.index is None:
            descriptor = _open(self.journal + "-shm")
            if descriptor is None:
                return False
            self.index = _Index(descriptor)
        if not self.index.under_way():
            return False
        if self.index.mapped is None:
            self.index.keep()
        return True


def _stir(journal, seed):
    """Parts of the files go to the disk, in no order."""
    rng = random.Random(seed)
    for suffix in SUFFIXES:
        descriptor = _open(journal + suffix)
        if descriptor is None:
            continue
        pages = os.fstat(descriptor).st_size // PAGE + 1
        for _ in range(rng.randrange(24)):
            first, count = rng.randrange(pages), rng.randrange(1, 17)
            _libc.sync_file_range(
                descriptor, ctypes.c_int64(first * PAGE),
                ctypes.c_int64(count * PAGE), SYNC_FILE_RANGE_WRITE)
        os.close(descriptor)


def _signal(number):
    """To all programs of ours that the test has started, but not what it is
    just about to start."""
    members = processes.family(os.getppid())
    for name in ("syncjournal.fcgi", "syncjournal", "setpriv"):
        processes.send(processes.named(members, name), number)


def _wait(asked, moment):
    """Until it is the moment, and the writers stand still in it: (since when,
    whether it is)."""
    end = time.monotonic() + asked["patience_s"]
    while True:
        is_last = time.monotonic() >= end
        if not moment.is_now() and not is_last:
            time.sleep(PAUSE_S)
            continue
        time.sleep(asked["delay_us"] / 1e6)
        if asked["stir"] is not None:
            _stir(asked["journal"], asked["stir"])
        at = time.monotonic()
        _signal(signal.SIGSTOP)
        met = moment.is_now()
        if met or is_last:
            return at, met
        _signal(signal.SIGCONT)


def _cut(asked):
    moment = _Moment(asked["journal"], asked["when"])
    at, met = _wait(asked, moment)
    try:
        disk.shut_down(asked["place"])
    except OSError as why:
        return {"cannot": str(why)}
    return {"at": at, "met": met, "under_way": asked["when"] == "checkpoint"
            and met and moment.index.still()}


def main():
    asked = json.loads(sys.argv[1])
    print("ready", flush=True)
    if sys.stdin.readline() == "go\n":
        print(json.dumps(_cut(asked)), flush=True)


if __name__ == "__main__":
    main()
