"""What WeCom says, typed. Attribute names are WeCom's own; times are unix seconds as WeCom sends them."""

from wecom.payloads.album import Product
from wecom.payloads.app import AccessTokenAnswer, AppMessage
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
from wecom.payloads.intercept import ApplicableRange, ExtraRule, InterceptRule, InterceptRuleRow
from wecom.payloads.mass import GroupMsg, MassResult, MassSend, MassTask, MassText
from wecom.payloads.media import Media, MediaFile, UploadedMedia, UploadJob
from wecom.payloads.members import Department, DepartmentId, Identity, User, UserBrief
from wecom.payloads.payments import (
    Bill,
    Commodity,
    FundFlow,
    PaidMiniprogram,
    PayerContact,
    Refund,
    RuleGroup,
)
from wecom.payloads.tags import Tag, TagGroup
from wecom.payloads.times import moment

__all__ = [
    "AccessTokenAnswer",
    "AppMessage",
    "ApplicableRange",
    "Bill",
    "Commodity",
    "ContactWay",
    "CustomerDetail",
    "CustomerPage",
    "CustomerRow",
    "Department",
    "DepartmentId",
    "ExternalContact",
    "ExtraRule",
    "FollowInfo",
    "FollowTag",
    "FollowUser",
    "FundFlow",
    "GroupChat",
    "GroupChatMember",
    "GroupChatRow",
    "GroupMsg",
    "Identity",
    "InterceptRule",
    "InterceptRuleRow",
    "MassResult",
    "MassSend",
    "MassTask",
    "MassText",
    "Media",
    "MediaFile",
    "NewContactWay",
    "PaidMiniprogram",
    "PayerContact",
    "Product",
    "Refund",
    "RuleGroup",
    "Tag",
    "TagGroup",
    "UploadJob",
    "UploadedMedia",
    "User",
    "UserBrief",
    "UserRef",
    "WechatChannels",
    "moment",
]
