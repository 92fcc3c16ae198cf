"""The unsafe moment is the call: whatever happens around it, WeCom applies each send exactly once."""

from __future__ import annotations

import pytest
from django.db import connection

from campaigns.engine import dispatch
from campaigns.models import Batch, Delivery
from content.models import MediaCopy
from staff.errors import WrongState
from staff.models import Staff, User
from tests.campaigns.conftest import (
    CREATE,
    Play,
    assert_sent_once,
    lose,
    make_campaign,
    only,
    statuses,
    step,
    until_settled,
)
from tests.content.test_materials import picture, upload
from wecom import clock
from wecom.models import Corp

pytestmark = pytest.mark.usefixtures("impatient")


# ---- the answer gets lost -------------------------------------------------------------------------------------------
def test_an_answer_that_comes_too_late_is_looked_up(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(timeout_after_accept={"count": 1, "hold": 1.5, **CREATE})
    turn = play.turn()
    assert turn.unsure == 1
    assert only(campaign).status == "unsure"
    until_settled(play)
    assert_sent_once(play, campaign)


def test_a_connection_that_breaks_after_the_call_was_applied(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "after", **CREATE})
    play.turn()
    assert only(campaign).status == "unsure"
    until_settled(play)
    assert_sent_once(play, campaign)


def test_a_connection_that_breaks_before_the_call_was_applied(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    assert only(campaign).status == "unsure"
    assert play.sends() == []
    until_settled(play)
    assert_sent_once(play, campaign)
    assert Batch.objects.get().attempts == 2


def test_one_look_up_that_finds_nothing_is_not_enough(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    Batch.objects.update(next_lookup_at=timezone_now())
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.lookups) == ("unsure", 1)
    assert batch.next_lookup_at > timezone_now()


def timezone_now() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_a_look_up_that_fails_decides_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    Batch.objects.update(next_lookup_at=timezone_now())
    play.faults(busy={"rate": 1.0, "endpoints": ["externalcontact/get_groupmsg_list_v2"]})
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.lookups) == ("unsure", 0)
    play.calm()
    until_settled(play)
    assert_sent_once(play, campaign)


def test_what_two_sends_could_be_a_person_decides(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "after", **CREATE})
    play.turn()
    batch = play.batch()
    dispatch.client_for(play.corp).mass.create(sender="lin", external_userids=[zhang.external_userid], text="你好")
    Batch.objects.update(next_lookup_at=timezone_now())
    play.turn()
    batch.refresh_from_db()
    ours, stranger = (send["msgid"] for send in play.sends())
    assert batch.undecided_at is not None
    assert batch.candidates == [ours, stranger]
    assert list(Batch.objects.undecided()) == [batch]
    batch.declare_sent(ours)
    assert (only(campaign).status, batch.msgid) == ("handed", ours)
    with pytest.raises(WrongState):
        batch.declare_absent()


def test_a_person_may_find_that_wecom_does_not_have_it(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    play.batch().declare_absent()
    assert only(campaign).status == "ready"
    play.turn()
    assert_sent_once(play, campaign)


def test_a_send_with_the_same_content_to_others_is_not_taken_for_ours(play: Play) -> None:
    play.befriend()
    other = play.befriend("lin", "李四")
    campaign = make_campaign(play.corp)
    lose(other)
    dispatch.client_for(play.corp).mass.create(sender="lin", external_userids=[other.external_userid], text="你好")
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    until_settled(play)
    assert len(play.sends()) == 2
    assert only(campaign).batch.msgid == play.sends()[1]["msgid"]


# ---- refusals -------------------------------------------------------------------------------------------------------
def test_busy_is_tried_again_later_and_fails_nobody(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(busy={"rate": 1.0, **CREATE})
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.error_code, only(campaign).status) == ("ready", -1, "ready")
    assert batch.next_try_at > clock.now()
    play.calm()
    play.turn()
    assert play.sends() == []
    play.on(minutes=1)
    play.turn()
    assert_sent_once(play, campaign)


def test_a_used_up_limit_lets_the_endpoint_rest_and_resumes_by_itself(play: Play) -> None:
    play.befriend("lin")
    play.befriend("wang")
    campaign = make_campaign(play.corp)
    play.faults(rate_limit={"count": 1, **CREATE})
    play.turn()
    assert statuses(campaign) == {"ready": 2}
    assert set(Batch.objects.values_list("attempts", flat=True)) == {0, 1}
    play.on(minutes=2)
    play.turn()
    assert statuses(campaign) == {"handed": 2}
    assert len(play.sends()) == 2


def test_a_token_that_expires_early_costs_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(token_expiry={"count": 1, **CREATE})
    play.turn()
    assert_sent_once(play, campaign)


def test_who_cannot_be_reached_is_told_apart_from_the_rest(play: Play) -> None:
    """The customer has left, and we do not know it yet: fail_list."""
    stays, gone = play.befriend("lin", "甲"), play.befriend("lin", "乙")
    play.sandbox.corp("POST", f"customers/{gone.external_userid}/delete_staff", userid="lin")
    campaign = make_campaign(play.corp)
    play.turn()
    rows = {row.customer: (row.status, row.reason) for row in Delivery.objects.filter(campaign=campaign)}
    assert rows == {stays: ("handed", ""), gone: ("unreachable", "fail_list")}
    assert play.batch().fail_list_size == 1


def test_a_send_that_reaches_nobody_is_over(play: Play) -> None:
    zhang = play.befriend()
    play.sandbox.corp("POST", f"customers/{zhang.external_userid}/delete_staff", userid="lin")
    campaign = make_campaign(play.corp)
    play.turn()
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("unreachable", "nobody_reachable")
    assert (play.batch().status, play.batch().error_code) == ("failed", 41048)


def test_a_sender_who_left_unnoticed_sends_nothing_more(play: Play) -> None:
    play.befriend("lin")
    play.befriend("wang")
    campaign = make_campaign(play.corp, step(), step(after={"hours": 1}))
    play.sandbox.corp("POST", "staff/lin/leave")
    play.turn()
    first = Delivery.objects.get(campaign=campaign, staff__userid="lin")
    assert (first.status, first.reason, first.detail["code"]) == ("skipped", "staff_left", "60111")
    assert not Staff.objects.get(userid="lin").active
    play.on(hours=1)
    play.turn()
    assert statuses(campaign) == {"skipped": 2, "handed": 2}
    calls = play.sandbox.corp("GET", "calls")
    assert calls["externalcontact/add_msg_template"]["calls"] == 3


def test_an_expired_media_id_is_uploaded_again_once(play: Play, operator: User) -> None:
    material = upload(play.corp, operator, picture(), "a.png")
    play.befriend()
    campaign = make_campaign(play.corp, step(content=[{"kind": "image", "material": material.pk}]))
    MediaCopy.objects.create(material=material, media_id="expired", uploaded_at=clock.now())
    play.turn()
    assert only(campaign).status == "ready"
    play.turn()
    assert_sent_once(play, campaign)


def test_a_corp_whose_wecom_is_away_loses_nothing(corp: Corp, play: Play) -> None:
    """Nothing listens at the API's address: the call never left, so it is simply made later."""
    play.befriend()
    campaign = make_campaign(play.corp)
    address = play.corp.api_base_url
    Corp.objects.filter(pk=corp.pk).update(api_base_url="http://127.0.0.1:9")
    play.turn()
    assert (only(campaign).status, play.batch().status) == ("ready", "ready")
    Corp.objects.filter(pk=corp.pk).update(api_base_url=address)
    play.on(minutes=1)
    play.turn()
    assert_sent_once(play, campaign)
