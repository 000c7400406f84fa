#!/usr/bin/python3
"""What a FastCGI peer can do to the responder, and what it cannot: nobody
holds up anybody else. Straight to the responder's socket, no web server."""
import fcntl
import os
import resource
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import fcgi_client as fcgi  # noqa: E402
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

# An answer to somebody else while a peer misbehaves. Without load it takes
# some ms; a slow machine and valgrind have their share here.
PROMPT_S = float(os.environ.get("PROMPT_SECONDS", "1"))
LIMIT = 131072  # max_body_bytes, the default


def params(body, length=None, **more):
    """The variables of one signed delivery."""
    length = len(body) if length is None else length
    variables = dict(web.cgi_environment("POST", "/sync", [
        ("Content-Type", sync.FORM)], b""))
    variables["CONTENT_LENGTH"] = str(length)
    variables.update(more)
    return variables


class Delivery:
    """A signed delivery, each with a revision of its own."""

    number = 0
    lock = threading.Lock()

    def __init__(self, data=None, token=sync.TOKEN, **event):
        with Delivery.lock:
            Delivery.number += 1
            self.revision = Delivery.number
        parameters = sync.document("updated", self.revision,
                                   data=data or '{"n":1}', **event)
        self.body = sync.form(parameters)
        self.params = params(self.body, HTTP_X_TWILIO_SIGNATURE=sync.sign(
            harness.PUBLIC_URL, parameters, token))

    def bytes(self, keep=False, **how):
        return fcgi.request(self.params, self.body, keep, **how)


def send(client, delivery, keep=False, **how):
    client.send_request(delivery.params, delivery.body, keep, **how)
    return client.read_response()


def open_client(site, **how):
    return fcgi.Client(site.responder.socket_path, **how)


def deliver(site):
    """One delivery on a connection of its own; how long it took."""
    delivery = Delivery()
    before = time.monotonic()
    with open_client(site) as client:
        response = send(client, delivery)
        tap.equal(response.status, 204, "a delivery's answer")
        tap.true(client.closed(), "a connection not to be kept is closed")
    return time.monotonic() - before


def prompt(site, what, count=3):
    """Others are served at once."""
    for _ in range(count):
        took = deliver(site)
        tap.true(took < PROMPT_S, "%s: another delivery took %.3f s"
                 % (what, took))


def rows(site):
    return site.journal.one("SELECT count(*) FROM deliveries")


def cpu_s(process):
    with open("/proc/%d/stat" % process.pid) as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@tap.test("a kept connection carries one request after the other")
def kept():
    with harness.Site() as site, open_client(site) as client:
        for _ in range(200):
            tap.equal(send(client, Delivery(), keep=True).status, 204,
                      "an answer on a kept connection")
        tap.equal(rows(site), 200, "rows")


@tap.test("a request without KEEP_CONN is answered, and its connection closed")
def not_kept():
    with harness.Site() as site:
        prompt(site, "nobody else")


@tap.each([("1 byte", 1), ("7 bytes", 7), ("1,000 bytes", 1000)],
          "a request dripped in writes of {} is answered, and holds nobody up")
def dripped(_, piece):
    with harness.Site() as site, open_client(site) as client:
        for keep in (True, False):
            delivery = Delivery()
            data = delivery.bytes(keep)
            half = len(data) // 2
            client.drip(data[:half], piece)
            prompt(site, "while a request drips")
            client.drip(data[half:], piece)
            tap.equal(client.read_response().status, 204, "its answer")


@tap.test("a dripped request is whole with its last byte, and not before")
def last_byte():
    with harness.Site() as site, open_client(site) as client:
        data = Delivery().bytes()
        client.send_raw(data[:-1])
        prompt(site, "one byte short")
        ready, _, _ = select.select([client.socket], [], [], 0.1)
        tap.equal(ready, [], "an answer before the last byte")
        client.send_raw(data[-1:])
        tap.equal(client.read_response().status, 204, "its answer")


