"""The digest equals what follows and tags say, whatever happened to them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import digests
from customers import sync as customers_sync
from customers.models import Customer, Digest, Follow, FollowStatus, FollowTag
from tags.models import Tag
from tests import cast
from wecom.models import Corp
from wecom.payloads import CustomerRow, ExternalContact, FollowInfo

START = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = [f"et{number}" for number in range(4)]
STAFF = ["lin", "wang", "zhao"]

told = st.tuples(
    st.sampled_from(["wm1", "wm2"]),
    st.sampled_from(STAFF),
    st.integers(1, 5),
    st.lists(st.sampled_from(TAGS), unique=True),
)
ended = st.tuples(st.sampled_from(["wm1", "wm2"]), st.sampled_from(STAFF), st.sampled_from(["lost", "dropped"]))


@pytest.fixture
def shop(corp: Corp) -> Corp:
    for userid in STAFF:
        cast.make_staff(corp, userid)
    for wecom_id in TAGS:
        tag = cast.make_tag(corp, wecom_id)
        Tag.objects.filter(pk=tag.pk).update(wecom_id=wecom_id)
    return corp


def page(rows: list[tuple]) -> list[CustomerRow]:
    return [
        CustomerRow(
            ExternalContact(external_userid, name="客户", type=1),
            FollowInfo(userid, createtime=int((START + timedelta(days=day)).timestamp()), tag_id=tuple(tags)),
        )
        for external_userid, userid, day, tags in rows
    ]


def expected(customer: Customer) -> dict[str, object]:
    """The definition, spelled out row by row."""
    follows = list(customer.follows.order_by("staff_id"))
    live = [follow for follow in follows if follow.status == FollowStatus.LIVE]
    return {
        "tag_ids": sorted({row.tag_id for row in FollowTag.objects.filter(follow__in=live)}),
        "staff_ids": [follow.staff_id for follow in live],
        "added_at": min((follow.since for follow in live), default=None),
        "first_at": min(follow.since for follow in follows),
        "lost": not live,
    }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(pages=st.lists(st.tuples(st.lists(told, max_size=6), st.lists(ended, max_size=2)), max_size=3))
def test_digest_equals_brute_force(shop: Corp, pages: list) -> None:
    Follow.objects.all().delete()
    Digest.objects.all().delete()
    for rows, ends in pages:
        customers_sync.merge_page(shop, page(rows))
        for external_userid, userid, status in ends:
            follows = Follow.objects.filter(customer__external_userid=external_userid, staff__userid=userid)
            follows.update(status=status, ended_at=START)
        digests.refresh(corp=shop)
        for customer in Customer.objects.filter(follows__isnull=False).distinct():
            digest = Digest.objects.values(*expected(customer)).get(customer=customer)
            assert digest == expected(customer)
        assert digests.differences(shop) == 0


def test_refreshing_what_is_fresh_writes_nothing(shop: Corp) -> None:
    customers_sync.merge_page(shop, page([("wm1", "lin", 1, TAGS)]))
    assert digests.refresh(corp=shop) == 0
    assert digests.refresh([Customer.objects.get().pk]) == 0
    assert digests.refresh([]) == 0
    assert digests.refresh() == 0


def test_a_wrong_digest_is_counted(shop: Corp) -> None:
    customers_sync.merge_page(shop, page([("wm1", "lin", 1, TAGS), ("wm2", "wang", 1, [])]))
    Digest.objects.filter(customer__external_userid="wm1").update(tag_ids=[])
    Digest.objects.filter(customer__external_userid="wm2").delete()
    assert digests.differences(shop) == 2
    assert digests.refresh(corp=shop) == 2


def test_one_statement_whatever_the_number(shop: Corp, django_assert_num_queries) -> None:
    customers_sync.merge_page(shop, page([(f"wm{n}", "lin", 1, TAGS) for n in range(50)]))
    with django_assert_num_queries(1):
        digests.refresh(corp=shop)
    assert Digest.objects.count() == 50
