#!/usr/bin/env python3
"""Hand on each document's new state: consume.py JOURNAL STATE"""
import os
import pathlib
import sqlite3
import sys
import time

journal, state = sys.argv[1:]


def handle(name, revision, data):
    """Your work. Done twice, it must come to the same; data is None once the
    document was removed."""
    print(name, revision, data, flush=True)


def load():
    """The last event that was looked at: its position and receipt."""
    try:
        with open(state, encoding="utf-8") as file:
            position, received_at = file.read().rstrip("\n").split("\t")
            return int(position), received_at
    except FileNotFoundError:
        return 0, ""


def save(position, received_at):
    with open(state + ".new", "w", encoding="utf-8") as file:
        file.write("%d\t%s\n" % (position, received_at))
        file.flush()
        os.fsync(file.fileno())
    os.rename(state + ".new", state)


# timeout: for how long it waits for others' locks
db = sqlite3.connect(pathlib.Path(journal).absolute().as_uri() + "?mode=ro",
                     uri=True, timeout=5)
after, received_at = load()
if after and db.execute("SELECT received_at FROM events WHERE position = ?",
                        (after,)).fetchone() != (received_at,):
    sys.exit("%s: is not of this journal, or it was restored" % state)

while True:
    # fetchall() ends the transaction: none is open during the work
    events = db.execute(
        "SELECT position, received_at, stream_kind, object_sid, service_sid, "
        "unique_name, revision, data FROM events WHERE position > ? "
        "ORDER BY position LIMIT 100", (after,)).fetchall()
    for after, received_at, kind, sid, service, name, revision, data in events:
        if kind != "document":
            continue
        current = db.execute(
            "SELECT position FROM documents WHERE document_sid = ? "
            "AND service_sid IS ?", (sid, service)).fetchone()
        if current == (after,):
            handle(name or sid, revision, data)
            save(after, received_at)
    if events:
        save(after, received_at)
    else:
        time.sleep(0.2)
