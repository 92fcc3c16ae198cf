"""When a step falls due: exact moments around daylight saving, and SQL and Python held equal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.schedule import moment_of, order_of, planned_at, planned_sql

ZONES = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/Havana",  # at midnight
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Chatham",
]


@dataclass
class Moment:
    after_days: int | None = None
    at: time | None = None
    after: timedelta | None = None


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Asia/Shanghai", date(2026, 3, 1), time(10), utc(2026, 3, 1, 2)),
        # New York skips 2:00 to 3:00 on 8 March 2026: any moment in it is 3:00 EDT
        ("America/New_York", date(2026, 3, 8), time(2, 0), utc(2026, 3, 8, 7)),
        ("America/New_York", date(2026, 3, 8), time(2, 30), utc(2026, 3, 8, 7)),
        ("America/New_York", date(2026, 3, 8), time(1, 59), utc(2026, 3, 8, 6, 59)),
        ("America/New_York", date(2026, 3, 8), time(3, 0), utc(2026, 3, 8, 7)),
        # and has 1:30 twice on 1 November: the second one, EST
        ("America/New_York", date(2026, 11, 1), time(1, 30), utc(2026, 11, 1, 6, 30)),
        ("America/New_York", date(2026, 11, 1), time(0, 59), utc(2026, 11, 1, 4, 59)),
        # half an hour, and two hours
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), utc(2026, 10, 3, 15, 30)),
        ("Antarctica/Troll", date(2026, 3, 29), time(1, 30), utc(2026, 3, 29, 1)),
        ("Antarctica/Troll", date(2026, 3, 29), time(2, 59), utc(2026, 3, 29, 1)),
    ],
)
def test_a_local_time_is_one_moment(zone: str, day: date, at: time, expected: datetime) -> None:
    assert moment_of(day, at, ZoneInfo(zone)) == expected


def test_days_count_on_the_calendar_of_the_zone() -> None:
    late_evening = utc(2026, 2, 28, 15, 30)  # 23:30 in Shanghai
    step = Moment(after_days=1, at=time(9))
    assert planned_at(step, late_evening, ZoneInfo("Asia/Shanghai")) == utc(2026, 3, 1, 1)
    after_midnight = utc(2026, 2, 28, 16, 30)  # 0:30 on 1 March in Shanghai
    assert planned_at(step, after_midnight, ZoneInfo("Asia/Shanghai")) == utc(2026, 3, 2, 1)


def test_a_leap_day_is_a_day() -> None:
    step = Moment(after_days=1, at=time(10))
    assert planned_at(step, utc(2028, 2, 28, 4), ZoneInfo("Asia/Shanghai")) == utc(2028, 2, 29, 2)


def test_steps_of_mixed_forms_go_by_planned_moment() -> None:
    steps = [Moment(after_days=0, at=time(18)), Moment(after=timedelta(hours=2)), Moment(after_days=1, at=time(9))]
    morning, evening = utc(2026, 3, 1, 1), utc(2026, 3, 1, 9)
    zone = ZoneInfo("Asia/Shanghai")
    assert order_of(list(steps), morning, zone) == [1, 0, 2]
    assert order_of(list(steps), evening, zone) == [0, 1, 2]


def from_database(step: Moment, clock_at: datetime, zone: str) -> datetime:
    expression = planned_sql("s", "e.clock_at")
    sql = (
        f"SELECT {expression} FROM (SELECT %(days)s::smallint AS after_days, %(at)s::time AS at,"
        " %(after)s::interval AS after) s, (SELECT %(clock_at)s::timestamptz AS clock_at) e"
    )
    params = {"days": step.after_days, "at": step.at, "after": step.after, "clock_at": clock_at, "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


by_day = st.builds(
    Moment,
    after_days=st.integers(0, 400),
    at=st.builds(time, st.sampled_from([0, 1, 2, 3, 10, 23]), st.sampled_from([0, 15, 30, 59])),
)
by_span = st.builds(Moment, after=st.timedeltas(timedelta(0), timedelta(days=400)))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.django_db
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=by_day | by_span, clock_at=moments, zone=st.sampled_from(ZONES))
def test_sql_and_python_agree(step: Moment, clock_at: datetime, zone: str) -> None:
    assert from_database(step, clock_at, zone) == planned_at(step, clock_at, ZoneInfo(zone))


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(3, 0)])
def test_sql_and_python_agree_on_every_day_of_a_year(zone: str, at: time) -> None:
    clock_at = utc(2026, 1, 1, 12)
    expression = planned_sql("s", "e.clock_at")
    sql = (
        f"SELECT s.after_days, {expression} FROM (SELECT n::smallint AS after_days, %(at)s::time AS at,"
        " NULL::interval AS after FROM generate_series(0, 366) n) s, (SELECT %(clock_at)s::timestamptz AS clock_at) e"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "clock_at": clock_at, "zone": zone})
        rows = cursor.fetchall()
    expected = [(n, planned_at(Moment(n, at), clock_at, ZoneInfo(zone))) for n in range(367)]
    assert rows == expected
