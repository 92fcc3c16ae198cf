"""The welcome: sent first, once, within its 20 seconds, and the row says what became of it."""

from datetime import timedelta

import pytest

from customers import callbacks, contact_ways, welcomes
from customers.models import ContactWay, Event, Welcome, WelcomeStatus
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tests.acts import event
from wecom import clock, inbox
from wecom.models import Corp, InboxEvent

HELLO = [{"kind": "text", "text": "欢迎光临"}, {"kind": "link", "title": "菜单", "url": "https://example.com/menu"}]


@pytest.fixture
def way(sandbox: Sandbox, corp: Corp, lin: Staff) -> ContactWay:
    return contact_ways.create(corp, name="门口", staff=[lin], welcome=HELLO)


def scan(sandbox: Sandbox, corp: Corp, way: ContactWay, *, half: bool = False) -> InboxEvent:
    who = sandbox.corp("POST", "scan", config_id=way.config_id, half=half)
    change = "add_half_external_contact" if half else "add_external_contact"
    payload = {"State": way.state, "WelcomeCode": who["welcome_code"]}
    return event(corp, change, "lin", who["external_userid"], sandbox.now(), **payload)


def received(sandbox: Sandbox, told: InboxEvent) -> list[str]:
    messages = sandbox.corp("GET", "record")["messages"]
    return [m["text"] for m in messages if m["kind"] == "welcome" and m["external_userid"] == told.external_userid]


def test_the_customer_is_welcomed(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    callbacks.contact_added(told)
    callbacks.contact_added(told)
    assert received(sandbox, told) == ["欢迎光临"]
    assert Welcome.objects.get().status == WelcomeStatus.SENT
    assert Event.objects.filter(kind="welcome").count() == 1


def test_the_welcome_calls_the_customer_by_name(sandbox: Sandbox, corp: Corp, lin: Staff) -> None:
    hello = [{"kind": "text", "text": "{customer_name}，我是{staff_name}"}]
    way = contact_ways.create(corp, name="门口", staff=[lin], welcome=hello)
    known, half = scan(sandbox, corp, way), scan(sandbox, corp, way, half=True)
    name = sandbox.corp("GET", f"customers/{known.external_userid}")["name"]
    callbacks.contact_added(known)
    callbacks.half_added(half)
    assert received(sandbox, known) == [f"{name}，我是{lin}"]
    assert received(sandbox, half) == [f"朋友，我是{lin}"]


def test_a_half_added_customer_is_welcomed_once(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way, half=True)
    callbacks.half_added(told)
    assert received(sandbox, told) == ["欢迎光临"]


def test_the_welcome_does_not_wait_for_the_details(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    sandbox.call("POST", "faults", busy={"rate": 1, "endpoints": ["externalcontact/get"]})
    assert inbox.handle(told).state == InboxEvent.State.PENDING
    assert received(sandbox, told) == ["欢迎光临"]


def test_too_late_makes_no_call(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    sandbox.advance(30)
    clock.pull()
    callbacks.contact_added(told)
    welcome = Welcome.objects.get()
    assert welcome.status == WelcomeStatus.LATE
    assert "20 s" in welcome.reason
    assert "externalcontact/send_welcome_msg" not in sandbox.corp("GET", "calls")


def test_late_by_wecoms_clock_alone_is_late_too(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    sandbox.advance(30)  # which we have not heard of
    callbacks.contact_added(told)
    assert Welcome.objects.get().status == WelcomeStatus.LATE


def test_one_who_is_chatting_already_needs_none(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    sandbox.corp("POST", f"customers/{told.external_userid}/chat", userid="lin")
    callbacks.contact_added(told)
    assert Welcome.objects.get().status == WelcomeStatus.TAKEN


def test_a_call_without_answer_is_resolved(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    """Applied, but the connection broke: the second call's 41051 says that the first one arrived."""
    told = scan(sandbox, corp, way)
    broken = {"rate": 1, "count": 1, "when": "after", "endpoints": ["externalcontact/send_welcome_msg"]}
    sandbox.call("POST", "faults", **{"drop-connection": broken})
    with pytest.raises(welcomes.Unsettled):
        callbacks.contact_added(told)
    assert Welcome.objects.get().status == WelcomeStatus.PENDING
    callbacks.contact_added(told)
    assert Welcome.objects.get().status == WelcomeStatus.SENT
    assert received(sandbox, told) == ["欢迎光临"]


def test_another_app_at_it_is_asked_again(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    sandbox.call("POST", "faults", busy={"rate": 1, "count": 3, "endpoints": ["externalcontact/send_welcome_msg"]})
    with pytest.raises(welcomes.Unsettled):
        callbacks.contact_added(told)
    callbacks.contact_added(told)
    assert received(sandbox, told) == ["欢迎光临"]


def test_without_a_welcome_nothing_is_sent(sandbox: Sandbox, corp: Corp, lin: Staff) -> None:
    way = contact_ways.create(corp, name="无", staff=[lin])
    callbacks.contact_added(scan(sandbox, corp, way))
    assert not Welcome.objects.exists()


def test_content_that_became_impossible_fails_and_harms_nothing_else(
    sandbox: Sandbox, corp: Corp, way: ContactWay
) -> None:
    ContactWay.objects.update(welcome=[{"kind": "image", "material": 99}])
    told = scan(sandbox, corp, way)
    callbacks.contact_added(told)
    assert Welcome.objects.get().status == WelcomeStatus.FAILED
    assert Event.objects.filter(kind="added").exists()


def test_the_window_counts_from_the_event(sandbox: Sandbox, corp: Corp, way: ContactWay) -> None:
    told = scan(sandbox, corp, way)
    callbacks.contact_added(told)
    assert Welcome.objects.get().expires_at == told.created_at_wecom + timedelta(seconds=20)
