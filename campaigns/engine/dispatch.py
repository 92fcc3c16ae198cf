"""Dispatch: claim → commit → one call → record. WeCom has no idempotency key, so the claim says what is being sent
before it is sent, and an answer that never came is looked up, not repeated (docs/decisions/012).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from campaigns.engine import batch as batching
from campaigns.engine import record, rhythm
from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment
from campaigns.models import Batch, BatchStatus, Campaign, CampaignStatus, Delivery, DeliveryStatus
from content import attachments
from content.attachments import Content, ContentError
from staff import locks
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

logger = logging.getLogger(__name__)

NOBODY_LEFT = 41048
SENDER_GONE = 60111
REJECTIONS = {NOBODY_LEFT: record.unreachable, SENDER_GONE: record.staff_left}
RESTING = {ErrorKind.LIMIT, ErrorKind.CONFIG}  # concerns every call of the corp, not this batch
DATABASE_LOST = (DatabaseError, InterfaceError)
LATER = {ErrorKind.RETRY, ErrorKind.LIMIT, ErrorKind.CONFIG, ErrorKind.TOKEN, ErrorKind.UNKNOWN}


@dataclass(frozen=True)
class Message:
    """The content of one call in WeCom's form."""

    content: Content
    text: str
    attachments: list[dict[str, Any]]


