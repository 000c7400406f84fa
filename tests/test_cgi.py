#!/usr/bin/python3
"""The same program as a plain CGI, started once for each request; what is
wrong with an installation is said in one error that names what and where, and
a file that is not ours is not touched."""
import concurrent.futures
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

URL = harness.PUBLIC_URL
GOOD = sync.document("updated", 5)
TARGET = "/cgi-bin/syncjournal.fcgi"


class Cgi(harness.Work):
    """A directory with a configuration, and requests to the program by direct
    execution, with nothing in the environment that a web server with suEXEC
    would not set."""

    def __init__(self, config=None, environment=None):
        harness.need_twilio()
        harness.need_responder()
        super().__init__()
        self.journal = harness.Journal(self.path("journal.db"))
        self.config = self.path("syncjournal.conf")
        if config is None:
            config = harness.configuration(self.journal.path)
        self.write("syncjournal.conf", config)
        self.environment = {"SYNCJOURNAL_CONFIG": self.config}
        if environment is not None:
            self.environment = environment
        self.errors = ""

    def run(self, named, body):
        """One process; its answer, or None; its errors are kept."""
        environment = {"PATH": "/usr/bin:/bin"}
        environment.update(self.environment)
        environment.update(named)
        done = subprocess.run(self.before + [harness.RESPONDER],
                              env=environment,
                              input=body, capture_output=True,
                              timeout=web.TIMEOUT_S)
        self.errors = done.stderr.decode("utf-8", "replace")
        self.status = done.returncode
        return web.parse_cgi(done.stdout) if done.stdout else None

    def request(self, method="POST", target=TARGET, headers=(), body=None,
                **more):
        named = dict(web.cgi_environment(method, target, headers, body))
        named.update(more)
        named = {n: v for n, v in named.items() if v is not None}
        return self.run(named, body or b"")

    def deliver(self, event, **more):
        headers = harness.signed(sync.sign(URL, event))
        return self.request("POST", TARGET, headers, sync.form(event),
                            **more)

    def deliveries(self):
        if not os.path.exists(self.journal.path):
            return 0
        return self.journal.one("SELECT count(*) FROM deliveries")


def in_mode(mode):
    """A Cgi whose journal is asked for in this mode."""
    cgi = Cgi()
    cgi.write("syncjournal.conf", harness.configuration(
        cgi.journal.path, journal_keys="mode = " + mode))
    return cgi


@tap.test("as CGI it answers one delivery, journals it and ends with 0")
def one():
    with in_mode("auto") as cgi:
        answer = cgi.deliver(GOOD)
        tap.true(answer is not None, "an answer; errors: " + cgi.errors)
        tap.equal((answer.status, answer.verdict, cgi.status),
                  (204, "baseline", 0), "status, verdict, exit status")
        tap.equal(answer.body, b"", "body of a 204")
        tap.equal(cgi.journal.rows(
            "SELECT position, event_type, seq, verdict FROM events"),
            [(answer.position, "document_updated", 5, "baseline")], "event")
        tap.equal(cgi.journal.one(
            "SELECT journal_mode FROM journal_info"), "truncate",
            "mode of a journal that a CGI process makes")
        left = [n for n in os.listdir(cgi.directory) if n.endswith("-wal")]
        tap.equal(left, [], "files that a copy by FTP would miss")
        tap.equal(os.stat(cgi.journal.path).st_mode & 0o777, 0o600,
                  "the journal's permissions")


@tap.test("deliveries of all 15 types by CGI are journaled in order")
def fifteen_types():
    with Cgi() as cgi:
        events = sync.of_each_type()
        for event in events:
            answer = cgi.deliver(event)
            tap.equal(answer.status, 204, "status; errors: " + cgi.errors)
        tap.equal(cgi.journal.rows(
            "SELECT event_type, problem FROM events ORDER BY position"),
            [(event["EventType"], None) for event in events], "events")


