"""Remind: staff who have not confirmed are reminded by WeCom after four hours, then daily, never in quiet hours."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.engine import rhythm
from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment, database_now
from campaigns.models import Batch, BatchStatus
from staff.errors import WrongState
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

logger = logging.getLogger(__name__)

LIMIT_REACHED = 41094


def run(corp: Corp, budget: Budget) -> int:
    """Send the reminders that are due. Returns how many WeCom took."""
    moment = Moment.of(corp)
    if moment.quiet_until:
        return 0
    now, sent = moment.now, 0
    first = Q(reminded_at=None, handed_at__lte=now - rhythm.FIRST_REMINDER)
    again = Q(reminded_at__lte=now - rhythm.NEXT_REMINDER)
    due = Batch.objects.of(corp).filter(first | again, status=BatchStatus.HANDED, confirmed_at=None, withdraw_at=None)
    for batch in due.filter(expires_at__gt=now).select_related("corp").order_by("handed_at")[:200]:
        if not budget.left or not claim(batch, now):
            continue
        try:
            client_for(corp).mass.remind(batch.msgid)
            sent += 1
        except WeComError as error:
            logger.info("no reminder for batch %s: %s", batch.pk, error)
            if error.kind in (ErrorKind.LIMIT, ErrorKind.CONFIG):
                break
    return sent


def by_hand(batch: Batch) -> None:
    """Remind now. Raises WrongState with the reason why not."""
    if batch.status != BatchStatus.HANDED or batch.confirmed_at or batch.withdraw_at:
        raise WrongState(_("There is nobody to remind: staff have confirmed, or WeCom does not have the send."))
    if not claim(batch, database_now()):
        raise WrongState(_("WeCom allows three reminders in 24 hours."))
    try:
        client_for(batch.corp).mass.remind(batch.msgid)
    except WeComError as error:
        if error.errcode == LIMIT_REACHED:
            raise WrongState(_("WeCom allows three reminders in 24 hours."))
        raise WrongState(_("WeCom did not take the reminder: %(error)s") % {"error": error.errmsg})


def claim(batch: Batch, now: datetime) -> bool:
    """Note the reminder before it is sent, so that two workers never send it both. False when the day is used up."""
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        recent = [time for time in row.reminder_times if time > now - rhythm.DAY]
        if row.reminded_at != batch.reminded_at or len(recent) >= rhythm.REMINDERS_A_DAY:
            return False
        batch.reminder_times = [*row.reminder_times, now]
        batch.reminded_at = now
        Batch.objects.filter(pk=batch.pk).update(reminder_times=batch.reminder_times, reminded_at=now)
    return True
