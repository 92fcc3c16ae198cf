"""A campaign on the stage: rows for what the corp's sync would have brought, the sandbox for what WeCom does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns import definitions, engine
from campaigns.models import Batch, Campaign, Delivery
from customers import digests
from customers.models import Customer
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tests import cast
from wecom import clock
from wecom.models import Corp

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=ZONE)  # a Monday, thirty days before the month's end


def step(**fields: Any) -> dict[str, Any]:
    values = {"after": {"minutes": 0}, "action": "message", "content": [{"kind": "text", "text": "你好"}]}
    return {**values, **fields}


def call(**fields: Any) -> dict[str, Any]:
    return {"after": {"minutes": 0}, "action": "task", "title": "电话回访", "script": "问候", **fields}


def make_campaign(corp: Corp, *steps: dict[str, Any], launch: bool = True, **fields: Any) -> Campaign:
    """A campaign for everyone, each on the clock of their entry, unless `fields` say otherwise."""
    values = {"name": "新友周", "enroll": "everyone", "clock": "enrolled_at", "steps": list(steps) or [step()]}
    campaign = definitions.save(corp, {**values, **fields})
    if launch:
        campaign.launch()
    return campaign


def befriend(staff: Staff, name: str = "张三", **follow: Any) -> Customer:
    """A customer with a friendship, as the sync leaves them."""
    customer = cast.make_customer(staff, name, **{"since": clock.now() - timedelta(days=10), **follow})
    digests.refresh([customer.pk])
    return customer


def lose(customer: Customer, status: str = "lost") -> None:
    customer.follows.update(status=status, ended_at=clock.now(), ended_by="customer")
    digests.refresh([customer.pk])


def statuses(campaign: Campaign) -> Counter[str]:
    return Counter(Delivery.objects.filter(campaign=campaign).values_list("status", flat=True))


def only(campaign: Campaign) -> Delivery:
    return Delivery.objects.select_related("batch", "step").get(campaign=campaign)


class Time:
    """The corp's clock in tests without a sandbox: it stands where it is put."""

    def __init__(self) -> None:
        self.context: Any = None

    def at(self, moment: datetime) -> datetime:
        self.leave()
        self.context = clock.at(moment)
        self.context.__enter__()
        return moment

    def on(self, **span: float) -> datetime:
        return self.at(clock.now() + timedelta(**span))

    def leave(self) -> None:
        if self.context:
            self.context.__exit__(None, None, None)
        self.context = None


@pytest.fixture
def time() -> Iterator[Time]:
    """The clock stands at noon of 1 March 2027 in Shanghai, until the test moves it."""
    time = Time()
    time.at(NOON)
    yield time
    time.leave()


class Play:
    """The corp on the sandbox: customers scan there and appear here, staff confirm, the clock is turned."""

    def __init__(self, corp: Corp, sandbox: Sandbox, staff: dict[str, Staff]) -> None:
        self.corp, self.sandbox, self.staff = corp, sandbox, staff

    def befriend(self, userid: str = "lin", name: str = "张三") -> Customer:
        answer = self.sandbox.corp("POST", "scan", userid=userid, name=name)
        since = clock.now().replace(microsecond=0)
        customer = cast.make_customer(self.staff[userid], name, since=since)
        customer.external_userid = answer["external_userid"]
        customer.save(update_fields=["external_userid"])
        digests.refresh([customer.pk])
        return customer

    def go_to(self, moment: datetime) -> None:
        self.sandbox.call("POST", "clock", set=moment.isoformat())
        clock.pull()

    def on(self, **span: float) -> None:
        self.sandbox.advance(timedelta(**span).total_seconds())
        clock.pull()

    def turn(self, times: int = 1) -> engine.Turn:
        for _ in range(times - 1):
            engine.turn(self.corp.pk)
        return engine.turn(self.corp.pk)

    def faults(self, **faults: dict[str, Any]) -> None:
        named = {name.replace("_", "-"): fault for name, fault in faults.items()}
        self.sandbox.call("POST", "faults", **named)

    def calm(self) -> None:
        self.sandbox.call("DELETE", "faults")

    def confirm(self, msgid: str, userid: str = "lin") -> None:
        self.sandbox.corp("POST", f"staff/{userid}/confirm", msgid=msgid)

    def sends(self) -> list[dict[str, Any]]:
        """What WeCom has: each send once for each time that it was applied."""
        return list(self.sandbox.record()["mass"])

    def received(self, customer: Customer) -> list[str]:
        messages = self.sandbox.record()["messages"]
        return [
            m["text"] for m in messages if m["external_userid"] == customer.external_userid and m["kind"] == "mass"
        ]

    def batch(self) -> Batch:
        return Batch.objects.select_related("staff", "corp").get(corp=self.corp)


@pytest.fixture
def play(corp: Corp, sandbox: Sandbox, lin: Staff, wang: Staff) -> Iterator[Play]:
    """Lin and Wang of the cast, in the sandbox too; noon of 1 March 2027 on every clock."""
    clock.forget()
    play = Play(corp, sandbox, {"lin": lin, "wang": wang})
    play.go_to(NOON)
    yield play
    clock.forget()


CREATE = {"endpoints": ["externalcontact/add_msg_template"]}


def until_settled(play: Play, seconds: float = 15) -> None:
    """Turn until nothing is being checked any more."""
    end = monotonic() + seconds
    while monotonic() < end:
        play.turn()
        if not Batch.objects.filter(status__in=["calling", "unsure", "ready"]).exists():
            return
        play.on(seconds=20)
        sleep(0.3)  # look-ups are apart in real time
    raise AssertionError(list(Batch.objects.values("status", "error", "next_lookup_at", "next_try_at")))


def assert_sent_once(play: Play, campaign: Campaign) -> None:
    [send] = play.sends()
    delivery = only(campaign)
    assert (delivery.status, delivery.batch.msgid) == ("handed", send["msgid"])
    assert delivery.batch.status == "handed"


@pytest.fixture
def impatient(settings: Any) -> None:
    settings.WECOM_TIMEOUT = (1, 1)
