#!/usr/bin/python3
"""What "make bundle" packs: whole, static, of use where there is nothing but a
kernel, and the same bytes wherever it is made. The last is a second build of
all sources: half a minute on an idle machine."""
import hashlib
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tarfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import apache  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

BUILD_S = 600  # bounds a hang; a loaded machine is slow
PAGE_LINES, PAGE_COLUMNS = 66, 84
TARGET = "/cgi-bin/syncjournal.fcgi"
URL = "https://hooks.example.com" + TARGET
# What the example has where a user edits it.
EDITS = (
    ("https://www.example.com" + TARGET, URL),
    ("replace-this-by-the-auth-token", sync.TOKEN),
)
FILES = {
    ".htaccess": 0o644,
    "INSTALL": 0o644,
    "LICENSE": 0o644,
    "SHA256SUMS": 0o644,
    "cookbook.sql": 0o644,
    "licences/GPL-3": 0o644,
    "licences/LGPL-2.1": 0o644,
    "licences/LGPL-3": 0o644,
    "licences/README": 0o644,
    "licences/libc6-dev": 0o644,
    "licences/libfcgi-dev": 0o644,
    "licences/libinih-dev": 0o644,
    "licences/libsqlite3-dev": 0o644,
    "licences/nettle-dev": 0o644,
    "syncjournal": 0o755,
    "syncjournal.1.txt": 0o644,
    "syncjournal.conf.example": 0o600,
    "syncjournal.fcgi": 0o755,
    "syncjournal.fcgi.8.txt": 0o644,
}


def run(command, directory, **more):
    """A build's step, as if no make or test were around it."""
    environment = harness.clean_environment(**more)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SOURCE_DATE_EPOCH"):
        environment.pop(name, None)
    return subprocess.run(command, cwd=directory, env=environment,
                          stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=BUILD_S)


def need(done, what):
    tap.equal((done.returncode, done.stderr[-1000:] if done.returncode
               else ""), (0, ""), what)


_made = []


def archive():
    """The archive of the build that is tested, made once."""
    if not _made:
        _made.append(run(["make", "bundle"], harness.BUILDDIR))
    done = _made[0]
    lacks = re.search(r"^make bundle: missing:.*", done.stderr, re.M)
    if lacks:
        raise tap.Skip(lacks.group())
    need(done, "make bundle")
    found = [name for name in os.listdir(harness.BUILDDIR)
             if re.fullmatch(r"syncjournal-.*-linux-.*\.tar\.gz", name)]
    tap.equal(len(found), 1, "archives: %r" % found)
    return os.path.join(harness.BUILDDIR, found[0])


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def contents(path):
    with open(path, "rb") as file:
        return file.read()


class Unpacked(harness.Work):
    """The archive, unpacked: self.top is its only directory."""

    def __init__(self):
        path = archive()
        super().__init__()
        with tarfile.open(path) as tar:
            self.members = tar.getmembers()
            tar.extractall(self.directory)
        name = os.path.basename(path)[:-len(".tar.gz")]
        self.top = self.path(name)

    def text(self, name):
        return harness.read(os.path.join(self.top, name))


@tap.test("make bundle says nothing on standard error, and leaves one archive "
          "with its checksum")
def made():
    path = archive()
    tap.equal(_made[0].stderr, "", "standard error")
    name = os.path.basename(path)
    tap.equal(harness.read(path + ".sha256"),
              "%s  %s\n" % (sha256(contents(path)), name), "checksum")
    left = [n for n in os.listdir(harness.BUILDDIR)
            if n.startswith("bundle.")]
    tap.equal(left, [], "what the work has left")


@tap.test("the archive is one directory with all that a web space needs, in "
          "modes to upload, of nobody")
def files():
    with Unpacked() as bundle:
        prefix = os.path.basename(bundle.top)
        found = {}
        for member in bundle.members:
            tap.equal((member.uid, member.gid, member.uname, member.gname),
                      (0, 0, "", ""), "owner of " + member.name)
            if member.isfile():
                found[os.path.relpath(member.name, prefix)] = member.mode
        tap.equal(found, FILES, "files")
        tap.equal({member.mtime for member in bundle.members},
                  {bundle.members[0].mtime}, "times")


