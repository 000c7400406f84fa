#!/usr/bin/python3
"""How long the writers' lock is held by a program, and how much of that is the
disk's: seen by strace from outside.

    bench/holds.py ./syncjournal --journal journal.db rebuild
"""
import re
import subprocess
import sys
import tempfile

CALL = re.compile(r"(?:\d+ +)?(\d+\.\d+) (flock|fdatasync|fsync)\((\d+)"
                  r"(?:, (\S+?))?\)\s+= (-?\d+).*<([\d.]+)>")


def holds(lines):
    """(milliseconds held, of which in syncs) of each hold."""
    begun, sync = None, 0.0
    for line in lines:
        call = CALL.match(line)
        if not call:
            continue
        at, name, _, operation, result, took = call.groups()
        if name != "flock":
            sync += float(took) * 1000
        elif "LOCK_UN" in operation:
            if begun is not None:
                yield (float(at) - begun) * 1000, sync
            begun = None
        elif result == "0":
            begun, sync = float(at), 0.0


def tell(what, values):
    values = sorted(values)
    print("%-14s median %6.1f ms   p99 %6.1f ms   longest %6.1f ms" % (
        what, values[len(values) // 2], values[int(len(values) * 0.99)],
        values[-1]))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.NamedTemporaryFile("r") as trace:
        status = subprocess.call(
            ["strace", "--seccomp-bpf", "-f", "-ttt", "-T", "-e",
             "trace=flock,fdatasync,fsync", "-o", trace.name] + sys.argv[1:])
        found = list(holds(trace))
    if not found:
        sys.exit("the lock was never held")
    print("%d times held" % len(found))
    tell("in all", [held for held, _ in found])
    tell("without syncs", [held - sync for held, sync in found])
    sys.exit(status)


main()
