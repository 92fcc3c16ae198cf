"""Contact ways 联系我 (doc 92228): QR codes that lead a customer to one or several staff."""

import json
from typing import Any

from wecom.sandbox import chance, corps, members, standing, temp_chats
from wecom.sandbox.api import cursors
from wecom.sandbox.api.conclusions import conclusions, shown_conclusions
from wecom.sandbox.api.customers import readable
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.clock import local
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import members_of, ways_made
from wecom.sandbox.store import dumps

MOST_MEMBERS = 100
LISTED = 90 * 86400
LONGEST_TEMPORARY = 14 * 86400
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
    way |= {"is_temp": call.body.flag("is_temp"), "is_exclusive": call.body.flag("is_exclusive")}
    way |= _changes(call, way)
    _refuse_more(call, way)
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


def _refuse_more(call: Call, way: dict[str, Any]) -> None:
    """41045 at the cap. Temporary ones do not count there: their cap is one of the day (45009), and only certain
    industries may make any (41200)."""
    if not way["is_temp"]:
        if ways_made(call.db, call.corp) >= call.corp.knobs.contact_way_cap:
            raise ApiError(41045)
    elif way["type"] != SINGLE:
        raise ApiError(41039)
    elif not call.corp.knobs.temp_chats:
        raise ApiError(41200)
    elif _temporary_today(call) >= call.corp.knobs.temp_way_cap:
        raise ApiError(45009)


def _temporary_today(call: Call) -> int:
    midnight = local(call.now).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    count: int = call.db.execute(
        "SELECT count(*) FROM contact_way WHERE corpid = ? AND created >= ? AND json_extract(body, '$.is_temp')",
        (call.corp.corpid, midnight),
    ).fetchone()[0]
    return count


def _changes(call: Call, way: dict[str, Any]) -> dict[str, Any]:
    """The fields that add and update share, checked; only those that the request has.

    What is for temporary chats only is ignored in other ways (doc 92228).
    """
    body = call.body
    values: dict[str, Any] = {
        "style": _style(call, way),
        "remark": body.text("remark", chars=30),
        "skip_verify": body.flag("skip_verify", default=True),
        "state": body.text("state", chars=30),
        "user": body.texts("user", most=MOST_MEMBERS, over=41041),
        "party": body.integers("party"),
        "mark_source": body.flag("mark_source", default=True),
    }
    temporary = {
        "expires_in": body.integer("expires_in", most=LONGEST_TEMPORARY),
        "chat_expires_in": body.integer("chat_expires_in", most=LONGEST_TEMPORARY),
        "unionid": body.text("unionid"),
        "conclusions": conclusions(call),
    }
    values |= temporary if way["is_temp"] else {}
    return {name: value for name, value in values.items() if name in body}


def _style(call: Call, way: dict[str, Any]) -> int:
    """How the button in a mini-program looks: 1 to 3 for one member, 1 or 2 for several; else 41042."""
    style = call.body.integer("style")
    if "style" in call.body and way["scene"] != QR and not 1 <= style <= (3 if way["type"] == SINGLE else 2):
        raise ApiError(41042)
    return style


def _check_members(call: Call, way: dict[str, Any]) -> None:
    for userid in way["user"]:
        row = corps.staff(call.db, call.corp.corpid, userid)
        if row is None:
            raise ApiError(41054 if members.inactive(call.db, call.corp, userid) else 60111)
        if not standing.of(call.db, call.corp, userid, call.now).activated:
            raise ApiError(41054)
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


@endpoint("POST", "externalcontact/get_contact_way", empty={"contact_way": {}}, reads=True)
def get(call: Call) -> dict[str, Any]:
    config_id, way = _existing(call)
    if way.get("conclusions"):
        way["conclusions"] = shown_conclusions(call, way["conclusions"])
    return {"contact_way": {"config_id": config_id, **way}}


@endpoint("POST", "externalcontact/list_contact_way", empty={"contact_way": []}, reads=True)
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
    way |= _changes(call, way)
    _check_members(call, way)
    call.db.execute("UPDATE contact_way SET body = ? WHERE config_id = ?", (dumps(way), config_id))
    return {}


@endpoint("POST", "externalcontact/del_contact_way")
def delete(call: Call) -> dict[str, Any]:
    config_id, _ = _existing(call)
    call.db.execute("DELETE FROM contact_way WHERE config_id = ?", (config_id,))
    return {}


@endpoint("POST", "externalcontact/close_temp_chat")
def close_temp_chat(call: Call) -> dict[str, Any]:
    """The conclusions are sent and the chat ends. 40035 for a chat that is not temporary (no code is documented)."""
    row = readable(call, call.body.text("userid", missing=41009), call.body.text("external_userid", missing=41035))
    if temp_chats.running(call.db, row) is None:
        raise ApiError(40035)
    temp_chats.close(call.db, call.corp, row, call.now)
    return {}
