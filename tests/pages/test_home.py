"""Home: numbers that say what their lists show, troubles, and the shell around every page."""

from datetime import timedelta

import pytest
from django.test import Client

from campaigns.models import QuotaBlock
from customers.models import Customer, FollowStatus, Welcome
from staff.models import Staff, User
from tests import cast
from tests.pages.counting import queries
from wecom import clock
from wecom.models import Corp, EndpointWindow, InboxEvent, SyncRun


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


def lost(staff: Staff, name: str = "走了") -> Customer:
    now = clock.now()
    return cast.make_customer(staff, name, since=now, status=FollowStatus.LOST, ended_at=now, ended_by="customer")


def numbers(client: Client) -> dict[str, object]:
    return {number.label: number.value for number in client.get("/").context["numbers"]}


def test_counts_what_came_and_went_today(desk: Client, lin: Staff, wang: Staff) -> None:
    customer = cast.make_customer(lin, since=clock.now())
    cast.make_follow(customer, wang, since=clock.now())
    lost(lin)
    cast.make_customer(lin, since=clock.now(), status=FollowStatus.HALF)
    cast.make_customer(wang, since=clock.now() - timedelta(days=1))
    found = numbers(desk)
    assert (found["Customers"], found["New today"], found["Lost today"], found["Net today"]) == (2, 2, 1, "+1")


def test_staff_count_their_own(signed_in, lin_user: User, wang: Staff) -> None:
    cast.make_customer(lin_user.staff, since=clock.now())
    cast.make_customer(wang, since=clock.now())
    lost(wang)
    found = numbers(signed_in(lin_user))
    assert (found["Customers"], found["New today"], found["Lost today"]) == (1, 1, 0)


@pytest.mark.parametrize("who", ["admin", "lin_user"])
def test_each_number_is_what_its_list_counts(request, signed_in, lin: Staff, wang: Staff, who: str) -> None:
    client = signed_in(request.getfixturevalue(who))
    for staff in (lin, wang):
        cast.make_customer(staff, since=clock.now())
        cast.make_customer(staff)
        QuotaBlock.objects.create(corp=staff.corp, customer=lost(staff), until=clock.now() + timedelta(days=3))
    compared = 0
    for number in client.get("/").context["numbers"]:
        assert number.definition
        if number.href.startswith("#"):
            continue
        answer = client.get(number.href)
        assert answer.status_code == 200, number.href
        if number.href.startswith(("/customers/", "/welcomes/")):
            assert answer.context["count"] == number.value, number.label
            compared += 1
        if number.href == "/quota/":
            assert len(answer.context["page"].rows) == number.value
    assert compared == 4


def test_welcomes_that_came_too_late_are_told(desk: Client, lin: Staff, zhang: Customer) -> None:
    for code, status in (("a", "sent"), ("b", "late")):
        Welcome.objects.create(
            corp=lin.corp, customer=zhang, staff=lin, code=code, status=status, expires_at=clock.now()
        )
    number = next(one for one in desk.get("/").context["numbers"] if one.label == "Welcomes today")
    assert (number.value, number.tone, number.note) == (1, "bad", "1 missed")


def test_the_trend_has_every_day_once(desk: Client, lin: Staff) -> None:
    cast.make_customer(lin, since=clock.now() - timedelta(days=3))
    days = desk.get("/").context["home"].days
    assert len({day.day for day in days}) == len(days) == 30
    assert [day.new for day in days[-5:]] == [0, 1, 0, 0, 0]


def test_troubles_lead_to_where_they_are_mended(desk: Client, corp: Corp) -> None:
    assert [trouble.href for trouble in desk.get("/").context["troubles"]] == ["/setup/"]
    SyncRun.start(corp, "staff").finish()
    assert "Everything runs" in desk.get("/").content.decode()
    now = clock.now()
    corp.suspend(40001, "invalid credential", now)
    InboxEvent.objects.create(corp=corp, key="k", event="e", state="parked", next_try_at=now, received_at=now)
    SyncRun.start(corp, "customers").fail("boom")
    EndpointWindow.objects.create(
        corp=corp,
        endpoint="externalcontact/get",
        spent_until=now,
        minute_start=now,
        hour_start=now,
        resting_until=now + timedelta(minutes=5),
    )
    troubles = desk.get("/").context["troubles"]
    assert [trouble.href for trouble in troubles] == [
        "/system/credentials/",
        "/system/inbox/?state=parked",
        "/system/sync/",
        "/system/journal/",
    ]
    assert all(desk.get(trouble.href).status_code == 200 for trouble in troubles)


def test_troubles_are_the_admin_s(signed_in, operator: User, corp: Corp) -> None:
    SyncRun.start(corp, "customers").fail("boom")
    assert "did not finish" not in signed_in(operator).get("/").content.decode()


def test_without_a_corp_it_says_what_to_do(signed_in, superuser: User) -> None:
    html = signed_in(superuser).get("/").content.decode()
    assert 'href="/setup/"' in html


def test_one_who_sees_every_corp_can_switch(signed_in, superuser: User, corp: Corp) -> None:
    other = cast.make_corp(name="另一家")
    client = signed_in(superuser)
    assert "另一家" in client.get("/").content.decode()
    client.post("/corp/", {"corp": other.pk, "next": "/"})
    assert client.get("/").context["home"].corp == other


def test_staff_see_no_system_pages_in_the_menu(signed_in, lin_user: User, admin: User) -> None:
    assert "/system/" not in signed_in(lin_user).get("/").content.decode()
    assert "/system/sync/" in signed_in(admin).get("/").content.decode()


def test_no_page_of_ours_needs_inline_code(desk: Client, zhang: Customer) -> None:
    for address in ("/", "/customers/", f"/customers/{zhang.pk}/", "/tags/", "/contact-ways/new/", "/system/sync/"):
        html = desk.get(address).content.decode()
        for forbidden in (' style="', " onclick=", " onload=", "javascript:", "<style"):
            assert forbidden not in html, (address, forbidden)


def test_chinese_and_english(desk: Client, corp: Corp) -> None:
    desk.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-hans"' in desk.get("/").content.decode()
    desk.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert '<html lang="en"' in desk.get("/").content.decode()


def test_the_number_of_queries_does_not_grow(desk: Client, lin: Staff) -> None:
    counts = []
    for size in (3, 30):
        for n in range(size):
            cast.make_customer(lin, f"客户{n}", since=clock.now() - timedelta(days=n))
        counts.append(queries(desk, "/"))
    assert counts[0] == counts[1] <= 20
