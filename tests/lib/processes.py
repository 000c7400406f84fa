"""Processes that a test's own child has started, told from any others that
have their numbers later."""
import os
import signal


def _started(pid):
    """When it started, in clock ticks; None: it has ended."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii",
                  errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def family(pid):
    """This process and all that descend from it, as (number, start)."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir("/proc/%d/task" % one):
                name = "/proc/%d/task/%s/children" % (one, task)
                with open(name, encoding="ascii") as file:
                    found += [int(child) for child in file.read().split()]
        except OSError:
            pass  # it ended meanwhile
    return {(one, start) for one in found
            for start in [_started(one)] if start is not None}


def named(members, name):
    """Those whose program has this name."""
    found = []
    for pid, start in members:
        try:
            with open("/proc/%d/comm" % pid, encoding="ascii") as file:
                if file.read().strip() == name[:15]:  # the kernel's limit
                    found.append((pid, start))
        except OSError:
            pass
    return found


def alive(members):
    return {(pid, start) for pid, start in members if _started(pid) == start}


def send(members, number=signal.SIGKILL):
    """A signal to those of them that still live."""
    for pid, _ in alive(members):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
