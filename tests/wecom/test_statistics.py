"""Figures of groups and of members' work, computed from what happened at the sandbox."""

from datetime import date, timedelta

import pytest

from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.payloads import midnight
from wecom.payloads.times import WECOM_ZONE

DAY = 86400


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    """At ten o'clock in China, so that the day does not end during the test."""
    tomorrow = today(sandbox) + timedelta(days=1)
    sandbox.call("POST", "clock", set=f"{tomorrow}T10:00:00+08:00")
    return client_for(corp)


def today(sandbox) -> date:
    return sandbox.now().astimezone(WECOM_ZONE).date()


def arrive(sandbox, userid: str = "lin", **more) -> str:
    return sandbox.corp("POST", "scan", userid=userid, **more)["external_userid"]


def figures(wecom, owners, day: date, until: date | None = None) -> dict[str, object]:
    return {row.owner: row.data for row in wecom.group_statistics.by_owner(owners, day, until)}


# --- groups ---


def test_a_days_groups_members_and_messages(wecom, sandbox):
    day, customers = today(sandbox), [arrive(sandbox) for _ in range(3)]
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="群", members=["wang", *customers[:2]])["chat_id"]
    sandbox.corp("POST", "groups", owner="wang", name="空群")
    for who in ("lin", "lin", customers[0]):
        sandbox.corp("POST", f"groups/{chat_id}/say", who=who)
    assert figures(wecom, ["lin", "wang"], day) == {}  # yesterday is the newest day
    sandbox.advance(DAY)
    sandbox.corp("POST", f"groups/{chat_id}/change", join=[customers[2]], quit=[customers[1]])
    sandbox.advance(DAY)
    first, second = (figures(wecom, ["lin", "wang"], day + timedelta(days=n)) for n in (0, 1))
    lin = first["lin"]
    assert (lin.new_chat_cnt, lin.chat_total, lin.new_member_cnt, lin.member_total) == (1, 1, 4, 4)
    assert (lin.chat_has_msg, lin.member_has_msg, lin.msg_total) == (1, 2, 3)
    assert (first["wang"].chat_total, first["wang"].member_total, first["wang"].msg_total) == (1, 1, 0)
    later = second["lin"]
    assert (later.new_chat_cnt, later.chat_total, later.new_member_cnt, later.member_total) == (0, 1, 1, 4)
    assert later.msg_total == 0
    both = figures(wecom, ["lin"], day, day + timedelta(days=1))["lin"]
    assert (both.new_chat_cnt, both.new_member_cnt, both.member_total, both.msg_total) == (1, 5, 4, 3)


def test_days_one_by_one_with_all_owners_together(wecom, sandbox):
    day = today(sandbox)
    for owner in ("lin", "wang"):
        sandbox.corp("POST", "groups", owner=owner, name="群")
    sandbox.advance(2 * DAY)
    rows = wecom.group_statistics.by_day(["lin", "wang"], day, day + timedelta(days=3))
    assert [row.stat_time for row in rows] == [midnight(day), midnight(day) + DAY]
    assert [(row.data.new_chat_cnt, row.data.chat_total) for row in rows] == [(2, 2), (0, 2)]
    assert [row.stat_time for row in wecom.group_statistics.by_day(["lin"], day)] == [midnight(day)]


def test_a_group_counts_for_its_owner_of_the_day(wecom, sandbox):
    day = today(sandbox)
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="群", members=["wang"])["chat_id"]
    sandbox.advance(DAY)
    sandbox.corp("POST", f"groups/{chat_id}/change", owner="wang")
    sandbox.advance(DAY)
    sandbox.corp("POST", f"groups/{chat_id}/dismiss")
    sandbox.advance(DAY)
    totals = [
        {owner: data.chat_total for owner, data in figures(wecom, ["lin", "wang"], day + timedelta(days=n)).items()}
        for n in range(3)
    ]
    assert totals == [{"lin": 1, "wang": 0}, {"lin": 0, "wang": 1}, {"lin": 0, "wang": 0}]


def test_a_message_that_the_owner_confirms_counts_as_his(wecom, sandbox):
    day, customer = today(sandbox), arrive(sandbox)
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="群", members=[customer])["chat_id"]
    body = {"chat_type": "group", "sender": "lin", "chat_id_list": [chat_id], "text": {"content": "上新"}}
    sent = wecom.mass._write("externalcontact/add_msg_template", body, dict)
    sandbox.corp("POST", "staff/lin/confirm", msgid=sent["msgid"])
    sandbox.advance(DAY)
    assert figures(wecom, ["lin"], day)["lin"].msg_total == 1


