"""Pieces of SQL with their parameters, and the names under which a condition finds its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wecom.models import Corp

UNKNOWN = "NULL::boolean"


@dataclass(frozen=True)
class Fragment:
    """A boolean SQL expression. `sql` has one `%s` per parameter and no other per cent sign."""

    sql: str
    params: tuple[Any, ...] = ()

    def named(self, prefix: str) -> tuple[str, dict[str, Any]]:
        """The same with `%(prefix0)s, %(prefix1)s …`, for a statement that names its parameters."""
        head, *rest = self.sql.split("%s")
        text = head + "".join(f"%({prefix}{n})s{piece}" for n, piece in enumerate(rest))
        return text, {f"{prefix}{n}": value for n, value in enumerate(self.params)}

    def __invert__(self) -> Fragment:
        return Fragment(f"NOT ({self.sql})", self.params)

    def or_unknown(self, unknown: bool) -> Fragment:
        """True where this is true; where it is false, unknown."""
        return Fragment(f"({self.sql} OR {UNKNOWN})", self.params) if unknown else self

    def and_unknown(self, unknown: bool) -> Fragment:
        """False where this is false; where it is true, unknown."""
        return Fragment(f"({self.sql} AND {UNKNOWN})", self.params) if unknown else self


TRUE = Fragment("TRUE")
FALSE = Fragment("FALSE")


def joined(word: str, parts: Iterable[Fragment]) -> Fragment:
    """`parts` under one AND or OR; without parts what AND or OR over nothing means."""
    parts = list(parts)
    if not parts:
        return TRUE if word == "AND" else FALSE
    text = f" {word} ".join(f"({part.sql})" for part in parts)
    return Fragment(text, tuple(value for part in parts for value in part.params))


@dataclass(frozen=True)
class Scope:
    """Where a leaf finds its rows: table aliases, the corp, our keys of WeCom's ids.

    `seen_by` holds the keys of the staff whose remarks the asker may read; None: everybody's.
    """

    corp: Corp
    customer: str = "customers_customer"
    digest: str = "customers_digest"
    seen_by: tuple[int, ...] | None = None
    keys: Mapping[str, Mapping[Any, int]] = field(default_factory=dict)

    def known(self, kind: str, ids: Collection[Any]) -> tuple[list[int], bool]:
        """Our keys of those `ids` that still exist, and whether any has disappeared."""
        keys = self.keys.get(kind, {})
        found = [keys[one] for one in ids if one in keys]
        return found, len(found) < len(ids)

    def live_follow(self, test: str, *params: Any, readable: bool = False) -> Fragment:
        """A live follow `f` of the customer passes `test`; with `readable`, one that the asker may read."""
        sql = (
            f"EXISTS (SELECT 1 FROM customers_follow f WHERE f.corp_id = %s AND f.customer_id = {self.customer}.id"  # noqa: S608  aliases are ours
            f" AND f.status = 'live' AND {test}"
        )
        values: tuple[Any, ...] = (self.corp.pk, *params)
        if readable and self.seen_by is not None:
            sql, values = f"{sql} AND f.staff_id = ANY(%s::bigint[])", (*values, list(self.seen_by))
        return Fragment(f"{sql})", values)
