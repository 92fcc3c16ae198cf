from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from wecom import clock, journal, limits
from wecom.models import Corp, EndpointWindow, InboxEvent


def test_healthy_means_that_database_and_broker_answer(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "broker": True})
    assert "no-store" in answer["Cache-Control"]


def test_a_broker_that_does_not_answer_makes_it_503(client: Client, db: None, settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens.sock"
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"database": True, "broker": False})


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_makes_it_503(client: Client, settings: Any) -> None:
    connection.close()
    connection.settings_dict["USER"], right = "a-stranger", connection.settings_dict["USER"]
    try:
        answer = client.get("/healthz")
    finally:
        connection.settings_dict["USER"] = right
        connection.close()
    assert (answer.status_code, answer.json()) == (503, {"database": False, "broker": True})


def test_only_reading_is_allowed(client: Client, db: None) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/metrics").status_code == 405


def test_metrics_tell_the_inbox_the_sends_and_the_limits(client: Client, corp: Corp) -> None:
    now = clock.now()
    InboxEvent.objects.create(
        corp=corp, key="k", event="e", lane="urgent", received_at=now - timedelta(seconds=90), next_try_at=now
    )
    EndpointWindow.objects.create(
        corp=corp,
        endpoint="externalcontact/get",
        spent_until=now,
        minute_start=now,
        hour_start=now,
        resting_until=now + timedelta(minutes=5),
        calls=7,
        errors_by_code={"45009": 2},
    )
    text = client.get("/metrics").content.decode()
    assert f'scrm_inbox_events{{corp="{corp.corpid}",lane="urgent",state="pending"}} 1.0' in text
    lag = next(line for line in text.splitlines() if line.startswith("scrm_inbox_lag_seconds "))
    assert 90 <= float(lag.split()[1]) < 120
    assert "scrm_wecom_endpoints_resting 1.0" in text
    assert f'scrm_wecom_errors{{corp="{corp.corpid}",endpoint="externalcontact/get",errcode="45009"}} 2.0' in text
    for family in ("scrm_deliveries", "scrm_batches", "scrm_tasks", "scrm_sync_runs"):
        assert f"# TYPE {family} gauge" in text


def test_metrics_tell_lag_latency_and_use_from_rows_that_every_process_shares(client: Client, corp: Corp) -> None:
    journal.forget()
    with clock.at(datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)):
        now = clock.now()
        for seconds in (1, 2, 3):
            handled = now - timedelta(minutes=10) + timedelta(seconds=seconds)
            InboxEvent.objects.create(
                corp=corp,
                key=f"k{seconds}",
                event="e",
                state="done",
                received_at=now - timedelta(minutes=10),
                next_try_at=now,
                handled_at=handled,
            )
        limits.take(corp, "user/get")
        journal.note(corp.pk, "user/get", now, 0.3)
        limits.take(corp, "user/get")
        limits.rest(corp, "user/get")
        journal.forget()
        text = client.get("/metrics").content.decode()
    labels = f'corp="{corp.corpid}",endpoint="user/get"'
    for line in (
        f'scrm_inbox_handling_seconds{{corp="{corp.corpid}",quantile="0.5"}} 2.0',
        f'scrm_wecom_window_use{{{labels},window="minute"}} 0.0002',
        f'scrm_wecom_call_seconds_bucket{{{labels},le="0.2"}} 0.0',
        f'scrm_wecom_call_seconds_bucket{{{labels},le="0.35"}} 1.0',
        f"scrm_wecom_call_seconds_count{{{labels}}} 1.0",
        f"scrm_wecom_resting_seconds{{{labels}}} ",
    ):
        assert line in text


def test_a_scrape_takes_as_many_queries_however_much_there_is(client: Client, corp: Corp) -> None:
    def count() -> int:
        with clock.at(clock.now()), CaptureQueriesContext(connection) as seen:
            client.get("/metrics")
        return len(seen)

    few = count()
    for number in range(15):
        limits.take(corp, f"endpoint/{number}")
        cast.make_corp()
    assert count() == few


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "203.0.113.9", 404),
        ({}, "", 404),
        ({"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer the-token"}, "203.0.113.9", 200),
        ({"Authorization": "Bearer wrong"}, "203.0.113.9", 404),
        ({"Authorization": "Bearer "}, "203.0.113.9", 404),
    ],
)
def test_metrics_are_for_this_machine_and_the_bearer_of_the_token(
    client: Client, db: None, settings: Any, headers: dict[str, str], address: str, status: int
) -> None:
    settings.METRICS_TOKEN = "the-token"
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_without_a_token_no_bearer_is_let_in(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    answer = client.get("/metrics", headers={"Authorization": "Bearer "}, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 404
