"""JS-SDK tickets (doc 90506): one of the corp, one of each app; and the check that WeCom's client makes."""

import hashlib
from typing import Any

from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db

LIFETIME = 7200  # seconds of the virtual clock
OF_CORP = 0


@endpoint("GET", "get_jsapi_ticket", empty={"ticket": "", "expires_in": 0})
def get_jsapi_ticket(call: Call) -> dict[str, Any]:
    return _ticket(call, OF_CORP)


@endpoint("GET", "ticket/get", empty={"ticket": "", "expires_in": 0})
def get_agent_ticket(call: Call) -> dict[str, Any]:
    if call.args.text("type", missing=40063) != "agent_config":
        raise ApiError(40035)
    return _ticket(call, call.app.agentid)


def _ticket(call: Call, agentid: int) -> dict[str, Any]:
    """The same one as long as it is valid."""
    row = call.db.execute(
        "SELECT * FROM js_ticket WHERE corpid = ? AND agentid = ? AND issued > ? AND issued <= ? ORDER BY issued DESC",
        (call.corp.corpid, agentid, call.now - LIFETIME, call.now),
    ).fetchone()
    if row:
        return {"ticket": row["ticket"], "expires_in": int(row["issued"] + LIFETIME - call.now)}
    ticket = call.world.store.new_id(call.db, "sM4AOVdW", 86)
    call.db.execute("INSERT INTO js_ticket VALUES (?, ?, ?, ?)", (ticket, call.corp.corpid, agentid, call.now))
    return {"ticket": ticket, "expires_in": LIFETIME}


def verdict(db: Db, corp: Corp, agentid: int, signed: dict[str, str], now: float) -> int:
    """What the client says to a signature (`url`, `timestamp`, `nonceStr`, `signature`): 0, 40093, or 42012.

    `agentid`: the app's for agentConfig, OF_CORP for config.
    """
    if _signs(db, corp, agentid, signed, now):
        return 0
    others = [OF_CORP, *(app.agentid for app in corp.apps)]
    return 42012 if any(_signs(db, corp, other, signed, now) for other in others) else 40093


def _signs(db: Db, corp: Corp, agentid: int, signed: dict[str, str], now: float) -> bool:
    rows = db.execute(
        "SELECT ticket FROM js_ticket WHERE corpid = ? AND agentid = ? AND issued > ?",
        (corp.corpid, agentid, now - LIFETIME),
    ).fetchall()
    page = signed["url"].partition("#")[0]
    plain = f"&noncestr={signed['nonceStr']}&timestamp={signed['timestamp']}&url={page}"
    digests = [hashlib.sha1(f"jsapi_ticket={row['ticket']}{plain}".encode()).hexdigest() for row in rows]  # noqa: S324
    return signed["signature"] in digests
