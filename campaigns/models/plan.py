"""The plan: a campaign with the verbs that change its state, its published versions, and the steps of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models.states import Action, CampaignStatus, ClockStart, Enroll, Kind
from staff.errors import WrongState
from staff.models import AuditEntry, User
from staff.scope import Shared
from wecom import clock
from wecom.models import Corp

LATE_AFTER = timedelta(hours=12)
EXPIRES_AFTER = timedelta(hours=48)


class CampaignQuerySet(Shared):
    def running(self) -> Self:
        return self.filter(status=CampaignStatus.RUNNING)


class Campaign(models.Model):
    """What is to happen, and whether it is happening."""

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
    # Where enrolment stands: the last complete look at the audience and the last friendship that was known then, how
    # far the look in hand has come, when the next one may begin (real time), and since when nobody enters any more.
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)
    known_to = models.BigIntegerField(default=0, editable=False)
    looked_to = models.BigIntegerField(default=0, editable=False)
    look_again_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

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

    @property
    def published(self) -> Version | None:
        """The version on which customers enter now."""
        return self.versions.filter(published_at__isnull=False).order_by("number").last()

    @property
    def draft(self) -> Version | None:
        """The version that is being edited: the first one, or a change that is not published yet."""
        return self.versions.filter(published_at__isnull=True).order_by("number").last()

    def launch(self, user: User | None = None) -> None:
        """Publish the draft and begin. Raises WrongState unless the campaign is a draft."""
        now = clock.now()
        with transaction.atomic():
            self._move(
                user,
                "launched",
                [CampaignStatus.DRAFT],
                _("Only a draft can be launched."),
                status=CampaignStatus.RUNNING,
                launched_at=now,
                looked_at=now,
            )
            self._publish(now)

    def publish(self, user: User | None = None) -> None:
        """Let customers enter on the edited version from now on; those inside stay on theirs."""
        now = clock.now()
        with transaction.atomic():
            self._move(
                user,
                "published",
                [CampaignStatus.RUNNING, CampaignStatus.PAUSED],
                _("Only a running or paused campaign takes a new version."),
                looked_to=0,
            )
            self._publish(now)

    def pause(self, user: User | None = None) -> None:
        """Nothing new leaves from here on. What staff already have stays with them."""
        self._move(
            user,
            "paused",
            [CampaignStatus.RUNNING],
            _("Only a running campaign can be paused."),
            status=CampaignStatus.PAUSED,
            paused_at=clock.now(),
        )

    def resume(self, user: User | None = None) -> None:
        self._move(
            user,
            "resumed",
            [CampaignStatus.PAUSED],
            _("Only a paused campaign can be resumed."),
            status=CampaignStatus.RUNNING,
            paused_at=None,
        )

    def end(self, user: User | None = None) -> None:
        """Over for good: what has not left is cancelled, what staff have not confirmed is withdrawn from WeCom.

        The engine's next turns withdraw it, and finish what is too much for one request.
        """
        from campaigns.engine import ending  # noqa: PLC0415  cycle: the engine works on these models

        with transaction.atomic():
            ending.lock_planning(self.corp_id)
            self._move(
                user,
                "ended",
                [CampaignStatus.RUNNING, CampaignStatus.PAUSED],
                _("Only a running or paused campaign can be ended."),
                status=CampaignStatus.ENDED,
                ended_at=clock.now(),
            )
            ending.wind_down(self.pk, clock.now())

    def _move(
        self, user: User | None, fact: str, allowed: list[CampaignStatus], refusal: str | Promise, **changes: object
    ) -> None:
        """Change the row if its state allows it, and this object with it. Raises WrongState."""
        with transaction.atomic():
            if not Campaign.objects.filter(pk=self.pk, status__in=allowed).update(**changes):
                raise WrongState(str(refusal))
            if user is not None:
                AuditEntry.write(user, f"campaign.{fact}", self)
        for name, value in changes.items():
            setattr(self, name, value)

    def _publish(self, now: datetime) -> None:
        draft = self.versions.filter(published_at__isnull=True, steps__isnull=False)
        if not Version.objects.filter(pk__in=draft.values("pk")).update(published_at=now):
            raise WrongState(str(_("There is no edited version with steps to publish.")))


class Version(models.Model):
    """An immutable published plan. Until it is published it is the campaign's draft and may be edited.

    A trigger of migration 0002 refuses changes to a published version and to its steps.
    """

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
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="one_version_per_number"),
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(published_at__isnull=True), name="one_draft_per_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} v{self.number}"


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
            models.CheckConstraint(condition=Q(expires_after__gt=timedelta(0)), name="staff_have_some_time"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.version} #{self.position}"
