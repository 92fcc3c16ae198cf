"""Counts by status as a bar: segments in the order in which a delivery lives, positioned in percent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.models import DeliveryStatus as Status
from staff.states import look

ORDER = (
    Status.SENT,
    Status.HANDED,
    Status.UNSURE,
    Status.READY,
    Status.HELD,
    Status.PLANNED,
    Status.UNREACHABLE,
    Status.CAPPED,
    Status.EXPIRED,
    Status.FAILED,
    Status.CANCELLED,
    Status.SKIPPED,
)


@dataclass(frozen=True)
class Segment:
    """`start` and `width` are percent of the bar; `colour` is the meaning's name (ok, busy, wait, bad, off)."""

    status: Status
    number: int
    start: float
    width: float
    colour: str


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """What is there, in order; nothing for an empty bar."""
    total = sum(counts.values())
    bar: list[Segment] = []
    start = 0.0
    for status in ORDER:
        number = counts.get(status, 0)
        if number:
            width = 100 * number / total
            bar.append(Segment(status, number, round(start, 3), round(width, 3), look(status)[0]))
            start += width
    return bar
