from contextlib import suppress

from celery import shared_task

from scrm import syncing
from staff.errors import WrongState
from wecom.models import Corp, SyncRun

HOURS = 3600
# A first sync of a large corp takes as long as WeCom's limits make it take; stopping and dying lose nothing.
patient = shared_task(ignore_result=True, soft_time_limit=12 * HOURS, time_limit=12 * HOURS + 60)


@patient
def sync_corp(corp_id: int, only: list[str] | None = None, started_by: str = "") -> None:
    """A sync that somebody asked for. Whoever is at it already goes on with it."""
    with suppress(WrongState):
        syncing.sync_corp(Corp.objects.get(pk=corp_id), only, started_by)


@patient
def sync_staff(corp_id: int, userid: str, started_by: str = "") -> None:
    with suppress(WrongState):
        syncing.sync_staff(Corp.objects.get(pk=corp_id), userid, started_by)


@shared_task(ignore_result=True)
def nightly_sync() -> None:
    """Callbacks get lost: once a night everything is held against what WeCom says."""
    for corp_id in Corp.objects.values_list("pk", flat=True):
        sync_corp.delay(corp_id, started_by="nightly")


@shared_task(ignore_result=True)
def resume_syncs() -> None:
    """Syncs whose process died go on from where they stood."""
    for run in SyncRun.objects.stale():
        if run.resumed >= syncing.LIVES:
            run.fail("its process died again and again")
        elif run.subject:
            sync_staff.delay(run.corp_id, run.subject, started_by=run.started_by)
        else:
            sync_corp.delay(run.corp_id, only=syncing.going_on(run), started_by=run.started_by)
