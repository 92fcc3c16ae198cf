"""Channels through which customers arrive, and the welcome they get."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer, Follow
from staff.models import Staff
from staff.scope import Scoped, Shared
from tags.models import Tag
from wecom import clock
from wecom.models import Corp


class ContactWayQuerySet(Shared):
    def live(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def with_arrivals(self) -> Self:
        """Each way with ``arrivals``: how many customers came by it, whatever became of them."""
        arrived = Follow.objects.filter(corp=OuterRef("corp"), state=OuterRef("state")).order_by()
        counted = arrived.values("corp").annotate(number=Count("customer", distinct=True)).values("number")
        return self.annotate(arrivals=Coalesce(Subquery(counted), 0))


class ContactWay(models.Model):
    """A QR code that adds a customer to staff (渠道活码, contract §8.1).

    ``state`` comes back in the callback and on the follow: it is how an arrival is counted for its channel.
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="contact_ways")
    name = models.CharField(_("name"), max_length=30)
    state = models.CharField(max_length=30)
    config_id = models.CharField(max_length=64, blank=True)
    qr_code = models.CharField(max_length=1000, blank=True)
    staff = models.ManyToManyField(Staff, related_name="contact_ways", verbose_name=_("staff"))
    tags = models.ManyToManyField(Tag, related_name="contact_ways", blank=True, verbose_name=_("tags"))
    skip_verify = models.BooleanField(_("add without asking"), default=True)
    welcome = models.JSONField(default=list, blank=True, help_text=_("content items, see content.attachments"))
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ContactWayQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact way")
        verbose_name_plural = _("contact ways")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["corp", "state"], name="one_contact_way_per_state"),
            models.UniqueConstraint(
                fields=["corp", "config_id"], condition=~Q(config_id=""), name="one_contact_way_per_config_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WelcomeStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    SENT = "sent", _("sent")
    LATE = "late", _("too late")
    TAKEN = "taken", _("already welcomed")
    FAILED = "failed", _("failed")


class WelcomeQuerySet(Scoped):
    staff_path = "staff"


class Welcome(models.Model):
    """One welcome code and what became of it. The code lives 20 s and works once (contract §10.3)."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="welcomes")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    contact_way = models.ForeignKey(ContactWay, null=True, on_delete=models.SET_NULL, related_name="welcomes")
    code = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=WelcomeStatus, default=WelcomeStatus.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = WelcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("welcome")
        verbose_name_plural = _("welcomes")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["corp", "code"], name="one_welcome_per_code")]

    def __str__(self) -> str:
        return f"{self.customer} {self.status}"
