"""The group list's filters."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from groups.models import GroupChat
from staff.fields import CleanCharField


class GroupFilter(forms.Form):
    q = CleanCharField(label=_("Name of the group"), max_length=60, required=False)

    def apply(self, rows: QuerySet[GroupChat]) -> QuerySet[GroupChat]:
        wanted = self.cleaned_data["q"]
        return rows.filter(name__icontains=wanted) if wanted else rows

    @property
    def in_use(self) -> bool:
        return bool(self.cleaned_data.get("q"))
