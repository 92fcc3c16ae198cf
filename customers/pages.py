"""Phase 1 of the full sync: every page of ``batch/get_by_user``, several groups of staff side by side.

Threads read ahead, one group each; this thread writes what they bring, many pages in a transaction, and with it the
place from which everything goes on: the groups under way with WeCom's cursors, and who comes after them. Whatever
was read and not yet written is read again after an interruption.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from customers import bulk
from customers.convergence import converge, fetch_unknown
from customers.models import Follow
from staff.crew import Crew
from staff.models import Staff
from staff.patience import patiently
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun
from wecom.payloads import CustomerRow

PHASE = "customers"
GROUP = 100  # staff per call, the most that WeCom takes
PAGE = 100  # rows per page, the most that WeCom gives
STRETCH = 5  # pages that a thread reads before it hands them over
GROUPS_EACH = 10  # per thread: few enough to fill pages, enough that no thread is left with much more than the others
BAD_CURSOR = (50100, 60268, 40058)
RESTARTS = 3  # of one group, when WeCom forgets its cursors


@dataclass(frozen=True, slots=True)
class Lane:
    """A group of staff, and WeCom's cursor, which belongs to exactly that list."""

    group: list[str]
    page: str = ""
    again: int = 0


@dataclass(slots=True)
class Stretch:
    """What a thread brings: rows asked for at ``asked_at`` or later, and where to go on; no lane: to the end."""

    asked_at: datetime
    rows: list[CustomerRow] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    unlicensed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Place:
    """What the run's cursor holds. ``late`` are customers who changed while we asked; they are asked for singly."""

    after: str = ""
    lanes: list[Lane] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, cursor: Any) -> Self:
        """From a cursor as it was stored; from one of another make, the beginning."""
        try:
            lanes = [Lane(list(lane["group"]), str(lane["page"]), int(lane["again"])) for lane in cursor["lanes"]]
            return cls(str(cursor["after"]), lanes, [str(one) for one in cursor["late"]])
        except (KeyError, TypeError, ValueError):
            return cls()


def serving(corp: Corp, subject: str = "") -> list[str]:
    """The userids to go over, in order: everybody who may have customers, or ``subject`` alone."""
    staff = Staff.objects.of(corp).active().filter(serves_customers=True)
    only = staff.filter(userid=subject) if subject else staff
    return list(only.order_by("userid").values_list("userid", flat=True))


