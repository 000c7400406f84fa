#!/usr/bin/python3
"""Once started, a responder reaches its journal's directory, its socket and the
directories of its configuration alone, and says so; what it cannot give up, it
goes on without. Tokens are in no core, log, journal or leftover of memory."""
import fcntl
import os
import re
import resource
import secrets
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import confined  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

MODES = (("wal",), ("truncate",))
NOBODY = 65534


def serves(site, first, **how):
    """Deliveries, and what follows when it is quiet."""
    for revision in range(first, first + 5):
        site.accepted(sync.document("updated", revision), **how)
    site.deliver(sync.document("updated", first), token="f" * 32)
    site.rejects(1)


def taken_over(site, count=1):
    """A configuration is looked at with the next request or signal."""
    site.responder.process.send_signal(signal.SIGHUP)
    tap.until(lambda: site.responder.log().count("taken over") >= count,
              "the configuration is taken over")


def kept_old(site):
    """Why it is not taken over."""
    site.responder.process.send_signal(signal.SIGHUP)
    found = tap.until(lambda: re.search(
        r"the old configuration stays in force: (.*)", site.responder.log()),
        "the configuration is refused")
    return found.group(1)


# ----------------------------------------------------------------------------
# What is given up


@tap.test("the kernel has it that a responder is confined, as the log says")
def confined_it_is():
    made = confined.Made()
    with harness.Site() as site:
        log = site.responder.log()
        pid = site.responder.process.pid
        tap.note(confined.said(log))
        tap.equal(confined.status(pid, "NoNewPrivs"),
                  "0" if "not confined" in log else "1", "NoNewPrivs")
        tap.equal(confined.status(pid, "Seccomp"),
                  "2" if confined.on(log, "seccomp") else "0", "Seccomp")
        if made.sanitized:
            tap.true("made with sanitizers" in log, "why: " + log)
        elif not made.seccomp:
            tap.true("made without libseccomp" in log, "why: " + log)
        else:
            tap.true(confined.on(log, "seccomp"), "seccomp: " + log)


@tap.each([(mode, start) for mode, in MODES for start in ("socket", "fd0")],
          "in mode {} with its socket by {} it is refused nothing it asks for")
def nothing_refused(mode, start):
    with harness.Site(journal_keys="mode = " + mode, start=start) as site:
        confined.need(site.responder.log(), "Landlock")
        path = confined.restart_traced(site)
        serves(site, 1)
        site.configure()
        taken_over(site)
        site.accepted(sync.document("updated", 10))
        site.stop()
        trace = harness.read(path)
        end = trace.rfind("seccomp(" if "and seccomp" in site.responder.log()
                          else "landlock_restrict_self(")
        tap.true(end >= 0, "it is confined")
        after = trace[end:]
        tap.true("fdatasync(" in after and "exit_group(0)" in after,
                 "deliveries and the stop are in the trace")
        tap.equal(confined.refused(after), [], "calls that are refused")


@tap.test("systemd's unit allows every system call that a responder makes")
def unit_allows():
    allowed = confined.allowed_by(harness.read(os.path.join(
        harness.SRCDIR, "systemd", "syncjournal.service.in")))
    with harness.Site(start="listen_fds") as site:
        path = confined.restart_traced(site)
        serves(site, 1)
        taken_over(site)
        site.stop()
        # Before it is the shell that sets LISTEN_PID.
        trace = harness.read(path).rpartition("execve(")[2]
        made = set(re.findall(r"^\d+ +(\w+)\(", trace, re.M))
        tap.true({"prctl", "accept4", "fdatasync", "exit_group"} <= made,
                 "calls in the trace: %r" % made)
        # SQLite makes that one as the superuser only, which the unit is not.
        tap.equal(sorted(made - allowed - {"fchown"}), [],
                  "what the unit would refuse")
        # By which it tries to give up more under a filter.
        tap.equal({"clone", "wait4"} - allowed, set(), "to try in a child")


