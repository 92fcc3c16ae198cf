"""Tells the workers that the inbox has something, without ever making the callback wait.

A thread of its own speaks to the broker. While the broker is away nothing is lost: the sweep looks at the table.
"""

import logging
import os
import threading
import time

from wecom.tasks import process_inbox

logger = logging.getLogger(__name__)

PAUSE = 0.2  # seconds between two rings of one process
_lock = threading.Lock()
_wake = threading.Event()
_lanes: set[str] = set()
_owner = 0


def ring(lane: str) -> None:
    """Hint that `lane` has a new event. Returns at once; many rings within a pause become one message."""
    _lanes.add(lane)
    if _owner != os.getpid():
        _start()
    if not _wake.is_set():
        _wake.set()


def _start() -> None:
    """The thread of this process: threads do not survive a fork."""
    global _owner
    with _lock:
        if _owner != os.getpid():
            threading.Thread(target=_run, name="inbox-doorbell", daemon=True).start()
            _owner = os.getpid()


def _run() -> None:
    while _wake.wait():
        _wake.clear()
        while _lanes:
            _publish(_lanes.pop())
        time.sleep(PAUSE)


def _publish(lane: str) -> None:
    try:
        process_inbox.apply_async(args=(lane,), queue="urgent", retry=False, expires=60)
    except Exception as problem:  # a broker can fail in many ways, none of which is the callback's business
        logger.warning("no hint for the workers, the sweep will find the event (%s)", type(problem).__name__)