@pytest.mark.parametrize(("order_by", "ascending", "first"), [(2, False, "wang"), (2, True, "lin"), (4, False, "lin")])
def test_owners_in_the_wanted_order(wecom, sandbox, order_by, ascending, first):
    day, customers = today(sandbox), [arrive(sandbox) for _ in range(3)]
    sandbox.corp("POST", "groups", owner="lin", members=customers)
    for _ in range(2):
        sandbox.corp("POST", "groups", owner="wang")
    sandbox.advance(DAY)
    rows = list(wecom.group_statistics.by_owner(["lin", "wang"], day, order_by=order_by, ascending=ascending))
    assert rows[0].owner == first


def test_owners_in_pages_by_offset(wecom, sandbox):
    day = today(sandbox)
    sandbox.advance(DAY)
    body = {"day_begin_time": midnight(day) + 3600, "owner_filter": {"userid_list": ["lin", "wang", "nobody"]}}
    answers = [
        wecom.group_statistics._query("externalcontact/groupchat/statistic", dict, "items", {**body, **place})
        for place in ({"limit": 1}, {"limit": 1, "offset": 1}, {"offset": 5})
    ]
    assert [(answer["total"], answer["next_offset"], len(answer["items"])) for answer in answers] == [
        (2, 1, 1),
        (2, 2, 1),
        (2, 2, 0),
    ]


def test_short_pages_are_not_the_end(wecom, sandbox, corp):
    crowd = [{"userid": f"s{number}", "name": "员工", "department": [2]} for number in range(20)]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=crowd, short_pages=True)
    chats = {sandbox.corp("POST", "groups", owner=member["userid"])["chat_id"] for member in crowd}
    day = today(sandbox)
    sandbox.advance(DAY)
    owners = [member["userid"] for member in crowd]
    assert len(list(wecom.group_statistics.by_owner(owners, day))) == 20
    assert {row.chat_id for row in wecom.groups.list(limit=30)} == chats


def test_the_client_walks_through_all_pages_and_no_further(client, played):
    page = {"items": [{"owner": "a"}], "total": 3}
    played.says(
        "externalcontact/groupchat/statistic",
        {**page, "next_offset": 1},
        {**page, "next_offset": "2"},
        {**page, "next_offset": 3},
    )
    assert len(list(client.group_statistics.by_owner(["a"], date(2026, 1, 1)))) == 3
    assert [request.body["offset"] for request in played.to("externalcontact/groupchat/statistic")] == [0, 1, 2]
    played.says("externalcontact/groupchat/statistic", {**page, "next_offset": 0})
    assert len(list(client.group_statistics.by_owner(["a"], date(2026, 1, 1)))) == 1


# --- behaviour ---


def test_what_members_did_on_a_day(wecom, sandbox):
    day = today(sandbox)
    answered, ignored, written = (arrive(sandbox) for _ in range(3))
    arrive(sandbox, half=True)
    sandbox.corp("POST", f"customers/{answered}/chat", userid="lin")
    sandbox.advance(600)
    sandbox.corp("POST", "staff/lin/write", external_userid=answered)
    sandbox.corp("POST", "staff/lin/write", external_userid=answered)
    sandbox.corp("POST", f"customers/{ignored}/chat", userid="lin")
    sandbox.corp("POST", "staff/lin/write", external_userid=written)
    sandbox.corp("POST", f"customers/{ignored}/delete_staff", userid="lin")
    sandbox.advance(DAY)
    (row,) = wecom.behaviour.by_day(day, day, userids=["lin"])
    assert (row.stat_time, row.new_contact_cnt, row.new_apply_cnt) == (midnight(day), 3, 0)
    assert (row.chat_cnt, row.message_cnt) == (2, 3)
    assert (row.reply_percentage, row.avg_reply_time, row.negative_feedback_cnt) == (50.0, 10.0, 1)


def test_an_answer_on_the_next_day_comes_too_late(wecom, sandbox):
    day, customer = today(sandbox), arrive(sandbox)
    sandbox.corp("POST", f"customers/{customer}/chat", userid="lin")
    sandbox.advance(DAY)
    sandbox.corp("POST", "staff/lin/write", external_userid=customer)
    sandbox.advance(DAY)
    asked, answered = wecom.behaviour.by_day(day, day + timedelta(days=1), userids=["lin"])
    assert (asked.reply_percentage, asked.avg_reply_time, asked.chat_cnt) == (0.0, None, 0)
    assert (answered.reply_percentage, answered.chat_cnt, answered.message_cnt) == (None, 1, 1)


