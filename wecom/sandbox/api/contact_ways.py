"""Contact ways 联系我 (doc 92228): QR codes that lead a customer to one or several staff."""

import json
from typing import Any

from wecom.sandbox import chance, corps
from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import members_of
from wecom.sandbox.store import dumps

MOST_MEMBERS = 100
LISTED = 90 * 86400
SINGLE, MULTI = 1, 2
QR = 2


@endpoint("POST", "externalcontact/add_contact_way", empty={"config_id": "", "qr_code": ""})
def add(call: Call) -> dict[str, Any]:
    kind = call.body.integer("type", missing=41037)
    scene = call.body.integer("scene", missing=41038)
    if kind not in (SINGLE, MULTI):
        raise ApiError(41039)
    if scene not in (1, QR):
        raise ApiError(41040)
    way = {"type": kind, "scene": scene, "skip_verify": True, "remark": "", "state": "", "user": [], "party": []}
    way |= _changes(call)
    way["is_temp"] = call.body.flag("is_temp")
    way["is_exclusive"] = call.body.flag("is_exclusive")
    _check_members(call, way)
    config_id = chance.hexadecimal(call.world.seed, "config_id", call.world.store.number(call.db, "config_id"))
    way["qr_code"] = _qr_code(call, config_id) if scene == QR else ""
    call.db.execute(
        "INSERT INTO contact_way (config_id, corpid, agentid, body, created) VALUES (?, ?, ?, ?, ?)",
        (config_id, call.corp.corpid, call.app.agentid, dumps(way), call.second),
    )
    return {"config_id": config_id, **({"qr_code": way["qr_code"]} if scene == QR else {})}


def _qr_code(call: Call, config_id: str) -> str:
    base = call.world.public_url or call.request.host_url
    return f"{base.rstrip('/')}/qr/{config_id}"


def _changes(call: Call) -> dict[str, Any]:
    """The fields that add and update share, checked; only those that the request has."""
    body = call.body
    values: dict[str, Any] = {
        "style": body.integer("style"),
        "remark": body.text("remark", chars=30),
        "skip_verify": body.flag("skip_verify", default=True),
        "state": body.text("state", chars=30),
        "user": body.texts("user", most=MOST_MEMBERS, over=41041),
        "party": body.integers("party"),
        "expires_in": body.integer("expires_in", most=14 * 86400),
        "chat_expires_in": body.integer("chat_expires_in", most=14 * 86400),
        "unionid": body.text("unionid"),
        "mark_source": body.flag("mark_source", default=True),
    }
    body.inner("conclusions")
    values["conclusions"] = body.raw("conclusions")
    return {name: value for name, value in values.items() if name in body}


def _check_members(call: Call, way: dict[str, Any]) -> None:
    for userid in way["user"]:
        if corps.staff(call.db, call.corp.corpid, userid) is None:
            raise ApiError(60111)
        if corps.serving(call.db, call.app, userid) is None:
            raise ApiError(84074)
    if way["type"] == SINGLE and (len(way["user"]) != 1 or way["party"]):
        raise ApiError(41041)
    if not 1 <= len(members_of(call.db, call.corp, way)) <= MOST_MEMBERS:
        raise ApiError(41041)


def _existing(call: Call) -> tuple[str, dict[str, Any]]:
    row = call.db.execute(
        "SELECT * FROM contact_way WHERE config_id = ? AND corpid = ? AND agentid = ?",
        (call.body.text("config_id", missing=41043), call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None:
        raise ApiError(41044)
    return row["config_id"], json.loads(row["body"])


@endpoint("POST", "externalcontact/get_contact_way", empty={"contact_way": {}})
def get(call: Call) -> dict[str, Any]:
    config_id, way = _existing(call)
    return {"contact_way": {"config_id": config_id, **way}}


@endpoint("POST", "externalcontact/list_contact_way", empty={"contact_way": []})
def list_(call: Call) -> dict[str, Any]:
    """The app's own, without the temporary ones; made in the last 90 days unless a window is given."""
    start = call.body.integer("start_time", default=call.second - LISTED)
    end = call.body.integer("end_time", default=call.second)
    limit = call.body.integer("limit", default=100, most=1000) or 100
    scope = f"{call.scope}.{call.body.raw('start_time')}.{call.body.raw('end_time')}"
    rows = call.db.execute(
        "SELECT rowid, config_id FROM contact_way WHERE corpid = ? AND agentid = ? AND created BETWEEN ? AND ?"
        " AND rowid > ? AND NOT json_extract(body, '$.is_temp') ORDER BY rowid LIMIT ?",
        (call.corp.corpid, call.app.agentid, start, end, cursors.decode(scope, call.body.text("cursor")), limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {"contact_way": [{"config_id": row["config_id"]} for row in rows[:limit]]}
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(scope, rows[limit - 1]["rowid"])
    return answer


@endpoint("POST", "externalcontact/update_contact_way")
def update(call: Call) -> dict[str, Any]:
    """`user` and `party` replace what was there."""
    config_id, way = _existing(call)
    way |= _changes(call)
    _check_members(call, way)
    call.db.execute("UPDATE contact_way SET body = ? WHERE config_id = ?", (dumps(way), config_id))
    return {}


@endpoint("POST", "externalcontact/del_contact_way")
def delete(call: Call) -> dict[str, Any]:
    config_id, _ = _existing(call)
    call.db.execute("DELETE FROM contact_way WHERE config_id = ?", (config_id,))
    return {}
