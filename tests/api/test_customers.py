import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import digests, timeline
from customers.models import Customer, FollowStatus, FollowTag, Stage
from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, Staff, User
from tags import verbs
from tests.cast import make_corp, make_customer, make_follow, make_staff, make_tag
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp

URL = "/api/v1/customers/"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def asked(tree: Any) -> dict[str, str]:
    return {"condition": json.dumps(tree)}


def test_a_customer_has_the_shape_of_the_contract(api: Any, operator: User, lin: Staff, wang: Staff) -> None:
    stage = Stage.objects.create(corp=lin.corp, key="new", name="新客")
    tag = make_tag(lin.corp, "VIP")
    since = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    customer = make_customer(lin, "张三", since=since, remark="茶", state="shop", add_way=1)
    make_follow(customer, wang, status=FollowStatus.LOST, ended_at=since, ended_by="customer", since=since)
    FollowTag.objects.create(follow=customer.follows.get(staff=lin), tag=tag)
    Customer.objects.update(stage=stage, unionid="o1", gender=2)
    shown = api(operator).get(f"{URL}{customer.pk}/").json()
    lost = shown["follows"].pop()
    assert shown == {
        "id": customer.pk,
        "corp": lin.corp.corpid,
        "external_userid": customer.external_userid,
        "name": "张三",
        "avatar": "",
        "type": 1,
        "gender": 2,
        "unionid": "o1",
        "stage": "new",
        "lost": False,
        "tags": [{"id": tag.wecom_id, "name": "VIP", "group": "等级"}],
        "follows": [
            {
                "staff": "lin",
                "status": "live",
                "remark": "茶",
                "description": "",
                "tags": [tag.wecom_id],
                "state": "shop",
                "add_way": 1,
                "added_at": "2026-03-01T10:00:00+08:00",
                "ended_at": None,
                "ended_by": "",
            }
        ],
        "added_at": "2026-03-01T10:00:00+08:00",
        "first_added_at": "2026-03-01T10:00:00+08:00",
    }
    assert (lost["staff"], lost["ended_by"], lost["ended_at"]) == ("wang", "customer", "2026-03-01T10:00:00+08:00")


def test_frontline_staff_see_their_own_in_list_count_search_and_detail(
    api: Any, lin_user: User, zhang: Customer, li: Customer
) -> None:
    client = api(lin_user)
    assert names(client.get(URL)) == ["张三"]
    assert client.get(f"{URL}count/").json() == {"count": 1}
    assert names(client.get(URL, {"q": "李"})) == []
    assert client.get(f"{URL}count/", {"q": "李"}).json() == {"count": 0}
    assert names(client.get(URL, asked({"field": "staff", "op": "in", "value": ["wang"]}))) == []
    assert client.get(f"{URL}{zhang.pk}/").status_code == 200
    assert client.get(f"{URL}{li.pk}/").status_code == 404


def test_a_shared_customers_other_follows_and_remarks_stay_hidden(
    api: Any, lin_user: User, zhang: Customer, wang: Staff
) -> None:
    make_follow(zhang, wang, remark="secret")
    client = api(lin_user)
    assert [row["staff"] for row in client.get(f"{URL}{zhang.pk}/").json()["follows"]] == ["lin"]
    assert names(client.get(URL, {"q": "secret"})) == []


def test_search_and_condition_narrow_together(api: Any, operator: User, lin: Staff) -> None:
    tag = make_tag(lin.corp, "VIP")
    for name in ("茶一", "茶二", "酒"):
        customer = make_customer(lin, name)
        if name != "茶二":
            FollowTag.objects.create(follow=customer.follows.get(), tag=tag)
    digests.refresh(corp=lin.corp)
    condition = asked({"field": "tag", "op": "has_any", "value": [tag.wecom_id]})
    assert sorted(names(api(operator).get(URL, condition))) == ["茶一", "酒"]
    assert names(api(operator).get(URL, {**condition, "q": "茶"})) == ["茶一"]
    assert api(operator).get(f"{URL}count/", {**condition, "q": "茶"}).json() == {"count": 1}


