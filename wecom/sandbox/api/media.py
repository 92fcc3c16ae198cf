"""Files (docs 90253, 90254, 90256, 95098): type and size checks; all but pictures are gone after three days."""

import io
import re
import sqlite3
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import FileStorage, Range
from werkzeug.http import parse_range_header
from werkzeug.utils import send_file

from wecom.sandbox import files
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db

LIFETIME = 3 * 86400
MEGABYTE = 1024 * 1024
LARGEST = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}
LARGEST_ATTACHMENT = 10 * MEGABYTE
LARGEST_PICTURE = 2 * MEGABYTE
LARGEST_PART = 20 * MEGABYTE  # of one media/get
SMALLEST = 6  # "more than 5 bytes"
PURPOSES = {"1": ("moments", ("image", "video")), "2": ("album", ("image",))}  # by attachment_type
LONG_SIDE, SHORT_SIDE = 10_800, 1_080  # pixels
VIDEO_SECONDS = 30
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\\\]")
RANGE_UNIT = 16  # bytes


def living(db: Db, corp: Corp, media_id: str, now: float, *purposes: str) -> sqlite3.Row:
    """40007 for an unknown or expired id, 41072 for one that was not uploaded for any of `purposes`.

    Purposes: "" (media/upload; assumed if none is given), moments, album, by-url.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM media WHERE media_id = ? AND corpid = ? AND created > ? AND purpose <> 'picture'",
        (media_id, corp.corpid, now - LIFETIME),
    ).fetchone()
    if row is None:
        raise ApiError(40007)
    if row["purpose"] not in (purposes or ("",)):
        raise ApiError(41072)
    return row


def keep(call: Call, kind: str, filename: str, data: bytes, purpose: str = "") -> str:
    """Stores a file; its new id."""
    media_id = call.world.store.new_id(call.db, "3", 64)
    call.db.execute(
        "INSERT INTO media (media_id, corpid, kind, filename, content_type, data, created, purpose)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (media_id, call.corp.corpid, kind, filename, files.content_type(kind, data), data, call.second, purpose),
    )
    return media_id


@endpoint("POST", "media/upload", empty={"type": "", "media_id": "", "created_at": ""}, form=True)
def upload(call: Call) -> dict[str, Any]:
    """`created_at` is a string here."""
    kind = call.args.text("type")
    if kind not in LARGEST:
        raise ApiError(40004)
    filename, data = _file(call, LARGEST[kind], 45001)
    if not files.fits(kind, data):
        raise ApiError(40005)
    return {"type": kind, "media_id": keep(call, kind, filename, data), "created_at": str(call.second)}


@endpoint("POST", "media/upload_attachment", empty={"type": "", "media_id": "", "created_at": 0}, form=True)
def upload_attachment(call: Call) -> dict[str, Any]:
    """`created_at` is an integer here."""
    purpose, kinds = PURPOSES.get(call.args.text("attachment_type"), ("", ()))
    kind = call.args.text("media_type")
    if not purpose:
        raise ApiError(41072)
    if kind not in kinds:
        raise ApiError(41065)
    filename, data = _file(call, LARGEST_ATTACHMENT, 41080)
    if not files.fits(kind, data):
        raise ApiError(41090 if kind == "video" else 40005)
    longer, shorter = files.pixels(data) if kind == "image" else (0, 0)
    if longer > LONG_SIDE or shorter > SHORT_SIDE:
        raise ApiError(41081)
    if kind == "video" and files.seconds(data) > VIDEO_SECONDS:
        raise ApiError(41082)
    return {"type": kind, "media_id": keep(call, kind, filename, data, purpose), "created_at": call.second}


@endpoint("POST", "media/uploadimg", empty={"url": ""}, form=True)
def upload_picture(call: Call) -> dict[str, Any]:
    """A permanent address. 1,000 a day, 3,000 a month: `wecom.sandbox.limits`."""
    filename, data = _file(call, LARGEST_PICTURE, 40009)
    if not files.fits("image", data):
        raise ApiError(40005)
    base = call.world.public_url or call.request.host_url
    return {"url": f"{base.rstrip('/')}/media/{keep(call, 'image', filename, data, 'picture')}"}


def _file(call: Call, largest: int, over: int) -> tuple[str, bytes]:
    """The form's part `media`. One that names its file only with `filename*=` is refused, as WeCom does."""
    part: FileStorage | None = call.request.files.get("media")
    if part is None or not part.filename or "filename=" not in part.headers.get("Content-Disposition", ""):
        raise ApiError(44001)
    data = part.stream.read(largest + 1)
    if len(data) > largest:
        raise ApiError(over)
    if len(data) < SMALLEST:
        raise ApiError(44001)
    return part.filename, data


@endpoint("GET", "media/get", reads=True)
def get(call: Call) -> Response:
    """Whatever the file was uploaded for. 40146 for a bad Range, 830002 for more than 20 MB at once."""
    media_id = call.args.text("media_id", missing=41006)
    row = call.db.execute(
        "SELECT * FROM media WHERE media_id = ? AND corpid = ? AND created > ? AND purpose <> 'picture'",
        (media_id, call.corp.corpid, call.now - LIFETIME),
    ).fetchone()
    if row is None:
        raise ApiError(40007)
    if _wanted(call.request.headers.get("Range"), len(row["data"])) > LARGEST_PART:
        raise ApiError(830002)
    return served(row, call.request.environ)


def _wanted(header: str | None, size: int) -> int:
    """How many bytes the caller asks for."""
    if header is None:
        return size
    asked: Range | None = parse_range_header(header)
    span = asked.range_for_length(size) if asked else None
    if span is None or span[0] % RANGE_UNIT:
        raise ApiError(40146)
    return span[1] - span[0]


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
