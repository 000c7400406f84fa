#!/usr/bin/python3
"""Thousands of FastCGI streams as no web server sends them, beside clients
that deliver: on a unix socket, and over TCP.

Valid streams, half of them with a signature that fits, are mutated by a seeded
hand (tests/lib/hostile.py), written whole, in pieces or byte by byte, and then
left alone, half closed, closed, or reset; some answers are never read. Beside
them more than a thousand connections are idle. The clients' deliveries are all
answered 204 in time and stored; whatever else is journaled has a signature
that fits its very bytes; afterwards the responders have the memory and the
descriptors that they had, and sleep."""
import argparse
import os
import random
import resource
import selectors
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import fcgi_client as fcgi  # noqa: E402
import harness  # noqa: E402
import hostile  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import torture  # noqa: E402
import watch  # noqa: E402
import web  # noqa: E402

# An answer to a client; without load it takes some ms, and this program, that
# makes the load, is in one process with the client.
PROMPT_S = float(os.environ.get("PROMPT_SECONDS", "2"))
AT_ONCE = 100  # hostile connections
IDLE = 700  # connections to each responder
# A stream that waits for more is left after this.
PATIENCE_S = 0.5
PIECES = (1, 7, 100, 1000, 1 << 20, 1 << 20, 1 << 20)
# Byte by byte, no more than so many: the rest comes at once.
DRIP_MAX = 3000
# What a process may have more afterwards: caches of the journal grow to their
# bound, and glibc keeps what it was given (KEPT_BYTES in loop.c).
RSS_MORE = 8 << 20
IDLE_CPU_S = 0.03  # in a second

ARGS = argparse.Namespace()


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--rounds", type=int, default=1500, metavar="N",
        help="streams (%(default)s)")
    add("--long", action="store_true", help="200,000 of them")
    add("--seed", type=int, metavar="N", help="of the hand")
    parser.parse_args(namespace=ARGS)
    if ARGS.long:
        ARGS.rounds = 200000
    if ARGS.seed is None:
        ARGS.seed = random.SystemRandom().randrange(1 << 32)
    tap.note("--seed %d --rounds %d" % (ARGS.seed, ARGS.rounds))


class Good(threading.Thread):
    """Delivers, on a kept connection or a new one, until told to stop."""

    def __init__(self, address, number):
        super().__init__(daemon=True)
        self.address = address
        self.number = number
        self.ending = threading.Event()
        self.told = {}  # position -> body
        self.slowest = 0.0
        self.failed = None

    def run(self):
        client = None
        revision = 0
        try:
            while not self.ending.is_set():
                revision += 1
                if client is None:
                    client = fcgi.Client(self.address)
                keep = revision % 5 != 0
                self.deliver(client, revision, keep)
                if not keep:
                    client.close()
                    client = None
                self.ending.wait(0.002)
        except Exception as why:  # told by the test's own thread
            self.failed = why
        if client is not None:
            client.close()

    def deliver(self, client, revision, keep):
        event = sync.document("updated", revision, number=self.number)
        body = sync.form(event)
        variables = web.cgi_environment("POST", "/sync", harness.signed(
            sync.sign(harness.PUBLIC_URL, event)), body)
        before = time.monotonic()
        client.send_request(variables, body, keep)
        answer = client.read_response()
        self.slowest = max(self.slowest, time.monotonic() - before)
        tap.equal(answer.status, 204, "an answer")
        self.told[int(answer.headers["sync-journal-position"])] = body

    def finish(self):
        self.ending.set()
        self.join(fcgi.TIMEOUT_S + 10)
        if self.failed is not None:
            raise tap.Failed("a client: %r" % self.failed)


