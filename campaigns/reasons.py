"""Why a delivery was held, skipped or stopped: reason codes as sentences with the values that were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Placeholders are keys of the delivery's `detail`.
REASONS: dict[str, str | Promise] = {
    # before it left
    "before_entry": _("Planned for %(planned_at)s, before the customer entered the campaign (%(entered_at)s)."),
    "late": _("Found %(late_by_minutes)s minutes too late; at most %(allowed_minutes)s are allowed."),
    "condition": _("The step's condition did not hold."),
    "lost": _("The customer deleted the staff member (%(ended_at)s)."),
    "dropped": _("The staff member deleted the customer (%(ended_at)s)."),
    "half": _("The staff member has not confirmed the friendship."),
    "staff_left": _("The staff member is no longer in the corp or in the app's range."),
    "quiet_hours": _("Quiet hours (from %(from)s): waits until %(until)s."),
    "quota": _("%(used)s of the customer's %(cap)s mass messages in %(window)s are used up."),
    # what became of it
    "fail_list": _("WeCom refused this customer when the send was made: not reachable through this staff member."),
    "nobody_reachable": _("WeCom found nobody in the send whom it could reach (41048)."),
    "not_a_friend": _("The staff member sent it, but the customer is not a friend any more."),
    "capped": _("The staff member sent it, but WeCom's limit for the customer was reached in %(window)s."),
    "not_confirmed": _("The staff member did not confirm the send in time."),
    "not_done": _("The staff member did not do the task in time."),
    "staff_skipped": _("The staff member skipped the task: %(words)s"),
    "withdrawn": _("The send was withdrawn before the staff member confirmed it."),
    "campaign_ended": _("The campaign was ended."),
    "refused": _("WeCom refused the send: %(error)s"),
    "media": _("WeCom did not take the attachment, not even after a new upload: %(error)s"),
    "content": _("The content cannot be sent: %(error)s"),
}
UNKNOWN = _("No reason is known under %(code)s.")

# The same without values, for tables that count.
SHORT: dict[str, str | Promise] = {
    "before_entry": _("planned before the customer entered"),
    "late": _("found too late"),
    "condition": _("the step's condition did not hold"),
    "lost": _("the customer deleted the staff member"),
    "dropped": _("the staff member deleted the customer"),
    "half": _("the friendship is not confirmed"),
    "staff_left": _("the staff member is gone"),
    "quiet_hours": _("quiet hours"),
    "quota": _("the customer's quota is used up"),
    "fail_list": _("refused by WeCom for this customer"),
    "nobody_reachable": _("nobody reachable in the send"),
    "not_a_friend": _("not a friend any more when it was sent"),
    "capped": _("WeCom's limit reached when it was sent"),
    "not_confirmed": _("not confirmed in time"),
    "not_done": _("not done in time"),
    "staff_skipped": _("skipped by the staff member"),
    "withdrawn": _("withdrawn"),
    "campaign_ended": _("the campaign was ended"),
    "refused": _("refused by WeCom"),
    "media": _("attachment refused by WeCom"),
    "content": _("content cannot be sent"),
}


def explain(code: str, detail: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The sentence for a reason, moments in the corp's zone; a value that was not kept shows as an ellipsis."""
    sentence = REASONS.get(code)
    if sentence is None:
        return str(UNKNOWN) % {"code": code}
    values: defaultdict[str, str] = defaultdict(lambda: "…")
    values |= {name: _shown(value, zone) for name, value in detail.items()}
    return str(sentence) % values


def short(code: str) -> str:
    return str(SHORT.get(code, code))


def _shown(value: Any, zone: ZoneInfo) -> str:
    if not isinstance(value, str):
        return str(value)
    moment = parse_datetime(value) if len(value) > 15 and value[:4].isdigit() else None
    return local(moment, zone) if moment and moment.tzinfo else value


def local(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")
