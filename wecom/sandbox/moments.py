"""Moments (朋友圈) from job to post: nothing is published before the staff confirms on the phone."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.apps import App
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible
from wecom.sandbox.scans import staff_of_department
from wecom.sandbox.store import Db, Store, dumps

STARTED, RUNNING, DONE = 1, 2, 3
RUNS_AFTER, DONE_AFTER = 1, 3  # seconds of the virtual clock
NOBODY_VALID, NOBODY_THERE = 40031, 41048


@dataclass(frozen=True)
class Range:
    """Who shall publish and who may see it, as the request names them."""

    users: list[str] = field(default_factory=list)
    departments: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


@dataclass
class Choice:
    """Who is going to be asked, and what of the range was passed over."""

    senders: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    bad_users: list[str] = field(default_factory=list)
    bad_departments: list[int] = field(default_factory=list)
    bad_tags: list[str] = field(default_factory=list)


def begin(store: Store, db: Db, corp: Corp, app: App, now: float, content: dict[str, Any], wanted: Range) -> str:
    """Starts a job and returns its id. What it will have done is settled now; it shows as the clock goes on."""
    choice = choose(db, corp, app, wanted)
    code = _refusal(choice, wanted)
    moment_id = "" if code else store.new_id(db, "mom")
    if moment_id:
        _insert(db, corp, moment_id, now + DONE_AFTER, content, agentid=app.agentid, tags=choice.tags)
        db.executemany(
            "INSERT INTO moment_task (moment_id, corpid, userid) VALUES (?, ?, ?)",
            [(moment_id, corp.corpid, userid) for userid in choice.senders],
        )
    result = {
        "errcode": code,
        "moment_id": moment_id,
        "invalid_sender_list": {"user_list": choice.bad_users, "department_list": choice.bad_departments},
        "invalid_external_contact_list": {"tag_list": choice.bad_tags},
    }
    jobid = store.new_id(db, "job", 40)
    db.execute(
        "INSERT INTO moment_job (jobid, corpid, agentid, created, result) VALUES (?, ?, ?, ?, ?)",
        (jobid, corp.corpid, app.agentid, now, dumps(result)),
    )
    return jobid


def _refusal(choice: Choice, wanted: Range) -> int:
    if choice.senders:
        return 0
    return NOBODY_VALID if wanted.users or wanted.departments else NOBODY_THERE


def _insert(
    db: Db,
    corp: Corp,
    moment_id: str,
    at: float,
    content: dict[str, Any],
    *,
    agentid: int = 0,
    creator: str = "",
    tags: list[str] | None = None,
) -> None:
    db.execute(
        "INSERT INTO moment (moment_id, corpid, agentid, created, creator, content, tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (moment_id, corp.corpid, agentid, at, creator, dumps(content), dumps(tags or [])),
    )


def choose(db: Db, corp: Corp, app: App, wanted: Range) -> Choice:
    """Named senders; else the followers of customers with the tags; else everybody in the app's range."""
    choice = Choice()
    for tag in wanted.tags:
        known = db.execute("SELECT 1 FROM tag WHERE id = ? AND corpid = ? AND NOT deleted", (tag, corp.corpid))
        (choice.tags if known.fetchone() else choice.bad_tags).append(tag)
    if wanted.users or wanted.departments:
        _named(db, corp, app, wanted, choice)
    elif not wanted.tags:
        choice.senders = _in_range(db, app, "")
    elif choice.tags:
        choice.senders = _in_range(db, app, TAGGED, tags=dumps(choice.tags))
    return choice


TAGGED = (
    " AND EXISTS (SELECT 1 FROM follow f JOIN follow_tag t ON t.follow_id = f.id WHERE f.corpid = s.corpid"
    " AND f.userid = s.userid AND f.state = 'friend' AND t.tag_id IN (SELECT value FROM json_each(:tags)))"
)


def _in_range(db: Db, app: App, condition: str, **values: str) -> list[str]:
    rows = db.execute(
        "SELECT s.userid FROM staff s JOIN app_member a ON a.corpid = s.corpid AND a.agentid = :agentid"  # noqa: S608
        f" AND a.userid = s.userid WHERE s.corpid = :corpid AND s.external AND s.status = 1{condition}"
        " ORDER BY s.rowid",
        {"agentid": app.agentid, "corpid": app.corpid, **values},
    )
    return [row["userid"] for row in rows]


def _named(db: Db, corp: Corp, app: App, wanted: Range, choice: Choice) -> None:
    found: list[str] = []
    for userid in wanted.users:
        row = corps.serving(db, app, userid)
        if row is None:
            choice.bad_users.append(userid)
        else:
            found.append(row["userid"])
    for department in wanted.departments:
        members = [one for one in staff_of_department(db, corp, department) if corps.serving(db, app, one)]
        found += members
        if not members:
            choice.bad_departments.append(department)
    choice.senders = list(dict.fromkeys(found))


