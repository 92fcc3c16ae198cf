from celery import shared_task

from customers import contact_ways, tagging
from customers.models import Follow
from wecom.models import Corp


@shared_task(ignore_result=True)
def sweep() -> None:
    """What a dead worker or a refusal left: tags that are gone, and tags that contact ways still owe."""
    tagging.forget_deleted()
    owing = Follow.objects.live().filter(owes_channel_tags=True).values("corp")
    for corp in Corp.objects.filter(pk__in=owing):
        contact_ways.settle(corp)
