from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wecom import callback, clock, doctor
from wecom.doctor import Check
from wecom.models import Corp
from wecom.models.corp import QuotaPolicy, check_api_base, default_api_base, is_loopback

FIELDS = {
    Check.API_BASE: "api_base_url",
    Check.CORPID: "corpid",
    Check.SECRET: "secret",
    Check.AGENTID: "agentid",
}
LARGEST = 2**31 - 1


class CorpForm(forms.Form):
    """Credentials of a corp, tried with WeCom before they are stored. A secret left empty stays as it is.

    `may_move`: whether the API base may be changed, to which the secret is sent. Then it has to be entered again.
    """

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("As your people call this brand or company."),
    )
    corpid = forms.CharField(
        label=gettext_lazy("Corp id"),
        max_length=64,
        help_text=gettext_lazy(
            "WeCom's admin console: My Company (我的企业) → Company Information (企业信息), at the bottom."
        ),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    agentid = forms.IntegerField(
        label=gettext_lazy("Agent id"),
        min_value=1,
        max_value=LARGEST,
        help_text=gettext_lazy(
            "App Management (应用管理) → Self-built (自建) → the app. Make one there if there is none."
        ),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("App secret"),
        max_length=200,
        help_text=gettext_lazy("On the same page: Secret → View (查看). It is encrypted here and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    quota_policy = forms.ChoiceField(
        label=gettext_lazy("Mass messages to one customer"),
        choices=QuotaPolicy.choices,
        initial=QuotaPolicy.MONTH,
        help_text=gettext_lazy(
            "As chosen in WeCom's console: Customer Contact (客户联系) → Mass sends (群发工具). Most keep the first."
        ),
    )
    api_base_url = forms.CharField(
        label=gettext_lazy("API base"),
        max_length=200,
        validators=[check_api_base],
        help_text=gettext_lazy("Change it only for a sandbox or a proxy of your own."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, corp: Corp | None = None, may_move: bool = True) -> None:
        self.corp = corp
        self.untrusted_ip = ""
        super().__init__(data, initial=known(corp))
        if corp:
            self.fields["corpid"].disabled = True
            self.fields["api_base_url"].disabled = not may_move
            self.fields["secret"].required = False
            self.fields["secret"].help_text = _("Leave empty to keep the present one. It is never shown.")

    def clean_corpid(self) -> str:
        corpid: str = self.cleaned_data["corpid"]
        if self.corp is None and Corp.objects.filter(corpid=corpid).exists():
            raise forms.ValidationError(_("This corp is registered already."))
        return corpid

    def clean_api_base_url(self) -> str:
        base: str = self.cleaned_data["api_base_url"]
        return base.rstrip("/")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        moved = self.corp and values.get("api_base_url", self.corp.api_base_url) != self.corp.api_base_url
        if moved and not values.get("secret"):
            self.add_error("secret", _("It goes to another address from now on: enter it again."))
        if not self.errors:
            self._try_out()
        return self.cleaned_data

    def _try_out(self) -> None:
        """Ask WeCom. The value that it does not accept gets the error.

        An address that is not trusted yet is no fault of these values, and WeCom's console takes it only after the
        callback URL: it is noted, and the agent id is looked at again in a later step.
        """
        examination = doctor.Examination(self._trial())
        for check, field in FIELDS.items():
            finding = examination.finding(check)
            if finding.failed:
                self.add_error(field, " ".join([finding.detail, *finding.advice]))
        if examination.finding(Check.TRUSTED_IP).failed:
            self.untrusted_ip = examination.patient.seen_ip or "?"

    def _trial(self) -> Corp:
        values = self.cleaned_data
        trial = Corp(corpid=values["corpid"], agentid=values["agentid"], api_base_url=values["api_base_url"])
        trial.secret = values["secret"] or (self.corp.secret if self.corp else "")
        return trial

    def save(self) -> Corp:
        """Store the corp; a new one gets callback keys."""
        values = {**self.cleaned_data}
        if not values["secret"]:
            del values["secret"]
        base = values["api_base_url"]
        values["is_sandbox"] = is_loopback(base) and clock.ask(base) is not None
        if self.corp:
            self.corp.set_credentials(**values)
        else:
            secret = values.pop("secret")
            self.corp = Corp(**values)
            self.corp.secret = secret
            self.corp.make_callback_keys(clock.now())
        callback.forget()
        return self.corp


def known(corp: Corp | None) -> dict[str, Any]:
    """What the form may show of a stored corp: everything but secrets."""
    if corp is None:
        return {"api_base_url": default_api_base()}
    return {name: getattr(corp, name) for name in ("name", "corpid", "agentid", "quota_policy", "api_base_url")}
