"""Keyset paging: a cursor holds the last row's key, so that page 1,000 costs what page 1 does."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

PAGE_SIZE, MOST = 50, 200
BIGGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Cursor:
    """`after` the row with these keys in the list's order, or before it."""

    forward: bool
    keys: tuple[Any, ...]

    def __str__(self) -> str:
        raw = json.dumps([self.forward, *(key.isoformat() if isinstance(key, date) else key for key in self.keys)])
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, kinds: list[type]) -> Cursor:
        try:
            raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            forward, *keys = raw
            if not isinstance(forward, bool) or len(keys) != len(kinds):
                raise ValueError
            return cls(forward, tuple(_key(value, kind) for value, kind in zip(keys, kinds, strict=True)))
        except (ValueError, TypeError, RecursionError, binascii.Error):
            raise ValidationError({"cursor": [_("This is no cursor of this list.")]})


def _key(value: Any, kind: type) -> Any:
    if kind is datetime:
        moment = parse_datetime(value)
        if moment is None or moment.tzinfo is None:
            raise ValueError
        return moment
    if type(value) is not kind or (isinstance(value, int) and not 0 <= value <= BIGGEST_KEY):
        raise ValueError
    return value


class KeysetPagination(BasePagination):
    """Ordering is chosen from the view's `orderings`: public name → lookups, ascending, of which the last is unique.

    `-name` is the same backwards; the view's `ordering` is the default.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Any]:
        assert view is not None
        self.url = request.build_absolute_uri()
        self.keys, self.descending = self._ordering(request, view)
        size = self._size(request)
        cursor = self._cursor(request, queryset.model)
        forward = cursor is None or cursor.forward
        rows = queryset if cursor is None else queryset.filter(self._beyond(cursor))
        found = list(rows.order_by(*self._order(forward))[: size + 1])
        page, more = found[:size], len(found) > size
        self.page = page if forward else page[::-1]
        self.has_next = more if forward else bool(page)
        self.has_previous = cursor is not None if forward else more
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(True), "previous": self._link(False), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": ["next", "previous", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        names = sorted(view.orderings)  # type: ignore[attr-defined]
        both = [*names, *(f"-{name}" for name in names)]
        return [
            _parameter("cursor", {"type": "string"}, "from `next` or `previous` of a page"),
            _parameter("page_size", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE_SIZE}),
            _parameter("ordering", {"type": "string", "enum": both, "default": view.ordering}),  # type: ignore[attr-defined]
        ]

    def _ordering(self, request: Request, view: Any) -> tuple[tuple[str, ...], bool]:
        name = request.query_params.get("ordering") or view.ordering
        keys = view.orderings.get(name.removeprefix("-"))
        if keys is None:
            raise ValidationError(
                {"ordering": [_("Must be one of: %(names)s.") % {"names": ", ".join(view.orderings)}]}
            )
        return keys, name.startswith("-")

    def _size(self, request: Request) -> int:
        text = request.query_params.get("page_size") or str(PAGE_SIZE)
        if not (text.isascii() and text.isdigit()) or len(text) > 4 or not 1 <= int(text) <= MOST:
            raise ValidationError({"page_size": [_("Must be a whole number from 1 to %(most)d.") % {"most": MOST}]})
        return int(text)

    def _cursor(self, request: Request, model: type[models.Model]) -> Cursor | None:
        text = request.query_params.get("cursor", "")
        return Cursor.read(text, [_kind(model, key) for key in self.keys]) if text else None

    def _order(self, forward: bool) -> list[Any]:
        down = self.descending is forward
        return [F(key).desc() if down else F(key).asc() for key in self.keys]

    def _beyond(self, cursor: Cursor) -> Q:
        """Rows behind the cursor: for keys (a, b), `a >= x AND (a > x OR b > y)`, from the middle of the index."""
        side = "lt" if self.descending is cursor.forward else "gt"
        *lead, last = zip(self.keys, cursor.keys, strict=True)
        condition = Q(**{f"{last[0]}__{side}": last[1]})
        for key, value in reversed(lead):
            condition = Q(**{f"{key}__{side}e": value}) & (Q(**{f"{key}__{side}": value}) | condition)
        return condition

    def _link(self, forward: bool) -> str | None:
        if not self.page or not (self.has_next if forward else self.has_previous):
            return None
        row = self.page[-1] if forward else self.page[0]
        return replace_query_param(
            remove_query_param(self.url, "cursor"),
            "cursor",
            str(Cursor(forward, tuple(_value(row, k) for k in self.keys))),
        )


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _kind(model: type[models.Model], path: str) -> type:
    """The Python type of the column that a lookup leads to."""
    field: Any = None
    for name in path.split("__"):
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        model = field.related_model or model
    if isinstance(field, models.DateTimeField):
        return datetime
    return str if isinstance(field, models.CharField | models.TextField) else int


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
