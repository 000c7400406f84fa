#!/usr/bin/python3
"""syncjournal doctor: each mistake that is made in an installation is named,
with its mend; test deliveries go through a real nginx to a real responder, and
what comes between is told apart."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
KINDS = ["small", "large", "attack"]
# Of the machine that the test runs on, not of the installation.
OF_THE_MACHINE = ("filesystem", "free_space")


def run(*words, environment=None, before=()):
    return subprocess.run([*before, PROGRAM, *words], capture_output=True,
                          timeout=120, stdin=subprocess.DEVNULL,
                          env=harness.clean_environment(
                              **(environment or {})))


def examine(*words, **how):
    """The lines of an examination, as they are in JSON."""
    done = run("doctor", "--format", "json", *words, **how)
    tap.equal(done.stderr, b"", "standard error")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [line for line in lines if line["state"] != "ok"]
    tap.equal(done.returncode, 1 if bad else 0, "status")
    for line in bad:
        tap.true(line["mend"], "no mend: %r" % line)
    return lines


def bad(lines):
    return [line for line in lines if line["state"] != "ok"
            and line["check"] not in OF_THE_MACHINE]


def find(lines, check, text, state="failure"):
    """The one line that says so; there is no other that is bad."""
    found = [line for line in lines
             if line["check"] == check and text in line["seen"]]
    tap.equal(len(found), 1, "lines of %s with %r: %r" % (check, text, lines))
    tap.equal(found[0]["state"], state, "state of %r" % found[0])
    return found[0]


class Place(harness.Work):
    """An installation that is as it should be, without servers."""

    def __init__(self):
        super().__init__()
        self.home = self.path("home")
        self.data = self.home + "/syncjournal"
        self.root = self.home + "/public_html"
        self.bin = self.root + "/cgi-bin"
        for directory in (self.home, self.data, self.root, self.bin):
            os.mkdir(directory)
            os.chmod(directory, 0o755)
        os.chmod(self.data, 0o700)
        self.config = self.data + "/syncjournal.conf"
        self.program = self.bin + "/syncjournal.fcgi"
        self.configure()
        harness.write(self.program, "#!/bin/sh\nexit 0\n", 0o755)

    def configure(self, where=None, journal=None):
        self.journal = journal or self.data + "/journal.db"
        harness.write(where or self.config,
                      harness.configuration(self.journal))

    def examine(self, *words, config=None, **how):
        return examine("--config", config or self.config, "--program",
                       self.program, "--no-deliveries", *words, **how)


@tap.test("nothing is to be mended where all is right, and nothing is left")
def right():
    with Place() as place:
        lines = place.examine()
        # It is not there before the responder is.
        find(lines, "journal", "is not there yet", "warning")
        tap.equal(len(bad(lines)), 1, "what is bad: %r" % bad(lines))
        for check in ("configuration", "environment", "program", "suexec",
                      "document_root", "authorization", "directory",
                      "synchronous", "sqlite", "delivery"):
            tap.true(any(line["check"] == check and line["state"] == "ok"
                         for line in lines), "ok: " + check)
        tap.equal(os.listdir(place.data), ["syncjournal.conf"],
                  "what is in the directory afterwards")


# What goes wrong on a host


def unreadable_by_others(place):
    os.chmod(place.config, 0o644)
    return "configuration", "lets group or others read it"


def other_owner(place):
    if os.geteuid() != 0:
        raise tap.Skip("only root can give a file away")
    os.chown(place.program, 1234, 1234)
    return "suexec", "do not have the same owner and group"


def other_owner_of_both(place):
    if os.geteuid() != 0:
        raise tap.Skip("only root can give a file away")
    os.chown(place.program, 1234, 1234)
    os.chown(place.bin, 1234, 1234)
    return "suexec", "cannot read that"


def group_writable_directory(place):
    os.chmod(place.bin, 0o775)
    return "suexec", "its group may write to it"


def writable_program(place):
    os.chmod(place.program, 0o757)
    return "suexec", "everybody may write to it"


def linked_program(place):
    os.rename(place.program, place.data + "/real")
    os.symlink(place.data + "/real", place.program)
    return "suexec", "it is a symbolic link"


def not_executable(place):
    os.chmod(place.program, 0o644)
    return "program", "it cannot be run"


def token_served(place):
    os.rename(place.config, place.root + "/syncjournal.conf")
    place.config = place.root + "/syncjournal.conf"
    return "document_root", "it is the configuration"


def journal_served(place):
    place.configure(journal=place.root + "/journal.db")
    return "document_root", "it is the journal"


def htaccess(place, text):
    harness.write(place.bin + "/.htaccess", text, 0o644)


def spoofed(place):
    htaccess(place, "Options +ExecCGI\nSetEnv HTTP_TWILIO_AUTH_TOKEN abc\n")
    return "htaccess", ".htaccess:2: sets HTTP_TWILIO_AUTH_TOKEN"


def token_in_htaccess(place):
    htaccess(place, 'SetEnv  "TWILIO_AUTH_TOKEN" abc\n')
    return "htaccess", "a token stands in a file"


def cut_off(place):
    htaccess(place, "FcgidInitialEnv SYNCJOURNAL_JOURNAL /%s\n" % ("a" * 127))
    return "htaccess", "has 128 characters, and mod_fcgid keeps 127"


def password(place):
    harness.write(place.root + "/.htaccess", "AuthType Basic\n"
                  "require valid-user\n", 0o644)
    return "htaccess", "asks for a password"


def open_directory(place):
    os.chmod(place.data, 0o777)
    return "modes", "lets everybody replace the journal"


MISTAKES = [(function.__name__.replace("_", " "), function) for function in (
    unreadable_by_others, other_owner, other_owner_of_both,
    group_writable_directory, writable_program, linked_program, not_executable,
    token_served, journal_served, spoofed, token_in_htaccess, cut_off,
    password, open_directory)]


@tap.each(MISTAKES, "a mistake is named: {}")
def mistake(name, make):
    with Place() as place:
        check, text = make(place)
        find(place.examine(), check, text)


@tap.test("a token, a variable and a name from a header are told")
def environment():
    with Place() as place:
        lines = place.examine(environment={
            "HTTP_SYNCJOURNAL_CONFIG": "/tmp/evil",
            "TWILIO_AUTH_TOKEN": "a" * 127})
        find(lines, "environment", "HTTP_SYNCJOURNAL_CONFIG is set")
        find(lines, "environment", "TWILIO_AUTH_TOKEN has 127 characters")
        lines = place.examine(environment={"TWILIO_AUTH_TOKEN": "a" * 126})
        tap.equal([line for line in bad(lines)
                   if line["check"] == "environment"], [], "of 126")


@tap.test("DOCUMENT_ROOT and --root say what is served, whatever its name")
def root():
    with Place() as place:
        for how in ({"environment": {"DOCUMENT_ROOT": place.data}}, {}):
            words = [] if how else ["--root", place.data]
            lines = place.examine(*words, **how)
            find(lines, "document_root", "it is the configuration")


@tap.test("a directory that cannot be written to is told, and who tried")
def read_only():
    with Place() as place:
        before = harness.as_ordinary()
        os.chmod(place.data, 0o500)
        line = find(place.examine(before=before), "directory",
                    "no file can be made there")
        tap.true("Permission denied" in line["seen"], "why: %r" % line)
        os.chmod(place.data, 0o700)


@tap.test("an in-memory file system is a failure, whatever else is right")
def in_memory():
    if not os.path.isdir("/dev/shm"):
        raise tap.Skip("there is no /dev/shm")
    done = subprocess.run(["stat", "-f", "-c", "%T", "/dev/shm"],
                          capture_output=True, check=True)
    if done.stdout.strip() != b"tmpfs":
        raise tap.Skip("/dev/shm is no tmpfs")
    with Place() as place:
        directory = "/dev/shm/syncjournal-%d" % os.getpid()
        os.mkdir(directory, 0o700)
        try:
            place.configure(journal=directory + "/journal.db")
            find(place.examine(), "filesystem", "is in memory")
            tap.equal(os.listdir(directory), [], "what is left there")
        finally:
            shutil.rmtree(directory)


@tap.test("a disk that does not sync is told, and nothing is left on it")
def no_sync():
    strace = shutil.which("strace")
    if strace is None:
        raise tap.Skip("strace is not installed")
    with Place() as place:
        lines = place.examine(before=[
            strace, "-f", "-o", place.path("trace"), "-e",
            "inject=fsync,fdatasync:error=EIO"])
        find(lines, "directory", "cannot be synced")
        find(lines, "synchronous", "a database in the journal's directory")
        tap.equal(os.listdir(place.data), ["syncjournal.conf"],
                  "what is left")


@tap.test("a doctor that is asked to end leaves no file behind")
def ended():
    strace = shutil.which("strace")
    if strace is None:
        raise tap.Skip("strace is not installed")
    with Place() as place:
        # In the middle of the database that is tried.
        done = run("doctor", "--config", place.config, "--no-deliveries",
                   before=[strace, "-f", "-o", place.path("trace"), "-e",
                           "inject=fdatasync:signal=SIGTERM"])
        tap.equal(done.returncode, -signal.SIGTERM, "how it ended")
        tap.equal(os.listdir(place.data), ["syncjournal.conf"],
                  "what is left")


@tap.test("what a killed doctor has left is removed once it is old, and nothing "
          "else is")
def left_over():
    with Place() as place:
        old = ["syncjournal-probe-abc123" + end for end in ("", "-journal")]
        kept = ["syncjournal-probe-def456", "syncjournal-probe", "probe-x"]
        for name in old + kept:
            harness.write(os.path.join(place.data, name), "")
        two_hours = time.time() - 7200
        for name in old + kept[1:]:
            os.utime(os.path.join(place.data, name), (two_hours, two_hours))
        place.examine()
        tap.equal(sorted(os.listdir(place.data)),
                  sorted(kept + ["syncjournal.conf"]), "what is left")


@tap.test("a mode that the configuration names and the journal has not is told")
def mode_asked():
    with harness.Site() as site:
        site.accepted(sync.document("updated", 1))
        site.stop()
        mode = site.journal.one("SELECT journal_mode FROM journal_info")
        other = "truncate" if mode == "wal" else "wal"
        for asked, bad_too in ((other, True), (mode, False), ("auto", False)):
            file = site.work.write("asked.conf", harness.configuration(
                site.journal.path, journal_keys="mode = " + asked))
            lines = examine("--config", file, "--no-deliveries")
            told = [line for line in lines if line["check"] == "mode"
                    and line["state"] == "warning"]
            tap.equal(len(told), int(bad_too), "%s: %r" % (asked, told))


@tap.test("root makes no database where another user could put a link")
def as_root():
    if os.geteuid() != 0:
        raise tap.Skip("needs root")
    with Place() as place:
        os.chown(place.data, 65534, 65534)
        find(place.examine(), "synchronous", "not tried", "ok")
        os.chown(place.data, 0, 0)
        find(place.examine(), "synchronous", "read back", "ok")


@tap.test("a clock that was set back is told by the newest receipt")
def clock():
    with harness.Site() as site:
        site.accepted(sync.document("updated", 1))
        site.stop()
        subprocess.run([sys.executable, "-c", """