class Walk:
    def __init__(self, corp: Corp, run: SyncRun, client: WeComClient, crew: Crew) -> None:
        self.corp, self.run, self.client, self.crew = corp, run, client, crew
        self.place = Place.of(run.cursor)
        self.staff = serving(corp, run.subject)
        self.waiting = deque(self.place.lanes)
        self.reading: dict[Future[Stretch], Lane] = {}
        self.unlicensed: set[str] = set()  # members whose customers WeCom keeps back, as far as they were told of
        known = Follow.objects.of(corp).live()
        self.known = known.filter(staff__userid=run.subject).count() if run.subject else known.count()

    def to_the_end(self) -> None:
        """Raises WeComError and WrongState; the run's cursor says where it got to."""
        self._ask_late()
        self._set_out()
        while self.reading:
            back, _still_reading = wait(self.reading, return_when=FIRST_COMPLETED)
            brought = [(self.reading.pop(future), future.result()) for future in back]
            self.waiting.extend(lane for _lane, stretch in brought for lane in stretch.lanes)
            self._set_out()  # they read while we write
            self._write([stretch for _lane, stretch in brought])
            self._ask_late()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _set_out(self) -> None:
        new = self._new_lanes()
        while len(self.reading) < self.crew.size:
            lane = self.waiting.popleft() if self.waiting else next(new, None)
            if lane is None:
                return
            self.reading[self.crew.submit(self._read, lane)] = lane

    def _new_lanes(self) -> Iterator[Lane]:
        size = min(GROUP, -(-len(self.staff) // (self.crew.size * GROUPS_EACH)))
        while group := [userid for userid in self.staff if userid > self.place.after][:size]:
            self.place.after = group[-1]
            yield Lane(group)

    def _read(self, lane: Lane) -> Stretch:
        """In a thread: the next few pages of a group."""
        stretch = Stretch(timezone.now())
        for _ in range(STRETCH):
            try:
                page = self.crew.ask(self.client.customers.batch_by_user, lane.group, cursor=lane.page, limit=PAGE)
            except WeComError as error:
                stretch.lanes = _after_refusal(lane, error)
                return stretch
            stretch.rows += page.rows
            stretch.unlicensed.update(page.unlicensed)
            if not page.next_cursor:
                return stretch
            if page.next_cursor == lane.page:
                raise WeComError(
                    None, "the same page came twice", ErrorKind.UNKNOWN, "externalcontact/batch/get_by_user"
                )
            lane = replace(lane, page=page.next_cursor)
        stretch.lanes = [lane]
        return stretch

    # ---- writing ----------------------------------------------------------------------------------------------------

    def _write(self, stretches: list[Stretch]) -> None:
        rows = [row for stretch in stretches for row in stretch.rows]
        asked_at = min(stretch.asked_at for stretch in stretches)
        patiently(self.run, fetch_unknown, self.corp, self.client, [row.follow for row in rows])
        with transaction.atomic():
            merged = bulk.merge(self.corp, [(row.contact, row.follow) for row in rows], asked_at=asked_at)
            self.place.late += merged.outdated
            counts = self._with_unlicensed(merged.counts, stretches)
            self._advance(done=len(rows), total=self._total(len(rows)), **counts)

    def _with_unlicensed(self, counts: dict[str, Any], stretches: list[Stretch]) -> dict[str, Any]:
        """The counts, and members who are told of for the first time: WeCom shows none of their customers."""
        told = set().union(*(stretch.unlicensed for stretch in stretches)) - self.unlicensed
        self.unlicensed |= told
        if not told:
            return counts
        examples = [{"id": userid, "staff": userid} for userid in sorted(told)]
        return {**counts, "unlicensed": len(told), "examples": {**counts["examples"], "unlicensed": examples}}

    def _ask_late(self) -> None:
        """The cursor forgets a customer when he is done, so that a kill in between forgets nobody."""
        while self.place.late:
            converged = patiently(self.run, converge, self.corp, self.place.late[0], self.client)
            del self.place.late[0]
            self._advance(**converged.counts)

    def _advance(self, **progress: Any) -> None:
        under_way = [*self.reading.values(), *self.waiting]
        cursor = {"after": self.place.after, "lanes": [asdict(lane) for lane in under_way], "late": self.place.late}
        self.run.advance(cursor=cursor, **progress)

    def _total(self, more: int) -> int | None:
        """WeCom does not say how many there are: as many as we know, or as many as the staff read so far have each.

        Groups under way count as half read. Before the first one is through, nobody can tell.
        """
        done = self.run.done + more
        if not self.reading:
            return done
        handed_out = sum(userid <= self.place.after for userid in self.staff)
        under_way = sum(len(lane.group) for lane in (*self.reading.values(), *self.waiting))
        guess = round(done * len(self.staff) / (handed_out - under_way / 2)) if handed_out > under_way else 0
        return max(self.known, guess, done) if self.known or guess else None


def _after_refusal(lane: Lane, error: WeComError) -> list[Lane]:
    """Where to go on: a forgotten cursor begins its group anew; a member who is gone is passed over, alone."""
    if lane.page and error.errcode in BAD_CURSOR and lane.again < RESTARTS:
        return [Lane(lane.group, again=lane.again + 1)]
    if error.kind is ErrorKind.GONE:
        half = len(lane.group) // 2
        return [Lane(lane.group[:half]), Lane(lane.group[half:])] if half else []
    raise error
