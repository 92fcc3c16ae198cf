"""WSGI entry of a process that takes WeCom's callbacks and does nothing else (docs/decisions/050).

It answers /wecom/callback/<corpid>/ and /healthz, without Django's middleware. `scrm.wsgi` takes callbacks, too: a
small installation needs no second process.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

import django

django.setup()

from scrm import health  # noqa: E402  models need the app registry, which the line above fills
from wecom import callback  # noqa: E402


def elsewhere(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """/healthz: can callbacks be stored? Hints for the workers may be lost, so that the broker does not count."""
    if environ.get("PATH_INFO") != "/healthz":
        return answer(start_response, "404 Not Found", b"")
    healthy = health.database_answers()
    status = "200 OK" if healthy else "503 Service Unavailable"
    return answer(start_response, status, json.dumps({"database": healthy}).encode())


def answer(start_response: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    names = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    start_response(status, list(names.items()))
    return [body]


application = callback.wrap(elsewhere)
