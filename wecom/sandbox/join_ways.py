"""Customers come into groups through join ways 「加入群聊」 (doc 92229); new groups open when all are full."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import groups, names
from wecom.sandbox.corps import Corp
from wecom.sandbox.groups import QR, Entry
from wecom.sandbox.relations import Impossible, Person, create_customer
from wecom.sandbox.store import Db, Store, dumps


def find(db: Db, corpid: str, config_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM join_way WHERE config_id = ? AND corpid = ?", (config_id, corpid)
    ).fetchone()
    return row


def every(db: Db, corp: Corp) -> list[dict[str, Any]]:
    """Newest first, with the groups that opened by themselves and how many came."""
    rows = db.execute("SELECT * FROM join_way WHERE corpid = ? ORDER BY rowid DESC", (corp.corpid,))
    return [
        {
            "config_id": row["config_id"],
            "joins": row["joins"],
            "rooms": json.loads(row["rooms"]),
            **json.loads(row["body"]),
        }
        for row in rows
    ]


def come(store: Store, db: Db, corp: Corp, config_id: str, person: Person, now: float) -> dict[str, str]:
    """A person, new or known, scans the code; ``{"external_userid", "chat_id"}``. He befriends nobody by it."""
    way = find(db, corp.corpid, config_id)
    if way is None:
        raise Impossible(f"There is no join way {config_id}.")
    if not person.name:
        gender, name = names.person(store.seed, "join", store.number(db, "join"))
        person = Person(person.external_userid, name, person.gender or gender, person.type)
    ident = create_customer(store, db, corp, person, now)
    chat_id = _room(store, db, corp, way, ident, now)
    entry = Entry(QR, state=json.loads(way["body"]).get("state", ""))
    groups.join(store, db, corp, chat_id, [ident], entry, now)
    db.execute("UPDATE join_way SET joins = joins + 1 WHERE config_id = ?", (config_id,))
    return {"external_userid": ident, "chat_id": chat_id}


def _room(store: Store, db: Db, corp: Corp, way: sqlite3.Row, ident: str, now: float) -> str:
    """Where he is already, else the first group with room, else a new one."""
    body, made = json.loads(way["body"]), json.loads(way["rooms"])
    rows = [row for chat_id in [*body["chat_id_list"], *made] if (row := groups.find(db, corp, chat_id))]
    open_ = [row for row in rows if row["status"] != groups.DISMISSED]
    for row in open_:
        if ident in {member["userid"] for member in groups.members_of(row)}:
            return str(row["chat_id"])
    for row in open_:
        if len(groups.members_of(row)) < corp.knobs.group_capacity:
            return str(row["chat_id"])
    if not body["auto_create_room"] or not rows:
        raise Impossible("All groups of this join way are full.")
    return _open(store, db, corp, way, body, made, rows[0], now)


def _open(
    store: Store,
    db: Db,
    corp: Corp,
    way: sqlite3.Row,
    body: dict[str, Any],
    made: list[str],
    model: sqlite3.Row,
    now: float,
) -> str:
    """One more group of the same owner, named with the next number."""
    name = f"{body['room_base_name'] or model['name']}{body['room_base_id'] + len(made)}"
    chat_id = groups.create(store, db, corp, model["owner"], name, [], now)
    db.execute("UPDATE join_way SET rooms = ? WHERE config_id = ?", (dumps([*made, chat_id]), way["config_id"]))
    return chat_id
