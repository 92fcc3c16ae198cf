"""Reading the sandbox's own record: what really happened on the phones."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import moment_record, quota, transfers
from wecom.sandbox.clock import iso
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db


def whole(db: Db, corp: Corp) -> dict[str, Any]:
    return {
        "messages": messages(db, corp),
        "mass": [
            _mass(db, row) for row in db.execute("SELECT * FROM mass WHERE corpid = ? ORDER BY rowid", (corp.corpid,))
        ],
        "follows": [
            _follow(db, row) for row in db.execute("SELECT * FROM follow WHERE corpid = ? ORDER BY id", (corp.corpid,))
        ],
        "welcomes": [
            _welcome(row)
            for row in db.execute("SELECT * FROM welcome WHERE corpid = ? ORDER BY rowid", (corp.corpid,))
        ],
    }


def messages(db: Db, corp: Corp, external_userid: str = "") -> list[dict[str, Any]]:
    """Received messages, oldest first; of one customer if named."""
    rows = db.execute(
        "SELECT * FROM received WHERE corpid = ? AND (? = '' OR external_userid = ?) ORDER BY id",
        (corp.corpid, external_userid, external_userid),
    )
    return [
        {
            "id": row["id"],
            "at": iso(row["at"]),
            "external_userid": row["external_userid"],
            "userid": row["userid"],
            "kind": row["kind"],
            "msgid": row["msgid"],
            "chat_id": row["chat_id"],
            **json.loads(row["content"]),
        }
        for row in rows
    ]


def _mass(db: Db, row: sqlite3.Row) -> dict[str, Any]:
    targets = db.execute(
        "SELECT userid, target, status, send_time FROM mass_target WHERE msgid = ? ORDER BY id", (row["msgid"],)
    ).fetchall()
    tasks = db.execute("SELECT userid, status, send_time FROM mass_task WHERE msgid = ? ORDER BY id", (row["msgid"],))
    return {
        "msgid": row["msgid"],
        "at": iso(row["created"]),
        "chat_type": row["chat_type"],
        "sender": row["sender"],
        "creator": row["creator"],
        "external_userids": json.loads(row["asked"]) or [target["target"] for target in targets],
        **json.loads(row["content"]),
        "cancelled": row["cancelled"] is not None,
        "cancelled_at": iso(row["cancelled"]) if row["cancelled"] else None,
        "statuses": {target["target"]: target["status"] for target in targets},
        "sent_at": {target["target"]: iso(target["send_time"]) for target in targets if target["send_time"]},
        "tasks": [dict(task) for task in tasks],
    }


def _follow(db: Db, row: sqlite3.Row) -> dict[str, Any]:
    tags = db.execute("SELECT tag_id FROM follow_tag WHERE follow_id = ? ORDER BY tag_id", (row["id"],))
    return {
        "userid": row["userid"],
        "external_userid": row["external_userid"],
        "state": row["state"],
        "channel": row["channel"],
        "remark": row["remark"],
        "description": row["description"],
        "add_way": row["add_way"],
        "createtime": row["createtime"],
        "ended_at": row["ended_at"],
        "tags": [tag["tag_id"] for tag in tags],
    }


def _welcome(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "code": row["code"],
        "userid": row["userid"],
        "external_userid": row["external_userid"],
        "issued": iso(row["issued"]),
        "used": iso(row["used"]) if row["used"] else None,
    }


def customer(db: Db, corp: Corp, row: sqlite3.Row, now: float) -> dict[str, Any]:
    """Profile, follows, received messages."""
    ident = row["external_userid"]
    follows = db.execute(
        "SELECT * FROM follow WHERE corpid = ? AND external_userid = ? ORDER BY id", (corp.corpid, ident)
    ).fetchall()
    return {
        "external_userid": ident,
        "name": row["name"],
        "type": row["type"],
        "gender": row["gender"],
        "unionid": row["unionid"],
        "quota_left": quota.left(db, corp, ident, now),
        "transfer": _transfer(db, corp, ident),
        "follows": [_follow(db, follow) for follow in follows],
        "messages": messages(db, corp, ident),
        "moments": moment_record.feed(db, corp, ident),
    }


def _transfer(db: Db, corp: Corp, external_userid: str) -> dict[str, str] | None:
    """Between whom he is being handed over, as long as he may refuse."""
    row = transfers.waiting(db, corp, external_userid)
    return {"handover": row["handover"], "takeover": row["takeover"]} if row else None


def staff_phone(db: Db, corp: Corp, row: sqlite3.Row, now: float) -> dict[str, Any]:
    """Mass-send and moments tasks (open ones first, newest first), app messages, customers."""
    key = (corp.corpid, row["userid"])
    tasks = db.execute(
        "SELECT t.*, m.content, m.cancelled, m.chat_type FROM mass_task t JOIN mass m USING (msgid)"
        " WHERE t.corpid = ? AND t.userid = ? AND m.creator = '' ORDER BY t.status, m.cancelled IS NOT NULL, t.id DESC"
        " LIMIT 200",
        key,
    ).fetchall()
    customers = db.execute(
        "SELECT f.external_userid, f.state, f.remark, f.createtime, c.name FROM follow f"
        " JOIN customer c USING (corpid, external_userid) WHERE f.corpid = ? AND f.userid = ?"
        " ORDER BY f.createtime DESC",
        key,
    )
    received = db.execute(
        "SELECT a.at, a.msgid, a.content, s.recalled FROM app_message a LEFT JOIN app_send s USING (msgid)"
        " WHERE a.corpid = ? AND a.userid = ? ORDER BY a.id DESC LIMIT 100",
        key,
    )
    return {
        "userid": row["userid"],
        "name": row["name"],
        "title": row["title"],
        "departments": json.loads(row["departments"]),
        "tasks": [_task(db, task) for task in tasks],
        "moments": moment_record.tasks(db, corp, row["userid"], now),
        "app_messages": [_app_message(one) for one in received],
        "customers": [dict(one) for one in customers],
    }


def _app_message(row: sqlite3.Row) -> dict[str, Any]:
    """Of a message that was taken back, only that is shown."""
    content = json.loads(row["content"]) if row["recalled"] is None else {"msgtype": "recalled"}
    return {"at": iso(row["at"]), "msgid": row["msgid"], **content}


def _task(db: Db, row: sqlite3.Row) -> dict[str, Any]:
    targets = db.execute(
        "SELECT t.target, t.status, coalesce(c.name, g.name) AS name FROM mass_target t"
        " LEFT JOIN customer c ON c.external_userid = t.target AND c.corpid = ?"
        " LEFT JOIN group_chat g ON g.chat_id = t.target WHERE t.msgid = ? AND t.userid = ? ORDER BY t.id",
        (row["corpid"], row["msgid"], row["userid"]),
    )
    return {
        "msgid": row["msgid"],
        "at": iso(row["created"]),
        "chat_type": row["chat_type"],
        "open": row["status"] == 0 and row["cancelled"] is None,
        "status": row["status"],
        "cancelled": row["cancelled"] is not None,
        "send_time": row["send_time"],
        "reminders": db.execute("SELECT count(*) FROM reminder WHERE msgid = ?", (row["msgid"],)).fetchone()[0],
        **json.loads(row["content"]),
        "targets": [dict(target) for target in targets],
    }


def contact_ways(db: Db, corp: Corp) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM contact_way WHERE corpid = ? ORDER BY rowid DESC", (corp.corpid,))
    return [
        {
            "config_id": row["config_id"],
            "scans": row["scans"],
            "created": iso(row["created"]),
            **json.loads(row["body"]),
        }
        for row in rows
    ]


def callbacks(db: Db, corp: Corp) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM callback WHERE corpid = ? ORDER BY id DESC LIMIT 100", (corp.corpid,))
    return [{name: row[name] for name in ("id", "xml", "state", "tries", "answer")} for row in rows]
