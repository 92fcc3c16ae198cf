"""What simulated people do, one function for each sort of deed. Who and how follows from the seed."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wecom.sandbox import acquisition, chance, mass, moments, relations
from wecom.sandbox.corps import Corp
from wecom.sandbox.habits import Habits
from wecom.sandbox.relations import Person
from wecom.sandbox.scans import Scan, scan
from wecom.sandbox.store import Db, Store

OTHER_WAYS = (2, 3, 3, 4, 5, 6, 9)  # add_way: search, card, card, group, contacts, WeChat contacts, mail
REMARKS = ("老客户", "要新品试用", "周末到店", "喜欢香氛", "生日快到了", "需要回访", "转介绍", "VIP")
HORIZON = 10 * 86400  # a task older than this is forgotten
HALF_MINUTES = 90


@dataclass(frozen=True, order=True)
class Due:
    """Something that happens at `at`; `subject` is what it is about."""

    at: float
    corpid: str
    kind: str
    subject: str
    userid: str = ""


@dataclass(frozen=True)
class Deed:
    store: Store
    db: Db
    corp: Corp
    due: Due
    habits: Habits
    now: float

    def chance(self, *label: object) -> float:
        return chance.uniform(self.store.seed, self.due.corpid, self.due.kind, self.due.subject, *label)

    def any_friend(self) -> sqlite3.Row | None:
        """One of the corp's living relations."""
        count = self.db.execute(
            "SELECT count(*) FROM follow WHERE corpid = ? AND state = 'friend'", (self.corp.corpid,)
        ).fetchone()[0]
        row: sqlite3.Row | None = self.db.execute(
            "SELECT * FROM follow WHERE corpid = ? AND state = 'friend' ORDER BY id LIMIT 1 OFFSET ?",
            (self.corp.corpid, int(self.chance("friend") * count)),
        ).fetchone()
        return row


def arrive(deed: Deed) -> str:
    """A new customer: through a contact way if there is one, three times out of four."""
    half = deed.chance("half") < deed.habits.half_share
    ways = deed.db.execute(
        "SELECT config_id FROM contact_way WHERE corpid = ? ORDER BY rowid", (deed.corp.corpid,)
    ).fetchall()
    if ways and deed.chance("way") < 0.75:
        config_id = ways[int(deed.chance("which way") * len(ways))]["config_id"]
        return (
            scan(deed.store, deed.db, deed.corp, Scan(config_id=config_id, half=half), Person(), deed.now)[
                "welcome_code"
            ]
            or ""
        )
    add_way = OTHER_WAYS[int(deed.chance("add_way") * len(OTHER_WAYS))]
    scan(deed.store, deed.db, deed.corp, Scan(add_way=add_way, half=half), Person(), deed.now)
    return ""


def leave(deed: Deed) -> str:
    """A customer deletes the staff; now and then it is the other way round."""
    friend = deed.any_friend()
    if friend:
        by_staff = deed.chance("by staff") < 0.2
        relations.end(deed.db, deed.corp, friend["userid"], friend["external_userid"], deed.now, by_staff=by_staff)
    return ""


def edit(deed: Deed) -> str:
    """A member of staff writes a remark, or sets or removes a tag."""
    friend = deed.any_friend()
    tags = deed.db.execute(
        "SELECT id FROM tag WHERE corpid = ? AND NOT deleted ORDER BY rowid", (deed.corp.corpid,)
    ).fetchall()
    if friend is None:
        return ""
    who = (deed.db, deed.corp, friend["userid"], friend["external_userid"], deed.now)
    draw = deed.chance("what")
    if draw < 0.5 or not tags:
        note = REMARKS[int(deed.chance("remark") * len(REMARKS))]
        base = str(friend["remark"]).split("-")[0]
        relations.edit(*who, remark=f"{base}-{note}"[:20])
        return ""
    tag = tags[int(deed.chance("tag") * len(tags))]["id"]
    if draw < 0.85:
        relations.edit(*who, add_tags=[tag])
    else:
        relations.edit(*who, remove_tags=[tag])
    return ""


