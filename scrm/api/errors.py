"""How the API says no: 400 with paths, 404 for what is not yours, 409 with the reason."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from staff.errors import WrongState


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(exception, WrongState):
        exception = Conflict(str(exception))
    elif isinstance(exception, BadRequest):
        exception = ValidationError({"detail": str(exception)})
    return exception_handler(exception, context)


def at(field: str, path: str, message: str) -> ValidationError:
    """A refusal that leads to the offending node: {"condition": {"path": "all[0].op", "message": …}}."""
    return ValidationError({field: {"path": path, "message": message}})


def missing(field: str) -> ValidationError:
    return ValidationError({field: [_("This field is required.")]})
