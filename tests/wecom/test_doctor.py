import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from tests import cast
from tests.wecom.callbacks import echo_query, sealed, through, xml_of
from wecom import callback, clock, doctor, limits
from wecom.doctor import Check, State, asking, listening


def states(corp) -> dict[Check, State]:
    return {finding.check: finding.state for finding in doctor.examine(corp)}


def failures(corp) -> set[Check]:
    return {finding.check for finding in doctor.failed(doctor.examine(corp))}


def test_a_corpid_in_another_encoding_is_no_corp(corp):
    with pytest.raises(CommandError, match="no such corp"):
        call_command("doctor", "ww\udcff")


def test_a_healthy_corp_fails_nowhere(sandbox, corp):
    found = states(corp)
    assert State.FAIL not in found.values()
    assert found[Check.CALLBACK] is State.NOTE
    assert list(found) == list(Check)


def test_nothing_reaches_staff_when_the_agent_id_is_tried(sandbox, corp):
    doctor.examine(corp)
    assert not sandbox.call("GET", f"corps/{corp.corpid}/staff/lin").get("app_messages")


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({"corpid": "wwnobody"}, Check.CORPID),
        ({"secret": "another"}, Check.SECRET),
        ({"agentid": 7}, Check.AGENTID),
        ({"callback_token": "another"}, Check.TOKEN),
        ({"aes_key": "B" * 43}, Check.AES_KEY),
        ({"api_base_url": "http://127.0.0.1:9"}, Check.API_BASE),
    ],
)
def test_exactly_the_wrong_value_is_named(change, culprit, sandbox, corp):
    for name, value in change.items():
        setattr(corp, name, value)
    found = doctor.failed(doctor.examine(corp))
    assert [finding.check for finding in found] == [culprit]
    assert found[0].advice


def test_an_app_without_customer_contact_is_named_with_the_menu_path(sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, customer_api=False)
    (found,) = doctor.failed(doctor.examine(corp))
    assert (found.check, "可调用接口的应用" in found.menu) == (Check.CUSTOMERS, True)


def test_a_caller_that_is_not_trusted_is_named(sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=["203.0.113.9"])
    try:
        assert failures(corp) == {Check.TRUSTED_IP}
    finally:
        sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=[])


def test_a_machine_whose_clock_is_wrong_is_told(sandbox, corp):
    examination = doctor.Examination(corp)
    for date, state in (("Mon, 01 Jan 2024 00:00:00 GMT", State.FAIL), ("", State.NOTE), ("nonsense", State.NOTE)):
        examination.patient.front.headers["Date"] = date
        assert asking.clock(examination.patient).state is state


def test_a_resting_endpoint_is_told(sandbox, corp):
    limits.take(corp, "externalcontact/get")
    limits.rest(corp, "externalcontact/get")
    (finding,) = doctor.failed(doctor.examine(corp))
    assert (finding.check, "externalcontact/get" in finding.detail) == (Check.LIMITS, True)


def test_a_healthy_corp_is_relieved_of_its_suspension(sandbox, corp):
    corp.suspend(60020, "not allow to access from your ip", clock.now())
    assert states(corp)[Check.BREAKER] is State.NOTE
    corp.refresh_from_db()
    assert corp.suspended_at is None


def test_a_sick_corp_stays_suspended(sandbox, corp):
    corp.suspend(40001, "invalid secret", clock.now())
    corp.secret = "still wrong"
    doctor.examine(corp)
    corp.refresh_from_db()
    assert corp.suspended_at is not None


def test_a_refused_callback_tells_which_value_is_wrong_until_one_arrives(sandbox, corp):
    """With a real corp nobody else knows what WeCom's console holds."""
    callback._noted.clear()
    query, body = sealed(corp, xml_of(corp))
    app = callback.wrap(None)
    path = f"/wecom/callback/{corp.corpid}/"
    through(app, "POST", path, query.replace("msg_signature=", "msg_signature=0"), body)
    corp.refresh_from_db()
    (finding,) = doctor.failed(doctor.examine(corp))
    assert (finding.check, "refused" in finding.detail) == (Check.TOKEN, True)
    with clock.at(clock.now() + timedelta(minutes=1)):
        through(app, "POST", path, query, body)
    assert failures(corp) == set()


def test_the_command_prints_a_line_each_and_fails_with_the_corp(sandbox, corp):
    out = io.StringIO()
    call_command("doctor", corp.corpid, stdout=out, no_color=True)
    lines = out.getvalue()
    assert re.search(r"^OK {4}secret +WeCom accepts it$", lines, re.MULTILINE)
    assert "FAIL" not in lines
    corp.secret = "another"
    corp.save()
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", stdout=out, no_color=True)
    assert re.search(
        r"^FAIL {2}secret +WeCom says: 40001 .*\n +This is .*\n +In WeCom's admin console: ",
        out.getvalue(),
        re.MULTILINE,
    )
    assert "another" not in out.getvalue()


def test_an_unknown_corp_is_a_sentence(db):
    with pytest.raises(CommandError, match="There is no such corp"):
        call_command("doctor", "wwnobody")


def finding_of(corp, check: Check, site: str = "") -> doctor.Finding:
    return doctor.Examination(corp, site).finding(check)


