"""Customer groups as people live in them: made, filled, renamed, handed over and dismissed on phones.

Every change is an event (doc 92130), and every change of the members a new `member_version`: the event tells the one
before and the one after, so that whoever missed an event notices.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from wecom.sandbox import chance, corps, group_welcomes
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import chat_event
from wecom.sandbox.relations import Impossible, customer
from wecom.sandbox.store import Db, Store, dumps

DISMISSED, NORMAL, RESIGNED, INHERITING, INHERITED = -1, 0, 1, 2, 3
INVITED, LINK, QR = 1, 2, 3
JOIN_SCENES = {INVITED: 0, LINK: 0, QR: 3}  # join_scene of the member → JoinScene of the event
MOST_MEMBERS = 500
Member = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """How somebody comes in: `scene` as join_scene in doc 92122, `state` of the join way."""

    scene: int = INVITED
    invitor: str = ""
    state: str = ""


def find(db: Db, corp: Corp, chat_id: str) -> sqlite3.Row | None:
    """The group, dismissed or not."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM group_chat WHERE chat_id = ? AND corpid = ?", (chat_id, corp.corpid)
    ).fetchone()
    return row


def living(db: Db, corp: Corp, chat_id: str) -> sqlite3.Row:
    row = find(db, corp, chat_id)
    if row is None or row["status"] == DISMISSED:
        raise Impossible(f"There is no group {chat_id}.")
    return row


def members_of(row: sqlite3.Row) -> list[Member]:
    return list(json.loads(row["members"]))


def version_of(row: sqlite3.Row) -> str:
    return str(row["member_version"]) or chance.hexadecimal("member_version", row["chat_id"])


def create(store: Store, db: Db, corp: Corp, owner: str, name: str, idents: list[str], now: float) -> str:
    """`owner` and the staff and customers named by `idents` meet in a new group; its chat_id."""
    others = [ident for ident in dict.fromkeys(idents) if ident.lower() != owner.lower()]
    present = [_member(db, corp, ident, Entry(invitor=owner), now) for ident in others]
    present.insert(0, _member(db, corp, owner, Entry(), now))
    chat_id = store.new_id(db, "wr")
    db.execute(
        "INSERT INTO group_chat (chat_id, corpid, name, owner, create_time, members, admins)"
        " VALUES (?, ?, ?, ?, ?, ?, '[]')",
        (chat_id, corp.corpid, name, owner, int(now), dumps(present)),
    )
    chat_event(db, corp, now, "create", chat_id)
    return chat_id


def _member(db: Db, corp: Corp, ident: str, entry: Entry, now: float) -> Member:
    """The item of member_list. Only one whom own staff invited has an `invitor`, only a customer a unionid."""
    staff, person = corps.staff(db, corp.corpid, ident), customer(db, corp, ident)
    known = staff or person
    if known is None:
        raise Impossible(f"There is nobody called {ident}.")
    member: Member = {
        "userid": staff["userid"] if staff else ident,
        "type": 1 if staff else 2,
        "join_time": int(now),
        "join_scene": entry.scene,
        "group_nickname": "",
        "name": known["name"],
    }
    if person and person["unionid"]:
        member["unionid"] = person["unionid"]
    if entry.scene == INVITED and entry.invitor:
        member["invitor"] = {"userid": entry.invitor}
    if entry.state:
        member["state"] = entry.state
    return member


def join(store: Store, db: Db, corp: Corp, chat_id: str, idents: list[str], entry: Entry, now: float) -> list[str]:
    """They come in; those who are in already change nothing. Returns who is new."""
    row = living(db, corp, chat_id)
    present = members_of(row)
    known = {member["userid"].lower() for member in present}
    fresh = [ident for ident in dict.fromkeys(idents) if ident.lower() not in known]
    if not fresh:
        return []
    if len(present) + len(fresh) > MOST_MEMBERS:
        raise Impossible(f"A group has at most {MOST_MEMBERS} members.")
    newcomers = [_member(db, corp, ident, entry, now) for ident in fresh]
    last, current = _keep(store, db, row, [*present, *newcomers])
    scene = ("JoinScene", JOIN_SCENES[entry.scene])
    _members_event(db, corp, now, chat_id, "add_member", scene, fresh, last, current)
    for newcomer in newcomers:
        if row["welcome"] and newcomer["type"] == 2:
            group_welcomes.greet(db, corp, row, newcomer, now)
    return fresh


def leave(
    store: Store, db: Db, corp: Corp, chat_id: str, idents: list[str], now: float, *, removed: bool
) -> list[str]:
    """They go by themselves, or the owner removes them. The owner himself hands the group over first."""
    row = living(db, corp, chat_id)
    gone = {ident.lower() for ident in idents}
    if row["owner"].lower() in gone:
        raise Impossible("The owner cannot leave the group.")
    present = members_of(row)
    leaving = [member for member in present if member["userid"].lower() in gone]
    if not leaving:
        return []
    staying = [member for member in present if member not in leaving]
    last, current = _keep(store, db, row, staying)
    _end_stays(db, chat_id, leaving, now)
    names = [str(member["userid"]) for member in leaving]
    _members_event(db, corp, now, chat_id, "del_member", ("QuitScene", int(removed)), names, last, current)
    return names


def _end_stays(db: Db, chat_id: str, leaving: list[Member], now: float) -> None:
    db.executemany(
        "INSERT INTO group_stay VALUES (?, ?, ?, ?)",
        [(chat_id, member["userid"], member["join_time"], int(now)) for member in leaving],
    )


