#!/usr/bin/python3
"""syncjournal init: a configuration and a journal that nobody else can read,
made whole or not at all and over nothing; lines that real web servers take as
they are; no token on any command line or in any output."""
import os
import pty
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import termios

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import apache  # noqa: E402
import harness  # noqa: E402
import lighttpd  # noqa: E402
import screen  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
URL = harness.PUBLIC_URL
TOKEN = sync.TOKEN
SERVERS = ("nginx", "apache", "htaccess", "lighttpd")


def run(*words, given=b"", cwd=None, environment=None):
    return subprocess.run([PROGRAM, *words], capture_output=True, timeout=60,
                          input=given, cwd=cwd,
                          env=harness.clean_environment(
                              **(environment or {})))


class Place(harness.Work):
    def __init__(self):
        super().__init__()
        self.data = self.path("syncjournal")
        self.config = self.data + "/syncjournal.conf"
        self.journal = self.data + "/journal.db"
        self.token = self.write("token", TOKEN + "\n")
        self.words = {"--url": URL, "--token-file": self.token,
                      "--config": self.config, "--directory": self.data,
                      "--server": "nginx"}

    def init(self, given=b"", environment=None, **changes):
        words = dict(self.words)
        for name, value in changes.items():
            words["--" + name.replace("_", "-")] = value
        line = [word for pair in words.items() if pair[1] is not None
                for word in pair]
        return run("init", *line, given=given, environment=environment)

    def made(self, **how):
        done = self.init(**how)
        tap.equal(done.returncode, 0, "status; " + done.stderr.decode())
        tap.true(TOKEN.encode() not in done.stdout + done.stderr,
                 "the token is not printed")
        return done.stdout.decode()

    def refused(self, text, status=2, **how):
        done = self.init(**how)
        tap.equal(done.returncode, status, "status; %r" % done.stdout)
        tap.true(text in done.stderr.decode(), "says %r: %s" % (
            text, done.stderr.decode()))
        tap.equal(done.stdout, b"", "standard output")
        tap.true(not os.path.exists(self.config), "no configuration is made")
        tap.true(not os.path.exists(self.config + ".part"), "and no part")


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@tap.each(SERVERS, "init for {} makes what the responder takes")
def makes(server):
    with Place() as place:
        os.umask(0o022)
        said = place.made(server=server)
        tap.equal((mode_of(place.data), mode_of(place.config),
                   mode_of(place.journal)), (0o700, 0o600, 0o600), "modes")
        text = harness.read(place.config)
        for line in ("path = " + place.journal, "public_url = " + URL,
                     "[account *]", "auth_token = " + TOKEN):
            tap.true(line + "\n" in text, line)
        journal = sqlite3.connect(place.journal)
        tap.equal(journal.execute("SELECT mode FROM journal").fetchone()[0],
                  "truncate" if server == "htaccess" else "wal", "mode")
        journal.close()
        done = run("--config", place.config, "doctor", "--no-deliveries",
                   "--format", "csv")
        tap.true(b"ok,configuration," in done.stdout, done.stdout.decode())
        for word in ("WebhookUrl=%s#rc=5&rp=5xx,ct,rt'" % URL,
                     "WebhooksFromRestEnabled=true",
                     "ReachabilityWebhooksEnabled=true",
                     '"$TWILIO_AUTH_TOKEN"', "$TWILIO_ACCOUNT_SID"):
            tap.true(word in said, "says %r: %s" % (word, said))


@tap.test("the token comes from standard input as well, and the account's SID")
def standard_input():
    for name in ("-", None):
        with Place() as place:
            said = place.made(token_file=name, given=TOKEN.encode() + b"\r\n",
                              account=sync.ACCOUNT)
            text = harness.read(place.config)
            tap.true("[account %s]\nauth_token = %s\n" % (
                sync.ACCOUNT, TOKEN) in text, text)
            tap.true('"%s" "$TWILIO_AUTH_TOKEN"' % sync.ACCOUNT in said, said)


