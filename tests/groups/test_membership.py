"""Events that list who came and went: applied in order, and after loss, repetition or disorder WeCom is asked."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from customers.models import Customer
from groups import callbacks, membership
from groups import sync as groups_sync
from groups.models import GroupChat
from scrm.rehearsal.sandbox import Sandbox
from tests.acts import arrive, sync
from tests.wecom import heard
from wecom import inbox, payloads
from wecom.callback import key_of
from wecom.client import client_for
from wecom.envelope import parse
from wecom.models import Corp, InboxEvent

pytestmark = pytest.mark.usefixtures("lin", "wang")


@pytest.fixture
def customers(sandbox: Sandbox, corp: Corp) -> list[str]:
    """Three customers whom we know."""
    people = {arrive(sandbox, "lin", name): name for name in ("陈晓", "赵云", "孙倩")}
    for external_userid, name in people.items():
        Customer.objects.create(corp=corp, external_userid=external_userid, name=name)
    return list(people)


@pytest.fixture
def chat(sandbox: Sandbox, corp: Corp, customers: list[str]) -> GroupChat:
    """A group of Lin's with the first of the customers in it; from now on events are made."""
    sandbox.corp("POST", "groups", owner="lin", name="老客群", members=customers[:1])
    sync(corp, "groups")
    heard.listen(sandbox)
    return GroupChat.objects.get()


def change(sandbox: Sandbox, chat: GroupChat, **what: Any) -> dict[str, Any]:
    """Something happens in the group; the payload of the event."""
    sandbox.corp("POST", f"groups/{chat.chat_id}/change", **what)
    return heard.events(sandbox)[-1]


def tell(corp: Corp, payload: dict[str, Any]) -> None:
    moment = payloads.moment(int(payload["CreateTime"]))
    callbacks.changed(InboxEvent(corp=corp, payload=payload, created_at_wecom=moment))


def asked(sandbox: Sandbox) -> int:
    """How often WeCom was asked for a whole group."""
    return sandbox.corp("GET", "calls").get("externalcontact/groupchat/get", {"calls": 0})["calls"]


def present(chat: GroupChat) -> list[str]:
    return sorted(chat.members.filter(left_at=None).values_list("userid", flat=True))


def assert_as_in_wecom(sandbox: Sandbox, corp: Corp, chat: GroupChat) -> None:
    truth = client_for(corp).groups.get(chat.chat_id)
    chat.refresh_from_db()
    assert present(chat) == sorted(member.userid for member in truth.member_list)
    assert chat.member_version == truth.member_version


