"""The parts of the editor that are drawn from fields: the plan, a step, and one class per kind of content item."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import Action, ClockStart, Enroll, Kind
from content import variables
from content.models import Material

UNITS = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]


class Node(forms.Form):
    """A part of the editor: drawn as it stands while somebody is still typing, judged when it is to be saved."""

    use_required_attribute = False

    def __init__(self, data: Any, *, prefix: str, judged: bool = False, **kwargs: Any) -> None:
        self.judged = judged
        super().__init__(data, prefix=prefix, **kwargs)

    def full_clean(self) -> None:
        if self.judged:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}

    def blame(self, field: str, message: str) -> None:
        """Put an error that was found elsewhere at one of our fields, or above them all."""
        self.add_error(field if field in self.fields else None, message)


class PlanForm(Node):
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Only colleagues see it."))
    kind = forms.ChoiceField(label=_("Type"), choices=Kind.choices, widget=forms.RadioSelect)
    enroll = forms.ChoiceField(label=_("Who enters"), choices=Enroll.choices, widget=forms.RadioSelect)
    clock = forms.ChoiceField(label=_("Steps count from"), choices=ClockStart.choices, widget=forms.RadioSelect)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=-100,
        max_value=100,
        help_text=_("When a customer's quota is short, the campaign with the larger number goes first."),
    )
    late_after = forms.IntegerField(
        label=_("Skip a step that is late by more than"),
        min_value=1,
        max_value=100_000,
        help_text=_("After an outage nobody wants yesterday's good morning."),
    )
    late_unit = forms.ChoiceField(label=_("unit"), choices=UNITS)


class StepForm(Node):
    TIMINGS: ClassVar = [("day", _("on a day")), ("minutes", _("after minutes")), ("hours", _("after hours"))]

    action = forms.ChoiceField(label=_("Action"), choices=Action.choices, widget=forms.HiddenInput)
    timing = forms.ChoiceField(label=_("When"), choices=TIMINGS)
    days = forms.IntegerField(label=pgettext_lazy("n-th", "Day"), min_value=0, max_value=3650, required=False)
    at = forms.TimeField(label=_("Time"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    amount = forms.IntegerField(label=_("Wait"), min_value=0, max_value=100_000, required=False)
    expires = forms.IntegerField(label=_("Staff have"), min_value=1, max_value=100_000)
    expires_unit = forms.ChoiceField(label=_("unit"), choices=UNITS)
    title = forms.CharField(label=_("Title"), max_length=60, required=False)
    script = forms.CharField(
        label=_("Script"),
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=format_lazy(
            "{} {}", _("What staff see when they open the task: what to say, what to ask."), variables.HELP
        ),
    )
    conditional = forms.BooleanField(label=_("Only customers who, at that moment, match a condition"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        wanted = ["days", "at"] if given.get("timing") == "day" else ["amount"]
        for name in wanted:
            if given.get(name) is None and name not in self.errors:
                self.add_error(name, _("Say when."))
        if given.get("action") == Action.TASK and not given.get("title"):
            self.add_error("title", _("Say what is to be done."))
        return given

    def definition(self) -> dict[str, Any]:
        """The step's JSON without its content and condition (design §9)."""
        given = self.cleaned_data
        step: dict[str, Any] = {"action": given["action"]}
        if given["timing"] == "day":
            step |= {"after": {"days": given["days"]}, "at": given["at"].strftime("%H:%M")}
        else:
            step["after"] = {given["timing"]: given["amount"]}
        step["expires_after"] = {given["expires_unit"]: given["expires"]}
        if given["action"] == Action.TASK:
            step |= {"title": given["title"], "script": given["script"]}
        return step


class Item(Node):
    """One content item. `definition()` leaves out what was not filled in."""

    kind: ClassVar[str]
    original: Material | None = None
    upload_error = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def origin(self) -> BoundField:
        """Of which material of the library it is a copy."""
        return self["from"]

    @property
    def shown(self) -> dict[str, Any]:
        """What stands in the fields, for the preview."""
        return {"kind": self.kind, **{name: self[name].value() for name in self.fields}}

    def definition(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {"kind": self.kind, **given}


class TextItem(Item):
    kind = "text"
    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea({"rows": 4, "data-bytes": 4000}),
        strip=False,
        required=False,
        help_text=_("Everybody gets the same words: WeCom's mass send fills in no names."),
    )

    def definition(self) -> dict[str, Any]:
        return {**super().definition(), "text": self.cleaned_data["text"]}


class LinkItem(Item):
    kind = "link"
    title = forms.CharField(label=_("Title"), widget=forms.TextInput({"data-bytes": 128}))
    url = forms.CharField(label=_("Address"), widget=forms.URLInput({"placeholder": "https://"}))
    desc = forms.CharField(label=_("Description"), required=False, widget=forms.TextInput({"data-bytes": 512}))
    picurl = forms.CharField(label=_("Picture's address"), required=False, widget=forms.URLInput())


class MaterialItem(Item):
    """An item around an uploaded original; the upload itself happens before the form is judged."""

    accept: ClassVar[str] = ""
    material = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")}
    )


class ImageItem(MaterialItem):
    kind = "image"
    accept = "image/png,image/jpeg"


class FileItem(MaterialItem):
    kind = "file"


class VideoItem(MaterialItem):
    kind = "video"
    accept = "video/mp4"


class MiniProgramItem(MaterialItem):
    kind = "miniprogram"
    accept = "image/png,image/jpeg"
    title = forms.CharField(label=_("Title"), widget=forms.TextInput({"data-bytes": 64}))
    appid = forms.CharField(label=_("App id"), max_length=64, help_text=_("begins with wx, linked to the corp"))
    page = forms.CharField(label=_("Page"), max_length=1024)


ITEMS: dict[str, type[Item]] = {
    item.kind: item for item in (TextItem, LinkItem, ImageItem, VideoItem, FileItem, MiniProgramItem)
}
