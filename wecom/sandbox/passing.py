"""What happens in a corp because time passes."""

from wecom.sandbox import acquisition, temp_chats
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db


def live_until(db: Db, corp: Corp, now: float) -> None:
    """Temporary chats end; bought units of acquisition links are about to expire."""
    temp_chats.end_due(db, corp, now)
    acquisition.warn_of_expiry(db, corp, now)
