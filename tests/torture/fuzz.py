#!/usr/bin/python3
"""Fuzz the targets of tests/fuzz with libFuzzer, one after the other.

The tree is copied and built with clang and the address and undefined sanitizers
(--enable-fuzzing). Each target gets its share of the time, its dictionary and
its corpus; then follow how many inputs were run, how much of the program they
reached, and what broke. "make check" runs the corpora alone
(tests/test_fuzz.sh)."""
import argparse
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FUZZ = os.path.join(TOP, "tests", "fuzz")

# What each target is about, under src/.
ABOUT = {
    "cgi": (),  # another process
    "cli": ("cli/options.c", "cli/arguments.c", "cli/range.c", "cli/plain.c"),
    "conf": ("base/conf.c", "base/conf_ini.c", "base/conf_keys.c",
             "base/conf_made.c", "base/conf_token.c"),
    "connection": ("responder/connection.c", "responder/gateway.c",
                   "responder/record.c"),
    "diff": ("json/align.c", "json/blame.c", "json/classes.c", "json/diff.c",
             "json/pair.c", "json/patch.c"),
    "event": ("twilio/event.c", "journal/event_row.c"),
    "form": ("twilio/params.c",),
    "json": ("json/json.c", "json/json_read.c", "json/json_text.c"),
    "ledger": ("journal/ledger.c", "journal/gaps.c", "journal/project.c",
               "journal/streams.c", "journal/stream.c", "journal/services.c",
               "journal/revisions.c"),
    "members": ("journal/members.c", "journal/decode.c"),
    "record": ("responder/record.c",),
    "request": ("responder/receive.c", "responder/address.c",
                "responder/request.c", "responder/refusal.c",
                "twilio/verify.c", "journal/journal_append.c"),
    "revision": ("twilio/number.c", "twilio/revision.c", "twilio/sid.c"),
    "signature": ("twilio/signature.c",),
    "sql": ("journal/db_query.c",),
    "text": ("base/text.c",),
    "url": ("twilio/url.c",),
    "when": ("base/when.c", "base/clock.c"),
}
# Those whose inputs each take long: fewer of them are kept.
SLOW = {"cgi": 12, "ledger": 48, "request": 48}
KEPT = 80
LARGEST = 4096
PROFILE = "-fprofile-instr-generate -fcoverage-mapping"

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET",
        help="all, if none is named: " + " ".join(sorted(ABOUT)))
    add("--seconds", type=float, default=60, metavar="N",
        help="in all, divided among the targets (%(default)s)")
    add("--long", action="store_true", help="an hour in all")
    add("--seed", type=int, default=0, metavar="N",
        help="libFuzzer's; 0: another one each time")
    add("--build", metavar="DIR",
        help="keep the build, the inputs found and those that broke "
             "something there, and go on with what is there")
    add("--merge", action="store_true",
        help="afterwards, take the smallest inputs that reach something more "
             "into tests/fuzz/corpus")
    parser.parse_args(namespace=ARGS)
    unknown = set(ARGS.targets) - set(ABOUT)
    if unknown:
        parser.error("no such target: " + " ".join(sorted(unknown)))
    ARGS.targets = ARGS.targets or sorted(ABOUT)
    if ARGS.long:
        ARGS.seconds = 3600


def run(command, **more):
    return subprocess.run(command, text=True, errors="replace",
                          capture_output=True, check=False, **more)


def need(*tools):
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        sys.exit("missing: %s (Debian: clang llvm)" % " ".join(missing))


def build(directory):
    """Its programs; in a directory that has a build only what changed."""
    source = os.path.join(directory, "source")
    tree = os.path.join(directory, "build")
    programs = ["syncjournal.fcgi"] + ["tests/fuzz/fuzz_" + name
                                       for name in ARGS.targets]
    if not os.path.exists(os.path.join(tree, "Makefile")):
        steps = ("build-aux/copy-source . '%s' && cd '%s' && autoreconf -i && "
                 "mkdir '%s' && cd '%s' && '%s/configure' PYTHON='%s' "
                 "CC=clang CFLAGS='-O1 -g %s' --enable-fuzzing" % (
                     source, source, tree, tree, source, sys.executable,
                     PROFILE))
        done = run(["sh", "-c", steps], cwd=TOP)
        if done.returncode != 0:
            sys.exit("no build: " + (done.stdout + done.stderr)[-3000:])
    done = run(["make", "-j2"] + programs, cwd=tree)
    if done.returncode != 0:
        sys.exit("no build: " + (done.stdout + done.stderr)[-3000:])
    return tree


def program(tree, name):
    return os.path.join(tree, "tests", "fuzz", "fuzz_" + name)


def seeds(name):
    return os.path.join(FUZZ, "corpus", name)


def environment(tree, profile="/dev/null"):
    return dict(os.environ, BUILDDIR=tree, LLVM_PROFILE_FILE=profile)


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


class Result:
    def __init__(self, log, status, seconds):
        self.executions = number(r"stat::number_of_executed_units: (\d+)",
                                 log) or number(r"(?m)^#(\d+)\t", log)
        self.edges = number(r" cov: (\d+)", log)
        self.seconds = seconds
        self.broken = status != 0
        self.log = log


