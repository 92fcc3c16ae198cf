"""Launch, pause, resume, end: refused where the state forbids it, and obeyed by everything that is under way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns import engine
from campaigns.engine import ending
from campaigns.models import Batch, Campaign, Delivery, Enrollment, Task
from staff.errors import WrongState
from staff.models import Staff
from tests.campaigns.conftest import NOON, Play, Time, befriend, call, make_campaign, only, statuses, step
from wecom.models import Corp


def in_state(corp: Corp, state: str) -> Campaign:
    campaign = make_campaign(corp, launch=state != "draft")
    if state in ("paused", "ended"):
        getattr(campaign, {"paused": "pause", "ended": "end"}[state])()
    return campaign


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [
        ("launch", {"draft"}),
        ("pause", {"running"}),
        ("resume", {"paused"}),
        ("end", {"running", "paused"}),
        ("publish", set()),  # nothing is edited
    ],
)
@pytest.mark.parametrize("state", ["draft", "running", "paused", "ended"])
def test_verbs_are_refused_where_the_state_forbids_them(corp: Corp, verb: str, allowed: set[str], state: str) -> None:
    campaign = in_state(corp, state)
    if state in allowed:
        getattr(campaign, verb)()
        after = {"launch": "running", "pause": "paused", "resume": "running", "end": "ended"}[verb]
        assert campaign.status == Campaign.objects.get().status == after
        return
    with pytest.raises(WrongState) as refused:
        getattr(campaign, verb)()
    assert str(refused.value)
    assert Campaign.objects.get().status == state


def test_a_stale_object_is_refused_too(corp: Corp) -> None:
    campaign = make_campaign(corp, launch=False)
    Campaign.objects.get().launch()
    with pytest.raises(WrongState):
        campaign.launch()


def test_a_draft_does_nothing(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    make_campaign(corp, call(), launch=False)
    assert engine.turn(corp.pk).did == 0


def test_nothing_new_leaves_a_paused_campaign(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(), call(after={"hours": 1}))
    engine.turn(corp.pk)
    campaign.pause()
    befriend(lin)
    time.on(hours=2)
    assert engine.turn(corp.pk).did == 0
    campaign.resume()
    engine.turn(corp.pk)
    assert statuses(campaign) == {"handed": 3}
    assert Enrollment.objects.count() == 2


def test_what_was_batched_before_the_pause_leaves_after_it(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    for phase in engine.phases(play.corp, engine.Budget(), patient=False):
        if Batch.objects.exists():
            break
        phase()
    campaign.pause()
    play.turn()
    assert play.sends() == []
    campaign.resume()
    play.turn()
    assert len(play.sends()) == 1


def test_what_staff_have_stays_with_them_through_a_pause(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    campaign.pause()
    play.confirm(only(campaign).batch.msgid)
    play.on(minutes=1)
    play.turn()
    assert only(campaign).status == "sent"
    assert play.received(zhang) == ["你好"]


def test_a_long_pause_does_not_end_in_a_burst_of_stale_messages(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(), *(call(after={"days": n}, at="10:00") for n in (1, 2, 3)))
    engine.turn(corp.pk)
    campaign.pause()
    time.at(NOON.replace(day=4, hour=11))
    campaign.resume()
    engine.turn(corp.pk)
    assert statuses(campaign) == {"expired": 1, "handed": 1, "skipped": 2}  # what staff had goes on
    assert Delivery.objects.filter(reason="late").count() == 2


# ---- end ------------------------------------------------------------------------------------------------------------
def test_ending_cancels_what_has_not_left(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, step(), call(), step(after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    assert statuses(campaign) == {"ready": 1, "handed": 1}
    campaign.end()
    assert statuses(campaign) == {"cancelled": 2}
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"campaign_ended"}
    assert (Enrollment.objects.get().status, Enrollment.objects.get().end_reason) == ("ended", "campaign_ended")
    assert Task.objects.get().status == "cancelled"
    assert Batch.objects.get().status == "cancelled"
    time.at(NOON.replace(day=2, hour=10))
    assert engine.turn(corp.pk).did == 0


def test_ending_withdraws_what_staff_have_not_confirmed(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    campaign.end()
    assert only(campaign).status == "handed"  # WeCom has it until it is told
    play.turn()
    delivery = only(campaign)
    assert (delivery.status, delivery.reason, delivery.batch.status) == ("cancelled", "withdrawn", "closed")
    assert play.sends()[0]["cancelled"]
    assert Task.objects.get().status == "cancelled"
    assert play.received(zhang) == []


def test_what_was_confirmed_just_before_the_end_counts_as_sent(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.confirm(only(campaign).batch.msgid)
    campaign.end()
    play.turn()
    assert only(campaign).status == "sent"
    assert play.received(zhang) == ["你好"]
    assert Task.objects.get().status == "done"


def test_a_withdrawal_that_wecom_does_not_take_is_tried_again(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    campaign.end()
    play.faults(busy={"rate": 1.0, "endpoints": ["externalcontact/cancel_groupmsg_send"]})
    play.turn()
    assert only(campaign).status == "handed"
    play.calm()
    play.on(minutes=3)
    play.turn()
    assert only(campaign).status == "cancelled"


def test_a_call_of_unknown_fate_is_withdrawn_once_it_is_found(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(
        **{"drop-connection": {"count": 1, "when": "after", "endpoints": ["externalcontact/add_msg_template"]}}
    )
    play.turn()
    campaign.end()
    assert only(campaign).status == "unsure"
    Batch.objects.get().declare_sent(play.sends()[0]["msgid"])
    play.turn()
    assert only(campaign).status == "cancelled"
    assert play.sends()[0]["cancelled"]


def test_a_call_of_unknown_fate_is_not_made_again_after_the_end(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(
        **{"drop-connection": {"count": 1, "when": "before", "endpoints": ["externalcontact/add_msg_template"]}}
    )
    play.turn()
    campaign.end()
    Batch.objects.get().declare_absent()
    play.turn()
    assert only(campaign).status == "cancelled"
    assert play.sends() == []


def test_a_campaign_too_large_for_one_request_is_wound_down_by_the_engine(
    corp: Corp, lin: Staff, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        befriend(lin)
    campaign = make_campaign(corp, call(), call(after={"days": 1}, at="10:00"))
    engine.turn(corp.pk)
    monkeypatch.setattr(ending, "ROWS", 2)
    campaign.end()
    assert Enrollment.objects.filter(status="active").count() == 5
    engine.turn(corp.pk)
    assert not Enrollment.objects.filter(status="active").exists()
    assert statuses(campaign) == {"cancelled": 7}


@pytest.mark.parametrize("status", ["ready", "handed"])
def test_one_send_can_be_withdrawn(play: Play, status: str) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    if status == "ready":
        play.faults(busy={"rate": 1.0})
    play.turn()
    assert play.batch().status == status
    play.calm()
    play.batch().withdraw()
    play.on(minutes=1)
    play.turn()
    assert (only(campaign).status, only(campaign).reason) == ("cancelled", "withdrawn")
    with pytest.raises(WrongState):
        play.batch().withdraw()


def verbs() -> list[Callable[[Campaign], None]]:
    return [Campaign.pause, Campaign.end]


@pytest.mark.parametrize("verb", verbs())
def test_the_verb_waits_for_a_claim_under_way(verb: Callable[[Campaign], None], corp: Corp) -> None:
    """Both lock the campaign's row: a claim that has begun is in flight, one that has not sees the new state."""
    campaign = make_campaign(corp)
    verb(campaign)
    claim = Campaign.objects.raw(
        "SELECT id FROM campaigns_campaign WHERE id = %s AND status = 'running' FOR SHARE", [campaign.pk]
    )
    assert list(claim) == []
