"""Checks on a request's fields: wrong types are 40058; what is missing or too long has its documented code."""

from collections.abc import Iterator
from typing import Any

from wecom.sandbox.errors import ApiError

LARGEST = (1 << 32) - 1


class Fields:
    """A JSON object. Unknown fields are ignored, `null` counts as absent."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _get(self, name: str, kind: type | tuple[type, ...], missing: int | None) -> Any:
        value = self._values.get(name)
        if value is None:
            if missing:
                raise ApiError(missing)
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ApiError(40058)
        return value

    def text(
        self,
        name: str,
        *,
        missing: int | None = None,
        chars: int | None = None,
        size: int | None = None,
        over: int = 40058,
    ) -> str:
        """A string; "" if absent. `missing`: the errcode if it is absent or empty. `size` is in UTF-8 bytes."""
        value: str = self._get(name, str, missing) or ""
        if missing and not value:
            raise ApiError(missing)
        if (chars is not None and len(value) > chars) or (size is not None and len(value.encode()) > size):
            raise ApiError(over)
        return value

    def integer(
        self, name: str, *, default: int = 0, missing: int | None = None, least: int = 0, most: int = LARGEST
    ) -> int:
        value = self._get(name, int, missing)
        if value is None:
            return default
        if not least <= value <= most:
            raise ApiError(40058)
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._get(name, bool, None)
        return default if value is None else bool(value)

    def texts(self, name: str, *, missing: int | None = None, most: int | None = None, over: int = 40058) -> list[str]:
        """A list of strings without repetitions, in order."""
        values = self._get(name, list, missing) or []
        if missing and not values:
            raise ApiError(missing)
        if not all(isinstance(value, str) for value in values):
            raise ApiError(40058)
        if most is not None and len(values) > most:
            raise ApiError(over)
        return list(dict.fromkeys(values))

    def integers(self, name: str) -> list[int]:
        values = self._get(name, list, None) or []
        if not all(
            isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST for value in values
        ):
            raise ApiError(40058)
        return list(dict.fromkeys(values))

    def inner(self, name: str) -> "Fields":
        """The object under `name`; an empty one if absent."""
        return Fields(self._get(name, dict, None) or {})

    def inners(self, name: str, *, missing: int | None = None) -> Iterator["Fields"]:
        values = self._get(name, list, missing) or []
        if missing and not values:
            raise ApiError(missing)
        if not all(isinstance(value, dict) for value in values):
            raise ApiError(40058)
        return (Fields(value) for value in values)

    def raw(self, name: str) -> Any:
        return self._values.get(name)

    def whole(self) -> dict[str, Any]:
        """Everything, as it was given."""
        return dict(self._values)
