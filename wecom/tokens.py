"""The access token of a corp's app, shared by all processes through one encrypted row (docs/decisions/001).

Whoever wins the row's lease fetches; everybody else waits for the new version to appear.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from wecom import clock
from wecom.errors import ErrorKind, WeComError
from wecom.models.corp import AccessToken, Corp
from wecom.payloads import AccessTokenAnswer
from wecom.secrets import seal, unseal

POLL_SECONDS = 0.05
MARGIN = 60  # seconds before its end at which a token is no longer used


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    value: str
    version: int


# The lease is about live processes, so it runs on the real clock, not on the sandbox's.
CLAIM = """
INSERT INTO wecom_accesstoken AS t (corp_id, token_sealed, version, refreshing_until)
VALUES (%(corp)s, '', 0, now() + %(lease)s)
ON CONFLICT (corp_id) DO UPDATE SET refreshing_until = excluded.refreshing_until
WHERE t.version = %(seen)s AND (t.refreshing_until IS NULL OR t.refreshing_until < now())
RETURNING t.version
"""


def renew(corp: Corp, seen: int, fetch: Callable[[], AccessTokenAnswer]) -> Token:
    """A token newer than version `seen`: fetched here, or by whoever holds the lease.

    `fetch` makes the one `gettoken` call and raises WeComError, which goes to our caller; the waiting processes then
    try for themselves, one at a time. RETRY when the lease's holder neither delivers nor dies in time.
    """
    patience = lease_seconds() + 2
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if _claim(corp, seen):
            return _fetch(corp, seen, fetch)
        row = AccessToken.objects.filter(corp=corp, version__gt=seen).values_list("token_sealed", "version").first()
        if row:
            return Token(unseal(row[0]), row[1])
        time.sleep(POLL_SECONDS)
    raise WeComError(None, f"no access token after {patience:.0f} s of waiting", ErrorKind.RETRY, "gettoken")


def lease_seconds() -> float:
    """Longer than a `gettoken` call with both of its time-outs can take."""
    connect, read = settings.WECOM_TIMEOUT
    return float(connect) + float(read) + 4


def use_until(now: datetime, expires_in: int) -> datetime:
    """When to stop using a token that lives `expires_in` seconds: a minute before its end, or at half of its life."""
    return now + timedelta(seconds=max(expires_in - MARGIN, expires_in / 2))


def _claim(corp: Corp, seen: int) -> bool:
    values: dict[str, Any] = {"corp": corp.pk, "seen": seen, "lease": timedelta(seconds=lease_seconds())}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return cursor.fetchone() is not None


def _fetch(corp: Corp, seen: int, fetch: Callable[[], AccessTokenAnswer]) -> Token:
    row = AccessToken.objects.filter(corp=corp, version=seen)
    try:
        answer = fetch()
    except BaseException:
        row.update(refreshing_until=None)
        raise
    row.update(
        token_sealed=seal(answer.access_token),
        version=seen + 1,
        expires_at=use_until(clock.now(), answer.expires_in),
        refreshing_until=None,
    )
    return Token(answer.access_token, seen + 1)
