"""Quiet hours: what falls inside moves to their end, in the order in which it was planned."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import engine
from campaigns.models import Batch, Delivery
from campaigns.quiet import awake, last_quiet, quiet_until
from staff.models import Staff
from tests.campaigns.conftest import NOON, ZONE, Play, Time, befriend, call, make_campaign, only, statuses, step
from wecom.models import Corp


def hours(start: time, end: time, zone: str = "Asia/Shanghai") -> Corp:
    return Corp(quiet_from=start, quiet_until=end, timezone=zone)


def local(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (local(20, 59), None),
        (local(21, 0), local(9, day=3)),
        (local(23, 59), local(9, day=3)),
        (local(0, 0), local(9)),
        (local(8, 59), local(9)),
        (local(9, 0), None),
        (local(12, 0), None),
    ],
)
def test_hours_across_midnight(moment: datetime, until: datetime | None) -> None:
    assert quiet_until(hours(time(21), time(9)), moment) == until


def test_hours_within_a_day() -> None:
    corp = hours(time(12), time(14))
    assert quiet_until(corp, local(12)) == local(14)
    assert quiet_until(corp, local(11, 59)) is None
    assert quiet_until(corp, local(14)) is None


def test_equal_times_mean_no_quiet_hours() -> None:
    assert quiet_until(hours(time(9), time(9)), local(9)) is None
    assert quiet_until(hours(time(9), time(9)), local(3)) is None


def test_hours_that_end_in_a_daylight_saving_gap_end_with_the_gap() -> None:
    corp = hours(time(21), time(2, 30), "America/New_York")
    zone = ZoneInfo("America/New_York")
    assert quiet_until(corp, datetime(2026, 3, 8, 1, 0, tzinfo=zone)) == datetime(2026, 3, 8, 3, 0, tzinfo=zone)


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
zones = st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(start=times, end=times, zone=zones, moment=moments)
def test_whoever_is_held_wakes_up_outside_and_within_a_day(
    start: time, end: time, zone: str, moment: datetime
) -> None:
    corp = hours(start, end, zone)
    woken = awake(corp, moment)
    assert quiet_until(corp, woken) is None
    assert moment <= woken <= moment + timedelta(hours=26)
    assert quiet_until(corp, moment) is not None or woken == moment


@given(start=times, end=times, zone=zones, first=moments, second=moments)
def test_order_is_kept(start: time, end: time, zone: str, first: datetime, second: datetime) -> None:
    corp = hours(start, end, zone)
    earlier, later = sorted([first, second])
    assert awake(corp, earlier) <= awake(corp, later)


@given(start=times, end=times, zone=zones, moment=moments)
def test_the_last_quiet_hours_are_over_and_were_quiet(start: time, end: time, zone: str, moment: datetime) -> None:
    corp = hours(start, end, zone)
    began, ended = last_quiet(corp, moment)
    assert began <= ended <= moment
    assert moment - ended <= timedelta(hours=26)
    if began < ended:
        assert quiet_until(corp, began) == ended
        assert quiet_until(corp, ended) is None


def test_a_step_that_falls_due_at_night_waits_for_the_morning(corp: Corp, lin: Staff, time: Time) -> None:
    night = time.at(NOON.replace(hour=23))
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("held", "quiet_hours")
    assert delivery.held_until == (night + timedelta(days=1)).replace(hour=9)
    assert delivery.detail["from"] == "21:00"
    assert not Batch.objects.exists()


def test_tasks_for_people_wait_for_the_morning_too(corp: Corp, lin: Staff, time: Time) -> None:
    time.at(NOON.replace(hour=23))
    befriend(lin)
    campaign = make_campaign(corp, call())
    engine.turn(corp.pk)
    assert only(campaign).status == "held"
    time.at(NOON.replace(hour=9) + timedelta(days=1))
    engine.turn(corp.pk)
    delivery = only(campaign)
    assert delivery.status == "handed"
    assert delivery.task.expires_at - delivery.handed_at == timedelta(hours=48)


def test_what_was_held_goes_out_in_the_order_in_which_it_was_planned(play: Play) -> None:
    play.go_to(NOON.replace(hour=22))
    customers = [play.befriend("lin", name) for name in ("甲", "乙", "丙")]
    texts = ["三", "一", "二"]
    spans = [3, 1, 2]
    campaigns = [
        make_campaign(play.corp, step(after={"hours": n}, content=[{"kind": "text", "text": text}]))
        for n, text in zip(spans, texts, strict=True)
    ]
    play.turn()
    play.go_to(NOON.replace(day=2, hour=3))
    play.turn()
    assert all(statuses(campaign) == {"held": 3} for campaign in campaigns)
    assert play.sends() == []
    play.go_to(NOON.replace(day=2, hour=9))
    play.turn()
    sends = [send["text"] for send in play.sends() if len(send["external_userids"]) == len(customers)]
    assert sends == ["一", "二", "三"]


def test_dispatch_does_not_call_at_night(corp: Corp, lin: Staff, time: Time) -> None:
    """A batch that was made in time but could not leave in time waits."""
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)  # nobody answers at this corp's API base
    batch = Batch.objects.get()
    assert batch.status == "ready"
    assert batch.attempts == 1
    time.at(NOON.replace(hour=22))
    engine.turn(corp.pk)
    batch.refresh_from_db()
    assert batch.attempts == 1
    assert only(campaign).status == "ready"


def test_a_night_that_comes_before_the_call_does_not_make_it_late(play: Play) -> None:
    play.go_to(NOON.replace(hour=20, minute=55))
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(busy={"rate": 1.0, "endpoints": ["externalcontact/add_msg_template"]})
    play.turn()
    assert only(campaign).status == "ready"
    play.calm()
    play.go_to(NOON.replace(hour=23))
    play.turn()
    assert play.sends() == []
    play.go_to(NOON.replace(day=2, hour=9, minute=5))
    play.turn()
    assert only(campaign).status == "handed"


def test_a_day_of_waiting_is_late_whatever_the_night(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)  # nobody answers at this corp's API base
    time.at(NOON.replace(day=2, hour=11))
    engine.turn(corp.pk)
    assert only(campaign).status == "ready"
    time.at(NOON.replace(day=3, hour=13))
    engine.turn(corp.pk)
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("skipped", "late")
    assert (49 - 12) * 60 - 1 <= delivery.detail["late_by_minutes"] <= (49 - 12) * 60  # the last night does not count


def test_a_morning_in_a_zone_with_daylight_saving(corp: Corp, lin: Staff, time: Time) -> None:
    corp.timezone = "Europe/Berlin"
    corp.save()
    zone = ZoneInfo("Europe/Berlin")
    time.at(datetime.combine(date(2026, 3, 28), datetime.min.time().replace(hour=23), zone))
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    assert Delivery.objects.get(campaign=campaign).held_until == datetime(2026, 3, 29, 9, tzinfo=zone)
