"""JS-SDK: the documented signature, and tickets that are fetched once for all processes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from wecom import clock
from wecom.api.jssdk import signature
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import JsTicket

PAGE = "https://scrm.example/sidebar/?a=1&b=%E4%BD%A0"
CORP_TICKET, APP_TICKET = "get_jsapi_ticket", "ticket/get"


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def ticket_answers(slowly, seconds: float = 0.0):
    return [slowly(seconds, {"errcode": 0, "ticket": f"ticket-{n}", "expires_in": 7200}) for n in range(1, 30)]


def test_the_documented_vector():
    signed = signature(
        "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        "Wm3WZYTPz0wzccnW",
        1414587457,
        "http://mp.weixin.qq.com?params=value",
    )
    assert signed == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_a_fragment_does_not_count():
    assert signature("t", "n", 1, PAGE) == signature("t", "n", 1, f"{PAGE}#/tab")
    assert signature("t", "n", 1, PAGE) != signature("t", "n", 1, f"{PAGE}&c")


@pytest.mark.parametrize(("call", "agent"), [("config", False), ("agent_config", True)])
def test_wecoms_client_accepts_what_we_sign(call, agent, wecom, sandbox):
    signed = getattr(wecom.jssdk, call)(f"{PAGE}#top")

    def verdict(**more):
        return sandbox.corp("POST", "js_config", **{**signed.as_config(), "url": PAGE, "agent": agent, **more})

    assert verdict() == {"errcode": 0}
    assert verdict(agent=not agent) == {"errcode": 42012}
    assert verdict(url="https://evil.example/") == {"errcode": 40093}


@pytest.mark.django_db
def test_a_ticket_is_fetched_once_for_each_kind_and_kept_encrypted(played_corp, played, slowly):
    played.says(CORP_TICKET, *ticket_answers(slowly))
    played.says(APP_TICKET, {"errcode": 0, "ticket": "of-the-app", "expires_in": 7200})
    for _ in range(3):
        jssdk = client_for(played_corp).jssdk
        assert (jssdk.corp_ticket(), jssdk.app_ticket()) == ("ticket-1", "of-the-app")
    assert len(played.to(CORP_TICKET)) == len(played.to(APP_TICKET)) == 1
    assert played.to(APP_TICKET)[0].query["type"] == "agent_config"
    row = JsTicket.objects.get(corp=played_corp, kind="app")
    assert (row.ticket, row.version, "of-the-app" in row.ticket_sealed) == ("of-the-app", 1, False)


@pytest.mark.django_db
def test_a_ticket_is_left_a_minute_before_its_end(played_corp, played, slowly):
    played.says(CORP_TICKET, *ticket_answers(slowly))
    client = client_for(played_corp)
    client.jssdk.corp_ticket()
    with clock.at(clock.now() + timedelta(seconds=7130)):
        assert client.jssdk.corp_ticket() == "ticket-1"
    with clock.at(clock.now() + timedelta(seconds=7150)):
        assert client.jssdk.corp_ticket() == "ticket-2"


@pytest.mark.django_db(transaction=True)
def test_many_pages_at_once_fetch_one_ticket(played_corp, played, slowly):
    played.says(CORP_TICKET, *ticket_answers(slowly, 0.3))
    together = threading.Barrier(8)

    def view(_n):
        try:
            together.wait()
            return client_for(played_corp).jssdk.corp_ticket()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(view, range(8))) == {"ticket-1"}
    assert len(played.to(CORP_TICKET)) == 1


@pytest.mark.django_db
def test_the_lease_of_a_dead_process_runs_out(played_corp, played, slowly):
    JsTicket.objects.create(corp=played_corp, kind="corp", refreshing_until=timezone.now() - timedelta(seconds=1))
    played.says(CORP_TICKET, *ticket_answers(slowly))
    assert client_for(played_corp).jssdk.corp_ticket() == "ticket-1"


@pytest.mark.django_db
def test_a_refused_ticket_frees_the_lease(played_corp, played):
    played.says(CORP_TICKET, {"errcode": 48002, "errmsg": "api forbidden"})
    with pytest.raises(WeComError) as refused:
        client_for(played_corp).jssdk.corp_ticket()
    assert (refused.value.errcode, refused.value.kind) == (48002, ErrorKind.CONFIG)
    assert JsTicket.objects.get(corp=played_corp).refreshing_until is None


@pytest.mark.django_db
def test_new_credentials_drop_the_tickets(played_corp, played, slowly):
    played.says(CORP_TICKET, *ticket_answers(slowly))
    client_for(played_corp).jssdk.corp_ticket()
    played_corp.set_credentials(secret="another")
    assert not JsTicket.objects.exists()


def test_the_sandbox_gives_the_same_ticket_until_it_ends_and_100_an_hour_to_an_app(wecom, sandbox, corp):
    first = wecom.jssdk._fetch_app_ticket()
    sandbox.advance(60)
    second = wecom.jssdk._fetch_app_ticket()
    assert (second.ticket, second.expires_in < first.expires_in) == (first.ticket, True)
    sandbox.advance(7200)
    assert wecom.jssdk._fetch_app_ticket().ticket != first.ticket
    sandbox.call("POST", "corps", corpid=corp.corpid, limits={"ticket/get": {"app_hour": 0}})
    with pytest.raises(WeComError) as limited:
        wecom.jssdk._fetch_app_ticket()
    assert limited.value.kind is ErrorKind.LIMIT
