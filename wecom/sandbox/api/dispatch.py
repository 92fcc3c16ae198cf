"""From an HTTP request under /cgi-bin/ to an answer in WeCom's envelope."""

import hashlib
import itertools
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from waitress.channel import ClientDisconnected
from werkzeug import Request, Response

from wecom.sandbox import jsontext
from wecom.sandbox.api.endpoint import ENDPOINTS, Answer, Call, Endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.token import authenticate, claimed, revoke
from wecom.sandbox.corps import Corp
from wecom.sandbox.drift import drifted
from wecom.sandbox.errors import ApiError
from wecom.sandbox.faults import API_FAULTS, Hit
from wecom.sandbox.relations import arrival_of
from wecom.sandbox.store import Db
from wecom.sandbox.world import World

LARGEST_BODY = 2 * 1024 * 1024
_hints = itertools.count(1)


def dispatch(world: World, request: Request, path: str) -> Response:
    """Answers one API call; always HTTP 200, as WeCom does, unless there is no such endpoint."""
    target = ENDPOINTS.get(path)
    if target is None:
        return Response("404 page not found", status=404)
    corpid, hit = "", None
    try:
        args = Fields(dict(request.args))
        body = _body(request, target)
        with world.store.transaction() as db:
            corp, app = claimed(db, args) if path == "gettoken" else authenticate(db, args, world.clock.now())
            corpid = corp.corpid
            hit = world.faults.strike(db, API_FAULTS, path)
        answer = _answer(world, target, Call(world, db, corp, app, world.clock.now(), args, body, request, path), hit)
        outcome = "0"
    except ApiError as error:
        answer, outcome = _refusal(request, target, error), str(error.code)
    except ClientDisconnected:
        _count(world, corpid, path, "drop-connection")
        raise
    slow = outcome == "0" and hit is not None and hit.name == "timeout-after-accept"
    _count(world, corpid, path, "timeout-after-accept" if slow else outcome)
    if slow and hit:
        _hold(request, hit.fault.hold)
    return answer if isinstance(answer, Response) else _json(answer)


def _answer(world: World, target: Endpoint, call: Call, hit: Hit | None) -> Answer:
    _refuse(world, call, target, hit)
    if hit and hit.name == "drop-connection" and hit.before:
        raise ClientDisconnected
    with ExitStack() as held:
        held.enter_context(world.limits.running(call.corp))
        held.enter_context(world.limits.alone(*_exclusive(world, call)))
        if call.corp.knobs.latency:
            time.sleep(call.corp.knobs.latency)
        with world.store.transaction() as call.db:
            call.now = world.clock.now()
            answer = target.handler(call)
    if hit and hit.name == "drop-connection":
        raise ClientDisconnected
    if isinstance(answer, Response):
        return answer
    whole = {"errcode": 0, "errmsg": "ok", **answer}
    return drifted(whole, world.seed) if call.corp.knobs.drift else whole


def _refuse(world: World, call: Call, target: Endpoint, hit: Hit | None) -> None:
    """What keeps a call of a known corp from being applied at all."""
    trusted = call.app.trusted_ips
    if call.path != "gettoken" and trusted and call.request.remote_addr not in trusted:
        raise ApiError(60020)
    if target.customer_api and not call.app.customer_api:
        raise ApiError(48002)
    if target.metered:
        world.limits.count(call.corp, call.path, call.now)
    if hit and hit.name == "busy":
        raise ApiError(-1)
    if hit and hit.name == "rate-limit":
        raise ApiError(45009)
    if hit and hit.name == "token-expiry" and call.path != "gettoken":
        with world.store.transaction() as db:
            revoke(db, call.corp.corpid, agentid=call.app.agentid)
        raise ApiError(42001 if hit.chance < 0.5 else 40014)


def _exclusive(world: World, call: Call) -> tuple[tuple[str, ...], int]:
    """What no second call may touch meanwhile, and the errcode for the one that tries."""
    if call.path == "externalcontact/mark_tag":
        relation = (str(call.body.raw(name)).lower() for name in ("userid", "external_userid"))
        return (call.corp.corpid, call.path, *relation), 45035
    if call.path == "externalcontact/send_welcome_msg":
        with world.store.transaction() as db:
            return (call.corp.corpid, call.path, arrival_of(db, str(call.body.raw("welcome_code")))), 41096
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
    return Response(json.dumps(answer, ensure_ascii=False), content_type="application/json; charset=UTF-8")


def _count(world: World, corpid: str, path: str, outcome: str) -> None:
    with world.store.transaction() as db:
        count_call(db, corpid, path, outcome)


def count_call(db: Db, corpid: str, path: str, outcome: str) -> None:
    db.execute(
        "INSERT INTO call_count VALUES (?, ?, ?, 1) ON CONFLICT (corpid, endpoint, outcome) DO UPDATE SET n = n + 1",
        (corpid, path, outcome),
    )


def calls_of(db: Db, corp: Corp) -> dict[str, dict[str, Any]]:
    """``{endpoint: {"calls": n, "errors": {code or fault: n}}}``."""
    calls: dict[str, dict[str, Any]] = {}
    for row in db.execute("SELECT * FROM call_count WHERE corpid = ? ORDER BY endpoint, outcome", (corp.corpid,)):
        entry = calls.setdefault(row["endpoint"], {"calls": 0, "errors": {}})
        entry["calls"] += row["n"]
        if row["outcome"] != "0":
            entry["errors"][row["outcome"]] = row["n"]
    return calls
