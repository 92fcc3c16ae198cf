"""Everybody whom members serve or meet in groups, customers or not (doc 99434)."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

from wecom.sandbox import chance
from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError

LIFETIME = 4 * 3600  # of a walk through the list, and of its tmp_openids
MOST = 1000
GROUPS = 1 << 62  # places of group members begin here; below are ids of follows
PER_GROUP = 1000
PLACES = 1 << 64
Served = tuple[int, dict[str, Any]]


@endpoint("POST", "externalcontact/contact_list", empty={"info_list": []}, reads=True)
def list_served(call: Call) -> dict[str, Any]:
    """The cursor of a walk that began over four hours ago: 50100."""
    limit = call.body.integer("limit", default=MOST, most=MOST) or MOST
    begun, place = divmod(cursors.decode(call.scope, call.body.text("cursor")), PLACES)
    begun = begun or call.second
    if call.second > begun + LIFETIME:
        raise ApiError(50100)
    rows = list(islice(_served(call, begun, place), limit + 1))
    answer: dict[str, Any] = {"info_list": [info for _, info in rows[:limit]]}
    if len(rows) > limit:
        answer["next_cursor"] = cursors.encode(call.scope, begun * PLACES + rows[limit - 1][0])
    return answer


def _served(call: Call, begun: int, after: int) -> Iterator[Served]:
    """(place, row) of each after that place."""
    if after < GROUPS:
        yield from _friends(call, begun, after)
    yield from _group_members(call, begun, max(after, GROUPS))


def _friends(call: Call, begun: int, after: int) -> Iterator[Served]:
    """A member without the 客户联系 right has contacts, no customers."""
    rows = call.db.execute(
        "SELECT f.id, f.userid, f.external_userid, f.createtime, c.name, s.external FROM follow f"
        " JOIN customer c USING (corpid, external_userid) JOIN staff s ON s.corpid = f.corpid AND s.userid = f.userid"
        " JOIN app_member a ON a.corpid = f.corpid AND a.agentid = ? AND a.userid = f.userid"
        " WHERE f.corpid = ? AND f.id > ? AND f.state IN ('friend', 'lost') AND s.status = 1 ORDER BY f.id",
        (call.app.agentid, call.corp.corpid, after),
    )
    for row in rows:
        info = _person(call, begun, row["external_userid"], row["name"], bool(row["external"]))
        yield row["id"], {**info, "follow_userid": row["userid"], "add_time": row["createtime"]}


def _group_members(call: Call, begun: int, after: int) -> Iterator[Served]:
    """Outsiders in groups whose owner the app sees."""
    first, member_after = divmod(after - GROUPS, PER_GROUP)
    groups = call.db.execute(
        "SELECT g.* FROM group_chat g JOIN app_member a ON a.corpid = g.corpid AND a.userid = g.owner"
        " WHERE a.agentid = ? AND g.corpid = ? AND g.status >= 0 AND g.id >= ? ORDER BY g.id",
        (call.app.agentid, call.corp.corpid, first),
    )
    for group in groups.fetchall():
        for number, member in enumerate(json.loads(group["members"]), start=1):
            if member["type"] != 2 or (group["id"] == first and number <= member_after):
                continue
            place = GROUPS + group["id"] * PER_GROUP + number
            yield place, _in_group(call, begun, group, member)


def _in_group(call: Call, begun: int, group: sqlite3.Row, member: dict[str, Any]) -> dict[str, Any]:
    """A customer shows the group's id, anybody else its name."""
    customer = _is_customer(call, member["userid"])
    info = _person(call, begun, member["userid"], member["name"], customer)
    room = {"chat_id": group["chat_id"]} if customer else {"chat_name": group["name"]}
    return {**info, **room, "add_time": member["join_time"]}


def _is_customer(call: Call, external_userid: str) -> bool:
    row = call.db.execute(
        "SELECT 1 FROM follow f JOIN staff s ON s.corpid = f.corpid AND s.userid = f.userid"
        " WHERE f.corpid = ? AND f.external_userid = ? AND f.state IN ('friend', 'lost') AND s.external",
        (call.corp.corpid, external_userid),
    ).fetchone()
    return row is not None


def _person(call: Call, begun: int, external_userid: str, name: str, customer: bool) -> dict[str, Any]:
    tmp_openid = "tmp" + chance.word(29, "tmp_openid", call.corp.corpid, begun, external_userid)
    known = {"external_userid": external_userid} if customer else {"name": f"***{name[-1:]}"}
    return {"is_customer": customer, "tmp_openid": tmp_openid, **known}
