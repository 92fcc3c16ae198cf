"""Enrolment and advance: who enters, which step is next, and what is skipped for which reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import definitions, engine
from campaigns.engine import advance
from campaigns.engine.budget import Budget
from campaigns.models import Batch, Campaign, Delivery, Enrollment, Task
from customers import digests
from customers.models import Event
from staff.models import Staff
from tests import cast
from tests.campaigns.conftest import NOON, Time, befriend, call, lose, make_campaign, only, statuses, step
from wecom import clock
from wecom.models import Corp


def tag(customer: object, name: str, corp: Corp) -> str:
    found = cast.make_tag(corp, name)
    follow = customer.follows.get()  # type: ignore[attr-defined]
    follow.tags.add(found)
    digests.refresh([customer.pk])  # type: ignore[attr-defined]
    return found.wecom_id


def reasons(campaign: Campaign) -> list[tuple[int, str, str]]:
    rows = Delivery.objects.filter(campaign=campaign).order_by("step__position")
    return list(rows.values_list("step__position", "status", "reason"))


# ---- enrol ----------------------------------------------------------------------------------------------------------
def test_everyone_who_matches_enters_once(corp: Corp, lin: Staff, wang: Staff, time: Time) -> None:
    zhang = befriend(lin)
    cast.make_follow(zhang, wang, since=clock.now())
    campaign = make_campaign(corp, call())
    assert engine.turn(corp.pk).enrolled == 1
    assert engine.turn(corp.pk).enrolled == 0
    enrollment = Enrollment.objects.get(campaign=campaign)
    assert enrollment.staff == lin  # the earliest of the two friendships
    assert Event.objects.get(kind="enrolled").detail["campaign"] == "新友周"


def test_newcomers_are_those_whose_friendship_begins_after_launch(
    corp: Corp, lin: Staff, wang: Staff, time: Time
) -> None:
    old = befriend(lin)
    campaign = make_campaign(corp, call(), enroll="newcomers", clock="added_at")
    engine.turn(corp.pk)
    assert not Enrollment.objects.exists()
    time.on(hours=1)
    new = befriend(lin, since=clock.now().replace(microsecond=0))
    cast.make_follow(
        old, wang, since=clock.now().replace(microsecond=0)
    )  # a second member of staff: new for the corp's SOP
    digests.refresh([old.pk])
    engine.turn(corp.pk)
    staff = dict(Enrollment.objects.filter(campaign=campaign).values_list("customer", "staff"))
    assert staff == {new.pk: lin.pk, old.pk: wang.pk}


def test_a_friendship_in_the_second_of_the_launch_counts(corp: Corp, lin: Staff, time: Time) -> None:
    """WeCom's createtime has no fractions of a second."""
    campaign = make_campaign(corp, call(), enroll="newcomers")
    assert campaign.launched_at is not None
    befriend(lin, since=campaign.launched_at.replace(microsecond=0))
    assert engine.turn(corp.pk).enrolled == 1


def test_who_does_not_match_or_is_gone_stays_out(corp: Corp, lin: Staff, time: Time) -> None:
    matching, lost = befriend(lin), befriend(lin)
    befriend(lin)
    wanted = tag(matching, "新客", corp)
    lost.follows.get().tags.add(matching.follows.get().tags.get())
    lose(lost)
    make_campaign(corp, call(), audience={"field": "tag", "op": "has_any", "value": [wanted]})
    engine.turn(corp.pk)
    assert Enrollment.objects.get().customer == matching


def test_whoever_matches_later_enters_later(corp: Corp, lin: Staff, time: Time) -> None:
    zhang = befriend(lin)
    other = befriend(lin)
    wanted = tag(other, "新客", corp)
    campaign = make_campaign(corp, call(), audience={"field": "tag", "op": "has_any", "value": [wanted]})
    engine.turn(corp.pk)
    now = time.on(hours=5)
    zhang.follows.get().tags.add(other.follows.get().tags.get())
    digests.refresh([zhang.pk])
    engine.turn(corp.pk)
    entered = Enrollment.objects.get(campaign=campaign, customer=zhang).entered_at
    assert timedelta(0) <= entered - now < timedelta(minutes=1)


