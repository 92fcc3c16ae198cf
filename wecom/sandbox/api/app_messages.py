"""Messages of the app to staff (docs 90236, 94867): sending and taking back."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wecom.sandbox import app_phone
from wecom.sandbox.api.app_cards import calls_back
from wecom.sandbox.api.app_content import Content, content
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.clock import local
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import staff_of_department
from wecom.sandbox.store import dumps

PER_MINUTE, PER_HOUR = 30, 1000  # to one member; what is above is dropped without an error
PER_ACCOUNT = 200  # person-times a day, times the corp's account cap
LONGEST_CHECK, USUAL_CHECK = 4 * 3600, 1800
RECALLABLE = 86400
MOST_USERS, MOST_PARTIES, MOST_TAGS = 1000, 100, 100
MOST = {"touser": (MOST_USERS, 40032), "toparty": (MOST_PARTIES, 82002), "totag": (MOST_TAGS, 82003)}


@dataclass
class Recipients:
    """Whom a message reaches, and what was asked for in vain."""

    valid: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def invalid(self) -> dict[str, str]:
        return {
            "invaliduser": "|".join(self.users),
            "invalidparty": "|".join(self.parties),
            "invalidtag": "|".join(self.tags),
            "unlicenseduser": "",
        }


@endpoint(
    "POST",
    "message/send",
    empty={"invaliduser": "", "invalidparty": "", "invalidtag": "", "msgid": "", "response_code": ""},
)
def send(call: Call) -> dict[str, Any]:
    """All recipients invalid: 81013. Ids come back lower-cased. A repeated request may arrive only once."""
    own_agent(call)
    interval = _duplicate_check(call)
    message = content(call)
    recipients = _recipients(call)
    if not recipients.valid:
        raise ApiError(81013)
    _check_day(call, len(recipients.valid))
    _check_task_id(call, message)
    msgid, repeated = _store(call, message, interval)
    if not repeated:
        _deliver(call, msgid, message, recipients.valid)
    answer = {**recipients.invalid(), "msgid": msgid}
    if message["msgtype"] == "template_card" and calls_back(message["card"]):
        answer["response_code"] = app_phone.new_code(call.world.store, call.db, msgid, call.now)
    return answer


def own_agent(call: Call) -> None:
    """40056 for an agentid of nobody, 301002 for that of another app."""
    agentid = call.body.integer("agentid", missing=40063)
    if agentid != call.app.agentid:
        raise ApiError(301002 if call.corp.app(agentid) else 40056)


def _duplicate_check(call: Call) -> int:
    """Seconds in which the same request does not arrive again; 0: no check."""
    call.body.integer("safe", most=2)
    call.body.integer("enable_id_trans", most=1)
    interval = call.body.integer("duplicate_check_interval", default=USUAL_CHECK, most=LONGEST_CHECK)
    return interval if call.body.integer("enable_duplicate_check", most=1) else 0


def _recipients(call: Call) -> Recipients:
    asked = {name: _split(call, name) for name in ("touser", "toparty", "totag")}
    if not any(asked.values()):
        raise ApiError(82001)
    for name, (most, code) in MOST.items():
        if len(asked[name]) > most:
            raise ApiError(code)
    known = _in_range(call)
    if asked["touser"] == ["@all"]:
        return Recipients(list(known.values()))
    found = Recipients([known[one] for one in asked["touser"] if one in known])
    found.users = [one for one in asked["touser"] if one not in known]
    for party in asked["toparty"]:
        members = staff_of_department(call.db, call.corp, int(party)) if party.isdecimal() else []
        _add(found.valid, found.parties, party, [known[one.lower()] for one in members if one.lower() in known])
    for tag in asked["totag"]:
        members = app_phone.tagged(call.db, call.corp, tag)
        _add(found.valid, found.tags, tag, [known[one.lower()] for one in members if one.lower() in known])
    found.valid = list(dict.fromkeys(found.valid))
    return found


def _add(valid: list[str], invalid: list[str], asked: str, members: list[str]) -> None:
    valid += members
    invalid += [] if members else [asked]


def _split(call: Call, name: str) -> list[str]:
    return [part.strip().lower() for part in call.body.text(name).split("|") if part.strip()]


def _in_range(call: Call) -> dict[str, str]:
    """The members whom the app sees, by their lower-cased ids."""
    rows = call.db.execute(
        "SELECT s.userid FROM staff s JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ?"
        " AND a.userid = s.userid WHERE s.corpid = ? AND s.status = 1 ORDER BY s.rowid",
        (call.app.agentid, call.corp.corpid),
    )
    return {row["userid"].lower(): str(row["userid"]) for row in rows}


def _check_day(call: Call, count: int) -> None:
    """Person-times of the day: 45009."""
    midnight = local(call.now).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    sent = call.db.execute(
        "SELECT count(*) FROM app_message WHERE corpid = ? AND agentid = ? AND at >= ?",
        (call.corp.corpid, call.app.agentid, midnight),
    ).fetchone()[0]
    if sent + count > call.corp.knobs.account_cap * PER_ACCOUNT:
        raise ApiError(45009)


def _check_task_id(call: Call, message: Content) -> None:
    """42014 for one that the app has used."""
    task_id = message.get("card", {}).get("task_id")
    if (
        task_id
        and call.db.execute(
            "SELECT 1 FROM app_send WHERE corpid = ? AND agentid = ? AND task_id = ?",
            (call.corp.corpid, call.app.agentid, task_id),
        ).fetchone()
    ):
        raise ApiError(42014)


def _store(call: Call, message: Content, interval: int) -> tuple[str, bool]:
    """The msgid, and whether the app said the same a moment ago."""
    fingerprint = hashlib.sha256(json.dumps(call.body.whole(), sort_keys=True).encode()).hexdigest()
    repeated = (
        interval
        and call.db.execute(
            "SELECT 1 FROM app_send WHERE corpid = ? AND agentid = ? AND fingerprint = ? AND at > ? AND at <= ?",
            (call.corp.corpid, call.app.agentid, fingerprint, call.now - interval, call.now),
        ).fetchone()
    )
    msgid = call.world.store.new_id(call.db, "app", 40)
    task_id = message.get("card", {}).get("task_id") or ""
    call.db.execute(
        "INSERT INTO app_send (msgid, corpid, agentid, at, fingerprint, task_id) VALUES (?, ?, ?, ?, ?, ?)",
        (msgid, call.corp.corpid, call.app.agentid, call.now, fingerprint, task_id),
    )
    return msgid, bool(repeated)


def _deliver(call: Call, msgid: str, message: Content, userids: list[str]) -> None:
    for userid in userids:
        if not _too_often(call, userid):
            call.db.execute(
                "INSERT INTO app_message (corpid, agentid, userid, at, msgid, content) VALUES (?, ?, ?, ?, ?, ?)",
                (call.corp.corpid, call.app.agentid, userid, call.now, msgid, dumps(message)),
            )


def _too_often(call: Call, userid: str) -> bool:
    counts = [
        call.db.execute(
            "SELECT count(*) FROM app_message WHERE corpid = ? AND userid = ? AND at > ? AND at <= ? AND agentid = ?",
            (call.corp.corpid, userid, call.now - window, call.now, call.app.agentid),
        ).fetchone()[0]
        for window in (60, 3600)
    ]
    return bool(counts[0] >= PER_MINUTE or counts[1] >= PER_HOUR)


@endpoint("POST", "message/recall")
def recall(call: Call) -> dict[str, Any]:
    """Of the app's own messages, for 24 hours: afterwards 42052."""
    row = _sent(call)
    if call.now > row["at"] + RECALLABLE:
        raise ApiError(42052)
    call.db.execute("UPDATE app_send SET recalled = coalesce(recalled, ?) WHERE msgid = ?", (call.now, row["msgid"]))
    return {}


def _sent(call: Call) -> sqlite3.Row:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM app_send WHERE msgid = ? AND corpid = ? AND agentid = ?",
        (call.body.text("msgid", missing=41046), call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None:
        raise ApiError(41047)
    return row
