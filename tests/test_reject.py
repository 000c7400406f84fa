#!/usr/bin/python3
"""syncjournal reject: each cause for which signatures fail in practice
(docs/twilio.md section 5) is named, for requests that Twilio's own library
signed under it, and what is said to mend it does; what verifies after all is
readmitted, beside a running responder."""
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(harness.BUILDDIR, "syncjournal")
OTHER_TOKEN = "abcdefabcdefabcdefabcdefabcdefab"
THIRD = sync.sid("AC", 3)
HOST = "https://hooks.example.com"
URL = HOST + "/sync"
JSON = "application/json"
EVENT = sync.document("updated", 3, data='{"n":"a b"}')
JSON_BODY = json.dumps(EVENT).encode()


def run(config, *words, status=None, stdin=b""):
    done = subprocess.run([PROGRAM, "--config", config, "reject", *words],
                          capture_output=True, timeout=120, input=stdin,
                          env=harness.clean_environment())
    if status is not None:
        tap.equal((done.returncode, done.stderr.decode()), (status, ""),
                  "exit status and standard error of %r: %r" % (
                      words, done.stdout))
    return done


def signed(text, token=sync.TOKEN):
    """The signature of a text that no well-made request has."""
    return sync.RequestValidator(token).compute_signature(
        sync._Bytes(text), {})


def joined(pairs):
    return "".join(name + value for name, value in pairs)


def event(**more):
    return dict(EVENT, **more)


def with_hash(url, body):
    return url + "?bodySHA256=" + hashlib.sha256(body).hexdigest()


class Case:
    """One request: what it is signed as, and what arrived of it.

    url     that Twilio was given; signs with params and token
    text    signed instead, where no well-made request has it
    seen    the URL as it arrived; url if not given
    public  public_url of the configuration
    sent    the parameters that arrived; params if not given
    mends   whether public_url can mend it; None: it alone cannot
    """

    def __init__(self, causes, url=URL, params=None, text=None, seen=None,
                 public=(URL,), sent=None, body=None, token=sync.TOKEN,
                 content_type=sync.FORM, mends=False):
        params = EVENT if params is None else params
        self.causes, self.public, self.mends = causes, public, mends
        self.content_type = content_type
        self.seen = url if seen is None else seen
        self.signature = sync.sign(url, params, token) if text is None else \
            signed(text, token)
        self.body = sync.form(params if sent is None else sent) \
            if body is None else body


def in_url(causes, url, seen=URL, public=(URL,), mends=True, **how):
    return Case(causes, url=url, seen=seen, public=public, mends=mends, **how)


def built(causes, url, seen, **how):
    """Without public_url: what the request shows is taken."""
    return in_url(causes, url, seen, (), **how)


def in_body(causes, params, sent, **how):
    return Case(causes, params=params, sent=sent, **how)


def as_text(causes, pairs, sent=None, url=URL, **how):
    return Case(causes, url=url, text=url + joined(pairs),
                sent=pairs if sent is None else sent, **how)


TAGS = [("A", "Z"), ("AB", "C")]
MIXED = sorted(EVENT.items()) + [("batch", "1")]
LATIN = "caf\u00e9"

