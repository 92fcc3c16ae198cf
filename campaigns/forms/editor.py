"""The whole editor: a definition (design §9) ↔ what stands in the form, and errors back to their fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from campaigns.forms import conditions
from campaigns.forms.catalog import Catalog
from campaigns.forms.conditions import ConditionNode
from campaigns.forms.nodes import ITEMS, Item, Node, PlanForm, StepForm
from campaigns.forms.state import State, branch, first, flatten, number, rows
from campaigns.models import Action, ClockStart, Enroll, Kind
from content.models import Material
from customers import segments
from wecom.models import Corp

STEP_FIELDS = {"after": "", "at": "at", "expires_after": "expires", "condition": "conditional"}
PLAN_PART = {"name": 1, "kind": 1, "enroll": 2, "clock": 3, "priority": 4, "late_after": 4}


@dataclass
class StepNode:
    """One step: its own fields, the content items in order, and the condition that it may have."""

    number: int
    form: StepForm
    items: list[Item]
    condition: ConditionNode
    errors: list[str] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return str(self.form.prefix)

    @property
    def is_message(self) -> bool:
        return str(self.form["action"].value()) == Action.MESSAGE.value

    @property
    def conditional(self) -> bool:
        return bool(self.form["conditional"].value())

    @property
    def when(self) -> str:
        """The step's moment as people say it."""
        return spoken(self.form["timing"].value(), self.form)

    def forms(self) -> list[Node]:
        found: list[Node] = [self.form]
        if self.is_message:
            found += self.items
        return found + (self.condition.forms() if self.conditional else [])

    def definition(self) -> dict[str, Any]:
        step = self.form.definition()
        if self.is_message:
            step["content"] = [item.definition() for item in self.items]
        if self.conditional:
            step["condition"] = self.condition.tree()
        return step

    def blame(self, path: str, message: str) -> None:
        """`path` is relative to the step: `content[0].text`, `at`, `condition.all[1].value`."""
        name, _dot, rest = path.partition(".")
        hit = re.fullmatch(r"content\[(\d+)\]", name)
        if hit and int(hit[1]) < len(self.items):
            self.items[int(hit[1])].blame(rest, message)
        elif name == "condition" and self.condition.blame(rest, message):
            return
        elif name == "content":
            self.errors.append(message)
        else:
            timed = "days" if self.form["timing"].value() == "day" else "amount"
            self.form.blame(STEP_FIELDS.get(name, name) or timed, message)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(form.errors for form in self.forms())


class Editor:
    """A campaign in the making. Built from a state, it is drawn as it stands; with `judged` it is also checked."""

    def __init__(self, corp: Corp, state: State, *, judged: bool = False) -> None:
        self.corp, self.state, self.judged = corp, state, judged
        self.catalog = Catalog.of(corp)
        self.errors: list[str] = []
        self.plan = PlanForm(flatten({"plan": branch(state, "plan")}), prefix="plan", judged=judged)
        self.audience = ConditionNode.of(branch(state, "audience"), "audience", self.catalog, judged=judged)
        self.steps = [self._step(number, row) for number, row in enumerate(rows(state, "steps"))]
        self._show_materials()

    def _step(self, number: int, row: State) -> StepNode:
        data, prefix = flatten({f"steps-{number}": row}), f"steps-{number}"
        known = [(n, item) for n, item in enumerate(rows(row, "content")) if first(item, "kind") in ITEMS]
        return StepNode(
            number=number,
            form=StepForm(data, prefix=prefix, judged=self.judged),
            items=[
                ITEMS[first(item, "kind")](data, prefix=f"{prefix}-content-{n}", judged=self.judged)
                for n, item in known
            ],
            condition=ConditionNode.of(
                branch(row, "condition"), f"{prefix}-condition", self.catalog, judged=self.judged
            ),
        )

    def _show_materials(self) -> None:
        """One query for all originals that the items name; an item that names a foreign one shows none."""
        items = [item for step in self.steps for item in step.items if "material" in item.fields]
        keys = [number(str(item["material"].value() or "")) for item in items]
        found = Material.objects.of(self.corp).in_bulk({key for key in keys if key is not None})
        for item, key in zip(items, keys, strict=True):
            item.original = found.get(key) if key is not None else None

    @property
    def may_add_step(self) -> bool:
        return not self.steps or self.plan["kind"].value() != Kind.BROADCAST.value

    def refuse_uploads(self, refused: dict[str, str]) -> None:
        """Show at each item why its file was not taken."""
        for step in self.steps:
            for item in step.items:
                item.upload_error = refused.get(str(item.prefix), "")

    def audience_tree(self) -> conditions.Tree | None:
        """The audience as it stands, for counting; None while it is unfinished or wrong."""
        node = ConditionNode.of(branch(self.state, "audience"), "audience", self.catalog, judged=True)
        if not node.is_valid():
            return None
        tree = node.tree()
        try:
            segments.parse(tree, self.corp)
        except segments.ConditionError:
            return None
        return tree

    def forms(self) -> list[Node]:
        return [self.plan, *self.audience.forms(), *(form for step in self.steps for form in step.forms())]

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.forms()) and not self.errors

    def definition(self) -> dict[str, Any]:
        """The JSON of design §9 for a valid editor."""
        given = self.plan.cleaned_data
        return {
            "corp": self.corp.corpid,
            "name": given["name"],
            "kind": given["kind"],
            "enroll": given["enroll"],
            "clock": given["clock"],
            "priority": given["priority"],
            "late_after": {given["late_unit"]: given["late_after"]},
            "audience": self.audience.tree(),
            "steps": [step.definition() for step in self.steps],
        }

    def blame(self, errors: list[tuple[str, str]]) -> None:
        """Put each error of `campaigns.definitions` at the field that its path names, or above the form."""
        for path, message in errors:
            name, _dot, rest = path.partition(".")
            hit = re.fullmatch(r"steps\[(\d+)\]", name)
            if hit and int(hit[1]) < len(self.steps):
                self.steps[int(hit[1])].blame(rest, message)
            elif name in self.plan.fields:
                self.plan.blame(name, message)
            elif not (name == "audience" and self.audience.blame(rest, message)):
                self.errors.append(message)

    @property
    def parts_with_errors(self) -> set[int]:
        """Which of the four steps of the editor hold an error: type 1, who 2, what and when 3, rules and end 4."""
        if not self.judged:
            return set()
        parts = {PLAN_PART.get(name, 1) for name in self.plan.errors}
        parts |= {2} if any(form.errors for form in self.audience.forms()) else set()
        return parts | ({3} if any(step.has_errors for step in self.steps) else set())


