#!/usr/bin/python3
"""What bench/run found, in words: a table, and whether the targets of
docs/design.md section 5 are reached.

    bench/report.py RESULTS.json
"""
import json
import statistics
import sys

WORDS = {
    "nginx": "nginx's own 204",
    "null": "null",
    "syncjournal": "syncjournal",
    "php-fpm": "PHP-FPM, PDO SQLite",
    "node": "Node, better-sqlite3",
    "webhook": "webhook",
    "raw-1": "raw SQLite, 1 a commit",
    "raw-64": "raw SQLite, 64 a commit",
}
# Those that do the same work as we: webhook verifies nothing.
PEERS = ("php-fpm", "node")
KEY = ("mix", "connections", "subject")


# Numbers


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def merged(runs):
    """The repetitions of one measurement as one; None when all failed."""
    good = [run for run in runs if "events_per_s" in run]
    if not good:
        return None
    result = {name: median([run.get(name) for run in good])
              for name, value in good[0].items()
              if isinstance(value, (int, float)) or value is None}
    result.update({name: runs[0][name] for name in KEY})
    result["stores"] = good[0]["rows"] is not None
    result["problems"] = [text for run in runs for text in run["problems"]]
    return result


def medians(runs):
    """A result for each mix, number of connections and subject, in the order
    of the first repetition."""
    groups = {}
    for run in runs:
        groups.setdefault(tuple(run[name] for name in KEY), []).append(run)
    return [result for result in map(merged, groups.values()) if result]


# The table


def number(value, digits=0):
    return "–" if value is None else "{:,.{}f}".format(value, digits)


def scaled(value, by, digits):
    return number(None if value is None else value / by, digits)


def audited(result):
    if result["problems"]:
        return "; ".join(sorted(set(result["problems"])))
    return "rows = 204s" if result["stores"] else "–"


COLUMNS = (
    ("mix", lambda r: r["mix"]),
    ("connections", lambda r: number(r["connections"])),
    ("subject", lambda r: WORDS[r["subject"]]),
    ("events/s", lambda r: number(r["events_per_s"])),
    ("p50 ms", lambda r: scaled(r["p50_us"], 1000, 2)),
    ("p99 ms", lambda r: scaled(r["p99_us"], 1000, 2)),
    ("p99.9 ms", lambda r: scaled(r["p999_us"], 1000, 2)),
    ("CPU s/100k", lambda r: number(r["cpu_s_per_100k"] or None, 2)),
    ("peak MB", lambda r: scaled(r["peak_bytes"] or None, 1e6, 1)),
    ("bytes/event", lambda r: number(r["written_per_event"] or None)),
    ("audit", audited),
)
LEFT = ("mix", "server", "subject", "audit", "question", "table or index")


def table(results, columns=COLUMNS):
    """In Markdown, and in columns for a terminal; columns: (name, what it shows
    of a result)"""
    rows = [[show(result) for _, show in columns] for result in results]
    names = [name for name, _ in columns]
    widths = [max(len(row[i]) for row in rows + [names])
              for i in range(len(names))]

    def line(cells):
        return "| %s |" % " | ".join(
            cell.ljust(width) if name in LEFT else cell.rjust(width)
            for name, cell, width in zip(names, cells, widths))

    rule = "|%s|" % "|".join(
        "-" * (width + 1) + ("-" if name in LEFT else ":")
        for name, width in zip(names, widths))
    return "\n".join([line(names), rule] + [line(row) for row in rows])


def counted(connections):
    return "%d connection%s" % (connections, "" if connections == 1 else "s")


def generator(results):
    """How far the generator was from its own limit."""
    alone = {(r["mix"], r["connections"]): r for r in results
             if r["subject"] == "nginx"}
    lines = []
    for result in results:
        free = alone.get((result["mix"], result["connections"]))
        if result["subject"] == "null" and free:
            lines.append(
                "%s mix, %s: null %s/s with %.2f of a core for "
                "the generator; nginx's own 204 %s/s with %.2f" % (
                    result["mix"], counted(result["connections"]),
                    number(result["events_per_s"]), result["generator_share"],
                    number(free["events_per_s"]), free["generator_share"]))
    return lines


