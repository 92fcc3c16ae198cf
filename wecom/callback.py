"""Where WeCom calls us: `/wecom/callback/<corpid>/`, answered in front of Django's middleware (design §5).

GET is WeCom's check of the URL, POST an event. 200 only after the inbox row is committed; 500 when the database
fails, so that WeCom comes again; 403 for whatever is not signed and encrypted for this corp; 400 for what is not
WeCom's XML. No answer says more than that.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

from wecom import clock, doorbell
from wecom.crypto import CallbackCrypto, Culprit, Rejected
from wecom.envelope import Malformed, parse
from wecom.models.corp import Corp
from wecom.models.inbox import Lane
from wecom.payloads import moment
from wecom.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

PATH = "/wecom/callback/"
MAX_BODY = 64 * 1024
KEYS_SECONDS = 10.0  # how long a corp's keys are kept in the process
REFUSAL_SECONDS = 60.0  # how often a refusal is written down for the doctor
STRANGERS_PER_SECOND = 50  # look-ups of corpids that we do not know
STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    405: "405 Method Not Allowed",
    500: "500 Internal Server Error",
}
# What tells one event from another (contract §3.6: FromUserName is always `sys`).
IDENTITY = (
    *("ToUserName", "CreateTime", "Event", "ChangeType", "UserID"),
    *("ExternalUserID", "ChatId", "Id", "UpdateDetail", "CurMemVer", "WelcomeCode"),
)
Read = Callable[[int], bytes]
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What opens the callbacks of one corp."""

    corp_id: int
    crypto: CallbackCrypto
    until: float


def wrap(app: App) -> App:
    """A WSGI application that answers WeCom's callbacks itself and passes everything else to `app`."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        corpid = path[len(PATH) :].rstrip("/") if path.startswith(PATH) else ""
        if not corpid or "/" in corpid:
            return app(environ, start_response)
        read = environ["wsgi.input"].read
        status, body = answer(
            environ["REQUEST_METHOD"], corpid, environ.get("QUERY_STRING", ""), environ.get("CONTENT_LENGTH", ""), read
        )
        start_response(STATUS[status], headers(status, body))
        return [body]

    return application


def headers(status: int, body: bytes) -> list[tuple[str, str]]:
    allow = [("Allow", "GET, POST")] if status == 405 else []
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *allow]


def answer(method: str, corpid: str, query: str, content_length: str, read: Read) -> tuple[int, bytes]:
    """Status and body for one request. Never raises, and never tells why."""
    if method not in {"GET", "POST"}:
        return 405, b""
    try:
        body = _body(content_length, read) if method == "POST" else None
        return 200, _answer_twice(corpid, query, body)
    except Rejected as rejection:
        _note_refusal(corpid, rejection)
        return 403, b""
    except Malformed:
        return 400, b""
    except (DatabaseError, InterfaceError, SecretUnreadable) as problem:
        logger.error("callback not stored, WeCom will come again: %s", type(problem).__name__)
        return 500, b""


def _answer_twice(corpid: str, query: str, body: bytes | None) -> bytes:
    """A connection that the server has closed meanwhile is replaced, once. Storing twice stores one row."""
    try:
        return _answer(corpid, query, body)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _answer(corpid, query, body)


def _answer(corpid: str, query: str, body: bytes | None) -> bytes:
    return _echo(corpid, query) if body is None else _receive(corpid, query, body)


def _body(content_length: str, read: Read) -> bytes:
    """At most 64 KiB; more is refused unread."""
    if content_length:
        if len(content_length) > 9 or not content_length.isdecimal() or int(content_length) > MAX_BODY:
            raise Malformed("too large")
        return read(int(content_length))
    body = read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise Malformed("too large")
    return body


def _echo(corpid: str, query: str) -> bytes:
    """The plain text of `echostr`, which proves to WeCom that URL, token and key belong together (doc 90930)."""
    given = _parameters(query)
    plain = _open(corpid, given, given.get("echostr", ""))
    Corp.objects.filter(corpid=corpid).exclude(callback_refused_for="").update(callback_refused_for="")
    return plain


def _receive(corpid: str, query: str, body: bytes) -> bytes:
    given = _parameters(query)
    keys = _keys_of(corpid)
    envelope = parse(body)
    payload = parse(_open_with(keys, given, _text(envelope, "Encrypt")))
    try:
        fresh = _store(keys.corp_id, payload)
    except IntegrityError:  # the corp's row was replaced within the last seconds
        forget()
        fresh = _store(_keys_of(corpid).corp_id, payload)
    if fresh:
        doorbell.ring(_lane(payload))
    return b"success"


def _parameters(query: str) -> dict[str, str]:
    if len(query) > MAX_BODY:
        raise Malformed("query too long")
    return {name: values[0] for name, values in parse_qs(query, errors="replace").items()}


def _open(corpid: str, given: dict[str, str], encrypt: str) -> bytes:
    return _open_with(_keys_of(corpid), given, encrypt)


def _open_with(keys: Keys, given: dict[str, str], encrypt: str) -> bytes:
    signature, timestamp, nonce = (given.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
    return keys.crypto.open(signature, timestamp, nonce, encrypt)


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name, "")
    return value if isinstance(value, str) else ""


# --- the inbox row ---

INSERT = """
INSERT INTO wecom_inboxevent (corp_id, key, event, change_type, userid, external_userid, payload, lane, state,
                              attempts, next_try_at, error, traceback, received_at, created_at_wecom)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'pending', 0, now() + %s, '', '', now() + %s, %s)
