from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ClockManager(models.Manager["Clock"]):
    def offset(self) -> timedelta:
        """The offset in force; zero where no sandbox ever turned the clock."""
        return self.values_list("offset", flat=True).first() or timedelta(0)

    def write(self, offset: timedelta) -> None:
        self.update_or_create(pk=1, defaults={"offset": offset, "pulled_at": timezone.now()})


class Clock(models.Model):
    """One row: how far the sandbox's clock runs ahead of the real time."""

    offset = models.DurationField(_("offset"), default=timedelta(0))
    pulled_at = models.DateTimeField(_("asked the sandbox at"))

    objects = ClockManager()

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clock")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_clock")]

    def __str__(self) -> str:
        return f"{self.offset}"