def test_events_in_order_are_applied_without_asking(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    before = asked(sandbox)
    for what in ({"join": [customers[1], "wang"], "scene": 3}, {"quit": [customers[0]]}, {"removed": ["wang"]}):
        tell(corp, change(sandbox, chat, **what))
    assert asked(sandbox) == before
    assert_as_in_wecom(sandbox, corp, chat)
    newcomer = chat.members.get(left_at=None, type=2)
    assert (newcomer.name, newcomer.join_scene) == ("赵云", 3)
    assert newcomer.customer == Customer.objects.get(external_userid=customers[1])
    wang = chat.members.get(userid="wang")
    assert (wang.type, wang.name, wang.staff.userid, wang.left_at is not None) == (1, "王磊", "wang", True)


def test_an_event_that_was_lost_shows_at_the_next(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    change(sandbox, chat, join=[customers[1]])
    before = asked(sandbox)
    tell(corp, change(sandbox, chat, join=[customers[2]]))
    assert asked(sandbox) == before + 1
    assert_as_in_wecom(sandbox, corp, chat)


def test_events_in_any_order_and_twice_end_in_the_same_rows(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    told = [
        change(sandbox, chat, **what)
        for what in ({"join": customers[1:]}, {"quit": [customers[1]]}, {"join": [customers[1]]}, {"join": ["wang"]})
    ]
    for order in itertools.permutations(told):
        for payload in (*order, order[0]):
            tell(corp, payload)
        assert_as_in_wecom(sandbox, corp, chat)


def test_somebody_whom_we_do_not_know_is_asked_for(sandbox: Sandbox, corp: Corp, chat: GroupChat) -> None:
    stranger = arrive(sandbox, "lin", "路人")
    payload = change(sandbox, chat, join=[stranger])
    before = asked(sandbox)
    tell(corp, payload)
    assert asked(sandbox) == before + 1
    assert chat.members.get(userid=stranger).name == "路人"
    assert_as_in_wecom(sandbox, corp, chat)


def test_an_answer_that_lags_behind_the_event_is_completed_by_it(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    """The event before was lost, and WeCom does not yet show what this one tells of."""
    shown = change(sandbox, chat, join=[customers[1]])
    ahead = {**shown, "MemChangeList": [customers[2]], "LastMemVer": shown["CurMemVer"], "CurMemVer": "f" * 32}
    tell(corp, ahead)
    chat.refresh_from_db()
    assert (present(chat), chat.member_version) == (sorted([*customers, "lin"]), "f" * 32)


@pytest.mark.parametrize(
    "cut",
    [
        {"MemChangeCnt": "10"},
        {"MemChangeList": ""},
        {"LastMemVer": ""},
        {"CurMemVer": ""},
        {"UpdateDetail": "change_name"},
    ],
)
def test_a_list_that_is_cut_short_is_not_trusted(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str], cut: dict[str, str]
) -> None:
    payload = change(sandbox, chat, join=customers[1:])
    before = asked(sandbox)
    tell(corp, {**payload, **cut})
    assert asked(sandbox) == before + 1
    assert_as_in_wecom(sandbox, corp, chat)


def test_a_group_that_was_dismissed_is_not_filled_any_more(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    payload = change(sandbox, chat, join=[customers[1]])
    sandbox.corp("POST", f"groups/{chat.chat_id}/dismiss")
    tell(corp, heard.events(sandbox)[-1])
    tell(corp, payload)
    chat.refresh_from_db()
    assert chat.dismissed_at is not None
    assert customers[1] not in present(chat)


def test_after_a_hand_over_by_api_the_next_event_does_not_follow(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    client_for(corp).groups.transfer_on_job([chat.chat_id], "wang")
    tell(corp, change(sandbox, chat, join=[customers[1]]))
    assert_as_in_wecom(sandbox, corp, chat)
    assert chat.owner.userid == "wang"


def test_an_older_answer_does_not_overwrite_a_newer_one(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    """Between the question and the writing somebody else has applied an event."""
    before = membership.stamp(corp, chat.chat_id)
    older = client_for(corp).groups.get(chat.chat_id)
    tell(corp, change(sandbox, chat, join=[customers[1]]))
    with pytest.raises(groups_sync.Overtaken):
        groups_sync.merge(corp, older, before)
    assert_as_in_wecom(sandbox, corp, chat)


def test_an_answer_that_is_overtaken_on_its_way_is_asked_for_again(
    sandbox: Sandbox, corp: Corp, chat: GroupChat, customers: list[str]
) -> None:
    client = client_for(corp)
    ask = client.groups.get
    on_the_way = [change(sandbox, chat, join=[customers[1]]), change(sandbox, chat, join=[customers[2]])]

    def slowly(chat_id: str) -> payloads.GroupChat:
        answer = ask(chat_id)
        while on_the_way:
            tell(corp, on_the_way.pop(0))
        return answer

    client.groups.get = slowly  # type: ignore[method-assign]
    before = asked(sandbox)
    groups_sync.converge(corp, chat.chat_id, client)
    assert asked(sandbox) == before + 2
    assert_as_in_wecom(sandbox, corp, chat)


def test_the_documented_event_tells_less_than_it_counts() -> None:
    samples = Path(__file__).resolve().parents[3] / "shared/wecom/samples"
    sample = samples / "callback_change_external_chat_update_add_member.xml"
    if not sample.exists():
        pytest.skip("The documented sample bodies are not on this machine.")
    payload = parse(sample.read_bytes())
    moment = payloads.moment(int(payload["CreateTime"]))
    assert membership.told_by(InboxEvent(payload=payload, created_at_wecom=moment)) is None
    whole = membership.told_by(InboxEvent(payload=payload | {"MemChangeCnt": "2"}, created_at_wecom=moment))
    assert whole is not None
    assert (whole.came, whole.userids, whole.scene, whole.at) == (True, ("Jack", "Rose"), 1, moment)
    assert (whole.since, whole.version) == (payload["LastMemVer"], payload["CurMemVer"])


def test_two_changes_within_a_second_are_two_events() -> None:
    same = {"ToUserName": "ww", "CreateTime": "1", "Event": "change_external_chat", "ChangeType": "update"}
    keys = {key_of({**same, "ChatId": "wr", "UpdateDetail": f"change_{what}"}) for what in ("name", "notice", "owner")}
    assert len(keys) == 3


def test_lost_doubled_and_swapped_callbacks_converge_with_the_next_one(
    live: str, sandbox: Sandbox, corp: Corp, customers: list[str]
) -> None:
    chat_id = sandbox.corp("POST", "groups", owner="lin", name="老客群", members=customers[:1])["chat_id"]
    sandbox.deliver_callbacks()
    faults = {"lose-callbacks": 0.3, "duplicate-callbacks": 0.3, "reorder-callbacks": 0.5}
    sandbox.call("POST", "faults", **{name: {"rate": rate} for name, rate in faults.items()})
    moves: list[dict[str, Any]] = [{"join": [customers[1]]}, {"join": ["wang"]}, {"quit": customers[:2]}]
    for what in [*moves, {"join": customers[:1], "name": "新名字"}, {"removed": ["wang"]}] * 4:
        sandbox.corp("POST", f"groups/{chat_id}/change", **what)
        inbox.process()
    sandbox.deliver_callbacks()
    sandbox.call("DELETE", "faults")
    sandbox.corp("POST", f"groups/{chat_id}/change", join=[customers[2]])
    sandbox.deliver_callbacks()
    while inbox.process():
        pass
    assert_as_in_wecom(sandbox, corp, GroupChat.objects.get())
    assert GroupChat.objects.get().name == "新名字"
