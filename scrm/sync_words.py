"""A sync in words for people: kinds, phases, who began it, and what WeCom's last refusal means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wecom.errors import ErrorKind
from wecom.models import SyncRun

KINDS: dict[str, Promise] = {
    "staff": gettext_lazy("Departments and staff"),
    "tags": gettext_lazy("Tags"),
    "customers": gettext_lazy("Customers"),
    "groups": gettext_lazy("Customer groups"),
}

STARTERS: dict[str, Promise] = {
    "nightly": gettext_lazy("the nightly run"),
    "command line": gettext_lazy("the command line"),
}

CODES: dict[int, Promise] = {
    40001: gettext_lazy("WeCom does not accept the app's secret."),
    40013: gettext_lazy("WeCom knows no corp with this corp id."),
    48002: gettext_lazy("The app may not use customer contact (客户联系)."),
    60011: gettext_lazy("The app may not see this member or department."),
    60020: gettext_lazy("This server's address is not among the app's trusted IPs."),
    84074: gettext_lazy("The member may not have customers: customer contact (客户联系) is not switched on for them."),
    301007: gettext_lazy("The app is switched off in WeCom's admin console."),
}

KINDS_OF_ERROR: dict[str, Promise] = {
    ErrorKind.TOKEN: gettext_lazy("WeCom keeps refusing our access token."),
    ErrorKind.RETRY: gettext_lazy("WeCom is busy or cannot be reached."),
    ErrorKind.CONFIG: gettext_lazy("WeCom refuses this app's calls."),
    ErrorKind.GONE: gettext_lazy("What was asked for is no longer in WeCom."),
    ErrorKind.UNKNOWN: gettext_lazy("WeCom's answer could not be read."),
}


class Trouble(NamedTuple):
    """`text` says what is wrong, `advice` what happens or helps; `href` leads to where it can be mended."""

    text: str
    advice: str
    href: str = ""


def trouble(run: SyncRun) -> Trouble | None:
    """The last error of a run, in plain words; None where all is well."""
    if run.silent:
        return Trouble(
            _("Nothing was heard of this sync for five minutes: its process has ended."),
            _("It goes on by itself within a minute, from where it stood."),
        )
    if not run.error:
        return None
    if not run.trouble:
        return Trouble(
            _("The sync met an error of our own."), _("Resume it; if that does not help, look into the log.")
        )
    href = reverse("system_doctor") if run.trouble.get("kind") == ErrorKind.CONFIG else ""
    return Trouble(_text(run), _advice(run), href)


def _text(run: SyncRun) -> str:
    kind, code = run.trouble.get("kind"), run.trouble.get("code")
    if kind == ErrorKind.LIMIT:
        return _("WeCom's frequency limit is used up.")
    told = CODES.get(code) or KINDS_OF_ERROR.get(kind)
    return str(told) if told else _("WeCom did not accept a call (%(code)s).") % {"code": code}


def _advice(run: SyncRun) -> str:
    until = _moment(run.trouble.get("retry_at"))
    if run.status == SyncRun.Status.RUNNING:
        if until:
            return _("The sync waits and goes on by itself at %(time)s.") % {"time": until}
        return _("The sync tries again by itself.")
    if run.trouble.get("kind") == ErrorKind.CONFIG:
        return _("Check the credentials, mend what they name, then resume.")
    if until:
        return _("What is done stays. Resume after %(time)s.") % {"time": until}
    return _("What is done stays. Resume to go on from there.")


def _moment(iso: str | None) -> str:
    try:
        return f"{timezone.localtime(datetime.fromisoformat(iso or '')):%H:%M}"
    except ValueError:
        return ""


def time_left(left: timedelta) -> str:
    minutes = round(left.total_seconds() / 60)
    if left < timedelta(minutes=1):
        return _("less than a minute left")
    if minutes < 90:
        return ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(n)d hour left", "about %(n)d hours left", hours) % {"n": hours}
