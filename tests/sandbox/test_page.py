"""The control page: two phones side by side, the clock, the faults."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import stage
from tests.sandbox.actors import Corp

pytestmark = pytest.mark.browser
LINK = {"msgtype": "link", "link": {"title": "新品 <i>", "url": "https://example.com/a", "desc": "到店立减"}}


@pytest.fixture
def page(browser: Browser, corp: Corp) -> Iterator[Page]:
    with stage.page_of(browser, corp.url) as page:
        yield page


def visit(page: Page, corp: Corp, **query: str) -> None:
    page.goto("/?" + "&".join(f"{name}={value}" for name, value in {"corp": corp.corpid, **query}.items()))
    expect(page.locator("#clock")).not_to_have_text("–")


def test_from_scan_to_message_on_two_phones(page: Page, corp: Corp) -> None:
    corp.post("externalcontact/add_contact_way", type=1, scene=2, user=["anna"], remark="门口海报")
    visit(page, corp)
    page.get_by_role("button", name="Scan as a new customer").click()
    expect(page.locator("#customer-phone .thread")).to_have_text("安安娜")
    name = page.locator("#customer-phone .title b").inner_text()
    customer = corp.look("customers")["customers"][0]
    assert customer["name"] == name
    corp.mass(customer["external_userid"], text="今晚会员日", attachments=[LINK])
    task = page.locator("#staff-phone .task")
    expect(task).to_contain_text("今晚会员日")
    expect(task).to_contain_text(name)
    expect(page.locator("#customer-phone")).not_to_contain_text("今晚会员日")
    task.get_by_role("button", name="Confirm and send").click()
    expect(page.locator("#customer-phone .bubble")).to_have_text("今晚会员日")
    expect(page.locator("#customer-phone .card.link b")).to_have_text("新品 <i>")
    expect(task).to_contain_text("Sent · delivered 1")


def test_a_customer_deletes_the_staff_after_a_question(page: Page, corp: Corp) -> None:
    customer = corp.add("anna", name="<b>王小明</b>")
    visit(page, corp, customer=customer)
    expect(page.locator("#customer-phone .title b")).to_have_text("<b>王小明</b>")
    page.get_by_role("button", name="Delete this staff").click()
    page.get_by_role("button", name="Cancel").click()
    assert corp.look(f"customers/{customer}")["follows"][0]["state"] == "friend"
    page.get_by_role("button", name="Delete this staff").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("button", name="Add again")).to_be_visible()
    assert corp.look(f"customers/{customer}")["follows"][0]["state"] == "lost"


def test_a_join_way_beside_the_contact_ways_brings_somebody_in(page: Page, corp: Corp) -> None:
    chat_id = corp.act("groups", owner="anna", name="福利群")["chat_id"]
    template = corp.post("externalcontact/group_welcome_template/add", text={"content": "欢迎 %NICKNAME%"})
    corp.act(f"groups/{chat_id}/welcome", template_id=template["template_id"])
    corp.post("externalcontact/groupchat/add_join_way", scene=2, chat_id_list=[chat_id], remark="社区海报")
    visit(page, corp)
    expect(page.locator("#ways .way b")).to_have_text("社区海报")
    page.get_by_role("button", name="Join as a new customer").click()
    expect(page.locator("#customer-phone .bubble")).to_contain_text("欢迎")
    expect(page.locator("#ways .way small")).to_have_text("1 joined")
    assert len(corp.look(f"groups/{chat_id}")["members"]) == 2


def test_a_customer_refuses_to_be_handed_over(page: Page, corp: Corp) -> None:
    customer = corp.add("anna", name="王小明")
    pair = {"handover_userid": "anna", "takeover_userid": "Bert"}
    corp.post("externalcontact/transfer_customer", {**pair, "external_userid": [customer]})
    visit(page, corp, customer=customer)
    expect(page.locator("#customer-phone")).to_contain_text("安娜 → 伯特")
    page.get_by_role("button", name="Refuse").click()
    expect(page.locator("#customer-phone")).not_to_contain_text("安娜 → 伯特")
    assert [one["status"] for one in corp.look("transfers")["transfers"]] == [3]


def test_app_messages_and_customers_of_the_staff(page: Page, corp: Corp) -> None:
    corp.add("anna", name="王小明")
    card = {"title": "3 个任务", "description": "今天", "url": "http://scrm.example/tasks/"}
    corp.post("message/send", touser="anna", msgtype="textcard", agentid=1000002, textcard=card)
    visit(page, corp, staff="anna")
    page.get_by_role("tab", name="App messages").click()
    expect(page.locator(".textcard a")).to_have_attribute("href", card["url"])
    page.get_by_role("tab", name="Customers").click()
    expect(page.locator(".contact")).to_contain_text("王小明")


def test_clock_faults_and_people(page: Page, corp: Corp) -> None:
    visit(page, corp)
    before = corp.see("clock")["offset"]
    page.get_by_role("button", name="+1 day").click()
    expect(page.locator("#banner")).to_be_hidden()
    assert 86390 < corp.see("clock")["offset"] - before < 86410
    page.get_by_role("button", name="To the next 10:00").click()
    expect(page.locator("#clock")).to_contain_text("10:00:")
    page.locator(".fault", has_text="Busy").get_by_role("combobox").select_option("0.1")
    expect(page.locator(".fault.on")).to_contain_text("Busy")
    assert corp.see("faults")["busy"]["rate"] == 0.1
    page.get_by_role("button", name="All off").click()
    expect(page.locator(".fault.on")).to_have_count(0)
    page.locator("#people").check(force=True)
    page.wait_for_function("fetch('/sandbox/api/people').then((a) => a.json()).then((people) => people.running)")


@pytest.mark.parametrize(("language", "title"), [("zh", "客户的手机"), ("en", "A customer's phone")])
def test_both_languages_and_a_narrow_screen(page: Page, corp: Corp, language: str, title: str) -> None:
    corp.add("anna")
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, corp, lang=language)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto("/")  # the choice stays
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_a_page_without_corps_or_with_an_unknown_one_says_so(page: Page, corp: Corp) -> None:
    page.goto("/?corp=wwnobody&lang=en")
    expect(page.locator("#banner")).to_contain_text("There is no corp wwnobody.")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_phones_have_room(page: Page, corp: Corp, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, corp)
    customer, staff = (page.locator(f"#{name}-phone").bounding_box() for name in ("customer", "staff"))
    assert customer
    assert staff
    if width == 1280:
        assert customer["x"] + customer["width"] < staff["x"]
        assert customer["y"] == staff["y"] < 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
