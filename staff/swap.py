"""One template per page; htmx gets the named part of it, everybody else the whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from staff.requests import Request


def answer(request: Request, template: str, context: dict[str, Any], *, part: str, status: int = 200) -> HttpResponse:
    """`template#part` for an htmx request, except when it restores the browser's history."""
    partial = request.htmx and not request.htmx.history_restore_request
    response = render(request, f"{template}#{part}" if partial else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
