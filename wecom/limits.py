"""How often we may call: per corp and endpoint, kept in PostgreSQL so that all processes share it and a loss of
Redis forgets nothing.

The rule is a leaky bucket. `spent_until` runs ahead of the clock by one `EACH` per call and may be `BURST` calls
ahead at most, so that no window of an hour, wherever it starts, holds more than BURST + 3600 x RATE = 150,000 calls,
and none of a minute more than BURST + 60 x RATE = 3,975. The sustained rate is RATE (41.25/s); a burst is lent out
of the hour's budget and paid back by waiting.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from wecom import clock, journal
from wecom.errors import ErrorKind, WeComError
from wecom.models.corp import SUSPENSION, Corp


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `calls` per `window` for one corp and one endpoint; over it 45009 and no service for `block`."""

    calls: int
    window: timedelta
    block: timedelta


# doc 90312 (copy 90454), last updated 2023-08-28, read 2026-02-12.
MINUTE = Rule(10_000, timedelta(minutes=1), timedelta(minutes=1))
HOUR = Rule(150_000, timedelta(hours=1), timedelta(hours=1))
# Where 45009 is no matter of frequency: the bans for repeated wrong secrets, and for too many wrong mobile numbers
# (doc 95402).
BANS = {"gettoken": timedelta(hours=1), "user/getuserid": timedelta(days=1)}

BURST = 1_500
EACH = HOUR.window / (HOUR.calls - BURST) + timedelta(microseconds=1)  # rounded up: the budget is never exceeded
RATE = 1 / EACH.total_seconds()
LEAD = BURST * EACH
# Reads of the database clock by two connections differ by milliseconds, never by this much: then it was turned back.
SLACK = timedelta(minutes=1)
# After a rest, WeCom refuses again at once: then it was not the minute rule that we broke.
PROBATION = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Slot:
    """One permitted call, and the access token to make it with (`token_version` 0: none was ever stored)."""

    was_suspended: bool
    token_sealed: str
    token_version: int
    token_valid: bool


SLOT = """
WITH corp AS (
    SELECT id, suspended_at, suspended_code, suspended_reason,
           suspended_at IS NOT NULL AND suspended_at > now() + %(offset)s - %(suspension)s
               AND suspended_at < now() + %(offset)s + %(slack)s AS suspended
    FROM wecom_corp WHERE id = %(corp)s
), slot AS (
    INSERT INTO wecom_endpointwindow AS w (corp_id, endpoint, spent_until, minute_start, minute_calls, hour_start,
                                           hour_calls, calls, errors_by_code)
    SELECT id, %(endpoint)s, now() + %(offset)s + %(each)s, date_trunc('minute', now() + %(offset)s), 1,
           date_trunc('hour', now() + %(offset)s), 1, 1, '{}'
    FROM corp WHERE NOT suspended
    ON CONFLICT (corp_id, endpoint) DO UPDATE SET
        spent_until = CASE WHEN w.spent_until > now() + %(offset)s + %(lead)s + %(slack)s THEN now() + %(offset)s
                           ELSE GREATEST(w.spent_until, now() + %(offset)s) END + %(each)s,
        minute_calls = CASE WHEN w.minute_start = excluded.minute_start THEN w.minute_calls ELSE 0 END + 1,
        minute_start = excluded.minute_start,
        hour_calls = CASE WHEN w.hour_start = excluded.hour_start THEN w.hour_calls ELSE 0 END + 1,
        hour_start = excluded.hour_start,
        calls = w.calls + 1
    WHERE (w.spent_until + %(each)s <= now() + %(offset)s + %(lead)s
           OR w.spent_until > now() + %(offset)s + %(lead)s + %(slack)s)
      AND (w.resting_until IS NULL OR w.resting_until <= now() + %(offset)s
           OR w.resting_until > now() + %(offset)s + %(longest)s + %(slack)s)
    RETURNING w.id
)
"""
ANSWER = """
SELECT slot.id IS NOT NULL, corp.suspended, corp.suspended_at, corp.suspended_code, corp.suspended_reason,
       GREATEST(before.resting_until, before.spent_until + %(each)s - %(lead)s),
       COALESCE(token.token_sealed, ''), COALESCE(token.version, 0),
       COALESCE(token.expires_at > now() + %(offset)s, false)
FROM corp
LEFT JOIN slot ON true
LEFT JOIN wecom_endpointwindow before ON before.corp_id = corp.id AND before.endpoint = %(endpoint)s
LEFT JOIN wecom_accesstoken token ON token.corp_id = corp.id
"""
TAKE = SLOT + ANSWER
TAKE_AND_NOTE = SLOT + journal.NOTED + ANSWER


