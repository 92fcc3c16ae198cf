"""Where one customer stands: in which campaigns, and how much of WeCom's quota is left for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q

from campaigns.models import Delivery, DeliveryStatus, Enrollment, QuotaBlock
from campaigns.models.passage import EnrollmentQuerySet
from campaigns.quota import window_at
from customers.models import Customer
from staff.models import User
from wecom import clock

SPOKEN_FOR = (DeliveryStatus.READY, DeliveryStatus.HANDED, DeliveryStatus.UNSURE)


@dataclass(frozen=True)
class Quota:
    """Mass messages in the corp's window: received or on their way, and how many it holds. `until`: its end.

    `full`: WeCom itself has said that the window is full, whatever we counted.
    """

    used: int
    cap: int
    until: datetime
    full: bool

    @property
    def left(self) -> int:
        return 0 if self.full else max(0, self.cap - self.used)


def quota_of(customer: Customer) -> Quota:
    """The ledger's answer for one customer now."""
    now = clock.now()
    window = window_at(customer.corp, now)
    sent = Q(status=DeliveryStatus.SENT, finished_at__gte=window.start)
    taken = Delivery.objects.filter(sent | Q(status__in=SPOKEN_FOR), customer=customer, uses_quota=True).count()
    full = QuotaBlock.objects.filter(customer=customer, until__gt=now).exists()
    return Quota(used=taken, cap=window.cap, until=window.end, full=full)


def passages(customer: Customer, user: User) -> EnrollmentQuerySet:
    """The customer's enrollments that the user may see, newest first, each with `shown`: its deliveries in order."""
    deliveries = (
        Delivery.objects.visible_to(user).select_related("step", "staff", "batch").order_by("planned_at", "pk")
    )
    rows: EnrollmentQuerySet = Enrollment.objects.visible_to(user).filter(customer=customer)
    related = rows.select_related("campaign", "version", "staff", "next_step")
    return related.prefetch_related(Prefetch("deliveries", deliveries, to_attr="shown")).order_by("-pk")