def test_the_address_that_wecom_saw_is_shown(sandbox, corp):
    assert "127.0.0.1" in finding_of(corp, Check.TRUSTED_IP).detail
    sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=["203.0.113.9"])
    refused = finding_of(corp, Check.TRUSTED_IP)
    assert (refused.state, "127.0.0.1" in refused.detail, "127.0.0.1" in refused.meaning) == (State.FAIL, True, True)
    assert "企业可信IP" in refused.menu


def test_what_cannot_be_seen_yet_waits_for_what_is_wrong(sandbox, corp):
    corp.secret = "another"
    waiting = {finding.check for finding in doctor.examine(corp) if finding.state is State.WAIT}
    assert waiting == {*(Check.TRUSTED_IP, Check.AGENTID, Check.SCOPE, Check.CUSTOMERS, Check.MEMBERS, Check.LOGIN)}


def test_an_empty_visible_range_is_named_alone(sandbox, corp):
    hidden = [{"userid": userid, "name": userid, "visible": False} for userid in ("lin", "wang")]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=hidden)
    (found,) = doctor.failed(doctor.examine(corp))
    assert (found.check, "可见范围" in found.menu) == (Check.SCOPE, True)


def test_members_without_the_right_to_customers_are_named(sandbox, corp):
    barred = [{"userid": userid, "name": userid, "external": False} for userid in ("lin", "wang")]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=barred)
    (found,) = doctor.failed(doctor.examine(corp))
    assert (found.check, "权限配置" in found.menu) == (Check.MEMBERS, True)


def test_another_trusted_domain_is_named_with_ours(sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, redirect_domain="old.example.com")
    found = finding_of(corp, Check.LOGIN, "https://scrm.example.com/")
    assert (found.state, "old.example.com" in found.detail, "scrm.example.com" in found.meaning) == (
        State.FAIL,
        True,
        True,
    )
    sandbox.call("POST", "corps", corpid=corp.corpid, redirect_domain="SCRM.example.com")
    assert finding_of(corp, Check.LOGIN, "https://scrm.example.com:443").state is State.OK
    assert finding_of(corp, Check.LOGIN).state is State.NOTE


def test_a_url_that_nobody_answers_is_named(sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, callback_url="http://127.0.0.1:9/wecom/callback/x/")
    (found,) = doctor.failed(doctor.examine(corp))
    assert (found.check, "http://127.0.0.1:9/" in found.detail) == (Check.CALLBACK, True)
    assert "接收消息" in found.menu


def test_wecom_s_check_of_the_url_is_remembered_until_the_keys_change(played_corp):
    """A real corp: nobody tells us what its console holds."""
    corp = played_corp
    assert finding_of(corp, Check.CALLBACK).state is State.NOTE
    query = echo_query(corp, "echo")
    through(callback.wrap(None), "GET", f"/wecom/callback/{corp.corpid}/", query)
    corp.refresh_from_db()
    assert {finding_of(corp, check).state for check in (Check.CALLBACK, Check.TOKEN, Check.AES_KEY)} == {State.OK}
    corp.set_credentials(secret="another")
    assert corp.callback_checked_at is not None
    corp.make_callback_keys(clock.now())
    assert finding_of(corp, Check.CALLBACK).state is State.NOTE


def test_one_wrong_key_after_another_is_noted_at_once(played_corp):
    """An admin who mends the token and has the AES key wrong, too, is told within seconds, not after a minute."""
    corp = played_corp
    callback._noted.clear()
    app, path = callback.wrap(None), f"/wecom/callback/{corp.corpid}/"
    good = echo_query(corp, "echo")
    through(app, "GET", path, good.replace("msg_signature=", "msg_signature=0"))
    corp.refresh_from_db()
    assert failures_of(corp) == {Check.TOKEN}
    other = cast.make_corp(corpid=f"{corp.corpid}x", aes_key="B" * 42 + "A")
    through(app, "GET", path, echo_query(other, "echo"))
    corp.refresh_from_db()
    assert failures_of(corp) == {Check.AES_KEY}
    through(app, "GET", path, good)
    corp.refresh_from_db()
    assert failures_of(corp) == set()


def failures_of(corp) -> set[Check]:
    found = doctor.Examination(corp).findings(Check.CALLBACK, Check.TOKEN, Check.AES_KEY)
    return {finding.check for finding in doctor.failed(found)}


@pytest.mark.parametrize(
    ("site", "private"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("https://10.1.2.3", True),
        ("https://scrm", True),
        ("https://scrm.lan", True),
        ("https://[::1]", True),
        ("https://scrm.example.com", False),
        ("https://8.8.8.8", False),
    ],
)
def test_an_address_that_wecom_cannot_reach_is_known(site, private):
    assert listening.is_private(site) is private


def test_the_calls_that_are_left_are_counted(corp):
    assert "no call" in finding_of(corp, Check.LIMITS).detail
    limits.take(corp, "externalcontact/get")
    assert re.search(r"149,999 of 150,000 .* externalcontact/get", finding_of(corp, Check.LIMITS).detail)


def test_no_finding_shows_a_secret(sandbox, corp):
    corp.secret, corp.callback_token = "a-secret-that-is-wrong", "aTokenThatIsWrong"
    said = "".join(
        f"{finding.detail} {finding.advice}" for finding in doctor.examine(corp, "https://scrm.example.com")
    )
    assert [secret for secret in (corp.secret, corp.callback_token, corp.aes_key) if secret in said] == []
