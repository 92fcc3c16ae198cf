"""What should have happened, worked out from the sandbox's record and the SOP's rules, without a look at our rows.

Written anew on purpose: it shares no code with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from scrm.rehearsal.story import STEP_TEXTS, STEPS, ZONE, Person

QUIET_FROM, QUIET_UNTIL = time(21), time(9)


def moment(value: str | float | None) -> datetime | None:
    """The sandbox writes moments as ISO text or as unix seconds."""
    if value is None or value == "":
        return None
    return datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)


@dataclass(frozen=True)
class Handing:
    """One mass-send task that WeCom has, as far as it concerns one customer."""

    msgid: str
    sender: str
    text: str
    at: datetime
    cancelled: datetime | None
    status: int | None  # None: the customer was in fail_list
    sent_at: datetime | None

    def outstanding(self, when: datetime) -> bool:
        closed = self.sent_at or self.cancelled
        return self.status is not None and self.at <= when and (closed is None or closed > when)


@dataclass(frozen=True)
class Due:
    """One step for one customer: when it falls due after quiet hours, and when the friendship ended."""

    person: Person
    step: int
    planned: datetime
    due: datetime
    ended: datetime | None
    befriended: datetime
    unwanted: bool

    @property
    def owed(self) -> bool:
        return self.planned >= self.befriended and not self.unwanted and (self.ended is None or self.ended > self.due)


class Oracle:
    def __init__(
        self, record: dict[str, Any], *, bought: dict[str, datetime], befriended: dict[str, datetime]
    ) -> None:
        self.bought, self.befriended = bought, befriended
        self.follows = {(f["external_userid"], f["userid"]): f for f in record["follows"]}
        self.received = [m for m in record["messages"] if m["kind"] == "mass"]
        self.welcomed = {m["external_userid"] for m in record["messages"] if m["kind"] == "welcome"}
        self.handings: dict[str, list[Handing]] = {}
        for mass in record["mass"]:
            for customer in mass["external_userids"]:
                self.handings.setdefault(customer, []).append(self._handing(mass, customer))

    @staticmethod
    def _handing(mass: dict[str, Any], customer: str) -> Handing:
        at = moment(mass["at"])
        assert at
        sent = moment(mass["sent_at"].get(customer))
        return Handing(
            msgid=mass["msgid"],
            sender=mass["sender"],
            text=mass["text"],
            at=at,
            cancelled=moment(mass["cancelled_at"]),
            status=mass["statuses"].get(customer),
            sent_at=sent,
        )

    # ---- the rules, once more ------------------------------------------------------------------------------------
    def dues(self, person: Person) -> list[Due]:
        """Every step for a customer who came through the channel and became a friend."""
        follow = self.follows.get((person.external_userid, person.staff))
        if person.stranger or follow is None or (person.half_until and person.name not in self.befriended):
            return []
        added, ended = moment(follow["createtime"]), moment(follow["ended_at"])
        assert added
        return [self._due(person, step, added, ended) for step in range(len(STEPS))]

    def _due(self, person: Person, step: int, added: datetime, ended: datetime | None) -> Due:
        planned = planned_at(STEPS[step], added)
        due, bought = after_quiet_hours(planned), self.bought.get(person.name)
        return Due(
            person=person,
            step=step,
            planned=planned,
            due=due,
            ended=ended,
            befriended=self.befriended.get(person.name, added),
            unwanted="condition" in STEPS[step] and bought is not None and bought < due,
        )

    def handings_of(self, due: Due) -> list[Handing]:
        text = STEP_TEXTS.get(due.step)
        return [h for h in self.handings.get(due.person.external_userid, []) if h.text == text]

    def receipts_of(self, due: Due) -> int:
        text, customer = STEP_TEXTS.get(due.step), due.person.external_userid
        return sum(1 for m in self.received if m["external_userid"] == customer and m["text"] == text)

    # ---- quota ---------------------------------------------------------------------------------------------------
    def used_quota(self, customer: str, when: datetime, policy: str) -> int:
        """Received in the window that holds ``when``, and still to be confirmed by staff then."""
        start = window_start(when, policy)
        handings = self.handings.get(customer, [])
        sent = [h for h in handings if h.status == 1 and h.sent_at and start <= h.sent_at <= when]
        return len(sent) + sum(h.outstanding(when) for h in handings)

    def full_throughout(self, customer: str, since: datetime, until: datetime, policy: str) -> bool:
        """Was there no free place when the step fell due, nor at the end of any night until ``until``?"""
        moments = [since]
        while (morning := after_quiet_hours(midnight_after(moments[-1]))) < until:
            moments.append(morning)
        return all(
            self.used_quota(customer, when, policy) >= cap(window_start(when, policy), policy) for when in moments
        )

    def violations(self, policy: str) -> int:
        """Messages over the cap in any window, those that WeCom itself refused for that reason included."""
        refused = sum(h.status == 3 for handings in self.handings.values() for h in handings)
        counts: dict[tuple[str, datetime], int] = {}
        for message in self.received:
            at = moment(message["at"])
            assert at
            key = (message["external_userid"], window_start(at, policy))
            counts[key] = counts.get(key, 0) + 1
        return refused + sum(max(0, n - cap(start, policy)) for (_, start), n in counts.items())


def planned_at(step: dict[str, Any], added: datetime) -> datetime:
    after = step["after"]
    if "days" in after:
        day = added.astimezone(ZONE).date() + timedelta(days=after["days"])
        return datetime.combine(day, time.fromisoformat(step["at"]), ZONE)
    return added + timedelta(**after)


def after_quiet_hours(when: datetime) -> datetime:
    local = when.astimezone(ZONE)
    if local.time() >= QUIET_FROM:
        return datetime.combine(local.date() + timedelta(days=1), QUIET_UNTIL, ZONE)
    if local.time() < QUIET_UNTIL:
        return datetime.combine(local.date(), QUIET_UNTIL, ZONE)
    return when


def midnight_after(when: datetime) -> datetime:
    return datetime.combine(when.astimezone(ZONE).date() + timedelta(days=1), time(0), ZONE)


def window_start(when: datetime, policy: str) -> datetime:
    day = when.astimezone(ZONE).date()
    if policy == "week":
        day -= timedelta(days=day.weekday())
    elif policy == "month":
        day = day.replace(day=1)
    return datetime.combine(day, time(0), ZONE)


def cap(start: datetime, policy: str) -> int:
    """contract §10.0: as many as the month has days, 7 a week, 1 a day."""
    if policy == "month":
        return ((start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return {"week": 7, "day": 1}[policy]
