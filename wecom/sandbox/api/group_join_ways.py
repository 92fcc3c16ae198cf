"""Join ways 「加入群聊」 (doc 92229): QR codes that lead a customer into one of up to five groups."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import chance, join_ways
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.group_chats import chat
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import ways_made
from wecom.sandbox.store import dumps

MOST_GROUPS = 5
REMARK = 30  # characters, the rest is cut


@endpoint("POST", "externalcontact/groupchat/add_join_way", empty={"config_id": ""})
def add(call: Call) -> dict[str, Any]:
    way = _body(call)
    if ways_made(call.db, call.corp) >= call.corp.knobs.contact_way_cap:
        raise ApiError(41045)
    config_id = chance.hexadecimal(call.world.seed, "config_id", call.world.store.number(call.db, "config_id"))
    call.db.execute(
        "INSERT INTO join_way (config_id, corpid, agentid, body) VALUES (?, ?, ?, ?)",
        (config_id, call.corp.corpid, call.app.agentid, dumps(way)),
    )
    return {"config_id": config_id}


def _body(call: Call) -> dict[str, Any]:
    body = call.body
    if body.integer("scene", missing=41038) not in (1, 2):
        raise ApiError(41040)
    chat_ids = body.texts("chat_id_list", missing=40063, most=MOST_GROUPS, over=41091)
    for chat_id in chat_ids:
        chat(call, chat_id)
    return {
        "scene": body.integer("scene"),
        "remark": body.text("remark")[:REMARK],
        "auto_create_room": body.integer("auto_create_room", default=1, most=1),
        "room_base_name": body.text("room_base_name", chars=40),
        "room_base_id": body.integer("room_base_id"),
        "chat_id_list": chat_ids,
        "state": body.text("state", chars=30),
        "mark_source": body.flag("mark_source", default=True),
    }


def _existing(call: Call) -> sqlite3.Row:
    row = join_ways.find(call.db, call.corp.corpid, call.body.text("config_id", missing=41043))
    if row is None:
        raise ApiError(41044)
    return row


@endpoint("POST", "externalcontact/groupchat/get_join_way", empty={"join_way": {}}, reads=True)
def get(call: Call) -> dict[str, Any]:
    row = _existing(call)
    base = (call.world.public_url or call.request.host_url).rstrip("/")
    way = {"config_id": row["config_id"], **json.loads(row["body"])}
    return {"join_way": {**way, "qr_code": f"{base}/join/{row['config_id']}"}}


@endpoint("POST", "externalcontact/groupchat/update_join_way")
def update(call: Call) -> dict[str, Any]:
    """Replaces everything: groups that opened by themselves are no longer filled, and their numbers begin anew."""
    config_id = _existing(call)["config_id"]
    call.db.execute("UPDATE join_way SET body = ?, rooms = '[]' WHERE config_id = ?", (dumps(_body(call)), config_id))
    return {}


@endpoint("POST", "externalcontact/groupchat/del_join_way")
def delete(call: Call) -> dict[str, Any]:
    call.db.execute("DELETE FROM join_way WHERE config_id = ?", (_existing(call)["config_id"],))
    return {}
