"""Batch: ready deliveries of one step and one staff member become one call of at most 10,000 customers."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment, lock_planning, rows_of
from campaigns.models.sending import SIZE
from wecom.models import Corp

ROWS = 50_000  # in one statement: only a staff member's deliveries at its end may come apart

# Since they were judged, a delivery may have waited: for a place in the queue, for a resting endpoint, for an admin.
# A night that came in between is not lateness: what falls into quiet hours moves to their end.
LATE_BY = """(
    %(now)s - COALESCE(d.held_until, d.planned_at)
    - GREATEST(%(night_until)s - GREATEST(COALESCE(d.held_until, d.planned_at), %(night_from)s), interval '0'))
"""
UNFIT = f"""
    CASE WHEN f.status <> 'live' THEN f.status
         WHEN NOT st.active THEN 'staff_left'
         WHEN {LATE_BY} > v.late_after THEN 'late'
         ELSE '' END
"""
DROP = """
    UPDATE campaigns_delivery d
    SET status = 'skipped', reason = x.unfit, finished_at = %(now)s,
        detail = CASE x.unfit WHEN 'late' THEN jsonb_build_object(
            'late_by_minutes', floor(extract(epoch FROM x.late_by) / 60)::int,
            'allowed_minutes', floor(extract(epoch FROM x.late_after) / 60)::int)
            ELSE jsonb_build_object() END
    FROM examined x WHERE d.id = x.id AND x.unfit <> ''
    RETURNING d.id
"""

BATCH = f"""
WITH picked AS MATERIALIZED (
    SELECT d.id FROM campaigns_delivery d
    WHERE d.corp_id = %(corp)s AND d.status = 'ready' AND d.batch_id IS NULL
      AND EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = d.campaign_id AND c.status = 'running')
    ORDER BY d.step_id, d.staff_id, d.planned_at, d.id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), examined AS MATERIALIZED (
    SELECT d.id, d.step_id, d.staff_id, d.planned_at, v.late_after, {LATE_BY} AS late_by, {UNFIT} AS unfit
    FROM campaigns_delivery d
    JOIN campaigns_step s ON s.id = d.step_id
    JOIN campaigns_version v ON v.id = s.version_id
    JOIN campaigns_enrollment e ON e.id = d.enrollment_id
    JOIN customers_follow f ON f.id = e.follow_id
    JOIN staff_staff st ON st.id = d.staff_id
    WHERE d.id IN (SELECT id FROM picked)
), dropped AS ({DROP}), fit AS MATERIALIZED (
    SELECT id, step_id, staff_id, planned_at,
           (row_number() OVER (PARTITION BY step_id, staff_id ORDER BY planned_at, id) - 1) / %(size)s AS part
    FROM examined WHERE unfit = ''
), parts AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('campaigns_batch', 'id')) AS batch_id, step_id, staff_id, part, size
    FROM (SELECT step_id, staff_id, part, count(*) AS size FROM fit GROUP BY step_id, staff_id, part
          ORDER BY min(planned_at), step_id, staff_id, part) ordered
), made AS (
    INSERT INTO campaigns_batch (id, corp_id, step_id, staff_id, status, size, msgid, fingerprint, request, attempts,
                                 error, fail_list_size, lookups, candidates, collections, reminder_times, created_at)
    SELECT batch_id, %(corp)s, step_id, staff_id, 'ready', size, '', '', '{{}}', 0,
           '', 0, 0, '{{}}', 0, '{{}}', %(now)s
    FROM parts
), filled AS (
    UPDATE campaigns_delivery d SET batch_id = parts.batch_id
    FROM fit JOIN parts USING (step_id, staff_id, part)
    WHERE d.id = fit.id
)
SELECT (SELECT count(*) FROM parts), (SELECT count(*) FROM dropped), count(*) FROM picked
"""

RECHECK = f"""
WITH examined AS MATERIALIZED (
    SELECT d.id, v.late_after, {LATE_BY} AS late_by, {UNFIT} AS unfit
    FROM campaigns_delivery d
    JOIN campaigns_step s ON s.id = d.step_id
    JOIN campaigns_version v ON v.id = s.version_id
    JOIN campaigns_enrollment e ON e.id = d.enrollment_id
    JOIN customers_follow f ON f.id = e.follow_id
    JOIN staff_staff st ON st.id = d.staff_id
    WHERE d.batch_id = %(batch)s AND d.status = 'ready'
)
{DROP}
"""


def run(corp: Corp, budget: Budget) -> int:
    """Put the corp's ready deliveries into batches. Returns how many batches were made."""
    moment = Moment.of(corp)
    batches = 0
    while budget.left:
        with transaction.atomic():
            lock_planning(corp.pk)
            [(made, _dropped, picked)] = rows_of(BATCH, {**moment.params(), "limit": ROWS, "size": SIZE})
        batches += made
        if picked < ROWS:
            break
    return batches


def recheck(batch_id: int, params: dict[str, Any]) -> int:
    """Drop from a batch whoever must not get it any more. `params` are a Moment's. Returns how many were dropped."""
    return len(rows_of(RECHECK, {**params, "batch": batch_id}))
