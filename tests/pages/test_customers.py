"""The list of customers: filters, scope, paging, hostile names, a constant number of queries."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from customers import digests
from customers.models import ContactWay, Customer, FollowStatus, FollowTag, Stage
from staff.models import Staff, User
from tests import cast
from tests.pages.counting import queries
from wecom import clock
from wecom.models import Corp

LIST = "/customers/"


@pytest.fixture
def desk(operator: User, signed_in) -> Client:
    return signed_in(operator)


def names(client: Client, **query: object) -> set[str]:
    page = client.get(LIST, query).context["page"]
    return {customer.name for customer in page.rows}


def tagged(customer: Customer, *tags: object) -> Customer:
    follow = customer.follows.get()
    FollowTag.objects.bulk_create(FollowTag(follow=follow, tag=tag) for tag in tags)
    digests.refresh([customer.pk])
    return customer


def test_shows_who_they_are_and_who_serves_them(desk: Client, zhang: Customer, li: Customer) -> None:
    html = desk.get(LIST).content.decode()
    assert "2 customers" in html
    for text in ("张三", "李四", "林小雨", "王磊", reverse("customer", args=[zhang.pk])):
        assert text in html


def test_staff_see_their_own_and_count_their_own(signed_in, lin_user: User, zhang: Customer, li: Customer) -> None:
    client = signed_in(lin_user)
    html = client.get(LIST, {"staff": "wang"}).content.decode()
    assert "李四" not in html
    assert "李四" not in client.get(LIST, {"q": "李四"}).content.decode().replace('value="李四"', "")
    answer = client.get(LIST)
    assert answer.context["count"] == 1
    assert {customer.name for customer in answer.context["page"].rows} == {"张三"}


def test_several_staff_of_one_customer_are_one_row(desk: Client, zhang: Customer, wang: Staff) -> None:
    cast.make_follow(zhang, wang)
    page = desk.get(LIST).context["page"]
    assert [len(customer.shown_follows) for customer in page.rows] == [2]


def test_a_colleague_s_follow_is_not_shown_to_staff(signed_in, lin_user: User, zhang: Customer, wang: Staff) -> None:
    cast.make_follow(zhang, wang, remark="王磊的备注")
    html = signed_in(lin_user).get(LIST).content.decode()
    assert "王磊" not in html


@pytest.mark.parametrize(("mode", "expected"), [("any", {"甲", "乙"}), ("all", {"乙"}), ("none", {"丙"})])
def test_tags_any_all_none(desk: Client, corp: Corp, lin: Staff, mode: str, expected: set[str]) -> None:
    gold, new = cast.make_tag(corp, "金卡"), cast.make_tag(corp, "新客")
    tagged(cast.make_customer(lin, "甲"), gold)
    tagged(cast.make_customer(lin, "乙"), gold, new)
    cast.make_customer(lin, "丙")
    assert names(desk, tag=[gold.wecom_id, new.wecom_id], tags=mode) == expected


def test_filters_by_name_staff_stage_contact_way_and_state(desk: Client, corp: Corp, lin: Staff, wang: Staff) -> None:
    stage = Stage.objects.create(corp=corp, key="vip", name="VIP")
    ContactWay.objects.create(corp=corp, name="门口", state="door")
    came = cast.make_customer(lin, "甲", state="door", remark="老同学")
    Customer.objects.filter(pk=came.pk).update(stage=stage)
    cast.make_customer(wang, "乙", status=FollowStatus.LOST, ended_at=clock.now(), ended_by="customer")
    assert names(desk, q="老同") == {"甲"}
    assert names(desk, staff="wang") == {"乙"}
    assert names(desk, stage="vip") == {"甲"}
    assert names(desk, state="door") == {"甲"}
    assert names(desk, lost="yes") == {"乙"}
    assert names(desk, lost="no") == {"甲"}


def test_whoever_only_asked_to_be_added_is_marked_and_can_be_listed(desk: Client, lin: Staff) -> None:
    cast.make_customer(lin, "甲")
    cast.make_customer(lin, "乙", status=FollowStatus.HALF)
    assert names(desk, lost="half") == {"乙"}
    marks = [desk.get(LIST).content.decode().count(f">{word}<") for word in ("half-added", "lost")]
    assert marks == [1, 0]


def test_added_between_speaks_of_local_days(desk: Client, lin: Staff) -> None:
    now = clock.now()
    cast.make_customer(lin, "今天", since=now)
    cast.make_customer(lin, "前天", since=now - timedelta(days=2))
    today = desk.get("/").context["home"].today.isoformat()
    assert names(desk, added_from=today, added_to=today) == {"今天"}


def test_pages_by_key_and_keeps_the_filters(desk: Client, lin: Staff) -> None:
    for n in range(52):
        cast.make_customer(lin, f"客户{n:02d}", since=clock.now() - timedelta(minutes=n))
    first = desk.get(LIST, {"lost": "no"})
    assert [customer.name for customer in first.context["page"].rows][::49] == ["客户00", "客户49"]
    assert "lost=no" in first.content.decode().split('rel="next"')[1][:200]
    older = desk.get(LIST, {"lost": "no", "after": first.context["page"].older})
    assert [customer.name for customer in older.context["page"].rows] == ["客户50", "客户51"]
    back = desk.get(LIST, {"lost": "no", "before": older.context["page"].newer})
    assert [customer.pk for customer in back.context["page"].rows] == [
        customer.pk for customer in first.context["page"].rows
    ]


def test_htmx_gets_the_list_alone_and_history_the_whole(desk: Client, zhang: Customer) -> None:
    part = desk.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "张三" in part.content.decode()
    assert "HX-Request" in part["Vary"]
    whole = desk.get(LIST, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a\0b"},
        {"q": "%_\\"},
        {"state": "\0"},
    ],
)
def test_odd_text_is_searched_for(desk: Client, zhang: Customer, query: dict[str, str]) -> None:
    answer = desk.get(LIST, query)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"added_from": "yesterday"},
        {"staff": "nobody"},
        {"tag": "et-none\0"},
        {"tags": "most"},
        {"lost": "maybe"},
        {"after": "x"},
        {"after": "2026-01-01T00:00:00~1"},
        {"after": f"2026-01-01T00:00:00+00:00~{10**30}"},
        {"before": "2026-01-01T00:00:00+00:00~-1"},
        {"q": "长" * 61},
    ],
)
def test_nonsense_is_400(desk: Client, zhang: Customer, query: dict[str, str]) -> None:
    assert desk.get(LIST, query).status_code == 400


def test_only_get(desk: Client) -> None:
    assert desk.post(LIST).status_code == 405


HOSTILE = [
    '<img src=x onerror="alert(1)">',
    '"><script>alert(1)</script>',
    "{{7*7}}{% now 'Y' %}",
    "\u202egnp.exe",
    "e" + "\u0301" * 200,
    "👨‍👩‍👧‍👦" * 64,
    "x" * 5000,
    "</title>\u2028</script>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_isolated_text_on_every_page(desk: Client, lin: Staff, name: str) -> None:
    customer = cast.make_customer(lin, name, remark=name, description=name)
    for address in (LIST, reverse("customer", args=[customer.pk])):
        html = desk.get(address).content.decode()
        assert '<bdi class="person"' in html
        assert "<img src=x" not in html
        assert "<script>alert" not in html
        assert escape(name[:50]) in html
        assert address != LIST or "x" * 301 not in html


def test_the_number_of_queries_does_not_grow(desk: Client, corp: Corp, lin: Staff, wang: Staff) -> None:
    tag = cast.make_tag(corp, "金卡")
    few, many = 5, 50
    counts = []
    for size in (few, many - few):
        for n in range(size):
            customer = cast.make_customer(lin, f"客户{n}")
            cast.make_follow(customer, wang)
            FollowTag.objects.bulk_create(FollowTag(follow=follow, tag=tag) for follow in customer.follows.all())
        digests.refresh(None, corp)
        counts.append(queries(desk, LIST))
    assert counts[0] == counts[1] <= 20
