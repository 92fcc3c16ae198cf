"""What the demo's shop works with: lifecycle stages, a channel at the door, and an SOP for new friends."""

from __future__ import annotations

from typing import Any

from campaigns import definitions
from campaigns.models import Campaign, CampaignStatus
from customers import contact_ways
from customers.models import ContactWay, Stage
from staff.models import Staff, User
from tags.models import Tag
from wecom.models import Corp

STAGES = {"new": "新客", "interested": "有意向", "buyer": "已购", "regular": "复购", "silent": "沉睡"}
DOOR = "门店扫码"
DOOR_STAFF = 4
NEW_FRIEND_WEEK = "New friend week 新友七日"
WELCOME = """您好，欢迎来到沙箱门店！🌿
我是您的专属顾问，护肤、香氛有任何问题都可以直接问我。
到店出示本对话，可领取新人小样一份。"""
FIRST_HOUR = "再次欢迎您！为了更好地为您服务，想了解一下：您最近更关心护肤、彩妆，还是香氛呢？直接回复我就好。"
DAY_ONE = "早上好！为新朋友准备了一份入门护肤指南，三分钟读完，换季不慌。有疑问随时找我。"
GUIDE = {
    "kind": "link",
    "title": "换季护肤三步走",
    "desc": "清洁、保湿、防晒：一次讲清楚",
    "url": "https://example.com/guide/skin-care",
}
CALL = "电话回访新朋友"
CALL_SCRIPT = (
    "1. 自我介绍，确认现在方便说话。\n2. 问小样用得怎么样，有没有不适。\n3. 邀请周末到店做一次免费肤质检测。\n"
    "4. 记下客户关心的问题，打上兴趣标签。"
)
DAY_SEVEN = "认识您一周啦！这周六店里有新友体验日，凭本消息可享任意正装 9 折，需要我帮您预留时段吗？"


def furnish(corp: Corp, user: User) -> None:
    """Make what is missing; what a visitor changed or ended since the last start stays as they left it."""
    for order, (key, name) in enumerate(STAGES.items()):
        Stage.objects.get_or_create(corp=corp, key=key, defaults={"name": name, "order": order})
    door(corp, user)
    new_friend_week(corp, user)


def door(corp: Corp, user: User) -> ContactWay:
    """The QR code at the shop's door, with tag and welcome."""
    way = ContactWay.objects.of(corp).filter(name=DOOR, deleted_at=None).first()
    if way:
        return way
    staff = Staff.objects.of(corp).active().filter(serves_customers=True).order_by("userid")[:DOOR_STAFF]
    tags = Tag.objects.of(corp).live().filter(name=DOOR)
    welcome = [{"kind": "text", "text": WELCOME}]
    return contact_ways.create(corp, name=DOOR, staff=list(staff), tags=list(tags), welcome=welcome, user=user)


def new_friend_week(corp: Corp, user: User) -> Campaign:
    """The SOP of the first week, launched."""
    found = Campaign.objects.of(corp).filter(name=NEW_FRIEND_WEEK).first()
    campaign = found or definitions.save(corp, plan(corp), user=user)
    if campaign.status == CampaignStatus.DRAFT:
        campaign.launch(user)
    return campaign


def plan(corp: Corp) -> dict[str, Any]:
    """Everybody who comes from now on; members of the first rank are not called."""
    vip = list(Tag.objects.of(corp).live().filter(name="VIP 会员").values_list("wecom_id", flat=True))
    call: dict[str, Any] = {
        "after": {"days": 3},
        "at": "15:30",
        "action": "task",
        "title": CALL,
        "script": CALL_SCRIPT,
        "expires_after": {"days": 2},
    }
    if vip:
        call["condition"] = {"not": {"field": "tag", "op": "has_any", "value": vip}}
    return {
        "corp": corp.corpid,
        "name": NEW_FRIEND_WEEK,
        "kind": "sop",
        "audience": {"all": []},
        "enroll": "newcomers",
        "clock": "added_at",
        "late_after": {"days": 2},  # visitors turn the clock by days
        "steps": [
            message({"minutes": 5}, None, FIRST_HOUR),
            message({"days": 1}, "10:00", DAY_ONE, GUIDE),
            call,
            message({"days": 7}, "10:30", DAY_SEVEN),
        ],
    }


def message(after: dict[str, int], at: str | None, text: str, *attachments: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = {
        "after": after,
        "action": "message",
        "expires_after": {"hours": 48},
        "content": [{"kind": "text", "text": text}, *attachments],
    }
    return step | ({"at": at} if at else {})
