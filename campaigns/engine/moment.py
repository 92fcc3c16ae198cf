"""What one phase knows of a corp's present: the database's clock, quiet hours and quota window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.quiet import last_quiet, quiet_until
from campaigns.quota import Window, next_window, window_at
from wecom import clock
from wecom.models import Corp

# First half of the key of a corp's planning lock; "plan" in ASCII. The second half is the corp.
PLANNING = 0x706C616E


@dataclass(frozen=True, slots=True)
class Moment:
    corp: Corp
    now: datetime
    quiet_until: datetime | None
    window: Window
    free_at: datetime

    @classmethod
    def of(cls, corp: Corp) -> Moment:
        now = database_now()
        return cls(corp, now, quiet_until(corp, now), window_at(corp, now), next_window(corp, now))

    def params(self) -> dict[str, Any]:
        """The named parameters that the engine's statements share."""
        night_from, night_until = last_quiet(self.corp, self.now)
        return {
            "corp": self.corp.pk,
            "zone": self.corp.timezone,
            "now": self.now,
            "quiet_until": self.quiet_until,
            "night_from": night_from,
            "night_until": night_until,
            "quiet_from": f"{self.corp.quiet_from:%H:%M}",
            "window": self.window.label,
            "window_start": self.window.start,
            "cap": self.window.cap,
            "free_at": self.free_at,
        }


def database_now() -> datetime:
    """The database's clock plus the sandbox's offset: it decides what is due, never a worker's."""
    params: dict[str, Any] = {"offset": clock.offset()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() + %(offset)s", params)
        now: datetime = cursor.fetchone()[0]
    return now


def lock_planning(corp_id: int) -> None:
    """Until the transaction ends, nobody else counts this corp's quota or hands it out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PLANNING, corp_id])


def rows_of(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement and fetch its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
