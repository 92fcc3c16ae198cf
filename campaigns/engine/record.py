"""What became of a call: each outcome is one transaction over the batch, its deliveries, its task and the timelines.

A late answer must not overwrite what happened meanwhile, so each outcome names the attempt that it is about. Setting
off a new attempt changes the number, and the old answer finds nothing to record.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from campaigns.engine.moment import database_now, rows_of
from campaigns.engine.rhythm import collect_after
from campaigns.models import Batch, BatchStatus, Delivery, DeliveryStatus
from staff.models import Staff
from wecom.errors import WeComError

__all__ = ["absent", "cancelled", "failed", "handed", "postponed", "staff_left", "unreachable", "unsure"]

IN_FLIGHT = [BatchStatus.CALLING, BatchStatus.UNSURE]

# `refused`: external_userids of fail_list, or those that a send which was looked up does not hold.
HANDED = """
WITH told AS (
    UPDATE campaigns_batch b
    SET status = 'handed', msgid = %(msgid)s, handed_at = %(now)s, expires_at = %(now)s + s.expires_after,
        next_collect_at = %(now)s + %(collect_after)s, fail_list_size = %(refused_size)s, leased_until = NULL,
        next_lookup_at = NULL, undecided_at = NULL, candidates = ARRAY[]::varchar[], error = '', error_code = NULL
    FROM campaigns_step s
    WHERE b.id = %(batch)s AND s.id = b.step_id AND b.attempts = %(attempts)s AND b.msgid = ''
      AND b.status IN ('calling', 'unsure', 'ready')
    RETURNING b.id, b.corp_id, b.staff_id, b.expires_at, s.id AS step_id, s.title, s.version_id
), answered AS (
    UPDATE campaigns_delivery d
    SET status = CASE WHEN refused THEN 'unreachable' ELSE 'handed' END,
        reason = CASE WHEN refused THEN 'fail_list' ELSE '' END,
        handed_at = CASE WHEN NOT refused THEN %(now)s END,
        finished_at = CASE WHEN refused THEN %(now)s END,
        expires_at = told.expires_at
    FROM told, customers_customer c, LATERAL (SELECT c.external_userid = ANY(%(refused)s::text[]) AS refused) r
    WHERE d.batch_id = told.id AND c.id = d.customer_id AND d.status IN ('unsure', 'ready')
    RETURNING d.id, d.customer_id, d.staff_id, d.status, d.campaign_id
), work AS (
    INSERT INTO campaigns_task (corp_id, staff_id, kind, batch_id, title, script, status, reason, due_at, expires_at,
                                created_at)
    SELECT told.corp_id, told.staff_id, 'confirm', told.id, COALESCE(NULLIF(told.title, ''), c.name), '', 'open', '',
           %(now)s, told.expires_at, %(now)s
    FROM told JOIN campaigns_version v ON v.id = told.version_id JOIN campaigns_campaign c ON c.id = v.campaign_id
    ON CONFLICT (batch_id) DO NOTHING
), lines AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT told.corp_id, a.customer_id, a.staff_id, 'message_handed', %(now)s,
           jsonb_build_object('campaign', c.name, 'campaign_id', c.id, 'delivery', a.id), 'handed:' || a.id
    FROM answered a JOIN campaigns_campaign c ON c.id = a.campaign_id, told
    WHERE a.status = 'handed'
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM told
"""


def handed(batch: Batch, msgid: str, refused: Collection[str] = ()) -> bool:
    """WeCom has the send. Returns whether this was news."""
    now = database_now()
    params = {
        "batch": batch.pk,
        "attempts": batch.attempts,
        "msgid": msgid,
        "refused": list(refused),
        "refused_size": len(refused),
        "now": now,
        "collect_after": collect_after(timedelta(0)),
    }
    with transaction.atomic():
        [(news,)] = rows_of(HANDED, params)
    return bool(news)


def unsure(batch: Batch, error: object, wait: timedelta) -> bool:
    """Nobody knows whether WeCom has the call: look it up from `wait` on (real time), repeat nothing."""
    rows = Batch.objects.filter(pk=batch.pk, attempts=batch.attempts, status=BatchStatus.CALLING)
    return bool(
        rows.update(
            status=BatchStatus.UNSURE,
            leased_until=None,
            lookups=0,
            next_lookup_at=Now() + wait,
            error=str(error)[:500],
            error_code=error.errcode if isinstance(error, WeComError) else None,
        )
    )


def postponed(batch: Batch, error: object, until: datetime) -> None:
    """WeCom, or our own limit, said "not now": nothing was applied, the same call may be made from `until` on."""
    _back(batch, BatchStatus.READY, DeliveryStatus.READY, error, next_try_at=until)


def absent(batch: Batch) -> None:
    """WeCom certainly does not have the call: it may be made anew, unless it is no longer wanted."""
    if batch.withdraw_at is not None:
        cancelled(batch)
    else:
        error = "WeCom did not have it in two look-ups."
        _back(batch, BatchStatus.READY, DeliveryStatus.READY, error, next_try_at=database_now())


def cancelled(batch: Batch, reason: str = "withdrawn") -> None:
    """Nothing of the batch leaves any more."""
    _over(batch, BatchStatus.CANCELLED, DeliveryStatus.CANCELLED, reason, "")


def unreachable(batch: Batch, error: WeComError) -> None:
    """41048: of all these customers nobody can be reached through this staff member."""
    _over(batch, BatchStatus.FAILED, DeliveryStatus.UNREACHABLE, "nobody_reachable", error)


def staff_left(batch: Batch, error: WeComError) -> None:
    """60111: the sender is gone from the corp or the app's range. The next sync says the same, or brings them back."""
    with transaction.atomic():
        _over(batch, BatchStatus.FAILED, DeliveryStatus.SKIPPED, "staff_left", error)
        Staff.objects.filter(pk=batch.staff_id).update(active=False)


def failed(batch: Batch, error: object, reason: str = "refused") -> None:
    """WeCom will never take this call."""
    _over(batch, BatchStatus.FAILED, DeliveryStatus.FAILED, reason, error)


def _back(
    batch: Batch, status: BatchStatus, delivery_status: DeliveryStatus, error: object, *, next_try_at: datetime
) -> None:
    with transaction.atomic():
        if not _update(batch, status, error, next_try_at=next_try_at, next_lookup_at=None, undecided_at=None):
            return
        Delivery.objects.filter(batch=batch, status=DeliveryStatus.UNSURE).update(status=delivery_status)


def _over(batch: Batch, status: BatchStatus, delivery_status: DeliveryStatus, reason: str, error: object) -> None:
    now = database_now()
    waiting = [DeliveryStatus.UNSURE, DeliveryStatus.READY]
    detail = {"error": str(error)[:300]} if error else {}
    if isinstance(error, WeComError) and error.errcode is not None:
        detail["code"] = str(error.errcode)
    with transaction.atomic():
        if not _update(batch, status, error, next_lookup_at=None, undecided_at=None):
            return
        Delivery.objects.filter(batch=batch, status__in=waiting).update(
            status=delivery_status, reason=reason, detail=detail, finished_at=now
        )


def _update(batch: Batch, status: BatchStatus, error: object, **changes: Any) -> bool:
    """Move a batch that is ready or in flight, if it is still on the attempt that we know of."""
    rows = Batch.objects.filter(pk=batch.pk, attempts=batch.attempts, status__in=[*IN_FLIGHT, BatchStatus.READY])
    code = error.errcode if isinstance(error, WeComError) else None
    changes |= {"status": status, "leased_until": None, "error": str(error)[:500], "error_code": code}
    return bool(rows.update(**changes))
