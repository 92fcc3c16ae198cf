"""Work for people: expire what nobody did in time, and tell staff of what is new, all in one message."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.engine import rhythm
from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment, rows_of
from campaigns.models import Task, TaskStatus
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

logger = logging.getLogger(__name__)

EXPIRE = """
WITH late AS MATERIALIZED (
    SELECT id, delivery_id FROM campaigns_task
    WHERE corp_id = %(corp)s AND status = 'open' AND kind = 'follow_up' AND expires_at <= %(now)s
    ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED
), tasks AS (
    UPDATE campaigns_task t SET status = 'expired', finished_at = %(now)s FROM late WHERE t.id = late.id
), deliveries AS (
    UPDATE campaigns_delivery d SET status = 'expired', reason = 'not_done', finished_at = %(now)s
    FROM late WHERE d.id = late.delivery_id AND d.status = 'handed'
)
SELECT count(*) FROM late
"""

NEW = """
SELECT s.id, s.userid, count(*) FILTER (WHERE t.kind = 'confirm'), count(*) FILTER (WHERE t.kind = 'follow_up')
FROM campaigns_task t JOIN staff_staff s ON s.id = t.staff_id AND s.active
WHERE t.corp_id = %(corp)s AND t.status = 'open' AND t.notified_at IS NULL
  AND NOT EXISTS (SELECT FROM campaigns_task n WHERE n.staff_id = t.staff_id AND n.notified_at > %(told_since)s)
GROUP BY s.id, s.userid ORDER BY s.id LIMIT 500
"""


@dataclass(frozen=True)
class Digest:
    """What one staff member is told: how many sends to confirm, how many follow-ups to do."""

    staff_id: int
    userid: str
    sends: int
    follow_ups: int

    def description(self) -> str:
        parts = []
        if self.sends:
            parts.append(ngettext("%(n)d send to confirm", "%(n)d sends to confirm", self.sends) % {"n": self.sends})
        if self.follow_ups:
            words = ngettext("%(n)d follow-up", "%(n)d follow-ups", self.follow_ups)
            parts.append(words % {"n": self.follow_ups})
        return "\n".join(parts)


def expire(corp: Corp) -> int:
    """Close follow-ups whose time is up. Returns how many."""
    [(count,)] = rows_of(EXPIRE, Moment.of(corp).params())
    return int(count)


def tell(corp: Corp, budget: Budget) -> int:
    """One message per staff member with new tasks, at most one in half an hour, never in quiet hours."""
    moment = Moment.of(corp)
    url = tasks_url()
    if moment.quiet_until:
        return 0
    params = {**moment.params(), "told_since": moment.now - rhythm.DIGEST_EVERY}
    told = 0
    for row in rows_of(NEW, params):
        if not budget.left:
            break
        try:
            told += _tell(corp, Digest(*row), moment, url)
        except WeComError as error:
            logger.info("no digest: %s", error)
            if error.kind in (ErrorKind.LIMIT, ErrorKind.CONFIG):
                break
    return told


def _tell(corp: Corp, digest: Digest, moment: Moment, url: str) -> int:
    tasks = _claim(digest, moment)
    if not tasks:
        return 0
    try:
        with translation.override(settings.STAFF_LANGUAGE):
            app = client_for(corp).app
            if url:
                app.send_textcard([digest.userid], _("New tasks"), digest.description(), url)
            else:
                app.send_text([digest.userid], f"{_('New tasks')}\n{digest.description()}")
    except WeComError as error:
        if not error.fate_unknown and error.kind in (ErrorKind.RETRY, ErrorKind.LIMIT, ErrorKind.CONFIG):
            Task.objects.filter(pk__in=tasks).update(notified_at=None)
        raise
    return 1


def _claim(digest: Digest, moment: Moment) -> list[int]:
    """Note that the staff member is being told, before the call: a worker that dies then costs one message."""
    with transaction.atomic():
        new = Task.objects.select_for_update(skip_locked=True).filter(
            staff=digest.staff_id, status=TaskStatus.OPEN, notified_at=None
        )
        tasks: list[Any] = list(new.values_list("pk", flat=True))
        Task.objects.filter(pk__in=tasks).update(notified_at=moment.now)
    return tasks


def tasks_url() -> str:
    """The staff's task page, as their phones reach it; empty where the installation has no address yet."""
    try:
        return f"{settings.SITE_URL}{reverse('tasks')}" if settings.SITE_URL else ""
    except NoReverseMatch:
        return ""
