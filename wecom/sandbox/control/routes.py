"""Routing of the control API: JSON in, JSON out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug import Request, Response
from werkzeug.routing import Map, Rule

from wecom.sandbox import corps, jsontext
from wecom.sandbox.control.inputs import BadInput, Inputs, NotFound
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible
from wecom.sandbox.store import Db
from wecom.sandbox.world import World

LARGEST_BODY = 16 * 1024 * 1024


@dataclass
class Control:
    """One control request."""

    world: World
    request: Request
    inputs: Inputs

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def corp(self, db: Db, corpid: str) -> Corp:
        corp = corps.find(db, corpid)
        if corp is None:
            raise NotFound(f"There is no corp {corpid}.")
        return corp

    def staff(self, db: Db, corp: Corp, userid: str) -> str:
        row = corps.staff(db, corp.corpid, userid)
        if row is None:
            raise NotFound(f"There is no member {userid}.")
        return str(row["userid"])


View = Callable[..., dict[str, Any]]
_rules: list[Rule] = []
_views: dict[str, View] = {}


def route(method: str, path: str) -> Callable[[View], View]:
    """Registers ``view(control, **path_values)`` under ``/sandbox/api/<path>``."""

    def register(view: View) -> View:
        name = f"{method} {path}"
        _rules.append(Rule(f"/sandbox/api/{path}", methods=[method], endpoint=name))
        _views[name] = view
        return view

    return register


def routing_map() -> Map:
    return Map([rule.empty() for rule in _rules])


def answer(world: World, request: Request, name: str, values: dict[str, Any]) -> Response:
    """Runs the view `name` that the routing map found; events that it published go out at once."""
    try:
        control = Control(world, request, Inputs(_body(request)))
        return _json(_views[name](control, **values))
    except BadInput as error:
        return _json({"error": str(error)}, 400)
    except NotFound as error:
        return _json({"error": str(error)}, 404)
    except Impossible as error:
        return _json({"error": str(error)}, 409)
    finally:
        world.postman.wake()


def _body(request: Request) -> Any:
    if request.method != "POST":
        return {}
    if (request.content_length or 0) > LARGEST_BODY:
        raise BadInput("The body is too large.")
    try:
        return jsontext.parse(request.get_data(cache=False) or b"{}")
    except ValueError:
        raise BadInput("The body is not valid JSON.")


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(jsontext.write(value), status, content_type="application/json; charset=utf-8")
