"""Frequency 45009, concurrency 45033, parallel tagging 45035."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import AES_KEY, Corp
from wecom.sandbox import corps
from wecom.sandbox.apps import App
from wecom.sandbox.clock import CORP_ZONE
from wecom.sandbox.corps import Knobs
from wecom.sandbox.errors import ApiError
from wecom.sandbox.limits import EVERY, SPECIAL, Caller, Limits
from wecom.sandbox.store import Store


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


def test_all_corps_that_call_from_one_address_share_its_limit(make_corp: Callable[..., Corp]) -> None:
    strict, other = make_corp(ip_minute_limit=3), make_corp()
    start_of(strict, 60)
    assert [strict.get("get_api_domain_ip")["errcode"], other.get("get_api_domain_ip")["errcode"]] == [0, 0]
    assert [strict.get("get_api_domain_ip")["errcode"] for _ in range(2)] == [0, 45009]
    assert other.get("get_api_domain_ip")["errcode"] == 45009  # the address is blocked, not the corp
    strict.advance(61)
    assert other.get("get_api_domain_ip")["errcode"] == 0


def test_a_corp_may_have_other_numbers_for_one_endpoint(corp: Corp) -> None:
    corp.change(limits={"getcallbackip": {"corp_minute": 1}})
    start_of(corp, 60)
    assert [corp.get("getcallbackip")["errcode"] for _ in range(2)] == [0, 45009]
    assert [corp.get("department/simplelist")["errcode"] for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("limits", [{"getcallbackip": {"corp_year": 1}}, {"getcallbackip": 5}, [1]])
def test_numbers_for_rules_that_do_not_exist_are_refused(corp: Corp, limits: Any) -> None:
    assert corp.control("corps", 400, corpid=corp.corpid, limits=limits)["error"].endswith(".")


def test_too_many_wrong_secrets_block_the_address_for_an_hour(corp: Corp) -> None:
    corp.change(wrong_secrets=3)
    wrong = [corp.fetch_token(corpsecret="wrong")["errcode"] for _ in range(4)]
    assert wrong == [40001, 40001, 40001, 45009]
    assert corp.fetch_token()["errcode"] == 45009
    corp.advance(3601)
    assert corp.fetch_token()["errcode"] == 0


def test_wrong_secrets_that_lie_far_apart_do_not_add_up(corp: Corp) -> None:
    corp.change(wrong_secrets=2)
    for _ in range(3):
        assert corp.fetch_token(corpsecret="wrong")["errcode"] == 40001
        corp.advance(3601)


def test_more_wrong_lookups_than_a_fifth_of_the_corp_block_them_for_a_day(corp: Corp) -> None:
    lookups = [corp.post("user/getuserid", mobile="13900000000")["errcode"] for _ in range(3)]
    assert lookups == [46004, 46004, 45009]
    corp.advance(86401)
    assert corp.post("user/getuserid", mobile="13900000000")["errcode"] == 46004


# The rules by day and month, and those for one app, with a clock of their own.

NOON = datetime(2026, 3, 10, 12, tzinfo=CORP_ZONE).timestamp()
MIDNIGHT = datetime(2026, 3, 11, tzinfo=CORP_ZONE).timestamp()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.sqlite3")
    yield store
    store.close()


def caller(agentid: int = 1, **limits: dict[str, int]) -> Caller:
    app = App("ww1", agentid, f"s{agentid}", "t", AES_KEY)
    return Caller(corps.Corp("ww1", "店", "month", Knobs(limits=dict(limits)), (app,)), app, "203.0.113.7")


def refused(limits: Limits, who: Caller, endpoint: str, now: float) -> int:
    try:
        limits.count(who, endpoint, now)
    except ApiError as error:
        return error.code
    return 0


def test_a_day_rule_blocks_until_midnight(store: Store) -> None:
    limits, who = Limits(store), caller(**{"media/uploadimg": {"corp_day": 2}})
    assert [refused(limits, who, "media/uploadimg", NOON) for _ in range(3)] == [0, 0, 45009]
    assert refused(limits, who, "media/uploadimg", MIDNIGHT - 1) == 45009
    assert refused(limits, who, "media/uploadimg", MIDNIGHT) == 0


def test_a_month_rule_blocks_for_thirty_days(store: Store) -> None:
    limits, who = Limits(store), caller(**{"media/uploadimg": {"corp_month": 1}})
    assert [refused(limits, who, "media/uploadimg", NOON) for _ in range(2)] == [0, 45009]
    assert refused(limits, who, "media/uploadimg", NOON + 30 * 86400 - 1) == 45009
    assert refused(limits, who, "media/uploadimg", NOON + 30 * 86400) == 0


def test_counts_by_day_survive_a_restart_those_by_minute_do_not(store: Store) -> None:
    who = caller(**{"media/uploadimg": {"corp_day": 2, "corp_minute": 2}})
    assert [refused(Limits(store), who, "media/uploadimg", NOON) for _ in range(3)] == [0, 0, 45009]
    minutes = caller(getcallbackip={"corp_minute": 2})
    assert [refused(Limits(store), minutes, "getcallbackip", NOON) for _ in range(3)] == [0, 0, 0]


def test_moments_have_ten_a_minute_and_a_code_of_their_own_by_month(store: Store) -> None:
    endpoint = "externalcontact/add_moment_task"
    limits, who = Limits(store), caller()
    assert [refused(limits, who, endpoint, NOON) for _ in range(11)] == [0] * 10 + [45009]
    limits.reset()
    few = caller(**{endpoint: {"corp_month": 1}})
    assert [refused(limits, few, endpoint, NOON) for _ in range(2)] == [0, 41210]


@pytest.mark.parametrize("endpoint", ["get_jsapi_ticket", "ticket/get"])
def test_tickets_are_limited_per_app_and_per_corp(store: Store, endpoint: str) -> None:
    limits = Limits(store)
    first = [refused(limits, caller(1), endpoint, NOON) for _ in range(101)]
    assert first == [0] * 100 + [45009]
    for agentid in (2, 3, 4):
        assert {refused(limits, caller(agentid), endpoint, NOON) for _ in range(99)} == {0}
    assert refused(limits, caller(5), endpoint, NOON) == 0
    codes = [refused(limits, caller(5), endpoint, NOON) for _ in range(3)]
    assert codes[-1] == 45009  # 400 in all


def test_the_published_numbers() -> None:
    assert {rule.name: rule.most for rule in EVERY} == {
        "ip_minute": 20_000,
        "ip_hour": 600_000,
        "corp_minute": 10_000,
        "corp_hour": 150_000,
    }
    assert {rule.name: rule.most for rule in SPECIAL["media/uploadimg"]} == {"corp_day": 1000, "corp_month": 3000}
