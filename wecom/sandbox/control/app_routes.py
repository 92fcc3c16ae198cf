"""Apps of a corp: create, change, look at and remove them."""

from dataclasses import replace
from typing import Any

from wecom.sandbox import app_phone, apps, corps
from wecom.sandbox.apps import App
from wecom.sandbox.control.inputs import BadInput, Inputs, NotFound
from wecom.sandbox.control.routes import Control, route


@route("GET", "corps/<corpid>/apps")
def list_apps(control: Control, corpid: str) -> dict[str, Any]:
    with control.world.store.reading() as db:
        return {"apps": [app.public() for app in control.corp(db, corpid).apps]}


@route("POST", "corps/<corpid>/apps")
def save_app(control: Control, corpid: str) -> dict[str, Any]:
    """Creates the app `agentid`, or changes the given fields of it."""
    inputs = control.inputs
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        agentid = inputs.integer("agentid", least=1)
        if agentid is None:
            raise BadInput("agentid is missing.")
        old = corp.app(agentid)
        others = [app for app in corp.apps if app is not old]
        base = old or App(corp.corpid, agentid, "", "", "")
        app = replace(described_app(inputs, base, others), name=inputs.text("name", base.name))
        inputs.finish()
        kept = tuple(app if one is old else one for one in corp.apps)
        seen = app_phone.subscribers(db, corp)
        corp = replace(corp, apps=kept if old else (*corp.apps, app))
        corps.save(db, corp)
        app_phone.tell_subscriptions(db, corp, seen, control.now)
    control.world.postman.watch(corp)
    return app.public()


def described_app(inputs: Inputs, base: App, others: list[App]) -> App:
    """`base` with the fields that are given; BadInput for what no app can have, or what one of `others` has."""
    app = replace(
        base,
        agentid=inputs.integer("agentid", base.agentid) or 0,
        secret=inputs.text("secret", base.secret, required=True),
        token=inputs.text("token", base.token, required=True),
        aes_key=inputs.text("aes_key", base.aes_key, required=True),
        callback_url=inputs.text("callback_url", base.callback_url),
        customer_api=inputs.flag("customer_api", base.customer_api),
        payment_api=inputs.flag("payment_api", base.payment_api),
        kind=inputs.choice("kind", apps.KINDS, base.kind),
        early=inputs.flag("early", base.early),
        redirect_domain=inputs.text("redirect_domain", base.redirect_domain).lower(),
        **_lists(inputs),
    )
    if not apps.decodes_to_key(app.aes_key):
        raise BadInput("aes_key must be 43 characters that decode to 32 bytes.")
    if app.callback_url and not app.callback_url.startswith(("http://", "https://")):
        raise BadInput("callback_url must begin with http:// or https://.")
    if any(app.agentid == other.agentid for other in others):
        raise BadInput(f"agentid {app.agentid} is another app's.")
    if any(app.secret == other.secret for other in others):
        raise BadInput("secret is another app's: it tells them apart.")
    return app


def _lists(inputs: Inputs) -> dict[str, Any]:
    """The visible range and the trusted addresses, as far as given."""
    given: dict[str, Any] = {}
    if "trusted_ips" in inputs:
        given["trusted_ips"] = inputs.texts("trusted_ips")
    if "visible_range" in inputs:
        wanted = inputs.inner("visible_range")
        given["departments"], given["userids"] = wanted.integers("departments"), wanted.texts("userids")
        wanted.finish()
    return given


@route("DELETE", "corps/<corpid>/apps/<int:agentid>")
def delete_app(control: Control, corpid: str, agentid: int) -> dict[str, Any]:
    """The admin removes the app; its tokens die. A corp keeps at least one."""
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        if corp.app(agentid) is None:
            raise NotFound(f"There is no app {agentid}.")
        kept = tuple(app for app in corp.apps if app.agentid != agentid)
        if not kept:
            raise BadInput("A corp keeps at least one app.")
        corps.save(db, replace(corp, apps=kept))
    return {}
