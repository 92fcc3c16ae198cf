"""Whether WeCom reaches us: callback URL, token and AES key.

Nobody but WeCom knows what its console holds. A sandbox is asked to check the URL now; with a real corp the admin
presses "save" there, and what has arrived here since tells the rest.
"""

from datetime import datetime
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from wecom.crypto import Culprit
from wecom.doctor import menus
from wecom.doctor.findings import LABELS, Check, Finding, fail, note, ok, wait
from wecom.doctor.patient import Patient

REFUSED_BY_US = "HTTP 403"
LINE_OF = {Culprit.TOKEN: Check.TOKEN, Culprit.AES_KEY: Check.AES_KEY, Culprit.CORPID: Check.CALLBACK}
LOCAL_NAMES = (".local", ".lan", ".internal", ".localhost")


class Heard(NamedTuple):
    """What the corp's rows remember."""

    checked: datetime | None
    event: datetime | None
    refused: datetime | None  # only if nothing was accepted since
    culprit: Check | None


def heard(patient: Patient) -> Heard:
    corp = patient.corp
    _outcome = patient.played_check  # a sandbox's check leaves its trace in the row
    newest = corp.inbox_events.order_by("-id").first() if corp.pk else None
    event = newest.received_at if newest else None
    accepted = max(filter(None, (event, corp.callback_checked_at)), default=None)
    refused = corp.callback_refused_at if corp.callback_refused_for else None
    if refused is None or (accepted is not None and accepted >= refused):
        return Heard(corp.callback_checked_at, event, None, None)
    return Heard(corp.callback_checked_at, event, refused, LINE_OF[Culprit(corp.callback_refused_for)])


def local(patient: Patient, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(patient.corp.timezone)):%Y-%m-%d %H:%M:%S}"


# --- the URL ---


def callback(patient: Patient) -> Finding:
    past = heard(patient)
    failed = patient.played_check.get("answer") if not patient.played_check.get("ok") else None
    if failed and failed != REFUSED_BY_US:
        return unreached(patient)
    if past.refused and past.culprit is Check.CALLBACK:
        text = _("The callback of %s was refused: it was meant for another corp.") % local(patient, past.refused)
        return fail(Check.CALLBACK, text, _("Another corp's console holds this URL."), menus.callback())
    if past.culprit:
        return wait(Check.CALLBACK, past.culprit)
    if failed:
        return unreached(patient)
    if past.event or past.checked:
        return ok(Check.CALLBACK, "; ".join(seen(patient, past)))
    if patient.site and not patient.plays and is_private(patient.site):
        meaning = _("Open this installation under its public address, or set SITE_URL.")
        text = _("WeCom cannot reach %s: that address exists only in this network.") % patient.site
        return fail(Check.CALLBACK, text, meaning)
    return silent(patient)


def seen(patient: Patient, past: Heard) -> list[str]:
    said = []
    if past.checked:
        said.append(_("WeCom checked the URL at %s") % local(patient, past.checked))
    if past.event:
        said.append(_("last event at %s") % local(patient, past.event))
    return said


def unreached(patient: Patient) -> Finding:
    """The sandbox could not fetch its check from the URL that its console holds."""
    words = {"url": patient.played_check.get("url", ""), "answer": patient.played_check.get("answer", "")}
    text = _("The check of %(url)s failed: %(answer)s") % words
    meaning = _("WeCom does not reach us: no customer who comes or goes is noticed, and nobody is welcomed.")
    return fail(Check.CALLBACK, text, f"{meaning} {where_to_press(patient)}".strip(), menus.callback())


def silent(patient: Patient) -> Finding:
    text = _("Neither a check of the URL nor an event has arrived yet.")
    return note(Check.CALLBACK, text, where_to_press(patient), menus.callback())


def where_to_press(patient: Patient) -> str:
    url = patient.callback_url or f"https://…/wecom/callback/{patient.corp.corpid}/"
    advice = _(
        "Enter the URL %s, token and EncodingAESKey, tick the external contact events (外部联系人变更回调) and press "
        "Save (保存): WeCom then asks the URL at once. If the console says that the request failed, WeCom does not "
        "get through: look at DNS, firewall, proxy and certificate."
    )
    return advice % url


def is_private(site: str) -> bool:
    host = urlsplit(site).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith(LOCAL_NAMES)


# --- what encrypts and signs ---


def token(patient: Patient) -> Finding:
    return key(patient, Check.TOKEN, patient.corp.callback_token, "token")


def aes_key(patient: Patient) -> Finding:
    return key(patient, Check.AES_KEY, patient.corp.aes_key, "aes_key")


def key(patient: Patient, check: Check, mine: str, name: str) -> Finding:
    past, console = heard(patient), patient.console
    if console.get("callback_url"):
        return compared(check, mine, console.get(name))
    if past.refused and past.culprit is check:
        text = _("The callback of %(at)s was refused: the %(what)s in WeCom's console is another one.")
        return forged(check, text % {"at": local(patient, past.refused), "what": LABELS[check]})
    if console.get(name) and not patient.corp.callback_keys_made_at:
        return compared(check, mine, console.get(name))
    if past.event or past.checked:
        return ok(check, _("WeCom uses the same"))
    return note(check, _("well-formed; WeCom checks it when you save the callback URL"))


def compared(check: Check, mine: str, theirs: str | None) -> Finding:
    """Only a sandbox shows what its console holds."""
    return (
        ok(check, _("the sandbox has the same"))
        if mine == theirs
        else forged(check, _("The sandbox has another one."))
    )


def forged(check: Check, text: str) -> Finding:
    meaning = _("WeCom's events are thrown away as forgeries. Copy it again into the console, and press Save (保存).")
    return fail(check, text, meaning, menus.callback())
