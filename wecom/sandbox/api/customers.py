"""Customers (docs 92571, 92113, 92114, 92994, 92115)."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import ApiError
from wecom.sandbox.relations import READABLE, customer, relation

FOLLOWERS_PER_PAGE = 500
MEMBER = 1 << 48  # larger than any relation's id


def serving(call: Call, userid: str) -> sqlite3.Row:
    """The member: 60111 if unknown or out of range, 84074 without the 客户联系 right."""
    row = corps.seen(call.db, call.app, userid)
    if row is None:
        raise ApiError(60111)
    if not row["external"]:
        raise ApiError(84074)
    return row


def readable(call: Call, userid: str, external_userid: str) -> sqlite3.Row:
    """The relation: 40096 for a customer nobody knows, 84061 for one who is not this member's."""
    serving(call, userid)
    known = call.db.execute(
        "SELECT 1 FROM customer WHERE corpid = ? AND external_userid = ?", (call.corp.corpid, external_userid)
    ).fetchone()
    if known is None:
        raise ApiError(40096)
    row = relation(call.db, call.corp, userid, external_userid)
    if row is None or row["state"] not in READABLE:
        raise ApiError(84061)
    return row


@endpoint("GET", "externalcontact/get_follow_user_list", empty={"follow_user": []}, reads=True)
def list_follow_users(call: Call) -> dict[str, Any]:
    rows = call.db.execute(
        "SELECT s.userid FROM staff s"
        " JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
        " WHERE s.corpid = ? AND s.external AND s.status = 1 ORDER BY s.rowid",
        (call.app.agentid, call.corp.corpid),
    )
    return {"follow_user": [row["userid"] for row in rows]}


@endpoint("GET", "externalcontact/list", empty={"external_userid": []}, reads=True)
def list_customers(call: Call) -> dict[str, Any]:
    """84061 for a member without customers."""
    userid = call.args.text("userid", missing=41009)
    serving(call, userid)
    rows = call.db.execute(
        "SELECT external_userid FROM follow WHERE corpid = ? AND userid = ? AND state IN ('friend', 'lost')"
        " ORDER BY id",
        (call.corp.corpid, userid),
    ).fetchall()
    if not rows:
        raise ApiError(84061)
    return {"external_userid": [row["external_userid"] for row in rows]}


@endpoint("GET", "externalcontact/get", empty={"external_contact": {}, "follow_user": []}, reads=True)
def get_customer(call: Call) -> dict[str, Any]:
    """Followers in the app's range, 500 a page; 40096 if all of them are outside, 84061 if nobody's is readable."""
    ident = call.args.text("external_userid", missing=41035)
    person = call.db.execute(
        "SELECT external_userid, name, type, gender, unionid, corp_name, title FROM customer"
        " WHERE corpid = ? AND external_userid = ?",
        (call.corp.corpid, ident),
    ).fetchone()
    if person is None:
        raise ApiError(40096)
    scope = f"{call.scope}.{ident}"
    rows = call.db.execute(
        "SELECT f.id, f.userid, f.remark, f.description, f.createtime, f.remark_mobiles, f.add_way, f.oper_userid,"
        " f.remark_company, f.channel FROM follow f JOIN staff s ON s.corpid = f.corpid AND s.userid = f.userid"
        " JOIN app_member a ON a.corpid = f.corpid AND a.agentid = ? AND a.userid = f.userid"
        " WHERE f.corpid = ? AND f.external_userid = ? AND f.id > ? AND f.state IN ('friend', 'lost')"
        " AND s.external AND s.status = 1 ORDER BY f.id LIMIT ?",
        (
            call.app.agentid,
            call.corp.corpid,
            ident,
            cursors.decode(scope, call.args.text("cursor")),
            FOLLOWERS_PER_PAGE + 1,
        ),
    ).fetchall()
    if not rows:
        raise ApiError(40096 if _followed(call, ident) else 84061)
    answer = {
        "external_contact": _contact(*person),
        "follow_user": [_follow_user(call, row) for row in rows[:FOLLOWERS_PER_PAGE]],
    }
    if len(rows) > FOLLOWERS_PER_PAGE:
        answer["next_cursor"] = cursors.encode(scope, rows[FOLLOWERS_PER_PAGE - 1]["id"])
    return answer


def _followed(call: Call, external_userid: str) -> bool:
    """Has the customer readable followers at all, in the app's range or not?"""
    row = call.db.execute(
        "SELECT 1 FROM follow WHERE corpid = ? AND external_userid = ? AND state IN ('friend', 'lost')",
        (call.corp.corpid, external_userid),
    ).fetchone()
    return row is not None


def _contact(
    ident: str, name: str, kind: int, gender: int, unionid: str, corp_name: str, title: str
) -> dict[str, Any]:
    contact = {
        "external_userid": ident,
        "name": name,
        "type": kind,
        "avatar": f"https://wx.qlogo.cn/mmhead/{ident}/0",
        "gender": gender,
    }
    if unionid:
        contact["unionid"] = unionid
    if kind == 2:
        contact["position"] = title
        contact["corp_name"] = contact["corp_full_name"] = corp_name
        contact["external_profile"] = {"external_attr": []}
    return contact


