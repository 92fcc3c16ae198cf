"""Waiting out a refusal that passes by itself, in work that nobody watches (syncs)."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Container, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from wecom import clock
from wecom.errors import ErrorKind, WeComError
from wecom.models import SyncRun

logger = logging.getLogger(__name__)

LONGEST = 90.0  # seconds: the minute rule's block (45009) is waited out, the hour rule's is not
BUSY = (2.0, 5.0, 15.0)  # seconds between further attempts, after the client's own have failed
NAP = 10.0  # seconds between two signs of life
BLINK = 1.0  # seconds between two looks at the clock
PASSING = (ErrorKind.RETRY, ErrorKind.UNKNOWN, ErrorKind.TOKEN)

Answer = TypeVar("Answer")


def patiently(
    run: SyncRun, call: Callable[..., Answer], *args: Any, unless: Container[int | None] = (), **kwargs: Any
) -> Answer:
    """``call(...)``, again after 45033, 45035, -1 and time-outs, and after the minute's rest that follows 45009.

    What is waited for stands in the run meanwhile. Raises WeComError for everything else, for the codes in
    ``unless``, and in the end; WrongState when the run was stopped meanwhile.
    """
    pauses = iter(BUSY)
    while True:
        try:
            return call(*args, **kwargs)
        except WeComError as error:
            seconds = None if error.errcode in unless else _pause(error, pauses)
            if seconds is None:
                raise
            if seconds > BLINK:
                logger.info("waiting %.0f s: %s", seconds, error)
                run.beat(error)
        _nap(run, seconds)


def _pause(error: WeComError, pauses: Iterator[float]) -> float | None:
    if error.kind is ErrorKind.LIMIT and error.retry_at is not None:
        seconds = (error.retry_at - clock.now()).total_seconds()
        return max(seconds, 0.05) if seconds <= LONGEST else None
    if error.kind in PASSING:
        pause = next(pauses, None)
        return pause * random.uniform(0.5, 1) if pause else None
    return None


def _nap(run: SyncRun, seconds: float) -> None:
    """Sleep with signs of life, so that nobody takes the run for dead; a stopped run ends here.

    By the clock that WeCom goes by: where a sandbox's clock is turned forward, the wait is over sooner.
    """
    until = clock.now() + timedelta(seconds=seconds)
    signed = time.monotonic()
    while (left := (until - clock.now()).total_seconds()) > 0:
        time.sleep(min(left, BLINK))
        if time.monotonic() - signed > NAP:
            run.beat()
            signed = time.monotonic()
    if seconds > BLINK:
        run.beat()
