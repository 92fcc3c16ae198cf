"""The quota ledger: windows of three policies, and never a message over the cap, eight workers at once included."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from campaigns import engine
from campaigns.engine import advance, enrol, release
from campaigns.engine.budget import Budget
from campaigns.models import Campaign, Delivery, QuotaBlock
from campaigns.quota import next_window, window_at
from customers.models import Customer
from staff.models import Staff
from tests import cast
from tests.campaigns.conftest import NOON, ZONE, Time, befriend, call, make_campaign, only, statuses, step
from wecom import clock
from wecom.models import Corp

POLICIES = ["month", "week", "day"]


def policy(name: str, zone: str = "Asia/Shanghai") -> Corp:
    return Corp(quota_policy=name, timezone=zone, quiet_from=time(21), quiet_until=time(9))


def plan(corp: Corp, lin: Staff, uses: str) -> Customer:
    corp.quota_policy = uses
    corp.save()
    return befriend(lin)


# ---- windows --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "moment", "start", "end", "cap", "label"),
    [
        ("month", datetime(2028, 2, 29, 23, 59), date(2028, 2, 1), date(2028, 3, 1), 29, "2028-02"),
        ("month", datetime(2026, 12, 31, 0, 0), date(2026, 12, 1), date(2027, 1, 1), 31, "2026-12"),
        ("week", datetime(2026, 11, 22, 23, 59), date(2026, 11, 16), date(2026, 11, 23), 7, "2026-W47"),  # a Sunday
        ("week", datetime(2026, 11, 23, 0, 0), date(2026, 11, 23), date(2026, 11, 30), 7, "2026-W48"),
        ("week", datetime(2027, 1, 1, 12, 0), date(2026, 12, 28), date(2027, 1, 4), 7, "2026-W53"),
        ("day", datetime(2026, 3, 1, 0, 0), date(2026, 3, 1), date(2026, 3, 2), 1, "2026-03-01"),
    ],
)
def test_windows(name: str, moment: datetime, start: date, end: date, cap: int, label: str) -> None:
    window = window_at(policy(name), moment.replace(tzinfo=ZONE))
    assert window.start == datetime.combine(start, time(0), ZONE)
    assert window.end == datetime.combine(end, time(0), ZONE)
    assert (window.cap, window.label) == (cap, label)


def test_the_next_window_begins_after_the_quiet_hours_it_starts_in() -> None:
    assert next_window(policy("day"), NOON) == NOON.replace(day=2, hour=9)


zones = st.sampled_from(["Asia/Shanghai", "America/New_York", "America/Havana", "Africa/Cairo"])
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(name=st.sampled_from(POLICIES), zone=zones, moment=moments)
def test_windows_tile_time(name: str, zone: str, moment: datetime) -> None:
    corp = policy(name, zone)
    window = window_at(corp, moment)
    assert window.start <= moment < window.end
    assert window_at(corp, window.end).start == window.end
    assert window_at(corp, window.start - timedelta(seconds=1)).end == window.start
    days = (window.end.astimezone(ZoneInfo(zone)).date() - window.start.astimezone(ZoneInfo(zone)).date()).days
    assert days == {"month": window.cap, "week": 7, "day": 1}[name]


# ---- the ledger -----------------------------------------------------------------------------------------------------
def send(campaign: Campaign, when: datetime | None = None) -> None:
    Delivery.objects.filter(campaign=campaign).update(status="sent", finished_at=when or clock.now())


def test_a_message_over_the_cap_waits_for_the_next_window(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    first, second = make_campaign(corp), make_campaign(corp)
    engine.turn(corp.pk)
    assert only(first).status == "ready"
    held = only(second)
    assert (held.status, held.reason) == ("held", "quota")
    assert held.held_until == NOON.replace(day=2, hour=9)
    assert held.detail == {"used": 1, "cap": 1, "window": "2027-03-01"}
    send(first)
    time.at(NOON.replace(day=2, hour=9))
    engine.turn(corp.pk)
    held.refresh_from_db()
    assert held.status == "ready"
    assert held.detail == {"held_for": "quota"}


def test_without_a_window_before_its_deadline_it_is_skipped(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    first = make_campaign(corp)
    second = make_campaign(corp, step(expires_after={"hours": 20}))
    engine.turn(corp.pk)
    assert only(first).status == "ready"
    skipped = only(second)
    assert (skipped.status, skipped.reason) == ("skipped", "quota")
    assert skipped.finished_at is not None


def test_tasks_for_people_need_no_quota(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    campaigns = [make_campaign(corp), make_campaign(corp, call()), make_campaign(corp, call())]
    engine.turn(corp.pk)
    assert [only(campaign).status for campaign in campaigns] == ["ready", "handed", "handed"]


def test_the_more_important_campaign_goes_first(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    low, high = make_campaign(corp), make_campaign(corp, priority=5)
    engine.turn(corp.pk)
    assert (only(low).status, only(high).status) == ("held", "ready")


def test_of_what_was_held_the_more_important_goes_first(corp: Corp, lin: Staff, time: Time) -> None:
    time.at(NOON.replace(hour=22))
    plan(corp, lin, "day")
    low, high, middle = make_campaign(corp), make_campaign(corp, priority=9), make_campaign(corp, priority=5)
    engine.turn(corp.pk)
    time.at(NOON.replace(day=2, hour=9))
    engine.turn(corp.pk)
    assert only(high).status == "ready"
    assert {only(low).reason, only(middle).reason} == {"quota"}


def test_priority_holds_across_statements(corp: Corp, lin: Staff, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    time.at(NOON.replace(hour=22))
    plan(corp, lin, "day")
    low, high = make_campaign(corp), make_campaign(corp, priority=9)
    engine.turn(corp.pk)
    monkeypatch.setattr(release, "ROWS", 1)
    time.at(NOON.replace(day=2, hour=9))
    engine.turn(corp.pk)
    assert (only(low).reason, only(high).status) == ("quota", "ready")


def test_what_was_sent_in_an_earlier_window_does_not_count(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "week")
    earlier = make_campaign(corp)
    engine.turn(corp.pk)
    send(earlier, NOON - timedelta(hours=13))  # the Sunday before
    campaigns = [make_campaign(corp) for _ in range(8)]
    engine.turn(corp.pk)
    assert Counter(only(campaign).status for campaign in campaigns) == {"ready": 7, "skipped": 1}


def test_what_ended_otherwise_gives_its_place_back(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    first = make_campaign(corp)
    engine.turn(corp.pk)
    Delivery.objects.filter(campaign=first).update(status="expired", finished_at=clock.now())
    second = make_campaign(corp)
    engine.turn(corp.pk)
    assert only(second).status == "ready"


def test_wecom_knows_better(corp: Corp, lin: Staff, time: Time) -> None:
    """Status 3: somebody else has used the quota up."""
    zhang = plan(corp, lin, "month")
    QuotaBlock.objects.create(corp=corp, customer=zhang, until=NOON.replace(month=4, day=1, hour=0))
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("skipped", "quota")
    assert delivery.detail == {"used": 0, "cap": 31, "window": "2027-03", "told_by_wecom": True}


def test_two_steps_of_one_moment_do_not_share_a_place(corp: Corp, lin: Staff, time: Time) -> None:
    plan(corp, lin, "day")
    campaign = make_campaign(corp, step(), step(), step())
    engine.turn(corp.pk)
    assert statuses(campaign) == {"ready": 1, "held": 2}


# ---- many workers ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("held", [False, True])
def test_eight_workers_never_overshoot(transactional_db: None, held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen steps want the same customers at the same moment, fresh ones and such as were held."""
    monkeypatch.setattr(release, "ROWS", 3)  # so that each worker gets some of everybody's
    monkeypatch.setattr(advance, "ROWS", 3)
    corp = cast.make_corp(quota_policy="week")
    lin = cast.make_staff(corp, "lin")
    customers = [befriend(lin) for _ in range(12)]
    now = NOON.replace(hour=22) if held else NOON
    with clock.at(now):
        for _ in range(6):
            make_campaign(corp, step(), step())
        enrol.run(corp, Budget())
        if held:
            advance.run(corp, Budget())
    phase, later = (release, NOON.replace(day=2, hour=9)) if held else (advance, NOON.replace(hour=13))
    problems = at_once(8, lambda: phase.run(corp, Budget()), later)
    assert problems == []
    ready = Counter(Delivery.objects.filter(status="ready").values_list("customer", flat=True))
    assert ready == {customer.pk: 7 for customer in customers}
    assert Delivery.objects.filter(reason="quota").count() == 12 * (12 - 7)


def at_once(workers: int, work: object, now: datetime) -> list[BaseException]:
    """Let threads with connections of their own begin together; returns what went wrong."""
    start, problems = threading.Barrier(workers), []

    def run() -> None:
        try:
            with clock.at(now):
                start.wait(10)
                work()  # type: ignore[operator]
        except BaseException as problem:  # shown by the assertion
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return problems
