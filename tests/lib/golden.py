"""Whole outputs, compared with files that show them.

tests/golden/NAME.txt is what a terminal would show: the command behind "$ ",
what continues it behind "> ", then all that it prints. After that, where there
is any, come the lines of standard error below "--- standard error", and
"--- exit status N"; a command that prints nothing has "--- no output". Control
characters are written as cat -v does (^[ is an escape, ^M ends a line of CSV),
others that are not seen, or turn the line around, as <U+202E>.

The command is one of sh, in a directory of its own that has journal.db (what
tests/sample writes) and a syncjournal.conf that names it; syncjournal is on
PATH. MASKS replaces what cannot be the same on another day or machine. Of a
line that is too long to be read the middle is given as its hash.
"""
import difflib
import functools
import hashlib
import os
import re
import subprocess
import unicodedata

import harness
import tap

DIRECTORY = os.path.join(harness.SRCDIR, "tests", "golden")
SAMPLE = os.path.join(harness.BUILDDIR, "tests", "sample")
PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
WRITING = os.environ.get("SYNCJOURNAL_GOLDEN") == "write"

ERRORS = "--- standard error"
STATUS = "--- exit status "
NOTHING = "--- no output"
NO_NEWLINE = "--- no newline at the end"

# The sample's events are of this day, its receipts too; any other time is of
# something that was done while it was made or looked at.
SAMPLE_DAY = "2026-03-01"
# What the sample makes unlike a journal's name.
SAMPLE_TOKEN = "00000000-0000-4000-8000-"

# What is found, and what stands for it. Blanks behind it, of a column, become
# as many as keep the next column in its place.
MASKS = (
    # times of actions, and when the journal was made
    (r"(?!%s)\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d" % SAMPLE_DAY,
     r"YYYY-MM-DD\1HH:MM:SS"),
    (r"(?<=YYYY-MM-DD.HH:MM:SS)\.\d+", ".SSS"),
    # how long ago the last delivery came
    (r"for \d+(\.\d+)? days", "for N days"),
    (r"\b\d[\d,]* (?:second|minute|hour|day)s? ago", "N days ago"),
    (r"just now", "N days ago"),
    (r"last_delivery_age=\d+s", "last_delivery_age=Ns"),
    # the journal's name
    (r"(?!%s)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" % SAMPLE_TOKEN,
     "UUID"),
    # versions of the program and of SQLite
    (r"(?<![\d.])\d+\.\d+\.\d+(?!\.?\d)", "N.N.N"),
)


# Of Unicode: controls, formats, separators of lines and of paragraphs.
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
# In characters: where a line is too long, and what is kept of each end.
LONG = 1000
ENDS = 150


def _masked(text):
    for pattern, instead in MASKS:
        def put(found, instead=instead):
            new = found.expand(instead)
            blanks = found.group("blanks")
            if not blanks:
                return new
            return new.ljust(len(found.group(0)) - 1) + " "
        text = re.sub("(?:%s)(?P<blanks>(?:  +(?=\\S))?)" % pattern, put, text)
    return text


def _visible(output):
    """Bytes as a person can tell them apart, newlines as they are."""
    def show(character):
        if character == "\n" or unicodedata.category(character) not in UNSEEN:
            return character
        if character < " " or character == "\x7f":
            return "^" + chr(ord(character) ^ 0x40)
        return "<U+%04X>" % ord(character)
    return "".join(map(show, output.decode("utf-8", "backslashreplace")))


def _shortened(line):
    if len(line) <= LONG:
        return line
    middle = line[ENDS:-ENDS]
    digest = hashlib.sha256(middle.encode()).hexdigest()
    return "%s [.. %d characters, SHA-256 %s ..] %s" % (
        line[:ENDS], len(middle), digest[:16], line[-ENDS:])


def _block(output):
    """Lines, of which the last may say that it has no end."""
    text = "\n".join(map(_shortened, _masked(_visible(output)).split("\n")))
    if text and not text.endswith("\n"):
        text += "\n" + NO_NEWLINE + "\n"
    return text


