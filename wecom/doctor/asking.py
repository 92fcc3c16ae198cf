"""What WeCom's API says about address, credentials and permissions."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wecom.doctor import menus
from wecom.doctor.findings import Check, Finding, fail, note, ok
from wecom.doctor.patient import Patient, ip_in
from wecom.errors import WeComError

SKEW = timedelta(minutes=1)
WRONG_CORPID, WRONG_SECRET = {40013}, {40001, 40091}
WRONG_IP, TOO_OFTEN = {60020}, {45009}
WRONG_AGENT = {40056, 301002, 60011}
SWITCHED_OFF = {50003, 60031, 301007}


def said(error: WeComError) -> str:
    """The code and WeCom's words for it, without the hint and the link behind them: those are in the log."""
    words = error.errmsg.partition(", hint:")[0].strip()
    return _("WeCom says: %s") % f"{error.errcode or ''} {words}".strip()


def api_base(patient: Patient) -> Finding:
    base = patient.corp.api_base_url.rstrip("/")
    advice = _("Nothing can be asked of WeCom. Check the API base, the firewall and the proxy of this machine.")
    if isinstance(patient.front, requests.RequestException):
        text = _("%(base)s cannot be reached (%(why)s).") % {"base": base, "why": type(patient.front).__name__}
        return fail(Check.API_BASE, text, advice)
    if not patient.front_answer:
        return fail(Check.API_BASE, _("%s answers, but not like WeCom.") % base, advice)
    return ok(Check.API_BASE, base)


def clock(patient: Patient) -> Finding:
    """WeCom's `Date` against ours: tokens, signatures and welcome codes live by seconds."""
    date = patient.front.headers.get("Date", "") if isinstance(patient.front, requests.Response) else ""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return note(Check.CLOCK, _("WeCom's answer bears no time to compare with."))
    skew = datetime.now(UTC) - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))
    if abs(skew) <= SKEW:
        return ok(Check.CLOCK, _("agrees with WeCom's"))
    text = _("The clock of this machine is off by %d seconds.") % skew.total_seconds()
    meaning = _(
        "Access tokens and signatures would seem expired. Switch on time synchronisation (NTP) on this machine."
    )
    return fail(Check.CLOCK, text, meaning)


def corpid(patient: Patient) -> Finding:
    error = patient.token_error
    if error is None or error.errcode in WRONG_SECRET:
        return ok(Check.CORPID, patient.corp.corpid)
    if error.errcode in WRONG_CORPID:
        return fail(Check.CORPID, said(error), _("WeCom knows no corp with this id."), menus.corpid())
    return note(Check.CORPID, _("WeCom did not get as far as looking at it."))


def secret(patient: Patient) -> Finding:
    error = patient.token_error
    if error is None:
        return ok(Check.SECRET, _("WeCom accepts it"))
    if error.errcode in WRONG_SECRET:
        meaning = _("This is not the secret of an app of this corp. Another app's secret does not do, either.")
        return fail(Check.SECRET, said(error), meaning, menus.secret())
    if error.errcode in TOO_OFTEN:
        meaning = _("After many wrong secrets WeCom blocks this machine for an hour. Try again then.")
        return fail(Check.SECRET, said(error), meaning)
    return fail(Check.SECRET, said(error), _("WeCom gives no access token for it."))


def trusted_ip(patient: Patient) -> Finding:
    _agent, error = patient.agent
    if error is None or error.errcode not in WRONG_IP:
        seen = patient.seen_ip
        text = _("WeCom lets this machine call; it sees the address %s") % seen if seen else _("WeCom lets us call")
        return ok(Check.TRUSTED_IP, text)
    seen = ip_in(error.errmsg) or patient.seen_ip or "?"
    text = _("WeCom refuses calls from %(ip)s: %(said)s") % {"ip": seen, "said": said(error)}
    meaning = _(
        "An app answers only to addresses that its console lists. Add %s; a change takes about a minute. The console "
        "wants the callback URL or the trusted domain to be set before."
    )
    return fail(Check.TRUSTED_IP, text, meaning % seen, menus.trusted_ip())


def agentid(patient: Patient) -> Finding:
    agent, error = patient.agent
    number = patient.corp.agentid
    if (error and error.errcode in SWITCHED_OFF) or (agent and agent.close):
        text = said(error) if error else _("The app is switched off.")
        return fail(Check.AGENTID, text, _("An app that is switched off (已停用) can do nothing."), menus.enabling())
    if error and error.errcode in WRONG_AGENT:
        text = _("The app of this secret is not agent %d.") % number
        return fail(Check.AGENTID, f"{text} {said(error)}", _("Secret and agent id are of two apps."), menus.agentid())
    if error:
        return fail(Check.AGENTID, said(error), _("WeCom told nothing about the app. Test again in a moment."))
    return ok(Check.AGENTID, f"{number} {agent.name if agent else ''}".strip())


def scope(patient: Patient) -> Finding:
    agent, _error = patient.agent
    if agent is None or agent.sees_nobody:
        meaning = _("The app sees neither staff nor customers. Add all departments and members who serve customers.")
        return fail(Check.SCOPE, _("The app's visible range is empty."), meaning, menus.visible_range())
    parts = {
        "users": len(agent.allow_userinfos.user),
        "parties": len(agent.allow_partys.partyid),
        "tags": len(agent.allow_tags.tagid),
    }
    return ok(Check.SCOPE, _("departments: %(parties)d, members: %(users)d, tags: %(tags)d") % parts)


def customers(patient: Patient) -> Finding:
    _staff, error = patient.followers
    if error is None:
        return ok(Check.CUSTOMERS, _("the app may call the customer interfaces"))
    meaning = _("The app is not among those that may ask for customers: no customer, tag or message can be fetched.")
    return fail(Check.CUSTOMERS, said(error), meaning, menus.customer_api())


def members(patient: Patient) -> Finding:
    staff, _error = patient.followers
    if staff:
        text = ngettext("%d member may have customers", "%d members may have customers", len(staff)) % len(staff)
        return ok(Check.MEMBERS, text)
    meaning = _("Allow members to use customer contact (客户联系); they must be in the app's visible range, too.")
    text = _("No member in the app's visible range may have customers.")
    return fail(Check.MEMBERS, text, meaning, menus.members())


def login_domain(patient: Patient) -> Finding:
    """The trusted domain of web login, which the app tells itself (doc 90227)."""
    agent, _error = patient.agent
    domain = agent.redirect_domain.lower() if agent else ""
    meaning = _("Staff cannot log in with WeCom: error 50001. Enter %s as the app's trusted domain.")
    if patient.console and not patient.console.get("redirect_domain"):
        return ok(Check.LOGIN, _("the sandbox trusts every domain"))
    if not patient.host:
        text = _("WeCom trusts %s; set SITE_URL to have it compared") % (domain or _("no domain"))
        return note(Check.LOGIN, text)
    if domain == patient.host:
        return ok(Check.LOGIN, domain)
    text = _("WeCom trusts %(domain)s, but this installation is %(host)s.")
    words = {"domain": domain or _("no domain"), "host": patient.host}
    return fail(Check.LOGIN, text % words, meaning % patient.host, menus.login_domain())
