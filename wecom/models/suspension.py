from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wecom.models.corp import Corp, ScopedQuerySet


class Suspension(models.Model):
    """One time that a corp's calls were stopped, because WeCom condemned all of them: one alert each.

    Tries that fail while it lasts change nothing here. Written by `Corp.suspend` and `Corp.lift_suspension` only.
    """

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="suspensions", verbose_name=_("corp"))
    errcode = models.IntegerField(_("errcode"))
    reason = models.TextField(_("reason"))
    opened_at = models.DateTimeField(_("from"))
    closed_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ("-opened_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["corp"], condition=Q(closed_at__isnull=True), name="one_open_suspension_per_corp"
            ),
            models.CheckConstraint(condition=Q(closed_at__gte=F("opened_at")), name="suspension_ends_after_its_start"),
        ]

    def __str__(self) -> str:
        return f"{self.errcode} {self.opened_at:%Y-%m-%d %H:%M}"
