"""Saved conditions over customers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.scope import Shared
from wecom import clock
from wecom.models import Corp


class Segment(models.Model):
    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="segments")
    name = models.CharField(max_length=60)
    condition = models.JSONField(help_text=_("a tree of the condition language, see customers.segments"))
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["corp", "name"], name="one_segment_per_name")]

    def __str__(self) -> str:
        return self.name
