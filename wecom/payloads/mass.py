"""Mass sends (doc 92135, 93338)."""

from dataclasses import dataclass
from typing import Any

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class MassSend(Payload):
    """fail_list: external_userids that WeCom refused; the others are in the task of `msgid`."""

    msgid: str
    fail_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MassText(Payload):
    content: str = ""


@dataclass(frozen=True, slots=True)
class GroupMsg(Payload):
    """creator is empty for a send made by API. create_type: 0 corp, 1 personal."""

    msgid: str
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    text: MassText = MassText()
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class MassTask(Payload):
    """status: 0 not confirmed, 2 confirmed. send_time only with 2."""

    userid: str
    status: int
    send_time: int = 0


@dataclass(frozen=True, slots=True)
class MassResult(Payload):
    """status: 0 not sent, 1 sent, 2 no longer a friend, 3 the customer's cap is reached. send_time only with 1."""

    userid: str
    status: int
    external_userid: str = ""
    chat_id: str = ""
    send_time: int = 0