@dataclass
class Dispatcher:
    """Works off the ready batches of one corp."""

    corp: Corp
    client: WeComClient = field(init=False)
    done: Counter[str] = field(default_factory=Counter)
    tried: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = client_for(self.corp)

    def run(self, budget: Budget) -> Counter[str]:
        while budget.left:
            moment = Moment.of(self.corp)
            batch = None if moment.quiet_until else self.next_batch(moment)
            if batch is None or not self.dispatch(batch, moment):
                break
        return self.done

    def next_batch(self, moment: Moment) -> Batch | None:
        """The ready batch of a running campaign that goes first, each at most once in a run."""
        return (
            Batch.objects.of(self.corp)
            .filter(status=BatchStatus.READY, withdraw_at=None)
            .filter(Q(next_try_at=None) | Q(next_try_at__lte=moment.now))
            .filter(step__version__campaign__status=CampaignStatus.RUNNING)
            .exclude(pk__in=self.tried)
            .select_related("step__version__campaign", "staff")
            .order_by("-step__version__campaign__priority", "pk")
            .first()
        )

    def dispatch(self, batch: Batch, moment: Moment) -> bool:
        """Send one batch. Returns False when the corp's other batches need not be tried now."""
        self.tried.append(batch.pk)
        try:
            message = self.message_of(batch)
        except ContentError as error:
            record.failed(batch, error, "content")
            return True
        except WeComError as error:
            return self.refused(batch, error, moment)
        with locks.held_if_free("batch", batch.pk) as free:  # free again when this process dies: see rescue
            recipients = self.claim(batch, message, moment) if free else []
            if not recipients:
                return True
            try:
                return self.call(batch, message, recipients, moment)
            except DATABASE_LOST:
                if not connection.in_atomic_block:
                    give_up(batch, rhythm.lookup_gap(self.corp))
                raise

    def message_of(self, batch: Batch) -> Message:
        """May upload media; therefore before the claim."""
        content = attachments.parse(batch.step.content, self.corp)
        text, parts = content.to_wecom(self.client)
        return Message(content, text, parts)

    def claim(self, batch: Batch, message: Message, moment: Moment) -> list[str]:
        """Commit what is about to be sent, and return its recipients; none if somebody else was faster.

        The shared lock on the campaign makes pausing wait for claims under way: once a pause is acknowledged, no
        claim follows.
        """
        try:
            with transaction.atomic():
                return self._claim(batch, message, moment)
        except IntegrityError:
            wait = moment.now + timedelta(minutes=1)
            Batch.objects.filter(pk=batch.pk, status=BatchStatus.READY).update(
                next_try_at=wait, error="The same message to the same customers is being looked up first."
            )
            return []

    def _claim(self, batch: Batch, message: Message, moment: Moment) -> list[str]:
        campaign_id = batch.step.version.campaign_id
        running = Campaign.objects.raw(
            "SELECT id FROM campaigns_campaign WHERE id = %s AND status = 'running' FOR SHARE", [campaign_id]
        )
        free = Batch.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk=batch.pk, status=BatchStatus.READY, attempts=batch.attempts, withdraw_at=None
        )
        if not list(running) or not free.exists():
            return []
        batching.recheck(batch.pk, moment.params())
        ready = Delivery.objects.filter(batch=batch, status=DeliveryStatus.READY)
        recipients = list(ready.order_by("pk").values_list("customer__external_userid", flat=True))
        if not recipients:
            free.update(status=BatchStatus.CANCELLED)
            return []
        ready.update(status=DeliveryStatus.UNSURE)
        batch.attempts += 1
        batch.called_at = moment.now
        Batch.objects.filter(pk=batch.pk).update(
            status=BatchStatus.CALLING,
            attempts=batch.attempts,
            called_at=batch.called_at,
            leased_until=Now() + rhythm.lease(),
            fingerprint=fingerprint(batch.staff.userid, message, recipients),
            request={"sender": batch.staff.userid, "text": message.text, "attachments": message.attachments},
            size=len(recipients),
            lookups=0,
        )
        return recipients

    def call(self, batch: Batch, message: Message, recipients: list[str], moment: Moment) -> bool:
        try:
            answer = self.client.mass.create(
                sender=batch.staff.userid,
                external_userids=recipients,
                text=message.text,
                attachments=message.attachments,
            )
        except WeComError as error:
            if error.fate_unknown:
                record.unsure(batch, error, rhythm.lookup_gap(self.corp))
                self.done["unsure"] += 1
                return True
            if error.kind is ErrorKind.MEDIA:
                return self.media_expired(batch, message, error, moment)
            return self.refused(batch, error, moment)
        record.handed(batch, answer.msgid, answer.fail_list)
        self.done["handed"] += 1
        return True

    def refused(self, batch: Batch, error: WeComError, moment: Moment) -> bool:
        """An explicit no, or a call that never left: nothing was applied."""
        logger.info("batch %s: %s", batch.pk, error)
        if error.kind not in LATER:
            reject = REJECTIONS.get(error.errcode or 0, record.failed)
            reject(batch, error)
            self.done["refused"] += 1
            return True
        until = error.retry_at or moment.now + rhythm.backoff(error.kind, batch.attempts)
        record.postponed(batch, error, until)
        if error.kind in RESTING:
            self.rest(until)
            return False
        return True

    def media_expired(self, batch: Batch, message: Message, error: WeComError, moment: Moment) -> bool:
        """40007, 40145: upload the originals again, once."""
        if batch.error_code == error.errcode:
            record.failed(batch, error, "media")
            return True
        message.content.forget_media()
        record.postponed(batch, error, moment.now)
        return True

    def rest(self, until: datetime) -> None:
        """The endpoint or the whole corp rests: nobody needs to try before."""
        waiting = Batch.objects.of(self.corp).filter(status=BatchStatus.READY)
        waiting.filter(Q(next_try_at=None) | Q(next_try_at__lt=until)).update(next_try_at=until)


@retry(retry=retry_if_exception_type(DATABASE_LOST), stop=stop_after_delay(10), wait=wait_fixed(0.5), reraise=True)
def give_up(batch: Batch, wait: timedelta) -> None:
    """The database went away around the call. Once it is back, have the call looked up, not wait for its lease."""
    connection.close()
    record.unsure(batch, "The database went away during the call.", wait)


def fingerprint(sender: str, message: Message, recipients: list[str]) -> str:
    """What makes two calls the same call: sender, content, recipients. Media ids change, so originals count."""
    parts = [sender, message.text, [str(item) for item in message.content.items], sorted(recipients)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def run(corp: Corp, budget: Budget) -> Counter[str]:
    """Send the corp's ready batches. Returns counts of handed, unsure and refused ones."""
    return Dispatcher(corp).run(budget)
