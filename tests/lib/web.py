"""A client of the two faces: HTTP through a web server, and FastCGI as a web
server speaks it. Whole requests only; what is torn on purpose is written by
the test itself on open_http()."""
import http.client

import fcgi_client

TIMEOUT_S = 30  # no answer may take so long: a hang becomes a failure


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def position(self):
        value = self.headers.get("sync-journal-position")
        return None if value is None else int(value)

    @property
    def verdict(self):
        return self.headers.get("sync-journal-verdict")

    def __repr__(self):
        return "%d %r %r" % (self.status, self.headers, self.body)


def open_http(port, timeout=TIMEOUT_S):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)


def over_http(connection, method, target, headers, body):
    """One request on a connection, that is kept if the server keeps it. The
    headers are a list: a name may occur several times."""
    given = {name.lower() for name, _ in headers}
    connection.putrequest(method, target, skip_host="host" in given,
                          skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body is not None and "content-length" not in given \
            and "transfer-encoding" not in given:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    return Answer(response.status, response.getheaders(), response.read())


def cgi_environment(method, target, headers, body, scheme="https"):
    """The variables that nginx sends of such a request, as pairs: a header
    that occurs twice is there twice, as in nginx before 1.23."""
    path, _, query = target.partition("?")
    named = [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", method),
        ("REQUEST_URI", target),
        ("SCRIPT_NAME", path),
        ("QUERY_STRING", query),
        ("REQUEST_SCHEME", scheme),
        ("REMOTE_ADDR", "192.0.2.7"),
    ]
    if scheme == "https":
        named.append(("HTTPS", "on"))
    if body is not None:
        named.append(("CONTENT_LENGTH", str(len(body))))
    for name, value in headers:
        name = name.upper().replace("-", "_")
        if name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            named = [pair for pair in named if pair[0] != name]
            named.append((name, value))
        named.append(("HTTP_" + name, value))
    return named


def parse_cgi(output):
    """An answer as a CGI program writes it."""
    head, separator, body = output.partition(b"\r\n\r\n")
    if not separator:
        raise ConnectionError("no complete answer: %r" % output[:200])
    headers = [tuple(part.strip() for part in line.split(":", 1))
               for line in head.decode("latin-1").split("\r\n")]
    status = dict(headers).get("Status", "200").split()[0]
    return Answer(int(status), headers, body)


def over_fastcgi(path, environment, body, timeout=TIMEOUT_S):
    """One request on a connection of its own to a unix socket."""
    with fcgi_client.Client(path, timeout) as client:
        try:
            client.send_request(environment, body or b"")
            return parse_cgi(client.read_response().stdout)
        except fcgi_client.Closed as why:
            raise ConnectionError(str(why)) from why
