"""How many mass messages a customer may receive in the corp's window, and how many are spoken for (contract §10.0).

The ledger is not a table but a question to the deliveries: what was sent in the window, plus what is ready, with WeCom
or unsure. Whoever judges deliveries of a corp holds the corp's planning lock, so two workers never count the same
free place (docs/decisions/013).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.quiet import awake
from campaigns.schedule import midnight
from wecom.models import Corp
from wecom.models.corp import QuotaPolicy


@dataclass(frozen=True, slots=True)
class Window:
    """One quota window: [start, end) in UTC, how many messages it holds, and its name, such as 2026-11."""

    start: datetime
    end: datetime
    cap: int
    label: str


def window_at(corp: Corp, moment: datetime) -> Window:
    """The window of the corp's policy around `moment`: calendar month, week from Monday, or day, in its zone."""
    zone = ZoneInfo(corp.timezone)
    day = moment.astimezone(zone).date()
    first, after, label = _days(corp.quota_policy, day)
    return Window(midnight(first, zone), midnight(after, zone), corp.quota_per_window(day), label)


def next_window(corp: Corp, moment: datetime) -> datetime:
    """When the next window lets messages through: its start, or the end of the quiet hours that it starts in."""
    return awake(corp, window_at(corp, moment).end)


def _days(policy: str, day: date) -> tuple[date, date, str]:
    if policy == QuotaPolicy.MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1), f"{day:%Y-%m}"
    if policy == QuotaPolicy.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7), f"{day:%G-W%V}"
    return day, day + timedelta(days=1), day.isoformat()


def used_sql(customer: str) -> str:
    """How many places of the window are taken: sent in it, or on the way and not answered yet."""
    return (
        "(SELECT count(*) FROM campaigns_delivery q"
        f" WHERE q.customer_id = {customer} AND q.uses_quota AND q.status IN ('ready', 'handed', 'unsure', 'sent')"
        " AND (q.status <> 'sent' OR q.finished_at >= %(window_start)s))"
    )
