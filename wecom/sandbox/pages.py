"""Pages for people: the two phones, the QR codes, the login that WeCom would show."""

from typing import Any

from werkzeug import Request, Response
from werkzeug.routing import Map, Rule

from wecom.sandbox.world import World


def routing_map() -> Map:
    return Map([Rule("/healthz", endpoint="health", methods=["GET"])])


def show(world: World, request: Request, name: str, values: dict[str, Any]) -> Response:
    return Response("ok", content_type="text/plain")
