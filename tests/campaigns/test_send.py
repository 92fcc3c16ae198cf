"""From audience to answer against the sandbox: what customers' phones show, and what our rows say."""

from __future__ import annotations

from campaigns.models import Batch, Task
from customers.models import Event
from tests.campaigns.conftest import Play, make_campaign, only, step


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
