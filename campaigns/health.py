"""How the campaigns of a list are doing, in a constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone

from campaigns.funnel import MISSED
from campaigns.models import Campaign, Delivery, DeliveryStatus, Enrollment, EnrollmentStatus
from staff.models import User
from wecom import clock

TROUBLES = (DeliveryStatus.HELD, DeliveryStatus.FAILED, DeliveryStatus.UNSURE)


@dataclass
class Health:
    """`waiting`: with staff now; `overdue`: with them since before today."""

    enrolled: int = 0
    active: int = 0
    overdue: int = 0
    by_status: Counter[str] = field(default_factory=Counter)

    @property
    def waiting(self) -> int:
        return self.by_status[DeliveryStatus.HANDED]

    @property
    def sent(self) -> int:
        return self.by_status[DeliveryStatus.SENT]

    @property
    def reached(self) -> int | None:
        """Percent of what came to an end that reached its customer; skipped steps were never meant to."""
        ended = self.sent + sum(self.by_status[status] for status in MISSED)
        return round(100 * self.sent / ended) if ended else None

    @property
    def troubled(self) -> int:
        return sum(self.by_status[status] for status in TROUBLES)

    @property
    def troubles(self) -> list[tuple[str, int]]:
        return [(status.value, self.by_status[status]) for status in TROUBLES if self.by_status[status]]


def today() -> datetime:
    """Local midnight: what was wanted before it and is still open is overdue."""
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def health(campaigns: Iterable[Campaign], user: User) -> dict[int, Health]:
    """Campaign key → health, of what the user may see. Two queries for any number of campaigns."""
    keys = [campaign.pk for campaign in campaigns]
    found: dict[int, Health] = defaultdict(Health)
    entered = Enrollment.objects.visible_to(user).filter(campaign__in=keys).order_by().values("campaign")
    active = Count("pk", filter=Q(status=EnrollmentStatus.ACTIVE))
    for row in entered.annotate(enrolled=Count("pk"), active=active):
        found[row["campaign"]].enrolled, found[row["campaign"]].active = row["enrolled"], row["active"]
    late = Count("pk", filter=Q(status=DeliveryStatus.HANDED, handed_at__lt=today()))
    deliveries = Delivery.objects.visible_to(user).filter(campaign__in=keys).order_by()
    for group in deliveries.values("campaign", "status").annotate(number=Count("pk"), late=late):
        found[group["campaign"]].by_status[group["status"]] += group["number"]
        found[group["campaign"]].overdue += group["late"]
    return found
