"""Simulated people: their days follow from the seed and are lived in order of time."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.sandbox.actors import AES_KEY, Corp, Receiver
from wecom.sandbox.clock import local
from wecom.sandbox.server import Server

QUIET = {
    "arrivals_per_day": 0,
    "departures_per_day": 0,
    "edits_per_day": 0,
    "chats_per_day": 0,
    "half_share": 0,
    "confirm_soon": 0,
    "confirm_late": 0,
    "heed_reminder": 0,
    "pulse_seconds": 0,
    "welcome_wait": 0,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A world of its own, for the people live in every corp of theirs."""
    running = Server(tmp_path / "store.sqlite3", seed=7).start()
    yield running
    running.close()


def wake(corp: Corp, **habits: Any) -> None:
    corp.control("people", running=True, **{**QUIET, **habits})


def test_they_sleep_until_they_are_woken(corp: Corp) -> None:
    assert corp.see("people")["running"] is False
    corp.advance(3 * 86400)
    assert corp.look("record")["follows"] == []


def test_customers_come_in_order_of_time_during_opening_hours(corp: Corp) -> None:
    wake(corp, arrivals_per_day=20)
    corp.advance(2 * 86400)
    times = [row["createtime"] for row in corp.look("record")["follows"]]
    assert 20 <= len(times) <= 60
    assert times == sorted(times)
    assert all(8 <= local(at).hour < 22 for at in times)
    assert len(set(times)) > 15


def test_the_clock_stands_at_each_event_while_it_happens(heard: Corp, receiver: Receiver) -> None:
    wake(heard, arrivals_per_day=6)
    heard.advance(86400)
    times = {row["createtime"] for row in heard.look("record")["follows"]}
    heard.control("tasks/run")
    assert {int(event["CreateTime"]) for event in receiver.events} == times


def test_an_arrival_through_a_contact_way_waits_for_its_welcome(heard: Corp, receiver: Receiver) -> None:
    heard.post("externalcontact/add_contact_way", type=1, scene=2, user=["anna"], state="a")
    stop = threading.Event()

    def answer_slowly() -> None:
        answered = 0
        while not stop.wait(0.1):
            for event in receiver.events[answered:]:
                answered += 1
                heard.token = ""
                code = event.get("WelcomeCode")
                heard.post("externalcontact/send_welcome_msg", welcome_code=code, text={"content": "欢迎"})

    answering = threading.Thread(target=answer_slowly)
    answering.start()
    wake(heard, arrivals_per_day=5, welcome_wait=5)
    heard.control("clock", advance=86400)
    stop.set()
    answering.join()
    through_the_way = [row for row in heard.look("record")["follows"] if row["channel"] == "a"]
    assert through_the_way
    welcomed = {message["external_userid"] for message in heard.messages("welcome")}
    assert {row["external_userid"] for row in through_the_way} <= welcomed


def test_staff_confirm_soon_late_or_never(corp: Corp) -> None:
    sends = {corp.mass(corp.add("anna"))["msgid"] for _ in range(60)}
    wake(corp, confirm_soon=0.5, soon_minutes=30, confirm_late=0.3, late_hours=30)
    corp.advance(31 * 60)
    soon = len(corp.messages())
    corp.advance(40 * 3600)
    late = len(corp.messages())
    corp.advance(5 * 86400)
    assert 15 <= soon <= 45
    assert soon < late < 60
    assert len(corp.messages()) == late
    assert {message["msgid"] for message in corp.messages()} < sends


def test_a_reminder_wakes_the_silent(corp: Corp) -> None:
    msgid = corp.mass(corp.add("anna"))["msgid"]
    wake(corp, heed_reminder=1)
    corp.advance(86400)
    assert corp.messages() == []
    corp.post("externalcontact/remind_groupmsg_send", msgid=msgid)
    corp.advance(3601)
    assert len(corp.messages()) == 1


def test_half_added_customers_are_taken_in(corp: Corp) -> None:
    customer = corp.add("anna", half=True)
    wake(corp, confirm_soon=1)
    corp.advance(2 * 3600)
    assert corp.get("externalcontact/get", external_userid=customer)["errcode"] == 0


def test_customers_leave_and_staff_edit(corp: Corp) -> None:
    corp.act("tags/create", group="g", names=["a"])
    for _ in range(30):
        corp.add("anna")
    wake(corp, departures_per_day=8, edits_per_day=30)
    corp.advance(2 * 86400)
    follows = corp.look("record")["follows"]
    assert {"lost", "friend"} <= {row["state"] for row in follows}
    assert any("-" in row["remark"] for row in follows)
    assert any(row["tags"] for row in follows)


def test_a_life_repeats_from_the_same_seed(tmp_path: Path) -> None:
    first = life(tmp_path / "one", 3)
    assert len(first) > 20
    assert first == life(tmp_path / "two", 3)
    assert first != life(tmp_path / "three", 4)


def life(folder: Path, seed: int) -> list[tuple[str, str]]:
    """(customer, state) after three days of arrivals and departures in a world of its own."""
    folder.mkdir()
    server = Server(folder / "s.sqlite3", seed=seed).start()
    try:
        corp = Corp(server.url, "wwlife", "s", urllib3.PoolManager())
        staff = [{"userid": "anna", "name": "安娜"}]
        corp.control("corps", corpid="wwlife", secret="s", token="t", aes_key=AES_KEY, staff=staff)
        corp.control("clock", set="2027-03-01T00:00:00+08:00")
        wake(corp, arrivals_per_day=10, departures_per_day=1)
        corp.control("clock", set="2027-03-04T00:00:00+08:00")
        return [(row["external_userid"], row["state"]) for row in corp.look("record")["follows"]]
    finally:
        server.close()


def test_bad_habits_are_refused(corp: Corp) -> None:
    for body in ({"confirm_soon": 2}, {"arrivals_per_day": -1}, {"running": 1}, {"dance": 1}, {"chats_per_day": "x"}):
        assert corp.control("people", 400, **body)["error"]


def test_in_real_time_something_happens_now_and_then(corp: Corp) -> None:
    wake(corp, pulse_seconds=0.5)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not corp.look("record")["follows"]:
        time.sleep(0.1)
    assert corp.look("record")["follows"]


def test_moments_are_published_soon_late_or_never(corp: Corp) -> None:
    jobid = corp.post("externalcontact/add_moment_task", text={"content": "新品"})["jobid"]
    corp.advance(3)
    moment_id = corp.get("externalcontact/get_moment_task_result", jobid=jobid)["result"]["moment_id"]

    def published() -> list[int]:
        tasks = corp.post("externalcontact/get_moment_task", moment_id=moment_id)["task_list"]
        return [task["publish_status"] for task in tasks]

    wake(corp)
    corp.advance(1200)
    assert published() == [0, 0]
    wake(corp, confirm_soon=1, soon_minutes=10)
    corp.advance(1200)
    assert published() == [1, 1]
