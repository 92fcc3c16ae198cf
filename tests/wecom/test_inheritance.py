"""Customers change hands: asked, waiting 24 hours, refused, capped, done; and what the events say."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.wecom import heard
from wecom.client import WeComClient, client_for, trial_client
from wecom.errors import ErrorKind, WeComError

HOUR, DAY = 3600, 86400


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    crew = [{"userid": userid, "name": userid, "department": [2]} for userid in ("mei", "hao")]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=crew)
    return client_for(corp)


def arrive(sandbox, userid: str = "lin", **person) -> str:
    return sandbox.corp("POST", "scan", userid=userid, **person)["external_userid"]


def codes(items) -> list[int]:
    return [item.errcode for item in items]


def refusal(call, *args, **kwargs) -> int | None:
    with pytest.raises(WeComError) as refused:
        call(*args, **kwargs)
    return refused.value.errcode


def followers(wecom, external_userid: str) -> set[str]:
    return {follow.userid for follow in wecom.customers.get(external_userid).follows}


CONTACT = ("ChangeType", "UserID", "ExternalUserID", "Source", "FailReason")


def test_a_customer_goes_over_after_24_hours(wecom, sandbox):
    customer = arrive(sandbox)
    heard.listen(sandbox)
    (item,) = wecom.inheritance.transfer("lin", "mei", [customer], message="以后由小梅为您服务")
    assert (item.external_userid, item.errcode) == (customer, 0)
    (state,) = wecom.inheritance.results("lin", "mei")
    assert (state.external_userid, state.status) == (customer, 2)
    sandbox.advance(23 * HOUR)
    assert followers(wecom, customer) == {"lin"}
    sandbox.advance(HOUR)
    (done,) = wecom.inheritance.results("lin", "mei")
    assert (done.status, done.takeover_time) == (1, state.takeover_time)
    assert followers(wecom, customer) == {"mei"}
    assert wecom.customers.list("lin") == []
    assert heard.events(sandbox, *CONTACT) == [
        ("del_external_contact", "lin", customer, "DELETE_BY_TRANSFER", None),
        ("add_external_contact", "mei", customer, None, None),
    ]
    follow = wecom.customers.get(customer).follows[0]
    assert (follow.add_way, follow.createtime) == (202, state.takeover_time)
    (told,) = [one for one in sandbox.record()["messages"] if one["kind"] == "transfer"]
    assert (told["external_userid"], told["userid"], told["text"]) == (customer, "mei", "以后由小梅为您服务")


def test_a_customer_may_refuse(wecom, sandbox):
    customer = arrive(sandbox)
    heard.listen(sandbox)
    wecom.inheritance.transfer("lin", "mei", [customer])
    sandbox.corp("POST", f"customers/{customer}/refuse_transfer")
    assert heard.events(sandbox, *CONTACT) == [("transfer_fail", "mei", customer, None, "customer_refused")]
    sandbox.advance(DAY)
    (state,) = wecom.inheritance.results("lin", "mei")
    assert (state.status, state.takeover_time) == (3, 0)
    assert followers(wecom, customer) == {"lin"}
    with pytest.raises(requests.HTTPError, match="409"):
        sandbox.corp("POST", f"customers/{customer}/refuse_transfer")
    assert codes(wecom.inheritance.transfer("lin", "hao", [customer])) == [0]


def test_a_takeover_who_has_his_fill(wecom, sandbox, corp):
    customers = [arrive(sandbox) for _ in range(3)]
    sandbox.call("POST", "corps", corpid=corp.corpid, customer_cap=2)
    assert codes(wecom.inheritance.transfer("lin", "mei", customers)) == [0, 0, 0]
    heard.listen(sandbox)
    sandbox.advance(DAY)
    assert [state.status for state in wecom.inheritance.results("lin", "mei")] == [1, 1, 4]
    failed = [event for event in heard.events(sandbox, *CONTACT) if event[0] == "transfer_fail"]
    assert failed == [("transfer_fail", "mei", customers[2], None, "customer_limit_exceed")]
    assert codes(wecom.inheritance.transfer("lin", "mei", customers[2:])) == [40099]


def test_one_who_knew_the_customer_already_hears_of_no_new_one(wecom, sandbox):
    customer = arrive(sandbox)
    arrive(sandbox, "mei", external_userid=customer)
    heard.listen(sandbox)
    wecom.inheritance.transfer("lin", "mei", [customer])
    sandbox.advance(DAY)
    assert [event[:2] for event in heard.events(sandbox, *CONTACT)] == [("del_external_contact", "lin")]
    assert followers(wecom, customer) == {"mei"}


def test_one_who_knew_him_formerly_gets_him_back_silently(wecom, sandbox):
    customer = arrive(sandbox)
    arrive(sandbox, "mei", external_userid=customer)
    sandbox.corp("POST", "staff/mei/delete_customer", external_userid=customer)
    heard.listen(sandbox)
    wecom.inheritance.transfer("lin", "mei", [customer])
    sandbox.advance(DAY)
    assert [event[:2] for event in heard.events(sandbox, *CONTACT)] == [("del_external_contact", "lin")]
    assert followers(wecom, customer) == {"mei"}


def test_a_friendship_that_ends_while_it_waits_is_not_handed_over(wecom, sandbox):
    customer = arrive(sandbox)
    wecom.inheritance.transfer("lin", "mei", [customer])
    sandbox.corp("POST", "staff/lin/delete_customer", external_userid=customer)
    sandbox.advance(DAY)
    assert [state.status for state in wecom.inheritance.results("lin", "mei")] == [3]
    assert refusal(wecom.customers.get, customer) == 84061


def test_twice_in_90_natural_days(wecom, sandbox):
    customer = arrive(sandbox)
    for handover, takeover in (("lin", "mei"), ("mei", "hao")):
        assert codes(wecom.inheritance.transfer(handover, takeover, [customer])) == [0]
        sandbox.advance(DAY)
    assert codes(wecom.inheritance.transfer("hao", "lin", [customer])) == [40128]
    sandbox.advance(90 * DAY)
    assert codes(wecom.inheritance.transfer("hao", "lin", [customer])) == [0]


def test_each_item_says_what_is_wrong_with_it(wecom, sandbox):
    good, dropped, waiting = (arrive(sandbox) for _ in range(3))
    stranger = arrive(sandbox, "wang")
    half = arrive(sandbox, half=True)
    sandbox.corp("POST", "staff/lin/delete_customer", external_userid=dropped)
    wecom.inheritance.transfer("lin", "hao", [waiting])
    items = wecom.inheritance.transfer("lin", "mei", [good, dropped, waiting, stranger, half, "wmnobody"])
    assert codes(items) == [0, 40131, 40129, 40131, 40131, 40096]
    assert codes(wecom.inheritance.transfer("lin", "LIN", [good])) == [40130]
    sandbox.corp("POST", "staff/mei/standing", verified=False)
    assert codes(wecom.inheritance.transfer("wang", "mei", [stranger])) == [40098]


@pytest.mark.parametrize(
    ("who", "facts", "code"),
    [
        ("mei", {"activated": False}, 41054),
        ("mei", {"idle_days": 366}, 90510),
        ("lin", {"idle_days": 366}, 40205),
    ],
)
def test_both_must_be_about(wecom, sandbox, who, facts, code):
    customer = arrive(sandbox)
    sandbox.corp("POST", f"staff/{who}/standing", **facts)
    assert refusal(wecom.inheritance.transfer, "lin", "mei", [customer]) == code


def test_both_must_be_known_and_serve_customers(wecom, sandbox, corp):
    customer = arrive(sandbox)
    desk = {"userid": "desk", "name": "前台", "department": [2], "external": False}
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=[desk])
    for pair, code in ((("nobody", "mei"), 60111), (("lin", "nobody"), 60111), (("lin", "desk"), 84074)):
        assert refusal(wecom.inheritance.transfer, *pair, [customer]) == code


# --- resigned ---


def test_customers_of_one_who_resigned_wait_to_be_assigned(wecom, sandbox):
    shared, own = arrive(sandbox), arrive(sandbox)
    arrive(sandbox, "hao", external_userid=shared)
    assert list(wecom.inheritance.unassigned()) == []
    sandbox.corp("POST", "staff/lin/leave")
    sandbox.advance(60)
    sandbox.corp("POST", "staff/hao/leave")
    rows = list(wecom.inheritance.unassigned())
    assert [(row.handover_userid, row.external_userid) for row in rows] == [
        ("hao", shared),
        ("lin", shared),
        ("lin", own),
    ]
    assert rows[0].dimission_time >= rows[1].dimission_time + 60


def test_they_go_over_after_24_hours_without_an_event_for_who_has_gone(wecom, sandbox):
    customer = arrive(sandbox)
    sandbox.corp("POST", "staff/lin/leave")
    heard.listen(sandbox)
    assert codes(wecom.inheritance.transfer_resigned("lin", "mei", [customer])) == [0]
    assert list(wecom.inheritance.unassigned()) == []
    assert [state.status for state in wecom.inheritance.results_resigned("lin", "mei")] == [2]
    assert list(wecom.inheritance.results("lin", "mei")) == []
    sandbox.advance(DAY)
    assert [state.status for state in wecom.inheritance.results_resigned("lin", "mei")] == [1]
    assert heard.events(sandbox, *CONTACT) == [("add_external_contact", "mei", customer, None, None)]
    assert followers(wecom, customer) == {"mei"}


def test_one_who_refuses_is_to_be_assigned_again(wecom, sandbox):
    customer = arrive(sandbox)
    sandbox.corp("POST", "staff/lin/leave")
    wecom.inheritance.transfer_resigned("lin", "mei", [customer])
    assert codes(wecom.inheritance.transfer_resigned("lin", "hao", [customer])) == [40100]
    sandbox.corp("POST", f"customers/{customer}/refuse_transfer")
    assert [row.external_userid for row in wecom.inheritance.unassigned()] == [customer]


def test_only_those_who_resigned_within_a_year_are_inherited(wecom, sandbox):
    customer = arrive(sandbox)
    assert codes(wecom.inheritance.transfer_resigned("lin", "mei", [customer])) == [40097]
    sandbox.corp("POST", "staff/lin/leave")
    assert refusal(wecom.inheritance.transfer, "lin", "mei", [customer]) == 60111
    sandbox.advance(366 * DAY)
    assert codes(wecom.inheritance.transfer_resigned("lin", "mei", [customer])) == [40097]
    assert list(wecom.inheritance.unassigned()) == []


def test_unassigned_customers_come_in_pages_that_nobody_falls_out_of(wecom, sandbox):
    customers = [arrive(sandbox) for _ in range(5)]
    sandbox.corp("POST", "staff/lin/leave")

    def page(cursor: str) -> dict:
        body = {"page_size": 2, "cursor": cursor}
        return wecom.inheritance._query("externalcontact/get_unassigned_list", dict, "info", body)

    first = page("")
    assert first["is_last"] is False
    wecom.inheritance.transfer_resigned("lin", "mei", customers[:2])
    second = page(first["next_cursor"])
    third = page(second["next_cursor"])
    assert (third["is_last"], third["next_cursor"]) == (True, "")
    listed = [row["external_userid"] for answer in (first, second, third) for row in answer["info"]]
    assert listed == customers
    with pytest.raises(WeComError) as bad:
        page("nonsense")
    assert bad.value.errcode == 50100


def test_results_come_in_the_order_of_asking(wecom, sandbox):
    customers = [arrive(sandbox) for _ in range(3)]
    wecom.inheritance.transfer("lin", "mei", customers)
    assert [state.external_userid for state in wecom.inheritance.results("lin", "mei")] == customers


def test_resigned_transfers_in_parallel_conflict(wecom, sandbox, corp):
    customers = [arrive(sandbox) for _ in range(2)]
    sandbox.corp("POST", "staff/lin/leave")
    token = wecom.fetch_access_token().access_token
    sandbox.call("POST", "corps", corpid=corp.corpid, latency=0.15)
    address = f"{sandbox.url}/cgi-bin/externalcontact/resigned/transfer_customer"
    seen: list[int] = []

    def call(customer: str) -> None:
        body = {"handover_userid": "lin", "takeover_userid": "mei", "external_userid": [customer]}
        seen.append(requests.post(address, params={"access_token": token}, json=body, timeout=10).json()["errcode"])

    threads = [threading.Thread(target=call, args=(customer,)) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [0, 45035]


def test_the_client_comes_again_when_transfers_conflict(wecom, sandbox, corp, settings):
    settings.WECOM_BACKOFF = 1  # long against the conflict, so that a third attempt is all but never the last
    customers = [arrive(sandbox) for _ in range(2)]
    sandbox.corp("POST", "staff/lin/leave")
    sandbox.call("POST", "corps", corpid=corp.corpid, latency=0.1)
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(trial_client(corp).inheritance.transfer_resigned, "lin", "mei", [customer])
            for customer in customers
        ]
    assert [codes(one.result()) for one in asked] == [[0], [0]]


# --- limits ---

LIMITS = {
    "external_userid has 101 entries": ({"external_userid": [f"wm{n}" for n in range(101)]}, 40058),
    "external_userid has 0 entries": ({"external_userid": []}, 41035),
    "transfer_success_msg has 201 characters": ({"transfer_success_msg": "您" * 201}, 40058),
}


@pytest.mark.parametrize("problem", LIMITS)
def test_limits_hold_on_both_sides(problem, wecom, client, played):
    wrong, code = LIMITS[problem]
    body = {"handover_userid": "lin", "takeover_userid": "mei", "external_userid": ["wm"], **wrong}
    with pytest.raises(WeComError, match=problem) as refused:
        client.inheritance.transfer(
            "lin", "mei", body["external_userid"], message=wrong.get("transfer_success_msg", "")
        )
    assert (refused.value.kind, played.asked) == (ErrorKind.PERMANENT, [])
    assert refusal(wecom.inheritance._write, "externalcontact/transfer_customer", body, dict) == code