def test_lost_customers_are_listed_too(api: Any, operator: User, lin: Staff) -> None:
    make_customer(lin, "走", status=FollowStatus.LOST, ended_at=clock.now())
    row = api(operator).get(URL).json()["results"][0]
    assert (row["lost"], row["added_at"]) == (True, None)


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ('{"all": [{"field": "tag", "op": "is", "value": []}]}', "all[0].op"),
        ('{"field": "tag", "op": "has_any", "value": ["gone"]}', "value[0]"),
        ("[]", ""),
        ("{", ""),
        ('{"field": "name", "op": "contains", "value": "a\\u0000"}', ""),
        ("[" * 50_000, ""),
        ("9" * 5000, ""),
        ('{"all": NaN}', ""),
        ("null", ""),
    ],
)
def test_a_bad_condition_is_refused_with_its_path(api: Any, operator: User, condition: str, path: str) -> None:
    for url in (URL, f"{URL}count/"):
        answer = api(operator).get(url, {"condition": condition})
        assert answer.status_code == 400
        assert answer.json()["condition"]["path"] == path
        assert answer.json()["condition"]["message"]


def test_a_search_too_long_is_refused(api: Any, operator: User) -> None:
    assert api(operator).get(URL, {"q": "x" * 101}).json()["q"]["path"] == "value"


@pytest.mark.parametrize("ordering", ["name", "owner__password", "-digest__tag_ids", "--id", "id,name", "?"])
def test_only_named_orderings_are_taken(api: Any, operator: User, ordering: str) -> None:
    answer = api(operator).get(URL, {"ordering": ordering})
    assert answer.status_code == 400
    assert "ordering" in answer.json()


def test_pages_walk_over_everybody_once_both_ways(api: Any, operator: User, lin: Staff) -> None:
    same = datetime(2026, 3, 1, tzinfo=UTC)
    made = [make_customer(lin, f"c{n}", since=same).name for n in range(7)]
    client = api(operator)
    for ordering, expected in (("-added_at", made[::-1]), ("added_at", made), ("id", made)):
        first = client.get(URL, {"ordering": ordering, "page_size": 3})
        assert first.json()["previous"] is None
        second = client.get(first.json()["next"])
        third = client.get(second.json()["next"])
        assert names(first) + names(second) + names(third) == expected
        assert third.json()["next"] is None
        back = client.get(third.json()["previous"])
        assert names(back) == names(second)
        assert names(client.get(back.json()["previous"])) == names(first)
        assert client.get(back.json()["previous"]).json()["previous"] is None


def test_a_page_keeps_its_filters(api: Any, operator: User, lin: Staff) -> None:
    for n in range(3):
        make_customer(lin, f"茶{n}")
    make_customer(lin, "酒")
    first = api(operator).get(URL, {"q": "茶", "page_size": 2}).json()
    assert len(api(operator).get(first["next"]).json()["results"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "junk"},
        {"cursor": "W10"},
        {"cursor": "W3RydWUsIngiLDFd"},
        {"cursor": "bnVsbA"},
        {"cursor": "林"},
        {"cursor": "W3RydWUsICIyMDI2LTAzLTAxVDAwOjAwOjAwKzAwOjAwIiwgOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"},
        {"page_size": "0"},
        {"page_size": "201"},
        {"page_size": "x"},
        {"page_size": "٣"},
    ],
)
def test_cursors_and_sizes_that_are_none_are_refused(api: Any, operator: User, query: dict[str, str]) -> None:
    assert api(operator).get(URL, query).status_code == 400


