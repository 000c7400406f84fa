#!/usr/bin/python3
"""Deliveries signed by Twilio's own library, through a real nginx with the
configuration that ships: what verifies is journaled, what does not leaves one
reject and no delivery (docs/design.md section 4, HTTP)."""
import base64
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import hosting_claims  # noqa: E402
import nginx as nginx_server  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402

LIMIT = 131072  # default of max_body_bytes
URL = harness.PUBLIC_URL
GOOD = sync.document("updated", 5)


def nginx(**how):
    return harness.Site(nginx=1, **how)


def problem_of(site, answer):
    return site.journal.one("SELECT problem FROM events WHERE position = ?",
                            (answer.position,))


# What verifies


@tap.test("deliveries of all 15 types verify, are journaled and shown")
def fifteen_types():
    events = sync.of_each_type()
    tap.equal(sorted({e["EventType"] for e in events}), sorted(sync.TYPES),
              "types that are sent")
    verdicts = ["baseline", "in_order", "in_order"] \
        + ["lifecycle", "baseline", "in_order", "in_order", "lifecycle"] * 2 \
        + ["baseline", "in_order"]
    with nginx() as site:
        answers = [site.accepted(event) for event in events]
        tap.equal([a.verdict for a in answers], verdicts, "verdicts told")
        tap.equal(site.events("position, event_type, verdict"),
                  [(a.position, e["EventType"], v) for a, e, v
                   in zip(answers, events, verdicts)], "events")
        tap.equal(site.events("position, problem", "problem IS NOT NULL"),
                  [], "problems")
        tap.equal(site.events("position, extra", "extra IS NOT NULL"), [],
                  "extra")
        tap.equal(site.journal.rows("SELECT * FROM gaps "
                                    "WHERE state <> 'unobserved'"), [],
                  "gaps")
        tap.equal(site.journal.rows(
            "SELECT document_sid, revision, removed FROM documents"),
            [(sync.sid("ET", 1), 2, 1)], "documents")
        for kind in ("list", "map"):
            tap.equal(site.journal.rows(
                "SELECT %s_sid, items, removed FROM %ss" % (kind, kind)),
                [(sync.sid(sync.PREFIX[kind], 1), 0, 1)], kind)
        tap.equal(site.journal.one("SELECT deliveries FROM journal_info"),
                  len(events), "journal_info.deliveries")


@tap.test("a delivery's parameters are in the columns of their names")
def columns():
    event = sync.item("map", "updated", 7, "color", Later="a new one")
    with nginx() as site:
        answer = site.accepted(event)
        row = site.journal.dicts("SELECT * FROM events")[0]
        extra = json.loads(row.pop("extra"))
        tap.true(row.pop("received_at") > "2024", "received_at is UTC text")
        tap.true(row.pop("lag_ms") > 0, "lag_ms")
        tap.equal(extra, {"Later": "a new one"}, "extra")
        tap.equal(row, {
            "position": answer.position,
            "event_type": "map_item_updated",
            "account_sid": sync.ACCOUNT,
            "service_sid": sync.SERVICE,
            "identity": "alice@example.com",
            "endpoint_id": "TNEP0001",
            "object_sid": sync.sid("MP", 1),
            "unique_name": "map-1",
            "item": "color",
            "event_id": 7,
            "revision": 8,
            "revision_text": "8",
            "item_revision": "7",
            "data": '{"n":1}',
            "is_identity_online": None,
            "date_created": "2023-11-07 11:57:43.715",
            "stream_kind": "map",
            "stream_key": sync.sid("MP", 1),
            "seq": 7,
            "verdict": "baseline",
            "revision_verdict": "ok",
            "behind": 0,
            "problem": None,
        }, "event")


@tap.test("the journal has the evidence: exact bytes, hash, URL, signature")
def evidence():
    body = sync.form(GOOD)
    with nginx() as site:
        site.accepted(GOOD)
        row = site.journal.dicts("SELECT * FROM deliveries")[0]
        tap.equal(row["body"], body, "body")
        tap.equal(row["body_sha256"], hashlib.sha256(body).hexdigest(),
                  "body_sha256")
        tap.equal(row["url"], URL, "url")
        tap.equal(row["signature"], sync.sign(URL, GOOD), "signature")
        tap.equal(row["content_type"], sync.FORM, "content_type")
        tap.equal(row["idempotency_token"],
                  "00000000-0000-4000-8000-000000000001", "token")
        fingerprint = hashlib.sha256(
            b"syncjournal key\0" + sync.TOKEN.encode()).hexdigest()[:16]
        tap.equal(row["key_id"], fingerprint, "key_id")
        tap.true(sync.validates(row["url"], sync.pairs(GOOD),
                                row["signature"]),
                 "Twilio's validator takes the journal's evidence")


