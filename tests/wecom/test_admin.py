import pytest

from wecom.models import AccessToken, Corp, InboxEvent
from wecom.models.corp import default_api_base

AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"
FORM = {
    "corpid": "wwform",
    "name": "表单",
    "agentid": "7",
    "api_base_url": "https://qyapi.weixin.qq.com",
    "quota_policy": "month",
    "quiet_from": "21:00",
    "quiet_until": "09:00",
    "timezone": "Asia/Shanghai",
    "secret": "typed-secret",
    "callback_token": "typedToken",
    "aes_key": AES_KEY,
}


@pytest.fixture
def browser_of_root(signed_in, superuser):
    return signed_in(superuser)


def test_the_admin_wears_the_product_s_icon(browser_of_root):
    assert "/static/favicon.svg" in browser_of_root.get("/admin/").content.decode()


def test_a_corp_is_made_with_its_secrets(browser_of_root):
    assert browser_of_root.post("/admin/wecom/corp/add/", FORM).status_code == 302
    corp = Corp.objects.get(corpid="wwform")
    assert (corp.secret, corp.callback_token, corp.aes_key) == ("typed-secret", "typedToken", AES_KEY)


@pytest.mark.parametrize("name", ["secret", "callback_token", "aes_key"])
def test_a_new_corp_needs_every_secret(name, browser_of_root):
    answer = browser_of_root.post("/admin/wecom/corp/add/", FORM | {name: ""})
    assert answer.status_code == 200
    assert not Corp.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"aes_key": "short"}, {"callback_token": "a b"}, {"api_base_url": "http://qyapi.weixin.qq.com"}]
)
def test_impossible_values_are_refused(wrong, browser_of_root):
    assert browser_of_root.post("/admin/wecom/corp/add/", FORM | wrong).status_code == 200
    assert not Corp.objects.exists()


def test_secrets_are_written_and_never_shown(browser_of_root, corp):
    url = f"/admin/wecom/corp/{corp.pk}/change/"
    page = browser_of_root.get(url).content.decode()
    for hidden in (corp.secret, corp.callback_token, corp.aes_key, corp.secret_sealed):
        assert hidden not in page
    AccessToken.objects.create(corp=corp)
    kept = FORM | {"corpid": corp.corpid, "secret": "", "callback_token": "", "aes_key": "", "name": "新名"}
    before = (corp.secret, corp.callback_token, corp.aes_key)
    assert browser_of_root.post(url, kept | {"secret": "rotated"}).status_code == 302
    after = Corp.objects.get(pk=corp.pk)
    assert (after.secret, after.callback_token, after.aes_key, after.name) == ("rotated", *before[1:], "新名")
    assert not AccessToken.objects.exists()


def test_a_token_is_never_shown(browser_of_root, corp):
    row = AccessToken.objects.create(corp=corp, token="live-token")
    page = browser_of_root.get(f"/admin/wecom/accesstoken/{row.pk}/change/").content.decode()
    assert "live-token" not in page
    assert row.token_sealed not in page


@pytest.mark.parametrize("model", ["corp", "accesstoken", "clock", "endpointwindow", "inboxevent", "syncrun"])
def test_every_list_opens(model, browser_of_root, corp):
    assert browser_of_root.get(f"/admin/wecom/{model}/").status_code == 200


def test_events_are_replayed_from_the_list(browser_of_root, corp):
    now = corp.created_at
    event = InboxEvent.objects.create(corp=corp, key="k", event="e", state="parked", next_try_at=now, received_at=now)
    form = {"action": "replay", "_selected_action": [event.pk]}
    assert browser_of_root.post("/admin/wecom/inboxevent/", form).status_code == 302
    event.refresh_from_db()
    assert event.state == "pending"


def test_the_default_api_base_is_wecoms():
    assert default_api_base() == "https://qyapi.weixin.qq.com"
