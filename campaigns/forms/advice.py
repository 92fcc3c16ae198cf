"""What the editor says beside the form: how many messages a customer gets, what quota and quiet hours do to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.consequences import past_steps
from campaigns.forms.editor import Editor, StepNode
from campaigns.forms.state import number
from wecom.models import Corp, QuotaPolicy

WEEK, MONTH = 7, 28


@dataclass(frozen=True)
class Advice:
    """`level` is `info`, or `wait` for what will hold messages back."""

    level: str
    text: str


def advise(editor: Editor) -> list[Advice]:
    messages = [step for step in editor.steps if step.is_message]
    tasks = len(editor.steps) - len(messages)
    return [
        Advice("info", _amount(len(messages), tasks)),
        *(Advice("wait", text) for text in past_steps(editor.plan["enroll"].value(), editor.plan["clock"].value())),
        *_quota(editor.corp, messages),
        *(advice for step in messages if (advice := _quiet(editor.corp, step))),
    ]


def _amount(messages: int, tasks: int) -> str:
    first = ngettext("%(n)d message per customer", "%(n)d messages per customer", messages) % {"n": messages}
    second = ngettext("%(n)d task for staff", "%(n)d tasks for staff", tasks) % {"n": tasks}
    return f"{first} · {second}" if tasks else first


def _quota(corp: Corp, messages: list[StepNode]) -> list[Advice]:
    """A campaign that alone needs more than the corp's window allows."""
    span = {QuotaPolicy.DAY.value: 1, QuotaPolicy.WEEK.value: WEEK}.get(corp.quota_policy, MONTH)
    days = sorted(day for step in messages if (day := _day(step)) is not None)
    most = max((sum(1 for other in days if day <= other < day + span) for day in days), default=0)
    if most <= span:
        return []
    policy = corp.get_quota_policy_display()
    text = _("WeCom lets a customer receive %(policy)s; this plan wants %(n)d in that time. The rest waits.")
    return [Advice("wait", text % {"policy": policy, "n": most})]


def _quiet(corp: Corp, step: StepNode) -> Advice | None:
    at = _time(step)
    if at is None or not in_quiet(corp, at):
        return None
    values = {
        "number": step.number + 1,
        "at": f"{at:%H:%M}",
        "from": f"{corp.quiet_from:%H:%M}",
        "until": f"{corp.quiet_until:%H:%M}",
    }
    text = _("Step %(number)d at %(at)s lies in the quiet hours (%(from)s-%(until)s) and waits until %(until)s.")
    return Advice("wait", text % values)


def in_quiet(corp: Corp, at: time) -> bool:
    """Whether the local time lies in the corp's quiet hours, which usually span midnight."""
    start: time = corp.quiet_from
    end: time = corp.quiet_until
    return start <= at < end if start <= end else at >= start or at < end


def _time(step: StepNode) -> time | None:
    """The local time of a step on a day; None where it is not one yet."""
    try:
        return time.fromisoformat(str(step.form["at"].value())) if _is_daily(step) else None
    except ValueError:
        return None


def _is_daily(step: StepNode) -> bool:
    return step.form["timing"].value() == "day"


def _day(step: StepNode) -> int | None:
    """The day of the step counted from the clock; a step of minutes or hours is on the day that they reach."""
    name, per_day = (
        ("days", 1) if _is_daily(step) else ("amount", 24 if step.form["timing"].value() == "hours" else 1440)
    )
    posted = number(str(step.form[name].value() or ""))
    return None if posted is None else posted // per_day
