"""Leave: passages whose friendship has ended end too, and what of them has not left is dropped.

Looks at friendships that ended lately. An older end that became known late is found when the next step falls due:
advance, release, batch and dispatch each check the friendship themselves.
"""

from datetime import timedelta

from campaigns.engine.budget import ROWS, Budget
from campaigns.engine.moment import Moment, rows_of
from wecom.models import Corp

LATELY = timedelta(days=2)

LEAVE = """
WITH gone AS MATERIALIZED (
    SELECT e.id, f.status AS reason, f.ended_at
    FROM customers_follow f JOIN campaigns_enrollment e ON e.follow_id = f.id
    WHERE f.corp_id = %(corp)s AND f.ended_at >= %(since)s AND f.status IN ('lost', 'dropped')
      AND (e.status = 'active' OR EXISTS (
          SELECT FROM campaigns_delivery d WHERE d.enrollment_id = e.id AND d.status IN ('planned', 'held', 'ready')))
    LIMIT %(limit)s
    FOR UPDATE OF e SKIP LOCKED
), dropped AS (
    UPDATE campaigns_delivery d
    SET status = 'skipped', reason = gone.reason, finished_at = %(now)s,
        detail = jsonb_build_object('ended_at', gone.ended_at)
    FROM gone WHERE d.enrollment_id = gone.id AND d.status IN ('planned', 'held', 'ready')
), ended AS (
    UPDATE campaigns_enrollment e
    SET status = 'ended', end_reason = gone.reason, ended_at = %(now)s, next_step_id = NULL, next_run_at = NULL
    FROM gone WHERE e.id = gone.id AND e.status = 'active'
)
SELECT count(*) FROM gone
"""


def run(corp: Corp, budget: Budget) -> int:
    """End the passages of lost and dropped customers. Returns how many."""
    moment = Moment.of(corp)
    ended = 0
    while budget.left:
        params = {**moment.params(), "since": moment.now - LATELY, "limit": ROWS}
        [(count,)] = rows_of(LEAVE, params)
        ended += count
        if count < ROWS:
            break
    return ended
