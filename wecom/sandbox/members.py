"""Members and departments as an admin changes them. Only the contact-sync helper hears of it (docs 90970, 90971)."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wecom.sandbox import acquisition, apps, corps, standing
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import Element, publish
from wecom.sandbox.relations import Impossible
from wecom.sandbox.store import Db, Store, dumps

# Where userids stand inside JSON.
LISTING = (
    ("contact_way", "body"),
    ("acquisition_link", "body"),
    ("group_chat", "members"),
    ("group_chat", "admins"),
    ("app", "userids"),
    ("strategy", "userids"),
)
# Columns that hold a userid.
USERIDS = {"userid", "owner", "sender", "creator", "oper_userid", "handover", "takeover"}
PRIVATE = ("mobile", "email", "biz_mail", "address")
TOP = 1


@dataclass(frozen=True)
class Change:
    """What is to change of a member; None leaves it. `private`: mobile, email, biz_mail, address."""

    name: str | None = None
    departments: list[int] | None = None
    title: str | None = None
    status: int | None = None
    private: dict[str, str] = field(default_factory=dict)


def private(db: Db, corpid: str, userid: str) -> dict[str, str]:
    row = db.execute("SELECT * FROM staff_private WHERE corpid = ? AND userid = ?", (corpid, userid)).fetchone()
    return {name: row[name] if row else "" for name in PRIVATE}


def keep_private(db: Db, corpid: str, userid: str, facts: dict[str, str]) -> None:
    """`facts`: some of mobile, email, biz_mail, address."""
    values = {**private(db, corpid, userid), **facts, "corpid": corpid, "userid": userid}
    db.execute(
        "INSERT INTO staff_private (corpid, userid, mobile, email, biz_mail, address) VALUES (:corpid, :userid,"
        " :mobile, :email, :biz_mail, :address) ON CONFLICT (corpid, userid) DO UPDATE SET mobile = excluded.mobile,"
        " email = excluded.email, biz_mail = excluded.biz_mail, address = excluded.address",
        values,
    )


def create(db: Db, corp: Corp, userid: str, change: Change, now: float) -> None:
    """A new member, or one who comes back."""
    if corps.staff(db, corp.corpid, userid):
        raise Impossible(f"{userid} is a member already.")
    name, departments = change.name or userid, change.departments or [TOP]
    more = {"title": change.title or "", "status": change.status or 1}
    corps.save_staff(db, corp.corpid, userid, name, departments, **more)
    keep_private(db, corp.corpid, userid, change.private)
    _publish_user(db, corp, now, "create_user", userid, set(_FULL))


def update(db: Db, corp: Corp, userid: str, change: Change, now: float, *, new_userid: str = "") -> None:
    """Renames the member, or changes what `change` has. An event tells only what differs from before."""
    row = _member(db, corp, userid)
    userid = row["userid"]
    if new_userid and new_userid.lower() != userid.lower() and _known(db, corp, new_userid):
        raise Impossible(f"There is a member {new_userid} already.")
    before = _facts(db, corp, userid)
    corps.save_staff(
        db,
        corp.corpid,
        userid,
        change.name if change.name is not None else row["name"],
        change.departments or json.loads(row["departments"]),
        gender=row["gender"],
        title=change.title if change.title is not None else row["title"],
        status=change.status or row["status"],
        external=row["external"],
        visible=row["visible"],
    )
    keep_private(db, corp.corpid, userid, change.private)
    if new_userid:
        rename(db, corp, userid, new_userid)
    after = _facts(db, corp, new_userid or userid)
    changed = {name for name, value in before.items() if after[name] != value}
    _publish_user(db, corp, now, "update_user", userid, changed, new_userid)


def delete(store: Store, db: Db, corp: Corp, userid: str, now: float) -> None:
    """The member leaves the corp."""
    row = _member(db, corp, userid)
    standing.resign(store, db, corp, row["userid"], now)
    acquisition.check_links(db, corp, now)
    _publish_user(db, corp, now, "delete_user", row["userid"], set())


def _known(db: Db, corp: Corp, userid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM staff WHERE corpid = ? AND userid = ?", (corp.corpid, userid)
    ).fetchone()
    return row


def inactive(db: Db, corp: Corp, userid: str) -> bool:
    """Has he never logged in?"""
    row = _known(db, corp, userid)
    return row is not None and row["status"] == 4


def _member(db: Db, corp: Corp, userid: str) -> sqlite3.Row:
    row = _known(db, corp, userid)
    if row is None or row["status"] == 5:
        raise Impossible(f"There is no member {userid}.")
    return row


def rename(db: Db, corp: Corp, old: str, new: str) -> None:
    """A userid may change (once, by the doc): everything that the member has goes with him."""
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
        for column in USERIDS & columns if "corpid" in columns else ():
            db.execute(
                f"UPDATE {table} SET {column} = ? WHERE corpid = ? AND {column} = ? COLLATE NOCASE",  # noqa: S608
                (new, corp.corpid, old),
            )
    db.execute(
        "UPDATE mass_target SET userid = ? WHERE userid = ? AND msgid IN (SELECT msgid FROM mass WHERE corpid = ?)",
        (new, old, corp.corpid),
    )
    for table, column in LISTING:
        _rename_inside(db, corp, table, column, old, new)


def _rename_inside(db: Db, corp: Corp, table: str, column: str, old: str, new: str) -> None:
    rows = db.execute(
        f"SELECT rowid AS place, {column} FROM {table} WHERE corpid = ? AND instr({column}, ?)",  # noqa: S608
        (corp.corpid, f'"{old}"'),
    ).fetchall()
    for row in rows:
        text = dumps(_renamed(json.loads(row[column]), old, new))
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (text, row["place"]))  # noqa: S608


def _renamed(value: Any, old: str, new: str) -> Any:
    """The same JSON with the userid replaced wherever one may stand: in lists, and under `userid`."""
    if isinstance(value, list):
        return [new if item == old else _renamed(item, old, new) for item in value]
    if isinstance(value, dict):
        return {
            name: new if name == "userid" and item == old else _renamed(item, old, new) for name, item in value.items()
        }
    return value


# --- departments ---


def create_department(db: Db, corp: Corp, number: int, name: str, parent: int, position: int, now: float) -> None:
    if _department(db, corp, number):
        raise Impossible(f"There is a department {number} already.")
    if _department(db, corp, parent) is None:
        raise Impossible(f"There is no department {parent}.")
    corps.save_department(db, corp.corpid, number, name, parent, position)
    _publish_party(db, corp, now, "create_party", number, {"Name": name, "ParentId": parent, "Order": position})


def update_department(
    db: Db, corp: Corp, number: int, name: str | None, parent: int | None, now: float, position: int | None = None
) -> None:
    row = _department(db, corp, number)
    if row is None:
        raise Impossible(f"There is no department {number}.")
    if parent is not None and (parent == number or _department(db, corp, parent) is None):
        raise Impossible(f"{parent} cannot be the parent of department {number}.")
    corps.save_department(
        db,
        corp.corpid,
        number,
        row["name"] if name is None else name,
        row["parentid"] if parent is None else parent,
        row["position"] if position is None else position,
    )
    given = {"Name": name, "ParentId": parent, "Order": position}
    changed = {key: value for key, value in given.items() if value is not None}
    _publish_party(db, corp, now, "update_party", number, changed)


def delete_department(db: Db, corp: Corp, number: int, now: float) -> None:
    """An empty one: no members, no departments below it."""
    below = db.execute("SELECT 1 FROM department WHERE corpid = ? AND parentid = ?", (corp.corpid, number)).fetchone()
    inside = db.execute(
        "SELECT 1 FROM staff s, json_each(s.departments) j WHERE s.corpid = ? AND s.status <> 5 AND j.value = ?",
        (corp.corpid, number),
    ).fetchone()
    if _department(db, corp, number) is None or below or inside:
        raise Impossible(f"There is no department {number}, or it is not empty.")
    db.execute("DELETE FROM department WHERE corpid = ? AND id = ?", (corp.corpid, number))
    apps.spread(db, corp.corpid)
    _publish_party(db, corp, now, "delete_party", number, {})


def _department(db: Db, corp: Corp, number: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM department WHERE corpid = ? AND id = ?", (corp.corpid, number)
    ).fetchone()
    return row


# --- events ---

_FULL = (
    "Name",
    "Department",
    "MainDepartment",
    "Position",
    "Mobile",
    "Gender",
    "Email",
    "BizMail",
    "Address",
    "Status",
)
_MODERN = ("Department",)  # what callbacks configured after 2022-08-15 still tell


def _facts(db: Db, corp: Corp, userid: str) -> dict[str, Any]:
    row = _known(db, corp, userid)
    if row is None:
        raise Impossible(f"There is no member {userid}.")
    told = private(db, corp.corpid, userid)
    departments = json.loads(row["departments"])
    return {
        "Name": row["name"],
        "Department": departments,
        "MainDepartment": departments[0] if departments else TOP,
        "Position": row["title"],
        "Mobile": told["mobile"],
        "Gender": int(row["gender"]),
        "Email": told["email"],
        "BizMail": told["biz_mail"],
        "Status": row["status"],
        "Address": told["address"],
    }


def _publish_user(
    db: Db, corp: Corp, now: float, change: str, userid: str, changed: set[str], new_userid: str = ""
) -> None:
    facts = _facts(db, corp, new_userid or userid)
    for helper in _helpers(corp):
        told = [name for name in (_FULL if helper.early else _MODERN) if name in changed]
        if change == "update_user" and not told and not new_userid:
            continue
        values: list[Element] = [(name, _text(facts[name])) for name in told if facts[name] != ""]
        head: list[Element] = [("Event", "change_contact"), ("ChangeType", change), ("UserID", userid)]
        publish(db, corp, now, *head, ("NewUserID", new_userid or None), *values, to=[helper])


def _text(value: Any) -> str | int:
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _publish_party(db: Db, corp: Corp, now: float, change: str, number: int, facts: dict[str, Any]) -> None:
    for helper in _helpers(corp):
        told = facts if helper.early else {name: value for name, value in facts.items() if name == "ParentId"}
        head: list[Element] = [("Event", "change_contact"), ("ChangeType", change), ("Id", number)]
        publish(db, corp, now, *head, *told.items(), to=[helper])


def _helpers(corp: Corp) -> list[apps.App]:
    return [app for app in corp.apps if app.kind == "contact-sync"]
