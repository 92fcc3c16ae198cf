"""Group chats and who is in them, from WeCom, by sync and by event."""

import pytest

from customers.models import Customer
from groups import callbacks
from groups.models import GroupChat, GroupMember
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tests import cast
from tests.acts import arrive, sync
from wecom.models import Corp, InboxEvent

pytestmark = pytest.mark.usefixtures("lin", "wang")


@pytest.fixture
def customer(sandbox: Sandbox, corp: Corp) -> Customer:
    external_userid = arrive(sandbox, "lin", "陈晓")
    sync(corp)
    return Customer.objects.get(external_userid=external_userid)


@pytest.fixture
def chat_id(sandbox: Sandbox, customer: Customer) -> str:
    members = ["wang", customer.external_userid]
    return sandbox.corp("POST", "groups", owner="lin", name="老客群", members=members)["chat_id"]


def tell(corp: Corp, change: str, chat_id: str) -> None:
    payload = {"ChatId": chat_id}
    callbacks.changed(InboxEvent(corp=corp, event="change_external_chat", change_type=change, payload=payload))


def present(chat: GroupChat) -> set[str]:
    return set(chat.members.filter(left_at=None).values_list("name", flat=True))


def test_a_group_appears_with_its_members(sandbox: Sandbox, corp: Corp, chat_id: str, customer: Customer) -> None:
    assert sync(corp, "groups").counts["added"] == 1
    chat = GroupChat.objects.get()
    assert (chat.chat_id, chat.name, chat.owner.userid) == (chat_id, "老客群", "lin")
    assert present(chat) == {"林小雨", "王磊", "陈晓"}
    assert chat.members.get(type=2).customer == customer
    assert chat.members.get(userid="wang").staff == Staff.objects.get(userid="wang")


def test_a_second_sync_changes_nothing(sandbox: Sandbox, corp: Corp, chat_id: str) -> None:
    sync(corp, "groups")
    before = list(GroupChat.objects.values())
    assert sync(corp, "groups").counts == {"added": 0, "changed": 0, "unchanged": 1}
    assert list(GroupChat.objects.values()) == before


def test_comings_and_goings_are_kept(sandbox: Sandbox, corp: Corp, chat_id: str, customer: Customer) -> None:
    tell(corp, "create", chat_id)
    sandbox.corp("POST", f"groups/{chat_id}/change", quit=[customer.external_userid], name="新名字")
    for _ in range(2):
        tell(corp, "update", chat_id)
    chat = GroupChat.objects.get()
    assert (chat.name, present(chat)) == ("新名字", {"林小雨", "王磊"})
    sandbox.corp("POST", f"groups/{chat_id}/change", join=[customer.external_userid])
    tell(corp, "update", chat_id)
    assert present(chat) == {"林小雨", "王磊", "陈晓"}
    assert GroupMember.objects.filter(customer=customer).count() == 2  # two stays


@pytest.mark.parametrize("by_event", [True, False])
def test_a_dismissed_group_is_gone_once(sandbox: Sandbox, corp: Corp, chat_id: str, by_event: bool) -> None:
    sync(corp, "groups")
    sandbox.corp("POST", f"groups/{chat_id}/dismiss")
    if by_event:
        tell(corp, "dismiss", chat_id)
    assert sync(corp, "groups").counts.get("gone", 0) == (0 if by_event else 1)
    assert GroupChat.objects.get().dismissed_at is not None


def test_an_event_about_a_group_that_never_was_is_no_error(sandbox: Sandbox, corp: Corp) -> None:
    tell(corp, "update", "wr-nothing")
    tell(corp, "update", "")
    assert not GroupChat.objects.exists()


def test_owners_whom_wecom_does_not_know_are_no_obstacle(sandbox: Sandbox, corp: Corp, chat_id: str) -> None:
    cast.make_staff(corp, "aaron")
    sync(corp, "groups")
    assert GroupChat.objects.count() == 1


def test_the_number_of_statements_does_not_depend_on_the_members(
    sandbox: Sandbox, corp: Corp, chat_id: str, django_assert_max_num_queries
) -> None:
    people = [arrive(sandbox, "lin") for _ in range(30)]
    sandbox.corp("POST", f"groups/{chat_id}/change", join=people)
    with django_assert_max_num_queries(10):
        tell(corp, "update", chat_id)
    assert GroupMember.objects.count() == 33
