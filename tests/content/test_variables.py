"""Variables in texts: a fixed list, refused where nobody could fill them, filled where somebody can."""

import pytest

from content import variables
from content.attachments import parse
from content.errors import ContentError
from wecom.models import Corp

NAMES = {"customer_name": "张三", "staff_name": "林小雨", "corp_name": "沙箱门店"}


def test_what_is_written_is_filled():
    assert (
        variables.fill("{customer_name}您好，我是{corp_name}的{staff_name}", NAMES) == "张三您好，我是沙箱门店的林小雨"
    )


def test_a_name_that_looks_like_a_variable_stays_a_name():
    assert variables.fill("{customer_name}!", NAMES | {"customer_name": "{staff_name}"}) == "{staff_name}!"


@pytest.mark.parametrize("text", ["{}", "{ customer_name }", "{优惠}", "a{1}", "{{x", "全场五折 {限时}"])
def test_other_braces_are_plain_text(text):
    variables.check(text)
    variables.refuse(text)
    assert variables.fill(text, NAMES) == text


def test_an_unknown_variable_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ContentError, match=r"no variable \{nickname\}; there are \{customer_name\}"):
        variables.check("hi {nickname}", "[0].text")


@pytest.mark.parametrize("personal", [True, False])
def test_content_names_the_text_that_is_wrong(corp: Corp, personal):
    items = [{"kind": "text", "text": "ok"}, {"kind": "link", "title": "{vip}", "url": "https://shop.example.com"}]
    with pytest.raises(ContentError) as refused:
        parse(items, corp).check_variables(personal=personal)
    assert refused.value.path == "[1].title"


def test_a_mass_send_takes_no_variable_at_all(corp: Corp):
    content = parse([{"kind": "text", "text": "{customer_name}您好"}], corp)
    content.check_variables(personal=True)
    with pytest.raises(ContentError, match="same text"):
        content.check_variables(personal=False)


def test_content_for_one_customer(corp: Corp):
    items = [
        {"kind": "text", "text": "{customer_name}您好"},
        {"kind": "link", "title": "给{customer_name}的券", "url": "https://shop.example.com/{customer_name}"},
    ]
    text, link = parse(items, corp).filled(NAMES).items
    assert (text.text, link.title) == ("张三您好", "给张三的券")
    assert link.url == "https://shop.example.com/{customer_name}"  # an address is nobody's name


def test_a_long_name_never_makes_a_text_that_wecom_refuses(corp: Corp):
    items = [{"kind": "link", "title": "{customer_name}" + "券" * 35, "url": "https://shop.example.com"}]
    [link] = parse(items, corp).filled(NAMES | {"customer_name": "名" * 40}).items
    assert len(link.title.encode()) <= 128
    assert link.title == "名" * 40 + "券" * 2
