"""The fields of the language: a table of small classes, to which upper apps add theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from customers.segments.sql import Fragment, Scope
from customers.segments.values import Value
from wecom.models import Corp

if TYPE_CHECKING:
    from customers.segments.tree import Leaf

Label = str | Promise


@dataclass(frozen=True)
class Choice:
    """One value that an editor offers, and the heading under which it stands."""

    value: Any
    label: Label
    group: Label = ""


@dataclass(frozen=True)
class Op:
    label: Label
    value: Value


class Field:
    """What a leaf can ask about a customer.

    `sql` answers for one leaf with an expression over the aliases of `scope` that is true or false, and NULL only
    where an id in the leaf has disappeared: then neither the leaf nor its negation matches.
    """

    name: str
    label: Label
    ops: dict[str, Op]

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        raise NotImplementedError

    def choices(self, corp: Corp) -> Iterable[Choice]:
        """What an editor offers; empty where the value is typed in."""
        return ()


FIELDS: dict[str, Field] = {}


def register(field: Field) -> None:
    """Add a field. An app does so when it is ready; a name that is taken is a programming error."""
    if field.name in FIELDS:
        raise ValueError(f"The condition language has a field {field.name!r} already.")
    FIELDS[field.name] = field


@dataclass(frozen=True)
class OpLabel:
    name: str
    label: Label
    kind: str


@dataclass(frozen=True)
class FieldLabel:
    """A field as an editor shows it: operators with the kind of their value, and the values to choose from."""

    name: str
    label: Label
    ops: list[OpLabel]
    choices: list[Choice]


def labels(corp: Corp) -> list[FieldLabel]:
    """Every field in the order of registration, with the corp's own choices."""
    return [
        FieldLabel(
            name=field.name,
            label=field.label,
            ops=[OpLabel(name, op.label, op.value.kind) for name, op in field.ops.items()],
            choices=list(field.choices(corp)),
        )
        for field in FIELDS.values()
    ]
