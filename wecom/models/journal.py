"""What became of our calls: counts and latencies by the hour, and the last refusals in WeCom's words."""

import re

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from wecom.errors import ErrorKind
from wecom.models.corp import Corp, ScopedQuerySet

HINT = re.compile(r"hint: ?\[([^\]]{1,100})\]")
ADDRESS = re.compile(r"from ip: ?([0-9a-fA-F.:]{3,45})")

ADVICE = {
    ErrorKind.TOKEN: _("The access token was refused twice. If it goes on, another program uses this app's secret."),
    ErrorKind.RETRY: _("WeCom was busy or could not be reached. It is tried again."),
    ErrorKind.LIMIT: _("The endpoint rests and goes on by itself."),
    ErrorKind.CONFIG: _("An admin has to change something in WeCom's console: see Credentials."),
    ErrorKind.GONE: _("The object is no longer there, or no longer ours. The next sync settles it."),
    ErrorKind.QUOTA: _("A cap of WeCom is reached. It is not tried again."),
    ErrorKind.PERMANENT: _("WeCom will never take this input. It is not tried again."),
    ErrorKind.MEDIA: _("The uploaded file had expired at WeCom. It is uploaded again."),
    ErrorKind.UNKNOWN: _("The answer could not be read. What it did is looked up before anything is repeated."),
}


class EndpointHour(models.Model):
    """Answers of one endpoint within one hour; without an hour, since the first call. Written by `wecom.journal`.

    `latency[n]` counts the answers that took at most `journal.BOUNDS[n]` seconds, the last one all slower ones.
    """

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="endpoint_hours", verbose_name=_("corp"))
    endpoint = models.CharField(_("endpoint"), max_length=100)
    hour = models.DateTimeField(_("hour"), null=True, blank=True)
    latency = ArrayField(models.PositiveIntegerField(), verbose_name=_("answers by latency"), default=list)
    seconds = models.FloatField(_("seconds of waiting"), default=0)
    errors_by_code = models.JSONField(_("errors by code"), default=dict, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("endpoint's hour")
        verbose_name_plural = _("endpoints' hours")
        ordering = ("corp", "endpoint", "-hour")
        constraints = [
            models.UniqueConstraint(
                fields=["corp", "endpoint", "hour"], nulls_distinct=False, name="one_row_per_endpoint_and_hour"
            )
        ]
        indexes = [
            # the journal page: one span of time; wecom.retention: what is older
            models.Index(fields=["corp", "hour"], name="journal_span"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.hour:%Y-%m-%d %H:00}" if self.hour else self.endpoint


class ErrorReply(models.Model):
    """One refusal. The text is WeCom's, without anything that could be a token or a secret."""

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="error_replies", verbose_name=_("corp"))
    endpoint = models.CharField(_("endpoint"), max_length=100)
    errcode = models.IntegerField(_("errcode"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=10)
    errmsg = models.CharField(_("message"), max_length=500)
    at = models.DateTimeField(_("at"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("error reply")
        verbose_name_plural = _("error replies")
        ordering = ("-id",)
        indexes = [
            # the journal page, and the cap on a corp's rows
            models.Index(fields=["corp", "-id"], name="reply_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.errcode}"

    @property
    def words(self) -> str:
        """What WeCom said, without the references for its support."""
        return self.errmsg.partition(", hint:")[0]

    @property
    def hint(self) -> str:
        """The number under which WeCom's support finds the call."""
        found = HINT.search(self.errmsg)
        return found[1] if found else ""

    @property
    def address(self) -> str:
        """From which of our addresses WeCom saw the call."""
        found = ADDRESS.search(self.errmsg)
        return found[1] if found else ""

    @property
    def advice(self) -> str:
        return str(ADVICE.get(ErrorKind(self.kind), "")) if self.kind in set(ErrorKind) else ""
