"""What must hold under every web server: a test of each way of hosting the
responder calls test_all() with its ways."""
import collections
import signal
import threading

import harness
import processes
import sync
import tap
import tls
import web

GOOD = sync.document("updated", 5)
LIMIT = 131072  # default of max_body_bytes
# A sender under load waits so long for its answer before it sends again.
PATIENCE_S = 2
BEYOND = 1100000  # more than what each server's file allows

HOST = "http://hooks.example.com"
QUERIES = ("a=1&b=2", "x=%2F%2f&y=%20+z", "q='@:!*(),", "a=1?b=2", "")


def filled(length):
    """A delivery whose body is so many bytes long."""
    event = dict(GOOD, Filler="")
    event["Filler"] = "x" * (length - len(sync.form(event)))
    return event


# Deliveries


def all_types(_, hosted):
    events = sync.of_each_type()
    with hosted() as site:
        answers = [site.accepted(event) for event in events]
        tap.equal(site.events("position, event_type, problem"),
                  [(a.position, e["EventType"], None)
                   for a, e in zip(answers, events)], "events")


def refusals(_, hosted):
    with hosted() as site:
        more = [("Authorization", "Basic am9lOnNlY3JldA==")]
        site.accepted(GOOD, more=more)
        for change in ({"token": "wrong"}, {"body": sync.form(
                dict(GOOD, DocumentRevision="6"))}):
            tap.equal(site.deliver(GOOD, **change).status, 403, "status")
        tap.equal([(r["status"], r["reason"], r["remote_addr"])
                   for r in site.rejects(2)],
                  [(403, "signature_wrong", "127.0.0.1")] * 2, "rejects")
        tap.equal(site.deliver(GOOD, content_type="text/plain").status, 415,
                  "status of text/plain")
        answer = site.request("GET")
        tap.equal((answer.status, answer.headers.get("allow")),
                  (405, "POST"), "GET")
        tap.equal(site.deliveries(), 1, "deliveries")


def sizes(_, hosted):
    with hosted() as site:
        large = sync.document("updated", 6, data='"' * 16384)
        site.accepted(large)
        site.accepted(filled(LIMIT))
        tap.equal(site.deliver(filled(BEYOND)).status, site.beyond,
                  "status of a body beyond the server's limit")
        tap.equal(site.deliver(filled(LIMIT + 1)).status, 413,
                  "status of a byte more than max_body_bytes")
        # Apache may have started the program before it looks at its own limit:
        # then it refuses too, and nobody reads its answer.
        least = 1 if site.refuses_itself else 2
        query = "SELECT reason FROM rejects"
        tap.until(lambda: len(site.journal.rows(query)) >= least, "rejects")
        rows = site.journal.rows(query)
        tap.true(rows in ([("body_too_large",)] * least,
                          [("body_too_large",)] * 2), "rejects: %r" % rows)
        tap.equal(site.journal.one("SELECT data FROM documents"),
                  large["DocumentData"], "16 KiB of data that need 48")
        tap.equal(site.deliveries(), 2, "deliveries")


def chunks(_, hosted):
    with hosted() as site:
        body = sync.form(GOOD)
        connection = web.open_http(site.port)
        connection.request(
            "POST", site.target,
            iter([body[i:i + 50] for i in range(0, len(body), 50)]),
            dict(harness.signed(sync.sign(site.urls[0], GOOD))),
            encode_chunked=True)
        response = connection.getresponse()
        response.read()
        connection.close()
        tap.equal(response.status, site.chunked, "status")
        tap.equal(site.journal.rows("SELECT body FROM deliveries"),
                  [(body,)] if site.chunked == 204 else [], "journal")


# URLs


def built_url(_, hosted):
    with hosted(urls=[]) as site:
        site.accepted(GOOD, url=HOST + site.target)
        for query in QUERIES:
            target = site.target + "?" + query
            site.accepted(GOOD, url=HOST + target, target=target)
        here = "127.0.0.1:%d" % site.port
        headers = harness.signed(sync.sign(
            "http://%s%s" % (here, site.target), GOOD))
        headers[0] = ("Host", here)
        answer = site.request("POST", None, headers, sync.form(GOOD))
        tap.equal(answer.status, 204, "with a port in Host")


