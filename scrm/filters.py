"""Filters of the system pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import BatchStatus
from staff.fields import CleanCharField
from wecom.models import InboxEvent


class ListFilter(forms.Form):
    """Each subclass says in `lookups` what its values ask. What cannot be understood shows nothing and answers 400."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.required = False
        self.is_valid()

    @property
    def http_status(self) -> int:
        return 400 if self.errors else 200

    @property
    def in_use(self) -> bool:
        return any(self.cleaned_data.values())

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.errors:
            return rows.none()
        return rows.filter(self.lookups({name: value for name, value in self.cleaned_data.items() if value}))

    def lookups(self, given: dict[str, Any]) -> Q:
        raise NotImplementedError


class InboxFilter(ListFilter):
    q = CleanCharField(label=_("Customer's WeCom id"), max_length=128)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("Any state")), *InboxEvent.State.choices])
    event = CleanCharField(
        label=_("Kind of event"), max_length=201, widget=forms.TextInput(attrs={"list": "event-kinds"})
    )
    staff = CleanCharField(label=_("Member's user id"), max_length=128)

    def lookups(self, given: dict[str, Any]) -> Q:
        asked = {"state": "state", "q": "external_userid"}
        found = Q(**{column: given[name] for name, column in asked.items() if name in given})
        if "staff" in given:
            found &= Q(userid__iexact=given["staff"])
        return found & self.of_kind(given["event"]) if "event" in given else found

    def of_kind(self, wanted: str) -> Q:
        """`event.change_type` as the callback table names it, or a part of either."""
        event, dot, change_type = wanted.partition(".")
        if dot:
            return Q(event=event, change_type=change_type)
        return Q(event__icontains=wanted) | Q(change_type__icontains=wanted)


class JournalFilter(ListFilter):
    """`hours` is the span that the counts are of; the other filters are of endpoints and of replies."""

    q = CleanCharField(label=_("Endpoint"), max_length=100)
    hours = forms.TypedChoiceField(
        label=_("Span"),
        choices=[("", _("Last 24 hours")), ("1", _("Last hour")), ("168", _("Last 7 days"))],
        coerce=int,
    )
    errcode = forms.IntegerField(label=_("errcode"), min_value=-(2**31), max_value=2**31 - 1)

    @property
    def span(self) -> int:
        return int(self.cleaned_data.get("hours") or 24)

    def wants(self, endpoint: str) -> bool:
        return not self.errors and self.cleaned_data["q"].lower() in endpoint.lower()

    def lookups(self, given: dict[str, Any]) -> Q:
        found = Q(endpoint__icontains=given["q"]) if "q" in given else Q()
        return found & Q(errcode=given["errcode"]) if "errcode" in given else found


class OutboxFilter(ListFilter):
    q = CleanCharField(label=_("Campaign, staff or msgid"), max_length=128)
    status = forms.ChoiceField(label=_("State"), choices=[("", _("Any state")), *BatchStatus.choices])

    def lookups(self, given: dict[str, Any]) -> Q:
        found = Q(status=given["status"]) if "status" in given else Q()
        if "q" in given:
            wanted = given["q"]
            campaign = Q(step__version__campaign__name__icontains=wanted)
            found &= campaign | Q(staff__name__icontains=wanted) | Q(msgid=wanted)
        return found


class AuditFilter(ListFilter):
    q = CleanCharField(label=_("Person, action or target"), max_length=60)

    def lookups(self, given: dict[str, Any]) -> Q:
        if "q" not in given:
            return Q()
        wanted = given["q"]
        return Q(user__username__icontains=wanted) | Q(action__icontains=wanted) | Q(target__icontains=wanted)


class SentForm(forms.Form):
    msgid = CleanCharField(label=_("msgid in WeCom"), max_length=128)