# A function each, since the signer may be missing.
CASES = (
    ("http where https is configured",
     lambda: in_url("scheme", "http://hooks.example.com/sync")),
    ("https before a proxy",
     lambda: built("scheme", URL, "http://hooks.example.com/sync")),
    ("another port", lambda: in_url("port", HOST + ":8443/sync")),
    ("a port that the proxy does not show",
     lambda: built("port", HOST + ":8443/sync", URL)),
    ("one odd port where another arrives",
     lambda: built("port", HOST + ":8443/sync", HOST + ":8080/sync")),
    ("the host that the request shows",
     lambda: in_url("host", "https://a.example.com/sync",
                    "https://a.example.com/sync")),
    ("www.", lambda: in_url("host", "https://www.hooks.example.com/sync")),
    ("upper-case letters in the host",
     lambda: in_url("host_case", "https://Hooks.Example.com/sync")),
    ("user:password in the URL",
     lambda: in_url("userinfo", "https://me:pw@hooks.example.com/sync",
                    "https://me:pw@hooks.example.com/sync", mends=False)),
    ("the path that the request shows",
     lambda: in_url("path", HOST + "/other", HOST + "/other")),
    ("a path that SCRIPT_NAME made longer",
     lambda: built("path_prefix", URL, HOST + "/cgi-bin/x.cgi/sync")),
    ("a prefix that the proxy cut off",
     lambda: in_url("path_prefix", HOST + "/app/sync", URL,
                    (HOST + "/app",))),
    ("a trailing slash", lambda: in_url("trailing_slash", URL + "/")),
    ("no trailing slash", lambda: in_url("trailing_slash", URL,
                                         public=(URL + "/",))),
    ("another query than is configured",
     lambda: in_url("query", URL + "?key=2", URL + "?key=2",
                    (URL + "?key=1",))),
    ("a query that was added",
     lambda: built("query", URL, URL + "?utm=1", mends=False)),
    ("a query in another order",
     lambda: built("query_order", URL + "?b=2&a=1&c=3",
                   URL + "?a=1&b=2&c=3")),
    ("raw characters in the query",
     lambda: built("escapes", URL + "?x='a@b:!*(c),'",
                   URL + "?x=%27a%40b%3A%21%2A%28c%29%2C%27")),
    ("escapes in the query",
     lambda: built("escapes", URL + "?x=%27a%40b%27", URL + "?x='a@b'")),
    ("escapes in the path",
     lambda: built("escapes", HOST + "/sy%40nc", HOST + "/sy@nc")),
    ("upper-case escapes", lambda: built(
        "hex_case", URL + "?x=%2Fa%C3%A9", URL + "?x=%2fa%c3%a9")),
    ("%20 for +", lambda: built("plus", URL + "?x=a%20b", URL + "?x=a+b")),
    ("+ for %20", lambda: built("plus", URL + "?x=a+b", URL + "?x=a%20b")),
    ("the fragment", lambda: in_url("fragment", URL + "#rc=2&rp=all",
                                    URL + "#rc=2&rp=all", mends=False)),
    ("the usual fragment", lambda: in_url(
        "fragment", URL + "#rc=5&rp=5xx,ct,rt", mends=False)),
    ("the token of the parent account",
     lambda: Case("token", token=OTHER_TOKEN)),
    ("an account without a section",
     lambda: in_body("token", event(AccountSid=THIRD), None,
                     token=OTHER_TOKEN)),
    ("a Content-Type that was changed",
     lambda: Case("content_type", content_type="text/plain")),
    ("a form that came as JSON",
     lambda: Case("content_type", content_type=JSON)),
    ("a form made of a JSON body",
     lambda: Case("body_unsigned", text=URL)),
    ("parameters of the query in the body",
     lambda: Case("counted_twice", url=URL + "?a=1", params=event(a="1"),
                  sent=EVENT)),
    ("each parameter twice",
     lambda: as_text("counted_twice", [pair for pair in sorted(EVENT.items())
                                       for _ in range(2)], EVENT)),
    ("the last of equal names",
     lambda: as_text("equal_names", [("T", "1")],
                     [("T", "2"), ("T", "1")])),
    ("equal values of equal names",
     lambda: as_text("equal_names", [("T", "1"), ("T", "1")])),
    ("white space cut off", lambda: in_body(
        "trimmed", event(Identity="bob"), event(Identity=" bob\n"))),
    ("null made empty", lambda: in_body(
        "empty_null", event(Identity="null"), event(Identity=""))),
    ("empty made null", lambda: in_body(
        "empty_null", event(Identity=""), event(Identity="null"))),
    ("empty values left out", lambda: in_body(
        "empty_null", EVENT, event(Region=""))),
    ("an empty parameter that got lost", lambda: in_body(
        "empty_lost", event(DocumentUniqueName=""),
        [pair for pair in EVENT.items()
         if pair[0] != "DocumentUniqueName"])),
    ("sorting by name and value",
     lambda: as_text("sort", list(reversed(TAGS)), TAGS)),
    ("sorting without case", lambda: as_text(
        "sort_case", sorted(MIXED, key=lambda p: p[0].lower()), MIXED)),
    ("no sorting", lambda: as_text(
        "unsorted", list(reversed(sorted(EVENT.items()))))),
    ("+ made a space", lambda: in_body(
        "body_plus", event(Identity="a+b", DocumentData="1"),
        event(Identity="a b", DocumentData="1"))),
    ("a raw + beside %20", lambda: Case(
        "body_plus", params=event(Identity="a+b"), body=sync.form(event(
            Identity="a+b")).replace(b"+", b"%20").replace(b"%2B", b"+"))),
    ("a space made +", lambda: in_body(
        "body_plus", event(Identity="a b", DocumentData="1"),
        event(Identity="a+b", DocumentData="1"))),
    ("values encoded twice", lambda: in_body(
        "body_escapes", event(Identity="a/b"), event(Identity="a%2Fb"))),
    ("values not decoded", lambda: in_body(
        "body_escapes", event(Identity="a%2Fb", DocumentData="1",
                              DateCreated="1"),
        event(Identity="a/b", DocumentData="1", DateCreated="1"),
        text=URL + joined(sorted(dict(
            EVENT, Identity="a%2Fb", DocumentData="1",
            DateCreated="1").items())))),
    ("Latin-1 made of UTF-8", lambda: in_body(
        "charset", event(Identity=LATIN),
        event(Identity=LATIN.encode("latin-1")))),
    ("UTF-8 encoded twice", lambda: in_body(
        "charset", event(Identity=LATIN),
        event(Identity=LATIN.encode().decode("latin-1")))),
    ("CR LF made LF", lambda: in_body(
        "line_ends", event(Identity="a\r\nb"), event(Identity="a\nb"))),
    ("LF made CR LF", lambda: in_body(
        "line_ends", event(Identity="a\nb"), event(Identity="a\r\nb"))),
    ("JSON written anew", lambda: Case(
        "body_changed", text=with_hash(URL, JSON_BODY),
        seen=with_hash(URL, JSON_BODY), body=JSON_BODY + b"\n",
        content_type=JSON)),
    ("JSON whose query was lost", lambda: Case(
        "query_lost", text=with_hash(URL, JSON_BODY), body=JSON_BODY,
        content_type=JSON)),
    ("JSON behind a proxy", lambda: built(
        "scheme", None, with_hash("http://hooks.example.com/sync", JSON_BODY),
        text=with_hash(URL, JSON_BODY), body=JSON_BODY, content_type=JSON)),
    ("another scheme and port", lambda: built(
        "scheme,port", HOST + ":8443/sync", "http://hooks.example.com/sync")),
    ("another scheme and path", lambda: in_url(
        "scheme,path", "http://hooks.example.com/a", HOST + "/a")),
    ("another token and scheme", lambda: built(
        "scheme,token", URL, "http://hooks.example.com/sync",
        token=OTHER_TOKEN, mends=None)),
    ("another scheme, and values cut off", lambda: in_url(
        "scheme,trimmed", "http://hooks.example.com/sync", mends=False,
        params=event(Identity="bob"), sent=event(Identity=" bob"))),
    ("another scheme, host and path", lambda: in_url(
        "scheme,host,path", "http://a.example.com/b",
        "https://a.example.com/b")),
)


