"""From inbox rows to handlers: claim, commit, handle, record. Losing or doubling a hint changes nothing.

Handlers look at what WeCom says now and converge, so that neither order nor repetition matters to them.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from wecom import clock
from wecom.database import went_away
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, InboxEvent, Lane
from wecom.text import clean, one_line

logger = logging.getLogger(__name__)

Handler = Callable[[InboxEvent], None]
State = InboxEvent.State

MAX_TRIES = 5
WAITS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
# While WeCom or the database is away no event is to blame: it is tried for days, at a falling rhythm.
BLAMELESS = {ErrorKind.RETRY, ErrorKind.LIMIT, ErrorKind.CONFIG, ErrorKind.TOKEN}
GIVE_UP = timedelta(days=3)
LONGEST_WAIT = timedelta(minutes=10)
LEASE = timedelta(minutes=2)
BATCH_SECONDS = 30.0  # then the rest of a batch is given back, long before its lease ends
URGENT_BATCH = 20  # a welcome waits for at most this many others of its batch
SUSPECTS = 5  # rows of dead workers that one call takes on, each by itself
TRACEBACK_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to record about one event."""

    event: InboxEvent
    state: str
    attempts: int
    wait: timedelta = timedelta(0)
    error: str = ""
    trace: str = ""


def process(corp_id: int | None = None, lane: str | None = None, limit: int = 200) -> int:
    """Handle up to `limit` due events, urgent ones first, and return how many were taken on.

    Each handler runs outside any transaction of ours. An event whose handler raises waits longer each time and is
    parked with its traceback after five tries; the others go on meanwhile.
    """
    taken = 0
    if lane != Lane.DEFAULT:
        while taken < limit and (batch := _claim(corp_id, Lane.URGENT, min(URGENT_BATCH, limit - taken))):
            taken += _work(batch)
    if lane != Lane.URGENT and taken < limit:
        taken += _work(_claim(corp_id, Lane.DEFAULT, limit - taken))
    # What was under way when a worker died may have killed it: never again together with others.
    for _ in range(SUSPECTS):
        if taken >= limit or not (suspect := _claim_suspect(corp_id, lane)):
            break
        taken += _work(suspect)
    return taken


CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM wecom_inboxevent
    WHERE {condition}
      AND (%(corp)s::bigint IS NULL OR corp_id = %(corp)s) AND (%(lane)s::text IS NULL OR lane = %(lane)s)
    ORDER BY {order} LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE wecom_inboxevent AS e
