import calendar
import logging
from base64 import b64encode
from datetime import date, datetime, time, timedelta
from secrets import token_bytes
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.crypto import get_random_string
from django.utils.timezone import now as real_now
from django.utils.translation import gettext_lazy as _

from wecom.secrets import Sealed

logger = logging.getLogger(__name__)

SUSPENSION = timedelta(minutes=5)
COPYING = timedelta(days=1)  # how long callback keys that we made are shown, unless WeCom uses them earlier
CALLBACK_KEYS = ("callback_token", "aes_key")
TOKEN_LENGTH = 32
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def new_aes_key() -> str:
    """43 letters and digits that stand for 32 random bytes, as WeCom's console makes them."""
    while True:
        key = b64encode(token_bytes(32)).decode().removesuffix("=")
        if key.isalnum():
            return key


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def check_api_base(url: str) -> None:
    """`https://host[:port]`, or `http://` on this very machine: secrets never travel in the clear."""
    try:
        parts = urlsplit(url)
        broken = parts.port == 0
    except ValueError:
        raise ValidationError(_("The API base is not a URL."))
    if broken or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValidationError(_("The API base is a scheme and a host, such as https://qyapi.weixin.qq.com."))
    if parts.path.rstrip("/"):
        raise ValidationError(_("The API base ends after the host: leave out /cgi-bin and every other path."))
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise ValidationError(_("The API base must begin with https:// unless it is on this machine."))


# Functions, since Django's check takes a fixed time for a forgotten `now` whenever it runs at that very time.
def evening() -> time:
    return time(21, 0)


def morning() -> time:
    return time(9, 0)


def default_api_base() -> str:
    return str(settings.WECOM_API_BASE_URL)


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of one corp that only those who run the corp may see."""

    def of(self, corp: "Corp") -> Self:
        return self.filter(corp=corp)

    def visible_to(self, user: Any) -> Self:
        """Everything of the corp for its admins and operators, nothing for anybody else."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.sees_every_corp:
            return self.all()
        return self.filter(corp=user.corp_id) if user.sees_whole_corp else self.none()


class CorpQuerySet(models.QuerySet["Corp"]):
    def visible_to(self, user: Any) -> Self:
        """The user's own corp, or every corp for a superuser who belongs to none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.sees_every_corp:
            return self.all()
        return self.filter(pk=user.corp_id)

    def of(self, corp: "Corp") -> Self:
        return self.filter(pk=corp.pk)

    def sandbox_bases(self) -> list[str]:
        return list(self.filter(is_sandbox=True).order_by().values_list("api_base_url", flat=True).distinct())


class QuotaPolicy(models.TextChoices):
    """How many mass messages one customer may receive, as the corp chose in WeCom's console (doc 92135)."""

    MONTH = "month", _("as many per calendar month as it has days")
    WEEK = "week", _("7 per week")
    DAY = "day", _("1 per day")


