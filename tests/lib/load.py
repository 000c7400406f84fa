"""Load: many kept connections that each send one signed delivery after the
other, from one loop. Each connection writes a list of its own, so that every
delivery can be told from every other."""
import selectors
import socket
import time

import harness
import sync

# Longest time for an answer; nginx itself gives up after 10 s.
PATIENCE_S = 15


class Connection:
    """One connection and the delivery that is under way on it."""

    def __init__(self, number, port):
        self.number = number
        self.port = port
        self.sent = -1  # EventId of the latest
        self.socket = None
        self.received = b""
        self.since = 0.0

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port),
                                               timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_next(self):
        self.sent += 1
        self.received = b""
        self.since = time.monotonic()
        self.socket.sendall(self._request())

    def _request(self):
        event = sync.item("list", "updated", self.sent, 0, self.number,
                          Identity="client-%d" % self.number)
        body = sync.form(event)
        signature = sync.sign(harness.PUBLIC_URL, event)
        lines = ["POST /sync HTTP/1.1"] + [
            "%s: %s" % header for header in harness.signed(signature)]
        lines.append("Content-Length: %d\r\n\r\n" % len(body))
        return "\r\n".join(lines).encode() + body

    def answer(self):
        """(status, position) once the answer is whole, else None. What else
        than a 204 comes has a body, which is left unread."""
        piece = self.socket.recv(65536)
        if not piece:
            return ("closed", None)
        self.received += piece
        head, separator, _ = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        lines = head.decode("latin-1").split("\r\n")
        position = [int(line.split(":", 1)[1]) for line in lines
                    if line.lower().startswith("sync-journal-position:")]
        return (int(lines[0].split()[1]), position[0] if position else None)


class Outcome:
    def __init__(self):
        self.told = {}  # position -> (list's number, EventId), of each 204
        self.others = []  # everything that was no 204 with a position
        self.slowest = 0.0


def run(port, connections, seconds, meanwhile=None):
    """Keep so many connections busy for so long, then take the answers that
    are still due. meanwhile() is called about every 10 ms."""
    outcome = Outcome()
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for number in range(1, connections + 1):
            one = Connection(number, port)
            one.connect()
            one.send_next()
            selector.register(one.socket, selectors.EVENT_READ, one)
        while selector.get_map():
            ready = [key.data for key, _ in selector.select(0.01)]
            for one in ready:
                _handle(one, selector, outcome, end)
            if meanwhile and time.monotonic() < end:
                meanwhile()
            _give_up(selector, outcome)
    return outcome


def _handle(one, selector, outcome, end):
    answer = one.answer()
    if answer is None:
        return
    outcome.slowest = max(outcome.slowest, time.monotonic() - one.since)
    status, position = answer
    if status == 204 and position is not None:
        outcome.others += [("told twice", position)] \
            if position in outcome.told else []
        outcome.told[position] = (one.number, one.sent)
    else:
        outcome.others.append((status, one.received[:300]))
    # nginx closes after its keepalive_requests
    kept = status == 204 and b"\r\nConnection: close" not in one.received
    over = time.monotonic() >= end
    if over or not kept:
        selector.unregister(one.socket)
        one.socket.close()
    if not over and not kept:
        one.connect()
        selector.register(one.socket, selectors.EVENT_READ, one)
    if not over:
        one.send_next()


def _give_up(selector, outcome):
    """A delivery without an answer is a failure, not a wait without end."""
    now = time.monotonic()
    for key in list(selector.get_map().values()):
        if now - key.data.since > PATIENCE_S:
            outcome.others.append(("no answer", key.data.number))
            selector.unregister(key.fileobj)
            key.fileobj.close()
