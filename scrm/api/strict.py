"""JSON from outside, read so that nothing in it can break the database or the stack."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def loads(text: str | bytes) -> Any:
    """The value. Raises ValueError for what is no JSON: NaN, lone surrogates, NUL, nesting without end included."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError(_("The JSON is nested too deeply."))
    except ValueError as error:  # numbers of more digits than Python reads are among them
        raise ValueError(_("This is not JSON: %(error)s") % {"error": error})
    check(value)
    return value


def check(value: Any) -> None:
    """Raises ValueError where a text or a number in `value` cannot be stored."""
    heap = [value]
    while heap:
        one = heap.pop()
        if isinstance(one, str) and UNSTORABLE.search(one):
            raise ValueError(_("A text holds characters that cannot be stored (NUL or half a character)."))
        if isinstance(one, float) and not isfinite(one):
            raise ValueError(_("A number is too large."))
        if isinstance(one, dict):
            heap.extend(one)
            heap.extend(one.values())
        elif isinstance(one, list):
            heap.extend(one)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class StrictJSONParser(JSONParser):
    """An object, always: every endpoint of ours takes one."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise ParseError(_("The body is too large."))
        try:
            value = loads(body)
        except ValueError as error:
            raise ParseError(str(error))
        if not isinstance(value, dict):
            raise ParseError(_("The body must be a JSON object."))
        return value
