"""Locks that processes share through PostgreSQL, for work that talks to WeCom and therefore runs in no transaction.

They belong to the database session: a process that dies lets go of them at once. (Behind PgBouncer use session
pooling.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def held(*name: object) -> Iterator[None]:
    """Wait for the lock of that name and hold it inside."""
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        _release(key)


@contextmanager
def held_if_free(*name: object) -> Iterator[bool]:
    """Hold the lock inside if nobody else does; the value says whether we got it."""
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        got = cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            _release(key)


def _key(name: tuple[object, ...]) -> int:
    digest = hashlib.blake2b("\x1f".join(map(str, name)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _release(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
