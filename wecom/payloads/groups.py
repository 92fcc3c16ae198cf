"""Group chats, join ways, welcome templates, statistics (docs 92120, 92122, 92229, 92366, 92133, 92127)."""

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


@dataclass(frozen=True, slots=True)
class JoinWay(Payload):
    """scene: 1 mini-program, 2 QR. auto_create_room: 1 a new group is made when all are full."""

    config_id: str
    scene: int = 0
    remark: str = ""
    auto_create_room: bool = True
    room_base_name: str = ""
    room_base_id: int = 0
    chat_id_list: tuple[str, ...] = ()
    qr_code: str = ""
    state: str = ""
    mark_source: bool = True


@dataclass(frozen=True, slots=True)
class WelcomeText(Payload):
    content: str = ""


@dataclass(frozen=True, slots=True)
class WelcomeImage(Payload):
    media_id: str = ""
    pic_url: str = ""


@dataclass(frozen=True, slots=True)
class WelcomeLink(Payload):
    title: str = ""
    picurl: str = ""
    desc: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class WelcomeMiniprogram(Payload):
    title: str = ""
    pic_media_id: str = ""
    appid: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class WelcomeFile(Payload):
    media_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupWelcome(Payload):
    """A welcome of groups: text, and one of the other parts. `%NICKNAME%` in the text is the newcomer's name."""

    text: WelcomeText = WelcomeText()
    image: WelcomeImage | None = None
    link: WelcomeLink | None = None
    miniprogram: WelcomeMiniprogram | None = None
    file: WelcomeFile | None = None
    video: WelcomeFile | None = None


@dataclass(frozen=True, slots=True)
class GroupFigures(Payload):
    """Totals at the end of the window, everything else within it."""

    new_chat_cnt: int = 0
    chat_total: int = 0
    chat_has_msg: int = 0
    new_member_cnt: int = 0
    member_total: int = 0
    member_has_msg: int = 0
    msg_total: int = 0
    migrate_trainee_chat_cnt: int = 0


@dataclass(frozen=True, slots=True)
class OwnerFigures(Payload):
    owner: str
    data: GroupFigures = GroupFigures()


@dataclass(frozen=True, slots=True)
class DayFigures(Payload):
    """stat_time: the day's midnight in China, unix seconds."""

    stat_time: int
    data: GroupFigures = GroupFigures()


@dataclass(frozen=True, slots=True)
class FailedChat(Payload):
    """A group that was not handed over: 49008, 90500-90508 and others say why."""

    chat_id: str
    errcode: int = 0
    errmsg: str = ""
