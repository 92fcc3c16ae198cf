"""What is old goes, in small batches: handled callbacks and the API journal are bounded by settings.

A callback that is still waiting is never removed, one that is parked only long after.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from wecom import clock
from wecom.models import Corp

BATCH = 1_000
SECONDS = 60.0  # then the rest is left to the next run

INBOX = """
DELETE FROM wecom_inboxevent WHERE id IN (
    SELECT id FROM wecom_inboxevent
    WHERE corp_id = %(corp)s AND received_at < now() + %(offset)s - %(age)s AND state = ANY(%(states)s)
    ORDER BY received_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""
HOURS = """
DELETE FROM wecom_endpointhour WHERE id IN (
    SELECT id FROM wecom_endpointhour WHERE corp_id = %(corp)s AND hour < now() + %(offset)s - %(age)s
    ORDER BY hour LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""
REPLIES = """
DELETE FROM wecom_errorreply WHERE id IN (
    SELECT id FROM wecom_errorreply WHERE corp_id = %(corp)s
    ORDER BY id DESC OFFSET %(keep)s LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def purge() -> dict[str, int]:
    """Remove what the settings no longer want, and say how many rows of what. Ends after a minute at the latest."""
    end = time.monotonic() + SECONDS
    removed = {"inbox": 0, "journal": 0}
    for name, statement, values in _wanted():
        count = BATCH
        while count == BATCH and time.monotonic() < end:
            count = _delete(statement, values)
            removed[name] += count
    return removed


def _wanted() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for corp in Corp.objects.order_by("pk").values_list("pk", flat=True):
        handled, parked = timedelta(days=settings.INBOX_DAYS), timedelta(days=settings.INBOX_PARKED_DAYS)
        yield "inbox", INBOX, {"corp": corp, "age": handled, "states": ["done", "ignored"]}
        yield "inbox", INBOX, {"corp": corp, "age": parked, "states": ["parked"]}
        yield "journal", HOURS, {"corp": corp, "age": timedelta(days=settings.JOURNAL_DAYS)}
        yield "journal", REPLIES, {"corp": corp, "keep": settings.JOURNAL_REPLIES}


def _delete(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"offset": clock.offset(), "batch": BATCH})
        return int(cursor.rowcount)
