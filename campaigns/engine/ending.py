"""Ending: what an ended campaign leaves behind is cancelled, and what staff hold of it is marked for withdrawal.

A broadcast of which nothing is left to do ends by itself.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment, lock_planning, rows_of
from campaigns.models import (
    Batch,
    BatchStatus,
    Campaign,
    CampaignStatus,
    Delivery,
    DeliveryStatus,
    Enrollment,
    EnrollmentStatus,
    Kind,
)
from wecom.models import Corp

__all__ = ["lock_planning", "run", "wind_down"]

UNDER_WAY = [BatchStatus.READY, BatchStatus.CALLING, BatchStatus.UNSURE, BatchStatus.HANDED]
OPEN = [
    DeliveryStatus.PLANNED,
    DeliveryStatus.HELD,
    DeliveryStatus.READY,
    DeliveryStatus.HANDED,
    DeliveryStatus.UNSURE,
]
ROWS = 20_000  # of each kind in one go: about a second

# Deliveries that are unsure or with WeCom are not touched here: their batch is withdrawn, and they follow it.
WIND_DOWN = """
WITH leaving AS MATERIALIZED (
    SELECT id FROM campaigns_enrollment WHERE campaign_id = %(campaign)s AND status = 'active'
    LIMIT %(limit)s FOR UPDATE
), left_off AS (
    UPDATE campaigns_enrollment e
    SET status = 'ended', end_reason = 'campaign_ended', ended_at = %(now)s, next_step_id = NULL, next_run_at = NULL
    FROM leaving WHERE e.id = leaving.id
), stopping AS MATERIALIZED (
    SELECT d.id FROM campaigns_delivery d JOIN campaigns_step s ON s.id = d.step_id
    WHERE d.campaign_id = %(campaign)s
      AND (d.status IN ('planned', 'held', 'ready') OR (d.status = 'handed' AND s.action = 'task'))
    LIMIT %(limit)s FOR UPDATE OF d
), stopped AS (
    UPDATE campaigns_delivery d SET status = 'cancelled', reason = 'campaign_ended', finished_at = %(now)s
    FROM stopping WHERE d.id = stopping.id
), tasks AS (
    UPDATE campaigns_task t SET status = 'cancelled', finished_at = %(now)s
    FROM stopping WHERE t.delivery_id = stopping.id AND t.status = 'open'
), batches AS (
    UPDATE campaigns_batch b
    SET withdraw_at = COALESCE(b.withdraw_at, %(now)s),
        status = CASE b.status WHEN 'ready' THEN 'cancelled' ELSE b.status END
    FROM campaigns_step s JOIN campaigns_version v ON v.id = s.version_id
    WHERE b.step_id = s.id AND v.campaign_id = %(campaign)s AND b.status IN ('ready', 'calling', 'unsure', 'handed')
      AND (b.withdraw_at IS NULL OR b.status = 'ready')
    RETURNING b.id
)
SELECT (SELECT count(*) FROM leaving) + (SELECT count(*) FROM stopping) + (SELECT count(*) FROM batches)
"""


def wind_down(campaign_id: int, now: datetime) -> int:
    """One bounded go at a campaign that has ended. Returns how many rows were still in the way."""
    [(count,)] = rows_of(WIND_DOWN, {"campaign": campaign_id, "now": now, "limit": ROWS})
    return int(count)


def run(corp: Corp, budget: Budget) -> int:
    """Finish what `Campaign.end` began, for campaigns too large for one request, and end what is done."""
    inside = Enrollment.objects.filter(campaign=OuterRef("pk"), status=EnrollmentStatus.ACTIVE)
    waiting = Delivery.objects.filter(campaign=OuterRef("pk"), status__in=[DeliveryStatus.HELD, DeliveryStatus.READY])
    ended = Campaign.objects.of(corp).filter(Exists(inside) | Exists(waiting), status=CampaignStatus.ENDED)
    moment = Moment.of(corp)
    done = complete(corp, moment.now)
    for pk in ended.values_list("pk", flat=True):
        while budget.left and (count := wind_down(pk, moment.now)):
            done += count
    return done


def complete(corp: Corp, now: datetime) -> int:
    """End the broadcasts that nobody enters any more and of which every delivery has found its end."""
    closed = Campaign.objects.of(corp).running().filter(kind=Kind.BROADCAST, closed_at__isnull=False)
    inside = Enrollment.objects.filter(campaign=OuterRef("pk"), status=EnrollmentStatus.ACTIVE)
    sends = Batch.objects.filter(step__version__campaign=OuterRef("pk"), status__in=UNDER_WAY)
    over = closed.filter(~Exists(inside), ~Exists(sends))  # cheap: of the many deliveries only theirs are looked at
    open_still = Delivery.objects.filter(campaign=OuterRef("pk"), status__in=OPEN)
    done = Campaign.objects.filter(pk__in=list(over.values_list("pk", flat=True))).running()
    return done.filter(~Exists(open_still)).update(status=CampaignStatus.ENDED, ended_at=now)