def test_several_members_are_summed_and_departments_expanded(wecom, sandbox):
    day = today(sandbox)
    for userid in ("lin", "wang", "wang"):
        arrive(sandbox, userid)
    sandbox.advance(DAY)
    counts = [
        wecom.behaviour.by_day(day, day, **whose)[0].new_contact_cnt
        for whose in ({"userids": ["lin"]}, {"userids": ["lin", "wang"]}, {"departments": [3]}, {"departments": [1]})
    ]
    assert counts == [1, 3, 2, 3]
    both = wecom.behaviour.by_day(day, day, userids=["wang"], departments=[3])
    assert both[0].new_contact_cnt == 2


def test_days_without_chats_tell_of_no_answers(wecom, sandbox):
    day = today(sandbox)
    arrive(sandbox)
    sandbox.advance(2 * DAY)
    rows = wecom.behaviour.by_day(day - timedelta(days=1), day + timedelta(days=5), userids=["lin"])
    assert [row.stat_time for row in rows] == [midnight(day) + n * DAY for n in (-1, 0, 1)]
    assert [row.new_contact_cnt for row in rows] == [0, 1, 0]
    assert {(row.reply_percentage, row.avg_reply_time) for row in rows} == {(None, None)}


def test_a_customer_who_was_handed_over_is_no_new_one(wecom, sandbox):
    customer = arrive(sandbox)
    wecom.inheritance.transfer("lin", "wang", [customer])
    sandbox.advance(DAY)
    day = today(sandbox)
    sandbox.advance(DAY)
    assert wecom.customers.list("wang") == [customer]
    assert wecom.behaviour.by_day(day, day, userids=["wang"])[0].new_contact_cnt == 0


def test_members_and_departments_must_be_known(wecom, sandbox):
    day = today(sandbox) - timedelta(days=1)
    for whose, code in (({"userids": ["nobody"]}, 60111), ({"departments": [99]}, 60123)):
        with pytest.raises(WeComError) as refused:
            wecom.behaviour.by_day(day, day, **whose)
        assert refused.value.errcode == code


# --- windows of both ---

ENDPOINTS = {
    "externalcontact/groupchat/statistic": lambda begin, end: {
        "day_begin_time": begin,
        "day_end_time": end,
        "owner_filter": {"userid_list": ["lin"]},
    },
    "externalcontact/groupchat/statistic_group_by_day": lambda begin, end: {
        "day_begin_time": begin,
        "day_end_time": end,
        "owner_filter": {"userid_list": ["lin"]},
    },
    "externalcontact/get_user_behavior_data": lambda begin, end: {
        "userid": ["lin"],
        "start_time": begin,
        "end_time": end,
    },
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_windows_of_thirty_days_within_the_last_180(endpoint, wecom, sandbox):
    now = midnight(today(sandbox))

    def ask(begin: int, end: int) -> int:
        try:
            wecom.behaviour._query(endpoint, dict, "", ENDPOINTS[endpoint](now + begin * DAY, now + end * DAY))
        except WeComError as error:
            return error.errcode or -1
        return 0

    assert [ask(-30, -1), ask(-31, -1), ask(-180, -170), ask(-181, -170), ask(-1, -2)] == [0, 40058, 0, 40058, 40058]


BEGIN = date(2026, 1, 1)
REFUSED = {
    "day_end_time: a window is 1 to 30 days": lambda c: list(
        c.group_statistics.by_owner(["a"], BEGIN, BEGIN + timedelta(days=30))
    ),
    "day_end_time: a window": lambda c: c.group_statistics.by_day(["a"], BEGIN, BEGIN - timedelta(days=1)),
    "owner_filter.userid_list has 0 entries": lambda c: c.group_statistics.by_day([], BEGIN),
    "owner_filter.userid_list has 101 entries": lambda c: list(c.group_statistics.by_owner(["a"] * 101, BEGIN)),
    "end_time: a window is 1 to 30 days": lambda c: c.behaviour.by_day(
        BEGIN, BEGIN + timedelta(days=30), userids=["a"]
    ),
    "userid and partyid are both empty": lambda c: c.behaviour.by_day(BEGIN, BEGIN),
    "userid has 101 entries": lambda c: c.behaviour.by_day(BEGIN, BEGIN, userids=["a"] * 101),
    "partyid has 101 entries": lambda c: c.behaviour.by_day(BEGIN, BEGIN, departments=[1] * 101),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        REFUSED[problem](client)
    assert (refused.value.kind, played.asked) == (ErrorKind.PERMANENT, [])
