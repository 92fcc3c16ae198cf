"""The pretend world: what every part of the sandbox shares."""

from pathlib import Path

from wecom.sandbox.clock import Clock
from wecom.sandbox.counts import Counts
from wecom.sandbox.faults import Faults
from wecom.sandbox.limits import Limits
from wecom.sandbox.people import People
from wecom.sandbox.postman import Postman
from wecom.sandbox.store import Store


class World:
    """A store, a clock, and the threads' meeting points. `public_url` is where browsers and phones reach it."""

    def __init__(self, path: str | Path, *, seed: int = 1, public_url: str = "") -> None:
        self.store = Store(path, seed)
        self.clock = Clock(self.store)
        self.faults = Faults(self.store)
        self.limits = Limits(self.store)
        self.counts = Counts(self.store)
        self.postman = Postman(self.store, self.clock, self.faults)
        self.people = People(self.store, self.clock, self.postman)
        self.public_url = public_url

    @property
    def seed(self) -> int:
        return self.store.seed

    def start(self) -> None:
        """Starts the threads that deliver callbacks, play the people and write down the counts."""
        self.counts.start()
        self.postman.start()
        self.people.start()

    def close(self) -> None:
        self.people.stop()
        self.postman.stop()
        self.counts.stop()
        self.store.close()