def status(job: sqlite3.Row, now: float) -> int:
    age = now - job["created"]
    if age >= DONE_AFTER:
        return DONE
    return RUNNING if age >= RUNS_AFTER else STARTED


def publish(db: Db, corp: Corp, userid: str, moment_id: str, now: float) -> int:
    """The staff taps "publish": returns how many customers can see it."""
    task = db.execute(
        "SELECT t.*, m.cancelled, m.created, m.tags FROM moment_task t JOIN moment m USING (moment_id)"
        " WHERE t.moment_id = ? AND t.userid = ? AND t.corpid = ? AND m.deleted IS NULL",
        (moment_id, userid, corp.corpid),
    ).fetchone()
    if task is None or task["created"] > now:
        raise Impossible(f"{userid} has no task {moment_id}.")
    if task["published"] is not None:
        raise Impossible("This moment is already published.")
    if task["cancelled"] is not None:
        raise Impossible("The corp cancelled this task.")
    return _appear(db, corp, userid, moment_id, json.loads(task["tags"]), now)


def _appear(db: Db, corp: Corp, userid: str, moment_id: str, tags: list[str], now: float) -> int:
    """`moment_viewer` holds the chosen range, `arrived` who of them can see it: who left the staff cannot."""
    db.execute("UPDATE moment_task SET published = ? WHERE moment_id = ? AND userid = ?", (now, moment_id, userid))
    db.execute(
        "INSERT INTO moment_viewer (moment_id, corpid, userid, external_userid, arrived)"
        " SELECT :moment, f.corpid, f.userid, f.external_userid, f.state = 'friend' FROM follow f"
        " WHERE f.corpid = :corpid AND f.userid = :userid AND f.state IN ('friend', 'lost')"
        " AND (:tags = '[]' OR EXISTS (SELECT 1 FROM follow_tag t WHERE t.follow_id = f.id"
        " AND t.tag_id IN (SELECT value FROM json_each(:tags))))"
        " ORDER BY f.id",
        {"moment": moment_id, "corpid": corp.corpid, "userid": userid, "tags": dumps(tags)},
    )
    reached: int = db.execute(
        "SELECT count(*) FROM moment_viewer WHERE moment_id = ? AND userid = ? AND arrived", (moment_id, userid)
    ).fetchone()[0]
    return reached


def post(store: Store, db: Db, corp: Corp, userid: str, text: str, now: float) -> str:
    """The member's own moment, for all of his customers; returns the moment_id."""
    moment_id = store.new_id(db, "mom")
    _insert(db, corp, moment_id, now, {"text": text, "attachments": []}, creator=userid)
    db.execute(
        "INSERT INTO moment_task (moment_id, corpid, userid) VALUES (?, ?, ?)", (moment_id, corp.corpid, userid)
    )
    _appear(db, corp, userid, moment_id, [], now)
    return moment_id


def react(db: Db, corp: Corp, moment_id: str, userid: str, who: dict[str, str], kind: str, now: float) -> None:
    """`who` is ``{"external_userid": …}`` or ``{"userid": …}`` and comments on or likes the post of `userid`."""
    seen = db.execute(
        "SELECT 1 FROM moment_task t JOIN moment m USING (moment_id) WHERE t.moment_id = ? AND t.userid = ?"
        " AND t.corpid = ? AND t.published IS NOT NULL AND m.deleted IS NULL",
        (moment_id, userid, corp.corpid),
    ).fetchone()
    customer = who.get("external_userid", "")
    if seen and customer:
        seen = db.execute(
            "SELECT 1 FROM moment_viewer WHERE moment_id = ? AND userid = ? AND external_userid = ? AND arrived",
            (moment_id, userid, customer),
        ).fetchone()
    if seen is None:
        raise Impossible("They cannot see this moment.")
    db.execute(
        "INSERT INTO moment_reaction (moment_id, userid, kind, by_customer, by_staff, at) VALUES (?, ?, ?, ?, ?, ?)",
        (moment_id, userid, kind, customer, who.get("userid", ""), now),
    )


def delete(db: Db, corp: Corp, userid: str, moment_id: str, now: float) -> None:
    """The member deletes his own moment: it is missing from every list."""
    changed = db.execute(
        "UPDATE moment SET deleted = ? WHERE moment_id = ? AND corpid = ? AND creator = ? AND deleted IS NULL",
        (now, moment_id, corp.corpid, userid),
    )
    if not changed.rowcount:
        raise Impossible(f"{userid} has no moment {moment_id} of his own.")