def prefixed(_, hosted):
    path = hosted.prefixed
    with hosted(urls=[], target=path) as site:
        site.accepted(GOOD, url=HOST + path)
        site.accepted(GOOD, url=HOST + path + "?a=%2F", target=path
                      + "?a=%2F")
        short = HOST + path[path.rindex("/"):]
        tap.equal(site.deliver(GOOD, url=short).status, 403,
                  "the path without its prefix")
    with hosted(target=path) as site:
        site.accepted(GOOD)


CLAIMED = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.test"),
           ("Forwarded", "proto=https"), ("HTTPS", "on"),
           ("Front-End-Https", "on"), ("Syncjournal-Config", "/dev/null")]


def behind_tls(_, hosted):
    secure = "https://hooks.example.com"
    with hosted(urls=[]) as site:
        tap.equal(site.deliver(GOOD, url=secure + site.target,
                               more=CLAIMED).status, 403,
                  "what a client claims")
        site.accepted(GOOD, url=HOST + site.target, more=CLAIMED)
    with hosted(urls=[], https=True) as site:
        site.accepted(GOOD, url=secure + site.target)
        tap.equal(site.deliver(GOOD, url=HOST + site.target).status, 403,
                  "http, when it was told https")


def behind_real_tls(_, hosted):
    url = "https://%s" % tls.HOST
    with hosted(urls=[], https=True) as site, \
            tls.Front(site.work, site.port) as front:
        directly = site.request
        site.request = front.request
        site.accepted(GOOD, url=url + site.target)
        target = site.target + "?a=%2F&b=1+1"
        site.accepted(sync.document("updated", 6), url=url + target,
                      target=target)
        tap.equal(site.deliver(sync.document("updated", 7),
                               url=HOST + site.target).status, 403,
                  "signed for http")
        site.request = directly
        tap.equal(site.deliveries(), 2, "deliveries")


# Load


class Senders:
    """Some who deliver at the same time, each the events of a list of its
    own; what is not acknowledged is sent again, as by Twilio."""

    def __init__(self, site, count=4):
        self.site = site
        self.told = []  # (position, (list's number, EventId)) of each 204
        self.failures = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._send, args=(number,))
                        for number in range(1, count + 1)]

    def _send(self, number):
        sequence = 0
        while not self.ended.is_set():
            event = sync.item("list", "updated", sequence, 0, number)
            try:
                answer = self.site.deliver(event)
            except (OSError, web.http.client.HTTPException) as why:
                answer = why
            if getattr(answer, "status", None) == 204:
                self.told.append((answer.position, (number, sequence)))
                sequence += 1
            else:
                self.failures.append(answer)
                self.ended.wait(0.005)

    def __enter__(self):
        self.site.patience = PATIENCE_S
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def more(self, count=12):
        """Wait for so many acknowledgements more."""
        wanted = len(self.told) + count
        tap.until(lambda: len(self.told) >= wanted,
                  "%d deliveries more; failed: %r" % (
                      count, self.failures[-3:]), 20)


def audit(site, senders):
    """Every 204 has its row, no row was acknowledged twice, and what is there
    beyond is at most what was sent in vain, labelled."""
    told = dict(senders.told)
    tap.equal(len(told), len(senders.told), "positions told once")
    tap.equal(len(set(told.values())), len(told), "events acknowledged once")
    prefix = len(sync.PREFIX["list"])
    found, firsts = {}, []
    for position, key, seq, verdict in site.events(
            "position, stream_key, seq, verdict"):
        found[position] = (int(key[prefix:], 16), seq)
        firsts += [found[position]] if verdict != "duplicate" else []
    tap.equal({p: e for p, e in told.items() if found.get(p) != e}, {},
              "204s without their row")
    tap.equal(sorted(set(firsts)), sorted(firsts),
              "a second row of an event is a duplicate")
    tap.true(len(found) - len(told) <= len(senders.failures),
             "rows without a 204: %d, sent in vain: %d" % (
                 len(found) - len(told), len(senders.failures)))
    tap.equal(site.journal.one("PRAGMA integrity_check"), "ok", "integrity")
    tap.note("%d acknowledged; sent again after: %s" % (len(told), dict(
        collections.Counter(getattr(why, "status", type(why).__name__)
                            for why in senders.failures))))