@tap.test("deliveries follow each other on one kept connection")
def kept_connection():
    with nginx() as site:
        connection = web.open_http(site.nginx.port)
        socket = None
        for number in range(50):
            event = sync.document("updated", number)
            answer = web.over_http(
                connection, "POST", "/sync",
                harness.signed(sync.sign(URL, event)), sync.form(event))
            tap.equal(answer.status, 204, "status of %d" % number)
            socket = socket or connection.sock
            tap.true(connection.sock is socket, "the connection is kept")
        connection.close()
        tap.equal(site.events("seq"), [(n,) for n in range(50)], "journal")


@tap.test("a body in chunks is a body")
def chunked():
    with nginx() as site:
        connection = web.open_http(site.nginx.port)
        body = sync.form(GOOD)
        pieces = [body[i:i + 50] for i in range(0, len(body), 50)]
        headers = dict(harness.signed(sync.sign(URL, GOOD)))
        connection.request("POST", "/sync", iter(pieces), headers,
                           encode_chunked=True)
        response = connection.getresponse()
        response.read()
        connection.close()
        tap.equal(response.status, 204, "status")
        tap.equal(site.journal.one("SELECT body FROM deliveries"), body,
                  "body")


PORTS = (
    ("without a port", URL, URL),
    ("with the default port, signed with it", URL,
     "https://hooks.example.com:443/sync"),
    ("configured with the port, signed without",
     "https://hooks.example.com:443/sync", URL),
    ("with another port, signed with it",
     "https://hooks.example.com:8443/sync",
     "https://hooks.example.com:8443/sync"),
    ("with another port, signed without it",
     "https://hooks.example.com:8443/sync", URL),
    ("of http with port 80 signed", "http://hooks.example.com/sync",
     "http://hooks.example.com:80/sync"),
    ("with user:password, signed with them",
     "https://joe:secret@hooks.example.com/sync",
     "https://joe:secret@hooks.example.com/sync"),
    ("with user:password, signed without them",
     "https://joe:secret@hooks.example.com/sync", URL),
    ("with a fragment, that is not signed", URL + "#rc=5&rp=5xx,ct,rt", URL),
)


@tap.each(PORTS, "a public_url {} fits")
def public_url(_, configured, signed):
    with nginx(urls=[configured]) as site:
        site.accepted(GOOD, url=signed)
        url = site.journal.one("SELECT url FROM deliveries")
        tap.equal(url, signed.replace("joe:secret@", ""),
                  "the URL that fitted, without user:password")


OTHERS = (
    ("another path", "https://hooks.example.com/Sync"),
    ("a slash more", URL + "/"),
    ("another scheme", "http://hooks.example.com/sync"),
    ("another port", "https://hooks.example.com:8443/sync"),
    ("an upper-case host", "https://HOOKS.example.com/sync"),
    ("a query that was not asked for", URL + "?a=1"),
    ("its fragment", URL + "#rc=5"),
)


@tap.each(OTHERS, "a signature of the URL with {} does not fit")
def other_url(_, signed):
    with nginx() as site:
        tap.equal(site.deliver(GOOD, url=signed).status, 403, "status")
        tap.equal(site.deliveries(), 0, "deliveries")
        site.rejects(1)


QUERIES = ("a=1", "a=1&b=2", "b=2&a=1", "x=%2F%2f&y=%20+z", "q='@:!*(),",
           "a=1?b=2", "", "a&&b=")


@tap.each(QUERIES, "the query '{}' is signed as it was sent")
def query(text):
    with nginx() as site:
        site.accepted(GOOD, url=URL + "?" + text, target="/sync?" + text)


@tap.test("a public_url that has a query keeps it, whatever is asked for")
def configured_query():
    with nginx(urls=[URL + "?key=1"]) as site:
        site.accepted(GOOD, url=URL + "?key=1", target="/sync?key=1")
        site.accepted(GOOD, url=URL + "?key=1", target="/sync?other")