@tap.test("processes at the same time all journal, each a row of its own")
def at_once():
    with Cgi() as cgi:
        def deliver(number):
            other = Cgi.__new__(Cgi)
            other.__dict__.update(cgi.__dict__)
            answer = other.deliver(sync.document("updated", number))
            return number, answer, other.errors
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(deliver, range(60)))
        told = {}
        for number, answer, errors in done:
            tap.equal(answer.status, 204, "status; errors: " + errors)
            told[answer.position] = number
        tap.equal(dict(cgi.journal.rows("SELECT position, seq FROM events")),
                  told, "journal")
        tap.equal(cgi.journal.rows(
            "SELECT first_seq, head, observed, missing FROM streams"),
            [(0, 59, 60, 0)], "stream")
        tap.equal(cgi.journal.one(
            "SELECT count(*) FROM gaps WHERE state = 'open'"), 0,
            "open gaps")
        tap.equal(cgi.journal.one("PRAGMA integrity_check"), "ok",
                  "integrity")


@tap.test("a CGI process and a responder that stays write one journal")
def beside_responder():
    with harness.Site() as site:
        with Cgi(environment={"SYNCJOURNAL_CONFIG": site.config}) as cgi:
            for number in range(0, 20, 2):
                site.accepted(sync.document("updated", number))
                answer = cgi.deliver(sync.document("updated", number + 1))
                tap.equal(answer.status, 204, "status; " + cgi.errors)
        tap.equal(site.events("seq"), [(n,) for n in range(20)], "journal")
        tap.equal(site.journal.one("PRAGMA integrity_check"), "ok",
                  "integrity")


# What a request costs the disk, and what it leaves to the next

CALLS = "trace=fsync,fdatasync,ftruncate,write"
SYNC = re.compile(r"f(data)?sync\(\d+<([^>]*)>")


def traced(cgi, number, *more):
    """The calls of one delivery, and its answer."""
    if shutil.which("strace") is None:
        raise tap.Skip("strace is not installed")
    cgi.before = ["strace", "-y", "-o", cgi.path("trace"), "-e", CALLS, *more]
    try:
        answer = cgi.deliver(sync.document("updated", number))
    finally:
        cgi.before = []
    return harness.read(cgi.path("trace")).splitlines(), answer


def syncs(calls):
    return [found.group(2) for found in map(SYNC.search, calls) if found]


def empties(calls):
    """Whether the WAL was brought into the journal and emptied."""
    return any("ftruncate" in c and "-wal" in c and ", 0)" in c
               for c in calls)


@tap.test("by CGI a WAL journal takes two syncs a request, before the answer, "
          "but for a request that empties the WAL; that stays near 1 MiB")
def two_syncs():
    with in_mode("wal") as cgi:
        longest = emptied = 0
        for number in range(80):
            calls, answer = traced(cgi, number)
            tap.equal(answer.status, 204, "status; errors: " + cgi.errors)
            longest = max(longest, os.stat(cgi.journal.path + "-wal").st_size)
            last = [c for c in calls if "Status: 204" in c or SYNC.search(c)]
            tap.true("Status: 204" in last[-1] and "-wal" in last[-2]
                     and last[-2].endswith("= 0"),
                     "a sync of the WAL, then the answer: %r" % last)
            if empties(calls):
                emptied += 1
            else:
                tap.true(len(syncs(calls)) <= 2,
                         "syncs of request %d: %r" % (number, syncs(calls)))
        tap.true(emptied >= 2, "%d requests emptied the WAL" % emptied)
        tap.true((1 << 19) < longest < (1 << 20) + (1 << 17),
                 "the WAL was %d bytes at its longest" % longest)
        tap.equal(cgi.deliveries(), 80, "deliveries")


@tap.test("by CGI, after a sync that failed the answer is 503, and the next "
          "request brings what was committed to the disk by another way")
def failed_sync():
    with in_mode("wal") as cgi:
        tap.equal(cgi.deliver(sync.document("updated", 1)).status, 204, "1")
        calls, answer = traced(cgi, 2, "-e", "inject=fdatasync:error=EIO")
        tap.equal(answer.status, 503, "status; " + cgi.errors)
        tap.true(not empties(calls), "calls %r" % calls)
        calls, answer = traced(cgi, 3)
        tap.equal(answer.status, 204, "status; " + cgi.errors)
        tap.true(empties(calls), "calls %r" % calls)
        calls, _ = traced(cgi, 4)
        tap.true(not empties(calls), "calls %r" % calls)


