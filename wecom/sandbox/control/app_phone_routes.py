"""Act as a member of staff towards the app: write to it, press its cards, come to its pages."""

from typing import Any

from wecom.sandbox import app_phone
from wecom.sandbox.api import auth, js_tickets
from wecom.sandbox.app_phone import Press
from wecom.sandbox.apps import App
from wecom.sandbox.control.inputs import BadInput, Inputs, NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import customer
from wecom.sandbox.store import Db

PARTS = sorted({name for names in app_phone.MESSAGES.values() for name in names})


def _app(corp: Corp, inputs: Inputs) -> App:
    """The app `agentid`; the corp's first unless named."""
    app = corp.app(inputs.integer("agentid", corp.agentid) or 0)
    if app is None:
        raise NotFound("There is no such app.")
    return app


def _given(inputs: Inputs, *names: str) -> dict[str, str]:
    return {name: inputs.text(name) for name in names if name in inputs}


@route("POST", "corps/<corpid>/staff/<userid>/say")
def say(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """The member writes to the app: `kind` text, image, voice, video, location or link, and its elements."""
    inputs, world = control.inputs, control.world
    kind = inputs.choice("kind", tuple(app_phone.MESSAGES), "text")
    parts = _given(inputs, *PARTS)
    with world.store.transaction() as db:
        corp = control.corp(db, corpid)
        app, member = _app(corp, inputs), control.staff(db, corp, userid)
        inputs.finish()
        return {"MsgId": app_phone.say(world.store, db, corp, app, member, kind, parts, control.now)}


@route("POST", "corps/<corpid>/staff/<userid>/app_event")
def does(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """`event`: subscribe, unsubscribe, enter_agent, click, view or LOCATION; `EventKey` or the place."""
    inputs = control.inputs
    event = inputs.choice("event", app_phone.OF_MEMBERS, "enter_agent")
    parts = _given(inputs, "EventKey", "Latitude", "Longitude", "Precision")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        app, member = _app(corp, inputs), control.staff(db, corp, userid)
        inputs.finish()
        app_phone.does(db, corp, app, member, event, parts, control.now)
    return {}


@route("POST", "corps/<corpid>/app_event")
def hears(control: Control, corpid: str) -> dict[str, Any]:
    """An event that is nobody's deed: batch_job_result, or one about an app or a corp that is little used."""
    inputs = control.inputs
    event = inputs.choice("event", app_phone.OF_THE_CORP, "inactive_alert")
    parts: dict[str, Any] = {"EffectTime": inputs.integer("EffectTime")}
    if "BatchJob" in inputs:
        job = inputs.inner("BatchJob")
        parts["BatchJob"] = {
            "JobId": job.text("JobId", required=True),
            "JobType": job.text("JobType", "sync_user"),
            "ErrCode": job.integer("ErrCode", 0),
            "ErrMsg": job.text("ErrMsg", "ok"),
        }
        job.finish()
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        app = _app(corp, inputs)
        inputs.finish()
        app_phone.hears(db, corp, app, event, parts, control.now)
    return {}


@route("POST", "corps/<corpid>/staff/<userid>/press")
def press(control: Control, corpid: str, userid: str) -> dict[str, Any]:
    """A button or a menu entry (`key`) of the card `msgid`; `chosen`: ``[{"question_key", "option_ids"}]``."""
    inputs, world = control.inputs, control.world
    chosen: dict[str, list[str]] = {}
    for answer in inputs.objects("chosen"):
        chosen[answer.text("question_key", required=True)] = answer.texts("option_ids")
        answer.finish()
    pressed = Press(inputs.text("msgid", required=True), inputs.text("key", required=True), chosen)
    inputs.finish()
    with world.store.transaction() as db:
        corp = control.corp(db, corpid)
        member = control.staff(db, corp, userid)
        return {"response_code": app_phone.press(world.store, db, corp, member, pressed, control.now)}


@route("POST", "corps/<corpid>/member_tags")
def tag_members(control: Control, corpid: str) -> dict[str, Any]:
    """The member tag `id` is from now on that of `userids`, and of nobody else."""
    tag, userids = control.inputs.integer("id", least=1), control.inputs.texts("userids")
    control.inputs.finish()
    if tag is None:
        raise BadInput("id is missing.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        members = [control.staff(db, corp, userid) for userid in userids]
        db.execute("DELETE FROM member_tag WHERE corpid = ? AND tagid = ?", (corp.corpid, str(tag)))
        db.executemany(
            "INSERT OR IGNORE INTO member_tag VALUES (?, ?, ?)", [(corp.corpid, str(tag), one) for one in members]
        )
    return {}


@route("POST", "corps/<corpid>/oauth_code")
def oauth_code(control: Control, corpid: str) -> dict[str, Any]:
    """Somebody was on WeCom's page: a member, a customer, or a stranger. Answers the code that he comes back with."""
    inputs, world = control.inputs, control.world
    scope = inputs.choice("scope", (auth.BASE, auth.PRIVATE), auth.BASE)
    userid, external = inputs.text("userid"), inputs.text("external_userid")
    consent = inputs.texts("consent")
    if not set(consent) <= set(auth.CONSENT):
        raise BadInput(f"consent may name {', '.join(auth.CONSENT)}.")
    with world.store.transaction() as db:
        corp = control.corp(db, corpid)
        app = _app(corp, inputs)
        inputs.finish()
        who = _somebody(control, db, corp, userid, external)
        return {"code": auth.new_code(world.store, db, app, control.now, **who, scope=scope, consent=consent)}


def _somebody(control: Control, db: Db, corp: Corp, userid: str, external_userid: str) -> dict[str, str]:
    if userid:
        return {"userid": control.staff(db, corp, userid)}
    if external_userid and customer(db, corp, external_userid) is None:
        raise NotFound(f"There is no customer {external_userid}.")
    return {"external_userid": external_userid}


@route("POST", "corps/<corpid>/js_config")
def js_config(control: Control, corpid: str) -> dict[str, Any]:
    """What WeCom's client says to a page's signature: ``{"errcode": 0}``, 40093 (wrong) or 42012 (wrong ticket)."""
    inputs = control.inputs
    names = ("url", "nonceStr", "signature")
    signed = {name: inputs.text(name, required=True) for name in names}
    signed["timestamp"] = str(inputs.integer("timestamp", 0))
    of_app = inputs.flag("agent")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        app = _app(corp, inputs)
        inputs.finish()
        agentid = app.agentid if of_app else js_tickets.OF_CORP
        return {"errcode": js_tickets.verdict(db, corp, agentid, signed, control.now)}
