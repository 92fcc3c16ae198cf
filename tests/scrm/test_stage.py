"""The stage itself: what the other tests rely on."""

import socket
import urllib.error
import urllib.request

import pytest
from _pytest.outcomes import Failed, Skipped
from playwright.sync_api import Page

from scrm.rehearsal.sandbox import Sandbox
from tests import stage
from wecom.client import client_for
from wecom.models import Corp


def test_the_network_is_closed_except_loopback() -> None:
    with pytest.raises(UserWarning, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.browser
def test_a_browser_reaches_the_live_server(page: Page, live: str) -> None:
    answer = page.goto("/healthz")
    assert answer
    assert answer.json() == {"database": True, "broker": True}


def test_the_client_talks_to_the_sandbox(sandbox: Sandbox, corp: Corp) -> None:
    departments = client_for(corp).contacts.departments()
    assert {"一店", "二店"} <= {department.name for department in departments}


def test_the_live_server_answers_callbacks_in_front_of_django(live: str, corp: Corp) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{live}/wecom/callback/{corp.corpid}/?msg_signature=x&timestamp=1&nonce=1&echostr=x")


@pytest.mark.parametrize(("ci", "outcome"), [("true", Failed), ("", Skipped)])
def test_without_chromium_browser_tests_fail_in_ci_and_are_skipped_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(stage, "CHROMIUM", None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install chromium"), stage.chromium():
        pass
