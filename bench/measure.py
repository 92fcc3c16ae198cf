"""A measurement: the product's rate over the bare rate, taken in turns so that the machine's moods hit both."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """``product`` and ``bare`` are medians in ``unit`` per second; ``target`` is the least acceptable ratio."""

    name: str
    unit: str
    product: float
    bare: float
    target: float

    @property
    def ratio(self) -> float:
        return self.product / self.bare

    @property
    def met(self) -> bool:
        return self.ratio >= self.target

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": round(self.ratio, 3), "met": self.met}


def compare(
    name: str,
    unit: str,
    *,
    product: Callable[[], float],
    bare: Callable[[], float],
    target: float,
    rounds: int = 5,
) -> Result:
    """Run both ``rounds`` times in turns, after one round that only warms up; each call returns its rate."""
    product(), bare()
    rates: dict[str, list[float]] = {"product": [], "bare": []}
    for number in range(rounds):
        turns = [("product", product), ("bare", bare)]
        for which, run in turns if number % 2 else reversed(turns):
            rates[which].append(run())
    return Result(
        name=name,
        unit=unit,
        product=statistics.median(rates["product"]),
        bare=statistics.median(rates["bare"]),
        target=target,
    )
