"""The body of a moments task (doc 95094), checked against the documented limits before the call."""

from collections.abc import Sequence
from typing import Any

from wecom.outgoing import Attachment, check_bytes, check_chars, check_count, check_links, refuse
from wecom.text import clean

ENDPOINT = "externalcontact/add_moment_task"
TEXT_CHARS = 2000
TEXT_BYTES = 4000
LINK_TITLE_CHARS = 64
LINK_URL_BYTES = 2048  # as in doc 92135; doc 95094 names no limit
MAX_SENDERS = 100_000
# Either up to nine images, or one video, or one link. Media come from `media/upload_attachment`, attachment type 1.
MOST = {"image": 9, "video": 1, "link": 1}
REQUIRED = {"image": ("media_id",), "video": ("media_id",), "link": ("url", "media_id")}


def body(
    text: str,
    attachments: Sequence[Attachment],
    senders: Sequence[str],
    departments: Sequence[int],
    tags: Sequence[str],
) -> dict[str, Any]:
    """Raises WeComError(PERMANENT) that names the field."""
    if not text and not attachments:
        raise refuse(ENDPOINT, "text and attachments are both empty")
    check_chars(ENDPOINT, **{"text.content": (text, TEXT_CHARS)})
    check_bytes(ENDPOINT, **{"text.content": (text, TEXT_BYTES)})
    check_count(ENDPOINT, "visible_range.sender_list.user_list", senders, MAX_SENDERS, least=0)
    parts: dict[str, Any] = {"text": {"content": clean(text)}} if text else {}
    if attachments:
        parts["attachments"] = _attachments(attachments)
    return parts | _visible_range(senders, departments, tags)


def _attachments(attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    kinds = {item.get("msgtype") for item in attachments}
    kind = next(iter(kinds))
    if len(kinds) > 1 or not isinstance(kind, str) or kind not in MOST:
        raise refuse(ENDPOINT, "attachments are images only, or one video, or one link")
    check_count(ENDPOINT, "attachments", attachments, MOST[kind])
    return [_attachment(kind, f"attachments[{n}].{kind}", item.get(kind)) for n, item in enumerate(attachments)]


def _attachment(kind: str, where: str, content: Any) -> dict[str, Any]:
    given = dict(content or {})
    missing = [name for name in REQUIRED[kind] if not given.get(name)]
    if missing:
        raise refuse(ENDPOINT, f"{where}.{missing[0]} is missing")
    check_chars(ENDPOINT, **{f"{where}.title": (given.get("title"), LINK_TITLE_CHARS)})
    check_bytes(ENDPOINT, **{f"{where}.url": (given.get("url"), LINK_URL_BYTES)})
    check_links(ENDPOINT, **{f"{where}.url": given.get("url")})
    return {"msgtype": kind, kind: {name: clean(value) for name, value in given.items() if value}}


def _visible_range(senders: Sequence[str], departments: Sequence[int], tags: Sequence[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if senders or departments:
        members = {"user_list": [*senders], "department_list": [*departments]}
        chosen["sender_list"] = {name: ids for name, ids in members.items() if ids}
    if tags:
        chosen["external_contact_list"] = {"tag_list": [*tags]}
    return {"visible_range": chosen} if chosen else {}