def test_the_number_of_queries_does_not_grow(api: Any, operator: User, lin: Staff, wang: Staff) -> None:
    client, counts = api(operator), []
    for n in (1, 12):
        for _n in range(n):
            customer = make_customer(lin)
            make_follow(customer, wang)
            for follow in customer.follows.all():
                FollowTag.objects.create(follow=follow, tag=make_tag(lin.corp, "t"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_the_timeline_is_newest_first_and_paged(api: Any, operator: User, lin: Staff, zhang: Customer) -> None:
    for day in (1, 2, 3):
        at = datetime(2026, 3, day, tzinfo=UTC)
        timeline.record(customer_id=zhang.pk, kind="tagged", staff_id=lin.pk, at=at, detail={"day": day})
    first = api(operator).get(f"{URL}{zhang.pk}/timeline/", {"page_size": 2}).json()
    assert first["results"][0] == {
        "kind": "tagged", "at": "2026-03-03T08:00:00+08:00", "staff": "lin", "detail": {"day": 3},
    }  # fmt: skip
    rest = api(operator).get(first["next"]).json()
    assert [row["detail"]["day"] for row in first["results"] + rest["results"]] == [3, 2, 1]


def test_the_timeline_of_a_foreign_customer_is_not_found(api: Any, lin_user: User, li: Customer) -> None:
    assert api(lin_user).get(f"{URL}{li.pk}/timeline/").status_code == 404


def test_tags_are_written_through_to_wecom(
    api: Any, lin_user: User, lin: Staff, sandbox: Sandbox, corp: Corp, followed: tuple[Customer, list[str]]
) -> None:
    customer, (first, second) = followed
    answer = api(lin_user).post(f"{URL}{customer.pk}/tags/", {"staff": "LIN", "add": [first, second]})
    assert answer.status_code == 200, answer.content
    assert {tag["id"] for tag in answer.json()["tags"]} == {first, second}
    answer = api(lin_user).post(f"{URL}{customer.pk}/tags/", {"staff": "lin", "remove": [first]})
    assert [tag["id"] for tag in answer.json()["tags"]] == [second]
    told = json.dumps(client_for(corp).customers.get(customer.external_userid).follows, default=str)
    assert second in told
    assert first not in told
    assert AuditEntry.objects.filter(user=lin_user, action="customer.tagged").count() == 2


@pytest.fixture
def followed(sandbox: Sandbox, corp: Corp, lin: Staff) -> tuple[Customer, list[str]]:
    """A customer whom Lin serves at WeCom too, and two tags that WeCom has."""
    group = verbs.create_group(corp, "等级", ["VIP", "新"])
    scan = sandbox.corp("POST", "scan", userid="lin", name="张三")
    customer = make_customer(lin, "张三")
    Customer.objects.filter(pk=customer.pk).update(external_userid=scan["external_userid"])
    customer.refresh_from_db()
    return customer, [tag.wecom_id for tag in group.tags.all()]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "staff"),
        ({"staff": "lin"}, "add"),
        ({"staff": "lin", "add": "et"}, "add"),
        ({"staff": "lin", "add": [{}]}, "add"),
        ({"staff": "lin", "add": ["gone"]}, "add"),
        ({"staff": "lin", "remove": ["gone"]}, "remove"),
        ({"staff": "lin", "add": ["a"], "remove": ["a"]}, "remove"),
        ({"staff": "lin", "add": ["a"] * 101}, "add"),
        ({"staff": "wang", "add": ["a"]}, "staff"),
        ({"staff": ["lin"], "add": ["a"]}, "staff"),
    ],
)
def test_a_bad_marking_is_refused_at_its_field(
    api: Any, operator: User, zhang: Customer, wang: Staff, body: Any, field: str
) -> None:
    answer = api(operator).post(f"{URL}{zhang.pk}/tags/", body)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_marking_through_a_colleagues_follow_is_refused(
    api: Any, lin_user: User, zhang: Customer, li: Customer, wang: Staff
) -> None:
    make_follow(zhang, wang)
    tag = make_tag(zhang.corp, "VIP").wecom_id
    assert api(lin_user).post(f"{URL}{zhang.pk}/tags/", {"staff": "wang", "add": [tag]}).status_code == 400
    assert api(lin_user).post(f"{URL}{li.pk}/tags/", {"staff": "wang", "add": [tag]}).status_code == 404


def test_marking_an_ended_follow_is_told_409(api: Any, operator: User, wang: Staff) -> None:
    gone = make_customer(wang, status=FollowStatus.DROPPED, ended_at=clock.now(), ended_by="staff")
    tag = make_tag(wang.corp, "VIP").wecom_id
    answer = api(operator).post(f"{URL}{gone.pk}/tags/", {"staff": "wang", "add": [tag]})
    assert answer.status_code == 409
    assert answer.json()["detail"]


def test_wrong_methods_are_told_405(api: Any, operator: User, zhang: Customer) -> None:
    client = api(operator)
    assert client.post(URL, {}).status_code == 405
    assert client.delete(f"{URL}{zhang.pk}/").status_code == 405
    assert client.get(f"{URL}{zhang.pk}/tags/").status_code == 405


def test_another_corps_tag_is_unknown(api: Any, operator: User, zhang: Customer) -> None:
    foreign = make_tag(make_corp(), "VIP").wecom_id
    make_staff(make_corp(), "lin")
    answer = api(operator).post(f"{URL}{zhang.pk}/tags/", {"staff": "lin", "add": [foreign]})
    assert answer.json() == {"add": {"path": "[0]", "message": f"Unknown: {foreign}."}}
