"""What became of mass sends (doc 93338). There is no callback: this is polled."""

from typing import Any

from wecom.sandbox import mass
from wecom.sandbox.api import cursors
from wecom.sandbox.api.content import as_sent
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.mass_send import existing
from wecom.sandbox.errors import ApiError

MONTH = 31 * 86400


@endpoint("POST", "externalcontact/get_groupmsg_list_v2", empty={"group_msg_list": []}, reads=True)
def list_messages(call: Call) -> dict[str, Any]:
    """Sends created in a window of at most a month. A limit over 100 falls back to the default of 50."""
    body = call.body
    chat_type = body.text("chat_type", missing=40063)
    start, end = body.integer("start_time", missing=40063), body.integer("end_time", missing=40063)
    kind = body.integer("filter_type", default=2)
    if chat_type not in ("single", "group") or not start <= end <= start + MONTH or kind > 2:
        raise ApiError(40058)
    limit = body.integer("limit", default=50)
    limit = limit if 1 <= limit <= 100 else 50
    scope = f"{call.scope}.{chat_type}.{start}.{end}.{kind}.{body.text('creator')}"
    rows = call.db.execute(
        "SELECT rowid, * FROM mass WHERE corpid = ? AND chat_type = ? AND created >= ? AND created < ? AND rowid > ?"
        " AND (? = '' OR creator = ?) AND (? = 2 OR (creator <> '') = ?) ORDER BY rowid LIMIT ?",
        (
            call.corp.corpid,
            chat_type,
            start,
            end + 1,
            cursors.decode(scope, body.text("cursor")),
            body.text("creator"),
            body.text("creator"),
            kind,
            kind,
            limit + 1,
        ),
    ).fetchall()
    shown = [
        {
            "msgid": row["msgid"],
            **({"creator": row["creator"]} if row["creator"] else {}),
            "create_time": int(row["created"]),
            "create_type": int(bool(row["creator"])),
            **as_sent(row["content"]),
        }
        for row in rows[:limit]
    ]
    return {"group_msg_list": shown, **_next(scope, rows, limit, "rowid")}


def _next(scope: str, rows: list[Any], limit: int, key: str) -> dict[str, str]:
    return {"next_cursor": cursors.encode(scope, rows[limit - 1][key])} if len(rows) > limit else {}


def _dispatched(call: Call) -> str:
    """The msgid; 41063 in the first moments after creation (the corp's knob `dispatch_seconds`)."""
    row = existing(call, call.body)
    if call.now < row["created"] + call.corp.knobs.dispatch_seconds:
        raise ApiError(41063)
    return str(row["msgid"])


def _limit(call: Call) -> int:
    limit = call.body.integer("limit", default=500, most=1000)
    return limit or 500


@endpoint("POST", "externalcontact/get_groupmsg_task", empty={"task_list": []}, reads=True)
def list_tasks(call: Call) -> dict[str, Any]:
    msgid, limit = _dispatched(call), _limit(call)
    scope = f"{call.scope}.{msgid}"
    rows = call.db.execute(
        "SELECT * FROM mass_task WHERE msgid = ? AND id > ? ORDER BY id LIMIT ?",
        (msgid, cursors.decode(scope, call.body.text("cursor")), limit + 1),
    ).fetchall()
    shown = [
        {
            "userid": row["userid"],
            "status": row["status"],
            **({"send_time": row["send_time"]} if row["status"] == mass.CONFIRMED else {}),
        }
        for row in rows[:limit]
    ]
    return {"task_list": shown, **_next(scope, rows, limit, "id")}


@endpoint("POST", "externalcontact/get_groupmsg_send_result", empty={"send_list": []}, reads=True)
def list_results(call: Call) -> dict[str, Any]:
    """Of group sends only what was sent is listed. The last page's `next_cursor` is empty here, not absent."""
    msgid, limit = _dispatched(call), _limit(call)
    group = existing(call, call.body)["chat_type"] == "group"
    userid = call.body.text("userid", missing=41009)
    scope = f"{call.scope}.{msgid}.{userid.lower()}"
    rows = call.db.execute(
        "SELECT * FROM mass_target WHERE msgid = ? AND userid = ? AND id > ? AND (NOT ? OR status = 1)"
        " ORDER BY id LIMIT ?",
        (msgid, userid, cursors.decode(scope, call.body.text("cursor")), group, limit + 1),
    ).fetchall()
    shown = [
        {
            "chat_id" if group else "external_userid": row["target"],
            "userid": row["userid"],
            "status": row["status"],
            **({"send_time": row["send_time"]} if row["status"] == mass.SENT else {}),
        }
        for row in rows[:limit]
    ]
    return {"send_list": shown, "next_cursor": "", **_next(scope, rows, limit, "id")}
