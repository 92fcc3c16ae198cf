"""The first admin of a new installation: made in the browser by whoever can read the server's log.

As long as nobody can log in, the set-up page prints a code there: good for an hour, for one use and for few guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from staff.errors import WrongState
from staff.models import SetupCode, User

logger = logging.getLogger(__name__)

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without characters that are taken for one another
LIFE = timedelta(hours=1)
PAUSE = timedelta(seconds=30)  # between two codes
MOST_FAILURES = 30  # of one code


def wanted() -> bool:
    """Is there nobody yet who could log in?"""
    return not User.objects.exists()


def print_code(*, anew: bool = False) -> str | None:
    """Print a code to the log, unless the last one is still good or too young to be replaced: then None."""
    with transaction.atomic():
        SetupCode.objects.get_or_create(pk=1)
        kept = SetupCode.objects.select_for_update().get(pk=1)
        if not wanted() or not _due(kept, anew=anew):
            return None
        code = "-".join(get_random_string(4, ALPHABET) for _group in range(3))  # 60 bits
        SetupCode.objects.update(digest=_digest(code), printed_at=timezone.now(), failures=0)
    logger.warning("To make the first admin at /setup/admin/, enter %s there within an hour.", code)
    return code


def redeem(code: str, save: Callable[[], User]) -> User | None:
    """What `save` makes, if the code is right. None if it is not; WrongState if there is an admin already."""
    with transaction.atomic():
        kept = SetupCode.objects.select_for_update().filter(pk=1).first()
        if not wanted():
            raise WrongState(_("This installation has an admin already. Log in."))
        if kept is None or not _good(kept):
            return None
        if hmac.compare_digest(kept.digest, _digest(code)):
            kept.delete()
            return save()
        SetupCode.objects.update(failures=F("failures") + 1)
    return None


def _due(kept: SetupCode, *, anew: bool) -> bool:
    if kept.printed_at is None:
        return True
    young = timezone.now() - kept.printed_at < PAUSE
    return not young and (anew or not _good(kept))


def _good(kept: SetupCode) -> bool:
    fresh = kept.printed_at is not None and timezone.now() - kept.printed_at < LIFE
    return bool(kept.digest) and fresh and kept.failures < MOST_FAILURES


def _digest(code: str) -> str:
    """Case and separators do not count."""
    plain = "".join(char for char in code.upper() if char in ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()