def spoken(timing: str, form: StepForm) -> str:
    amount = form["amount"].value() or "…"
    if timing == "day":
        return _("Day %(day)s, %(time)s") % {"day": form["days"].value() or "…", "time": form["at"].value() or "…"}
    if timing == "hours":
        return _("After %(n)s h") % {"n": amount}
    return _("At once") if amount == "0" else _("After %(n)s min") % {"n": amount}


def state_of(definition: dict[str, Any]) -> State:
    """What the form shows for a definition."""
    plan = {name: definition[name] for name in ("name", "kind", "enroll", "clock")}
    late_unit, late_after = _span(definition.get("late_after") or {"hours": 12})
    plan |= {"priority": definition.get("priority", 0), "late_after": late_after, "late_unit": late_unit}
    return {
        "plan": plan,
        "audience": conditions.state_of(definition.get("audience")),
        "steps": [_step_state(step) for step in definition["steps"]],
    }


def _step_state(step: dict[str, Any]) -> State:
    after = dict(step["after"])
    if "days" in after and step.get("at"):
        moment = {"timing": "day", "days": after["days"], "at": step["at"][:5]}
    else:
        timing, wait = _span(after)
        moment = {"timing": timing, "amount": wait}
    unit, amount = _span(step.get("expires_after") or {"hours": 48})
    return {
        "action": step["action"],
        **moment,
        "expires": amount,
        "expires_unit": unit,
        "title": step.get("title", ""),
        "script": step.get("script", ""),
        "content": [dict(item) for item in step.get("content", [])],
        "conditional": "on" if step.get("condition") else "",
        "condition": conditions.state_of(step.get("condition")),
    }


def _span(span: dict[str, int]) -> tuple[str, int]:
    """(unit, amount): as it was written where that is one unit, in minutes otherwise."""
    if len(span) == 1:
        [(unit, amount)] = span.items()
        return unit, amount
    return "minutes", span.get("days", 0) * 1440 + span.get("hours", 0) * 60 + span.get("minutes", 0)


def new_step(action: str, day: int = 0) -> State:
    """An empty step as the editor offers it: ten in the morning of `day`, two days for the staff."""
    return {
        "action": action,
        "timing": "day",
        "days": day,
        "at": "10:00",
        "amount": "",
        "expires": 48,
        "expires_unit": "hours",
        "content": [{"kind": "text", "text": ""}] if action == Action.MESSAGE else [],
        "condition": conditions.empty(),
    }


def blank(kind: str = Kind.SOP) -> State:
    """A new campaign of `kind`, with the defaults that most campaigns keep."""
    broadcast = kind == Kind.BROADCAST
    step = new_step(Action.MESSAGE)
    if broadcast:
        step |= {"timing": "minutes", "amount": 0}
    return {
        "plan": {
            "name": "",
            "kind": kind,
            "enroll": Enroll.EVERYONE if broadcast else Enroll.NEWCOMERS,
            "clock": ClockStart.ENROLLED if broadcast else ClockStart.ADDED,
            "priority": 0,
            "late_after": 12,
            "late_unit": "hours",
        },
        "audience": conditions.empty(),
        "steps": [step],
    }