@tap.test("each of several public_urls fits, and is named in the journal")
def several_urls():
    urls = ["https://new.example.com/hook", URL, "http://old.example.com/"]
    with nginx(urls=urls) as site:
        for number, url in enumerate(urls):
            site.accepted(sync.document("updated", number), url=url)
        tap.equal(site.journal.rows(
            "SELECT url FROM deliveries ORDER BY position"),
            [(url,) for url in urls], "urls")


@tap.test("without public_url the URL is built from the request")
def built_url():
    with nginx(urls=[]) as site:
        site.accepted(GOOD, url="http://hooks.example.com/sync")
        site.accepted(GOOD, url="http://hooks.example.com/sync?a=%20b",
                      target="/sync?a=%20b")
        here = "http://127.0.0.1:%d/sync" % site.nginx.port
        answer = site.request("POST", "/sync", [
            ("Content-Type", sync.FORM),
            ("X-Twilio-Signature", sync.sign(here, GOOD))], sync.form(GOOD))
        tap.equal(answer.status, 204, "with a port in Host")


TOKENS = (
    ("each token of an account", {sync.ACCOUNT: ["first", "second", "3rd"]},
     ["first", "second", "3rd"]),
    ("a token of [account *]", {"*": ["any"]}, ["any"]),
    ("an account's own token, though there is [account *]",
     {"*": ["any"], sync.ACCOUNT: ["own"]}, ["own"]),
    ("one of twenty tokens", {sync.ACCOUNT: ["t%d" % i for i in range(20)]},
     ["t0", "t19"]),
)


@tap.each(TOKENS, "{0} verifies")
def tokens(_, accounts, fitting):
    with nginx(accounts=accounts) as site:
        for number, token in enumerate(fitting):
            site.accepted(sync.document("updated", number), token=token)
        tap.equal(site.journal.one(
            "SELECT count(DISTINCT key_id) FROM deliveries"), len(fitting),
            "keys in the journal")


WRONG_TOKENS = (
    ("another account's token",
     {sync.ACCOUNT: ["a"], sync.OTHER_ACCOUNT: ["b"]}, "b",
     "signature_wrong"),
    ("the token of [account *] for an account that has a section",
     {sync.ACCOUNT: ["a"], "*": ["any"]}, "any", "signature_wrong"),
    ("an unknown account's delivery", {sync.OTHER_ACCOUNT: ["b"]}, "b",
     "account_unknown"),
)


@tap.each(WRONG_TOKENS, "{0} does not verify")
def wrong_tokens(_, accounts, token, reason):
    with nginx(accounts=accounts) as site:
        answer = site.deliver(GOOD, token=token)
        tap.equal(answer.status, 403, "status")
        tap.equal(site.deliveries(), 0, "deliveries")
        row = site.rejects(1)[0]
        tap.equal((row["account_sid"], row["reason"]),
                  (sync.ACCOUNT, reason), "the reject's account and reason")


@tap.test("a delivery without AccountSid is tried against all tokens")
def no_account():
    event = {"EventType": "document_updated"}
    with nginx(accounts={sync.ACCOUNT: ["a"], sync.OTHER_ACCOUNT: ["b"]}
               ) as site:
        answer = site.accepted(event, token="b")
        tap.true("AccountSid" in problem_of(site, answer), "the problem")


@tap.test("a token that is added while it runs is taken over")
def reconfigured():
    with nginx() as site:
        tap.equal(site.deliver(GOOD, token="new").status, 403, "before")
        site.configure(accounts={sync.ACCOUNT: [sync.TOKEN, "new"]})
        tap.until(lambda: site.deliver(GOOD, token="new").status == 204,
                  "the new token is accepted")
        site.accepted(GOOD)


@tap.test("a broken configuration file leaves the old one in force")
def broken_reconfiguration():
    with nginx() as site:
        harness.write(site.config, "[journal]\nno_such_key = 1\n")
        tap.until(lambda: site.accepted(GOOD) and "no_such_key"
                  in site.responder.log(), "the log names the key")
        site.accepted(GOOD)


# What does not verify

