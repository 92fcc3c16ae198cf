"""How a follow ends. The customer deletes the staff: lost (流失). The staff deletes the customer: dropped.

Where both happen, the earlier one is what ended the friendship, in whatever order we hear of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers import digests, timeline
from customers.models import Customer, EndedBy, Follow, FollowStatus
from customers.timeline import Line
from staff.models import Staff
from wecom import clock
from wecom.models import Corp

GOING_ON = [FollowStatus.HALF, FollowStatus.LIVE]
STATUS = {
    EndedBy.CUSTOMER: FollowStatus.LOST,
    EndedBy.STAFF: FollowStatus.DROPPED,
    EndedBy.TRANSFER: FollowStatus.DROPPED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """What an event says about the end of one follow."""

    staff: Staff
    at: datetime
    by: EndedBy


def lost(follow_ids: Collection[int], at: datetime) -> int:
    """The customers have deleted their staff, at the moment ``at`` or before; returns how many follows ended by it.

    Friendships that began after ``at`` are not meant. Half-added contacts can be lost as well.
    """
    follows = Follow.objects.filter(pk__in=follow_ids, since__lte=at)
    return _end(follows.filter(_goes_on_until(at)), at, EndedBy.CUSTOMER, timezone.now())


def dropped_unlisted(
    corp: Corp, external_userid: str, listed: Collection[str], asked_at: datetime, ending: Ending | None = None
) -> int:
    """End what WeCom, asked at the real time ``asked_at``, did not list; returns the number of follows.

    Only staff whose customers this app can see are judged: for the others WeCom lists nothing.
    """
    unlisted = Follow.objects.of(corp).filter(customer__external_userid=external_userid)
    unlisted = unlisted.exclude(staff__userid__in=listed).filter(customer__synced_at__lte=asked_at)
    count = 0
    if ending and ending.staff.userid not in listed:
        named = unlisted.filter(staff=ending.staff).filter(_goes_on_until(ending.at))
        count += _end(named, ending.at, ending.by, asked_at)
    visible = unlisted.filter(staff__active=True, staff__serves_customers=True)
    return count + _end(visible.filter(status=FollowStatus.LIVE), clock.now(), EndedBy.STAFF, asked_at)


def _goes_on_until(at: datetime) -> Q:
    return Q(status__in=GOING_ON) | Q(ended_at__gt=at)


@transaction.atomic
def _end(follows: QuerySet[Follow], at: datetime, by: EndedBy, asked_at: datetime) -> int:
    customers = Customer.objects.filter(pk__in=follows.values("customer"))
    locked = list(customers.order_by("external_userid").select_for_update().values_list("pk", flat=True))
    ending = list(follows.filter(customer__in=locked).only("customer_id", "staff_id", "since", "status"))
    for moment, group in _by_moment(ending, at).items():
        Follow.objects.filter(pk__in=[follow.pk for follow in group]).update(
            status=STATUS[by], ended_at=moment, ended_by=by, owes_channel_tags=False
        )
    Customer.objects.filter(pk__in=locked).update(synced_at=asked_at)
    timeline.record_all([_line(follow, at, by) for follow in ending])
    digests.refresh(locked)
    return len(ending)


def _by_moment(follows: Sequence[Follow], at: datetime) -> dict[datetime, list[Follow]]:
    """A friendship does not end before it began: an event's clock and WeCom's ``createtime`` may differ."""
    groups: dict[datetime, list[Follow]] = {}
    for follow in follows:
        groups.setdefault(max(at, follow.since), []).append(follow)
    return groups


def _line(follow: Follow, at: datetime, by: EndedBy) -> Line:
    kind = str(STATUS[by])
    key = f"{kind}:{follow.staff_id}:{int(follow.since.timestamp())}"
    return Line(follow.customer_id, kind, follow.staff_id, max(at, follow.since), {"by": str(by)}, key)
