"""Moments: create a task, ask for the job, cancel (docs 95094, 97612)."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import moments
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import TEXTS, ApiError
from wecom.sandbox.moments import Range

TEXT_CHARS, TEXT_BYTES = 2000, 4000
MOST = {"image": 9, "video": 1, "link": 1}
MOST_SENDERS = 100_000
JOB_LIFE = 86400  # seconds of the virtual clock


@endpoint("POST", "externalcontact/add_moment_task", empty={"jobid": ""})
def add_moment_task(call: Call) -> dict[str, Any]:
    """A job whose result is there after some seconds."""
    message = _content(call)
    wanted = _range(call)
    _check_limits(call)
    return {"jobid": moments.begin(call.world.store, call.db, call.corp, call.app, call.now, message, wanted)}


def _content(call: Call) -> dict[str, Any]:
    text = call.body.inner("text").text("content")
    if len(text) > TEXT_CHARS or len(text.encode()) > TEXT_BYTES:
        raise ApiError(45002, "invalid text size")
    attachments = list(call.body.inners("attachments"))
    if not text and not attachments:
        raise ApiError(41089)
    kinds = {attachment.text("msgtype") for attachment in attachments}
    if len(kinds) > 1 or not kinds <= set(MOST):
        raise ApiError(41065)
    for kind in kinds:
        if len(attachments) > MOST[kind]:
            raise ApiError(41064, "invalid attachments size")
        for attachment in attachments:
            _check(call, kind, attachment.inner(kind))
    return {"text": text, "attachments": call.body.raw("attachments") or []}


def _check(call: Call, kind: str, part: Fields) -> None:
    """Media come from upload_attachment for moments, and are images where a link needs a picture."""
    media = living(call.db, call.corp, part.text("media_id", missing=40007), call.now, "moments")
    if media["kind"] != ("video" if kind == "video" else "image"):
        raise ApiError(40004)
    if kind == "link":
        part.text("title", chars=64)
        part.text("url", missing=40063)


def _range(call: Call) -> Range:
    visible = call.body.inner("visible_range")
    senders = visible.inner("sender_list")
    return Range(
        senders.texts("user_list", most=MOST_SENDERS),
        senders.integers("department_list"),
        visible.inner("external_contact_list").texts("tag_list"),
    )


def _check_limits(call: Call) -> None:
    """41211 for a corp without moments; 41078 while too many jobs run (how many WeCom takes is not published)."""
    if not call.corp.knobs.moments:
        raise ApiError(41211)
    running = call.db.execute(
        "SELECT count(*) FROM moment_job WHERE corpid = ? AND created > ? AND created <= ?",
        (call.corp.corpid, call.now - moments.DONE_AFTER, call.now),
    ).fetchone()[0]
    if running >= call.corp.knobs.moment_jobs:
        raise ApiError(41078)


@endpoint("GET", "externalcontact/get_moment_task_result", empty={"status": 0, "type": "", "result": {}}, reads=True)
def get_moment_task_result(call: Call) -> dict[str, Any]:
    """1 started, 2 running, 3 done; of the app's own jobs, for 24 hours."""
    job = call.db.execute(
        "SELECT * FROM moment_job WHERE jobid = ? AND corpid = ? AND agentid = ? AND created > ?",
        (call.args.text("jobid", missing=40063), call.corp.corpid, call.app.agentid, call.now - JOB_LIFE),
    ).fetchone()
    if job is None:
        raise ApiError(40035, "invalid jobid")
    status = moments.status(job, call.now)
    answer = {"status": status, "type": "add_moment_task"}
    if status != moments.DONE:
        return answer
    result = json.loads(job["result"])
    text = TEXTS[result["errcode"]] if result["errcode"] else "ok"
    return {**answer, "result": {**result, "errmsg": text}}


def existing(call: Call) -> sqlite3.Row:
    """The moment of the request: 41059, 41060; 41079 while it is being handed out (the knob `dispatch_seconds`)."""
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM moment WHERE moment_id = ? AND corpid = ? AND created <= ? AND deleted IS NULL",
        (call.body.text("moment_id", missing=41059), call.corp.corpid, call.now),
    ).fetchone()
    if row is None:
        raise ApiError(41060)
    if call.now < row["created"] + call.corp.knobs.dispatch_seconds:
        raise ApiError(41079)
    return row


def of_corp(call: Call) -> sqlite3.Row:
    """41067 for a member's own."""
    row = existing(call)
    if row["creator"]:
        raise ApiError(41067)
    return row


@endpoint("POST", "externalcontact/cancel_moment_task")
def cancel_moment_task(call: Call) -> dict[str, Any]:
    """Stops what is not published yet; what is published stays."""
    row = of_corp(call)
    call.db.execute(
        "UPDATE moment SET cancelled = coalesce(cancelled, ?) WHERE moment_id = ?", (call.now, row["moment_id"])
    )
    return {}
