"""Reading a campaign's JSON: every value typed, every problem collected under its path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Action, ClockStart, Enroll, Kind
from campaigns.models.plan import EXPIRES_AFTER, LATE_AFTER
from content import attachments, variables
from content.attachments import ContentError
from customers import segments
from customers.segments import ConditionError
from wecom.models import Corp
from wecom.text import clean, one_line

DAY = timedelta(days=1)
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
UNITS = ("days", "hours", "minutes")
LONGEST_AFTER = timedelta(days=3650)
LONGEST_EXPIRY, LONGEST_LATENESS = timedelta(days=30), timedelta(days=30)
MAX_STEPS = 100
PLAN_FIELDS = {"corp", "name", "kind", "audience", "enroll", "clock", "priority", "late_after", "steps"}
STEP_FIELDS = {"after", "at", "action", "expires_after", "content", "title", "script", "condition"}


@dataclass
class Problems:
    """What is wrong, as (path, message)."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, message: str) -> None:
        self.found.append((path, message))

    def unknown(self, given: Iterable[Any], known: set[str], path: str) -> None:
        for name in sorted(map(str, given)):
            if name not in known:
                self.add(path, _("Does not belong here: %(name)s.") % {"name": one_line(name, 64)})


@dataclass
class Plan:
    """A definition that was read; `steps` holds the fields of each `Step`."""

    name: str
    kind: str
    audience: Any
    enroll: str
    clock: str
    priority: int
    late_after: timedelta
    steps: list[dict[str, Any]]


def read(raw: Any, corp: Corp, problems: Problems) -> Plan | None:
    """The plan that the definition describes, sound only where no problem was found; None if it is no object."""
    if not isinstance(raw, dict):
        problems.add("", _("Must be an object."))
        return None
    problems.unknown(raw, PLAN_FIELDS, "")
    if raw.get("corp", corp.corpid) != corp.corpid:
        problems.add("corp", _("Is another corp."))
    kind = _choice(raw, "kind", Kind, Kind.SOP, problems)
    broadcast = kind == Kind.BROADCAST
    plan = Plan(
        name=_text(raw, "name", 60, problems, required=True),
        kind=kind,
        audience=_audience(raw, corp, problems),
        enroll=_choice(raw, "enroll", Enroll, Enroll.EVERYONE if broadcast else Enroll.NEWCOMERS, problems),
        clock=_choice(raw, "clock", ClockStart, ClockStart.ENROLLED if broadcast else ClockStart.ADDED, problems),
        priority=_priority(raw, problems),
        late_after=_span(raw, "late_after", problems, LATE_AFTER, most=LONGEST_LATENESS),
        steps=_steps(raw, corp, problems),
    )
    if broadcast and len(plan.steps) > 1:
        problems.add("steps", _("A broadcast has one step."))
    return plan


def _steps(raw: dict[str, Any], corp: Corp, problems: Problems) -> list[dict[str, Any]]:
    given = raw.get("steps")
    if not isinstance(given, list):
        problems.add("steps", _("Must be a list."))
        return []
    if not given:
        problems.add("steps", _("A campaign needs at least one step."))
    if len(given) > MAX_STEPS:
        problems.add("steps", _("A campaign has at most %(most)d steps.") % {"most": MAX_STEPS})
        return []
    steps = [StepReader(step, f"steps[{n}]", corp, problems).read() for n, step in enumerate(given)]
    for number, (before, after) in enumerate(pairwise(steps), start=1):
        if certainly_before(after, before):
            problems.add(f"steps[{number}].after", _("Falls due before the step in front of it."))
    return steps


def certainly_before(step: dict[str, Any], other: dict[str, Any]) -> bool:
    """Does `step` fall due before `other` for every clock? Steps of one form compare exactly.

    A step on day n at a time lies more than n days + time - 24 h and at most n days + time after its clock, which
    may stand at any hour of its day.
    """
    first, second = _bounds(step), _bounds(other)
    if first is None or second is None:
        return False
    if (step["after"] is None) == (other["after"] is None):
        return first[1] < second[1]
    return first[1] < second[0] or (first[1] == second[0] and other["after"] is None)


def _bounds(step: dict[str, Any]) -> tuple[timedelta, timedelta] | None:
    """Earliest and latest distance from the clock; None for a step that could not be read."""
    if step.get("after") is not None:
        return step["after"], step["after"]
    if step.get("after_days") is None or step.get("at") is None:
        return None
    latest = step["after_days"] * DAY + timedelta(hours=step["at"].hour, minutes=step["at"].minute)
    return latest - DAY, latest


