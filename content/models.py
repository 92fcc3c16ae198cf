"""Content that outreach and staff use: the originals, and WeCom's short-lived copies of them."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from staff.scope import Shared
from wecom import clock
from wecom.models import Corp


class MaterialKind(models.TextChoices):
    TEXT = "text", _("Text")
    IMAGE = "image", _("Image")
    LINK = "link", _("Link")
    MINIPROGRAM = "miniprogram", _("Mini-program")
    VIDEO = "video", _("Video")
    FILE = "file", _("File")


UPLOADED = (MaterialKind.IMAGE, MaterialKind.VIDEO, MaterialKind.FILE)


def stored_name(material: Material, filename: str) -> str:
    """A generated path: the name that the uploader chose is kept in ``filename`` and never reaches the disk."""
    return f"materials/{uuid.uuid4().hex}{PurePath(filename).suffix.lower()[:8]}"


class Folder(models.Model):
    """A drawer of the material library."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(_("name"), max_length=40)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("corp", Lower("name"), name="one_folder_of_a_name")]

    def __str__(self) -> str:
        return self.name


class MaterialQuerySet(Shared):
    def uploaded(self) -> Self:
        return self.filter(kind__in=UPLOADED)

    def with_uses(self) -> Self:
        """Adds ``used_by``: how many campaign versions and contact ways hold it or a copy of it."""
        return self.annotate(used_by=Count("uses"))

    def search(self, words: str) -> Self:
        """Every word stands in the title, the file's name or the text."""
        rows = self
        for word in words.split()[:8]:
            found = Q(title__icontains=word) | Q(filename__icontains=word) | Q(body__text__icontains=word)
            rows = rows.filter(found | Q(body__title__icontains=word) | Q(body__url__icontains=word))
        return rows


class Material(models.Model):
    """Content of the library: an uploaded original, or a text, a link or a mini-program card.

    Originals are kept: WeCom's media ids live three days, and the file is uploaded again when needed. The others are
    content items (`content.items`) in ``body``, copied to where they are used.
    """

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(_("type"), max_length=12, choices=MaterialKind)
    title = models.CharField(_("title"), max_length=80, blank=True)
    folder = models.ForeignKey(
        Folder, verbose_name=_("folder"), null=True, blank=True, on_delete=models.SET_NULL, related_name="materials"
    )
    body = models.JSONField(null=True, blank=True, help_text=_("the content item of what is no file"))
    filename = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(default=0, help_text=_("bytes"))
    file = models.FileField(upload_to=stored_name, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["corp", "folder", "-id"], name="materials_of_a_folder")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=UPLOADED, body=None) & ~Q(file="")
                | ~Q(kind__in=UPLOADED) & Q(body__isnull=False),
                name="a_material_is_a_file_or_an_item",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.filename or self.get_kind_display()

    def as_item(self) -> dict[str, Any]:
        """The content item that stands for it in a message (`content.attachments`)."""
        if self.body is None:
            return {"kind": self.kind, "material": self.pk}
        return {**self.body, "from": self.pk}

    @property
    def picture(self) -> str:
        """The address of what a list shows of it; empty where there is nothing to see."""
        return self.file.url if self.kind == MaterialKind.IMAGE else ""


class Holder(models.TextChoices):
    VERSION = "version", _("Campaign")
    CONTACT_WAY = "contact_way", _("Contact way")


class MaterialUse(models.Model):
    """Something that holds a material. Its app writes the rows (`content.uses`), since we know nothing of it."""

    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="uses")
    holder = models.CharField(max_length=12, choices=Holder)
    holder_key = models.BigIntegerField()
    copied = models.BooleanField(help_text=_("a copy stands there, which lives on by itself"))

    class Meta:
        verbose_name = _("use of a material")
        verbose_name_plural = _("uses of materials")
        constraints = [models.UniqueConstraint(fields=["holder", "holder_key", "material"], name="one_use")]

    def __str__(self) -> str:
        return f"{self.material} · {self.get_holder_display()} {self.holder_key}"


class ScriptCategory(models.Model):
    """A shelf of scripts."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="script_categories")
    name = models.CharField(_("name"), max_length=40)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("script category")
        verbose_name_plural = _("script categories")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("corp", Lower("name"), name="one_script_category_of_a_name")]

    def __str__(self) -> str:
        return self.name


class Script(models.Model):
    """Words that staff say or send, with variables (`content.variables`)."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="scripts")
    category = models.ForeignKey(
        ScriptCategory, verbose_name=_("category"), null=True, blank=True, on_delete=models.SET_NULL
    )
    title = models.CharField(_("title"), max_length=60)
    text = models.TextField(_("text"), max_length=4000)
    updated_at = models.DateTimeField(default=clock.now)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class MediaCopy(models.Model):
    """WeCom's copy of a material: a media id and when it was made. It is renewed after 2.5 days (contract §14.4)."""

    material = models.OneToOneField(Material, on_delete=models.CASCADE, related_name="media_copy")
    media_id = models.CharField(max_length=512)
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("media copy")
        verbose_name_plural = _("media copies")

    def __str__(self) -> str:
        return f"{self.material} ({self.uploaded_at:%Y-%m-%d %H:%M})"
