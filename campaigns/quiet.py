"""Quiet hours: what falls inside moves to the end of them, order kept (docs/decisions/014)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.schedule import moment_of
from wecom.models import Corp


def quiet_until(corp: Corp, moment: datetime) -> datetime | None:
    """When the quiet hours around `moment` end, in UTC; None outside of them. Equal times mean: no quiet hours.

    They begin at `quiet_from` and end before `quiet_until`, in the corp's zone, across midnight where need be.
    """
    start, end = corp.quiet_from, corp.quiet_until
    if start == end:
        return None
    zone = ZoneInfo(corp.timezone)
    local = moment.astimezone(zone)
    now, day = local.time(), local.date()
    if start < end:
        quiet = start <= now < end
    else:
        quiet = now >= start or now < end
        if now >= start:
            day += timedelta(days=1)
    if not quiet:
        return None
    until = moment_of(day, end, zone)
    return until if until > moment else None


def last_quiet(corp: Corp, moment: datetime) -> tuple[datetime, datetime]:
    """Start and end, in UTC, of the quiet hours that ended last; both are `moment` where there are none."""
    start, end = corp.quiet_from, corp.quiet_until
    if start == end:
        return moment, moment
    zone = ZoneInfo(corp.timezone)
    day = moment.astimezone(zone).date()
    if moment_of(day, end, zone) > moment:
        day -= timedelta(days=1)
    evening = day if start < end else day - timedelta(days=1)
    return moment_of(evening, start, zone), moment_of(day, end, zone)


def awake(corp: Corp, moment: datetime) -> datetime:
    """`moment` itself, or the end of the quiet hours that it falls into."""
    return quiet_until(corp, moment) or moment
