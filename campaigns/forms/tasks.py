"""Forms of the task page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models.work import TaskQuerySet
from campaigns.worklist import PERIODS
from staff.fields import CleanCharField
from staff.models import Staff, User
from wecom.models import Corp


class TaskFilter(forms.Form):
    """Which period, and for those who see colleagues' tasks, whose."""

    when = forms.ChoiceField(required=False, choices=[(period, period) for period in PERIODS])
    staff = forms.ModelChoiceField(Staff.objects.none(), label=_("Staff"), required=False, empty_label=_("everybody"))

    def __init__(self, data: Any, *, user: User, corp: Corp) -> None:
        super().__init__(data)
        people = Staff.objects.of(corp).visible_to(user).active()
        field = self.fields["staff"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
        self.is_valid()

    @property
    def period(self) -> str:
        return self.cleaned_data.get("when") or PERIODS[0]

    def apply(self, rows: TaskQuerySet) -> TaskQuerySet:
        if "staff" in self.errors:
            return rows.none()
        person = self.cleaned_data.get("staff")
        return rows.filter(staff=person) if person else rows


class SkipForm(forms.Form):
    """Why a task is not done: one of the usual reasons, or words of one's own."""

    USUAL = [_("Could not be reached"), _("Spoke to the customer already"), _("The customer does not want it")]

    usual = CleanCharField(max_length=200, required=False)
    reason = CleanCharField(label=_("Why?"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["reason"] = given.get("usual") or given.get("reason") or ""
        if not given["reason"] and not self.errors:
            self.add_error("reason", _("Say why, so that colleagues know."))
        return given
