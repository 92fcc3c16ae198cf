"""Collecting answers: every status that WeCom reports, the rhythm, and the deadline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.engine import rhythm
from campaigns.models import Batch, Delivery, QuotaBlock, Task
from campaigns.quota import next_window, window_at
from customers.models import Event
from tests.campaigns.conftest import NOON, Play, make_campaign, only, statuses, step
from wecom import clock

DAY = timedelta(days=1)


def test_each_customer_gets_the_status_that_wecom_reports(play: Play) -> None:
    sent, gone, full = (play.befriend("lin", name) for name in ("甲", "乙", "丙"))
    campaign = make_campaign(play.corp)
    play.turn()
    play.sandbox.corp("POST", f"customers/{gone.external_userid}/delete_staff", userid="lin")
    fill_quota(play, full.external_userid)
    play.confirm(play.batch().msgid)
    play.on(minutes=2)
    play.turn()
    rows = Delivery.objects.filter(campaign=campaign)
    assert {row.customer: (row.status, row.reason) for row in rows} == {
        sent: ("sent", ""),
        gone: ("unreachable", "not_a_friend"),
        full: ("capped", "capped"),
    }
    assert QuotaBlock.objects.get().customer == full
    assert QuotaBlock.objects.get().until == window_at(play.corp, clock.now()).end
    assert play.batch().status == "closed"
    assert play.batch().confirmed_at is not None


def fill_quota(play: Play, external_userid: str) -> None:
    """Somebody else, the staff member himself for instance, has used up the month."""
    client = play_client(play)
    for _ in range(31):
        msgid = client.mass.create(sender="lin", external_userids=[external_userid], text="自己发的").msgid
        play.confirm(msgid)


def play_client(play: Play):  # type: ignore[no-untyped-def]
    from wecom.client import client_for  # noqa: PLC0415

    return client_for(play.corp)


def test_a_loss_that_no_callback_told_of_is_known_from_the_result(play: Play) -> None:
    gone = play.befriend()
    campaign = make_campaign(play.corp, step(), step(after={"hours": 24}))
    play.turn()
    play.sandbox.corp("POST", f"customers/{gone.external_userid}/delete_staff", userid="lin")
    play.on(minutes=1)
    play.confirm(play.batch().msgid)
    play.on(minutes=2)
    play.turn()
    follow = gone.follows.get()
    assert (follow.status, follow.ended_by) == ("lost", "customer")
    assert gone.digest.lost
    assert Event.objects.filter(customer=gone, kind="lost").count() == 1
    play.on(days=1)
    play.turn()
    assert statuses(campaign) == {"unreachable": 1}
    assert len(play.sends()) == 1


def test_when_it_was_sent_is_what_wecom_says(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.on(minutes=20)
    confirmed = clock.now()
    play.confirm(only(campaign).batch.msgid)
    play.on(hours=3)
    play.turn()
    delivery = only(campaign)
    assert abs(delivery.finished_at - confirmed) < timedelta(seconds=5)
    assert Event.objects.get(kind="message_sent").at == delivery.finished_at


def test_a_send_that_nobody_confirms_expires_and_is_withdrawn_first(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp, step(expires_after={"hours": 24}))
    play.turn()
    assert only(campaign).expires_at - only(campaign).handed_at == DAY
    play.on(hours=23, minutes=59)
    play.turn()
    assert only(campaign).status == "handed"
    play.on(minutes=2)
    play.turn()
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("expired", "not_confirmed")
    assert play.sends()[0]["cancelled"]
    assert Task.objects.get().status == "expired"
    with pytest.raises(Exception, match="cancelled"):
        play.confirm(delivery.batch.msgid)
    assert play.received(zhang) == []


def test_what_was_confirmed_at_the_last_moment_counts(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp, step(expires_after={"hours": 24}))
    play.turn()
    play.on(hours=23, minutes=59)
    play.confirm(only(campaign).batch.msgid)
    play.on(hours=2)
    play.turn()
    assert only(campaign).status == "sent"


def test_a_deadline_that_wecom_cannot_be_told_of_is_not_declared_over(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp, step(expires_after={"hours": 24}))
    play.turn()
    play.faults(busy={"rate": 1.0, "endpoints": ["externalcontact/cancel_groupmsg_send"]})
    play.on(hours=25)
    play.turn()
    assert only(campaign).status == "handed"
    play.calm()
    play.on(minutes=3)
    play.turn()
    assert only(campaign).status == "expired"


def test_a_failed_look_is_repeated_soon(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.confirm(only(campaign).batch.msgid)
    play.faults(busy={"rate": 1.0})
    play.on(minutes=1)
    play.turn()
    assert only(campaign).status == "handed"
    play.calm()
    play.on(minutes=3)
    play.turn()
    assert only(campaign).status == "sent"


def test_looks_become_rarer(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp, step(expires_after={"days": 9}))
    play.turn()
    handed = play.batch().handed_at
    looks = []
    while len(looks) < 400 and play.batch().status == "handed":
        play.go_to(play.batch().next_collect_at + timedelta(seconds=1))
        looks.append(clock.now() - handed)
        play.turn()
    within = {"hour": timedelta(hours=1), "day": DAY, "week": 7 * DAY, "all": 10 * DAY}
    counts = {name: sum(look <= span for look in looks) for name, span in within.items()}
    assert 30 <= counts["hour"] <= 40
    assert 40 <= counts["day"] - counts["hour"] <= 50
    assert 20 <= counts["week"] - counts["day"] <= 30
    assert counts["all"] - counts["week"] <= 5
    assert Batch.objects.get().status == "closed"


@pytest.mark.parametrize(("minutes", "seconds"), [(0, 30), (30, 120), (120, 1800), (3000, 6 * 3600), (20000, 86400)])
def test_rhythm(minutes: int, seconds: int) -> None:
    assert rhythm.collect_after(timedelta(minutes=minutes)) == timedelta(seconds=seconds)


def test_a_page_may_ask_for_a_look_now(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.on(hours=12)
    play.turn()
    play.confirm(only(campaign).batch.msgid)
    play.turn()
    assert only(campaign).status == "handed"
    play.batch().look_now()
    play.turn()
    assert only(campaign).status == "sent"


def test_the_send_is_still_being_handed_out(play: Play) -> None:
    """41063 in the first moments: not an error of ours, and no answer either."""
    play.sandbox.call("POST", "corps", corpid=play.corp.corpid, dispatch_seconds=60)
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.on(seconds=40)
    play.turn()
    assert statuses(campaign) == {"handed": 1}
    play.confirm(only(campaign).batch.msgid)
    play.on(minutes=4)
    play.turn()
    assert only(campaign).status == "sent"


def test_the_day_of_a_send_stands_for_its_quota(play: Play) -> None:
    assert window_at(play.corp, NOON).label == "2027-03"


def test_what_staff_confirmed_yesterday_holds_no_place_in_todays_quota(play: Play) -> None:
    """Looks are hours apart by then; still one falls on the moment when the day's quota opens."""
    play.corp.quota_policy = "day"
    play.corp.save(update_fields=["quota_policy"])
    play.befriend()
    make_campaign(play.corp, step(expires_after={"days": 9}))
    play.turn()
    play.go_to(play.batch().handed_at + 2 * DAY)
    play.turn()
    opens = next_window(play.corp, clock.now())
    while play.batch().next_collect_at < opens:
        play.go_to(play.batch().next_collect_at + timedelta(seconds=1))
        play.turn()
    assert play.batch().next_collect_at == opens


