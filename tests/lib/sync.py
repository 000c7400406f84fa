"""What Twilio Sync sends, and Twilio's own signature of it.

The types and their parameters are those of Twilio's page "Sync Webhooks";
what is inferred is in docs/twilio.md. The signer is Twilio's library: a party
that this project did not write.
"""
import hashlib
import urllib.parse

try:
    from twilio.request_validator import RequestValidator
except ImportError:  # told by harness.need_twilio()
    RequestValidator = None

ACCOUNT = "AC" + "0123456789abcdef" * 2
OTHER_ACCOUNT = "AC" + "fedcba9876543210" * 2
SERVICE = "IS" + "00112233445566778899aabbccddeeff"
TOKEN = "12345678901234567890123456789012"
FORM = "application/x-www-form-urlencoded"
WHEN = "2023-11-07T11:57:43.715Z"

PREFIX = {"document": "ET", "list": "ES", "map": "MP"}
PARAMETER = {"document": "Document", "list": "List", "map": "Map"}
ITEM = {"list": "ItemIndex", "map": "ItemKey"}

TYPES = (
    "document_created", "document_updated", "document_removed",
    "list_created", "list_removed",
    "list_item_added", "list_item_updated", "list_item_removed",
    "map_created", "map_removed",
    "map_item_added", "map_item_updated", "map_item_removed",
    "endpoint_connected", "endpoint_disconnected",
)


def sid(prefix, number):
    return "%s%032x" % (prefix, number)


def _common(event_type, **more):
    event = {
        "AccountSid": ACCOUNT,
        "ServiceSid": SERVICE,
        "EventType": event_type,
        "Identity": "alice@example.com",
        "EndpointId": "TNEP0001",
        "DateCreated": WHEN,
    }
    event.update(more)
    return event


def document(what, revision, number=1, data='{"n":1}', **more):
    event = _common(
        "document_" + what,
        DocumentSid=sid("ET", number),
        DocumentUniqueName="settings-%d" % number,
        DocumentRevision=str(revision))
    if what != "removed":
        event["DocumentData"] = data
    event.update(more)
    return event


def collection(kind, what, revision=0, number=1, **more):
    name = PARAMETER[kind]
    event = _common(kind + "_" + what)
    event[name + "Sid"] = sid(PREFIX[kind], number)
    event[name + "UniqueName"] = "%s-%d" % (kind, number)
    event[name + "Revision"] = str(revision)
    event.update(more)
    return event


def item(kind, what, event_id, key="k", number=1, data='{"n":1}', **more):
    """An item event as on Sync's wire: item_revision is the EventId, and the
    collection's revision one more (docs/twilio.md section 3)."""
    event = collection(kind, "item_" + what, event_id + 1, number)
    event["EventId"] = str(event_id)
    event[ITEM[kind]] = str(key)
    if what != "removed":
        event["ItemRevision"] = str(event_id)
        event["ItemData"] = data
    event.update(more)
    return event


def endpoint(what, event_id, online=None, identity="alice@example.com",
             **more):
    online = what == "connected" if online is None else online
    event = _common(
        "endpoint_" + what,
        Identity=identity,
        EventId=str(event_id),
        IsIdentityOnline="true" if online else "false")
    del event["DateCreated"]  # reachability events have none
    event.update(more)
    return event


def numbered(kind, number, data=None):
    """An ordinary event with this number on the stream 1 of its kind."""
    data = data or '{"at":%d}' % number
    if kind == "document":
        return document("updated", number, data=data)
    if kind == "identity":
        return endpoint("connected", number)
    key = 0 if kind == "list" else "k"
    return item(kind, "updated", number, key=key, data=data)


def of_each_type():
    """One delivery of each of the 15 types, that belong together: each stream
    begins with a creation and ends with a removal, without a hole."""
    events = [
        document("created", 0, data="{}"),
        document("updated", 1),
        document("removed", 2)]
    for kind in ("list", "map"):
        key = 0 if kind == "list" else "color"
        events += [
            collection(kind, "created"),
            item(kind, "added", 0, key),
            item(kind, "updated", 1, key, data='{"n":2}'),
            item(kind, "removed", 2, key),
            collection(kind, "removed", 4)]
    return events + [endpoint("connected", 7), endpoint("disconnected", 9)]


class _Bytes(str):
    """A text that carries any bytes, each invalid one as a surrogate, through
    Twilio's library, which joins texts and encodes the result once."""

    def __add__(self, other):
        return _Bytes(str.__add__(self, other))

    def encode(self, encoding="utf-8", errors="strict"):
        return str.encode(self, "utf-8", "surrogateescape")


class _Repeated:
    """Parameters of which names may occur several times, in the shapes that
    Twilio's library asks for: until version 7 a dictionary's items, later the
    names and the values of each. Equal values count once (docs/twilio.md
    section 1)."""

    def __init__(self, listed):
        self._distinct = sorted(set(listed))

    def __bool__(self):
        return bool(self._distinct)

    def __iter__(self):
        return iter(sorted({name for name, _ in self._distinct}))

    def items(self):
        return self._distinct

    def getall(self, wanted):
        return [value for name, value in self._distinct if name == wanted]


def pairs(parameters):
    """A dictionary, or a list of (name, value), as such a list."""
    if isinstance(parameters, dict):
        return list(parameters.items())
    return list(parameters)


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value


def form(parameters):
    """The body: names and values are text, or bytes that need not be UTF-8."""
    return urllib.parse.urlencode(
        [(n, v) for n, v in pairs(parameters)]).encode("ascii")


def sign(url, parameters, token=TOKEN):
    """X-Twilio-Signature by Twilio's library. What it signed is given to the
    library's validator too, so that neither side can be wrong alone; that is
    possible for whatever its validator can read: valid texts, and a URL that
    it does not rewrite (an empty query gets lost in it)."""
    listed = [(text(n), text(v)) for n, v in pairs(parameters)]
    validator = RequestValidator(token)
    signature = validator.compute_signature(_Bytes(url), _Repeated(listed))
    if _readable(url, listed) and not validates(url, listed, signature, token):
        raise AssertionError("Twilio's validator refuses what it signed")
    return signature


def _readable(url, listed):
    if url.endswith("?"):
        return False
    try:
        return all((n + v).encode("utf-8") is not None for n, v in listed)
    except UnicodeEncodeError:
        return False


def validates(url, parameters, signature, token=TOKEN):
    """Whether Twilio's library takes this for Twilio's."""
    if not isinstance(parameters, str):
        parameters = _Repeated(pairs(parameters))
    return RequestValidator(token).validate(url, parameters, signature)


def sign_json(url, body, token=TOKEN):
    """(url with bodySHA256, signature) of a JSON body."""
    joint = "&" if "?" in url else "?"
    digest = hashlib.sha256(body).hexdigest()
    url = "%s%sbodySHA256=%s" % (url, joint, digest)
    signature = RequestValidator(token).compute_signature(url, {})
    if not validates(url, body.decode("utf-8"), signature, token):
        raise AssertionError("Twilio's validator refuses what it signed")
    return url, signature
