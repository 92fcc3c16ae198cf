"""How long a turn may go on: everything it did not get to, the next turn does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

ROWS = 1_000  # per statement: the knee of the curve (design §5)
SECONDS = 20.0


@dataclass(slots=True)
class Budget:
    """Real seconds that are left of a turn."""

    seconds: float = SECONDS
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.seconds

    @property
    def left(self) -> bool:
        return time.monotonic() < self.ends