class Place(harness.Work):
    """A configuration of two accounts, and the body of a request."""

    def configure(self, public):
        self.public = public
        return self.write("syncjournal.conf", harness.configuration(
            self.path("journal.db"), urls=public, accounts={
                sync.ACCOUNT: [sync.TOKEN],
                sync.OTHER_ACCOUNT: [OTHER_TOKEN]}))

    def explain(self, case, status, *words):
        self.write("body", case.body)
        done = run(self.path("syncjournal.conf"), "explain", "--url",
                   case.seen, "--signature", case.signature,
                   "--content-type", case.content_type, "--body",
                   self.path("body"), *words, status=status)
        told = done.stdout.decode()
        for token in (sync.TOKEN, OTHER_TOKEN):
            tap.true(token not in told, "no token is told: " + told)
        tap.true(not re.search(r"[A-Za-z0-9+/]{27}=", told),
                 "no signature is told: " + told)
        return told


@tap.each(CASES, "{0} is found, and mended as it says")
def causes(_, make):
    harness.need_twilio()
    case = make()
    with Place() as place:
        place.configure(case.public)
        told = json.loads(place.explain(case, 1, "--format", "json"))
        tap.equal(told["causes"], case.causes, "causes: %r" % told)
        words = place.explain(case, 1)
        tap.true(told["sentence"] in words, "the sentence: " + words)
        line = re.search(r"public_url = (\S+)", told["configuration"] or "")
        if case.mends is not None:
            tap.equal(bool(line and "USER:PASSWORD" not in line.group(1)),
                      case.mends, "a line that mends it: %r" % told)
        if "token" in case.causes.split(","):
            tap.true("auth_token" in told["configuration"], words)
        elif not line:
            tap.true(told["advice"], "something mends it: " + words)
        if case.mends:
            place.configure([line.group(1)])
            place.explain(case, 0)


