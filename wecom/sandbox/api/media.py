"""Temporary media (docs 90253, 90254): type and size checks, gone after three days."""

import io
import re
import sqlite3
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import FileStorage
from werkzeug.utils import send_file

from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db

LIFETIME = 3 * 86400
MEGABYTE = 1024 * 1024
LARGEST = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}
SMALLEST = 6  # "more than 5 bytes"
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\\\]")


def living(db: Db, corp: Corp, media_id: str, now: float) -> sqlite3.Row:
    """40007 for an unknown or expired id."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM media WHERE media_id = ? AND corpid = ? AND created > ?",
        (media_id, corp.corpid, now - LIFETIME),
    ).fetchone()
    if row is None:
        raise ApiError(40007)
    return row


@endpoint("POST", "media/upload", empty={"type": "", "media_id": "", "created_at": ""})
def upload(call: Call) -> dict[str, Any]:
    """`created_at` is a string here."""
    kind = call.args.text("type")
    if kind not in LARGEST:
        raise ApiError(40004)
    part = _part(call)
    data = part.stream.read(LARGEST[kind] + 1)
    if len(data) > LARGEST[kind]:
        raise ApiError(45001)
    if len(data) < SMALLEST:
        raise ApiError(44001)
    if not _fits(kind, data):
        raise ApiError(40005)
    media_id = call.world.store.new_id(call.db, "3", 64)
    call.db.execute(
        "INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?)",
        (media_id, call.corp.corpid, kind, part.filename, _content_type(kind, data), data, call.second),
    )
    return {"type": kind, "media_id": media_id, "created_at": str(call.second)}


def _part(call: Call) -> FileStorage:
    """The form's part `media`. One that names its file only with `filename*=` is refused, as WeCom does."""
    part = call.request.files.get("media")
    if part is None or not part.filename or "filename=" not in part.headers.get("Content-Disposition", ""):
        raise ApiError(44001)
    return part


def _fits(kind: str, data: bytes) -> bool:
    if kind == "image":
        return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    if kind == "voice":
        return data.startswith(b"#!AMR")
    return kind == "file" or data[4:8] == b"ftyp"


def _content_type(kind: str, data: bytes) -> str:
    if kind == "image":
        return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return {"voice": "audio/amr", "video": "video/mp4", "file": "application/octet-stream"}[kind]


@endpoint("GET", "media/get")
def get(call: Call) -> Response:
    row = living(call.db, call.corp, call.args.text("media_id", missing=41006), call.now)
    return served(row, call.request.environ)


def served(row: sqlite3.Row, environ: dict[str, Any]) -> Response:
    """The file; a Range header is obeyed."""
    response = send_file(
        io.BytesIO(row["data"]),
        environ,
        mimetype=row["content_type"],
        as_attachment=True,
        download_name=NOT_IN_NAMES.sub("_", row["filename"]),
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
