#!/usr/bin/python3
"""On a real terminal: lines as wide as it is, colour where it is wanted, and
nothing from the journal that would steer it."""
import contextlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
import screen  # noqa: E402
import tap  # noqa: E402

# A name of the sample, as a person is to see it.
NASTY = r"lab @ 5\x1B]2;owned\x07\x1B[5m now"
BLINK = "5"  # SGR; the program has no use for it
LISTINGS = ("findings", "events", "streams", "gaps", "stale", "documents",
            "lists", "maps", "presence", "sessions", "services", "rejects",
            "actions", "info")


@contextlib.contextmanager
def terminal(width, height=24):
    """A terminal in a directory with the sample journal."""
    with harness.Work() as work:
        with screen.Screen(work, width, height, golden.place(work)) as one:
            yield one


@tap.test("this terminal tells of a title, blinking and wrapping")
def instrument():
    with terminal(80) as one:
        one.run(r"printf '\033]2;owned\a\033[5mblink\033[m\n%081d\n' 0")
        tap.equal(one.ask("pane_title"), "owned", "the title")
        tap.true(BLINK in one.attributes(), "blinking text")
        tap.equal(one.wrapped(), 1, "lines that are wrapped")


@tap.each(LISTINGS + ("audit", "status"),
          "at 80 columns no line of {} is wrapped")
def narrow(command):
    with terminal(80, 100) as one:
        one.run("syncjournal " + command, status=int(command == "audit"))
        tap.true(len(one.lines()) > 1, "lines")
        tap.equal(one.wrapped(), 0, "lines that are wrapped, of:\n%s" %
                  "\n".join(one.lines()[:4]))


@tap.test("at 200 columns more of each line is shown than at 80")
def wide():
    shown = {}
    for width in (80, 200):
        with terminal(width) as one:
            one.run("syncjournal events")
            shown[width] = one.lines("-J")
    tap.equal(len(shown[200]), len(shown[80]), "lines")
    longest = {width: max(map(len, lines)) for width, lines in shown.items()}
    tap.true(longest[80] < longest[200] <= 200, "lengths: %r" % longest)
    for few, more in zip(shown[80], shown[200]):
        tap.true(len(few.replace("..", "").replace(" ", ""))
                 < len(more.replace("..", "").replace(" ", "")),
                 "more than %r: %r" % (few, more))


@tap.test("characters that take two columns do not wrap a line")
def wide_characters():
    with terminal(100) as one:
        one.run("syncjournal documents")
        tap.equal(one.wrapped(), 0, "lines that are wrapped")


@tap.test("a listing has colour on a terminal")
def colour():
    with terminal(120) as one:
        one.run("syncjournal events")
        head = one.coloured()[0]
        tap.true(screen.SGR.search(head), "of the head: %r" % head)
        for verdict in ("conflict", "late"):
            lines = [line for line in one.coloured()[1:] if verdict in line]
            tap.true(lines and all(screen.SGR.search(line) for line in lines),
                     "of %s: %r" % (verdict, lines))


@tap.each(("NO_COLOR=1 syncjournal events", "TERM=dumb syncjournal events",
           "syncjournal events | cat"), "{} has no colour")
def plain(command):
    with terminal(120) as one:
        one.run(command)
        tap.true(len(one.lines()) > 1, "lines")
        tap.equal(one.attributes(), set(), "attributes")


@tap.each(("", " --format json", " --format csv"),
          "documents{} with an escape sequence in a name does not change the "
          "terminal")
def harmless(how):
    with terminal(200) as one:
        before = one.ask("pane_title")
        one.run("syncjournal documents" + how)
        tap.true("owned" in one.text("-J"), "the name is shown")
        tap.equal(one.ask("pane_title"), before, "the title")
        tap.true(BLINK not in one.attributes(), "nothing blinks: %r" %
                 one.attributes())


@tap.test("a table shows a name with an escape sequence as \\xHH")
def readable():
    with terminal(300) as one:
        one.run("syncjournal documents")
        lines = [line for line in one.lines() if "lab @" in line]
        tap.true(len(lines) == 1 and NASTY in lines[0], "%r" % lines)


@tap.test("what takes longer than a second says so, and takes it back")
def progress():
    """Standard error is the terminal; the answer goes elsewhere."""
    with terminal(80) as one:
        one.run('syncjournal sql --seconds 2 "WITH RECURSIVE n(i) AS (SELECT '
                '1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n" '
                '2>&1 | cat >said; tr "\\r" "\\n" <said; echo end')
        tap.true(not any("reading:" in line for line in one.lines()),
                 "none where nobody looks")
    with terminal(80) as one:
        one.run('script -qec "syncjournal sql --seconds 2 \'WITH RECURSIVE '
                'n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT '
                'max(i) FROM n\'" said >/dev/null; tr "\\r" "\\n" <said')
        tap.true(any("reading: 1 s" in line for line in one.lines("-J")),
                 "progress in %r" % one.lines("-J"))


tap.main()
