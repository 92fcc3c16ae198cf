import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.wecom.callbacks import sealed, through, xml_of
from wecom import callback, clock, doctor, limits
from wecom.doctor import Check, State


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
    assert set(found) == set(Check) - {Check.TRUSTED_IP}


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
    assert (found.check, "可调用接口的应用" in found.advice) == (Check.CUSTOMERS, True)


def test_a_caller_that_is_not_trusted_is_named(sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=["203.0.113.9"])
    try:
        assert failures(corp) == {Check.TRUSTED_IP}
    finally:
        sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=[])


def test_a_machine_whose_clock_is_wrong_is_told(sandbox, corp):
    (finding,) = doctor._skew("Mon, 01 Jan 2024 00:00:00 GMT")
    assert (finding.check, finding.state) == (Check.CLOCK, State.FAIL)
    assert list(doctor._skew("")) == list(doctor._skew("nonsense")) == []


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
    assert re.search(r"^FAIL {2}secret +WeCom says: 40001 .*\n +In WeCom's console: ", out.getvalue(), re.MULTILINE)
    assert "another" not in out.getvalue()


def test_an_unknown_corp_is_a_sentence(db):
    with pytest.raises(CommandError, match="There is no such corp"):
        call_command("doctor", "wwnobody")
