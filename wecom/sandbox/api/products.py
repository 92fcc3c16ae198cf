"""The product album (doc 95096). Every app sees all products and changes only those that it made."""

import json
import re
import sqlite3
from typing import Any

from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import dumps

DESCRIPTION_CHARS = 300
HIGHEST_PRICE = 5_000_000  # fen
SN = re.compile(r"[A-Za-z0-9]*")
SN_BYTES = 128
MOST_PICTURES = 9
DEFAULT_LISTED, MOST_LISTED = 50, 100


@endpoint("POST", "externalcontact/add_product_album", empty={"product_id": ""})
def add(call: Call) -> dict[str, Any]:
    call.body.text("description", missing=41087)
    call.body.integer("price", missing=41086)
    call.body.inners("attachments", missing=41088)
    product_id = call.world.store.new_id(call.db, "product", 32)
    product = {"product_id": product_id, "create_time": call.second, "product_sn": "", **_changes(call)}
    call.db.execute(
        "INSERT INTO product (product_id, corpid, agentid, body) VALUES (?, ?, ?, ?)",
        (product_id, call.corp.corpid, call.app.agentid, dumps(product)),
    )
    return {"product_id": product_id}


def _changes(call: Call) -> dict[str, Any]:
    """The fields that the request has, checked."""
    body = call.body
    sn = body.text("product_sn", size=SN_BYTES, over=41085)
    if not SN.fullmatch(sn):
        raise ApiError(41085)
    if "price" in body and body.integer("price") > HIGHEST_PRICE:
        raise ApiError(41086)
    values: dict[str, Any] = {
        "description": body.text("description", chars=DESCRIPTION_CHARS, over=41087),
        "price": body.integer("price"),
        "product_sn": sn,
        "attachments": _pictures(call),
    }
    return {name: value for name, value in values.items() if name in body}


def _pictures(call: Call) -> list[dict[str, Any]]:
    pictures = list(call.body.inners("attachments"))
    if len(pictures) > MOST_PICTURES:
        raise ApiError(41064)
    return [{"type": "image", "image": {"media_id": _picture(call, picture)}} for picture in pictures]


def _picture(call: Call, attachment: Fields) -> str:
    """40007 for a dead media id, 41072 for one that was not uploaded for an album."""
    if attachment.text("type", missing=41065) != "image":
        raise ApiError(41065)
    media_id = attachment.inner("image").text("media_id", missing=40007)
    living(call.db, call.corp, media_id, call.now, "album")
    return media_id


def _existing(call: Call) -> sqlite3.Row:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM product WHERE product_id = ? AND corpid = ?",
        (call.body.text("product_id", missing=41073), call.corp.corpid),
    ).fetchone()
    if row is None:
        raise ApiError(41073)
    if row["deleted"]:
        raise ApiError(41074)
    return row


def _own(call: Call) -> sqlite3.Row:
    row = _existing(call)
    if row["agentid"] != call.app.agentid:
        raise ApiError(41075)
    return row


@endpoint("POST", "externalcontact/get_product_album", empty={"product": {}}, reads=True)
def get(call: Call) -> dict[str, Any]:
    return {"product": json.loads(_existing(call)["body"])}


@endpoint("POST", "externalcontact/get_product_album_list", empty={"product_list": []}, reads=True)
def list_(call: Call) -> dict[str, Any]:
    limit = call.body.integer("limit", default=DEFAULT_LISTED, most=MOST_LISTED) or DEFAULT_LISTED
    rows = call.db.execute(
        "SELECT id, body FROM product WHERE corpid = ? AND NOT deleted AND id > ? ORDER BY id LIMIT ?",
        (call.corp.corpid, cursors.decode(call.scope, call.body.text("cursor")), limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {"product_list": [json.loads(row["body"]) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(call.scope, rows[limit - 1]["id"])
    return answer


@endpoint("POST", "externalcontact/update_product_album")
def update(call: Call) -> dict[str, Any]:
    row = _own(call)
    product = {**json.loads(row["body"]), **_changes(call)}
    call.db.execute("UPDATE product SET body = ? WHERE id = ?", (dumps(product), row["id"]))
    return {}


@endpoint("POST", "externalcontact/delete_product_album")
def delete(call: Call) -> dict[str, Any]:
    call.db.execute("UPDATE product SET deleted = 1 WHERE id = ?", (_own(call)["id"],))
    return {}
