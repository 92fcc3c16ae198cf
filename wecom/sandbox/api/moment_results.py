"""What became of moments (doc 93333). There is no callback: this is polled."""

import json
import sqlite3
from typing import Any

from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.moments import existing, of_corp
from wecom.sandbox.errors import ApiError

LONGEST = 30 * 86400
PAGE = 20  # default and most


@endpoint("POST", "externalcontact/get_moment_list", empty={"moment_list": []}, reads=True)
def get_moment_list(call: Call) -> dict[str, Any]:
    """Moments of at most 30 days; of members' own those whom the app sees. A limit over 20 falls back to 20."""
    body = call.body
    start, end = body.integer("start_time", missing=40063), body.integer("end_time", missing=40063)
    kind, creator = body.integer("filter_type", default=2), body.text("creator")
    if not start <= end <= start + LONGEST or kind > 2:
        raise ApiError(40058)
    limit = body.integer("limit", default=PAGE)
    limit = limit if 1 <= limit <= PAGE else PAGE
    scope = f"{call.scope}.{start}.{end}.{kind}.{creator}"
    rows = call.db.execute(
        "SELECT m.rowid, m.* FROM moment m WHERE m.corpid = :corpid AND m.created >= :start AND m.created < :end + 1"
        " AND m.created <= :now AND m.deleted IS NULL AND m.rowid > :after AND (:creator = '' OR m.creator = :creator)"
        " AND (:kind = 2 OR (m.creator <> '') = :kind) AND (m.creator = '' OR EXISTS (SELECT 1 FROM app_member a"
        " WHERE a.corpid = m.corpid AND a.agentid = :agentid AND a.userid = m.creator)) ORDER BY m.rowid LIMIT :limit",
        {
            "corpid": call.corp.corpid,
            "agentid": call.app.agentid,
            "start": start,
            "end": end,
            "now": call.now,
            "creator": creator,
            "kind": kind,
            "after": cursors.decode(scope, body.text("cursor")),
            "limit": limit + 1,
        },
    ).fetchall()
    return {"moment_list": [_post(row) for row in rows[:limit]], **_next(scope, rows, limit, "rowid")}


def _post(row: sqlite3.Row) -> dict[str, Any]:
    content = json.loads(row["content"])
    own = {"creator": row["creator"]} if row["creator"] else {}
    post: dict[str, Any] = {
        "moment_id": row["moment_id"],
        **own,
        "create_time": int(row["created"]),
        "create_type": int(bool(own)),
        "visible_type": int(row["tags"] == "[]"),
        "text": {"content": content["text"]},
    }
    for attachment in content["attachments"]:
        kind = attachment["msgtype"]
        part = attachment[kind]
        if kind == "image":
            post.setdefault("image", []).append({"media_id": part["media_id"]})
        elif kind == "video":
            post["video"] = {"media_id": part["media_id"], "thumb_media_id": part["media_id"]}
        else:
            post["link"] = {"title": part.get("title", ""), "url": part["url"]}
    return post


def _next(scope: str, rows: list[Any], limit: int, key: str) -> dict[str, str]:
    return {"next_cursor": cursors.encode(scope, rows[limit - 1][key])} if len(rows) > limit else {}


@endpoint("POST", "externalcontact/get_moment_task", empty={"task_list": []}, reads=True)
def get_moment_task(call: Call) -> dict[str, Any]:
    """Of the corp's moments only."""
    moment_id = of_corp(call)["moment_id"]
    limit = call.body.integer("limit", default=500, most=1000) or 500
    scope = f"{call.scope}.{moment_id}"
    rows = call.db.execute(
        "SELECT * FROM moment_task WHERE moment_id = ? AND id > ? ORDER BY id LIMIT ?",
        (moment_id, cursors.decode(scope, call.body.text("cursor")), limit + 1),
    ).fetchall()
    tasks = [{"userid": row["userid"], "publish_status": int(row["published"] is not None)} for row in rows[:limit]]
    return {"task_list": tasks, **_next(scope, rows, limit, "id")}


def _published(call: Call) -> tuple[str, str]:
    """The moment_id and the userid of a published post: 41009, 41061, 41062."""
    moment_id = str(existing(call)["moment_id"])
    task = call.db.execute(
        "SELECT userid, published FROM moment_task WHERE moment_id = ? AND userid = ?",
        (moment_id, call.body.text("userid", missing=41009)),
    ).fetchone()
    if task is None:
        raise ApiError(41061)
    if task["published"] is None:
        raise ApiError(41062)
    return moment_id, str(task["userid"])


def _viewers(call: Call, limit: int, *, arrived: bool) -> tuple[list[sqlite3.Row], dict[str, str]]:
    moment_id, userid = _published(call)
    scope = f"{call.scope}.{moment_id}.{userid}"
    rows = call.db.execute(
        "SELECT * FROM moment_viewer WHERE moment_id = ? AND userid = ? AND id > ? AND (arrived OR NOT ?)"
        " ORDER BY id LIMIT ?",
        (moment_id, userid, cursors.decode(scope, call.body.text("cursor")), arrived, limit + 1),
    ).fetchall()
    return rows[:limit], _next(scope, rows, limit, "id")


@endpoint("POST", "externalcontact/get_moment_customer_list", empty={"customer_list": []}, reads=True)
def get_moment_customer_list(call: Call) -> dict[str, Any]:
    """The chosen range."""
    rows, more = _viewers(call, call.body.integer("limit", default=500, most=1000) or 500, arrived=False)
    shown = [{"userid": row["userid"], "external_userid": row["external_userid"]} for row in rows]
    return {"customer_list": shown, **more}


@endpoint("POST", "externalcontact/get_moment_send_result", empty={"customer_list": []}, reads=True)
def get_moment_send_result(call: Call) -> dict[str, Any]:
    """Who can see it."""
    rows, more = _viewers(call, call.body.integer("limit", default=3000, most=5000) or 3000, arrived=True)
    return {"customer_list": [{"external_userid": row["external_userid"]} for row in rows], **more}


@endpoint("POST", "externalcontact/get_moment_comments", empty={"comment_list": [], "like_list": []}, reads=True)
def get_moment_comments(call: Call) -> dict[str, Any]:
    """Who, not what."""
    moment_id, userid = _published(call)
    rows = call.db.execute(
        "SELECT * FROM moment_reaction WHERE moment_id = ? AND userid = ? ORDER BY id", (moment_id, userid)
    ).fetchall()
    return {f"{kind}_list": [_reaction(row) for row in rows if row["kind"] == kind] for kind in ("comment", "like")}


def _reaction(row: sqlite3.Row) -> dict[str, Any]:
    who = {"external_userid": row["by_customer"]} if row["by_customer"] else {"userid": row["by_staff"]}
    return {**who, "create_time": int(row["at"])}
