"""Looks at a corp's settings from every side and says, for each, whether it works and what to do if not.

Each check is a live test of one thing and can be asked alone: `Examination(corp).finding(Check.SECRET)`.
"""

from collections.abc import Callable
from typing import NamedTuple

from wecom.doctor import asking, listening, usage
from wecom.doctor.findings import LABELS, Check, Finding, State, failed, wait
from wecom.doctor.patient import Patient
from wecom.doctor.shapes import SHAPES, shapes
from wecom.models.corp import Corp

__all__ = [
    "CREDENTIALS",
    "LABELS",
    "Check",
    "Examination",
    "Finding",
    "State",
    "credentials",
    "examine",
    "failed",
    "shapes",
]


class Question(NamedTuple):
    ask: Callable[[Patient], Finding]
    needs: tuple[Check, ...] = ()  # what must not have failed before this can be looked at


QUESTIONS: dict[Check, Question] = {
    Check.API_BASE: Question(asking.api_base),
    Check.CLOCK: Question(asking.clock, (Check.API_BASE,)),
    Check.CORPID: Question(asking.corpid, (Check.API_BASE,)),
    Check.SECRET: Question(asking.secret, (Check.CORPID,)),
    Check.TRUSTED_IP: Question(asking.trusted_ip, (Check.SECRET,)),
    Check.AGENTID: Question(asking.agentid, (Check.TRUSTED_IP,)),
    Check.SCOPE: Question(asking.scope, (Check.AGENTID,)),
    Check.CUSTOMERS: Question(asking.customers, (Check.TRUSTED_IP,)),
    Check.MEMBERS: Question(asking.members, (Check.CUSTOMERS, Check.SCOPE)),
    Check.CALLBACK: Question(listening.callback),
    Check.TOKEN: Question(listening.token),
    Check.AES_KEY: Question(listening.aes_key),
    Check.LOGIN: Question(asking.login_domain, (Check.AGENTID,)),
    Check.LIMITS: Question(usage.limits),
    Check.BREAKER: Question(usage.breaker),
}
HISTORY = {Check.LIMITS, Check.BREAKER}  # of a corp that is stored
BLOCKING = {State.FAIL, State.WAIT}
# What `add_corp` refuses to store. The rest can be right only after WeCom's console knows our URL.
CREDENTIALS = tuple(check for check in Check if check not in HISTORY | {Check.CALLBACK, Check.LOGIN})


class Examination:
    """One look at a corp, stored or not. Answers that several checks need are fetched once."""

    def __init__(self, corp: Corp, site: str = "") -> None:
        self.patient = Patient(corp, site)
        self._found: dict[Check, Finding] = {}

    def finding(self, check: Check) -> Finding:
        if check not in self._found:
            self._found[check] = self._look(check)
        return self._found[check]

    def findings(self, *checks: Check) -> list[Finding]:
        return [self.finding(check) for check in checks]

    def _look(self, check: Check) -> Finding:
        shape = SHAPES.get(check)
        impossible = shape(self.patient.corp) if shape else None
        if impossible:
            return impossible
        ask, needs = QUESTIONS[check]
        missing = next((need for need in needs if self.finding(need).state in BLOCKING), None)
        return wait(check, missing) if missing else ask(self.patient)


def examine(corp: Corp, site: str = "") -> list[Finding]:
    """All findings about a corp, stored or not. A stored one that is healthy is relieved of its suspension."""
    checks = [check for check in Check if corp.pk or check not in HISTORY]
    findings = Examination(corp, site).findings(*checks)
    if corp.pk and corp.suspended_at and not failed(findings):
        corp.lift_suspension()
    return findings


def credentials(corp: Corp) -> list[Finding]:
    """Whether each of the corp's credentials is right, as far as WeCom can be asked."""
    return Examination(corp).findings(*CREDENTIALS)
