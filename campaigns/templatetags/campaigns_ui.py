"""What campaign pages say about steps, states and reasons."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import reasons
from campaigns.models import Action, Delivery, Enrollment, Step
from campaigns.reading import span_of
from staff.states import look

register = template.Library()

MARKS = {"ok": "check", "busy": "progress", "wait": "clock", "bad": "alert-triangle", "off": "point"}


@register.filter
def step_name(step: Step) -> str:
    """A task's title; a message's beginning."""
    if step.action == Action.TASK:
        return step.title
    text = next((item["text"] for item in step.content if item["kind"] == "text"), "")
    line = " ".join(text.split())
    return (line if len(line) <= 24 else f"{line[:24]}…") or _("Message")


@register.filter
def step_when(step: Step) -> str:
    """The step's moment on its clock."""
    if step.after is None:
        return _("Day %(day)s, %(time)s") % {"day": step.after_days, "time": f"{step.at:%H:%M}"}
    [(unit, amount)] = span_of(step.after).items()
    if not amount:
        return _("At once")
    return (_("After %(n)s h") if unit == "hours" else _("After %(n)s min")) % {"n": amount}


@register.filter
def why(row: Delivery | Enrollment) -> str:
    """The sentence behind a delivery's or an enrollment's reason; empty where there is none."""
    if isinstance(row, Enrollment):
        return reasons.short(row.end_reason) if row.end_reason else ""
    return reasons.explain(row.reason, row.detail, timezone.get_current_timezone()) if row.reason else ""


@register.filter
def state_colour(status: str) -> str:
    return look(str(status))[0]


@register.filter
def status_icon(status: str) -> str:
    return MARKS[look(str(status))[0]]