@tap.test("by CGI, after a journal whose opening failed to sync the next "
          "request brings what is in the WAL to the disk by another way")
def failed_opening():
    with in_mode("wal") as cgi:
        tap.equal(cgi.deliver(sync.document("updated", 1)).status, 204, "1")
        _, answer = traced(cgi, 2, "-e", "inject=fsync:error=EIO")
        tap.equal(answer.status, 503, "status; " + cgi.errors)
        calls, answer = traced(cgi, 3)
        tap.equal(answer.status, 204, "status; " + cgi.errors)
        tap.true(empties(calls), "calls %r" % calls)


@tap.test("by CGI, after a process that was killed in its sync the next one "
          "brings what was committed to the disk by another way")
def killed_in_sync():
    with in_mode("wal") as cgi:
        tap.equal(cgi.deliver(sync.document("updated", 1)).status, 204, "1")
        _, answer = traced(cgi, 2, "-e", "inject=fdatasync:signal=KILL")
        tap.equal(answer, None, "answer")
        calls, answer = traced(cgi, 3)
        tap.equal(answer.status, 204, "status; " + cgi.errors)
        tap.true(empties(calls), "calls %r" % calls)


OTHER_MODES = (("wal", "truncate"), ("truncate", "wal"))


@tap.each(OTHER_MODES, "a journal in mode {0} keeps it where the configuration "
          "says {1}, and the log says so")
def other_mode(mode, asked):
    with in_mode(mode) as cgi:
        tap.equal(cgi.deliver(sync.document("updated", 1)).status, 204, "1")
        tap.true("is not followed" not in cgi.errors, cgi.errors)
        cgi.write("syncjournal.conf", harness.configuration(
            cgi.journal.path, journal_keys="mode = " + asked))
        tap.equal(cgi.deliver(sync.document("updated", 2)).status, 204, "2")
        tap.true("is written in mode %s" % mode in cgi.errors
                 and "mode = %s" % asked in cgi.errors, cgi.errors)
        tap.equal(cgi.journal.one("SELECT journal_mode FROM journal_info"),
                  mode, "mode")
        tap.equal(cgi.journal.one("PRAGMA journal_mode") == "wal",
                  mode == "wal", "the file's mode")
        tap.equal(cgi.deliveries(), 2, "deliveries")


def in_memory():
    """A directory on a file system in memory, or a skip."""
    where = "/dev/shm"
    done = subprocess.run(["stat", "-f", "-c", "%T", where],
                          capture_output=True, text=True)
    if done.stdout.strip() not in ("tmpfs", "ramfs") or not os.access(
            where, os.W_OK):
        raise tap.Skip(where + " is no file system in memory")
    return tempfile.TemporaryDirectory(prefix="syncjournal-test-", dir=where)


@tap.test("a journal is not made in memory, unless a mode is named")
def memory():
    with in_memory() as directory, Cgi() as cgi:
        path = os.path.join(directory, "journal.db")
        for mode, status in (("auto", 503), ("truncate", 204)):
            cgi.write("syncjournal.conf", harness.configuration(
                path, journal_keys="mode = " + mode))
            tap.equal(cgi.deliver(GOOD).status, status, mode)
            tap.equal(os.path.exists(path), status == 204, "the journal")
            tap.equal("in memory" in cgi.errors, status == 503, cgi.errors)


# The HTTP table, as far as CGI differs

NO_LENGTH = (("no length", None), ("an empty length", ""))


@tap.each(NO_LENGTH, "{0} is answered 411")
def no_length(_, length):
    with Cgi() as cgi:
        answer = cgi.deliver(GOOD, CONTENT_LENGTH=length)
        tap.equal(answer.status, 411, "status")
        tap.equal(cgi.deliveries(), 0, "deliveries")
        tap.equal(cgi.journal.rows("SELECT status, reason FROM rejects"),
                  [(411, "length_missing")], "rejects")


WRONG_LENGTHS = (
    ("one byte less than announced", 1),
    ("far less than announced", 1000),
    ("nothing of what was announced", None),
)


