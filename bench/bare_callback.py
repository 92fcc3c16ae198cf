"""The lower bound of the callback path: the same crypto and insert, and nothing else, as a WSGI application."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import psycopg2
from defusedxml.ElementTree import fromstring

from wecom.sandbox.crypto import decrypt, signed

INSERT = """
INSERT INTO wecom_inboxevent (corp_id, key, event, change_type, userid, external_userid, payload, lane, state,
                              attempts, next_try_at, error, traceback, received_at, created_at_wecom)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'default', 'pending', 0, now(), '', '', now(), to_timestamp(%s))
ON CONFLICT (corp_id, key) DO NOTHING
"""
TOKEN, AES_KEY, CORPID = (os.environ[f"BENCH_{name}"] for name in ("TOKEN", "AES_KEY", "CORPID"))
corp_id = int(os.environ["BENCH_CORP_ID"])
_thread = threading.local()


def cursor() -> Any:
    """Of a connection that the thread keeps."""
    if not hasattr(_thread, "connection"):
        _thread.connection = psycopg2.connect(os.environ["BENCH_DSN"])
        _thread.connection.autocommit = True
    return _thread.connection.cursor()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    envelope = fromstring(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    encrypted = envelope.findtext("Encrypt", "")
    if not signed(TOKEN, query["timestamp"], query["nonce"], encrypted, query["msg_signature"]):
        start_response("403 Forbidden", [("Content-Length", "0")])
        return [b""]
    event = {node.tag: node.text or "" for node in fromstring(decrypt(encrypted, CORPID, AES_KEY))}
    key = hashlib.sha256("".join(event.values()).encode()).hexdigest()
    names = ("Event", "ChangeType", "UserID", "ExternalUserID")
    values = (corp_id, key, *(event[name] for name in names), json.dumps(event), int(event["CreateTime"]))
    with cursor() as statement:
        statement.execute(INSERT, values)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
    return [b"success"]
