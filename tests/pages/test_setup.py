"""The set-up wizard, step by step: what is asked, what is refused, what is remembered."""

import pytest
from django.test import Client
from django.urls import reverse

from scrm.rehearsal.sandbox import Sandbox
from scrm.syncing import JOBS
from staff.models import AuditEntry, User
from tests import cast
from wecom import clock
from wecom.models import Corp, SyncRun

STEPS = ["setup_corp", "setup_callback", "setup_access", "setup_sync", "setup_done"]
NEW = "wwsetup000000001"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(superuser: User, signed_in) -> Client:
    return signed_in(superuser)


@pytest.fixture
def stranger(sandbox: Sandbox) -> dict[str, str]:
    """Credentials of a corp that exists in the sandbox and not yet here, as one enters them."""
    sandbox.call(
        "POST",
        "corps",
        corpid=NEW,
        name="新店",
        agentid=1000009,
        secret="the-new-secret",
        token="theNewToken",
        aes_key=cast.AES_KEY,
        staff=[{"userid": "chen", "name": "陈晨", "department": [1]}],
    )
    return {
        "name": "新店",
        "corpid": NEW,
        "agentid": "1000009",
        "secret": "the-new-secret",
        "quota_policy": "month",
        "api_base_url": sandbox.url,
    }


def synced(corp: Corp) -> None:
    for kind in JOBS:
        SyncRun.start(corp, kind).finish()


@pytest.mark.parametrize("name", STEPS)
def test_for_admins_only(signed_in, admin: User, operator: User, lin_user: User, name: str) -> None:
    assert signed_in(admin).get(reverse(name)).status_code == 200
    assert signed_in(operator).get(reverse(name)).status_code == 403
    assert signed_in(lin_user).get(reverse(name)).status_code == 403
    assert Client().get(reverse(name)).status_code == 302


def test_a_corp_is_added_only_by_one_who_will_see_it(signed_in, admin: User, operator: User, desk: Client) -> None:
    assert desk.get(reverse("setup_new")).status_code == 200
    for user in (admin, operator):
        assert signed_in(user).get(reverse("setup_new")).status_code == 403
        assert signed_in(user).post(reverse("setup_new"), {}).status_code == 403


def test_right_credentials_are_stored_sealed_with_new_callback_keys(desk: Client, stranger: dict[str, str]) -> None:
    answer = desk.post(reverse("setup_new"), stranger)
    assert answer["Location"] == reverse("setup_callback")
    corp = Corp.objects.get(corpid=NEW)
    assert (corp.name, corp.agentid, corp.secret, corp.is_sandbox) == ("新店", 1000009, "the-new-secret", True)
    assert (len(corp.callback_token), len(corp.aes_key)) == (32, 43)
    assert AuditEntry.objects.filter(action="corp.registered", corp=corp).exists()
    page = desk.get(reverse("setup_callback"))
    assert page.context["corp"] == corp  # one goes on with the corp that was just added
    assert "the-new-secret" not in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("corpid", "wwnobody"),
        ("corpid", "ww!"),
        ("corpid", "ww\0"),
        ("secret", "another"),
        ("secret", "密"),
        ("agentid", "7"),
        ("agentid", "-1"),
        ("agentid", "99999999999"),
        ("agentid", "x"),
        ("api_base_url", "http://127.0.0.1:9"),
        ("api_base_url", "http://qyapi.weixin.qq.com"),
        ("api_base_url", "https://user@qyapi.weixin.qq.com/"),
        ("name", ""),
        ("quota_policy", "year"),
    ],
)
def test_the_wrong_value_is_named_at_its_field_and_nothing_is_stored(
    desk: Client, stranger: dict[str, str], field: str, value: str
) -> None:
    answer = desk.post(reverse("setup_new"), {**stranger, field: value})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Corp.objects.filter(name="新店").exists()
    assert stranger["secret"] not in answer.content.decode()


def test_a_corp_is_registered_once(desk: Client, stranger: dict[str, str]) -> None:
    desk.post(reverse("setup_new"), stranger)
    again = desk.post(reverse("setup_new"), stranger)
    assert list(again.context["form"].errors) == ["corpid"]
    assert Corp.objects.filter(corpid=NEW).count() == 1


def test_an_address_that_is_not_trusted_yet_is_told_and_does_not_hold_up(
    desk: Client, stranger: dict[str, str], sandbox: Sandbox
) -> None:
    """WeCom's console takes trusted addresses only after the callback URL, which is the next step."""
    sandbox.call("POST", "corps", corpid=NEW, trusted_ips=["203.0.113.9"])
    page = desk.post(reverse("setup_new"), stranger, follow=True)
    (_saved, warning) = page.context["messages"]
    assert (warning.level_tag, "127.0.0.1" in str(warning), "企业可信IP" in str(warning)) == ("warning", True, True)
    lines = desk.get(reverse("setup_access"), headers=HTMX).content.decode()
    assert 'data-check="trusted IP" data-state="fail"' in lines
    assert 'data-check="agentid" data-state="wait"' in lines


def test_credentials_are_changed_without_showing_the_secret(
    signed_in, admin: User, corp: Corp, sandbox: Sandbox
) -> None:
    desk, secret = signed_in(admin), corp.secret
    html = desk.get(reverse("setup_corp")).content.decode()
    assert (corp.corpid in html, secret in html) == (True, False)
    values = {"name": "新名", "agentid": corp.agentid, "secret": "", "quota_policy": "day"}
    values |= {"api_base_url": corp.api_base_url, "corpid": "wwother"}
    assert desk.post(reverse("setup_corp"), values).status_code == 302
    fresh = Corp.objects.get(pk=corp.pk)
    assert (fresh.name, fresh.corpid, fresh.secret, fresh.quota_policy) == ("新名", corp.corpid, secret, "day")
    refused = desk.post(reverse("setup_corp"), {**values, "secret": "wrong"})
    assert list(refused.context["form"].errors) == ["secret"]
    assert Corp.objects.get(pk=corp.pk).secret == secret