def _keep(store: Store, db: Db, row: sqlite3.Row, members: list[Member]) -> tuple[str, str]:
    """Writes the members down under a version that there never was; the one before and the new one."""
    current = chance.hexadecimal(store.seed, row["chat_id"], store.number(db, "member_version"))
    db.execute(
        "UPDATE group_chat SET members = ?, member_version = ? WHERE id = ?", (dumps(members), current, row["id"])
    )
    return version_of(row), current


def _members_event(
    db: Db,
    corp: Corp,
    now: float,
    chat_id: str,
    detail: str,
    scene: tuple[str, int],
    idents: list[str],
    last: str,
    current: str,
) -> None:
    changes: list[tuple[str, Any]] = [
        ("UpdateDetail", detail),
        scene,
        ("MemChangeCnt", len(idents)),
        ("MemChangeList", idents),
        ("LastMemVer", last),
        ("CurMemVer", current),
    ]
    chat_event(db, corp, now, "update", chat_id, *changes)


def rename(db: Db, corp: Corp, chat_id: str, name: str, now: float) -> None:
    db.execute("UPDATE group_chat SET name = ? WHERE id = ?", (name, living(db, corp, chat_id)["id"]))
    chat_event(db, corp, now, "update", chat_id, ("UpdateDetail", "change_name"))


def announce(db: Db, corp: Corp, chat_id: str, notice: str, now: float) -> None:
    db.execute("UPDATE group_chat SET notice = ? WHERE id = ?", (notice, living(db, corp, chat_id)["id"]))
    chat_event(db, corp, now, "update", chat_id, ("UpdateDetail", "change_notice"))


def pass_on(db: Db, corp: Corp, chat_id: str, owner: str, now: float) -> None:
    """The owner makes a colleague in the group its owner."""
    row = living(db, corp, chat_id)
    if owner.lower() not in {member["userid"].lower() for member in members_of(row) if member["type"] == 1}:
        raise Impossible(f"{owner} is no member of staff in this group.")
    _change_owner(db, row, owner, "phone", now)
    chat_event(db, corp, now, "update", chat_id, ("UpdateDetail", "change_owner"))


def appoint(db: Db, corp: Corp, chat_id: str, admins: list[str]) -> None:
    """The owner names the group's admins. No event tells of it."""
    row = living(db, corp, chat_id)
    present = {member["userid"].lower(): member["userid"] for member in members_of(row)}
    if unknown := [one for one in admins if one.lower() not in present]:
        raise Impossible(f"{unknown[0]} is not in this group.")
    chosen = dumps([present[one.lower()] for one in admins])
    db.execute("UPDATE group_chat SET admins = ? WHERE id = ?", (chosen, row["id"]))


def _change_owner(db: Db, row: sqlite3.Row, owner: str, how: str, now: float) -> None:
    past = (row["corpid"], row["chat_id"], row["owner"], int(now), how)
    db.execute("INSERT INTO group_owner VALUES (?, ?, ?, ?, ?)", past)
    db.execute("UPDATE group_chat SET owner = ? WHERE id = ?", (owner, row["id"]))


def inherit(store: Store, db: Db, corp: Corp, row: sqlite3.Row, owner: str, how: str, now: float) -> None:
    """The API gives the group to `owner`, who comes in if he was not in; one who resigned goes. No event."""
    members = members_of(row)
    if how == "resigned":
        leaving = [member for member in members if member["userid"].lower() == row["owner"].lower()]
        _end_stays(db, row["chat_id"], leaving, now)
        members = [member for member in members if member not in leaving]
        db.execute("UPDATE group_chat SET status = ? WHERE id = ?", (INHERITED, row["id"]))
    if owner.lower() not in {member["userid"].lower() for member in members}:
        members.append(_member(db, corp, owner, Entry(), now))
    if members != members_of(row):
        _keep(store, db, row, members)
    _change_owner(db, row, owner, how, now)


def dismiss(db: Db, corp: Corp, chat_id: str, now: float) -> None:
    """From now on it answers 49008."""
    ended = (DISMISSED, int(now), living(db, corp, chat_id)["id"])
    db.execute("UPDATE group_chat SET status = ?, dismissed = ? WHERE id = ?", ended)
    chat_event(db, corp, now, "dismiss", chat_id)


def owner_left(store: Store, db: Db, corp: Corp, userid: str, now: float) -> None:
    """A member of staff resigned: his own groups wait for an heir, from all others he goes."""
    db.execute(
        "UPDATE group_chat SET status = ? WHERE corpid = ? AND owner = ? AND status <> ?",
        (RESIGNED, corp.corpid, userid, DISMISSED),
    )
    others = db.execute(
        "SELECT chat_id FROM group_chat g WHERE corpid = ? AND owner <> ? AND status <> ? AND EXISTS"
        " (SELECT 1 FROM json_each(g.members) m WHERE json_extract(m.value, '$.userid') = ? COLLATE NOCASE)",
        (corp.corpid, userid, DISMISSED, userid),
    ).fetchall()
    for row in others:
        leave(store, db, corp, row["chat_id"], [userid], now, removed=False)


def opengid_of(chat_id: str) -> str:
    """What WeChat's mini-programs call the group."""
    return "o" + chat_id.removeprefix("wr")


def chat_id_of(opengid: str) -> str:
    return "wr" + opengid.removeprefix("o")


def say(db: Db, corp: Corp, chat_id: str, ident: str, now: float) -> None:
    """A member writes something in the group."""
    row = living(db, corp, chat_id)
    speaker = next((one["userid"] for one in members_of(row) if one["userid"].lower() == ident.lower()), None)
    if speaker is None:
        raise Impossible(f"{ident} is not in this group.")
    db.execute("INSERT INTO group_message VALUES (?, ?, ?)", (chat_id, speaker, int(now)))
