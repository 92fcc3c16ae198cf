"""The WSGI application: WeCom's API, the control API, the pages."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import ClientDisconnected
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

import wecom.sandbox.acquisition_pages
import wecom.sandbox.control
import wecom.sandbox.group_pages
from wecom.sandbox import pages
from wecom.sandbox.api.dispatch import dispatch
from wecom.sandbox.control.routes import answer, routing_map
from wecom.sandbox.world import World

API = "/cgi-bin/"
CONTROL = "/sandbox/api/"
log = logging.getLogger(__name__)


class App:
    def __init__(self, world: World) -> None:
        self._world = world
        self._control = routing_map()
        self._pages = pages.routing_map()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            with request:  # closes uploaded files
                response = self._respond(request)
        except HTTPException as error:
            response = error.get_response(environ)
        except ClientDisconnected:
            raise
        except Exception:
            log.exception("%s %s", request.method, request.path)
            response = Response('{"error": "The sandbox failed; see its log."}', 500, content_type="application/json")
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(API):
            return dispatch(self._world, request, request.path.removeprefix(API))
        if request.path.startswith(CONTROL):
            name, values = self._control.bind_to_environ(request.environ).match()
            return answer(self._world, request, name, dict(values))
        name, values = self._pages.bind_to_environ(request.environ).match()
        return pages.show(self._world, request, name, dict(values))


CONTROL_ROUTES = wecom.sandbox.control.__all__  # imported for its routes
PAGES = wecom.sandbox.acquisition_pages  # imported for its pages
GROUP_PAGES = wecom.sandbox.group_pages.__name__  # likewise