def test_the_stored_secret_is_sent_to_no_other_address(
    signed_in, admin: User, superuser: User, corp: Corp, sandbox: Sandbox
) -> None:
    values = {"name": "新名", "agentid": corp.agentid, "secret": "", "quota_policy": "day"}
    elsewhere = {**values, "api_base_url": "https://thief.example.com"}
    assert signed_in(admin).post(reverse("setup_corp"), elsewhere).status_code == 302  # a corp's admin moves nothing
    assert Corp.objects.get(pk=corp.pk).api_base_url == corp.api_base_url
    refused = signed_in(superuser).post(reverse("setup_corp"), elsewhere)
    assert list(refused.context["form"].errors) == ["secret"]


def test_callback_keys_are_shown_until_they_are_used(signed_in, admin: User, corp: Corp) -> None:
    desk, page = signed_in(admin), reverse("setup_callback")
    assert corp.callback_token not in desk.get(page).content.decode()  # typed in by somebody, not made here
    desk.post(reverse("setup_callback_keys"))
    corp = Corp.objects.get(pk=corp.pk)
    answer = desk.get(page)
    assert corp.callback_token in answer.content.decode()
    assert corp.aes_key in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    Corp.objects.filter(pk=corp.pk).update(callback_checked_at=clock.now())
    html = desk.get(page).content.decode()
    assert (corp.callback_token in html, corp.aes_key in html) == (False, False)
    assert AuditEntry.objects.filter(action="corp.callback_keys").exists()


def test_the_callback_page_asks_again_until_wecom_has_come(signed_in, admin: User, corp: Corp) -> None:
    desk, page = signed_in(admin), reverse("setup_callback")
    assert "every 2s" in desk.get(page, headers=HTMX).content.decode()
    Corp.objects.filter(pk=corp.pk).update(callback_checked_at=clock.now())
    lines = desk.get(page, headers=HTMX).content.decode()
    assert ("every 2s" in lines, "<html" in lines) == (False, False)


def test_a_sandbox_plays_the_console(
    signed_in, admin: User, corp: Corp, sandbox: Sandbox, live: str, settings
) -> None:
    settings.SITE_URL = live
    desk = signed_in(admin)
    desk.post(reverse("setup_callback_keys"))
    page = desk.post(reverse("setup_callback_played"), follow=True)
    assert page.context["heard"]
    app = sandbox.corp("GET", "apps")["apps"][0]
    corp = Corp.objects.get(pk=corp.pk)
    assert (app["token"], app["aes_key"]) == (corp.callback_token, corp.aes_key)


def test_a_sandbox_that_does_not_reach_us_says_so(
    signed_in, admin: User, corp: Corp, sandbox: Sandbox, settings
) -> None:
    settings.SITE_URL = "http://127.0.0.1:9"
    page = signed_in(admin).post(reverse("setup_callback_played"), follow=True)
    assert "refused to save: NewConnectionError" in str([*page.context["messages"]])


def test_with_a_real_corp_nobody_plays(signed_in, admin: User, corp: Corp) -> None:
    assert signed_in(admin).post(reverse("setup_callback_played")).status_code == 409


def test_a_sync_that_must_fail_is_not_begun(signed_in, admin: User, corp: Corp, sandbox: Sandbox) -> None:
    sandbox.call("POST", "corps", corpid=corp.corpid, customer_api=False)
    answer = signed_in(admin).post(reverse("setup_sync_start"))
    assert answer["Location"] == reverse("setup_access")
    assert not AuditEntry.objects.filter(action="sync.started").exists()


def test_it_goes_on_where_it_was_left(signed_in, admin: User, corp: Corp) -> None:
    desk = signed_in(admin)

    def left() -> str:
        return desk.get(reverse("setup"))["Location"]

    assert left() == reverse("setup_callback")
    Corp.objects.filter(pk=corp.pk).update(callback_checked_at=clock.now())
    assert left() == reverse("setup_access")
    SyncRun.start(corp, "staff").fail("boom")
    assert left() == reverse("setup_sync")
    synced(corp)
    assert left() == reverse("setup_done")


def test_the_sync_page_follows_what_runs(signed_in, admin: User, corp: Corp) -> None:
    desk, page = signed_in(admin), reverse("setup_sync")
    assert "hx-trigger" not in desk.get(page, headers=HTMX).content.decode()
    run = SyncRun.start(corp, "customers")
    run.advance(total=200, done=50)
    html = desk.get(page, headers=HTMX).content.decode()
    assert ("every 1s" in html, 'value="25"' in html) == (True, True)
    run.fail("WeCom is away <b>")
    assert "WeCom is away &lt;b&gt;" in desk.get(page).content.decode()


def test_where_nobody_wants_it_the_wizard_stays_away(signed_in, operator: User, lin_user: User) -> None:
    for user in (operator, lin_user):
        assert signed_in(user).get(reverse("setup")).status_code == 403
        assert "/setup/" not in signed_in(user).get("/").content.decode()


@pytest.mark.parametrize("name", ["setup_callback_keys", "setup_callback_played", "setup_sync_start"])
def test_wrong_method(signed_in, admin: User, name: str) -> None:
    assert signed_in(admin).get(reverse(name)).status_code == 405
