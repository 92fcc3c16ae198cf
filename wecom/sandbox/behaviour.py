"""What members did with their customers on one day (doc 92132), from relations and single chats."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from wecom.sandbox.corps import Corp
from wecom.sandbox.days import DAY
from wecom.sandbox.relations import BY_ADMIN
from wecom.sandbox.store import Db


def of_day(db: Db, corp: Corp, userids: Iterable[str], day: int) -> dict[str, Any]:
    """The members' figures together; those about answers are absent on a day on which no customer began a chat."""
    span = {"corpid": corp.corpid, "ids": json.dumps(list(userids)), "begin": day, "end": day + DAY, "given": BY_ADMIN}
    chats = _chats(db, span)
    written = [sum(row["by_staff"] for row in chat) for chat in chats]
    return {
        "stat_time": day,
        "new_apply_cnt": _count(db, span, "oper_userid = userid AND add_way <> :given", "createtime"),
        "new_contact_cnt": _count(db, span, "state <> 'half' AND add_way <> :given", "createtime"),
        "chat_cnt": sum(map(bool, written)),
        "message_cnt": sum(written),
        **_answers([chat for chat in chats if not chat[0]["by_staff"]]),
        "negative_feedback_cnt": _count(db, span, "state = 'lost'", "ended_at"),
    }


def _count(db: Db, span: dict[str, Any], which: str, when: str) -> int:
    count: int = db.execute(
        "SELECT count(*) FROM follow WHERE corpid = :corpid"  # noqa: S608 - both are ours
        " AND userid IN (SELECT value COLLATE NOCASE FROM json_each(:ids))"
        f" AND {which} AND {when} >= :begin AND {when} < :end",
        span,
    ).fetchone()[0]
    return count


def _chats(db: Db, span: dict[str, Any]) -> list[list[sqlite3.Row]]:
    """The day's messages of each pair of member and customer, in order of time."""
    rows = db.execute(
        "SELECT * FROM single_chat WHERE corpid = :corpid AND at >= :begin AND at < :end AND userid IN"
        " (SELECT value COLLATE NOCASE FROM json_each(:ids)) ORDER BY userid, external_userid, at, rowid",
        span,
    )
    return [list(chat) for _, chat in groupby(rows, key=lambda row: (row["userid"], row["external_userid"]))]


def _answers(begun: list[list[sqlite3.Row]]) -> dict[str, float]:
    """Of the chats that customers began: the share that was answered, and after how many minutes on average."""
    if not begun:
        return {}
    waits = [wait for chat in begun for wait in _first_wait(chat)]
    share = {"reply_percentage": round(100 * len(waits) / len(begun), 2)}
    return share | ({"avg_reply_time": round(sum(waits) / len(waits) / 60)} if waits else {})


def _first_wait(chat: list[sqlite3.Row]) -> Iterator[int]:
    """Seconds until the member answered, if he did."""
    for row in chat:
        if row["by_staff"]:
            yield row["at"] - chat[0]["at"]
            return
