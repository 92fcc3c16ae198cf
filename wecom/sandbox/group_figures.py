"""Figures of groups by owner and day (doc 92133), from what is known of each group's life."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from wecom.sandbox import groups
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db

NEVER = 1 << 62


@dataclass(frozen=True)
class Life:
    """A group's history. `owners`: (until, userid), the present one last; `stays`: (from, until)."""

    created: int
    ended: int
    owners: list[tuple[int, str]]
    stays: list[tuple[int, int]]
    messages: list[tuple[int, str]]

    def owner_at(self, moment: int) -> str:
        return next(userid for until, userid in self.owners if until > moment)


def lives(db: Db, corp: Corp, owners: Iterable[str]) -> list[Life]:
    """The groups that one of `owners` owns or has owned."""
    rows = db.execute(
        "WITH named(id) AS (SELECT value COLLATE NOCASE FROM json_each(:ids)) SELECT * FROM group_chat"
        " WHERE corpid = :corpid AND (owner IN (SELECT id FROM named) OR chat_id IN"
        " (SELECT chat_id FROM group_owner WHERE corpid = :corpid AND userid IN (SELECT id FROM named)))",
        {"corpid": corp.corpid, "ids": json.dumps(list(owners))},
    ).fetchall()
    return [_life(db, row) for row in rows]


def _life(db: Db, row: sqlite3.Row) -> Life:
    chat = (row["chat_id"],)
    past = db.execute("SELECT until, userid FROM group_owner WHERE chat_id = ? ORDER BY until, rowid", chat)
    over = db.execute("SELECT join_time, quit_time FROM group_stay WHERE chat_id = ?", chat)
    said = db.execute("SELECT at, userid FROM group_message WHERE chat_id = ?", chat)
    present = [(member["join_time"], NEVER) for member in groups.members_of(row)]
    return Life(
        row["create_time"],
        row["dismissed"] or NEVER,
        [*((one["until"], one["userid"].lower()) for one in past), (NEVER, row["owner"].lower())],
        [*present, *((one["join_time"], one["quit_time"]) for one in over)],
        [(one["at"], one["userid"]) for one in said],
    )


def figures(known: list[Life], owners: Iterable[str], begin: int, end: int) -> dict[str, int]:
    """Over [begin, end): totals are those at its end, a group counts for whom it belongs to then."""
    wanted = {owner.lower() for owner in owners}
    own = [life for life in known if life.created < end and life.owner_at(end - 1) in wanted]
    alive = [life for life in own if life.ended >= end]
    said = [[userid for at, userid in life.messages if begin <= at < end] for life in own]
    return {
        "new_chat_cnt": sum(life.created >= begin for life in own),
        "chat_total": len(alive),
        "chat_has_msg": sum(map(bool, said)),
        "new_member_cnt": sum(begin <= since < end for life in own for since, _ in life.stays),
        "member_total": sum(since < end <= until for life in alive for since, until in life.stays),
        "member_has_msg": sum(len(set(one)) for one in said),
        "msg_total": sum(map(len, said)),
        "migrate_trainee_chat_cnt": 0,
    }
