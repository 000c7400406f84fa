#!/usr/bin/python3
"""The patch between two JSON documents, applied to the first by others than
who made it, gives exactly the second: over random documents, with python3-
jsonpatch and with a strict reading of RFC 6902 that is written down here."""
import copy
import json
import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import tap  # noqa: E402

# A small program that writes the patch of each pair of lines.
JSONDIFF = os.path.join(harness.BUILDDIR, "tests", "jsondiff")
# A walk over the deepest document takes several frames of Python a level.
sys.setrecursionlimit(20000)


class Number:
    """A number by its text: 1.0 is not 1, and all digits count."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Number) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __repr__(self):
        return self.text

    def __deepcopy__(self, memo):
        return self


def read(text):
    def no_duplicates(pairs):
        tap.equal(len(dict(pairs)), len(pairs), "names")
        return dict(pairs)
    return json.loads(text, parse_int=Number, parse_float=Number,
                      object_pairs_hook=no_duplicates)


def same(a, b):
    """Equal to the type (Python's True == 1 is out of the way: Number)."""
    return type(a) is type(b) and a == b


# -- random documents ---------------------------------------------------------

NAMES = ("a", "b", "c", "id", "name", "", "/", "~", "~1", "a/b", "m~n", "0",
         "-", "01", "a\"b", "back\\slash", "\u00e4\u20ac", "\U0001f600",
         "nul\x00", "line\n", "\x1f\x7f", "\ud800", "\udfffx", " ")
NUMBERS = ("0", "-0", "1", "1.0", "1.00", "10", "1e1", "1E1", "0.1",
           "12345678901234567890", "12345678901234567891",
           "9007199254740993", "3.14159265358979323846264338327950288",
           "1e400", "-1e-400")


def scalar(chance):
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice((None, True, False))
    if kind < 4:
        return Number(chance.choice(NUMBERS))
    return chance.choice(NAMES)


def document(chance, depth):
    kind = chance.randrange(8)
    if depth == 0 or kind < 2:
        return scalar(chance)
    size = chance.choice((0, 1, 2, 3, 5))
    if kind < 5:
        return {name: document(chance, depth - 1)
                for name in chance.sample(NAMES, size)}
    return [document(chance, depth - 1) for _ in range(size)]


def change_list(chance, value, depth):
    at = chance.randint(0, len(value))
    kind = chance.randrange(6)
    if kind == 0 or not value:
        value[at:at] = [document(chance, depth)
                        for _ in range(chance.randint(1, 3))]
    elif kind == 1:
        del value[at:at + chance.randint(1, 3)]
    elif kind == 2:  # one moves
        value.insert(at, value.pop(chance.randrange(len(value))))
    elif kind == 3:
        chance.shuffle(value)
    elif kind == 4:  # one again
        value.insert(at, copy.deepcopy(chance.choice(value)))
    else:
        at = chance.randrange(len(value))
        value[at] = changed(chance, value[at], depth - 1)


def changed(chance, value, depth):
    """The value itself, changed at some places, or another."""
    if chance.random() < 0.1 or depth <= 0:
        return document(chance, max(depth, 0))
    if isinstance(value, list):
        for _ in range(chance.choice((1, 1, 2, 4))):
            change_list(chance, value, depth)
    elif isinstance(value, dict):
        for _ in range(chance.choice((1, 1, 2, 4))):
            name = chance.choice(NAMES)
            if name not in value:
                value[name] = document(chance, depth - 1)
            elif chance.random() < 0.4:
                del value[name]
            else:
                value[name] = changed(chance, value[name], depth - 1)
    else:
        return scalar(chance)
    return value


def blanks(chance):
    return chance.choice(("", "", "", " ", "\t ", "  "))


def spelled(chance, text):
    """A string, each character in one of its spellings."""
    out = []
    for c in text:
        if c >= " " and c not in "\"\\" and not "\ud800" <= c <= "\udfff" \
                and chance.random() < 0.8:
            out.append(c)
        elif c in "\"\\/" and chance.random() < 0.5:
            out.append("\\" + c)
        else:
            units = c.encode("utf-16-be", "surrogatepass").hex()
            for i in range(0, len(units), 4):
                unit = units[i:i + 4]
                out.append("\\u" + chance.choice((unit, unit.upper())))
    return '"' + "".join(out) + '"'


def written(chance, value):
    """A JSON text on one line; members in any order."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        inside = [blanks(chance) + spelled(chance, name) + blanks(chance) +
                  ":" + written(chance, value[name]) for name in names]
        text = "{" + ",".join(inside) + blanks(chance) + "}"
    elif isinstance(value, list):
        text = "[" + ",".join(written(chance, v) for v in value) + \
            blanks(chance) + "]"
    elif isinstance(value, Number):
        text = value.text
    elif isinstance(value, str):
        text = spelled(chance, value)
    else:
        text = {None: "null", True: "true", False: "false"}[value]
    return blanks(chance) + text + blanks(chance)


def pair(chance):
    a = document(chance, chance.randint(0, 6))
    if chance.random() < 0.1:
        return a, document(chance, 3)
    return a, changed(chance, copy.deepcopy(a), 7)


# -- RFC 6902, strictly ---------------------------------------------------------

def resolved(document, tokens):
    for token in tokens:
        if isinstance(document, list):
            document = document[index(token, len(document) - 1)]
        else:
            tap.true(isinstance(document, dict) and token in document,
                     "%r is there" % token)
            document = document[token]
    return document


def index(token, most):
    tap.true(re.fullmatch("0|[1-9][0-9]*", token, re.ASCII),
             "%r is an index (RFC 6901 section 4)" % token)
    tap.true(int(token) <= most, "index %s, at most %d" % (token, most))
    return int(token)


def pointer(text):
    if text == "":
        return []
    tap.equal(text[0], "/", "a pointer's first character")
    tap.true(not re.search("~(?![01])", text), "no ~ alone in %r" % text)
    return [token.replace("~1", "/").replace("~0", "~")
            for token in text[1:].split("/")]


def operate(document, operation):
    kind = operation["op"]
    tap.equal(set(operation), {"op", "path"} | (
        set() if kind == "remove" else {"value"}), "members of " + kind)
    value = copy.deepcopy(operation.get("value"))
    tokens = pointer(operation["path"])
    if not tokens:
        tap.equal(kind, "replace", "what is done to the whole document")
        return value
    parent, last = resolved(document, tokens[:-1]), tokens[-1]
    if isinstance(parent, list):
        at = index(last, len(parent) - (kind != "add"))
        if kind == "add":
            parent.insert(at, value)
        elif kind == "remove":
            del parent[at]
        else:
            parent[at] = value
        return document
    tap.true(isinstance(parent, dict), "a member of an object")
    # RFC 6902 lets "add" replace; ours says replace where it does.
    tap.equal(last in parent, kind != "add", "%s of %r: is it there"
              % (kind, last))
    if kind == "remove":
        del parent[last]
    else:
        parent[last] = value
    return document


def applied(document, patch):
    for operation in patch:
        tap.true(operation["op"] in ("add", "remove", "replace"),
                 "operation %r" % operation["op"])
        document = operate(document, operation)
    return document


def theirs(document, patch):
    try:
        import jsonpatch
    except ImportError:
        raise tap.Skip("no python3-jsonpatch")
    # It takes a member's name "-" for the end of an array.
    if any("/-" in operation["path"] for operation in patch):
        return applied(document, patch)
    return jsonpatch.apply_patch(document, patch)


# -- claims ---------------------------------------------------------------------

def patches(texts):
    """Those that the program makes of pairs of texts."""
    if not os.access(JSONDIFF, os.X_OK):
        raise tap.Skip("tests/jsondiff is not built: make check builds it")
    lines = "".join(a + "\n" + b + "\n" for a, b in texts)
    done = subprocess.run([JSONDIFF], input=lines.encode(),
                          capture_output=True, timeout=300)
    tap.equal((done.returncode, done.stderr), (0, b""), "tests/jsondiff")
    made = done.stdout.decode().splitlines()
    tap.equal(len(made), len(texts), "patches")
    return made


def check(texts, apply):
    for (a, b), text in zip(texts, patches(texts)):
        patch = read(text)
        try:
            got = apply(read(a), patch)
        except tap.Failed as why:
            raise tap.Failed("%s\nA %s\nB %s\npatch %s" % (why, a, b, text))
        if not same(got, read(b)):
            raise tap.Failed("not B\nA %s\nB %s\npatch %s\ngot %r"
                             % (a, b, text, got))


def random_texts(n):
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    chance = random.Random(seed)
    return [(written(chance, a), written(chance, b))
            for a, b in (pair(chance) for _ in range(n))]


APPLIERS = {"a strict RFC 6902": applied, "python3-jsonpatch": theirs}


@tap.each(APPLIERS, "the patches of random documents give B by {}")
def random_documents(name):
    check(random_texts(3000), APPLIERS[name])


@tap.each(APPLIERS, "the patches of long arrays that were cut, moved and "
          "shuffled give B by {}")
def long_arrays(name):
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    chance = random.Random(seed)
    texts = []
    for kinds in (2, 50, 100000) * 4:
        a = [Number(str(chance.randrange(kinds))) for _ in range(1500)]
        b = copy.copy(a)
        for _ in range(chance.choice((1, 10, 100))):
            from_, to = chance.randrange(len(b)), chance.randrange(len(b))
            size = chance.randint(1, 40)
            moved = b[from_:from_ + size]
            del b[from_:from_ + size]
            b[to:to] = moved[:chance.randint(0, size)]
        if chance.random() < 0.2:
            chance.shuffle(b)
        texts.append((written(chance, a), written(chance, b)))
    check(texts, APPLIERS[name])


@tap.each(APPLIERS, "the patch of documents of depth 200 gives B by {}")
def deep_documents(name):
    def nest(inside):
        value = inside
        for i in range(100):
            value = {"a/b": [Number("1"), value], "n": Number(str(i))}
        return value
    chance = random.Random(1)
    a, b = nest([Number("1.0")]), nest([Number("1.00"), "x"])
    texts = [(written(chance, a), written(chance, b))]
    check(texts, APPLIERS[name])
    tap.equal(len(read(patches(texts)[0])), 2, "operations")


@tap.test("documents that differ in spelling and order alone have no patch")
def no_change():
    chance = random.Random(2)
    texts = []
    for _ in range(500):
        a = document(chance, 5)
        texts.append((written(chance, a), written(chance, a)))
    tap.equal(set(patches(texts)), {"[]"}, "patches")


@tap.test("one element more or less in a long array is one operation")
def one_operation():
    chance = random.Random(3)
    texts = []
    for _ in range(200):
        a = [document(chance, 2) for _ in range(60)]
        b = copy.deepcopy(a)
        at = chance.randrange(len(b))
        if chance.random() < 0.5:
            del b[at]
        else:
            b.insert(at, "new")
        texts.append((written(chance, a), written(chance, b)))
    for text in patches(texts):
        tap.equal(len(read(text)), 1, "operations of " + text)


if __name__ == "__main__":
    tap.main()
