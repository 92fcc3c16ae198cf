"""Acquisition links 获客助手 as people use them (docs 97297 to 97299, 100130).

What consumes a bought unit is not documented. Here each customer who applies through a link takes one, whether he is
accepted or not, from the parcel that expires first; without a unit left, links lead nowhere.
"""

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from wecom.sandbox import chance, corps, names
from wecom.sandbox.apps import App
from wecom.sandbox.clock import iso
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import publish
from wecom.sandbox.relations import Arrival, Impossible, Person, befriend, create_customer, relation
from wecom.sandbox.scans import staff_of_department
from wecom.sandbox.store import Db, Store

ADD_WAY = 16
CHANNEL_BYTES = 64
LOW = 20
WARNINGS = (14, 7, 3, 2, 1)  # days before bought units expire
TOLD_AT = (3, 5, 10)  # messages of a customer
ANYONE, LISTED = 1, 2  # priority_type
DAY = 86400


@dataclass(frozen=True)
class Visit:
    """Who opens a link and by which channel. `userid`, if any, is the member whom WeCom leads him to."""

    channel: str = ""
    userid: str = ""
    half: bool = False


def find(db: Db, link_id: str) -> sqlite3.Row | None:
    """The link unless it was deleted."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM acquisition_link WHERE link_id = ? AND NOT deleted", (link_id,)
    ).fetchone()
    return row


def of_corp(db: Db, corp: Corp, link_id: str) -> sqlite3.Row:
    row = find(db, link_id)
    if row is None or row["corpid"] != corp.corpid:
        raise Impossible(f"There is no acquisition link {link_id}.")
    return row


def members_of(db: Db, corp: Corp, body: dict[str, Any]) -> list[str]:
    """The staff of a link's range, departments expanded, as far as they take customers."""
    found = [*body["range"]["user_list"]]
    for department in body["range"]["department_list"]:
        found += staff_of_department(db, corp, department)
    return [userid for userid in dict.fromkeys(found) if corps.takes_customers(db, corp.corpid, userid)]


def _maker(corp: Corp, link: sqlite3.Row) -> list[App]:
    app = corp.app(link["agentid"])
    return [app] if app else []


def _tell(db: Db, corp: Corp, link: sqlite3.Row, now: float, change: str, **more: str | None) -> None:
    """An event about a link, for the app that made it."""
    head = (("Event", "customer_acquisition"), ("ChangeType", change))
    publish(db, corp, now, *head, *more.items(), to=_maker(corp, link))


def every(db: Db, corp: Corp) -> list[dict[str, Any]]:
    """The links, newest first, with their clicks and the customers who applied."""
    rows = db.execute(
        "SELECT *, (SELECT count(*) FROM acquisition_click c WHERE c.link_id = l.link_id) AS clicks, (SELECT count(*)"
        " FROM acquisition_customer c WHERE c.link_id = l.link_id) AS customers FROM acquisition_link l"
        " WHERE corpid = ? AND NOT deleted ORDER BY id DESC",
        (corp.corpid,),
    )
    return [
        {
            "link_id": row["link_id"],
            "agentid": row["agentid"],
            "available": bool(row["available"]),
            "created": iso(row["created"]),
            "clicks": row["clicks"],
            "customers": row["customers"],
            **json.loads(row["body"]),
        }
        for row in rows
    ]


# --- customers ---


def open_link(db: Db, corp: Corp, link: sqlite3.Row, visitor: str, channel: str, now: float) -> None:
    """Somebody sees the link's page; corps of certain categories are told."""
    db.execute("INSERT INTO acquisition_click VALUES (?, ?, ?)", (link["link_id"], visitor, int(now)))
    if corp.knobs.open_profile:
        _tell(db, corp, link, now, "open_profile", LinkId=link["link_id"], State=_cut(channel) or None)