@tap.each(WRONG_LENGTHS, "a body of {0} is answered 400, nothing journaled")
def short_body(_, more):
    with Cgi() as cgi:
        body = sync.form(GOOD)
        headers = harness.signed(sync.sign(URL, GOOD))
        length = len(body) + (more or 0)
        answer = cgi.request("POST", TARGET, headers,
                             b"" if more is None else body,
                             CONTENT_LENGTH=str(length))
        tap.equal(answer.status, 400, "status")
        tap.equal(cgi.deliveries(), 0, "deliveries")
        tap.equal(cgi.journal.rows("SELECT status, reason FROM rejects"),
                  [(400, "body_torn")], "rejects")


NO_NUMBERS = ("abc", "-1", "1e3", "+5", "99999999999999999999", "0x10",
              "5 5", " ")


@tap.each(NO_NUMBERS, "the length '{}' is refused, nothing journaled")
def no_number(length):
    with Cgi() as cgi:
        answer = cgi.deliver(GOOD, CONTENT_LENGTH=length)
        tap.true(answer.status in (400, 411, 413), "status: %r" % answer)
        tap.equal(cgi.deliveries(), 0, "deliveries")


FASTCGI_LENGTHS = (("shorter", 1, 400), ("longer", -1, 400),
                   ("as long as", 0, 204))


@tap.each(FASTCGI_LENGTHS, "by FastCGI a body {0} announced is answered {2}")
def fastcgi_lengths(_, more, status):
    with harness.Site() as site:
        body = sync.form(GOOD)
        named = web.cgi_environment(
            "POST", "/sync", harness.signed(sync.sign(URL, GOOD)), body)
        named = [(n, str(len(body) + more) if n == "CONTENT_LENGTH" else v)
                 for n, v in named]
        answer = web.over_fastcgi(site.responder.socket_path, named, body)
        tap.equal(answer.status, status, "status")
        tap.equal(site.deliveries(), int(status == 204), "deliveries")


LIMITS = ((131072, 204), (131073, 413), (50000000, 413))


@tap.each(LIMITS, "by CGI a signed body of {} bytes is answered {}")
def limits(length, status):
    with Cgi() as cgi:
        event = dict(GOOD, Filler="")
        event["Filler"] = "x" * (length - len(sync.form(event)))
        tap.equal(cgi.deliver(event).status, status, "status; " + cgi.errors)
        tap.equal(cgi.deliveries(), int(status == 204), "deliveries")


CGI_REFUSALS = (
    ("a wrong signature", {"HTTP_X_TWILIO_SIGNATURE": "A" * 27 + "="}, 403),
    ("no signature", {"HTTP_X_TWILIO_SIGNATURE": None}, 403),
    ("a signature joined with another by Apache",
     {"HTTP_X_TWILIO_SIGNATURE": "%s, %s" % ((sync.sign(URL, GOOD),) * 2)
      if sync.RequestValidator else ""}, 403),
    ("text/plain", {"CONTENT_TYPE": "text/plain"}, 415),
    ("no content type", {"CONTENT_TYPE": None}, 415),
    ("GET", {"REQUEST_METHOD": "GET"}, 405),
)


@tap.each(CGI_REFUSALS, "by CGI {0} is answered {2} and leaves one reject")
def refusals(_, changes, status):
    with Cgi() as cgi:
        answer = cgi.deliver(GOOD, **changes)
        tap.equal(answer.status, status, "status")
        tap.equal(cgi.deliveries(), 0, "deliveries")
        if status != 405:
            tap.equal(cgi.journal.rows("SELECT status FROM rejects"),
                      [(status,)], "rejects")


@tap.test("by CGI the health check says 200")
def health():
    with Cgi() as cgi:
        tap.equal(cgi.deliver(GOOD).status, 204, "a delivery before")
        answer = cgi.request("GET", TARGET + "/healthz", [], None)
        tap.equal(answer.status, 200, "status")


