"""What comes before measuring: packages, a build, a directory; and what kind of
machine it is. For the programs of bench/ that are started by hand.

Exit status 2 is for what keeps them from measuring at all.
"""
import contextlib
import datetime
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

import servers

PROGRAMS = ["syncjournal.fcgi", "syncjournal"] + [
    "bench/" + name for name in ("fill", "load", "null", "raw")]


def tell(words):
    print(words, file=sys.stderr, flush=True)


def stop(words):
    tell("bench/%s: %s" % (os.path.basename(sys.argv[0]), words))
    sys.exit(2)


def add_options(parser):
    """What all have."""
    parser.add_argument("--build", metavar="DIR", help="a finished build tree")
    parser.add_argument(
        "--directory", metavar="DIR",
        default=os.environ.get("TMPDIR", "/var/tmp"),
        help="where journals are: a disk, not memory (%(default)s)")


def end_by_signals():
    """As by Ctrl-C: what was started is ended and removed. To be called before
    anything is started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))


@contextlib.contextmanager
def directory_in(parent, keep=False):
    """A new directory, which does not stay unless it is to be kept."""
    directory = tempfile.mkdtemp(prefix="syncjournal-bench-", dir=parent)
    try:
        yield directory
    finally:
        if keep:
            tell("kept: " + directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)


# Packages


def shell(script):
    return subprocess.call(["sh", "-c", ". build-aux/packages.sh\n" + script],
                           cwd=servers.TOP, stdout=sys.stderr)


def need(packages):
    """A name of a list in build-aux/packages.sh: all of it or nothing is
    measured."""
    if shell("packages_need $" + packages) != 0:
        sys.exit(2)


def want(packages):
    """All, or those that can be had: what is missing will be left out."""
    if shell("packages_need $" + packages) != 0:
        shell("for one in $%s; do packages_need $one 2>/dev/null; done"
              % packages)


# The programs


def build(directory):
    """As a user builds it."""
    tell("building in " + directory)
    log = os.path.join(directory, "build.log")
    steps = ("build-aux/copy-source . %(to)s/source && cd %(to)s/source && "
             "autoreconf -i && mkdir ../build && cd ../build && "
             "../source/configure && make -j2 %(programs)s" % {
                 "to": directory, "programs": " ".join(PROGRAMS)})
    with open(log, "wb") as out:
        if subprocess.call(["sh", "-c", steps], cwd=servers.TOP, stdout=out,
                           stderr=out) != 0:
            with open(log, encoding="utf-8", errors="replace") as file:
                tell(file.read()[-3000:])
            stop("the build failed")
    return os.path.join(directory, "build")


def programs(given, directory):
    """The build tree that was given, or one that is made."""
    tree = os.path.abspath(given or build(directory))
    for name in PROGRAMS:
        if not os.access(os.path.join(tree, name), os.X_OK):
            stop("no program: make %s in %s" % (name, tree))
    return tree


# The machine


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def machine(directory, server="nginx"):
    """Where it is measured; journals are in directory."""
    first_line = servers.first_line
    return {
        "date": datetime.date.today().isoformat(),
        "processor": "%s, %d usable" % (
            processor(), len(os.sched_getaffinity(0))),
        "memory": "%.1f GB" % (os.sysconf("SC_PAGE_SIZE")
                               * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "kernel": platform.release(),
        "file system": first_line("findmnt", "-n", "-o", "FSTYPE", "-T",
                                  directory),
        "compiler": first_line("gcc", "--version"),
        "SQLite": first_line("sqlite3", "--version").partition(" ")[0],
        server: first_line(servers.find(server), "-v").partition("/")[2],
    }
