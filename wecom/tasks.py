from celery import shared_task

from wecom import inbox

BATCH = 200


@shared_task(ignore_result=True)
def process_inbox(lane: str | None = None) -> None:
    """Handle what is due, until nothing is. Runs on the queue `urgent`; without `lane` it sweeps both lanes."""
    while inbox.process(lane=lane, limit=BATCH) == BATCH:
        pass
