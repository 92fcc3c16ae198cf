"""Friendships between customers and staff, as the two people make, shape and end them. Each change is an event."""

import sqlite3
from dataclasses import dataclass, replace

from wecom.sandbox import chance, corps, greetings
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import concerned, contact_event
from wecom.sandbox.store import Db, Store

BY_ADMIN = 202  # add_way: given to the member by an admin or by inheritance
READABLE = ("friend", "lost")  # a customer who deleted the staff stays in the staff's list


class Impossible(Exception):
    """The people concerned cannot do this now; the text says why."""


@dataclass(frozen=True)
class Arrival:
    """How somebody is added: `add_way` as in doc 92114, `channel` is the contact way's state."""

    userid: str
    external_userid: str
    channel: str = ""
    add_way: int = 1
    half: bool = False
    by_staff: bool = False


@dataclass(frozen=True)
class Person:
    """A customer to be; whatever is empty is made up."""

    external_userid: str = ""
    name: str = ""
    gender: int = 0
    type: int = 1
    corp_name: str = ""
    title: str = ""


def relation(db: Db, corp: Corp, userid: str, external_userid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM follow WHERE corpid = ? AND userid = ? AND external_userid = ?",
        (corp.corpid, userid, external_userid),
    ).fetchone()
    return row


def customer(db: Db, corp: Corp, external_userid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM customer WHERE corpid = ? AND external_userid = ?", (corp.corpid, external_userid)
    ).fetchone()
    return row


def create_customer(store: Store, db: Db, corp: Corp, person: Person, now: float) -> str:
    """Adds the person unless he exists; returns the external_userid."""
    if person.external_userid and customer(db, corp, person.external_userid):
        return person.external_userid
    ident = person.external_userid or store.new_id(db, "wm" if person.type == 1 else "wo")
    union = "o" + chance.word(27, "unionid", ident) if person.type == 1 and corp.knobs.bound_unionid else ""
    db.execute(
        "INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            corp.corpid,
            ident,
            person.name,
            person.type,
            person.gender,
            union,
            person.corp_name,
            person.title,
            int(now),
        ),
    )
    return ident


def befriend(store: Store, db: Db, corp: Corp, arrival: Arrival, now: float) -> str:
    """Makes the friendship and its event; returns the first app's welcome code, "" if WeCom gives none.

    Friends already: nothing happens. After either side ended it, it begins anew.
    """
    member = corps.staff(db, corp.corpid, arrival.userid)
    if member is None:
        raise Impossible(f"{arrival.userid} is not a member of this corp.")
    arrival = replace(arrival, userid=member["userid"])
    old = relation(db, corp, arrival.userid, arrival.external_userid)
    if old and (old["state"] == "friend" or (old["state"] == "half" and arrival.half)):
        return ""
    if old and old["state"] == "half":
        return confirm_half(store, db, corp, arrival.userid, arrival.external_userid, now)
    _write(db, corp, arrival, now, anew=old is not None)
    codes = _welcome_codes(store, db, corp, arrival.userid, arrival.external_userid, now)
    greetings.greet(db, corp, arrival.userid, arrival.external_userid, now)
    change = "add_half_external_contact" if arrival.half else "add_external_contact"
    contact_event(db, corp, now, change, arrival.userid, arrival.external_userid, codes=codes, State=arrival.channel)
    return next(iter(codes.values()), "")


def _write(db: Db, corp: Corp, arrival: Arrival, now: float, *, anew: bool) -> None:
    name = db.execute(
        "SELECT name FROM customer WHERE corpid = ? AND external_userid = ?", (corp.corpid, arrival.external_userid)
    ).fetchone()["name"]
    values = {
        "corpid": corp.corpid,
        "userid": arrival.userid,
        "external_userid": arrival.external_userid,
        "state": "half" if arrival.half else "friend",
        "channel": arrival.channel,
        "remark": name,
        "add_way": arrival.add_way,
        "oper_userid": arrival.userid if arrival.by_staff else arrival.external_userid,
        "now": int(now),
    }
    if anew:
        db.execute(
            "UPDATE follow SET state = :state, channel = :channel, add_way = :add_way, oper_userid = :oper_userid,"
            " createtime = :now, last_contact = :now, chatted = 0, ended_at = NULL"
            " WHERE corpid = :corpid AND userid = :userid AND external_userid = :external_userid",
            values,
        )
        return
    db.execute(
        "INSERT INTO follow (corpid, userid, external_userid, state, channel, remark, add_way, oper_userid,"
        " createtime, last_contact) VALUES (:corpid, :userid, :external_userid, :state, :channel, :remark, :add_way,"
        " :oper_userid, :now, :now)",
        values,
    )


