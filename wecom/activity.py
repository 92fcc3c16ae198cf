"""What each endpoint has done lately, for the page of the API journal and for Prometheus."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from wecom import journal
from wecom.limits import HOUR, MINUTE
from wecom.models.corp import Corp
from wecom.models.window import EndpointWindow


@dataclass(slots=True)
class Activity:
    """One endpoint in one span of time. `minute` and `hour` are what is used of the limits' windows right now."""

    endpoint: str
    latency: list[int] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    minute: int = 0
    hour: int = 0
    resting_until: datetime | None = None

    @property
    def calls(self) -> int:
        return sum(self.latency)

    @property
    def failures(self) -> int:
        return sum(self.errors.values())

    @property
    def p50(self) -> float | None:
        return journal.quantile(self.latency, 0.5)

    @property
    def p95(self) -> float | None:
        return journal.quantile(self.latency, 0.95)

    @property
    def minute_percent(self) -> float:
        return 100 * self.minute / MINUTE.calls

    @property
    def hour_percent(self) -> float:
        return 100 * self.hour / HOUR.calls


LATENCY = """
SELECT endpoint, array_agg(total ORDER BY n)
FROM (
    SELECT h.endpoint, t.n, sum(t.count)::bigint AS total
    FROM wecom_endpointhour h, unnest(h.latency) WITH ORDINALITY AS t(count, n)
    WHERE h.corp_id = %(corp)s AND h.hour >= %(since)s GROUP BY h.endpoint, t.n
) counted
GROUP BY endpoint
"""
ERRORS = """
SELECT endpoint, code, sum(times::bigint)::bigint
FROM wecom_endpointhour, jsonb_each_text(errors_by_code) AS e(code, times)
WHERE corp_id = %(corp)s AND hour >= %(since)s
GROUP BY endpoint, code ORDER BY 3 DESC, code
"""


def since(corp: Corp, moment: datetime, now: datetime) -> list[Activity]:
    """Every endpoint that was called since the hour of `moment`, or rests, or is in use now; busiest first."""
    found: dict[str, Activity] = {}
    values = {"corp": corp.pk, "since": moment.replace(minute=0, second=0, microsecond=0)}
    for endpoint, latency in _rows(LATENCY, values):
        found[endpoint] = Activity(endpoint, latency)
    for endpoint, code, times in _rows(ERRORS, values):
        found.setdefault(endpoint, Activity(endpoint)).errors[code] = times
    for window in EndpointWindow.objects.of(corp):
        if window.calls_in_hour(now) or window.rests(now) or window.endpoint in found:
            activity = found.setdefault(window.endpoint, Activity(window.endpoint))
            activity.minute, activity.hour = window.calls_in_minute(now), window.calls_in_hour(now)
            activity.resting_until = window.resting_until if window.rests(now) else None
    return sorted(found.values(), key=lambda activity: (-activity.calls, activity.endpoint))


def _rows(statement: str, values: dict[str, Any]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor.fetchall()
