#!/usr/bin/python3
"""Signals at any moment, under load: hundreds of SIGHUP a second and others that
mean nothing, while 64 connections deliver through nginx; and stops, each by a
burst of SIGTERM and SIGHUP. No delivery is lost, and each stop is in time.

No program of ours has threads. What could race are signal handlers, several
processes (tests/torture/contend.py), and code that does not know that it has no
threads: --thread does the same in a build with the thread sanitizer, which also
tells of what a handler may not call, --helgrind under valgrind. A build that
has a sanitizer is used as it is."""
import argparse
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import generator  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402

CONNECTIONS = 64
# That mean something, and those that come for no reason.
STORM = [signal.SIGHUP] * 6 + [
    signal.SIGALRM, signal.SIGCHLD, signal.SIGCONT, signal.SIGPIPE,
    signal.SIGURG, signal.SIGWINCH]
EVERY_S = 0.001
STOPS = 6
SLOW_S = 60  # under valgrind, to start and to stop

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--seconds", type=float, default=1.5, metavar="N",
        help="of each load (%(default)s)")
    add("--long", action="store_true", help="a minute of each load")
    add("--seed", type=int, metavar="N", help="of the signals' order")
    add("--thread", action="store_true",
        help="in a new build with the thread sanitizer")
    add("--helgrind", action="store_true",
        help="the responder under valgrind's helgrind")
    parser.parse_args(namespace=ARGS)
    if ARGS.long:
        ARGS.seconds = 60
    if ARGS.seed is None:
        ARGS.seed = random.SystemRandom().randrange(1 << 32)


def built_with_thread_sanitizer(directory):
    """A build tree in it."""
    steps = ("%(top)s/build-aux/copy-source %(top)s source && cd source && "
             "autoreconf -i && mkdir ../build && cd ../build && "
             "../source/configure PYTHON=%(python)s CC=gcc CFLAGS='-O1 -g' "
             "--enable-sanitizers=thread && "
             "make -j2 syncjournal.fcgi syncjournal bench/load" % {
                 "top": os.path.join(HERE, "..", ".."),
                 "python": sys.executable})
    done = subprocess.run(["sh", "-c", steps], cwd=directory, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit("no build: " + done.stdout[-1000:] + done.stderr[-2000:])
    return os.path.join(directory, "build")


def again_with_thread_sanitizer():
    """This program, with another build. gcc's sanitizer does not know the
    address space layout of newer kernels: it is not randomised then."""
    directory = tempfile.mkdtemp(prefix="syncjournal-test-thread-",
                                 dir=harness.PLACE)
    try:
        build = built_with_thread_sanitizer(directory)
        done = subprocess.run(
            ["setarch", platform.machine(), "-R", sys.executable,
             os.path.abspath(__file__), "--seconds", str(ARGS.seconds),
             "--seed", str(ARGS.seed)], check=False,
            env=dict(os.environ, BUILDDIR=build, SRCDIR=harness.SRCDIR))
        return done.returncode
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class Storm(threading.Thread):
    """Signals to one process, and its configuration written again and again;
    count: how many of each."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site = site
        self.rng = random.Random(ARGS.seed)
        self.ending = threading.Event()
        self.count = {}

    def run(self):
        tokens = 0
        while not self.ending.wait(EVERY_S):
            number = self.rng.choice(STORM)
            if self.rng.random() < 0.02:
                tokens += 1
                self.site.configure(accounts={"*": [
                    sync.TOKEN, "%032x" % tokens]})
            try:
                self.site.responder.process.send_signal(number)
            except ProcessLookupError:
                continue
            self.count[number.name] = self.count.get(number.name, 0) + 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


def new_site():
    site = harness.Site(nginx=2, start="fd0", accounts={"*": [sync.TOKEN]})
    if ARGS.helgrind:
        if shutil.which("valgrind") is None:
            raise tap.Skip("valgrind is not installed")
        site.work.before = ["valgrind", "--tool=helgrind", "-q",
                            "--error-exitcode=99"]
        site.responder.start = lambda wait=True: start_slowly(
            site.responder, wait)
        harness.STOP_SECONDS = SLOW_S
    return site


def start_slowly(responder, wait):
    harness.Responder.start(responder, wait=False)
    if wait:
        tap.until(responder.answers, "the responder", SLOW_S)


def load(site):
    return generator.Generator(
        port=site.nginx.port, token=sync.TOKEN, connections=CONNECTIONS,
        seconds=ARGS.seconds, requests=int(20000 * ARGS.seconds))


def journaled(site, result):
    """Everything was answered 204, and is there."""
    sent = generator.only(result, 204)
    tap.note("%d deliveries" % sent)
    rows = site.journal.one("SELECT count(*) FROM deliveries")
    labelled = site.journal.one("SELECT count(*) FROM events "
                                "WHERE verdict = 'duplicate'")
    tap.equal(site.journal.one("PRAGMA integrity_check"), "ok", "integrity")
    return sent, rows, labelled


def clean(site):
    log = site.responder.log()
    tap.true("Sanitizer" not in log and "==" not in log,
             "no checker complains: " + log[-3000:])


@tap.test("hundreds of signals a second, and configurations, under load: all "
          "are answered 204 and there once")
def storm():
    with new_site() as site:
        with load(site) as one, Storm(site) as signals:
            one.begin()
            result = one.end(ARGS.seconds)
        sent, rows, _ = journaled(site, result)
        tap.equal(rows, sent, "rows, of deliveries answered")
        tap.note(", ".join("%s %d" % pair
                           for pair in sorted(signals.count.items())))
        tap.true(signals.count.get("SIGHUP", 0) >= 20 * ARGS.seconds,
                 "SIGHUPs: %r" % signals.count)
        tap.true("taken over" in site.responder.log(), "they are heard")
        site.stop()
        clean(site)


@tap.test("stopped under load by bursts of SIGTERM and SIGHUP, it ends in time "
          "with 0, and nothing is lost")
def stops():
    if ARGS.helgrind:
        raise tap.Skip("under valgrind a start takes longer than nginx waits")
    with new_site() as site:
        slowest = 0.0
        with load(site) as one:
            one.begin()
            for _ in range(STOPS):
                time.sleep(ARGS.seconds / (STOPS + 1))
                slowest = max(slowest, stop(site.responder))
                site.responder.start(wait=False)
            result = one.end(ARGS.seconds)
        tap.note("%d stops, the slowest took %.0f ms" % (STOPS,
                                                         slowest * 1000))
        sent, rows, labelled = journaled(site, result)
        # What was journaled and whose answer was lost was sent again.
        tap.true(sent <= rows <= sent + labelled, "%d rows, %d of them "
                 "duplicates, of %d deliveries" % (rows, labelled, sent))
        site.stop()
        clean(site)


def stop(responder):
    """A burst, not one signal."""
    # Before its handlers are there, SIGHUP ends a process.
    tap.until(responder.answers, "it serves", SLOW_S)
    before = time.monotonic()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP,
                   signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        try:
            responder.process.send_signal(number)
        except ProcessLookupError:
            break
    tap.equal(responder.process.wait(SLOW_S), 0, "exit status")
    took = time.monotonic() - before
    tap.true(took <= harness.STOP_SECONDS, "it took %.2f s" % took)
    return took


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    if ARGS.thread:
        sys.exit(again_with_thread_sanitizer())
    tap.note("--seed %d" % ARGS.seed)
    sys.argv[1:] = []
    tap.main()