@tap.test("without a file the environment is enough")
def environment():
    with Cgi() as cgi:
        cgi.environment = {
            "SYNCJOURNAL_JOURNAL": cgi.journal.path,
            "TWILIO_ACCOUNT_SID": sync.ACCOUNT,
            "TWILIO_AUTH_TOKEN": sync.TOKEN}
        url = "https://hooks.example.com" + TARGET
        headers = harness.signed(sync.sign(url, GOOD))
        answer = cgi.request("POST", TARGET, headers, sync.form(GOOD))
        tap.equal(answer.status, 204, "status; errors: " + cgi.errors)
        other = dict(GOOD, AccountSid=sync.OTHER_ACCOUNT)
        headers = harness.signed(sync.sign(url, other))
        answer = cgi.request("POST", TARGET, headers, sync.form(other))
        tap.equal(answer.status, 403, "another account than TWILIO_ACCOUNT_"
                  "SID")


@tap.test("what a client sends is no setting: HTTP_* is not read")
def http_names():
    with Cgi() as cgi:
        evil = cgi.write("evil.conf", harness.configuration(
            cgi.path("evil.db"), {"*": ["evil"]}))
        headers = harness.signed(sync.sign(URL, GOOD, "evil"))
        answer = cgi.request(
            "POST", TARGET, headers, sync.form(GOOD),
            HTTP_SYNCJOURNAL_CONFIG=evil, HTTP_TWILIO_AUTH_TOKEN="evil",
            HTTP_SYNCJOURNAL_JOURNAL=cgi.path("evil.db"))
        tap.equal(answer.status, 403, "status")
        tap.true(not os.path.exists(cgi.path("evil.db")), "no other journal")


@tap.test("started by hand it says how it is meant to be started")
def by_hand():
    with Cgi() as cgi:
        answer_before = None
        try:
            answer_before = cgi.run({}, b"")
        except ConnectionError:
            pass  # no HTTP answer is what a person should get
        tap.true(cgi.status != 0, "exit status")
        tap.true("usage" in cgi.errors.lower() or "--socket" in cgi.errors,
                 "errors: %r, answer %r" % (cgi.errors, answer_before))


# What can be wrong with an installation. Each row: what it is, a function that
# breaks the directory and gives the configuration, and what the error names.


def unknown_key(work):
    text = harness.configuration(work.path("journal.db"))
    return "# a comment\n" + text + "[receive]\nlisten = 80\n", (
        "listen", "syncjournal.conf:%d" % (text.count("\n") + 3))


def unknown_section(work):
    text = harness.configuration(work.path("journal.db"))
    return text + "[reciever]\nmax_body_bytes = 5000\n", (
        "unknown section", "syncjournal.conf:%d" % (text.count("\n") + 1))


def no_token(work):
    return harness.configuration(work.path("journal.db"), {}), ("token",)


def no_journal(_):
    return "[account *]\nauth_token = x\n", ("journal",)


def readable_token_file(work):
    name = work.write("token", sync.TOKEN + "\n", 0o644)
    return harness.configuration(
        work.path("journal.db"), {},
        more="[account *]\nauth_token_file = %s\n" % name), (
        name, "others", "chmod")


def missing_token_file(work):
    name = work.path("no-such-token")
    return harness.configuration(
        work.path("journal.db"), {},
        more="[account *]\nauth_token_file = %s\n" % name), (
        "auth_token_file", os.strerror(2), "syncjournal.conf:")


def empty_token_file(work):
    name = work.write("token", "\n")
    return harness.configuration(
        work.path("journal.db"), {},
        more="[account *]\nauth_token_file = %s\n" % name), (name, "empty")


def no_number_there(work):
    return harness.configuration(
        work.path("journal.db"), receive="max_body_bytes = 12k"), (
        "max_body_bytes", "syncjournal.conf:")


def not_a_mode(work):
    return harness.configuration(
        work.path("journal.db"), journal_keys="mode = delete"), (
        "mode", "syncjournal.conf:")


CONFIG_ERRORS = (
    ("an unknown key", unknown_key),
    ("an unknown section", unknown_section),
    ("no token at all", no_token),
    ("no journal", no_journal),
    ("a token file that others can read", readable_token_file),
    ("a token file that is not there", missing_token_file),
    ("an empty token file", empty_token_file),
    ("a limit that is no number", no_number_there),
    ("a mode that is none", not_a_mode),
)


