"""What can be found: the checks, their states, and one line of the report."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wecom.text import one_line


class Check(StrEnum):
    """What is looked at, in the order of the report. The values are named like `add_corp`'s options."""

    API_BASE = "api-base"
    CLOCK = "clock"
    CORPID = "corpid"
    SECRET = "secret"  # noqa: S105
    TRUSTED_IP = "trusted IP"
    AGENTID = "agentid"
    SCOPE = "visible range"
    CUSTOMERS = "customer contact"
    MEMBERS = "members with customers"
    CALLBACK = "callback"
    TOKEN = "token"  # noqa: S105
    AES_KEY = "aes-key"
    LOGIN = "login domain"
    LIMITS = "limits"
    BREAKER = "breaker"


LABELS: dict[Check, Promise] = {
    Check.API_BASE: gettext_lazy("API base"),
    Check.CLOCK: gettext_lazy("clock"),
    Check.CORPID: gettext_lazy("corp id"),
    Check.SECRET: gettext_lazy("app secret"),
    Check.TRUSTED_IP: gettext_lazy("trusted IP"),
    Check.AGENTID: gettext_lazy("agent id"),
    Check.SCOPE: gettext_lazy("visible range"),
    Check.CUSTOMERS: gettext_lazy("customer contact"),
    Check.MEMBERS: gettext_lazy("members with customers"),
    Check.CALLBACK: gettext_lazy("callback URL"),
    Check.TOKEN: gettext_lazy("callback token"),
    Check.AES_KEY: gettext_lazy("callback AES key"),
    Check.LOGIN: gettext_lazy("login domain"),
    Check.LIMITS: gettext_lazy("calls left"),
    Check.BREAKER: gettext_lazy("breaker"),
}


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # nothing wrong that could be seen from here
    WAIT = "wait"  # cannot be looked at before another check is right
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was seen, what that means, and the way through the menus of WeCom's console to mend it."""

    check: Check
    state: State
    detail: str
    meaning: str = ""
    menu: str = ""

    @property
    def failed(self) -> bool:
        return self.state is State.FAIL

    @property
    def label(self) -> str:
        return str(LABELS[self.check])

    @property
    def advice(self) -> list[str]:
        """What it means, and where to mend it, as far as that is known."""
        where = _("In WeCom's admin console: %s") % self.menu if self.menu else ""
        return [text for text in (self.meaning, where) if text]


def ok(check: Check, detail: str) -> Finding:
    return Finding(check, State.OK, one_line(detail))


def note(check: Check, detail: str, meaning: str = "", menu: str = "") -> Finding:
    return Finding(check, State.NOTE, one_line(detail), meaning, menu)


def wait(check: Check, needed: Check) -> Finding:
    return Finding(check, State.WAIT, _("can be looked at once “%s” is right") % LABELS[needed])


def fail(check: Check, detail: str, meaning: str = "", menu: str = "") -> Finding:
    return Finding(check, State.FAIL, one_line(detail), meaning, menu)


def failed(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.failed]
