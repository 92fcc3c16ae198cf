"""What an admin should look at now: whatever stands still and does not heal by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Batch, BatchStatus
from scrm.sync_words import KINDS
from wecom import clock
from wecom.errors import ALARMING_CODES
from wecom.models import Corp, EndpointWindow, ErrorReply, InboxEvent, SyncRun

RECENTLY = timedelta(hours=1)
SYNC_STATES = (SyncRun.Status.FAILED, SyncRun.Status.STOPPED)


@dataclass(frozen=True)
class Trouble:
    """`tone`: bad wants somebody, wait passes by itself."""

    text: str
    href: str
    tone: str = "bad"


def troubles(corp: Corp) -> list[Trouble]:
    calls = (*suspended(corp), *forbidden(corp))
    return [*unfinished(corp), *calls, *parked(corp), *undecided(corp), *failed_syncs(corp), *resting(corp)]


def unfinished(corp: Corp) -> Iterator[Trouble]:
    if not SyncRun.objects.of(corp).exists():
        yield Trouble(_("The set-up of this corp was not finished: nothing was synced yet"), reverse("setup"), "wait")


def suspended(corp: Corp) -> Iterator[Trouble]:
    """All calls are stopped."""
    if corp.suspended_at:
        opened = corp.suspensions.filter(closed_at__isnull=True).values_list("opened_at", flat=True).first()
        yield _refused(opened or corp.suspended_at, corp.suspended_reason, corp.suspended_code)


def forbidden(corp: Corp) -> Iterator[Trouble]:
    """Some calls are refused for want of a setting: one line for each errcode, however many calls there were."""
    recent = ErrorReply.objects.of(corp).filter(errcode__in=ALARMING_CODES, at__gt=clock.now() - RECENTLY)
    for reply in recent.order_by("errcode", "id").distinct("errcode"):
        yield _refused(reply.at, f"{reply.endpoint}: {reply.words}", reply.errcode)


def _refused(since: datetime, reason: str, code: int | None) -> Trouble:
    text = _("WeCom refuses our calls since %(since)s: %(reason)s (%(code)s)")
    return Trouble(text % {"since": _minute(since), "reason": reason, "code": code}, reverse("system_doctor"))


def parked(corp: Corp) -> Iterator[Trouble]:
    n = InboxEvent.objects.of(corp).filter(state=InboxEvent.State.PARKED).count()
    if n:
        text = ngettext("%(n)d callback is parked after errors", "%(n)d callbacks are parked after errors", n)
        yield Trouble(text % {"n": n}, f"{reverse('system_inbox')}?state={InboxEvent.State.PARKED}")


def undecided(corp: Corp) -> Iterator[Trouble]:
    n = Batch.objects.of(corp).undecided().count()
    if n:
        text = ngettext("%(n)d send waits for your decision", "%(n)d sends wait for your decision", n)
        yield Trouble(text % {"n": n}, f"{reverse('system_outbox')}?status={BatchStatus.UNSURE}")


def failed_syncs(corp: Corp) -> Iterator[Trouble]:
    for kind, run in SyncRun.objects.of(corp).whole().latest_by_kind().items():
        if run.status in SYNC_STATES:
            text = _("The last sync of “%(kind)s” did not finish") % {"kind": KINDS.get(kind, kind)}
            yield Trouble(text, reverse("system_sync"))


def resting(corp: Corp) -> Iterator[Trouble]:
    now = clock.now()
    for window in EndpointWindow.objects.of(corp).filter(resting_until__gt=now):
        words = {"endpoint": window.endpoint, "time": _minute(window.resting_until or now)}
        text = _("WeCom lets %(endpoint)s rest until %(time)s")
        yield Trouble(text % words, reverse("system_journal"), "wait")


def _minute(moment: datetime) -> str:
    """The time of day, and the day unless it is today."""
    local, today = timezone.localtime(moment), timezone.localtime(clock.now()).date()
    return date_format(local, "TIME_FORMAT" if local.date() == today else "SHORT_DATETIME_FORMAT")
