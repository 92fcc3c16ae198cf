"""Release: what was held is judged anew once its time has come."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from campaigns.engine.budget import ROWS, Budget
from campaigns.engine.judge import BLOCKED, FOLLOW_UPS, JUDGED, USED
from campaigns.engine.moment import Moment, lock_planning, rows_of
from wecom.models import Corp

# Those of the customer's held deliveries, due by now as well, that go first: they take their places beforehand.
RIVALS = """
    (SELECT count(*) FROM campaigns_delivery r JOIN campaigns_campaign rc ON rc.id = r.campaign_id
     WHERE r.customer_id = d.customer_id AND r.status = 'held' AND r.uses_quota AND r.held_until <= %(now)s
       AND rc.status = 'running' AND r.id NOT IN (SELECT id FROM due)
       AND (-rc.priority, r.planned_at, r.id) < (-c.priority, d.planned_at, d.id))
"""

RELEASE = f"""
WITH due AS MATERIALIZED (
    SELECT d.id FROM campaigns_delivery d
    WHERE d.corp_id = %(corp)s AND d.status = 'held' AND d.held_until <= %(now)s
      AND EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = d.campaign_id AND c.status = 'running')
    ORDER BY d.held_until, d.planned_at, d.id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), facts AS (
    SELECT d.id, d.customer_id, s.action, d.planned_at, d.held_until AS base_at,
           '-infinity'::timestamptz AS entered_at, v.late_after, TRUE AS wanted,
           f.status AS follow_status, f.ended_at AS follow_ended_at, st.active AS staff_active, s.expires_after,
           d.expires_at AS deadline_so_far, d.reason AS held_for,
           row_number() OVER (ORDER BY c.priority DESC, d.planned_at, d.id) AS turn,
           {USED.format(customer="d.customer_id")} + {RIVALS} AS used, {BLOCKED} AS blocked_until
    FROM campaigns_delivery d
    JOIN campaigns_campaign c ON c.id = d.campaign_id
    JOIN campaigns_step s ON s.id = d.step_id
    JOIN campaigns_version v ON v.id = s.version_id
    JOIN campaigns_enrollment e ON e.id = d.enrollment_id
    JOIN customers_follow f ON f.id = e.follow_id
    JOIN staff_staff st ON st.id = d.staff_id
    LEFT JOIN campaigns_quotablock block ON block.customer_id = d.customer_id
    WHERE d.id IN (SELECT id FROM due)
), {JUDGED}, let AS (
    UPDATE campaigns_delivery d
    SET status = j.status, reason = j.reason, held_until = COALESCE(j.held_to, d.held_until), expires_at = j.deadline,
        detail = CASE WHEN j.reason = '' THEN jsonb_build_object('held_for', j.held_for) ELSE j.detail END,
        handed_at = CASE WHEN j.status = 'handed' THEN %(now)s END,
        finished_at = CASE WHEN j.status = 'skipped' THEN %(now)s END
    FROM judged j WHERE d.id = j.id
    RETURNING d.id, d.step_id, d.customer_id, d.staff_id, d.planned_at, d.expires_at, d.status
), {FOLLOW_UPS}
SELECT status FROM let
"""


def run(corp: Corp, budget: Budget) -> Counter[str]:
    """Judge the corp's held deliveries whose time has come. Returns how many there were, by their new status."""
    moment = Moment.of(corp)
    done: Counter[str] = Counter()
    while budget.left:
        with transaction.atomic():
            lock_planning(corp.pk)
            rows = rows_of(RELEASE, {**moment.params(), "limit": ROWS})
        done.update(row[0] for row in rows)
        if len(rows) < ROWS:
            break
    return done
