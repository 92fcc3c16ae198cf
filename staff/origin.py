"""Where the request in hand came from, for the audit log and the login throttle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

_ip: ContextVar[str | None] = ContextVar("request_ip", default=None)


def current_ip() -> str | None:
    """The client address of the request in hand; None outside a request."""
    return _ip.get()


@contextmanager
def coming_from(address: str | None) -> Iterator[None]:
    """Inside, `current_ip` answers `address`: a thread that serves the next request does not inherit it."""
    token = _ip.set(address)
    try:
        yield
    finally:
        _ip.reset(token)


def client_ip(request: HttpRequest) -> str | None:
    """The peer's address, or, behind a proxy of ours, the address that this proxy saw.

    `X-Forwarded-For` is believed only where the settings say that a proxy stands in front, and then only its last
    entry: everything before it was written by the client.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2].strip()
    try:
        return str(ip_address(address))
    except ValueError:
        return None
