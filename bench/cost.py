#!/usr/bin/python3
"""Where the instructions of a delivery go.

    bench/cost.py [BUILDDIR]             a table of them
    bench/cost.py --budget [BUILDDIR]    the lines of tests/cost-budget

Runs bench/cost (see there) in valgrind's tool callgrind, which is to the
instruction the same each time. It counts what the processor is told, not how
long that takes: neither the kernel's part nor waiting for memory or disk. And
valgrind's processor has no instructions for SHA; where a real one has,
libnettle uses them, and the hashes take far fewer.
"""
import collections
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# Batches of 64. The first 8,192 deliveries make nearly all of the 2,000 streams;
# among the next 2,048, which are counted, is one checkpoint.
WARM_UP = 128
COUNTED = 32
DELIVERIES = COUNTED * 64
PATIENCE_S = 120

# The two numbers that have a budget. A change elsewhere shows more in the
# second, and on a processor that has instructions for SHA it is nearer to what
# is run.
ALL = "in all"
UNHASHED = "without the hashes"
BENCH = "bench/cost itself"
HASHES = ("HMAC-SHA1, Base64 (libnettle)", "SHA-256 (libnettle)")

OWN = re.compile(r"/((?:src/(?:base|twilio|journal|responder))|bench)"
                 r"/([^/]+)\.c$")
# The database's driver stands between SQLite and who asked.
DRIVER = ("db", "vfs")
# What SQLite does, by the source file that asked for it.
ASKED = {
    "journal_append": "SQLite: deliveries",
    "event_row": "SQLite: events",
    "streams": "SQLite: streams",
    "item": "SQLite: items",
    "seen": "SQLite: earlier events",
    "revisions": "SQLite: earlier events",
    "gaps": "SQLite: gaps",
    "services": "SQLite: services",
    "journal": "SQLite: begin and commit",
    "owed": "SQLite: begin and commit",
}
LIBC = (
    ("malloc and free", re.compile(
        r"malloc|calloc|realloc|free|unlink_chunk|systrim|s?brk$")),
    ("printf", re.compile(r"printf|_IO_|_itoa|strchrnul")),
    ("memory and strings", re.compile(r"^_*(mem|str|explicit_bzero)")),
)


class Missing(Exception):
    """It cannot be counted here; str() says what is missing."""


# ---------------------------------------------------------------------------
# What is counted, and with what

def make_variables(builddir):
    """Those of the Makefile that stand on one line."""
    with open(os.path.join(builddir, "Makefile"), encoding="utf-8") as file:
        return dict(re.findall(r"^(\w+) = (.*)$", file.read(), re.M))


def said(*command):
    """What a command prints, or "unknown"."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=30)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def compiler(variables):
    command = shlex.split(variables["CC"])
    name = "clang" if "clang" in said(*command, "--version") else "gcc"
    return "%s %s" % (name, said(*command, "-dumpfullversion",
                                 "-dumpversion").split("\n")[0])


def system():
    try:
        release = platform.freedesktop_os_release()
    except (AttributeError, OSError):
        release = {}
    return "%s %s" % (release.get("ID", "unknown"),
                      release.get("VERSION_ID", "unknown"))


def processor():
    """The C library chooses its functions by what valgrind's processor has,
    and that has AVX2 where the real one does."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            avx2 = re.search(r"^flags\s*:.*\bavx2\b", file.read(), re.M)
    except OSError:
        avx2 = None
    return platform.machine() + (" with AVX2" if avx2 else "")


def surroundings(builddir):
    """All that the number of instructions depends on, but for our code."""
    variables = make_variables(builddir)
    return {
        "system": system(),
        "processor": processor(),
        "compiler": compiler(variables),
        "flags": " ".join((variables["SYNC_HARDEN"] + variables["CPPFLAGS"]
                           + " " + variables["CFLAGS"]).split()),
        "glibc": os.confstr("CS_GNU_LIBC_VERSION").split()[-1],
        "libsqlite3": said("pkg-config", "--modversion", "sqlite3"),
        "libnettle": said("pkg-config", "--modversion", "nettle"),
        "libfcgi": said("pkg-config", "--modversion", "fcgi"),
        "valgrind": said("valgrind", "--version").replace("valgrind-", ""),
    }


def is_sanitized(builddir):
    variables = make_variables(builddir)
    return "-fsanitize" in variables["SYNC_HARDEN"] + variables["CFLAGS"]


# ---------------------------------------------------------------------------
# Count

def run(builddir, directory):
    """Returns the path of what callgrind writes."""
    program = os.path.join(os.path.abspath(builddir), "bench", "cost")
    out = os.path.join(directory, "callgrind.out")
    if shutil.which("valgrind") is None:
        raise Missing("valgrind is not installed")
    if not os.access(program, os.X_OK):
        raise Missing("bench/cost is not built: make check builds it")
    # Nothing of ours gets in: the C library and libnettle can be tuned by the
    # environment.
    done = subprocess.run(
        ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no",
         "--collect-atstart=no", "--separate-callers=80", "--separate-recs=1",
         "--dump-line=no", "--compress-pos=no",
         "--callgrind-out-file=" + out,
         program, "journal.db", str(WARM_UP), str(COUNTED)],
        cwd=directory, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE_S)
    if done.returncode != 0:
        raise RuntimeError("bench/cost in valgrind: " + done.stderr)
    return out


