"""Give people other names: what a third-party app, a meeting or the time before a migration would have called them."""

from typing import Any

from wecom.sandbox import aliases
from wecom.sandbox.aliases import ALL_APPS, EXTERNAL, OLD, TMP, USERID
from wecom.sandbox.control.inputs import BadInput
from wecom.sandbox.control.routes import Control, route


@route("POST", "corps/<corpid>/ids/service")
def service(control: Control, corpid: str) -> dict[str, Any]:
    """What the third-party app `agentid` calls these `userids` and `external_userids`: ``{ours: theirs}``."""
    agentid = control.inputs.integer("agentid", least=1)
    userids, customers = control.inputs.texts("userids"), control.inputs.texts("external_userids")
    control.inputs.finish()
    if agentid is None:
        raise BadInput("agentid is missing.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        members = [control.staff(db, corp, userid) for userid in userids]
        return {
            "userids": {userid: aliases.name(db, corp, USERID, agentid, userid) for userid in members},
            "external_userids": {ident: aliases.name(db, corp, EXTERNAL, agentid, ident) for ident in customers},
        }


@route("POST", "corps/<corpid>/ids/tmp")
def tmp(control: Control, corpid: str) -> dict[str, Any]:
    """What a meeting (`business_type` 1), form (2) or document (3) calls these `external_userids`, or these `others`
    ``{"corpid", "userid"}`` of `user_type` 2 to 4; `agentid` is the app that met them, by default the first."""
    inputs = control.inputs
    business = inputs.integer("business_type", 1, least=1, most=3)
    user_type, customers = inputs.integer("user_type", 1, least=1, most=4), inputs.texts("external_userids")
    others = [
        f"{one.text('corpid', required=True)} {one.text('userid', required=True)}" for one in inputs.objects("others")
    ]
    agentid = inputs.integer("agentid")
    inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        met, detail = customers if user_type == 1 else others, f"{business}.{user_type}"
        return {"ids": {one: aliases.name(db, corp, TMP, agentid or corp.agentid, one, detail) for one in met}}


@route("POST", "corps/<corpid>/ids/old")
def old(control: Control, corpid: str) -> dict[str, Any]:
    """What these `external_userids` were before the corp's migration: ``{now: before}``."""
    customers = control.inputs.texts("external_userids")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        return {"ids": {ident: aliases.name(db, corp, OLD, ALL_APPS, ident) for ident in customers}}
