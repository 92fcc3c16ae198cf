"""Choosing tags in a form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tags.models import Tag
from wecom.models import Corp


class TagIterator(forms.models.ModelChoiceIterator):
    """Tags under the names of their groups."""

    def __iter__(self) -> Iterator[Any]:
        for group, tags in groupby(self.queryset, key=lambda tag: tag.group):
            yield group.name, [self.choice(tag) for tag in tags]


class TagsField(forms.ModelMultipleChoiceField):
    """Any number of a corp's live tags; `of` says which corp's."""

    iterator = TagIterator
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Tag.objects.none(), **{"label": _("Tags"), **kwargs})

    def of(self, corp: Corp) -> None:
        self.queryset = corp.tags.live().select_related("group").order_by("-group__order", "group", "-order", "pk")
