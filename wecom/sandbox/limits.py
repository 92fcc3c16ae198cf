"""Frequency and concurrency limits (doc 90312). The counters live in memory: a restart forgives."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError


class Limits:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: Counter[tuple[str, str, int, int]] = Counter()
        self._blocked: dict[tuple[str, str], float] = {}
        self._running: Counter[str] = Counter()
        self._held: set[tuple[str, ...]] = set()

    def count(self, corp: Corp, endpoint: str, now: float) -> None:
        """Counts a call at `now` (virtual clock); 45009 over a limit, for 60 s or 60 min."""
        with self._lock:
            if now < self._blocked.get((corp.corpid, endpoint), 0):
                raise ApiError(45009)
            for length, most in ((60, corp.knobs.minute_limit), (3600, corp.knobs.hour_limit)):
                self._count_window(corp.corpid, endpoint, length, most, now)

    def _count_window(self, corpid: str, endpoint: str, length: int, most: int, now: float) -> None:
        window = (corpid, endpoint, length, int(now) // length)
        if window not in self._windows:
            for old in [old for old in self._windows if old[:3] == window[:3]]:
                del self._windows[old]
        self._windows[window] += 1
        if self._windows[window] > most:
            self._blocked[corpid, endpoint] = now + length
            raise ApiError(45009)

    def reset(self) -> None:
        with self._lock:
            self._windows.clear()
            self._blocked.clear()

    @contextmanager
    def running(self, corp: Corp) -> Iterator[None]:
        """45033 while more than the corp's threshold of calls run at once."""
        with self._lock:
            if self._running[corp.corpid] >= corp.knobs.concurrency:
                raise ApiError(45033)
            self._running[corp.corpid] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[corp.corpid] -= 1

    @contextmanager
    def alone(self, key: tuple[str, ...], code: int) -> Iterator[None]:
        """`code` while another call holds `key`; an empty key is nobody's."""
        with self._lock:
            if key and key in self._held:
                raise ApiError(code)
            self._held.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(key)
