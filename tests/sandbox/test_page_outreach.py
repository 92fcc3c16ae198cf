"""The control page: moments on both phones, cards of the app that are pressed and changed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import stage
from tests.sandbox.actors import Corp, Receiver

pytestmark = pytest.mark.browser
CARD = {
    "card_type": "multiple_interaction",
    "task_id": "t1",
    "main_title": {"title": "这位客户 <b>如何</b>？"},
    "select_list": [
        {"question_key": "q1", "title": "意向", "option_list": [{"id": "1", "text": "高"}, {"id": "2", "text": "低"}]}
    ],
    "submit_button": {"text": "提交", "key": "go"},
}


@pytest.fixture
def page(browser: Browser, heard: Corp) -> Iterator[Page]:
    with stage.page_of(browser, heard.url) as page:
        yield page


def visit(page: Page, corp: Corp, **query: str) -> None:
    page.goto("/?" + "&".join(f"{name}={value}" for name, value in {"corp": corp.corpid, **query}.items()))
    expect(page.locator("#clock")).not_to_have_text("–")


def test_a_moment_from_task_to_comment_on_two_phones(page: Page, heard: Corp) -> None:
    customer = heard.add("anna", name="王小明")
    heard.post("externalcontact/add_moment_task", text={"content": "秋季 <i>新品</i>"})
    heard.advance(3)
    visit(page, heard, customer=customer, staff="anna")
    task = page.locator("#staff-phone .task")
    expect(task).to_contain_text("秋季 <i>新品</i>")
    expect(page.get_by_role("tab", name="Moments")).to_have_count(0)
    task.get_by_role("button", name="Publish").click()
    expect(task).to_contain_text("Published · 1")
    page.get_by_role("tab", name="Moments").click()
    post = page.locator("#customer-phone .post")
    expect(post.locator(".bubble")).to_have_text("秋季 <i>新品</i>")
    post.get_by_role("button", name="Comment").click()
    expect(post.get_by_role("button", name="Comment 1")).to_be_visible()
    page.locator("#customer-phone .thread").first.click()
    expect(post).to_have_count(0)


def test_a_card_is_answered_then_closed_and_a_message_recalled(page: Page, heard: Corp, receiver: Receiver) -> None:
    to = {"touser": "anna", "agentid": 1000002}
    heard.post("message/send", {**to, "msgtype": "template_card", "template_card": CARD})
    text = heard.post("message/send", {**to, "msgtype": "text", "text": {"content": "发错了"}})
    visit(page, heard, staff="anna")
    page.get_by_role("tab", name="App messages").click()
    card = page.locator("#staff-phone form.textcard")
    expect(card.locator("b")).to_have_text("这位客户 <b>如何</b>？")
    card.locator("select").select_option("2")
    card.get_by_role("button", name="提交").click()
    (told,) = receiver.wait(1)
    assert (told["Event"], told["EventKey"], told["TaskId"]) == ("template_card_event", "go", "t1")
    assert "<OptionId><![CDATA[2]]></OptionId>" in heard.look("callbacks")["callbacks"][0]["xml"]
    closing = {"userids": ["anna"], "agentid": 1000002, "response_code": told["ResponseCode"]}
    heard.post("message/update_template_card", {**closing, "button": {"replace_name": "已提交"}})
    expect(card.get_by_role("button", name="提交")).to_have_count(0)
    expect(card).to_contain_text("已提交")
    heard.post("message/recall", msgid=text["msgid"])
    expect(page.locator("#staff-phone")).to_contain_text("This message was recalled")
    expect(page.locator("#staff-phone")).not_to_contain_text("发错了")
