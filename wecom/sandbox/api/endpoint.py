"""The table of endpoints, and what a handler is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

from wecom.sandbox.api.fields import Fields
from wecom.sandbox.apps import App
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db
from wecom.sandbox.world import World


@dataclass
class Call:
    """One API call of one app, inside its transaction."""

    world: World
    db: Db
    corp: Corp
    app: App
    now: float
    args: Fields
    body: Fields
    request: Request
    path: str

    @property
    def second(self) -> int:
        return int(self.now)

    @property
    def scope(self) -> str:
        """What a cursor of this call belongs to."""
        return f"{self.corp.corpid}.{self.app.agentid}.{self.path}"


Answer = dict[str, Any] | Response
Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Endpoint:
    path: str
    method: str
    handler: Handler
    empty: dict[str, Any] = field(default_factory=dict)  # result fields that error replies carry, emptied
    customer_api: bool = False  # needs the app in 客户联系's list
    metered: bool = True  # counts against the frequency limits
    form: bool = False  # takes a file in a multipart form, not JSON
    reads: bool = False  # changes nothing: answered from a snapshot, however many others are at work


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: str,
    path: str,
    *,
    empty: dict[str, Any] | None = None,
    metered: bool = True,
    form: bool = False,
    reads: bool = False,
) -> Callable[[Handler], Handler]:
    """Registers a handler under ``/cgi-bin/<path>``."""

    def register(handler: Handler) -> Handler:
        customer_api = path.startswith("externalcontact/")
        ENDPOINTS[path] = Endpoint(path, method, handler, empty or {}, customer_api, metered, form, reads)
        return handler

    return register
