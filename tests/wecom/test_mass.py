"""Mass sends in all their forms, against the sandbox: who is asked, who gets it, and what the cap allows."""

from datetime import UTC, datetime, timedelta

import pytest
from requests import HTTPError

from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def arrive(sandbox, userid: str = "lin", **more) -> str:
    return sandbox.corp("POST", "scan", userid=userid, **more)["external_userid"]


def confirm(sandbox, sent, userid: str = "lin", **more):
    return sandbox.corp("POST", f"staff/{userid}/confirm", msgid=sent.msgid, **more)


def statuses(wecom, sent, userid: str = "lin") -> dict[str, int]:
    return {row.external_userid or row.chat_id: row.status for row in wecom.mass.results(sent.msgid, userid)}


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as error:
        call()
    return error.value.errcode, error.value.kind


def group_of(sandbox, owner: str, *members: str) -> str:
    return sandbox.corp("POST", "groups", owner=owner, name="群", members=list(members))["chat_id"]


def test_a_sender_alone_reaches_all_of_his_customers(wecom, sandbox):
    mine = {arrive(sandbox), arrive(sandbox)}
    arrive(sandbox, "wang")
    sent = wecom.mass.create_for_all(sender="lin", text="早")
    assert set(statuses(wecom, sent)) == mine


def test_without_sender_whoever_last_interacted_is_asked(wecom, sandbox):
    both = arrive(sandbox)
    sandbox.advance(10)
    arrive(sandbox, "wang", external_userid=both)
    first = wecom.mass.create_unassigned(external_userids=[both], text="早")
    sandbox.advance(10)
    sandbox.corp("POST", f"customers/{both}/chat", userid="lin")
    second = wecom.mass.create_unassigned(external_userids=[both, "wm-nobody"], text="早")
    assert [[task.userid for task in wecom.mass.tasks(sent.msgid)] for sent in (first, second)] == [["wang"], ["lin"]]
    assert second.fail_list == ("wm-nobody",)


def test_tags_are_or_inside_a_list_and_and_between_lists(wecom, sandbox):
    a, b, c = (tag.id for tag in wecom.tags.add(group_name="g", tags=["a", "b", "c"]).tag)
    both, only_a, of_wang = arrive(sandbox), arrive(sandbox), arrive(sandbox, "wang")
    wecom.tags.mark("lin", both, add=[b, c])
    wecom.tags.mark("lin", only_a, add=[a])
    wecom.tags.mark("wang", of_wang, add=[a, c])
    mine = wecom.mass.create_by_tags(tag_lists=[[a, b], [c]], sender="lin", text="早")
    assert statuses(wecom, mine) == {both: 0}
    all_staff = wecom.mass.create_by_tags(tag_lists=[[a, b], [c]], text="早")
    assert {task.userid for task in wecom.mass.tasks(all_staff.msgid)} == {"lin", "wang"}
    assert refusal(lambda: wecom.mass.create_by_tags(tag_lists=[["et-gone"]], text="早")) == (
        41048,
        ErrorKind.PERMANENT,
    )


def test_the_staff_may_choose_only_where_the_corp_allows_it(wecom, sandbox):
    one, two, third = arrive(sandbox), arrive(sandbox), arrive(sandbox)
    fixed = wecom.mass.create(sender="lin", external_userids=[one, two], text="早")
    with pytest.raises(HTTPError, match="does not let"):
        confirm(sandbox, fixed, external_userid=[one])
    free = wecom.mass.create(sender="lin", external_userids=[one, two], text="早", allow_select=True)
    assert confirm(sandbox, free, external_userid=[one, third])["sent"] == 2
    assert statuses(wecom, free) == {one: 1, two: 0, third: 1}


def test_groups_get_it_when_their_owner_confirms(wecom, sandbox):
    customer = arrive(sandbox)
    mine, other = group_of(sandbox, "lin", customer), group_of(sandbox, "wang", customer)
    sent = wecom.mass.create_for_groups(sender="lin", chat_ids=[mine, other], text="群发")
    assert sent.fail_list == (other,)
    assert statuses(wecom, sent) == {}
    confirm(sandbox, sent)
    (row,) = wecom.mass.results(sent.msgid, "lin")
    assert (row.chat_id, row.external_userid, row.status) == (mine, "", 1)
    (message,) = [one for one in sandbox.record()["messages"] if one["kind"] == "group"]
    assert (message["chat_id"], message["external_userid"], message["text"]) == (mine, customer, "群发")
    now = sandbox.now()
    listed = wecom.mass.list(now - timedelta(hours=1), now + timedelta(hours=1), chat_type="group")
    assert [one.msgid for one in listed] == [sent.msgid]


def test_without_groups_named_the_owner_sends_to_all_of_his_living_ones(wecom, sandbox):
    customer = arrive(sandbox)
    living, dismissed = group_of(sandbox, "lin", customer), group_of(sandbox, "lin", customer)
    sandbox.corp("POST", f"groups/{dismissed}/dismiss")
    sent = wecom.mass.create_for_groups(sender="lin", text="群发")
    confirm(sandbox, sent)
    assert statuses(wecom, sent) == {living: 1}
    assert refusal(lambda: wecom.mass.create_for_groups(sender="lin", chat_ids=[dismissed], text="x"))[0] == 41048


NEXT_WINDOW = {"month": 31, "week": 7, "day": 1}


