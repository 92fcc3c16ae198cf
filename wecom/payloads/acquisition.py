"""Acquisition links 获客助手 (docs 97297, 97298, 97375, 100130)."""

from dataclasses import dataclass, field
from typing import Any, Self

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class NewLink(Payload):
    """A link as `create_link` answers it; create_time in unix seconds."""

    link_id: str
    link_name: str = ""
    url: str = ""
    create_time: int = 0


@dataclass(frozen=True, slots=True)
class LinkRange(Payload):
    user_list: tuple[str, ...] = ()
    department_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorityOption(Payload):
    """priority_type: 1 a present friend anywhere in the corp first, 2 one of priority_userid_list first."""

    priority_type: int = 0
    priority_userid_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkBody(Payload):
    link_name: str = ""
    url: str = ""
    create_time: int = 0
    skip_verify: bool = True
    mark_source: bool = True


@dataclass(frozen=True, slots=True)
class AcquisitionLink(Payload):
    """A link as `get` answers it: three objects side by side."""

    link: LinkBody
    range: LinkRange = field(default_factory=LinkRange)
    priority_option: PriorityOption | None = None


@dataclass(frozen=True, slots=True)
class LinkCustomer(Payload):
    """chat_status: 0 the customer has not written, 1 he has, 2 unknown. state: the customer_channel he came by."""

    external_userid: str
    userid: str = ""
    chat_status: int = 2
    state: str = ""


@dataclass(frozen=True, slots=True)
class LinkStatistic(Payload):
    click_link_customer_cnt: int = 0
    new_customer_cnt: int = 0


@dataclass(frozen=True, slots=True)
class ChatCount(Payload):
    recv_msg_cnt: int = 0
    link_id: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ChatInfo(Payload):
    userid: str
    external_userid: str
    chat_info: ChatCount = field(default_factory=ChatCount)


@dataclass(frozen=True, slots=True)
class QuotaParcel(Payload):
    """What is left of one purchase until expire_date (unix seconds)."""

    expire_date: int
    balance: int = 0


@dataclass(frozen=True, slots=True)
class AcquisitionQuota(Payload):
    """total: used so far, ever. balance: left now."""

    total: int = 0
    balance: int = 0
    quota_list: tuple[QuotaParcel, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkId:
    """One id of `list_link`, which answers bare strings."""

    link_id: str

    @classmethod
    def from_wecom(cls, data: Any) -> Self:
        return cls(NewLink.from_wecom({"link_id": data}).link_id)