class Corp(models.Model):
    """One WeCom corp, and the self-built app through which we act in it."""

    corpid = models.CharField(_("corp id"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    agentid = models.PositiveIntegerField(_("agent id"))
    secret_sealed = models.TextField(_("app secret, encrypted"), editable=False)
    callback_token_sealed = models.TextField(_("callback token, encrypted"), editable=False)
    aes_key_sealed = models.TextField(_("callback AES key, encrypted"), editable=False)
    api_base_url = models.CharField(
        _("API base"), max_length=200, default=default_api_base, validators=[check_api_base]
    )
    quota_policy = models.CharField(
        _("quota policy"), max_length=5, choices=QuotaPolicy.choices, default=QuotaPolicy.MONTH
    )
    quiet_from = models.TimeField(_("quiet from"), default=evening)
    quiet_until = models.TimeField(_("quiet until"), default=morning)
    timezone = models.CharField(_("time zone"), max_length=50, default="Asia/Shanghai")
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True, editable=False)
    suspended_code = models.IntegerField(_("suspended by errcode"), null=True, blank=True, editable=False)
    suspended_reason = models.TextField(_("suspended because"), blank=True, default="", editable=False)
    callback_refused_at = models.DateTimeField(_("callback refused at"), null=True, blank=True, editable=False)
    callback_refused_for = models.CharField(
        _("callback refused for"), max_length=10, blank=True, default="", editable=False
    )
    callback_checked_at = models.DateTimeField(_("callback URL checked at"), null=True, blank=True, editable=False)
    callback_keys_made_at = models.DateTimeField(_("callback keys made at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=real_now, editable=False)

    secret = Sealed("secret_sealed")
    callback_token = Sealed("callback_token_sealed")
    aes_key = Sealed("aes_key_sealed")

    objects = CorpQuerySet.as_manager()

    class Meta:
        verbose_name = _("corp")
        verbose_name_plural = _("corps")
        ordering = ("corpid",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quota_policy__in=QuotaPolicy.values), name="corp_quota_policy_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(suspended_at__isnull=True) | ~models.Q(suspended_reason=""),
                name="suspended_corp_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.corpid

    def quota_per_window(self, day: date) -> int:
        """Mass messages that one customer may receive in the window (month, week or day) around local `day`."""
        if self.quota_policy == QuotaPolicy.MONTH:
            return calendar.monthrange(day.year, day.month)[1]
        return 7 if self.quota_policy == QuotaPolicy.WEEK else 1

    def set_credentials(self, **changes: Any) -> None:
        """Save new credentials, drop the token that the old ones fetched, and lift a suspension.

        With another callback token or key, what WeCom's console holds is to be proved again.
        """
        kept = self.pk and all(getattr(self, name) == changes.get(name, getattr(self, name)) for name in CALLBACK_KEYS)
        for name, value in changes.items():
            setattr(self, name, value)
        if not kept:
            self.callback_checked_at = self.callback_keys_made_at = None
            self.callback_refused_at, self.callback_refused_for = None, ""
        self.save()
        self.lift_suspension()
        AccessToken.objects.filter(corp=self).delete()
        self.js_tickets.all().delete()

    def make_callback_keys(self, moment: datetime) -> None:
        """A new callback token and AES key, to be copied into WeCom's console. Those of before are worth nothing."""
        token = get_random_string(TOKEN_LENGTH)
        self.set_credentials(callback_token=token, aes_key=new_aes_key())
        self.callback_keys_made_at = moment
        self.save(update_fields=["callback_keys_made_at"])

    def shows_callback_keys(self, moment: datetime) -> bool:
        """May token and key be copied? Only what we made ourselves, for a day, and until WeCom has used it."""
        made = self.callback_keys_made_at
        return made is not None and self.callback_checked_at is None and moment - made < COPYING

    def suspend(self, errcode: int, reason: str, moment: datetime) -> None:
        """Open the breaker, or keep it open: calls are refused here, not at WeCom, until `moment` plus five minutes.

        However many calls fail, one of them opens it: one `Suspension`, one line in the log for those who watch it.
        """
        reason = reason or str(errcode)
        values = {"suspended_at": moment, "suspended_code": errcode, "suspended_reason": reason}
        row = Corp.objects.filter(pk=self.pk)
        with transaction.atomic():
            opened = row.filter(suspended_at__isnull=True).update(**values)
            if opened:
                self.suspensions.create(errcode=errcode, reason=reason, opened_at=moment)
            else:
                row.update(**values)
        self.suspended_at, self.suspended_code, self.suspended_reason = moment, errcode, reason
        if opened:
            logger.error("calls of corp %s are stopped, an admin is needed: %s %s", self.corpid, errcode, reason)

    def lift_suspension(self, moment: datetime | None = None) -> None:
        """Close the breaker: a call has succeeded, or there are new credentials."""
        self.suspended_at, self.suspended_code, self.suspended_reason = None, None, ""
        end = Value(moment or real_now())
        with transaction.atomic():
            Corp.objects.filter(pk=self.pk).update(suspended_at=None, suspended_code=None, suspended_reason="")
            self.suspensions.filter(closed_at__isnull=True).update(closed_at=Greatest("opened_at", end))


class AccessToken(models.Model):
    """The corp app's access token and the lock under which it is fetched anew (docs/decisions/001)."""

    corp = models.OneToOneField(Corp, models.CASCADE, related_name="access_token", verbose_name=_("corp"))
    token_sealed = models.TextField(_("token, encrypted"), default="", blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    refreshing_until = models.DateTimeField(_("being refreshed until"), null=True, blank=True)

    token = Sealed("token_sealed")

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.corp_id}, version {self.version}"
