"""Secrets that WeCom lends for two hours, shared by all processes through one encrypted row each (docs/decisions/001).

Whoever wins the row's lease fetches; everybody else waits for the new version to appear. `wecom.tokens` keeps the
access token so, `wecom.tickets` the JS-SDK tickets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models

from wecom import clock
from wecom.errors import ErrorKind, WeComError
from wecom.secrets import seal, unseal

POLL_SECONDS = 0.05
MARGIN = 60  # seconds before its end at which a secret is no longer used

# The lease is about live processes, so it runs on the real clock, not on the sandbox's.
CLAIM = """
INSERT INTO {table} AS t ({columns}, {secret}, version, refreshing_until)
VALUES ({values}, '', 0, now() + %(lease)s)
ON CONFLICT ({columns}) DO UPDATE SET refreshing_until = excluded.refreshing_until
WHERE t.version = %(seen)s AND (t.refreshing_until IS NULL OR t.refreshing_until < now())
RETURNING t.version
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The row of `model` with this unique `key` (column names and values); `secret` is its encrypted column.

    The model has `version`, `expires_at` and `refreshing_until` as well.
    """

    model: type[models.Model]
    secret: str
    key: dict[str, Any]

    def rows(self, **more: Any) -> models.QuerySet[Any]:
        return self.model._default_manager.filter(**self.key, **more)

    def claim(self, seen: int) -> bool:
        """Take the lease of a row that still holds version `seen` and that nobody else is fetching for."""
        sql = CLAIM.format(
            table=self.model._meta.db_table,
            columns=", ".join(self.key),
            values=", ".join(f"%({name})s" for name in self.key),
            secret=self.secret,
        )
        values: dict[str, Any] = {**self.key, "seen": seen, "lease": timedelta(seconds=lease_seconds())}
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone() is not None


def renew(place: Place, seen: int, fetch: Callable[[], tuple[str, int]], endpoint: str, name: str) -> tuple[str, int]:
    """A secret newer than version `seen`, and its version: fetched here, or by whoever holds the lease.

    `fetch` makes the one call and returns the secret and the seconds that it lives; the WeComError that it raises goes
    to our caller, and the waiting processes then try for themselves, one at a time. RETRY when the lease's holder
    neither delivers nor dies in time; `endpoint` and `name` are for that error.
    """
    patience = lease_seconds() + 2
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if place.claim(seen):
            return _fetch(place, seen, fetch)
        row = place.rows(version__gt=seen).values_list(place.secret, "version").first()
        if row:
            return unseal(row[0]), row[1]
        time.sleep(POLL_SECONDS)
    raise WeComError(None, f"no {name} after {patience:.0f} s of waiting", ErrorKind.RETRY, endpoint)


def lease_seconds() -> float:
    """Longer than the one call with both of its time-outs can take."""
    connect, read = settings.WECOM_TIMEOUT
    return float(connect) + float(read) + 4


def use_until(now: datetime, expires_in: int) -> datetime:
    """When to stop using a secret that lives `expires_in` seconds: a minute before its end, or at half of its life."""
    return now + timedelta(seconds=max(expires_in - MARGIN, expires_in / 2))


def _fetch(place: Place, seen: int, fetch: Callable[[], tuple[str, int]]) -> tuple[str, int]:
    row = place.rows(version=seen)
    try:
        value, expires_in = fetch()
    except BaseException:
        row.update(refreshing_until=None)
        raise
    fresh = {place.secret: seal(value), "expires_at": use_until(clock.now(), expires_in)}
    row.update(**fresh, version=seen + 1, refreshing_until=None)
    return value, seen + 1
