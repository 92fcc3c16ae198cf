"""Members (docs 90196, 90200, 90201, 96067, 95402, 95895).

A self-built app of today sees no mobile, mail, avatar or gender; only one from before the restrictions of 2022 does.
"""

import json
import sqlite3
from typing import Any

from wecom.sandbox import apps, chance, corps, members
from wecom.sandbox.api import cursors
from wecom.sandbox.api.departments import department_id, refuse_helper
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError

MOST_IDS = 10_000
BAD_CURSOR = 60268  # the address book's; everywhere else it is 50100


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


def _full(call: Call, row: sqlite3.Row) -> dict[str, Any]:
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
        **(_private(call, row) if call.app.early else {}),
    }


def _private(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """What apps made after 2022-06-20 are not told."""
    code = chance.word(24, "profile", row["corpid"], row["userid"])
    avatar = f"https://wework.qpic.cn/wwpic/{code}"
    return {
        **members.private(call.db, row["corpid"], row["userid"]),
        "gender": row["gender"],
        "avatar": f"{avatar}/0",
        "thumb_avatar": f"{avatar}/100",
        "qr_code": f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={code}",
    }


@endpoint("GET", "user/simplelist", empty={"userlist": []}, reads=True)
def list_users_brief(call: Call) -> dict[str, Any]:
    refuse_helper(call)
    return {"userlist": [_brief(row) for row in _of_department(call)]}


@endpoint("GET", "user/list", empty={"userlist": []}, reads=True)
def list_users(call: Call) -> dict[str, Any]:
    refuse_helper(call)
    return {"userlist": [_full(call, row) for row in _of_department(call)]}


@endpoint("GET", "user/get", reads=True)
def get_user(call: Call) -> dict[str, Any]:
    refuse_helper(call)
    row = corps.seen(call.db, call.app, call.args.text("userid", missing=41009))
    if row is None:
        raise ApiError(60111)
    return _full(call, row)


@endpoint("POST", "user/list_id", empty={"dept_user": []}, reads=True)
def list_ids(call: Call) -> dict[str, Any]:
    """A row for each department of each member; only the contact-sync helper may ask, any other app gets 48002."""
    if call.app.kind != "contact-sync":
        raise ApiError(48002)
    limit = call.body.integer("limit", default=MOST_IDS, most=MOST_IDS) or MOST_IDS
    rows = call.db.execute(
        "SELECT s.userid, j.value AS department, s.rowid * 1000 + j.key AS position FROM staff s,"
        " json_each(s.departments) j WHERE s.corpid = ? AND s.status <> 5 AND s.rowid * 1000 + j.key > ?"
        " ORDER BY position LIMIT ?",
        (call.corp.corpid, cursors.decode(call.scope, call.body.text("cursor"), BAD_CURSOR), limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {
        "dept_user": [{"userid": row["userid"], "department": row["department"]} for row in rows[:limit]]
    }
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(call.scope, rows[limit - 1]["position"])
    return answer


@endpoint("POST", "user/getuserid", empty={"userid": ""}, reads=True)
def find_by_mobile(call: Call) -> dict[str, Any]:
    """46004 for a number that is nobody's in range; too many of those block the call for a day."""
    return _found(call, "mobile", call.body.text("mobile", missing=40063))


@endpoint("POST", "user/get_userid_by_email", empty={"userid": ""}, reads=True)
def find_by_email(call: Call) -> dict[str, Any]:
    """`email_type`: 1 corp mail (the default), 2 personal."""
    column = {1: "biz_mail", 2: "email"}.get(call.body.integer("email_type", default=1))
    if column is None:
        raise ApiError(40058)
    return _found(call, column, call.body.text("email", missing=40063))


def _found(call: Call, column: str, value: str) -> dict[str, Any]:
    row = call.db.execute(
        f"SELECT s.userid FROM staff_private p JOIN staff s USING (corpid, userid)"  # noqa: S608 - one of three names
        f" JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
        f" WHERE p.corpid = ? AND p.{column} = ? COLLATE NOCASE AND s.status <> 5",
        (call.app.agentid, call.corp.corpid, value),
    ).fetchone()
    if row is None:
        raise ApiError(46004)
    return {"userid": row["userid"]}
