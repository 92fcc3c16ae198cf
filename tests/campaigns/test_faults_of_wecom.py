"""WeCom answers garbage, is closed for an hour, or knows our secret no more: nothing is lost or sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.models import Batch
from scrm.troubles import troubles
from tests.campaigns.conftest import (
    CREATE,
    Play,
    assert_sent_once,
    make_campaign,
    only,
    statuses,
    until_settled,
)
from wecom import clock
from wecom.client import client_for
from wecom.models import AccessToken, EndpointWindow, Suspension

pytestmark = pytest.mark.usefixtures("impatient")
CREATE_PATH = "externalcontact/add_msg_template"


def warnings(play: Play) -> list[str]:
    play.corp.refresh_from_db()
    return [trouble.text for trouble in troubles(play.corp)]


@pytest.mark.parametrize("times", [1, 4])
def test_an_answer_of_garbage_is_neither_success_nor_repeated_blindly(times: int, play: Play) -> None:
    """HTTP 200 with HTML, half a JSON, no errcode, nothing: the call was applied, and is found."""
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(garbled_answer={"count": times, **CREATE})
    play.turn()
    assert (only(campaign).status, play.batch().attempts) == ("unsure", 1)
    until_settled(play)
    assert_sent_once(play, campaign)
    assert play.sandbox.corp("GET", "calls")[CREATE_PATH]["calls"] == 1


def test_an_hour_without_service_is_waited_for_and_shown_while_the_rest_goes_on(play: Play) -> None:
    play.befriend("lin")
    campaign = make_campaign(play.corp)
    play.sandbox.call("POST", "corps", corpid=play.corp.corpid, limits={CREATE_PATH: {"corp_hour": 0}})
    play.turn()
    assert (only(campaign).status, play.batch().error_code) == ("ready", 45009)
    play.on(minutes=2)
    play.turn()  # a minute's rest was too short: WeCom means the hour
    calls = play.sandbox.corp("GET", "calls")[CREATE_PATH]["calls"]
    window = EndpointWindow.objects.get(corp=play.corp, endpoint=CREATE_PATH)
    assert window.resting_until - clock.now() > timedelta(minutes=55)
    assert any(CREATE_PATH in text and "until" in text for text in warnings(play))
    assert client_for(play.corp).customers.follow_users()
    play.on(minutes=30)
    play.turn()
    assert play.sandbox.corp("GET", "calls")[CREATE_PATH]["calls"] == calls
    assert statuses(campaign) == {"ready": 1}
    play.sandbox.call("POST", "corps", corpid=play.corp.corpid, limits={})
    play.sandbox.call("DELETE", "faults")
    play.on(minutes=40)
    play.turn()
    assert_sent_once(play, campaign)
    assert not any(CREATE_PATH in text for text in warnings(play))


def test_a_revoked_secret_stops_sending_with_one_alarm_and_leaves_the_queue_as_it_was(play: Play) -> None:
    play.befriend("lin")
    play.befriend("wang", "李四")
    campaign = make_campaign(play.corp)
    secret = play.corp.secret
    play.sandbox.call("POST", "corps", corpid=play.corp.corpid, secret="another-secret")
    play.sandbox.corp("POST", "expire_token")
    AccessToken.objects.all().delete()
    for _ in range(3):
        play.turn()
        play.on(minutes=11)
    assert statuses(campaign) == {"ready": 2}
    assert set(Batch.objects.values_list("status", flat=True)) == {"ready"}
    assert [row.errcode for row in Suspension.objects.filter(corp=play.corp)] == [40001]
    assert sum("40001" in text for text in warnings(play)) == 1
    assert play.sends() == []

    play.sandbox.call("POST", "corps", corpid=play.corp.corpid, secret=secret)
    play.on(minutes=11)
    play.turn()
    assert statuses(campaign) == {"handed": 2}
    assert len(play.sends()) == 2
    assert Suspension.objects.get().closed_at is not None
    assert not any("40001" in text for text in warnings(play))


def test_a_token_that_cannot_be_fetched_for_a_while_delays_and_loses_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    AccessToken.objects.all().delete()
    play.faults(busy={"rate": 1.0, "endpoints": ["gettoken"]})
    play.turn()
    assert (only(campaign).status, play.batch().status) == ("ready", "ready")
    play.calm()
    play.on(minutes=1)
    play.turn()
    assert_sent_once(play, campaign)
