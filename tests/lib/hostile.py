"""FastCGI as no web server sends it: valid streams of records, signed or not,
and what a seeded hand makes of them.

A stream is a list of records until it is written, so that whole records can be
lost, doubled or swapped, as well as bytes.
"""
import struct

import fcgi_client as fcgi
import harness
import sync
import web

# What each kind of number is set to, beside any.
EDGES_16 = (0, 1, 7, 8, 255, 256, 65528, 65535)
EDGES_8 = (0, 1, 2, 9, 10, 11, 127, 128, 255)
LENGTHS = (b"\x00", b"\x7f", b"\x80\x00\x00\x01", b"\xff\xff\xff\xff",
           b"\x80\x00\xff\xff", b"\x80", b"\xff\x00")
BODY_MAX = 300000  # beyond max_body_bytes
MANY = 1000


class Record:
    """Its header says what it likes."""

    def __init__(self, kind, content=b"", request=1, padding=0):
        self.kind = kind
        self.content = content
        self.request = request
        self.padding = padding
        self.version = 1
        self.length = None  # of the content, if not its own

    def bytes(self):
        length = len(self.content) if self.length is None else self.length
        return struct.pack(">BBHHBx", self.version, self.kind, self.request,
                           length & 0xffff, self.padding) \
            + self.content + bytes(self.padding)


def cut(kind, content, piece):
    """A stream's records, with the one that ends it."""
    return [Record(kind, content[i:i + piece])
            for i in range(0, len(content), piece)] + [Record(kind)]