RIGHT = sync.sign(URL, GOOD) if sync.RequestValidator else "x" * 28
WRONG = base64.b64encode(bytes(20)).decode()
SIGNATURES = (
    ("no signature", [], "missing"),
    ("an empty signature", [""], "missing"),
    ("a wrong signature", [WRONG], "wrong"),
    ("a signature that is not Base64", ["!" * 28], "malformed"),
    ("a signature that is too short", [RIGHT[:-4]], "malformed"),
    ("a signature that is too long", [RIGHT + "AAAA"], "malformed"),
    ("a signature without its padding", [RIGHT.rstrip("=")], "malformed"),
    ("the right signature twice", [RIGHT, RIGHT], "repeated"),
    ("the right signature after a wrong one", [WRONG, RIGHT], "repeated"),
    ("the right signature before a wrong one", [RIGHT, WRONG], "repeated"),
    ("the right signature joined with itself", [RIGHT + ", " + RIGHT],
     "repeated"),
    ("the right signature joined with a wrong one", [RIGHT + "," + WRONG],
     "repeated"),
    ("a signature of 7,000 characters", ["A" * 7000], "malformed"),
)


@tap.each(SIGNATURES, "{0} is answered 403 and leaves one reject")
def signatures(_, values, reason):
    headers = [h for h in harness.signed("")
               if h[0] != "X-Twilio-Signature"]
    headers += [("X-Twilio-Signature", value) for value in values]
    with nginx() as site:
        answer = site.request("POST", "/sync", headers, sync.form(GOOD))
        tap.equal(answer.status, 403, "status")
        tap.true(RIGHT.encode() not in answer.body
                 and sync.TOKEN.encode() not in answer.body,
                 "the answer does not say what would have fitted")
        tap.true(0 < len(answer.body) < 200
                 and answer.body.count(b"\n") <= 1, "one line: %r" % answer)
        tap.equal(site.deliveries(), 0, "deliveries")
        row = site.rejects(1)[0]
        tap.equal(row["status"], 403, "the reject's status")
        tap.equal(row["reason"], "signature_" + reason, "reason")
        tap.equal(row["body"], sync.form(GOOD), "the reject's body")
        tap.equal(row["remote_addr"], "127.0.0.1", "the reject's sender")


CHANGES = (
    ("a value changed", dict(GOOD, DocumentRevision="6")),
    ("a parameter more", dict(GOOD, More="")),
    ("a parameter less", {n: v for n, v in GOOD.items()
                          if n != "Identity"}),
    ("a space more", dict(GOOD, Identity=GOOD["Identity"] + " ")),
    ("a name's case changed", {n.lower(): v for n, v in GOOD.items()}),
)


@tap.each(CHANGES, "a signed body with {0} does not verify")
def changed_body(_, changed):
    with nginx() as site:
        answer = site.deliver(GOOD, body=sync.form(changed))
        tap.equal(answer.status, 403, "status")
        tap.equal(site.deliveries(), 0, "deliveries")
        site.rejects(1)


METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post")


@tap.each(METHODS, "the method {} is answered 405 and told to POST")
def methods(method):
    with nginx() as site:
        headers = harness.signed(RIGHT)
        answer = site.request(method, "/sync", headers,
                              None if method in ("GET", "HEAD")
                              else sync.form(GOOD))
        if method == "post":  # nginx knows methods in capitals only
            tap.true(answer.status in (400, 405), "status %r" % answer)
        else:
            tap.equal(answer.status, 405, "status")
            tap.equal(answer.headers.get("allow"), "POST", "Allow")
            tap.true(method == "HEAD" or b"POST" in answer.body,
                     "the line says POST: %r" % answer)
        tap.equal(site.deliveries(), 0, "deliveries")


CONTENT_TYPES = (
    ("", 415), ("text/plain", 415), ("multipart/form-data; boundary=x", 415),
    ("application/x-www-form-urlencodedx", 415), ("application/jsonx", 415),
    ("text/json", 415),
    (sync.FORM + "; charset=UTF-8", 204), (sync.FORM.upper(), 204),
    (sync.FORM + ";charset=utf-8", 204), (sync.FORM + " ; charset=x", 204),
)


@tap.each(CONTENT_TYPES, "content type '{}' is answered {}")
def content_types(content_type, status):
    with nginx() as site:
        answer = site.deliver(GOOD, content_type=content_type)
        tap.equal(answer.status, status, "status")
        tap.equal(site.deliveries(), 1 if status == 204 else 0,
                  "deliveries")
        if status != 204:
            row = site.rejects(1)[0]
            tap.equal((row["status"], row["reason"]),
                      (status, "content_type_unsupported"), "the reject")


