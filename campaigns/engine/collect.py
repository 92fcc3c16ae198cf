"""Collect: nobody calls us when staff confirm or customers receive, so WeCom is asked, ever less often (doc 93338).

At the deadline, and when a send is withdrawn, WeCom is told first to stop what was not confirmed; then one last look
settles everything, and what nobody confirmed has expired or is cancelled.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from campaigns.engine import record, rhythm
from campaigns.engine.budget import Budget
from campaigns.engine.moment import database_now, rows_of
from campaigns.models import Batch, BatchStatus, Delivery, DeliveryStatus, Task, TaskStatus
from campaigns.quiet import awake
from campaigns.quota import next_window, window_at
from customers import endings
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.payloads import MassResult, MassTask, moment

logger = logging.getLogger(__name__)

CONFIRMED = 2  # of a task
NOT_A_FRIEND = 2  # of a customer
STOPPED = {41093, 41047, 41046}  # cancelled already, or WeCom does not know it (any more): there is nothing to stop

APPLY = """
WITH told AS (
    SELECT c.id AS customer_id, t.status, t.at
    FROM unnest(%(ids)s::text[], %(statuses)s::int[], %(times)s::timestamptz[]) AS t(external_userid, status, at)
    JOIN customers_customer c ON c.corp_id = %(corp)s AND c.external_userid = t.external_userid
), settled AS (
    UPDATE campaigns_delivery d
    SET status = CASE told.status WHEN 1 THEN 'sent' WHEN 2 THEN 'unreachable' ELSE 'capped' END,
        reason = CASE told.status WHEN 1 THEN '' WHEN 2 THEN 'not_a_friend' ELSE 'capped' END,
        detail = CASE told.status WHEN 3 THEN jsonb_build_object('window', %(window)s::text)
                                  ELSE jsonb_build_object() END,
        finished_at = COALESCE(told.at, %(confirmed_at)s)
    FROM told
    WHERE d.batch_id = %(batch)s AND d.customer_id = told.customer_id AND d.status = 'handed'
    RETURNING d.id, d.customer_id, d.staff_id, d.status, d.finished_at, d.campaign_id
), full_now AS (
    INSERT INTO campaigns_quotablock AS b (customer_id, corp_id, until)
    SELECT customer_id, %(corp)s, %(window_end)s FROM settled WHERE status = 'capped' ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE SET until = GREATEST(b.until, excluded.until)
), lines AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT %(corp)s, x.customer_id, x.staff_id, 'message_' || x.status, x.finished_at,
           jsonb_build_object('campaign', c.name, 'campaign_id', c.id, 'delivery', x.id), 'outcome:' || x.id
    FROM settled x JOIN campaigns_campaign c ON c.id = x.campaign_id
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM settled
"""


@dataclass
class Collector:
    """Looks at the corp's sends that are due for it."""

    corp: Corp
    client: WeComClient = field(init=False)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.client = client_for(self.corp)

    def run(self, budget: Budget) -> Counter[str]:
        while budget.left and (batch := self.claim()):
            try:
                self.look(batch)
            except WeComError as error:
                if error.kind in (ErrorKind.LIMIT, ErrorKind.CONFIG):
                    logger.info("collecting put off: %s", error)
                    break
                logger.warning("batch %s: %s", batch.pk, error)
        return self.done

    def claim(self) -> Batch | None:
        """The send that waited longest, with its next look set: a worker that dies now only delays it."""
        now = database_now()
        with transaction.atomic():
            due = Batch.objects.select_for_update(skip_locked=True, of=("self",)).of(self.corp)
            wanted = Q(next_collect_at__lte=now) | Q(expires_at__lte=now, cancel_asked_at=None)
            wanted |= Q(withdraw_at__isnull=False, cancel_asked_at=None)
            retried = Q(next_try_at=None) | Q(next_try_at__lte=now)
            batch = (
                due.filter(wanted, retried, status=BatchStatus.HANDED)
                .select_related("staff", "corp")
                .order_by("next_collect_at", "pk")
                .first()
            )
            if batch:
                again = now + rhythm.COLLECT_AGAIN
                Batch.objects.filter(pk=batch.pk).update(next_collect_at=again, next_try_at=again)
        return batch

    def look(self, batch: Batch) -> None:
        now = database_now()
        last = batch.withdraw_at is not None or (batch.expires_at is not None and batch.expires_at <= now)
        if last and batch.cancel_asked_at is None:
            self.stop(batch, now)
        task = self.task_of(batch)
        if (task and task.status == CONFIRMED) or last:
            self.done["collected"] += self.settle(batch, task, now)
        if last:
            self.done["closed"] += close(batch, now, withdrawn=batch.withdraw_at is not None)
        else:
            self.done["closed"] += close_if_settled(batch, now)
        self.next_look(batch, now)

    def stop(self, batch: Batch, now: datetime) -> None:
        """Nobody can confirm it after this. Raises WeComError when WeCom did not take it: tried again later."""
        try:
            self.client.mass.cancel(batch.msgid)
        except WeComError as error:
            if error.errcode not in STOPPED:
                raise
        batch.cancel_asked_at = now
        Batch.objects.filter(pk=batch.pk).update(cancel_asked_at=now)

    def task_of(self, batch: Batch) -> MassTask | None:
        tasks = [task for task in self.client.mass.tasks(batch.msgid) if task.userid.lower() == batch.staff.userid]
        return tasks[0] if tasks else None

    def settle(self, batch: Batch, task: MassTask | None, now: datetime) -> int:
        """Record what WeCom says of each customer. Returns how many deliveries found their end."""
        confirmed_at = (moment(task.send_time) if task else None) or now
        if task and task.status == CONFIRMED and batch.confirmed_at is None:
            batch.confirmed_at = confirmed_at
            Batch.objects.filter(pk=batch.pk).update(confirmed_at=confirmed_at)
        results = [row for row in self.client.mass.results(batch.msgid, batch.staff.userid) if row.status in (1, 2, 3)]
        return apply(batch, results, confirmed_at) if results else 0

    def next_look(self, batch: Batch, now: datetime) -> None:
        since = now - (batch.handed_at or now)
        at = now + (rhythm.collect_after(since) if batch.confirmed_at is None else rhythm.COLLECT_AGAIN)
        at = min(at, opening(batch.corp, now))  # what was confirmed by then holds no place in the new window
        if batch.expires_at and at > batch.expires_at > now:
            at = batch.expires_at
        rows = Batch.objects.filter(pk=batch.pk, status=BatchStatus.HANDED)
        rows.update(next_collect_at=at, next_try_at=None, collections=batch.collections + 1)


