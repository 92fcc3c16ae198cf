"""What WeCom says, typed. Attribute names are WeCom's own; times are unix seconds as WeCom sends them."""

from wecom.payloads.app import AccessTokenAnswer, AppMessage, Media
from wecom.payloads.contact_ways import ContactWay, NewContactWay
from wecom.payloads.customers import (
    CustomerDetail,
    CustomerPage,
    CustomerRow,
    ExternalContact,
    FollowInfo,
    FollowTag,
    FollowUser,
    WechatChannels,
)
from wecom.payloads.groups import GroupChat, GroupChatMember, GroupChatRow, UserRef
from wecom.payloads.mass import GroupMsg, MassResult, MassSend, MassTask, MassText
from wecom.payloads.members import Department, DepartmentId, Identity, User, UserBrief
from wecom.payloads.tags import Tag, TagGroup
from wecom.payloads.times import moment

__all__ = [
    "AccessTokenAnswer",
    "AppMessage",
    "ContactWay",
    "CustomerDetail",
    "CustomerPage",
    "CustomerRow",
    "Department",
    "DepartmentId",
    "ExternalContact",
    "FollowInfo",
    "FollowTag",
    "FollowUser",
    "GroupChat",
    "GroupChatMember",
    "GroupChatRow",
    "GroupMsg",
    "Identity",
    "MassResult",
    "MassSend",
    "MassTask",
    "MassText",
    "Media",
    "NewContactWay",
    "Tag",
    "TagGroup",
    "User",
    "UserBrief",
    "UserRef",
    "WechatChannels",
    "moment",
]
