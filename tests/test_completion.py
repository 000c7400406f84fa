#!/usr/bin/python3
"""bash completes commands, options, words and names, as the program has
them."""
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
SAMPLE = os.path.join(harness.BUILDDIR, "tests", "sample")
FILE = os.path.join(harness.SRCDIR, "completions", "syncjournal")


def complete(*words):
    """What bash offers for the last of these words."""
    bash = shutil.which("bash")
    if bash is None:
        raise tap.Skip("bash is not installed")
    script = '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
        '_syncjournal; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run([bash, "-c", script, FILE, PROGRAM, *words],
                          capture_output=True, timeout=60, check=False,
                          env=harness.clean_environment())
    tap.equal((done.returncode, done.stderr), (0, b""), "bash")
    return [word for word in done.stdout.decode().split("\n") if word]


def helped(*words):
    done = subprocess.run([PROGRAM, *words, "--help"], capture_output=True,
                          timeout=60, check=True)
    return done.stdout.decode()


def commands():
    names = []
    for line in helped().splitlines():
        if line.startswith("options"):
            break
        found = re.match(r"  ([a-z]+) ", line)
        if found:
            names.append(found.group(1))
    return names


@tap.test("every command is offered, and those alone that begin so")
def names():
    tap.true(len(commands()) > 20, "commands in --help")
    tap.equal([w for w in complete("") if not w.startswith("-")],
              commands(), "all")
    tap.equal(complete("reb"), ["rebuild"], "one")
    tap.equal(complete("--journal", "x", "reb"), ["rebuild"],
              "behind an option")


@tap.test("each command's options are offered, as its help has them")
def options():
    for command in commands():
        text = helped(command).split("\noptions:\n")[1].split("\n\n")[0]
        want = set(re.findall(r"(?:^  |, )(--?[a-z][a-z-]*)", text, re.MULTILINE))
        tap.true("--help" in want, "options of " + command)
        tap.equal(set(complete(command, "-")), want, command)


@tap.test("words and names are offered")
def words():
    tap.equal(complete("events", "--format", ""), ["table", "json", "csv"],
              "formats")
    tap.equal(complete("export", "--format", ""), ["ndjson", "csv"],
              "formats of an export")
    tap.equal(complete("gap", "e"), ["explain"], "what gap does")
    tap.true("open_gaps" in complete("cookbook", "op"), "the cookbook")
    with harness.Work() as work:
        journal = work.path("journal.db")
        subprocess.run([SAMPLE, journal], check=True, timeout=60)
        tap.equal(complete("--journal", journal, "history", "ca"), ["cart"],
                  "a unique name")
        tap.equal(complete("--journal", "=", journal, "history", "ca"),
                  ["cart"], "--journal=FILE, as bash cuts it")
        os.mkdir(work.path("a b"))
        shutil.copy(journal, work.path("a b/j.db"))
        for word in (work.path("a\\ b/j.db"),
                     '"' + work.path("a b/j.db") + '"'):
            tap.equal(complete("--journal", word, "history", "ca"), ["cart"],
                      "a journal of this name: " + word)
    tap.equal(complete("--journal", "/nonexistent", "history", "ca"), [],
              "no journal")


tap.main()