# accept and socket as parts of socketcall, if it has that; accept4, recvfrom,
# socket; ways to wait; fcntl to lock and to send signals; mmap: as arch/*
# numbers them (asm/unistd.h, linux/audit.h).
PROCESSORS = {
    "x86": dict(audit=0x40000003, parts=102, accept4=364, recvfrom=371,
                socket=359, waits=(82, 142, 308, 413), fcntl=221, mmap=192),
    "arm": dict(audit=0x40000028, parts=None, accept4=366, recvfrom=292,
                socket=281, waits=(142, 335, 413), fcntl=221, mmap=192),
    "ppc64le": dict(audit=0xc0000015, parts=102, accept4=344, recvfrom=337,
                    socket=326, waits=(142, 280), fcntl=55, mmap=90),
    "s390x": dict(audit=0x80000016, parts=102, accept4=364, recvfrom=371,
                  socket=359, waits=(142, 301), fcntl=55, mmap=90),
    "aarch64": dict(audit=0xc00000b7, parts=None, accept4=242, recvfrom=207,
                    socket=198, waits=(72,), fcntl=25, mmap=222),
    "x86_64": dict(audit=0xc000003e, parts=None, accept4=288, recvfrom=45,
                   socket=41, waits=(23, 270), fcntl=72, mmap=9),
}


@tap.each([(name,) for name in PROCESSORS],
          "on {} the filter lets connections be accepted, and none be made")
def processors(name):
    has = PROCESSORS[name]
    made = confined.Filter(name, has["audit"])
    yes = [("accept4", has["accept4"]), ("recvfrom", has["recvfrom"]),
           ("locks", has["fcntl"], 3, 6), ("F_GETFL", has["fcntl"], 3, 3),
           ("data", has["mmap"], 0, 4096, 3)]
    yes += [("waits", number) for number in has["waits"]]
    no = [("socket", has["socket"]), ("F_SETOWN", has["fcntl"], 3, 8),
          ("F_SETSIG", has["fcntl"], 3, 10)]
    if name != "s390x":     # old_mmap: arguments that no filter sees
        no += [("code", has["mmap"], 0, 4096, 5)]
    if has["parts"]:        # linux/net.h
        yes += [("SYS_ACCEPT", has["parts"], 5), ("SYS_RECV", has["parts"], 10),
                ("SYS_ACCEPT4", has["parts"], 18)]
        no += [("SYS_SOCKET", has["parts"], 1), ("SYS_BIND", has["parts"], 2)]
    if name == "s390x":
        yes += [("any mmap", has["mmap"], 1 << 40, 4)]
    for what, *call in yes:
        tap.equal(made.answer(*call), made.ALLOWED, what)
    for what, *call in no:
        tap.equal(made.answer(*call), made.ENOSYS, what)


# ----------------------------------------------------------------------------
# A configuration that changes


@tap.test("a configuration, and a token file behind a link, that are replaced "
          "are taken over")
def replaced():
    with harness.Work() as elsewhere:
        first, second = secrets.token_hex(16), secrets.token_hex(16)
        # As Kubernetes does it with its secrets.
        for name, token in (("..1", first), ("..2", second)):
            os.mkdir(elsewhere.path(name))
            elsewhere.write(name + "/token", token)
        os.symlink("..1", elsewhere.path("..data"))
        os.symlink("..data/token", elsewhere.path("token"))
        accounts = {sync.ACCOUNT: [sync.TOKEN + "\nauth_token_file = "
                                   + elsewhere.path("token")]}
        with harness.Site(accounts=accounts) as site:
            confined.need(site.responder.log(), "Landlock")
            serves(site, 1, token=first)
            os.symlink("..2", elsewhere.path("..next"))
            os.rename(elsewhere.path("..next"), elsewhere.path("..data"))
            taken_over(site)
            site.accepted(sync.document("updated", 20), token=second)
            tap.equal(site.deliver(sync.document("updated", 21),
                                   token=first).status, 403, "the old token")
            site.configure(receive="max_body_bytes = 4096")
            taken_over(site, 2)
            site.accepted(sync.document("updated", 22), token=second)


@tap.test("a token file in a directory that was given up is refused, with the "
          "reason, and is taken at the next start")
def elsewhere_token():
    with harness.Work() as elsewhere, harness.Site() as site:
        confined.need(site.responder.log(), "Landlock")
        token = secrets.token_hex(16)
        path = elsewhere.write("token", token)
        site.configure(accounts={sync.ACCOUNT: [
            sync.TOKEN + "\nauth_token_file = " + path]})
        why = kept_old(site)
        tap.true("syncjournal.conf:" in why, "names the line: " + why)
        tap.true("was started with: start it again" in why, why)
        site.accepted(sync.document("updated", 1))
        site.responder.stop()
        site.responder.start()
        site.accepted(sync.document("updated", 2), token=token)


def turned(work):
    """As releases are: the link leads to another directory."""
    os.symlink("2", work.path("next"))
    os.rename(work.path("next"), work.path("current"))


def moved(work):
    """Another directory takes its name."""
    os.rename(work.path("1"), work.path("0"))
    os.rename(work.path("2"), work.path("1"))


