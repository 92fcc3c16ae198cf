"""The timeline: facts, in the order in which they happened."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customers import Customer
from staff.models import Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp


class EventQuerySet(Scoped):
    staff_path = "staff"


class Event(models.Model):
    """One line of a customer's timeline. ``kind`` is open: upper apps register theirs in ``customers.timeline``.

    ``key`` makes a fact that can be learnt twice (a doubled callback, a repeated sync) one line.
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="events")
    staff = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    detail = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("customer", "event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], condition=~Q(key=""), name="one_event_per_key"),
        ]
        indexes = [
            # read by the timeline: newest first
            models.Index(fields=["customer", "-at", "-id"], name="timeline"),
            # read by home: what happened in a corp in a period
            models.Index(fields=["corp", "kind", "at"], name="event_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
