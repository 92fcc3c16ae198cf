"""``change_external_chat`` (contract §4.2): a chat was made, changed or dismissed."""

from __future__ import annotations

from groups import sync
from wecom.client import client_for
from wecom.models import InboxEvent


def changed(event: InboxEvent) -> None:
    """Fetch the chat and converge; a dismissed one says so itself."""
    chat_id = event.payload.get("ChatId", "")
    if chat_id:
        sync.converge(event.corp, chat_id, client_for(event.corp))