def test_a_newcomer_entered_when_the_friendship_began(corp: Corp, lin: Staff, time: Time) -> None:
    """So that a step at once, or at ten for somebody added at one minute to ten, is not before the entry."""
    campaign = make_campaign(corp, call(), enroll="newcomers", clock="added_at")
    engine.turn(corp.pk)
    time.on(minutes=30)
    since = clock.now().replace(microsecond=0) - timedelta(seconds=4)
    befriend(lin, since=since)
    engine.turn(corp.pk)
    assert Enrollment.objects.get().entered_at == since
    assert statuses(campaign) == {"handed": 1}


def test_a_broadcast_looks_at_its_audience_once(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, kind="broadcast")
    engine.turn(corp.pk)
    befriend(lin)
    engine.turn(corp.pk)
    assert Enrollment.objects.filter(campaign=campaign).count() == 1


def test_those_inside_stay_on_their_version(corp: Corp, lin: Staff, time: Time) -> None:
    first = befriend(lin)
    campaign = make_campaign(corp, call(title="alt"))
    engine.turn(corp.pk)
    definitions.save(corp, {"name": "n", "enroll": "everyone", "steps": [call(title="neu")]}, campaign=campaign)
    second = befriend(lin, since=clock.now())
    engine.turn(corp.pk)
    assert Task.objects.get(customer=second).title == "alt"
    campaign.publish()
    third = befriend(lin, since=clock.now())
    engine.turn(corp.pk)
    titles = dict(Task.objects.values_list("customer", "title"))
    assert titles == {first.pk: "alt", second.pk: "alt", third.pk: "neu"}


# ---- advance --------------------------------------------------------------------------------------------------------
def test_steps_come_one_after_the_other_and_the_passage_ends(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(), call(after={"days": 1}, at="10:00"), call(after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "handed", "")]
    enrollment = Enrollment.objects.get()
    assert (enrollment.status, enrollment.next_step.position) == ("active", 2)
    assert enrollment.next_run_at == NOON.replace(day=2, hour=10)
    time.at(NOON.replace(day=2, hour=10))
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "handed", ""), (2, "handed", ""), (3, "handed", "")]
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.next_step, enrollment.next_run_at) == ("finished", None, None)
    assert engine.turn(corp.pk).did == 0


def test_mixed_forms_go_by_planned_moment(corp: Corp, lin: Staff, time: Time) -> None:
    """Entered at noon: day 1 at 10:00 is before 24 hours, whatever their order in the plan."""
    befriend(lin)
    make_campaign(corp, call(title="stunde", after={"hours": 24}), call(title="tag", after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    time.at(NOON.replace(day=2, hour=10))
    engine.turn(corp.pk)
    assert list(Task.objects.values_list("title", flat=True)) == ["tag"]
    time.at(NOON.replace(day=2, hour=13))
    engine.turn(corp.pk)
    assert set(Task.objects.values_list("title", flat=True)) == {"tag", "stunde"}
    assert Enrollment.objects.get().status == "finished"


def test_what_was_planned_before_the_entry_is_skipped(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin, since=NOON - timedelta(days=3))
    campaign = make_campaign(
        corp, *(call(after={"days": n}, at="10:00") for n in range(5)), clock="added_at", enroll="everyone"
    )
    engine.turn(corp.pk)
    assert reasons(campaign) == [(n, "skipped", "before_entry") for n in (1, 2, 3, 4)]
    detail = Delivery.objects.filter(campaign=campaign).first().detail
    assert set(detail) == {"planned_at", "entered_at"}
    assert Enrollment.objects.get().next_step.position == 5


def test_what_is_found_too_late_is_skipped(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(after={"hours": 1}), call(after={"hours": 11}), call(after={"hours": 30}))
    engine.turn(corp.pk)
    due = Enrollment.objects.get().next_run_at
    time.at(due + timedelta(hours=21, seconds=30))
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "skipped", "late"), (2, "handed", "")]
    assert Delivery.objects.get(reason="late").detail == {"late_by_minutes": 21 * 60, "allowed_minutes": 720}


