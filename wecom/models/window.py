from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from wecom.models.corp import Corp, ScopedQuerySet


class EndpointWindow(models.Model):
    """What one corp has used of one endpoint's frequency limit (doc 90312). Written by `wecom.limits` only."""

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="endpoint_windows", verbose_name=_("corp"))
    endpoint = models.CharField(_("endpoint"), max_length=100)
    spent_until = models.DateTimeField(_("budget spent until"))
    minute_start = models.DateTimeField(_("minute"))
    minute_calls = models.PositiveIntegerField(_("calls in the minute"), default=0)
    hour_start = models.DateTimeField(_("hour"))
    hour_calls = models.PositiveIntegerField(_("calls in the hour"), default=0)
    resting_until = models.DateTimeField(_("resting until"), null=True, blank=True)
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    errors_by_code = models.JSONField(_("errors by code"), default=dict, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("endpoint window")
        verbose_name_plural = _("endpoint windows")
        ordering = ("corp", "endpoint")
        constraints = [models.UniqueConstraint(fields=["corp", "endpoint"], name="one_window_per_corp_and_endpoint")]

    def __str__(self) -> str:
        return self.endpoint

    def calls_in_minute(self, now: datetime) -> int:
        return self.minute_calls if self.minute_start == now.replace(second=0, microsecond=0) else 0

    def calls_in_hour(self, now: datetime) -> int:
        return self.hour_calls if self.hour_start == now.replace(minute=0, second=0, microsecond=0) else 0

    def rests(self, now: datetime) -> bool:
        return self.resting_until is not None and self.resting_until > now
