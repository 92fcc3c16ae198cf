"""Act as an admin in WeCom's console: tags change there, too, and then the app gets events."""

import sqlite3
from typing import Any

from wecom.sandbox.api.tags import remove_group, remove_tag
from wecom.sandbox.control.inputs import BadInput, NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import tag_event
from wecom.sandbox.store import Db


@route("POST", "corps/<corpid>/tags/create")
def create(control: Control, corpid: str) -> dict[str, Any]:
    """Makes tags in a group, new or old; one event for each thing made."""
    group_name = control.inputs.text("group", required=True)
    names = control.inputs.texts("names")
    control.inputs.finish()
    if not names:
        raise BadInput("names must hold at least one name.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        group_id = _group(control, db, corp, group_name)
        return {"group_id": group_id, "tags": [_tag(control, db, corp, group_id, name) for name in names]}


def _group(control: Control, db: Db, corp: Corp, name: str) -> str:
    row = db.execute(
        "SELECT id FROM tag_group WHERE corpid = ? AND name = ? AND NOT strategy_id AND NOT deleted",
        (corp.corpid, name),
    ).fetchone()
    if row:
        return str(row["id"])
    ident = control.world.store.new_id(db, "etG")
    db.execute(
        "INSERT INTO tag_group (id, corpid, name, create_time, agentid) VALUES (?, ?, ?, ?, 0)",
        (ident, corp.corpid, name, int(control.now)),
    )
    tag_event(db, corp, control.now, "create", ident, "tag_group")
    return ident


def _tag(control: Control, db: Db, corp: Corp, group_id: str, name: str) -> dict[str, str]:
    ident = control.world.store.new_id(db, "et")
    db.execute(
        "INSERT INTO tag (id, corpid, group_id, name, create_time, agentid) VALUES (?, ?, ?, ?, ?, 0)",
        (ident, corp.corpid, group_id, name, int(control.now)),
    )
    tag_event(db, corp, control.now, "create", ident, "tag")
    return {"id": ident, "name": name}


def _existing(db: Db, corp: Corp, ident: str) -> tuple[str, sqlite3.Row]:
    """("tag" or "tag_group", row)."""
    row = db.execute("SELECT * FROM tag WHERE id = ? AND corpid = ? AND NOT deleted", (ident, corp.corpid)).fetchone()
    if row:
        return "tag", row
    row = db.execute(
        "SELECT * FROM tag_group WHERE id = ? AND corpid = ? AND NOT deleted", (ident, corp.corpid)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no tag or tag group {ident}.")
    return "tag_group", row


@route("POST", "corps/<corpid>/tags/rename")
def rename(control: Control, corpid: str) -> dict[str, Any]:
    ident, name = control.inputs.text("id", required=True), control.inputs.text("name", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        kind, row = _existing(db, corp, ident)
        query = {
            "tag": "UPDATE tag SET name = ? WHERE id = ?",
            "tag_group": "UPDATE tag_group SET name = ? WHERE id = ?",
        }
        db.execute(query[kind], (name, row["id"]))
        tag_event(db, corp, control.now, "update", ident, kind)
    return {}


@route("POST", "corps/<corpid>/tags/delete")
def delete(control: Control, corpid: str) -> dict[str, Any]:
    """Deleting a group makes no event for its tags; a group goes with its last tag."""
    ident = control.inputs.text("id", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        kind, row = _existing(db, corp, ident)
        if kind == "tag_group":
            remove_group(db, ident)
        elif remove_tag(db, row):
            tag_event(db, corp, control.now, "delete", row["group_id"], "tag_group")
        tag_event(db, corp, control.now, "delete", ident, kind)
    return {}


@route("POST", "corps/<corpid>/tags/shuffle")
def shuffle(control: Control, corpid: str) -> dict[str, Any]:
    """`ids`: the tags of one group (`group_id`), or, without it, the groups, first one first."""
    group_id, ids = control.inputs.text("group_id"), control.inputs.texts("ids")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        for place, ident in enumerate(reversed(ids)):
            kind, _ = _existing(db, corp, ident)
            if (kind == "tag") != bool(group_id):
                raise BadInput("ids must be tags of the group if group_id is given, groups otherwise.")
            query = {
                "tag": "UPDATE tag SET position = ? WHERE id = ? AND group_id = ?",
                "tag_group": "UPDATE tag_group SET position = ? WHERE id = ? AND ? = ''",
            }
            db.execute(query[kind], (place, ident, group_id))
        tag_event(db, corp, control.now, "shuffle", group_id, None)
    return {}