def one_error(text, names):
    """One line of level error, that names all of these and no token."""
    lines = [line for line in text.splitlines() if line]
    errors = [line for line in lines if " error " in line
              or not line[:4].isdigit()]
    tap.equal(len(errors), 1, "error lines, of: %s" % text)
    for name in names:
        tap.true(name in errors[0], "%r is named in: %s" % (name, errors[0]))
    tap.true(sync.TOKEN not in text, "no token is told")


@tap.each(CONFIG_ERRORS, "by CGI {0} is one clear error, and no 2xx")
def cgi_config(_, breaks):
    with Cgi() as cgi:
        config, names = breaks(cgi)
        cgi.write("syncjournal.conf", config)
        answer = cgi.deliver(GOOD)
        tap.true(answer is not None and answer.status in (500, 503),
                 "answer %r" % answer)
        tap.true(cgi.directory.encode() not in answer.body,
                 "the answer names no path: %r" % answer.body)
        one_error(cgi.errors, names)
        tap.true(not os.path.exists(cgi.journal.path), "no journal is made")


def start_fails(work, arguments=("--config",), environment=None):
    """Start a responder that is to stay; it must end by itself."""
    if arguments == ("--config",):
        arguments = ("--config", work.path("syncjournal.conf"))
    done = subprocess.run(
        [harness.RESPONDER, *arguments,
         "--socket", "unix:" + work.path("fcgi.sock")],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
        env=harness.clean_environment(**(environment or {})))
    tap.true(done.returncode != 0, "exit status 0")
    return done.stderr.decode("utf-8", "replace")


@tap.each(CONFIG_ERRORS, "a responder that stays ends at {0} with one clear "
          "error")
def responder_config(_, breaks):
    with Cgi() as cgi:
        config, names = breaks(cgi)
        cgi.write("syncjournal.conf", config)
        one_error(start_fails(cgi), names)


@tap.test("a configuration with a token that others can read is refused")
def readable_config():
    with Cgi() as cgi:
        for mode in (0o604, 0o640, 0o644):
            os.chmod(cgi.config, mode)
            one_error(start_fails(cgi), (cgi.config, "others"))
        os.chmod(cgi.config, 0o600)
        tap.equal(cgi.deliver(GOOD).status, 204, "with 0600")


@tap.test("a configuration without tokens may be read by others")
def public_config():
    with Cgi() as cgi:
        name = cgi.write("token", sync.TOKEN + "\n")
        cgi.write("syncjournal.conf", harness.configuration(
            cgi.journal.path, {},
            more="[account *]\nauth_token_file = %s\n" % name), 0o644)
        tap.equal(cgi.deliver(GOOD).status, 204, "status; " + cgi.errors)


@tap.test("a configuration that is named and not there is an error")
def missing_config():
    with Cgi() as cgi:
        name = cgi.path("nowhere.conf")
        one_error(start_fails(cgi, ("--config", name)),
                  (name, os.strerror(2)))


@tap.test("by CGI a configuration with a token under DOCUMENT_ROOT is refused")
def document_root():
    with Cgi() as cgi:
        answer = cgi.deliver(GOOD, DOCUMENT_ROOT=cgi.directory)
        tap.true(answer.status in (500, 503), "answer %r" % answer)
        one_error(cgi.errors, ("DOCUMENT_ROOT",))
        tap.equal(cgi.deliver(GOOD, DOCUMENT_ROOT=cgi.path("htdocs")).status,
                  204, "beside it")


@tap.test("by FastCGI a delivery whose DOCUMENT_ROOT holds the tokens is "
          "not taken")
def fastcgi_document_root():
    with harness.Site() as site:
        headers = harness.signed(sync.sign(URL, GOOD))
        named = web.cgi_environment("POST", "/sync", headers,
                                    sync.form(GOOD))
        answer = web.over_fastcgi(
            site.responder.socket_path,
            named + [("DOCUMENT_ROOT", site.work.directory)],
            sync.form(GOOD))
        tap.true(answer.status in (500, 503), "answer %r" % answer)
        tap.equal(site.deliveries(), 0, "deliveries")


