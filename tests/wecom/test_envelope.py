import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wecom import envelope
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
    spans = []
    for _ in range(3):  # of a machine that others use as well
        began = time.perf_counter()
        with pytest.raises(Malformed):
            parse(data)
        spans.append(time.perf_counter() - began)
    assert min(spans) < 0.05


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


# --- the short way, against the parser ---

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["]]", "]", "]]]", "a]]b", "\r\n", "\x00", "\x1b", "\ufffe", " x ", "&lt;", "<b>", "👨‍👩‍👧‍👦", "]]>", "</A>"]
)
NAMES = st.sampled_from(["Event", "ChangeType", "A", "A1_", "Item", "OptionId", "é"])
MARKUP = [
    "<{0}><![CDATA[{1}]]></{0}>",
    "<{0}>{1}</{0}>",
    "<{0}> <![CDATA[{1}]]></{0}>",
    "<{0}></{0}>",
    "<{0} x='1'>{1}</{0}>",
]
ELEMENT = st.tuples(st.sampled_from(MARKUP), NAMES, TEXT).map(lambda parts: parts[0].format(*parts[1:]))
DOCUMENT = st.tuples(
    st.sampled_from(
        ["<xml>", " <xml>", "<xml>\n", "<?xml version='1.0'?><xml>", "<!DOCTYPE xml><xml>", "<xml a='1'>", ""]
    ),
    st.lists(ELEMENT, max_size=5).map("".join),
    st.sampled_from(["</xml>", "</xml>\n", "</xml>x", "<A/></xml>", "", "<!-- c --></xml>"]),
).map("".join)


@given(DOCUMENT.map(str.encode) | DOCUMENT.map(lambda text: text.encode("utf-8")[:-3] + b"\xff</xml>"))
def test_the_short_way_says_what_the_parser_says_or_nothing(data):
    flat = envelope._flat(data)
    if flat is not None:
        assert flat == envelope._parsed(data)


def test_events_as_wecom_writes_them_go_the_short_way(sample):
    data = sample("callback_add_external_contact.xml").encode()
    assert envelope._flat(data) == envelope._parsed(data)


@given(DOCUMENT.map(str.encode))
def test_an_envelope_is_read_alike_by_pattern_and_parser(data):
    framed = (
        data.replace(b"<Event>", b"<Encrypt>").replace(b"</Event>", b"</Encrypt>").replace(b"ChangeType", b"AgentID")
    )
    if envelope.USUAL.fullmatch(framed):
        assert envelope.encrypted(framed) == envelope._parsed(framed).get("Encrypt", "")


@pytest.mark.parametrize("body", [b"<xml><Encrypt>" + b"a" * 60_000, b"<xml>" + b"<AgentID></AgentID>" * 3_000])
def test_an_unusual_envelope_takes_no_time_to_recognise(body):
    began = time.perf_counter()
    assert envelope.USUAL.fullmatch(body) is None
    assert envelope._flat(body) is None
    assert time.perf_counter() - began < 0.05