@tap.test("each file in the archive fits SHA256SUMS, which names them all")
def sums():
    with Unpacked() as bundle:
        want = ["%s  %s" % (sha256(contents(os.path.join(bundle.top, name))),
                            name)
                for name in sorted(FILES) if name != "SHA256SUMS"]
        tap.equal(bundle.text("SHA256SUMS").splitlines(), want, "sums")


@tap.test("INSTALL is one page of plain text and names what is to be "
          "uploaded, with modes")
def install():
    with Unpacked() as bundle:
        text = bundle.text("INSTALL")
        lines = text.splitlines()
        tap.true(len(lines) <= PAGE_LINES, "%d lines" % len(lines))
        tap.true(max(map(len, lines)) <= PAGE_COLUMNS, "columns")
        tap.true(text.isascii() and "\t" not in text, "plain text")
        for name in FILES:
            if "/" not in name and name != "INSTALL":
                tap.true(name in text, "INSTALL names " + name)
        for mode in ("755", "600", "healthz", "syncjournal status"):
            tap.true(mode in text, "INSTALL has " + mode)


@tap.test("the manual pages are plain text")
def manuals():
    with Unpacked() as bundle:
        for name in ("syncjournal.1.txt", "syncjournal.fcgi.8.txt"):
            text = bundle.text(name)
            tap.true("DESCRIPTION" in text.splitlines(), name)
            tap.true(text.isascii() and text.replace("\n", "").isprintable(),
                     "only printable characters in " + name)


# --------------------------------------------------------------------------
# The programs' own description of themselves (elf(5)), read without tools.

ET_DYN = 3
PT_DYNAMIC, PT_INTERP = 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474e551, 0x6474e552
PF_X = 1
DT_NEEDED = 1


class Elf:
    """A 64-bit program: its type, {segment type: flags} and the tags of its
    dynamic section."""

    def __init__(self, path):
        self.data = contents(path)
        if self.data[:5] != b"\x7fELF\x02":
            raise tap.Skip("no 64-bit ELF")
        self.order = "<" if self.data[5] == 1 else ">"
        self.type = self.unpack("H", 16)[0]
        offset, = self.unpack("Q", 32)
        size, count = self.unpack("HH", 54)
        self.segments = {}
        self.tags = []
        for i in range(count):
            kind, flags, where, _, _, length = self.unpack(
                "IIQQQQ", offset + i * size)
            self.segments[kind] = flags
            if kind == PT_DYNAMIC:
                self.tags = [self.unpack("Q", at)[0]
                             for at in range(where, where + length, 16)]

    def unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)


@tap.each(("syncjournal", "syncjournal.fcgi"),
          "{} asks for no interpreter and no library, and is hardened")
def static(name):
    with Unpacked() as bundle:
        elf = Elf(os.path.join(bundle.top, name))
        tap.true(PT_INTERP not in elf.segments, "no interpreter")
        tap.true(DT_NEEDED not in elf.tags, "no library")
        tap.true(PT_GNU_RELRO in elf.segments, "read-only after relocation")
        tap.true(not elf.segments[PT_GNU_STACK] & PF_X,
                 "no executable stack")
        with open(os.path.join(harness.BUILDDIR, "Makefile"),
                  encoding="utf-8") as makefile:
            pie = re.search(r"^SYNC_STATIC = .*-static-pie", makefile.read(),
                            re.M)
        if pie:
            tap.equal(elf.type, ET_DYN, "type of a static-pie program")
        for place in (harness.SRCDIR, harness.BUILDDIR):
            tap.true(place.encode() not in elf.data, place + " is not in it")


# --------------------------------------------------------------------------
# Nothing but a kernel


