"""Rescue: calls whose worker is gone. Whether WeCom has them nobody knows, so they become unsure, never ready."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from campaigns.engine import record, rhythm
from campaigns.engine.moment import rows_of
from campaigns.models import Batch, BatchStatus
from staff import locks
from wecom.models import Corp


def run(corp: Corp) -> int:
    """Mark the calls of dead workers as unsure. Returns how many.

    A worker holds the batch's lock while it calls, and the lock goes with its database session. The lease covers
    workers that live on without their session, after a restart of PostgreSQL for instance.
    """
    calling = Batch.objects.of(corp).filter(status=BatchStatus.CALLING)
    over = set(calling.filter(leased_until__lt=Now()).values_list("pk", flat=True))
    return sum(_rescue(batch, expired=batch.pk in over) for batch in calling)


def _rescue(batch: Batch, *, expired: bool) -> bool:
    if expired:
        return record.unsure(batch, "The worker did not come back.", timedelta(0))
    with locks.held_if_free("batch", batch.pk) as free:
        if not free or _database_restarted_since(batch):
            return False
        return record.unsure(batch, "The worker died during the call.", timedelta(0))


def _database_restarted_since(batch: Batch) -> bool:
    """Are the sessions, and with them the locks, younger than the claim? Then a free lock proves nothing."""
    sql = "SELECT leased_until - %(lease)s < pg_postmaster_start_time() FROM campaigns_batch WHERE id = %(batch)s"
    rows = rows_of(sql, {"lease": rhythm.lease(), "batch": batch.pk})
    return bool(rows and rows[0][0])
