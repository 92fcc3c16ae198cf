"""The one virtual clock: token, code, welcome, media and quota ages are all read from it."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from wecom.sandbox.store import Store, read_meta, write_meta

CORP_ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """Real time plus an offset that is kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            self.offset = float(read_meta(db, "clock.offset", "0"))

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset

    def set(self, moment: float) -> None:
        self.offset = moment - time.time()
        with self._store.transaction() as db:
            write_meta(db, "clock.offset", repr(self.offset))

    def describe(self) -> dict[str, object]:
        return {"now": iso(self.now()), "offset": self.offset}


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def local(moment: float) -> datetime:
    """The moment in the corps' time zone."""
    return datetime.fromtimestamp(moment, CORP_ZONE)
