"""How long callbacks waited in each of the last 24 hours, for the chart of the inbox and the table beside it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import cached_property

from wecom import clock, lag
from wecom.models import Corp


class LagChart:
    """Asks the database when a page draws it: an answer to a filter does not."""

    def __init__(self, corp: Corp) -> None:
        self.corp = corp

    @cached_property
    def hours(self) -> list[tuple[datetime, lag.Lag]]:
        """Oldest first, in the corp's time."""
        zone = ZoneInfo(self.corp.timezone)
        return [(hour.astimezone(zone), found) for hour, found in lag.by_hour(self.corp, clock.now())]

    @property
    def any(self) -> bool:
        return any(found.handled for _hour, found in self.hours)

    @property
    def rows(self) -> list[tuple[str, lag.Lag]]:
        """Newest first, hours in which anything was handled."""
        return [(f"{hour:%m-%d %H:00}", found) for hour, found in reversed(self.hours) if found.handled]

    @property
    def points(self) -> list[dict[str, Any]]:
        return [{"hour": f"{hour:%H:00}", **asdict(found)} for hour, found in self.hours]
