"""Enrol: whoever matches the audience and is not in yet (docs/decisions/015).

A look at the audience goes through the customers in the order of their keys, in batches, and may stretch over several
turns; `looked_to` is how far it has come. A broadcast looks once, completely, and is closed then.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment, rows_of
from campaigns.models import Campaign, CampaignStatus, ClockStart, Enroll, Kind, Version
from campaigns.schedule import planned_sql
from customers.segments import audience, compile_sql
from wecom.models import Corp

ROWS = 5_000
NEWS_TAKE = timedelta(minutes=15)  # until what belongs to a known friendship has arrived: callbacks and their retries
EASY = 0.2  # seconds: a look that takes longer is repeated the less often, so that it takes at most 1/20 of the time

# A customer whose friendship became known since the last look entered when it began; whoever else matches now enters
# now. A friendship that still waits for its channel's tags is not known yet.
KNOWN_TO = """
SELECT COALESCE(LEAST((SELECT max(id) FROM customers_follow), (
    SELECT min(id) - 1 FROM customers_follow WHERE corp_id = %(corp)s AND owes_channel_tags)), 0)
"""
ENROL = f"""
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT ON (f.customer_id) f.customer_id, f.id AS follow_id, f.staff_id, f.since
    FROM customers_follow f
    JOIN staff_staff st ON st.id = f.staff_id AND st.active
    JOIN customers_customer ON customers_customer.id = f.customer_id
    JOIN customers_digest ON customers_digest.customer_id = f.customer_id
    WHERE f.corp_id = %(corp)s AND f.status = 'live' AND f.customer_id > %(looked_to)s {{newcomers}}
      AND NOT EXISTS (SELECT FROM campaigns_enrollment e
                      WHERE e.campaign_id = %(campaign)s AND e.customer_id = f.customer_id)
      AND ({{audience}})
    ORDER BY f.customer_id, f.since, f.id LIMIT %(limit)s
), entering AS (
    SELECT candidates.*,
           CASE WHEN since >= %(launched_at)s AND (follow_id > %(known_to)s OR since >= %(looked_at)s - %(news_take)s)
                THEN since ELSE %(now)s END AS entered_at
    FROM candidates
), clocked AS (
    SELECT entering.*, CASE %(clock)s WHEN 'added_at' THEN since ELSE entered_at END AS clock_at FROM entering
), entered AS (
    INSERT INTO campaigns_enrollment (corp_id, campaign_id, version_id, customer_id, follow_id, staff_id, occurrence,
                                      status, end_reason, entered_at, clock_at, next_step_id, next_run_at)
    SELECT %(corp)s, %(campaign)s, %(version)s, customer_id, follow_id, staff_id, 1, 'active', '', entered_at,
           clock_at, first.id, first.planned
    FROM clocked CROSS JOIN LATERAL (
        SELECT s.id, p.planned
        FROM campaigns_step s, LATERAL (SELECT {planned_sql("s", "clocked.clock_at")} AS planned OFFSET 0) p
        WHERE s.version_id = %(version)s
        ORDER BY p.planned, s.position LIMIT 1
    ) first
    WHERE EXISTS (SELECT FROM campaigns_campaign c WHERE c.id = %(campaign)s AND c.status = 'running')
    ON CONFLICT DO NOTHING
    RETURNING id, customer_id, staff_id, entered_at
), told AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT %(corp)s, customer_id, staff_id, 'enrolled', entered_at,
           jsonb_build_object('campaign', %(name)s::text, 'campaign_id', %(campaign)s), 'enrolled:' || id
    FROM entered
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM entered), count(*), max(customer_id) FROM candidates
"""


def run(corp: Corp, budget: Budget, *, patient: bool = False) -> int:
    """Enrol into the corp's running campaigns. `patient`: leave those alone whose look is costly and was recent."""
    looking = Campaign.objects.of(corp).running().filter(closed_at=None)
    if patient:
        looking = looking.filter(Q(look_again_at=None) | Q(look_again_at__lte=Now()))
    versions = (
        Version.objects.filter(campaign__in=looking, published_at__isnull=False)
        .select_related("campaign")
        .order_by("campaign_id", "-number")
        .distinct("campaign_id")
    )
    newest = sorted(versions, key=lambda version: (-version.campaign.priority, version.campaign_id))
    return sum(look(version, corp, budget) for version in newest)


def look(version: Version, corp: Corp, budget: Budget) -> int:
    """Go on looking through the audience of a campaign; a look that reaches its end is noted as complete."""
    campaign, moment = version.campaign, Moment.of(corp)
    looked_to, began, entered = campaign.looked_to, time.monotonic(), 0
    [(known_to,)] = rows_of(KNOWN_TO, {"corp": corp.pk})
    sql, params = _statement(version, corp, moment)
    while budget.left:
        with transaction.atomic():
            [(count, seen, last)] = rows_of(sql, {**params, "looked_to": looked_to})
        entered += count
        if seen < ROWS:
            _complete(campaign, moment, known_to, time.monotonic() - began)
            break
        looked_to = last
    else:
        Campaign.objects.filter(pk=campaign.pk).update(looked_to=looked_to)
    return entered


def _statement(version: Version, corp: Corp, moment: Moment) -> tuple[str, dict[str, object]]:
    campaign = version.campaign
    wanted, values = compile_sql(audience(version.audience), corp).named("a")
    newcomers = ""
    if version.enroll == Enroll.NEWCOMERS:
        newcomers = "AND f.since >= date_trunc('second', %(launched_at)s)"
    params = {
        **moment.params(),
        **values,
        "campaign": campaign.pk,
        "name": campaign.name,
        "version": version.pk,
        "clock": ClockStart(version.clock).value,
        "launched_at": campaign.launched_at,
        "looked_at": campaign.looked_at or campaign.launched_at,
        "known_to": campaign.known_to,
        "news_take": NEWS_TAKE,
        "limit": ROWS,
    }
    return ENROL.format(newcomers=newcomers, audience=wanted), params


def _complete(campaign: Campaign, moment: Moment, known_to: int, seconds: float) -> None:
    changes: dict[str, object] = {"looked_at": moment.now, "known_to": known_to, "looked_to": 0, "look_again_at": None}
    if seconds > EASY:
        changes["look_again_at"] = Now() + timedelta(seconds=20 * seconds)
    if campaign.kind == Kind.BROADCAST:
        changes["closed_at"] = moment.now
    Campaign.objects.filter(pk=campaign.pk, status=CampaignStatus.RUNNING).update(**changes)
