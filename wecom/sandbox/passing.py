"""What happens because time passes, whoever plays."""

from wecom.sandbox import acquisition, temp_chats, transfers
from wecom.sandbox.store import Store


def settle(store: Store, now: float) -> bool:
    """Transfers are decided, temporary chats end, bought units are about to expire; each thing at its own moment.

    True if anything happened.
    """
    happened = [part(store, now) for part in (transfers.settle, temp_chats.settle, acquisition.settle)]
    return any(happened)
