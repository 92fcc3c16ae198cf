"""Frequency 45009, concurrency 45033, parallel tagging 45035."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.sandbox.actors import Corp


def together(count: int, call: Callable[[], dict[str, Any]]) -> Counter[int]:
    """The errcodes of `count` calls at once."""
    codes: Counter[int] = Counter()
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        codes[call()["errcode"]] += 1

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def start_of(corp: Corp, seconds: int) -> None:
    """Turns the clock to the beginning of a minute or an hour, so that no window ends in the middle."""
    now = int(datetime.fromisoformat(corp.see("clock")["now"]).timestamp())
    corp.advance(seconds - now % seconds)


def test_over_the_minutes_limit_the_endpoint_rests_for_60_seconds(corp: Corp) -> None:
    corp.change(minute_limit=5)
    start_of(corp, 60)
    codes = [corp.get("getcallbackip")["errcode"] for _ in range(7)]
    assert codes == [0] * 5 + [45009] * 2
    assert corp.get("department/simplelist")["errcode"] == 0
    corp.advance(61)
    assert corp.get("getcallbackip")["errcode"] == 0


def test_over_the_hours_limit_it_rests_for_60_minutes(corp: Corp) -> None:
    corp.change(hour_limit=3)
    start_of(corp, 3600)
    codes = [corp.get("getcallbackip")["errcode"] for _ in range(5)]
    assert codes == [0] * 3 + [45009] * 2
    corp.advance(1800)
    assert corp.get("getcallbackip")["errcode"] == 45009
    corp.advance(1900)
    assert corp.get("getcallbackip")["errcode"] == 0


def test_calls_with_an_oauth_code_are_exempt(corp: Corp) -> None:
    corp.change(minute_limit=2)
    assert {corp.get("auth/getuserinfo", code="x")["errcode"] for _ in range(5)} == {40029}


def test_too_many_calls_at_once_are_45033(corp: Corp) -> None:
    corp.change(latency=0.4, concurrency=2)
    corp.access_token()
    assert together(5, lambda: corp.get("getcallbackip")) == {0: 2, 45033: 3}
    assert corp.get("getcallbackip")["errcode"] == 0


def test_parallel_tagging_of_one_relation_is_45035(corp: Corp) -> None:
    made = corp.post("externalcontact/add_corp_tag", group_name="g", tag=[{"name": "a"}])
    tag = made["tag_group"]["tag"][0]["id"]
    one, other = corp.add("anna"), corp.add("anna")
    corp.change(latency=0.4)

    def mark(customer: str) -> dict[str, Any]:
        return corp.post("externalcontact/mark_tag", userid="anna", external_userid=customer, add_tag=[tag])

    assert together(3, lambda: mark(one)) == {0: 1, 45035: 2}
    customers = iter([one, other])
    assert together(2, lambda: mark(next(customers))) == {0: 2}


def test_parallel_calls_leave_a_consistent_store(corp: Corp) -> None:
    customers = [corp.add("anna") for _ in range(8)]
    answers: list[str] = []
    assert together(8, lambda: answers.append(corp.mass(*customers)["msgid"]) or {"errcode": 0}) == {0: 8}
    assert len(set(answers)) == 8
    assert all(corp.statuses(msgid) == dict.fromkeys(customers, 0) for msgid in answers)