@tap.each((("link is turned", turned), ("name is another one's", moved)),
          "a token in a directory whose {} is refused until the next start, "
          "and the log says so")
def another_directory(_, change):
    old, new = secrets.token_hex(16), secrets.token_hex(16)
    with harness.Work() as elsewhere:
        for name, token in (("1", old), ("2", new)):
            os.mkdir(elsewhere.path(name))
            elsewhere.write(name + "/token", token)
        os.symlink("1", elsewhere.path("current"))
        with harness.Site(accounts={sync.ACCOUNT: [
                sync.TOKEN + "\nauth_token_file = "
                + elsewhere.path("current/token")]}) as site:
            confined.need(site.responder.log(), "Landlock")
            site.accepted(sync.document("updated", 1), token=old)
            change(elsewhere)
            why = kept_old(site)
            tap.true("start it again; until then deliveries signed with a new "
                     "token are refused" in why, why)
            tap.equal(site.deliver(sync.document("updated", 2),
                                   token=new).status, 403, "the new token")
            site.accepted(sync.document("updated", 3), token=old)
            site.responder.stop()
            site.responder.start()
            site.accepted(sync.document("updated", 4), token=new)


class Late:
    """A responder whose journal another process keeps from being opened, in a
    directory of its own."""

    def __init__(self, elsewhere, site):
        self.elsewhere = elsewhere
        self.site = site
        os.mkdir(elsewhere.path("j"))
        site.journal = harness.Journal(elsewhere.path("j/journal.db"))
        site.configure()
        site.responder.stop()
        site.responder.start()
        site.accepted(sync.document("updated", 1))
        site.responder.stop()
        os.truncate(site.responder.log_path, 0)

    def __enter__(self):
        self.lock = open(self.site.journal.path + "-lock", "rb")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.site.responder.start(wait=False)
        self.said("the journal cannot be opened yet")
        self.said("confined")
        return self

    def __exit__(self, *why):
        self.lock.close()

    def said(self, text):
        tap.until(lambda: text in self.site.responder.log(), text)

    def away(self):
        os.rename(self.elsewhere.path("j"), self.elsewhere.path("away"))


@tap.test("a journal that was locked at the start, and whose directory is away "
          "for a while, is opened once it is there")
def passing():
    with harness.Work() as elsewhere, harness.Site() as site:
        with Late(elsewhere, site) as late:
            late.away()
            late.said("No such file or directory")
            os.rename(elsewhere.path("away"), elsewhere.path("j"))
        tap.until(site.responder.answers, "it is opened")
        site.accepted(sync.document("updated", 2))
        tap.true("out of" not in site.responder.log(), site.responder.log())


@tap.test("where another directory has taken the name of the journal's before "
          "it was opened, the responder ends, and the next one opens it")
def another_journal_directory():
    with harness.Work() as elsewhere, harness.Site() as site:
        with Late(elsewhere, site) as late:
            confined.need(site.responder.log(), "Landlock")
            late.away()
            os.mkdir(elsewhere.path("j"))
            tap.true(site.responder.process.wait(30) != 0, "exit status")
            log = site.responder.log()
            tap.true("that it was started with: start it again" in log, log)
            tap.true("the journal is out of this process's reach" in log and
                     "trusted" not in log, log)
        site.responder.start()
        site.accepted(sync.document("updated", 2))
        tap.equal(site.deliveries(), 1, "in the one that is there")


@tap.test("a journal in a directory that was given up is refused, with the "
          "reason, and is taken at the next start")
def elsewhere_journal():
    with harness.Work() as elsewhere, harness.Site() as site:
        confined.need(site.responder.log(), "Landlock")
        old = site.journal
        site.journal = harness.Journal(elsewhere.path("journal.db"))
        site.configure()
        why = kept_old(site)
        tap.true("was started with: start it again" in why, why)
        tap.equal(os.listdir(elsewhere.directory), [], "what is made there")
        site.accepted(sync.document("updated", 1))
        tap.equal(old.one("SELECT count(*) FROM deliveries"), 1, "in the old")
        site.responder.stop()
        site.responder.start()
        site.accepted(sync.document("updated", 2))
        tap.equal(site.deliveries(), 1, "in the new")


# ----------------------------------------------------------------------------
# Where it cannot be had


