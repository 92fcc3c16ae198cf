"""``change_external_contact`` (contract §4.1). An event says "look at this customer": handlers ask WeCom and converge,
so that order, loss and repetition do not matter. Only two facts are in the event alone: that somebody half-added a
member of staff, and that a customer deleted one (WeCom shows that friendship as before).
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from customers import contact_ways, digests, endings, tagging, timeline, welcomes
from customers.convergence import converge
from customers.endings import Ending
from customers.models import Customer, EndedBy, Follow, FollowStatus
from staff import sync as staff_sync
from staff.models import Staff
from wecom.client import WeComClient, client_for
from wecom.models import InboxEvent

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
BY_TRANSFER = "DELETE_BY_TRANSFER"
PATIENCE = 2  # tries after which a contact that WeCom does not show is taken for ended already


class NotShownYet(Exception):
    """The event is ahead of what WeCom answers; the inbox comes back to it."""


def contact_added(event: InboxEvent) -> None:
    """Welcome first: its code lives 20 s. Then the details, then the tags of the contact way."""
    client = client_for(event.corp)
    follow = _arrive(event, client)
    if follow is None:
        return
    welcome = welcomes.greet(event, follow, client)
    converged = converge(event.corp, event.external_userid, client)
    follow.refresh_from_db()
    if follow.status == FollowStatus.HALF and not converged.lists(follow.staff):
        if event.attempts < PATIENCE:
            raise NotShownYet(f"WeCom does not show {event.external_userid} with {event.userid} yet.")
        ending = Ending(follow.staff, _moment(event), EndedBy.STAFF)
        converge(event.corp, event.external_userid, client, ending=ending)
    elif follow.owes_channel_tags:
        contact_ways.settle_follow(follow, client)
    welcomes.insist(welcome)


def half_added(event: InboxEvent) -> None:
    """The customer added staff who have to confirm: no detail can be read, and nothing sent but the welcome."""
    client = client_for(event.corp)
    follow = _arrive(event, client)
    if follow is None:
        return
    at = _moment(event)
    timeline.record(
        customer_id=follow.customer_id,
        kind="half",
        staff_id=follow.staff_id,
        at=at,
        detail={"state": event.payload.get("State", "")},
        key=f"half:{follow.staff_id}:{int(at.timestamp())}",
    )
    welcomes.insist(welcomes.greet(event, follow, client))


def contact_edited(event: InboxEvent) -> None:
    """Staff changed remark, mobile or tags in the client."""
    converge(event.corp, event.external_userid, client_for(event.corp))


def contact_dropped(event: InboxEvent) -> None:
    """Staff deleted the customer, or an on-job transfer did. If WeCom lists them, they are friends again since."""
    staff = _staff(event)
    ending = None
    if staff is not None:
        by = EndedBy.TRANSFER if event.payload.get("Source") == BY_TRANSFER else EndedBy.STAFF
        ending = Ending(staff, _moment(event), by)
    converge(event.corp, event.external_userid, client_for(event.corp), ending=ending)


def contact_lost(event: InboxEvent) -> None:
    """The customer deleted the staff. WeCom goes on listing them, so the event's word is all there is."""
    follow = _follow(event)
    if follow is None:
        converge(event.corp, event.external_userid, client_for(event.corp))
        follow = _follow(event)
    if follow is not None:
        endings.lost([follow.pk], _moment(event))


def transfer_failed(event: InboxEvent) -> None:
    """A customer was to be handed over and was not; the event names the member who was to take over."""
    customer = _customer(event)
    if customer is None:
        converge(event.corp, event.external_userid, client_for(event.corp))
        customer = _customer(event)
    if customer is None:
        return
    staff, at = _staff(event), _moment(event)
    timeline.record(
        customer_id=customer.pk,
        kind="transfer_failed",
        staff_id=staff.pk if staff else None,
        at=at,
        detail={"reason": event.payload.get("FailReason", ""), "userid": event.userid},
        key=f"transfer_failed:{event.userid}:{int(at.timestamp())}"[:120],
    )


def tags_deleted(event: InboxEvent) -> None:
    """Tags went, with or without their group: take them off customers now, not at the next sweep."""
    tagging.forget_deleted(event.corp)


# ---- what an event is about -----------------------------------------------------------------------------------------


def _moment(event: InboxEvent) -> datetime:
    return event.created_at_wecom or event.received_at


def _staff(event: InboxEvent) -> Staff | None:
    return Staff.objects.of(event.corp).filter(userid=event.userid.lower()).first()


def _customer(event: InboxEvent) -> Customer | None:
    return Customer.objects.of(event.corp).filter(external_userid=event.external_userid).first()


def _follow(event: InboxEvent) -> Follow | None:
    follows = Follow.objects.of(event.corp).filter(staff__userid=event.userid.lower())
    return follows.filter(customer__external_userid=event.external_userid).first()


def _arrive(event: InboxEvent, client: WeComClient) -> Follow | None:
    """The follow that the event begins, half-added until WeCom shows it. None for staff outside the app's range.

    An event older than the end of the friendship changes nothing: it comes late.
    """
    staff_sync.ensure(event.corp, [event.userid], client)
    staff = _staff(event)
    return _begin(event, staff, _moment(event)) if staff else None


@transaction.atomic
def _begin(event: InboxEvent, staff: Staff, at: datetime) -> Follow:
    customers = Customer.objects.of(event.corp)
    customers.bulk_create(
        [Customer(corp=event.corp, external_userid=event.external_userid, synced_at=NEVER)], ignore_conflicts=True
    )
    customer = customers.select_for_update().get(external_userid=event.external_userid)
    state = event.payload.get("State", "")[:64]
    half = {"status": FollowStatus.HALF, "since": at, "state": state, "ended_at": None, "ended_by": ""}
    follow, new = Follow.objects.get_or_create(customer=customer, staff=staff, defaults={"corp": event.corp, **half})
    if follow.ended_at is not None and follow.ended_at < at:
        for name, value in half.items():
            setattr(follow, name, value)
        follow.save(update_fields=list(half))
        new = True
    if new:
        digests.refresh([customer.pk])
    follow.staff = staff
    return follow
