"""From an HTTP request under /cgi-bin/ to an answer in WeCom's envelope."""

import hashlib
import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from waitress.channel import ClientDisconnected
from werkzeug import Request, Response

from wecom.sandbox import corps, jsontext
from wecom.sandbox.api.endpoint import ENDPOINTS, Answer, Call, Endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.token import authenticate, claimed_app, claimed_corp, revoke
from wecom.sandbox.drift import drifted, shorter
from wecom.sandbox.errors import ApiError
from wecom.sandbox.faults import Hit
from wecom.sandbox.limits import MISSES, Caller
from wecom.sandbox.relations import arrival_of
from wecom.sandbox.world import World

LARGEST_BODY = 2 * 1024 * 1024
AFTERWARDS = ("timeout-after-accept", "garbled-answer")  # faults that strike a call which was applied
GARBLED = ("<html>502 Bad Gateway</html>", '{"errcode": 0, "errm', "{}", "")
_hints = itertools.count(1)


@dataclass(frozen=True)
class Ask:
    """One API call of a known app before anything is applied."""

    world: World
    target: Endpoint
    caller: Caller
    args: Fields
    body: Fields
    request: Request

    @property
    def path(self) -> str:
        return self.target.path

    def answer(self) -> Answer:
        """What the endpoint's handler says, inside a transaction of its own."""
        world, corp, app = self.world, self.caller.corp, self.caller.app
        with world.store.reading() if self.target.reads else world.store.transaction() as db:
            call = Call(world, db, corp, app, world.clock.now(), self.args, self.body, self.request, self.path)
            return self.target.handler(call)


def dispatch(world: World, request: Request, path: str) -> Response:
    """Answers one API call; always HTTP 200, as WeCom does, unless there is no such endpoint."""
    target = ENDPOINTS.get(path)
    if target is None:
        return Response("404 page not found", status=404)
    corpid, hit = "", None
    try:
        args = Fields(dict(request.args))
        body = _body(request, target)
        caller = _caller(world, request, path, args)
        if caller.corp.knobs.short_pages:
            body = Fields(shorter(body.whole(), world.seed, path))
        corpid = caller.corp.corpid
        hit = world.faults.strike_call(path)
        answer = _answer(Ask(world, target, caller, args, body, request), hit)
        outcome = "0"
    except ApiError as error:
        answer, outcome = _refusal(request, target, error), str(error.code)
    except ClientDisconnected:
        world.counts.add(corpid, path, "drop-connection")
        raise
    late = hit if hit and outcome == "0" and hit.name in AFTERWARDS else None
    world.counts.add(corpid, path, late.name if late else outcome)
    if late and late.name == "garbled-answer":
        return Response(GARBLED[int(late.chance * len(GARBLED))], content_type="text/html")
    if late:
        _hold(request, late.fault.hold)
    return answer if isinstance(answer, Response) else _json(answer)


def _caller(world: World, request: Request, path: str, args: Fields) -> Caller:
    """By token; for ``gettoken`` by corpid and secret."""
    address, now = request.remote_addr or "", world.clock.now()
    with world.store.reading() as db:
        if path != "gettoken":
            return Caller(*authenticate(db, args, now), address)
        corp = claimed_corp(db, args)
    world.limits.refuse_guesser(address, corp.corpid, now)
    app = claimed_app(corp, args)
    if app is None:
        world.limits.wrong_secret(address, corp, now)
        raise ApiError(40001)
    return Caller(corp, app, address)


def _answer(ask: Ask, hit: Hit | None) -> Answer:
    _refuse(ask, hit)
    if hit and hit.name == "drop-connection" and hit.before:
        raise ClientDisconnected
    corp, limits = ask.caller.corp, ask.world.limits
    with ExitStack() as held:
        held.enter_context(limits.running(corp))
        held.enter_context(limits.alone(*_exclusive(ask)))
        if corp.knobs.latency:
            time.sleep(corp.knobs.latency)
        answer = _applied(ask)
    if hit and hit.name == "drop-connection":
        raise ClientDisconnected
    if isinstance(answer, Response):
        return answer
    whole = {"errcode": 0, "errmsg": "ok", **answer}
    return drifted(whole, ask.world.seed, ask.path) if corp.knobs.drift else whole


