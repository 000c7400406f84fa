"""sqlite3 shells: the system's, and 3.26, the oldest that the journal's views
must work in (docs/design.md section 4). Shared hosts have such ones, without
the JSON functions.

3.26 is built from its own source, that comes inside an old package of npm; the
shell is kept in SYNCJOURNAL_TEST_CACHE, else in $XDG_CACHE_HOME (~/.cache)/
syncjournal-tests. SQLITE_3_26 names a shell to use instead.
"""
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile

import tap

PACKAGE = "sqlite3@4.0.6"
SOURCE = "package/deps/sqlite-autoconf-3260000.tar.gz"
SHA256 = "5daa6a3fb7d1e8c767cd59c4ded8da6e4b00c61d3b466d0685e35c4dd6d7bf5d"
VERSION = "3.26.0"

_failure = None


def system_shell():
    path = shutil.which("sqlite3")
    if path is None:
        raise tap.Skip("the package sqlite3 is not installed")
    return path


def old_shell():
    """The shell of 3.26; it is built at most once, or found missing once."""
    global _failure
    if _failure is None:
        try:
            return _found() or _build()
        except tap.Skip as why:
            _failure = str(why)
    raise tap.Skip(_failure)


def run(shell, database, statements):
    """What the shell prints, columns separated by '|'."""
    done = subprocess.run([shell, "-batch", "-bail", database],
                          input=statements.encode(), capture_output=True,
                          timeout=120)
    if done.returncode != 0 or done.stderr:
        raise tap.Failed("%s: exit %d: %s; of: %s" % (
            shell, done.returncode,
            done.stderr.decode("utf-8", "replace")[:500], statements[:500]))
    return done.stdout.decode("utf-8")


def refusal(shell, database, statement):
    """The error of a statement that must fail."""
    done = subprocess.run([shell, "-batch", "-bail", database],
                          input=statement.encode(), capture_output=True,
                          timeout=120)
    if done.returncode == 0:
        raise tap.Failed("not refused: " + statement)
    return done.stderr.decode("utf-8", "replace")


def _cache():
    home = os.environ.get("XDG_CACHE_HOME") or \
        os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("SYNCJOURNAL_TEST_CACHE") or \
        os.path.join(home, "syncjournal-tests")


def _found():
    given = os.environ.get("SQLITE_3_26")
    for path in (given, os.path.join(_cache(), "sqlite3-" + VERSION)):
        if path and os.access(path, os.X_OK):
            _check(path)
            return path
    if given:
        raise tap.Failed("SQLITE_3_26 is no program: " + given)
    return None


def _check(path):
    """It is that version, and has no JSON: else it would prove less."""
    version = run(path, ":memory:", "SELECT sqlite_version();").strip()
    tap.equal(version, VERSION, "version of " + path)
    tap.true("json" in refusal(path, ":memory:", "SELECT json('{}');"),
             "no JSON functions in " + path)


def _build():
    """Built aside and renamed, so that tests that run beside this one never
    see half a program."""
    compiler = shutil.which(os.environ.get("CC", "").split(" ")[0] or "cc") \
        or shutil.which("gcc") or shutil.which("clang")
    for tool, path in (("npm", shutil.which("npm")),
                       ("a C compiler", compiler)):
        if path is None:
            raise tap.Skip("%s is missing: no sqlite3 %s" % (tool, VERSION))
    with tempfile.TemporaryDirectory(prefix="syncjournal-sqlite-") as work:
        source = _unpack(work)
        program = os.path.join(work, "sqlite3")
        done = subprocess.run(
            [compiler, "-O1", "-w", "-DSQLITE_THREADSAFE=0",
             "-DSQLITE_OMIT_LOAD_EXTENSION", "-o", program,
             os.path.join(source, "shell.c"),
             os.path.join(source, "sqlite3.c")],
            capture_output=True, timeout=300)
        if done.returncode != 0:
            raise tap.Failed("sqlite3 %s does not build: %s" % (
                VERSION, done.stderr.decode("utf-8", "replace")[-800:]))
        _check(program)
        return _keep(program)


def _unpack(work):
    """The package by npm, its source by Python; compared with the hash of
    SQLite's own release."""
    try:
        done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=work,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)
    except subprocess.TimeoutExpired:
        raise tap.Skip("npm pack %s took too long" % PACKAGE) from None
    names = [n for n in os.listdir(work) if n.endswith(".tgz")]
    if done.returncode != 0 or len(names) != 1:
        raise tap.Skip("npm pack %s failed: no network?" % PACKAGE)
    with tarfile.open(os.path.join(work, names[0])) as package:
        data = package.extractfile(SOURCE).read()
    tap.equal(hashlib.sha256(data).hexdigest(), SHA256, "hash of " + SOURCE)
    with open(os.path.join(work, "source.tar.gz"), "wb") as file:
        file.write(data)
    with tarfile.open(os.path.join(work, "source.tar.gz")) as source:
        for name in ("shell.c", "sqlite3.c", "sqlite3.h"):
            member = source.extractfile("sqlite-autoconf-3260000/" + name)
            with open(os.path.join(work, name), "wb") as file:
                file.write(member.read())
    return work


def _keep(program):
    try:
        os.makedirs(_cache(), exist_ok=True)
        target = os.path.join(_cache(), "sqlite3-" + VERSION)
        partial = "%s.%d" % (target, os.getpid())
        shutil.copy(program, partial)
        os.rename(partial, target)
        return target
    except OSError as why:
        raise tap.Skip("cannot keep sqlite3 %s: %s" % (VERSION, why)) from why
