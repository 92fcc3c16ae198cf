import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wecom.api.base import API, Answer
from wecom.outgoing import check_bytes, refuse
from wecom.payloads import Media, MediaFile, UploadJob
from wecom.transport import Call
from wecom.uploads import (
    MIB,
    MOMENTS,
    PICTURE_BYTES,
    TEMPORARY,
    check_attachment,
    check_content,
    check_size,
    part_name,
)

CHUNK = 16  # a Range begins at a multiple of so many bytes
WHOLE = 20 * MIB  # most bytes of one download; larger files come in parts (830002)
BY_URL = ("video", "file")
MD5 = re.compile(r"[0-9a-fA-F]{32}")


class MediaFiles(API):
    """Files. Keep the originals: a media id lives 3 days, and only the corp's own apps can use it."""

    def upload(self, kind: str, filename: str, data: bytes) -> Media:
        """Upload a file; its media_id lives 3 days. doc 90253

        `kind`: image (JPG, PNG; 10 MB), voice (AMR; 2 MB), video (MP4; 10 MB) or file (20 MB); more than 5 bytes.
        May be repeated: an id that nobody learned of expires by itself.
        """
        endpoint = "media/upload"
        if kind not in TEMPORARY:
            raise refuse(endpoint, f"type is none of {', '.join(TEMPORARY)}")
        check_size(endpoint, data, TEMPORARY[kind])
        check_content(endpoint, kind, data)
        call = Call("POST", endpoint, {"type": kind}, files=_part(filename, data), expects="media_id")
        return self._call(call, Media.from_wecom)

    def upload_image(self, filename: str, data: bytes) -> str:
        """Upload a JPG or PNG of at most 2 MB; its URL never expires, and works inside WeCom only. doc 90256

        LIMIT (45009) after 1,000 a day or 3,000 a month, so never repeated when its fate is unknown.
        """
        endpoint = "media/uploadimg"
        check_size(endpoint, data, PICTURE_BYTES)
        check_content(endpoint, "image", data)

        def parse(answer: Answer) -> str:
            return str(answer["url"])

        call = Call("POST", endpoint, files=_part(filename, data), expects="url", repeatable=False)
        return self._call(call, parse)

    def upload_attachment(self, kind: str, filename: str, data: bytes, purpose: int = MOMENTS) -> Media:
        """Upload for moments (`purpose` 1: image, video) or a product album (2: image); 3 days. doc 95098

        image: 10 MB, long side ≤ 10,800 and short side ≤ 1,080 pixels. video: MP4, 10 MB, 30 s.
        """
        endpoint = "media/upload_attachment"
        check_attachment(endpoint, kind, purpose, data)
        query = {"media_type": kind, "attachment_type": purpose}
        call = Call("POST", endpoint, query, files=_part(filename, data), expects="media_id")
        return self._call(call, Media.from_wecom)

    def get(self, media_id: str, start: int | None = None, length: int | None = None) -> MediaFile:
        """Download a file of at most 20 MB, or the part [start, start + length). doc 90254

        `start` is a multiple of 16 bytes. MEDIA (40007) after 3 days; PERMANENT (830002): too large for one call.
        """
        endpoint = "media/get"
        headers = None
        if start is not None or length is not None:
            start, length = start or 0, WHOLE if length is None else length
            if start < 0 or start % CHUNK or not 0 < length <= WHOLE:
                raise refuse(endpoint, f"a range starts at a multiple of {CHUNK} and has 1 to {WHOLE} bytes")
            headers = {"Range": f"bytes={start}-{start + length - 1}"}
        call = Call("GET", endpoint, {"media_id": media_id}, headers=headers, most_bytes=WHOLE)
        return self._call(call, _file)

    def parts(self, media_id: str, size: int = 8 * MIB) -> Iterator[bytes]:
        """A file of any length, `size` bytes at a time: never the whole of it in memory. doc 90254"""
        start, total = 0, 1
        while start < total:
            part = self.get(media_id, start, size)
            total = part.size
            yield part.data
            start += size

    def upload_by_url(self, kind: str, filename: str, url: str, md5: str, scene: int = 1) -> str:
        """Have WeCom fetch a video or file of up to 200 MB; the jobid, good for an hour. doc 96219

        The URL must serve ranges. scene 1: group welcome templates. The event `upload_media_job_finish` tells the end.
        """
        endpoint = "media/upload_by_url"
        if kind not in BY_URL:
            raise refuse(endpoint, f"type is none of {', '.join(BY_URL)}")
        if urlsplit(url).scheme not in {"http", "https"}:
            raise refuse(endpoint, "url does not begin with http:// or https://")
        if not MD5.fullmatch(md5):
            raise refuse(endpoint, "md5 is not 32 hexadecimal digits")
        check_bytes(endpoint, url=(url, 1024))
        body = {"scene": scene, "type": kind, "filename": part_name(filename), "url": url, "md5": md5}
        return self._write(endpoint, body, lambda answer: str(answer["jobid"]), "jobid")

    def upload_job(self, jobid: str) -> UploadJob:
        """How far an upload by URL has come. doc 96219"""
        return self._query("media/get_upload_by_url_result", UploadJob.from_wecom, "status", {"jobid": jobid})


def _part(filename: str, data: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"media": (part_name(filename), data, "application/octet-stream")}


def _file(answer: Answer) -> MediaFile:
    return MediaFile(answer["data"], answer["content_type"], part_name(answer["filename"]), answer["size"])
