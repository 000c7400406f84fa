"""Load straight over FastCGI, or of CGI processes, that keeps account of what
was acknowledged: position, verdict, and the very bytes that were sent. The
account is this process's memory and a file of its own, neither of them where
the journal is.

A Story makes deliveries of all kinds. A Load sends them through channels, one
at a time on each; what got no answer is sent again by the next run, as Twilio
does.
"""
import json
import os
import select
import selectors
import subprocess
import time

import fcgi_client
import harness
import sync
import web

PATIENCE_S = 15  # for one answer
SETTLED_S = 0.02  # after a cut, nothing more comes after so long

KINDS = ("document", "list", "map", "identity")

DONE = {"done": True}  # what ends Load.run for no other reason


class Delivery:
    """One delivery: its bytes, and how often they were sent."""

    def __init__(self, event):
        self.body = sync.form(event)
        self.signature = sync.sign(harness.PUBLIC_URL, event)
        self.sent = 0

    def environment(self):
        return web.cgi_environment("POST", "/sync",
                                   harness.signed(self.signature), self.body)


class _Stream:
    def __init__(self, kind, number):
        self.kind = kind
        self.number = number
        self.head = 0
        self.holes = []

    def event(self, what, seq, data, endpoint):
        more = {"EndpointId": endpoint}
        if self.kind == "document":
            return sync.document(what, seq, self.number, data, **more)
        if self.kind == "identity":
            online = "connected" if seq % 2 else "disconnected"
            return sync.endpoint(online, seq, None,
                                 "user-%d" % self.number, **more)
        if what in ("created", "removed"):
            return sync.collection(self.kind, what, seq, self.number, **more)
        return sync.item(self.kind, "updated", seq, seq % 7, self.number,
                         data, **more)


class Story:
    """Deliveries without end: documents, lists, maps and identities, in order,
    with gaps, late ones, duplicates, conflicts, creations and removals. Each
    has bytes of its own, duplicates apart.

    rng    a random.Random: the same seed tells the same story
    large  the share of those with 10 to 60 KB of data
    """

    def __init__(self, rng, large=0.02):
        self.rng = rng
        self.large = large
        self.streams = []
        self.count = 0  # of streams so far
        self.told = []  # the latest, for duplicates
        self.serial = 0

    def next(self):
        if len(self.told) > 20 and self.rng.random() < 0.08:
            return self.rng.choice(self.told)
        delivery = Delivery(self._event())
        self.told = self.told[-200:] + [delivery]
        return delivery

    def turn_over(self):
        """From here on it is about other streams."""
        self.streams = []
        self.told = []

    def _event(self):
        self.serial += 1
        rng = self.rng
        endpoint = "TNEP%08d" % self.serial
        if len(self.streams) < 4 or rng.random() < 0.02:
            kind = KINDS[len(self.streams) % 4]
            self.count += 1
            self.streams.append(_Stream(kind, self.count))
            what = "created" if rng.random() < 0.7 else "updated"
            return self.streams[-1].event(what, 0, "{}", endpoint)
        stream = rng.choice(self.streams[-40:])
        if rng.random() < 0.01 and stream.kind != "identity":
            stream.head += 1
            return stream.event("removed", stream.head, None, endpoint)
        return stream.event("updated", self._number(stream), self._data(),
                            endpoint)

    def _number(self, stream):
        chance = self.rng.random()
        if chance < 0.1 and stream.holes:  # late
            at = self.rng.randrange(len(stream.holes))
            return stream.holes.pop(at)
        if chance < 0.14:  # a conflict, most often
            return self.rng.randrange(stream.head + 1)
        if chance < 0.22:  # ahead
            gap = self.rng.randrange(1, 4)
            stream.holes += range(stream.head + 1, stream.head + 1 + gap)
            stream.head += gap
        stream.head += 1
        return stream.head

    def _data(self):
        chance = self.rng.random()
        size = self.rng.randrange(10, 200)
        if chance < self.large:
            size = self.rng.randrange(10000, 60000)
        elif chance < self.large + 0.1:
            size = self.rng.randrange(500, 5000)
        return json.dumps({"n": self.serial, "text": "x" * size})


class FastCgi:
    """A channel: a kept connection to a responder that stays."""

    def __init__(self, path):
        self.path = path
        self.client = None

    def begin(self, delivery):
        if self.client is None:
            self.client = fcgi_client.Client(self.path, PATIENCE_S)
        self.client.send_request(delivery.environment(), delivery.body,
                                 keep=True)

    def fileno(self):
        return self.client.socket.fileno()

    def answer(self):
        """The answer, whose first bytes are here."""
        try:
            return web.parse_cgi(self.client.read_response().stdout)
        except fcgi_client.Closed as why:
            raise ConnectionError(str(why)) from why

    def close(self):
        if self.client is not None:
            self.client.close()
        self.client = None


