"""Acquisition links between the client and the sandbox, and on the wire."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.cast import AES_KEY
from wecom import clock
from wecom.client import WeComClient, client_for, trial_client
from wecom.contact_specs import LinkSpec, channel_url, link_scheme
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

SPEC = LinkSpec("获客链接1号", users=["lin"], departments=[3])


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def units(sandbox) -> None:
    sandbox.corp("POST", "acquisition/buy", units=100, days=300)


def arrive(sandbox, link_id: str, **more) -> dict:
    return sandbox.corp("POST", f"acquisition/{link_id}/arrive", **more)


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value.errcode, refused.value.kind


def test_a_link_from_making_to_deleting(wecom):
    made = wecom.acquisition.create(SPEC)
    assert made.link_id.startswith("cawcd")
    assert made.link_name == "获客链接1号"
    link = wecom.acquisition.get(made.link_id)
    assert (link.link.url, link.link.skip_verify, link.link.mark_source) == (made.url, True, True)
    assert (link.range.user_list, link.range.department_list) == (("lin",), (3,))
    assert link.priority_option is None
    changed = LinkSpec("二号", users=["wang"], skip_verify=False, priority_type=2, priority_users=["lin"])
    wecom.acquisition.update(made.link_id, changed)
    link = wecom.acquisition.get(made.link_id)
    assert (link.link.link_name, link.link.skip_verify) == ("二号", False)
    assert (link.range.user_list, link.range.department_list) == (("wang",), ())
    assert (link.priority_option.priority_type, link.priority_option.priority_userid_list) == (2, ("lin",))
    assert list(wecom.acquisition.links()) == [made.link_id]
    wecom.acquisition.delete(made.link_id)
    assert list(wecom.acquisition.links()) == []
    assert refusal(lambda: wecom.acquisition.get(made.link_id))[0] == 40058


def test_more_links_than_a_page_holds_are_all_listed(wecom):
    made = [wecom.acquisition.create(LinkSpec(f"链接{number}", users=["lin"])).link_id for number in range(101)]
    assert list(wecom.acquisition.links()) == made


def test_a_link_belongs_to_the_app_that_made_it(wecom, sandbox, corp):
    link_id = wecom.acquisition.create(SPEC).link_id
    sandbox.corp("POST", "apps", agentid=2001, secret="another-app", token="t", aes_key=AES_KEY)
    other = Corp(corpid=corp.corpid, agentid=2001, api_base_url=corp.api_base_url)
    other.secret = "another-app"
    stranger = trial_client(other)
    assert list(stranger.acquisition.links()) == []
    for use in (
        lambda: stranger.acquisition.get(link_id),
        lambda: stranger.acquisition.update(link_id, SPEC),
        lambda: stranger.acquisition.delete(link_id),
        lambda: list(stranger.acquisition.customers(link_id)),
        lambda: stranger.acquisition.statistic(link_id, clock.now(), clock.now()),
    ):
        assert refusal(use) == (48002, ErrorKind.CONFIG)


def test_customers_arrive_with_the_state_of_their_channel(wecom, sandbox, units):
    link_id = wecom.acquisition.create(SPEC).link_id
    first = arrive(sandbox, link_id, channel="抖音")
    second = arrive(sandbox, link_id)
    sandbox.corp("POST", f"customers/{first['external_userid']}/chat", userid=first["userid"])
    rows = {
        row.external_userid: (row.userid, row.chat_status, row.state) for row in wecom.acquisition.customers(link_id)
    }
    assert rows == {
        first["external_userid"]: (first["userid"], 1, "抖音"),
        second["external_userid"]: (second["userid"], 0, ""),
    }
    follow = wecom.customers.get(first["external_userid"]).follows[0]
    assert (follow.state, follow.add_way) == ("抖音", 16)


def test_a_customer_opens_the_page_of_a_channel(wecom, sandbox, units):
    made = wecom.acquisition.create(SPEC)
    address = channel_url(made.url, "小红书 & 春节")
    assert "小红书" in requests.get(address, timeout=5).text
    page = requests.post(address, data={"name": "<b>张三</b>"}, timeout=5)
    assert page.status_code == 200
    assert "<b>张三" not in page.text
    (row,) = wecom.acquisition.customers(made.link_id)
    assert row.state == "小红书 & 春节"
    assert wecom.customers.get(row.external_userid).contact.name == "<b>张三</b>"


def test_clicks_and_new_customers_are_counted(wecom, sandbox, units):
    link_id = wecom.acquisition.create(SPEC).link_id
    arrive(sandbox, link_id)
    sandbox.corp("POST", f"acquisition/{link_id}/open")
    today = clock.now()
    counted = wecom.acquisition.statistic(link_id, today, today)
    assert (counted.click_link_customer_cnt, counted.new_customer_cnt) == (2, 1)
    earlier = today - timedelta(days=3)
    counted = wecom.acquisition.statistic(link_id, earlier, earlier + timedelta(days=1))
    assert (counted.click_link_customer_cnt, counted.new_customer_cnt) == (0, 0)


def test_units_are_used_up_from_the_parcel_that_expires_first(wecom, sandbox):
    link_id = wecom.acquisition.create(SPEC).link_id
    assert (wecom.acquisition.quota().balance, wecom.acquisition.quota().quota_list) == (0, ())
    with pytest.raises(requests.HTTPError, match="No unit is left"):
        arrive(sandbox, link_id)
    sandbox.corp("POST", "acquisition/buy", units=5, days=60)
    sandbox.corp("POST", "acquisition/buy", units=1, days=20)
    arrive(sandbox, link_id)
    arrive(sandbox, link_id)
    quota = wecom.acquisition.quota()
    assert (quota.total, quota.balance) == (2, 4)
    assert [parcel.balance for parcel in quota.quota_list] == [4]
    sandbox.advance(61 * 86_400)
    clock.pull()
    assert wecom.acquisition.quota().balance == 0


def test_a_chat_key_tells_who_wrote_for_half_an_hour(wecom, sandbox, corp, units):
    link_id = wecom.acquisition.create(SPEC).link_id
    scanned = arrive(sandbox, link_id, channel="c")
    sandbox.call("POST", "corps", corpid=corp.corpid, callback_url="http://127.0.0.1:9/nobody")
    for _ in range(3):
        sandbox.corp("POST", f"customers/{scanned['external_userid']}/chat", userid=scanned["userid"])
    xml = next(one["xml"] for one in sandbox.corp("GET", "callbacks")["callbacks"] if "ChatKey" in one["xml"])
    key = xml.split("<ChatKey><![CDATA[")[1].split("]]>")[0]
    info = wecom.acquisition.chat_info(key)
    assert (info.external_userid, info.userid) == (scanned["external_userid"], scanned["userid"])
    assert (info.chat_info.recv_msg_cnt, info.chat_info.link_id, info.chat_info.state) == (3, link_id, "c")
    sandbox.advance(1801)
    assert refusal(lambda: wecom.acquisition.chat_info(key))[0] == 41201
    assert refusal(lambda: wecom.acquisition.chat_info("unknown"))[0] == 41201


def test_the_corp_has_only_so_many_links(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, acquisition_link_cap=1)
    wecom.acquisition.create(SPEC)
    assert refusal(lambda: wecom.acquisition.create(SPEC)) == (41095, ErrorKind.QUOTA)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (LinkSpec("a", users=["nobody"]), 60111),
        (LinkSpec("a", departments=[77]), 60003),
    ],
)
def test_a_range_that_wecom_refuses(wecom, spec, code):
    assert refusal(lambda: wecom.acquisition.create(spec))[0] == code


REFUSED_BEFORE_THE_CALL = {
    "link_name is empty": lambda c: c.acquisition.create(LinkSpec("", users=["u"])),
    "link_name has 31 characters": lambda c: c.acquisition.create(LinkSpec("链" * 31, users=["u"])),
    "range: a link needs a user or a department": lambda c: c.acquisition.create(LinkSpec("a")),
    "range.user_list has 501 entries": lambda c: c.acquisition.create(LinkSpec("a", users=["u"] * 501)),
    "priority_type is 3": lambda c: c.acquisition.create(LinkSpec("a", users=["u"], priority_type=3)),
    "priority_userid_list has 0 entries": lambda c: c.acquisition.create(LinkSpec("a", users=["u"], priority_type=2)),
    "priority_userid_list is only for priority_type 2": lambda c: c.acquisition.create(
        LinkSpec("a", users=["u"], priority_type=1, priority_users=["v"])
    ),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        REFUSED_BEFORE_THE_CALL[problem](client)
    assert refused.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "last", "problem"), [(31, 0, "0 to 30 days"), (1, 2, "0 to 30"), (181, 170, "180")])
def test_a_window_that_wecom_would_refuse_is_never_asked_for(first, last, problem, client, played):
    start, end = (clock.now() - timedelta(days=days) for days in (first, last))
    with pytest.raises(WeComError, match=problem):
        client.acquisition.statistic("link", start, end)
    assert played.asked == []


def test_a_channel_is_encoded_and_never_cut():
    address = channel_url("https://work.weixin.qq.com/ca/cawcd1", "小红书&a=1")
    assert parse_qs(urlsplit(address).query) == {"customer_channel": ["小红书&a=1"]}
    assert link_scheme(address).startswith("weixin://biz/ww/profile/https%3A%2F%2Fwork.weixin.qq.com%2Fca%2Fcawcd1%3F")
    channel_url("https://e.com", "道" * 21)
    with pytest.raises(WeComError, match="customer_channel has 66 bytes"):
        channel_url("https://e.com", "道" * 22)


def test_hostile_names_reach_wecom_as_text(client, played):
    """NUL and lone surrogates would break JSON, URLs and PostgreSQL (attacks 1 and 2)."""
    played.default = [{"errcode": 0, "link": {"link_id": "l"}}]
    client.acquisition.create(LinkSpec("a\x00b\ud83d", users=["u"]))
    assert played.asked[-1].body["link_name"] == "ab\ufffd"
    assert parse_qs(urlsplit(channel_url("https://e.com", "c\x00\udfff")).query) == {"customer_channel": ["c\ufffd"]}


def test_links_are_read_while_wecoms_answers_change(wecom, sandbox, corp, units):
    made = wecom.acquisition.create(SPEC)
    scanned = arrive(sandbox, made.link_id, channel="c")
    sandbox.call("POST", "corps", corpid=corp.corpid, drift=True)
    assert wecom.acquisition.get(made.link_id).link.url == made.url
    assert [row.external_userid for row in wecom.acquisition.customers(made.link_id)] == [scanned["external_userid"]]
    assert wecom.acquisition.quota().balance == 99


def spec_of(documented: dict) -> LinkSpec:
    priority = documented["priority_option"]
    return LinkSpec(
        documented["link_name"],
        documented["range"]["user_list"],
        documented["range"]["department_list"],
        documented["skip_verify"],
        priority["priority_type"],
        priority["priority_userid_list"],
        documented["mark_source"],
    )


REQUESTS = {  # sample → the call that makes it, what is ours to choose, and the answer
    "create_link": (lambda c, d: c.acquisition.create(spec_of(d)), {}),
    "update_link": (lambda c, d: c.acquisition.update(d["link_id"], spec_of(d)), {}),
    "get": (lambda c, d: c.acquisition.get(d["link_id"]), {}),
    "delete_link": (lambda c, d: c.acquisition.delete(d["link_id"]), {}),
    "list_link": (lambda c, d: list(c.acquisition.links()), {"cursor": ""}),
    "customer": (lambda c, d: list(c.acquisition.customers(d["link_id"])), {"cursor": ""}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_and_answers_are_the_documented_ones(name, client, played, sample):
    call, ours = REQUESTS[name]
    documented = sample(f"externalcontact_customer_acquisition_{name}.request.json")
    answer = sample(f"externalcontact_customer_acquisition_{name}.response.json")
    played.says(f"externalcontact/customer_acquisition/{name}", answer, answer | {"next_cursor": ""})
    call(client, documented)
    assert played.asked[1].body == documented | ours
    if "next_cursor" in answer:
        assert played.asked[2].body == documented | {"cursor": answer["next_cursor"]}


def test_the_documented_quota_and_link_say_what_they_say(client, played, sample):
    played.says(
        "externalcontact/customer_acquisition_quota",
        sample("externalcontact_customer_acquisition_quota.response.json"),
    )
    quota = client.acquisition.quota()
    assert (quota.total, quota.balance) == (1000, 500)
    assert (quota.quota_list[0].expire_date, quota.quota_list[0].balance) == (1_689_350_400, 200)
    played.says(
        "externalcontact/customer_acquisition/customer",
        sample("externalcontact_customer_acquisition_customer.response.json") | {"next_cursor": ""},
    )
    assert [row.chat_status for row in client.acquisition.customers("l")] == [0, 0, 1]
