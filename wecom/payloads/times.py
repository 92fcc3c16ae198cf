"""Unix seconds as WeCom sends them."""

from datetime import UTC, datetime


def moment(seconds: int) -> datetime | None:
    """An aware date-time from unix seconds; None for 0 and for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
