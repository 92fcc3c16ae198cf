import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from wecom import clock, limits
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, EndpointWindow
from wecom.models.corp import SUSPENSION

READ = "externalcontact/get_follow_user_list"
START = datetime(2026, 3, 1, 10, 0, 30, tzinfo=UTC)


@pytest.fixture
def at_start(db):
    with clock.at(START):
        yield


@contextmanager
def later(span: timedelta) -> Iterator[None]:
    """The database's clock, which stands still in a test's transaction, further by exactly `span`."""
    token = clock._override.set(clock.offset() + span)
    try:
        yield
    finally:
        clock._override.reset(token)


def database_now() -> datetime:
    """What the database takes for now: inside a test's transaction that is when it began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() + %s", [clock.offset()])
        return cursor.fetchone()[0]


def taken(corp: Corp, most: int, endpoint: str = READ) -> int:
    """How many calls in a row are granted, up to `most`."""
    for number in range(most):
        try:
            limits.take(corp, endpoint)
        except WeComError:
            return number
    return most


def refusal(corp: Corp, endpoint: str = READ) -> WeComError:
    with pytest.raises(WeComError) as refused:
        limits.take(corp, endpoint)
    return refused.value


def spend(corp: Corp, calls: int, *, endpoint: str = READ) -> EndpointWindow:
    """A window from which `calls` of the burst have just been taken."""
    now = database_now()
    return EndpointWindow.objects.create(
        corp=corp,
        endpoint=endpoint,
        spent_until=now + calls * limits.EACH,
        minute_start=now.replace(second=0, microsecond=0),
        minute_calls=calls,
        hour_start=now.replace(minute=0, second=0, microsecond=0),
        hour_calls=calls,
        calls=calls,
    )


def test_the_table_says_what_the_document_says():
    assert (limits.MINUTE.calls, limits.MINUTE.window, limits.MINUTE.block) == (
        10_000,
        timedelta(minutes=1),
        timedelta(minutes=1),
    )
    assert (limits.HOUR.calls, limits.HOUR.window, limits.HOUR.block) == (
        150_000,
        timedelta(hours=1),
        timedelta(hours=1),
    )


def test_no_window_of_a_minute_or_an_hour_can_hold_more_than_allowed():
    for rule in (limits.MINUTE, limits.HOUR):
        assert limits.BURST + rule.window / limits.EACH <= rule.calls + 1e-6
    assert 41 < limits.RATE < 41.7


def test_a_burst_ends_exactly_where_the_budget_ends(corp, at_start):
    spend(corp, limits.BURST - 3)
    assert taken(corp, 10) == 3
    error = refusal(corp)
    assert (error.kind, error.errcode, error.fate_unknown) == (ErrorKind.LIMIT, None, False)
    assert error.retry_at - database_now() == limits.EACH


def test_after_the_burst_calls_come_at_the_sustained_rate(corp, at_start):
    spend(corp, limits.BURST)
    assert taken(corp, 1) == 0
    with later(timedelta(seconds=10)):
        assert taken(corp, 1000) == int(timedelta(seconds=10) / limits.EACH)


def test_a_refused_call_is_not_counted(corp, at_start):
    spend(corp, limits.BURST)
    refusal(corp)
    window = EndpointWindow.objects.get()
    assert (window.calls, window.minute_calls) == (limits.BURST, limits.BURST)


def test_counts_begin_anew_with_the_minute_and_the_hour(corp, at_start):
    taken(corp, 2)
    with later(timedelta(minutes=1)):
        taken(corp, 1)
    window = EndpointWindow.objects.get()
    assert (window.minute_calls, window.hour_calls, window.calls) == (1, 3, 3)
    with later(timedelta(hours=1)):
        taken(corp, 1)
    window.refresh_from_db()
    assert (window.minute_calls, window.hour_calls, window.calls) == (1, 1, 4)


def test_corps_and_endpoints_have_budgets_of_their_own(corp, at_start):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    spend(corp, limits.BURST)
    assert taken(corp, 1) == 0
    assert taken(corp, 1, "user/get") == 1
    assert taken(other, 1) == 1


def test_a_call_costs_one_query(corp, at_start, django_assert_num_queries):
    with django_assert_num_queries(1):
        limits.take(corp, READ)
    with django_assert_num_queries(1):
        limits.take(corp, READ)


def test_a_clock_that_was_turned_back_does_not_lock_the_endpoint(corp, at_start):
    with later(timedelta(days=30)):
        spend(corp, limits.BURST)
        limits.rest(corp, READ)
    assert taken(corp, 3) == 3


@pytest.mark.django_db(transaction=True)
def test_processes_at_once_never_get_more_than_the_budget(corp):
    with clock.at(START):
        offset = clock.offset()
        spend(corp, limits.BURST - 20)

    def many(_: int) -> int:
        token = clock._override.set(offset)
        try:
            return taken(corp, 20)
        finally:
            clock._override.reset(token)
            connections.close_all()

    began = clock.now()
    with ThreadPoolExecutor(6) as pool:
        granted = sum(pool.map(many, range(6)))
    earned = (clock.now() - began) / limits.EACH
    assert 20 <= granted <= 20 + earned + 1


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=st.sampled_from([limits.MINUTE, limits.HOUR]),
    bursts=st.lists(st.tuples(st.floats(0, 5400), st.integers(1, 60)), min_size=1, max_size=12),
)
def test_in_any_window_there_are_never_more_calls_than_allowed(corp, rule, bursts):
    """Scaled down a thousandfold: a bucket of a few calls, so that the database can be asked for every one."""
    scale = 1000
    small = {"burst": 2, "calls": rule.calls // scale}
    each = rule.window / (small["calls"] - small["burst"])
    EndpointWindow.objects.all().delete()
    granted: list[datetime] = []
    moment = START
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "EACH", each)
        patch.setattr(limits, "LEAD", small["burst"] * each)
        for pause, calls in bursts:
            moment += timedelta(seconds=pause * rule.window.total_seconds() / 3600)
            with clock.at(moment):
                granted += [moment] * taken(corp, calls)
    for first in granted:
        inside = [other for other in granted if first <= other <= first + rule.window]
        assert len(inside) <= small["calls"]


# --- 45009 ---


def resting(corp: Corp) -> timedelta:
    return refusal(corp).retry_at - database_now()


def about(seconds: int) -> object:
    return pytest.approx(seconds, abs=1)


def test_45009_rests_the_endpoint_for_a_minute_and_no_other(played_corp, played, at_start):
    played.says(READ, {"errcode": 45009, "errmsg": "api freq out of limit"}, {"errcode": 0, "follow_user": []})
    played.says("externalcontact/list", {"errcode": 0, "external_userid": []})
    with pytest.raises(WeComError) as refused:
        client_for(played_corp).customers.follow_users()
    assert (refused.value.kind, refused.value.errcode) == (ErrorKind.LIMIT, 45009)
    assert (refused.value.retry_at - database_now()).total_seconds() == about(60)
    assert resting(played_corp).total_seconds() == about(60)
    assert len(played.to(READ)) == 1
    client_for(played_corp).customers.list("lin")
    with later(timedelta(seconds=61)):
        assert client_for(played_corp).customers.follow_users() == []


def test_a_refusal_right_after_a_rest_means_the_hour(corp, at_start):
    taken(corp, 1)
    limits.rest(corp, READ)
    with later(timedelta(seconds=61)):
        assert taken(corp, 1) == 1
        limits.rest(corp, READ)
        assert resting(corp).total_seconds() == about(3600)
    with later(timedelta(seconds=61 + 3601)):
        assert taken(corp, 1) == 1


def test_refusals_of_calls_under_way_do_not_prolong_the_rest(corp, at_start):
    taken(corp, 3)
    until = limits.rest(corp, READ)
    with later(timedelta(seconds=5)):
        assert limits.rest(corp, READ) == until


def test_a_spent_hour_rests_for_an_hour(corp, at_start):
    spend(corp, 100)
    EndpointWindow.objects.update(hour_calls=140_000)
    limits.rest(corp, READ)
    assert resting(corp).total_seconds() == about(3600)


def test_the_ban_for_wrong_secrets_rests_for_an_hour(corp, at_start):
    taken(corp, 1, "gettoken")
    until = limits.rest(corp, "gettoken")
    assert (until - START).total_seconds() == about(3600)


# --- the breaker ---


def test_a_configuration_error_stops_the_corp_and_time_tries_again(played_corp, played, at_start):
    played.says(
        READ, {"errcode": 60020, "errmsg": "not allow to access from your ip"}, {"errcode": 0, "follow_user": []}
    )
    client = client_for(played_corp)
    with pytest.raises(WeComError, match="60020"):
        client.customers.follow_users()
    played_corp.refresh_from_db()
    assert (played_corp.suspended_code, played_corp.suspended_at is not None) == (60020, True)
    for _ in range(3):
        error = refusal(played_corp, "user/get")
        assert (error.kind, error.errcode, error.retry_at) == (
            ErrorKind.CONFIG,
            60020,
            played_corp.suspended_at + SUSPENSION,
        )
    assert len(played.to(READ)) == 1
    with later(SUSPENSION + timedelta(minutes=1)):
        assert client.customers.follow_users() == []
    played_corp.refresh_from_db()
    assert played_corp.suspended_at is None


@pytest.mark.parametrize("code", [60011, 48002, 301002, 84061, 40096, 60111, 41048])
def test_what_concerns_one_object_or_endpoint_does_not_stop_the_corp(code, played_corp, played):
    played.says(READ, {"errcode": code, "errmsg": "no"})
    with pytest.raises(WeComError):
        client_for(played_corp).customers.follow_users()
    played_corp.refresh_from_db()
    assert played_corp.suspended_at is None


def test_errors_are_counted_by_code(played_corp, played):
    played.says(READ, {"errcode": 41048, "errmsg": "no"}, {"errcode": 41048, "errmsg": "no"}, 404)
    for _ in range(3):
        with pytest.raises(WeComError):
            client_for(played_corp).customers.follow_users()
    assert EndpointWindow.objects.get(endpoint=READ).errors_by_code == {"41048": 2, "none": 1}


@pytest.mark.django_db(transaction=True)
def test_a_rest_is_seen_by_every_process_at_once(corp):
    limits.take(corp, READ)
    limits.rest(corp, READ)
    seen: list[ErrorKind] = []

    def other() -> None:
        seen.append(refusal(corp).kind)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [ErrorKind.LIMIT]