def test_the_campaign_says_what_too_late_is(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(), late_after={"minutes": 30})
    make_campaign(corp, call(after={"hours": 1}), late_after={"hours": 48})
    engine.turn(corp.pk)
    assert only(campaign).status == "handed"
    time.at(NOON + timedelta(hours=24))
    engine.turn(corp.pk)
    assert not Delivery.objects.filter(reason="late").exists()


def test_a_condition_is_asked_when_the_step_falls_due(corp: Corp, lin: Staff, time: Time) -> None:
    buyer, other = befriend(lin), befriend(lin)
    bought = tag(befriend(lin), "已购", corp)
    not_bought = {"not": {"field": "tag", "op": "has_any", "value": [bought]}}
    campaign = make_campaign(corp, call(), call(after={"hours": 2}, condition=not_bought))
    engine.turn(corp.pk)
    buyer.follows.get().tags.add(cast.Tag.objects.get(wecom_id=bought))
    digests.refresh([buyer.pk])
    time.on(hours=2)
    engine.turn(corp.pk)
    second = Delivery.objects.filter(campaign=campaign, step__position=2)
    assert second.get(customer=buyer).reason == "condition"
    assert second.get(customer=other).status == "handed"


@pytest.mark.parametrize("how", ["lost", "dropped"])
def test_a_friendship_that_ends_ends_the_passage(corp: Corp, lin: Staff, time: Time, how: str) -> None:
    zhang = befriend(lin)
    campaign = make_campaign(corp, call(), call(after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    time.on(hours=1)
    lose(zhang, how)
    assert engine.turn(corp.pk).left == 1
    enrollment = Enrollment.objects.get()
    assert (enrollment.status, enrollment.end_reason, enrollment.next_run_at) == ("ended", how, None)
    time.at(NOON.replace(day=2, hour=10))
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "handed", "")]


def test_an_end_that_becomes_known_late_is_seen_when_the_step_falls_due(corp: Corp, lin: Staff, time: Time) -> None:
    zhang = befriend(lin)
    campaign = make_campaign(corp, call(after={"days": 8}, at="10:00"))
    engine.turn(corp.pk)
    time.at(NOON.replace(day=9, hour=10))
    lose(zhang)
    zhang.follows.update(ended_at=NOON)
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "skipped", "lost")]
    assert Enrollment.objects.get().end_reason == "lost"


def test_held_messages_of_a_lost_customer_are_dropped(corp: Corp, lin: Staff, time: Time) -> None:
    time.at(NOON.replace(hour=22))
    zhang = befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    lose(zhang)
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "skipped", "lost")]


def test_staff_who_left_get_nothing_more(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(after={"hours": 1}), call(after={"hours": 2}))
    engine.turn(corp.pk)
    Staff.objects.update(active=False)
    time.on(hours=2)
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "skipped", "staff_left"), (2, "skipped", "staff_left")]


def test_a_second_run_of_the_statement_changes_nothing(corp: Corp, lin: Staff, time: Time) -> None:
    """The unique key, not the pointer, keeps a step from being done twice."""
    befriend(lin)
    campaign = make_campaign(corp, call(), call(after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    first = campaign.published.steps.first()
    Enrollment.objects.update(next_step=first, next_run_at=NOON)
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "handed", "")]
    assert Task.objects.count() == 1
    assert Enrollment.objects.get().next_step.position == 2


