"""A person scans a contact way's QR code, or adds a member of staff in some other way."""

import json
import sqlite3
from dataclasses import dataclass, replace

from wecom.sandbox import chance, corps, names, temp_chats
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Arrival, Impossible, Person, befriend, create_customer
from wecom.sandbox.store import Db, Store


@dataclass(frozen=True)
class Scan:
    """`config_id` or `state` names a contact way; a `state` that none has is just recorded. `userid` overrides."""

    config_id: str = ""
    state: str = ""
    userid: str = ""
    add_way: int = 1
    half: bool = False


def scan(store: Store, db: Db, corp: Corp, wanted: Scan, person: Person, now: float) -> dict[str, str | None]:
    """Returns external_userid, userid and the welcome code (None if WeCom gives none)."""
    way = _contact_way(db, corp, wanted)
    body = json.loads(way["body"]) if way else {}
    number = store.number(db, "scan")
    userid = wanted.userid or _pick_staff(store, db, corp, body, number, person)
    if not person.name:
        gender, name = names.person(store.seed, "scan", number)
        person = replace(person, name=name, gender=person.gender or gender)
    external_userid = create_customer(store, db, corp, person, now)
    if way and body["is_temp"]:
        temp_chats.refuse_scan(db, corp, way, external_userid, now)
    channel = body.get("state", "") if way else wanted.state
    arrival = Arrival(userid, external_userid, channel, wanted.add_way, wanted.half)
    code = befriend(store, db, corp, arrival, now)
    if way and body["is_temp"]:
        temp_chats.begin(db, corp, body, userid, external_userid, now)
    if way:
        db.execute("UPDATE contact_way SET scans = scans + 1 WHERE config_id = ?", (way["config_id"],))
    return {"external_userid": external_userid, "userid": userid, "welcome_code": code or None}


def _contact_way(db: Db, corp: Corp, wanted: Scan) -> sqlite3.Row | None:
    row: sqlite3.Row | None = None
    if wanted.config_id:
        row = db.execute(
            "SELECT * FROM contact_way WHERE config_id = ? AND corpid = ?", (wanted.config_id, corp.corpid)
        ).fetchone()
        if row is None:
            raise Impossible(f"There is no contact way {wanted.config_id}.")
    elif wanted.state:
        row = db.execute(
            "SELECT * FROM contact_way WHERE corpid = ? AND json_extract(body, '$.state') = ?"
            " ORDER BY rowid DESC LIMIT 1",
            (corp.corpid, wanted.state),
        ).fetchone()
    return row


def _pick_staff(store: Store, db: Db, corp: Corp, body: dict[str, object], number: int, person: Person) -> str:
    """Somebody of the way. If it is exclusive, people of one other corp go to whom a colleague of theirs follows."""
    users = members_of(db, corp, body) if body else serving_staff(db, corp)
    if not users:
        raise Impossible("Nobody serves customers here.")
    if body.get("is_exclusive") and person.corp_name:
        users = _known_to(db, corp, person.corp_name, users) or users
    return chance.choose(users, store.seed, "staff of scan", number)


def _known_to(db: Db, corp: Corp, corp_name: str, users: list[str]) -> list[str]:
    """Who of the users has customers of that other corp; the one who had the first of them."""
    rows = db.execute(
        "SELECT f.userid FROM follow f JOIN customer c USING (corpid, external_userid) WHERE f.corpid = ?"
        " AND c.type = 2 AND c.corp_name = ? AND f.state IN ('friend', 'lost') ORDER BY f.id",
        (corp.corpid, corp_name),
    )
    return [row["userid"] for row in rows if row["userid"] in users][:1]


def ways_made(db: Db, corp: Corp) -> int:
    """Contact ways and join ways together, without temporary contact ways: what the cap of 500,000 counts."""
    count: int = db.execute(
        "SELECT (SELECT count(*) FROM contact_way WHERE corpid = ?1 AND NOT json_extract(body, '$.is_temp'))"
        " + (SELECT count(*) FROM join_way WHERE corpid = ?1)",
        (corp.corpid,),
    ).fetchone()[0]
    return count


def members_of(db: Db, corp: Corp, way: dict[str, object]) -> list[str]:
    """The staff of a contact way, its departments expanded, as far as they can serve."""
    users, parties = way.get("user"), way.get("party")
    found = [str(user) for user in users] if isinstance(users, list) else []
    for party in parties if isinstance(parties, list) else []:
        found += staff_of_department(db, corp, party)
    return [user for user in dict.fromkeys(found) if corps.takes_customers(db, corp.corpid, user)]


def serving_staff(db: Db, corp: Corp) -> list[str]:
    rows = db.execute(
        "SELECT userid FROM staff WHERE corpid = ? AND status = 1 AND visible AND external ORDER BY rowid",
        (corp.corpid,),
    )
    return [row["userid"] for row in rows]


def staff_of_department(db: Db, corp: Corp, department: object) -> list[str]:
    """The members of a department and of those below it."""
    rows = db.execute(
        "WITH RECURSIVE below(id) AS (VALUES (?) UNION SELECT d.id FROM department d JOIN below b ON d.parentid = b.id"
        " WHERE d.corpid = ?) SELECT DISTINCT s.userid, s.rowid FROM staff s, json_each(s.departments) j"
        " JOIN below b ON b.id = j.value WHERE s.corpid = ? AND s.status = 1 ORDER BY s.rowid",
        (department, corp.corpid, corp.corpid),
    )
    return [row["userid"] for row in rows]