ON CONFLICT (corp_id, key) DO NOTHING
"""


def _store(corp_id: int, payload: dict[str, Any]) -> bool:
    """Write the event down, in its own committed statement; False when it is there already."""
    offset = clock.offset()
    event = _text(payload, "Event") or _text(payload, "MsgType")
    created = _text(payload, "CreateTime")
    values: tuple[Any, ...] = (
        corp_id,
        key_of(payload),
        event[:100],
        _text(payload, "ChangeType")[:100],
        _text(payload, "UserID")[:128],
        _text(payload, "ExternalUserID")[:128],
        json.dumps(payload, ensure_ascii=False),
        _lane(payload),
        offset,
        offset,
        moment(int(created)) if created.isdecimal() and len(created) < 12 else None,
    )
    connection.ensure_connection()
    # psycopg2's own cursor: Django's wrapper around it costs as much as the signature, the cipher and the parser.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        inserted: int = cursor.rowcount
    return inserted == 1


def key_of(payload: dict[str, Any]) -> str:
    """A hash that is equal for repeated deliveries of one event and differs between any two events.

    Changes of contacts, chats and tags are told apart by the fields that identify them; of everything else the whole
    payload counts, for nobody promises which of its fields do.
    """
    known = _text(payload, "Event").startswith("change_")
    parts = [payload.get(name, "") for name in IDENTITY] if known else payload
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _lane(payload: dict[str, Any]) -> str:
    """A welcome code lives for 20 seconds: its event goes first."""
    return Lane.URGENT.value if payload.get("WelcomeCode") else Lane.DEFAULT.value


# --- the corps' keys ---

_keys: dict[str, Keys] = {}
_strangers = [0.0, 0]  # the second, and how many unknown corpids were looked up in it
_lock = threading.Lock()


def forget() -> None:
    """Drop the kept keys: the next callback reads them anew."""
    _keys.clear()


def _keys_of(corpid: str) -> Keys:
    """Raises Rejected for a corp that is not ours."""
    keys = _keys.get(corpid)
    if keys is None or keys.until < time.monotonic():
        keys = _read_keys(corpid, known=keys is not None)
    return keys


def _read_keys(corpid: str, *, known: bool) -> Keys:
    if not known and _too_many_strangers():
        raise Rejected(Culprit.CORPID)
    corp = Corp.objects.filter(corpid=corpid).first() if len(corpid) <= 64 and "\x00" not in corpid else None
    if corp is None:
        _keys.pop(corpid, None)
        raise Rejected(Culprit.CORPID)
    try:
        crypto = CallbackCrypto(corp.callback_token, corp.aes_key, corp.corpid)
    except ValueError:
        raise Rejected(Culprit.AES_KEY) from None
    keys = _keys[corpid] = Keys(corp.pk, crypto, time.monotonic() + KEYS_SECONDS)
    return keys


def _too_many_strangers() -> bool:
    """Junk under ever new corpids must not become a query each."""
    second = time.monotonic() // 1
    with _lock:
        if _strangers[0] != second:
            _strangers[:] = [second, 0]
        _strangers[1] += 1
        return _strangers[1] > STRANGERS_PER_SECOND


# --- what the doctor may want to know ---

_noted: dict[str, float] = {}


def _note_refusal(corpid: str, rejection: Rejected) -> None:
    """Keep, at most once a minute, which setting a refused callback disagreed with."""
    keys = _keys.get(corpid)
    now = time.monotonic()
    if keys is None or now - _noted.get(corpid, -REFUSAL_SECONDS) < REFUSAL_SECONDS:
        return
    _noted[corpid] = now
    try:
        Corp.objects.filter(pk=keys.corp_id).update(
            callback_refused_at=clock.now(), callback_refused_for=rejection.culprit.value
        )
    except (DatabaseError, InterfaceError):
        logger.warning("a refused callback could not be noted")