@tap.test("padding anywhere, also where libfcgi loses its place, is skipped")
def padded():
    with harness.Site() as site, open_client(site) as client:
        for padding in (0, 1, 7, 255):
            delivery = Delivery()
            client.send_raw(
                fcgi.begin(keep=True, padding=padding)
                + fcgi.stream(fcgi.PARAMS, fcgi.pairs(delivery.params),
                              piece=100, padding=padding, end=False)
                + fcgi.record(fcgi.PARAMS, padding=padding)
                + fcgi.stream(fcgi.STDIN, delivery.body, piece=10,
                              padding=padding, end=False)
                + fcgi.record(fcgi.STDIN, padding=padding))
            tap.equal(client.read_response().status, 204,
                      "padding of %d" % padding)
        tap.equal(send(client, Delivery()).status, 204, "the next request")


@tap.test("stalled requests, at any point, hold nobody up")
def stalled():
    with harness.Site() as site:
        data = Delivery().bytes()
        clients = []
        for at in (0, 1, 7, 8, 15, 16, 17, 100, len(data) // 2,
                   len(data) - 9, len(data) - 1):
            clients.append(open_client(site))
            clients[-1].send_raw(data[:at])
        prompt(site, "stalled requests", 20)
        for client in clients:
            client.close()
        prompt(site, "after they left")


@tap.test("a peer that aborts is answered or closed, and holds nobody up")
def aborted():
    with harness.Site() as site:
        delivery = Delivery()
        data = delivery.bytes()
        for at in (16, len(data) - 8):  # at a record's start
            with open_client(site) as client:
                client.send_raw(data[:at])
                client.abort()
                try:
                    tap.equal(client.read_response().status, 400, "answer")
                except fcgi.Closed:
                    pass
        for at in range(0, len(data), 97):
            with open_client(site) as client:
                client.send_raw(data[:at])
        prompt(site, "after peers left")
        tap.equal(rows(site), 3, "rows: nothing of what was torn")


@tap.test("a pipelining peer has its first request answered and is closed")
def pipelined():
    with harness.Site() as site, open_client(site) as client:
        client.pipeline([Delivery().bytes(True), Delivery().bytes(True),
                         Delivery().bytes(True)])
        tap.equal(client.read_response().status, 204, "the first")
        tap.true(client.closed(), "the connection is closed")
        prompt(site, "a pipelining peer")


@tap.test("peers that do not read their answers hold nobody up")
def unreading():
    with harness.Site() as site:
        clients = [open_client(site) for _ in range(4)]
        for client in clients:
            client.socket.setblocking(False)
        before = time.monotonic()
        sent = 0
        data = fcgi.request({"REQUEST_METHOD": "PUT"}, b"", True)
        closed = 0
        while time.monotonic() - before < 2:
            for i, client in enumerate(clients):
                try:
                    client.socket.send(data)
                    sent += 1
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    closed += 1
                    client.close()
                    clients[i] = open_client(site)
                    clients[i].socket.setblocking(False)
            if sent % 500 == 0:
                prompt(site, "unread answers", 1)
        tap.true(sent > 1000, "enough was sent: %d" % sent)
        tap.true(closed > 4, "who does not read is closed: %d" % closed)
        prompt(site, "unread answers")
        for client in clients:
            client.close()


@tap.test("1,000 open connections starve none of them")
def thousand():
    with harness.Site() as site:
        clients = [open_client(site) for _ in range(1000)]
        for _ in range(2):
            for client in clients:
                delivery = Delivery()
                client.send_request(delivery.params, delivery.body, True)
            for client in clients:
                tap.equal(client.read_response().status, 204, "an answer")
        tap.equal(rows(site), 2000, "rows")
        prompt(site, "1,000 idle connections")
        for client in clients:
            client.close()


@tap.test("idle kept connections cost no processor time")
def idle():
    with harness.Site() as site:
        clients = [open_client(site) for _ in range(200)]
        for client in clients:
            send(client, Delivery(), keep=True)
        ready, _, _ = select.select([c.socket for c in clients], [], [], 0.2)
        tap.equal(ready, [], "closed connections")
        before = cpu_s(site.responder.process)
        time.sleep(2)
        used = cpu_s(site.responder.process) - before
        tap.true(used <= 0.02, "%.2f s of CPU in 2 s" % used)
        for client in clients:
            client.close()


