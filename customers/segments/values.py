"""What may stand after an operator: each kind of value reads raw JSON into a typed one, or says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.segments.errors import ConditionError
from wecom.models import Corp
from wecom.text import clean

Keys = Callable[[Corp, Collection[Any]], Iterable[tuple[Any, int]]]
MAX_TEXT = 100
MAX_DAYS = 36_500
SMALLINT, INTEGER, BIGINT = 2**15 - 1, 2**31 - 1, 2**63 - 1
ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
YEARS = range(1970, 9999)


class Value:
    """One kind of value. `kind` tells an editor which control to draw."""

    kind = ""

    def read(self, raw: Any, path: str, corp: Corp) -> Any:
        """The typed value; ConditionError with the path to what is wrong in it."""
        raise NotImplementedError


class Flag(Value):
    kind = "flag"

    def read(self, raw: Any, path: str, corp: Corp) -> bool:
        if not isinstance(raw, bool):
            raise ConditionError(path, _("Must be true or false."))
        return raw


class Days(Value):
    kind = "days"

    def read(self, raw: Any, path: str, corp: Corp) -> int:
        return whole(raw, path, 0, MAX_DAYS)


class Text(Value):
    kind = "text"

    def read(self, raw: Any, path: str, corp: Corp) -> str:
        return text(raw, path, MAX_TEXT)


class Moment(Value):
    """An ISO date-time, or a date for its midnight; without a zone it is the corp's local time."""

    kind = "moment"

    def read(self, raw: Any, path: str, corp: Corp) -> datetime:
        wrong = ConditionError(path, _("Must be an ISO date-time such as 2026-03-01T10:00:00+08:00."))
        if not isinstance(raw, str) or not ISO.fullmatch(raw):
            raise wrong
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            raise wrong
        if moment.year not in YEARS:
            raise wrong
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(corp.timezone))).astimezone(UTC)


class Listed(Value):
    """A list of at least one item."""

    def item(self, raw: Any, path: str) -> Any:
        raise NotImplementedError

    def read(self, raw: Any, path: str, corp: Corp) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise ConditionError(path, _("Must be a list."))
        if not raw:
            raise ConditionError(path, _("Choose at least one value."))
        return tuple(self.item(one, f"{path}[{n}]") for n, one in enumerate(raw))


class Integers(Listed):
    def __init__(self, kind: str, highest: int) -> None:
        self.kind, self.highest = kind, highest

    def item(self, raw: Any, path: str) -> int:
        return whole(raw, path, 0, self.highest)


class Words(Listed):
    def __init__(self, kind: str, longest: int = 64) -> None:
        self.kind, self.longest = kind, longest

    def item(self, raw: Any, path: str) -> str:
        return text(raw, path, self.longest)


class Ids(Listed):
    """Ids of things that the corp has. `keys` finds ours for those that exist; the rest is refused on save."""

    def __init__(self, kind: str, keys: Keys) -> None:
        self.kind, self._keys = kind, keys

    def keys(self, corp: Corp, ids: Collection[Any]) -> dict[Any, int]:
        return dict(self._keys(corp, ids))

    def item(self, raw: Any, path: str) -> Any:
        return text(raw, path, 64)


class Userids(Ids):
    def item(self, raw: Any, path: str) -> str:
        return text(raw, path, 64).lower()


class NumberedIds(Ids):
    def item(self, raw: Any, path: str) -> int:
        return whole(raw, path, 0, BIGINT)


def whole(raw: Any, path: str, lowest: int, highest: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not lowest <= raw <= highest:
        bounds = {"lowest": lowest, "highest": highest}
        raise ConditionError(path, _("Must be a whole number from %(lowest)d to %(highest)d.") % bounds)
    return raw


def text(raw: Any, path: str, longest: int) -> str:
    if not isinstance(raw, str):
        raise ConditionError(path, _("Must be text."))
    if not raw.strip() or len(raw) > longest:
        raise ConditionError(path, _("Must have between 1 and %(longest)d characters.") % {"longest": longest})
    if clean(raw) != raw:
        raise ConditionError(path, _("Contains characters that cannot be stored."))
    return raw