def filled(length):
    """A delivery whose body is so many bytes long."""
    event = dict(GOOD, Filler="")
    event["Filler"] = "x" * (length - len(sync.form(event)))
    return event


LENGTHS = ((LIMIT - 1, 204), (LIMIT, 204), (LIMIT + 1, 413),
           (LIMIT * 2, 413))


@tap.each(LENGTHS, "a signed body of {} bytes is answered {}")
def lengths(length, status):
    with nginx() as site:
        event = filled(length)
        tap.equal(len(sync.form(event)), length, "length")
        tap.equal(site.deliver(event).status, status, "status")
        tap.equal(site.deliveries(), 1 if status == 204 else 0,
                  "deliveries")
        if status != 204:
            row = site.rejects(1)[0]
            tap.equal((row["status"], row["reason"]),
                      (status, "body_too_large"), "the reject")


@tap.each(((2000, 204), (2001, 413)),
          "with max_body_bytes = 2000 a body of {} bytes is answered {}")
def configured_length(length, status):
    with nginx(receive="max_body_bytes = 2000") as site:
        tap.equal(site.deliver(filled(length)).status, status, "status")


@tap.test("a body too large for nginx's own limit is answered 413 too")
def far_too_large():
    with nginx() as site:
        tap.equal(site.deliver(filled(1100000)).status, 413, "status")
        tap.equal(site.deliveries(), 0, "deliveries")


@tap.test("a signed empty body is journaled with its problem")
def empty_body():
    with nginx() as site:
        answer = site.accepted({})
        tap.true("EventType" in problem_of(site, answer), "the problem")
        tap.equal(site.journal.one("SELECT body FROM deliveries"), b"",
                  "body")


@tap.test("an unsigned empty body is refused")
def unsigned_empty_body():
    with nginx() as site:
        answer = site.request("POST", "/sync", harness.signed(WRONG), b"")
        tap.equal(answer.status, 403, "status")
        site.rejects(1)


@tap.each((0, 1, 100), "a body cut off after {} bytes leaves no delivery")
def truncated(sent):
    with nginx() as site:
        body = sync.form(GOOD)
        connection = web.open_http(site.nginx.port)
        connection.putrequest("POST", "/sync", skip_host=True)
        for name, value in harness.signed(RIGHT):
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:sent])
        connection.close()
        site.accepted(sync.document("updated", 6))
        tap.equal(site.events("seq"), [(6,)], "journal")


# What verifies and is malformed

ESCAPES = (b"%", b"%4", b"%zz", b"%%41", b"a%", b"%4g", b"%G1", b"100%")


@tap.each(ESCAPES, "a signed value {} with a cut escape is kept, with a "
          "problem")
def escapes(raw):
    value = raw.decode().replace("%41", "A")
    parameters = dict(GOOD, Odd=value)
    body = sync.form(GOOD) + b"&Odd=" + raw
    with nginx() as site:
        answer = site.accepted(parameters, body=body)
        tap.equal(answer.verdict, "baseline", "verdict")
        tap.true("escape" in problem_of(site, answer), "the problem: %r"
                 % problem_of(site, answer))


@tap.test("10,000 parameters are journaled, with a problem")
def many_parameters():
    parameters = [("p%04d" % n, "v") for n in range(9990)]
    with nginx() as site:
        answer = site.accepted(parameters + sync.pairs(GOOD))
        tap.equal(answer.verdict, "baseline", "verdict")
        tap.true("parameters" in problem_of(site, answer), "the problem: %r"
                 % problem_of(site, answer))
        extra = json.loads(site.journal.one("SELECT extra FROM events"))
        tap.equal(len(extra), 9990, "parameters in extra")


@tap.test("10,000 parameters of one name are journaled, with a problem")
def many_equal_names():
    parameters = [("p", "%04d" % n) for n in range(9000)] \
        + [("p", "x")] * 1000
    with nginx() as site:
        answer = site.accepted(parameters + sync.pairs(GOOD))
        tap.true(problem_of(site, answer), "a problem")


@tap.test("a parameter given twice with two values verifies, with a problem")
def repeated_parameter():
    with nginx() as site:
        answer = site.accepted(
            sync.pairs(GOOD) + [("DocumentRevision", "9")])
        tap.true("DocumentRevision" in problem_of(site, answer),
                 "the problem")


