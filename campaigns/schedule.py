"""When a step falls due for an enrollment: one SQL expression for the engine, and its twin in Python for previews.

A duration counts from the enrollment's clock. A day with a time is that local time of the corp on the clock's calendar
day plus n. Where daylight saving skips that local time, the step moves to the first moment that exists, the end of the
gap; where it occurs twice, the second occurrence counts, as PostgreSQL has it. Either way it happens once
(docs/decisions/014). A property test holds both forms equal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


class Offset(Protocol):
    """What of a step says when it is: day and local time, or a duration."""

    after_days: int | None
    at: time | None
    after: timedelta | None


def planned_sql(step: str, clock_at: str, zone: str = "%(zone)s") -> str:
    """A timestamptz expression: aliases of a row with the step's columns, the clock's column, the zone's parameter."""
    wall = f"(({clock_at} AT TIME ZONE {zone})::date + {step}.after_days + {step}.at)"
    return (
        f"CASE WHEN {step}.after IS NOT NULL THEN {clock_at} + {step}.after"
        f" WHEN {wall} AT TIME ZONE {zone} AT TIME ZONE {zone} = {wall} THEN {wall} AT TIME ZONE {zone}"
        f" ELSE {_after_gap_sql(wall, zone)} END"
    )


def _after_gap_sql(wall: str, zone: str) -> str:
    """PostgreSQL reads a skipped local time with the offset from before the gap, hence `gap` too late on the clock."""
    return (
        f"(SELECT min(m) FROM (SELECT x AS moment, x AT TIME ZONE {zone} - {wall} AS gap,"
        f" x AT TIME ZONE {zone} - x AT TIME ZONE 'UTC' AS utc_offset"
        f" FROM (SELECT {wall} AT TIME ZONE {zone} AS x) read) found,"
        " generate_series(moment - gap, moment, '1 minute') AS m"
        f" WHERE m AT TIME ZONE {zone} - m AT TIME ZONE 'UTC' = utc_offset)"
    )


def planned_at(step: Offset, clock_at: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a step, in UTC, for an aware `clock_at`."""
    if step.after is not None:
        return clock_at.astimezone(UTC) + step.after
    assert step.after_days is not None
    assert step.at is not None
    day = clock_at.astimezone(zone).date() + timedelta(days=step.after_days)
    return moment_of(day, step.at, zone)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which it is `at` on `day` in the zone; the end of the gap where it never is."""
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    gap = late.astimezone(zone).replace(tzinfo=None) - wall
    after = late.astimezone(zone).utcoffset()
    moment = late - gap
    while moment.astimezone(zone).utcoffset() != after:
        moment += MINUTE
    return moment


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC: of two midnights the first, and where there is none the gap's end."""
    first = datetime.combine(day, time(0), zone).astimezone(UTC)
    exists = first.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time(0))
    return first if exists else moment_of(day, time(0), zone)


def order_of(steps: list[Offset], clock_at: datetime, zone: ZoneInfo) -> list[int]:
    """Indexes of the steps in the order in which they fall due: by planned moment, ties by position."""
    return sorted(range(len(steps)), key=lambda n: (planned_at(steps[n], clock_at, zone), n))