def test_no_step_is_skipped_for_a_place_that_wecom_was_not_asked_about(play: Play) -> None:
    """Staff confirmed yesterday, today's look failed: as far as we know, the place may be free."""
    play.corp.quota_policy = "day"
    play.corp.save(update_fields=["quota_policy"])
    play.befriend()
    first = make_campaign(play.corp, step(expires_after={"days": 9}))
    second = make_campaign(play.corp, step(after={"hours": 24}, expires_after={"hours": 2}))
    play.turn()
    play.confirm(only(first).batch.msgid)
    play.faults(drop_connection={"rate": 1, "endpoints": ["externalcontact/get_groupmsg_task"]})
    play.on(hours=24, minutes=1)
    play.turn()
    assert (only(first).status, only(second).status, only(second).reason) == ("handed", "held", "quota")
    play.calm()
    play.on(minutes=3)
    play.turn()
    assert (only(first).status, only(second).status) == ("sent", "handed")


def test_a_broadcast_ends_with_its_last_delivery(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp, kind="broadcast")
    play.turn(2)
    campaign.refresh_from_db()
    assert campaign.status == "running"
    play.confirm(play.batch().msgid)
    play.on(minutes=2)
    play.turn(2)
    campaign.refresh_from_db()
    assert (campaign.status, only(campaign).status) == ("ended", "sent")
    assert campaign.ended_at is not None
