"""How often each endpoint was called and what it answered. Counted in memory, written down once a second."""

import threading
from collections import Counter
from typing import Any

from wecom.sandbox.store import Store

PAUSE = 1.0  # seconds


class Counts:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._new: Counter[tuple[str, str, str]] = Counter()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="counts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes down what is not yet."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            self.flush()

    def add(self, corpid: str, endpoint: str, outcome: str) -> None:
        """`outcome`: an errcode, or the fault that struck."""
        with self._lock:
            self._new[corpid, endpoint, outcome] += 1

    def flush(self) -> None:
        with self._lock:
            new, self._new = self._new, Counter()
        if not new:
            return
        with self._store.transaction() as db:
            db.executemany(
                "INSERT INTO call_count VALUES (?, ?, ?, ?)"
                " ON CONFLICT (corpid, endpoint, outcome) DO UPDATE SET n = n + excluded.n",
                [(*key, count) for key, count in new.items()],
            )

    def of_corp(self, corpid: str) -> dict[str, dict[str, Any]]:
        """``{endpoint: {"calls": n, "errors": {code or fault: n}}}``."""
        self.flush()
        calls: dict[str, dict[str, Any]] = {}
        with self._store.reading() as db:
            rows = db.execute("SELECT * FROM call_count WHERE corpid = ? ORDER BY endpoint, outcome", (corpid,))
            for row in rows:
                entry = calls.setdefault(row["endpoint"], {"calls": 0, "errors": {}})
                entry["calls"] += row["n"]
                if row["outcome"] != "0":
                    entry["errors"][row["outcome"]] = row["n"]
        return calls
