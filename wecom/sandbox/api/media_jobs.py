"""Uploads by URL (doc 96219): WeCom fetches the file itself and tells by an event when it has ended."""

import re
from typing import Any

from wecom.sandbox import fetching
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import TEXTS, ApiError

JOB_LIFETIME = 3600
KINDS = ("video", "file")
MD5 = re.compile(r"[0-9a-fA-F]{32}")
SCENE_WELCOME = 1  # group welcome templates, the only one


@endpoint("POST", "media/upload_by_url", empty={"jobid": ""})
def upload_by_url(call: Call) -> dict[str, Any]:
    body = call.body
    if body.integer("scene", missing=40058) != SCENE_WELCOME:
        raise ApiError(40058)
    kind = body.text("type", missing=40004, size=32)
    if kind not in KINDS:
        raise ApiError(40004)
    filename = body.text("filename", missing=40058, size=128)
    url = body.text("url", missing=40058, size=1024)
    if not url.startswith(("http://", "https://")):
        raise ApiError(830001)
    md5 = body.text("md5", missing=40058, size=32)
    if not MD5.fullmatch(md5):
        raise ApiError(40058)
    jobid = call.world.store.new_id(call.db, "job", 40)
    call.db.execute(
        "INSERT INTO upload_job (jobid, corpid, agentid, created, kind, filename, url, md5)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (jobid, call.corp.corpid, call.app.agentid, call.now, kind, filename, url, md5),
    )
    fetching.begin(call.world, jobid)
    return {"jobid": jobid}


@endpoint("POST", "media/get_upload_by_url_result", empty={"status": 0, "detail": {}}, reads=True)
def get_result(call: Call) -> dict[str, Any]:
    """40058 for a job that is unknown, another app's or older than an hour."""
    job = call.db.execute(
        "SELECT * FROM upload_job WHERE jobid = ? AND corpid = ? AND agentid = ? AND created > ?",
        (call.body.text("jobid", missing=40058), call.corp.corpid, call.app.agentid, call.now - JOB_LIFETIME),
    ).fetchone()
    if job is None:
        raise ApiError(40058)
    detail: dict[str, Any] = {"errcode": job["errcode"], "errmsg": TEXTS.get(job["errcode"], "ok")}
    if job["media_id"]:
        created = call.db.execute("SELECT created FROM media WHERE media_id = ?", (job["media_id"],)).fetchone()
        detail |= {"media_id": job["media_id"], "created_at": created["created"]}
    return {"status": job["status"], "detail": detail}
