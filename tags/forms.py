"""Making and renaming tags. WeCom counts 30 characters for names of groups and tags (contract §7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from staff.editing import VerbForm
from staff.fields import CleanCharField
from staff.models import User
from tags import verbs
from tags.models import Tag, TagGroup
from wecom.models import Corp

NAME = 30


class NamesField(CleanCharField):
    """One name a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> list[str]:
        names = list(dict.fromkeys(line.strip() for line in super().clean(value).splitlines() if line.strip()))
        for name in names:
            if len(name) > NAME:
                raise ValidationError(_("“%(name)s” is too long: 30 characters at most."), params={"name": name})
        if not names and self.required:
            raise ValidationError(self.error_messages["required"])
        return names


class GroupForm(VerbForm):
    name = CleanCharField(label=_("Name of the group"), max_length=NAME)
    tags = NamesField(label=_("Tags"), help_text=_("One a line. WeCom keeps no empty groups."))

    def save(self, corp: Corp, user: User) -> bool:
        given = self.cleaned_data
        return self.attempt(verbs.create_group, corp, given["name"], given["tags"], user=user)


class TagsForm(VerbForm):
    tags = NamesField(label=_("New tags"), help_text=_("One a line."))

    def save(self, group: TagGroup, user: User) -> bool:
        return self.attempt(verbs.add, group, self.cleaned_data["tags"], user=user)


class NameForm(VerbForm):
    name = CleanCharField(label=_("Name"), max_length=NAME)

    def save(self, item: Tag | TagGroup, user: User) -> bool:
        return item.name == self.cleaned_data["name"] or self.attempt(
            verbs.rename, item, self.cleaned_data["name"], user=user
        )
