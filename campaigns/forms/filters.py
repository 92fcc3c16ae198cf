"""Filters of the lists: strings of the address bar → querysets."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import CampaignStatus, EnrollmentStatus, Kind
from campaigns.models.passage import EnrollmentQuerySet
from campaigns.models.plan import CampaignQuerySet
from staff.fields import CleanCharField


class CampaignFilter(forms.Form):
    q = CleanCharField(label=_("Name"), required=False, max_length=60, widget=forms.TextInput({"type": "search"}))
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("any status")), *CampaignStatus.choices]
    )
    kind = forms.ChoiceField(label=_("Type"), required=False, choices=[("", _("any type")), *Kind.choices])

    def apply(self, rows: CampaignQuerySet) -> CampaignQuerySet:
        """The rows asked for; none where the filters make no sense."""
        if not self.is_valid():
            return rows.none()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if "q" in given:
            rows = rows.filter(name__icontains=given.pop("q"))
        return rows.filter(**given)


class EnrollmentFilter(forms.Form):
    q = CleanCharField(label=_("Customer"), required=False, max_length=100, widget=forms.TextInput({"type": "search"}))
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("any status")), *EnrollmentStatus.choices]
    )

    def apply(self, rows: EnrollmentQuerySet) -> EnrollmentQuerySet:
        if not self.is_valid():
            return rows.none()
        if self.cleaned_data["q"]:
            rows = rows.filter(customer__name__icontains=self.cleaned_data["q"])
        if self.cleaned_data["status"]:
            rows = rows.filter(status=self.cleaned_data["status"])
        return rows
