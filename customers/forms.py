"""What people may change about a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers import remarks, tagging
from customers.models import Follow, Stage
from staff.editing import VerbForm
from staff.fields import CleanCharField
from staff.models import User
from tags.fields import TagsField
from wecom.models import Corp


class StageForm(forms.Form):
    stage = forms.ModelChoiceField(Stage.objects.none(), label=_("Stage"), required=False, empty_label=_("No stage"))

    def __init__(self, data: Any = None, *, corp: Corp, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["stage"].queryset = Stage.objects.of(corp)


class FollowTagsForm(VerbForm):
    """The tags that one member of staff put on one customer."""

    tags = TagsField(required=False, help_text=_("Saved in WeCom at once; every colleague sees them there."))

    def __init__(self, data: Any = None, *, follow: Follow) -> None:
        self.follow, self.had = follow, list(follow.tags.all())
        super().__init__(data, initial={"tags": self.had})
        self.fields["tags"].of(follow.corp)

    def save(self, user: User) -> bool:
        chosen = set(self.cleaned_data["tags"])
        add = [tag for tag in chosen if tag not in self.had]
        remove = [tag for tag in self.had if tag not in chosen]
        return not (add or remove) or self.attempt(tagging.mark, self.follow, add, remove, user=user)


class RemarkForm(VerbForm):
    """WeCom's limits: 20 characters of remark, 150 of description (contract §6.3)."""

    remark = CleanCharField(label=_("Remark"), max_length=20, required=False, help_text=_("At most 20 characters."))
    description = CleanCharField(
        label=_("Description"),
        max_length=150,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("At most 150 characters. Only colleagues see it."),
    )

    def __init__(self, data: Any = None, *, follow: Follow) -> None:
        self.follow = follow
        super().__init__(data, initial={"remark": follow.remark, "description": follow.description})

    def save(self, user: User) -> bool:
        given = self.cleaned_data
        return self.attempt(remarks.write, self.follow, given["remark"], given["description"], user)
