"""What a customer gets when a temporary chat ends (doc 92228): kept as given, all parts, though not all are sent."""

from typing import Any

from wecom.sandbox.api.content import SCHEME
from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import ApiError


def conclusions(call: Call) -> dict[str, Any] | None:
    """The request's, checked: 45002 for a long text, 40063 for what lacks, 40007 for a media id that is not alive."""
    if "conclusions" not in call.body:
        return None
    parts = call.body.inner("conclusions")
    parts.inner("text").text("content", size=4000, over=45002)
    if "image" in parts:
        _image(call, parts.inner("image"), "media_id")
    if "link" in parts:
        link = parts.inner("link")
        link.text("title", missing=40063, size=128)
        link.text("desc", size=512)
        link.text("picurl")
        if not SCHEME.match(link.text("url", missing=40063)):
            raise ApiError(45034)
    if "miniprogram" in parts:
        program = parts.inner("miniprogram")
        program.text("title", missing=40063, size=64)
        program.text("page", missing=40063)
        program.text("appid", missing=40063)
        _image(call, program, "pic_media_id")
    return dict(call.body.raw("conclusions"))


def _image(call: Call, part: Fields, name: str) -> None:
    if living(call.db, call.corp, part.text(name, missing=40007), call.now)["kind"] != "image":
        raise ApiError(40004)


def shown_conclusions(call: Call, kept: dict[str, Any]) -> dict[str, Any]:
    """As `get_contact_way` shows them: the image as the address of a picture."""
    if not kept.get("image"):
        return kept
    base = call.world.public_url or call.request.host_url
    return {**kept, "image": {"pic_url": f"{base.rstrip('/')}/media/{kept['image']['media_id']}"}}
