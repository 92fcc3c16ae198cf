"""Looks at a corp's settings from every side and says, for each, whether it works and what to do if not.

Nothing here goes through the breaker or the shared token: the credentials themselves are put to the test.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wecom import clock
from wecom.client import WeComClient, trial_client
from wecom.crypto import Culprit, decode_key
from wecom.errors import WeComError
from wecom.models.corp import SUSPENSION, Corp, check_api_base, is_loopback
from wecom.text import one_line

CORPID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")
SKEW = timedelta(minutes=1)
NOBODY = "scrm.doctor.nobody"  # no member has this userid: a message to it tells only whether the agent id is right
WRONG_SECRET, WRONG_CORPID, WRONG_IP, TOO_OFTEN = {40001, 40091}, {40013}, {60020}, {45009}
WRONG_AGENT, NO_RECIPIENT = {40056, 301002}, {81013}


class Check(StrEnum):
    """What is looked at. The values are the names of `add_corp`'s options where there is one."""

    API_BASE = "api-base"
    CORPID = "corpid"
    SECRET = "secret"  # noqa: S105
    AGENTID = "agentid"
    TOKEN = "token"  # noqa: S105
    AES_KEY = "aes-key"
    TRUSTED_IP = "trusted IP"
    SCOPE = "visible range"
    CUSTOMERS = "customer contact"
    CLOCK = "clock"
    CALLBACK = "callback"
    LIMITS = "limits"
    BREAKER = "breaker"


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # nothing wrong that could be seen from here
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    check: Check
    state: State
    detail: str
    advice: str = ""


def ok(check: Check, detail: str) -> Finding:
    return Finding(check, State.OK, detail)


def fail(check: Check, detail: str, advice: str) -> Finding:
    return Finding(check, State.FAIL, detail, advice)


def examine(corp: Corp) -> list[Finding]:
    """All findings about a corp, stored or not. A stored one that is healthy is relieved of its suspension."""
    findings = [*credentials(corp)]
    if corp.pk:
        findings += _history(corp)
        if not failed(findings) and corp.suspended_at:
            corp.lift_suspension()
    return findings


def failed(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.state is State.FAIL]


def credentials(corp: Corp) -> Iterator[Finding]:
    """Whether each of the corp's credentials is right, as far as WeCom can be asked."""
    for questions in (shapes, _reachable):
        findings = list(questions(corp))
        yield from findings
        if failed(findings):
            return
    yield from _live(corp)
    yield from _console(corp)


# --- what needs no network ---


def shapes(corp: Corp) -> Iterator[Finding]:
    """What is plainly impossible, without asking anybody."""
    try:
        check_api_base(corp.api_base_url)
    except ValidationError as problem:
        yield fail(Check.API_BASE, problem.messages[0], _("Leave it out to use https://qyapi.weixin.qq.com."))
    if not CORPID.fullmatch(corp.corpid):
        yield fail(Check.CORPID, _("This is not a corp id."), _where_corpid())
    if not corp.secret or not corp.secret.isascii() or not corp.secret.isprintable():
        yield fail(Check.SECRET, _("The secret is empty or holds characters that no secret has."), _where_secret())
    if not TOKEN.fullmatch(corp.callback_token):
        yield fail(Check.TOKEN, _("A callback token has 1 to 32 letters and digits."), _where_callback())
    try:
        decode_key(corp.aes_key)
    except ValueError:
        yield fail(Check.AES_KEY, _("An EncodingAESKey has 43 letters and digits."), _where_callback())


# --- what the API says ---


def _reachable(corp: Corp) -> Iterator[Finding]:
    """The API base answers like WeCom; its clock and ours agree."""
    base = corp.api_base_url.rstrip("/")
    advice = _("Check the API base, the firewall and the proxy of this machine.")
    try:
        response = requests.get(
            f"{base}/cgi-bin/get_api_domain_ip", timeout=settings.WECOM_TIMEOUT, allow_redirects=False
        )
        answers = "errcode" in response.json()
    except requests.JSONDecodeError:
        answers = False
    except requests.RequestException as problem:
        yield fail(Check.API_BASE, _("%s cannot be reached (%s).") % (base, type(problem).__name__), advice)
        return
    if not answers:
        yield fail(Check.API_BASE, _("%s answers, but not like WeCom.") % base, advice)
        return
    yield ok(Check.API_BASE, base)
    yield from _skew(response.headers.get("Date", ""))


def _skew(date: str) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    skew = datetime.now(UTC) - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))
    if abs(skew) > SKEW:
        text = _("The clock of this machine is off by %d seconds.") % skew.total_seconds()
        yield fail(Check.CLOCK, text, _("Switch on time synchronisation (NTP)."))
    else:
        yield ok(Check.CLOCK, _("agrees with WeCom's"))


def _live(corp: Corp) -> Iterator[Finding]:
    client = trial_client(corp)
    try:
        client.gate.enter("gettoken", client.fetch_access_token)
    except WeComError as error:
        yield _refused(error)
        return
    yield ok(Check.CORPID, corp.corpid)
    yield ok(Check.SECRET, _("WeCom accepts it"))
    for question in (_agent, _scope, _customers):
        try:
            yield question(client)
        except WeComError as error:
            yield _refused(error, default=_ASKED[question])


def _agent(client: WeComClient) -> Finding:
    try:
        client.app.send_text([NOBODY], "doctor")
    except WeComError as error:
        if error.errcode in WRONG_AGENT:
            text = _("The app of this secret is not agent %d.") % client.corp.agentid
            return fail(Check.AGENTID, text, _where_agentid())
        if error.errcode not in NO_RECIPIENT:
            raise
    return ok(Check.AGENTID, str(client.corp.agentid))