class StepReader:
    """One step of the definition."""

    def __init__(self, raw: Any, path: str, corp: Corp, problems: Problems) -> None:
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        self.path, self.corp, self.problems = path, corp, problems
        self.is_object = isinstance(raw, dict)

    def wrong(self, name: str, message: str) -> None:
        self.problems.add(f"{self.path}.{name}", message)

    def read(self) -> dict[str, Any]:
        if not self.is_object:
            self.problems.add(self.path, _("Must be an object."))
            return {"after": None}
        self.problems.unknown(self.raw, STEP_FIELDS, self.path)
        action = _choice(self.raw, "action", Action, None, self.problems, self.path)
        is_task = action == Action.TASK
        return {
            **self.moment(),
            "action": action,
            "expires_after": _span(
                self.raw, "expires_after", self.problems, EXPIRES_AFTER, self.path, most=LONGEST_EXPIRY
            ),
            "title": _text(self.raw, "title", 60, self.problems, self.path, required=is_task),
            "script": self.script(),
            "content": self.content(is_task=is_task),
            "condition": self.condition(),
        }

    def moment(self) -> dict[str, Any]:
        """`{"days": n}` with `at`, or a duration in hours and minutes without."""
        after = self.raw.get("after")
        if not isinstance(after, dict) or not after:
            self.wrong("after", _('Must be an object such as {"days": 1} or {"minutes": 30}.'))
            return {"after_days": None, "at": None, "after": None}
        if set(after) == {"days"}:
            return {"after_days": self.days(after["days"]), "at": self.at(), "after": None}
        if "days" in after:
            self.wrong("after", _("Days and hours do not mix."))
            return {"after_days": None, "at": None, "after": None}
        if "at" in self.raw:
            self.wrong("at", _("A time goes with days only."))
        return {"after_days": None, "at": None, "after": _span(self.raw, "after", self.problems, None, self.path)}

    def days(self, value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_AFTER.days:
            self.wrong("after.days", _("Must be a whole number from 0 to %(most)d.") % {"most": LONGEST_AFTER.days})
            return None
        return value

    def at(self) -> time | None:
        value = self.raw.get("at")
        if not isinstance(value, str) or not CLOCK_TIME.fullmatch(value):
            self.wrong("at", _("Must be a time from 00:00 to 23:59."))
            return None
        return time.fromisoformat(value)

    def script(self) -> str:
        text = _text(self.raw, "script", 4000, self.problems, self.path)
        try:
            variables.check(text)
        except ContentError as error:
            self.wrong("script", error.message)
        return text

    def content(self, *, is_task: bool) -> list[Any]:
        given = self.raw.get("content", [])
        if is_task:
            if given:
                self.wrong("content", _("A task has a title and a script; only a message has content."))
            return []
        try:
            attachments.parse(given, self.corp).check_variables(personal=False)
        except ContentError as error:
            self.problems.add(f"{self.path}.content{_joined(error.path)}", error.message)
            return []
        return list(given)

    def condition(self) -> Any:
        given = self.raw.get("condition")
        if given is None:
            return None
        try:
            segments.parse(given, self.corp)
        except ConditionError as error:
            self.problems.add(f"{self.path}.condition{_joined(error.path)}", error.message)
        return given


def _joined(path: str) -> str:
    return path if not path or path.startswith("[") else f".{path}"


def _audience(raw: dict[str, Any], corp: Corp, problems: Problems) -> Any:
    tree = raw.get("audience", {"all": []})
    try:
        segments.parse(tree, corp)
    except ConditionError as error:
        problems.add(f"audience{_joined(error.path)}", error.message)
    return tree


def _text(
    raw: dict[str, Any], name: str, most: int, problems: Problems, path: str = "", *, required: bool = False
) -> str:
    value, where = raw.get(name, ""), _at(path, name)
    if not isinstance(value, str):
        problems.add(where, _("Must be text."))
        return ""
    text: str = clean(value).strip()
    if required and not text:
        problems.add(where, _("Cannot be empty."))
    if len(text) > most:
        problems.add(where, _("Has more than %(most)d characters.") % {"most": most})
    return text


def _choice(raw: dict[str, Any], name: str, kind: type[Any], default: Any, problems: Problems, path: str = "") -> str:
    value = raw.get(name, default)
    if not isinstance(value, str) or value not in kind.values:
        problems.add(_at(path, name), _("Must be one of: %(kinds)s.") % {"kinds": ", ".join(kind.values)})
        return ""
    return str(value)


def _priority(raw: dict[str, Any], problems: Problems) -> int:
    value = raw.get("priority", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not -100 <= value <= 100:
        problems.add("priority", _("Must be a whole number from -100 to 100."))
        return 0
    return value


def _span(
    raw: dict[str, Any],
    name: str,
    problems: Problems,
    default: timedelta | None,
    path: str = "",
    *,
    most: timedelta = LONGEST_AFTER,
) -> timedelta:
    """`{"days": 1, "hours": 2, "minutes": 30}`, any of them; longer than zero where there is a default."""
    value, where = raw.get(name), _at(path, name)
    if value is None and default is not None:
        return default
    if not isinstance(value, dict) or not value or not set(value) <= set(UNITS):
        problems.add(where, _('Must be an object such as {"hours": 48}.'))
        return default or timedelta(0)
    for unit, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 10_000_000:
            problems.add(f"{where}.{unit}", _("Must be a whole number, 0 or more."))
            return default or timedelta(0)
    span = timedelta(**value)
    if span > most or (default is not None and not span):
        problems.add(where, _("Must be longer than nothing and at most %(days)d days.") % {"days": most.days})
    return span


def span_of(span: timedelta) -> dict[str, int]:
    """A duration as the definition writes it: in hours where it fits, otherwise in minutes."""
    minutes = int(span.total_seconds() // 60)
    return {"hours": minutes // 60} if minutes and minutes % 60 == 0 else {"minutes": minutes}


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