def chroot(directory):
    """What goes before a command to have this as its root."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    program = shutil.which("chroot", path=path)
    if program is None:
        raise tap.Skip("there is no chroot")
    before = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    try:
        done = subprocess.run(before + [program, "/", "/bin/true"],
                              capture_output=True, check=False)
    except OSError as why:
        raise tap.Skip("no chroot for an ordinary user: %s" % why)
    if done.returncode != 0:
        raise tap.Skip("chroot is not permitted: " + done.stderr.decode())
    return before + [program, directory]


class Bare(Unpacked):
    """An empty root directory with the programs and a configuration, that is
    the example with two lines changed, where INSTALL has them put."""

    HOME = "/home/you"

    def __init__(self):
        harness.need_twilio()
        super().__init__()
        self.root = self.path("root")
        self.before = chroot(self.root)
        self.home = self.HOME + "/syncjournal"
        self.cgi = self.HOME + "/public_html" + TARGET
        self.put("syncjournal", self.home + "/syncjournal")
        self.put("syncjournal.fcgi", self.cgi)
        harness.write(self.inside(self.home + "/syncjournal.conf"),
                      self.edited())

    def edited(self):
        """The example with two lines edited."""
        text = self.text("syncjournal.conf.example")
        for old, new in EDITS:
            tap.equal(text.count(old), 1, "lines with " + old)
            text = text.replace(old, new)
        return text

    def inside(self, path):
        return self.root + path

    def put(self, name, path):
        os.makedirs(os.path.dirname(self.inside(path)), exist_ok=True)
        shutil.copy(os.path.join(self.top, name), self.inside(path))

    def run(self, command, environment=None, body=b""):
        """In there, with these variables and no others."""
        return subprocess.run(self.before + command, env=environment or {},
                              input=body, capture_output=True,
                              timeout=web.TIMEOUT_S)

    def request(self, method, path="", headers=(), body=None, **more):
        environment = dict(web.cgi_environment(
            method, TARGET + path, headers, body))
        environment.update(more, DOCUMENT_ROOT=self.HOME + "/public_html")
        done = self.run([self.cgi], environment, body or b"")
        errors = done.stderr.decode("utf-8", "replace")
        tap.equal(done.returncode, 0, "exit status; errors: " + errors)
        return web.parse_cgi(done.stdout)

    def deliver(self, event, **more):
        headers = harness.signed(sync.sign(URL, event))
        return self.request("POST", "", headers, sync.form(event), **more)

    def audit(self, *arguments):
        return self.run([self.home + "/syncjournal", "--config",
                         self.home + "/syncjournal.conf", *arguments])


@tap.test("with nothing but a kernel, two lines edited, a signed delivery is "
          "journaled, and the audit program lists it")
def bare():
    with Bare() as bare:
        named = {"SYNCJOURNAL_CONFIG": bare.home + "/syncjournal.conf"}
        answer = bare.request("GET", "/healthz", **named)
        tap.equal(answer.status, 200, "healthz")
        answer = bare.deliver(sync.document("updated", 5), **named)
        tap.equal((answer.status, answer.position is not None,
                   answer.verdict), (204, True, "baseline"), "delivery")
        tap.equal(bare.deliver(sync.document("updated", 7), **named).verdict,
                  "ahead", "verdict of the second")
        done = bare.audit("events", "--format", "json")
        tap.equal((done.returncode, done.stderr), (0, b""), "events")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        tap.equal([(e["event_type"], e["seq"], e["verdict"]) for e in events],
                  [("document_updated", 7, "ahead"),
                   ("document_updated", 5, "baseline")], "newest first")
        done = bare.audit("status")
        tap.equal((done.returncode in (0, 1), done.stderr), (True, b""),
                  "status")
        found = json.loads(bare.audit("gaps", "--format", "json").stdout
                           .splitlines()[0])
        done = bare.audit("gap", "explain", str(found["gap_id"]), "--range",
                          "6-6", "--reason", "none")
        tap.equal((done.returncode, done.stderr), (0, b""),
                  "an action, by a user without a name")
        tap.equal(sorted(os.listdir(bare.root)), ["home"],
                  "what is in the root directory")


@tap.test("a wrong signature is answered 403 there")
def bare_wrong():
    with Bare() as bare:
        answer = bare.request(
            "POST", "", harness.signed("x" * 28), b"EventType=x",
            SYNCJOURNAL_CONFIG=bare.home + "/syncjournal.conf")
        tap.equal(answer.status, 403, "status")


@tap.test("the configuration is found in the home that the passwd file names, "
          "whatever modules nsswitch.conf wants to have asked")
def home():
    with Bare() as bare:
        os.mkdir(bare.inside("/etc"))
        harness.write(bare.inside("/etc/passwd"),
                      "you:x:0:0::%s:/bin/sh\n" % bare.HOME, 0o644)
        harness.write(bare.inside("/etc/nsswitch.conf"),
                      "passwd: sss systemd\n", 0o644)
        answer = bare.deliver(sync.document("updated", 5))
        tap.equal((answer.status, answer.verdict), (204, "baseline"),
                  "delivery")
        tap.true(os.path.exists(bare.inside(bare.home + "/journal.db")),
                 "the journal beside the configuration")


# --------------------------------------------------------------------------
# A web space


class Uploaded(apache.Cgi):
    """The archive's program, by the name that a host may ask for, beside the
    archive's .htaccess."""

    target = "/cgi-bin/syncjournal.cgi"

    def place(self):
        super().place()
        directory = self.docroot() + os.path.dirname(self.target)
        os.remove(os.path.join(directory, "syncjournal.fcgi"))
        with Unpacked() as bundle:
            shutil.copy(os.path.join(bundle.top, "syncjournal.fcgi"),
                        self.docroot() + self.target)
            harness.write(
                os.path.join(directory, ".htaccess"),
                bundle.text(".htaccess").replace(
                    "#SetEnv SYNCJOURNAL_CONFIG /home/hooks/syncjournal/"
                    "syncjournal.conf",
                    "SetEnv SYNCJOURNAL_CONFIG " + self.config), 0o644)


