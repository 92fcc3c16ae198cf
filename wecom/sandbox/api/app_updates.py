"""Changing cards that were sent (doc 94888): with a response_code, which works once and for 72 hours."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import app_phone
from wecom.sandbox.api.app_cards import INTERACTIVE, card
from wecom.sandbox.api.app_messages import MOST_PARTIES, MOST_TAGS, MOST_USERS, own_agent
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import staff_of_department
from wecom.sandbox.store import dumps


@endpoint("POST", "message/update_template_card", empty={"invaliduser": []})
def update_template_card(call: Call) -> dict[str, Any]:
    """A new card, or new words on buttons that can no longer be pressed. Nobody of those named has it: 81013."""
    own_agent(call)
    msgid = _msgid(call)
    cards = {row["userid"].lower(): row for row in _received(call, msgid)}
    asked = _asked(call, list(cards))
    valid = [cards[one] for one in asked if one in cards]
    if not valid:
        raise ApiError(81013)
    for row in valid:
        changed = _changed(call, json.loads(row["content"]))
        call.db.execute("UPDATE app_message SET content = ? WHERE id = ?", (dumps(changed), row["id"]))
    app_phone.use_code(call.db, call.body.text("response_code"), call.now)
    return {"invaliduser": [one for one in asked if one not in cards]}


def _msgid(call: Call) -> str:
    """Of the card that the code belongs to: 40035 for a code that is unknown, used, too old, or another app's."""
    msgid = app_phone.message_of_code(call.db, call.app, call.body.text("response_code", missing=40063), call.now)
    if not msgid:
        raise ApiError(40035, "invalid response_code")
    return msgid


def _received(call: Call, msgid: str) -> list[sqlite3.Row]:
    return call.db.execute("SELECT * FROM app_message WHERE msgid = ? ORDER BY id", (msgid,)).fetchall()


def _asked(call: Call, everybody: list[str]) -> list[str]:
    """Lower-cased userids."""
    if call.body.integer("atall", most=1):
        return everybody
    users = call.body.texts("userids", most=MOST_USERS, over=40032)
    parties, tags = call.body.integers("partyids"), call.body.integers("tagids")
    if len(parties) > MOST_PARTIES or len(tags) > MOST_TAGS:
        raise ApiError(82002 if len(parties) > MOST_PARTIES else 82003)
    for party in parties:
        users += staff_of_department(call.db, call.corp, party)
    for tag in tags:
        users += app_phone.tagged(call.db, call.corp, str(tag))
    return list(dict.fromkeys(one.lower() for one in users))


def _changed(call: Call, message: dict[str, Any]) -> dict[str, Any]:
    if "template_card" in call.body:
        return {"msgtype": "template_card", "card": card(call, call.body.inner("template_card"))}
    words = call.body.inner("button").text("replace_name", missing=40063)
    if message["card"]["card_type"] not in INTERACTIVE:
        raise ApiError(40035, "the card has no buttons")
    return {**message, "closed": words}