def take(corp: Corp, endpoint: str) -> Slot:
    """Take one call's place in the endpoint's budget, in one statement that also looks at the breaker and the token
    and writes down how long earlier answers took (`wecom.journal`).

    Raises WeComError: LIMIT with `retry_at` while the budget is spent or the endpoint rests; CONFIG with `retry_at`
    while the corp is suspended. Then nothing was counted, and nothing may be sent.
    """
    values: dict[str, Any] = {
        "corp": corp.pk,
        "endpoint": endpoint,
        "offset": clock.offset(),
        "each": EACH,
        "lead": LEAD,
        "slack": SLACK,
        "longest": BANS.get(endpoint, HOUR.block),
        "suspension": SUSPENSION,
        "observed": journal.due(corp.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_AND_NOTE if values["observed"] else TAKE, values)
        row = cursor.fetchone()
    if row is None:
        raise WeComError(None, "this corp was removed", ErrorKind.CONFIG, endpoint)
    granted, suspended, since, code, reason, free_at, *token = row
    if granted:
        return Slot(since is not None, *token)
    if suspended:
        raise WeComError(
            code, f"not called, the corp is suspended: {reason}", ErrorKind.CONFIG, endpoint, since + SUSPENSION
        )
    raise _refusal(endpoint, free_at or clock.now() + EACH)


def _refusal(endpoint: str, free_at: datetime) -> WeComError:
    return WeComError(None, "not called, the frequency limit is used up", ErrorKind.LIMIT, endpoint, free_at)


REST = """
UPDATE wecom_endpointwindow SET resting_until = CASE
    WHEN resting_until > now() + %(offset)s AND resting_until <= now() + %(offset)s + %(hour)s THEN resting_until
    WHEN %(hour_rule)s OR hour_calls >= %(nearly)s OR resting_until > now() + %(offset)s - %(probation)s
        THEN now() + %(offset)s + %(hour)s
    ELSE now() + %(offset)s + %(minute)s END
WHERE corp_id = %(corp)s AND endpoint = %(endpoint)s
RETURNING resting_until
"""


def rest(corp: Corp, endpoint: str) -> datetime:
    """WeCom said 45009: let the endpoint rest, and return until when.

    WeCom does not say which rule was broken. Our own count is far below both limits, so somebody else shares the
    budget. We assume the minute rule (60 s), unless our own hour is nearly used up or the refusal comes within two
    minutes after a rest: then it is the hour rule (60 min). An endpoint of BANS rests for its ban. Calls that were
    under way when the rest began do not prolong it.
    """
    values: dict[str, Any] = {
        "corp": corp.pk,
        "endpoint": endpoint,
        "offset": clock.offset(),
        "minute": MINUTE.block,
        "hour": BANS.get(endpoint, HOUR.block),
        "hour_rule": endpoint in BANS,
        "nearly": HOUR.calls * 9 // 10,
        "probation": PROBATION,
    }
    with connection.cursor() as cursor:
        cursor.execute(REST, values)
        row = cursor.fetchone()
    until: datetime = row[0] if row else clock.now() + MINUTE.block
    return until