BEGIN = fcgi.begin()
PARAMS = fcgi.stream(fcgi.PARAMS, fcgi.pairs({"REQUEST_METHOD": "POST"}))
EMPTY = fcgi.record(fcgi.STDIN)
BAD = [
    ("another version", fcgi.record(fcgi.BEGIN, bytes(8), version=2)),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("TLS", bytes.fromhex("16030100a5010000a10303") + bytes(160)),
    ("zeros", bytes(64)),
    ("the role authorizer", fcgi.begin(fcgi.AUTHORIZER) + PARAMS + EMPTY),
    ("the role filter", fcgi.begin(fcgi.FILTER) + PARAMS + EMPTY),
    ("the role 0", fcgi.begin(0) + PARAMS + EMPTY),
    ("a BEGIN of 7 bytes", fcgi.record(fcgi.BEGIN, bytes(7)) + PARAMS),
    ("a BEGIN of 9 bytes", fcgi.record(fcgi.BEGIN, bytes(9)) + PARAMS),
    ("a BEGIN of request 0", fcgi.begin(request=0) + PARAMS),
    ("no BEGIN", PARAMS + EMPTY),
    ("an abort before anything", fcgi.record(fcgi.ABORT)),
    ("two requests at once", BEGIN + fcgi.begin(request=2)),
    ("the same request twice", BEGIN + BEGIN),
    ("a record of another request",
     BEGIN + fcgi.record(fcgi.PARAMS, b"", request=2)),
    ("STDIN before the parameters end", BEGIN + EMPTY),
    ("parameters after their end", BEGIN + PARAMS + PARAMS),
    ("a record that only we send",
     BEGIN + PARAMS + fcgi.record(fcgi.STDOUT, b"x")),
    ("a name beyond the parameters",
     BEGIN + fcgi.stream(fcgi.PARAMS, b"\x05\x01ab")),
    ("a name of 2 GiB",
     BEGIN + fcgi.stream(fcgi.PARAMS, b"\xff\xff\xff\xff\x01ab")),
    ("a value of 2 GiB",
     BEGIN + fcgi.stream(fcgi.PARAMS, b"\x01\xff\xff\xff\xffab")),
    ("both of 2 GiB",
     BEGIN + fcgi.stream(fcgi.PARAMS, b"\xff" * 8 + b"ab")),
    ("half a length", BEGIN + fcgi.stream(fcgi.PARAMS, b"\x80\x00\x00")),
    ("a name without its value's length",
     BEGIN + fcgi.stream(fcgi.PARAMS, b"\x01")),
    ("parameters of 256 KiB and one byte",
     BEGIN + fcgi.stream(fcgi.PARAMS, bytes(262145))),
]


