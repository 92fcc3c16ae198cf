"""Group chats (doc 92120, 92122)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class GroupChatRow(Payload):
    """status: 0 normal, 1 owner resigned, 2 being inherited, 3 inherited."""

    chat_id: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class UserRef(Payload):
    userid: str = ""


@dataclass(frozen=True, slots=True)
class GroupChatMember(Payload):
    """type: 1 staff, 2 external. join_scene: 1 invited, 2 by link, 3 by QR code."""

    userid: str
    type: int = 0
    unionid: str = ""
    join_time: int = 0
    join_scene: int = 0
    invitor: UserRef | None = None
    group_nickname: str = ""
    name: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class GroupChat(Payload):
    chat_id: str
    name: str = ""
    owner: str = ""
    create_time: int = 0
    notice: str = ""
    member_list: tuple[GroupChatMember, ...] = ()
    admin_list: tuple[UserRef, ...] = ()
    member_version: str = ""
