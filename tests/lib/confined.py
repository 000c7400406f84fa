"""What the kernel says of a process that has confined itself, and what its
memory holds."""
import os
import re
import shutil
import subprocess
import sys

import harness
import tap


class Made:
    """How the programs that are tested were made."""

    def __init__(self):
        made = harness.read(os.path.join(harness.BUILDDIR, "config.h"))
        self.seccomp = "#define HAVE_SECCOMP 1" in made
        self.sanitized = "#define SYNC_SANITIZED 1" in made


def status(pid, name):
    """A line of /proc/PID/status."""
    text = harness.read("/proc/%d/status" % pid)
    return re.search(r"^%s:\s*(\S+)" % name, text, re.M).group(1)


def said(log):
    """What a responder says of its confinement, once."""
    lines = re.findall(r" info - ((?:not )?confined.*)", log)
    tap.equal(len(lines), 1, "lines about confinement in " + log)
    return lines[0]


def on(log, what):
    return re.search(r"^confined by [^;]*\b%s\b" % what, said(log)) is not None


def need(log, what):
    """Skip where the kernel, or how the program was made, has it not."""
    if not on(log, what):
        raise tap.Skip(said(log))


def traced(work, *options):
    """Have what is started by the work traced, under its own process id; the
    trace's name."""
    if shutil.which("strace") is None:
        raise tap.Skip("strace is not installed")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise tap.Skip("strace may not trace")
    if Made().sanitized:
        raise tap.Skip("made with sanitizers")
    trace = work.path("trace")
    work.before = ["strace", "-D", "-f", "-q", "-o", trace, *options]
    return trace


def restart_traced(site, *options):
    """Start a site's responder anew, with a new log, as traced()."""
    trace = traced(site.work, *options)
    site.responder.stop()
    os.truncate(site.responder.log_path, 0)
    site.responder.start()
    return trace


def refused(trace):
    """The lines of calls that were refused to a process in a trace's text."""
    return [line for line in trace.splitlines()
            if re.search(r"= -1 E(NOSYS|ACCES|PERM)\b", line)]


# ----------------------------------------------------------------------------


def _swapped(data):
    """As a hash function has it in words of 32 bits."""
    return b"".join(data[i:i + 4][::-1] for i in range(0, len(data) - 3, 4))


def forms(token):
    """A token as it may be left behind: as it is; with HMAC's two pads, RFC
    2104 section 2; as words; and the halves of each."""
    token = token.encode()
    pads = [token, bytes(c ^ 0x36 for c in token),
            bytes(c ^ 0x5c for c in token)]
    whole = pads + [_swapped(one) for one in pads]
    return [part for one in whole for part in (one[:16], one[-16:])]


def memory(pid):
    """All that a process has in memory, region by region."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
            open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            start, end, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if mode[0] != "r" or "[v" in line:
                continue
            mem.seek(int(start, 16))
            yield mem.read(int(end, 16) - int(start, 16))


def copies(pid, token):
    """How often a token, or half of one, is in a process's memory."""
    try:
        regions = list(memory(pid))
    except PermissionError as why:
        raise tap.Skip("its memory cannot be read: %s" % why) from why
    return max(sum(region.count(form) for region in regions)
               for form in forms(token))


# ----------------------------------------------------------------------------


class Filter:
    """The filter of system calls for a processor, by libseccomp's name: what
    the kernel would do with it (include/uapi/linux/bpf_common.h)."""

    ALLOWED = 0x7fff0000
    ENOSYS = 0x50026

    def __init__(self, processor, audit):
        make = os.path.join(harness.BUILDDIR, "src/responder/filter_make")
        if not Made().seccomp:
            raise tap.Skip("made without libseccomp")
        text = subprocess.run([make, processor], check=True, text=True,
                              capture_output=True).stdout
        self.audit = audit
        self.order = "little" if audit & 0x40000000 else "big"
        self.program = []
        for line in re.findall(r"\{ (.*) \}", text):
            code, yes, no, k = (int(word, 0) for word in line.split(","))
            if self.order != sys.byteorder:
                code = int.from_bytes(code.to_bytes(2, "big"), "little")
                k = int.from_bytes(k.to_bytes(4, "big"), "little")
            self.program.append((code, yes, no, k))

    def answer(self, number, *arguments):
        """What becomes of a call."""
        data = b"".join(value.to_bytes(size, self.order) for value, size in [
            (number, 4), (self.audit, 4), (0, 8)] + [
                (argument, 8) for argument in arguments + (0,) * 6])
        at = 0
        while True:
            code, yes, no, k = self.program[at]
            at += 1
            if code == 0x20:
                word = int.from_bytes(data[k:k + 4], self.order)
            elif code == 0x54:
                word &= k
            elif code == 0x05:
                at += k
            elif code == 0x06:
                return k
            else:
                at += yes if {0x15: word == k, 0x25: word > k,
                              0x35: word >= k,
                              0x45: word & k != 0}[code] else no


# ----------------------------------------------------------------------------


def system_call_sets():
    """The sets of system calls that systemd knows, by name."""
    if shutil.which("systemd-analyze") is None:
        raise tap.Skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"],
                          capture_output=True, text=True, check=False)
    sets = {}
    for line in done.stdout.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = set()
        elif line.startswith("    ") and not line.strip().startswith("#"):
            sets[name].add(line.strip())
    return sets


def allowed_by(unit):
    """The names of all system calls that a unit's SystemCallFilter= allows."""
    sets = system_call_sets()

    def spread(word):
        if not word.startswith("@"):
            return {word}
        return set().union(*(spread(one) for one in sets[word]))

    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)", unit, re.M):
        names = set().union(*(spread(w) for w in line.lstrip("~").split()))
        allowed = allowed - names if line[0] == "~" else allowed | names
    return allowed
