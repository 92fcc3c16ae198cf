"""Groups greet newcomers with the template that their owner chose (doc 92366)."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import mass
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db, dumps

NICKNAME = "%NICKNAME%"
PARTS = ("image", "link", "miniprogram", "file", "video")  # the first of them that is there wins


def find(db: Db, corp: Corp, template_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM group_welcome WHERE template_id = ? AND corpid = ?", (template_id, corp.corpid)
    ).fetchone()
    return row


def winner(body: dict[str, Any]) -> str | None:
    """The name of the part that WeCom sends besides the text."""
    return next((name for name in PARTS if body.get(name)), None)


def greet(db: Db, corp: Corp, chat: sqlite3.Row, newcomer: dict[str, Any], now: float) -> None:
    """The newcomer's phone shows the template, unless it was deleted."""
    template = find(db, corp, chat["welcome"])
    if template is None:
        return
    body = json.loads(template["body"])
    part = winner(body)
    message = {
        "text": body.get("text", {}).get("content", "").replace(NICKNAME, newcomer["name"]),
        "attachments": [{"msgtype": part, part: body[part]}] if part else [],
    }
    mass.deliver(
        db, corp, newcomer["userid"], chat["owner"], now, "group_welcome", dumps(message), chat_id=chat["chat_id"]
    )
