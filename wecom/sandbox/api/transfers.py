"""Inheritance of customers (docs 92125, 94088, 94081, 94082, 92124)."""

import sqlite3
from typing import Any

from wecom.sandbox import corps, standing, transfers
from wecom.sandbox.api import cursors
from wecom.sandbox.api.customers import serving
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.takeovers import heir, verified
from wecom.sandbox.apps import sees
from wecom.sandbox.errors import ApiError

MOST, PAGE = 100, 1000
MESSAGE_CHARS = 200
INFO = ("handover_userid", "external_userid", "dimission_time")
# The place falls from the newest resignation to the oldest; a page goes on after it whatever was assigned meanwhile.
UNASSIGNED = """
SELECT s.userid AS handover_userid, f.external_userid, d.resigned AS dimission_time,
       (d.resigned << 30) + (1 << 30) - 1 - f.id AS place
FROM standing d
JOIN staff s USING (corpid, userid)
JOIN app_member a USING (corpid, userid)
JOIN follow f USING (corpid, userid)
WHERE d.corpid = :corpid AND a.agentid = :agentid AND d.resigned > :since AND s.status <> 1
  AND f.state IN ('friend', 'lost') AND (d.resigned << 30) + (1 << 30) - 1 - f.id < :after
  AND NOT EXISTS (
      SELECT 1 FROM transfer t WHERE t.corpid = f.corpid AND t.external_userid = f.external_userid
      AND t.handover = f.userid AND t.kind = 'resigned' AND t.status IN (1, 2)
  )
ORDER BY place DESC LIMIT :count OFFSET :skipped
"""


@endpoint("POST", "externalcontact/transfer_customer", empty={"customer": []})
def of_colleague(call: Call) -> dict[str, Any]:
    """An item's errcode 0 means asked, not done."""
    message = call.body.text("transfer_success_msg", chars=MESSAGE_CHARS)
    handover = serving(call, call.body.text("handover_userid", missing=41009))["userid"]
    if standing.of(call.db, call.corp, handover, call.now).dormant:
        raise ApiError(40205)
    return _transfer(call, "onjob", handover, message)


@endpoint("POST", "externalcontact/resigned/transfer_customer", empty={"customer": []})
def of_resigned(call: Call) -> dict[str, Any]:
    """45035 when called in parallel."""
    return _transfer(call, "resigned", _known(call, "handover_userid"), "")


def _known(call: Call, name: str) -> str:
    """A member in range, whether he is still there or not."""
    userid = call.body.text(name, missing=41009)
    row = call.db.execute(
        "SELECT userid FROM staff WHERE corpid = ? AND userid = ?", (call.corp.corpid, userid)
    ).fetchone()
    if row is None or not sees(call.db, call.app, userid):
        raise ApiError(60111)
    return str(row["userid"])


def _transfer(call: Call, kind: str, handover: str, message: str) -> dict[str, Any]:
    takeover = heir(call, call.body.text("takeover_userid", missing=41009))["userid"]
    asked = call.body.texts("external_userid", missing=41035, most=MOST)
    whole = _pair_obstacle(call, kind, handover, takeover)
    customer = []
    for ident in asked:
        code = whole or transfers.obstacle(call.db, call.corp, kind, handover, takeover, ident, call.now)
        if not code:
            transfers.ask(call.db, call.corp, kind, handover, takeover, ident, message, call.now)
        customer.append({"external_userid": ident, "errcode": code})
    return {"customer": customer}


def _pair_obstacle(call: Call, kind: str, handover: str, takeover: str) -> int:
    """The errcode that every item gets because of the two members; 0 for none."""
    if handover == takeover:
        return 40130
    if kind == "resigned":
        left = standing.of(call.db, call.corp, handover, call.now).resigned
        active = corps.staff(call.db, call.corp.corpid, handover) is not None
        if active or left < call.now - standing.YEAR:
            return 40097
    return 0 if verified(call, takeover) else 40098


@endpoint("POST", "externalcontact/transfer_result", empty={"customer": []}, reads=True)
def results(call: Call) -> dict[str, Any]:
    return _results(call, "onjob")


@endpoint("POST", "externalcontact/resigned/transfer_result", empty={"customer": []}, reads=True)
def results_of_resigned(call: Call) -> dict[str, Any]:
    return _results(call, "resigned")


def _results(call: Call, kind: str) -> dict[str, Any]:
    """The latest transfer of each customer between the two, 1000 a page."""
    pair = (_known(call, "handover_userid"), _known(call, "takeover_userid"))
    scope = f"{call.scope}.{'.'.join(pair)}"
    rows = call.db.execute(
        "SELECT max(id) AS id, external_userid, status, asked, done FROM transfer"
        " WHERE corpid = ? AND kind = ? AND handover = ? AND takeover = ? GROUP BY external_userid"
        " HAVING max(id) > ? ORDER BY 1 LIMIT ?",
        (call.corp.corpid, kind, *pair, cursors.decode(scope, call.body.text("cursor")), PAGE + 1),
    ).fetchall()
    answer: dict[str, Any] = {"customer": [_state(row) for row in rows[:PAGE]], "next_cursor": ""}
    if len(rows) > PAGE:
        answer["next_cursor"] = cursors.encode(scope, rows[PAGE - 1]["id"])
    return answer


def _state(row: sqlite3.Row) -> dict[str, Any]:
    at = {transfers.DONE: row["done"], transfers.WAITING: row["asked"] + transfers.PATIENCE}
    return {
        "external_userid": row["external_userid"],
        "status": row["status"],
        "takeover_time": at.get(row["status"], 0),
    }


@endpoint("POST", "externalcontact/get_unassigned_list", empty={"info": [], "is_last": True}, reads=True)
def unassigned(call: Call) -> dict[str, Any]:
    """Customers of members who resigned within a year and whom nobody has asked to take another one."""
    size = call.body.integer("page_size", default=PAGE, most=PAGE) or PAGE
    after = cursors.decode(call.scope, call.body.text("cursor"))
    skipped = 0 if after else call.body.integer("page_id") * size
    rows = call.db.execute(
        UNASSIGNED,
        {
            "corpid": call.corp.corpid,
            "agentid": call.app.agentid,
            "since": call.second - standing.YEAR,
            "after": after or 1 << 62,
            "count": size + 1,
            "skipped": skipped,
        },
    ).fetchall()
    info = [{name: row[name] for name in INFO} for row in rows[:size]]
    more = len(rows) > size
    cursor = cursors.encode(call.scope, rows[size - 1]["place"]) if more else ""
    return {"info": info, "is_last": not more, "next_cursor": cursor}
