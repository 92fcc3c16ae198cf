"""Acquisition links 获客助手 (docs 97297, 97298, 97375, 100130). A link belongs to the app that made it.

No code is documented for an unknown link: here it is 40058, and 48002 for one of another app.
"""

import json
import sqlite3
from typing import Any

from wecom.sandbox import acquisition, chance, corps
from wecom.sandbox.acquisition import DAY
from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.clock import local
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import dumps

AREA = "externalcontact/customer_acquisition"
MOST_MEMBERS, MOST_PRIORITY = 500, 1000
LINKS_A_PAGE, CUSTOMERS_A_PAGE = 100, 1000
LONGEST_WINDOW, OLDEST = 30 * DAY, 180 * DAY
KEY_LIFETIME = 1800


@endpoint("POST", f"{AREA}/list_link", empty={"link_id_list": []}, reads=True)
def list_links(call: Call) -> dict[str, Any]:
    limit = call.body.integer("limit", default=LINKS_A_PAGE, most=LINKS_A_PAGE) or LINKS_A_PAGE
    rows = call.db.execute(
        "SELECT id, link_id FROM acquisition_link WHERE corpid = ? AND agentid = ? AND NOT deleted AND id > ?"
        " ORDER BY id LIMIT ?",
        (call.corp.corpid, call.app.agentid, cursors.decode(call.scope, call.body.text("cursor")), limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {"link_id_list": [row["link_id"] for row in rows[:limit]]}
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(call.scope, rows[limit - 1]["id"])
    return answer


@endpoint("POST", f"{AREA}/get", empty={"link": {}, "range": {}, "priority_option": {}}, reads=True)
def get(call: Call) -> dict[str, Any]:
    link, body = _own(call)
    shown = {name: body[name] for name in ("link_name", "skip_verify", "mark_source")}
    answer = {
        "link": {**shown, "url": _url(call, link["link_id"]), "create_time": link["created"]},
        "range": body["range"],
    }
    return {**answer, "priority_option": body["priority_option"]} if body["priority_option"] else answer


@endpoint("POST", f"{AREA}/create_link", empty={"link": {}})
def create(call: Call) -> dict[str, Any]:
    """41095 when the corp has as many as it may (its knob; WeCom's number is not documented)."""
    made = call.db.execute(
        "SELECT count(*) FROM acquisition_link WHERE corpid = ? AND NOT deleted", (call.corp.corpid,)
    ).fetchone()[0]
    if made >= call.corp.knobs.acquisition_link_cap:
        raise ApiError(41095)
    if "range" not in call.body:
        raise ApiError(40063)
    body = {"link_name": "", "skip_verify": True, "mark_source": True, "priority_option": {}, "range": {}}
    body |= {"link_name": call.body.text("link_name", missing=40063), **_changes(call)}
    number = call.world.store.number(call.db, "acquisition_link")
    link_id = "cawcd" + chance.hexadecimal(call.world.seed, "link", number)[:13]
    call.db.execute(
        "INSERT INTO acquisition_link (link_id, corpid, agentid, body, created) VALUES (?, ?, ?, ?, ?)",
        (link_id, call.corp.corpid, call.app.agentid, dumps(body), call.second),
    )
    name = {"link_id": link_id, "link_name": body["link_name"]}
    return {"link": {**name, "url": _url(call, link_id), "create_time": call.second}}


@endpoint("POST", f"{AREA}/update_link")
def update(call: Call) -> dict[str, Any]:
    """The range replaces what was there."""
    link, body = _own(call)
    body |= _changes(call)
    call.db.execute("UPDATE acquisition_link SET body = ?, available = 1 WHERE id = ?", (dumps(body), link["id"]))
    return {}


@endpoint("POST", f"{AREA}/delete_link")
def delete(call: Call) -> dict[str, Any]:
    """No event."""
    link, _ = _own(call)
    call.db.execute("UPDATE acquisition_link SET deleted = 1 WHERE id = ?", (link["id"],))
    return {}


@endpoint("POST", f"{AREA}/customer", empty={"customer_list": []}, reads=True)
def customers(call: Call) -> dict[str, Any]:
    link, _ = _own(call)
    limit = call.body.integer("limit", default=CUSTOMERS_A_PAGE, most=CUSTOMERS_A_PAGE) or CUSTOMERS_A_PAGE
    scope = f"{call.scope}.{link['link_id']}"
    after = cursors.decode(scope, call.body.text("cursor"))
    rows = acquisition.customers(call.db, link["link_id"], after, limit + 1)
    answer: dict[str, Any] = {
        "customer_list": [
            {
                "external_userid": row["external_userid"],
                "userid": row["userid"],
                "chat_status": int(row["messages"] > 0),
                "state": row["state"],
            }
            for row in rows[:limit]
        ]
    }
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(scope, rows[limit - 1]["id"])
    return answer


@endpoint("POST", f"{AREA}/statistic", empty={"click_link_customer_cnt": 0, "new_customer_cnt": 0}, reads=True)
def statistic(call: Call) -> dict[str, Any]:
    """Whole days in the corps' time zone, both ends included."""
    link, _ = _own(call)
    start, end = call.body.integer("start_time", missing=40063), call.body.integer("end_time", missing=40063)
    if not 0 <= end - start <= LONGEST_WINDOW or start < call.second - OLDEST:
        raise ApiError(40058)
    window = (link["link_id"], _midnight(start), _midnight(end) + DAY)
    clicks = call.db.execute(
        "SELECT count(DISTINCT visitor) FROM acquisition_click WHERE link_id = ? AND at >= ? AND at < ?", window
    ).fetchone()[0]
    new = call.db.execute(
        "SELECT count(*) FROM acquisition_customer WHERE link_id = ? AND accepted >= ? AND accepted < ?", window
    ).fetchone()[0]
    return {"click_link_customer_cnt": clicks, "new_customer_cnt": new}


def _midnight(second: int) -> float:
    return local(second).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


@endpoint("POST", f"{AREA}/get_chat_info", empty={"chat_info": {}}, reads=True)
def chat_info(call: Call) -> dict[str, Any]:
    """41201 for a key that is unknown, another app's, or older than 30 minutes."""
    row = call.db.execute(
        "SELECT k.messages AS count, k.made, c.* FROM acquisition_chat k JOIN acquisition_customer c"
        " ON c.id = k.customer_id WHERE k.chat_key = ? AND k.corpid = ? AND k.agentid = ?",
        (call.body.text("chat_key", missing=41201), call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None or call.now > row["made"] + KEY_LIFETIME:
        raise ApiError(41201)
    counted = {"recv_msg_cnt": row["count"], "link_id": row["link_id"], "state": row["state"]}
    return {"userid": row["userid"], "external_userid": row["external_userid"], "chat_info": counted}


@endpoint(
    "GET", "externalcontact/customer_acquisition_quota", empty={"total": 0, "balance": 0, "quota_list": []}, reads=True
)
def quota(call: Call) -> dict[str, Any]:
    days: dict[int, int] = {}
    for parcel in acquisition.parcels(call.db, call.corp, call.now):
        days[parcel["expires"]] = days.get(parcel["expires"], 0) + parcel["units"]
    return {
        "total": acquisition.used(call.db, call.corp),
        "balance": sum(days.values()),
        "quota_list": [{"expire_date": day, "balance": units} for day, units in days.items()],
    }


def _own(call: Call) -> tuple[sqlite3.Row, dict[str, Any]]:
    link = acquisition.find(call.db, call.body.text("link_id", missing=40063))
    if link is None or link["corpid"] != call.corp.corpid:
        raise ApiError(40058)
    if link["agentid"] != call.app.agentid:
        raise ApiError(48002)
    return link, json.loads(link["body"])


def _url(call: Call, link_id: str) -> str:
    base = call.world.public_url or call.request.host_url
    return f"{base.rstrip('/')}/ca/{link_id}"


def _changes(call: Call) -> dict[str, Any]:
    """The fields that create and update share, checked; only those that the request has."""
    body = call.body
    values: dict[str, Any] = {
        "link_name": body.text("link_name", chars=30),
        "range": _range(call) if "range" in body else {},
        "skip_verify": body.flag("skip_verify", default=True),
        "mark_source": body.flag("mark_source", default=True),
        "priority_option": _priority(call) if "priority_option" in body else {},
    }
    return {name: value for name, value in values.items() if name in body}


def _range(call: Call) -> dict[str, Any]:
    """40063 for an empty one, 60111, 84074 and 60003 for whom it cannot have, 40058 for more than 500 members."""
    given = call.body.inner("range")
    users = given.texts("user_list", most=MOST_MEMBERS)
    departments = given.integers("department_list")
    if not users and not departments:
        raise ApiError(40063)
    for userid in users:
        if corps.seen(call.db, call.app, userid) is None:
            raise ApiError(60111)
        if corps.serving(call.db, call.app, userid) is None:
            raise ApiError(84074)
    for department in departments:
        _known_department(call, department)
    reach = {"user_list": users, "department_list": departments}
    if len(acquisition.members_of(call.db, call.corp, {"range": reach})) > MOST_MEMBERS:
        raise ApiError(40058)
    return reach


def _known_department(call: Call, number: int) -> None:
    row = call.db.execute(
        "SELECT 1 FROM department WHERE corpid = ? AND id = ?", (call.corp.corpid, number)
    ).fetchone()
    if row is None:
        raise ApiError(60003)


def _priority(call: Call) -> dict[str, Any]:
    option = call.body.inner("priority_option")
    kind = option.integer("priority_type", missing=40063, least=acquisition.ANYONE, most=acquisition.LISTED)
    listed = option.texts("priority_userid_list", most=MOST_PRIORITY)
    if kind == acquisition.LISTED and not listed:
        raise ApiError(40063)
    return {"priority_type": kind, **({"priority_userid_list": listed} if kind == acquisition.LISTED else {})}
