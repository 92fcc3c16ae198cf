"""Temporary chats (doc 92228): a code for one customer, a chat that ends by itself, and what he gets then.

What the end does to the friendship is not documented. Here the customer is out of the member's list afterwards, as if
the member had deleted him, and no event tells of it.
"""

import json
import sqlite3
from typing import Any

from wecom.sandbox import corps, mass
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible, customer, relation
from wecom.sandbox.store import Db, Store, dumps

CODE_LIFETIME = 7 * 86400
CHAT_LIFETIME = 86400
PRECEDENCE = ("image", "link", "miniprogram")  # of several, only the first is sent


def refuse_scan(db: Db, corp: Corp, way: sqlite3.Row, external_userid: str, now: float) -> None:
    """A code works once, for a while, and perhaps for one person only."""
    body = json.loads(way["body"])
    if way["scans"]:
        raise Impossible("Somebody has been added with this code already.")
    if now >= way["created"] + (body.get("expires_in") or CODE_LIFETIME):
        raise Impossible("This code has expired.")
    person = customer(db, corp, external_userid)
    wanted = body.get("unionid")
    if wanted and (person is None or person["unionid"] != wanted):
        raise Impossible("This code is for somebody else.")


def begin(db: Db, corp: Corp, body: dict[str, Any], userid: str, external_userid: str, now: float) -> None:
    """The customer has been added: from now on the chat is running out."""
    follow = relation(db, corp, userid, external_userid)
    if follow is None:
        raise Impossible("They are not friends.")
    ends = int(now) + (body.get("chat_expires_in") or CHAT_LIFETIME)
    db.execute(
        "INSERT OR REPLACE INTO temp_chat (follow_id, corpid, began, ends, conclusions) VALUES (?, ?, ?, ?, ?)",
        (follow["id"], corp.corpid, follow["createtime"], ends, dumps(body.get("conclusions") or {})),
    )


def running(db: Db, follow: sqlite3.Row) -> sqlite3.Row | None:
    """The chat, unless one of the two has deleted the other since it began."""
    row: sqlite3.Row | None = db.execute(
        "SELECT t.* FROM temp_chat t JOIN follow f ON f.id = t.follow_id WHERE f.id = ? AND f.createtime = t.began"
        " AND f.state IN ('friend', 'half')",
        (follow["id"],),
    ).fetchone()
    return row


def close(db: Db, corp: Corp, follow: sqlite3.Row, now: float) -> None:
    """Ends the chat now; the conclusions are sent first."""
    chat = running(db, follow)
    if chat is None:
        raise Impossible("This is no temporary chat.")
    message = _message(json.loads(chat["conclusions"]))
    if message["text"] or message["attachments"]:
        mass.deliver(db, corp, follow["external_userid"], follow["userid"], now, "conclusion", dumps(message))
    db.execute("DELETE FROM temp_chat WHERE follow_id = ?", (follow["id"],))
    db.execute("UPDATE follow SET state = 'dropped', ended_at = ? WHERE id = ?", (int(now), follow["id"]))
    db.execute("DELETE FROM follow_tag WHERE follow_id = ?", (follow["id"],))


def settle(store: Store, now: float) -> bool:
    """Chats whose time is over end, each at its own moment. True if any did."""
    with store.reading() as db:
        if not _over(db, now):
            return False
    with store.transaction() as db:
        for follow in _over(db, now):
            corp = corps.find(db, follow["corpid"])
            if corp is not None and running(db, follow):
                close(db, corp, follow, follow["ends"])
            db.execute("DELETE FROM temp_chat WHERE follow_id = ?", (follow["id"],))
    return True


def _over(db: Db, now: float) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT f.*, t.ends FROM temp_chat t JOIN follow f ON f.id = t.follow_id WHERE t.ends <= ? ORDER BY t.ends",
        (now,),
    ).fetchall()


def _message(conclusions: dict[str, Any]) -> dict[str, Any]:
    """As phones show a message: the text, and the first of image, link and mini-program."""
    kinds = [kind for kind in PRECEDENCE if conclusions.get(kind)][:1]
    return {
        "text": (conclusions.get("text") or {}).get("content", ""),
        "attachments": [{"msgtype": kind, kind: conclusions[kind]} for kind in kinds],
    }