def environment(directory, **more):
    """Where a command finds the program and the journal of a directory. The
    time zone is not that of the output, which is UTC."""
    left_out = ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES",
                "PAGER", "BASH_ENV", "ENV")
    given = {name: value for name, value in harness.clean_environment().items()
             if name not in left_out and not name.startswith("LC_")}
    given.update(
        PATH=harness.BUILDDIR + ":" + os.environ.get("PATH", "/usr/bin:/bin"),
        SYNCJOURNAL_CONFIG=os.path.join(directory, "syncjournal.conf"),
        LC_ALL="C.UTF-8", TERM="xterm", TZ="XXX-5:45", **more)
    return given


def make_sample(path):
    """The sample journal as a new file."""
    for program in (SAMPLE, PROGRAM):
        if not os.access(program, os.X_OK):
            raise tap.Failed("no program to test with: " + program)
    done = subprocess.run([SAMPLE, path], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL,
                          env=harness.clean_environment())
    tap.equal((done.returncode, done.stdout + done.stderr), (0, b""),
              "what sample said")


@functools.lru_cache(maxsize=None)
def _sample():
    """The bytes of one, that each test gets a copy of."""
    with harness.Work() as work:
        make_sample(work.path("journal.db"))
        with open(work.path("journal.db"), "rb") as file:
            return file.read()


def place(work):
    """Put the sample journal and its configuration into a test's directory,
    and return the environment for commands there."""
    work.write("journal.db", _sample())
    work.write("syncjournal.conf", "[journal]\npath = journal.db\n")
    return environment(work.directory)


def run(work, command):
    """What a file is to hold below its command."""
    done = subprocess.run(["sh", "-c", command], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60,
                          cwd=work.directory, env=place(work))
    inside = work.directory.encode() + b"/"
    said, errors = (_block(output.replace(inside, b""))
                    for output in (done.stdout, done.stderr))
    if errors:
        said += ERRORS + "\n" + errors
    if done.returncode != 0:
        said += "%s%d\n" % (STATUS, done.returncode)
    return said or NOTHING + "\n"


def names():
    """The files, without ".txt", and what else is there, which should not."""
    found = sorted(os.listdir(DIRECTORY))
    good = [name for name in found
            if re.fullmatch(r"[a-z0-9][a-z0-9-]*\.txt", name)]
    return ([name[:-len(".txt")] for name in good],
            [name for name in found if name not in good])


def path(name):
    return os.path.join(DIRECTORY, name + ".txt")


def read(name):
    """(command, its text as it stands in the file, what is below it)."""
    with open(path(name), encoding="utf-8", newline="") as file:
        lines = file.read().splitlines(keepends=True)
    end = 1
    while end < len(lines) and lines[end].startswith("> "):
        end += 1
    tap.true(lines and lines[0].startswith("$ "), "begins with a command")
    tap.true("syncjournal" in "".join(lines[:end]), "which is syncjournal")
    for line in lines[end:]:
        tap.true(not line.startswith("$ "), "one command only: " + line)
    command = "".join(line[2:] for line in lines[:end])
    return command, "".join(lines[:end]), "".join(lines[end:])


def check(work, name):
    """Run a file's command and compare; or write the file, if asked to."""
    command, head, want = read(name)
    got = run(work, command)
    if WRITING:
        harness.write(path(name), head.rstrip("\n") + "\n" + got, 0o644)
        return
    tap.true(want, "%s.txt holds no output; SYNCJOURNAL_GOLDEN=write makes it"
             % name)
    if got != want:
        difference = difflib.unified_diff(
            want.splitlines(), got.splitlines(), "golden/%s.txt" % name,
            "what came", lineterm="", n=1)
        tap.note("\n".join(difference))
        raise tap.Failed("another output than in golden/%s.txt" % name)
