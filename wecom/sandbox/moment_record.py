"""Moments as the phones show them."""

import json
import sqlite3
from typing import Any

from wecom.sandbox.clock import iso
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db

SHOWN = 100


def feed(db: Db, corp: Corp, external_userid: str) -> list[dict[str, Any]]:
    """The posts that the customer sees, newest first."""
    rows = db.execute(
        "SELECT t.moment_id, t.userid, t.published, m.content FROM moment_viewer v"
        " JOIN moment_task t USING (moment_id, userid) JOIN moment m USING (moment_id)"
        " WHERE v.corpid = ? AND v.external_userid = ? AND v.arrived AND m.deleted IS NULL"
        " ORDER BY t.published DESC, t.id DESC LIMIT ?",
        (corp.corpid, external_userid, SHOWN),
    ).fetchall()
    return [_post(db, row) for row in rows]


def _post(db: Db, row: sqlite3.Row) -> dict[str, Any]:
    reactions = db.execute(
        "SELECT kind, by_customer, by_staff FROM moment_reaction WHERE moment_id = ? AND userid = ? ORDER BY id",
        (row["moment_id"], row["userid"]),
    ).fetchall()
    return {
        "moment_id": row["moment_id"],
        "userid": row["userid"],
        "at": iso(row["published"]),
        **json.loads(row["content"]),
        **{
            f"{kind}s": [one["by_customer"] or one["by_staff"] for one in reactions if one["kind"] == kind]
            for kind in ("comment", "like")
        },
    }


def tasks(db: Db, corp: Corp, userid: str, now: float) -> list[dict[str, Any]]:
    """What the member has been asked to publish, open ones first, newest first."""
    rows = db.execute(
        "SELECT t.moment_id, t.published, m.created, m.content, m.tags, m.cancelled, (SELECT count(*) FROM"
        " moment_viewer v WHERE v.moment_id = t.moment_id AND v.userid = t.userid AND v.arrived) AS customers"
        " FROM moment_task t JOIN moment m USING (moment_id)"
        " WHERE t.corpid = ? AND t.userid = ? AND m.creator = '' AND m.created <= ?"
        " ORDER BY t.published IS NOT NULL, m.cancelled IS NOT NULL, t.id DESC LIMIT ?",
        (corp.corpid, userid, now, SHOWN),
    ).fetchall()
    return [
        {
            "moment_id": row["moment_id"],
            "at": iso(row["created"]),
            "open": row["published"] is None and row["cancelled"] is None,
            "published": iso(row["published"]) if row["published"] is not None else None,
            "cancelled": row["cancelled"] is not None,
            "public": row["tags"] == "[]",
            "customers": row["customers"],
            **json.loads(row["content"]),
        }
        for row in rows
    ]
