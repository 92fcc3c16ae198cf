"""The comparison: what customers received, what WeCom has, and what our rows say."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from campaigns.models import Campaign, Delivery, DeliveryStatus, Enrollment
from customers.models import Welcome, WelcomeStatus
from scrm.rehearsal.oracle import Due, Handing, Oracle
from scrm.rehearsal.story import STEP_TEXTS, STEPS, Story

STATUS_OF = {
    0: DeliveryStatus.EXPIRED,
    1: DeliveryStatus.SENT,
    2: DeliveryStatus.UNREACHABLE,
    3: DeliveryStatus.CAPPED,
}
NOTHING_LEFT = {"", DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED, DeliveryStatus.UNREACHABLE}
FAULTS_OF_OURS = ("lost", "duplicated", "misdirected", "status_mismatches", "quota_violations")


@dataclass
class Verdict:
    customers: int
    enrolled: int = 0
    deliveries: dict[str, int] = field(default_factory=dict)
    received_by_customers: int = 0
    lost: int = 0
    duplicated: int = 0
    misdirected: int = 0
    status_mismatches: int = 0
    welcomes: dict[str, int] = field(default_factory=dict)
    api_calls: dict[str, int] = field(default_factory=dict)
    quota_violations: int = 0
    seconds: float = 0
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not any(getattr(self, name) for name in FAULTS_OF_OURS)

    def blame(self, fault: str, example: str, number: int = 1) -> None:
        setattr(self, fault, getattr(self, fault) + number)
        if len(self.examples) < 20:
            self.examples.append(f"{fault}: {example}")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Judge:
    def __init__(self, story: Story, campaign: Campaign, oracle: Oracle, policy: str) -> None:
        self.story, self.campaign, self.oracle, self.policy = story, campaign, oracle, policy
        rows = Delivery.objects.filter(campaign=campaign).select_related("step", "customer", "staff", "batch")
        self.rows = {(row.customer.external_userid, row.step.position): row for row in rows}
        self.first = min(campaign.versions.get().steps.values_list("position", flat=True))
        self.verdict = Verdict(customers=len(story.people))

    def judge(self) -> Verdict:
        verdict = self.verdict
        verdict.enrolled = Enrollment.objects.filter(campaign=self.campaign).count()
        verdict.deliveries = dict(sorted(Counter(row.status for row in self.rows.values()).items()))
        verdict.received_by_customers = len(self.oracle.received)
        owed: set[tuple[str, int]] = set()
        for person in self.story.people:
            for due in self.oracle.dues(person):
                owed.add((person.external_userid, due.step))
                self.judge_step(due)
        self.judge_strays(owed)
        self.judge_welcomes()
        if violations := self.oracle.violations(self.policy):
            verdict.blame("quota_violations", f"policy {self.policy}", violations)
        return verdict

    # ---- one step for one customer -------------------------------------------------------------------------------
    def judge_step(self, due: Due) -> None:
        row = self.rows.get((due.person.external_userid, due.step + self.first))
        what = f"{due.person.name} step {due.step + 1}, due {due.due:%m-%d %H:%M}: {self.describe(row)}"
        if due.step in STEP_TEXTS:
            self.judge_message(due, row, what)
        elif due.owed:
            done = self.story.does_the_task(due.person.external_userid)
            self.judge_task(row, what, done=done, ended=due.ended is not None)

    def judge_message(self, due: Due, row: Delivery | None, what: str) -> None:
        handings, receipts = self.oracle.handings_of(due), self.oracle.receipts_of(due)
        if receipts > 1 or len(handings) > 1:
            self.verdict.blame("duplicated", f"{what}, {len(handings)} tasks, received {receipts}")
        if handings and due.unwanted:
            self.verdict.blame("misdirected", f"{what}, although its condition is false")
        if handings:
            self.judge_handing(handings[-1], row, what)
        elif due.owed and not self.excused(due, row):
            self.verdict.blame("lost", what)
        elif not due.owed and row and row.status not in NOTHING_LEFT:
            self.verdict.blame("status_mismatches", f"{what}, WeCom has nothing")

    def judge_handing(self, handing: Handing, row: Delivery | None, what: str) -> None:
        if row is None:
            self.verdict.blame("lost", f"{what}, WeCom has {handing.msgid}")
            return
        expected = DeliveryStatus.UNREACHABLE if handing.status is None else STATUS_OF[handing.status]
        recorded = row.batch.msgid if row.batch else ""
        withdrawn = handing.status == 0 and handing.cancelled and row.status == DeliveryStatus.CANCELLED
        if recorded != handing.msgid or (row.status != expected and not withdrawn):
            self.verdict.blame("status_mismatches", f"{what}, WeCom says {expected} for {handing.msgid}")

    def judge_task(self, row: Delivery | None, what: str, *, done: bool, ended: bool) -> None:
        expected = DeliveryStatus.SENT if done else DeliveryStatus.EXPIRED
        if row is None:
            self.verdict.blame("lost", what)
        elif row.status != expected and not (ended and row.status in NOTHING_LEFT):
            self.verdict.blame("status_mismatches", f"{what}, staff say {expected}")

    def excused(self, due: Due, row: Delivery | None) -> bool:
        """Nothing was handed over: right only where the quota was used up, at that moment or until the friend left."""
        customer = due.person.external_userid
        if row is None or row.status != DeliveryStatus.SKIPPED or row.finished_at is None:
            return False
        if row.reason == "quota":
            used = self.oracle.used_quota(customer, row.finished_at, self.policy)
            return used >= int(row.detail.get("cap", 1 << 30))
        return due.ended is not None and self.oracle.full_throughout(customer, due.due, due.ended, self.policy)

    @staticmethod
    def describe(row: Delivery | None) -> str:
        if row is None:
            return "no row"
        return f"{row.status} {row.reason} {row.detail}".strip()

    # ---- the rest ------------------------------------------------------------------------------------------------
    def judge_strays(self, owed: set[tuple[str, int]]) -> None:
        """Messages to people who were owed none, or through somebody else than the staff who serves them."""
        people = {person.external_userid: person for person in self.story.people}
        steps = {text: step for step, text in STEP_TEXTS.items()}
        for message in self.oracle.received:
            customer, step = message["external_userid"], steps.get(message["text"])
            right = step is not None and (customer, step) in owed and people[customer].staff == message["userid"]
            if not right:
                self.verdict.blame("misdirected", f"{customer} from {message['userid']}: {message['text']}")

    def judge_welcomes(self) -> None:
        sent = {WelcomeStatus.SENT, WelcomeStatus.TAKEN}
        counts: Counter[str] = Counter()
        for welcome in Welcome.objects.of(self.campaign.corp).select_related("customer"):
            counts[WelcomeStatus.SENT if welcome.status in sent else welcome.status] += 1
            ours = welcome.status in sent
            if ours and welcome.contact_way_id and welcome.customer.external_userid not in self.oracle.welcomed:
                self.verdict.blame("status_mismatches", f"welcome of {welcome.customer.external_userid}: not received")
        self.verdict.welcomes = {name: counts[name] for name in ("sent", "late", "failed")}


def table(verdict: Verdict) -> str:
    """The verdict for a terminal."""
    rows = [(name.replace("_", " "), value) for name, value in verdict.as_json().items() if name != "examples"]
    lines = [f"{name:<22} {_cell(value)}" for name, value in rows]
    steps = f"{len(STEPS)} steps, {'clean' if verdict.clean else 'NOT CLEAN'}"
    return "\n".join([*lines, f"{'verdict':<22} {steps}", *(f"  {example}" for example in verdict.examples)])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
