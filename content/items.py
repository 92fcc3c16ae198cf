"""The kinds of content items: a table of small classes, each reading its own JSON and writing WeCom's form of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from content import variables
from content.errors import ContentError
from content.models import Material, MaterialKind
from wecom.outgoing import LIMITS, TEXT_BYTES
from wecom.text import byte_length, clean

MediaId = Callable[[Material], str]
PAGE_BYTES = 1024
APPID = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
NOT_IN_A_URL = re.compile(r"[\s\x00-\x20\x7f\\]")


class Fields:
    """The fields of one item's JSON, read one by one. What nobody read is refused by `rest`."""

    def __init__(self, raw: Mapping[str, Any], path: str, materials: Mapping[int, Material]) -> None:
        self.raw = raw
        self.path = path
        self.materials = materials
        self.seen = {"kind", "from"}

    def error(self, name: str, message: str) -> ContentError:
        return ContentError(f"{self.path}.{name}", message)

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        """Text of at most `most` UTF-8 bytes, WeCom's measure: a Chinese character has three."""
        self.seen.add(name)
        value = self.raw.get(name, "")
        if not isinstance(value, str):
            raise self.error(name, _("Must be text."))
        if clean(value) != value:
            raise self.error(name, _("Contains characters that cannot be sent."))
        if required and not value.strip():
            raise self.error(name, _("Cannot be empty."))
        if byte_length(value) > most:
            numbers = {"size": byte_length(value), "most": most}
            raise self.error(
                name, _("Has %(size)d bytes; WeCom takes %(most)d. A Chinese character counts three.") % numbers
            )
        return value

    def url(self, name: str, *, required: bool = True) -> str:
        """An address that WeChat opens: http or https, a host, no credentials."""
        value = self.text(name, LIMITS["link"][name], required=required)
        if value and not is_web_address(value):
            raise self.error(name, _("Must be an address that begins with http:// or https://."))
        return value

    def appid(self) -> str:
        value = self.text("appid", 64)
        if not APPID.fullmatch(value):
            raise self.error("appid", _("Must be a mini-program's app id, such as wx0123456789abcdef."))
        return value

    def material(self, kind: MaterialKind) -> Material:
        self.seen.add("material")
        key: Any = self.raw.get("material")
        material = self.materials.get(key) if is_key(key) else None
        if material is None or material.kind != kind:
            raise self.error(
                "material", _("Choose an uploaded material of the kind “%(kind)s”.") % {"kind": kind.label}
            )
        return material

    def rest(self) -> None:
        if "from" in self.raw and not is_key(self.raw["from"]):
            raise self.error("from", _("Must be the number of a material."))
        for name in self.raw:
            if name not in self.seen:
                raise ContentError(self.path, _("Does not belong here: %(name)s.") % {"name": clean(str(name))[:64]})


@dataclass(frozen=True)
class Item:
    """One thing that the customer receives. `kind` is the name in our JSON."""

    kind = ""
    words: ClassVar[dict[str, int]] = {}  # fields for people to read, with the bytes that WeCom takes

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Raises ContentError with the path of the field."""
        raise NotImplementedError

    def filled(self, values: Mapping[str, str]) -> Self:
        """For one customer: variables replaced, cut where a long name makes it longer than WeCom takes."""
        texts = {name: variables.fill(getattr(self, name), values) for name in self.words}
        return replace(self, **{name: cut(text, self.words[name]) for name, text in texts.items()})

    @property
    def materials(self) -> tuple[Material, ...]:
        return ()

    def attachment(self, media_id: MediaId) -> dict[str, Any]:
        """WeCom's form (contract §10.1)."""
        raise NotImplementedError


@dataclass(frozen=True)
class TextItem(Item):
    text: str

    kind = "text"
    words = {"text": TEXT_BYTES}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(fields.text("text", TEXT_BYTES))


@dataclass(frozen=True)
class Link(Item):
    title: str
    url: str
    desc: str
    picurl: str

    kind = "link"
    words = {"title": LIMITS["link"]["title"], "desc": LIMITS["link"]["desc"]}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        limits = LIMITS["link"]
        return cls(
            title=fields.text("title", limits["title"]),
            url=fields.url("url"),
            desc=fields.text("desc", limits["desc"], required=False),
            picurl=fields.url("picurl", required=False),
        )

    def attachment(self, media_id: MediaId) -> dict[str, Any]:
        extras = {name: value for name, value in (("desc", self.desc), ("picurl", self.picurl)) if value}
        return {"msgtype": "link", "link": {"title": self.title, "url": self.url, **extras}}


@dataclass(frozen=True)
class MaterialItem(Item):
    """A single uploaded material; WeCom's name of the kind is ours."""

    material: Material

    wants = MaterialKind.FILE

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(fields.material(cls.wants))

    @property
    def materials(self) -> tuple[Material, ...]:
        return (self.material,)

    def attachment(self, media_id: MediaId) -> dict[str, Any]:
        return {"msgtype": self.kind, self.kind: {"media_id": media_id(self.material)}}


class Image(MaterialItem):
    kind = "image"
    wants = MaterialKind.IMAGE


class File(MaterialItem):
    kind = "file"
    wants = MaterialKind.FILE


class Video(MaterialItem):
    kind = "video"
    wants = MaterialKind.VIDEO


@dataclass(frozen=True)
class MiniProgram(Item):
    title: str
    appid: str
    page: str
    material: Material

    kind = "miniprogram"
    words = {"title": LIMITS["miniprogram"]["title"]}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(
            title=fields.text("title", LIMITS["miniprogram"]["title"]),
            appid=fields.appid(),
            page=fields.text("page", PAGE_BYTES),
            material=fields.material(MaterialKind.IMAGE),
        )

    @property
    def materials(self) -> tuple[Material, ...]:
        return (self.material,)

    def attachment(self, media_id: MediaId) -> dict[str, Any]:
        body = {"title": self.title, "appid": self.appid, "page": self.page, "pic_media_id": media_id(self.material)}
        return {"msgtype": "miniprogram", "miniprogram": body}


KINDS: dict[str, type[Item]] = {cls.kind: cls for cls in (TextItem, Link, Image, File, Video, MiniProgram)}


def is_key(value: Any) -> bool:
    """Whether `value` can be the primary key of a row: a whole number that PostgreSQL's bigint holds."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def cut(text: str, most: int) -> str:
    """At most `most` UTF-8 bytes of the text, no character halved."""
    return text.encode()[:most].decode(errors="ignore")


def is_web_address(url: str) -> bool:
    if NOT_IN_A_URL.search(url):
        return False
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port_is_fine
