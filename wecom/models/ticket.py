from django.db import models
from django.utils.translation import gettext_lazy as _

from wecom.models.corp import Corp
from wecom.secrets import Sealed


class JsTicket(models.Model):
    """A JS-SDK ticket and the lock under which it is fetched anew. The two kinds sign different things: never mix."""

    class Kind(models.TextChoices):
        CORP = "corp", _("of the corp")  # for config
        APP = "app", _("of the app")  # for agentConfig

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="js_tickets", verbose_name=_("corp"))
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    ticket_sealed = models.TextField(_("ticket, encrypted"), default="", blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    refreshing_until = models.DateTimeField(_("being refreshed until"), null=True, blank=True)

    ticket = Sealed("ticket_sealed")

    class Meta:
        verbose_name = _("JS-SDK ticket")
        verbose_name_plural = _("JS-SDK tickets")
        constraints = [
            models.UniqueConstraint(fields=["corp", "kind"], name="one_js_ticket_per_corp_and_kind"),
            models.CheckConstraint(condition=models.Q(kind__in=["corp", "app"]), name="js_ticket_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.corp_id} {self.kind}, version {self.version}"