class Streams:
    """rng decides everything. signed: body -> signature, of each that the
    responder may take."""

    def __init__(self, rng):
        self.rng = rng
        self.signed = {}
        self.number = 0
        self.hands = [
            self.untouched, self.flip, self.truncate, self.insert,
            self.remove, self.lose, self.double, self.swap, self.retype,
            self.renumber, self.reversion, self.repad, self.relength,
            self.rebegin, self.many_begins, self.early_stdin, self.multiplex,
            self.pipeline, self.abort, self.get_values, self.management,
            self.broken_pairs, self.nested_pairs, self.giant_params,
            self.many_params, self.repeated_params, self.crumbs,
            self.large_body, self.wrong_length, self.our_own_types,
            self.garbage, self.no_fastcgi]
        self.made = {}

    def next(self):
        """(what was done, bytes)"""
        hand = self.rng.choice(self.hands)
        name = hand.__name__
        self.made[name] = self.made.get(name, 0) + 1
        return name, hand(self.valid())

    # A request

    def variables(self):
        """(pairs, body) of one that fits, or of one that is signed with
        another token."""
        self.number += 1
        rng = self.rng
        event = sync.document("updated", self.number, number=77,
                              data='"%s"' % ("x" * rng.choice((0, 9, 400))))
        body = sync.form(event)
        fits = rng.random() < 0.5
        signature = sync.sign(harness.PUBLIC_URL, event,
                              sync.TOKEN if fits else "f" * 32)
        if fits:
            self.signed[body] = signature
        return web.cgi_environment(
            "POST", "/sync", harness.signed(signature), body), body

    def valid(self):
        pairs, body = self.variables()
        flags = self.rng.choice((0, fcgi.KEEP))
        piece = self.rng.choice((1000, 32768))
        return [Record(fcgi.BEGIN, struct.pack(">HB5x", fcgi.RESPONDER,
                                               flags))] \
            + cut(fcgi.PARAMS, fcgi.pairs(pairs), piece) \
            + cut(fcgi.STDIN, body, piece)

    def any(self, records):
        return self.rng.choice(records)

    @staticmethod
    def join(records):
        return b"".join(record.bytes() for record in records)

    def number_16(self):
        return self.rng.choice(EDGES_16 + (self.rng.randrange(65536),))

    def number_8(self):
        return self.rng.choice(EDGES_8 + (self.rng.randrange(256),))

    # Hands: bytes

    def untouched(self, records):
        return self.join(records)

    def flip(self, records):
        data = bytearray(self.join(records))
        for _ in range(self.rng.randrange(1, 9)):
            data[self.rng.randrange(len(data))] = self.rng.randrange(256)
        return bytes(data)

    def truncate(self, records):
        data = self.join(records)
        return data[:self.rng.randrange(len(data))]

    def insert(self, records):
        data = self.join(records)
        at = self.rng.randrange(len(data) + 1)
        return data[:at] + self.rng.randbytes(
            self.rng.randrange(1, 40)) + data[at:]

    def remove(self, records):
        data = self.join(records)
        at = self.rng.randrange(len(data))
        return data[:at] + data[at + self.rng.randrange(1, 40):]

    def garbage(self, _):
        return self.rng.randbytes(self.rng.choice((1, 8, 100, 70000)))

    def no_fastcgi(self, _):
        return self.rng.choice((
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(4096),
            b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(160),
            b"\x01" * 5000, b"\xff" * 5000))

    # Hands: records

    def lose(self, records):
        records.remove(self.any(records))
        return self.join(records)

    def double(self, records):
        at = self.rng.randrange(len(records))
        records.insert(at, records[at])
        return self.join(records)

    def swap(self, records):
        self.rng.shuffle(records)
        return self.join(records)

    def retype(self, records):
        self.any(records).kind = self.number_8()
        return self.join(records)

    def renumber(self, records):
        number = self.number_16()
        for record in records if self.rng.random() < 0.5 \
                else [self.any(records)]:
            record.request = number
        return self.join(records)

    def reversion(self, records):
        self.any(records).version = self.number_8()
        return self.join(records)

    def repad(self, records):
        for record in records:
            record.padding = self.number_8()
        return self.join(records)

    def relength(self, records):
        self.any(records).length = self.number_16()
        return self.join(records)

    def rebegin(self, records):
        records[0].content = self.rng.choice((
            struct.pack(">HB5x", self.number_16(), self.number_8()),
            bytes(self.rng.randrange(20)),
            self.rng.randbytes(8)))
        return self.join(records)

    def many_begins(self, records):
        return self.join([records[0]] * MANY + records)

    def early_stdin(self, records):
        return self.join(records[-2:] + records)

    def multiplex(self, records):
        """Two requests, record by record."""
        others = self.valid()
        for record in others:
            record.request = 2
        both = [one for pair in zip(records, others) for one in pair]
        return self.join(both)

    def pipeline(self, records):
        return self.join(records) + self.join(self.valid()) \
            + self.join(self.valid())

    def abort(self, records):
        records.insert(self.rng.randrange(len(records) + 1),
                       Record(fcgi.ABORT))
        return self.join(records)

    def our_own_types(self, records):
        """What only the responder sends."""
        records.insert(
            self.rng.randrange(len(records) + 1),
            Record(self.rng.choice((fcgi.END, fcgi.STDOUT, fcgi.STDERR)),
                   bytes(8)))
        return self.join(records)

    # Hands: about the connection

    def get_values(self, records):
        names = self.rng.choice((
            [("FCGI_MAX_CONNS", "")] * MANY, [("x" * 300, "y" * 300)],
            [("FCGI_MPXS_CONNS", ""), ("", "")], []))
        ask = Record(fcgi.GET_VALUES, fcgi.pairs(names)[:65535], request=0)
        records.insert(self.rng.randrange(2), ask)
        return self.join(records)

    def management(self, records):
        return self.join(
            [Record(self.number_8(), self.rng.randbytes(
                self.rng.randrange(100)), request=0)
             for _ in range(self.rng.randrange(1, 50))] + records)

    # Hands: the parameters

    def with_params(self, records, content):
        rest = [r for r in records if r.kind == fcgi.STDIN]
        return self.join(records[:1] + cut(fcgi.PARAMS, content, 65535)
                         + rest)

    def params_of(self, records):
        return b"".join(record.content for record in records
                        if record.kind == fcgi.PARAMS)

    def broken_pairs(self, records):
        content = self.params_of(records)
        at = self.rng.randrange(len(content) + 1)
        return self.with_params(
            records, content[:at] + self.rng.choice(LENGTHS) + content[at:])

    def nested_pairs(self, records):
        """Pairs within a value within a value, and lengths that lie."""
        content = self.params_of(records)
        for _ in range(self.rng.randrange(1, 20)):
            content = fcgi.pairs([(b"N", content[:30000])])
        return self.with_params(records, content + self.rng.choice(LENGTHS))

    def giant_params(self, records):
        size = self.rng.choice((65535, 131072, 262144, 300000))
        giant = [(b"G", b"v" * size)] if self.rng.random() < 0.5 \
            else [(b"G" * size, b"")]
        return self.with_params(records,
                                self.params_of(records) + fcgi.pairs(giant))

    def many_params(self, records):
        more = fcgi.pairs([("N%d" % i, "v") for i in range(20 * MANY)])
        return self.with_params(records, self.params_of(records) + more)

    def repeated_params(self, records):
        again = fcgi.pairs([
            (self.rng.choice(("CONTENT_LENGTH", "HTTP_X_TWILIO_SIGNATURE",
                              "REQUEST_METHOD", "FCGI_ROLE", "")),
             self.rng.choice(("", "0", "-1", "99999999999999999999", "x")))
            for _ in range(self.rng.randrange(1, 5))])
        return self.with_params(records, self.params_of(records) + again)

    # Hands: the body

    def crumbs(self, records):
        """One byte a record."""
        params = self.params_of(records)
        body = b"".join(r.content for r in records if r.kind == fcgi.STDIN)
        return self.join(records[:1] + cut(fcgi.PARAMS, params, 1)
                         + cut(fcgi.STDIN, body, 1))

    def large_body(self, records):
        body = b"a=" + b"x" * self.rng.choice((131070, 131071, BODY_MAX))
        return self.join([r for r in records if r.kind != fcgi.STDIN]
                         + cut(fcgi.STDIN, body, 65528))

    def wrong_length(self, records):
        """More or less than was announced."""
        body = self.rng.randbytes(self.rng.randrange(2000))
        return self.join([r for r in records if r.kind != fcgi.STDIN]
                         + cut(fcgi.STDIN, body, 500))
