"""Members and departments (doc 90208, 95350, 95351, 90196, 90200, 90201, 96067)."""

from dataclasses import dataclass, field

from wecom.parsing import Payload
from wecom.payloads.profile import ExtAttr, ExternalProfile


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
class DeptUser(Payload):
    """A member in one department; who is in several has several rows. doc 96067"""

    userid: str
    department: int = 0


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
    extattr: ExtAttr = field(default_factory=ExtAttr)
    external_profile: ExternalProfile = field(default_factory=ExternalProfile)


@dataclass(frozen=True, slots=True)
class Identity(Payload):
    """Who opened a page: a member (userid), or an outsider (openid, and external_userid of a customer). doc 91023"""

    userid: str = ""
    user_ticket: str = ""
    openid: str = ""
    external_userid: str = ""


@dataclass(frozen=True, slots=True)
class UserDetail(Payload):
    """What a member has agreed to show (doc 95833); the rest is empty. gender: 1 male, 2 female."""

    userid: str
    gender: int = 0
    avatar: str = ""
    qr_code: str = ""
    mobile: str = ""
    email: str = ""
    biz_mail: str = ""
    address: str = ""