def opening(corp: Corp, now: datetime) -> datetime:
    """When messages may go out again that have to wait now: the end of quiet hours, or else the next quota window."""
    morning = awake(corp, now)
    return morning if morning > now else next_window(corp, now)


def apply(batch: Batch, results: list[MassResult], confirmed_at: datetime) -> int:
    """Give each delivery of the batch the end that WeCom reports; a capped customer is blocked for the window."""
    lose(batch, results, confirmed_at)
    window = window_at(batch.corp, confirmed_at)
    params: dict[str, Any] = {
        "corp": batch.corp_id,
        "batch": batch.pk,
        "ids": [row.external_userid for row in results],
        "statuses": [row.status for row in results],
        "times": [moment(row.send_time) for row in results],
        "confirmed_at": confirmed_at,
        "window": window.label,
        "window_end": window.end,
    }
    with transaction.atomic():
        [(count,)] = rows_of(APPLY, params)
    return int(count)


def lose(batch: Batch, results: list[MassResult], at: datetime) -> int:
    """End the friendships that were over when staff confirmed. Of some we hear nothing else: WeCom goes on listing a
    customer who deleted the staff, and the callback may be lost (contract §3.6, §18). Returns how many were news.
    """
    gone = [row.external_userid for row in results if row.status == NOT_A_FRIEND]
    if not gone:
        return 0
    told = Delivery.objects.filter(batch=batch, status=DeliveryStatus.HANDED, customer__external_userid__in=gone)
    return endings.lost(list(told.values_list("enrollment__follow", flat=True)), at)


def close_if_settled(batch: Batch, now: datetime) -> int:
    """Close a send of which nothing is open any more. Returns 1 if it was closed."""
    if Delivery.objects.filter(batch=batch, status=DeliveryStatus.HANDED).exists():
        return 0
    return close(batch, now, withdrawn=False)


def close(batch: Batch, now: datetime, *, withdrawn: bool) -> int:
    """The end of a send: what nobody confirmed has expired, or is cancelled where it was withdrawn."""
    left = DeliveryStatus.CANCELLED if withdrawn else DeliveryStatus.EXPIRED
    with transaction.atomic():
        rows = Batch.objects.filter(pk=batch.pk, status=BatchStatus.HANDED)
        if not rows.update(status=BatchStatus.CLOSED, next_collect_at=None, next_try_at=None):
            return 0
        Delivery.objects.filter(batch=batch, status=DeliveryStatus.HANDED).update(
            status=left, reason="withdrawn" if withdrawn else "not_confirmed", finished_at=now
        )
        done = batch.confirmed_at is not None
        ended = TaskStatus.CANCELLED if withdrawn else TaskStatus.EXPIRED
        Task.objects.filter(batch=batch, status=TaskStatus.OPEN).update(
            status=TaskStatus.DONE if done else ended, finished_at=batch.confirmed_at or now
        )
    return 1


def drop_withdrawn(corp: Corp) -> int:
    """Batches that were withdrawn before WeCom had them need no call."""
    waiting = Batch.objects.of(corp).filter(status=BatchStatus.READY, withdraw_at__isnull=False)
    dropped = list(waiting)
    for batch in dropped:
        record.cancelled(batch)
    return len(dropped)


def run(corp: Corp, budget: Budget) -> Counter[str]:
    """Collect what is due. Returns counts: collected deliveries, closed and withdrawn sends."""
    done = Counter(withdrawn=drop_withdrawn(corp))
    return done + Collector(corp).run(budget)
