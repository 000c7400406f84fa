"""Tests as claims, told in TAP (the Test Anything Protocol).

A test is a function under @test("what it claims"); table-driven ones are
given with @each(table, "claim about {}"), one TAP line a row. Outside of this
file nothing is printed on stdout.
"""
import sys
import time
import traceback

_tests = []


class Skip(Exception):
    """The test cannot be made here; str() says what is missing."""


class Failed(Exception):
    """A claim does not hold; str() says what was seen instead."""


def test(claim):
    def remember(function):
        _tests.append((claim, function, ()))
        return function
    return remember


def each(table, claim):
    """One test for each row; the claim is formatted with the row's items, and
    the function is called with them."""
    def remember(function):
        for row in table:
            row = row if isinstance(row, tuple) else (row,)
            _tests.append((claim.format(*row), function, row))
        return function
    return remember


def equal(got, want, what):
    if got != want:
        raise Failed("%s: got %s, want %s" % (what, _short(got), _short(want)))


def true(condition, what):
    if not condition:
        raise Failed(what)


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def until(condition, what, seconds=10.0):
    """Poll until condition() gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed("waited %g s in vain: %s" % (seconds, what))
        time.sleep(0.01)


def _short(value):
    text = repr(value)
    return text if len(text) <= 1500 else text[:1500] + "..."


def _one(number, claim, function, arguments):
    claim = claim.replace("#", "no. ")  # '#' begins a directive
    try:
        function(*arguments)
    except Skip as why:
        print("ok %d - %s # SKIP %s" % (number, claim, why), flush=True)
        return True
    except Failed as why:
        print("not ok %d - %s" % (number, claim), flush=True)
        where = traceback.extract_tb(sys.exc_info()[2])
        places = [f for f in where if not f.filename.endswith("tap.py")]
        note("%s:%d: %s" % (places[-1].filename, places[-1].lineno, why))
        return False
    except Exception:
        print("not ok %d - %s" % (number, claim), flush=True)
        note(traceback.format_exc())
        return False
    print("ok %d - %s" % (number, claim), flush=True)
    return True


def main():
    """Run what was declared, or those whose claim holds an argument's text.
    The exit status is 0 only when nothing failed."""
    wanted = [t for t in _tests
              if len(sys.argv) == 1 or any(a in t[0] for a in sys.argv[1:])]
    print("1..%d" % len(wanted), flush=True)
    results = [_one(i, *t) for i, t in enumerate(wanted, 1)]
    sys.exit(0 if all(results) and results else 1)
