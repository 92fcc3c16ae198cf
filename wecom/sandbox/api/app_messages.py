"""Messages of the app to staff (doc 90236): text and textcard."""

from typing import Any

from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import staff_of_department
from wecom.sandbox.store import dumps

PER_MINUTE, PER_HOUR = 30, 1000  # to one member; what is above is dropped without an error
TEXT_BYTES = 2048


@endpoint("POST", "message/send", empty={"invaliduser": "", "invalidparty": "", "invalidtag": "", "msgid": ""})
def send(call: Call) -> dict[str, Any]:
    """All recipients invalid: 81013. Ids come back lower-cased."""
    if call.body.integer("agentid", missing=40063) != call.app.agentid:
        raise ApiError(40056)
    message = _content(call)
    valid, bad_users, bad_parties = _recipients(call)
    if not valid:
        raise ApiError(81013)
    msgid = call.world.store.new_id(call.db, "app", 40)
    for userid in valid:
        if not _too_often(call, userid):
            call.db.execute(
                "INSERT INTO app_message (corpid, agentid, userid, at, msgid, content) VALUES (?, ?, ?, ?, ?, ?)",
                (call.corp.corpid, call.app.agentid, userid, call.now, msgid, dumps(message)),
            )
    return {
        "invaliduser": "|".join(bad_users),
        "invalidparty": "|".join(bad_parties),
        "invalidtag": "",
        "unlicenseduser": "",
        "msgid": msgid,
    }


def _content(call: Call) -> dict[str, str]:
    kind = call.body.text("msgtype", missing=40008)
    if kind == "text":
        text = call.body.inner("text").text("content", missing=44004)
        return {"msgtype": "text", "content": text.encode()[:TEXT_BYTES].decode(errors="ignore")}
    if kind != "textcard":
        raise ApiError(40008)
    card = call.body.inner("textcard")
    return {
        "msgtype": "textcard",
        "title": card.text("title", missing=40063, chars=128),
        "description": card.text("description", missing=40063, chars=512),
        "url": card.text("url", missing=40063, size=2048),
        "btntxt": card.text("btntxt", chars=4) or "详情",
    }


def _recipients(call: Call) -> tuple[list[str], list[str], list[str]]:
    """(valid userids, invalid userids, invalid departments)."""
    rows = call.db.execute(
        "SELECT s.userid FROM staff s"
        " JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
        " WHERE s.corpid = ? AND s.status = 1 ORDER BY s.rowid",
        (call.app.agentid, call.corp.corpid),
    )
    known = {row["userid"].lower(): str(row["userid"]) for row in rows}
    asked = [part.strip().lower() for part in call.body.text("touser").split("|") if part.strip()]
    parties = [part.strip() for part in call.body.text("toparty").split("|") if part.strip()]
    if len(asked) > 1000 or len(parties) > 100:
        raise ApiError(40032)
    if asked == ["@all"]:
        return list(known.values()), [], []
    valid = [known[one] for one in asked if one in known]
    bad_parties = []
    for party in parties:
        members = staff_of_department(call.db, call.corp, int(party)) if party.isdecimal() else []
        valid += [one for one in members if one.lower() in known]
        bad_parties += [] if members else [party]
    return list(dict.fromkeys(valid)), [one for one in asked if one not in known], bad_parties


def _too_often(call: Call, userid: str) -> bool:
    counts = [
        call.db.execute(
            "SELECT count(*) FROM app_message WHERE corpid = ? AND userid = ? AND at > ? AND at <= ? AND agentid = ?",
            (call.corp.corpid, userid, call.now - window, call.now, call.app.agentid),
        ).fetchone()[0]
        for window in (60, 3600)
    ]
    return bool(counts[0] >= PER_MINUTE or counts[1] >= PER_HOUR)
