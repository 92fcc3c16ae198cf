"""Turns WeCom's JSON into frozen dataclasses, by the types that the fields declare.

Tolerant where WeCom drifts (contract §17.14): unknown fields are ignored, absent and null ones take the default,
numbers may come as text and text as numbers. Strict where guessing would harm: a field without a default must be
there, a number must be one.
"""

import dataclasses
import types
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any, Protocol, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from wecom.errors import Unreadable
from wecom.text import clean, clean_json

Reader = Callable[[Any], Any]
MAX_INT = 2**63 - 1


class FromWeCom(Protocol):
    @classmethod
    def from_wecom(cls, data: Any) -> Self: ...


T = TypeVar("T", bound=FromWeCom)


class Payload:
    """Base of everything that WeCom tells us."""

    @classmethod
    def from_wecom(cls, data: Any) -> Self:
        """Build the object from decoded JSON. Raises Unreadable with the name of the field that does not fit."""
        if not isinstance(data, dict):
            raise Unreadable(f"{cls.__name__} is not an object but {type(data).__name__}")
        values = {}
        for name, reader, required in _readers(cast("Hashable", cls)):
            value = data.get(name)
            if value is not None:
                try:
                    values[name] = reader(value)
                except Unreadable as problem:
                    raise Unreadable(f"{name}: {problem}") from None
            elif required:
                raise Unreadable(f"{cls.__name__} without {name}")
        return cls(**values)


def rows_of(kind: type[T], data: Any) -> list[T]:
    """Every element of a JSON array as `kind`; an absent array is an empty one."""
    return [kind.from_wecom(item) for item in _array(data)]


def texts_of(data: Any) -> list[str]:
    """A JSON array of ids as cleaned text."""
    return [_text(item) for item in _array(data)]


def text_of(data: Any) -> str:
    """One JSON value as cleaned text. Raises Unreadable when it is absent or no text."""
    return _text(data)


def _array(data: Any) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise Unreadable(f"not an array but {type(data).__name__}")
    return data


@cache
def _readers(cls: Hashable) -> list[tuple[str, Reader, bool]]:
    hints = get_type_hints(cls)
    fields = dataclasses.fields(cast("Any", cls))
    missing = dataclasses.MISSING
    return [(f.name, _reader(hints[f.name]), f.default is missing and f.default_factory is missing) for f in fields]


def _reader(hint: Any) -> Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _reader(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda data: tuple(item(element) for element in _array(data))
    if origin is dict:
        return _object
    if isinstance(hint, type) and issubclass(hint, Payload):
        return hint.from_wecom
    return {int: _number, float: _fraction, str: _text, bool: _flag}[hint]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Unreadable(f"not text but {type(value).__name__}")


def _number(value: Any) -> int:
    """An integer, also from `"12"`, `12.0` and `""` (which WeCom writes for "none")."""
    try:
        number = int(value[:20] or 0) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("not a number") from None
    if abs(number) > MAX_INT:
        raise Unreadable("not a number of 64 bits")
    return number


def _fraction(value: Any) -> float:
    """A number, also from `"60.25"`; infinities and NaN are none."""
    try:
        number = float(value[:40]) if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("not a number") from None
    if number - number != 0:
        raise Unreadable("not a number")
    return number


def _flag(value: Any) -> bool:
    return value.strip().lower() not in {"", "0", "false"} if isinstance(value, str) else bool(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"not an object but {type(value).__name__}")
    cleaned: dict[str, Any] = clean_json(value)
    return cleaned