@tap.test("nothing is overwritten: neither configuration nor journal")
def never_overwrites():
    with Place() as place:
        place.made()
        with open(place.config, "a", encoding="utf-8") as file:
            file.write("; mine\n")
        before = harness.read(place.config), os.stat(place.config).st_ino
        done = place.init(url="https://other.example.com/")
        tap.equal(done.returncode, 3, "status")
        tap.true(b"is there already" in done.stderr, done.stderr.decode())
        tap.equal((harness.read(place.config),
                   os.stat(place.config).st_ino), before, "configuration")
        os.remove(place.config)
        inode = os.stat(place.journal).st_ino
        said = place.made()
        tap.true("was there, and stays as it is" in said, said)
        tap.equal(os.stat(place.journal).st_ino, inode, "journal")


@tap.test("a link that leads nowhere counts as a configuration")
def dangling():
    with Place() as place:
        os.mkdir(place.data, 0o700)
        os.symlink("nowhere", place.config)
        done = place.init(server="nginx")
        # Its place is resolved: the link is not followed to make a file.
        tap.true(done.returncode != 0, "status")
        tap.true(not os.path.exists(place.data + "/nowhere"), "nothing made")


REFUSED = [
    ("no URL", {"url": None}, "--url is missing"),
    ("a URL without scheme", {"url": "hooks.example.com/sync"},
     "--url is https://"),
    ("ftp", {"url": "ftp://hooks.example.com/sync"}, "--url is https://"),
    ("no host", {"url": "https:///sync"}, "--url is https://"),
    ("a blank in the URL", {"url": "https://h/a b"}, "blank"),
    ("a line's end in the URL", {"url": "https://h/a\nauth_token=x"},
     "blank"),
    ("a path that is not plain", {"url": "https://h/a;b"}, "may only have"),
    ("a quote in the path", {"url": "https://h/a\"b"}, "may only have"),
    ("a server that is none", {"server": "iis"}, "--server is one of"),
    ("an account that is none", {"account": "AC1"}, "--account is AC"),
    ("an empty token", {"token_file": "-"}, "there is no token"),
    ("a directory that is not plain", {"directory": "/tmp/a b"},
     "may only have"),
]


@tap.each(REFUSED, "init refuses {0}, and makes nothing")
def refuses(name, changes, text):
    with Place() as place:
        place.refused(text, **changes)
        tap.true(not os.path.exists(place.data), "no directory is made")


TOKENS = [b"with blank", "\u00e9t\u00e9".encode(), b"'quoted'", b"two\nlines",
          b";comment", b"nul\0l"]


@tap.each([(repr(token), token) for token in TOKENS],
          "a token that cannot stand in the file is refused: {0}")
def token_refused(name, token):
    with Place() as place:
        done = place.init(token_file="-", given=token)
        tap.true(done.returncode in (2, 3), "status %d" % done.returncode)
        tap.equal(done.stdout, b"", "standard output")
        tap.true(token not in done.stderr, "it is not printed")
        tap.equal([name for name in ("syncjournal.conf", "journal.db",
                                     "syncjournal.conf.part")
                   if os.path.exists(place.data + "/" + name)], [],
                  "what is made")


@tap.test("a directory that is served, or that others write to, is refused")
def places():
    with Place() as place:
        served = place.path("public_html")
        os.mkdir(served)
        place.refused("which the web server serves", directory=served)
        place.refused("which the web server serves",
                      config=served + "/syncjournal.conf")
        place.refused("which the web server serves",
                      root=os.path.dirname(place.data))
        place.refused("which the web server serves",
                      environment={"DOCUMENT_ROOT": place.directory})
        os.mkdir(place.data)
        os.chmod(place.data, 0o770)
        place.refused("lets others write there", status=3)
        os.chmod(place.data, 0o700)
        os.symlink(served, place.path("link"))
        place.refused("which the web server serves",
                      directory=place.path("link"))


@tap.test("http is warned of; fragment and password are taken as they are due")
def urls():
    with Place() as place:
        done = place.init(url="http://hooks.example.com/sync")
        tap.equal(done.returncode, 0, "status")
        tap.true(b"the URL is http" in done.stderr, done.stderr.decode())
    with Place() as place:
        said = place.made(url="https://u:p%40w@hooks.example.com/sync?a='b'"
                          "#rc=2")
        tap.true("p%40w" not in said, "the password is not printed: " + said)
        tap.true(r"WebhookUrl=https://hooks.example.com/sync?a='\''b'\''"
                 "#rc=5&rp=5xx,ct,rt'" in said, said)
        tap.true("public_url = https://u:p%40w@hooks.example.com/sync?a='b'\n"
                 in harness.read(place.config), harness.read(place.config))