def run_responder(builddir, arguments, environment, body):
    """The instructions of a whole process, and what it wrote."""
    program = os.path.join(os.path.abspath(builddir), "syncjournal.fcgi")
    if shutil.which("valgrind") is None:
        raise Missing("valgrind is not installed")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         program, *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", **environment},
        input=body, capture_output=True, timeout=PATIENCE_S)
    counted = re.search(rb"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or counted is None:
        raise RuntimeError("syncjournal.fcgi in valgrind: %r" % done.stderr)
    return int(counted.group(1)), done.stdout


def measure_request(builddir, requests):
    """The instructions of a CGI request beyond the start of its process: those
    of the last of some (environment, body)."""
    start, _ = run_responder(builddir, ["--version"], {}, b"")
    for environment, body in requests:
        count, answer = run_responder(builddir, [], environment, body)
        if not answer.startswith(b"Status: 204"):
            raise RuntimeError("the answer: %r" % answer[:200])
    return count - start


class Function:
    """One, when it is called in one way. Names are those of callgrind's file:
    the function's, its caller's and so on to main, between apostrophes."""

    def __init__(self, names, thing, path):
        self.name, _, self.above = names.partition("'")
        self.thing = thing  # object: program or library
        found = OWN.search(path)
        # Of ours: its directory and its file's name without ".c".
        self.directory, self.file = found.groups() if found else (None, None)
        self.cost = 0
        self.caller = None


def parse(lines):
    """The functions, and the total. The format: valgrind's manual, "Callgrind
    Format"."""
    functions, names, total = {}, {}, 0
    thing = path = function = None
    lines = iter(lines)

    def name_of(kind, text):
        number, _, name = text.partition(" ")
        if name:
            names[kind, number] = name
        return names[kind, number]

    for line in lines:
        key, is_pair, value = line.rstrip("\n").partition("=")
        if line[0].isdigit():
            function.cost += int(line.split()[1])
        elif line.startswith("totals:"):
            total = int(line.split()[1])
        elif not is_pair:
            continue
        elif key == "ob":
            thing = name_of("ob", value)
        elif key == "fl":
            path = name_of("fl", value)
        elif key == "fn":
            context = name_of("fn", value)
            if context not in functions:
                functions[context] = Function(context, thing, path)
            function = functions[context]
        elif key == "cob":
            name_of("ob", value)
        elif key in ("cfi", "cfl"):
            name_of("fl", value)
        elif key == "cfn":
            name_of("fn", value)
        elif key == "calls":
            next(lines)  # what the call cost, which the callee has too
    for function in functions.values():
        function.caller = functions.get(function.above)
    return functions.values(), total


# ---------------------------------------------------------------------------
# Sort

def libc_group(name):
    for group, names in LIBC:
        if names.search(name):
            return group
    return "else"


def chain_of(function):
    """It and its callers, but for entries of linkage tables."""
    while function:
        if function.directory or ".so" in function.thing:
            yield function
        function = function.caller


def group_of(function):
    """The table's row for what is spent in a function."""
    chain = list(chain_of(function))
    own = [f for f in chain if f.directory]
    if not own:
        return "other"
    if chain[0] is own[0]:
        return BENCH if own[0].directory == "bench" else own[0].directory
    called = chain[chain.index(own[0]) - 1]
    if any(f.name == "db_checkpoint" for f in own):
        return "SQLite: checkpoint"
    if "libsqlite3" in called.thing:
        asked = [f.file for f in own if f.file not in DRIVER]
        return ASKED.get(asked[0], "SQLite: " + asked[0])
    if "libnettle" in called.thing:
        return HASHES[any("sha256" in f.name for f in chain)]
    if "libfcgi" in called.thing:
        return "libfcgi"
    if "libc.so" in called.thing:
        return "libc for us: " + libc_group(chain[0].name)
    return "other"


class Cost:
    def __init__(self, functions, total):
        groups = collections.Counter()
        libc = collections.Counter()
        for function in functions:
            groups[group_of(function)] += function.cost
            if "libc.so" in function.thing:
                libc[libc_group(function.name)] += function.cost
        if total == 0:
            raise Missing("bench/cost was built without "
                          "valgrind/callgrind.h")
        if sum(groups.values()) != total:
            raise RuntimeError("callgrind says %d instructions, the groups "
                               "have %d" % (total, sum(groups.values())))
        self.groups = {g: n / DELIVERIES for g, n in groups.items()}
        self.libc = {g: n / DELIVERIES for g, n in libc.items()}
        hashes = sum(self.groups.get(h, 0) for h in HASHES)
        self.numbers = {ALL: total / DELIVERIES,
                        UNHASHED: total / DELIVERIES - hashes}

    def table(self):
        return "\n".join(
            ["Instructions of valgrind's processor, which has none for SHA, "
             "a delivery:"] + self._rows(self.numbers) +
            ["All of them, by where they are:"] + self._rows(self.groups) +
            ["Among them, in libc for whomever:"] + self._rows(self.libc))

    def _rows(self, counts):
        return ["%9.0f  %5.1f %%  %s" % (
            count, 100 * count / self.numbers[ALL], what)
            for what, count in sorted(counts.items(), key=lambda c: -c[1])
            if count >= 0.5]


def measure(builddir):
    with tempfile.TemporaryDirectory(prefix="syncjournal-cost-") as directory:
        with open(run(builddir, directory), encoding="utf-8") as file:
            return Cost(*parse(file))


def main():
    arguments = sys.argv[1:]
    is_budget = arguments[:1] == ["--budget"]
    builddir = (arguments[is_budget:] + ["."])[0]
    try:
        cost = measure(builddir)
    except Missing as why:
        sys.exit("cost.py: %s" % why)
    if not is_budget:
        print(cost.table())
        return
    for name, count in cost.numbers.items():
        print("%s: %.0f" % (name, count))
    for name, value in surroundings(builddir).items():
        print("%s: %s" % (name, value))


if __name__ == "__main__":
    main()
