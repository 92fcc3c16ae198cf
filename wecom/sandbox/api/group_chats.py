"""Customer groups (docs 92120, 92122), read only: groups are made on phones."""

import hashlib
import json
import sqlite3
from typing import Any

from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError

MOST_STAFF_UNFILTERED = 1000


@endpoint("POST", "externalcontact/groupchat/list", empty={"group_chat_list": []})
def list_chats(call: Call) -> dict[str, Any]:
    status = call.body.integer("status_filter", most=3)
    owners = call.body.inner("owner_filter").texts("userid_list", most=100)
    limit = call.body.integer("limit", missing=40063, least=1, most=1000)
    scope = f"{call.scope}.{status}.{','.join(sorted(owners)).lower()}"
    rows = call.db.execute(
        "SELECT g.id, g.chat_id, g.status FROM group_chat g WHERE g.corpid = ? AND g.id > ? AND g.status >= 0"
        " AND (? = 0 OR g.status = ?) AND (? = '[]' OR g.owner IN (SELECT value COLLATE NOCASE FROM json_each(?)))"
        " ORDER BY g.id LIMIT ?",
        (
            call.corp.corpid,
            cursors.decode(scope, call.body.text("cursor")),
            status,
            status,
            json.dumps(owners),
            json.dumps(owners),
            limit + 1,
        ),
    ).fetchall()
    shown = [{"chat_id": row["chat_id"], "status": row["status"]} for row in rows[:limit]]
    more = {"next_cursor": cursors.encode(scope, rows[limit - 1]["id"])} if len(rows) > limit else {}
    return {"group_chat_list": shown, **more}


@endpoint("POST", "externalcontact/groupchat/get", empty={"group_chat": {}})
def get_chat(call: Call) -> dict[str, Any]:
    need_name = call.body.integer("need_name", most=1)
    row = call.db.execute(
        "SELECT * FROM group_chat WHERE chat_id = ? AND corpid = ?",
        (call.body.text("chat_id", missing=40063), call.corp.corpid),
    ).fetchone()
    if row is None:
        raise ApiError(90501)
    if row["status"] < 0:  # dismissed
        raise ApiError(49008)
    return {"group_chat": _shown(row, with_names=bool(need_name))}


def _shown(row: sqlite3.Row, *, with_names: bool) -> dict[str, Any]:
    members = [
        {name: value for name, value in member.items() if with_names or name != "name"}
        for member in json.loads(row["members"])
    ]
    return {
        "chat_id": row["chat_id"],
        "name": row["name"],
        "owner": row["owner"],
        "create_time": row["create_time"],
        "notice": row["notice"],
        "member_list": members,
        "admin_list": [{"userid": userid} for userid in json.loads(row["admins"])],
        "member_version": member_version(row["members"]),
    }


def member_version(members: str) -> str:
    return hashlib.md5(members.encode(), usedforsecurity=False).hexdigest()
