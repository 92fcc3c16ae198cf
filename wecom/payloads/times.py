"""Unix seconds as WeCom sends them, and the midnights by which it counts days."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

WECOM_ZONE = ZoneInfo("Asia/Shanghai")  # statistics are per day of China, wherever the corp is
WINDOW_DAYS = 30  # most days of one question for statistics


def moment(seconds: int) -> datetime | None:
    """An aware date-time from unix seconds; None for 0 and for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def midnight(day: date) -> int:
    """Unix seconds of the day's beginning in China, as statistics want it."""
    return int(datetime.combine(day, time.min, WECOM_ZONE).timestamp())
