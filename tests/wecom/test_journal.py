"""The API journal: latencies and errors by endpoint and hour, the last refusals, and what that costs a call."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from wecom import activity, clock, journal, limits
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, EndpointHour, EndpointWindow, ErrorReply

READ = "externalcontact/get_follow_user_list"
FOLLOW_USERS = {"errcode": 0, "follow_user": []}
START = datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)
WORDS = "invalid credential, hint: [1700000000123456], from ip: 203.0.113.7, more info at https://open.work"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    journal.forget()
    monkeypatch.setattr(journal, "PAUSE", 0.0)
    yield
    journal.forget()


def note(corp: Corp, seconds: float, endpoint: str = READ, at: datetime = START) -> None:
    journal.note(corp.pk, endpoint, at, seconds)


def latency(endpoint: str = READ, **wanted) -> list[int]:
    return EndpointHour.objects.get(endpoint=endpoint, **wanted).latency


# --- counting ---


def test_an_answer_is_counted_by_the_next_call_in_its_hour_and_in_all(corp):
    note(corp, 0.03)
    note(corp, 60)
    limits.take(corp, "user/get")
    expected = [0] * journal.BUCKETS
    expected[1], expected[-1] = 1, 1
    assert latency(hour=datetime(2026, 3, 1, 10, tzinfo=UTC)) == latency(hour=None) == expected
    assert EndpointHour.objects.get(hour=None).seconds == pytest.approx(60.03)


def test_hours_add_up_in_the_total(corp):
    for hours in range(3):
        note(corp, 0.3, at=START + timedelta(hours=hours))
        note(corp, 0.3, at=START + timedelta(hours=hours))
        limits.take(corp, "user/get")
    assert EndpointHour.objects.exclude(hour=None).count() == 3
    assert sum(latency(hour=None)) == 6


def test_a_call_whose_slot_is_refused_writes_down_all_the_same(corp):
    limits.take(corp, READ)
    limits.rest(corp, READ)
    note(corp, 0.3)
    with pytest.raises(WeComError):
        limits.take(corp, READ)
    assert sum(latency(hour=None)) == 1


def test_a_call_costs_one_statement_whether_or_not_it_writes_down(corp):
    with clock.at(START):
        for answers in (0, 1, 300):
            for number in range(answers):
                note(corp, 0.1, f"endpoint/{number % 40}")
            with CaptureQueriesContext(connection) as seen:
                limits.take(corp, READ)
            assert len(seen) == 1


def test_while_a_process_goes_on_calling_it_writes_once_a_second(corp, monkeypatch):
    monkeypatch.setattr(journal, "PAUSE", 60.0)
    note(corp, 0.1)
    assert journal.due(corp.pk)
    note(corp, 0.1)
    assert journal.due(corp.pk) == ""
    monkeypatch.setattr(journal, "PAUSE", 0.0)
    assert journal.due(corp.pk)
    assert journal.due(corp.pk) == ""


def test_the_client_notes_answers_time_outs_and_the_token(played_corp, played, slowly, settings):
    settings.WECOM_TIMEOUT = (0.5, 0.12)
    settings.WECOM_BACKOFF = 0.01
    played.says(READ, slowly(0.4, FOLLOW_USERS), FOLLOW_USERS)
    client_for(played_corp).customers.follow_users()
    limits.take(played_corp, "user/get")
    assert sum(latency(hour=None)) == 2
    assert sum(latency(hour=None)[3:]) >= 1  # the time-out
    assert sum(latency("gettoken", hour=None)) == 1


def test_corps_are_kept_apart(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    note(corp, 0.1)
    limits.take(other, READ)
    assert not EndpointHour.objects.exists()
    limits.take(corp, READ)
    assert EndpointHour.objects.get(hour=None).corp == corp


@pytest.mark.django_db(transaction=True)
def test_threads_at_once_lose_no_answer_and_never_lock_each_other_out(corp):
    def work() -> None:
        try:
            for number in range(25):
                for endpoint in ("a/b", "c/d", "e/f"):
                    note(corp, 0.01 * number, endpoint)
                limits.take(corp, ("a/b", "c/d", "e/f")[number % 3])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limits.take(corp, "a/b")
    assert [sum(latency(name, hour=None)) for name in ("a/b", "c/d", "e/f")] == [100, 100, 100]


# --- quantiles ---


def bucketed(*seconds: float) -> list[int]:
    journal.forget()
    for value in seconds:
        journal.note(0, "x", START, value)
    return next(iter(journal._waiting[0].values())).latency


def test_no_answer_has_no_quantile():
    assert journal.quantile([0] * journal.BUCKETS, 0.5) is None
    assert journal.quantile([], 0.5) is None


def test_a_quantile_lies_within_the_bucket_of_the_answer_it_means():
    seconds = [0.01] * 50 + [0.3] * 45 + [4.0] * 5
    assert journal.quantile(bucketed(*seconds), 0.5) <= 0.025
    assert 0.2 < journal.quantile(bucketed(*seconds), 0.95) <= 0.35
    assert 2.5 < journal.quantile(bucketed(*seconds), 0.99) <= 5
    assert journal.quantile(bucketed(99), 0.5) == journal.BOUNDS[-1]


# --- refusals ---


def failure(errmsg: str = WORDS, code: int | None = 40001, endpoint: str = READ) -> WeComError:
    return WeComError(code, errmsg, ErrorKind.CONFIG, endpoint)


def test_a_refusal_is_kept_with_its_hint_and_the_address_that_wecom_saw(played_corp, played):
    played.says(READ, {"errcode": 60011, "errmsg": WORDS})
    with pytest.raises(WeComError):
        client_for(played_corp).customers.follow_users()
    reply = ErrorReply.objects.get()
    assert (reply.errcode, reply.words) == (60011, "invalid credential")
    assert (reply.hint, reply.address) == ("1700000000123456", "203.0.113.7")
    assert reply.advice


def test_a_refusal_costs_one_statement_and_counts_for_the_hour_and_for_all(corp):
    with clock.at(START):
        limits.take(corp, READ)
        for _ in range(3):
            with CaptureQueriesContext(connection) as seen:
                journal.failed(corp, failure())
            assert len(seen) == 1
        journal.failed(corp, failure(code=None))
    assert EndpointWindow.objects.get().errors_by_code == {"40001": 3, "none": 1}
    assert EndpointHour.objects.get().errors_by_code == {"40001": 3, "none": 1}


def test_only_the_last_replies_are_kept(corp, settings):
    settings.JOURNAL_REPLIES = 5
    for number in range(12):
        journal.failed(corp, failure(f"message {number}"))
    assert [reply.errmsg for reply in ErrorReply.objects.all()] == [f"message {n}" for n in (11, 10, 9, 8, 7)]


def test_a_corp_that_fails_much_leaves_the_replies_of_others(corp, settings):
    settings.JOURNAL_REPLIES = 2
    other = Corp.objects.create(corpid="wwother", agentid=1)
    journal.failed(other, failure("the other's"))
    for _ in range(5):
        journal.failed(corp, failure())
    assert ErrorReply.objects.filter(corp=other).count() == 1


def test_a_reply_of_a_corp_that_is_gone_is_no_error(corp):
    gone = Corp.objects.get(pk=corp.pk)
    corp.delete()
    journal.failed(gone, failure())
    assert not ErrorReply.objects.exists()


@pytest.mark.parametrize(
    "errmsg",
    [
        "invalid access_token=S3cr3t-token&x=1",
        'rejected {"corpsecret": "S3cr3t"}',
        "the token is token-1",
        "who is " + "S3cr3t" * 20,
        "code: S3cr3t",
    ],
)
def test_no_reply_holds_a_token_or_a_secret(errmsg, played_corp, played):
    refused(played_corp, played, errmsg)
    kept = ErrorReply.objects.get().errmsg
    assert "S3cr3t" not in kept
    assert "token-1" not in kept
    assert "***" in kept


def refused(corp: Corp, played, errmsg: str) -> None:
    played.says(READ, {"errcode": 60111, "errmsg": errmsg})
    with pytest.raises(WeComError):
        client_for(corp).customers.follow_users()


def test_ids_and_hints_stay_readable(played_corp, played):
    refused(played_corp, played, f"invalid external userid wm{'a' * 30}, hint: [1700000000123456]")
    reply = ErrorReply.objects.get()
    assert "wm" + "a" * 30 in reply.errmsg
    assert reply.hint


# --- what the page and Prometheus read ---


def test_activity_is_what_happened_in_the_span_and_what_is_used_now(corp):
    with clock.at(START):
        for seconds in (0.01, 0.02, 0.3):
            note(corp, seconds)
        note(corp, 5, at=START - timedelta(days=2))
        limits.take(corp, READ)
        journal.failed(corp, failure(code=84061))
        limits.rest(corp, READ)
        now = clock.now()
        (row,) = activity.since(corp, now - timedelta(hours=24), now)
        assert (row.endpoint, row.calls, row.errors) == (READ, 3, {"84061": 1})
        assert (row.minute, row.hour) == (1, 1)
        assert row.resting_until > now
        assert row.p50 < row.p95 <= 0.35
        (row,) = activity.since(corp, now - timedelta(days=3), now)
        assert row.calls == 4
    with clock.at(START + timedelta(days=9)):
        now = clock.now()
        assert activity.since(corp, now - timedelta(hours=24), now) == []


def test_activity_takes_three_queries_however_much_there_is(corp):
    for number in range(30):
        note(corp, 0.1, f"endpoint/{number}")
        limits.take(corp, f"endpoint/{number}")
    with clock.at(START), CaptureQueriesContext(connection) as seen:
        assert len(activity.since(corp, START - timedelta(days=7), clock.now())) >= 29
    assert len(seen) == 3