@tap.each(("apache", "lighttpd", "htaccess"), "{0}: a URL without a path has "
          "its health check at /healthz, and its web space its mode")
def no_path(server):
    with Place() as place:
        said = place.made(url="https://hooks.example.com", server=server)
        tap.true("//healthz" not in said, said)
        if server == "htaccess":
            tap.true("chmod 755 DOCUMENT_ROOT/syncjournal.fcgi\n" in said,
                     said)
        else:
            tap.true('"/healthz"' in said, said)


@tap.test("a token file that others can read is warned of")
def open_token():
    with Place() as place:
        os.chmod(place.token, 0o644)
        done = place.init()
        tap.true(b"others may read" in done.stderr, done.stderr.decode())


@tap.test("without --server the lines are for one that is here")
def looks_around():
    with Place() as place:
        fake = place.path("bin")
        os.mkdir(fake)
        place.write("bin/lighttpd", "#!/bin/sh\n", 0o755)
        done = place.init(server=None, environment={"PATH": fake})
        tap.equal(done.returncode, 0, done.stderr.decode())
        tap.true(any(head in done.stdout for head in (
            b"# nginx: ", b"# Apache: ", b"# lighttpd: ", b".htaccess\n")),
            done.stdout.decode())
        tap.true(b"no web server was found" not in done.stderr,
                 done.stderr.decode())


@tap.test("what is printed for sh is what is meant, and curl gets the token "
          "by a pipe")
def calls():
    with Place() as place:
        said = place.made(url="https://hooks.example.com/sync?a='b'")
        place.write("curl", "#!/bin/sh\nprintf '%s\\n' \"$@\" >>words\n"
                    "cat >>piped\n", 0o755)
        script = said[said.index("# Twilio:"):]
        subprocess.run(["sh", "-e"], input=script.encode(), check=True,
                       cwd=place.directory, env=harness.clean_environment(
                           PATH=place.directory + ":" + os.environ["PATH"],
                           TWILIO_AUTH_TOKEN=TOKEN, SERVICE_SID=sync.SERVICE,
                           TWILIO_ACCOUNT_SID=sync.ACCOUNT))
        words = harness.read(place.path("words")).splitlines()
        tap.true("WebhookUrl=https://hooks.example.com/sync?a='b'"
                 "#rc=5&rp=5xx,ct,rt" in words, "%r" % words)
        tap.true("https://sync.twilio.com/v1/Services/" + sync.SERVICE
                 in words, "%r" % words)
        tap.true(not any(TOKEN in word for word in words), "%r" % words)
        tap.equal(harness.read(place.path("piped")),
                  'user = "%s:%s"\n' % (sync.ACCOUNT, TOKEN) * 2, "piped")


@tap.test("on a terminal it asks, and does not show the token")
def terminal():
    with Place() as place:
        environment = harness.clean_environment(TERM="xterm")
        with screen.Screen(place, 100, 50, environment) as pane:
            # The pane's shell has switched it off.
            place.write("asked.sh", "stty echo; %s init --config %s "
                        "--directory %s --server nginx; echo ended $?\n" % (
                            PROGRAM, place.config, place.data))
            pane._tmux("send-keys", "-l", "asked.sh")
            pane._tmux("send-keys", "Enter")

            def shows(text):
                return text in pane._tmux("capture-pane", "-p", "-S", "-200")

            tap.until(lambda: shows("Public URL"), "the first question")
            pane._tmux("send-keys", "-l", URL)
            pane._tmux("send-keys", "Enter")
            tap.until(lambda: shows("Auth token"), "the second question")
            pane._tmux("send-keys", "-l", TOKEN)
            pane._tmux("send-keys", "Enter")
            tap.until(lambda: shows("ended 0"), "the end")
            tap.true(not shows(TOKEN), "the token is not shown")
        tap.true("auth_token = %s\n" % TOKEN in harness.read(place.config),
                 "the configuration has it")


