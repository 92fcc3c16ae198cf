"""WeCom's copies of our materials. A media id lives three days, so it is renewed before it is 2.5 days old."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from content.errors import ContentError
from content.models import Material, MediaCopy
from wecom import clock
from wecom.client import WeComClient

FRESH = timedelta(days=2, hours=12)


def media_id(material: Material, client: WeComClient) -> str:
    """A media id that WeCom takes now. May upload, so: outside any transaction. Raises WeComError, ContentError.

    Two that upload at once get two ids, both good; the later one is kept.
    """
    now = clock.now()
    copy = MediaCopy.objects.filter(material=material, uploaded_at__gt=now - FRESH, uploaded_at__lte=now).first()
    if copy is not None:
        return copy.media_id
    uploaded = client.media.upload(material.kind, material.filename, original(material))
    MediaCopy.objects.update_or_create(material=material, defaults={"media_id": uploaded.media_id, "uploaded_at": now})
    return uploaded.media_id


def forget(*materials: Material) -> None:
    """Drop the copies: the next use uploads the originals again."""
    MediaCopy.objects.filter(material__in=materials).delete()


def original(material: Material) -> bytes:
    try:
        with material.file.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        raise ContentError("", _("The original of “%(name)s” is gone. Upload it again.") % {"name": material.filename})
