#!/usr/bin/python3
"""Each command prints what its file in tests/golden shows, to the last byte.

A file there is a test: lib/golden.py says how it is written. To add one, write
its first line, "$ syncjournal COMMAND...", and to renew all:

    SYNCJOURNAL_GOLDEN=write python3 tests/test_golden.py

then read what has changed: a wrong file is worse than none."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
import tap  # noqa: E402

NAMES, STRAYS = golden.names()


@tap.test("there are golden files, and no command has two")
def distinct():
    tap.true(NAMES, "files in " + golden.DIRECTORY)
    tap.equal(STRAYS, [], "what is not named NAME.txt")
    seen = {}
    for name in NAMES:
        command = golden.read(name)[0]
        tap.true(command not in seen, "%s and %s have the same command" % (
            name, seen.get(command)))
        seen[command] = name


WHOLE = (
    "SELECT * FROM deliveries ORDER BY position",
    "SELECT * FROM events ORDER BY position",
    "SELECT * FROM streams ORDER BY stream_key",
    "SELECT position, actor, kind, detail FROM actions ORDER BY position",
    "SELECT * FROM rejects ORDER BY reject_id",
)


@tap.test("the sample is the same on each run but for what is masked")
def same():
    with harness.Work() as work:
        journals = [harness.Journal(work.path(name)) for name in "ab"]
        for journal in journals:
            golden.make_sample(journal.path)
        for query in WHOLE:
            want, got = (journal.rows(query) for journal in journals)
            tap.true(want, "rows of " + query)
            tap.equal(got, want, query)


DOCUMENTS = ("README.md",)


def quoted(path):
    """{file: block} of what a document shows of tests/golden: the block of
    code behind <!-- tests/golden/NAME.txt -->."""
    with open(os.path.join(harness.SRCDIR, path), encoding="utf-8") as file:
        text = file.read()
    return re.findall(r"<!-- tests/golden/(\S+)\.txt -->\n```\n(.*?)```\n", text,
                      re.DOTALL)


@tap.test("what README shows is what its commands print")
def shown():
    blocks = [block for path in DOCUMENTS for block in quoted(path)]
    tap.true(len(blocks) >= 4, "blocks of golden files")
    for name, block in blocks:
        with open(os.path.join(golden.DIRECTORY, name + ".txt"),
                  encoding="utf-8") as file:
            tap.equal(block, file.read(), name)


@tap.each(NAMES, "golden/{}.txt shows what its command prints")
def compare(name):
    with harness.Work() as work:
        golden.check(work, name)


tap.main()
