from contextlib import suppress

from celery import shared_task

from scrm import syncing
from staff.errors import WrongState
from wecom.models import Corp


@shared_task(ignore_result=True)
def sync_corp(corp_id: int, only: list[str] | None = None, started_by: str = "") -> None:
    """A sync that somebody asked for. Whoever is at it already goes on with it."""
    with suppress(WrongState):
        syncing.sync_corp(Corp.objects.get(pk=corp_id), only, started_by)


@shared_task(ignore_result=True)
def nightly_sync() -> None:
    """Callbacks get lost: once a night everything is held against what WeCom says."""
    for corp_id in Corp.objects.values_list("pk", flat=True):
        sync_corp.delay(corp_id, started_by="nightly")
