"""The fields of the condition language as the builder needs them: posted strings ↔ typed values, and controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from customers import segments
from customers.segments.fields import FieldLabel
from wecom.models import Corp


class Input(Enum):
    """Which control an operator's value needs."""

    MANY = "many"
    YES_NO = "flag"
    DAYS = "days"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    checked: bool


class Entry:
    """One field of the language."""

    def __init__(self, field: FieldLabel) -> None:
        self.key, self.label = field.name, str(field.label)
        self.ops = {op.name: str(op.label) for op in field.ops}
        self._kinds = {op.name: op.kind for op in field.ops}
        self._choices = field.choices

    def input_of(self, op: str) -> Input:
        """The control for `op`; for one that the field lacks, that of its first."""
        kind = self._kinds.get(op) or next(iter(self._kinds.values()))
        return Input(kind) if kind in {item.value for item in Input} else Input.MANY

    @cached_property
    def _typed(self) -> dict[str, Any]:
        return {str(choice.value): choice.value for choice in self._choices}

    def typed(self, posted: str) -> Any:
        """The value as the language wants it: a number where the field's values are numbers."""
        if posted in self._typed:
            return self._typed[posted]
        numbers = bool(self._typed) and all(isinstance(value, int) for value in self._typed.values())
        return int(posted) if numbers and posted.isdecimal() and len(posted) < 19 else posted

    def grouped(self, posted: list[str]) -> list[tuple[str, list[Option]]]:
        """(heading, options); a value that is gone from the corp stays, ticked, so that it is seen and removed."""
        found = [
            (heading, [Option(str(c.value), str(c.label), str(c.value) in posted) for c in group])
            for heading, group in groupby(self._choices, key=lambda choice: str(choice.group))
        ]
        gone = [Option(value, value, checked=True) for value in posted if value not in self._typed]
        return [*found, (_("no longer there"), gone)] if gone else found


class Catalog:
    """Every field, by name. The corp's own choices are read once per request."""

    def __init__(self, fields: list[FieldLabel]) -> None:
        self._entries = {field.name: Entry(field) for field in fields}

    @classmethod
    def of(cls, corp: Corp) -> Catalog:
        return cls(segments.labels(corp))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, name: str | None) -> Entry | None:
        return self._entries.get(name or "")

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]
