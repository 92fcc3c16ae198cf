"""How long callbacks waited, by the hour in which they came."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.wecom.test_inbox import make_event
from wecom import clock, lag
from wecom.lag import Lag
from wecom.models import Corp

NOON = datetime(2026, 3, 1, 12, 40, tzinfo=UTC)


def handled(corp: Corp, came: datetime, after: float, state: str = "done") -> None:
    make_event(corp, state=state, received_at=came, handled_at=came + timedelta(seconds=after))


def test_each_hour_has_its_median_and_its_95th_percentile(corp):
    for seconds in range(1, 101):
        handled(corp, NOON - timedelta(hours=2), seconds)
    handled(corp, NOON, 7, "ignored")
    hours = lag.by_hour(corp, NOON, 4)
    assert [hour for hour, _found in hours] == [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10, 11, 12)]
    many = Lag(100, pytest.approx(50.5), pytest.approx(95.05))
    assert [found for _hour, found in hours] == [Lag(), many, Lag(), Lag(1, 7.0, 7.0)]


def test_what_waits_is_parked_or_of_another_corp_does_not_count(corp):
    make_event(corp, received_at=NOON)
    handled(corp, NOON, 9, "parked")
    handled(Corp.objects.create(corpid="wwother", agentid=1), NOON, 9)
    assert all(found == Lag() for _hour, found in lag.by_hour(corp, NOON))


def test_a_clock_that_was_turned_back_makes_no_negative_lag(corp):
    handled(corp, NOON, -3600)
    assert lag.by_hour(corp, NOON)[-1][1] == Lag(1, 0.0, 0.0)


def test_a_day_is_one_query(corp):
    for hours in range(24):
        handled(corp, NOON - timedelta(hours=hours), 1)
    with clock.at(NOON), CaptureQueriesContext(connection) as seen:
        assert sum(found.handled for _hour, found in lag.by_hour(corp, NOON)) == 24
    assert len(seen) == 1


def test_corps_together_are_one_query_too(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    handled(corp, NOON, 2)
    handled(other, NOON, 4)
    with CaptureQueriesContext(connection) as seen:
        found = lag.by_corp([corp.pk, other.pk], NOON - timedelta(hours=1))
    assert len(seen) == 1
    assert {key: value.p50 for key, value in found.items()} == {corp.pk: 2.0, other.pk: 4.0}
