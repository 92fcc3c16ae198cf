"""Contact ways between the client and the sandbox: temporary ones, conclusions, caps, the window of the list."""

from datetime import timedelta

import pytest
import requests

from wecom import clock
from wecom.client import WeComClient, client_for
from wecom.contact_specs import ContactWaySpec
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

DAY = 86_400
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
LINK = {"title": "商城", "url": "https://example.com", "desc": "新品"}


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    return client_for(corp)


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value.errcode, refused.value.kind


def temporary(**more) -> ContactWaySpec:
    return ContactWaySpec(user=["lin"], type=1, is_temp=True, **more)


def conclusions_received(sandbox) -> list[dict]:
    return [message for message in sandbox.record()["messages"] if message["kind"] == "conclusion"]


def test_a_temporary_chat_ends_with_its_conclusions(wecom, sandbox):
    image = wecom.media.upload("image", "a.png", PNG).media_id
    spec = temporary(
        expires_in=DAY,
        chat_expires_in=3600,
        conclusions={"text": {"content": "再见"}, "link": LINK, "image": {"media_id": image}},
    )
    way = wecom.contact_ways.add(spec)
    friend = sandbox.corp("POST", "scan", config_id=way.config_id)["external_userid"]
    assert wecom.customers.list("lin") == [friend]
    wecom.contact_ways.close_temp_chat("lin", friend)
    (message,) = conclusions_received(sandbox)
    assert (message["external_userid"], message["text"]) == (friend, "再见")
    assert [part["msgtype"] for part in message["attachments"]] == ["image"]
    assert wecom.customers.list("lin") == []
    assert refusal(lambda: wecom.contact_ways.close_temp_chat("lin", friend)) == (84061, ErrorKind.GONE)


def test_a_temporary_chat_ends_by_itself(wecom, sandbox):
    spec = temporary(chat_expires_in=3600, conclusions={"text": {"content": "再见"}})
    way = wecom.contact_ways.add(spec)
    sandbox.corp("POST", "scan", config_id=way.config_id)
    sandbox.advance(3000)
    assert conclusions_received(sandbox) == []
    sandbox.advance(601)
    assert [message["text"] for message in conclusions_received(sandbox)] == ["再见"]


def test_an_ordinary_chat_cannot_be_closed(wecom, sandbox):
    friend = sandbox.corp("POST", "scan", userid="lin")["external_userid"]
    assert refusal(lambda: wecom.contact_ways.close_temp_chat("lin", friend))[0] == 40035
    assert refusal(lambda: wecom.contact_ways.close_temp_chat("wang", friend))[0] == 84061


def test_a_temporary_code_takes_one_customer(wecom, sandbox):
    way = wecom.contact_ways.add(temporary())
    sandbox.corp("POST", "scan", config_id=way.config_id)
    with pytest.raises(requests.HTTPError, match="already"):
        sandbox.corp("POST", "scan", config_id=way.config_id)


def test_a_temporary_code_expires(wecom, sandbox):
    way = wecom.contact_ways.add(temporary(expires_in=DAY))
    default = wecom.contact_ways.add(temporary())
    sandbox.advance(DAY + 1)
    with pytest.raises(requests.HTTPError, match="expired"):
        sandbox.corp("POST", "scan", config_id=way.config_id)
    sandbox.corp("POST", "scan", config_id=default.config_id)


def test_a_temporary_code_may_be_for_one_person_only(wecom, sandbox):
    friend = sandbox.corp("POST", "scan", userid="wang")["external_userid"]
    unionid = wecom.customers.get(friend).contact.unionid
    way = wecom.contact_ways.add(temporary(unionid=unionid))
    with pytest.raises(requests.HTTPError, match="somebody else"):
        sandbox.corp("POST", "scan", config_id=way.config_id)
    sandbox.corp("POST", "scan", config_id=way.config_id, external_userid=friend)
    assert wecom.customers.list("lin") == [friend]


def test_what_was_asked_for_comes_back(wecom):
    image = wecom.media.upload("image", "a.png", PNG).media_id
    program = {"title": "小店", "pic_media_id": image, "appid": "wx1", "page": "/i"}
    given = {"text": {"content": "谢谢"}, "image": {"media_id": image}, "link": LINK, "miniprogram": program}
    made = wecom.contact_ways.add(temporary(expires_in=DAY, chat_expires_in=60, conclusions=given, mark_source=False))
    way = wecom.contact_ways.get(made.config_id)
    assert (way.is_temp, way.expires_in, way.chat_expires_in, way.mark_source) == (True, DAY, 60, False)
    assert way.conclusions.text.content == "谢谢"
    assert way.conclusions.image.pic_url.startswith("http")
    assert way.conclusions.attachment == way.conclusions.image
    assert (way.conclusions.link.title, way.conclusions.miniprogram.page) == ("商城", "/i")
    wecom.contact_ways.update(made.config_id, ContactWaySpec(user=["wang"], type=1, conclusions={"link": LINK}))
    changed = wecom.contact_ways.get(made.config_id)
    assert (changed.user, changed.conclusions.attachment.title, changed.conclusions.text) == (("wang",), "商城", None)


