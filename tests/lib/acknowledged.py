"""What must be true of a journal after whatever became of its writers: all
that load_acked.Load was told is there as it was sent and told, nothing else
is, and the journal is well formed."""
import collections
import os
import subprocess
import urllib.parse

import harness
import sync
import tap

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")


def rows(journal):
    """position -> (body, url, signature, content type), of each delivery"""
    return {row[0]: row[1:] for row in journal.rows(
        "SELECT position, body, url, signature, content_type "
        "FROM deliveries")}


def kept(stored, delivery):
    return stored == (delivery.body, harness.PUBLIC_URL, delivery.signature,
                      sync.FORM)


def lost(journal, load):
    """The positions that were told and are not what was told."""
    stored = rows(journal)
    return [position for position, (delivery, _) in load.told.items()
            if not kept(stored.get(position), delivery)]


def nothing_lost(journal, load):
    tap.equal(load.wrong, [], "answers that cannot be")
    tap.equal(lost(journal, load), [], "positions acknowledged and lost")
    verdicts = dict(journal.rows("SELECT position, verdict FROM events"))
    tap.equal([(p, told, verdicts.get(p))
               for p, (_, told) in load.told.items()
               if verdicts.get(p) != told], [],
              "positions with another verdict than was told")


def nothing_doubled(journal, load):
    """Each body is there at most as often as it was sent, and of what is there
    twice all but one are labelled; none is there that was not sent."""
    count, first = collections.Counter(), collections.Counter()
    for body, verdict in journal.rows(
            "SELECT d.body, e.verdict FROM deliveries AS d "
            "JOIN events AS e ON e.position = d.position"):
        count[body] += 1
        first[body] += verdict != "duplicate"
    tap.equal([b for b in count if b not in load.sent], [],
              "bodies that were never sent")
    tap.equal([b for b in count if count[b] > load.sent[b].sent], [],
              "bodies stored more often than sent")
    tap.equal([b for b in first if first[b] != 1], [],
              "bodies that are not there once, duplicates apart")


def signatures_verify(journal, checked):
    """From what is stored alone; those in the set checked were before."""
    for position, (body, url, signature, _) in rows(journal).items():
        if (position, signature) in checked:
            continue
        parameters = dict(urllib.parse.parse_qsl(
            body.decode("ascii"), keep_blank_values=True))
        tap.true(sync.validates(url, parameters, signature),
                 "the signature of position %d" % position)
        checked.add((position, signature))


def command(journal, *arguments):
    return subprocess.run(
        [PROGRAM, "--journal", journal.path, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, check=False)


def well_formed(journal):
    tap.equal(journal.one("PRAGMA integrity_check"), "ok", "integrity")
    done = command(journal, "rebuild", "--check")
    tap.equal((done.returncode, done.stdout.endswith(" no difference\n")),
              (0, True), "the projections against a rebuild: " + done.stdout)


def check(journal, load, checked):
    """All of it; checked is a set of this function's, at first empty."""
    nothing_lost(journal, load)
    nothing_doubled(journal, load)
    signatures_verify(journal, checked)
    well_formed(journal)
