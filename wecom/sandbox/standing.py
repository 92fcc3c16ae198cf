"""What WeCom asks of a member before it lets him take over customers or groups, and when he resigned."""

import sqlite3
from dataclasses import dataclass

from wecom.sandbox import groups
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db, Store

YEAR = 365 * 86400


@dataclass(frozen=True)
class Standing:
    """`verified`: his real name is. `dormant`: he has not logged in for a year. `resigned`: when, 0 if he has not."""

    activated: bool = True
    verified: bool = True
    dormant: bool = False
    resigned: int = 0


def of(db: Db, corp: Corp, userid: str, now: float) -> Standing:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM standing WHERE corpid = ? AND userid = ?", (corp.corpid, userid)
    ).fetchone()
    if row is None:
        return Standing()
    dormant = row["last_login"] is not None and row["last_login"] < now - YEAR
    return Standing(bool(row["activated"]), bool(row["verified"]), dormant, row["resigned"] or 0)


def change(db: Db, corp: Corp, userid: str, **facts: int | None) -> None:
    """`facts`: activated, verified, last_login, resigned."""
    db.execute("INSERT OR IGNORE INTO standing (corpid, userid) VALUES (?, ?)", (corp.corpid, userid))
    for name in ("activated", "verified", "last_login", "resigned"):
        if name in facts:
            db.execute(
                f"UPDATE standing SET {name} = ? WHERE corpid = ? AND userid = ?",  # noqa: S608 - one of four names
                (facts[name], corp.corpid, userid),
            )


def resign(store: Store, db: Db, corp: Corp, userid: str, now: float) -> None:
    """The member leaves the corp: his customers and groups wait for heirs. Apps hear nothing of it: they poll."""
    db.execute("UPDATE staff SET status = 5 WHERE corpid = ? AND userid = ?", (corp.corpid, userid))
    change(db, corp, userid, resigned=int(now))
    groups.owner_left(store, db, corp, userid, now)
