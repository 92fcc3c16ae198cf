"""Customers (doc 92114, 92994, 99434)."""

from dataclasses import dataclass, field
from typing import Any, Self

from wecom.errors import Unreadable
from wecom.parsing import Payload
from wecom.payloads.profile import ExternalProfile


@dataclass(frozen=True, slots=True)
class ExternalContact(Payload):
    """type: 1 WeChat user, 2 WeCom user. gender: 0 unknown, 1 male, 2 female. unionid: type 1 only."""

    external_userid: str
    name: str = ""
    avatar: str = ""
    type: int = 0
    gender: int = 0
    unionid: str = ""
    position: str = ""
    corp_name: str = ""
    corp_full_name: str = ""
    external_profile: ExternalProfile = field(default_factory=ExternalProfile)


@dataclass(frozen=True, slots=True)
class FollowTag(Payload):
    """type: 1 corp tag, 2 personal tag (no tag_id), 3 strategy tag."""

    group_name: str = ""
    tag_name: str = ""
    tag_id: str = ""
    type: int = 0


@dataclass(frozen=True, slots=True)
class WechatChannels(Payload):
    nickname: str = ""
    source: int = 0


@dataclass(frozen=True, slots=True)
class FollowUser(Payload):
    """One follower of a customer as `externalcontact/get` tells it (doc 92114); createtime in unix seconds."""

    userid: str
    remark: str = ""
    description: str = ""
    createtime: int = 0
    tags: tuple[FollowTag, ...] = ()
    remark_corp_name: str = ""
    remark_mobiles: tuple[str, ...] = ()
    add_way: int = 0
    state: str = ""
    oper_userid: str = ""
    wechat_channels: WechatChannels | None = None

    @property
    def tag_id(self) -> tuple[str, ...]:
        """Ids of the corp and strategy tags, as `FollowInfo.tag_id` has them."""
        return tuple(tag.tag_id for tag in self.tags if tag.tag_id and tag.type != 2)


@dataclass(frozen=True, slots=True)
class FollowInfo(Payload):
    """One follow as `batch/get_by_user` tells it (doc 92994): tag ids only, no personal tags."""

    userid: str
    remark: str = ""
    description: str = ""
    createtime: int = 0
    tag_id: tuple[str, ...] = ()
    remark_corp_name: str = ""
    remark_mobiles: tuple[str, ...] = ()
    add_way: int = 0
    state: str = ""
    oper_userid: str = ""
    wechat_channels: WechatChannels | None = None


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    contact: ExternalContact
    follows: list[FollowUser]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    contact: ExternalContact
    follow: FollowInfo

    @classmethod
    def from_wecom(cls, data: Any) -> Self:
        if not isinstance(data, dict):
            raise Unreadable(f"CustomerRow is not an object but {type(data).__name__}")
        contact = ExternalContact.from_wecom(data.get("external_contact"))
        return cls(contact, FollowInfo.from_wecom(data.get("follow_info")))


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """`next_cursor` is empty at the end; a page may be shorter than its limit before that."""

    rows: list[CustomerRow]
    next_cursor: str = ""
    unlicensed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ServedContact(Payload):
    """Somebody whom a member serves (follow_userid) or meets in a group (chat_id, chat_name); add_time: unix seconds.

    tmp_openid tells people apart within one walk through the list and lives 4 hours. external_userid: customers only.
    name is masked, and only that of people who are not customers.
    """

    tmp_openid: str
    is_customer: bool = False
    external_userid: str = ""
    name: str = ""
    follow_userid: str = ""
    chat_id: str = ""
    chat_name: str = ""
    add_time: int = 0
