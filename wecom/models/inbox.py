from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from wecom import clock
from wecom.errors import WrongState
from wecom.models.corp import Corp, ScopedQuerySet


class Lane(models.TextChoices):
    URGENT = "urgent", _("urgent")
    DEFAULT = "default", _("default")


class InboxQuerySet(ScopedQuerySet):
    def parked(self) -> Self:
        return self.filter(state=InboxEvent.State.PARKED)

    def failed(self) -> Self:
        """Parked, or waiting for another try after an error."""
        again = models.Q(state=InboxEvent.State.PENDING) & ~models.Q(error="")
        return self.filter(models.Q(state=InboxEvent.State.PARKED) | again)

    def replay(self) -> int:
        """Have the events handled once more, with all their tries; how many. One that a worker holds is left alone."""
        return self.exclude(state=InboxEvent.State.WORKING).update(
            state=InboxEvent.State.PENDING,
            attempts=0,
            next_try_at=clock.now(),
            error="",
            traceback="",
            handled_at=None,
        )


class InboxEvent(models.Model):
    """A callback of WeCom, written down before it was answered. `payload` maps WeCom's element names to text."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        WORKING = "working", _("being handled")
        DONE = "done", _("done")
        IGNORED = "ignored", _("nobody handles this event")
        PARKED = "parked", _("parked after errors")

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="inbox_events", verbose_name=_("corp"))
    key = models.CharField(_("key"), max_length=64)
    event = models.CharField(_("event"), max_length=100)
    change_type = models.CharField(_("change type"), max_length=100, blank=True, default="")
    userid = models.CharField(_("user id"), max_length=128, blank=True, default="")
    external_userid = models.CharField(_("external user id"), max_length=128, blank=True, default="")
    payload = models.JSONField(_("payload"), default=dict)
    lane = models.CharField(_("lane"), max_length=7, choices=Lane.choices, default=Lane.DEFAULT)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"))
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    leased_by = models.IntegerField(
        _("leased by"), null=True, blank=True, help_text=_("the worker's database session")
    )
    error = models.TextField(_("error"), blank=True, default="")
    traceback = models.TextField(_("traceback"), blank=True, default="")
    received_at = models.DateTimeField(_("received at"))
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    created_at_wecom = models.DateTimeField(_("happened at"), null=True, blank=True)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("callback event")
        verbose_name_plural = _("callback events")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["corp", "key"], name="a_callback_is_written_down_once"),
            models.CheckConstraint(
                condition=~models.Q(state="working") | models.Q(leased_until__isnull=False),
                name="a_working_event_has_a_lease",
            ),
        ]
        indexes = [
            # inbox.claim: what is due, urgent first ("urgent" > "default")
            models.Index(fields=["-lane", "next_try_at", "id"], name="inbox_due", condition=models.Q(state="pending")),
            # inbox.claim: what a dead worker left
            models.Index(fields=["leased_until"], name="inbox_leased", condition=models.Q(state="working")),
            # the inbox page: newest first, by state
            models.Index(fields=["corp", "state", "-id"], name="inbox_page"),
            # the inbox page: one customer's events
            models.Index(fields=["corp", "external_userid", "-id"], name="inbox_customer"),
            # the lag chart and /metrics: one span of time; wecom.retention: what is older
            models.Index(fields=["corp", "received_at"], name="inbox_span"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The key under which handlers are registered, such as `change_external_contact.add_external_contact`."""
        return f"{self.event}.{self.change_type}" if self.change_type else self.event

    def replay(self) -> None:
        """Have the event handled once more, with all its tries. Refused while a worker holds it."""
        moved = InboxEvent.objects.filter(pk=self.pk).replay()
        if not moved:
            raise WrongState(_("This event is being handled right now."))
        self.refresh_from_db()
