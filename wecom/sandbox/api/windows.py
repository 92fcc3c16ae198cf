"""Windows of statistics (docs 92132, 92133): whole days, both ends included, yesterday being the newest."""

from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.days import DAY, midnight
from wecom.sandbox.errors import ApiError

LONGEST, FURTHEST = 30, 180  # days


def days(call: Call, begin: int, end: int) -> list[int]:
    """The midnights of the window as far as there are figures; 40058 if it is too long or reaches too far back."""
    first, last, today = midnight(begin), midnight(end), midnight(call.now)
    if not 0 <= last - first < LONGEST * DAY or first < today - FURTHEST * DAY:
        raise ApiError(40058)
    return list(range(first, min(last, today - DAY) + 1, DAY))