KEYS = (
    ("320 letters", "k" * 320, False), ("321 letters", "k" * 321, True),
    ("320 characters of three bytes", "\u20ac" * 320, False),
    ("321 characters of three bytes", "\u20ac" * 321, True),
    ("an apostrophe and quotes", "it's \"k\"; DROP TABLE x--", False),
    ("a line end and a tab", "a\r\n\tb", False),
    ("a percent sign and a plus", "100%+&=", False),
)


@tap.each(KEYS, "a key of {0} is kept as it is")
def keys(_, name, wrong):
    with nginx() as site:
        answer = site.accepted(sync.item("map", "added", 1, name))
        problem = problem_of(site, answer)
        tap.equal("ItemKey" in (problem or ""), wrong, "problem %r" % problem)
        tap.equal(site.journal.rows("SELECT item_key FROM map_items"),
                  [(name,)], "item_key")


DATA = (
    ("16 KiB", '{"d":"%s"}' % ("x" * (16384 - 8)), False),
    ("16 KiB and a byte", '{"d":"%s"}' % ("x" * (16384 - 7)), True),
    ("16 KiB that percent-encode to 49 KB", '"' * 16384, False),
)


@tap.each(DATA, "data of {0} are kept whole")
def data(_, text, wrong):
    with nginx() as site:
        answer = site.accepted(sync.document("updated", 5, data=text))
        problem = problem_of(site, answer)
        tap.equal("DocumentData" in (problem or ""), wrong,
                  "problem %r" % problem)
        tap.equal(site.journal.one("SELECT data FROM documents"), text,
                  "data")


BYTES = (
    ("a NUL", b"a\0b", "a\\x00b"),
    ("an invalid byte", b"a\xffb", "a\\xFFb"),
    ("an overlong form", b"\xc0\x80", "\\xC0\\x80"),
    ("a surrogate", b"\xed\xa0\x80", "\\xED\\xA0\\x80"),
    ("a cut character", b"\xe2\x82", "\\xE2\\x82"),
)


@tap.each(BYTES, "data with {0} verify, are journaled exactly and shown "
          "escaped")
def odd_bytes(_, raw, shown):
    with nginx() as site:
        parameters = dict(GOOD, DocumentData=raw)
        answer = site.accepted(parameters)
        tap.true("DocumentData" in (problem_of(site, answer) or ""),
                 "the problem")
        tap.equal(site.events("data"), [(shown,)], "data")
        tap.equal(site.journal.one("SELECT body FROM deliveries"),
                  sync.form(parameters), "body")


@tap.each(BYTES, "a parameter's name with {0} verifies")
def odd_names(_, raw, shown):
    with nginx() as site:
        site.accepted([(raw, "v"), ("", "nameless")] + sync.pairs(GOOD))
        extra = json.loads(site.journal.one("SELECT extra FROM events"))
        tap.equal(extra, {shown: "v", "": "nameless"}, "extra")


MALFORMED = (
    ("of an unknown type", dict(GOOD, EventType="stream_message_published"),
     "EventType"),
    ("without a type", {n: v for n, v in GOOD.items() if n != "EventType"},
     "EventType"),
    ("without a DocumentSid", {n: v for n, v in GOOD.items()
                               if n != "DocumentSid"}, "DocumentSid"),
    ("with a SID that is none", dict(GOOD, DocumentSid="ET123"),
     "DocumentSid"),
    ("with another kind's SID",
     dict(GOOD, DocumentSid=sync.sid("MP", 1)), "DocumentSid"),
    ("without data", {n: v for n, v in GOOD.items() if n != "DocumentData"},
     "DocumentData"),
    ("of a removal that has data",
     dict(GOOD, EventType="document_removed"), "DocumentData"),
    ("with a date that is none", dict(GOOD, DateCreated="yesterday"),
     "DateCreated"),
    ("with an IsIdentityOnline that is neither",
     dict(sync.endpoint("connected", 1), IsIdentityOnline="maybe"),
     "IsIdentityOnline"),
)


@tap.each(MALFORMED, "a verified delivery {0} is journaled with its problem")
def malformed(_, event, name):
    with nginx() as site:
        answer = site.accepted(event)
        problem = problem_of(site, answer)
        tap.true(name in (problem or ""), "problem %r" % problem)
        tap.equal(site.deliveries(), 1, "deliveries")