def arrive(
    store: Store, db: Db, corp: Corp, link: sqlite3.Row, visit: Visit, person: Person, now: float
) -> dict[str, Any]:
    """Somebody opens the link and applies. ``{"external_userid", "userid", "welcome_code", "accepted"}``.

    Friends of whom he is led to are not new: nothing happens to them.
    """
    body, number = json.loads(link["body"]), store.number(db, "arrival by link")
    if not person.name:
        gender, name = names.person(store.seed, "link", number)
        person = replace(person, name=name, gender=person.gender or gender)
    ident = create_customer(store, db, corp, person, now)
    open_link(db, corp, link, ident, visit.channel, now)
    userid = visit.userid or _pick(store, db, corp, body, ident, number)
    known = relation(db, corp, userid, ident)
    answer = {"external_userid": ident, "userid": userid, "welcome_code": None, "accepted": True}
    if known and known["state"] == "friend":
        return answer
    take_unit(db, corp, now)
    channel = _cut(visit.channel)
    db.execute(
        "INSERT INTO acquisition_customer (link_id, corpid, external_userid, userid, state, asked) VALUES"
        " (?, ?, ?, ?, ?, ?) ON CONFLICT (link_id, external_userid, userid) DO UPDATE SET state = excluded.state,"
        " asked = excluded.asked, accepted = NULL",
        (link["link_id"], corp.corpid, ident, userid, channel, int(now)),
    )
    _tell(db, corp, link, now, "friend_request", LinkId=link["link_id"], State=channel or None)
    if not body["skip_verify"]:
        return {**answer, "accepted": False}
    return {**answer, "welcome_code": accept(store, db, corp, link, ident, now, half=visit.half)}


def accept(
    store: Store, db: Db, corp: Corp, link: sqlite3.Row, external_userid: str, now: float, *, half: bool = False
) -> str | None:
    """The member takes the customer; by a link that skips verification this happens at once."""
    row = db.execute(
        "SELECT * FROM acquisition_customer WHERE link_id = ? AND external_userid = ? AND accepted IS NULL",
        (link["link_id"], external_userid),
    ).fetchone()
    if row is None:
        raise Impossible("Nobody waits to be accepted.")
    db.execute("UPDATE acquisition_customer SET accepted = ? WHERE id = ?", (int(now), row["id"]))
    arrival = Arrival(row["userid"], external_userid, row["state"], ADD_WAY, half)
    return befriend(store, db, corp, arrival, now) or None


def _pick(store: Store, db: Db, corp: Corp, body: dict[str, Any], external_userid: str, number: int) -> str:
    users = members_of(db, corp, body)
    if not users:
        raise Impossible("Nobody of this link takes customers.")
    priority = body.get("priority_option") or {}
    friends = [
        row["userid"]
        for row in db.execute(
            "SELECT userid FROM follow WHERE corpid = ? AND external_userid = ? AND state = 'friend' ORDER BY id",
            (corp.corpid, external_userid),
        )
        if corps.takes_customers(db, corp.corpid, row["userid"])
    ]
    if priority.get("priority_type") == LISTED:
        friends = [userid for userid in friends if userid in priority["priority_userid_list"]]
    if friends and priority:
        return str(friends[0])
    return chance.choose(users, store.seed, "staff of link", number)


def _cut(channel: str) -> str:
    """A longer channel is cut, as WeCom does."""
    return channel.encode()[:CHANNEL_BYTES].decode(errors="ignore")


def customers(db: Db, link_id: str, after: int, limit: int) -> list[sqlite3.Row]:
    """Whom the link brought, the first ones first."""
    return db.execute(
        "SELECT * FROM acquisition_customer WHERE link_id = ? AND accepted NOT NULL AND id > ? ORDER BY id LIMIT ?",
        (link_id, after, limit),
    ).fetchall()


