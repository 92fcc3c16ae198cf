"""Corp tags (docs 92117, 92118) and what strategy tags share with them.

An app changes only tags that it made; deleted ones show when asked by id. `strategy` is the rule group of the tags
that a call is about, 0 for corp tags.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from wecom.sandbox.api.customers import readable
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db

ANY_STRATEGY = -1


@endpoint("POST", "externalcontact/get_corp_tag_list", empty={"tag_group": []}, reads=True)
def list_tags(call: Call) -> dict[str, Any]:
    """Both lists empty: all. `group_id` wins over `tag_id`."""
    return {"tag_group": listed(call, 0)}


def listed(call: Call, strategy: int) -> list[dict[str, Any]]:
    """The tag groups that the request asks for; `strategy` ANY_STRATEGY: of all rule groups."""
    group_ids, tag_ids = call.body.texts("group_id"), call.body.texts("tag_id")
    groups = call.db.execute(
        "SELECT * FROM tag_group WHERE corpid = ?1 AND iif(?2 = -1, strategy_id > 0, strategy_id = ?2)"
        " ORDER BY position DESC, rowid",
        (call.corp.corpid, strategy),
    ).fetchall()
    if group_ids:
        shown = [_shown_group(call.db, group, by_id=True) for group in groups if group["id"] in group_ids]
    elif tag_ids:
        shown = [_shown_group(call.db, group, by_id=True, only=tag_ids) for group in groups]
    else:
        shown = [_shown_group(call.db, group) for group in groups if not group["deleted"]]
    return [group for group in shown if group["tag"] or group_ids]


def _shown_group(
    db: Db, group: sqlite3.Row, *, by_id: bool = False, only: Iterable[str] | None = None
) -> dict[str, Any]:
    rows = db.execute("SELECT * FROM tag WHERE group_id = ? ORDER BY position DESC, rowid", (group["id"],)).fetchall()
    tags = [row for row in rows if (by_id or not row["deleted"]) and (only is None or row["id"] in only)]
    shown = {
        "group_id": group["id"],
        "group_name": group["name"],
        "create_time": group["create_time"],
        "order": group["position"],
        "tag": [_shown_tag(tag, by_id=by_id) for tag in tags],
    }
    if group["strategy_id"]:
        shown["strategy_id"] = group["strategy_id"]
    return {**shown, "deleted": bool(group["deleted"])} if by_id else shown


def _shown_tag(row: sqlite3.Row, *, by_id: bool = False) -> dict[str, Any]:
    shown = {"id": row["id"], "name": row["name"], "create_time": row["create_time"], "order": row["position"]}
    return {**shown, "deleted": bool(row["deleted"])} if by_id else shown


@endpoint("POST", "externalcontact/add_corp_tag", empty={"tag_group": {}})
def add_tags(call: Call) -> dict[str, Any]:
    """Into `group_id`, into the group of that name, or into a new one. A name that the group has already: 40071."""
    return {"tag_group": added(call, 0)}


def added(call: Call, strategy: int) -> dict[str, Any]:
    """The group with the new tags. Corp tags and strategy tags count together: 40126 above the corp's knob."""
    wanted = [(_name(tag, "name"), tag.integer("order")) for tag in call.body.inners("tag", missing=40063)]
    count = call.db.execute(
        "SELECT count(*) FROM tag WHERE corpid = ? AND NOT deleted", (call.corp.corpid,)
    ).fetchone()
    if count[0] + len(wanted) > call.corp.knobs.tag_cap:
        raise ApiError(40126)
    group = _group_for_new_tags(call, strategy)
    prefix = "st" if strategy else "et"
    made = [new_tag(call, group["id"], name, order, prefix) for name, order in dict(wanted).items()]
    return {**_shown_group(call.db, group), "tag": [_shown_tag(tag) for tag in made]}


def _name(fields: Fields, name: str) -> str:
    return fields.text(name, missing=40063, chars=30, over=40072)


def _group_for_new_tags(call: Call, strategy: int) -> sqlite3.Row:
    ident, name = call.body.text("group_id"), call.body.text("group_name", chars=30, over=40072)
    if ident:
        row = _find(call, "tag_group", ident, strategy)
        if row is None:
            raise ApiError(40068)
        return row
    if not name:
        raise ApiError(40063)
    return group_named(call, name, strategy) or new_group(call, name, call.body.integer("order"), strategy)


def group_named(call: Call, name: str, strategy: int = 0) -> sqlite3.Row | None:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM tag_group WHERE corpid = ? AND name = ? AND strategy_id = ? AND NOT deleted",
        (call.corp.corpid, name, strategy),
    ).fetchone()
    return row


def new_group(call: Call, name: str, order: int, strategy: int = 0) -> sqlite3.Row:
    ident = call.world.store.new_id(call.db, "stG" if strategy else "etG")
    row: sqlite3.Row = call.db.execute(
        "INSERT INTO tag_group (id, corpid, name, position, create_time, agentid, strategy_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (ident, call.corp.corpid, name, order, call.second, call.app.agentid, strategy),
    ).fetchone()
    return row


def new_tag(call: Call, group_id: str, name: str, order: int, prefix: str = "et") -> sqlite3.Row:
    _refuse_taken_name(call, group_id, name)
    row: sqlite3.Row = call.db.execute(
        "INSERT INTO tag (id, corpid, group_id, name, position, create_time, agentid) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " RETURNING *",
        (
            call.world.store.new_id(call.db, prefix),
            call.corp.corpid,
            group_id,
            name,
            order,
            call.second,
            call.app.agentid,
        ),
    ).fetchone()
    return row


