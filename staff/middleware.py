"""What every request of ours knows: its corp, its origin, and how a refused verb is answered."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from staff.errors import WrongState
from staff.models import User
from staff.origin import client_ip, coming_from
from wecom.models import Corp

Handler = Callable[[HttpRequest], HttpResponse]
CORP_CHOICE = "corp"


class CorpMiddleware:
    """`request.corp`: the corp of the signed-in user, in whose time zone the page is made.

    One who sees every corp works in the one chosen last.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with coming_from(client_ip(request)):
            request.corp = corp = corp_of(request)  # type: ignore[attr-defined]
            with timezone.override(corp.timezone if corp else None):
                return self.get_response(request)


def corp_of(request: HttpRequest) -> Corp | None:
    """None for strangers, and for a superuser where no corp is registered yet."""
    user = request.user
    if not isinstance(user, User):
        return None
    if not user.sees_every_corp:
        return user.corp
    chosen = user.corps().filter(pk=request.session.get(CORP_CHOICE, 0)).first()
    return chosen or user.corps().order_by("pk").first()


class WrongStateMiddleware:
    """A verb that the row's state forbids answers 409 with its reason: as a page, an htmx event, or JSON."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, str(exception)) if isinstance(exception, WrongState) else None


def refusal(request: HttpRequest, reason: str) -> HttpResponse:
    """409 in the form that the asker reads. htmx swaps nothing in; the page's script shows the header's reason."""
    if getattr(request, "htmx", False):
        answer = render(request, "staff/409.html#reason", {"reason": reason}, status=409)
        answer["X-Reason"] = quote(reason)
        return answer
    if not request.accepts("text/html"):
        return JsonResponse({"detail": reason}, status=409)
    return render(request, "staff/409.html", {"reason": reason, "back": came_from(request)}, status=409)


def came_from(request: HttpRequest) -> str:
    """The page of ours that the request came from; the home page where that cannot be told."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours else "/"
