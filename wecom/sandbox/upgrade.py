"""A data file that an older sandbox wrote is brought up to date when it is opened."""

import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")
VERSION = 2  # to be raised when an older file needs more than its columns copied
FIRST_APP = "(SELECT agentid FROM app WHERE app.corpid = old.corpid ORDER BY position LIMIT 1)"
FILLED = {  # what new columns of old rows get
    ("tag", "agentid"): f"CASE old.maker WHEN 'app' THEN {FIRST_APP} ELSE 0 END",
    ("tag_group", "agentid"): f"CASE old.maker WHEN 'app' THEN {FIRST_APP} ELSE 0 END",
    ("mass", "agentid"): f"CASE old.creator WHEN '' THEN {FIRST_APP} ELSE 0 END",
    ("welcome", "arrival"): "-old.rowid",
}


class Unusable(sqlite3.DatabaseError):
    """The data file cannot be used; the text says why."""


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Creates what is missing; rebuilds tables whose columns have changed, their rows kept."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise Unusable(f"a newer sandbox wrote it (version {version}; this one knows {VERSION})")
    wanted = sqlite3.connect(":memory:")
    wanted.executescript(SCHEMA.read_text(encoding="utf-8"))
    db.execute("BEGIN IMMEDIATE")
    try:
        _split_corps(db, wanted)
        for table, create in wanted.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
            if not table.startswith("sqlite_"):
                _rebuild(db, wanted, table, create)
        for (create,) in wanted.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"):
            db.execute(create.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))
        db.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.IntegrityError as error:
        db.execute("ROLLBACK")
        raise Unusable(f"an older sandbox wrote it and it cannot be brought up to date ({error})")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    finally:
        wanted.close()
    db.execute("COMMIT")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def _split_corps(db: sqlite3.Connection, wanted: sqlite3.Connection) -> None:
    """Before version 2 a corp had exactly one app, in the corp's own row, which saw everybody."""
    if "secret" not in _columns(db, "corp"):
        return
    for table in ("app", "app_member"):
        db.execute(wanted.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0])
    db.execute(
        "INSERT INTO app (corpid, agentid, secret, token, aes_key, callback_url, customer_api, trusted_ips)"
        " SELECT corpid, agentid, secret, token, aes_key, callback_url,"
        " coalesce(json_extract(settings, '$.customer_api'), 1),"
        " coalesce(json_extract(settings, '$.trusted_ips'), '[]') FROM corp"
    )
    db.execute("UPDATE corp SET settings = json_remove(settings, '$.customer_api', '$.trusted_ips')")
    db.execute(
        "INSERT INTO app_member SELECT corpid, agentid, userid FROM staff JOIN app USING (corpid) WHERE visible"
    )


def _rebuild(db: sqlite3.Connection, wanted: sqlite3.Connection, table: str, create: str) -> None:
    """Makes `table` have the wanted columns in the wanted order. Columns that are no longer known go."""
    old, new = _columns(db, table), _columns(wanted, table)
    if old == new:
        return
    if old:
        db.execute(f"ALTER TABLE {table} RENAME TO old")
    db.execute(create)
    if not old:
        return
    kept = {column: f"old.{column}" for column in new if column in old}
    added = {column: _filling(table, column) for column in new if column not in old and _filling(table, column)}
    columns = {**kept, **added}
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM old")  # noqa: S608
    db.execute("DROP TABLE old")


def _filling(table: str, column: str) -> str:
    """An expression over the old row; "" if the column's default will do."""
    return FILLED.get((table, column), FIRST_APP if column == "agentid" else "")
