"""Forms of the library: one per kind of material, and those of folders, categories and scripts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from content import attachments, library, materials, variables
from content.errors import ContentError
from content.models import Folder, Material, MaterialKind, Script, ScriptCategory
from staff.editing import VerbForm
from staff.fields import CleanCharField
from staff.models import User
from wecom.models import Corp

ACCEPT = {MaterialKind.IMAGE: "image/png,image/jpeg", MaterialKind.VIDEO: "video/mp4"}
PICTURES = forms.FileInput(attrs={"accept": ACCEPT[MaterialKind.IMAGE]})


class MaterialForm(VerbForm):
    """What all materials have: a title to find them by, and a folder."""

    kind: ClassVar[MaterialKind]
    title = CleanCharField(label=_("Title"), required=False, max_length=80, help_text=_("Only colleagues see it."))
    folder = forms.ModelChoiceField(
        Folder.objects.none(), label=_("Folder"), required=False, empty_label=_("No folder")
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, corp: Corp, user: User, material: Material | None = None
    ) -> None:
        self.corp, self.user, self.material = corp, user, material
        initial = {"title": material.title, "folder": material.folder_id} if material else {}
        super().__init__(data, files, initial={**initial, **self.initial_item()})
        self.fields["folder"].queryset = Folder.objects.of(corp)
        self.order_fields(["title", *(name for name in self.fields if name not in ("title", "folder")), "folder"])

    def initial_item(self) -> dict[str, Any]:
        return dict((self.material.body or {}) if self.material else {})

    def item(self, given: dict[str, Any]) -> dict[str, Any]:
        """The content item that the fields describe."""
        names = [name for name in self.fields if name not in ("title", "folder")]
        return {"kind": str(self.kind), **{name: given[name] for name in names if given.get(name)}}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            self.judge(given)
        return given

    def judge(self, given: dict[str, Any]) -> None:
        """Check the item as a message would be; each complaint goes to its field."""
        given["body"] = self.item(given)
        try:
            attachments.parse([given["body"]], self.corp).check_variables(personal=True)
        except ContentError as error:
            name = error.path.partition("].")[2]
            self.add_error(name if name in self.fields else None, error.message)

    def save(self) -> bool:
        given = self.cleaned_data
        filed = {"title": given["title"], "folder": given["folder"], "user": self.user}
        if self.material:
            return self.attempt(library.change, self.material, body=given["body"], **filed)
        return self.attempt(library.add, self.corp, self.kind, given["body"], **filed)


class TextForm(MaterialForm):
    kind = MaterialKind.TEXT
    text = CleanCharField(
        label=_("Text"),
        strip=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6, "data-bytes": 4000}),
        help_text=variables.HELP,
    )


class LinkForm(MaterialForm):
    """The card has a title of its own, by which it is found, too."""

    kind = MaterialKind.LINK
    title = CleanCharField(label=_("Title"), max_length=80, widget=forms.TextInput({"data-bytes": 128}))
    url = CleanCharField(label=_("Address"), max_length=2048, widget=forms.URLInput({"placeholder": "https://"}))
    desc = CleanCharField(
        label=_("Description"), required=False, max_length=512, widget=forms.TextInput({"data-bytes": 512})
    )
    picurl = CleanCharField(label=_("Picture's address"), required=False, max_length=2048, widget=forms.URLInput())

    def item(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**super().item(given), "title": given["title"]}


class MiniProgramForm(MaterialForm):
    kind = MaterialKind.MINIPROGRAM
    title = CleanCharField(label=_("Title"), max_length=64, widget=forms.TextInput({"data-bytes": 64}))
    appid = CleanCharField(label=_("App id"), max_length=64, help_text=_("begins with wx, linked to the corp"))
    page = CleanCharField(label=_("Page"), max_length=1024)
    picture = forms.FileField(label=_("Picture (JPG or PNG, up to 10 MB)"), required=False, widget=PICTURES)

    def item(self, given: dict[str, Any]) -> dict[str, Any]:
        fields = {name: given[name] for name in ("title", "appid", "page")}
        return {"kind": str(self.kind), **fields, "material": self.picture}

    def judge(self, given: dict[str, Any]) -> None:
        """The picture becomes a material of its own."""
        picture = (self.material.body or {}).get("material") if self.material else None
        if given.get("picture"):
            try:
                picture = materials.store(self.corp, MaterialKind.IMAGE, given["picture"], self.user).pk
            except ValidationError as error:
                self.add_error("picture", error)
                return
        if picture is None:
            self.add_error("picture", _("Choose a picture."))
            return
        self.picture = picture
        super().judge(given)


class UploadForm(MaterialForm):
    """A new original. What was uploaded once is never exchanged: others rely on it."""

    file = forms.FileField(label=_("File"))

    def judge(self, given: dict[str, Any]) -> None:
        """`materials.store` judges the bytes when they are kept."""

    def save(self) -> bool:
        given = self.cleaned_data
        try:
            self.made = materials.store(
                self.corp, self.kind, given["file"], self.user, title=given["title"], folder=given["folder"]
            )
        except ValidationError as error:
            self.add_error("file", error)
            return False
        return True


class ImageForm(UploadForm):
    kind = MaterialKind.IMAGE
    file = forms.FileField(label=_("Picture (JPG or PNG, up to 10 MB)"), widget=PICTURES)


class VideoForm(UploadForm):
    kind = MaterialKind.VIDEO
    file = forms.FileField(
        label=_("Video (MP4, up to 10 MB)"), widget=forms.FileInput({"accept": ACCEPT[MaterialKind.VIDEO]})
    )


class FileForm(UploadForm):
    kind = MaterialKind.FILE
    file = forms.FileField(label=_("File (up to 20 MB)"))


class FilingForm(MaterialForm):
    """An uploaded original may be named and filed anew."""

    def judge(self, given: dict[str, Any]) -> None:
        given["body"] = None


NEW: dict[str, type[MaterialForm]] = {
    str(form.kind): form for form in (TextForm, ImageForm, LinkForm, MiniProgramForm, VideoForm, FileForm)
}


def edit_form(material: Material) -> type[MaterialForm]:
    return FilingForm if material.body is None else NEW[material.kind]


class DrawerForm(VerbForm):
    """The name of a folder or category."""

    name = CleanCharField(label=_("Name"), max_length=40)

    def save(self, drawer: library.Drawer, user: User) -> bool:
        return self.attempt(library.name_drawer, drawer, self.cleaned_data["name"], user=user)


class ScriptForm(VerbForm):
    title = CleanCharField(label=_("Title"), max_length=60)
    category = forms.ModelChoiceField(
        ScriptCategory.objects.none(), label=_("Category"), required=False, empty_label=_("No category")
    )
    text = CleanCharField(
        label=_("Text"), strip=False, max_length=4000, widget=forms.Textarea({"rows": 6}), help_text=variables.HELP
    )

    def __init__(self, data: Any = None, *, script: Script) -> None:
        self.script = script
        initial = {"title": script.title, "category": script.category_id, "text": script.text}
        super().__init__(data, initial=initial)
        self.fields["category"].queryset = ScriptCategory.objects.of(script.corp)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            variables.check(text)
        except ContentError as error:
            raise ValidationError(error.message)
        return text

    def save(self, user: User) -> bool:
        for name in ("title", "category", "text"):
            setattr(self.script, name, self.cleaned_data[name])
        return self.attempt(library.write_script, self.script, user=user)