class Peer:
    """One hostile connection: writes, reads, and leaves."""

    def __init__(self, address, data, rng):
        family = socket.AF_UNIX if isinstance(address, str) \
            else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(fcgi.TIMEOUT_S)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.rest = memoryview(data)
        self.piece = rng.choice(PIECES)
        self.dripped = 0
        self.end = rng.choice(("stay", "half", "close", "reset", "unread"))
        self.until = time.monotonic() + PATIENCE_S
        self.answer = b""
        self.over = False

    def step(self):
        """Write a piece; True: there is more to do."""
        try:
            if self.rest:
                size = self.piece if self.dripped < DRIP_MAX else 1 << 20
                sent = self.socket.send(self.rest[:size])
                self.rest = self.rest[sent:]
                self.dripped += sent
                if not self.rest:
                    self.written()
        except BlockingIOError:
            pass
        except OSError:  # it has closed
            self.rest = memoryview(b"")
        self.over = self.over or time.monotonic() > self.until
        return not self.over

    def written(self):
        if self.end == "half":
            self.socket.shutdown(socket.SHUT_WR)
        self.over = self.end in ("close", "reset")

    def read(self):
        if self.end == "unread":
            return
        try:
            data = self.socket.recv(65536)
            self.answer += data
            self.over = self.over or not data
        except BlockingIOError:
            pass
        except OSError:
            self.over = True

    def leave(self):
        if self.end == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.socket.close()


def statuses(data):
    """Of the answers that are whole; what is no FastCGI is a failure."""
    found, text, at = [], b"", 0
    while len(data) - at >= 8:
        version, kind, _, size, padding = struct.unpack_from(">BBHHB", data,
                                                             at)
        tap.true(version == 1 and kind in (
            fcgi.END, fcgi.STDOUT, fcgi.STDERR, fcgi.GET_VALUES_RESULT,
            fcgi.UNKNOWN_TYPE), "an answer's record: %r" % data[at:at + 8])
        content = data[at + 8:at + 8 + size]
        at += 8 + size + padding
        if kind == fcgi.STDOUT:
            text += content
        elif kind == fcgi.END and at <= len(data):
            found.append(text[8:11].decode("latin-1")
                         if text.startswith(b"Status: ") else "none")
            text = b""
    return found


class Bed:
    """Two responders of one journal, their clients, and who is idle."""

    def __init__(self, site):
        self.site = site
        self.rng = random.Random(ARGS.seed)
        self.streams = hostile.Streams(self.rng)
        self.tcp = harness.Responder(site.work, site.config)
        self.tcp.start_by = "fd0"
        self.tcp.listener = harness.free_port()
        self.tcp.log_path = site.work.path("tcp.log")
        self.port = self.tcp.listener.getsockname()
        self.addresses = [site.responder.socket_path, self.port]
        self.answers = {}
        self.clients = []
        self.idle = []

    def start(self):
        self.tcp.start(wait=False)
        tap.until(self.tcp_answers, "the responder of TCP")
        self.pids = [self.site.responder.process.pid, self.tcp.process.pid]

    def tcp_answers(self):
        try:
            return web.over_fastcgi(self.port, web.cgi_environment(
                "GET", "/sync/healthz", [], None), None, 3).status == 200
        except OSError:
            return False

    def close(self):
        for client in self.clients:
            client.ending.set()
        for one in self.idle:
            one.close()
        self.tcp.kill()
        self.tcp.close()

    def serve(self):
        self.clients = [Good(address, number) for number, address in
                        enumerate(self.addresses, 1)]
        for client in self.clients:
            client.start()

    def stay_idle(self):
        self.idle = [fcgi.Client(address) for address in self.addresses
                     for _ in range(IDLE)]

    def attack(self, count):
        """So many streams, AT_ONCE of them at a time."""
        peers = set()
        with selectors.DefaultSelector() as selector:
            while count > 0 or peers:
                while count > 0 and len(peers) < AT_ONCE:
                    count -= 1
                    _, data = self.streams.next()
                    peer = Peer(self.rng.choice(self.addresses), data,
                                self.rng)
                    selector.register(peer.socket, selectors.EVENT_READ, peer)
                    peers.add(peer)
                for key, _ in selector.select(0.001):
                    key.data.read()
                for peer in [p for p in peers if not p.step()]:
                    selector.unregister(peer.socket)
                    peer.leave()
                    peers.remove(peer)
                    self.note(peer)

    def note(self, peer):
        for status in statuses(peer.answer):
            self.answers[status] = self.answers.get(status, 0) + 1

    def quiet(self):
        """[(memory, descriptors)] once nothing is there but the clients'
        connections."""
        tap.until(lambda: all(watch.descriptors(pid) < 30
                              for pid in self.pids),
                  "descriptors to be given back", 20)
        return [(watch.rss(pid), watch.descriptors(pid))
                for pid in self.pids]


