"""Work for people: follow-ups, confirmations, reminders, and the message that tells staff of new tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import engine
from campaigns.models import Delivery, Task
from customers.models import Event
from staff.errors import WrongState
from staff.models import Staff, User
from tests.campaigns.conftest import NOON, Play, Time, befriend, call, make_campaign, step
from wecom.models import Corp


@pytest.fixture
def task(corp: Corp, lin: Staff, time: Time) -> Task:
    befriend(lin)
    make_campaign(corp, call())
    engine.turn(corp.pk)
    return Task.objects.get()


# ---- follow-ups -----------------------------------------------------------------------------------------------------
def test_a_task_step_gives_the_staff_member_a_task(task: Task, lin: Staff) -> None:
    assert (task.kind, task.staff, task.title, task.script) == ("follow_up", lin, "电话回访", "问候")
    assert task.delivery is not None
    assert (task.delivery.status, task.delivery.uses_quota) == ("handed", False)
    assert task.expires_at - task.delivery.handed_at == timedelta(hours=48)


def test_a_script_speaks_to_its_customer(corp: Corp, lin: Staff, time: Time) -> None:
    customer = befriend(lin)
    make_campaign(corp, call(script="{customer_name}，我是{corp_name}的{staff_name}"))
    engine.turn(corp.pk)
    assert Task.objects.get().spoken == f"{customer.name}，我是{corp.name}的{lin}"


def test_done(task: Task, lin_user: User) -> None:
    task.done(lin_user, note="喜欢新品\x00")
    task.refresh_from_db()
    assert (task.status, task.finished_by) == ("done", lin_user)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.finished_at) == ("sent", task.finished_at)
    line = Event.objects.get(kind="task_done")
    assert line.detail == {"title": "电话回访", "words": "喜欢新品"}


def test_skipped_with_words(task: Task, lin_user: User) -> None:
    task.skip(lin_user, "电话打不通")
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason, delivery.detail) == ("skipped", "staff_skipped", {"words": "电话打不通"})
    assert Event.objects.get(kind="task_skipped").detail["words"] == "电话打不通"


@pytest.mark.parametrize("words", ["", "  ", "\x00"])
def test_skipping_needs_words(task: Task, lin_user: User, words: str) -> None:
    with pytest.raises(WrongState):
        task.skip(lin_user, words)
    assert Task.objects.get().status == "open"


def test_a_finished_task_is_not_finished_again(task: Task, lin_user: User) -> None:
    stale = Task.objects.get()
    task.done(lin_user)
    for again in (lambda: stale.done(lin_user), lambda: stale.skip(lin_user, "x")):
        with pytest.raises(WrongState):
            again()
    assert Delivery.objects.get().status == "sent"


def test_a_task_that_nobody_does_expires(task: Task, corp: Corp, time: Time, lin_user: User) -> None:
    time.at(task.expires_at)
    assert engine.turn(corp.pk).expired == 1
    task.refresh_from_db()
    assert (task.status, Delivery.objects.get().status, Delivery.objects.get().reason) == (
        "expired",
        "expired",
        "not_done",
    )
    with pytest.raises(WrongState):
        task.done(lin_user)


def test_a_send_is_confirmed_in_wecom_not_here(play: Play, lin_user: User) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.turn()
    task = Task.objects.get(kind="confirm")
    assert (task.title, task.batch) == ("新友周", play.batch())
    with pytest.raises(WrongState):
        task.done(lin_user)
    with pytest.raises(WrongState):
        task.skip(lin_user, "keine Lust")


# ---- reminders ------------------------------------------------------------------------------------------------------
def reminders(play: Play) -> int:
    calls = play.sandbox.corp("GET", "calls")
    return int(calls.get("externalcontact/remind_groupmsg_send", {"calls": 0})["calls"])


def test_staff_are_reminded_after_four_hours_and_then_daily(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp, step(expires_after={"days": 4}))
    play.turn()
    play.on(hours=3, minutes=59)
    assert play.turn().reminded == 0
    play.on(minutes=2)
    assert play.turn().reminded == 1
    assert play.turn().reminded == 0
    play.on(hours=23)
    assert play.turn().reminded == 0
    play.on(hours=1, minutes=5)
    assert play.turn().reminded == 1
    assert (reminders(play), play.batch().reminders) == (2, 2)


def test_nobody_is_reminded_at_night_or_after_confirming(play: Play) -> None:
    play.go_to(NOON.replace(hour=18))
    play.befriend()
    make_campaign(play.corp)
    play.turn()
    play.go_to(NOON.replace(hour=22, minute=30))
    assert play.turn().reminded == 0
    play.confirm(play.batch().msgid)
    play.go_to(NOON.replace(day=2, hour=9, minute=1))
    play.turn()
    assert play.turn().reminded == 0


def test_three_reminders_a_day_by_hand_included(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.turn()
    for _ in range(3):
        play.batch().remind()
    with pytest.raises(WrongState, match="three"):
        play.batch().remind()
    assert reminders(play) == 3
    play.on(hours=25)
    play.turn()
    play.batch().remind()


def test_there_is_nobody_to_remind_of_a_finished_send(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.turn()
    play.confirm(play.batch().msgid)
    play.on(minutes=1)
    play.turn()
    with pytest.raises(WrongState):
        play.batch().remind()


def test_a_refused_reminder_says_why(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.turn()
    play.faults(busy={"rate": 1.0})
    with pytest.raises(WrongState):
        play.batch().remind()


# ---- telling staff --------------------------------------------------------------------------------------------------
@pytest.fixture
def reachable(settings: object) -> None:
    settings.SITE_URL = "https://scrm.example.com"  # type: ignore[attr-defined]


def told(play: Play, userid: str) -> list[str]:
    messages = play.sandbox.corp("GET", f"staff/{userid}")["app_messages"]
    return [str(message) for message in messages]


def test_new_tasks_are_told_in_one_message_per_staff_member(reachable: None, play: Play) -> None:
    for name in ("甲", "乙"):
        play.befriend("lin", name)
    play.befriend("wang")
    make_campaign(play.corp, step(), call())
    assert play.turn().told == 2
    [message] = told(play, "lin")
    assert "https://scrm.example.com" in message
    assert Task.objects.filter(notified_at=None).count() == 0
    play.befriend("lin", "丙")
    assert play.turn().told == 0  # half an hour has not passed
    play.on(minutes=31)
    assert play.turn().told == 1
    assert len(told(play, "lin")) == 2


def test_an_installation_without_an_address_tells_without_a_link(settings: object, play: Play) -> None:
    settings.SITE_URL = ""  # type: ignore[attr-defined]
    play.befriend()
    make_campaign(play.corp, call())
    assert play.turn().told == 1
    assert "http" not in told(play, "lin")[0]


def test_nobody_is_told_at_night(reachable: None, play: Play) -> None:
    play.befriend()
    make_campaign(play.corp, call())
    play.sandbox.call("POST", "faults", busy={"rate": 1.0, "endpoints": ["message/send"]})
    play.turn()
    play.calm()
    assert Task.objects.filter(notified_at=None).count() == 1  # a refused message is tried again
    play.go_to(NOON.replace(hour=22))
    assert play.turn().told == 0
    play.go_to(NOON.replace(day=2, hour=9))
    assert play.turn().told == 1
