"""The full sync of a corp: which kinds there are, in which order, one at a time, resumed where it stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from customers import sync as customers_sync
from groups import sync as groups_sync
from staff import locks
from staff import sync as staff_sync
from staff.errors import WrongState
from tags import sync as tags_sync
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.models import Corp, SyncRun

logger = logging.getLogger(__name__)

Status = SyncRun.Status
RESUMABLE = timedelta(hours=24)  # an older cursor leads into a corp that has changed too much: begin anew


class Job(Protocol):
    def __call__(self, corp: Corp, run: SyncRun, client: WeComClient, /) -> None: ...


# Each needs the rows of those before it.
JOBS: dict[str, Job] = {
    staff_sync.KIND: staff_sync.run,
    tags_sync.KIND: tags_sync.run,
    customers_sync.KIND: customers_sync.run,
    groups_sync.KIND: groups_sync.run,
}


def sync_corp(
    corp: Corp,
    only: Sequence[str] | None = None,
    started_by: str = "",
    tell: Callable[[SyncRun], None] | None = None,
) -> list[SyncRun]:
    """Run the kinds one after another and return their runs, each at its end.

    A run that failed, was stopped, or whose process died goes on from its cursor. A kind that fails is recorded in
    its run and does not keep the next kinds from trying. Raises WrongState when another process is at one of them.
    ``tell`` hears of each run when it begins and when it has ended.
    """
    return [_sync(corp, kind, started_by, tell) for kind in JOBS if only is None or kind in only]


def _sync(corp: Corp, kind: str, started_by: str, tell: Callable[[SyncRun], None] | None) -> SyncRun:
    with locks.held_if_free("sync", corp.pk, kind) as free:
        if not free:
            raise WrongState(_("A sync of this kind is already running."))
        run = _begin(corp, kind, started_by)
        if tell:
            tell(run)
        _work(corp, run)
        if tell:
            tell(run)
        return run


def _begin(corp: Corp, kind: str, started_by: str) -> SyncRun:
    """The lock is ours, so that a run which says that it is running belongs to a dead process."""
    latest = SyncRun.objects.of(corp).filter(kind=kind).order_by("-pk").first()
    if latest and latest.status == Status.RUNNING:
        latest.stop()
    recent = latest and latest.started_at > timezone.now() - RESUMABLE
    if latest and recent and latest.cursor and latest.status in (Status.STOPPED, Status.FAILED):
        latest.resume()
        return latest
    return SyncRun.start(corp, kind, started_by=started_by)


def _work(corp: Corp, run: SyncRun) -> None:
    """Run to the end. Whatever ends it early stands in the run's row; what nobody expected is raised, too."""
    try:
        JOBS[run.kind](corp, run, client_for(corp))
        run.finish()
    except WrongState:
        logger.info("sync %s of %s was stopped", run.kind, corp)
        run.refresh_from_db()
    except WeComError as error:
        logger.warning("sync %s of %s: %s", run.kind, corp, error)
        with suppress(WrongState):
            run.fail(str(error))
    except BaseException as problem:
        with suppress(WrongState):
            run.fail(f"{type(problem).__name__}: {problem}")
        raise