@tap.test("an interrupt at the token leaves the terminal as it was")
def interrupted():
    with Place() as place:
        master, slave = pty.openpty()
        child = subprocess.Popen(
            [PROGRAM, "init", "--url", URL, "--config", place.config,
             "--directory", place.data, "--server", "nginx"],
            stdin=slave, stdout=slave, stderr=slave,
            env=harness.clean_environment())

        def shows():
            return termios.tcgetattr(slave)[3] & termios.ECHO

        tap.until(lambda: not shows(), "the question for the token")
        child.send_signal(signal.SIGINT)
        tap.equal(child.wait(30), -signal.SIGINT, "how it ended")
        tap.true(shows(), "the terminal shows what is typed")
        tap.true(not os.path.exists(place.config), "nothing was made")
        os.close(slave)
        os.close(master)


# The lines, as real servers take them


def lines_for(site, server, *words):
    """What init prints for this server, with the socket that is there."""
    work = site.work
    place = work.path("made-for-" + server)
    token = work.write("token", TOKEN)
    done = run("init", "--url", site.urls[0], "--token-file", token,
               "--config", place + "/syncjournal.conf", "--directory", place,
               "--server", server, *words)
    tap.equal(done.returncode, 0, done.stderr.decode())
    text = done.stdout.decode().split("# Twilio:")[0].split("\n\n", 1)[1]
    for directory in ("/run/syncjournal", place):
        text = text.replace("unix:%s/syncjournal.sock" % directory,
                            "unix:" + site.responder.socket_path
                            if site.responder else "")
        text = text.replace('"%s/syncjournal.sock"' % directory,
                            '"%s"' % site.responder.socket_path
                            if site.responder else "")
    return text


def examined(site, target=None, config=None):
    """Three test deliveries through the server arrive."""
    if shutil.which("curl") is None:
        raise tap.Skip("curl is not installed")
    port = site.port if hasattr(site, "port") else site.nginx.port
    done = run("--config", config or site.config, "doctor", "--url",
               "http://127.0.0.1:%d%s" % (port, target or site.target),
               "--format", "csv")
    told = [line for line in done.stdout.decode().splitlines()
            if ",delivery," in line]
    tap.equal([line.split(",")[0] for line in told], ["ok"] * 3,
              done.stdout.decode())


@tap.test("nginx takes the lines as they are, and deliveries arrive")
def nginx():
    with_nginx = harness.Site(nginx=1)
    text = lines_for(with_nginx, "nginx")
    upstream, location = text.split("# nginx: inside the server")
    with_nginx.work.write("upstream.conf", upstream)
    with_nginx.work.write("location.conf", "#" + location)
    name = with_nginx.work.path("nginx.conf")
    conf = harness.read(name)
    with open(os.path.join(harness.Nginx.SHIPPED, "syncjournal.conf"),
              encoding="utf-8") as file:
        health = file.read().split("# Whether an append", 1)[1]
    with_nginx.work.write("health.conf", "# Whether an append" + health)
    harness.write(name, conf.replace(
        "include %s/syncjournal.conf;" % harness.Nginx.SHIPPED,
        "include %s; include %s;" % (
            with_nginx.work.path("location.conf"),
            with_nginx.work.path("health.conf"))))
    with with_nginx as site:
        examined(site)


class Proxied(apache.Proxy):
    def include(self):
        return lines_for(self, "apache")


@tap.test("Apache takes the lines as they are, and deliveries arrive")
def proxied():
    with Proxied() as site:
        examined(site)


class Spawned(apache.Cgi):
    modules = apache.Cgi.modules + ("rewrite",)


@tap.test(".htaccess takes the lines as they are, and deliveries arrive")
def htaccess():
    with Spawned(urls=["https://hooks.example.com/hooks/sync"]) as site:
        text = lines_for(site, "htaccess")
        text = text[text.index("Options"):]
        name = site.docroot() + "/hooks/.htaccess"
        harness.write(name, text, 0o644)
        # The responder is the server's user, and this is its own.
        made = site.work.path("made-for-htaccess")
        site.give(made)
        examined(site, "/hooks/sync", made + "/syncjournal.conf")


class Lit(lighttpd.Socket):
    def shipped(self, name, changes):
        return lines_for(self, "lighttpd")


@tap.test("lighttpd takes the lines as they are, and deliveries arrive")
def lit():
    with Lit() as site:
        examined(site)


tap.main()
