"""Customer groups live on phones: made, filled and dismissed here, and then the app gets events (doc 92130)."""

from typing import Any

from wecom.sandbox import group_welcomes, groups, join_ways
from wecom.sandbox.clock import iso
from wecom.sandbox.control.inputs import BadInput, NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.groups import JOIN_SCENES, Entry
from wecom.sandbox.relations import Person
from wecom.sandbox.store import Db


@route("GET", "corps/<corpid>/groups")
def list_groups(control: Control, corpid: str) -> dict[str, Any]:
    """All that are not dismissed, and the join ways."""
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        rows = db.execute("SELECT * FROM group_chat WHERE corpid = ? AND status >= 0 ORDER BY id", (corp.corpid,))
        shown = [
            {
                "chat_id": row["chat_id"],
                "name": row["name"],
                "owner": row["owner"],
                "status": row["status"],
                "members": len(groups.members_of(row)),
            }
            for row in rows
        ]
        return {"groups": shown, "join_ways": join_ways.every(db, corp)}


@route("GET", "corps/<corpid>/groups/<chat_id>")
def get_group(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """Everything about it, what mini-programs call it included."""
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        row = groups.find(db, corp, _living(db, corp, chat_id))
        assert row is not None
        return {
            "chat_id": chat_id,
            "opengid": groups.opengid_of(chat_id),
            "name": row["name"],
            "notice": row["notice"],
            "owner": row["owner"],
            "status": row["status"],
            "created": iso(row["create_time"]),
            "members": groups.members_of(row),
            "member_version": groups.version_of(row),
        }


def _living(db: Db, corp: Corp, chat_id: str) -> str:
    row = groups.find(db, corp, chat_id)
    if row is None or row["status"] == groups.DISMISSED:
        raise NotFound(f"There is no group {chat_id}.")
    return chat_id


@route("POST", "corps/<corpid>/groups")
def make(control: Control, corpid: str) -> dict[str, Any]:
    """`owner` and the staff and customers in `members` (userids and external_userids) meet in a new group."""
    owner, name = control.inputs.text("owner", required=True), control.inputs.text("name")
    members = control.inputs.texts("members")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        _check_people(db, corp, members)
        owner = control.staff(db, corp, owner)
        return {"chat_id": groups.create(control.world.store, db, corp, owner, name, members, control.now)}


def _check_people(db: Db, corp: Corp, idents: list[str]) -> None:
    for ident in idents:
        known = db.execute(
            "SELECT 1 FROM staff WHERE corpid = ?1 AND userid = ?2 AND status = 1"
            " UNION SELECT 1 FROM customer WHERE corpid = ?1 AND external_userid = ?2",
            (corp.corpid, ident),
        ).fetchone()
        if known is None:
            raise NotFound(f"There is nobody called {ident}.")


@route("POST", "corps/<corpid>/groups/<chat_id>/change")
def change(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """What happens in the group, one event each: `join` (with `scene` 1 invited, 2 by link, 3 by QR code, `invitor`,
    `state`), `quit`, `removed` (lists of userids and external_userids), a new `owner`, a new `name`, a new `notice`;
    and, without event, `admins`.
    """
    inputs = control.inputs
    join, quit_, removed = inputs.texts("join"), inputs.texts("quit"), inputs.texts("removed")
    scene = inputs.integer("scene", groups.INVITED) or 0
    invitor, state = inputs.text("invitor"), inputs.text("state")
    admins = inputs.texts("admins") if "admins" in inputs else None
    texts = {name: inputs.text(name) for name in ("owner", "name", "notice") if name in inputs}
    inputs.finish()
    if scene not in JOIN_SCENES:
        raise BadInput("scene must be 1, 2 or 3.")
    store = control.world.store
    with store.transaction() as db:
        corp = control.corp(db, corpid)
        _living(db, corp, chat_id)
        _check_people(db, corp, join)
        groups.join(store, db, corp, chat_id, join, Entry(scene, invitor, state), control.now)
        groups.leave(store, db, corp, chat_id, quit_, control.now, removed=False)
        groups.leave(store, db, corp, chat_id, removed, control.now, removed=True)
        _change_texts(control, db, corp, chat_id, texts)
        if admins is not None:
            groups.appoint(db, corp, chat_id, admins)
    return {}


def _change_texts(control: Control, db: Db, corp: Corp, chat_id: str, texts: dict[str, str]) -> None:
    if "owner" in texts:
        groups.pass_on(db, corp, chat_id, control.staff(db, corp, texts["owner"]), control.now)
    if "name" in texts:
        groups.rename(db, corp, chat_id, texts["name"], control.now)
    if "notice" in texts:
        groups.announce(db, corp, chat_id, texts["notice"], control.now)


@route("POST", "corps/<corpid>/groups/<chat_id>/say")
def say(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """`who`, a member, writes something in the group: it counts in the statistics, no app hears of it."""
    who = control.inputs.text("who", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        groups.say(db, corp, _living(db, corp, chat_id), who, control.now)
    return {}


@route("POST", "corps/<corpid>/groups/<chat_id>/welcome")
def welcome(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """The owner chooses a welcome template for newcomers; an empty `template_id` takes it away."""
    template_id = control.inputs.text("template_id")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        _living(db, corp, chat_id)
        if template_id and group_welcomes.find(db, corp, template_id) is None:
            raise NotFound(f"There is no template {template_id}.")
        db.execute("UPDATE group_chat SET welcome = ? WHERE chat_id = ?", (template_id, chat_id))
    return {}


@route("POST", "corps/<corpid>/groups/<chat_id>/inheriting")
def inheriting(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """An admin is giving away the group of an owner who resigned (status 2, 90507), or `on: false` stops."""
    on = control.inputs.flag("on", True)
    control.inputs.finish()
    old, new = (groups.RESIGNED, groups.INHERITING)[:: 1 if on else -1]
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        values = (new, _living(db, corp, chat_id), old)
        db.execute("UPDATE group_chat SET status = ? WHERE chat_id = ? AND status = ?", values)
    return {}


@route("POST", "corps/<corpid>/groups/<chat_id>/dismiss")
def dismiss(control: Control, corpid: str, chat_id: str) -> dict[str, Any]:
    """The owner dismisses the group: from now on it answers 49008."""
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        groups.dismiss(db, corp, _living(db, corp, chat_id), control.now)
    return {}


@route("POST", "corps/<corpid>/join")
def come(control: Control, corpid: str) -> dict[str, Any]:
    """A person scans the QR code of the join way `config_id`: a new one, or the customer `external_userid`."""
    inputs = control.inputs
    config_id = inputs.text("config_id", required=True)
    person = Person(inputs.text("external_userid"), inputs.text("name"))
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        return dict(join_ways.come(control.world.store, db, corp, config_id, person, control.now))
