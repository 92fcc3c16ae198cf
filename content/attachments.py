"""What a message holds, typed: at most one text, which comes first, and at most nine attachments (contract §10.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from content import media, variables
from content.errors import ContentError
from content.items import KINDS, Fields, Item, TextItem, is_key
from content.models import Material
from wecom.client import WeComClient
from wecom.models import Corp
from wecom.outgoing import MAX_ATTACHMENTS

__all__ = ["Content", "ContentError", "parse"]


@dataclass(frozen=True)
class Content:
    """Checked content of one message."""

    items: tuple[Item, ...]

    @property
    def text(self) -> str:
        return next((item.text for item in self.items if isinstance(item, TextItem)), "")

    @property
    def attachments(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not isinstance(item, TextItem))

    @property
    def materials(self) -> tuple[Material, ...]:
        return tuple(dict.fromkeys(material for item in self.items for material in item.materials))

    def to_wecom(self, client: WeComClient) -> tuple[str, list[dict[str, Any]]]:
        """(text, attachments) for a call. Uploads what WeCom has no fresh copy of, so: outside any transaction.

        Raises WeComError when an upload fails, ContentError when an original has disappeared.
        """
        return self.text, [
            item.attachment(lambda material: media.media_id(material, client)) for item in self.attachments
        ]

    def check_variables(self, *, personal: bool) -> None:
        """Refuse variables that do not exist, and all of them where the content is not for one customer alone.

        Raises ContentError with the path of the text. Asked when content is saved; what is sent was asked before.
        """
        judge: Callable[[str, str], None] = variables.check if personal else variables.refuse
        for n, item in enumerate(self.items):
            for name in item.words:
                judge(getattr(item, name), f"[{n}].{name}")

    def speaks_of(self, name: str) -> bool:
        """Does any text hold the variable of that name?"""
        return any(f"{{{name}}}" in getattr(item, field) for item in self.items for field in item.words)

    def filled(self, values: Mapping[str, str]) -> Content:
        """The content for one customer."""
        return Content(tuple(item.filled(values) for item in self.items))

    def forget_media(self) -> None:
        """WeCom does not know a media id of this content any more (40007, 40145): upload anew at the next use."""
        media.forget(*self.materials)


def parse(items: Any, corp: Corp) -> Content:
    """The content of a JSON list of items. Raises ContentError with the path to what is wrong."""
    if not isinstance(items, list):
        raise ContentError("", _("Must be a list."))
    if not items:
        raise ContentError("", _("Add a text or an attachment."))
    if len(items) > MAX_ATTACHMENTS + 1:
        raise too_many()
    materials = materials_of(items, corp)
    content = Content(tuple(read_item(raw, f"[{n}]", materials) for n, raw in enumerate(items)))
    if len(content.attachments) > MAX_ATTACHMENTS:
        raise too_many()
    for n, item in enumerate(content.items[1:], start=1):
        if isinstance(item, TextItem):
            raise ContentError(f"[{n}]", _("A message has one text, and it comes first."))
    return content


def too_many() -> ContentError:
    return ContentError("", _("A message has at most %(most)d attachments.") % {"most": MAX_ATTACHMENTS})


def read_item(raw: Any, path: str, materials: Mapping[int, Material]) -> Item:
    if not isinstance(raw, dict):
        raise ContentError(path, _("Must be an object."))
    kind = KINDS.get(raw["kind"]) if isinstance(raw.get("kind"), str) else None
    if kind is None:
        raise ContentError(f"{path}.kind", _("Must be one of: %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    fields = Fields(raw, path, materials)
    item = kind.read(fields)
    fields.rest()
    return item


def materials_of(items: Iterable[Any], corp: Corp) -> dict[int, Material]:
    """The corp's materials that the items name, in one query."""
    keys = {raw["material"] for raw in items if isinstance(raw, dict) and is_key(raw.get("material"))}
    return Material.objects.of(corp).in_bulk(keys) if keys else {}
