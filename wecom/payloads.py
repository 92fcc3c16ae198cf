"""What WeCom says, typed. Attribute names are WeCom's own; times are unix seconds as WeCom sends them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from wecom.errors import Unreadable
from wecom.parsing import Payload


def moment(seconds: int) -> datetime | None:
    """An aware date-time from unix seconds; None for 0 and for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


# --- members and departments (doc 90208, 95350, 90196, 90200, 90201) ---


@dataclass(frozen=True, slots=True)
class DepartmentId(Payload):
    id: int
    parentid: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class Department(Payload):
    id: int
    name: str = ""
    name_en: str = ""
    department_leader: tuple[str, ...] = ()
    parentid: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class UserBrief(Payload):
    userid: str
    name: str = ""
    department: tuple[int, ...] = ()
    open_userid: str = ""


@dataclass(frozen=True, slots=True)
class User(Payload):
    """A member. Apps made after 2022-06-20 get no avatar, gender, mobile, email, biz_mail, qr_code, address."""

    userid: str
    name: str = ""
    department: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    position: str = ""
    mobile: str = ""
    gender: int = 0
    email: str = ""
    biz_mail: str = ""
    is_leader_in_dept: tuple[int, ...] = ()
    direct_leader: tuple[str, ...] = ()
    avatar: str = ""
    thumb_avatar: str = ""
    telephone: str = ""
    alias: str = ""
    address: str = ""
    open_userid: str = ""
    main_department: int = 0
    status: int = 0
    qr_code: str = ""
    external_position: str = ""
    extattr: dict[str, Any] = field(default_factory=dict)
    external_profile: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity(Payload):
    """Who opened a page: a member (userid), or an outsider (openid, and external_userid of a customer). doc 91023"""

    userid: str = ""
    user_ticket: str = ""
    openid: str = ""
    external_userid: str = ""


# --- customers (doc 92114, 92994) ---


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
    external_profile: dict[str, Any] = field(default_factory=dict)


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


# --- tags (doc 92117) ---


@dataclass(frozen=True, slots=True)
class Tag(Payload):
    id: str
    name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class TagGroup(Payload):
    group_id: str
    group_name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False
    tag: tuple[Tag, ...] = ()


# --- contact ways (doc 92228) ---


@dataclass(frozen=True, slots=True)
class NewContactWay(Payload):
    config_id: str
    qr_code: str = ""


@dataclass(frozen=True, slots=True)
class ContactWay(Payload):
    config_id: str
    type: int = 0
    scene: int = 0
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    qr_code: str = ""
    user: tuple[str, ...] = ()
    party: tuple[int, ...] = ()
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: dict[str, Any] = field(default_factory=dict)


# --- mass sends (doc 92135, 93338) ---


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


# --- group chats (doc 92120, 92122) ---


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


# --- media, app messages (doc 90253, 90236) ---


@dataclass(frozen=True, slots=True)
class Media(Payload):
    """A media id lives 3 days from created_at (unix seconds; `media/upload` writes it as text)."""

    media_id: str
    type: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class AppMessage(Payload):
    """What `message/send` refused, joined with `|` and lower-cased, as WeCom answers it."""

    msgid: str = ""
    invaliduser: str = ""
    invalidparty: str = ""
    invalidtag: str = ""
    unlicenseduser: str = ""
    response_code: str = ""

    @property
    def refused(self) -> list[str]:
        """Userids that did not get the message."""
        return [userid for part in (self.invaliduser, self.unlicenseduser) for userid in part.split("|") if userid]


@dataclass(frozen=True, slots=True)
class AccessTokenAnswer(Payload):
    access_token: str
    expires_in: int = 7200
