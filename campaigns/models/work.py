"""Work for people."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.passage import Delivery
from campaigns.models.sending import Batch
from customers.models import Customer
from staff.models import Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp


class TaskKind(models.TextChoices):
    FOLLOW_UP = "follow_up", _("Follow-up")
    CONFIRM = "confirm", _("Confirm a send")


class TaskStatus(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("skipped")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


class TaskQuerySet(Scoped):
    staff_path = "staff"

    def open(self) -> Self:
        return self.filter(status=TaskStatus.OPEN)


class Task(models.Model):
    """One thing for one staff member to do: follow up on a customer, or confirm a batch in the WeCom client."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="tasks")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=12, choices=TaskKind, default=TaskKind.FOLLOW_UP)
    delivery = models.OneToOneField(Delivery, null=True, blank=True, on_delete=models.CASCADE, related_name="task")
    batch = models.OneToOneField(Batch, null=True, blank=True, on_delete=models.CASCADE, related_name="task")
    title = models.CharField(max_length=60)
    script = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=TaskStatus, default=TaskStatus.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(help_text=_("when the work begins to be wanted"))
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    notified_at = models.DateTimeField(null=True, blank=True, help_text=_("when an app message told the staff member"))

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["expires_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="follow_up", customer__isnull=False) | Q(kind="confirm", batch__isnull=False),
                name="a_task_is_about_a_customer_or_a_batch",
            ),
        ]
        indexes = [
            # read by the staff's task page
            models.Index(fields=["staff", "status", "expires_at"], name="tasks_of_staff"),
            # read by the sweep that expires tasks and by the digest of new ones
            models.Index(fields=["expires_at"], name="open_tasks", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return self.title
