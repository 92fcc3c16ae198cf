"""Group chats and their members, from WeCom."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from groups import membership
from groups.models import GroupChat
from staff.crew import Crew
from staff.models import Staff
from staff.sync import Counts
from wecom import clock, payloads
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun

KIND = "groups"
OWNERS = 100  # per call, the most that WeCom takes
DISMISSED, NOT_A_GROUP = 49008, 90501


class Overtaken(Exception):
    """While WeCom was asked somebody else wrote the chat's rows, perhaps from a newer answer."""


CHAT = """
INSERT INTO groups_groupchat AS g
    (corp_id, chat_id, name, owner_id, notice, status, member_version, created_at, synced_at)
SELECT %(corp)s, %(chat_id)s, %(name)s, (SELECT id FROM staff_staff WHERE corp_id = %(corp)s AND userid = %(owner)s),
       %(notice)s, COALESCE(%(status)s, 0), %(member_version)s, %(created_at)s, %(now)s
ON CONFLICT (corp_id, chat_id) DO UPDATE SET
    name = excluded.name, owner_id = excluded.owner_id, notice = excluded.notice,
    status = COALESCE(%(status)s, g.status), member_version = excluded.member_version, dismissed_at = NULL,
    synced_at = excluded.synced_at
WHERE (g.name, g.owner_id, g.notice, g.status, g.member_version, g.dismissed_at) IS DISTINCT FROM (
    excluded.name, excluded.owner_id, excluded.notice, COALESCE(%(status)s, g.status), excluded.member_version, NULL)
RETURNING xmax = 0
"""

LEFT = """
UPDATE groups_groupmember m SET left_at = %(now)s
FROM groups_groupchat g
WHERE g.corp_id = %(corp)s AND g.chat_id = %(chat_id)s AND m.chat_id = g.id AND m.left_at IS NULL
    AND NOT m.userid = ANY(%(userids)s)
"""

MEMBERS = """
INSERT INTO groups_groupmember AS m (chat_id, userid, type, name, staff_id, customer_id, join_scene, joined_at)
SELECT DISTINCT ON (r.userid) g.id, r.userid, LEAST(GREATEST(r.type, 0), 32767), r.name, s.id, c.id,
       LEAST(GREATEST(r.join_scene, 0), 32767), to_timestamp(LEAST(GREATEST(r.join_time, 0), 253402300799))
FROM jsonb_to_recordset(%(members)s) AS r(userid text, type bigint, name text, join_scene bigint, join_time bigint)
JOIN groups_groupchat g ON g.corp_id = %(corp)s AND g.chat_id = %(chat_id)s
LEFT JOIN staff_staff s ON r.type = 1 AND s.corp_id = %(corp)s AND s.userid = lower(r.userid)
LEFT JOIN customers_customer c ON r.type = 2 AND c.corp_id = %(corp)s AND c.external_userid = r.userid
ORDER BY r.userid
ON CONFLICT (chat_id, userid) WHERE left_at IS NULL DO UPDATE SET
    type = excluded.type, name = COALESCE(NULLIF(excluded.name, ''), m.name), staff_id = excluded.staff_id,
    customer_id = excluded.customer_id, join_scene = excluded.join_scene, joined_at = excluded.joined_at
WHERE (m.type, m.name, m.staff_id, m.customer_id, m.join_scene, m.joined_at) IS DISTINCT FROM (
    excluded.type, COALESCE(NULLIF(excluded.name, ''), m.name), excluded.staff_id, excluded.customer_id,
    excluded.join_scene, excluded.joined_at)
"""


