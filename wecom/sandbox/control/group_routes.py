"""Customer groups live on phones: made, filled and dismissed here, and then the app gets events (doc 92130)."""

import json
from typing import Any

from wecom.sandbox.control.inputs import NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import chat_event
from wecom.sandbox.store import Db

DISMISSED = -1


@route("POST", "corps/<corpid>/groups")
def make(control: Control, corpid: str) -> dict[str, Any]:
    """`owner` and the staff and customers in `members` (userids and external_userids) meet in a new group."""
    owner, name = control.inputs.text("owner", required=True), control.inputs.text("name")
    members = control.inputs.texts("members")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        owner = control.staff(db, corp, owner)
        present = [_member(db, corp, ident, int(control.now)) for ident in dict.fromkeys([owner, *members])]
        chat_id = control.world.store.new_id(db, "wr")
        db.execute(
            "INSERT INTO group_chat (chat_id, corpid, name, owner, create_time, members, admins)"
            " VALUES (?, ?, ?, ?, ?, ?, '[]')",
            (chat_id, corp.corpid, name, owner, int(control.now), json.dumps(present, ensure_ascii=False)),
        )
        chat_event(db, corp, control.now, "create", chat_id)
        return {"chat_id": chat_id}


@route("POST", "corps/<corpid>/groups/<chat_id>/change")
def change(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """`name` is a new name; `join` and `quit` are userids or external_userids."""
    name, join, leave = control.inputs.text("name"), control.inputs.texts("join"), control.inputs.texts("quit")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        row = db.execute(
            "SELECT * FROM group_chat WHERE chat_id = ? AND corpid = ? AND status >= 0", (chat_id, corp.corpid)
        ).fetchone()
        if row is None:
            raise NotFound(f"There is no group {chat_id}.")
        present = [member for member in json.loads(row["members"]) if member["userid"] not in leave]
        present += [_member(db, corp, ident, int(control.now)) for ident in join]
        db.execute(
            "UPDATE group_chat SET name = ?, members = ? WHERE id = ?",
            (name or row["name"], json.dumps(present, ensure_ascii=False), row["id"]),
        )
        detail = "add_member" if join else "del_member" if leave else "change_name"
        chat_event(db, corp, control.now, "update", chat_id, detail)
    return {}


@route("POST", "corps/<corpid>/groups/<chat_id>/dismiss")
def dismiss(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """The owner dismisses the group: from now on it answers 49008."""
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        db.execute(
            "UPDATE group_chat SET status = ? WHERE chat_id = ? AND corpid = ?", (DISMISSED, chat_id, corp.corpid)
        )
        chat_event(db, corp, control.now, "dismiss", chat_id)
    return {}


def _member(db: Db, corp: Corp, ident: str, now: int) -> dict[str, Any]:
    staff = db.execute("SELECT name FROM staff WHERE corpid = ? AND userid = ?", (corp.corpid, ident)).fetchone()
    customer = db.execute(
        "SELECT name FROM customer WHERE corpid = ? AND external_userid = ?", (corp.corpid, ident)
    ).fetchone()
    if staff is None and customer is None:
        raise NotFound(f"There is nobody called {ident}.")
    name = (staff or customer)["name"]
    return {"userid": ident, "type": 1 if staff else 2, "join_time": now, "join_scene": 1, "name": name}
