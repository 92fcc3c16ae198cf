"""Counts by status as a bar: segments in the order in which a delivery lives, positioned in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from campaigns.models import DeliveryStatus as Status
from campaigns.models import Step
from campaigns.reports import ReasonCount, StaffReport
from staff.states import look

ORDER = (
    Status.SENT,
    Status.HANDED,
    Status.UNSURE,
    Status.READY,
    Status.HELD,
    Status.PLANNED,
    Status.UNREACHABLE,
    Status.CAPPED,
    Status.EXPIRED,
    Status.FAILED,
    Status.CANCELLED,
    Status.SKIPPED,
)


MET_STAFF = (Status.SENT, Status.HANDED, Status.UNREACHABLE, Status.CAPPED, Status.EXPIRED)
MISSED = (Status.UNREACHABLE, Status.CAPPED, Status.EXPIRED, Status.FAILED, Status.CANCELLED)
COLOURS = {
    "ok": _("sent or done"),
    "wait": _("held, with staff, being checked"),
    "busy": _("about to leave"),
    "bad": _("missed"),
    "off": _("skipped, cancelled"),
}


@dataclass(frozen=True)
class Segment:
    """`start` and `width` are percent of the bar; `colour` is the meaning's name (ok, busy, wait, bad, off)."""

    status: Status
    number: int
    start: float
    width: float
    colour: str


@dataclass(frozen=True)
class Counted:
    """Deliveries by status."""

    counts: Mapping[str, int]

    def of(self, *statuses: Status) -> int:
        return sum(self.counts.get(status, 0) for status in statuses)

    @property
    def handed(self) -> int:
        """Those that staff got to see."""
        return self.of(*MET_STAFF)

    @property
    def waiting(self) -> int:
        return self.of(Status.HANDED)


@dataclass(frozen=True)
class Funnel(Counted):
    """One step from planned to sent."""

    step: Step
    reasons: Sequence[ReasonCount] = ()

    @property
    def planned(self) -> int:
        return sum(self.counts.values())

    @property
    def sent(self) -> int:
        return self.of(Status.SENT)

    @property
    def missed(self) -> int:
        return self.of(*MISSED)

    @property
    def skipped(self) -> int:
        return self.of(Status.SKIPPED)

    @property
    def bar(self) -> list[Segment]:
        """What is there, in order; nothing for a step that nobody has come to."""
        bar: list[Segment] = []
        start = 0.0
        for status in ORDER:
            number = self.counts.get(status, 0)
            if number:
                width = 100 * number / self.planned
                bar.append(Segment(status, number, round(start, 3), round(width, 3), look(status)[0]))
                start += width
        return bar


@dataclass(frozen=True)
class Person(Counted):
    """How much of what one staff member was handed they have finished."""

    row: StaffReport

    @property
    def finished(self) -> int:
        """Confirmed or done; that WeCom then did not reach the customer is not the staff's doing."""
        return self.of(Status.SENT, Status.UNREACHABLE, Status.CAPPED)

    @property
    def expired(self) -> int:
        return self.of(Status.EXPIRED)

    @property
    def completion(self) -> int | None:
        return round(100 * self.finished / self.handed) if self.handed else None
