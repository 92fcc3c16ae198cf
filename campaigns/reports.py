"""What a campaign brought, and the story of one delivery. Every number is over what the asker may see."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import reasons
from campaigns.models import (
    Action,
    Batch,
    BatchStatus,
    Campaign,
    Delivery,
    DeliveryStatus,
    Enrollment,
    Step,
)
from staff.models import User


@dataclass(frozen=True)
class ReasonCount:
    """How many deliveries of a step have one status for one reason."""

    status: str
    reason: str
    text: str
    number: int


@dataclass(frozen=True)
class StepReport:
    """`step` is the position in its version; `deliveries` counts by status."""

    step: int
    step_id: int
    version: int
    title: str
    action: str
    deliveries: dict[str, int]
    reasons: list[ReasonCount] = field(default_factory=list)


@dataclass(frozen=True)
class StaffReport:
    """`staff` is WeCom's userid."""

    staff: str
    staff_id: int
    name: str
    deliveries: dict[str, int]


@dataclass(frozen=True)
class Report:
    enrolled: int
    enrollments: dict[str, int]
    deliveries: dict[str, int]
    steps: list[StepReport]
    staff: list[StaffReport]


def report(campaign: Campaign, user: User) -> Report:
    """The numbers of a campaign as the user may see them: frontline staff see their own. Four queries."""
    mine = Delivery.objects.visible_to(user).filter(campaign=campaign)
    enrollments = _counts(Enrollment.objects.visible_to(user).filter(campaign=campaign), "status")
    cells = list(mine.order_by().values_list("step", "status", "reason").annotate(number=Count("pk")))
    total: Counter[str] = Counter()
    for _step, status, _reason, number in cells:
        total[status] += number
    return Report(
        enrolled=sum(enrollments.values()),
        enrollments=enrollments,
        deliveries=dict(sorted(total.items())),
        steps=_steps(campaign, cells),
        staff=_staff(mine),
    )


def _counts(rows: Any, name: str) -> dict[str, int]:
    return dict(rows.order_by(name).values_list(name).annotate(number=Count("pk")))


def _steps(campaign: Campaign, cells: list[tuple[int, str, str, int]]) -> list[StepReport]:
    """Every step of the published versions; of the draft's while there is no other."""
    by_step: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for step_id, status, reason, number in cells:
        by_step[step_id].append((status, reason, number))
    steps = Step.objects.filter(version__campaign=campaign).select_related("version")
    rows = list(steps.order_by("version__number", "position"))
    published = [step for step in rows if step.version.published_at is not None]
    return [_step_report(step, by_step[step.pk]) for step in published or rows]


def _step_report(step: Step, cells: list[tuple[str, str, int]]) -> StepReport:
    counts: Counter[str] = Counter()
    for status, _reason, number in cells:
        counts[status] += number
    found = [ReasonCount(status, reason, reasons.short(reason), n) for status, reason, n in cells if reason]
    return StepReport(
        step=step.position,
        step_id=step.pk,
        version=step.version.number,
        title=step.title,
        action=step.action,
        deliveries=dict(sorted(counts.items())),
        reasons=sorted(found, key=lambda row: (-row.number, row.reason)),
    )


def _staff(mine: Any) -> list[StaffReport]:
    rows = mine.order_by("staff__name", "staff").values_list("staff", "staff__userid", "staff__name", "status")
    people: dict[int, StaffReport] = {}
    for pk, userid, name, status, number in rows.annotate(number=Count("pk")):
        people.setdefault(pk, StaffReport(userid, pk, name or userid, {})).deliveries[status] = number
    return list(people.values())


# ---- why ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """One sentence of a story. `status` gives its colour and icon."""

    at: datetime
    status: str
    text: str


def story(delivery: Delivery) -> list[Line]:
    """What happened to a delivery and why, oldest first. Related rows: enrollment, step, batch, staff, campaign."""
    zone = ZoneInfo(delivery.campaign.corp.timezone)
    return sorted(_lines(delivery, zone), key=lambda line: line.at)


def _lines(delivery: Delivery, zone: ZoneInfo) -> Iterator[Line]:
    enrollment = delivery.enrollment
    yield Line(enrollment.entered_at, "active", _("The customer entered the campaign."))
    yield Line(delivery.planned_at, "planned", _("The step fell due."))
    yield from _held(delivery, zone)
    if delivery.batch:
        yield from _sending(delivery, delivery.batch, zone)
    elif delivery.handed_at:
        yield Line(delivery.handed_at, "handed", _("%(staff)s got the task.") % {"staff": delivery.staff})
    if delivery.finished_at:
        yield Line(delivery.finished_at, delivery.status, _ending(delivery, zone))


def _held(delivery: Delivery, zone: ZoneInfo) -> Iterator[Line]:
    if delivery.status == DeliveryStatus.HELD:
        yield Line(delivery.planned_at, "held", reasons.explain(delivery.reason, delivery.detail, zone))
    elif delivery.held_until:
        why = delivery.detail.get("held_for")
        until = {"until": reasons.local(delivery.held_until, zone), "why": reasons.short(why or "quiet_hours")}
        yield Line(delivery.planned_at, "held", _("Held until %(until)s: %(why)s.") % until)


def _sending(delivery: Delivery, batch: Batch, zone: ZoneInfo) -> Iterator[Line]:
    values = {"staff": batch.staff, "n": batch.size, "error": batch.error}
    if batch.called_at and batch.status in (BatchStatus.CALLING, BatchStatus.UNSURE):
        yield Line(batch.called_at, "unsure", _("WeCom was called, and it is being checked whether it took the send."))
        if batch.undecided_at:
            yield Line(batch.undecided_at, "unsure", _("WeCom has several sends that could be it: a person decides."))
    if batch.status == BatchStatus.READY and batch.error:
        yield Line(batch.called_at or batch.created_at, "held", _("Not taken yet, tried again: %(error)s") % values)
    if delivery.handed_at:
        text = ngettext(
            "WeCom gave %(staff)s a send to %(n)s customer.",
            "WeCom gave %(staff)s a send to %(n)s customers.",
            batch.size,
        )
        yield Line(delivery.handed_at, "handed", text % values)
    for time in batch.reminder_times:
        yield Line(time, "handed", _("%(staff)s was reminded.") % values)
    if batch.confirmed_at:
        yield Line(batch.confirmed_at, "done", _("%(staff)s confirmed the send.") % values)
    if batch.cancel_asked_at:
        yield Line(batch.cancel_asked_at, "cancelled", _("WeCom was told to stop what was not confirmed."))


def _ending(delivery: Delivery, zone: ZoneInfo) -> str:
    if delivery.reason:
        return reasons.explain(delivery.reason, delivery.detail, zone)
    if delivery.step.action == Action.TASK:
        words = delivery.detail.get("words")
        return _("The task was done: %(words)s") % {"words": words} if words else _("The task was done.")
    return _("WeCom reports it as sent to the customer.")
