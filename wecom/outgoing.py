"""What we say to WeCom, checked against the documented limits before the call: WeCom cuts or refuses late.

"B" in the documents is UTF-8 bytes, "chars" is characters. A breach raises WeComError(PERMANENT) naming the field.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wecom.errors import ErrorKind, WeComError
from wecom.text import byte_length, clean

Attachment = Mapping[str, Any]  # {"msgtype": "link", "link": {"title": …, "url": …}}, as doc 92135 has it

TEXT_BYTES = 4000
MAX_ATTACHMENTS = 9
MAX_RECIPIENTS = 10_000
APP_TEXT_BYTES = 2048
WEB = ("http", "https")
# doc 92135: fields of each attachment, those that must be there first, then limits in bytes.
REQUIRED = {
    "image": (),
    "link": ("title", "url"),
    "miniprogram": ("title", "pic_media_id", "appid", "page"),
    "video": ("media_id",),
    "file": ("media_id",),
}
LINKS = ("url", "picurl", "pic_url")
LIMITS = {
    "image": {},
    "link": {"title": 128, "picurl": 2048, "desc": 512, "url": 2048},
    "miniprogram": {"title": 64},
    "video": {},
    "file": {},
}


def refuse(endpoint: str, problem: str) -> WeComError:
    return WeComError(None, problem, ErrorKind.PERMANENT, endpoint)


def check_chars(endpoint: str, **limits: tuple[str | None, int]) -> None:
    """Each field given as `name=(text, most characters)`."""
    for name, (text, most) in limits.items():
        if text is not None and len(text) > most:
            raise refuse(endpoint, f"{name} has {len(text)} characters, at most {most} are allowed")


def check_bytes(endpoint: str, **limits: tuple[str | None, int]) -> None:
    """Each field given as `name=(text, most UTF-8 bytes)`."""
    for name, (text, most) in limits.items():
        if text is not None and byte_length(text) > most:
            raise refuse(endpoint, f"{name} has {byte_length(text)} bytes, at most {most} are allowed")


def check_links(endpoint: str, **links: str | None) -> None:
    """Each field given as `name=url`. A link in a message leads to a web page: not to a script, a file or data.

    What has no scheme at all is left to WeCom, which answers 45034.
    """
    for name, url in links.items():
        try:
            scheme = urlsplit(url or "").scheme
        except ValueError:
            raise refuse(endpoint, f"{name} is not a URL") from None
        if scheme and scheme not in WEB:
            raise refuse(endpoint, f"{name} leads to {scheme}:, only http and https are allowed")


def check_count(endpoint: str, name: str, items: Collection[Any], most: int, *, least: int = 1) -> None:
    if not least <= len(items) <= most:
        raise refuse(endpoint, f"{name} has {len(items)} entries, {least} to {most} are allowed")


def check_between(endpoint: str, name: str, number: int | None, least: int, most: int) -> None:
    if number is not None and not least <= number <= most:
        raise refuse(endpoint, f"{name} is {number}, {least} to {most} is allowed")


def message(endpoint: str, text: str, attachments: Sequence[Attachment]) -> dict[str, Any]:
    """The `text` and `attachments` members of a mass send or welcome message (doc 92135, 92137)."""
    if not text and not attachments:
        raise refuse(endpoint, "text and attachments are both empty")
    check_bytes(endpoint, **{"text.content": (text, TEXT_BYTES)})
    check_count(endpoint, "attachments", attachments, MAX_ATTACHMENTS, least=0)
    parts: dict[str, Any] = {"text": {"content": clean(text)}} if text else {}
    if attachments:
        parts["attachments"] = [_attachment(endpoint, n, item) for n, item in enumerate(attachments)]
    return parts


def _attachment(endpoint: str, number: int, item: Attachment) -> dict[str, Any]:
    kind = item.get("msgtype")
    content = item.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or kind not in REQUIRED or not isinstance(content, Mapping):
        raise refuse(endpoint, f"attachments[{number}] is none of {', '.join(REQUIRED)}")
    where = f"attachments[{number}].{kind}"
    missing = [name for name in REQUIRED[kind] if not content.get(name)]
    if kind == "image" and not (content.get("media_id") or content.get("pic_url")):
        missing = ["media_id"]
    if missing:
        raise refuse(endpoint, f"{where}.{missing[0]} is missing")
    check_bytes(endpoint, **{f"{where}.{name}": (content.get(name), most) for name, most in LIMITS[kind].items()})
    check_links(endpoint, **{f"{where}.{name}": content.get(name) for name in LINKS})
    return {"msgtype": kind, kind: {name: clean(value) for name, value in content.items() if value}}


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be made: name of 1..30 characters; the larger `order`, the further in front."""

    name: str
    order: int | None = None
