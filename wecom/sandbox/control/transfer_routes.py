"""Members whose standing changes, customers who are handed over."""

from typing import Any

from wecom.sandbox import acquisition, relations, standing, transfers
from wecom.sandbox.clock import iso
from wecom.sandbox.control.routes import Control, route


@route("POST", "corps/<corpid>/staff/<userid>/standing")
def change_standing(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """`activated`, `verified` (his real name), `idle_days` since he last logged in; what is not given stays."""
    inputs = control.inputs
    facts: dict[str, int | None] = {
        name: int(inputs.flag(name)) for name in ("activated", "verified") if name in inputs
    }
    idle = inputs.integer("idle_days", most=4000)
    if idle is not None:
        facts["last_login"] = int(control.now) - idle * 86400
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        standing.change(db, corp, control.staff(db, corp, userid), **facts)
    return {}


@route("POST", "corps/<corpid>/staff/<userid>/write")
def write(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member writes to a customer: it counts in the statistics."""
    ident = control.inputs.text("external_userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        relations.write(db, corp, control.staff(db, corp, userid), ident, control.now)
    return {}


@route("POST", "corps/<corpid>/staff/<userid>/leave")
def leave(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member resigns: his customers and groups wait for heirs. No event: apps poll members."""
    control.inputs.finish()
    store = control.world.store
    with store.transaction() as db:
        corp = control.corp(db, corpid)
        standing.resign(store, db, corp, control.staff(db, corp, userid), control.now)
        acquisition.check_links(db, corp, control.now)
    return {}


@route("POST", "corps/<corpid>/customers/<ident>/refuse_transfer")
def refuse(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """The customer refuses, within 24 hours, to be handed over: ``transfer_fail``."""
    control.inputs.finish()
    with control.world.store.transaction() as db:
        transfers.refuse(db, control.corp(db, corpid), ident, control.now)
    return {}


@route("GET", "corps/<corpid>/transfers")
def list_transfers(control: Control, corpid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        rows = db.execute("SELECT * FROM transfer WHERE corpid = ? ORDER BY id", (corp.corpid,))
        names = ("kind", "handover", "takeover", "external_userid", "message", "status")
        return {"transfers": [{**{name: row[name] for name in names}, "asked": iso(row["asked"])} for row in rows]}
