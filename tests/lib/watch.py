"""What processes and files take, from /proc and the file system."""
import os

import tap

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def rss(pid):
    """Bytes of memory in use."""
    return _status(pid, "VmRSS") * 1024


def _status(pid, name):
    with open("/proc/%d/status" % pid, encoding="ascii",
              errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise ProcessLookupError(pid)


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii",
              errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def need_plain(program):
    """Memory and times of a build with sanitizers are theirs."""
    with open(program, "rb") as file:
        text = file.read()
    if b"__asan_init" in text or b"__tsan_init" in text:
        raise tap.Skip("a build with sanitizers")


def size(path):
    """Bytes of a file; 0 of none."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0