@tap.each(BAD, "{} is refused: the connection is closed at once")
def malformed(_, data):
    with SHARED as site, open_client(site) as client:
        before = time.monotonic()
        client.socket.settimeout(5)
        try:
            client.send_raw(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        tap.true(client.closed(), "it is closed")
        tap.true(time.monotonic() - before < PROMPT_S, "at once")


@tap.each(BAD, "{}, dripped, is refused as well")
def malformed_dripped(_, data):
    with SHARED as site, open_client(site) as client:
        client.socket.settimeout(5)
        try:
            client.drip(data, 1 if len(data) < 1000 else 1000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        tap.true(client.closed(), "it is closed")
        prompt(site, "a malformed request", 1)


@tap.test("FCGI_GET_VALUES is answered, alone, before a request, and dripped")
def get_values():
    ask = fcgi.record(fcgi.GET_VALUES, fcgi.pairs(
        [("FCGI_MAX_CONNS", ""), ("FCGI_MPXS_CONNS", ""), ("other", "")]),
        request=0)
    want = fcgi.pairs([("FCGI_MAX_CONNS", "1024"), ("FCGI_MPXS_CONNS", "0")])
    with harness.Site() as site, open_client(site) as client:
        for how in ("alone", "before", "dripped"):
            if how == "before":
                client.send_raw(ask + Delivery().bytes(True))
            elif how == "dripped":
                client.drip(ask)
            else:
                client.send_raw(ask)
            tap.equal(client.read_record(),
                      (fcgi.GET_VALUES_RESULT, 0, want), how)
            if how == "before":
                tap.equal(client.read_response().status, 204, how)
        tap.equal(send(client, Delivery(), keep=True).status, 204, "after")


@tap.test("one value asked for 1,000 times is answered once")
def get_values_often():
    ask = fcgi.record(fcgi.GET_VALUES, fcgi.pairs(
        [("FCGI_MAX_REQS", "")] * 1000), request=0)
    with harness.Site() as site, open_client(site) as client:
        client.send_raw(ask)
        tap.equal(client.read_record()[2],
                  fcgi.pairs({"FCGI_MAX_REQS": "1024"}), "the answer")


@tap.test("an unknown management record is answered as unknown")
def unknown_type():
    with harness.Site() as site, open_client(site) as client:
        client.send_raw(fcgi.record(99, b"what", request=0))
        tap.equal(client.read_record(),
                  (fcgi.UNKNOWN_TYPE, 0, struct.pack(">B7x", 99)), "answer")


def sized(size):
    """A body of this size and its variables."""
    body = b"a=" + b"x" * (size - 2)
    return params(body), body


@tap.each([(LIMIT, 403), (LIMIT + 1, 413), (LIMIT + 2, 413),
           (10 * LIMIT, 413), (4000000, 413)],
          "a body of {} bytes is answered {}, and the connection goes on")
def body_limit(size, status):
    with SHARED as site, open_client(site) as client:
        client.send_request(*sized(size), keep=True)
        tap.equal(client.read_response().status, status, "the answer")
        tap.equal(send(client, Delivery(), keep=True).status, 204, "the next")


@tap.test("a body without end is answered 413 and no longer read")
def endless():
    with harness.Site() as site, open_client(site) as client:
        client.send_begun(params(b"", 1 << 40))
        piece = fcgi.record(fcgi.STDIN, bytes(65528))
        sent = 0
        try:
            while sent < 64 << 20:
                client.send_raw(piece)
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        tap.true(sent < 32 << 20, "%d bytes were read" % sent)
        tap.equal(client.read_response().status, 413, "the answer")
        prompt(site, "an endless body")


@tap.each([(0, 10), (9, 10), (11, 10), (10, 11)],
          "a body of {} bytes announced as {} is answered 400")
def wrong_length(size, announced):
    with SHARED as site, open_client(site) as client:
        body = b"x" * size
        client.send_request(params(body, announced), body, True)
        tap.equal(client.read_response().status, 400, "the answer")


@tap.test("a large delivery in tiny records, dripped, is one row, byte for "
          "byte")
def tiny_records():
    with harness.Site() as site, open_client(site) as client:
        delivery = Delivery(data='"%s"' % ("x" * 16000))
        client.drip(delivery.bytes(piece=1, padding=7), 1000)
        tap.equal(client.read_response().status, 204, "the answer")
        tap.equal(bytes(site.journal.one("SELECT body FROM deliveries")),
                  delivery.body, "the body")


@tap.test("a lock that somebody holds: health and signals work, then 503")
def locked():
    with harness.Site() as site:
        deliver(site)
        with Held(site):
            with open_client(site) as client:
                delivery = Delivery()
                before = time.monotonic()
                client.send_request(delivery.params, delivery.body)
                health = time.monotonic()
                tap.equal(site.responder.healthz().status, 503, "health")
                tap.true(time.monotonic() - health < PROMPT_S, "at once")
                response = client.read_response()
                took = time.monotonic() - before
                tap.equal(response.status, 503, "the delivery")
                tap.true("retry-after" in response.headers, "Retry-After")
                tap.true(4 < took < 7, "after 5 s: %.2f" % took)
        prompt(site, "the lock is free again")
        tap.equal(rows(site), 4, "rows")


@tap.test("health is good again once the lock is free, also if nobody delivers")
def health_after_lock():
    with harness.Site() as site:
        deliver(site)
        with Held(site), open_client(site) as client:
            delivery = Delivery()
            client.send_request(delivery.params, delivery.body)
            tap.equal(client.read_response().status, 503, "the delivery")
        tap.equal(site.responder.healthz().status, 200, "health")


@tap.test("a lock that is held at the start: 503 and signals, then it serves")
def started_locked():
    with harness.Site() as site:
        deliver(site)
        site.responder.stop()
        with Held(site):
            site.responder.start(wait=False)

            def answer():
                try:
                    return site.responder.healthz().status
                except OSError:
                    return None
            tap.equal(tap.until(answer, "an answer"), 503, "health")
            with open_client(site) as client:
                delivery = Delivery()
                client.send_request(delivery.params, delivery.body)
                tap.equal(client.read_response().status, 503, "a delivery")
            site.responder.stop()
            site.responder.start(wait=False)
            tap.equal(tap.until(answer, "an answer"), 503, "health")
        tap.until(lambda: answer() == 200, "it opens the journal")
        deliver(site)
        tap.equal(rows(site), 2, "rows")


@tap.test("a log that nobody reads stops no delivery and no signal")
def unread_log():
    with harness.Site(start="fd0") as site:
        responder = site.responder
        responder.stop()
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        responder.process = subprocess.Popen(
            [harness.RESPONDER, "--config", responder.config],
            env=responder.environment, stdin=responder.listener, stderr=write)
        tap.until(responder.answers, "it serves")
        for _ in range(3):
            for _ in range(25):
                with open_client(site) as client:
                    client.send_raw(b"\x02garbage!")
                    tap.true(client.closed(), "refused")
            time.sleep(1)  # the lines of one second are bounded
        prompt(site, "the log is full")
        responder.stop()
        os.close(read)
        os.close(write)
        responder.start()


@tap.test("a lock that is held for a while costs time, not deliveries")
def locked_briefly():
    with harness.Site() as site:
        clients = [open_client(site) for _ in range(400)]
        with Held(site):
            for client in clients:
                delivery = Delivery()
                client.send_request(delivery.params, delivery.body)
            time.sleep(0.5)
        for client in clients:
            tap.equal(client.read_response().status, 204, "an answer")
            client.close()
        tap.equal(rows(site), 400, "rows")


@tap.test("a stop while somebody holds the lock ends in time, answered 503")
def stopped_locked():
    with harness.Site() as site:
        deliver(site)
        with Held(site), open_client(site) as client:
            delivery = Delivery()
            client.send_request(delivery.params, delivery.body)
            time.sleep(0.1)
            site.responder.stop()
            tap.equal(client.read_response().status, 503, "the answer")
        site.responder.start()


@tap.test("a journal that a newer program has migrated: 503, and the end")
def newer():
    with harness.Site() as site:
        deliver(site)
        connection = sqlite3.connect(site.journal.path, timeout=10)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = %d" % (version + 1))
        connection.close()
        refused_and_ended(site, 1)
        connection = sqlite3.connect(site.journal.path, timeout=10)
        connection.execute("PRAGMA user_version = %d" % version)
        connection.close()
        site.responder.start()


@tap.test("a failed sync is final: 503, no more is acknowledged, and the end")
def failed_sync():
    strace = shutil.which("strace")
    if strace is None:
        raise tap.Skip("strace is not installed")
    # The leak sanitizer traces its own process, which two cannot.
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    with harness.Site(environment={"ASAN_OPTIONS": options}) as site:
        deliver(site)
        tracer = subprocess.Popen(
            [strace, "-f", "-q", "-o", site.work.path("strace"),
             "-e", "trace=fdatasync,fsync",
             "-e", "inject=fdatasync,fsync:error=EIO",
             "-p", str(site.responder.process.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            tap.until(lambda: traced(site.responder.process.pid)
                      or tracer.poll() is not None, "strace")
            if tracer.poll() is not None:
                raise tap.Skip("strace may not attach here")
            refused_and_ended(site, 1)
        finally:
            tracer.terminate()
            tracer.wait()
        site.responder.start()


def traced(pid):
    with open("/proc/%d/status" % pid) as status:
        return "TracerPid:\t0\n" not in status.read()


def refused_and_ended(site, status):
    """Two that come at once are both refused; then the process ends."""
    clients = [open_client(site) for _ in range(2)]
    for client in clients:
        delivery = Delivery()
        client.send_request(delivery.params, delivery.body, True)
    for client in clients:
        tap.equal(client.read_response().status, 503, "the answer")
        client.close()
    tap.equal(site.responder.process.wait(5), status, "exit status")
    tap.true("ending" in site.responder.log(), site.responder.log())


class Held:
    """The writers' lock of docs/design.md section 6, held by somebody."""

    def __init__(self, site):
        self.path = site.journal.path + LOCK_SUFFIX

    def __enter__(self):
        if not os.path.exists(self.path):
            raise tap.Failed("no lock file " + self.path)
        self.file = open(self.path, "r+b")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


LOCK_SUFFIX = "-lock"


class Load:
    """Clients that deliver until they are told to stop, as a web server
    does: a request that got no answer at all is sent again
    (fastcgi_next_upstream)."""

    def __init__(self, site, count=8, keep=True):
        self.site = site
        self.keep = keep
        self.statuses = {}
        self.unanswered = 0
        self.ending = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run)
                        for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        for thread in self.threads:
            thread.join()

    def _run(self):
        client = None
        while not self.ending:
            delivery = Delivery()
            status = None
            while status is None and not self.ending:
                try:
                    if client is None:
                        client = open_client(self.site)
                    client.send_request(delivery.params, delivery.body,
                                        self.keep)
                    status = client.read_response().status
                except (fcgi.Closed, OSError) as why:
                    self._unanswered(why)
                    client = None
                    time.sleep(0.01)
            if not self.keep and client is not None:
                client.close()
                client = None
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
        if client is not None:
            client.close()

    def _unanswered(self, _why):
        with self.lock:
            self.unanswered += 1

    def total(self):
        with self.lock:
            return sum(self.statuses.values())

    def more(self, count=300):
        target = self.total() + count
        tap.until(lambda: self.total() >= target, "%d answers" % count, 30)


@tap.each([("kept", True), ("single", False)],
          "SIGTERM under load ({} connections): within 2 s, all answered, a "
          "restart goes on where it was")
def stop_under_load(_, keep):
    with harness.Site(start="fd0") as site:
        with Load(site, keep=keep) as load:
            for _ in range(3):
                load.more()
                site.responder.restart()
            load.more()
        answers = {s: n for s, n in load.statuses.items() if s is not None}
        tap.equal(list(answers), [204], "statuses %r" % load.statuses)
        # What was journaled but not answered was sent again.
        tap.true(answers[204] <= rows(site) <=
                 answers[204] + load.unanswered + 8, "rows")
        if not keep:
            tap.equal(load.unanswered, 0, "requests without an answer")


@tap.test("a stop answers what has begun, and does not wait for the idle")
def stop_begun():
    with harness.Site() as site:
        idle_one = open_client(site)
        send(idle_one, Delivery(), keep=True)
        half = open_client(site)
        data = Delivery().bytes(keep=True)
        half.send_raw(data[:100])
        time.sleep(0.1)
        before = time.monotonic()
        site.responder.process.send_signal(signal.SIGTERM)
        tap.true(idle_one.closed(), "the idle one is closed")
        tap.true(time.monotonic() - before < PROMPT_S, "at once")
        half.send_raw(data[100:])
        tap.equal(half.read_response().status, 204, "the begun one")
        tap.true(half.closed(), "and then closed")
        site.responder.process.wait(5)
        tap.true(time.monotonic() - before < harness.STOP_SECONDS,
                 "in time")
        tap.true(not os.path.exists(site.responder.socket_path),
                 "our own socket is removed")
        site.responder.start()


@tap.test("a request that is not whole at the stop is 503, to be sent again")
def stop_partial():
    with harness.Site() as site:
        data = Delivery().bytes()
        with open_client(site) as client:
            client.send_raw(data[:-12])
            time.sleep(0.1)
            site.responder.stop()
            tap.equal(client.read_response().status, 503, "the answer")
        tap.equal(site.journal.one("SELECT count(*) FROM rejects"), 0,
                  "rejects")
        site.responder.start()


@tap.test("a stop serves who is in the backlog of a socket of our own")
def stop_backlog():
    with harness.Site() as site:
        process = site.responder.process
        process.send_signal(signal.SIGSTOP)
        clients = [open_client(site) for _ in range(50)]
        for client in clients:
            delivery = Delivery()
            client.send_request(delivery.params, delivery.body)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        for client in clients:
            tap.equal(client.read_response().status, 204, "an answer")
        process.wait(5)
        site.responder.start()


@tap.each([("SIGTERM", 0), ("SIGINT", 0), ("SIGUSR1", 0)],
          "{} ends an idle responder with {}, recorded in the journal")
def signals(name, status):
    with harness.Site() as site:
        process = site.responder.process
        process.send_signal(getattr(signal, name))
        tap.equal(process.wait(harness.STOP_SECONDS), status, "exit status")
        tap.equal([row[0] for row in site.journal.rows(
            "SELECT kind FROM actions WHERE kind IN ('start', 'stop') "
            "ORDER BY position")], ["start", "stop"], "actions")
        site.responder.start()


@tap.test("two processes on one socket share the work, and lose nothing")
def two_processes():
    with harness.Site(start="fd0") as site:
        second = harness.Responder(site.work, site.config)
        second.start_by = "fd0"
        second.listener = site.responder.listener.dup()
        second.log_path = site.work.path("second.log")
        second.start()
        try:
            with Load(site, 16) as load:
                load.more(1000)
                second.stop()
                load.more()
                second.start(wait=False)
                load.more()
            answers = {s: n for s, n in load.statuses.items() if s}
            tap.equal(list(answers), [204], "statuses")
            tap.true(rows(site) >= answers[204], "rows")
            second.stop()
        finally:
            second.kill()
            second.close()


@tap.test("who connects while one of two processes ends is served by the other")
def two_processes_one_ends():
    with harness.Site(start="fd0") as site:
        second = harness.Responder(site.work, site.config)
        second.start_by = "fd0"
        second.listener = site.responder.listener.dup()
        second.log_path = site.work.path("second.log")
        second.start()
        try:
            for count in range(1, 41):
                # Its own word: the other one answers health checks too.
                tap.until(lambda: second.log().count("socket descriptor 0")
                          == count, "the second serves")
                with open_client(site) as client:
                    delivery = Delivery()
                    second.process.send_signal(signal.SIGTERM)
                    client.send_request(delivery.params, delivery.body)
                    tap.equal(client.read_response().status, 204, "answer")
                tap.equal(second.process.wait(5), 0, "exit status")
                second.start(wait=False)
        finally:
            second.kill()
            second.close()


@tap.test("a changed configuration is taken over under load: no request lost")
def reload_under_load():
    with harness.Site() as site:
        token = "fedcba98765432100123456789abcdef"
        with Load(site) as load:
            load.more()
            site.configure(accounts={sync.ACCOUNT: [token, sync.TOKEN]})
            tap.until(lambda: accepts(site, token), "the new token", 5)
            load.more()
            site.configure(accounts={sync.ACCOUNT: [sync.TOKEN]})
            tap.until(lambda: not accepts(site, token), "no old token", 5)
            load.more()
        answers = {s: n for s, n in load.statuses.items() if s}
        tap.equal(list(answers), [204], "statuses")
        tap.equal(load.unanswered, 0, "requests without an answer")


def accepts(site, token):
    with open_client(site) as client:
        return send(client, Delivery(token=token)).status == 204


@tap.test("an idle responder sees a new configuration before its next request")
def reload_idle():
    with harness.Site() as site:
        token = "fedcba98765432100123456789abcdef"
        deliver(site)
        time.sleep(1.1)
        site.configure(accounts={sync.ACCOUNT: [token]})
        tap.true(accepts(site, token), "the new token, at once")
        tap.true(not accepts(site, sync.TOKEN), "and not the old one")
        site.configure(accounts={sync.ACCOUNT: [sync.TOKEN]})
        site.responder.process.send_signal(signal.SIGHUP)
        tap.until(lambda: accepts(site, sync.TOKEN), "SIGHUP: at once", 0.5)


@tap.test("a wrong configuration is told once, and the old one stays")
def reload_wrong():
    with harness.Site() as site:
        deliver(site)
        site.configure(more="[nonsense]\nkey = 1")
        for _ in range(25):
            deliver(site)
            time.sleep(0.1)
        told = [line for line in site.responder.log().splitlines()
                if "old configuration" in line]
        tap.equal(len(told), 1, "complaints: %r" % told)
        tap.true("unknown section" in told[0], "it names what is wrong")
        site.configure(more="")
        tap.until(lambda: deliver(site) and "taken over"
                  in site.responder.log(), "the mended one", 5)


@tap.test("a configuration that names another journal moves there, whole")
def reload_journal():
    with harness.Site() as site:
        deliver(site)
        old = site.journal
        site.journal = harness.Journal(site.work.path("other.db"))
        site.configure()
        site.responder.process.send_signal(signal.SIGHUP)
        tap.until(lambda: "taken over" in site.responder.log(), "the move")
        deliver(site)
        tap.equal(rows(site), 1, "rows in the new journal")
        tap.equal(old.one("SELECT count(*) FROM deliveries"), 1, "in the old")
        tap.equal(old.one("SELECT kind FROM actions "
                          "ORDER BY position DESC LIMIT 1"), "stop", "its end")


@tap.test("out of descriptors, those that are served go on, and others wait")
def out_of_descriptors():
    with harness.Site() as site:
        pid = site.responder.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (40, 40))
        first = open_client(site)
        send(first, Delivery(), keep=True)
        clients = [open_client(site) for _ in range(60)]
        for client in clients:
            delivery = Delivery()
            client.send_request(delivery.params, delivery.body, True)
        before = cpu_s(site.responder.process)
        time.sleep(1)
        used = cpu_s(site.responder.process) - before
        tap.true(used < 0.3, "no busy loop: %.2f s of CPU" % used)
        first.drip(Delivery().bytes(keep=True), 10)
        tap.equal(first.read_response().status, 204, "one that was served")
        for client in clients:
            tap.equal(client.read_response().status, 204, "one that waited")
            client.close()
        first.close()


@tap.test("a stale unix socket is replaced, a live one and a file are not")
def own_socket():
    with harness.Site() as site:
        other = harness.Responder(site.work, site.config)
        try:
            other.start(wait=False)
            tap.equal(other.process.wait(10), 1, "beside a live one")
            tap.true("another process serves" in other.log(), other.log())
            prompt(site, "who was there first")
            mode = os.stat(site.responder.socket_path).st_mode & 0o777
            tap.equal(mode, 0o660, "mode of the socket")
            site.responder.process.kill()
            site.responder.process.wait()
            tap.true(os.path.exists(site.responder.socket_path), "stale")
            site.responder.start()
            site.responder.stop()
            site.work.write("fcgi.sock", "not a socket")
            other.start(wait=False)
            tap.equal(other.process.wait(10), 1, "a file in its place")
            tap.true("not a socket" in other.log(), other.log())
            os.unlink(site.responder.socket_path)
            site.responder.start()
        finally:
            other.kill()


@tap.each([("", 2), ("9000", 2), (":9000", 2), ("*:9000", 2),
           ("127.0.0.1:", 2), ("127.0.0.1:0", 2), ("127.0.0.1:65536", 2),
           ("127.0.0.1:9x", 2), ("::1:9000", 2), ("unix:", 2),
           ("unix:" + "x" * 108, 2), ("unix:/nonexistent/s", 1),
           ("nonexistent.invalid:9000", 1)],
          "--socket '{}' ends with {} and says why")
def socket_argument(where, status):
    with harness.Work() as work:
        config = work.write("c", harness.configuration(work.path("j.db")))
        responder = harness.Responder(work, config)
        responder.socket_path = None
        with open(responder.log_path, "ab") as log:
            process = subprocess.Popen(
                [harness.RESPONDER, "--config", config, "--socket", where],
                env=responder.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        tap.equal(process.wait(20), status, "exit status")
        tap.true(responder.log().count("error") >= 1, responder.log())


@tap.test("over TCP as over a unix socket")
def tcp():
    with harness.Site() as site:
        with socket.socket() as probe:  # a port that is free just now
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with open(site.work.path("tcp.log"), "ab") as log:
            process = subprocess.Popen(
                [harness.RESPONDER, "--config", site.config, "--socket",
                 "127.0.0.1:%d" % port], env=site.responder.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            tap.until(lambda: connects(port), "the port")
            with fcgi.Client(("127.0.0.1", port)) as client:
                tap.equal(send(client, Delivery(), True).status, 204, "whole")
                client.drip(Delivery().bytes(True), 100)
                tap.equal(client.read_response().status, 204, "dripped")
                client.send_request(*sized(LIMIT + 1), keep=True)
                tap.equal(client.read_response().status, 413, "too large")
            process.send_signal(signal.SIGTERM)
            tap.equal(process.wait(harness.STOP_SECONDS), 0, "exit status")
        finally:
            process.kill()
            process.wait()


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Shared:
    """One site for the rows of the tables: after each it is still alive."""

    site = None

    def __enter__(self):
        if self.site is None:
            Shared.site = harness.Site()
            Shared.site.__enter__()
        return self.site

    def __exit__(self, kind, *_):
        if kind is None:
            tap.true(self.site.responder.answers(), "the responder lives")

    @classmethod
    def close(cls):
        if cls.site is not None:
            cls.site.__exit__(None, None, None)


SHARED = Shared()


@tap.test("the responder of the tables above ends as it should")
def shared_end():
    Shared.close()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(
        4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    sys.exit(tap.main())
