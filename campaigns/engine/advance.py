"""Advance: due enrollments are claimed, judged and moved on, in one statement per thousand (design §5)."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.engine.budget import ROWS, Budget
from campaigns.engine.judge import BLOCKED, FOLLOW_UPS, JUDGED, USED, WITHOUT_QUOTA
from campaigns.engine.moment import Moment, lock_planning, rows_of
from campaigns.models import Action, Step, Version
from campaigns.schedule import planned_sql
from customers.segments import compile_sql
from wecom.models import Corp

Floor = tuple[datetime, int]  # next_run_at and id of an enrollment
RESET_SECONDS = 3.0  # how long the lower bound may grow before a fresh look at everything

DUE_VERSIONS = """
SELECT v.id FROM campaigns_version v JOIN campaigns_campaign c ON c.id = v.campaign_id
WHERE c.corp_id = %(corp)s AND c.status = 'running' AND EXISTS (
    SELECT FROM campaigns_enrollment e
    WHERE e.version_id = v.id AND e.status = 'active' AND e.next_run_at <= %(now)s)
ORDER BY c.priority DESC, c.id, v.id
"""

ADVANCE = f"""
WITH due AS MATERIALIZED (
    SELECT e.id, e.customer_id, e.staff_id, e.follow_id, e.clock_at, e.entered_at,
           e.next_step_id AS step_id, e.next_run_at AS planned_at
    FROM campaigns_enrollment e
    WHERE e.version_id = %(version)s AND e.status = 'active' AND e.next_run_at <= %(now)s {{floor}}
      AND EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = %(campaign)s AND c.status = 'running')
    ORDER BY e.next_run_at, e.id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), facts AS (
    SELECT due.*, due.planned_at AS base_at, due.id AS turn, s.position, s.action, s.expires_after,
           %(late_after)s AS late_after, f.status AS follow_status, f.ended_at AS follow_ended_at,
           st.active AS staff_active, {{wanted}} AS wanted, NULL::timestamptz AS deadline_so_far,
           {{used}} AS used, {{blocked}} AS blocked_until
    FROM due
    JOIN campaigns_step s ON s.id = due.step_id
    JOIN customers_follow f ON f.id = due.follow_id
    JOIN staff_staff st ON st.id = due.staff_id
    {{joins}}
), {JUDGED}, let AS (
    INSERT INTO campaigns_delivery (corp_id, campaign_id, enrollment_id, step_id, customer_id, staff_id, status,
                                    reason, detail, planned_at, held_until, expires_at, handed_at, finished_at,
                                    uses_quota)
    SELECT %(corp)s, %(campaign)s, id, step_id, customer_id, staff_id, status, reason, detail, planned_at, held_to,
           deadline, CASE WHEN status = 'handed' THEN %(now)s END, CASE WHEN status = 'skipped' THEN %(now)s END,
           action = 'message'
    FROM judged
    ON CONFLICT (enrollment_id, step_id) DO NOTHING
    RETURNING id, step_id, customer_id, staff_id, planned_at, expires_at, status
), {{follow_ups}}moved AS (
    UPDATE campaigns_enrollment e
    SET status = CASE WHEN j.follow_status <> 'live' THEN 'ended' WHEN following.id IS NULL THEN 'finished'
                      ELSE 'active' END,
        end_reason = CASE WHEN j.follow_status <> 'live' THEN j.follow_status ELSE '' END,
        ended_at = CASE WHEN j.follow_status <> 'live' OR following.id IS NULL THEN %(now)s END,
        next_step_id = CASE WHEN j.follow_status = 'live' THEN following.id END,
        next_run_at = CASE WHEN j.follow_status = 'live' THEN following.planned END
    FROM judged j LEFT JOIN LATERAL (
        SELECT n.id, p.planned
        FROM campaigns_step n, LATERAL (SELECT {planned_sql("n", "j.clock_at")} AS planned OFFSET 0) p
        WHERE n.version_id = %(version)s AND n.id <> j.step_id AND (p.planned, n.position) > (j.planned_at, j.position)
        ORDER BY p.planned, n.position LIMIT 1
    ) following ON TRUE
    WHERE e.id = j.id
)
SELECT (SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM judged GROUP BY status) counts),
       planned_at, id
