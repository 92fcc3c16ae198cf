"""Moments on the phones: publish a task, post one's own, comment and like."""

from typing import Any

from wecom.sandbox import moments
from wecom.sandbox.control.routes import Control, route

KINDS = ("comment", "like")


@route("POST", "corps/<corpid>/staff/<userid>/publish")
def publish(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member publishes the moment of a task: from now on his customers can see it."""
    moment_id = control.inputs.text("moment_id", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        member = control.staff(db, corp, userid)
        return {"customers": moments.publish(db, corp, member, moment_id, control.now)}


@route("POST", "corps/<corpid>/staff/<userid>/post")
def post(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member's own moment."""
    text = control.inputs.text("text", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        member = control.staff(db, corp, userid)
        return {"moment_id": moments.post(control.world.store, db, corp, member, text, control.now)}


@route("POST", "corps/<corpid>/staff/<userid>/delete_post")
def delete_post(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    moment_id = control.inputs.text("moment_id", required=True)
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        moments.delete(db, corp, control.staff(db, corp, userid), moment_id, control.now)
    return {}


@route("POST", "corps/<corpid>/customers/<ident>/react")
def customer_reacts(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """The customer comments on, or likes, the post `moment_id` of `userid`."""
    return _react(control, corpid, {"external_userid": ident})


@route("POST", "corps/<corpid>/staff/<ident>/react")
def staff_reacts(control: Control, corpid: str, ident: str) -> dict[str, Any]:
    """A member does, on his own post or a colleague's."""
    return _react(control, corpid, {"userid": ident})


def _react(control: Control, corpid: str, who: dict[str, str]) -> dict[str, Any]:
    inputs = control.inputs
    moment_id, userid = inputs.text("moment_id", required=True), inputs.text("userid", required=True)
    kind = inputs.choice("kind", KINDS, "like")
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        if "userid" in who:
            who = {"userid": control.staff(db, corp, who["userid"])}
        owner = control.staff(db, corp, userid)
        moments.react(db, corp, moment_id, owner, who, kind, control.now)
    return {}
