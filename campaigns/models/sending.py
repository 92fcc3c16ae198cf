"""The outside call: one batch is one ``add_msg_template``, and the quota that WeCom told us is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.plan import Step
from campaigns.models.states import BatchStatus
from customers.models import Customer
from staff.errors import WrongState
from staff.models import AuditEntry, Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp

if TYPE_CHECKING:
    from staff.models import User

SIZE = 10_000  # customers in one call (contract §10.1)


class BatchQuerySet(Scoped):
    staff_path = "staff"

    def undecided(self) -> Self:
        """Those that only a person can settle: WeCom has several sends that could be this one."""
        return self.filter(status=BatchStatus.UNSURE, undecided_at__isnull=False)


class Batch(models.Model):
    """One call of ``add_msg_template`` (contract §10.1): one staff, one content, many deliveries.

    WeCom has no idempotency key. ``fingerprint`` (sender, content, recipients) is committed before the call; while
    one is calling or unsure, no second call with the same fingerprint can start (docs/decisions/012).
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.RESTRICT, related_name="batches")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=BatchStatus, default=BatchStatus.READY)
    size = models.PositiveIntegerField(default=0)
    msgid = models.CharField(max_length=128, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    request = models.JSONField(default=dict, blank=True, help_text=_("what was sent to WeCom, for look-ups"))
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text=_("real time, whatever a sandbox's clock says")
    )
    called_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    fail_list_size = models.PositiveIntegerField(default=0)
    lookups = models.PositiveSmallIntegerField(default=0, help_text=_("times WeCom was asked and did not have it"))
    next_lookup_at = models.DateTimeField(null=True, blank=True, help_text=_("real time"))
    undecided_at = models.DateTimeField(null=True, blank=True, help_text=_("since when a person has to decide"))
    candidates = ArrayField(models.CharField(max_length=128), default=list, blank=True)
    collections = models.PositiveSmallIntegerField(default=0)
    next_collect_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdraw_at = models.DateTimeField(null=True, blank=True, help_text=_("since when it is to be withdrawn"))
    cancel_asked_at = models.DateTimeField(null=True, blank=True, help_text=_("when WeCom took the withdrawal"))
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminder_times = ArrayField(models.DateTimeField(), default=list, blank=True)
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
            models.CheckConstraint(
                condition=~Q(status__in=["handed", "closed"]) | ~Q(msgid=""), name="what_wecom_has_has_a_msgid"
            ),
            models.CheckConstraint(condition=Q(size__lte=SIZE), name="at_most_10000_customers_in_one_call"),
        ]
        indexes = [
            # read by dispatch, rescue and reconcile
            models.Index(
                fields=["corp", "status", "next_try_at"],
                name="batches_to_work_on",
                condition=Q(status__in=["ready", "calling", "unsure"]),
            ),
            # read by collect, withdraw and remind
            models.Index(fields=["corp", "next_collect_at"], name="batches_to_collect", condition=Q(status="handed")),
        ]

    def __str__(self) -> str:
        return f"{self.step} → {self.staff} ({self.size})"

    @property
    def reminders(self) -> int:
        return len(self.reminder_times)

    def remind(self, user: User | None = None) -> None:
        """Have WeCom remind the staff member, at most three times in 24 hours (doc 97610).

        Raises WrongState when there is nobody to remind, the limit is reached, or WeCom refuses.
        """
        from campaigns.engine import remind  # noqa: PLC0415  cycle: the engine works on these models

        remind.by_hand(self)
        if user is not None:
            AuditEntry.write(user, "batch.reminded", self)

    def withdraw(self, user: User | None = None) -> None:
        """Take back what the staff member has not confirmed; the engine's next turns tell WeCom."""
        waiting = [BatchStatus.READY, BatchStatus.CALLING, BatchStatus.UNSURE, BatchStatus.HANDED]
        now = clock.now()
        rows = Batch.objects.filter(pk=self.pk, status__in=waiting, withdraw_at=None, confirmed_at=None)
        if not rows.update(withdraw_at=now):
            raise WrongState(str(_("Only a send that staff have not confirmed can be withdrawn.")))
        self.withdraw_at = now
        if user is not None:
            AuditEntry.write(user, "batch.withdrawn", self)

    def look_now(self) -> None:
        """Have the engine's next turn ask WeCom how this send stands."""
        Batch.objects.filter(pk=self.pk, status=BatchStatus.HANDED).update(next_collect_at=clock.now())

    def declare_sent(self, msgid: str) -> None:
        """A person has found that WeCom has the call, under this msgid. Raises WrongState unless it is unsure."""
        from campaigns.engine import reconcile  # noqa: PLC0415  cycle: the engine works on these models

        reconcile.declare_sent(self, msgid)

    def declare_absent(self) -> None:
        """A person has found that WeCom does not have the call: make it again. Raises WrongState unless unsure."""
        from campaigns.engine import reconcile  # noqa: PLC0415  cycle: the engine works on these models

        reconcile.declare_absent(self)


class QuotaBlock(models.Model):
    """WeCom refused this customer with status 3: the window is full until ``until``, whatever our ledger says."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="quota_block")
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("quota block")
        verbose_name_plural = _("quota blocks")

    def __str__(self) -> str:
        return f"{self.customer_id} until {self.until:%Y-%m-%d}"
