"""Content that outreach and staff use: the originals, and WeCom's short-lived copies of them."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.scope import Shared
from wecom import clock
from wecom.models import Corp


class MaterialKind(models.TextChoices):
    IMAGE = "image", _("Image")
    FILE = "file", _("File")
    VIDEO = "video", _("Video")


def stored_name(material: Material, filename: str) -> str:
    """A generated path: the name that the uploader chose is kept in ``filename`` and never reaches the disk."""
    return f"materials/{uuid.uuid4().hex}{PurePath(filename).suffix.lower()[:8]}"


class Material(models.Model):
    """An uploaded original. Media ids live three days; the original is kept and uploaded again when needed."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=12, choices=MaterialKind)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text=_("bytes"))
    file = models.FileField(upload_to=stored_name)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename


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
