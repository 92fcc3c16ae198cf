"""The plan: a campaign, its published versions, and the steps of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from staff.scope import Shared
from wecom import clock
from wecom.models import Corp

LATE_AFTER = timedelta(hours=12)
EXPIRES_AFTER = timedelta(hours=48)


class Kind(models.TextChoices):
    SOP = "sop", _("SOP")
    BROADCAST = "broadcast", _("Broadcast")


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class CampaignQuerySet(Shared):
    def running(self) -> Self:
        return self.filter(status=CampaignStatus.RUNNING)


class Campaign(models.Model):
    """What is to happen, and whether it is happening. The verbs that change ``status`` live in ``campaigns.verbs``."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="campaigns")
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.SOP)
    status = models.CharField(max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("larger goes first when a customer's quota is short")
    )
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    launched_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=CampaignStatus.DRAFT) | Q(launched_at__isnull=False),
                name="only_a_draft_was_never_launched",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Enroll(models.TextChoices):
    NEWCOMERS = "newcomers", _("customers added after launch")
    EVERYONE = "everyone", _("everyone who matches, those already here too")


class ClockStart(models.TextChoices):
    ADDED = "added_at", _("the day the customer was added")
    ENROLLED = "enrolled_at", _("the day the customer entered the campaign")


class Version(models.Model):
    """An immutable published plan. Until it is published it is the campaign's draft and may be edited."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    audience = models.JSONField(default=dict, help_text=_("a tree of the condition language"))
    enroll = models.CharField(max_length=12, choices=Enroll, default=Enroll.NEWCOMERS)
    clock = models.CharField(max_length=12, choices=ClockStart, default=ClockStart.ADDED)
    late_after = models.DurationField(default=LATE_AFTER, help_text=_("later than this, a step is skipped"))
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.campaign} v{self.number}"


class Action(models.TextChoices):
    MESSAGE = "message", _("Message")
    TASK = "task", _("Task")


class Step(models.Model):
    """One action of a version. Its moment is either day + local time, or a duration from the enrollment's clock."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.TimeField(null=True, blank=True, help_text=_("local time of the corp"))
    after = models.DurationField(null=True, blank=True, help_text=_("from the clock, instead of day and time"))
    action = models.CharField(max_length=10, choices=Action, default=Action.MESSAGE)
    expires_after = models.DurationField(default=EXPIRES_AFTER, help_text=_("how long staff have"))
    condition = models.JSONField(null=True, blank=True)
    content = models.JSONField(default=list, blank=True, help_text=_("content items, see content.attachments"))
    title = models.CharField(max_length=60, blank=True)
    script = models.TextField(blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_step_per_position"),
            models.CheckConstraint(
                condition=Q(after_days__isnull=False, at__isnull=False, after__isnull=True)
                | Q(after_days__isnull=True, at__isnull=True, after__isnull=False),
                name="a_step_has_either_day_and_time_or_a_duration",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.version} #{self.position}"