SET state = 'working', attempts = e.attempts + 1, leased_until = now() + %(lease)s, leased_by = pg_backend_pid()
FROM due WHERE e.id = due.id RETURNING e.*
"""
CLAIM_DUE = CLAIM.format(
    condition="state = 'pending' AND next_try_at <= now() + %(offset)s", order="lane DESC, next_try_at, id"
)
# A dead worker's session is gone at once; the lease is for those that live on without answering.
GONE = "leased_by IS NOT NULL AND NOT EXISTS (SELECT FROM pg_stat_activity session WHERE session.pid = leased_by)"
CLAIM_SUSPECT = CLAIM.format(condition=f"state = 'working' AND (leased_until < now() OR {GONE})", order="leased_until")


def _claim(corp_id: int | None, lane: str, limit: int) -> list[InboxEvent]:
    return _take(CLAIM_DUE, corp_id, lane, limit)


def _claim_suspect(corp_id: int | None, lane: str | None) -> list[InboxEvent]:
    return _take(CLAIM_SUSPECT, corp_id, lane, 1)


def _take(statement: str, corp_id: int | None, lane: str | None, limit: int) -> list[InboxEvent]:
    # Leases are about live processes and run on the real clock; when a try is due is the domain's time.
    values = {"corp": corp_id, "lane": lane, "limit": limit, "lease": LEASE, "offset": clock.offset()}
    events = sorted(InboxEvent.objects.raw(statement, values), key=lambda event: event.pk)
    corps = Corp.objects.in_bulk({event.corp_id for event in events}) if events else {}
    for event in events:
        event.corp = corps[event.corp_id]
    return events


def _work(events: Sequence[InboxEvent]) -> int:
    """Run the handlers of a claimed batch, then record all outcomes in one statement."""
    outcomes: list[Outcome] = []
    end = time.monotonic() + BATCH_SECONDS
    try:
        for event in events:
            late = time.monotonic() > end
            outcomes.append(Outcome(event, State.PENDING, event.attempts - 1) if late else handle(event))
    finally:
        if outcomes:
            _record(outcomes)
    return len(events)


def handle(event: InboxEvent) -> Outcome:
    """Run the handlers of one claimed event and say what to record. Raises nothing that a handler raises."""
    try:
        handlers = handlers_of(event)
        for handler in handlers:
            handler(event)
    except Exception as problem:  # whatever a handler raises is the event's outcome, not this loop's end
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return _failure(event, problem)
    return Outcome(event, State.DONE if handlers else State.IGNORED, event.attempts)


def handlers_of(event: InboxEvent) -> list[Handler]:
    """The functions that `settings.WECOM_CALLBACKS` names for "Event.ChangeType"."""
    return [import_string(name) for name in settings.WECOM_CALLBACKS.get(event.name, ())]


def _failure(event: InboxEvent, problem: Exception) -> Outcome:
    now = clock.now()
    error = clean(f"{type(problem).__name__}: {problem}")[:2000]
    trace = clean("".join(traceback.format_exception(problem)))[-TRACEBACK_CHARS:]
    logger.warning("event %s, try %s: %s", event.pk, event.attempts, one_line(error))
    age = now - event.received_at
    if _blameless(problem) and age < GIVE_UP:
        wait = max(WAITS[0], min(age / 4, LONGEST_WAIT))
        return Outcome(event, State.PENDING, event.attempts - 1, _until(problem, now, wait), error, trace)
    if event.attempts >= MAX_TRIES or _blameless(problem):
        return Outcome(event, State.PARKED, event.attempts, error=error, trace=trace)
    return Outcome(event, State.PENDING, event.attempts, WAITS[event.attempts - 1], error, trace)


def _blameless(problem: Exception) -> bool:
    if isinstance(problem, WeComError):
        return problem.kind in BLAMELESS
    return went_away(problem)


def _until(problem: Exception, now: datetime, wait: timedelta) -> timedelta:
    retry_at = problem.retry_at if isinstance(problem, WeComError) else None
    return max(wait, retry_at - now) if retry_at else wait


RECORD = """
UPDATE wecom_inboxevent AS e
SET state = r.state, attempts = r.attempts, next_try_at = now() + %(offset)s + r.wait, leased_until = NULL,
    leased_by = NULL, error = r.error, traceback = r.trace,
    handled_at = CASE WHEN r.state IN ('done', 'ignored', 'parked') THEN now() + %(offset)s END
FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[], %(states)s::text[], %(attempts)s::int[],
            %(waits)s::interval[], %(errors)s::text[], %(traces)s::text[])
     AS r(id, lease, state, attempts, wait, error, trace)
WHERE e.id = r.id AND e.state = 'working' AND e.leased_until = r.lease
"""


def _record(outcomes: Iterable[Outcome]) -> None:
    """Only where the lease is still ours: a row that another worker took over is his to record."""
    rows = list(outcomes)
    values: dict[str, Any] = {
        "offset": clock.offset(),
        "ids": [row.event.pk for row in rows],
        "leases": [row.event.leased_until for row in rows],
        "states": [str(row.state) for row in rows],
        "attempts": [row.attempts for row in rows],
        "waits": [row.wait for row in rows],
        "errors": [row.error for row in rows],
        "traces": [row.trace for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD, values)