def _relation(
    userid: str,
    remark: str,
    description: str,
    createtime: int,
    mobiles: str,
    add_way: int,
    oper_userid: str,
    company: str,
    channel: str,
) -> dict[str, Any]:
    """The fields that `follow_user` and `follow_info` share."""
    shared = {
        "userid": userid,
        "remark": remark,
        "description": description,
        "createtime": createtime,
        "remark_mobiles": json.loads(mobiles) if mobiles != "[]" else [],
        "add_way": add_way,
        "oper_userid": oper_userid,
    }
    if company:
        shared["remark_corp_name"] = company
    if channel:
        shared["state"] = channel
    if add_way == 10:
        shared["wechat_channels"] = {"nickname": "沙箱视频号", "source": 1}
    return shared


def _follow_user(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    tags = call.db.execute(
        "SELECT g.name AS group_name, t.name AS tag_name, t.id AS tag_id, iif(g.strategy_id, 3, 1) AS type"
        " FROM follow_tag f"
        " JOIN tag t ON t.id = f.tag_id JOIN tag_group g ON g.id = t.group_id WHERE f.follow_id = ? ORDER BY t.rowid",
        (row["id"],),
    )
    return {**_relation(*row[1:]), "tags": [dict(tag) for tag in tags]}


@endpoint("POST", "externalcontact/batch/get_by_user", empty={"external_contact_list": []}, reads=True)
def list_by_users(call: Call) -> dict[str, Any]:
    """Pages over all relations and leaves out those that cannot be read, so a page may be short or empty."""
    userids = call.body.texts("userid_list", missing=40063, most=100)
    members = _all_serving(call, userids)
    scope = f"{call.scope}.{','.join(members)}"
    start = cursors.decode(scope, call.body.text("cursor"))
    limit = min(call.body.integer("limit", default=50) or 50, 100)
    rows = _relations_after(call, members, start, limit + 1)
    answer: dict[str, Any] = {
        "external_contact_list": [
            {
                "external_contact": _contact(*row[12:]),
                "follow_info": {**_relation(*row[3:12]), "tag_id": row[2].split(",") if row[2] else []},
            }
            for _, row in rows[:limit]
            if row[1] in READABLE
        ]
    }
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(scope, rows[limit - 1][0])
    return answer


def _all_serving(call: Call, userids: list[str]) -> list[str]:
    """The members as they are written, sorted; the errors of `serving` if one cannot."""
    rows = call.db.execute(
        "SELECT s.userid, s.external FROM staff s"
        " JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
        " WHERE s.corpid = ? AND s.status = 1 AND s.userid IN (SELECT value FROM json_each(?))",
        (call.app.agentid, call.corp.corpid, json.dumps(userids)),
    ).fetchall()
    if len(rows) < len({userid.lower() for userid in userids}):
        raise ApiError(60111)
    if not all(row["external"] for row in rows):
        raise ApiError(84074)
    return sorted(row["userid"] for row in rows)


def _relations_after(call: Call, members: list[str], start: int, count: int) -> list[tuple[int, tuple[Any, ...]]]:
    """(position, row): members in order, each one's relations in order. A position: the member's place and the id.

    A row: id, state, tags, then what `_relation` and `_contact` take.
    """
    found: list[tuple[int, tuple[Any, ...]]] = []
    place, after = divmod(start, MEMBER)
    cursor = call.db.cursor()
    cursor.row_factory = None  # plain tuples are made faster
    for number, userid in enumerate(members[place:], start=place):
        rows = cursor.execute(
            "SELECT f.id, f.state, (SELECT group_concat(tag_id) FROM follow_tag WHERE follow_id = f.id), f.userid,"
            " f.remark, f.description, f.createtime, f.remark_mobiles, f.add_way, f.oper_userid, f.remark_company,"
            " f.channel, c.external_userid, c.name, c.type, c.gender, c.unionid, c.corp_name, c.title"
            " FROM follow f JOIN customer c USING (corpid, external_userid)"
            " WHERE f.corpid = ? AND f.userid = ? AND f.id > ? ORDER BY f.id LIMIT ?",
            (call.corp.corpid, userid, after, count - len(found)),
        )
        found += [(number * MEMBER + row[0], row) for row in rows]
        after = 0
        if len(found) == count:
            break
    return found


@endpoint("POST", "externalcontact/remark")
def remark(call: Call) -> dict[str, Any]:
    """No event: the change came through the API."""
    body = call.body
    row = readable(call, body.text("userid", missing=41009), body.text("external_userid", missing=41035))
    picture = body.text("remark_pic_mediaid")
    if picture and living(call.db, call.corp, picture, call.now)["kind"] != "image":
        raise ApiError(40004)
    changes = {
        "remark": body.text("remark", chars=20),
        "description": body.text("description", chars=150),
        "remark_company": body.text("remark_company", chars=20),
    }
    person = customer(call.db, call.corp, row["external_userid"])
    wechat = person is None or person["type"] == 1  # only they have a noted company
    given = [name for name in changes if name in body and (wechat or name != "remark_company")]
    mobiles = [mobile for mobile in body.texts("remark_mobiles") if mobile]
    if not any(name in body for name in (*changes, "remark_mobiles")) and not picture:
        raise ApiError(40063)
    values = {name: changes[name] if name in given else row[name] for name in changes}
    values["remark_mobiles"] = json.dumps(mobiles) if "remark_mobiles" in body else row["remark_mobiles"]
    call.db.execute(
        "UPDATE follow SET remark = :remark, description = :description, remark_company = :remark_company,"
        " remark_mobiles = :remark_mobiles WHERE id = :id",
        {**values, "id": row["id"]},
    )
    return {}