@tap.each((("landlock_create_ruleset", "ENOSYS", "this kernel has none"),
           ("landlock_create_ruleset", "EOPNOTSUPP", "this kernel's is off"),
           ("landlock_add_rule", "EINVAL", "Invalid argument"),
           ("landlock_restrict_self", "E2BIG", "Argument list too long"),
           ("seccomp", "EINVAL", "this kernel has none"),
           ("seccomp", "ENOSYS", "this kernel has none"),
           ("prctl", "EPERM", "Operation not permitted")),
          "where {} fails with {} it goes on without, and says so")
def cannot(call, error, why):
    made = confined.Made()
    if call == "seccomp" and not made.seccomp:
        raise tap.Skip("made without libseccomp")
    # PR_SET_DUMPABLE is the first prctl, and must not fail.
    when = ":when=2+" if call == "prctl" else ""
    with harness.Site() as site:
        confined.need(site.responder.log(), "Landlock")
        confined.restart_traced(site, "-e", "trace=" + call, "-e",
                                "inject=%s:error=%s%s" % (call, error, when))
        line = confined.said(site.responder.log())
        tap.note(line)
        which = "seccomp" if call == "seccomp" else "Landlock"
        tap.true("; without %s: " % which in line and why in line, line)
        if call != "prctl":
            other = "Landlock" if call == "seccomp" else "seccomp"
            tap.equal(confined.on(site.responder.log(), other),
                      other == "Landlock" or made.seccomp, "the other")
        serves(site, 1)


@tap.test("SYNCJOURNAL_CONFINE=no switches it off, and must be yes or no")
def switched_off():
    with harness.Site(environment={"SYNCJOURNAL_CONFINE": "no"}) as site:
        tap.equal(confined.said(site.responder.log()),
                  "not confined: SYNCJOURNAL_CONFINE is no", "the line")
        pid = site.responder.process.pid
        tap.equal(confined.status(pid, "Seccomp"), "0", "Seccomp")
        tap.equal(confined.status(pid, "NoNewPrivs"), "0", "NoNewPrivs")
        serves(site, 1)
    done = subprocess.run([harness.RESPONDER], capture_output=True, text=True,
                          env=harness.clean_environment(
                              SYNCJOURNAL_CONFINE="maybe"), check=False)
    tap.equal(done.returncode, 2, "exit status")
    tap.true("must be yes or no" in done.stderr, done.stderr)


@tap.test("a CGI request is confined before its journal is opened, quietly")
def cgi():
    harness.need_twilio()
    with harness.Work() as work:
        path = confined.traced(work)
        config = work.write("syncjournal.conf", harness.configuration(
            work.path("journal.db")))
        event = sync.document("updated", 1)
        named = dict(web.cgi_environment(
            "POST", "/sync", harness.signed(
                sync.sign(harness.PUBLIC_URL, event)), sync.form(event)))
        done = subprocess.run(
            work.before + [harness.RESPONDER], input=sync.form(event),
            env=harness.clean_environment(SYNCJOURNAL_CONFIG=config, **named),
            capture_output=True, timeout=60, check=False)
        tap.true(done.stdout.startswith(b"Status: 204"), "%r" % done.stdout)
        tap.equal(done.stderr, b"", "its log")
        trace = harness.read(path)
        at = trace.find("landlock_restrict_self(")
        if at < 0:
            raise tap.Skip("this kernel has no Landlock")
        tap.true(trace.find("journal.db") > 0 and
                 not re.search(r"open(at)?\([^\n]*journal\.db", trace[:at]),
                 "no journal is opened before")
        tap.true(re.search(r"openat\([^\n]*journal\.db", trace[at:]),
                 "the journal is opened after")
        tap.equal(confined.refused(trace[at:]), [], "calls that are refused")


# ----------------------------------------------------------------------------
# Secrets


@tap.test("of a configured token no copy is in memory, of one from the "
          "environment one, and of those before a reload none")
def copies():
    if confined.Made().sanitized:
        raise tap.Skip("made with sanitizers, which keep freed memory")
    old, new, named, late = (secrets.token_hex(16) for _ in range(4))
    with harness.Work() as elsewhere:
        path = elsewhere.write("token", late + "\n")
        accounts = {sync.ACCOUNT: [old + "\nauth_token_file = " + path]}
        with harness.Site(accounts=accounts, environment={
                "TWILIO_AUTH_TOKEN": named,
                "TWILIO_ACCOUNT_SID": sync.ACCOUNT}) as site:
            pid = site.responder.process.pid
            # The search finds what is there.
            tap.true(confined.copies(pid, site.journal.path) > 0, "control")
            for token in (old, named, late):
                serves_one(site, token)
            have = [confined.copies(pid, t) for t in (old, late, named)]
            tap.equal(have, [0, 0, 1], "copies of the tokens")
            tap.true(named not in harness.read("/proc/%d/environ" % pid),
                     "no token in /proc/PID/environ")
            site.configure(accounts={sync.ACCOUNT: [new]})
            taken_over(site)
            for token in (new, named):
                serves_one(site, token)
            have = [confined.copies(pid, t) for t in (old, late, new, named)]
            tap.equal(have, [0, 0, 0, 1], "copies after the reload")


