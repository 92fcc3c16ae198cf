"""Corps: create or change one, look at its record, its calls, its contact ways."""

from dataclasses import fields, replace
from typing import Any

from wecom.sandbox import corps, record
from wecom.sandbox.api.token import revoke
from wecom.sandbox.apps import App
from wecom.sandbox.control.app_routes import described_app
from wecom.sandbox.control.inputs import BadInput, Inputs
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import QUOTA_POLICIES, Corp, Knobs
from wecom.sandbox.limits import EVERY, SPECIAL
from wecom.sandbox.store import Db

FIRST_AGENT = 1000002


@route("GET", "corps")
def list_corps(control: Control) -> dict[str, Any]:
    with control.world.store.reading() as db:
        return {"corps": [corp.public() for corp in corps.every(db)]}


@route("POST", "corps")
def save_corp(control: Control) -> dict[str, Any]:
    """Creates the corp, or changes the given fields of it; departments and staff are added or renamed.

    Credentials, callback URL, visible range and trusted addresses are those of its first app.
    """
    inputs = control.inputs
    with control.world.store.transaction() as db:
        corp = _corp(inputs, corps.find(db, inputs.text("corpid", required=True)))
        departments, staff = inputs.objects("departments"), inputs.objects("staff")
        inputs.finish()
        corps.save(db, corp)
        corps.save_department(db, corp.corpid, 1, corp.name, 0)
        for department in departments:
            _save_department(db, corp, department)
        for member in staff:
            _save_staff(db, corp, member)
    control.world.postman.watch(corp)
    return corp.public()


def _corp(inputs: Inputs, old: Corp | None) -> Corp:
    corpid = inputs.text("corpid", required=True)
    base = old or Corp(corpid, corpid, "month", Knobs(), (App(corpid, FIRST_AGENT, "", "", ""),))
    first, *others = base.apps
    return Corp(
        corpid=corpid,
        name=inputs.text("name", base.name),
        quota_policy=inputs.choice("quota_policy", QUOTA_POLICIES, base.quota_policy),
        knobs=_knobs(inputs, base.knobs),
        apps=(described_app(inputs, first, others), *others),
    )


def _knobs(inputs: Inputs, knobs: Knobs) -> Knobs:
    changes: dict[str, Any] = {}
    for knob in fields(Knobs):
        if knob.name not in inputs:
            continue
        changes[knob.name] = _knob(inputs, knob.name, getattr(knobs, knob.name))
    return replace(knobs, **changes)


def _knob(inputs: Inputs, name: str, old: object) -> Any:
    """The new value, of the type that the old one has."""
    if isinstance(old, bool):
        return inputs.flag(name)
    if isinstance(old, int):
        return inputs.integer(name)
    return inputs.number(name) if isinstance(old, float) else _limits(inputs.inner(name))


def _limits(inputs: Inputs) -> dict[str, dict[str, int]]:
    """``{endpoint: {"corp_day": 5}}``: only what some rule counts can be set."""
    limits: dict[str, dict[str, int]] = {}
    for endpoint in inputs.names():
        wanted = inputs.inner(endpoint)
        known = {rule.name for rule in (*EVERY, *SPECIAL.get(endpoint, ()))}
        limits[endpoint] = {name: wanted.integer(name) or 0 for name in known if name in wanted}
        wanted.finish()
    return limits


def _save_department(db: Db, corp: Corp, inputs: Inputs) -> None:
    number = inputs.integer("id", least=1)
    if number is None:
        raise BadInput("A department needs an id.")
    parent = inputs.integer("parentid", 0 if number == 1 else 1)
    corps.save_department(
        db, corp.corpid, number, inputs.text("name", required=True), parent or 0, inputs.integer("order", 0) or 0
    )
    inputs.finish()


def _save_staff(db: Db, corp: Corp, inputs: Inputs) -> None:
    corps.save_staff(
        db,
        corp.corpid,
        inputs.text("userid", required=True),
        inputs.text("name", required=True),
        inputs.integers("department") or [1],
        gender=inputs.choice("gender", ("0", "1", "2"), "0"),
        title=inputs.text("position"),
        external=inputs.flag("external", True),
        visible=inputs.flag("visible", True),
    )
    inputs.finish()


@route("POST", "corps/<corpid>/expire_token")
def expire_token(control: Control, corpid: str) -> dict[str, Any]:
    """WeCom drops the tokens before their time (one app's if `agentid` is given): calls answer 42001 or 40014."""
    code = control.inputs.choice("code", ("42001", "40014"), "42001")
    agentid = control.inputs.integer("agentid")
    control.inputs.finish()
    with control.world.store.transaction() as db:
        revoke(db, control.corp(db, corpid).corpid, int(code), agentid)
    return {}


@route("GET", "corps/<corpid>/record")
def get_record(control: Control, corpid: str) -> dict[str, Any]:
    """What the customers received, the mass sends with their statuses, the follows, the welcome codes."""
    with control.world.store.reading() as db:
        return record.whole(db, control.corp(db, corpid))


@route("GET", "corps/<corpid>/calls")
def get_calls(control: Control, corpid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
    return control.world.counts.of_corp(corp.corpid)


@route("GET", "corps/<corpid>/contact_ways")
def list_contact_ways(control: Control, corpid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        return {"contact_ways": record.contact_ways(db, control.corp(db, corpid))}


@route("GET", "corps/<corpid>/callbacks")
def list_callbacks(control: Control, corpid: str) -> dict[str, Any]:
    """The last 100 callbacks, newest first, with what became of them."""
    with control.world.store.reading() as db:
        return {"callbacks": record.callbacks(db, control.corp(db, corpid))}