@tap.test("what verifies is told so, with status 0; by a file and by standard "
          "input")
def verifies():
    harness.need_twilio()
    with Place() as place:
        place.configure((URL,))
        case = Case("")
        tap.true("it verifies as configured" in place.explain(case, 0),
                 "the sentence")
        done = run(place.path("syncjournal.conf"), "explain", "--url", URL,
                   "--signature", case.signature, "--body", "-",
                   stdin=case.body, status=0)
        tap.true(b"it verifies as configured" in done.stdout, "by a pipe")


NOTHING = (
    ("a token that nobody has", lambda: Case(None, token="0" * 32),
     "another token: that of " + sync.ACCOUNT),
    ("a body that was cut", lambda: in_body(
        None, EVENT, event(DocumentData="{")), "firewall or web server"),
    ("what is not like Twilio's", lambda: in_body(
        None, {"a": "1"}, {"a": "2"}), "likely:\n  - it is not Twilio's"),
)


@tap.each(NOTHING, "nothing fits: {0}")
def nothing_fits(_, make, words):
    harness.need_twilio()
    with Place() as place:
        place.configure((URL,))
        told = place.explain(make(), 1)
        tap.true("nothing fits: " in told and words in told, told)


@tap.test("the work is bounded for any body")
def bounded():
    harness.need_twilio()
    with Place() as place:
        place.configure([HOST + "/%d?a=1&b=2&c=3&d=4" % n for n in range(8)])
        for body in (b"a=%41+b&" * 30000, b"&".join(
                b"p%d=a+%%0A" % n for n in range(200)), b"=" * 1000000,
                b"&" * 1000000):
            case = Case(None, token="0" * 32, body=body)
            begun = time.monotonic()
            told = json.loads(place.explain(case, 1, "--format", "json"))
            took = time.monotonic() - begun
            tap.equal(told["causes"], None, "causes")
            # 512 MiB of SHA-1; sanitizers and valgrind are slower.
            if harness.STOP_SECONDS <= 2:
                tap.true(took < 20, "%g s" % took)


USAGE = (
    (("explain",), b"either REJECT_ID, or --url"),
    (("explain", "1", "--url", URL), b"either REJECT_ID, or --url"),
    (("explain", "--url", URL, "--body", "-"), b"belong together"),
    (("explain", "x"), b"REJECT_ID is a number"),
    (("explain", "0"), b"REJECT_ID is a number"),
    (("explain", "1", "--all"), b"takes no --all"),
    (("readmit",), b"either REJECT_ID or --all"),
    (("readmit", "1", "--all"), b"either REJECT_ID or --all"),
    (("readmit", "--url", URL), b"takes REJECT_ID or --all alone"),
    (("forget", "1"), b"there is no action: forget"),
    ((), b"an argument is missing"),
)


@tap.each(USAGE, "reject {0} is refused")
def usage(words, message):
    with Place() as place:
        done = run(place.configure((URL,)), *words)
        tap.equal(done.returncode, 2, "exit status")
        tap.true(message in done.stderr, done.stderr)


# ---------------------------------------------------------------------------
# With a responder

REFUSED = (
    ("signature_wrong", "account", dict(token=OTHER_TOKEN)),
    ("account_unknown", "yes", dict(parameters=event(AccountSid=THIRD))),
    ("signature_wrong", "no", dict(parameters={"AccountSid": sync.ACCOUNT},
                                   token=OTHER_TOKEN)),
    ("content_type_unsupported", "no", dict(content_type="text/plain")),
)


def refuse(site, parameters=None, **how):
    answer = site.deliver(EVENT if parameters is None else parameters, **how)
    tap.true(answer.status in (403, 415), "refused: %r" % answer)


@tap.each(REFUSED, "{0}: explain says what the responder said; it looks like "
          "Twilio's: {1}")
