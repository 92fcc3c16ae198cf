"""The only source of "now" in domain code.

A sandbox can turn its clock so that a month is lived through in a minute; its offset is kept in one row and added
here. In SQL the same moment is `now() + %(offset)s` with `offset()`. Where no corp is a sandbox the offset is zero.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

# Not from `wecom.models`: its inbox asks this module for the time.
from wecom.models.clock import Clock
from wecom.models.corp import Corp

CACHE_SECONDS = 1.0
_override: ContextVar[timedelta | None] = ContextVar("clock_override", default=None)
_lock = threading.Lock()
_cached: tuple[float, timedelta] | None = None


def now() -> datetime:
    """The present moment, aware, UTC."""
    return timezone.now() + offset()


def offset() -> timedelta:
    """What to add to the real time. Read from the row at most once a second per process."""
    global _cached
    override = _override.get()
    if override is not None:
        return override
    cached = _cached
    if cached is None or time.monotonic() - cached[0] > CACHE_SECONDS:
        with _lock:
            _cached = cached = (time.monotonic(), Clock.objects.offset())
    return cached[1]


def forget() -> None:
    """Drop the cached offset: the next `now()` reads the row."""
    global _cached
    with _lock:
        _cached = None


def pull() -> timedelta:
    """Ask the sandbox of every sandbox corp for its clock, write the row, return the offset in force.

    Sandboxes that do not answer leave the row as it is. Beside a real corp the clock is never turned: its customers
    live in real time.
    """
    if Corp.objects.filter(is_sandbox=False).exists():
        offsets = [0.0]
    else:
        offsets = [seconds for base in Corp.objects.sandbox_bases() if (seconds := ask(base)) is not None]
    if offsets:
        Clock.objects.write(timedelta(seconds=max(offsets)))
    forget()
    return offset()


@contextmanager
def at(moment: str | datetime) -> Iterator[None]:
    """Inside, the clock runs on from `moment` (an ISO date-time; without a zone: the default time zone)."""
    when = parse_datetime(moment) if isinstance(moment, str) else moment
    if when is None:
        raise ValueError(f"{moment!r} is not an ISO date-time such as 2026-03-01T10:00:00+08:00.")
    if timezone.is_naive(when):
        when = timezone.make_aware(when)
    token = _override.set(when - timezone.now())
    try:
        yield
    finally:
        _override.reset(token)


def ask(base: str) -> float | None:
    """By how many seconds the sandbox behind an API base is ahead of the real time; None if no sandbox answers."""
    try:
        answer = requests.get(f"{base}/sandbox/api/clock", timeout=settings.WECOM_TIMEOUT, allow_redirects=False)
        return float(answer.json()["offset"])
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None
