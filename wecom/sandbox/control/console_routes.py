"""The admin's console: saving the callback configuration, which WeCom refuses unless the URL answers rightly."""

from dataclasses import replace
from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.apps import App
from wecom.sandbox.console import check_url
from wecom.sandbox.control.app_routes import described_app
from wecom.sandbox.control.inputs import BadInput, NotFound
from wecom.sandbox.control.routes import Control, route


@route("POST", "corps/<corpid>/callback")
def save_callback(control: Control, corpid: str) -> dict[str, Any]:
    """Checks the URL with the given `callback_url`, `token`, `aes_key`, and saves them if it answers rightly.

    What is absent stays as it is; with nothing given, what the console holds is checked once more. `agentid`:
    default the first app.
    """
    inputs = control.inputs
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        wanted = inputs.integer("agentid", corp.agentid) or 0
        app = _changed(control, corp.app(wanted), wanted)
    answer = check_url(app, control.now)
    if answer == "ok":
        with control.world.store.transaction() as db:
            corp = control.corp(db, corpid)
            kept = tuple(app if one.agentid == wanted else one for one in corp.apps)
            corps.save(db, replace(corp, apps=kept))
        control.world.postman.watch(corp)
    return {"url": app.callback_url, "ok": answer == "ok", "answer": answer}


def _changed(control: Control, app: App | None, agentid: int) -> App:
    if app is None:
        raise NotFound(f"There is no app {agentid}.")
    changed = described_app(control.inputs, app, [])
    control.inputs.finish()
    if not changed.callback_url:
        raise BadInput("callback_url is missing.")
    return changed
