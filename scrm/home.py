"""The numbers of the home page. Each counts exactly what the list behind its link shows, to the same person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from campaigns import worklist
from campaigns.models import Batch, BatchStatus, Delivery, DeliveryStatus, QuotaBlock, Task
from campaigns.quota import window_at
from customers.filters import end_of, start_of
from customers.models import Customer, Follow, Welcome, WelcomeStatus
from staff.models import User
from wecom import clock
from wecom.models import Corp

TREND_DAYS = 30


@dataclass(frozen=True)
class Number:
    """One number: what it is called, how it is counted, and the list behind it. `tone`: plain, wait or bad."""

    label: str
    value: int | float | str
    href: str
    definition: str
    note: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Day:
    day: date
    new: int
    lost: int

    @property
    def net(self) -> int:
        return self.new - self.lost


def link(name: str, **query: Any) -> str:
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


class Home:
    """What one person sees of one corp today. `days` is the trend, oldest first; its last day is today."""

    def __init__(self, corp: Corp, user: User) -> None:
        self.corp, self.user = corp, user
        self.now = clock.now()
        self.today = timezone.localdate(self.now, ZoneInfo(corp.timezone))
        self.days = self.trend()

    def of(self, model: Any) -> Any:
        return model.objects.of(self.corp).visible_to(self.user)

    @cached_property
    def friends(self) -> int:
        return self.of(Customer).filter(digest__lost=False).count()

    def trend(self) -> list[Day]:
        first = self.today - timedelta(days=TREND_DAYS - 1)
        start, end = start_of(first), end_of(self.today)
        new = self.per_day(self.of(Follow).added_between(start, end), "since")
        lost = self.per_day(self.of(Follow).lost_between(start, end), "ended_at")
        days = (first + timedelta(days=n) for n in range(TREND_DAYS))
        return [Day(day, new.get(day, 0), lost.get(day, 0)) for day in days]

    def per_day(self, follows: Any, field: str) -> dict[date, int]:
        """Customers, not follows: one who was added by two members of staff on a day is one."""
        local = TruncDate(field, tzinfo=ZoneInfo(self.corp.timezone))
        rows = follows.order_by().annotate(day=local).values("day").annotate(n=Count("customer", distinct=True))
        return dict(rows.values_list("day", "n"))

    def customers(self) -> list[Number]:
        today, yesterday = self.days[-1], self.days[-2]
        day = {"from": self.today.isoformat(), "to": self.today.isoformat()}
        added = link("customers", added_from=day["from"], added_to=day["to"])
        lost = link("customers", lost_from=day["from"], lost_to=day["to"])
        friends = self.friends
        return [
            Number(
                _("Customers"),
                friends,
                link("customers", lost="no"),
                _("Customers who are friends with at least one member of staff now."),
            ),
            Number(
                _("New today"),
                today.new,
                added,
                _("Customers whom staff added today, those who left again included."),
                _("%(n)s yesterday") % {"n": shown(yesterday.new)},
            ),
            Number(
                _("Lost today"),
                today.lost,
                lost,
                _("Customers who deleted a member of staff today."),
                _("%(n)s yesterday") % {"n": shown(yesterday.lost)},
            ),
            Number(
                _("Net today"),
                f"{today.net:+d}" if today.net else "0",
                "#trend",
                _("New customers less lost customers of today."),
                _("%(n)s yesterday") % {"n": f"{yesterday.net:+d}"},
            ),
        ]

    def work(self) -> list[Number]:
        tasks = worklist.counts(self.of(Task))
        waiting = self.of(Batch).filter(status=BatchStatus.HANDED).count()
        sends = link("system_outbox", status=BatchStatus.HANDED.value) if self.user.is_admin else link("tasks")
        return [
            Number(
                _("Tasks today"),
                tasks["today"],
                link("tasks", when="today"),
                _("Open tasks that are wanted from today on."),
            ),
            Number(
                _("Overdue tasks"),
                tasks["overdue"],
                link("tasks", when="overdue"),
                _("Open tasks that were wanted before today."),
                tone="bad" if tasks["overdue"] else "plain",
            ),
            Number(
                _("Sends awaiting staff"),
                waiting,
                sends,
                _("Mass sends that WeCom has and staff have not confirmed yet. Nothing reaches a customer before."),
                tone="wait" if waiting else "plain",
            ),
        ]

    def welcomes(self) -> Number:
        day = self.of(Welcome).filter(expires_at__gte=start_of(self.today), expires_at__lt=end_of(self.today))
        counts = dict(day.order_by().values_list("status").annotate(n=Count("pk")))
        missed = sum(counts.get(status, 0) for status in (WelcomeStatus.LATE, WelcomeStatus.FAILED))
        return Number(
            _("Welcomes today"),
            counts.get(WelcomeStatus.SENT, 0),
            link("welcomes", day=self.today.isoformat()),
            _("Welcome messages that WeCom took from us today. A welcome has to be sent within 20 seconds."),
            _("%(n)s missed") % {"n": shown(missed)} if missed else "",
            "bad" if missed else "plain",
        )

    def quota(self) -> list[Number]:
        window = window_at(self.corp, self.now)
        in_window = {"uses_quota": True, "status": DeliveryStatus.SENT, "finished_at__gte": window.start}
        sent = self.of(Delivery).filter(**in_window).count()
        friends = self.friends
        left = window.cap - sent / friends if friends else window.cap
        blocked = QuotaBlock.objects.filter(customer__in=self.of(Customer), until__gt=self.now).count()
        return [
            Number(
                _("Quota left"),
                number_format(left, 1),
                link("campaigns") if self.user.can_operate else link("tasks"),
                _("Mass messages that WeCom still allows each customer in this window, on average."),
                _("of %(cap)s in %(window)s") % {"cap": window.cap, "window": window.label},
            ),
            Number(
                _("At WeCom's limit"),
                blocked,
                link("quota"),
                _("Customers to whom WeCom delivers no more mass messages for now."),
                tone="wait" if blocked else "plain",
            ),
        ]


def shown(number: int) -> str:
    return number_format(number, force_grouping=True)
