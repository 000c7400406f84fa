#!/usr/bin/python3
"""The examples of docs/consuming.md, each run as it is printed there, against a
journal that a responder writes: they act upon each document's new state, never
upon an old one, and lose nothing when they are killed."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PAGE = os.path.join(harness.SRCDIR, "docs", "consuming.md")
EXAMPLES = os.path.join(harness.SRCDIR, "docs", "examples")
KILLS = 8
DOCUMENTS = 5
ROUNDS = 40
LINE = re.compile(r"(settings-\d+) (\d+) (.*)")


# ---------------------------------------------------------------------------
# What runs them

def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise tap.Skip(program + " is not installed")


def php():
    need("php")
    done = subprocess.run(["php", "-m"], capture_output=True, text=True,
                          check=False)
    if "pdo_sqlite" not in done.stdout:
        raise tap.Skip("PHP has no pdo_sqlite")
    return ["php"], {}


def python():
    return [sys.executable], {}


def node():
    """Node with better-sqlite3, perhaps where bench/run has put it, or of a
    version that has SQLite itself."""
    need("node")
    sys.path.append(os.path.join(harness.SRCDIR, "bench"))
    import servers  # its peers are had by bench/run
    paths = [os.environ.get("NODE_PATH", ""),
             os.path.join(servers.Node.modules(), "node_modules")]
    environment = {"NODE_PATH": ":".join(path for path in paths if path)}
    for module in ("better-sqlite3", "node:sqlite"):
        done = subprocess.run(
            ["node", "-e", "require('%s')" % module], capture_output=True,
            env=harness.clean_environment(**environment), check=False)
        if done.returncode == 0:
            return ["node"], environment
    raise tap.Skip("Node has neither better-sqlite3 nor node:sqlite")


def shell():
    need("sqlite3", "jq")
    return ["sh"], {"PATH": harness.BUILDDIR + ":" + os.environ["PATH"]}


LANGUAGES = {"php": php, "py": python, "js": node, "sh": shell}


class Consumer:
    """An example at work; what it prints is added to a file."""

    def __init__(self, language, journal, work):
        before, environment = LANGUAGES[language]()
        self.work = work
        self.state = work.path("state")
        self.out = work.path("out")
        self.error = work.path("error")
        self.command = before + [
            os.path.join(EXAMPLES, "consume." + language), journal.path,
            self.state]
        self.environment = harness.clean_environment(**environment)
        self.process = None

    def start(self):
        with open(self.out, "ab") as out, open(self.error, "ab") as error:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out,
                stderr=error, env=self.environment, start_new_session=True)

    def kill(self):
        """It and all that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def reaches(self, position):
        def there():
            if self.process.poll() is not None:
                raise tap.Failed("it ended with %d: %s" % (
                    self.process.returncode, harness.read(self.error)))
            return (harness.read(self.state).partition("\t")[0]
                    == str(position))
        tap.until(there, "position %d in its state" % position, 120)

    def handled(self):
        """(name, revision, data) of each line."""
        lines = harness.read(self.out).splitlines()
        found = [LINE.fullmatch(line) for line in lines]
        tap.true(all(found), "lines %r" % [
            line for line, match in zip(lines, found) if not match])
        return [(m[1], int(m[2]), m[3]) for m in found]


def last_document(journal):
    return journal.one("SELECT max(position) FROM events "
                       "WHERE stream_kind = 'document'")


def states(journal):
    """The present state of each document."""
    return {name: (revision, "null" if data is None else data)
            for name, revision, data in journal.rows(
                "SELECT unique_name, revision, data FROM documents")}


# ---------------------------------------------------------------------------
# Claims

@tap.each(sorted(LANGUAGES), "the page prints the very file consume.{}")
def printed(language):
    blocks = re.findall(r"^```\w*\n(.*?)^```$", harness.read(PAGE),
                        re.M | re.S)
    text = harness.read(os.path.join(EXAMPLES, "consume." + language))
    tap.true(text in blocks, "one of %d blocks is the file" % len(blocks))


