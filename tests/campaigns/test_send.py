"""From audience to answer against the sandbox: what customers' phones show, and what our rows say."""

from __future__ import annotations

import pytest

from campaigns import engine
from campaigns.engine import batch
from campaigns.models import Batch, Delivery, Task
from customers import digests
from customers.models import Event
from tests import cast
from tests.campaigns.conftest import Play, call, lose, make_campaign, only, statuses, step
from wecom import clock


def test_a_step_reaches_the_customer_once_the_staff_member_confirms(play: Play) -> None:
    zhang = play.befriend("lin")
    campaign = make_campaign(play.corp, step())
    play.turn()
    delivery = only(campaign)
    assert (delivery.status, delivery.staff) == ("handed", play.staff["lin"])
    assert play.received(zhang) == []
    play.confirm(delivery.batch.msgid)
    play.on(minutes=1)
    play.turn()
    delivery.refresh_from_db()
    assert delivery.status == "sent"
    assert play.received(zhang) == ["你好"]
    assert Batch.objects.get().status == "closed"
    assert Task.objects.get().status == "done"
    kinds = list(Event.objects.filter(customer=zhang).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["enrolled", "message_handed", "message_sent"]


def test_every_staff_member_gets_one_send_per_step(play: Play) -> None:
    for n in range(3):
        play.befriend("lin", f"甲{n}")
    play.befriend("wang", "乙")
    make_campaign(play.corp, step(), step(content=[{"kind": "text", "text": "二"}]))
    play.turn()
    sends = sorted((send["sender"], send["text"], len(send["external_userids"])) for send in play.sends())
    assert sends == [("lin", "二", 3), ("lin", "你好", 3), ("wang", "二", 1), ("wang", "你好", 1)]


def test_more_customers_than_one_call_takes(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SIZE", 3)
    customers = {play.befriend("lin", f"甲{n}").external_userid for n in range(8)}
    make_campaign(play.corp)
    play.turn()
    sends = [send["external_userids"] for send in play.sends()]
    assert sorted(map(len, sends)) == [2, 3, 3]
    assert {one for ids in sends for one in ids} == customers


def test_a_customer_of_two_staff_members_is_spoken_to_once(play: Play) -> None:
    zhang = play.befriend("lin")
    play.sandbox.corp("POST", "scan", userid="wang", external_userid=zhang.external_userid)
    cast.make_follow(zhang, play.staff["wang"], since=clock.now())
    digests.refresh([zhang.pk])
    make_campaign(play.corp)
    play.turn()
    assert [send["sender"] for send in play.sends()] == ["lin"]


def test_a_customer_who_leaves_before_the_call_is_left_out_of_it(play: Play) -> None:
    zhang, li = play.befriend("lin"), play.befriend("lin", "李四")
    campaign = make_campaign(play.corp)
    for phase in engine.phases(play.corp, engine.Budget(), patient=False):
        if Batch.objects.exists():
            break
        phase()
    lose(zhang)
    play.turn()
    assert [send["external_userids"] for send in play.sends()] == [[li.external_userid]]
    rows = Delivery.objects.filter(campaign=campaign)
    assert {row.customer: (row.status, row.reason) for row in rows} == {
        zhang: ("skipped", "lost"),
        li: ("handed", ""),
    }


def test_attachments_arrive_as_they_were_written(play: Play) -> None:
    zhang = play.befriend()
    link = {"kind": "link", "title": "新人券", "url": "https://shop.example.com/c", "desc": "七天有效"}
    campaign = make_campaign(play.corp, step(content=[{"kind": "text", "text": "你好"}, link]))
    play.turn()
    play.confirm(only(campaign).batch.msgid)
    [message] = [m for m in play.sandbox.record()["messages"] if m["external_userid"] == zhang.external_userid]
    assert message["text"] == "你好"
    assert message["attachments"] == [
        {"msgtype": "link", "link": {"title": "新人券", "url": "https://shop.example.com/c", "desc": "七天有效"}}
    ]


def test_a_follow_up_makes_no_send(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp, call())
    play.turn()
    assert statuses(campaign) == {"handed": 1}
    assert (play.sends(), Batch.objects.count()) == ([], 0)
