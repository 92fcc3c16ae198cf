"""Checks on what the control API is given. Bad input is answered with 400 and a sentence that says what is wrong."""

import math
from typing import Any


class BadInput(Exception):
    """Answered with 400; the text is the sentence."""


class NotFound(Exception):
    """Answered with 404."""


class Inputs:
    """A JSON object; every name that nobody asked for is refused by `finish`, so that typing errors show."""

    def __init__(self, values: Any, where: str = "The body") -> None:
        if not isinstance(values, dict):
            raise BadInput(f"{where} must be a JSON object.")
        self._values = values
        self._asked: set[str] = set()
        self._where = where

    def __contains__(self, name: str) -> bool:
        self._asked.add(name)
        return self._values.get(name) is not None

    def _get(self, name: str, kind: type | tuple[type, ...], described: str, default: Any) -> Any:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadInput(f"{name} must be {described}.")
        return value

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        value: str = self._get(name, str, "a string", default)
        if required and not value:
            raise BadInput(f"{name} is missing.")
        return value

    def number(
        self, name: str, default: float | None = None, *, least: float = 0, most: float = math.inf
    ) -> float | None:
        value = self._get(name, (int, float), "a number", default)
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            raise BadInput(f"{name} must be {_range(least, most)}.")
        return value  # type: ignore[no-any-return]  # checked above

    def integer(self, name: str, default: int | None = None, *, least: int = 0, most: int = 1 << 40) -> int | None:
        value = self._get(name, int, "an integer", default)
        if value is not None and not least <= value <= most:
            raise BadInput(f"{name} must be {_range(least, most)}.")
        return value  # type: ignore[no-any-return]  # checked above

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self._get(name, bool, "true or false", default))

    def texts(self, name: str) -> list[str]:
        value = self._get(name, list, "a list of strings", [])
        if not all(isinstance(item, str) for item in value):
            raise BadInput(f"{name} must be a list of strings.")
        return list(value)

    def integers(self, name: str) -> list[int]:
        value = self._get(name, list, "a list of integers", [])
        if not all(isinstance(item, int) and not isinstance(item, bool) and abs(item) < 1 << 40 for item in value):
            raise BadInput(f"{name} must be a list of integers.")
        return list(value)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise BadInput(f"{name} must be one of {', '.join(choices)}.")
        return value

    def objects(self, name: str) -> list["Inputs"]:
        value = self._get(name, list, "a list of objects", [])
        return [Inputs(item, f"Each of {name}") for item in value]

    def inner(self, name: str) -> "Inputs":
        return Inputs(self._get(name, dict, "an object", {}), name)

    def raw(self, name: str) -> Any:
        """Whatever was given; the caller checks it."""
        self._asked.add(name)
        return self._values.get(name)

    def names(self) -> list[str]:
        return list(self._values)

    def finish(self) -> None:
        unknown = [name for name in self._values if name not in self._asked]
        if unknown:
            raise BadInput(f"{self._where} has unknown fields: {', '.join(map(str, unknown))}.")


def _range(least: float, most: float) -> str:
    return f"at least {least:g}" if most == math.inf or most >= 1 << 40 else f"between {least:g} and {most:g}"
