"""Tags on follows: written to WeCom first, then to our rows, for its API makes no callbacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import digests, timeline
from customers.convergence import refused_for
from customers.models import Customer, Follow, FollowStatus, FollowTag
from customers.timeline import Line
from staff import locks
from staff.errors import WrongState
from staff.models import AuditEntry, User
from tags.models import Tag
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.models import Corp

READABLE = (FollowStatus.LIVE, FollowStatus.LOST)


def mark(follow: Follow, add: Collection[Tag], remove: Collection[Tag] = (), *, user: User | None = None) -> None:
    """Put tags on a follow and take others off.

    Raises WrongState: the friendship has ended, a tag is gone, WeCom refuses.
    """
    if follow.status not in READABLE:
        raise WrongState(_("Tags need a friendship, and this one has ended or is not confirmed yet."))
    for tag in add:
        if tag.deleted_at is not None or tag.corp_id != follow.corp_id:
            raise WrongState(_("The tag “%(name)s” is gone.") % {"name": tag.name})
    if not add and not remove:
        return
    try:
        write(follow, client_for(follow.corp), add=add, remove=remove, user=user)
    except WeComError as error:
        raise refused_for(follow, error)


def write(
    follow: Follow,
    client: WeComClient,
    *,
    add: Collection[Tag] = (),
    remove: Collection[Tag] = (),
    user: User | None = None,
    settles_channel: bool = False,
) -> None:
    """The call and the rows. Raises WeComError; then nothing was recorded.

    WeCom refuses parallel writes to one relation (45035), hence the lock. Marking twice changes nothing, so that a
    call whose fate is unknown is simply made again.
    """
    with locks.held("mark_tag", follow.pk):
        if add or remove:
            _call(follow, client, [tag.wecom_id for tag in add], [tag.wecom_id for tag in remove])
        with transaction.atomic():
            record(follow, add, remove, user=user)
            if settles_channel:
                Follow.objects.filter(pk=follow.pk).update(owes_channel_tags=False)


def _call(follow: Follow, client: WeComClient, add: list[str], remove: list[str]) -> None:
    userid, external_userid = follow.staff.userid, follow.customer.external_userid
    try:
        client.tags.mark(userid, external_userid, add=add, remove=remove)
    except WeComError as error:
        if not error.fate_unknown:
            raise
        client.tags.mark(userid, external_userid, add=add, remove=remove)


@transaction.atomic
def record(follow: Follow, add: Collection[Tag], remove: Collection[Tag], *, user: User | None = None) -> None:
    """What WeCom has accepted: rows, digest, timeline and audit log. Names on the timeline are those of the day."""
    Customer.objects.select_for_update().get(pk=follow.customer_id)
    had = set(FollowTag.objects.filter(follow=follow).values_list("tag_id", flat=True))
    added = [tag for tag in add if tag.pk not in had]
    removed = [tag for tag in remove if tag.pk in had]
    Customer.objects.filter(pk=follow.customer_id).update(synced_at=timezone.now())
    if not added and not removed:
        return
    FollowTag.objects.bulk_create([FollowTag(follow=follow, tag=tag) for tag in added], ignore_conflicts=True)
    FollowTag.objects.filter(follow=follow, tag__in=removed).delete()
    digests.refresh([follow.customer_id])
    detail = {"added": _names(added), "removed": _names(removed), "by": str(user) if user else ""}
    timeline.record_all([Line(follow.customer_id, "tagged", follow.staff_id, detail=detail)])
    if user:
        AuditEntry.write(user, "customer.tagged", follow.customer, **detail)


def _names(tags: Iterable[Tag]) -> list[str]:
    return sorted(tag.name for tag in tags)


FORGET = """
WITH gone AS (
    DELETE FROM customers_followtag ft USING tags_tag t
    WHERE t.id = ft.tag_id AND t.deleted_at IS NOT NULL AND (%(corp)s::bigint IS NULL OR t.corp_id = %(corp)s)
    RETURNING ft.follow_id
)
SELECT DISTINCT f.customer_id FROM gone JOIN customers_follow f ON f.id = gone.follow_id
"""


@transaction.atomic
def forget_deleted(corp: Corp | None = None) -> int:
    """Take tags that no longer exist off all follows; returns the number of customers. Finds nothing when repeated."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"corp": corp.pk if corp else None})
        customers = [customer for (customer,) in cursor.fetchall()]
    digests.refresh(customers)
    return len(customers)
