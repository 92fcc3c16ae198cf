"""Keyset paging, newest first: the cursor is the last row's key, so that page 1,000 costs what page 1 does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import F, Model, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

SIZE = 50
BIGGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """`older` and `newer` are cursors for `?after=` and `?before=`; empty where there is nothing more."""

    rows: list[Any]
    older: str = ""
    newer: str = ""


def keyset(rows: QuerySet[Any], params: QueryDict, *keys: str, size: int = SIZE) -> Page:
    """The page of `rows` that `params` ask for, in descending order of one or two `keys`, the last being unique.

    Raises BadRequest (400) for a cursor that is none.
    """
    after, before = params.get("after", ""), params.get("before", "")
    if before:
        found = list(_beyond(rows, keys, before, "gt").order_by(*(F(key).asc() for key in keys))[: size + 1])
        shown, more_newer, more_older = found[:size][::-1], len(found) > size, bool(found)
    else:
        window = _beyond(rows, keys, after, "lt") if after else rows
        found = list(window.order_by(*(F(key).desc() for key in keys))[: size + 1])
        shown, more_newer, more_older = found[:size], bool(after), len(found) > size
    if not shown:
        return Page([])
    return Page(
        shown,
        older=_cursor(shown[-1], keys) if more_older else "",
        newer=_cursor(shown[0], keys) if more_newer else "",
    )


def _beyond(rows: QuerySet[Any], keys: tuple[str, ...], cursor: str, side: str) -> QuerySet[Any]:
    values = _parse(cursor, len(keys))
    if len(keys) == 1:
        return rows.filter(**{f"{keys[0]}__{side}": values[0]})
    first, second = keys
    tie = Q(**{first: values[0], f"{second}__{side}": values[1]})
    # the outer bound is implied, but only with it PostgreSQL starts in the middle of the index
    return rows.filter(Q(**{f"{first}__{side}e": values[0]}), Q(**{f"{first}__{side}": values[0]}) | tie)


def _cursor(row: Model, keys: tuple[str, ...]) -> str:
    return "~".join(_text(_value(row, key)) for key in keys)


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _parse(cursor: str, size: int) -> list[Any]:
    """Every key but the last is a moment, the last is a primary key."""
    parts = cursor.split("~")
    if len(parts) != size or len(cursor) > 80:
        raise BadRequest("This is not a page of the list.")
    return [*(_moment(part) for part in parts[:-1]), _primary_key(parts[-1])]


def _moment(part: str) -> datetime:
    try:
        moment = parse_datetime(part)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest("This is not a page of the list.")
    return moment


def _primary_key(part: str) -> int:
    if not (part.isascii() and part.isdigit()) or int(part) > BIGGEST_KEY:
        raise BadRequest("This is not a page of the list.")
    return int(part)
