from celery import shared_task

from wecom import clock, inbox, retention
from wecom.models import Corp

BATCH = 200


@shared_task(ignore_result=True)
def process_inbox(lane: str | None = None) -> None:
    """Handle what is due, until nothing is. Runs on the queue `urgent`; without `lane` it sweeps both lanes."""
    while inbox.process(lane=lane, limit=BATCH) == BATCH:
        pass


@shared_task(ignore_result=True)
def pull_clock() -> None:
    """Follow the sandbox's clock, where there is a sandbox or one has left its offset behind."""
    if Corp.objects.sandbox_bases() or clock.offset():
        clock.pull()


@shared_task(ignore_result=True)
def purge() -> None:
    """Remove what is older than the settings allow."""
    retention.purge()