def _welcome_codes(store: Store, db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> dict[int, str]:
    """By agentid. None for other corps' WeCom users, nor to apps that do not see the member (doc 92130)."""
    known, member = customer(db, corp, external_userid), corps.staff(db, corp.corpid, userid)
    if known is None or known["type"] != 1 or member is None or not member["external"]:
        return {}
    if greetings.prevents_codes(db, corp, userid):
        return {}
    number = store.number(db, "arrival")
    codes = {app.agentid: store.new_id(db, "WELCOME_", 43) for app in concerned(db, corp, userid)}
    db.executemany(
        "INSERT INTO welcome (code, corpid, agentid, arrival, userid, external_userid, issued)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(code, corp.corpid, agentid, number, userid, external_userid, now) for agentid, code in codes.items()],
    )
    return codes


def arrival_of(db: Db, code: str) -> str:
    """What the codes that several apps have for one new friendship share; the code itself if nobody knows it."""
    row = db.execute("SELECT arrival FROM welcome WHERE code = ?", (code,)).fetchone()
    return str(row["arrival"]) if row else code


def welcomed(db: Db, code: str) -> bool:
    """Was the arrival that `code` belongs to welcomed, by whichever app?"""
    row = db.execute(
        "SELECT 1 FROM welcome WHERE used AND arrival = (SELECT arrival FROM welcome WHERE code = ?)", (code,)
    ).fetchone()
    return row is not None


def confirm_half(store: Store, db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> str:
    """The staff confirms a half-added customer. No second code if the half event's code was used."""
    old = relation(db, corp, userid, external_userid)
    if old is None or old["state"] != "half":
        raise Impossible("There is no half-added contact to confirm.")
    db.execute("UPDATE follow SET state = 'friend', last_contact = ? WHERE id = ?", (int(now), old["id"]))
    greeted = db.execute(
        "SELECT 1 FROM welcome WHERE corpid = ? AND userid = ? AND external_userid = ? AND used >= ?",
        (corp.corpid, userid, external_userid, old["createtime"]),
    ).fetchone()
    codes = {} if greeted or old["chatted"] else _welcome_codes(store, db, corp, userid, external_userid, now)
    contact_event(db, corp, now, "add_external_contact", userid, external_userid, codes=codes, State=old["channel"])
    return next(iter(codes.values()), "")


def end(db: Db, corp: Corp, userid: str, external_userid: str, now: float, *, by_staff: bool) -> None:
    """One of the two deletes the other."""
    old = relation(db, corp, userid, external_userid)
    possible = ("friend", "lost", "half") if by_staff else ("friend", "half")
    if old is None or old["state"] not in possible:
        raise Impossible("They are not friends.")
    state = "dropped" if by_staff else "lost"
    db.execute("UPDATE follow SET state = ?, ended_at = ? WHERE id = ?", (state, int(now), old["id"]))
    if by_staff:
        db.execute("DELETE FROM follow_tag WHERE follow_id = ?", (old["id"],))
    change = "del_external_contact" if by_staff else "del_follow_user"
    contact_event(db, corp, now, change, old["userid"], external_userid)


def edit(
    db: Db,
    corp: Corp,
    userid: str,
    external_userid: str,
    now: float,
    *,
    remark: str | None = None,
    add_tags: list[str] | None = None,
    remove_tags: list[str] | None = None,
) -> None:
    """The staff changes remark or tags in the client: ``edit_external_contact``."""
    old = relation(db, corp, userid, external_userid)
    if old is None or old["state"] not in READABLE:
        raise Impossible("They are not friends.")
    if remark is not None:
        db.execute("UPDATE follow SET remark = ? WHERE id = ?", (remark, old["id"]))
    for tag in add_tags or []:
        if not db.execute(
            "SELECT 1 FROM tag WHERE id = ? AND corpid = ? AND NOT deleted", (tag, corp.corpid)
        ).fetchone():
            raise Impossible(f"There is no tag {tag}.")
        db.execute("INSERT OR IGNORE INTO follow_tag VALUES (?, ?)", (old["id"], tag))
    for tag in remove_tags or []:
        db.execute("DELETE FROM follow_tag WHERE follow_id = ? AND tag_id = ?", (old["id"], tag))
    contact_event(db, corp, now, "edit_external_contact", old["userid"], external_userid, State=old["channel"])


def chat(db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> None:
    """The customer writes to the staff: an open welcome code dies (41051), and this is the last interaction."""
    old = relation(db, corp, userid, external_userid)
    if old is None or old["state"] not in ("friend", "half"):
        raise Impossible("They are not friends.")
    db.execute("UPDATE follow SET chatted = 1, last_contact = ? WHERE id = ?", (int(now), old["id"]))
    db.execute(
        "INSERT INTO single_chat VALUES (?, ?, ?, ?, 0)", (corp.corpid, old["userid"], external_userid, int(now))
    )


def write(db: Db, corp: Corp, userid: str, external_userid: str, now: float) -> None:
    """The staff writes to the customer."""
    old = relation(db, corp, userid, external_userid)
    if old is None or old["state"] != "friend":
        raise Impossible("They are not friends.")
    db.execute("UPDATE follow SET last_contact = ? WHERE id = ?", (int(now), old["id"]))
    db.execute(
        "INSERT INTO single_chat VALUES (?, ?, ?, ?, 1)", (corp.corpid, old["userid"], external_userid, int(now))
    )


def inherit(db: Db, corp: Corp, handover: str, takeover: str, external_userid: str, now: float) -> None:
    """The customer goes over from one member to another: events for the old one, if he is on the job, and the new."""
    old, new = relation(db, corp, handover, external_userid), relation(db, corp, takeover, external_userid)
    if old is not None:
        db.execute("UPDATE follow SET state = 'dropped', ended_at = ? WHERE id = ?", (int(now), old["id"]))
        db.execute("DELETE FROM follow_tag WHERE follow_id = ?", (old["id"],))
    if corps.staff(db, corp.corpid, handover):
        change = "del_external_contact"
        contact_event(db, corp, now, change, handover, external_userid, Source="DELETE_BY_TRANSFER")
    if new is not None and new["state"] == "friend":
        return
    arrival = Arrival(takeover, external_userid, add_way=BY_ADMIN, by_staff=True)
    _write(db, corp, arrival, now, anew=new is not None)
    if new is None:
        contact_event(db, corp, now, "add_external_contact", takeover, external_userid)