def _applied(ask: Ask) -> Answer:
    """The answer; a lookup that finds nobody is noted."""
    try:
        return ask.answer()
    except ApiError as error:
        if MISSES.get(ask.path) == error.code:
            corp = ask.caller.corp
            with ask.world.store.reading() as db:
                size = corps.size(db, corp.corpid)
            ask.world.limits.missed(corp, ask.path, ask.world.clock.now(), size)
        raise


def _refuse(ask: Ask, hit: Hit | None) -> None:
    """What keeps a call of a known app from being applied at all."""
    world, caller = ask.world, ask.caller
    if ask.path != "gettoken" and caller.app.trusted_ips and caller.ip not in caller.app.trusted_ips:
        raise ApiError(60020)
    if ask.target.customer_api and not caller.app.customer_api:
        raise ApiError(48002)
    if ask.target.metered:
        world.limits.count(caller, ask.path, world.clock.now())
    if hit and hit.name == "busy":
        raise ApiError(-1)
    if hit and hit.name == "rate-limit":
        raise ApiError(45009)
    if hit and hit.name == "token-expiry" and ask.path != "gettoken":
        with world.store.transaction() as db:
            revoke(db, caller.corp.corpid, agentid=caller.app.agentid)
        raise ApiError(42001 if hit.chance < 0.5 else 40014)


def _exclusive(ask: Ask) -> tuple[tuple[str, ...], int]:
    """What no second call may touch meanwhile, and the errcode for the one that tries."""
    where = (ask.caller.corp.corpid, ask.path)
    if ask.path == "externalcontact/mark_tag":
        return (*where, *(str(ask.body.raw(name)).lower() for name in ("userid", "external_userid"))), 45035
    if ask.path == "externalcontact/resigned/transfer_customer":
        return where, 45035
    if ask.path == "externalcontact/send_welcome_msg":
        with ask.world.store.reading() as db:
            return (*where, arrival_of(db, str(ask.body.raw("welcome_code")))), 41096
    return (), 0


def _hold(request: Request, seconds: float) -> None:
    """Keeps the caller waiting, at most until he gives up."""
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not gone():
        time.sleep(0.05)


def _body(request: Request, target: Endpoint) -> Fields:
    if target.method == "GET":
        if request.method != "GET":
            raise ApiError(43001)
        return Fields({})
    if request.method != "POST":
        raise ApiError(40058)
    if target.form:
        return Fields({})
    if (request.content_length or 0) > LARGEST_BODY:
        raise ApiError(40206)
    return Fields(_object(request.get_data(cache=False)))


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = jsontext.parse(data or b"{}")
    except ValueError:
        raise ApiError(40058, "Warning: wrong json format. invalid Request Parameter")
    if not isinstance(value, dict):
        raise ApiError(40058, "Warning: wrong json format. invalid Request Parameter")
    return value


def _refusal(request: Request, target: Endpoint, error: ApiError) -> Response:
    number = next(_hints)
    hint = f"{int(time.time())}_{number}_{hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()}"
    message = (
        f"{error.text}, hint: [{hint}], from ip: {request.remote_addr or ''}, "
        f"more info at https://open.work.weixin.qq.com/devtool/query?e={error.code}"
    )
    response = _json({**target.empty, "errcode": error.code, "errmsg": message})
    response.headers["Error-Code"] = str(error.code)
    response.headers["Error-Msg"] = error.text
    return response


def _json(answer: dict[str, Any]) -> Response:
    return Response(jsontext.write(answer), content_type="application/json; charset=UTF-8")