def message(store: Store, db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> None:
    """The customer has written; whoever came by a link is counted, and the app that made the link told."""
    rows = db.execute(
        "UPDATE acquisition_customer SET messages = messages + 1 WHERE corpid = ? AND external_userid = ?"
        " AND userid = ? AND accepted NOT NULL RETURNING *",
        (corp.corpid, external_userid, userid),
    ).fetchall()
    for row in rows:
        link = find(db, row["link_id"])
        if link is None:
            continue
        if row["messages"] == 1:
            ids = {"UserID": row["userid"], "ExternalUserID": external_userid, "LinkId": link["link_id"]}
            _tell(db, corp, link, now, "customer_start_chat", **ids)
        if row["messages"] in TOLD_AT:
            key = store.new_id(db, "CHATKEY", 40)
            db.execute(
                "INSERT INTO acquisition_chat VALUES (?, ?, ?, ?, ?, ?)",
                (key, corp.corpid, link["agentid"], row["id"], row["messages"], int(now)),
            )
            _tell(db, corp, link, now, "message_from_customer", LinkId=link["link_id"], ChatKey=key)


# --- links ---


def delete(db: Db, corp: Corp, link: sqlite3.Row, now: float) -> None:
    """An admin deletes the link in the console."""
    db.execute("UPDATE acquisition_link SET deleted = 1 WHERE id = ?", (link["id"],))
    _tell(db, corp, link, now, "delete_link", LinkId=link["link_id"])


def check_links(db: Db, corp: Corp, now: float) -> None:
    """Members may have left: a link whose whole range takes no customers any more becomes unavailable, once."""
    links = db.execute("SELECT * FROM acquisition_link WHERE corpid = ? AND NOT deleted", (corp.corpid,)).fetchall()
    for link in links:
        available = bool(members_of(db, corp, json.loads(link["body"])))
        if available == bool(link["available"]):
            continue
        db.execute("UPDATE acquisition_link SET available = ? WHERE id = ?", (int(available), link["id"]))
        if not available:
            _tell(db, corp, link, now, "link_unavailable", LinkId=link["link_id"])


# --- units ---


def parcels(db: Db, corp: Corp, now: float) -> list[sqlite3.Row]:
    """Purchases of which something is left, those that expire first in front."""
    return db.execute(
        "SELECT * FROM acquisition_quota WHERE corpid = ? AND expires > ? AND units > 0 ORDER BY expires, id",
        (corp.corpid, now),
    ).fetchall()


def balance(db: Db, corp: Corp, now: float) -> int:
    return sum(parcel["units"] for parcel in parcels(db, corp, now))


def used(db: Db, corp: Corp) -> int:
    row = db.execute("SELECT units FROM acquisition_used WHERE corpid = ?", (corp.corpid,)).fetchone()
    return int(row["units"]) if row else 0


def buy(db: Db, corp: Corp, units: int, expires: int, now: float) -> None:
    """From nothing upward is an event."""
    before = balance(db, corp, now)
    db.execute(
        "INSERT INTO acquisition_quota (corpid, expires, units) VALUES (?, ?, ?)", (corp.corpid, expires, units)
    )
    if before == 0 and units:
        _tell_all(db, corp, now, "balance_increased")


def take_unit(db: Db, corp: Corp, now: float) -> None:
    """Events when the balance falls below 20, and when nothing is left."""
    left = parcels(db, corp, now)
    if not left:
        raise Impossible("No unit is left: the link leads nowhere.")
    db.execute("UPDATE acquisition_quota SET units = units - 1 WHERE id = ?", (left[0]["id"],))
    db.execute(
        "INSERT INTO acquisition_used VALUES (?, 1) ON CONFLICT (corpid) DO UPDATE SET units = units + 1",
        (corp.corpid,),
    )
    now_left = sum(parcel["units"] for parcel in left) - 1
    if now_left == LOW - 1:
        _tell_all(db, corp, now, "balance_low")
    if now_left == 0:
        _tell_all(db, corp, now, "balance_exhausted")


def settle(store: Store, now: float) -> bool:
    """Units that expire soon: an event 14, 7, 3, 2 and 1 days before, each dated when it was due. True if any was."""
    with store.reading() as db:
        if not _warnings(db, now):
            return False
    with store.transaction() as db:
        for row, days in _warnings(db, now):
            corp = corps.find(db, row["corpid"])
            if corp is None:
                continue
            db.execute("UPDATE acquisition_quota SET warned = ? WHERE id = ?", (days, row["id"]))
            more = (("ExpireTime", row["expires"]), ("ExpireQuotaNum", row["units"]))
            _tell_all(db, corp, row["expires"] - days * DAY, "quota_expire_soon", *more)
    return True


def _warnings(db: Db, now: float) -> list[tuple[sqlite3.Row, int]]:
    """(parcel, days before its end) of each warning that is due and has not been given."""
    rows = db.execute(
        "SELECT * FROM acquisition_quota WHERE units > 0 AND expires <= ? AND (warned IS NULL OR warned > ?)"
        " ORDER BY expires, id",
        (now + WARNINGS[0] * DAY, WARNINGS[-1]),
    ).fetchall()
    return [
        (row, days)
        for row in rows
        for days in WARNINGS
        if row["expires"] - days * DAY <= now and (row["warned"] is None or row["warned"] > days)
    ]


def _tell_all(db: Db, corp: Corp, now: float, change: str, *more: tuple[str, Any]) -> None:
    publish(db, corp, now, ("Event", "customer_acquisition"), ("ChangeType", change), *more)
