"""The condition language: what it takes, what it refuses and where, and what it does when ids have disappeared."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from customers import digests, segments
from customers.models import Customer, Follow, FollowStatus, FollowTag, Stage
from customers.segments import ConditionError, audience, parse
from customers.segments.tree import MAX_DEPTH
from staff.models import Department, Staff, User
from tags.models import Tag
from tests.cast import make_corp, make_customer, make_department, make_follow, make_staff, make_tag
from wecom import clock
from wecom.models import Corp

LOST = {"field": "lost", "op": "is", "value": True}
NAME = {"field": "name", "op": "contains", "value": "a"}


def tagged(customer: Customer, *tags: Tag) -> Customer:
    """The customer with `tags` on the first of their follows."""
    FollowTag.objects.bulk_create(FollowTag(follow=customer.follows.first(), tag=tag) for tag in tags)
    digests.refresh([customer.pk])
    return customer


def found(tree: Any, corp: Corp, user: User | None = None) -> set[str]:
    return set(Customer.objects.matching(tree, corp, user).values_list("name", flat=True))


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def refused(tree: Any, corp: Corp) -> str:
    """The path at which the tree is refused."""
    with pytest.raises(ConditionError) as caught:
        parse(tree, corp)
    assert caught.value.message
    return caught.value.path


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ("all", ""),
        ({"all": {}}, "all"),
        ({"all": [NAME, 5]}, "all[1]"),
        ({"any": None}, "any"),
        ({"not": []}, "not"),
        ({"not": {"all": [{"any": [{}]}]}}, "not.all[0].any[0]"),
        ({"all": [], "any": []}, ""),
        ({"all": [], "x": 1}, ""),
        ({**NAME, "extra": 1}, ""),
        ({"op": "is", "value": True}, "field"),
        ({"field": "lost", "value": True}, "op"),
        ({"field": "lost", "op": "is"}, "value"),
        ({"all": [leaf("name", "contains", "a"), leaf("nickname", "is", 1)]}, "all[1].field"),
        ({"all": [leaf("tag", "is", [])]}, "all[0].op"),
        (leaf(["tag"], "has_any", ["a"]), "field"),
        (leaf("tag", {}, ["a"]), "op"),
        (leaf("tag", "has_any", "et1"), "value"),
        (leaf("tag", "has_any", []), "value"),
        (leaf("tag", "has_any", [1]), "value[0]"),
        (leaf("tag", "has_any", [None]), "value[0]"),
        (leaf("tag", "has_any", ["a\x00"]), "value[0]"),
        (leaf("tag", "has_any", ["\ud800"]), "value[0]"),
        (leaf("staff", "in", [[]]), "value[0]"),
        (leaf("department", "in", ["1"]), "value[0]"),
        (leaf("department", "in", [True]), "value[0]"),
        (leaf("department", "in", [-1]), "value[0]"),
        (leaf("department", "in", [2**63]), "value[0]"),
        (leaf("add_way", "in", [1, 10**5000]), "value[1]"),
        (leaf("gender", "in", [1.0]), "value[0]"),
        (leaf("gender", "in", [2**15]), "value[0]"),
        (leaf("type", "in", [float("nan")]), "value[0]"),
        (leaf("state", "in", ["x" * 65]), "value[0]"),
        (leaf("added_at", "before", 5), "value"),
        (leaf("added_at", "before", "yesterday"), "value"),
        (leaf("added_at", "before", "2026-02-30"), "value"),
        (leaf("added_at", "before", "0001-01-01T00:00:00+14:00"), "value"),
        (leaf("added_at", "before", "9999-12-31T23:59:59-14:00"), "value"),
        (leaf("added_at", "after", "2026-01-01T10:00:00 +08:00"), "value"),
        (leaf("added_at", "within_days", -1), "value"),
        (leaf("added_at", "within_days", 1.5), "value"),
        (leaf("added_at", "within_days", float("nan")), "value"),
        (leaf("added_at", "within_days", 10**9), "value"),
        (leaf("name", "contains", ""), "value"),
        (leaf("name", "contains", "  "), "value"),
        (leaf("name", "contains", "x" * 101), "value"),
        (leaf("lost", "is", 1), "value"),
        (leaf("lost", "is", None), "value"),
    ],
)
def test_what_is_not_of_the_language_is_refused_at_its_node(corp: Corp, tree: Any, path: str) -> None:
    assert refused(tree, corp) == path


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = dict(LOST)
    for _n in range(depth - 1):
        tree = {"not": tree}
    return tree


def test_depth_is_limited(corp: Corp) -> None:
    assert parse(nested(MAX_DEPTH), corp)
    assert refused(nested(MAX_DEPTH + 1), corp) == ".".join(["not"] * MAX_DEPTH)
    assert refused(nested(100_000), corp)


def test_an_audience_of_full_depth_can_still_be_read(corp: Corp) -> None:
    tree: dict[str, Any] = dict(NAME)
    for _n in range(MAX_DEPTH - 1):
        tree = {"not": tree}
    parse(tree, corp)
    assert found(audience(tree), corp) == set()


def test_size_is_limited(corp: Corp) -> None:
    assert parse(leaf("add_way", "in", list(range(1000))), corp)
    assert refused(leaf("add_way", "in", list(range(1001))), corp) == "value"
    halves = {"all": [leaf("add_way", "in", list(range(501)))] * 2}
    assert refused(halves, corp) == "all[1].value"
    assert parse({"any": [LOST] * 999}, corp)
    assert refused({"any": [LOST] * 1000}, corp) == "any[999]"


@pytest.mark.parametrize(
    "tree",
    [
        leaf("tag", "has_any", ["gone"]),
        leaf("staff", "in", ["gone"]),
        leaf("department", "in", [99]),
        leaf("stage", "in", ["gone"]),
    ],
)
def test_ids_that_the_corp_does_not_have_are_refused_on_save(corp: Corp, tree: dict[str, Any]) -> None:
    assert refused({"all": [tree]}, corp) == "all[0].value[0]"


def test_another_corps_ids_are_unknown(corp: Corp) -> None:
    other = make_corp()
    foreign = [
        leaf("tag", "has_any", [make_tag(other, "VIP").wecom_id]),
        leaf("staff", "in", [make_staff(other, "foreign").userid]),
        leaf("department", "in", [make_department(other, "d", 7).wecom_id]),
        leaf("stage", "in", [Stage.objects.create(corp=other, key="vip", name="v").key]),
    ]
    assert [refused(tree, corp) for tree in foreign] == ["value[0]"] * 4


def test_userids_are_matched_in_any_case(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "张三")
    tree = leaf("staff", "in", ["LIN"])
    parse(tree, corp)
    assert found(tree, corp) == {"张三"}


def test_a_deleted_tag_matches_nobody_in_any_wording(corp: Corp, lin: Staff) -> None:
    vip, old = make_tag(corp, "VIP"), make_tag(corp, "旧")
    tagged(make_customer(lin, "with"), vip)
    make_customer(lin, "without")
    gone = [old.wecom_id]
    parse(leaf("tag", "has_none", gone), corp)
    old.deleted_at = clock.now()
    old.save()
    for op in ("has_any", "has_all", "has_none"):
        assert found(leaf("tag", op, gone), corp) == set()
        assert found({"not": leaf("tag", op, gone)}, corp) == set()
    assert refused(leaf("tag", "has_any", gone), corp) == "value[0]"


def test_what_can_still_be_decided_beside_a_deleted_tag_is_decided(corp: Corp, lin: Staff) -> None:
    vip, old = make_tag(corp, "VIP"), make_tag(corp, "旧")
    old.delete()
    tagged(make_customer(lin, "with"), vip)
    make_customer(lin, "without")
    both = [vip.wecom_id, old.wecom_id]
    assert found(leaf("tag", "has_any", both), corp) == {"with"}
    assert found({"not": leaf("tag", "has_all", both)}, corp) == {"without"}
    assert found({"any": [leaf("tag", "has_any", [old.wecom_id]), NAME | {"value": "out"}]}, corp) == {"without"}


def test_a_department_means_those_below_it_too(corp: Corp, shop_a: Department, lin: Staff, wang: Staff) -> None:
    make_customer(lin, "a")
    make_customer(wang, "b")
    assert found(leaf("department", "in", [1]), corp) == {"a", "b"}
    assert found(leaf("department", "in", [shop_a.wecom_id]), corp) == {"a"}


@pytest.mark.parametrize("text", ["100%", "_", "\\", "a'b", "%(x)s", "{{7*7}}", "林"])
def test_wildcards_and_quotes_in_a_name_are_text(corp: Corp, lin: Staff, text: str) -> None:
    make_customer(lin, f"x{text}y")
    make_customer(lin, "other")
    assert found(leaf("name", "contains", text), corp) == {f"x{text}y"}


def test_a_remark_counts_for_those_who_may_read_it(corp: Corp, lin: Staff, lin_user: User, wang: Staff) -> None:
    customer = make_customer(lin, "张三", remark="likes tea")
    make_follow(customer, wang, remark="owes money")
    tea, money = leaf("name", "contains", "TEA"), leaf("name", "contains", "money")
    assert found(tea, corp) == found(money, corp) == {"张三"}
    assert found(tea, corp, lin_user) == {"张三"}
    assert found(money, corp, lin_user) == set()


def test_times_without_a_zone_are_the_corps(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "eve", since=datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))  # 23:59:59 in Shanghai
    assert found(leaf("added_at", "before", "2026-03-02"), corp) == {"eve"}
    assert found(leaf("added_at", "before", "2026-03-01T23:59:59"), corp) == set()
    assert found(leaf("added_at", "after", "2026-03-01T23:59:59"), corp) == {"eve"}
    assert found(leaf("added_at", "after", "2026-03-01T23:59:59Z"), corp) == set()
    corp.timezone = "UTC"
    assert found(leaf("added_at", "before", "2026-03-01T16:00:00"), corp) == {"eve"}


def test_days_are_counted_by_the_turned_clock(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "new", since=clock.now())
    recent = leaf("added_at", "within_days", 7)
    assert found(recent, corp) == {"new"}
    with clock.at(clock.now() + timedelta(days=8)):
        assert found(recent, corp) == set()
        assert found(leaf("added_at", "not_within_days", 7), corp) == {"new"}


def test_an_empty_all_is_everybody_and_an_empty_any_nobody(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "a")
    make_customer(make_staff(make_corp(), "x"), "of another corp")
    assert found({"all": []}, corp) == {"a"}
    assert found({"any": []}, corp) == set()


def test_an_audience_leaves_out_the_lost_unless_it_speaks_of_them(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "friend")
    make_customer(lin, "gone", status=FollowStatus.LOST, ended_at=clock.now())
    assert found(audience({"all": []}), corp) == {"friend"}
    assert found(audience({"not": NAME}), corp) == {"friend"}
    assert found(audience({"any": [LOST, {"not": LOST}]}), corp) == {"friend", "gone"}
    assert found(audience(LOST), corp) == {"gone"}


def test_audience_bears_any_shape(corp: Corp) -> None:
    for tree in (None, [], "x", {"all": "x"}, nested(100_000)):
        assert audience(tree)


def test_values_never_become_sql(corp: Corp, lin: Staff) -> None:
    evil = "'; DROP TABLE customers_customer; --"
    tree = {"all": [leaf("name", "contains", evil), leaf("state", "in", [evil])]}
    fragment = segments.compile_sql(tree, corp)
    assert "DROP" not in fragment.sql
    assert fragment.sql.count("%") == fragment.sql.count("%s") == len(fragment.params)


def test_matching_works_inside_other_queries(corp: Corp, lin: Staff) -> None:
    make_customer(lin, "abc")
    make_customer(lin, "xyz")
    inner = Customer.objects.matching(NAME, corp)
    assert Follow.objects.filter(customer__in=inner).count() == 1
    assert Customer.objects.filter(pk__in=inner).matching(NAME, corp).count() == 1
    assert Customer.objects.exclude(pk__in=inner).get().name == "xyz"


def test_the_tag_condition_can_use_its_index(corp: Corp) -> None:
    condition = segments.compile_sql(leaf("tag", "has_any", [make_tag(corp, "VIP").wecom_id]), corp)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT 1 FROM customers_digest WHERE {condition.sql}", condition.params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "digest_tags" in plan


def test_lookups_do_not_grow_with_the_tree(corp: Corp, django_assert_num_queries: Any) -> None:
    tags = [make_tag(corp, f"t{n}").wecom_id for n in range(20)]
    with django_assert_num_queries(1):
        parse({"all": [leaf("tag", "has_any", [tag]) for tag in tags]}, corp)


def test_editors_learn_fields_operators_and_choices(corp: Corp, lin: Staff) -> None:
    tag = make_tag(corp, "VIP")
    by_name = {field.name: field for field in segments.labels(corp)}
    assert list(by_name) == [
        "tag", "staff", "department", "stage", "add_way", "state", "added_at", "gender", "type", "name", "lost",
    ]  # fmt: skip
    assert [(c.value, c.label, c.group) for c in by_name["tag"].choices] == [(tag.wecom_id, "VIP", "等级")]
    assert {op.name: op.kind for op in by_name["added_at"].ops}["within_days"] == "days"
    assert (lin.userid, lin.name) in [(choice.value, choice.label) for choice in by_name["staff"].choices]


def test_a_field_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="lost"):
        segments.register(segments.fields.FIELDS["lost"])


def test_a_stored_tree_survives_json(corp: Corp) -> None:
    tree = {"all": [leaf("name", "contains", "\u2028林"), LOST]}
    assert parse(json.loads(json.dumps(tree)), corp).root == parse(tree, corp).root