@pytest.mark.parametrize(("policy", "cap"), [("month", 30), ("week", 7), ("day", 1)])
def test_the_cap_is_shared_with_what_staff_send_themselves(policy, cap, wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, quota_policy=policy)
    sandbox.turn_clock_to(datetime(2031, 11, 3, 4, tzinfo=UTC))  # a Monday in a month of 30 days
    customer = arrive(sandbox)
    for _ in range(cap):
        assert sandbox.corp("POST", "staff/lin/send", external_userid=[customer], text="我自己发的")["sent"] == 1
    capped = wecom.mass.create(sender="lin", external_userids=[customer], text="一")
    assert confirm(sandbox, capped)["capped"] == 1
    assert statuses(wecom, capped) == {customer: 3}
    assert sandbox.corp("POST", "staff/lin/send", external_userid=[customer], text="又")["capped"] == 1
    sandbox.advance(NEXT_WINDOW[policy] * 86400)
    free = wecom.mass.create(sender="lin", external_userids=[customer], text="二")
    assert confirm(sandbox, free)["sent"] == 1


def test_a_group_has_a_cap_of_its_own(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, quota_policy="day")
    customer = arrive(sandbox)
    chat_id = group_of(sandbox, "lin", customer)
    for expected in ("sent", "capped"):
        sent = wecom.mass.create_for_groups(sender="lin", chat_ids=[chat_id], text="群发")
        assert confirm(sandbox, sent)[expected] == 1
    assert statuses(wecom, sent) == {}
    single = wecom.mass.create(sender="lin", external_userids=[customer], text="单发")
    assert confirm(sandbox, single)["sent"] == 1


def test_the_list_by_creator_and_kind(wecom, sandbox):
    customer = arrive(sandbox)
    of_corp = wecom.mass.create(sender="lin", external_userids=[customer], text="企业").msgid
    own = sandbox.corp("POST", "staff/lin/send", external_userid=[customer], text="个人")["msgid"]
    now = sandbox.now()

    def listed(**more):
        return [one.msgid for one in wecom.mass.list(now - timedelta(hours=1), now + timedelta(hours=1), **more)]

    assert (listed(), listed(filter_type=1), listed(filter_type=2)) == ([of_corp], [own], [of_corp, own])
    assert (listed(filter_type=2, creator="lin"), listed(filter_type=2, creator="wang")) == ([own], [])


def test_what_the_follow_up_refuses(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, dispatch_seconds=20)
    sent = wecom.mass.create(sender="lin", external_userids=[arrive(sandbox)], text="早")
    assert refusal(lambda: list(wecom.mass.tasks(sent.msgid))) == (41063, ErrorKind.RETRY)
    sandbox.advance(21)
    assert [task.status for task in wecom.mass.tasks(sent.msgid)] == [0]
    for _ in range(3):
        wecom.mass.remind(sent.msgid)
    assert refusal(lambda: wecom.mass.remind(sent.msgid)) == (41094, ErrorKind.QUOTA)
    wecom.mass.cancel(sent.msgid)
    assert refusal(lambda: wecom.mass.remind(sent.msgid)) == (41093, ErrorKind.PERMANENT)
    assert refusal(lambda: wecom.mass.cancel("msg-gone")) == (41047, ErrorKind.GONE)


REFUSED_BEFORE_THE_CALL = {
    "chat_id_list has 2001 entries": lambda mass: mass.create_for_groups(sender="u", chat_ids=["wr"] * 2001, text="a"),
    "sender is missing": lambda mass: mass.create_for_groups(sender="", chat_ids=["wr"], text="a"),
    "sender is missing: ": lambda mass: mass.create_for_all(sender="", text="a"),
    r"group_list\[1\].tag_list has 101 entries": lambda mass: mass.create_by_tags(
        tag_lists=[["t"], ["t"] * 101], text="a"
    ),
    r"group_list\[0\].tag_list has 0 entries": lambda mass: mass.create_by_tags(tag_lists=[[]], text="a"),
    "group_list has 0 entries": lambda mass: mass.create_by_tags(tag_lists=[], text="a"),
    "external_userid has 10001 entries": lambda mass: mass.create_unassigned(
        external_userids=["wm"] * 10_001, text="a"
    ),
    "both empty": lambda mass: mass.create_for_all(sender="u"),
    "more than a month": lambda mass: mass.list(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as error:
        REFUSED_BEFORE_THE_CALL[problem](client.mass)
    assert error.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


def test_each_form_sends_what_the_documents_show(client, played, sample):
    documented = sample("externalcontact_add_msg_template.request.json")
    group = sample("externalcontact_add_msg_template.group.request.json")
    played.default = [{"errcode": 0, "msgid": "m"}]
    content = {"text": documented["text"]["content"], "attachments": documented["attachments"]}
    tag_lists = [one["tag_list"] for one in documented["tag_filter"]["group_list"]]
    client.mass.create_by_tags(tag_lists=tag_lists, sender="zhangsan", allow_select=True, **content)
    client.mass.create_for_groups(
        sender=group["sender"],
        chat_ids=group["chat_id_list"],
        text=group["text"]["content"],
        attachments=group["attachments"],
    )
    by_tags, to_groups = (request.body for request in played.to("externalcontact/add_msg_template"))
    unnamed = {name: value for name, value in documented.items() if name not in ("external_userid", "chat_id_list")}
    assert by_tags == unnamed
    assert to_groups == group
