"""The compiled SQL against a brute-force reading of the same tree in Python, over random corps and trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import digests
from customers.models import Customer, Follow, FollowStatus, FollowTag, Stage
from customers.segments import compile_sql
from staff.models import Department, Staff
from tags.models import Tag, TagGroup
from wecom import clock
from wecom.models import Corp

pytestmark = pytest.mark.django_db

TAGS = ["et0", "et1", "et2"]
GONE_TAGS = ["etdeleted", "etneverwas"]
STAFF = ["ann", "bo", "cy"]
PATHS = {1: [1], 2: [1, 2], 3: [1, 2, 3], 4: [1, 4]}
STAGES = ["new", "vip"]
STATES = ["", "shop", "fair"]
NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
LETTERS = st.text(alphabet="aB%_\\林😀' ", max_size=5)


@dataclass
class Seen:
    """A follow as the oracle sees it."""

    staff: str
    live: bool
    hours_ago: int
    tags: set[str]
    remark: str
    add_way: int
    state: str


@dataclass
class Person:
    name: str
    gender: int
    type: int
    stage: str | None
    follows: list[Seen] = field(default_factory=list)

    @property
    def live(self) -> list[Seen]:
        return [follow for follow in self.follows if follow.live]

    @property
    def tags(self) -> set[str]:
        return {tag for follow in self.live for tag in follow.tags}

    @property
    def added_at(self) -> datetime | None:
        return min((NOW - timedelta(hours=follow.hours_ago) for follow in self.live), default=None)


def follows() -> st.SearchStrategy[list[Seen]]:
    one = st.builds(
        Seen,
        staff=st.sampled_from(STAFF),
        live=st.booleans(),
        hours_ago=st.integers(0, 200),
        tags=st.sets(st.sampled_from(TAGS)),
        remark=LETTERS,
        add_way=st.integers(0, 3),
        state=st.sampled_from(STATES),
    )
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda follow: follow.staff)


people = st.lists(
    st.builds(
        Person,
        name=LETTERS,
        gender=st.integers(0, 2),
        type=st.integers(1, 2),
        stage=st.sampled_from([None, *STAGES]),
        follows=follows(),
    ),
    min_size=1,
    max_size=5,
)
staff_departments = st.fixed_dictionaries({name: st.lists(st.sampled_from(list(PATHS)), max_size=2) for name in STAFF})


def some(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def leaf(name: str, ops: list[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"field": st.just(name), "op": st.sampled_from(ops), "value": value})


moments = st.integers(-250, 10).map(lambda hours: (NOW + timedelta(hours=hours)).isoformat())
leaves = st.one_of(
    leaf("tag", ["has_any", "has_all", "has_none"], some(TAGS + GONE_TAGS)),
    leaf("staff", ["in"], some([*STAFF, "nobody"])),
    leaf("department", ["in"], some([*PATHS, 99])),
    leaf("stage", ["in"], some([*STAGES, "gone"])),
    leaf("add_way", ["in"], some([0, 1, 2, 3])),
    leaf("state", ["in"], some(["shop", "fair", "elsewhere"])),
    leaf("added_at", ["before", "after"], moments),
    leaf("added_at", ["within_days", "not_within_days"], st.integers(0, 9)),
    leaf("gender", ["in"], some([0, 1, 2])),
    leaf("type", ["in"], some([1, 2])),
    leaf("name", ["contains"], LETTERS.filter(lambda text: text.strip())),
    leaf("lost", ["is"], st.booleans()),
)
trees = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.fixed_dictionaries({"all": st.lists(part, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(part, max_size=3)}),
        st.fixed_dictionaries({"not": part}),
    ),
    max_leaves=8,
)

Answer = bool | None  # None: only an id that has disappeared could tell


def both(a: Answer, b: Answer) -> Answer:
    return False if a is False or b is False else None if a is None or b is None else True


def either(a: Answer, b: Answer) -> Answer:
    return True if a is True or b is True else None if a is None or b is None else False


def opposite(a: Answer) -> Answer:
    return None if a is None else not a


class Oracle:
    def __init__(self, departments: dict[str, list[int]]) -> None:
        self.departments = departments

    def says(self, tree: dict[str, Any], person: Person) -> Answer:
        if "all" in tree:
            return reduce(both, (self.says(part, person) for part in tree["all"]), True)
        if "any" in tree:
            return reduce(either, (self.says(part, person) for part in tree["any"]), False)
        if "not" in tree:
            return opposite(self.says(tree["not"], person))
        return getattr(self, tree["field"])(person, tree["op"], tree["value"])

    def tag(self, person: Person, op: str, value: list[str]) -> Answer:
        carries = [None if tag in GONE_TAGS else tag in person.tags for tag in value]
        if op == "has_all":
            return reduce(both, carries, True)
        found = reduce(either, carries, False)
        return opposite(found) if op == "has_none" else found

    def staff(self, person: Person, op: str, value: list[str]) -> Answer:
        serve = {follow.staff for follow in person.live}
        return reduce(either, (one in serve if one in STAFF else None for one in value), False)

    def department(self, person: Person, op: str, value: list[int]) -> Answer:
        above = {up for f in person.live for own in self.departments[f.staff] for up in PATHS[own]}
        return reduce(either, (one in above if one in PATHS else None for one in value), False)

    def stage(self, person: Person, op: str, value: list[str]) -> Answer:
        return reduce(either, (one == person.stage if one in STAGES else None for one in value), False)

    def add_way(self, person: Person, op: str, value: list[int]) -> Answer:
        return any(follow.add_way in value for follow in person.live)

    def state(self, person: Person, op: str, value: list[str]) -> Answer:
        return any(follow.state in value for follow in person.live)

    def added_at(self, person: Person, op: str, value: Any) -> Answer:
        if person.added_at is None:
            return False
        if op in ("before", "after"):
            return (person.added_at < datetime.fromisoformat(value)) is (op == "before")
        return (person.added_at >= self.now - timedelta(days=value)) is (op == "within_days")

    now = NOW

    def gender(self, person: Person, op: str, value: list[int]) -> Answer:
        return person.gender in value

    def type(self, person: Person, op: str, value: list[int]) -> Answer:
        return person.type in value

    def name(self, person: Person, op: str, value: str) -> Answer:
        texts = [person.name, *(follow.remark for follow in person.live)]
        return any(value.lower() in text.lower() for text in texts)

    def lost(self, person: Person, op: str, value: bool) -> Answer:
        return (not person.live) is value


def build(corp: Corp, crowd: list[Person], departments: dict[str, list[int]]) -> dict[int, Person]:
    """The rows of the crowd, digests included."""
    for wecom_id, path in PATHS.items():
        Department.objects.create(corp=corp, wecom_id=wecom_id, name=str(wecom_id), path=path)
    group = TagGroup.objects.create(corp=corp, wecom_id="etg", name="g")
    tags = {one: Tag.objects.create(corp=corp, group=group, wecom_id=one, name=one) for one in TAGS}
    Tag.objects.create(corp=corp, group=group, wecom_id="etdeleted", name="x", deleted_at=NOW)
    stages = {key: Stage.objects.create(corp=corp, key=key, name=key) for key in STAGES}
    staff = {one: Staff.objects.create(corp=corp, userid=one, department_ids=departments[one]) for one in STAFF}
    rows = {}
    for n, person in enumerate(crowd):
        customer = Customer.objects.create(
            corp=corp, external_userid=f"wm{n}", name=person.name, gender=person.gender, type=person.type,
            stage=stages.get(person.stage or ""),
        )  # fmt: skip
        rows[customer.pk] = person
        for seen in person.follows:
            since = NOW - timedelta(hours=seen.hours_ago)
            follow = Follow.objects.create(
                corp=corp, customer=customer, staff=staff[seen.staff], since=since, remark=seen.remark,
                add_way=seen.add_way, state=seen.state, ended_at=None if seen.live else NOW,
                status=FollowStatus.LIVE if seen.live else FollowStatus.LOST,
            )  # fmt: skip
            FollowTag.objects.bulk_create(FollowTag(follow=follow, tag=tags[one]) for one in seen.tags)
    digests.refresh(corp=corp)
    return rows


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=people, departments=staff_departments, tree=st.lists(trees, min_size=1, max_size=6))
def test_sql_answers_as_the_oracle(crowd: list[Person], departments: dict[str, list[int]], tree: list[Any]) -> None:
    with transaction.atomic(), clock.at(NOW):
        corp = Corp.objects.create(corpid="wwproperty", name="P", agentid=1)
        rows = build(corp, crowd, departments)
        oracle = Oracle(departments)
        oracle.now = database_now()
        for one in tree:
            expected = {pk for pk, person in rows.items() if oracle.says(one, person) is True}
            found = set(Customer.objects.matching(one, corp).values_list("pk", flat=True))
            assert found == expected, one
            assert bare(one, corp) == expected, one
        transaction.set_rollback(True)


def database_now() -> datetime:
    """The moment from which the statements of this transaction count days."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() + %s", [clock.offset()])
        return cursor.fetchone()[0]


def bare(tree: dict[str, Any], corp: Corp) -> set[int]:
    """The same question through a statement that names aliases and parameters of its own, as the engine's do."""
    sql, params = compile_sql(tree, corp, customer="c", digest="d").named("cond")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM customers_customer c JOIN customers_digest d ON d.customer_id = c.id"
            f" WHERE c.corp_id = %(corp)s AND ({sql})",
            {"corp": corp.pk, **params},
        )
        return {row[0] for row in cursor.fetchall()}
