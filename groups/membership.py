"""Members who came or went, as an event lists them (contract §4.2), applied if the event follows on our rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from groups.models import GroupChat
from wecom import clock
from wecom.models import Corp, InboxEvent

ADDED, REMOVED = "add_member", "del_member"
BY_QR = 3
INVITED = 1

Stamp = tuple[str, datetime, datetime | None] | None

# Nobody applies a list, nor writes what WeCom said, while another does so with the same chat.
LOCK = "SELECT pg_advisory_xact_lock(%s, %s)"
LOCK_KIND = 0x6772  # "gr"

STEP = """
UPDATE groups_groupchat SET member_version = %(version)s, synced_at = %(now)s
WHERE corp_id = %(corp)s AND chat_id = %(chat_id)s AND member_version = %(since)s AND dismissed_at IS NULL
RETURNING id
"""

# How many of the newcomers we know, and so their names.
KNOWN = """
SELECT count(*) FROM unnest(%(userids)s::text[]) AS r(userid)
WHERE EXISTS (SELECT 1 FROM staff_staff s WHERE s.corp_id = %(corp)s AND s.userid = lower(r.userid))
   OR EXISTS (SELECT 1 FROM customers_customer c WHERE c.corp_id = %(corp)s AND c.external_userid = r.userid)
"""

COME = """
INSERT INTO groups_groupmember (chat_id, userid, type, name, staff_id, customer_id, join_scene, joined_at)
SELECT %(chat)s, r.userid, CASE WHEN s.id IS NULL THEN 2 ELSE 1 END, COALESCE(s.name, c.name), s.id, c.id,
       %(scene)s, %(at)s
FROM unnest(%(userids)s::text[]) AS r(userid)
LEFT JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = lower(r.userid)
LEFT JOIN customers_customer c ON c.corp_id = %(corp)s AND c.external_userid = r.userid
ON CONFLICT (chat_id, userid) WHERE left_at IS NULL DO NOTHING
"""

GO = """
UPDATE groups_groupmember SET left_at = %(at)s
WHERE chat_id = %(chat)s AND left_at IS NULL
    AND (userid = ANY(%(userids)s) OR type = 1 AND lower(userid) = ANY(%(lowered)s))
"""


@dataclass(frozen=True, slots=True)
class Change:
    """Who came or went at `at`, and the chat's member version before and after."""

    chat_id: str
    came: bool
    userids: tuple[str, ...]
    since: str
    version: str
    scene: int
    at: datetime


def told_by(event: InboxEvent) -> Change | None:
    """The change that the event lists whole; None for any other event, and for a list that is cut short."""
    payload = event.payload
    detail, listed = payload.get("UpdateDetail"), payload.get("MemChangeList")
    since, version = (str(payload.get(name) or "")[:64] for name in ("LastMemVer", "CurMemVer"))
    if detail not in (ADDED, REMOVED) or not isinstance(listed, list) or not since or not version:
        return None
    userids = tuple(str(userid)[:64] for userid in listed if userid)
    if not userids or payload.get("MemChangeCnt") != str(len(userids)):
        return None
    scene = BY_QR if payload.get("JoinScene") == str(BY_QR) else INVITED
    at = event.created_at_wecom or event.received_at
    return Change(str(payload.get("ChatId", "")), detail == ADDED, userids, since, version, scene, at)


def apply(corp: Corp, change: Change) -> bool:
    """True when our rows are at the change's version now, or were before. False: WeCom has to be asked."""
    values: dict[str, Any] = {
        "corp": corp.pk,
        "chat_id": change.chat_id,
        "since": change.since,
        "version": change.version,
        "userids": list(change.userids),
        "lowered": [userid.lower() for userid in change.userids],
        "scene": change.scene,
        "at": change.at,
        "now": clock.now(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        lock(corp, change.chat_id)
        cursor.execute(KNOWN, values)
        if change.came and cursor.fetchone()[0] < len(change.userids):
            return is_at(corp, change)
        cursor.execute(STEP, values)
        row = cursor.fetchone()
        if row is None:
            return is_at(corp, change)
        cursor.execute(COME if change.came else GO, {**values, "chat": row[0]})
    return True


def is_at(corp: Corp, change: Change) -> bool:
    """Was the change applied before, or read with the whole chat?"""
    chats = GroupChat.objects.of(corp).filter(chat_id=change.chat_id, dismissed_at=None)
    return chats.filter(member_version=change.version).exists()


def lock(corp: Corp, chat_id: str) -> None:
    """Until the transaction ends, nobody else writes this chat's rows."""
    digest = hashlib.blake2b(f"{corp.pk}:{chat_id}".encode(), digest_size=4).digest()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [LOCK_KIND, int.from_bytes(digest, signed=True)])


def stamp(corp: Corp, chat_id: str) -> Stamp:
    """What differs once somebody has written the chat's rows."""
    chats = GroupChat.objects.of(corp).filter(chat_id=chat_id)
    return chats.values_list("member_version", "synced_at", "dismissed_at").first()
