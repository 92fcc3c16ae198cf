from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from wecom import callback
from wecom.crypto import decode_key
from wecom.errors import WrongState
from wecom.models import (
    AccessToken,
    Clock,
    Corp,
    EndpointHour,
    EndpointWindow,
    ErrorReply,
    InboxEvent,
    JsTicket,
    Suspension,
    SyncRun,
)

KEPT = _("Leave empty to keep the present one. It is never shown.")


class CorpForm(forms.ModelForm):
    """Secrets can be written, never read."""

    secret = forms.CharField(
        label=_("app secret"), required=False, help_text=KEPT, widget=forms.PasswordInput(render_value=False)
    )
    callback_token = forms.RegexField(
        r"^[A-Za-z0-9]{1,32}$",
        label=_("callback token"),
        required=False,
        help_text=KEPT,
        widget=forms.PasswordInput(render_value=False),
    )
    aes_key = forms.CharField(
        label=_("callback AES key"), required=False, help_text=KEPT, widget=forms.PasswordInput(render_value=False)
    )

    class Meta:
        model = Corp
        fields = (
            *("corpid", "name", "agentid", "api_base_url", "is_sandbox"),
            *("quota_policy", "quiet_from", "quiet_until", "timezone"),
        )

    def clean_aes_key(self) -> str:
        aes_key: str = self.cleaned_data["aes_key"]
        try:
            if aes_key:
                decode_key(aes_key)
        except ValueError:
            raise forms.ValidationError(_("An EncodingAESKey has 43 letters and digits."))
        return aes_key

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("secret", "callback_token", "aes_key"):
            if not self.instance.pk and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("This field is required."))
        return cleaned

    def new_secrets(self) -> dict[str, str]:
        given = {name: self.cleaned_data.get(name, "") for name in ("secret", "callback_token", "aes_key")}
        return {name: value for name, value in given.items() if value}


@admin.register(Corp)
class CorpAdmin(ModelAdmin):
    form = CorpForm
    list_display = ("corpid", "name", "agentid", "is_sandbox", "quota_policy", "suspended_at")
    search_fields = ("corpid", "name")
    readonly_fields = ("suspended_at", "suspended_code", "suspended_reason", "created_at")

    def save_model(self, request: HttpRequest, obj: Corp, form: CorpForm, change: bool) -> None:
        obj.set_credentials(**form.new_secrets())
        callback.forget()


class Facts(ModelAdmin):
    """Rows that the machinery writes: to look at, not to edit."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessToken)
class AccessTokenAdmin(Facts):
    list_display = ("corp", "version", "expires_at", "refreshing_until")
    fields = ("corp", "version", "expires_at", "refreshing_until")


@admin.register(JsTicket)
class JsTicketAdmin(Facts):
    list_display = ("corp", "kind", "version", "expires_at", "refreshing_until")
    fields = ("corp", "kind", "version", "expires_at", "refreshing_until")


@admin.register(Suspension)
class SuspensionAdmin(Facts):
    list_display = ("corp", "errcode", "reason", "opened_at", "closed_at")
    list_filter = ("corp",)


@admin.register(Clock)
class ClockAdmin(Facts):
    list_display = ("offset", "pulled_at")


@admin.register(EndpointWindow)
class EndpointWindowAdmin(Facts):
    list_display = ("corp", "endpoint", "calls", "minute_calls", "hour_calls", "resting_until", "errors_by_code")
    list_filter = ("corp",)
    search_fields = ("endpoint",)


@admin.register(EndpointHour)
class EndpointHourAdmin(Facts):
    list_display = ("corp", "endpoint", "hour", "latency", "seconds", "errors_by_code")
    list_filter = ("corp",)
    search_fields = ("endpoint",)


@admin.register(ErrorReply)
class ErrorReplyAdmin(Facts):
    list_display = ("at", "corp", "endpoint", "errcode", "kind", "errmsg")
    list_filter = ("corp", "kind")
    search_fields = ("endpoint", "errcode")


@admin.register(SyncRun)
class SyncRunAdmin(Facts):
    list_display = (
        "corp",
        "kind",
        "subject",
        "status",
        "phase",
        "done",
        "total",
        "started_at",
        "finished_at",
        "error",
    )
    list_filter = ("corp", "kind", "status")


@admin.register(InboxEvent)
class InboxEventAdmin(Facts):
    list_display = ("id", "corp", "event", "change_type", "userid", "external_userid", "state", "attempts")
    list_filter = ("corp", "state", "event", "change_type")
    search_fields = ("userid", "external_userid", "key")
    actions = ("replay",)
    list_select_related = ("corp",)

    @admin.action(description=_("Handle again"))
    def replay(self, request: HttpRequest, events: Any) -> None:
        for event in events:
            try:
                event.replay()
            except WrongState as refusal:
                self.message_user(request, f"{event.pk}: {refusal}", messages.WARNING)