def test_more_rows_than_one_statement_takes(
    corp: Corp, lin: Staff, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "ROWS", 3)
    for _ in range(8):
        befriend(lin)
    campaign = make_campaign(corp, *(call(after={"days": n}, at="10:00") for n in range(3)), clock="added_at")
    engine.turn(corp.pk)
    assert statuses(campaign) == {"skipped": 24}
    assert set(Enrollment.objects.values_list("status", flat=True)) == {"finished"}


def test_a_turn_without_time_left_leaves_the_rest_to_the_next(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call())
    engine.turn(corp.pk)
    time.on(hours=1)
    Enrollment.objects.update(status="active", next_step=campaign.published.steps.get(), next_run_at=NOON)
    assert advance.run(corp, Budget(seconds=-1)) == {}
    assert Enrollment.objects.get().status == "active"
    engine.turn(corp.pk)
    assert Enrollment.objects.get().status == "finished"


def test_the_number_of_queries_of_a_turn_does_not_depend_on_the_number_of_customers(
    corp: Corp, lin: Staff, time: Time
) -> None:
    def queries_with(customers: int) -> int:
        for _ in range(customers):
            befriend(lin)
        make_campaign(corp, step(), call(after={"hours": 1}))
        with CaptureQueriesContext(connection) as captured:
            engine.turn(corp.pk)
        Batch.objects.all().delete()
        Campaign.objects.all().delete()
        return len(captured)

    assert queries_with(2) == queries_with(40)


def test_a_friendship_that_becomes_known_late_is_late_not_before_the_entry(corp: Corp, lin: Staff, time: Time) -> None:
    """A lost callback, healed by the sync hours later: the plan's own tolerance decides."""
    campaign = make_campaign(
        corp, call(after={"minutes": 30}), call(after={"hours": 6}), enroll="newcomers", clock="added_at"
    )
    engine.turn(corp.pk)
    time.on(hours=1)
    since = clock.now().replace(microsecond=0)
    engine.turn(corp.pk)
    time.on(hours=7, minutes=30)
    engine.turn(corp.pk)
    befriend(lin, since=since)
    engine.turn(corp.pk)
    assert Enrollment.objects.get().entered_at == since
    assert statuses(campaign) == {"handed": 2}


def test_a_tag_that_comes_later_is_a_later_entry(corp: Corp, lin: Staff, time: Time) -> None:
    other = befriend(lin)
    wanted = tag(other, "新客", corp)
    campaign = make_campaign(
        corp,
        call(after={"minutes": 30}),
        audience={"field": "tag", "op": "has_any", "value": [wanted]},
        enroll="newcomers",
        clock="added_at",
    )
    since = time.on(minutes=1).replace(microsecond=0)
    zhang = befriend(lin, since=since)
    engine.turn(corp.pk)
    time.on(hours=2)
    engine.turn(corp.pk)
    zhang.follows.get().tags.add(other.follows.get().tags.get())
    digests.refresh([zhang.pk])
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "skipped", "before_entry")]


def test_a_channels_tag_that_wecom_did_not_take_at_first_is_not_a_later_entry(
    corp: Corp, lin: Staff, time: Time
) -> None:
    other = befriend(lin)
    wanted = tag(other, "新客", corp)
    campaign = make_campaign(
        corp,
        call(after={"minutes": 30}),
        audience={"field": "tag", "op": "has_any", "value": [wanted]},
        enroll="newcomers",
        clock="added_at",
    )
    since = time.on(minutes=1).replace(microsecond=0)
    zhang = befriend(lin, since=since, owes_channel_tags=True)
    engine.turn(corp.pk)
    time.on(hours=2)
    engine.turn(corp.pk)
    zhang.follows.update(owes_channel_tags=False)
    zhang.follows.get().tags.add(other.follows.get().tags.get())
    digests.refresh([zhang.pk])
    engine.turn(corp.pk)
    assert reasons(campaign) == [(1, "handed", "")]
