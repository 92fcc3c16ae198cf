"""What groups shall have, join ways and welcome templates, checked against the documented limits before the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wecom.outgoing import Attachment, check_bytes, check_chars, check_count, message, refuse
from wecom.text import clean

MOST_GROUPS = 5  # in a join way; one more is 41091
WELCOME_BYTES = 3000


@dataclass(frozen=True, slots=True)
class JoinWaySpec:
    """A way into up to five groups as it shall be (doc 92229). None leaves a field to WeCom's default.

    scene: 1 mini-program, 2 QR. remark and state: 30 characters. room_base_name: 40 characters, the name of the groups
    that WeCom makes when all are full; they are numbered from room_base_id.
    """

    chat_id_list: Sequence[str]
    scene: int = 2
    remark: str = ""
    auto_create_room: bool = True
    room_base_name: str = ""
    room_base_id: int | None = None
    state: str = ""
    mark_source: bool | None = None

    def body(self, endpoint: str) -> dict[str, Any]:
        """The body of `add_join_way`, and but for the config_id of `update_join_way`."""
        check_count(endpoint, "chat_id_list", self.chat_id_list, MOST_GROUPS)
        check_chars(
            endpoint, remark=(self.remark, 30), room_base_name=(self.room_base_name, 40), state=(self.state, 30)
        )
        given = {
            "scene": self.scene,
            "remark": clean(self.remark) or None,
            "auto_create_room": int(self.auto_create_room),
            "room_base_name": clean(self.room_base_name) or None,
            "room_base_id": self.room_base_id,
            "chat_id_list": [*self.chat_id_list],
            "state": clean(self.state) or None,
            "mark_source": self.mark_source,
        }
        return {name: value for name, value in given.items() if value is not None}


def group_welcome(endpoint: str, text: str, part: Attachment | None) -> dict[str, Any]:
    """The parts of a group's welcome (doc 92366): text of at most 3000 bytes, and one other part, an item of
    `attachments` as elsewhere. Of several parts WeCom would take one only: image, link, mini-program, file, video.
    """
    if not text and part is None:
        raise refuse(endpoint, "text and the other part are both empty")
    check_bytes(endpoint, **{"text.content": (text, WELCOME_BYTES)})
    parts: dict[str, Any] = {"text": {"content": clean(text)}} if text else {}
    if part is not None:
        (checked,) = message(endpoint, "", [part])["attachments"]
        parts[checked["msgtype"]] = checked[checked["msgtype"]]
    return parts
