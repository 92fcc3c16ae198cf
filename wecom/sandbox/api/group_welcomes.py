"""Welcome templates of groups (doc 92366). The owner chooses one on his phone."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import group_welcomes
from wecom.sandbox.api.content import CHECKS
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import dumps

MOST, TEXT_BYTES = 100, 3000


@endpoint("POST", "externalcontact/group_welcome_template/add", empty={"template_id": ""})
def add(call: Call) -> dict[str, Any]:
    """41055 at a hundred in the corp, whichever app made them."""
    body = _body(call)
    call.body.integer("notify", default=1, most=1)
    count = call.db.execute("SELECT count(*) FROM group_welcome WHERE corpid = ?", (call.corp.corpid,)).fetchone()[0]
    if count >= MOST:
        raise ApiError(41055)
    template_id = call.world.store.new_id(call.db, "msg")
    call.db.execute(
        "INSERT INTO group_welcome VALUES (?, ?, ?, ?)",
        (template_id, call.corp.corpid, call.app.agentid, dumps(body)),
    )
    return {"template_id": template_id}


def _body(call: Call) -> dict[str, Any]:
    """Text and the part that wins. Parts that lose are not even looked at."""
    text = call.body.inner("text").text("content", size=TEXT_BYTES, over=45002)
    given = {name: call.body.raw(name) for name in group_welcomes.PARTS if call.body.inner(name)}
    part = group_welcomes.winner(given)
    if not text and part is None:
        raise ApiError(40063)
    if part:
        CHECKS[part](call, call.body.inner(part))
    return ({"text": {"content": text}} if text else {}) | ({part: given[part]} if part else {})


def _existing(call: Call, *, own: bool) -> sqlite3.Row:
    """`own`: 41058 if another app made it."""
    row = group_welcomes.find(call.db, call.corp, call.body.text("template_id", missing=40063))
    if row is None:
        raise ApiError(40035)
    if own and row["agentid"] != call.app.agentid:
        raise ApiError(41058)
    return row


@endpoint("POST", "externalcontact/group_welcome_template/edit")
def edit(call: Call) -> dict[str, Any]:
    template_id = _existing(call, own=True)["template_id"]
    call.db.execute("UPDATE group_welcome SET body = ? WHERE template_id = ?", (dumps(_body(call)), template_id))
    return {}


@endpoint("POST", "externalcontact/group_welcome_template/get", reads=True)
def get(call: Call) -> dict[str, Any]:
    return {"text": {"content": ""}, **json.loads(_existing(call, own=False)["body"])}


@endpoint("POST", "externalcontact/group_welcome_template/del")
def delete(call: Call) -> dict[str, Any]:
    template_id = _existing(call, own=True)["template_id"]
    call.db.execute("DELETE FROM group_welcome WHERE template_id = ?", (template_id,))
    return {}
