"""How far the set-up of a corp is. Nothing is remembered for this: the rows themselves tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.syncing import JOBS
from wecom.models import Corp, SyncRun


@dataclass(frozen=True)
class Step:
    """`page`: the URL name, "" where one cannot go back. `number` counts from 1."""

    number: int
    label: str | Promise
    page: str
    done: bool


LABELS: tuple[tuple[str, Promise], ...] = (
    ("", _("Admin")),
    ("setup_corp", _("Corp")),
    ("setup_callback", _("Callback")),
    ("setup_access", _("Permissions")),
    ("setup_sync", _("First sync")),
    ("setup_done", _("Done")),
)


def steps(corp: Corp | None) -> list[Step]:
    """All six, each with whether it is behind us. Without a corp only the first is."""
    done = _done(corp) if corp else iter((True, False, False, False, False, False))
    return [Step(n, label, page, next(done)) for n, (page, label) in enumerate(LABELS, start=1)]


def _done(corp: Corp) -> Iterator[bool]:
    yield True
    yield True
    yield corp.callback_checked_at is not None or corp.inbox_events.exists()
    yield SyncRun.objects.of(corp).exists()
    synced = is_synced(corp)
    yield synced
    yield synced


def is_synced(corp: Corp) -> bool:
    """Has every kind been synced to its end, at least once?"""
    return set(JOBS) <= set(SyncRun.objects.of(corp).whole().filter(status=SyncRun.Status.DONE).latest_by_kind())


def next_page(corp: Corp) -> str:
    """The URL name of the first step that is not done. A missing callback does not hold up a corp that is synced."""
    if is_synced(corp):
        return "setup_done"
    return next(step.page for step in steps(corp) if not step.done)
