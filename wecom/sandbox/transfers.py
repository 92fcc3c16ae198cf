"""Customers change hands (docs 92125, 94081): asked for by the app, told to the customer, done after 24 hours."""

import sqlite3

from wecom.sandbox import corps, mass, relations
from wecom.sandbox.corps import Corp
from wecom.sandbox.days import DAY, midnight
from wecom.sandbox.events import contact_event
from wecom.sandbox.relations import READABLE, Impossible, relation
from wecom.sandbox.store import Db, Store, dumps

DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4
FAILURES = {REFUSED: "customer_refused", FULL: "customer_limit_exceed"}
PATIENCE = 86400  # seconds in which the customer may refuse
TWICE, WINDOW = 2, 90  # transfers of one customer in so many natural days
TOLD = "您好，您的服务已升级，后续将由我的同事{name}@{corp}接替我的工作，继续为您服务。"


def obstacle(db: Db, corp: Corp, kind: str, handover: str, takeover: str, external_userid: str, now: float) -> int:
    """The errcode of the item; 0 when the customer may be asked."""
    if relations.customer(db, corp, external_userid) is None:
        return 40096
    old = relation(db, corp, handover, external_userid)
    if old is None or old["state"] not in (READABLE if kind == "resigned" else ("friend",)):
        return 40131
    if waiting(db, corp, external_userid):
        return 40100 if kind == "resigned" else 40129
    if kind == "onjob" and _lately(db, corp, external_userid, now) >= TWICE:
        return 40128
    return 40099 if is_full(db, corp, takeover, external_userid) else 0


def waiting(db: Db, corp: Corp, external_userid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM transfer WHERE corpid = ? AND external_userid = ? AND status = ?",
        (corp.corpid, external_userid, WAITING),
    ).fetchone()
    return row


def _lately(db: Db, corp: Corp, external_userid: str, now: float) -> int:
    count: int = db.execute(
        "SELECT count(*) FROM transfer WHERE corpid = ? AND external_userid = ? AND kind = 'onjob' AND status = ?"
        " AND done >= ?",
        (corp.corpid, external_userid, DONE, midnight(now) - (WINDOW - 1) * DAY),
    ).fetchone()[0]
    return count


def is_full(db: Db, corp: Corp, userid: str, external_userid: str) -> bool:
    """Has he all the customers he may have? Whom he has already, he can take over."""
    known = relation(db, corp, userid, external_userid)
    if known is not None and known["state"] == "friend":
        return False
    count: int = db.execute(
        "SELECT count(*) FROM follow WHERE corpid = ? AND userid = ? AND state <> 'dropped'", (corp.corpid, userid)
    ).fetchone()[0]
    return count >= corp.knobs.customer_cap


def ask(
    db: Db, corp: Corp, kind: str, handover: str, takeover: str, external_userid: str, message: str, now: float
) -> None:
    db.execute(
        "INSERT INTO transfer (corpid, kind, handover, takeover, external_userid, message, asked)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (corp.corpid, kind, handover, takeover, external_userid, message, int(now)),
    )


def refuse(db: Db, corp: Corp, external_userid: str, now: float) -> None:
    """The customer does not want to be handed over."""
    row = waiting(db, corp, external_userid)
    if row is None:
        raise Impossible("Nobody asked this customer.")
    _fail(db, corp, row, REFUSED, now)


def _fail(db: Db, corp: Corp, row: sqlite3.Row, status: int, now: float) -> None:
    db.execute("UPDATE transfer SET status = ?, done = ? WHERE id = ?", (status, int(now), row["id"]))
    reason = FAILURES[status]
    contact_event(db, corp, now, "transfer_fail", row["takeover"], row["external_userid"], FailReason=reason)


def settle(store: Store, now: float) -> bool:
    """What has waited for 24 hours happens, each at its moment. True if anything did."""
    with store.reading() as db:
        if not _due(db, now):
            return False
    with store.transaction() as db:
        for row in _due(db, now):
            corp = corps.find(db, row["corpid"])
            if corp is not None:
                _finish(db, corp, row, row["asked"] + PATIENCE)
    return True


def _due(db: Db, now: float) -> list[sqlite3.Row]:
    # The status stands in the text: only so is it known that the index on waiting ones serves.
    waiting = f"SELECT * FROM transfer WHERE status = {WAITING} AND asked <= ? ORDER BY asked, id"  # noqa: S608
    return db.execute(waiting, (now - PATIENCE,)).fetchall()


def _finish(db: Db, corp: Corp, row: sqlite3.Row, now: float) -> None:
    """The two may have parted meanwhile, and the takeover may have found other customers."""
    handover, takeover, ident = row["handover"], row["takeover"], row["external_userid"]
    old = relation(db, corp, handover, ident)
    if old is None or old["state"] not in READABLE:
        return _fail(db, corp, row, REFUSED, now)
    if not corps.takes_customers(db, corp.corpid, takeover) or is_full(db, corp, takeover, ident):
        return _fail(db, corp, row, FULL, now)
    db.execute("UPDATE transfer SET status = ?, done = ? WHERE id = ?", (DONE, int(now), row["id"]))
    relations.inherit(db, corp, handover, takeover, ident, now)
    if row["kind"] == "onjob":
        heir = corps.staff(db, corp.corpid, takeover)
        told = row["message"] or TOLD.format(name=heir["name"] if heir else takeover, corp=corp.name)
        mass.deliver(db, corp, ident, takeover, now, "transfer", dumps({"text": told, "attachments": []}))
    return None