def as_responder(reason, like, how):
    with harness.Site() as site:
        refuse(site, **how)
        row = site.rejects(1)[0]
        tap.equal((row["reason"], row["looks_like_twilio"]), (reason, like),
                  "the reject")
        told = json.loads(run(site.config, "explain", "1", "--format", "json",
                              status=1).stdout)
        tap.equal((told["reject_id"], told["reason"]), (1, reason), "told")
        words = run(site.config, "explain", "1", status=1).stdout.decode()
        tap.equal("looks like Twilio's" in words.splitlines()[0],
                  like != "no", words)
        listed = subprocess.run(
            [PROGRAM, "--config", site.config, "rejects", "--format", "csv"],
            capture_output=True, timeout=60, check=True,
            env=harness.clean_environment()).stdout.decode().splitlines()
        tap.true("looks_like_twilio" in listed[0] and "," + like + "," in
                 listed[1], "%r" % listed)


@tap.test("what a proxy broke is explained from the quarantine, and the line "
          "that is printed lets it be readmitted")
def through_proxy():
    with harness.Site(urls=("http://hooks.example.com/sync",)) as site:
        refuse(site, url=URL)
        site.rejects(1)
        told = json.loads(run(site.config, "explain", "1", "--format", "json",
                              status=1).stdout)
        tap.equal(told["causes"], "scheme", "causes")
        tap.equal(run(site.config, "readmit", "1", status=1).stdout,
                  b"looked at 1, readmitted 0\n1 do not verify: "
                  b"signature_wrong\n", "before it is mended")
        site.urls = [re.search(r"public_url = (\S+)",
                               told["configuration"]).group(1)]
        site.configure()
        tap.true(b"syncjournal reject readmit 1\n" in run(
            site.config, "explain", "1", status=0).stdout, "what to do")
        run(site.config, "readmit", "1", status=0)
        tap.equal(site.events("seq, verdict"), [(3, "baseline")], "events")
        tap.equal(site.rejects(0), [], "rejects")
        tap.equal(run(site.config, "readmit", "1").returncode, 2,
                  "a second time")


def findings(site):
    return site.journal.rows("SELECT kind, severity FROM findings "
                             "WHERE kind = 'deliveries_refused'")


@tap.test("a token that was changed is a finding until it is mended; all that "
          "was refused is readmitted beside the running responder, once")
def rotated():
    with harness.Site() as site:
        site.accepted(sync.document("created", 0))
        for number in range(1, 31):
            refuse(site, sync.document("updated", number), token=OTHER_TOKEN)
            if number == 2:
                site.rejects(2)
                tap.equal(findings(site), [], "two are none")
        refuse(site, sync.document("updated", 99), token="0" * 32)
        before = site.rejects(31)
        tap.equal(findings(site), [("deliveries_refused", "error")],
                  "a finding")
        site.configure(accounts={sync.ACCOUNT: [sync.TOKEN, OTHER_TOKEN]})
        site.responder.process.send_signal(signal.SIGHUP)
        readmitting = [subprocess.Popen(
            [PROGRAM, "--config", site.config, "reject", "readmit", "--all",
             "--format", "json"], stdout=subprocess.PIPE,
            env=harness.clean_environment()) for _ in range(3)]
        for number in range(31, 41):
            site.accepted(sync.document("updated", number))
        told = [json.loads(process.communicate(timeout=60)[0])
                for process in readmitting]
        tap.equal([process.returncode for process in readmitting], [0, 0, 0],
                  "exit statuses")
        tap.equal(sum(one["readmitted"] for one in told), 30, "%r" % told)
        tap.true(all(one["signature_wrong"] == 1 for one in told),
                 "one does not verify: %r" % told)
        tap.equal(site.journal.rows(
            "SELECT seq, count(*) FROM events GROUP BY seq"),
            [(number, 1) for number in range(41)], "each once")
        tap.equal(site.journal.rows(
            "SELECT received_at FROM events WHERE position IN (SELECT "
            "substr(detail, instr(detail, 'position ') + 9) FROM actions "
            "WHERE kind = 'readmitted') ORDER BY seq"),
            [(row["received_at"],) for row in before[:30]],
            "received as they were")
        tap.equal(len(site.rejects(1)), 1, "the one that is left")
        tap.equal(findings(site), [], "findings")
        tap.equal(site.journal.one("SELECT count(*) FROM gaps WHERE state = "
                                   "'open'"), 0, "nothing is missing")


if __name__ == "__main__":
    tap.main()