@tap.test("Apache runs the static program as syncjournal.cgi by the archive's "
          ".htaccess")
def uploaded():
    with Uploaded() as site:
        site.accepted(sync.document("updated", 5))


# --------------------------------------------------------------------------
# Another build


class Elsewhere(harness.Work):
    """What "make dist" packs, in a directory of another length, configured as
    the build that is tested was."""

    def __init__(self):
        super().__init__()
        self.source = self.path("a source of another name").replace(" ", "-")
        self.build = self.path("build")
        os.mkdir(self.build)
        need(run(["make", "distdir", "distdir=" + self.source],
                 harness.BUILDDIR), "make distdir")

    def configure(self, *more, **environment):
        config = run(["./config.status", "--config"], harness.BUILDDIR)
        need(config, "config.status --config")
        source = os.path.join("..", os.path.basename(self.source))
        return run([os.path.join(source, "configure"),
                    *shlex.split(config.stdout), "--srcdir=" + source, *more],
                   self.build, **environment)


@tap.test("from a tree without .git in another directory, with another umask, "
          "time zone and locale, it is the same byte for byte")
def same():
    path = archive()
    with Elsewhere() as elsewhere:
        other = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8",
                 "USER": "somebody"}
        before = os.umask(0o077)
        try:
            need(elsewhere.configure(**other), "configure")
            need(run(["make", "-j2", "bundle"], elsewhere.build, **other),
                 "make bundle")
        finally:
            os.umask(before)
        second = os.path.join(elsewhere.build, os.path.basename(path))
        for name in (path, second):
            tap.note("%s: %d bytes" % (name, os.stat(name).st_size))
        tap.equal(sha256(contents(second)), sha256(contents(path)),
                  "SHA-256 of the second")


@tap.test("a static library that is missing is named, with its package, and "
          "nothing else needs it")
def lacking():
    archive()
    with Elsewhere() as elsewhere:
        compiler = elsewhere.write("cc", """#!/bin/sh
case " $* " in
*" -static"*" -lnettle "*) echo 'no libnettle.a' >&2; exit 1 ;;
esac
exec %s "$@"
""" % os.environ.get("CC", "cc"), 0o755)
        need(elsewhere.configure("CC=" + compiler), "configure")
        done = run(["make", "bundle"], elsewhere.build)
        tap.true(done.returncode != 0, "make bundle fails")
        tap.equal([line for line in done.stderr.splitlines()
                   if not line.startswith("make: ***")],
                  ["make bundle: missing: libnettle.a (Debian: nettle-dev); "
                   "then run configure again"], "what it says")
        tap.equal([n for n in os.listdir(elsewhere.build) if ".tar" in n],
                  [], "archives")


tap.main()