USAGE = (
    ("an unknown option", ["--no-such-option"], "no-such-option"),
    ("an argument", ["argument"], "argument"),
    ("--config without a value", ["--config"], "config"),
    ("a socket that is neither", ["--socket", "nonsense"], "--socket"),
    ("a unix socket's path that is too long",
     ["--socket", "unix:/tmp/" + "x" * 200], "xxx"),
    ("a port that is none", ["--socket", "127.0.0.1:99999"], "99999"),
)


@tap.each(USAGE, "{0} on the command line is an error that names it")
def usage(_, arguments, name):
    with Cgi() as cgi:
        if "--socket" in arguments:
            arguments = ["--config", cgi.config] + arguments
        done = subprocess.run([harness.RESPONDER] + arguments,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              env=harness.clean_environment(), timeout=30)
        tap.true(done.returncode != 0, "exit status")
        tap.true(name.encode() in done.stderr, "stderr %r" % done.stderr)


STARTS = (
    ("with --socket", "socket"),
    ("with a listening socket on descriptor 0", "fd0"),
    ("by LISTEN_FDS", "listen_fds"),
)


@tap.each(STARTS, "started {0} it serves, and again after a restart")
def starts(_, how):
    with harness.Site(start=how) as site:
        site.accepted(sync.document("updated", 5))
        site.responder.restart()
        tap.until(site.responder.answers, "it serves again")
        tap.equal(site.accepted(sync.document("updated", 6)).verdict,
                  "in_order", "verdict")


@tap.test("a socket that another responder serves is not taken away")
def socket_in_use():
    with harness.Site() as site:
        done = subprocess.run(
            [harness.RESPONDER, "--config", site.config, "--socket",
             "unix:" + site.responder.socket_path],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
            env=harness.clean_environment())
        tap.true(done.returncode != 0, "exit status")
        tap.true(site.responder.socket_path.encode() in done.stderr,
                 "stderr %r" % done.stderr)
        site.accepted(GOOD)


# Journals that cannot be


def in_no_directory(work):
    return work.path("no/such/journal.db"), (os.strerror(2),)


def in_a_file(work):
    work.write("file", "")
    return work.path("file/journal.db"), (os.strerror(20),)


def a_directory(work):
    os.mkdir(work.path("journal.db"))
    return work.path("journal.db"), ("not a regular file",)


def in_a_closed_directory(work):
    work.before = harness.as_ordinary()
    os.mkdir(work.path("closed"), 0o500)
    return work.path("closed/journal.db"), (os.strerror(13),)


def closed(work):
    """A journal of ours that may be read and not written."""
    make_journal(work)
    work.before = harness.as_ordinary()
    os.chmod(work.path("journal.db"), 0o400)
    return work.path("journal.db"), ("must own it",)


def a_text(work):
    return work.write("journal.db", "Dear diary,\n" * 100), (
        "name another file",)


def short_text(work):
    return work.write("journal.db", "x"), ("name another file",)


def zeroes(work):
    return work.write("journal.db", bytes(8192)), (
        "name another file",)


def another_database(work):
    database = sqlite3.connect(work.path("journal.db"))
    database.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1);")
    database.close()
    return work.path("journal.db"), ("of another program",)


def another_application(work):
    database = sqlite3.connect(work.path("journal.db"))
    database.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA application_id = 252006673;"
        "PRAGMA user_version = 1; CREATE TABLE deliveries (x);")
    database.close()
    return work.path("journal.db"), ("of another program",)


def make_journal(work):
    work.write("first.conf", harness.configuration(work.path("journal.db")))
    before, work.environment = work.environment, {
        "SYNCJOURNAL_CONFIG": work.path("first.conf")}
    tap.equal(work.deliver(GOOD).status, 204, "a journal is made")
    work.environment = before


def newer(work):
    """Our own journal, with a version that is yet to come."""
    make_journal(work)
    database = sqlite3.connect(work.path("journal.db"))
    database.execute("PRAGMA user_version = 9999")
    database.close()
    return work.path("journal.db"), ("newer",)


