"""``change_external_chat`` (contract §4.2): a chat was made, changed or dismissed.

Members who came or went are applied from the event when it follows on what we have; after anything else (a lost event,
one that came late, another kind of change) WeCom is asked. Order, loss and repetition end in the same rows.
"""

from __future__ import annotations

from groups import membership, sync
from wecom.client import client_for
from wecom.models import InboxEvent


def changed(event: InboxEvent) -> None:
    chat_id = event.payload.get("ChatId", "")
    if not chat_id:
        return
    change = membership.told_by(event)
    if change and membership.apply(event.corp, change):
        return
    sync.converge(event.corp, chat_id, client_for(event.corp))
    if change:
        membership.apply(event.corp, change)  # WeCom's answer may lag some seconds behind the event