def _refuse_taken_name(call: Call, group_id: str, name: str, ident: str = "") -> None:
    taken = call.db.execute(
        "SELECT 1 FROM tag WHERE group_id = ? AND name = ? AND NOT deleted AND id <> ?", (group_id, name, ident)
    ).fetchone()
    if taken:
        raise ApiError(40071)


def _find(call: Call, table: str, ident: str, strategy: int = 0) -> sqlite3.Row | None:
    """The living tag or group; `strategy` ANY_STRATEGY: of any rule group."""
    query = {
        "tag": "SELECT t.* FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE t.id = ?1 AND t.corpid = ?2"
        " AND NOT t.deleted AND (g.strategy_id = ?3 OR (?3 = -1 AND g.strategy_id > 0))",
        "tag_group": "SELECT * FROM tag_group WHERE id = ?1 AND corpid = ?2"
        " AND NOT deleted AND (strategy_id = ?3 OR (?3 = -1 AND strategy_id > 0))",
    }[table]
    row: sqlite3.Row | None = call.db.execute(query, (ident, call.corp.corpid, strategy)).fetchone()
    return row


def _own(call: Call, row: sqlite3.Row | None) -> sqlite3.Row:
    """40068 if there is none, 81011 if the console or another app made it."""
    if row is None:
        raise ApiError(40068)
    if row["agentid"] != call.app.agentid:
        raise ApiError(81011)
    return row


@endpoint("POST", "externalcontact/edit_corp_tag")
def edit_tag(call: Call) -> dict[str, Any]:
    """A tag or a group."""
    edited(call, 0)
    return {}


def edited(call: Call, strategy: int) -> None:
    ident = call.body.text("id", missing=40063)
    name = call.body.text("name", chars=30, over=40072)
    tag = _find(call, "tag", ident, strategy)
    row = _own(call, tag or _find(call, "tag_group", ident, strategy))
    order = call.body.integer("order", default=row["position"])
    if tag:
        _refuse_taken_name(call, tag["group_id"], name, ident)
        call.db.execute("UPDATE tag SET name = ?, position = ? WHERE id = ?", (name or row["name"], order, ident))
        return
    other = group_named(call, name, row["strategy_id"]) if name else None
    if other and other["id"] != ident:
        raise ApiError(40071)
    call.db.execute("UPDATE tag_group SET name = ?, position = ? WHERE id = ?", (name or row["name"], order, ident))


@endpoint("POST", "externalcontact/del_corp_tag")
def delete_tags(call: Call) -> dict[str, Any]:
    delete_asked(call, 0)
    return {}


def delete_asked(call: Call, strategy: int) -> None:
    tag_ids, group_ids = call.body.texts("tag_id"), call.body.texts("group_id")
    if not tag_ids and not group_ids:
        raise ApiError(40063)
    tags = [_own(call, _find(call, "tag", ident, strategy)) for ident in tag_ids]
    groups = [_own(call, _find(call, "tag_group", ident, strategy)) for ident in group_ids]
    for tag in tags:
        remove_tag(call.db, tag)
    for group in groups:
        remove_group(call.db, group["id"])


def remove_tag(db: Db, tag: sqlite3.Row) -> bool:
    """Takes the tag off every customer; its group goes with the last tag. True if the group went."""
    db.execute("UPDATE tag SET deleted = 1 WHERE id = ?", (tag["id"],))
    db.execute("DELETE FROM follow_tag WHERE tag_id = ?", (tag["id"],))
    left = db.execute("SELECT 1 FROM tag WHERE group_id = ? AND NOT deleted", (tag["group_id"],)).fetchone()
    if left is None:
        db.execute("UPDATE tag_group SET deleted = 1 WHERE id = ?", (tag["group_id"],))
    return left is None


def remove_group(db: Db, group_id: str) -> None:
    db.execute("DELETE FROM follow_tag WHERE tag_id IN (SELECT id FROM tag WHERE group_id = ?)", (group_id,))
    db.execute("UPDATE tag SET deleted = 1 WHERE group_id = ?", (group_id,))
    db.execute("UPDATE tag_group SET deleted = 1 WHERE id = ?", (group_id,))


@endpoint("POST", "externalcontact/mark_tag")
def mark_tag(call: Call) -> dict[str, Any]:
    """Tags belong to the relation. Parallel calls for one relation: 45035. Strategy tags: 81011 for a member whom the
    rule group does not cover (the document names no code)."""
    userid = call.body.text("userid", missing=41009)
    external_userid = call.body.text("external_userid", missing=41035)
    wanted, unwanted = call.body.texts("add_tag"), call.body.texts("remove_tag")
    if not wanted and not unwanted:
        raise ApiError(40063)
    row = readable(call, userid, external_userid)
    for tag in wanted:
        _refuse_unusable(call, tag, row["userid"])
    call.db.executemany("INSERT OR IGNORE INTO follow_tag VALUES (?, ?)", [(row["id"], tag) for tag in wanted])
    call.db.executemany(
        "DELETE FROM follow_tag WHERE follow_id = ? AND tag_id = ?", [(row["id"], tag) for tag in unwanted]
    )
    return {}


def _refuse_unusable(call: Call, tag: str, userid: str) -> None:
    strategy_tag = _find(call, "tag", tag, ANY_STRATEGY)
    if strategy_tag is None:
        if _find(call, "tag", tag) is None:
            raise ApiError(40068)
        return
    row = call.db.execute(
        "SELECT s.userids FROM strategy s JOIN tag_group g ON g.corpid = s.corpid AND g.strategy_id = s.id"
        " WHERE g.id = ?",
        (strategy_tag["group_id"],),
    ).fetchone()
    if userid not in json.loads(row["userids"]):
        raise ApiError(81011)
