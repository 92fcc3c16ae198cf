"""Mass sends from task to delivery: nothing leaves before the staff confirms on the phone."""

import sqlite3

from wecom.sandbox import quota
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible, relation
from wecom.sandbox.store import Db, Store, dumps

SENT, NOT_A_FRIEND, CAPPED = 1, 2, 3
CONFIRMED = 2


def create(
    store: Store,
    db: Db,
    corp: Corp,
    now: float,
    *,
    content: dict[str, object],
    targets: dict[str, list[str]],
    chat_type: str = "single",
    sender: str = "",
    creator: str = "",
    asked: list[str] | None = None,
    agentid: int = 0,
    allow_select: bool = False,
) -> str:
    """One task for each key of `targets` (userid → external_userids or chat_ids); returns the msgid.

    `agentid` is the app's that asks; 0 for a `creator`'s own. `allow_select`: the staff may choose other customers.
    """
    msgid = store.new_id(db, "msg")
    db.execute(
        "INSERT INTO mass (msgid, corpid, agentid, created, chat_type, sender, creator, content, asked, allow_select)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(msgid, corp.corpid, agentid, now, chat_type, sender, creator),
            *(dumps(content), dumps(asked or []), allow_select),
        ),
    )
    for userid, ids in targets.items():
        db.execute(
            "INSERT INTO mass_task (msgid, corpid, userid, created) VALUES (?, ?, ?, ?)",
            (msgid, corp.corpid, userid, now),
        )
        db.executemany(
            "INSERT INTO mass_target (msgid, userid, target) VALUES (?, ?, ?)", [(msgid, userid, one) for one in ids]
        )
    return msgid


def confirm(
    db: Db, corp: Corp, userid: str, msgid: str, now: float, chosen: list[str] | None = None
) -> dict[str, int]:
    """The staff taps "send": returns what became of the recipients, ``{"sent", "not_a_friend", "capped"}``.

    `chosen`: to these customers only, where the corp allows it; they may be others than the corp named.
    """
    task = _open_task(db, corp, userid, msgid)
    if chosen is not None:
        _choose(db, task, chosen)
    db.execute("UPDATE mass_task SET status = ?, send_time = ? WHERE id = ?", (CONFIRMED, int(now), task["id"]))
    targets = db.execute("SELECT * FROM mass_target WHERE msgid = ? AND userid = ? ORDER BY id", (msgid, userid))
    wanted = [target for target in targets.fetchall() if chosen is None or target["target"] in chosen]
    statuses = [_send(db, corp, task, target, now) for target in wanted]
    return {
        "sent": statuses.count(SENT),
        "not_a_friend": statuses.count(NOT_A_FRIEND),
        "capped": statuses.count(CAPPED),
    }


def _open_task(db: Db, corp: Corp, userid: str, msgid: str) -> sqlite3.Row:
    task: sqlite3.Row | None = db.execute(
        "SELECT t.*, m.cancelled, m.content, m.chat_type, m.creator, m.allow_select FROM mass_task t"
        " JOIN mass m USING (msgid) WHERE t.msgid = ? AND t.userid = ? AND t.corpid = ?",
        (msgid, userid, corp.corpid),
    ).fetchone()
    if task is None:
        raise Impossible(f"{userid} has no task {msgid}.")
    if task["cancelled"]:
        raise Impossible("The corp cancelled this task.")
    if task["status"] == CONFIRMED:
        raise Impossible("This task is already confirmed.")
    return task


def _choose(db: Db, task: sqlite3.Row, chosen: list[str]) -> None:
    if not task["allow_select"]:
        raise Impossible("The corp does not let the staff choose.")
    db.executemany(
        "INSERT OR IGNORE INTO mass_target (msgid, userid, target) VALUES (?, ?, ?)",
        [(task["msgid"], task["userid"], one) for one in chosen],
    )


def _send(db: Db, corp: Corp, task: sqlite3.Row, target: sqlite3.Row, now: float) -> int:
    if task["chat_type"] == "group":
        status = _to_group(db, corp, task, target["target"], now)
    else:
        status = _to_customer(db, corp, task, target["target"], now)
    sent_at = int(now) if status == SENT else None
    db.execute("UPDATE mass_target SET status = ?, send_time = ? WHERE id = ?", (status, sent_at, target["id"]))
    return status


def _to_customer(db: Db, corp: Corp, task: sqlite3.Row, external_userid: str, now: float) -> int:
    friend = relation(db, corp, task["userid"], external_userid)
    if friend is None or friend["state"] != "friend":
        return NOT_A_FRIEND
    if quota.left(db, corp, external_userid, now) <= 0:
        return CAPPED
    kind = "personal" if task["creator"] else "mass"
    deliver(db, corp, external_userid, task["userid"], now, kind, task["content"], msgid=task["msgid"])
    db.execute("UPDATE follow SET last_contact = ? WHERE id = ?", (int(now), friend["id"]))
    return SENT


def _to_group(db: Db, corp: Corp, task: sqlite3.Row, chat_id: str, now: float) -> int:
    """Every customer in the group sees it. The cap is the group's: the customers' own is not touched."""
    if quota.left_for_group(db, corp, chat_id, now) <= 0:
        return CAPPED
    members = db.execute(
        "SELECT json_extract(m.value, '$.userid') AS id FROM group_chat g, json_each(g.members) m"
        " WHERE g.chat_id = ? AND g.owner = ? AND json_extract(m.value, '$.type') = 2",
        (chat_id, task["userid"]),
    ).fetchall()
    for member in members:
        deliver(
            db, corp, member["id"], task["userid"], now, "group", task["content"], msgid=task["msgid"], chat_id=chat_id
        )
    if members:
        db.execute("INSERT INTO group_message VALUES (?, ?, ?)", (chat_id, task["userid"], int(now)))
    return SENT if members else NOT_A_FRIEND


def deliver(
    db: Db,
    corp: Corp,
    external_userid: str,
    userid: str,
    now: float,
    kind: str,
    content: str,
    *,
    msgid: str = "",
    chat_id: str = "",
) -> None:
    """The customer's phone shows it. Kinds: welcome, mass, personal (the staff's own mass send), group."""
    db.execute(
        "INSERT INTO received (corpid, external_userid, userid, at, kind, msgid, chat_id, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (corp.corpid, external_userid, userid, now, kind, msgid, chat_id, content),
    )