FROM due ORDER BY planned_at DESC, id DESC LIMIT 1
"""


@dataclass
class Plan:
    """The statement of one version, put together once per turn."""

    version: Version
    params: dict[str, Any]
    parts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: Version, corp: Corp) -> Plan:
        steps = list(version.steps.all())
        params = {
            "version": version.pk,
            "campaign": version.campaign_id,
            "late_after": version.late_after,
            "limit": ROWS,
        }
        wanted, values = _wanted(steps, corp)
        spends = any(step.action == Action.MESSAGE for step in steps)
        used, blocked = (USED.format(customer="due.customer_id"), BLOCKED) if spends else WITHOUT_QUOTA
        joins = "LEFT JOIN campaigns_quotablock block ON block.customer_id = due.customer_id" if spends else ""
        if values is not None:
            joins += """
    JOIN customers_customer ON customers_customer.id = due.customer_id
    LEFT JOIN customers_digest ON customers_digest.customer_id = due.customer_id"""
        calls = any(step.action == Action.TASK for step in steps)
        parts = {
            "wanted": wanted,
            "used": used,
            "blocked": blocked,
            "joins": joins,
            "follow_ups": f"{FOLLOW_UPS}, " if calls else "",
        }
        return cls(version, {**params, **(values or {})}, parts)

    def sql(self, floor: Floor | None) -> str:
        after = "AND (e.next_run_at, e.id) > (%(floor_at)s, %(floor_id)s)" if floor else ""
        return ADVANCE.format(floor=after, **self.parts)


def _wanted(steps: list[Step], corp: Corp) -> tuple[str, dict[str, Any] | None]:
    """The steps' conditions as one expression; None as values where no step has one."""
    conditional = [step for step in steps if step.condition]
    if not conditional:
        return "TRUE", None
    cases: list[str] = []
    values: dict[str, Any] = {}
    for step in conditional:
        sql, params = compile_sql(step.condition, corp).named(f"c{step.pk}_")
        cases.append(f"WHEN {step.pk} THEN COALESCE({sql}, FALSE)")
        values |= params
    return f"CASE s.id {' '.join(cases)} ELSE TRUE END", values


def run(corp: Corp, budget: Budget) -> Counter[str]:
    """Advance everything of the corp that is due. Returns how many deliveries were written, by status."""
    moment = Moment.of(corp)
    due = [row[0] for row in rows_of(DUE_VERSIONS, moment.params())]
    done: Counter[str] = Counter()
    versions = Version.objects.filter(pk__in=due).prefetch_related("steps").in_bulk() if due else {}
    for pk in due:
        done += advance(Plan.of(versions[pk], corp), moment, budget)
    return done


def advance(plan: Plan, moment: Moment, budget: Budget) -> Counter[str]:
    """Advance one version until nothing of it is due.

    Rows that were just moved on leave dead entries at the front of the index; the lower bound spares the next
    statement reading them again when a long transaction elsewhere keeps vacuum away (design §5).
    """
    done: Counter[str] = Counter()
    floor: Floor | None = None
    since = time.monotonic()
    while budget.left:
        counts, last = turn(plan, moment, floor)
        done.update(counts)
        if counts.total() == ROWS and time.monotonic() - since < RESET_SECONDS:
            floor = last
        elif counts or floor:
            floor, since = None, time.monotonic()
        else:
            break
    return done


def turn(plan: Plan, moment: Moment, floor: Floor | None = None) -> tuple[Counter[str], Floor | None]:
    """One statement: up to a thousand due enrollments beyond `floor`. Returns counts by status, and the last one."""
    bound = {"floor_at": floor[0], "floor_id": floor[1]} if floor else {}
    with transaction.atomic():
        lock_planning(moment.corp.pk)
        rows = rows_of(plan.sql(floor), {**moment.params(), **plan.params, **bound})
    if not rows:
        return Counter(), None
    counts, planned_at, pk = rows[0]
    return Counter(json.loads(counts) if isinstance(counts, str) else counts), (planned_at, pk)
