"""A customer's passage through a campaign, and each step's delivery to its end."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.plan import Campaign, Step, Version
from campaigns.models.sending import Batch
from campaigns.models.states import DeliveryStatus, EnrollmentStatus
from customers.models import Customer, Follow
from staff.models import Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp


class EnrollmentQuerySet(Scoped):
    staff_path = "staff"


class Enrollment(models.Model):
    """One customer in one campaign, on one version, spoken to through one follow.

    ``next_run_at`` and ``next_step`` are the pointer; both are empty once there is nothing left to do.
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="enrollments")
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, related_name="enrollments")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="enrollments")
    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    occurrence = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=EnrollmentStatus, default=EnrollmentStatus.ACTIVE)
    end_reason = models.CharField(max_length=40, blank=True)
    entered_at = models.DateTimeField(default=clock.now)
    clock_at = models.DateTimeField(help_text=_("what the steps count from"))
    next_step = models.ForeignKey(Step, null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    next_run_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "customer", "occurrence"], name="one_enrollment_per_customer_and_occurrence"
            ),
            models.CheckConstraint(
                condition=Q(status=EnrollmentStatus.ACTIVE) | Q(next_run_at__isnull=True),
                name="only_an_active_enrollment_is_due",
            ),
        ]
        indexes = [
            # read by advance: what is due in a version, oldest first
            models.Index(fields=["version", "next_run_at", "id"], name="due", condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return f"{self.customer} in {self.campaign}"


class DeliveryQuerySet(Scoped):
    staff_path = "staff"


class Delivery(models.Model):
    """One step for one enrollment. Whatever holds, skips or stops it writes ``reason`` and the values it saw."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="deliveries")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="deliveries")
    step = models.ForeignKey(Step, on_delete=models.RESTRICT, related_name="deliveries")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="deliveries")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.PLANNED)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    planned_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    uses_quota = models.BooleanField(default=True, help_text=_("a mass message, not a task for a person"))

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "step"], name="one_delivery_per_enrollment_and_step"),
        ]
        indexes = [
            # read by release: held deliveries whose time has come
            models.Index(
                fields=["corp", "held_until", "planned_at", "id"], name="held_deliveries", condition=Q(status="held")
            ),
            # read by batch: ready deliveries that are in no batch yet, those of one batch together
            models.Index(
                fields=["corp", "step", "staff", "planned_at", "id"],
                name="ready_deliveries",
                condition=Q(status="ready", batch__isnull=True),
            ),
            # read by the quota ledger: what a customer has received or may still receive
            models.Index(
                fields=["customer", "finished_at"],
                name="quota_ledger",
                condition=Q(uses_quota=True, status__in=["ready", "handed", "unsure", "sent"]),
            ),
            # read by the report
            models.Index(fields=["campaign", "step", "status"], name="report"),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.step} {self.status}"
