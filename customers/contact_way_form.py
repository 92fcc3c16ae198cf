"""The form of a contact way: whom it adds, what it puts on the customer, and how it says hello."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from content import materials, variables
from content.attachments import ContentError, parse
from content.items import is_key
from content.models import Material, MaterialKind
from customers import contact_ways
from customers.contact_ways import Plan
from customers.models import ContactWay
from staff.editing import VerbForm
from staff.fields import CleanCharField
from staff.models import Staff, User
from tags.fields import TagsField
from wecom.models import Corp
from wecom.text import clean_json

Items = list[dict[str, Any]]
LIBRARY = 100
LINK = ("title", "url", "desc", "picurl")
UPLOADS = {"image": MaterialKind.IMAGE, "video": MaterialKind.VIDEO, "file": MaterialKind.FILE}


class KeptField(forms.Field):
    """Attachments that stand already, each a JSON object in a box of its own; unticked ones are not posted."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> Items:
        try:
            items = [clean_json(json.loads(text)) for text in value or []]
        except (ValueError, RecursionError):
            raise ValidationError(_("These attachments cannot be read. Add them once more."))
        return [item for item in items if isinstance(item, dict)]


class ContactWayForm(VerbForm):
    name = CleanCharField(label=_("Name"), max_length=30, help_text=_("Only colleagues see it."))
    staff = forms.ModelMultipleChoiceField(
        Staff.objects.none(),
        label=_("Staff"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("WeCom spreads customers among them."),
    )
    tags = TagsField(required=False, help_text=_("Put on every customer who comes by this code."))
    skip_verify = forms.BooleanField(label=_("Add customers without asking staff"), required=False, initial=True)
    text = CleanCharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=variables.HELP,
    )
    keep = KeptField(required=False)
    link_title = CleanCharField(label=_("Link title"), required=False, max_length=128)
    link_url = CleanCharField(label=_("Link address"), required=False, max_length=2048)
    link_desc = CleanCharField(label=_("Link description"), required=False, max_length=512)
    link_picurl = CleanCharField(label=_("Link picture's address"), required=False, max_length=2048)
    image = forms.FileField(
        label=_("Add a picture"), required=False, widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"})
    )
    video = forms.FileField(
        label=_("Add a video"), required=False, widget=forms.FileInput(attrs={"accept": "video/mp4"})
    )
    file = forms.FileField(label=_("Add a file"), required=False)
    library = forms.ModelChoiceField(
        Material.objects.none(), label=_("Add from the library"), required=False, empty_label=_("Choose…")
    )

    def __init__(self, data: Any = None, files: Any = None, *, corp: Corp, user: User, way: ContactWay | None = None):
        self.corp, self.user, self.way = corp, user, way
        text, link, self.others = split(way.welcome if way else [])
        initial = {"text": text, **{f"link_{name}": link.get(name, "") for name in LINK}}
        if way:
            chosen = {"staff": way.staff.all(), "tags": way.tags.all()}
            initial |= {"name": way.name, "skip_verify": way.skip_verify, **chosen}
        super().__init__(data, files, initial=initial)
        self.fields["staff"].queryset = Staff.objects.of(corp).active().filter(serves_customers=True)
        self.fields["tags"].of(corp)
        self.fields["library"].queryset = Material.objects.of(corp).exclude(kind__in=(MaterialKind.TEXT,))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        sources, items = self.collect(given)
        given["welcome"] = items
        try:
            if items:
                parse(items, self.corp).check_variables(personal=True)
        except ContentError as error:
            self.place(error, sources)
        return given

    def collect(self, given: dict[str, Any]) -> tuple[list[str], Items]:
        """The welcome's items, and for each the field or group of fields that it came from."""
        found = [("text", {"kind": "text", "text": given["text"]})] if given.get("text") else []
        link = {name: given[f"link_{name}"] for name in LINK if given.get(f"link_{name}")}
        if link:
            found.append(("link", {"kind": "link", **link}))
        others = [("keep", item) for item in given.get("keep") or []]
        for name in UPLOADS:
            if given.get(name) and (kept := self.take_in(name, given[name])):
                others.append((name, kept))
        if given.get("library"):
            others.append(("library", given["library"].as_item()))
        self.others = [item for _source, item in others]
        found += others
        return [source for source, _item in found], [item for _source, item in found]

    def take_in(self, name: str, upload: Any) -> dict[str, Any] | None:
        """An upload becomes a material at once, so that no error elsewhere in the form loses it."""
        try:
            material = materials.store(self.corp, UPLOADS[name], upload, self.user)
        except ValidationError as error:
            self.add_error(name, error)
            return None
        return {"kind": name, "material": material.pk}

    def place(self, error: ContentError, sources: list[str]) -> None:
        """The error at the field that it is about: `[2].title` of the third item, for instance."""
        index, _dot, name = error.path.partition("].")
        number = index.strip("[]")
        source = sources[int(number)] if number.isdigit() and int(number) < len(sources) else None
        if source == "link":
            source = f"link_{name}" if f"link_{name}" in self.fields else "link_title"
        self.add_error(source, error.message)

    def choices_of_library(self) -> list[Material]:
        """The newest materials. What was chosen stands among the attachments, so nothing is chosen anew."""
        return list(self.fields["library"].queryset[:LIBRARY])

    def save(self) -> bool:
        given = self.cleaned_data
        plan = Plan(given["name"], given["staff"], given["tags"], given["welcome"], given["skip_verify"])
        if self.way:
            return self.attempt(contact_ways.update, self.way, plan, user=self.user)
        fields = {"name": plan.name, "staff": plan.staff, "tags": plan.tags, "welcome": plan.welcome}
        return self.attempt(contact_ways.create, self.corp, **fields, skip_verify=plan.skip_verify, user=self.user)

    def shown(self) -> list[tuple[dict[str, Any], Material | None]]:
        """The welcome as it stands, with the originals of its attachments: for the preview."""
        if not self.is_bound:
            return with_originals(self.way.welcome if self.way else [], self.corp)
        self.is_valid()
        return with_originals(self.cleaned_data.get("welcome") or [], self.corp)

    def kept(self) -> list[tuple[str, dict[str, Any], Material | None]]:
        """The attachments that have no fields of their own in the form, each with its JSON."""
        pairs = with_originals(self.others, self.corp)
        return [(json.dumps(item, ensure_ascii=False), item, original) for item, original in pairs]


def split(items: Items) -> tuple[str, dict[str, Any], Items]:
    """A welcome's text, its first link, and everything else."""
    text = next((item for item in items if item["kind"] == "text"), {})
    link = next((item for item in items if item["kind"] == "link"), {})
    return text.get("text", ""), link, [item for item in items if item is not text and item is not link]


def with_originals(items: Items, corp: Corp) -> list[tuple[dict[str, Any], Material | None]]:
    keys = [item["material"] for item in items if is_key(item.get("material"))]
    originals = Material.objects.of(corp).in_bulk(keys)
    return [(item, originals.get(item["material"]) if is_key(item.get("material")) else None) for item in items]
