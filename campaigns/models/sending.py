"""The outside call: one batch is one ``add_msg_template``, and the quota that WeCom told us is used up."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.plan import Step
from customers.models import Customer
from staff.models import Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp


class BatchStatus(models.TextChoices):
    READY = "ready", _("ready")
    CALLING = "calling", _("calling WeCom")
    UNSURE = "unsure", _("being checked with WeCom")
    HANDED = "handed", _("awaiting staff")
    CLOSED = "closed", _("finished")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class BatchQuerySet(Scoped):
    staff_path = "staff"


class Batch(models.Model):
    """One call of ``add_msg_template`` (contract §10.1): one staff, one content, many deliveries.

    WeCom has no idempotency key. ``fingerprint`` (sender, content, recipients) is committed before the call; while
    one is calling or unsure, no second call with the same fingerprint can start.
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="batches")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=BatchStatus, default=BatchStatus.READY)
    size = models.PositiveIntegerField(default=0)
    msgid = models.CharField(max_length=128, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    request = models.JSONField(default=dict, blank=True, help_text=_("what was sent to WeCom, for look-ups"))
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    fail_list_size = models.PositiveIntegerField(default=0)
    lookups = models.PositiveSmallIntegerField(default=0, help_text=_("times WeCom was asked and did not have it"))
    next_lookup_at = models.DateTimeField(null=True, blank=True)
    collections = models.PositiveSmallIntegerField(default=0)
    next_collect_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["corp", "fingerprint"],
                condition=Q(status__in=["calling", "unsure"]),
                name="never_two_calls_in_flight_with_one_fingerprint",
            ),
            models.UniqueConstraint(fields=["corp", "msgid"], condition=~Q(msgid=""), name="one_batch_per_msgid"),
        ]
        indexes = [
            # read by dispatch, rescue and reconcile
            models.Index(
                fields=["status", "next_try_at"],
                name="batches_to_work_on",
                condition=Q(status__in=["ready", "calling", "unsure"]),
            ),
            # read by collect
            models.Index(fields=["next_collect_at"], name="batches_to_collect", condition=Q(status="handed")),
        ]

    def __str__(self) -> str:
        return f"{self.step} → {self.staff} ({self.size})"


class QuotaBlock(models.Model):
    """WeCom refused this customer with status 3: the window is full until ``until``, whatever our ledger says."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="quota_block")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} until {self.until:%Y-%m-%d}"