def run(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    """The chats of all staff, those who left included: only their name finds the chats that they owned."""
    if not run.phase:
        run.advance(phase="groups", cursor={"after": ""}, total=GroupChat.objects.of(corp).present().count() or None)
    with Crew(run) as crew:
        while owners := run.cursor.get("owners") or _next_owners(corp, run.cursor["after"]):
            try:
                listed = {row.chat_id: row.status for row in crew.ask(_chats_of, client, owners)}
            except WeComError as error:
                run.advance(cursor=_after_refusal(run.cursor, owners, error))
                continue
            _converge_all(corp, run, client, crew, listed, sorted(listed.keys() | _ours(corp, owners)))
            run.advance(cursor={"after": owners[-1]})


def _converge_all(
    corp: Corp, run: SyncRun, client: WeComClient, crew: Crew, listed: dict[str, int], chat_ids: list[str]
) -> None:
    def one(chat_id: str) -> Counts:
        """In a thread: asked and written in one go, so that no answer lies about while a callback brings a newer."""
        return crew.ask(converge, corp, chat_id, client, status=listed.get(chat_id))

    for _chat_id, counts in crew.map(one, chat_ids):
        run.advance(done=1, total=max(run.total, run.done + 1) if run.total else None, **counts)


@retry(retry=retry_if_exception_type(Overtaken), stop=stop_after_attempt(10), reraise=True)
def converge(corp: Corp, chat_id: str, client: WeComClient, *, status: int | None = None) -> Counts:
    """Make our rows of one chat say what WeCom says now. ``status`` is what only the list of chats tells."""
    before = membership.stamp(corp, chat_id)
    try:
        chat = client.groups.get(chat_id)
    except WeComError as error:
        if error.errcode not in (DISMISSED, NOT_A_GROUP):
            raise
        gone = dismiss(corp, chat_id)
        return {"gone": gone, "examples": {"gone": [{"id": chat_id}] * gone}}
    return merge(corp, chat, before, status=status)


def merge(corp: Corp, chat: payloads.GroupChat, before: membership.Stamp, *, status: int | None = None) -> Counts:
    """Write what WeCom said, unless the rows are no longer what they were `before` it was asked."""
    values = _values(corp, chat, status)
    with transaction.atomic(), connection.cursor() as cursor:
        membership.lock(corp, chat.chat_id)
        if membership.stamp(corp, chat.chat_id) != before:
            raise Overtaken
        cursor.execute(CHAT, values)
        written = cursor.fetchone()
        cursor.execute(LEFT, values)
        moved = cursor.rowcount
        cursor.execute(MEMBERS, values)
        moved += cursor.rowcount
    sort = "added" if written and written[0] else "changed" if written or moved else "unchanged"
    examples = {sort: [{"id": chat.chat_id}]} if sort != "unchanged" else {}
    return {"added": 0, "changed": 0, "unchanged": 0, sort: 1, "examples": examples}


def _values(corp: Corp, chat: payloads.GroupChat, status: int | None) -> dict[str, Any]:
    """What the statements are given."""
    members = [
        {
            "userid": member.userid[:64],
            "type": member.type,
            "name": member.name or member.group_nickname,
            "join_scene": member.join_scene,
            "join_time": member.join_time,
        }
        for member in chat.member_list
    ]
    return {
        "corp": corp.pk,
        "chat_id": chat.chat_id,
        "name": chat.name,
        "owner": chat.owner.lower(),
        "notice": chat.notice,
        "status": status,
        "member_version": chat.member_version[:64],
        "created_at": payloads.moment(chat.create_time) or clock.now(),
        "now": clock.now(),
        "userids": [member["userid"] for member in members],
        "members": json.dumps(members),
    }


def dismiss(corp: Corp, chat_id: str) -> int:
    """The chat is gone; its members stay as history. Returns 1 if it was there until now."""
    return GroupChat.objects.of(corp).present().filter(chat_id=chat_id).update(dismissed_at=clock.now())


def _next_owners(corp: Corp, after: str) -> list[str]:
    staff = Staff.objects.of(corp).filter(userid__gt=after).order_by("userid")
    return list(staff.values_list("userid", flat=True)[:OWNERS])


def _chats_of(client: WeComClient, owners: list[str]) -> list[payloads.GroupChatRow]:
    return list(client.groups.list(owners))


def _ours(corp: Corp, owners: list[str]) -> set[str]:
    chats = GroupChat.objects.of(corp).present().filter(owner__userid__in=owners)
    return set(chats.values_list("chat_id", flat=True))


def _after_refusal(place: dict[str, Any], owners: list[str], error: WeComError) -> dict[str, Any]:
    """One whom WeCom does not know any more is passed over, alone."""
    if error.kind is not ErrorKind.GONE:
        raise error
    return {"after": place["after"], "owners": owners[:1]} if len(owners) > 1 else {"after": owners[0]}
