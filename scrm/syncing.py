"""The full sync of a corp: which kinds there are, in which order, one at a time, resumed where it stopped.

And the small one: one member of staff with his customers, beside whatever else runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
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
from staff.models import Staff
from tags import sync as tags_sync
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.models import Corp, SyncRun

logger = logging.getLogger(__name__)

Status = SyncRun.Status
Tell = Callable[[SyncRun], None]
RESUMABLE = timedelta(hours=24)  # an older cursor leads into a corp that has changed too much: begin anew
LIVES = 10  # deaths of its process after which nobody takes a run up again by himself


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
    corp: Corp, only: Sequence[str] | None = None, started_by: str = "", tell: Tell | None = None
) -> list[SyncRun]:
    """Run the kinds one after another and return their runs, each at its end.

    A run that failed, was stopped, or whose process died goes on from its cursor. A kind that fails is recorded in
    its run and does not keep the next kinds from trying; where somebody stops one, the next ones do not begin. Raises
    WrongState when another process is at a sync of this corp. ``tell`` hears of each run when it begins and when it
    has ended.
    """
    kinds = [kind for kind in JOBS if only is None or kind in only]
    runs: list[SyncRun] = []
    with locks.held_if_free("sync", corp.pk) as free:
        if not free:
            raise WrongState(_("A sync of this corp is already running."))
        for number, kind in enumerate(kinds, start=1):
            run = _begin(corp, kind, started_by, then=kinds[number:])
            runs.append(run)
            _work(corp, run, JOBS[kind], tell)
            if run.status == Status.STOPPED:
                break
    return runs


def sync_staff(corp: Corp, userid: str, started_by: str = "", tell: Tell | None = None) -> SyncRun:
    """Bring one member of staff and his customers up to date now, also while the whole corp is being synced.

    Raises WrongState when another process is at the same member.
    """
    with locks.held_if_free("sync", corp.pk, userid) as free:
        if not free:
            raise WrongState(_("A sync of this kind is already running."))
        run = _begin(corp, customers_sync.KIND, started_by, subject=userid)
        _work(corp, run, _staff_and_customers, tell)
        return run


def going_on(run: SyncRun) -> list[str]:
    """The kinds that a run cut short and those that were to follow it."""
    return [kind for kind in JOBS if kind == run.kind or kind in run.then]


def _staff_and_customers(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    if not staff_sync.refresh(corp, run.subject, client):
        gone = Staff.objects.of(corp).filter(userid=run.subject)
        gone.update(active=False, serves_customers=False, synced_at=timezone.now())
    customers_sync.run(corp, run, client)


def _begin(corp: Corp, kind: str, started_by: str, subject: str = "", then: Collection[str] = ()) -> SyncRun:
    """The lock is ours, so that a run which says that it is running belongs to a dead process."""
    latest = SyncRun.objects.of(corp).filter(kind=kind, subject=subject).order_by("-pk").first()
    if latest and latest.status == Status.RUNNING:
        latest.stop()
    recent = latest and latest.started_at > timezone.now() - RESUMABLE
    if latest and recent and latest.cursor and latest.status in (Status.STOPPED, Status.FAILED):
        latest.resume(then=then)
        return latest
    return SyncRun.start(corp, kind, started_by=started_by, subject=subject, then=then)


def _work(corp: Corp, run: SyncRun, job: Job, tell: Tell | None) -> None:
    """Run to the end. Whatever ends it early stands in the run's row; what nobody expected is raised, too."""
    if tell:
        tell(run)
    try:
        job(corp, run, client_for(corp))
        run.finish()
    except WrongState:
        logger.info("sync %s of %s was stopped", run.kind, corp)
        run.refresh_from_db()
    except WeComError as error:
        logger.warning("sync %s of %s: %s", run.kind, corp, error)
        with suppress(WrongState):
            run.fail(error)
    except (KeyboardInterrupt, SystemExit):
        with suppress(WrongState):
            run.stop()
        raise
    except BaseException as problem:
        with suppress(WrongState):
            run.fail(f"{type(problem).__name__}: {problem}")
        raise
    if tell:
        tell(run)
