"""Act as an admin in WeCom's console: members and departments come, change and go (docs 90970, 90971)."""

from typing import Any

from wecom.sandbox import members
from wecom.sandbox.control.inputs import BadInput, Inputs
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.members import PRIVATE, Change


def _change(inputs: Inputs) -> Change:
    return Change(
        name=inputs.text("name") if "name" in inputs else None,
        departments=inputs.integers("department") if "department" in inputs else None,
        title=inputs.text("position") if "position" in inputs else None,
        status=inputs.integer("status", least=1, most=5),
        private={name: inputs.text(name) for name in PRIVATE if name in inputs},
    )


@route("POST", "corps/<corpid>/contacts/create_user")
def create_user(control: Control, corpid: str) -> dict[str, Any]:
    """`userid`, `name`, `department`, `position`, `status`, and what only some apps see: `mobile`, `email`, …"""
    userid, change = control.inputs.text("userid", required=True), _change(control.inputs)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        members.create(db, control.corp(db, corpid), userid, change, control.now)
    return {}


@route("POST", "corps/<corpid>/contacts/update_user")
def update_user(control: Control, corpid: str) -> dict[str, Any]:
    """As above; `new_userid` renames the member."""
    userid, change = control.inputs.text("userid", required=True), _change(control.inputs)
    new_userid = control.inputs.text("new_userid")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        members.update(db, control.corp(db, corpid), userid, change, control.now, new_userid=new_userid)
    return {}


@route("POST", "corps/<corpid>/contacts/delete_user")
def delete_user(control: Control, corpid: str) -> dict[str, Any]:
    userid = control.inputs.text("userid", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        members.delete(control.world.store, db, control.corp(db, corpid), userid, control.now)
    return {}


@route("POST", "corps/<corpid>/contacts/create_party")
def create_party(control: Control, corpid: str) -> dict[str, Any]:
    inputs = control.inputs
    number, name = _number(inputs), inputs.text("name", required=True)
    parent, order = inputs.integer("parentid", members.TOP) or members.TOP, inputs.integer("order", 0) or 0
    inputs.finish()
    with control.world.store.transaction() as db:
        members.create_department(db, control.corp(db, corpid), number, name, parent, order, control.now)
    return {}


@route("POST", "corps/<corpid>/contacts/update_party")
def update_party(control: Control, corpid: str) -> dict[str, Any]:
    inputs = control.inputs
    number, name = _number(inputs), inputs.text("name") or None
    parent, order = inputs.integer("parentid"), inputs.integer("order")
    inputs.finish()
    with control.world.store.transaction() as db:
        members.update_department(db, control.corp(db, corpid), number, name, parent, control.now, order)
    return {}


@route("POST", "corps/<corpid>/contacts/delete_party")
def delete_party(control: Control, corpid: str) -> dict[str, Any]:
    number = _number(control.inputs)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        members.delete_department(db, control.corp(db, corpid), number, control.now)
    return {}


def _number(inputs: Inputs) -> int:
    number = inputs.integer("id", least=1)
    if number is None:
        raise BadInput("id is missing.")
    return number