def test_only_certain_industries_have_temporary_chats(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, temp_chats=False)
    assert refusal(lambda: wecom.contact_ways.add(temporary()))[0] == 41200


def test_contact_ways_and_join_ways_share_a_cap_that_temporary_ones_do_not_touch(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, contact_way_cap=2)
    wecom.contact_ways.add(ContactWaySpec(user=["lin"]))
    wecom.contact_ways.add(temporary())
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="群", members=[])["chat_id"]
    join = {"scene": 2, "chat_id_list": [chat_id]}
    token = wecom.fetch_access_token().access_token
    address = f"{corp.api_base_url}/cgi-bin/externalcontact/groupchat/add_join_way?access_token={token}"
    assert requests.post(address, json=join, timeout=5).json()["errcode"] == 0
    assert refusal(lambda: wecom.contact_ways.add(ContactWaySpec(user=["lin"]))) == (41045, ErrorKind.QUOTA)
    assert requests.post(address, json=join, timeout=5).json()["errcode"] == 41045
    wecom.contact_ways.add(temporary())


def test_a_day_has_only_so_many_temporary_ones(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, temp_way_cap=1)
    wecom.contact_ways.add(temporary())
    assert refusal(lambda: wecom.contact_ways.add(temporary())) == (45009, ErrorKind.LIMIT)


def test_a_member_who_never_logged_in_cannot_be_reached(wecom, sandbox):
    sandbox.corp("POST", "contacts/create_user", userid="new", name="新人", department=[2], status=4)
    assert refusal(lambda: wecom.contact_ways.add(ContactWaySpec(user=["new"], type=1)))[0] == 41054


def test_customers_of_one_corp_meet_the_same_member(wecom, sandbox):
    way = wecom.contact_ways.add(ContactWaySpec(user=["lin", "wang"], is_exclusive=True))
    met = {
        sandbox.corp("POST", "scan", config_id=way.config_id, type=2, corp_name="腾讯")["userid"] for _ in range(12)
    }
    assert len(met) == 1


def test_the_list_has_a_window_and_knows_no_temporary_ones(wecom, sandbox):
    old = wecom.contact_ways.add(ContactWaySpec(user=["lin"])).config_id
    wecom.contact_ways.add(temporary())
    sandbox.advance(91 * DAY)
    clock.pull()
    new = wecom.contact_ways.add(ContactWaySpec(user=["lin"])).config_id
    assert list(wecom.contact_ways.list()) == [new]
    assert list(wecom.contact_ways.list(clock.now() - timedelta(days=100))) == [old, new]
    assert list(wecom.contact_ways.list(clock.now() - timedelta(days=100), clock.now() - timedelta(days=80))) == [old]


def way(**more) -> ContactWaySpec:
    return ContactWaySpec(**{"user": ["u"], "type": 1, **more})


REFUSED_BEFORE_THE_CALL = {
    "a temporary contact way is of type 1": way(type=2, is_temp=True),
    "type is 3": way(type=3),
    "scene is 0": way(scene=0),
    "expires_in is 1209601": way(is_temp=True, expires_in=14 * DAY + 1),
    "chat_expires_in is 0": way(is_temp=True, chat_expires_in=0),
    "remark has 31 characters": way(remark="备" * 31),
    "conclusions.text.content has 4002 bytes": way(conclusions={"text": {"content": "企" * 1334}}),
    "conclusions.link.title has 129 bytes": way(conclusions={"link": LINK | {"title": "企" * 43}}),
    "conclusions.link.desc has 513 bytes": way(conclusions={"link": LINK | {"desc": "a" * 513}}),
    "conclusions.link.url is missing": way(conclusions={"link": {"title": "t"}}),
    "conclusions.miniprogram.page is missing": way(
        conclusions={"miniprogram": {"title": "t", "pic_media_id": "m", "appid": "wx"}}
    ),
    "conclusions.miniprogram.title has 66 bytes": way(
        conclusions={"miniprogram": {"title": "企" * 22, "pic_media_id": "m", "appid": "wx", "page": "/"}}
    ),
    "conclusions.image.media_id is missing": way(conclusions={"image": {"pic_url": "https://e.com/a.png"}}),
    "conclusions.video is none of": way(conclusions={"video": {"media_id": "m"}}),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        client.contact_ways.add(REFUSED_BEFORE_THE_CALL[problem])
    assert refused.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


@pytest.mark.parametrize(
    ("conclusions", "code"),
    [
        ({"image": {"media_id": "unknown"}}, 40007),
        ({"link": {"title": "t", "url": "example.com"}}, 45034),
    ],
)
def test_conclusions_that_only_wecom_can_judge(wecom, conclusions, code):
    assert refusal(lambda: wecom.contact_ways.add(temporary(conclusions=conclusions)))[0] == code
