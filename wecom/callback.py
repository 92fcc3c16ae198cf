"""Where WeCom calls us: `/wecom/callback/<corpid>/`, answered in front of Django's middleware (design §5).

GET is WeCom's check of the URL, POST an event. 200 only after the inbox row is committed; 500 when the database
fails, so that WeCom comes again; 403 for whatever is not signed and encrypted for this corp; 400 for what is not
WeCom's XML. No answer says more than that.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, InterfaceError, connection, connections

from wecom import clock, doorbell, keyring
from wecom.crypto import Culprit, Rejected
from wecom.database import went_away
from wecom.envelope import Malformed, encrypted, parse
from wecom.keyring import Keys
from wecom.models.corp import Corp
from wecom.models.inbox import Lane
from wecom.payloads import moment
from wecom.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

PATH = "/wecom/callback/"
MAX_BODY = 64 * 1024
MAX_QUERY = 8 * 1024  # an echostr is a few hundred characters
MAX_PARAMETERS = 20
REFUSAL_SECONDS = 60.0  # how often a refusal is written down for the doctor
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
    except (DatabaseError, InterfaceError) as problem:
        if connection.in_atomic_block or not went_away(problem):
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
    plain, _keys = _open(corpid, given, given.get("echostr", ""))
    Corp.objects.filter(corpid=corpid).update(callback_checked_at=clock.now(), callback_refused_for="")
    _noted.clear()
    return plain


def _receive(corpid: str, query: str, body: bytes) -> bytes:
    """Junk ends at the signature: before XML is parsed, anything is decrypted or the database is asked."""
    plain, keys = _open(corpid, _parameters(query), encrypted(body))
    payload = parse(plain)
    try:
        fresh = _store(keys.corp_id, payload)
    except IntegrityError:  # the corp's row was replaced within the last seconds
        forget()
        fresh = _store(keyring.keys_of(corpid).corp_id, payload)
    if fresh:
        doorbell.ring(_lane(payload))
    return b"success"


def _parameters(query: str) -> dict[str, str]:
    if len(query) > MAX_QUERY:
        raise Malformed("query too long")
    try:
        parameters = parse_qs(query, errors="replace", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Malformed("too many parameters") from None
    return {name: values[0] for name, values in parameters.items()}


def _open(corpid: str, given: dict[str, str], encrypt: str) -> tuple[bytes, Keys]:
    """The plain message and the keys that opened it. Keys may have been changed by another process a moment ago."""
    keys = keyring.keys_of(corpid)
    signature, timestamp, nonce = (given.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
    try:
        return keys.crypto.open(signature, timestamp, nonce, encrypt), keys
    except Rejected:
        newer = keyring.keys_of(corpid, younger_than=keyring.YOUNG)
        if newer is keys:
            raise
    return newer.crypto.open(signature, timestamp, nonce, encrypt), newer


def forget() -> None:
    """Drop the kept keys: the next callback reads them anew."""
    keyring.forget()


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
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    # psycopg2's own cursor: Django's wrapper around it costs as much as the signature, the cipher and the parser.
    with database.wrap_database_errors, database.connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        inserted: int = cursor.rowcount
    return inserted == 1


def key_of(payload: dict[str, Any]) -> str:
    """A hash that is equal for repeated deliveries of one event and differs between any two events.

    Changes of customers, chats and tags are told apart by the fields that identify them; of everything else the whole
    payload counts, for nobody promises which of its fields do.
    """
    known = _text(payload, "Event").startswith("change_external_")
    parts = [payload.get(name, "") for name in IDENTITY] if known else payload
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _lane(payload: dict[str, Any]) -> str:
    """A welcome code lives for 20 seconds: its event goes first."""
    return Lane.URGENT.value if payload.get("WelcomeCode") else Lane.DEFAULT.value


# --- what the doctor may want to know ---

_noted: dict[tuple[str, Culprit], float] = {}


def _note_refusal(corpid: str, rejection: Rejected) -> None:
    """Keep, at most once a minute, which setting a refused callback disagreed with."""
    keys = keyring.kept(corpid)
    now = time.monotonic()
    if keys is None or now - _noted.get((corpid, rejection.culprit), -REFUSAL_SECONDS) < REFUSAL_SECONDS:
        return
    _noted[corpid, rejection.culprit] = now
    try:
        Corp.objects.filter(pk=keys.corp_id).update(
            callback_refused_at=clock.now(), callback_refused_for=rejection.culprit.value
        )
    except (DatabaseError, InterfaceError):
        logger.warning("a refused callback could not be noted")
