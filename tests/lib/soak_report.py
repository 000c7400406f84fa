"""The samples of tests/torture/soak.py, in a table and as charts."""
import statistics

import chart

MIB = 1 << 20
POINTS = 120  # of a line
OURS, PLAIN = "#d1495b", "#4a9bd9"

COLUMNS = (
    ("minutes", 8, lambda s: "%.1f" % (s["at_s"] / 60)),
    ("rate", 8, lambda s: "%.0f" % s["rate"]),
    ("p50 ms", 8, lambda s: "%.2f" % (s["p50_us"] / 1000)),
    ("p99 ms", 8, lambda s: "%.2f" % (s["p99_us"] / 1000)),
    ("RSS MiB", 9, lambda s: "%.2f" % (s["rss"] / MIB)),
    ("files", 6, lambda s: "%d" % s["descriptors"]),
    ("WAL MiB", 8, lambda s: "%.1f" % (s["wal"] / MIB)),
    ("MB", 9, lambda s: "%.1f" % (s["journal"] / 1e6)),
    ("CPU us", 8, lambda s: "%.1f" % s["cpu_us"]),
    ("load", 6, lambda s: "%.1f" % s["load"]),
)
ROWS = 12


def middle(samples):
    """The medians of some samples as one."""
    return {name: statistics.median(sample[name] for sample in samples)
            for name in samples[0]}


def pieces(samples, count):
    """So many pieces of the same length, or fewer."""
    size = max(1, -(-len(samples) // count))
    return [samples[i:i + size] for i in range(0, len(samples), size)]


def with_cpu(samples):
    """cpu_us: of a delivery, since the sample before."""
    before = {"cpu_s": samples[0]["cpu_s"], "at_s": 0}
    found = []
    for i, sample in enumerate(samples):
        events = sample["rate"] * (sample["at_s"] - before["at_s"])
        used = sample["cpu_s"] - before["cpu_s"]
        found.append(dict(sample, cpu_us=used / events * 1e6 if i else 0))
        before = sample
    if len(found) > 1:
        found[0]["cpu_us"] = found[1]["cpu_us"]
    return found


def table(samples):
    lines = ["".join(name.rjust(width) for name, width, _ in COLUMNS)]
    for piece in pieces(with_cpu(samples), ROWS):
        one = middle(piece)
        lines.append("".join(text(one).rjust(width)
                             for _, width, text in COLUMNS))
    return "\n".join(lines)


def panels(samples):
    """One for each thing that must be flat."""
    groups = pieces(samples, POINTS)
    x = chart.Scale(chart.even(samples[-1]["at_s"] / 60), "minutes")

    def panel(title, unit, lines):
        """lines: [(name, colour, key, divisor, which of a group)]"""
        drawn = [(name, colour, [
            (group[-1]["at_s"] / 60, which(s[key] for s in group) / divisor)
            for group in groups]) for name, colour, key, divisor, which in
            lines]
        high = max(y for _, _, points in drawn for _, y in points)
        return chart.Panel(title, x, chart.Scale(chart.even(max(high, 1)),
                                                 unit), drawn)

    middle_of = statistics.median
    return [
        panel("Deliveries", "a second", [
            ("answered 204", OURS, "rate", 1, middle_of)]),
        panel("Answer time, from when a delivery was due", "ms", [
            ("p50", PLAIN, "p50_us", 1000, middle_of),
            ("p99", OURS, "p99_us", 1000, middle_of)]),
        panel("Memory of the responder (VmRSS)", "MiB", [
            ("memory", OURS, "rss", MIB, max)]),
        panel("Open files, and the WAL", "files, MiB", [
            ("files", PLAIN, "descriptors", 1, max),
            ("WAL, MiB", OURS, "wal", MIB, max)]),
    ]
