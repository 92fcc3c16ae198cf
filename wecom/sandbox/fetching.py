"""Files that WeCom fetches by itself: asynchronous uploads by URL (doc 96219). They come from this machine only, or
from the host that also takes the corp's callbacks: the sandbox must not be a way into somebody's network."""

import hashlib
import threading
from urllib.parse import urlsplit

import urllib3

from wecom.sandbox import corps, events, files
from wecom.sandbox.corps import Corp
from wecom.sandbox.world import World

LARGEST = 200 * 1024 * 1024
PART = 8 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DONE, FAILED = 2, 3
NOT_A_URL, NOT_FETCHED, TOO_LARGE, OTHER_MD5, OTHER_TYPE = 830001, 830003, 45001, 301019, 40005


class Refused(Exception):
    """The job has failed; the errcode says why."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


def begin(world: World, jobid: str) -> None:
    """Fetches the job's file in a thread of its own, which waits until the present transaction has ended."""
    threading.Thread(target=_work, args=(world, jobid), name=f"upload-{jobid}", daemon=True).start()


def _work(world: World, jobid: str) -> None:
    with world.store.transaction() as db:
        job = db.execute("SELECT * FROM upload_job WHERE jobid = ?", (jobid,)).fetchone()
        corp = corps.find(db, job["corpid"]) if job else None
    if corp is None:
        return
    errcode, data = 0, b""
    try:
        data = _fetched(corp, job["url"])
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != job["md5"].lower():
            raise Refused(OTHER_MD5)
        if not files.fits(job["kind"], data):
            raise Refused(OTHER_TYPE)
    except Refused as refusal:
        errcode = refusal.errcode
    _finish(world, corp, jobid, errcode, data)


def _fetched(corp: Corp, url: str) -> bytes:
    """The file, in parts; a server that does not know ranges is refused, as WeCom does."""
    if not _allowed(corp, url):
        raise Refused(NOT_A_URL)
    data = bytearray()
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        while True:
            headers = {"Range": f"bytes={len(data)}-{len(data) + PART - 1}"}
            try:
                with pool.request("GET", url, headers=headers, redirect=False, preload_content=False) as answer:
                    part = answer.read(PART)
            except urllib3.exceptions.HTTPError:
                raise Refused(NOT_FETCHED)
            total = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if answer.status != 206 or not total.isdecimal() or not part:
                raise Refused(NOT_FETCHED)
            if int(total) > LARGEST:
                raise Refused(TOO_LARGE)
            data += part
            if len(data) >= int(total):
                return bytes(data)


def _allowed(corp: Corp, url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    known = {*LOOPBACK, *(urlsplit(app.callback_url).hostname for app in corp.apps if app.callback_url)}
    return parts.scheme in ("http", "https") and parts.hostname in known


def _finish(world: World, corp: Corp, jobid: str, errcode: int, data: bytes) -> None:
    """Writes down the end and tells the app."""
    now = world.clock.now()
    with world.store.transaction() as db:
        job = db.execute("SELECT * FROM upload_job WHERE jobid = ?", (jobid,)).fetchone()
        media_id = "" if errcode else world.store.new_id(db, "3", 64)
        if media_id:
            kind = job["kind"]
            db.execute(
                "INSERT INTO media (media_id, corpid, kind, filename, content_type, data, created, purpose)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'by-url')",
                (media_id, corp.corpid, kind, job["filename"], files.content_type(kind, data), data, int(now)),
            )
        db.execute(
            "UPDATE upload_job SET status = ?, errcode = ?, media_id = ? WHERE jobid = ?",
            (FAILED if errcode else DONE, errcode, media_id, jobid),
        )
        app = corp.app(job["agentid"])
        element = (("Event", "upload_media_job_finish"), ("JobId", jobid))
        events.publish(db, corp, now, *element, to=[app] if app else [])
    world.postman.wake()
