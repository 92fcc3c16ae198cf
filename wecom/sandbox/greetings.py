"""Why some arrivals carry no welcome code: the member greets by himself, or has long been away (doc 92137)."""

from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db, dumps


def save(db: Db, corp: Corp, userid: str, text: str, *, away: bool) -> None:
    """`text`: the console's welcome for the member, "" for none; `away`: he has not been online for long."""
    db.execute("DELETE FROM greeting WHERE corpid = ? AND userid = ?", (corp.corpid, userid))
    if text or away:
        db.execute("INSERT INTO greeting VALUES (?, ?, ?, ?)", (corp.corpid, userid, text, away))


def prevents_codes(db: Db, corp: Corp, userid: str) -> bool:
    row = db.execute("SELECT 1 FROM greeting WHERE corpid = ? AND userid = ?", (corp.corpid, userid)).fetchone()
    return row is not None


def greet(db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> None:
    """The console's welcome reaches the new customer, unless the member is away."""
    row = db.execute(
        "SELECT text FROM greeting WHERE corpid = ? AND userid = ? AND text <> '' AND NOT away", (corp.corpid, userid)
    ).fetchone()
    if row:
        content = dumps({"text": row["text"], "attachments": []})
        db.execute(
            "INSERT INTO received (corpid, external_userid, userid, at, kind, content)"
            " VALUES (?, ?, ?, ?, 'welcome', ?)",
            (corp.corpid, external_userid, userid, now, content),
        )