def fuzz(tree, name, found, seconds):
    """Inputs that reach something new go to the directory found; one that
    breaks a promise ends the run, and is kept beside it, small."""
    os.makedirs(found, exist_ok=True)
    command = [program(tree, name), "-max_total_time=%d" % max(1, seconds),
               "-timeout=20", "-rss_limit_mb=2048", "-max_len=%d" % LARGEST,
               # What keeps memory between inputs would be searched for leaks
               # after each; at its end "make check" looks for them.
               "-detect_leaks=0", "-print_final_stats=1",
               "-artifact_prefix=%s-broken-" % found,
               "-dict=" + os.path.join(FUZZ, "dict", name + ".dict")]
    if ARGS.seed != 0:
        command.append("-seed=%d" % ARGS.seed)
    began = time.monotonic()
    done = run(command + [found, seeds(name)], env=environment(tree))
    return Result(done.stdout + done.stderr, done.returncode,
                  time.monotonic() - began)


def lines_reached(tree, name, found, directory):
    """Of the files that a target is about: lines, and those reached by all its
    inputs."""
    if not ABOUT[name] or shutil.which("llvm-cov") is None:
        return None
    raw = os.path.join(directory, name + ".profraw")
    data = os.path.join(directory, name + ".profdata")
    run([program(tree, name), "-runs=0", "-detect_leaks=0", found,
         seeds(name)], env=environment(tree, raw))
    if run(["llvm-profdata", "merge", "-o", data, raw]).returncode != 0:
        return None
    done = run(["llvm-cov", "export", "-summary-only", "-instr-profile", data,
                program(tree, name)], cwd=tree)
    if done.returncode != 0:
        return None
    lines = [file["summary"]["lines"]
             for file in json.loads(done.stdout)["data"][0]["files"]
             if file["filename"].endswith(tuple("/src/" + path
                                                for path in ABOUT[name]))]
    return (sum(each["covered"] for each in lines),
            sum(each["count"] for each in lines))


def told(name, result, lines):
    text = "%-11s %9d inputs in %4.0f s, %7.0f/s, %5d edges" % (
        name, result.executions, result.seconds,
        result.executions / max(result.seconds, 0.1), result.edges)
    if lines:
        text += ", %d of %d lines (%.0f %%)" % (
            lines[0], lines[1], 100 * lines[0] / lines[1])
    if result.broken:
        text += ", BROKEN"
    print(text, flush=True)


def explain(result):
    """What a run that broke says of it."""
    wanted = re.compile(r"broken: |ERROR|SUMMARY|runtime error|Test unit|"
                        r"^\s+#\d+ 0x.* in ")
    lines = [line for line in result.log.splitlines() if wanted.search(line)]
    print("    " + "\n    ".join(lines[:30]), flush=True)


def merge(tree, name, found):
    """To the seeds that have names, the smallest inputs that reach the rest of
    what is reached."""
    with tempfile.TemporaryDirectory() as small:
        for path in glob.glob(os.path.join(seeds(name), "*")):
            if not made_by_machine(path):
                shutil.copy(path, small)
        done = run([program(tree, name), "-merge=1", "-detect_leaks=0",
                    "-max_len=%d" % LARGEST, small, found, seeds(name)],
                   env=environment(tree))
        if done.returncode != 0:
            sys.exit("no merge of %s: %s" % (name, done.stderr[-2000:]))
        paths = every(sorted(filter(made_by_machine,
                                    glob.glob(os.path.join(small, "*"))),
                             key=os.path.getsize), SLOW.get(name, KEPT))
        for old in filter(made_by_machine,
                          glob.glob(os.path.join(seeds(name), "*"))):
            os.unlink(old)
        for path in paths:
            # copyfile: readable, as the umask says.
            shutil.copyfile(path, os.path.join(seeds(name),
                                               os.path.basename(path)))
    print("%-11s %9d inputs added to its corpus" % (name, len(paths)),
          flush=True)


def made_by_machine(path):
    """libFuzzer names an input by its SHA-1."""
    return re.fullmatch("[0-9a-f]{40}", os.path.basename(path)) is not None


def every(paths, most):
    """Of many some, of all sizes."""
    if len(paths) <= most:
        return paths
    return [paths[i * len(paths) // most] for i in range(most)]


def fuzz_all(directory):
    tree = build(directory)
    executions, broken = 0, []
    began = time.monotonic()
    for name in ARGS.targets:
        found = os.path.join(directory, "found-" + name)
        result = fuzz(tree, name, found, ARGS.seconds / len(ARGS.targets))
        told(name, result, lines_reached(tree, name, found, directory))
        executions += result.executions
        if result.broken:
            broken.append(name)
            explain(result)
        elif ARGS.merge:
            merge(tree, name, found)
    print("%d inputs in %.0f s; broken: %s" % (
        executions, time.monotonic() - began, " ".join(broken) or "nothing"))
    return broken


def main():
    options()
    need("clang", "make", "autoreconf")
    # Unwind as an exit does: a child ends, the directory goes.
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda number, _: sys.exit(128 + number))
    if ARGS.build:
        os.makedirs(ARGS.build, exist_ok=True)
        return 1 if fuzz_all(os.path.abspath(ARGS.build)) else 0
    directory = tempfile.mkdtemp(prefix="syncjournal-fuzz-")
    broken = None
    try:
        broken = fuzz_all(directory)
    finally:
        if broken:
            print("kept: " + directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
