"""Groups get new owners: of those who resigned and of those on the job, and what each group that stays says."""

import pytest

from tests.wecom import heard
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError

DAY = 86400


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    crew = [{"userid": userid, "name": userid, "department": [2]} for userid in ("mei", "hao")]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=crew)
    return client_for(corp)


def make(sandbox, owner: str = "lin", count: int = 1) -> list[str]:
    return [sandbox.corp("POST", "groups", owner=owner, name="群", members=["wang"])["chat_id"] for _ in range(count)]


def failures(failed) -> dict[str, int]:
    return {chat.chat_id: chat.errcode for chat in failed}


def stand(sandbox, userid: str, **facts) -> None:
    sandbox.corp("POST", f"staff/{userid}/standing", **facts)


def test_groups_of_one_who_resigned_are_inherited(wecom, sandbox):
    chat_id, other = make(sandbox, count=2)
    before = wecom.groups.get(chat_id).member_version
    sandbox.corp("POST", "staff/lin/leave")
    heard.listen(sandbox)
    assert wecom.groups.transfer([chat_id], "mei") == []
    chat = wecom.groups.get(chat_id)
    assert (chat.owner, [member.userid for member in chat.member_list]) == ("mei", ["wang", "mei"])
    assert chat.member_version != before
    assert heard.events(sandbox) == []  # what apps do makes no events
    assert [(row.chat_id, row.status) for row in wecom.groups.list(["mei", "lin"])] == [(chat_id, 3), (other, 1)]
    assert [row.chat_id for row in wecom.groups.list(["mei", "lin"], status_filter=3)] == [chat_id]


def test_the_event_after_a_transfer_does_not_follow_on_the_one_before(wecom, sandbox):
    (chat_id,) = make(sandbox)
    before = wecom.groups.get(chat_id).member_version
    wecom.groups.transfer_on_job([chat_id], "mei")
    heard.listen(sandbox)
    sandbox.corp("POST", f"groups/{chat_id}/change", quit=["wang"])
    ((last,),) = heard.events(sandbox, "LastMemVer")
    assert last != before


def test_a_group_is_given_on_the_job_and_its_old_owner_stays_in_it(wecom, sandbox):
    (chat_id,) = make(sandbox)
    assert wecom.groups.transfer_on_job([chat_id], "mei") == []
    chat = wecom.groups.get(chat_id)
    assert (chat.owner, {member.userid for member in chat.member_list}) == ("mei", {"lin", "wang", "mei"})
    assert [row.status for row in wecom.groups.list(["mei"])] == [0]


def test_each_group_that_stays_says_why(wecom, sandbox):
    resigned, taken, held = make(sandbox, "hao", 3)
    active, gone = make(sandbox, "lin", 2)
    own = make(sandbox, "mei")[0]
    sandbox.corp("POST", f"groups/{gone}/dismiss")
    sandbox.corp("POST", "staff/hao/leave")
    assert wecom.groups.transfer([taken], "wang") == []
    sandbox.corp("POST", f"groups/{held}/inheriting")
    assert [row.chat_id for row in wecom.groups.list(["hao"], status_filter=2)] == [held]
    failed = wecom.groups.transfer([active, gone, "wrnothing", taken, held], "mei")
    codes = {active: 90500, gone: 49008, "wrnothing": 90501, taken: 90508, held: 90507}
    assert failures(failed) == codes
    assert all(chat.errmsg for chat in failed)
    on_job = wecom.groups.transfer_on_job([resigned, own, held], "mei")
    assert failures(on_job) == {resigned: 90502, own: 90504, held: 90507}
    sandbox.corp("POST", f"groups/{held}/inheriting", on=False)
    assert wecom.groups.transfer([held, resigned], "mei") == []


def test_an_owner_who_has_his_fill_gets_no_more(wecom, sandbox, corp):
    chats = make(sandbox, count=3)
    sandbox.call("POST", "corps", corpid=corp.corpid, group_cap=2)
    assert failures(wecom.groups.transfer_on_job(chats, "mei")) == {chats[2]: 90503}


def test_a_group_changes_hands_twice_in_90_days(wecom, sandbox):
    (chat_id,) = make(sandbox)
    for owner in ("mei", "hao"):
        assert wecom.groups.transfer_on_job([chat_id], owner) == []
    assert failures(wecom.groups.transfer_on_job([chat_id], "lin")) == {chat_id: 90508}
    sandbox.advance(89 * DAY)
    assert failures(wecom.groups.transfer_on_job([chat_id], "lin")) == {chat_id: 90508}
    sandbox.advance(DAY)
    assert wecom.groups.transfer_on_job([chat_id], "lin") == []


def test_one_member_gives_300_groups_a_day(wecom, sandbox):
    chats = make(sandbox, count=302)
    for begin in (0, 100, 200):
        assert wecom.groups.transfer_on_job(chats[begin : begin + 100], "mei") == []
    assert failures(wecom.groups.transfer_on_job(chats[300:], "mei")) == dict.fromkeys(chats[300:], 45009)
    sandbox.advance(DAY)
    assert wecom.groups.transfer_on_job(chats[300:], "mei") == []


def test_after_a_year_nobody_inherits(wecom, sandbox):
    (chat_id,) = make(sandbox)
    sandbox.corp("POST", "staff/lin/leave")
    sandbox.advance(366 * DAY)
    assert failures(wecom.groups.transfer([chat_id], "mei")) == {chat_id: 40058}


@pytest.mark.parametrize(
    ("facts", "code"), [({"activated": False}, 41054), ({"verified": False}, 41054), ({"idle_days": 366}, 90510)]
)
def test_the_new_owner_must_be_active_and_real(wecom, sandbox, facts, code):
    (chat_id,) = make(sandbox)
    stand(sandbox, "mei", **facts)
    with pytest.raises(WeComError) as refused:
        wecom.groups.transfer_on_job([chat_id], "mei")
    assert refused.value.errcode == code
    assert wecom.groups.get(chat_id).owner == "lin"


def test_the_new_owner_must_be_there_and_serve_customers(wecom, sandbox, corp):
    chats = make(sandbox)
    desk = {"userid": "desk", "name": "前台", "department": [2], "external": False}
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=[desk])
    for owner, code in (("nobody", 60111), ("desk", 84074)):
        with pytest.raises(WeComError) as refused:
            wecom.groups.transfer_on_job(chats, owner)
        assert refused.value.errcode == code


def test_a_hundred_groups_at_once(client, played, wecom):
    for call in (client.groups.transfer, client.groups.transfer_on_job):
        for count in (0, 101):
            with pytest.raises(WeComError, match=f"chat_id_list has {count} entries"):
                call(["wr"] * count, "mei")
    assert played.asked == []
    for chat_ids, code in (([], 40063), ([f"wr{n}" for n in range(101)], 40058)):
        body = {"chat_id_list": chat_ids, "new_owner": "mei"}
        with pytest.raises(WeComError) as refused:
            wecom.groups._write("externalcontact/groupchat/transfer", body, dict)
        assert refused.value.errcode == code
