"""WeCom counts by the days of China, which all have 24 hours."""

from wecom.sandbox.clock import local

DAY = 86400


def midnight(moment: float) -> int:
    """The beginning of the day that holds `moment`."""
    return int(local(moment).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
