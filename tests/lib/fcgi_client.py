"""A FastCGI client that can misbehave.

Written from the FastCGI specification 1.0 alone. Well-behaved use:

    with Client("/run/x.sock") as client:
        client.send_request({"REQUEST_METHOD": "POST", ...}, body, keep=True)
        response = client.read_response()

What a web server never does (pieces, pipelining, an abort, raw bytes) is
there as well. An address is a path of a unix socket or a (host, port).
"""
import socket
import struct
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = range(9, 12)
RESPONDER, AUTHORIZER, FILTER = range(1, 4)
KEEP = 1

TIMEOUT_S = 20  # no answer may take so long: a hang becomes a failure


class Closed(Exception):
    """The connection ended before a whole response."""


class Response:
    def __init__(self, stdout, stderr, app_status, protocol_status):
        head, _, self.body = stdout.partition(b"\r\n\r\n")
        self.headers = {}
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), value.strip())
        self.status = int(self.headers.get("status", "200").split()[0])
        self.stdout = stdout
        self.stderr = stderr
        self.app_status = app_status
        self.protocol_status = protocol_status

    def __repr__(self):
        return "%d %r" % (self.status, self.stdout)


def record(kind, content=b"", request=1, padding=0, version=1, length=None):
    """One record; length overrules what the header says of the content."""
    length = len(content) if length is None else length
    return struct.pack(">BBHHBx", version, kind, request, length, padding) \
        + content + bytes(padding)


def begin(role=RESPONDER, keep=False, request=1, padding=0):
    return record(BEGIN, struct.pack(">HB5x", role, KEEP if keep else 0),
                  request, padding)


def length(number):
    if number < 128:
        return struct.pack(">B", number)
    return struct.pack(">L", number | 1 << 31)


def pairs(params):
    """Name-value pairs of a dictionary, or of a list of (name, value)."""
    items = params.items() if isinstance(params, dict) else params
    out = []
    for name, value in items:
        name = name if isinstance(name, bytes) else name.encode()
        value = value if isinstance(value, bytes) else str(value).encode()
        out.append(length(len(name)) + length(len(value)) + name + value)
    return b"".join(out)


def stream(kind, content, request=1, piece=32768, padding=0, end=True):
    """A stream cut into records, and the empty one that ends it."""
    out = [record(kind, content[i:i + piece], request, padding)
           for i in range(0, len(content), piece)]
    return b"".join(out + ([record(kind, b"", request)] if end else []))


def request(params, body=b"", keep=False, number=1, piece=32768, padding=0):
    """All bytes of one request."""
    return begin(keep=keep, request=number) \
        + stream(PARAMS, pairs(params), number, piece, padding) \
        + stream(STDIN, body, number, piece, padding)


class Client:
    def __init__(self, address, timeout=TIMEOUT_S):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_request(self, params, body=b"", keep=False, **how):
        self.send_raw(request(params, body, keep, **how))

    def send_begun(self, params, body=b"", keep=False):
        """A request without the end of its STDIN."""
        self.send_raw(begin(keep=keep) + stream(PARAMS, pairs(params))
                      + stream(STDIN, body, end=False))

    def drip(self, data, piece=1, pause=0.0):
        """Small writes, one system call each."""
        for i in range(0, len(data), piece):
            self.socket.sendall(data[i:i + piece])
            if pause:
                time.sleep(pause)

    def abort(self, number=1):
        self.send_raw(record(ABORT, request=number))

    def pipeline(self, requests):
        """Several whole requests (bytes) in one write."""
        self.send_raw(b"".join(requests))

    def read_record(self):
        """(kind, request, content); Closed at the end of the connection."""
        head = self._read(8)
        _, kind, number, size, padding = struct.unpack(">BBHHBx", head)
        return kind, number, self._read(size + padding)[:size]

    def read_response(self, number=1):
        stdout, stderr = b"", b""
        while True:
            kind, of, content = self.read_record()
            if of != number:
                raise Closed("a record of request %d" % of)
            if kind == STDOUT:
                stdout += content
            elif kind == STDERR:
                stderr += content
            elif kind == END:
                app, protocol = struct.unpack(">LB3x", content)
                return Response(stdout, stderr, app, protocol)
            else:
                raise Closed("a record of type %d" % kind)

    def closed(self):
        """Whether the peer has closed, or does so now; bytes are an error."""
        try:
            data = self.socket.recv(1)
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False
        if data:
            raise Closed("bytes instead of an end: %r" % data)
        return True

    def _read(self, size):
        while len(self._buffer) < size:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError as why:
                raise Closed("reset") from why
            if not data:
                raise Closed("end after %d bytes: %r" % (
                    len(self._buffer), self._buffer[:200]))
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data
