"""Faults on demand. Whether the n-th call suffers one follows from the seed, so that a run can be repeated."""

import json
from dataclasses import asdict, dataclass, field

from wecom.sandbox import chance
from wecom.sandbox.store import Db, Store, dumps

API_FAULTS = ("busy", "rate-limit", "token-expiry", "drop-connection", "timeout-after-accept", "garbled-answer")
CALLBACK_FAULTS = ("lose-callbacks", "duplicate-callbacks", "reorder-callbacks")
NAMES = API_FAULTS + CALLBACK_FAULTS
PHASES = ("before", "after", "both")


@dataclass(frozen=True)
class Fault:
    rate: float = 1.0
    count: int | None = None  # at most so many times; None: without end
    endpoints: list[str] = field(default_factory=list)  # paths after /cgi-bin/; empty: all
    hold: float = 12.0  # timeout-after-accept: real seconds for which the answer is withheld
    when: str = "both"  # drop-connection: before the call is applied, after, or now this now that


@dataclass(frozen=True)
class Hit:
    """One fault that strikes one call. `chance`: a number in [0, 1) for what the fault leaves open."""

    name: str
    fault: Fault
    chance: float

    @property
    def before(self) -> bool:
        """Does a dropped connection break before the call is applied?"""
        return self.fault.when == "before" or (self.fault.when == "both" and self.chance < 0.5)


class Faults:
    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            self._active = {
                row["name"]: Fault(**json.loads(row["settings"])) for row in db.execute("SELECT * FROM fault")
            }

    def switch(self, faults: dict[str, Fault]) -> None:
        """Turns on what is named, leaves the others; rate 0 turns one off."""
        with self._store.transaction() as db:
            for name, fault in faults.items():
                db.execute("DELETE FROM fault WHERE name = ?", (name,))
                self._active.pop(name, None)
                if fault.rate > 0:
                    db.execute("INSERT INTO fault (name, settings) VALUES (?, ?)", (name, dumps(asdict(fault))))
                    self._active[name] = fault

    def clear(self) -> None:
        self.switch({name: Fault(rate=0) for name in NAMES})

    def describe(self) -> dict[str, dict[str, object]]:
        with self._store.transaction() as db:
            return {
                row["name"]: {**json.loads(row["settings"]), "hits": row["hits"]}
                for row in db.execute("SELECT * FROM fault ORDER BY name")
            }

    def strike_call(self, endpoint: str) -> Hit | None:
        """What strikes this API call, if anything; without faults nothing is written."""
        if not any(self._threatens(name, endpoint) for name in API_FAULTS):
            return None
        with self._store.transaction() as db:
            return self.strike(db, API_FAULTS, endpoint)

    def strike(self, db: Db, names: tuple[str, ...], endpoint: str = "") -> Hit | None:
        """The first of `names` that strikes now, if any."""
        for name in names:
            fault = self._threatens(name, endpoint)
            hit = self._draw(db, name, fault) if fault else None
            if hit:
                return hit
        return None

    def _threatens(self, name: str, endpoint: str) -> Fault | None:
        fault = self._active.get(name)
        return fault if fault and (not fault.endpoints or endpoint in fault.endpoints) else None

    def _draw(self, db: Db, name: str, fault: Fault) -> Hit | None:
        row = db.execute("UPDATE fault SET draws = draws + 1 WHERE name = ? RETURNING draws, hits", (name,)).fetchone()
        if row is None or (fault.count is not None and row["hits"] >= fault.count):
            return None
        if chance.uniform(self._store.seed, name, row["draws"]) >= fault.rate:
            return None
        db.execute("UPDATE fault SET hits = hits + 1 WHERE name = ?", (name,))
        return Hit(name, fault, chance.uniform(self._store.seed, name, row["draws"], "open"))
