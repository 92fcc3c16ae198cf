"""Members and departments between the client and the sandbox, with what WeCom took away in 2022."""

from datetime import timedelta

import pytest

from tests.cast import AES_KEY
from wecom import clock
from wecom.client import WeComClient, client_for, trial_client
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.payloads import User

HELPER = {"agentid": 2000, "secret": "contact-sync-secret", "token": "helper", "aes_key": AES_KEY}


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def helper(corp: Corp, sandbox) -> WeComClient:
    """The client of the corp's contact-sync helper, which has a secret of its own."""
    sandbox.corp("POST", "apps", **HELPER, kind="contact-sync")
    other = Corp(corpid=corp.corpid, agentid=HELPER["agentid"], api_base_url=corp.api_base_url)
    other.secret = HELPER["secret"]
    return trial_client(other)


@pytest.fixture
def chen(sandbox) -> None:
    """A member whose mobile and mails are known to WeCom."""
    sandbox.corp(
        "POST",
        "contacts/create_user",
        userid="chen",
        name="陈静",
        department=[2, 3],
        mobile="+8613800000000",
        email="chen@example.com",
        biz_mail="chen@corp.example",
    )


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value.errcode, refused.value.kind


def test_one_department(wecom):
    shop = wecom.contacts.department(2)
    assert (shop.name, shop.parentid) == ("一店", 1)
    assert refusal(lambda: wecom.contacts.department(99)) == (60003, ErrorKind.PERMANENT)


def test_a_part_of_the_tree(wecom, sandbox):
    sandbox.corp("POST", "contacts/create_party", id=20, name="一店前台", parentid=2)
    assert {one.id for one in wecom.contacts.departments(2)} == {2, 20}
    assert {one.id for one in wecom.contacts.department_ids(2)} == {2, 20}


def test_a_member_is_found_by_mobile_and_by_mail(wecom, chen):
    assert wecom.contacts.userid_by_mobile("+8613800000000") == "chen"
    assert wecom.contacts.userid_by_email("chen@corp.example") == "chen"
    assert wecom.contacts.userid_by_email("chen@example.com", personal=True) == "chen"
    assert refusal(lambda: wecom.contacts.userid_by_email("chen@example.com"))[0] == 46004


def test_too_many_wrong_mobile_numbers_rest_the_call_for_a_day(wecom, chen, sandbox, corp):
    """Three members: the second wrong number is more than a fifth of them."""
    for number in ("13900000001", "13900000002"):
        assert refusal(lambda number=number: wecom.contacts.userid_by_mobile(number))[0] == 46004
    for _ in range(3):
        with pytest.raises(WeComError) as banned:
            wecom.contacts.userid_by_mobile("+8613800000000")
        assert banned.value.kind is ErrorKind.LIMIT
        assert banned.value.retry_at - clock.now() > timedelta(hours=23)
    assert sandbox.corp("GET", "calls")["user/getuserid"] == {"calls": 3, "errors": {"45009": 1, "46004": 2}}
    sandbox.advance(86_460)
    clock.pull()
    assert wecom.contacts.userid_by_mobile("+8613800000000") == "chen"


@pytest.mark.parametrize("mobile", ["", "138 0000 0000", "１３８０００００００", "1" * 21, "abc"])
def test_what_cannot_be_a_number_is_never_looked_up(mobile, client, played):
    assert refusal(lambda: client.contacts.userid_by_mobile(mobile)) == (None, ErrorKind.PERMANENT)
    assert played.asked == []


@pytest.mark.parametrize("email", ["", "chen"])
def test_what_cannot_be_a_mail_address_is_never_looked_up(email, client, played):
    assert refusal(lambda: client.contacts.userid_by_email(email)) == (None, ErrorKind.PERMANENT)
    assert played.asked == []


def test_only_the_contact_sync_helper_lists_ids(wecom, helper, chen):
    rows = {(row.userid, row.department) for row in helper.contacts.user_ids()}
    assert rows == {("lin", 2), ("wang", 3), ("chen", 2), ("chen", 3)}
    assert refusal(lambda: list(wecom.contacts.user_ids())) == (48002, ErrorKind.CONFIG)


def test_the_contact_sync_helper_reads_ids_and_nothing_else(helper):
    assert {one.id for one in helper.contacts.department_ids()} >= {1, 2, 3}
    for read in (
        lambda: helper.contacts.departments(),
        lambda: helper.contacts.department(2),
        lambda: helper.contacts.users(2),
        lambda: helper.contacts.users_simple(2),
        lambda: helper.contacts.user("lin"),
    ):
        assert refusal(read)[0] == 48009


def test_an_app_from_before_2022_is_told_more(wecom, sandbox, corp, chen):
    today = wecom.contacts.user("chen")
    assert (today.mobile, today.email, today.biz_mail, today.avatar, today.qr_code) == ("", "", "", "", "")
    sandbox.call("POST", "corps", corpid=corp.corpid, early=True)
    early = wecom.contacts.user("chen")
    assert (early.mobile, early.email, early.biz_mail) == ("+8613800000000", "chen@example.com", "chen@corp.example")
    assert early.avatar
    assert early.qr_code


def test_the_addresses_of_wecom(wecom):
    assert wecom.network.callback_ips() == ["127.0.0.1"]
    assert wecom.network.api_ips() == ["127.0.0.1"]


def test_documented_answers_about_members_are_understood(client, played, sample):
    played.says("getcallbackip", sample("getcallbackip.response.json"))
    assert client.network.callback_ips() == ["1.2.3.4", "2.3.3.3"]
    played.says("user/getuserid", sample("user_getuserid.response.json"))
    assert client.contacts.userid_by_mobile(sample("user_getuserid.request.json")["mobile"]) == "zhangsan"
    assert played.to("user/getuserid")[0].body == sample("user_getuserid.request.json")
    page = sample("user_list_id.response.json")
    played.says("user/list_id", page, page | {"next_cursor": ""})
    assert [(row.userid, row.department) for row in client.contacts.user_ids()][:3] == [
        ("zhangsan", 1),
        ("zhangsan", 2),
        ("lisi", 2),
    ]
    assert played.to("user/list_id")[1].body == {"cursor": page["next_cursor"], "limit": 10_000}


def test_a_dead_token_and_a_strange_address_are_told_apart(client, played, sample):
    played.says("getcallbackip", sample("getcallbackip.error42001.response.json"))
    assert refusal(lambda: client.network.callback_ips()) == (42001, ErrorKind.TOKEN)
    played.says("getcallbackip", sample("any.error60020.response.json"))
    assert refusal(lambda: client.network.callback_ips()) == (60020, ErrorKind.CONFIG)


def test_the_profile_of_a_member_is_typed(sample):
    member = User.from_wecom(sample("user_get.response.json"))
    profile = member.external_profile
    assert (profile.external_corp_name, profile.wechat_channels.nickname) == ("企业简称", "视频号名称")
    assert [(attr.type, attr.name) for attr in profile.external_attr] == [
        (0, "文本名称"),
        (1, "网页名称"),
        (2, "测试app"),
    ]
    text, web, program = profile.external_attr
    assert (text.text.value, web.web.url, program.miniprogram.pagepath) == ("文本", "http://www.test.com", "/index")
    assert (text.web, web.text, program.text) == (None, None, None)
    assert [attr.name for attr in member.extattr.attrs] == ["文本名称", "网页名称"]
