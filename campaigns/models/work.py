"""Work for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.passage import Delivery
from campaigns.models.sending import Batch
from campaigns.models.states import DeliveryStatus, TaskKind, TaskStatus
from content import variables
from customers import timeline
from customers.models import Customer
from staff.errors import WrongState
from staff.models import AuditEntry, Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp
from wecom.text import clean

if TYPE_CHECKING:
    from staff.models import User


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
    notified_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the staff member was told by app message")
    )

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
            models.Index(fields=["corp", "expires_at"], name="open_tasks", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def spoken(self) -> str:
        """The script with the names that it speaks of."""
        names = {"staff_name": str(self.staff), "corp_name": self.corp.name}
        if self.customer is not None:
            names["customer_name"] = self.customer.name
        return variables.fill(self.script, names)

    def done(self, user: User | None, note: str = "") -> None:
        """The work is done; `note` goes on the customer's timeline. Raises WrongState unless open."""
        self._finish(user, TaskStatus.DONE, DeliveryStatus.SENT, clean(note).strip())

    def skip(self, user: User | None, reason: str) -> None:
        """The work will not be done; the reason is kept. Raises WrongState unless open, or without a reason."""
        words = clean(reason).strip()
        if not words:
            raise WrongState(str(_("Say why the task is skipped.")))
        self._finish(user, TaskStatus.SKIPPED, DeliveryStatus.SKIPPED, words)

    def _finish(self, user: User | None, status: TaskStatus, delivery: DeliveryStatus, words: str) -> None:
        if self.kind == TaskKind.CONFIRM:
            raise WrongState(str(_("This send is confirmed in WeCom itself; the task closes when WeCom reports it.")))
        now = clock.now()
        with transaction.atomic():
            changes = {"status": status, "reason": words[:200], "finished_at": now, "finished_by": user}
            if not Task.objects.filter(pk=self.pk, status=TaskStatus.OPEN).update(**changes):
                raise WrongState(str(_("This task is not open any more.")))
            if user is not None:
                AuditEntry.write(user, f"task.{status}", self, words=words)
            for name, value in changes.items():
                setattr(self, name, value)
            self._settle(delivery, words)

    def _settle(self, status: DeliveryStatus, words: str) -> None:
        """The delivery follows its task, and the timeline tells."""
        skipped = status == DeliveryStatus.SKIPPED
        detail = {"words": words} if words else {}
        assert self.delivery_id is not None
        assert self.customer_id is not None
        Delivery.objects.filter(pk=self.delivery_id, status=DeliveryStatus.HANDED).update(
            status=status,
            reason="staff_skipped" if skipped else "",
            detail=detail,
            finished_at=self.finished_at,
        )
        timeline.record(
            customer_id=self.customer_id,
            kind="task_skipped" if skipped else "task_done",
            staff_id=self.staff_id,
            at=self.finished_at,
            detail={"title": self.title, **detail},
            key=f"task:{self.pk}",
        )
