"""How long callbacks wait: from being written down to being handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from wecom.models.corp import Corp

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lag:
    """Of the callbacks that came within one span: how many are handled, and within how many seconds half (`p50`) and
    nearly all (`p95`) of those were; None where none was."""

    handled: int = 0
    p50: float | None = None
    p95: float | None = None


LAG = """
SELECT {group}, count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
    ORDER BY GREATEST(extract(epoch FROM handled_at - received_at), 0)::float8)
FROM wecom_inboxevent
WHERE corp_id = ANY(%(corps)s) AND received_at >= %(since)s AND handled_at IS NOT NULL AND state <> 'parked'
GROUP BY {group}
"""
BY_HOUR = LAG.format(group="date_trunc('hour', received_at)")
BY_CORP = LAG.format(group="corp_id")


def by_hour(corp: Corp, until: datetime, hours: int = 24) -> list[tuple[datetime, Lag]]:
    """The last `hours` hours up to the one of `until`, oldest first, those without a callback too: one query."""
    last = until.replace(minute=0, second=0, microsecond=0)
    span = [last - number * HOUR for number in reversed(range(hours))]
    found = _ask(BY_HOUR, [corp.pk], span[0])
    return [(hour, found.get(hour, Lag())) for hour in span]


def by_corp(corps: Sequence[int], since: datetime) -> dict[int, Lag]:
    """For each corp (primary key) that has handled anything which came since then."""
    return _ask(BY_CORP, corps, since)


def _ask(statement: str, corps: Sequence[int], since: datetime) -> dict[Any, Lag]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"corps": list(corps), "since": since})
        return {key: Lag(handled, *quantiles) for key, handled, quantiles in cursor.fetchall()}
