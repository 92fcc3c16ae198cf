"""Other names of the same people: what third-party apps call them, temporary ids, ids from before a migration."""

import sqlite3

from wecom.sandbox import chance
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db

USERID, EXTERNAL, TMP, OLD = "userid", "external_userid", "tmp", "old"
PREFIXES = {USERID: "wo", EXTERNAL: "wm", TMP: "ou", OLD: "wmOLD"}
ALL_APPS = 0  # the service provider's apps share their names of customers


def name(db: Db, corp: Corp, kind: str, agentid: int, ident: str, detail: str = "") -> str:
    """The other name of `ident`, the same whenever asked; from now on it can be converted back."""
    prefix = PREFIXES[kind]
    scope = agentid if kind == TMP else ALL_APPS
    alias = prefix + chance.word(32 - len(prefix), "alias", kind, corp.corpid, scope, ident, detail)
    db.execute(
        "INSERT OR IGNORE INTO alias (corpid, kind, agentid, alias, ident, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (corp.corpid, kind, agentid, alias, ident, detail),
    )
    return alias


def known_app(db: Db, corp: Corp, agentid: int) -> bool:
    """Is this a third-party app that has seen somebody of the corp?"""
    row = db.execute(
        "SELECT 1 FROM alias WHERE corpid = ? AND agentid = ? AND kind IN (?, ?)",
        (corp.corpid, agentid, USERID, EXTERNAL),
    ).fetchone()
    return row is not None


def find(db: Db, corp: Corp, kind: str, agentid: int, alias: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM alias WHERE corpid = ? AND kind = ? AND agentid IN (?, ?) AND alias = ?",
        (corp.corpid, kind, agentid, ALL_APPS, alias),
    ).fetchone()
    return row
