"""Welcome messages (doc 92137): one for each new friendship, within 20 seconds."""

from typing import Any

from wecom.sandbox import mass
from wecom.sandbox.api.content import content
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.relations import relation, welcomed
from wecom.sandbox.store import dumps

LIFETIME = 20  # seconds of the virtual clock


@endpoint("POST", "externalcontact/send_welcome_msg")
def send_welcome(call: Call) -> dict[str, Any]:
    """The first app wins: 41096 for the others while it sends, 41051 afterwards, as once the customer wrote.

    41050 for a code that is unknown, another app's or late.
    """
    code = call.body.text("welcome_code", missing=41049)
    row = call.db.execute(
        "SELECT * FROM welcome WHERE code = ? AND corpid = ? AND agentid = ?",
        (code, call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None:
        raise ApiError(41050)
    friend = relation(call.db, call.corp, row["userid"], row["external_userid"])
    if welcomed(call.db, code) or (friend and friend["chatted"]):
        raise ApiError(41051)
    if call.now > row["issued"] + LIFETIME:
        raise ApiError(41050)
    if friend is None or friend["state"] not in ("friend", "half"):
        raise ApiError(84061)
    message = dumps(content(call))
    call.db.execute("UPDATE welcome SET used = ?, content = ? WHERE code = ?", (call.now, message, code))
    mass.deliver(call.db, call.corp, row["external_userid"], row["userid"], call.now, "welcome", message)
    return {}
