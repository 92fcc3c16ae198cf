"""The list of customer groups, welcomes, and what a person sees where there is nothing."""

import pytest
from django.test import Client

from customers.models import Customer, Welcome
from groups.models import GroupChat, GroupMember
from staff.models import Staff, User
from tests import cast
from wecom import clock
from wecom.models import Corp


@pytest.fixture
def desk(operator: User, signed_in) -> Client:
    return signed_in(operator)


def chat_of(owner: Staff, name: str) -> GroupChat:
    return GroupChat.objects.create(corp=owner.corp, chat_id=name, name=name, owner=owner, created_at=clock.now())


def test_counts_who_is_in_now(desk: Client, zhang: Customer, lin: Staff) -> None:
    chat = chat_of(lin, "老客群")
    rows = [("lin", {"staff": lin}), ("zhang", {"customer": zhang}), ("gone", {"left_at": clock.now()})]
    for userid, more in rows:
        GroupMember.objects.create(chat=chat, userid=userid, type=2, joined_at=clock.now(), **more)
    (shown,) = desk.get("/groups/").context["page"].rows
    assert (shown.present, shown.customers) == (2, 1)


def test_staff_see_the_groups_that_they_own(signed_in, lin_user: User, wang: Staff) -> None:
    chat_of(lin_user.staff, "一店群")
    chat_of(wang, "二店群")
    html = signed_in(lin_user).get("/groups/").content.decode()
    assert "一店群" in html
    assert "二店群" not in html


def test_a_search_for_anything_is_answered(desk: Client, lin: Staff) -> None:
    chat_of(lin, "老客群")
    assert len(desk.get("/groups/", {"q": "老\0客"}).context["page"].rows) == 1
    assert desk.get("/groups/", {"q": "%"}).context["page"].rows == []
    assert desk.get("/groups/", {"q": "长" * 61}).status_code == 400


def test_welcomes_by_day_and_state(desk: Client, zhang: Customer, lin: Staff) -> None:
    for code, status in (("a", "sent"), ("b", "failed")):
        Welcome.objects.create(
            corp=lin.corp, customer=zhang, staff=lin, code=code, status=status, reason="<b>", expires_at=clock.now()
        )
    assert desk.get("/welcomes/", {"status": "failed"}).context["count"] == 1
    assert desk.get("/welcomes/", {"day": "2001-01-01"}).context["count"] == 0
    assert desk.get("/welcomes/", {"day": "9999-12-31"}).status_code == 200
    assert desk.get("/welcomes/", {"day": "soon"}).status_code == 400


@pytest.mark.parametrize("address", ["/customers/", "/tags/", "/groups/", "/contact-ways/", "/welcomes/", "/quota/"])
def test_an_empty_page_says_what_to_do(desk: Client, corp: Corp, address: str) -> None:
    assert "empty-state" in desk.get(address).content.decode()


def test_errors_are_pages_of_ours(desk: Client, corp: Corp) -> None:
    assert "There is nothing here" in desk.get("/customers/999/").content.decode()
    assert "This address makes no sense" in desk.get("/customers/", {"after": "x"}).content.decode()
    assert "This is not yours to open" in desk.get("/system/sync/").content.decode()
    assert desk.get(f"/customers/{10**30}/").status_code == 404
    assert cast.PASSWORD not in desk.get("/customers/999/").content.decode()