class Cgi:
    """A channel: a process for each delivery."""

    def __init__(self, config, before=(), **environment):
        self.command = list(before) + [harness.RESPONDER]
        self.environment = dict(environment, SYNCJOURNAL_CONFIG=config,
                                PATH="/usr/bin:/bin")
        self.process = None

    def begin(self, delivery):
        self._start(delivery.environment(), delivery.body)

    def ask(self, environment):
        """The answer to a request without a body."""
        self._start(environment, b"")
        return self.answer()

    def _start(self, environment, content):
        body = os.memfd_create("body")
        try:
            os.write(body, content)
            os.lseek(body, 0, os.SEEK_SET)
            self.process = subprocess.Popen(
                self.command, env=dict(environment, **self.environment),
                stdin=body, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
        finally:
            os.close(body)

    def fileno(self):
        return self.process.stdout.fileno()

    def answer(self):
        """Up to its end, or what it has written when it was stopped."""
        output, piece = b"", b"?"
        end = time.monotonic() + PATIENCE_S
        while piece and time.monotonic() < end:
            if select.select([self.process.stdout], [], [], SETTLED_S)[0]:
                piece = os.read(self.fileno(), 65536)
                output += piece
            elif self._stands_still():
                break
        self.close()
        return web.parse_cgi(output)

    def _stands_still(self):
        state = harness.read("/proc/%d/stat" % self.process.pid)
        return state.rpartition(")")[2].split()[:1] == ["T"]

    def close(self):
        if self.process is not None:
            self.process.stdout.close()
            self.process.kill()
            self.process.wait()
        self.process = None


class Load:
    """told    position -> (delivery, verdict), of each 204
    others  (time.monotonic(), what came) of each that was answered otherwise
            or not at all
    wrong   what can never be: two 204s with one position
    sent    body -> delivery
    """

    def __init__(self, story, account):
        self.story = story
        self.account = account  # path of a file
        self.told = {}
        self.sent_at = {}  # position -> time.monotonic()
        self.others = []
        self.wrong = []
        self.sent = {}
        self.again = []

    def run(self, channels, seconds, cut=None, most=None):
        """Keep the channels busy for so long, or until so many are
        acknowledged, or cut(), asked again and again, is not None; what it
        said is returned. What was answered before is still taken. They are
        closed."""
        under_way = {}
        report = None
        end = time.monotonic() + seconds
        enough = float("inf") if most is None else len(self.told) + most
        with selectors.DefaultSelector() as selector, \
                open(self.account, "a", encoding="ascii") as account:
            for channel in channels:
                self._next(channel, selector, under_way)
            while under_way:
                ready = selector.select(SETTLED_S)
                for key, _ in ready:
                    self._take(key.fileobj, selector, under_way, account,
                               time.monotonic() < end
                               and len(self.told) < enough)
                if report and not ready or \
                        time.monotonic() > end + PATIENCE_S:
                    break
                if cut is not None and report is None:
                    report = cut()
                    end = time.monotonic() if report else end
            for channel in list(under_way):
                selector.unregister(channel)
                self._drop(channel, under_way, "no answer")
        return report

    def forget(self, when):
        """What was sent after this was not: a machine without power takes
        nothing. Deliveries so sent are sent again."""
        for position in [p for p, at in self.sent_at.items() if at > when]:
            del self.sent_at[position]
            self.again.append(self.told.pop(position)[0])

    def _next(self, channel, selector, under_way):
        delivery = self.again.pop() if self.again else self.story.next()
        delivery.sent += 1
        self.sent[delivery.body] = delivery
        try:
            channel.begin(delivery)
            under_way[channel] = (delivery, time.monotonic())
            selector.register(channel, selectors.EVENT_READ)
        except OSError as why:
            under_way[channel] = (delivery, time.monotonic())
            self._drop(channel, under_way, str(why))

    def _take(self, channel, selector, under_way, account, more):
        selector.unregister(channel)
        try:
            answer = channel.answer()
        except OSError as why:
            self._drop(channel, under_way, str(why))
            return
        if answer.status != 204 or answer.position is None:
            self._drop(channel, under_way, repr(answer))
            return
        self._acknowledged(answer, *under_way.pop(channel), account)
        if more:
            self._next(channel, selector, under_way)
        else:
            channel.close()

    def _acknowledged(self, answer, delivery, sent_at, account):
        if answer.position in self.told:
            self.wrong.append("position %d told twice" % answer.position)
        self.told[answer.position] = (delivery, answer.verdict)
        self.sent_at[answer.position] = sent_at
        account.write("%.6f %d %s %s\n" % (
            time.monotonic(), answer.position, answer.verdict,
            delivery.signature))

    def _drop(self, channel, under_way, why):
        """No 204: the channel is done, and the delivery is sent again."""
        self.others.append((time.monotonic(), why))
        self.again.append(under_way.pop(channel)[0])
        channel.close()
