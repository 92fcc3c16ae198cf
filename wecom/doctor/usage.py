"""What our own rows say: calls left, endpoints at rest, the breaker."""

from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from wecom import clock
from wecom.doctor.findings import Check, Finding, fail, note, ok
from wecom.doctor.patient import Patient
from wecom.limits import HOUR
from wecom.models.corp import SUSPENSION

NEARLY = HOUR.calls * 9 // 10


def limits(patient: Patient) -> Finding:
    """Our own counts against doc 90312: WeCom has no call that tells what is left."""
    windows = patient.corp.endpoint_windows
    now = clock.now()
    zone = ZoneInfo(patient.corp.timezone)
    resting = windows.filter(resting_until__gt=now).order_by("resting_until")
    ends = resting.values_list("endpoint", "resting_until")
    names = ", ".join(f"{endpoint} → {until.astimezone(zone):%H:%M}" for endpoint, until in ends if until)
    if names:
        meaning = _("They resume by themselves. Another app or program may share the corp's budget.")
        return fail(Check.LIMITS, _("Resting after too many calls: %s") % names, meaning)
    hour = now.replace(minute=0, second=0, microsecond=0)
    busiest = windows.filter(hour_start=hour).order_by("-hour_calls").first()
    if busiest is None:
        return ok(Check.LIMITS, _("no call was made this hour"))
    words = {
        "left": number_format(HOUR.calls - busiest.hour_calls, force_grouping=True),
        "cap": number_format(HOUR.calls, force_grouping=True),
        "endpoint": busiest.endpoint,
    }
    text = _("%(left)s of %(cap)s calls of this hour are left for %(endpoint)s, which is used most") % words
    return note(Check.LIMITS, text) if busiest.hour_calls > NEARLY else ok(Check.LIMITS, text)


def breaker(patient: Patient) -> Finding:
    corp = patient.corp
    if not corp.suspended_at or corp.suspended_at + SUSPENSION <= clock.now():
        return ok(Check.BREAKER, _("closed"))
    text = _("Calls were stopped: %s") % corp.suspended_reason
    return note(Check.BREAKER, text, _("It closes when all checks pass, or after five minutes."))
