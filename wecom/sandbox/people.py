"""Simulated people: customers who come and go, staff who confirm their tasks soon, late or never.

Everybody's day follows from the seed. When the clock is turned, the people live through what is skipped in order of
time: the clock stands at each event while it happens. In real time they also stir every `pulse_seconds`.
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import lru_cache

from wecom.sandbox import chance, corps, passing
from wecom.sandbox.clock import CORP_ZONE, Clock, local
from wecom.sandbox.deeds import DEEDS, Deed, Due, confirmations, half_confirmations, publications
from wecom.sandbox.habits import Habits
from wecom.sandbox.postman import Postman
from wecom.sandbox.relations import Impossible, welcomed
from wecom.sandbox.store import Store, read_meta, write_meta

OPENS, CLOSES = 8, 22  # the hours in which people do things
PATIENCE = 3  # unanswered welcomes in one turn of the clock after which nobody waits for one any more
log = logging.getLogger(__name__)


class People:
    def __init__(self, store: Store, clock: Clock, postman: Postman) -> None:
        self._store, self._clock, self._postman = store, clock, postman
        self._turning = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_pulse = time.monotonic()
        with store.transaction() as db:
            self.running = read_meta(db, "people.running", "0") == "1"
            stored = {
                name: float(read_meta(db, f"people.{name}", str(value))) for name, value in asdict(Habits()).items()
            }
        self.habits = Habits(**stored)
        self._lived = clock.now()  # what happened while the sandbox was down is slept through

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)

    def change(self, habits: Habits, *, running: bool) -> None:
        with self._turning:
            if running and not self.running:
                self._lived = self._clock.now()
            self.habits, self.running = habits, running
            with self._store.transaction() as db:
                write_meta(db, "people.running", str(int(running)))
                for name, value in asdict(habits).items():
                    write_meta(db, f"people.{name}", str(value))

    def describe(self) -> dict[str, object]:
        return {"running": self.running, **asdict(self.habits)}

    def turn_clock(self, target: float) -> None:
        """Sets the clock; on the way forward the people do what they would have done."""
        with self._turning:
            if self.running:
                self._live(target, turning=True)
            self._clock.set(target)
            self._lived = target
            self._settle()

    def _settle(self) -> None:
        """What the time alone brings about, whether people play or not."""
        if passing.settle(self._store, self._clock.now()):
            self._postman.wake()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            try:
                with self._turning:
                    self._settle()
                    if self.running:
                        self._live(self._clock.now(), turning=False)
                        self._pulse()
            except Exception:
                log.exception("The simulated people stumbled; they go on.")

    def _pulse(self) -> None:
        """Something small happens now and then, so that a demo at night is alive, too."""
        if not self.habits.pulse_seconds or time.monotonic() - self._last_pulse < self.habits.pulse_seconds:
            return
        self._last_pulse = time.monotonic()
        with self._store.transaction() as db:
            every = corps.every(db)
            number = self._store.number(db, "pulse")
        for corp in every:
            kind = chance.choose(
                ("arrive", "arrive", "arrive", "edit", "chat", "leave"), self._store.seed, "pulse", number
            )
            self._do(Due(self._clock.now(), corp.corpid, kind, f"pulse{number}"))

    def _live(self, until: float, *, turning: bool) -> None:
        patience = PATIENCE
        while not self._stop.is_set():
            due = min(self._due(until), default=None)
            if due is None:
                break
            if turning and due.at > self._clock.now():
                self._clock.set(due.at)
            self._lived = max(self._lived, due.at)
            code = self._do(due)
            if turning and code and patience and not self._welcomed(code):
                patience -= 1
        self._lived = max(self._lived, until)

    def _do(self, due: Due) -> str:
        """Performs one event; returns the welcome code that waits for an answer, if any."""
        with self._store.transaction() as db:
            corp = corps.find(db, due.corpid)
            if corp is None:
                return ""
            try:
                code = DEEDS[due.kind](Deed(self._store, db, corp, due, self.habits, self._clock.now()))
            except Impossible as error:
                log.info("%s: %s", due.kind, error)
                code = ""
        self._postman.wake()
        return code if corp.hears else ""

    def _welcomed(self, code: str) -> bool:
        """Waits until some app has sent the welcome, at most `welcome_wait`."""
        end = time.monotonic() + self.habits.welcome_wait
        while time.monotonic() < end:
            with self._store.reading() as db:
                if welcomed(db, code):
                    return True
            time.sleep(0.02)
        return False

    def _due(self, until: float) -> Iterator[Due]:
        """The next things to happen, of each sort the first or all."""
        with self._store.reading() as db:
            every = corps.every(db)
            for corp in every:
                yield from confirmations(self._store, db, corp, self.habits, until)
                yield from publications(self._store, db, corp, self.habits, until)
                yield from half_confirmations(self._store, db, corp, self.habits, until)
        for corp in every:
            yield from self._planned(corp.corpid, until)

    def _planned(self, corpid: str, until: float) -> Iterator[Due]:
        """The first planned event after what has been lived."""
        day = local(self._lived).date()
        while day <= local(until).date():
            rates = (
                ("arrive", self.habits.arrivals_per_day),
                ("leave", self.habits.departures_per_day),
                ("edit", self.habits.edits_per_day),
                ("chat", self.habits.chats_per_day),
            )
            for due in plan(self._store.seed, corpid, day, rates):
                if self._lived < due.at <= until:
                    yield due
                    return
            day += timedelta(days=1)


@lru_cache(maxsize=64)
def plan(seed: int, corpid: str, day: date, rates: tuple[tuple[str, float], ...]) -> tuple[Due, ...]:
    """What people of the corp are going to do on that day, in order of time."""
    opens = datetime.combine(day, time_of_day(OPENS), CORP_ZONE).timestamp()
    dues = []
    for kind, rate in rates:
        count = int(rate) + (chance.uniform(seed, corpid, day, kind) < rate % 1)
        for number in range(count):
            at = opens + chance.uniform(seed, corpid, day, kind, number) * (CLOSES - OPENS) * 3600
            dues.append(Due(at, corpid, kind, f"{day}.{number}"))
    return tuple(sorted(dues))
