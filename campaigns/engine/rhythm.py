"""How often and how long: leases, look-ups, polling, reminders (docs/decisions/012 and 016).

Leases and look-ups run on real time, for they are about processes and networks; the rest runs on the corp's clock.
"""

from __future__ import annotations

import random
from datetime import timedelta

from django.conf import settings

from wecom.errors import ErrorKind
from wecom.models import Corp

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# A call whose fate is unknown is looked up twice before it counts as absent. WeCom does not say how late a call may
# still take effect; five minutes is many times what its own time-outs allow. A sandbox applies it at once or never.
LOOKUP_GAP = timedelta(minutes=5)
SANDBOX_LOOKUP_GAP = timedelta(seconds=0.2)

# (age below which, interval): minutes after creation, then hourly, then daily for a week (contract §18)
COLLECT = [(5 * MINUTE, MINUTE / 2), (HOUR, 2 * MINUTE), (DAY, HOUR / 2), (7 * DAY, 6 * HOUR)]
COLLECT_LAST = DAY
COLLECT_AGAIN = 2 * MINUTE  # after a failed attempt, or while WeCom is still sending

FIRST_REMINDER = 4 * HOUR
NEXT_REMINDER = DAY
REMINDERS_A_DAY = 3  # doc 97610
DIGEST_EVERY = timedelta(minutes=30)

BUSY_FIRST, BUSY_MOST = timedelta(seconds=5), 10 * MINUTE
CONFIG_REST = 10 * MINUTE


def longest_call() -> timedelta:
    """Real time after which an HTTP call of ours has certainly ended."""
    connect, read = settings.WECOM_TIMEOUT
    return timedelta(seconds=connect + read + 2)


def lease() -> timedelta:
    """Longer than the client can be busy with one call: 20 s of retries, a token that others fetch, two time-outs."""
    return timedelta(seconds=20) + 4 * longest_call()


def lookup_gap(corp: Corp) -> timedelta:
    return SANDBOX_LOOKUP_GAP if corp.is_sandbox else LOOKUP_GAP


def collect_after(age: timedelta) -> timedelta:
    """How long after a look at a send of this age the next one follows."""
    return next((interval for limit, interval in COLLECT if age < limit), COLLECT_LAST)


def backoff(kind: ErrorKind, attempts: int) -> timedelta:
    """How long a batch waits after an explicit refusal; grows with its attempts, with jitter."""
    if kind is ErrorKind.CONFIG:
        return CONFIG_REST
    wait: timedelta = BUSY_FIRST * (1 << min(attempts, 10))
    return min(wait, BUSY_MOST) * random.uniform(0.75, 1.25)
