"""Acquisition links: customers arrive by them, admins buy units and delete links."""

from typing import Any

from wecom.sandbox import acquisition
from wecom.sandbox.acquisition import DAY, Visit
from wecom.sandbox.control.inputs import BadInput
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.relations import Person


@route("GET", "corps/<corpid>/acquisition")
def look(control: Control, corpid: str) -> dict[str, Any]:
    """Units used and left, links with their clicks and customers."""
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
        return {
            "used": acquisition.used(db, corp),
            "balance": acquisition.balance(db, corp, control.now),
            "links": acquisition.every(db, corp),
        }


@route("POST", "corps/<corpid>/acquisition/buy")
def buy(control: Control, corpid: str) -> dict[str, Any]:
    """`units` that expire after `days` (default 365)."""
    units = control.inputs.integer("units", least=1)
    days = control.inputs.integer("days", 365, least=1, most=3650)
    control.inputs.finish()
    if units is None:
        raise BadInput("units is missing.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        acquisition.buy(db, corp, units, int(control.now) + (days or 365) * DAY, control.now)
        return {"balance": acquisition.balance(db, corp, control.now)}


@route("POST", "corps/<corpid>/acquisition/<link_id>/open")
def open_link(control: Control, corpid: str, link_id: str) -> dict[str, Any]:
    """Somebody (`external_userid`, if he is known) opens the link by a `channel` and does nothing more."""
    visitor, channel = control.inputs.text("external_userid"), control.inputs.text("channel")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        link = acquisition.of_corp(db, corp, link_id)
        stranger = f"stranger {control.world.store.number(db, 'stranger')}"
        acquisition.open_link(db, corp, link, visitor or stranger, channel, control.now)
    return {}


@route("POST", "corps/<corpid>/acquisition/<link_id>/arrive")
def arrive(control: Control, corpid: str, link_id: str) -> dict[str, Any]:
    """A person, new or known, adds a member by the link: `channel`, `name`, `external_userid`, `userid`, `half`."""
    inputs = control.inputs
    visit = Visit(inputs.text("channel"), inputs.text("userid"), inputs.flag("half"))
    gender, kind = inputs.integer("gender", 0, most=2) or 0, inputs.integer("type", 1, least=1, most=2) or 1
    person = Person(inputs.text("external_userid"), inputs.text("name"), gender, kind, inputs.text("corp_name"))
    inputs.finish()
    store = control.world.store
    with store.transaction() as db:
        corp = control.corp(db, corpid)
        if visit.userid:
            control.staff(db, corp, visit.userid)
        link = acquisition.of_corp(db, corp, link_id)
        return acquisition.arrive(store, db, corp, link, visit, person, control.now)


@route("POST", "corps/<corpid>/acquisition/<link_id>/accept")
def accept(control: Control, corpid: str, link_id: str) -> dict[str, Any]:
    """The member accepts an applicant of a link that does not skip verification."""
    ident = control.inputs.text("external_userid", required=True)
    control.inputs.finish()
    store = control.world.store
    with store.transaction() as db:
        corp = control.corp(db, corpid)
        link = acquisition.of_corp(db, corp, link_id)
        return {"welcome_code": acquisition.accept(store, db, corp, link, ident, control.now)}


@route("POST", "corps/<corpid>/acquisition/<link_id>/delete")
def delete(control: Control, corpid: str, link_id: str) -> dict[str, Any]:
    """An admin deletes the link: ``delete_link``."""
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        acquisition.delete(db, corp, acquisition.of_corp(db, corp, link_id), control.now)
    return {}
