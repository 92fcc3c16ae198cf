"""Reconcile: ask WeCom whether it has a call whose fate is unknown (design §5, docs/decisions/012).

A send in `get_groupmsg_list_v2` is ours when it was made by API around the call, has the content that we sent, is
known from no other batch, its task is our staff member's, and all its customers are among our recipients. One such
send: recorded. None in two look-ups far enough apart: the call may be made again. Several: a person decides.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaigns.engine import record, rhythm
from campaigns.engine.budget import Budget
from campaigns.engine.moment import database_now
from campaigns.models import Batch, BatchStatus, Delivery
from staff.errors import WrongState
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.models import Corp
from wecom.payloads import GroupMsg, MassResult

logger = logging.getLogger(__name__)

SLACK = timedelta(minutes=10)  # between WeCom's clock and ours
MONTH = timedelta(days=30)


class StillDispatching(Exception):
    """41063: WeCom has a send that may be ours and does not tell yet to whom it goes."""


@dataclass
class Lookup:
    """WeCom's sends, each asked about once, for all unsure batches of a corp."""

    corp: Corp
    client: WeComClient = field(init=False)
    sends: list[GroupMsg] = field(default_factory=list)
    told: dict[tuple[str, str], list[MassResult] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = client_for(self.corp)

    def load(self, batches: list[Batch]) -> None:
        end = database_now() + SLACK
        start = min(batch.called_at for batch in batches if batch.called_at) - SLACK
        self.sends = list(self.client.mass.list(max(start, end - MONTH), end))

    def candidates(self, batch: Batch) -> Iterator[tuple[str, set[str]]]:
        """Msgid and recipients of each send that may be this batch. Raises StillDispatching, WeComError."""
        assert batch.called_at is not None
        since = (batch.called_at - SLACK).timestamp()
        alike = [send for send in self.sends if send.create_time >= since and same_content(send, batch.request)]
        known = set(Batch.objects.of(self.corp).filter(msgid__in=[send.msgid for send in alike]).values_list("msgid"))
        recipients = recipients_of(batch)
        for send in alike:
            if (send.msgid,) in known or send.creator:
                continue
            results = self.results(send.msgid, batch.staff.userid)
            reached = {result.external_userid for result in results or ()}
            if results is not None and reached and reached <= recipients:
                yield send.msgid, reached

    def results(self, msgid: str, userid: str) -> list[MassResult] | None:
        """The customers of a send's task for this staff member; None where the task is somebody else's."""
        key = (msgid, userid)
        if key not in self.told:
            try:
                senders = {task.userid.lower() for task in self.client.mass.tasks(msgid)}
                self.told[key] = list(self.client.mass.results(msgid, userid)) if senders == {userid} else None
            except WeComError as error:
                if error.errcode == 41063:
                    raise StillDispatching
                raise
        return self.told[key]


def run(corp: Corp, budget: Budget) -> Counter[str]:
    """Look up the corp's unsure batches that are due for it. Returns counts: found, absent, undecided."""
    due = Batch.objects.of(corp).filter(status=BatchStatus.UNSURE, next_lookup_at__lte=Now(), undecided_at=None)
    batches = list(due.select_related("staff", "corp").order_by("pk")[:200])
    done: Counter[str] = Counter()
    if not batches:
        return done
    lookup = Lookup(corp)
    try:
        lookup.load(batches)
        for batch in batches:
            if budget.left:
                done[_settle(lookup, batch)] += 1
    except WeComError as error:
        logger.info("look-up put off: %s", error)
        due.update(next_lookup_at=Now() + min(rhythm.lookup_gap(corp), rhythm.COLLECT_AGAIN))
    done.pop("", None)
    return done


def _settle(lookup: Lookup, batch: Batch) -> str:
    """Draw the conclusion for one batch; names it, empty while there is none."""
    try:
        found = list(lookup.candidates(batch))
    except StillDispatching:
        _again(batch, rhythm.lookup_gap(lookup.corp))
        return ""
    if len(found) == 1:
        msgid, reached = found[0]
        record.handed(batch, msgid, recipients_of(batch) - reached)
        return "found"
    if found:
        Batch.objects.filter(pk=batch.pk, status=BatchStatus.UNSURE).update(
            undecided_at=database_now(), candidates=[msgid for msgid, _reached in found]
        )
        return "undecided"
    if batch.lookups == 0:
        _again(batch, rhythm.lookup_gap(lookup.corp), lookups=1)
        return ""
    record.absent(batch)
    return "absent"


def _again(batch: Batch, wait: timedelta, **changes: Any) -> None:
    rows = Batch.objects.filter(pk=batch.pk, status=BatchStatus.UNSURE, attempts=batch.attempts)
    rows.update(next_lookup_at=Now() + wait, **changes)


def recipients_of(batch: Batch) -> set[str]:
    """Whom the call in question named: what is unsure in the batch."""
    rows = Delivery.objects.filter(batch=batch, status="unsure")
    return set(rows.values_list("customer__external_userid", flat=True))


def same_content(send: GroupMsg, request: dict[str, Any]) -> bool:
    """WeCom tells text and attachments; media ids and picture addresses may come back changed."""
    ours = [_gist(attachment) for attachment in request.get("attachments", [])]
    return send.text.content == request.get("text", "") and [_gist(part) for part in send.attachments] == ours


def _gist(attachment: dict[str, Any]) -> tuple[str, ...]:
    kind = str(attachment.get("msgtype", ""))
    part = attachment.get(kind)
    values = part if isinstance(part, dict) else {}
    return (kind, *(str(values.get(name) or "") for name in ("title", "url", "appid", "page")))


def declare_sent(batch: Batch, msgid: str) -> None:
    """A person knows the msgid. Raises WrongState."""
    try:
        news = bool(msgid) and batch.status == BatchStatus.UNSURE and record.handed(batch, msgid)
    except IntegrityError:
        raise WrongState(_("Another send has this msgid."))
    if not news:
        raise WrongState(_("Only a send that is being checked with WeCom can be decided by hand."))
    batch.refresh_from_db()


def declare_absent(batch: Batch) -> None:
    """A person knows that WeCom does not have it. Raises WrongState."""
    if batch.status != BatchStatus.UNSURE:
        raise WrongState(_("Only a send that is being checked with WeCom can be decided by hand."))
    record.absent(batch)
    batch.refresh_from_db()