class Memory:
    """Of the responders, before and after."""

    seen = None


@tap.test("mutated streams hold up nobody, leave nothing open, and get nothing "
          "journaled that did not verify")
def mutated():
    with harness.Site() as site:
        bed = Bed(site)
        try:
            bed.start()
            made(bed)
            tap.true(bed.tcp_answers(), "the responder of TCP lives")
            bed.tcp.stop()
            log = bed.tcp.log() + site.responder.log()
            tap.true("runtime error:" not in log and "Sanitizer" not in log,
                     "no sanitizer complains: " + log[-3000:])
        finally:
            bed.close()


def made(bed):
    bed.serve()
    bed.attack(ARGS.rounds // 3)
    before = bed.quiet()
    bed.stay_idle()
    bed.attack(ARGS.rounds - ARGS.rounds // 3)
    for one in bed.idle:
        one.close()
    after = bed.quiet()
    for client in bed.clients:
        client.finish()
    tell(bed, before, after)
    for client in bed.clients:
        tap.true(client.slowest <= PROMPT_S, "the slowest answer to a client "
                 "took %.2f s" % client.slowest)
    sleep(bed)
    stored(bed)
    Memory.seen = list(zip(before, after))


@tap.test("they take no memory that stays")
def memory():
    watch.need_plain(harness.RESPONDER)
    tap.true(Memory.seen, "the streams were sent")
    for (before, _), (after, _) in Memory.seen:
        tap.true(after <= before + RSS_MORE, "memory: %d, then %d" % (
            before, after))


def tell(bed, before, after):
    tap.note("answers: " + ", ".join(
        "%d times %s" % (n, status)
        for status, n in sorted(bed.answers.items())))
    tap.note("hands: " + ", ".join(
        "%s %d" % pair for pair in sorted(bed.streams.made.items())))
    for where, client, one, other in zip(("unix", "TCP"), bed.clients, before,
                                         after):
        tap.note("%s: %d deliveries beside them, the slowest took %.0f ms; "
                 "%.1f MB and %d descriptors, then %.1f MB and %d" % (
                     where, len(client.told), client.slowest * 1000,
                     one[0] / 1e6, one[1], other[0] / 1e6, other[1]))


def sleep(bed):
    """Nobody asks: nothing runs, once rejects are written."""
    def used():
        began = [watch.cpu_s(pid) for pid in bed.pids]
        time.sleep(1)
        return max(watch.cpu_s(pid) - one
                   for pid, one in zip(bed.pids, began))
    tap.until(lambda: used() <= IDLE_CPU_S, "the responders to sleep", 20)


def stored(bed):
    rows = {p: (body, signature) for p, body, signature in
            bed.site.journal.rows(
                "SELECT position, body, signature FROM deliveries")}
    for client in bed.clients:
        lost = {p: body for p, body in client.told.items()
                if rows.get(p, (None,))[0] != body}
        tap.equal(lost, {}, "acknowledged, and not there as it was sent")
    ours = {p for client in bed.clients for p in client.told}
    tap.equal(len(ours), sum(len(c.told) for c in bed.clients), "positions")
    strange = [row for p, row in rows.items() if p not in ours
               and bed.streams.signed.get(row[0]) != row[1]]
    tap.equal(strange, [], "journaled, and never signed so")
    tap.note("%d of the mutated ones verified and are journaled"
             % (len(rows) - len(ours)))
    tap.true(len(rows) > len(ours), "some of them verify")
    tap.equal(bed.site.journal.one("PRAGMA integrity_check"), "ok",
              "integrity")


if __name__ == "__main__":
    options()
    torture.end_by_signals()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    sys.argv[1:] = []
    tap.main()
