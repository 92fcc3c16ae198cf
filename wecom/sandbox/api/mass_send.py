"""Mass sends: create, remind, cancel (docs 92135, 97610, 97611)."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import mass
from wecom.sandbox.api.content import content
from wecom.sandbox.api.customers import serving
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.errors import ApiError

MOST_CUSTOMERS, MOST_GROUPS = 10_000, 2_000
REMINDERS, REMINDER_WINDOW = 3, 86400
Targets = dict[str, list[str]]


@endpoint("POST", "externalcontact/add_msg_template", empty={"fail_list": [], "msgid": ""})
def add_msg_template(call: Call) -> dict[str, Any]:
    """A task for each sender. `fail_list`: who cannot be reached; 41048 if nobody is left."""
    body = call.body
    chat_type = body.text("chat_type") or "single"
    if chat_type not in ("single", "group"):
        raise ApiError(40058)
    asked = body.texts("external_userid", most=MOST_CUSTOMERS)
    chats = body.texts("chat_id_list", most=MOST_GROUPS)
    sender = body.text("sender")
    choosing = body.flag("allow_select") and chat_type == "single"
    message = content(call)
    if chat_type == "group" and not sender:
        raise ApiError(41009)
    if sender:
        sender = serving(call, sender)["userid"]
    wanted = chats if chat_type == "group" else asked
    targets = _groups(call, sender, chats) if chat_type == "group" else _customers(call, sender, asked)
    reached = {one for ids in targets.values() for one in ids}
    if not reached:
        raise ApiError(41048)
    msgid = mass.create(
        call.world.store,
        call.db,
        call.corp,
        call.now,
        content=message,
        targets=targets,
        chat_type=chat_type,
        sender=sender,
        asked=wanted,
        allow_select=choosing,
        agentid=call.app.agentid,
    )
    return {"fail_list": [one for one in wanted if one not in reached], "msgid": msgid}


def _customers(call: Call, sender: str, asked: list[str]) -> Targets:
    """Who gets it, by the staff who is to send it; a named list wins over `tag_filter`."""
    groups = [group.texts("tag_list", most=100) for group in call.body.inner("tag_filter").inners("group_list")]
    if not asked and not groups and not sender:
        raise ApiError(40063)
    rows = call.db.execute(
        "SELECT f.id, f.userid, f.external_userid FROM follow f"
        " JOIN staff s ON s.corpid = f.corpid AND s.userid = f.userid AND s.external AND s.status = 1"
        " JOIN app_member a ON a.corpid = f.corpid AND a.agentid = :agentid AND a.userid = f.userid"
        " WHERE f.corpid = :corpid AND f.state = 'friend' AND (:sender = '' OR f.userid = :sender COLLATE NOCASE)"
        " AND (:asked = '[]' OR f.external_userid IN (SELECT value FROM json_each(:asked)))"
        " ORDER BY f.last_contact DESC, f.id DESC",
        {"corpid": call.corp.corpid, "agentid": call.app.agentid, "sender": sender, "asked": json.dumps(asked)},
    ).fetchall()
    if not asked:
        rows = [row for row in rows if _tagged(call, row, groups)]
    place = {ident: number for number, ident in enumerate(asked)}
    targets = _one_sender_each(rows)
    return {userid: sorted(ids, key=lambda ident: place.get(ident, 0)) for userid, ids in targets.items()}


def _one_sender_each(rows: list[sqlite3.Row]) -> Targets:
    """`rows` come latest interaction first; each customer goes to the staff of his first row."""
    targets: Targets = {}
    seen: set[str] = set()
    for row in rows:
        if row["external_userid"] not in seen:
            seen.add(row["external_userid"])
            targets.setdefault(row["userid"], []).append(row["external_userid"])
    return targets


def _tagged(call: Call, row: sqlite3.Row, groups: list[list[str]]) -> bool:
    """OR inside a list, AND between the lists."""
    tags = {tag[0] for tag in call.db.execute("SELECT tag_id FROM follow_tag WHERE follow_id = ?", (row["id"],))}
    return all(tags.intersection(group) for group in groups)


def _groups(call: Call, sender: str, chats: list[str]) -> Targets:
    """The sender's own groups: those named, or all."""
    rows = call.db.execute(
        "SELECT chat_id FROM group_chat WHERE corpid = ? AND owner = ? AND status NOT IN (1, -1) ORDER BY id",
        (call.corp.corpid, sender),
    )
    own = [row["chat_id"] for row in rows if not chats or row["chat_id"] in chats]
    return {sender: own} if own else {}


def existing(call: Call, body: Fields) -> sqlite3.Row:
    """The send with the request's msgid: 41046, 41047."""
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM mass WHERE msgid = ? AND corpid = ?", (body.text("msgid", missing=41046), call.corp.corpid)
    ).fetchone()
    if row is None:
        raise ApiError(41047)
    return row


def _not_cancelled(call: Call) -> sqlite3.Row:
    row = existing(call, call.body)
    if row["cancelled"]:
        raise ApiError(41093)
    return row


@endpoint("POST", "externalcontact/remind_groupmsg_send")
def remind(call: Call) -> dict[str, Any]:
    """Three times in 24 hours, then 41094."""
    row = _not_cancelled(call)
    since = call.now - REMINDER_WINDOW
    count = call.db.execute(
        "SELECT count(*) FROM reminder WHERE msgid = ? AND at > ?", (row["msgid"], since)
    ).fetchone()
    if count[0] >= REMINDERS:
        raise ApiError(41094)
    call.db.execute("INSERT INTO reminder VALUES (?, ?)", (row["msgid"], call.now))
    return {}


@endpoint("POST", "externalcontact/cancel_groupmsg_send")
def cancel(call: Call) -> dict[str, Any]:
    """Stops what is not sent yet; what is sent stays."""
    row = _not_cancelled(call)
    call.db.execute("UPDATE mass SET cancelled = ? WHERE msgid = ?", (call.now, row["msgid"]))
    return {}