def chat(deed: Deed) -> str:
    """A customer writes to the staff."""
    friend = deed.any_friend()
    if friend:
        who = (deed.db, deed.corp, friend["userid"], friend["external_userid"], deed.now)
        relations.chat(*who)
        acquisition.message(deed.store, *who)
    return ""


def confirm(deed: Deed) -> str:
    mass.confirm(deed.db, deed.corp, deed.due.userid, deed.due.subject, deed.now)
    return ""


def publish(deed: Deed) -> str:
    moments.publish(deed.db, deed.corp, deed.due.userid, deed.due.subject, deed.now)
    return ""


def confirm_half(deed: Deed) -> str:
    relations.confirm_half(deed.store, deed.db, deed.corp, deed.due.userid, deed.due.subject, deed.now)
    return ""


DEEDS: dict[str, Callable[[Deed], str]] = {
    "arrive": arrive,
    "leave": leave,
    "edit": edit,
    "chat": chat,
    "confirm": confirm,
    "publish": publish,
    "confirm_half": confirm_half,
}


def confirmations(store: Store, db: Db, corp: Corp, habits: Habits, until: float) -> Iterator[Due]:
    """Open tasks that their staff confirm by `until`."""
    tasks = db.execute(
        "SELECT t.msgid, t.userid, t.created, (SELECT max(at) FROM reminder r WHERE r.msgid = t.msgid) AS reminded"
        " FROM mass_task t JOIN mass m USING (msgid)"
        " WHERE t.corpid = ? AND t.status = 0 AND m.cancelled IS NULL AND t.created > ?",
        (corp.corpid, until - HORIZON),
    )
    for task in tasks.fetchall():
        at = _confirmed_at(store.seed, task, habits)
        if at is not None and at <= until:
            yield Due(at, corp.corpid, "confirm", task["msgid"], task["userid"])


def publications(store: Store, db: Db, corp: Corp, habits: Habits, until: float) -> Iterator[Due]:
    """Moments that their staff publish by `until`: soon, late or never, as they confirm mass sends."""
    tasks = db.execute(
        "SELECT t.moment_id AS msgid, t.userid, m.created, NULL AS reminded FROM moment_task t"
        " JOIN moment m USING (moment_id) WHERE t.corpid = ? AND t.published IS NULL AND m.cancelled IS NULL"
        " AND m.deleted IS NULL AND m.created > ?",
        (corp.corpid, until - HORIZON),
    )
    for task in tasks.fetchall():
        at = _confirmed_at(store.seed, task, habits)
        if at is not None and at <= until:
            yield Due(at, corp.corpid, "publish", task["msgid"], task["userid"])


def _confirmed_at(seed: int, task: sqlite3.Row, habits: Habits) -> float | None:
    """None: never."""
    label = (seed, "confirm", task["msgid"], task["userid"])
    mood, delay = chance.uniform(*label, "mood"), chance.uniform(*label, "delay")
    if mood < habits.confirm_soon:
        return float(task["created"] + delay * habits.soon_minutes * 60)
    late = None
    if mood < habits.confirm_soon + habits.confirm_late:
        late = float(task["created"] + habits.soon_minutes * 60 + delay * habits.late_hours * 3600)
    if task["reminded"] and chance.uniform(*label, "heeds") < habits.heed_reminder:
        heeded = float(task["reminded"] + delay * 3600)
        return heeded if late is None else min(late, heeded)
    return late


def half_confirmations(store: Store, db: Db, corp: Corp, habits: Habits, until: float) -> Iterator[Due]:
    """Half-added customers whom their staff take in by `until`."""
    rows = db.execute(
        "SELECT userid, external_userid, createtime FROM follow"
        " WHERE corpid = ? AND state = 'half' AND createtime > ?",
        (corp.corpid, until - HORIZON),
    )
    for row in rows.fetchall():
        label = (store.seed, "half", row["userid"], row["external_userid"])
        at = row["createtime"] + chance.uniform(*label) * HALF_MINUTES * 60
        if chance.uniform(*label, "mood") < habits.confirm_soon and at <= until:
            yield Due(float(at), corp.corpid, "confirm_half", row["external_userid"], row["userid"])