import sqlite3, sys
journal = sqlite3.connect(sys.argv[1])
journal.execute("UPDATE gate SET open = 1")
journal.execute("UPDATE delivery SET received_us = received_us + 86400000000")
journal.commit()
""", site.journal.path], check=True)
        lines = examine("--config", site.config, "--no-deliveries")
        find(lines, "clock", "it was set back")


@tap.test("--quiet prints what is to be mended, and nothing when that is none")
def quiet():
    with Place() as place:
        words = ("doctor", "--config", place.config, "--program",
                 place.program, "--no-deliveries", "--quiet")
        done = run(*words)
        tap.true(b"is not there yet" in done.stdout, "%r" % done.stdout)
        tap.true(b"ok " not in done.stdout, "no ok: %r" % done.stdout)
        tap.equal(done.returncode, 1, "status")


# Through a web server


class Served(harness.Site):
    """nginx before a responder, whose configuration is as Twilio's would
    be: the URL is that of this nginx."""

    def __init__(self, location="", url="http://127.0.0.1:%d/sync", **how):
        super().__init__(nginx=1, **how)
        self.given = "http://127.0.0.1:%d/sync" % self.nginx.port
        self.urls = [url % self.nginx.port if "%d" in url else url]
        self.configure()
        if location:
            name = self.work.path("nginx.conf")
            text = harness.read(name)
            # Where the file that ships cannot be changed, its copy is.
            with open(os.path.join(harness.Nginx.SHIPPED, "syncjournal.conf"),
                      encoding="utf-8") as file:
                shipped = file.read()
            self.work.write("site.conf", location(shipped))
            text = text.replace(harness.Nginx.SHIPPED + "/syncjournal.conf",
                                self.work.path("site.conf"))
            harness.write(name, text)

    def examine(self, *words):
        if shutil.which("curl") is None:
            raise tap.Skip("curl is not installed")
        return examine("--config", self.config, *words)


def delivered(lines):
    return [line for line in lines if line["check"] == "delivery"]


@tap.test("test deliveries arrive, are labelled, and are of no stream")
def arrive():
    with Served() as site:
        lines = delivered(site.examine())
        tap.equal([line["state"] for line in lines], ["ok"] * 3, "%r" % lines)
        for kind, line in zip(KINDS, lines):
            tap.true(line["seen"].startswith(kind + ": is in the journal"),
                     "%r" % line)
        rows = site.journal.rows(
            "SELECT event_type, verdict, stream_kind, problem, length(data) "
            "FROM events ORDER BY position")
        tap.equal([row[:4] for row in rows],
                  [("syncjournal_test", None, None, None)] * 3, "events")
        tap.equal(rows[1][4], 16384, "bytes of data")
        for view in ("streams", "gaps", "findings", "rejects", "services"):
            tap.equal(site.journal.one("SELECT count(*) FROM " + view), 0,
                      view)
        done = run("--journal", site.journal.path, "rebuild", "--check")
        tap.equal(done.returncode, 0, done.stdout)


@tap.test("test deliveries do not hide that no others come")
def silent():
    with Served() as site:
        site.examine()
        done = run("--journal", site.journal.path, "audit", "--nagios")
        tap.true(b"clean: 3 deliveries in 0 streams; " in done.stdout and
                 b" last_delivery_age=U;" in done.stdout, done.stdout)


@tap.test("a local URL stands for the public one, and all can be right")
def local():
    with Served(url="https://hooks.example.com/sync") as site:
        lines = site.examine("--url", site.given)
        tap.equal([line["state"] for line in delivered(lines)], ["ok"] * 3,
                  "%r" % lines)
        tap.equal(bad(lines), [], "what is bad")


@tap.each(("localhost.example.com", "127.example.com", "127.0.0.1.example.com"),
          "{} is not this machine, and is given no signature of another URL")
def foreign(host):
    with Served(url="https://hooks.example.com/sync") as site:
        fake = site.work.path("curl")
        with open(fake, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\ncat >>%s\nexit 7\n"
                       % site.work.path("told"))
        os.chmod(fake, 0o755)
        examine("--config", site.config, "--url", "http://%s/sync" % host,
                environment={"PATH": site.work.directory + ":"
                             + os.environ["PATH"]})
        told = harness.read(site.work.path("told"))
        tap.true(host in told, "curl is asked: %r" % told[:200])
        tap.true("hooks.example.com" not in told, "the public host is told")


@tap.test("the token and the signature are on no command line")
def command_line():
    with Served() as site:
        fake = site.work.path("curl")
        with open(fake, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho \"$@\" >>%s\nexec %s \"$@\"\n" % (
                site.work.path("words"), shutil.which("curl")))
        os.chmod(fake, 0o755)
        lines = examine("--config", site.config, environment={
            "PATH": site.work.directory + ":" + os.environ["PATH"]})
        tap.equal([line["state"] for line in delivered(lines)], ["ok"] * 3,
                  "%r" % lines)
        tap.equal(harness.read(site.work.path("words")),
                  "-q --config -\n" * 3, "what curl was given")


def with_curl(place, script):
    """Lines of an examination with another program for curl."""
    place.write("curl", "#!/bin/sh\ncat >/dev/null\n" + script, 0o755)
    return examine("--config", place.config, "--program", place.program,
                   environment={"PATH": place.directory + ":"
                                + os.environ["PATH"]})


@tap.test("another clock than the web server's is told")
def other_clock():
    with Place() as place:
        script = "printf 'HTTP/1.1 204 x\\r\\nDate: %s\\r\\n\\r\\n'\n"
        lines = with_curl(place, script % "Sat, 01 Jan 2022 00:00:00 GMT")
        find(lines, "clock", "before that of the web server's", "warning")
        lines = with_curl(place, script % (
            "'\"$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')\"'"))
        tap.equal([line for line in bad(lines) if line["check"] == "clock"],
                  [], "the same clock")


STRANGE = [
    ("endless", "head -c 20000000 /dev/zero; exit 0\n", "no answer"),
    ("killed", "kill -9 $$\n", "no answer in 15 s"),
    ("nothing", "exit 0\n", "that is no answer"),
    ("controls", "printf 'HTTP/1.1 302 x\\r\\nLocation: \\033[31mx\\r\\n"
     "\\r\\n'\n", "it is sent elsewhere"),
]


@tap.each(STRANGE, "a strange answer is bounded and harmless: {0}")
def strange(name, script, text):
    with Place() as place:
        find(with_curl(place, script), "delivery", text)
        done = run("doctor", "--config", place.config, environment={
            "PATH": place.directory + ":" + os.environ["PATH"]})
        tap.true(b"\x1b" not in done.stdout and b"\0" not in done.stdout,
                 "what reaches a terminal: %r" % done.stdout[-500:])


@tap.test("without curl the deliveries are left out, and that is said")
def no_curl():
    with Place() as place:
        os.mkdir(place.path("empty"))
        lines = examine("--config", place.config, "--program", place.program,
                        environment={"PATH": place.path("empty")})
        find(lines, "delivery", "the program curl", "warning")


def waf(status):
    """nginx has no body yet where if is asked: the length tells it."""
    def change(shipped):
        return shipped.replace(
            "location = /sync {", "location = /sync {\n"
            "if ($content_length ~ \"^2[0-9][0-9]$\") "
            "{ return %d; }\n" % status, 1)
    return change


@tap.each((403, 406), "a web application firewall's {} is told from ours")
def firewall(status):
    with Served(waf(status)) as site:
        lines = delivered(site.examine())
        tap.equal([line["state"] for line in lines],
                  ["ok", "ok", "failure"], "%r" % lines)
        find(lines, "delivery", "attack: answered %d: a web application "
             "firewall" % status)


@tap.test("a limit that is too small for 16 KiB is told, and which it is")
def limit():
    with Served(lambda text: text.replace("client_max_body_size 1m",
                                          "client_max_body_size 8k")) as site:
        lines = delivered(site.examine())
        tap.equal([line["state"] for line in lines],
                  ["ok", "failure", "ok"], "%r" % lines)
        line = find(lines, "delivery", "limit is too small")
        tap.true("client_max_body_size" in line["mend"], "%r" % line)


@tap.test("the responder's own limit is told from the web server's")
def own_limit():
    with Served(receive="max_body_bytes = 8192") as site:
        line = find(delivered(site.examine()), "delivery",
                    "the responder's limit is too small")
        tap.true("max_body_bytes" in line["mend"], "%r" % line)


@tap.test("a wrong public_url is told, with the reject")
def wrong_url():
    with Served(url="http://127.0.0.1:%d/other") as site:
        line = find(site.examine("--url", site.given), "delivery",
                    "the responder refuses the signature")
        tap.true("(reject 1, signature_wrong)" in line["seen"], "%r" % line)
        tap.true("public_url" in line["mend"], "%r" % line)
        # It leads to nothing, too.
        find(site.examine(), "delivery", "there is nothing at this URL")


@tap.test("a responder that does not run is told")
def stopped():
    with Served() as site:
        site.stop()
        find(site.examine(), "delivery",
             "answered 502: the responder does not run")


ANSWERS = [
    (301, "return 301 https://hooks.example.com$request_uri;",
     "it is sent elsewhere"),
    (401, "return 401;", "asks for a password"),
    (403, "return 403;", "refuses it, not the responder"),
    (404, "return 404;", "there is nothing at this URL"),
    (429, "return 429;", "limits how often"),
    (500, "return 500;", "cannot run the program"),
    (503, "return 503;", "or the host's limit of processes"),
    (200, "return 200 hello;", "another program than the responder"),
]


@tap.each(ANSWERS, "an answer {0} on the way is explained")
def answered(status, directive, text):
    with Served(lambda shipped: shipped.replace(
            "location = /sync {", "location = /sync {\n" + directive,
            1)) as site:
        lines = delivered(site.examine())
        tap.equal(len(lines), 1, "deliveries that were tried: %r" % lines)
        line = find(lines, "delivery", text)
        tap.true("answered %d" % status in line["seen"], "%r" % line)


@tap.test("a port that nobody listens on, and one without TLS, are told")
def no_connection():
    if shutil.which("curl") is None:
        raise tap.Skip("curl is not installed")
    with Place() as place, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/sync" % taken.getsockname()[1]
        lines = examine("--config", place.config, "--program", place.program,
                        "--url", url)
        find(lines, "delivery", "no connection can be made")
    with Served() as site:
        lines = site.examine("--url", site.given.replace("http:", "https:"))
        find(lines, "delivery", "TLS cannot be begun")


@tap.test("acknowledged by a responder with another journal is a failure")
def other_journal():
    with Served() as site, harness.Site(urls=site.urls) as other:
        lines = delivered(examine("--config", other.config))
        find(lines, "delivery", "small: was acknowledged, but is not in this "
             "journal")


tap.main()
