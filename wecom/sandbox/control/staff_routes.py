"""Act as a member of staff."""

from typing import Any

from wecom.sandbox import corps, greetings, mass, record, relations
from wecom.sandbox.control.inputs import BadInput, NotFound
from wecom.sandbox.control.routes import Control, route


@route("GET", "corps/<corpid>/staff")
def list_staff(control: Control, corpid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        rows = db.execute(
            "SELECT s.userid, s.name, s.title, s.departments, s.external, s.visible, (SELECT count(*) FROM mass_task t"
            " JOIN mass m USING (msgid) WHERE t.corpid = s.corpid AND t.userid = s.userid AND t.status = 0"
            " AND m.cancelled IS NULL) AS open_tasks FROM staff s WHERE s.corpid = ? AND s.status = 1"
            " ORDER BY s.rowid",
            (corp.corpid,),
        )
        return {"staff": [dict(row) for row in rows]}


@route("GET", "corps/<corpid>/staff/<userid>")
def get_staff(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        row = corps.staff(db, corp.corpid, userid)
        if row is None:
            raise NotFound(f"There is no member {userid}.")
        return record.staff_phone(db, corp, row, control.now)


@route("POST", "corps/<corpid>/staff/<userid>/confirm")
def confirm(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member confirms a mass-send task: now the messages leave. `external_userid`: only to these customers."""
    msgid = control.inputs.text("msgid", required=True)
    chosen = control.inputs.texts("external_userid") if "external_userid" in control.inputs else None
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        return dict(mass.confirm(db, corp, control.staff(db, corp, userid), msgid, control.now, chosen))


@route("POST", "corps/<corpid>/staff/<userid>/send")
def send(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member's own mass send, confirmed at once; it uses up the same quota."""
    ids = control.inputs.texts("external_userid")
    text = control.inputs.text("text", required=True)
    control.inputs.finish()
    if not ids:
        raise BadInput("external_userid must name at least one customer.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        member = control.staff(db, corp, userid)
        content: dict[str, object] = {"text": text, "attachments": []}
        msgid = mass.create(
            control.world.store,
            db,
            corp,
            control.now,
            content=content,
            targets={member: ids},
            sender=member,
            creator=member,
        )
        return {"msgid": msgid, **mass.confirm(db, corp, member, msgid, control.now)}


@route("POST", "corps/<corpid>/staff/<userid>/delete_customer")
def delete_customer(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member deletes a customer: ``del_external_contact``."""
    ident = control.inputs.text("external_userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        relations.end(db, corp, control.staff(db, corp, userid), ident, control.now, by_staff=True)
    return {}


@route("POST", "corps/<corpid>/staff/<userid>/edit")
def edit(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member changes remark or tags of a customer: ``edit_external_contact``."""
    inputs = control.inputs
    ident = inputs.text("external_userid", required=True)
    remark = inputs.text("remark") if "remark" in inputs else None
    added, removed = _tags(control, "add_tag"), _tags(control, "remove_tag")
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        member = control.staff(db, corp, userid)
        relations.edit(db, corp, member, ident, control.now, remark=remark, add_tags=added, remove_tags=removed)
    return {}


def _tags(control: Control, name: str) -> list[str]:
    """One tag id or a list of them."""
    value = control.inputs.raw(name)
    return [value] if isinstance(value, str) else control.inputs.texts(name)


@route("POST", "corps/<corpid>/staff/<userid>/greeting")
def greeting(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The console's welcome `text` for the member, or `away`: his new customers come without a welcome code."""
    text, away = control.inputs.text("text"), control.inputs.flag("away")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        greetings.save(db, corp, control.staff(db, corp, userid), text, away=away)
    return {}
