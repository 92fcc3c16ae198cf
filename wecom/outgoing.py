"""What we say to WeCom, checked against the documented limits before the call: WeCom cuts or refuses late.

"B" in the documents is UTF-8 bytes, "chars" is characters. A breach raises WeComError(PERMANENT) naming the field.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wecom.errors import ErrorKind, WeComError
from wecom.text import byte_length, clean

Attachment = Mapping[str, Any]  # {"msgtype": "link", "link": {"title": …, "url": …}}, as doc 92135 has it

TEXT_BYTES = 4000
MAX_ATTACHMENTS = 9
MAX_RECIPIENTS = 10_000
APP_TEXT_BYTES = 2048
# doc 92135: fields of each attachment, those that must be there first, then limits in bytes.
REQUIRED = {
    "image": (),
    "link": ("title", "url"),
    "miniprogram": ("title", "pic_media_id", "appid", "page"),
    "video": ("media_id",),
    "file": ("media_id",),
}
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


def check_count(endpoint: str, name: str, items: Collection[Any], most: int, *, least: int = 1) -> None:
    if not least <= len(items) <= most:
        raise refuse(endpoint, f"{name} has {len(items)} entries, {least} to {most} are allowed")


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
    return {"msgtype": kind, kind: {name: clean(value) for name, value in content.items() if value}}


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be made: name of 1..30 characters; the larger `order`, the further in front."""

    name: str
    order: int | None = None


@dataclass(frozen=True, slots=True)
class ContactWaySpec:
    """A contact way as it shall be (doc 92228). None leaves a field to WeCom's default.

    type: 1 single (exactly one user), 2 multi. scene: 1 mini-program, 2 QR. remark and state: 30 characters.
    """

    user: Sequence[str] = ()
    party: Sequence[int] = ()
    type: int = 2
    scene: int = 2
    remark: str = ""
    state: str = ""
    skip_verify: bool = True
    style: int | None = None
    is_temp: bool | None = None
    expires_in: int | None = None
    chat_expires_in: int | None = None
    unionid: str | None = None
    is_exclusive: bool | None = None
    mark_source: bool | None = None
    conclusions: Mapping[str, Any] | None = None

    def check(self, endpoint: str) -> None:
        check_chars(endpoint, remark=(self.remark, 30), state=(self.state, 30))
        check_count(endpoint, "user", self.user, 100, least=0)
        if self.type == 1 and (len(self.user) != 1 or self.party):
            raise refuse(endpoint, "user: a contact way of type 1 has exactly one user and no party")
        if not self.user and not self.party:
            raise refuse(endpoint, "user: a contact way needs a user or a party")

    def as_new(self, endpoint: str) -> dict[str, Any]:
        """The body of `add_contact_way`."""
        self.check(endpoint)
        given = {"type": self.type, "scene": self.scene, "is_temp": self.is_temp, "is_exclusive": self.is_exclusive}
        return _without_none(given | self._common())

    def as_change(self, endpoint: str) -> dict[str, Any]:
        """The body of `update_contact_way`, without config_id. `user` and `party` replace what was there."""
        self.check(endpoint)
        return _without_none(self._common())

    def _common(self) -> dict[str, Any]:
        return {
            "style": self.style,
            "remark": clean(self.remark),
            "skip_verify": self.skip_verify,
            "state": clean(self.state),
            "user": list(self.user),
            "party": list(self.party) or None,
            "expires_in": self.expires_in,
            "chat_expires_in": self.chat_expires_in,
            "unionid": self.unionid,
            "mark_source": self.mark_source,
            "conclusions": dict(self.conclusions) if self.conclusions else None,
        }


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
