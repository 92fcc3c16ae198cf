"""The API journal: how long answers take, by endpoint and hour, and the last refusals.

It costs a call no statement of its own. What a process has measured waits in memory, at most a second while it goes
on calling, and is written by the statement with which its next call takes its slot (`wecom.limits`). A process that
dies takes what it had not written yet with it: counts of the limits are kept elsewhere and lose nothing.
"""

import json
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from wecom import clock
from wecom.errors import WeComError
from wecom.models.corp import Corp
from wecom.transport import LONGEST_ERRMSG

# Upper bounds in seconds; a last bucket holds everything slower. Time-outs end at 8 s.
BOUNDS = (0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
BUCKETS = len(BOUNDS) + 1
PAUSE = 1.0  # seconds between two writings of one process for one corp

# In the statement of `limits.take`; ordered, so that two processes lock the rows in the same order.
NOTED = """
, noted AS (
    INSERT INTO wecom_endpointhour AS h (corp_id, endpoint, hour, latency, seconds, errors_by_code)
    SELECT corp.id, o.endpoint, o.hour, o.latency, o.seconds, '{}'
    FROM corp, jsonb_to_recordset(%(observed)s::jsonb)
         AS o(endpoint text, hour timestamptz, latency int[], seconds float)
    ON CONFLICT (corp_id, endpoint, hour) DO UPDATE SET
        latency = ARRAY(SELECT COALESCE(a, 0) + COALESCE(b, 0)
                        FROM unnest(h.latency, excluded.latency) WITH ORDINALITY AS t(a, b, n) ORDER BY n),
        seconds = h.seconds + excluded.seconds
)
"""


@dataclass(slots=True)
class Tally:
    latency: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    seconds: float = 0.0

    def add(self, latency: Sequence[int], seconds: float) -> None:
        self.latency = [mine + more for mine, more in zip(self.latency, latency, strict=True)]
        self.seconds += seconds


Tallies = dict[tuple[str, datetime], Tally]
_lock = threading.Lock()
_waiting: dict[int, Tallies] = {}
_written: dict[int, float] = {}


def note(corp_id: int, endpoint: str, began: datetime, seconds: float) -> None:
    """One answer, or one time-out, `seconds` after a call of `endpoint` that began at `began` (the domain's clock)."""
    hour = began.replace(minute=0, second=0, microsecond=0)
    with _lock:
        tally = _waiting.setdefault(corp_id, {}).setdefault((endpoint, hour), Tally())
        tally.latency[bisect_left(BOUNDS, seconds)] += 1
        tally.seconds += seconds


def due(corp_id: int) -> str:
    """What is to be written now as JSON for `NOTED`, which its caller then does; empty most of the time."""
    now = time.monotonic()
    with _lock:
        if not _waiting.get(corp_id) or now - _written.get(corp_id, 0.0) < PAUSE:
            return ""
        _written[corp_id] = now
        tallies = _waiting.pop(corp_id)
    return json.dumps(_rows(tallies))


def _rows(tallies: Tallies) -> list[dict[str, Any]]:
    """Each hour's row, and its endpoint's row of all hours."""
    totals: dict[str, Tally] = {}
    for (endpoint, _hour), tally in tallies.items():
        totals.setdefault(endpoint, Tally()).add(tally.latency, tally.seconds)
    keyed = [(endpoint, hour.isoformat(), tally) for (endpoint, hour), tally in tallies.items()]
    keyed += [(endpoint, "", tally) for endpoint, tally in totals.items()]
    return [
        {"endpoint": endpoint, "hour": hour or None, "latency": tally.latency, "seconds": tally.seconds}
        for endpoint, hour, tally in sorted(keyed, key=lambda row: row[:2])
    ]


FAILED = """
WITH total AS (
    UPDATE wecom_endpointwindow
    SET errors_by_code = jsonb_set(errors_by_code, ARRAY[%(code)s],
                                   to_jsonb(COALESCE((errors_by_code ->> %(code)s)::bigint, 0) + 1))
    WHERE corp_id = %(corp)s AND endpoint = %(endpoint)s
    RETURNING corp_id, endpoint
), hour AS (
    INSERT INTO wecom_endpointhour AS h (corp_id, endpoint, hour, latency, seconds, errors_by_code)
    SELECT corp_id, endpoint, date_trunc('hour', now() + %(offset)s), '{}', 0, jsonb_build_object(%(code)s::text, 1)
    FROM total
    ON CONFLICT (corp_id, endpoint, hour) DO UPDATE SET
        errors_by_code = jsonb_set(h.errors_by_code, ARRAY[%(code)s],
                                   to_jsonb(COALESCE((h.errors_by_code ->> %(code)s)::bigint, 0) + 1))
), reply AS (
    INSERT INTO wecom_errorreply (corp_id, endpoint, errcode, kind, errmsg, at)
    SELECT id, %(endpoint)s, %(errcode)s, %(kind)s, %(errmsg)s, now() + %(offset)s FROM wecom_corp WHERE id = %(corp)s
)
DELETE FROM wecom_errorreply WHERE id IN (
    SELECT id FROM wecom_errorreply WHERE corp_id = %(corp)s ORDER BY id DESC OFFSET %(others)s FOR UPDATE SKIP LOCKED
)
"""


def failed(corp: Corp, error: WeComError) -> None:
    """Count a failure under its errcode or `none`, and keep the reply among the corp's last ones: one statement."""
    values: dict[str, Any] = {
        "corp": corp.pk,
        "endpoint": error.endpoint[:100],
        "code": "none" if error.errcode is None else str(error.errcode),
        "errcode": error.errcode if error.errcode is not None and abs(error.errcode) < 2**31 else None,
        "kind": str(error.kind),
        "errmsg": error.errmsg[:LONGEST_ERRMSG],  # as `wecom.transport` made it: one line, no secrets
        "offset": clock.offset(),
        "others": settings.JOURNAL_REPLIES - 1,  # the new one is not seen by the statement that writes it
    }
    with connection.cursor() as cursor:
        cursor.execute(FAILED, values)


def forget() -> None:
    """Drop what waits in this process."""
    with _lock:
        _waiting.clear()
        _written.clear()


def quantile(latency: Sequence[int], share: float) -> float | None:
    """Seconds within which `share` of the answers came, between two bounds in proportion; None without answers.

    Of answers slower than the last bound no more is known than that bound.
    """
    wanted, seen, lower = share * sum(latency), 0, 0.0
    if not wanted:
        return None
    for upper, count in zip(BOUNDS, latency, strict=False):
        if count and seen + count >= wanted:
            return lower + (upper - lower) * (wanted - seen) / count
        seen, lower = seen + count, upper
    return BOUNDS[-1]
