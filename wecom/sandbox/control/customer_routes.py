"""Act as a customer."""

from typing import Any

from wecom.sandbox import acquisition, record, relations
from wecom.sandbox.control.inputs import BadInput, NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Person
from wecom.sandbox.scans import Scan, scan
from wecom.sandbox.store import Db


@route("POST", "corps/<corpid>/scan")
def scan_code(control: Control, corpid: str) -> dict[str, Any]:
    """A person scans a contact way, or adds somebody otherwise; the friendship is made at once."""
    inputs = control.inputs
    wanted = Scan(
        config_id=inputs.text("config_id"),
        state=inputs.text("state"),
        userid=inputs.text("userid"),
        add_way=inputs.integer("add_way", 1) or 0,
        half=inputs.flag("half"),
    )
    person = Person(
        external_userid=inputs.text("external_userid"),
        name=inputs.text("name"),
        gender=inputs.integer("gender", 0, most=2) or 0,
        type=inputs.integer("type", 1, least=1, most=2) or 1,
        corp_name=inputs.text("corp_name"),
        title=inputs.text("position"),
    )
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        if wanted.userid:
            control.staff(db, corp, wanted.userid)
        return dict(scan(control.world.store, db, corp, wanted, person, control.now))


@route("GET", "corps/<corpid>/customers")
def list_customers(control: Control, corpid: str) -> dict[str, Any]:
    """Newest first; ``?limit=`` (default 100), ``?q=`` part of a name."""
    limit = control.request.args.get("limit", "100")
    if not limit.isdecimal() or not 1 <= int(limit) <= 1_000_000:
        raise BadInput("limit must be between 1 and 1000000.")
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        rows = db.execute(
            "SELECT external_userid, name, gender, type FROM customer WHERE +corpid = ? AND instr(name, ?)"
            " ORDER BY rowid DESC LIMIT ?",  # the plus: walk back from the newest instead of sorting all
            (corp.corpid, control.request.args.get("q", ""), int(limit)),
        )
        return {"customers": [dict(row) for row in rows]}


def _customer(control: Control, db: Db, corp: Corp, ident: str) -> Any:
    row = relations.customer(db, corp, ident)
    if row is None:
        raise NotFound(f"There is no customer {ident}.")
    return row


@route("GET", "corps/<corpid>/customers/<ident>")
def get_customer(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        return record.customer(db, corp, _customer(control, db, corp, ident), control.now)


@route("POST", "corps/<corpid>/customers/<ident>/delete_staff")
def delete_staff(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """The customer deletes the staff: ``del_follow_user``."""
    userid = control.inputs.text("userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        _customer(control, db, corp, ident)
        relations.end(db, corp, userid, ident, control.now, by_staff=False)
    return {}


@route("POST", "corps/<corpid>/customers/<ident>/confirm_half")
def confirm_half(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """The staff confirms the half-added customer."""
    userid = control.inputs.text("userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        _customer(control, db, corp, ident)
        code = relations.confirm_half(control.world.store, db, corp, userid, ident, control.now)
    return {"welcome_code": code or None}


@route("POST", "corps/<corpid>/customers/<ident>/chat")
def chat(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """The customer writes to the staff: from now on 41051 for an open welcome code."""
    userid = control.inputs.text("userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        _customer(control, db, corp, ident)
        relations.chat(db, corp, userid, ident, control.now)
        acquisition.message(control.world.store, db, corp, userid, ident, control.now)
    return {}
