import io

import pytest
from django.core.management import CommandError, call_command

from wecom.models import AccessToken, Corp, InboxEvent
from wecom.secrets import unseal

AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"
CORPID = "wwaddcorp0000001"


@pytest.fixture
def world(sandbox, sandbox_url) -> dict[str, str]:
    """A corp that exists in the sandbox and not yet here."""
    sandbox.call(
        "POST",
        "corps",
        corpid=CORPID,
        name="新店",
        agentid=1000009,
        secret="the-new-secret",
        token="theNewToken",
        aes_key=AES_KEY,
        staff=[{"userid": "chen", "name": "陈晨", "department": [1]}],
    )
    return {"api_base": sandbox_url}


def add(world: dict[str, str], **changes: object) -> str:
    out = io.StringIO()
    options = {
        "name": "新店",
        "agentid": 1000009,
        "secret": "the-new-secret",
        "token": "theNewToken",
        "aes_key": AES_KEY,
    }
    values = {**options, **world, **changes}
    call_command("add_corp", values.pop("corpid", CORPID), stdout=out, **values)
    return out.getvalue()


def test_a_right_corp_is_saved_with_its_secrets_sealed(world):
    said = add(world)
    corp = Corp.objects.get(corpid=CORPID)
    assert (corp.name, corp.agentid, corp.secret, corp.callback_token) == (
        "新店",
        1000009,
        "the-new-secret",
        "theNewToken",
    )
    assert corp.is_sandbox
    assert corp.secret_sealed != "the-new-secret" == unseal(corp.secret_sealed)
    assert f"/wecom/callback/{CORPID}/" in said
    assert "the-new-secret" not in said


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"corpid": "wwnobody"}, "corpid"),
        ({"corpid": "ww!"}, "corpid"),
        ({"secret": "another"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"agentid": 7}, "agentid"),
        ({"token": "another"}, "token"),
        ({"token": "not a token!"}, "token"),
        ({"aes_key": AES_KEY[::-1]}, "aes-key"),
        ({"aes_key": "short"}, "aes-key"),
        ({"api_base": "http://127.0.0.1:9"}, "api-base"),
        ({"api_base": "http://qyapi.weixin.qq.com"}, "API base must begin with https"),
        ({"agentid": -5}, "agentid"),
        ({"agentid": 2**31}, "agentid"),
        ({"name": ""}, "name"),
        ({"corpid": "ww\udcff"}, "corpid"),
        ({"secret": "\udcff\udcfe"}, "secret"),
        ({"token": "\udcff"}, "token"),
        ({"aes_key": "\udcff"}, "aes-key"),
    ],
)
def test_the_value_that_is_wrong_is_named_and_nothing_is_saved(wrong, named, world):
    with pytest.raises(CommandError) as refusal:
        add(world, **wrong)
    assert f"\n{named}: " in str(refusal.value) or named in str(refusal.value).split("\n")[0]
    assert [line.split(":")[0] for line in str(refusal.value).split("\n")[1::2]] in ([named], [])
    assert Corp.objects.get().corpid not in {CORPID, "wwnobody", "ww!"}


def test_a_host_that_is_not_wecom_is_named(world, played):
    played.says("get_api_domain_ip", b"<html>It works!</html>")
    with pytest.raises(CommandError, match=r"api-base: .* answers, but not like WeCom"):
        add(world, api_base=played.url)


def test_the_trusted_ip_is_named(world, sandbox):
    sandbox.call("POST", "corps", corpid=CORPID, trusted_ips=["203.0.113.9"])
    try:
        with pytest.raises(CommandError, match=r"trusted IP: .*60020.*\n.*企业可信IP"):
            add(world)
    finally:
        sandbox.call("POST", "corps", corpid=CORPID, trusted_ips=[])


def test_a_registered_corp_gets_new_credentials_and_keeps_its_rows(world):
    add(world, skip_check=True, secret="the-old-secret")
    corp = Corp.objects.get(corpid=CORPID)
    AccessToken.objects.create(corp=corp, version=3)
    InboxEvent.objects.create(corp=corp, key="k", event="e", next_try_at=corp.created_at, received_at=corp.created_at)
    corp.suspend(40001, "invalid secret", corp.created_at)
    assert "new credentials" in add(world)
    corp = Corp.objects.get(corpid=CORPID)
    assert (corp.secret, corp.suspended_at, corp.inbox_events.count()) == ("the-new-secret", None, 1)
    assert not AccessToken.objects.filter(corp=corp).exists()


def test_without_the_check_only_impossible_values_are_refused(world):
    with pytest.raises(CommandError, match="aes-key"):
        add(world, skip_check=True, aes_key="short")
    add(world, skip_check=True, secret="unchecked")
    assert Corp.objects.get(corpid=CORPID).secret == "unchecked"
