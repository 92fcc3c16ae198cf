"""Who may open a page. Which rows they see there is `visible_to`'s business."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from staff.requests import Request

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """For everybody who has logged in and has a corp to look at."""

    @login_required
    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.corp is None:
            return render(request, "home/no_corp.html")
        return view(request, *args, **kwargs)

    return guarded


def operators(view: View) -> View:
    """For those who may change what the whole corp uses; anybody else is told 403."""
    return _with("can_operate", view)


def admins(view: View) -> View:
    """For those who watch and repair the installation; anybody else is told 403."""
    return _with("is_admin", view)


def _with(right: str, view: View) -> View:
    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not getattr(request.user, right):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
