#!/usr/bin/python3
"""Twilio's library and this program agree on signatures, both ways, over
random deliveries: neither side can be wrong alone."""
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import sync  # noqa: E402
import tap  # noqa: E402

# A small program that calls signature_make(): "sign TOKEN URL <form".
SIGN = os.path.join(harness.BUILDDIR, "tests", "sign")
ALPHABET = ("aZ09", " +%&=;?/#", "\r\n\t", "\u00e4\u20ac\U0001f600",
            "'@:!*(),~-_.", "\"\\<>", "\x00\x7f\u0080")
URLS = (
    "https://hooks.example.com/sync", "http://hooks.example.com/",
    "https://hooks.example.com", "https://hooks.example.com:8443/a/b?c=d&e",
    "https://hooks.example.com/a%20b?x=%2f%2F+y'@:!*(),",
    "https://joe:pass@hooks.example.com/sync", "http://[::1]:8080/sync",
)


def text(chance, longest=12):
    return "".join(chance.choice(chance.choice(ALPHABET))
                   for _ in range(chance.randint(0, longest)))


def delivery(chance):
    """A delivery of a random type, with values that nobody expects, and
    parameters that are not yet there."""
    event = dict(chance.choice(sync.of_each_type()))
    for name in chance.sample(sorted(event), chance.randint(0, 3)):
        if name != "AccountSid":
            event[name] = text(chance)
    for name in chance.sample(sorted(event), chance.randint(0, 2)):
        if name != "AccountSid":
            del event[name]
    listed = sync.pairs(event)
    for _ in range(chance.randint(0, 6)):
        listed.append((text(chance, 4), text(chance)))
    if chance.random() < 0.3:  # a name again, perhaps with the same value
        name, value = chance.choice(listed)
        if name != "AccountSid":
            listed.append((name, chance.choice((value, text(chance)))))
    chance.shuffle(listed)
    return listed


def new_chance():
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    return random.Random(seed)


@tap.each(URLS, "random deliveries signed by Twilio's library for {} are "
          "accepted")
def random_deliveries(url):
    chance = new_chance()
    token = "".join(chance.choice("0123456789abcdef") for _ in range(32))
    with harness.Site(urls=[url], accounts={"*": [token]}) as site:
        bodies = []
        for _ in range(100):
            parameters = delivery(chance)
            target = "/sync"
            site.accepted(parameters, token=token, target=target)
            bodies.append((sync.form(parameters),))
        tap.equal(site.journal.rows(
            "SELECT body FROM deliveries ORDER BY position"), bodies,
            "bodies in the journal")


@tap.test("of random deliveries with one bit of the signature turned none is "
          "accepted")
def turned_bits():
    chance = new_chance()
    with harness.Site() as site:
        for _ in range(100):
            parameters = delivery(chance)
            signature = bytearray(
                sync.sign(site.urls[0], parameters).encode())
            at = chance.randrange(27)
            old = signature[at]
            while signature[at] == old:
                signature[at] = ord(chance.choice(
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    "0123456789+/"))
            answer = site.request("POST", "/sync", harness.signed(
                signature.decode()), sync.form(parameters))
            tap.equal(answer.status, 403, "status")
        tap.equal(site.deliveries(), 0, "deliveries")


def our_signature(token, url, body):
    if not os.access(SIGN, os.X_OK):
        raise tap.Skip("tests/sign is not built: make check builds it")
    done = subprocess.run([SIGN, token, url], input=body,
                          capture_output=True, timeout=30)
    tap.equal((done.returncode, done.stderr), (0, b""), "tests/sign")
    return done.stdout.decode().strip()


@tap.each(URLS, "our signatures for {} are those of Twilio's library")
def ours(url):
    harness.need_twilio()
    chance = new_chance()
    for _ in range(40):
        parameters = delivery(chance)
        mine = our_signature("a token", url, sync.form(parameters))
        tap.equal(mine, sync.sign(url, parameters, "a token"),
                  "of %r" % parameters)
        tap.true(sync.validates(url, parameters, mine, "a token"),
                 "Twilio's validator takes ours")


@tap.test("bytes that are not UTF-8 are signed by both alike")
def bytes_alike():
    harness.need_twilio()
    for raw in (b"\xff", b"\0", b"\xc0\x80", b"\xed\xa0\x80", bytes(range(
            256))):
        parameters = [("Odd", raw), (raw, "odd")]
        mine = our_signature("t", harness.PUBLIC_URL, sync.form(parameters))
        tap.equal(mine, sync.sign(harness.PUBLIC_URL, parameters, "t"),
                  "of %r" % raw)


if __name__ == "__main__":
    tap.main()