JOURNALS = (
    ("in a directory that is not there", in_no_directory),
    ("in a file", in_a_file),
    ("that is a directory", a_directory),
    ("in a directory that may not be written", in_a_closed_directory),
    ("that may not be written", closed),
    ("that is a text", a_text),
    ("that is one byte", short_text),
    ("that is zeroes", zeroes),
    ("that is another database", another_database),
    ("that is another application's", another_application),
    ("that is newer than the program", newer),
)


def fingerprint(path):
    """All that a careless opening would change: bytes, time, files beside.
    Lock, socket and log are the program's own and may be there."""
    directory = os.path.dirname(path)
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    names = sorted(n for n in os.listdir(directory)
                   if not n.endswith((".lock", "-lock", ".sock", ".log",
                                      ".conf")))
    content = None
    if os.path.isfile(path):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    return content, os.stat(path).st_mtime_ns if content else None, names


@tap.each(JOURNALS, "by CGI a journal {0} is answered 503, with one clear "
          "error, and is not touched")
def cgi_journal(_, breaks):
    with Cgi() as cgi:
        path, names = breaks(cgi)
        cgi.write("syncjournal.conf", harness.configuration(path))
        before = fingerprint(path)
        answer = cgi.deliver(GOOD)
        tap.true(answer is not None, "an answer; errors: " + cgi.errors)
        tap.equal(answer.status, 503, "status")
        tap.true("retry-after" in answer.headers, "Retry-After: %r" % answer)
        one_error(cgi.errors, (path,) + names)
        tap.equal(cgi.request("GET", TARGET + "/healthz").status, 503,
                  "status of the health check")
        tap.equal(fingerprint(path), before, "the file, and those beside it")


@tap.each(JOURNALS, "a responder that stays acknowledges nothing for a "
          "journal {0}, says why, and does not touch it")
def responder_journal(_, breaks):
    with Cgi() as cgi:
        path, names = breaks(cgi)
        cgi.write("syncjournal.conf", harness.configuration(path))
        before = fingerprint(path)
        responder = harness.Responder(cgi, cgi.config)
        try:
            responder.start(wait=False)
            if stays(responder):
                named = web.cgi_environment(
                    "POST", "/sync", harness.signed(sync.sign(URL, GOOD)),
                    sync.form(GOOD))
                answer = web.over_fastcgi(responder.socket_path, named,
                                          sync.form(GOOD))
                tap.equal(answer.status, 503, "status")
                responder.stop()
            else:
                tap.true(responder.process.returncode != 0, "exit status")
        finally:
            responder.kill()
        log = responder.log()
        for name in (path,) + names:
            tap.true(name in log, "%r is named in %s" % (name, log))
        tap.equal(fingerprint(path), before, "the file, and those beside it")


def stays(responder):
    """Whether it serves all the same, once that can be told."""
    def told():
        if responder.process.poll() is not None:
            return "ended"
        try:
            return "stays" if responder.healthz() else None
        except OSError:
            return None
    return tap.until(told, "it serves or ends") == "stays"


@tap.test("an empty file where the journal should be becomes the journal, or "
          "is refused as it is")
def empty_file():
    with Cgi() as cgi:
        cgi.write("journal.db", b"")
        answer = cgi.deliver(GOOD)
        size = os.stat(cgi.journal.path).st_size
        tap.true((answer.status == 204 and cgi.deliveries() == 1)
                 or (answer.status == 503 and size == 0),
                 "answer %r, size %d" % (answer, size))


@tap.test("a CGI process that is killed leaves a journal that takes the next "
          "delivery")
def killed():
    with Cgi() as cgi:
        tap.equal(cgi.deliver(GOOD).status, 204, "before")
        body = sync.form(GOOD)
        named = dict(web.cgi_environment(
            "POST", TARGET, harness.signed(sync.sign(URL, GOOD)), body))
        named.update(cgi.environment)
        process = subprocess.Popen(
            [harness.RESPONDER], env=named, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(body[:20])
        process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        answer = cgi.deliver(sync.document("updated", 6))
        tap.equal((answer.status, answer.verdict), (204, "in_order"),
                  "after")


if __name__ == "__main__":
    tap.main()
