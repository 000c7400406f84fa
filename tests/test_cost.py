#!/usr/bin/python3
"""A delivery costs no more instructions than its budget, tests/cost-budget.

They are the same each time, on a busy machine too, but not with another
compiler or other libraries: there the test is skipped. After a change that is
worth its cost, or saves some, the budget is set anew:

    bench/cost.py --budget BUILDDIR >tests/cost-budget
"""
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), d)
                for d in ("lib", "../bench")]
import cost  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

BUDGET = os.path.join(harness.SRCDIR, "tests", "cost-budget")
TOLERATED = 0.05

_measured = []


def read_budget():
    lines = harness.read(BUDGET).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def differences(budget, here):
    for name, value in here.items():
        if name == "flags":
            changed = set(value.split()) ^ set(budget[name].split())
            if changed:
                yield "flags differ by " + " ".join(sorted(changed))
        elif value != budget[name]:
            yield "%s %s instead of %s" % (name, value, budget[name])


def need_the_same(budget):
    """Skip where the number would tell of something else than our code."""
    if shutil.which("valgrind") is None:
        raise tap.Skip("valgrind is not installed")
    if cost.is_sanitized(harness.BUILDDIR):
        raise tap.Skip("the sanitizers' instructions are not counted")
    others = list(differences(budget, cost.surroundings(harness.BUILDDIR)))
    if others:
        raise tap.Skip("the budget was not counted here: "
                       + "; ".join(others))


def measured():
    """Once for all tests; the table is told with it."""
    if not _measured:
        try:
            _measured.append(cost.measure(harness.BUILDDIR))
        except cost.Missing as why:
            raise tap.Skip(str(why)) from why
        tap.note(_measured[0].table())
    return _measured[0]


@tap.each((cost.ALL, cost.UNHASHED), "a delivery's instructions, {}, are at "
          "most the budget and 5 %")
def within_budget(what):
    budget = read_budget()
    need_the_same(budget)
    limit = int(budget[what])
    count = measured().numbers[what]
    change = "%.0f instructions a delivery %s, the budget is %d: %+.1f %%" % (
        count, what, limit, 100 * (count / limit - 1))
    if count < limit * (1 - TOLERATED):
        tap.note(change + "; time to lower it")
    tap.true(count <= limit * (1 + TOLERATED), change)


# Each CGI request reads the whole schema, of which the views are the most: what
# is added there, each request pays.
CGI_REQUEST = 8000000


def cgi_requests(work):
    """Of a new journal in WAL mode."""
    config = work.write("syncjournal.conf", harness.configuration(
        work.path("journal.db"), journal_keys="mode = wal"))
    for revision in range(3):
        event = sync.document("updated", revision)
        body = sync.form(event)
        named = dict(web.cgi_environment("POST", "/sync", harness.signed(
            sync.sign(harness.PUBLIC_URL, event)), body))
        named["SYNCJOURNAL_CONFIG"] = config
        yield named, body


@tap.test("a CGI request's instructions beyond its process's start are at most "
          "%d" % CGI_REQUEST)
def cgi_request():
    harness.need_twilio()
    need_the_same(read_budget())
    with harness.Work() as work:
        try:
            count = cost.measure_request(harness.BUILDDIR, cgi_requests(work))
        except cost.Missing as why:
            raise tap.Skip(str(why)) from why
    tap.note("%d instructions" % count)
    tap.true(count <= CGI_REQUEST, "%d instructions" % count)


if __name__ == "__main__":
    tap.main()