# The targets


def judged(what, have, at_least=None, at_most=None):
    """A target, reached or not; have None: it was not measured."""
    reached = None if have is None else \
        have >= at_least if at_most is None else have <= at_most
    return {"what": what, "have": have, "reached": reached,
            "want": ">= %g" % at_least if at_most is None else
            "<= %g" % at_most}


class Targets:
    """Each is a ratio in one run, of the small mix."""

    def __init__(self, results):
        self.of = {(r["subject"], r["connections"]): r for r in results
                   if r["mix"] == "small"}
        self.list = []

    def value(self, subject, connections, name):
        return self.of.get((subject, connections), {}).get(name)

    def best(self, connections, name, choose):
        """(value, subject) of the better peer, or nothing."""
        known = [(self.value(peer, connections, name), peer) for peer in PEERS]
        known = [pair for pair in known if pair[0] is not None]
        return choose(known) if known else (None, "no peer")

    def add(self, what, have, at_least=None, at_most=None):
        """have is a function: what it needs may not have been measured."""
        try:
            value = have()
        except TypeError:
            value = None
        self.list.append(judged(what, value, at_least, at_most))

    def at_64(self):
        rate, peer = self.best(64, "events_per_s", max)
        ours = self.value("syncjournal", 64, "events_per_s")
        self.add("64: events/s to the best peer's (%s)" % peer,
                 lambda: ours / rate, at_least=10)
        self.add("64: events/s to null's", lambda: ours / self.value(
            "null", 64, "events_per_s"), at_least=0.5)
        self.add("64: CPU us an event", lambda: 10 * self.value(
            "syncjournal", 64, "cpu_s_per_100k"), at_most=25)
        self.add("64: p99 to 3 x null's + 2 syncs", lambda: self.value(
            "syncjournal", 64, "p99_us") / (
                3 * self.value("null", 64, "p99_us")
                + 2 * self.value("raw-1", None, "p50_us")), at_most=1)

    def at_1(self):
        time, peer = self.best(1, "p50_us", min)
        ours = self.value("syncjournal", 1, "p50_us")
        self.add("1: p50 to the better peer's (%s)" % peer,
                 lambda: ours / time, at_most=1)
        self.add("1: p50 to null's + one raw commit", lambda: ours / (
            self.value("null", 1, "p50_us")
            + self.value("raw-1", None, "p50_us")), at_most=1.3)

    def at_256(self):
        self.add("256: events/s to those at 64", lambda: self.value(
            "syncjournal", 256, "events_per_s") / self.value(
                "syncjournal", 64, "events_per_s"), at_least=0.9)


def targets(results):
    found = Targets(results)
    found.at_64()
    found.at_1()
    found.at_256()
    return found.list


def target_lines(listed):
    verdict = {True: "reached", False: "NOT reached", None: "not measured"}
    width = max(len(target["what"]) for target in listed)
    return ["%-*s  %8s  want %-7s %s" % (
        width, target["what"], number(target["have"], 2), target["want"],
        verdict[target["reached"]]) for target in listed]


# Together


def text(found):
    """The whole report of what bench/run wrote."""
    lines = ["%s: %s" % pair for pair in found["machine"].items()]
    lines += ["%s: %s" % (WORDS[name], version)
              for name, version in found["versions"].items()
              if name != "nginx"]
    lines += ["Left out: %s: %s" % (WORDS[name], why)
              for name, why in found["left_out"].items()]
    lines += ["", found["how"], "", table(found["results"]), ""]
    lines += generator(found["results"]) + [""]
    return "\n".join(lines + target_lines(found["targets"]))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(text(json.load(file)))


if __name__ == "__main__":
    main()