_revision = iter(range(1, 1000))


def serves_one(site, token):
    site.accepted(sync.document("updated", next(_revision)), token=token)


@tap.each(MODES, "in mode {} no file that is made holds a token, whatever "
          "happens")
def in_no_file(mode):
    good, bad, named = (secrets.token_hex(16) for _ in range(3))
    with harness.Site(journal_keys="mode = " + mode,
                      accounts={sync.ACCOUNT: [good]},
                      environment={
                          "TWILIO_AUTH_TOKEN": named,
                          "TWILIO_ACCOUNT_SID": sync.ACCOUNT}) as site:
        serves_one(site, good)
        serves_one(site, named)
        site.deliver(sync.document("updated", 1), token=bad)
        # Configurations that are wrong where the token is.
        for text in ("auth_token = %s ;x" % good, "auth_token %s" % good,
                     "auth_tokens = " + good, "auth_token = '%s'" % good,
                     "auth_token_file = " + good, "[account %s]" % good,
                     "[%s]" % good, good + " = 1"):
            site.configure(more="[account *]\n" + text)
            before = site.responder.log().count("stays in force")
            site.responder.process.send_signal(signal.SIGHUP)
            tap.until(lambda: site.responder.log().count("stays in force")
                      > before, "refused: " + text.replace(good, "TOKEN"))
        site.configure(more="")
        site.rejects(1)
        site.responder.kill()
        site.responder.start()
        serves_one(site, good)
        site.stop()
        names = [n for n in os.listdir(site.work.directory)
                 if n != "syncjournal.conf"]
        tap.true({"journal.db", "responder.log"} <= set(names),
                 "files %r" % names)
        for name in names:
            with open(site.work.path(name), "rb") as file:
                data = file.read()
            for token in (good, named, bad):
                tap.true(token.encode() not in data, "no token in " + name)


@tap.test("a responder that crashes leaves no core, and others of its user "
          "cannot look into it")
def no_core():
    if confined.Made().sanitized:
        raise tap.Skip("made with sanitizers, which handle the signal")
    with harness.Site() as site:
        site.responder.stop()
        resource_limit = resource.getrlimit(resource.RLIMIT_CORE)
        if resource_limit[1] != resource.RLIM_INFINITY:
            raise tap.Skip("cores are off for this test too")
        os.mkdir(site.work.path("control"))
        user = {}
        if os.geteuid() == 0:
            user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chmod(site.work.directory, 0o711)
            for name in os.listdir(site.work.directory):
                os.chown(site.work.path(name), NOBODY, NOBODY)
            os.chown(site.work.directory, NOBODY, NOBODY)
        control = crash(site.work.path("control"), ["sleep", "60"], user)
        crashed = crash(site.work.directory, [
            harness.RESPONDER, "--config", site.config, "--socket",
            "unix:s"], user, look)
        site.stopped = True
        tap.note("a core of a program that does nothing about it: %s"
                 % control)
        tap.true(not crashed, "no core is dumped")
        tap.true(not [n for n in os.listdir(site.work.directory)
                      if n.startswith("core")], "no core file")


def crash(directory, command, user, before=None):
    """Whether a core is dumped of a command that crashes there."""
    process = subprocess.Popen(
        command, cwd=directory, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=harness.clean_environment(), preexec_fn=lambda:
        resource.setrlimit(resource.RLIMIT_CORE,
                           (resource.RLIM_INFINITY,) * 2), **user)
    try:
        if before is not None:
            tap.until(lambda: os.path.exists(os.path.join(directory, "s")),
                      "its socket")
            before(process.pid)
        process.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -os.WTERMSIG(status)
        tap.equal(process.returncode, -signal.SIGSEGV, "how it ended")
        return os.WCOREDUMP(status)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def look(pid):
    limits = harness.read("/proc/%d/limits" % pid)
    tap.true(re.search(r"Max core file size +0 +0 ", limits), limits)
    # What is not dumpable belongs to the superuser (proc(5)).
    tap.equal(os.stat("/proc/%d/environ" % pid).st_uid, 0,
              "the owner of /proc/PID/environ")


if __name__ == "__main__":
    tap.main()
