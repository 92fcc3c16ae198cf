"""The campaign editor in a real browser: four steps, live count, phone preview, save and launch."""

import pytest
from playwright.sync_api import Page, expect

from campaigns import definitions
from campaigns.models import Campaign, CampaignStatus
from customers import digests
from staff.models import Staff, User
from tests.cast import make_customer, make_tag
from wecom.models import Corp

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page_as, operator: User, corp: Corp, lin: Staff) -> Page:
    """The operator's page; one of two customers carries the tag."""
    vip = make_tag(corp, "VIP 会员")
    make_customer(lin, "张三").follows.get().tags.add(vip)
    make_customer(lin, "李四")
    digests.refresh(None, corp=corp)
    return page_as(operator)


def test_a_campaign_is_made_step_by_step_and_launched(desk: Page) -> None:
    desk.goto("/campaigns/new/")
    desk.get_by_label("Name").fill("会员关怀")
    desk.get_by_role("button", name="Next").click()

    desk.get_by_text("everyone who matches, those already here too").click()
    desk.get_by_role("button", name="Add rule").click()
    desk.get_by_label("Field").select_option(label="Tag")
    desk.locator(".picker summary").click()
    desk.get_by_label("VIP 会员").check()
    expect(desk.locator("#reach-count")).to_have_text("1")
    expect(desk.locator("#preview")).to_contain_text("1 customer enters at launch")
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Next").click()

    desk.locator("textarea[name=steps-0-content-0-text]").fill("您好，会员日到啦")
    expect(desk.locator(".bytes")).to_have_text("24 / 4,000 B")
    expect(desk.locator(".handset")).to_contain_text("您好，会员日到啦")
    desk.get_by_role("button", name="Add task for staff").click()
    desk.locator("input[name=steps-1-title]").fill("电话回访")
    expect(desk.locator(".handset")).to_contain_text("电话回访")
    desk.get_by_role("button", name="Next").click()

    desk.get_by_role("button", name="Save and launch…").click()
    expect(desk.get_by_text("1 customer enters now.")).to_be_visible()
    desk.get_by_role("button", name="Launch").click()
    expect(desk.locator(".page-head .state")).to_have_text("Running")
    campaign = Campaign.objects.get()
    assert campaign.status == CampaignStatus.RUNNING
    assert [step["action"] for step in definitions.as_definition(campaign.published)["steps"]] == ["message", "task"]


def test_an_error_opens_the_step_where_it_is_and_values_survive(desk: Page) -> None:
    desk.goto("/campaigns/new/")
    desk.get_by_label("Name").fill("缺内容")
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.locator("#part-3")).to_be_visible()
    expect(desk.locator("#part-3 .field-error")).to_be_visible()
    desk.get_by_role("link", name="Type").click()
    expect(desk.get_by_label("Name")).to_have_value("缺内容")
    assert not Campaign.objects.exists()


def test_ending_asks_in_a_dialog_and_can_be_called_off(desk: Page, corp: Corp) -> None:
    step = {"after": {"minutes": 5}, "action": "message", "content": [{"kind": "text", "text": "您好"}]}
    campaign = definitions.save(corp, {"name": "一", "steps": [step]})
    campaign.launch()
    desk.goto(f"/campaigns/{campaign.pk}/")
    desk.get_by_role("link", name="End…").click()
    expect(desk.locator("dialog[open]")).to_contain_text("cannot be undone")
    desk.get_by_role("link", name="Not now").click()
    expect(desk.locator("dialog[open]")).to_have_count(0)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.RUNNING


@pytest.mark.parametrize("width", [1280, 390])
def test_the_editor_fits_its_window(desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto("/campaigns/new/")
    for part in "1234":
        desk.locator(f"[data-go='{part}']").click()
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
