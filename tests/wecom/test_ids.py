"""Conversions between names of the same person, and the list of everybody served, against the sandbox."""

import pytest

from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.payloads import ServedContact

THIRD_PARTY = 3000


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def friend(sandbox) -> str:
    """A WeChat user whom Lin follows."""
    return sandbox.corp("POST", "scan", userid="lin", name="张三")["external_userid"]


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value.errcode, refused.value.kind


def test_the_openid_of_a_wechat_user(wecom, sandbox, friend, corp):
    openid = wecom.ids.openid(friend)
    assert openid.startswith("o")
    assert wecom.ids.openid(friend) == openid
    assert refusal(lambda: wecom.ids.openid("wmnobody")) == (40096, ErrorKind.GONE)
    colleague = sandbox.corp("POST", "scan", userid="lin", type=2, corp_name="腾讯")["external_userid"]
    assert refusal(lambda: wecom.ids.openid(colleague))[0] == 41056
    sandbox.call("POST", "corps", corpid=corp.corpid, bound_unionid=False)
    assert refusal(lambda: wecom.ids.openid(friend))[0] == 41057


def test_temporary_ids_of_a_meeting(wecom, sandbox, friend):
    met = sandbox.corp("POST", "ids/tmp", business_type=1, external_userids=[friend])["ids"][friend]
    converted = wecom.ids.from_tmp([met, "ouUnknown"], business_type=1)
    assert [(row.tmp_external_userid, row.external_userid) for row in converted.results] == [(met, friend)]
    assert converted.invalid_tmp_external_userid_list == ("ouUnknown",)
    assert wecom.ids.from_tmp([met], business_type=2).results == ()
    others = [{"corpid": "wwpartner", "userid": "zhao"}]
    ids = sandbox.corp("POST", "ids/tmp", business_type=3, user_type=2, others=others)["ids"]
    (row,) = wecom.ids.from_tmp(list(ids.values()), business_type=3, user_type=2).results
    assert (row.corpid, row.userid, row.external_userid) == ("wwpartner", "zhao", "")


def test_what_a_third_party_app_calls_members(wecom, sandbox):
    theirs = sandbox.corp("POST", "ids/service", agentid=THIRD_PARTY, userids=["lin"])["userids"]["lin"]
    converted = wecom.ids.userids([theirs, "woUnknown"], THIRD_PARTY)
    assert [(row.open_userid, row.userid) for row in converted.userid_list] == [(theirs, "lin")]
    assert converted.invalid_open_userid_list == ("woUnknown",)
    assert refusal(lambda: wecom.ids.userids([theirs], 3001)) == (40056, ErrorKind.CONFIG)


def test_what_a_third_party_app_calls_customers(wecom, sandbox, friend):
    named = sandbox.corp("POST", "ids/service", agentid=THIRD_PARTY, external_userids=[friend])
    theirs = named["external_userids"][friend]
    assert theirs != friend
    assert wecom.ids.from_service(theirs, THIRD_PARTY) == friend
    assert wecom.ids.to_service(friend) == theirs
    assert refusal(lambda: wecom.ids.from_service("wmunknown", THIRD_PARTY)) == (40096, ErrorKind.GONE)


def test_ids_from_before_a_migration(wecom, sandbox, friend):
    before = sandbox.corp("POST", "ids/old", external_userids=[friend])["ids"][friend]
    (renewed,) = wecom.ids.renewed([before, "wmunknown"])
    assert (renewed.external_userid, renewed.new_external_userid) == (before, friend)


REFUSED_BEFORE_THE_CALL = {
    "tmp_external_userid_list has 101 entries": lambda c: c.ids.from_tmp(["t"] * 101, 1),
    "tmp_external_userid_list has 0 entries": lambda c: c.ids.from_tmp([], 1),
    "business_type is 4": lambda c: c.ids.from_tmp(["t"], 4),
    "user_type is 5": lambda c: c.ids.from_tmp(["t"], 1, 5),
    "open_userid_list has 1001 entries": lambda c: c.ids.userids(["t"] * 1001, 1),
    "external_userid_list has 1001 entries": lambda c: c.ids.renewed(["t"] * 1001),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        REFUSED_BEFORE_THE_CALL[problem](client)
    assert refused.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


def test_an_answer_without_the_id_is_no_success(client, played):
    played.default = [{"errcode": 0, "errmsg": "ok"}]
    with pytest.raises(WeComError) as unreadable:
        client.ids.openid("wm1")
    assert unreadable.value.kind is ErrorKind.UNKNOWN


# --- everybody served ---


def test_everybody_whom_members_serve_or_meet_in_groups(wecom, sandbox, corp, friend):
    stranger = sandbox.corp("POST", "scan", userid="wang", name="李小四")["external_userid"]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=[{"userid": "wang", "name": "王磊", "external": False}])
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="老客户群", members=[friend, stranger])["chat_id"]
    rows = list(wecom.customers.served())
    assert [(row.is_customer, row.external_userid, row.name, row.follow_userid) for row in rows[:2]] == [
        (True, friend, "", "lin"),
        (False, "", "***四", "wang"),
    ]
    assert [(row.is_customer, row.external_userid, row.chat_id, row.chat_name) for row in rows[2:]] == [
        (True, friend, chat_id, ""),
        (False, "", "", "老客户群"),
    ]
    assert rows[0].tmp_openid == rows[2].tmp_openid != rows[1].tmp_openid == rows[3].tmp_openid
    assert all(row.add_time for row in rows)


def test_a_walk_through_everybody_served_lasts_four_hours(wecom, sandbox, corp):
    for _ in range(3):
        sandbox.corp("POST", "scan", userid="lin")
    walk = wecom.customers._pages("externalcontact/contact_list", "info_list", ServedContact, {"limit": 1})
    assert next(walk).tmp_openid != next(walk).tmp_openid
    sandbox.advance(4 * 3600 + 1)
    with pytest.raises(WeComError) as late:
        list(walk)
    assert late.value.errcode == 50100


def test_a_picture_can_be_noted_about_a_customer(wecom, friend):
    image = wecom.media.upload("image", "a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100).media_id
    wecom.customers.remark("lin", friend, picture=image)
    assert refusal(lambda: wecom.customers.remark("lin", friend, picture="unknown")) == (40007, ErrorKind.MEDIA)


def test_only_wechat_users_have_a_noted_company(wecom, sandbox, friend):
    colleague = sandbox.corp("POST", "scan", userid="lin", type=2, corp_name="腾讯")["external_userid"]
    for customer in (friend, colleague):
        wecom.customers.remark("lin", customer, company="网易")
    assert wecom.customers.get(friend).follows[0].remark_corp_name == "网易"
    assert wecom.customers.get(colleague).follows[0].remark_corp_name == ""
