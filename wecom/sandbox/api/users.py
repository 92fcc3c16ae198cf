"""Members (docs 90196, 90200, 90201), as a self-built app of today sees them: no mobile, mail, avatar or gender."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import apps, chance, corps
from wecom.sandbox.api.departments import department_id
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError


def _of_department(call: Call) -> list[sqlite3.Row]:
    """The visible ones: 60003 for an unknown department, 60011 for one outside the app's range."""
    department = department_id(call, "department_id")
    if department is None:
        raise ApiError(60123)
    known = call.db.execute(
        "SELECT 1 FROM department WHERE corpid = ? AND id = ?", (call.corp.corpid, department)
    ).fetchone()
    if known is None:
        raise ApiError(60003)
    if department not in apps.departments_seen(call.db, call.app):
        raise ApiError(60011)
    return call.db.execute(
        "SELECT s.* FROM staff s JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
        " WHERE s.corpid = ? AND s.status = 1"
        " AND EXISTS (SELECT 1 FROM json_each(s.departments) WHERE value = ?) ORDER BY s.rowid",
        (call.app.agentid, call.corp.corpid, department),
    ).fetchall()


def _brief(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "userid": row["userid"],
        "name": row["name"],
        "department": json.loads(row["departments"]),
        "open_userid": "wo" + chance.word(30, "open_userid", row["corpid"], row["userid"]),
    }


def _full(row: sqlite3.Row) -> dict[str, Any]:
    departments = json.loads(row["departments"])
    return {
        **_brief(row),
        "order": [0] * len(departments),
        "position": row["title"],
        "is_leader_in_dept": [0] * len(departments),
        "direct_leader": [],
        "telephone": "",
        "alias": "",
        "status": row["status"],
        "main_department": departments[0] if departments else 1,
        "extattr": {"attrs": []},
        "external_position": row["title"],
        "external_profile": {"external_corp_name": "", "external_attr": []},
    }


@endpoint("GET", "user/simplelist", empty={"userlist": []})
def list_users_brief(call: Call) -> dict[str, Any]:
    return {"userlist": [_brief(row) for row in _of_department(call)]}


@endpoint("GET", "user/list", empty={"userlist": []})
def list_users(call: Call) -> dict[str, Any]:
    return {"userlist": [_full(row) for row in _of_department(call)]}


@endpoint("GET", "user/get")
def get_user(call: Call) -> dict[str, Any]:
    row = corps.seen(call.db, call.app, call.args.text("userid", missing=41009))
    if row is None:
        raise ApiError(60111)
    return _full(row)