OLD = [
    sync.document("created", 0, 1, data="{}"),
    sync.document("updated", 1, 1, data='{"n":"one"}'),
    sync.document("updated", 25, 2, data='{"n":"\u00fc"}'),
    sync.document("updated", 28, 2, data='{"n":28}'),
    sync.document("updated", 26, 2, data='{"late":26}'),
    sync.document("updated", 28, 2, data='{"n":28}'),
    sync.document("updated", 28, 2, data='{"conflict":28}'),
    sync.document("created", 0, 3, data="{}"),
    sync.document("removed", 1, 3),
    sync.document("updated", 7, 4, data='{"first":true}'),
    sync.item("map", "updated", 1),
    sync.endpoint("connected", 1),
    {"AccountSid": sync.ACCOUNT, "EventType": "document_exploded"},
    {"AccountSid": sync.ACCOUNT},
    sync.document("updated", 8, 4, data='{"first":false}')]


@tap.each(sorted(LANGUAGES), "consume.{} acts upon what is current, and upon "
          "nothing that is late, repeated or past")
def current(language):
    with harness.Site() as site:
        consumer = Consumer(language, site.journal, site.work)
        for event in OLD:
            site.accepted(event)
        consumer.start()
        consumer.reaches(last_document(site.journal))
        want = [("settings-1", 1, '{"n":"one"}'), ("settings-2", 28,
                '{"n":28}'), ("settings-3", 1, "null" if language != "py"
                                               else "None"),
                ("settings-4", 8, '{"first":false}')]
        tap.equal(consumer.handled(), want, "what was handled")
        # and goes on with what comes
        site.accepted(sync.document("updated", 27, 2, data='{"late":27}'))
        position = site.accepted(
            sync.document("updated", 2, 1, data='{"n":"two"}')).position
        consumer.reaches(position)
        tap.equal(consumer.handled(), want + [("settings-1", 2,
                                               '{"n":"two"}')],
                  "what was handled then")
        consumer.kill()


def write(site, chance, failed):
    """Revisions that rise, with late ones among them."""
    try:
        for i in range(ROUNDS):
            for number in range(1, DOCUMENTS + 1):
                step = [3 * i + 1, 3 * i + 3]
                if chance.random() < 0.5:
                    step.append(3 * i + 2)
                for revision in step:
                    site.accepted(sync.document(
                        "updated", revision, number,
                        data=json.dumps({"r": revision})))
                time.sleep(0.005)
    except BaseException as why:
        failed.append(why)
        raise


@tap.each(sorted(LANGUAGES), "consume.{}, killed and started again beside a "
          "writer, loses no document's state")
def killed(language):
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    chance = random.Random(seed)
    failed = []
    with harness.Site() as site:
        consumer = Consumer(language, site.journal, site.work)
        writer = threading.Thread(target=write, args=(
            site, random.Random(seed + 1), failed))
        writer.start()
        for _ in range(KILLS):
            consumer.start()
            time.sleep(chance.uniform(0.1, 0.8))
            consumer.kill()
        writer.join()
        tap.equal(failed, [], "failures")
        consumer.start()
        consumer.reaches(last_document(site.journal))
        consumer.kill()
        late = {row for row in site.journal.rows(
            "SELECT unique_name, revision FROM events "
            "WHERE verdict = 'late'")}
        tap.true(late, "there are late ones")
        last = {}
        for name, revision, data in consumer.handled():
            tap.true((name, revision) not in late,
                     "%s %d is late" % (name, revision))
            tap.true(revision >= last.get(name, (0,))[0],
                     "%s goes back to %d" % (name, revision))
            last[name] = (revision, data)
        tap.equal(last, states(site.journal), "what was handled last of each")
        tap.note("%d of %d states" % (len(set(consumer.handled())),
                                      2 * ROUNDS * DOCUMENTS))


@tap.each(sorted(LANGUAGES), "consume.{} refuses the state of another journal")
def another(language):
    with harness.Site() as site:
        consumer = Consumer(language, site.journal, site.work)
        site.accepted(sync.document("updated", 1))
        site.work.write("state", "%d\t2001-01-01 00:00:00.000\n"
                        % last_document(site.journal))
        consumer.start()
        tap.equal(consumer.process.wait(20), 1, "exit status")
        tap.true("is not of this journal" in harness.read(consumer.error),
                 harness.read(consumer.error))
        tap.equal(consumer.handled(), [], "what was handled")


tap.main()
