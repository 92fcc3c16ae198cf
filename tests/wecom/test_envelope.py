import time

import pytest

from wecom.envelope import Malformed, parse


def test_leaves_are_text_and_lists_stay_lists():
    data = parse(
        b"<xml><A><![CDATA[1 & 2]]></A><Empty></Empty><MemChangeList><Item>Jack</Item></MemChangeList>"
        b"<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b"
        b"</OptionId></OptionIds></SelectedItem></SelectedItems><BatchJob><JobId>j</JobId></BatchJob></xml>"
    )
    assert data == {
        "A": "1 & 2",
        "Empty": "",
        "MemChangeList": ["Jack"],
        "SelectedItems": [{"QuestionKey": "q", "OptionIds": ["a", "b"]}],
        "BatchJob": {"JobId": "j"},
    }


BILLION_LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><A>&c;</A></xml>'
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<xml>", id="unclosed"),
        pytest.param(b"just text", id="no xml"),
        pytest.param(b"<xml>text</xml>", id="no elements"),
        pytest.param(b"<!DOCTYPE xml><xml><A>1</A></xml>", id="DTD"),
        pytest.param(BILLION_LAUGHS, id="billion laughs"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x><A>&e;</A></x>', id="XXE"),
        pytest.param(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x><A>1</A></x>', id="external DTD"),
        pytest.param(b"<xml><A>1\x00</A></xml>", id="NUL"),
        pytest.param(b"<xml><A>&#0;</A></xml>", id="NUL reference"),
        pytest.param(b"<xml><A>&#xD800;</A></xml>", id="surrogate reference"),
        pytest.param(b"<xml><A>\xff\xfe</A></xml>", id="not UTF-8"),
        pytest.param("<xml><A>1</A></xml>".encode("utf-16"), id="UTF-16"),
        pytest.param(b'<?xml version="1.0" encoding="UTF-7"?><xml><A>+ADw-</A></xml>', id="UTF-7"),
        pytest.param(b"<xml>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</xml>", id="200,000 levels"),
    ],
)
def test_hostile_xml_is_refused_quickly(data):
    began = time.perf_counter()
    with pytest.raises(Malformed):
        parse(data)
    assert time.perf_counter() - began < 0.05


def test_ten_levels_are_read_and_eleven_are_not():
    def nested(levels: int) -> bytes:
        return b"<a>" * levels + b"1" + b"</a>" * levels

    assert parse(nested(10))
    with pytest.raises(Malformed):
        parse(nested(11))


def test_every_sample_callback_is_read(sample):
    for name in ("add_external_contact", "del_follow_user", "change_external_tag_shuffle", "template_card_event"):
        data = parse(sample(f"callback_{name}.xml").encode())
        assert data["MsgType"] == "event"
        assert data["Event"]
