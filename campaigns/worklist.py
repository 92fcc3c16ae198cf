"""Open work as staff see it: tasks with identical content stand together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q

from campaigns.bubbles import Shown, drawn
from campaigns.health import today
from campaigns.models import Task, TaskKind, TaskStatus
from campaigns.models.work import TaskQuerySet
from content import variables
from wecom.models import Corp

DONE_FOR = timedelta(days=7)
PERIODS = ("today", "overdue", "done")


@dataclass
class Bundle:
    """Tasks that say the same; `content` is what a message to be confirmed holds, as JSON items."""

    title: str
    script: str
    kind: str
    content: list[dict[str, Any]]
    bubbles: list[Shown] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    @property
    def confirms(self) -> bool:
        return self.kind == TaskKind.CONFIRM

    @property
    def spoken(self) -> str:
        """The script, with the customer's name where it is for one; each task has its own, too."""
        if len(self.tasks) == 1:
            return self.tasks[0].spoken
        return variables.fill(self.script, {name: f"⟨{label}⟩" for name, label in variables.VARIABLES.items()})

    @property
    def recipients(self) -> int:
        return sum(task.batch.size for task in self.tasks if task.batch)


def of_period(tasks: TaskQuerySet, period: str) -> TaskQuerySet:
    """`today`: open and wanted since today; `overdue`: open since before; `done`: finished in the last week."""
    if period == "done":
        return tasks.exclude(status=TaskStatus.OPEN).filter(finished_at__gte=today() - DONE_FOR)
    wanted = Q(due_at__lt=today())
    return tasks.open().filter(wanted if period == "overdue" else ~wanted)


def counts(tasks: TaskQuerySet) -> dict[str, int]:
    """How many tasks each period holds, in one query."""
    midnight = today()
    is_open = Q(status=TaskStatus.OPEN)
    found: dict[str, int] = tasks.aggregate(
        today=Count("pk", filter=is_open & Q(due_at__gte=midnight)),
        overdue=Count("pk", filter=is_open & Q(due_at__lt=midnight)),
        done=Count("pk", filter=~is_open & Q(finished_at__gte=midnight - DONE_FOR)),
    )
    return found


def with_content(tasks: TaskQuerySet) -> TaskQuerySet:
    """What a page needs to show them, in the one query that fetches them."""
    return tasks.select_related("corp", "staff", "customer", "delivery__campaign", "batch__step").annotate(
        campaign_name=F("delivery__campaign__name"), campaign_of_batch=F("batch__step__version__campaign__name")
    )


def bundled(tasks: Iterable[Task], corp: Corp) -> list[Bundle]:
    """Tasks in bundles of identical content, in the order in which the first of each came."""
    bundles: dict[Any, Bundle] = {}
    for task in tasks:
        step = task.batch.step if task.batch else None
        key = ("confirm", step.pk) if step else (task.title, task.script)
        if key not in bundles:
            bundles[key] = Bundle(task.title, task.script, task.kind, step.content if step else [])
        bundles[key].tasks.append(task)
    found = list(bundles.values())
    for bundle, content in zip(found, drawn(corp, *(bundle.content for bundle in found)), strict=True):
        bundle.bubbles = content
    return found
