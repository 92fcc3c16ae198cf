"""The whole story: scan → welcome → customer → enrolled → clock → confirm → report, and a call done in two taps."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from campaigns import definitions
from campaigns.models import Batch, Campaign
from customers import contact_ways
from customers.models import ContactWay
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tests.acts import console_tags, sync
from wecom import clock
from wecom.models import Corp

pytestmark = pytest.mark.browser
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = "早上好，为您准备了护肤指南"
WEEK = {
    "name": "New friend week",
    "audience": {"all": []},
    "enroll": "newcomers",
    "clock": "added_at",
    "steps": [
        {"after": {"days": 1}, "at": "10:00", "action": "message", "content": [{"kind": "text", "text": MORNING}]},
        {"after": {"days": 3}, "at": "15:30", "action": "task", "title": "电话回访", "script": "问问小样如何"},
    ],
}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def tick(sandbox: Sandbox, corp: Corp):
    """`tick(moment)`: the sandbox's clock turned to it, its callbacks delivered, one turn of ours."""

    def turn(moment: datetime | None = None) -> None:
        if moment:
            sandbox.turn_clock_to(moment)
        sandbox.deliver_callbacks()
        call_command("tick", corp=corp.corpid, verbosity=0)

    yield turn
    clock.forget()


@pytest.fixture
def door(corp: Corp, sandbox: Sandbox, lin: Staff, operator: User, tick) -> ContactWay:
    """The QR code at the door, Lin behind it."""
    tick(at(1, 12))
    console_tags(sandbox, "来源渠道", "门店扫码")
    sync(corp, "staff", "tags")
    lin.refresh_from_db()
    welcome = [{"kind": "text", "text": "欢迎来到沙箱门店"}]
    return contact_ways.create(
        corp, name="门店扫码", staff=[lin], tags=[corp.tags.get()], welcome=welcome, user=operator
    )


@pytest.fixture
def week(corp: Corp, operator: User) -> Campaign:
    campaign = definitions.save(corp, WEEK, user=operator)
    campaign.launch()
    return campaign


def scan(page: Page, way: ContactWay, name: str) -> str:
    """A stranger scans the code and becomes a customer; their external user id."""
    page.goto(way.qr_code)
    page.locator("#name").fill(name)
    page.locator("button[type=submit]").click()
    href = page.locator(".sheet a.button").get_attribute("href") or ""
    found = re.search(r"customer=([^&]+)", href)
    assert found
    return found[1]


def received(sandbox: Sandbox, external_userid: str, kind: str) -> list[str]:
    messages = sandbox.record()["messages"]
    return [m["text"] for m in messages if (m["external_userid"], m["kind"]) == (external_userid, kind)]


def test_from_the_scan_to_the_report(
    page_as, page: Page, tick, door: ContactWay, week: Campaign, sandbox: Sandbox, operator: User, lin_user: User
) -> None:
    external_userid = scan(page, door, "阿梅🌸")
    tick()
    assert received(sandbox, external_userid, "welcome") == ["欢迎来到沙箱门店"]

    page_as(operator).goto("/customers/")
    page.get_by_role("link", name="阿梅🌸").click()
    expect(page.locator(".tag-chip", has_text="门店扫码").first).to_be_visible()
    expect(page.locator(".timeline-list")).to_contain_text("Entered a campaign")
    page.get_by_role("link", name="Campaigns", exact=True).last.click()
    expect(page.locator("#panel")).to_contain_text("Next: step 1")

    tick(at(2, 10, 1))
    page_as(lin_user).goto("/tasks/")
    expect(page.locator(".bundle")).to_contain_text("Confirm in the WeCom client")
    expect(page.locator(".bundle .bubble")).to_contain_text(MORNING)
    sandbox.corp("POST", "staff/lin/confirm", msgid=Batch.objects.get().msgid)
    assert received(sandbox, external_userid, "mass") == [MORNING]

    tick(at(2, 10, 40))
    page_as(operator).goto(f"/campaigns/{week.pk}/")
    expect(page.locator(".number", has_text="Sent or done").locator(".number-value")).to_have_text("1")
    page.goto(f"/campaigns/{week.pk}/customers/")
    page.locator(".dot-ok").click()
    expect(page.locator(".timeline-list")).to_contain_text("WeCom reports it as sent to the customer.")

    tick(at(4, 15, 31))
    page_as(lin_user).goto("/tasks/")
    page.get_by_text("阿梅").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".task .state")).to_have_text("done")
    page_as(operator).goto(f"/campaigns/{week.pk}/")
    expect(page.locator(".number", has_text="Sent or done").locator(".number-value")).to_have_text("2")
    expect(page.locator(".number", has_text="With staff").locator(".number-value")).to_have_text("0")