def _scope(client: WeComClient) -> Finding:
    departments = client.contacts.department_ids()
    if departments:
        return ok(Check.SCOPE, _("%d departments") % len(departments))
    advice = _("In WeCom's console: App Management (应用管理) → the app → Visible Range (可见范围).")
    return fail(Check.SCOPE, _("The app sees no department."), advice)


def _customers(client: WeComClient) -> Finding:
    staff = client.customers.follow_users()
    if staff:
        return ok(Check.CUSTOMERS, _("%d members may have customers") % len(staff))
    advice = _(
        "In WeCom's console: Customers (客户与上下游) → Customer Contact (客户联系) → Permissions (权限配置): "
        "add members who are in the app's visible range."
    )
    return fail(Check.CUSTOMERS, _("No member in the app's visible range may have customers."), advice)


_ASKED: dict[Callable[[WeComClient], Finding], Check] = {
    _agent: Check.AGENTID,
    _scope: Check.SCOPE,
    _customers: Check.CUSTOMERS,
}


def _refused(error: WeComError, default: Check = Check.API_BASE) -> Finding:
    said = _("WeCom says: %s") % one_line(f"{error.errcode or ''} {error.errmsg}".strip())
    if error.errcode in WRONG_CORPID:
        return fail(Check.CORPID, said, _where_corpid())
    if error.errcode in WRONG_SECRET:
        return fail(Check.SECRET, said, _where_secret())
    if error.errcode in WRONG_IP:
        advice = _(
            "In WeCom's console: App Management (应用管理) → the app → Company's trusted IPs (企业可信IP): add the "
            "address that WeCom names. A change takes about a minute."
        )
        return fail(Check.TRUSTED_IP, said, advice)
    if error.errcode in TOO_OFTEN:
        advice = _("After many wrong secrets WeCom blocks this machine for an hour. Try again then.")
        return fail(Check.LIMITS, said, advice)
    advice = _(
        "In WeCom's console: Customers (客户与上下游) → Customer Contact (客户联系) → API (可调用接口的应用): "
        "tick the app."
    )
    return fail(default, said, advice if default is Check.CUSTOMERS else _("Look the code up in WeCom's documents."))


def _console(corp: Corp) -> Iterator[Finding]:
    """Callback token and key: WeCom tells nobody what its console holds; a sandbox does."""
    held = _sandbox_corp(corp) if is_loopback(corp.api_base_url) else {}
    if not held:
        yield Finding(Check.TOKEN, State.NOTE, _("well-formed; WeCom checks it when you save the callback URL"))
        yield Finding(Check.AES_KEY, State.NOTE, _("well-formed; WeCom checks it when you save the callback URL"))
        return
    for check, mine, theirs in (
        (Check.TOKEN, corp.callback_token, held.get("token")),
        (Check.AES_KEY, corp.aes_key, held.get("aes_key")),
    ):
        if mine == theirs:
            yield ok(check, _("the sandbox has the same"))
        else:
            yield fail(check, _("The sandbox has another one."), _where_callback())


def _sandbox_corp(corp: Corp) -> dict[str, Any]:
    try:
        answer = requests.get(f"{corp.api_base_url.rstrip('/')}/sandbox/api/corps", timeout=settings.WECOM_TIMEOUT)
        return next((row for row in answer.json()["corps"] if row["corpid"] == corp.corpid), {})
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return {}


# --- what happened lately ---


def _history(corp: Corp) -> Iterator[Finding]:
    yield _callbacks(corp)
    resting = corp.endpoint_windows.filter(resting_until__gt=clock.now()).order_by("resting_until")
    names = ", ".join(f"{window.endpoint} → {window.resting_until:%H:%M} UTC" for window in resting)
    if names:
        text = _("Resting after too many calls: %s") % names
        yield fail(Check.LIMITS, text, _("They resume by themselves. Another app may share the budget."))
    else:
        yield ok(Check.LIMITS, _("no endpoint is resting"))
    if corp.suspended_at and corp.suspended_at + SUSPENSION > clock.now():
        text = _("Calls were stopped: %s") % one_line(corp.suspended_reason)
        yield Finding(Check.BREAKER, State.NOTE, text, _("It closes when all checks pass, or after five minutes."))
    else:
        yield ok(Check.BREAKER, _("closed"))


def _callbacks(corp: Corp) -> Finding:
    last = corp.inbox_events.order_by("-id").first()
    refused = corp.callback_refused_at if corp.callback_refused_for else None
    if refused and (last is None or last.received_at < refused):
        checks = {Culprit.TOKEN: Check.TOKEN, Culprit.AES_KEY: Check.AES_KEY, Culprit.CORPID: Check.CORPID}
        text = _("The callback of %s was refused: this does not agree with the one in WeCom's console.")
        return fail(
            checks[Culprit(corp.callback_refused_for)], text % f"{refused:%Y-%m-%d %H:%M} UTC", _where_callback()
        )
    if last is None:
        return Finding(Check.CALLBACK, State.NOTE, _("no event has arrived yet"), _where_callback())
    return ok(Check.CALLBACK, _("last event at %s") % f"{last.received_at:%Y-%m-%d %H:%M} UTC")


# --- where to look in WeCom's console ---


def _where_corpid() -> str:
    return _("In WeCom's console: My Company (我的企业) → Company Information → Company ID (企业ID).")


def _where_secret() -> str:
    return _("In WeCom's console: App Management (应用管理) → the app → Secret.")


def _where_agentid() -> str:
    return _("In WeCom's console: App Management (应用管理) → the app → AgentId.")


def _where_callback() -> str:
    return _(
        "In WeCom's console: App Management (应用管理) → the app → Receive Messages (接收消息) → Set API: URL, "
        "Token and EncodingAESKey; tick the external contact events (外部联系人变更回调)."
    )
