"""Reading customer groups (docs 92120, 92122, 94822). They are made on phones."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import groups
from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError

MOST_STAFF_UNFILTERED = 1000


@endpoint("POST", "externalcontact/groupchat/list", empty={"group_chat_list": []}, reads=True)
def list_chats(call: Call) -> dict[str, Any]:
    """Of members in range. The groups of one who resigned are found only by naming him."""
    status = call.body.integer("status_filter", most=3)
    owners = call.body.inner("owner_filter").texts("userid_list", most=100)
    limit = call.body.integer("limit", missing=40063, least=1, most=1000)
    if not owners and _members_in_range(call) > MOST_STAFF_UNFILTERED:
        raise ApiError(81017)
    scope = f"{call.scope}.{status}.{','.join(sorted(owners)).lower()}"
    rows = _listed(call, status, owners, cursors.decode(scope, call.body.text("cursor")), limit + 1)
    shown = [{"chat_id": row["chat_id"], "status": row["status"]} for row in rows[:limit]]
    more = {"next_cursor": cursors.encode(scope, rows[limit - 1]["id"])} if len(rows) > limit else {}
    return {"group_chat_list": shown, **more}


def _members_in_range(call: Call) -> int:
    count: int = call.db.execute(
        "SELECT count(*) FROM app_member a JOIN staff s USING (corpid, userid)"
        " WHERE a.corpid = ? AND a.agentid = ? AND s.status = 1",
        (call.corp.corpid, call.app.agentid),
    ).fetchone()[0]
    return count


def _listed(call: Call, status: int, owners: list[str], after: int, count: int) -> list[sqlite3.Row]:
    whose = (
        "g.owner IN (SELECT value COLLATE NOCASE FROM json_each(:owners))"
        if owners
        else "EXISTS (SELECT 1 FROM staff s WHERE s.corpid = g.corpid AND s.userid = g.owner AND s.status = 1)"
    )
    return call.db.execute(
        "SELECT g.id, g.chat_id, g.status FROM group_chat g"  # noqa: S608 - both conditions are ours
        " JOIN app_member a ON a.corpid = g.corpid AND a.agentid = :agentid AND a.userid = g.owner"
        " WHERE g.corpid = :corpid AND g.id > :after AND g.status >= 0 AND (:status = 0 OR g.status = :status)"
        f" AND {whose} ORDER BY g.id LIMIT :count",
        {
            "agentid": call.app.agentid,
            "corpid": call.corp.corpid,
            "after": after,
            "status": status,
            "owners": json.dumps(owners),
            "count": count,
        },
    ).fetchall()


@endpoint("POST", "externalcontact/groupchat/get", empty={"group_chat": {}}, reads=True)
def get_chat(call: Call) -> dict[str, Any]:
    need_name = call.body.integer("need_name", most=1)
    row = chat(call, call.body.text("chat_id", missing=40063))
    return {"group_chat": _shown(call, row, with_names=bool(need_name))}


def chat(call: Call, chat_id: str) -> sqlite3.Row:
    """The group: 90501 if it is none of this corp's customer groups, 49008 if it was dismissed."""
    row = groups.find(call.db, call.corp, chat_id)
    if row is None:
        raise ApiError(90501)
    if row["status"] == groups.DISMISSED:
        raise ApiError(49008)
    return row


def _shown(call: Call, row: sqlite3.Row, *, with_names: bool) -> dict[str, Any]:
    """Names only if asked for, unionids only of customers: others in the group are nobody's contact."""
    members = groups.members_of(row)
    strangers = _strangers(call, [str(member["userid"]) for member in members if member["type"] == 2])
    hidden = set() if with_names else {"name"}
    shown = [
        {
            name: value
            for name, value in member.items()
            if name not in hidden and not (name == "unionid" and member["userid"] in strangers)
        }
        for member in members
    ]
    return {
        "chat_id": row["chat_id"],
        "name": row["name"],
        "owner": row["owner"],
        "create_time": row["create_time"],
        "notice": row["notice"],
        "member_list": shown,
        "admin_list": [{"userid": userid} for userid in json.loads(row["admins"])],
        "member_version": groups.version_of(row),
    }


def _strangers(call: Call, idents: list[str]) -> set[str]:
    """Those whom no member follows."""
    followed = call.db.execute(
        "SELECT DISTINCT external_userid FROM follow WHERE corpid = ? AND external_userid IN"
        " (SELECT value FROM json_each(?)) AND state IN ('friend', 'lost')",
        (call.corp.corpid, json.dumps(idents)),
    )
    return set(idents) - {row["external_userid"] for row in followed}


@endpoint("POST", "externalcontact/opengid_to_chatid", empty={"chat_id": ""}, reads=True)
def chat_of_opengid(call: Call) -> dict[str, Any]:
    """90511 for a group id that belongs to none of the corp's customer groups."""
    row = groups.find(call.db, call.corp, groups.chat_id_of(call.body.text("opengid", missing=40063)))
    if row is None:
        raise ApiError(90511)
    return {"chat_id": row["chat_id"]}
