"""The keys that open each corp's callbacks, kept in the process for seconds.

However many junk requests come, they cost the database one query a second for each corp of ours, and one for all
corpids together that are not.
"""

import threading
import time
from dataclasses import dataclass

from wecom.crypto import CallbackCrypto, Culprit, Rejected
from wecom.models.corp import Corp

KEPT = 10.0  # seconds
YOUNG = 1.0  # seconds for which an answer of the database is not doubted


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What opens the callbacks of one corp, and when (monotonic) its row was read."""

    corp_id: int
    crypto: CallbackCrypto
    read_at: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.read_at


@dataclass(slots=True)
class _Register:
    """The corpids that have a row, as of `read_at`."""

    corpids: frozenset[str] = frozenset()
    read_at: float = float("-inf")


_keys: dict[str, Keys] = {}
_register = _Register()
_lock = threading.Lock()


def forget() -> None:
    """Drop what is kept: the next callback reads the rows."""
    _keys.clear()
    _register.corpids, _register.read_at = frozenset(), float("-inf")


def kept(corpid: str) -> Keys | None:
    """What is in memory, without asking the database."""
    return _keys.get(corpid)


def keys_of(corpid: str, *, younger_than: float = KEPT) -> Keys:
    """Raises Rejected for a corp that is not ours."""
    keys = _keys.get(corpid)
    if keys is not None and keys.age < younger_than:
        return keys
    if not _is_ours(corpid):
        raise Rejected(Culprit.CORPID)
    return _read(corpid)


def _is_ours(corpid: str) -> bool:
    if corpid in _register.corpids:
        return True
    with _lock:  # whoever comes meanwhile waits for this one answer
        began = time.monotonic()
        if began - _register.read_at >= YOUNG:
            _register.corpids = frozenset(Corp.objects.order_by().values_list("corpid", flat=True))
            _register.read_at = began
    return corpid in _register.corpids


def _read(corpid: str) -> Keys:
    began = time.monotonic()
    corp = Corp.objects.filter(corpid=corpid).first()
    if corp is None:
        _keys.pop(corpid, None)
        _register.corpids -= {corpid}
        raise Rejected(Culprit.CORPID)
    try:
        crypto = CallbackCrypto(corp.callback_token, corp.aes_key, corp.corpid)
    except ValueError:
        raise Rejected(Culprit.AES_KEY) from None
    keys = _keys[corpid] = Keys(corp.pk, crypto, began)
    return keys
