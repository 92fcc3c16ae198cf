"""Message content for customers: text and attachments with their limits (doc 92135). Kept verbatim once accepted."""

import json
import re
from collections.abc import Callable
from typing import Any

from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import ApiError

MOST_ATTACHMENTS = 9
TEXT_BYTES = 4000
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def content(call: Call) -> dict[str, Any]:
    """``{"text": str, "attachments": [...]}`` of the request's body; both empty: 40063."""
    text = call.body.inner("text").text("content", size=TEXT_BYTES, over=45002)
    attachments = list(call.body.inners("attachments"))
    if not text and not attachments:
        raise ApiError(40063)
    if len(attachments) > MOST_ATTACHMENTS:
        raise ApiError(41064)
    for attachment in attachments:
        _check(call, attachment)
    return {"text": text, "attachments": call.body.raw("attachments") or []}


def _check(call: Call, attachment: Fields) -> None:
    kind = attachment.text("msgtype", missing=41065)
    check = CHECKS.get(kind)
    if check is None:
        raise ApiError(41065)
    if kind not in attachment:
        raise ApiError(40063)
    check(call, attachment.inner(kind))


def _image(call: Call, image: Fields) -> None:
    """`media_id` wins over `pic_url`."""
    if image.text("media_id"):
        _media(call, image, "media_id", "image")
    else:
        _url(image.text("pic_url", missing=40063, size=2048))


def _link(call: Call, link: Fields) -> None:
    link.text("title", missing=40063, size=128)
    link.text("desc", size=512)
    link.text("picurl", size=2048)
    _url(link.text("url", missing=40063, size=2048))


def _miniprogram(call: Call, program: Fields) -> None:
    program.text("title", missing=40063, size=64)
    program.text("page", missing=40063)
    if not program.text("appid", missing=40063).startswith("wx"):
        raise ApiError(90207)
    _media(call, program, "pic_media_id", "image")


def _video(call: Call, video: Fields) -> None:
    _media(call, video, "media_id", "video")


def _file(call: Call, file: Fields) -> None:
    _media(call, file, "media_id", "file")


def _url(url: str) -> None:
    if not SCHEME.match(url):
        raise ApiError(45034)


def _media(call: Call, fields: Fields, name: str, kind: str) -> None:
    """40007 unless the id is alive; 40004 if it is of another kind."""
    if living(call.db, call.corp, fields.text(name, missing=40007), call.now)["kind"] != kind:
        raise ApiError(40004)


CHECKS: dict[str, Callable[[Call, Fields], None]] = {
    "image": _image,
    "link": _link,
    "miniprogram": _miniprogram,
    "video": _video,
    "file": _file,
}


def as_sent(stored: str) -> dict[str, Any]:
    """Stored content as get_groupmsg_list_v2 shows it."""
    content = json.loads(stored)
    shown: dict[str, Any] = {"attachments": content["attachments"]}
    if content["text"]:
        shown["text"] = {"content": content["text"]}
    return shown