def stopped(_, hosted):
    with hosted() as site:
        with Senders(site) as senders:
            senders.more()
            site.stop()
            site.start()
            senders.more()
        audit(site, senders)


def reloaded(_, hosted):
    with hosted() as site:
        with Senders(site) as senders:
            for _ in range(2):
                senders.more()
                site.reload()
            senders.more()
        audit(site, senders)
        if site.reload_is_clean:
            tap.equal(senders.failures, [], "what failed")


def ended_responders(_, hosted):
    """The responders that the server started, or the one behind the socket,
    end and are killed."""
    with hosted() as site:
        with Senders(site) as senders:
            for number in (signal.SIGTERM, signal.SIGKILL):
                senders.more()
                if site.responder is None:
                    _end_one(site, number)
                elif number == signal.SIGTERM:
                    site.responder.restart()
                else:
                    site.responder.kill()
                    site.responder.start(wait=False)
            senders.more()
        audit(site, senders)


def _end_one(site, number):
    """Of those that the server runs now, there is one soon under load."""
    members = tap.until(site.responders, "a responder runs")
    processes.send(members, number)


def waiting_socket(_, hosted):
    with hosted(start="fd0") as site:
        with Senders(site) as senders:
            for _ in range(3):
                senders.more()
                site.responder.restart()
            senders.more()
        audit(site, senders)
        tap.equal(senders.failures, [], "what failed")


def outage(_, hosted):
    with hosted() as site:
        site.responder.stop()
        for _ in range(3):
            status = site.deliver(GOOD).status
            tap.true(status in (502, 503), "status: %d" % status)
        site.responder.start()
        tap.until(lambda: site.deliver(GOOD).status == 204,
                  "it is asked again", 5)


def health(_, hosted):
    with hosted() as site:
        answer = site.request("GET", site.target + "/healthz")
        tap.equal((answer.status, len(answer.body) <= 3), (200, True),
                  "answer %r" % answer)
        answer = site.request("GET", site.target + "x")
        tap.equal(answer.status, 404, "a path that only begins like it")
        tap.equal(site.deliveries(), 0, "deliveries")


CLAIMS = (
    ("{0}: deliveries of all 15 types verify and are journaled", all_types),
    ("{0}: a wrong signature, or a changed body, is answered 403 and "
     "quarantined; Authorization changes nothing", refusals),
    ("{0}: 16 KiB of data pass, a body beyond a limit is refused, and "
     "nothing of it is journaled", sizes),
    ("{0}: a body in chunks is taken whole, or refused", chunks),
    ("{0}: without public_url the URL is built as it was asked for",
     built_url),
    ("{0}: behind a path prefix too", prefixed),
    ("{0}: that TLS ended before it is believed when its configuration says "
     "so, not when a client does", behind_tls),
    ("{0}: deliveries come through a proxy that ends TLS", behind_real_tls),
    ("{0}: the health check says 200, and its neighbours are not ours",
     health),
    ("{0}: stopped and started under load, each 204 is journaled, once",
     stopped),
    ("{0}: reloaded under load, each 204 is journaled, once", reloaded),
    ("{0}: the responder stopped and killed under load, each 204 is "
     "journaled, once", ended_responders),
)
OF_RESIDENTS = (
    ("{0}: behind a socket that stays open the responder restarts under load "
     "and nothing fails", waiting_socket),
    ("{0}: without a responder it answers 502 or 503, and with one it is not "
     "long in asking again", outage),
)


def test_all(ways):
    """ways: (name, a class of hosting.Hosted) of each."""
    for claim, function in CLAIMS:
        tap.each(ways, claim)(function)
    residents = tuple(way for way in ways if way[1].resident)
    for claim, function in OF_RESIDENTS:
        tap.each(residents, claim)(function)
