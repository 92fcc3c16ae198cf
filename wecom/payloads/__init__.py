"""What WeCom says, typed. Attribute names are WeCom's own; times are unix seconds as WeCom sends them."""

from wecom.payloads.album import Product
from wecom.payloads.app import AccessTokenAnswer, AppMessage
from wecom.payloads.behaviour import BehaviourDay
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
from wecom.payloads.groups import (
    DayFigures,
    FailedChat,
    GroupChat,
    GroupChatMember,
    GroupChatRow,
    GroupFigures,
    GroupWelcome,
    JoinWay,
    OwnerFigures,
    UserRef,
)
from wecom.payloads.inheritance import TransferItem, TransferState, Unassigned
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
from wecom.payloads.times import midnight, moment

__all__ = [
    "AccessTokenAnswer",
    "AppMessage",
    "ApplicableRange",
    "Bill",
    "Commodity",
    "BehaviourDay",
    "ContactWay",
    "CustomerDetail",
    "CustomerPage",
    "CustomerRow",
    "DayFigures",
    "Department",
    "DepartmentId",
    "ExternalContact",
    "ExtraRule",
    "FailedChat",
    "FollowInfo",
    "FollowTag",
    "FollowUser",
    "FundFlow",
    "GroupChat",
    "GroupChatMember",
    "GroupChatRow",
    "GroupFigures",
    "GroupMsg",
    "GroupWelcome",
    "Identity",
    "InterceptRule",
    "InterceptRuleRow",
    "JoinWay",
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
    "OwnerFigures",
    "Tag",
    "TagGroup",
    "UploadJob",
    "UploadedMedia",
    "TransferItem",
    "TransferState",
    "Unassigned",
    "User",
    "UserBrief",
    "UserRef",
    "WechatChannels",
    "midnight",
    "moment",
]
