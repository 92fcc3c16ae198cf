"""The engine: from audience to answer (design §5). Each phase is a module; each may run twice, and beside others.

PostgreSQL says what is to be done; whoever calls `turn` only says that it is time to look.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from campaigns.engine import advance, batch, collect, dispatch, ending, enrol, leave, reconcile, release, remind, work
from campaigns.engine import rescue as rescuing
from campaigns.engine.budget import Budget
from wecom.errors import WeComError
from wecom.models import Corp

__all__ = ["Turn", "turn"]

logger = logging.getLogger(__name__)


@dataclass
class Turn:
    """What one turn did. Deliveries are counted by what became of them."""

    enrolled: int = 0
    left: int = 0
    ready: int = 0
    held: int = 0
    skipped: int = 0
    tasks: int = 0
    batches: int = 0
    handed: int = 0
    unsure: int = 0
    refused: int = 0
    rescued: int = 0
    found: int = 0
    absent: int = 0
    undecided: int = 0
    collected: int = 0
    closed: int = 0
    withdrawn: int = 0
    expired: int = 0
    wound_down: int = 0
    reminded: int = 0
    told: int = 0

    @property
    def did(self) -> int:
        """0 when there was nothing to do."""
        return sum(asdict(self).values())

    def add(self, **counts: int) -> None:
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)


def turn(corp_id: int | None = None, *, patient: bool = False) -> Turn:
    """One turn of every phase, for one corp or all of them.

    `patient`: looks at audiences that take long are spread out; the beat's turns are patient, a person's are not.
    """
    done = Turn()
    corps = Corp.objects.order_by("pk")
    for corp in corps if corp_id is None else corps.filter(pk=corp_id):
        for phase in phases(corp, Budget(), patient=patient):
            try:
                done.add(**phase())
            except WeComError as error:
                logger.warning("the turn of %s goes on without a phase: %s", corp.corpid, error)
    return done


def phases(corp: Corp, budget: Budget, *, patient: bool) -> Iterator[Callable[[], dict[str, int]]]:
    """The phases in their order: first what frees or blocks quota, then what plans, then what sends."""
    yield lambda: {"wound_down": ending.run(corp, budget)}
    yield lambda: {"left": leave.run(corp, budget)}
    yield lambda: {"rescued": rescuing.run(corp)}
    yield lambda: dict(collect.run(corp, Budget()))
    yield lambda: {"enrolled": enrol.run(corp, budget, patient=patient)}
    yield lambda: judged(release.run(corp, budget))
    yield lambda: judged(advance.run(corp, budget))
    yield lambda: {"expired": work.expire(corp)}
    yield lambda: {"batches": batch.run(corp, budget)}
    yield lambda: dict(dispatch.run(corp, Budget()))
    yield lambda: dict(reconcile.run(corp, Budget()))
    yield lambda: {"reminded": remind.run(corp, Budget())}
    yield lambda: {"told": work.tell(corp, Budget())}


def judged(counts: Counter[str]) -> dict[str, int]:
    names = {"handed": "tasks"}
    return {names.get(status, status): count for status, count in counts.items()}
