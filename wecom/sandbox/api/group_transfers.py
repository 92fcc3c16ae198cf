"""Groups get new owners (docs 92127, 95703): at once, nobody is asked, and no event tells of it."""

import sqlite3
from typing import Any

from wecom.sandbox import groups, standing
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.group_chats import chat
from wecom.sandbox.api.takeovers import heir, verified
from wecom.sandbox.days import DAY, midnight
from wecom.sandbox.errors import ApiError

A_DAY, A_QUARTER = 300, 2  # groups from one member in a day; on-job transfers of one group in 90 natural days


@endpoint("POST", "externalcontact/groupchat/transfer", empty={"failed_chat_list": []})
def of_resigned(call: Call) -> dict[str, Any]:
    return _transfer(call, "resigned")


@endpoint("POST", "externalcontact/groupchat/onjob_transfer", empty={"failed_chat_list": []})
def on_job(call: Call) -> dict[str, Any]:
    return _transfer(call, "onjob")


def _transfer(call: Call, how: str) -> dict[str, Any]:
    """`failed_chat_list`: those that stay; empty when all went."""
    chat_ids = call.body.texts("chat_id_list", missing=40063, most=100)
    owner = heir(call, call.body.text("new_owner", missing=41009))["userid"]
    if not verified(call, owner):
        raise ApiError(41054)
    failed = []
    for chat_id in chat_ids:
        try:
            row = chat(call, chat_id)
            _check(call, row, owner, how)
            groups.inherit(call.world.store, call.db, call.corp, row, owner, how, call.now)
        except ApiError as error:
            failed.append({"chat_id": chat_id, "errcode": error.code, "errmsg": error.text})
    return {"failed_chat_list": failed}


def _check(call: Call, row: sqlite3.Row, owner: str, how: str) -> None:
    """What keeps the group where it is."""
    resigned = row["status"] == groups.RESIGNED
    if row["status"] == groups.INHERITING:
        raise ApiError(90507)
    if how == "resigned" and not resigned:
        raise ApiError(90508 if row["status"] == groups.INHERITED else 90500)
    if how == "onjob" and resigned:
        raise ApiError(90502)
    if row["owner"].lower() == owner.lower():
        raise ApiError(90504)
    if _owned(call, owner) >= call.corp.knobs.group_cap:
        raise ApiError(90503)
    left = standing.of(call.db, call.corp, row["owner"], call.now).resigned
    if how == "resigned" and left < call.now - standing.YEAR:
        raise ApiError(40058, "the owner of this chat resigned over a year ago")
    _check_frequency(call, row, how)


def _owned(call: Call, owner: str) -> int:
    count: int = call.db.execute(
        "SELECT count(*) FROM group_chat WHERE corpid = ? AND owner = ? AND status >= 0", (call.corp.corpid, owner)
    ).fetchone()[0]
    return count


def _check_frequency(call: Call, row: sqlite3.Row, how: str) -> None:
    """The documents give the limits but no codes of their own: 45009, and 90508 for the group."""
    today = midnight(call.now)
    given = call.db.execute(
        "SELECT count(*) FROM group_owner WHERE corpid = ? AND userid = ? AND until >= ? AND how <> 'phone'",
        (call.corp.corpid, row["owner"], today),
    ).fetchone()[0]
    if given >= A_DAY:
        raise ApiError(45009)
    lately = call.db.execute(
        "SELECT count(*) FROM group_owner WHERE chat_id = ? AND until >= ? AND how = 'onjob'",
        (row["chat_id"], today - 89 * DAY),
    ).fetchone()[0]
    if how == "onjob" and lately >= A_QUARTER:
        raise ApiError(90508)
