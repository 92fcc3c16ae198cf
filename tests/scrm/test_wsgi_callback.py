"""The process that takes callbacks and nothing else."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from scrm.wsgi_callback import application
from tests.wecom.callbacks import echo_query, sealed, through, xml_of
from wecom import callback
from wecom.models import Corp, InboxEvent

ELSEWHERE = ["/", "/login/", "/metrics", "/admin/", "/static/scrm.css", "/wecom/callback/", "/api/v1/"]


@pytest.fixture(autouse=True)
def _no_memory_between_tests() -> Iterator[None]:
    callback.forget()
    yield
    callback.forget()


def test_it_takes_callbacks(corp: Corp) -> None:
    path = f"/wecom/callback/{corp.corpid}/"
    assert through(application, "GET", path, echo_query(corp, "echo")) == (200, b"echo")
    assert through(application, "POST", path, *sealed(corp, xml_of(corp))) == (200, b"success")
    assert through(application, "POST", path, "", b"<xml><Encrypt>a</Encrypt></xml>") == (403, b"")
    assert InboxEvent.objects.count() == 1


@pytest.mark.parametrize("path", ELSEWHERE)
def test_nothing_else_is_there(path: str, db: None) -> None:
    assert through(application, "GET", path) == (404, b"")


def test_it_is_healthy_while_callbacks_can_be_stored(db: None) -> None:
    status, body = through(application, "GET", "/healthz")
    assert (status, json.loads(body)) == (200, {"database": True})


@pytest.mark.django_db(transaction=True)
def test_without_a_database_it_says_so_and_recovers(corp: Corp) -> None:
    path, (query, body) = f"/wecom/callback/{corp.corpid}/", sealed(corp, xml_of(corp))
    connection.close()
    right, connection.settings_dict["USER"] = connection.settings_dict["USER"], "a-stranger"
    try:
        assert through(application, "GET", "/healthz")[0] == 503
        assert through(application, "POST", path, query, body) == (500, b"")
    finally:
        connection.settings_dict["USER"] = right
        connection.close()
    assert through(application, "GET", "/healthz")[0] == 200
    assert through(application, "POST", path, query, body)[0] == 200
