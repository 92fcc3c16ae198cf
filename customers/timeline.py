"""The customer's timeline: what kinds of lines there are, and the one way to write them.

Upper apps register their kinds when they are loaded (``AppConfig.ready``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wecom import clock


@dataclass(frozen=True, slots=True)
class Kind:
    """How a line looks: its label, and an icon and colour of Tabler's."""

    key: str
    label: str | Promise
    icon: str
    colour: str


KINDS: dict[str, Kind] = {}


def register(kind: str, label: str | Promise, icon: str, colour: str) -> None:
    """Make a kind known. A kind that nobody registered is shown under its own name."""
    KINDS[kind] = Kind(kind, label, icon, colour)


def kind_of(key: str) -> Kind:
    return KINDS.get(key) or Kind(key, key, "point", "secondary")


register("added", pgettext_lazy("event", "Added"), "user-plus", "green")
register("half", _("Asked to be added"), "user-question", "yellow")
register("lost", _("Deleted the staff member"), "user-minus", "red")
register("dropped", _("Deleted by the staff member"), "user-x", "secondary")
register("transfer_failed", _("Transfer failed"), "user-exclamation", "orange")
register("tagged", _("Tags changed"), "tags", "azure")
register("remarked", _("Remark changed"), "pencil", "azure")
register("welcome", _("Welcome message"), "message-heart", "teal")
register("stage", _("Stage changed"), "stairs-up", "purple")


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be. ``key`` makes a fact that can be learnt twice one line; it is unique per customer."""

    customer_id: int
    kind: str
    staff_id: int | None = None
    at: datetime | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    key: str = ""


# The corp is the customer's, so that no caller can mix them up.
RECORD = """
INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
SELECT c.corp_id, c.id, r.staff_id, r.kind, COALESCE(r.at, %(now)s), r.detail, r.key
FROM jsonb_to_recordset(%(rows)s)
    AS r(customer_id bigint, staff_id bigint, kind text, at timestamptz, detail jsonb, key text)
JOIN customers_customer c ON c.id = r.customer_id
ON CONFLICT DO NOTHING
"""


def record(
    *,
    customer_id: int,
    kind: str,
    staff_id: int | None = None,
    at: datetime | None = None,
    detail: dict[str, Any] | None = None,
    key: str = "",
) -> bool:
    """Write a line; returns whether it is new. ``at`` is when it happened, now by default."""
    return record_all([Line(customer_id, kind, staff_id, at, detail or {}, key)]) == 1


def record_all(lines: Iterable[Line]) -> int:
    """Write lines in one statement; returns how many are new."""
    rows = [
        {
            "customer_id": line.customer_id,
            "staff_id": line.staff_id,
            "kind": line.kind,
            "at": line.at.isoformat() if line.at else None,
            "detail": line.detail,
            "key": line.key,
        }
        for line in lines
    ]
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {"rows": json.dumps(rows), "now": clock.now()})
        written: int = cursor.rowcount
    return written