@tap.each(("true", "True", "TRUE", "false", "False"),
          "IsIdentityOnline '{}' is read")
def online(spelling):
    with nginx() as site:
        site.accepted(dict(sync.endpoint("connected", 1),
                           IsIdentityOnline=spelling))
        tap.equal(site.events("is_identity_online, problem"),
                  [(int(spelling.lower() == "true"), None)], "event")


# JSON

JSON = json.dumps(dict(GOOD, DocumentRevision=5, DocumentData={"n": 1})
                  ).encode()


def send_json(site, body=JSON, token=sync.TOKEN, extra="", signed=None,
              content_type="application/json"):
    url, signature = sync.sign_json(URL + extra, signed or body, token)
    return site.request("POST", url[len("https://hooks.example.com"):],
                        harness.signed(signature, content_type), body)


@tap.test("a JSON delivery with its bodySHA256 verifies and is decoded")
def json_delivery():
    with nginx() as site:
        answer = send_json(site)
        tap.equal((answer.status, answer.verdict), (204, "baseline"),
                  "answer")
        tap.equal(site.events("event_type, account_sid, seq, data, problem"),
                  [("document_updated", sync.ACCOUNT, 5, '{"n":1}', None)],
                  "event")
        tap.equal(site.journal.one("SELECT body FROM deliveries"), JSON,
                  "body")
        answer = send_json(site, extra="?a=1",
                           content_type="application/json; charset=utf-8")
        tap.equal((answer.status, answer.verdict), (204, "duplicate"),
                  "with a query of its own")


@tap.each((b"{", b"[]", b"", b"null", b'{"EventType":}', b'"text"'),
          "the signed JSON body {} is journaled with a problem")
def bad_json(body):
    with nginx(accounts={"*": [sync.TOKEN]}) as site:
        answer = send_json(site, body)
        tap.equal(answer.status, 204, "status")
        tap.true(problem_of(site, answer), "a problem")


def json_case(query=None, body=JSON, signed_query=True):
    """A JSON request whose query is this one; signed with it."""
    url = URL + ("?" + query if query is not None else "")
    signature = sync.RequestValidator(sync.TOKEN).compute_signature(
        url if signed_query else URL, {})
    return url[len("https://hooks.example.com"):], signature, body


DIGEST = hashlib.sha256(JSON).hexdigest()
BAD_JSON = (
    ("without bodySHA256", None, "missing"),
    ("with another query", "a=1", "missing"),
    ("with an empty bodySHA256", "bodySHA256=", "wrong"),
    ("with a wrong bodySHA256", "bodySHA256=" + "0" * 64, "wrong"),
    ("with bodySHA256 in capitals", "bodySHA256=" + DIGEST.upper(), "wrong"),
    ("with bodySHA256 twice",
     "bodySHA256=%s&bodySHA256=%s" % (DIGEST, DIGEST), "missing"),
    ("with bodysha256", "bodysha256=" + DIGEST, "missing"),
)


@tap.each(BAD_JSON, "a signed JSON delivery {0} is answered 403")
def json_hash(_, query, reason):
    with nginx() as site:
        target, signature, body = json_case(query)
        answer = site.request("POST", target, harness.signed(
            signature, "application/json"), body)
        tap.equal(answer.status, 403, "status")
        tap.equal(site.deliveries(), 0, "deliveries")
        tap.equal(site.rejects(1)[0]["reason"], "body_sha256_" + reason,
                  "reason")


@tap.test("a JSON delivery with the right hash and a wrong signature is "
          "answered 403")
def json_signature():
    with nginx() as site:
        tap.equal(send_json(site, token="another").status, 403, "status")
        site.rejects(1)


# Health


@tap.test("the health check says 200 and nothing more, and leaves no trace")
def health():
    with nginx() as site:
        answer = site.request("GET", "/sync/healthz")
        tap.equal(answer.status, 200, "status")
        tap.true(len(answer.body) <= 3, "body %r" % answer.body)
        tap.equal(site.deliveries(), 0, "deliveries")
        tap.equal(site.journal.rows("SELECT * FROM rejects"), [], "rejects")


# What must hold under every web server

hosting_claims.test_all((("nginx", nginx_server.Nginx),))


if __name__ == "__main__":
    tap.main()
