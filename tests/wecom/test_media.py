"""Files: what is checked before they leave, what the sandbox accepts, and how they come back."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.wecom.files import jpeg, mp4, png
from tests.wecom.heard import events, listen
from wecom import uploads
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.transport import Call

DAY = 86400
MIB = 1024 * 1024


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def refusal(call) -> WeComError:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value


# --- headers of files ---


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(10_800, 1_080), (10_800, 1_080)),
        (jpeg(640, 480), (640, 480)),
        (b"\xff\xd8\xff\xd9", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_pixels_are_read_from_the_header(data, size):
    assert uploads.image_size(data) == size


@pytest.mark.parametrize(
    ("data", "seconds"),
    [(mp4(12.5), 12.5), (mp4(12.5, wide=True), 12.5), (b"....ftypmp42", None), (mp4(1)[:50], None)],
)
def test_the_length_of_a_video_is_read_from_its_header(data, seconds):
    assert uploads.video_seconds(data) == seconds


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("价目表 2026.pdf", "价目表 2026.pdf"),
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\图.png", "图.png"),
        ('a";filename="b.png', "a_;filename=_b.png"),
        ("nul\x00\ud83d.png", "nul\ufffd.png"),
        ("‮gnp.exe", "gnp.exe"),
        ("", "file"),
        ("...", "file"),
        ("企" * 100 + ".png", "企" * 41 + ".png"),
    ],
)
def test_names_of_files_are_fit_for_a_header(given, sent):
    assert uploads.part_name(given) == sent
    assert len(sent.encode()) <= 128


def test_a_name_with_a_line_break_makes_no_header_of_its_own(client, played):
    played.says("media/upload", {"errcode": 0, "media_id": "m"})
    client.media.upload("file", "a\r\nX-Evil: 1\r\n\r\n.pdf", b"123456")
    (request,) = played.to("media/upload")
    head = request.raw.split(b"\r\n\r\n")[0]
    assert b"X-Evil" not in b"".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Disp"))
    assert head.count(b"\r\n") == 2


# --- refused before the call ---


REFUSED = {
    "not an AMR recording": lambda c: c.media.upload("voice", "a.amr", b"RIFF....WAVE"),
    "media is not a JPG": lambda c: c.media.upload("image", "a.svg", b"<svg onload='x'/>"),
    "media has 5 bytes": lambda c: c.media.upload_image("a.png", b"12345"),
    f"media has {2 * MIB + 1} bytes": lambda c: c.media.upload_image("a.png", png(1, 1, 2 * MIB + 1)),
    "not a JPG or PNG": lambda c: c.media.upload_image("a.gif", b"GIF89a...."),
    "attachment_type is none of": lambda c: c.media.upload_attachment("image", "a.png", png(1, 1), 3),
    "media_type is none of image, video": lambda c: c.media.upload_attachment("file", "a.pdf", b"%PDF-1.7", 1),
    r"media_type is none of image \(": lambda c: c.media.upload_attachment("video", "a.mp4", mp4(1), 2),
    "10801 × 1 pixels": lambda c: c.media.upload_attachment("image", "a.png", png(10_801, 1)),
    "1081 × 1081 pixels": lambda c: c.media.upload_attachment("image", "a.jpg", jpeg(1081, 1081)),
    "lasts 30.5 s": lambda c: c.media.upload_attachment("video", "a.mp4", mp4(30.5)),
    "not an MP4 video": lambda c: c.media.upload_attachment("video", "a.mov", b"....moov...."),
    f"media has {10 * MIB + 1} bytes": lambda c: c.media.upload_attachment("image", "a.png", png(1, 1, 10 * MIB + 1)),
    "a range starts at a multiple of 16": lambda c: c.media.get("m", 8, 16),
    "1 to 20971520 bytes": lambda c: c.media.get("m", 0, 20 * MIB + 16),
    "type is none of video, file": lambda c: c.media.upload_by_url("image", "a.png", "https://e.com/a", "0" * 32),
    "url does not begin": lambda c: c.media.upload_by_url("file", "a.pdf", "file:///etc/passwd", "0" * 32),
    "md5 is not": lambda c: c.media.upload_by_url("file", "a.pdf", "https://e.com/a", "x" * 32),
    "url has 1025 bytes": lambda c: c.media.upload_by_url("file", "a", "https://e.com/".ljust(1025, "a"), "0" * 32),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_a_file_that_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        REFUSED[problem](client)
    assert (refused.value.kind, refused.value.fate_unknown) == (ErrorKind.PERMANENT, False)
    assert played.asked == []


# --- a file or an error ---


def test_a_download_without_a_name_is_an_error(client, played, sample):
    played.says("media/get", sample("media_get.error40007.response.json"))
    error = refusal(lambda: client.media.get("m"))
    assert (error.errcode, error.kind) == (40007, ErrorKind.MEDIA)


@pytest.mark.parametrize("answer", [{"errcode": 0, "errmsg": "ok"}, {}, b"\x89PNG", b""])
def test_a_download_that_is_neither_file_nor_error_is_unknown_and_asked_for_again(answer, client, played):
    played.says("media/get", answer)
    error = refusal(lambda: client.media.get("m"))
    assert (error.kind, error.fate_unknown) == (ErrorKind.UNKNOWN, False)
    assert len(played.to("media/get")) == 3


# --- against the sandbox ---


def test_a_file_comes_back_as_it_went(wecom):
    data = b'{"errcode": 40007}' + bytes(range(256))
    media = wecom.media.upload("file", "价目表.json", data)
    file = wecom.media.get(media.media_id)
    assert (file.data, file.filename, file.size) == (data, "价目表.json", len(data))
    assert media.created_at > 0


def test_parts_of_a_file_make_the_whole(wecom):
    data = bytes(range(256)) * 5
    media_id = wecom.media.upload("file", "a.bin", data).media_id
    part = wecom.media.get(media_id, 32, 16)
    assert (part.data, part.size) == (data[32:48], len(data))
    assert list(wecom.media.parts(media_id, 512)) == [data[:512], data[512:1024], data[1024:]]


def test_a_range_beyond_the_file_is_refused(wecom):
    media_id = wecom.media.upload("file", "a.bin", b"1234567890").media_id
    error = refusal(lambda: wecom.media.get(media_id, 160, 16))
    assert (error.errcode, error.kind) == (40146, ErrorKind.PERMANENT)


def test_after_three_days_a_media_id_is_dead(wecom, sandbox):
    media_id = wecom.media.upload("image", "a.png", png(2, 2)).media_id
    sandbox.advance(3 * DAY - 60)
    assert wecom.media.get(media_id).data == png(2, 2)
    sandbox.advance(120)
    error = refusal(lambda: wecom.media.get(media_id))
    assert (error.errcode, error.kind) == (40007, ErrorKind.MEDIA)


def test_a_picture_has_an_address_for_ever(wecom, sandbox):
    url = wecom.media.upload_image("海报.png", png(3, 3))
    sandbox.advance(40 * DAY)
    assert sandbox.session.get(url, timeout=5).content == png(3, 3)


def test_attachments_serve_the_purpose_they_were_uploaded_for(wecom):
    moments = wecom.media.upload_attachment("image", "a.png", png(1080, 10_800)).media_id
    video = wecom.media.upload_attachment("video", "a.mp4", mp4(30))
    album = wecom.media.upload_attachment("image", "b.jpg", jpeg(800, 600), 2).media_id
    assert (video.type, video.created_at > 0) == ("video", True)
    assert wecom.media.get(moments).content_type == "image/png"
    assert wecom.album.add("杯子", 990, [album])
    for wrong in (moments, wecom.media.upload("image", "c.png", png(1, 1)).media_id):
        assert refusal(lambda wrong=wrong: wecom.album.add("杯子", 990, [wrong])).errcode == 41072


SIZES = [
    ("image", png(10_800, 1_080), 0),
    ("image", png(10_801, 1_080), 41081),
    ("image", jpeg(1_081, 1_081), 41081),
    ("image", b"GIF89a" + b"0" * 100, 40005),
    ("image", png(1, 1, 10 * MIB), 0),
    ("image", png(1, 1, 10 * MIB + 1), 41080),
    ("video", mp4(30), 0),
    ("video", mp4(31), 41082),
    ("video", b"RIFF....AVI ", 41090),
    ("file", b"123456", 41065),
]


@pytest.mark.parametrize(("kind", "data", "code"), SIZES)
def test_both_sides_know_the_same_limits_of_attachments(kind, data, code, wecom, client, played):
    """Each was written from the document by itself."""
    played.says("media/upload_attachment", {"errcode": 0, "media_id": "m"})
    query = {"media_type": kind, "attachment_type": 1}
    files = {"media": ("a", data, "application/octet-stream")}
    raw = Call("POST", "media/upload_attachment", query, files=files, expects="media_id")
    if code:
        assert refusal(lambda: client.media.upload_attachment(kind, "a", data)).kind is ErrorKind.PERMANENT
        assert refusal(lambda: wecom.call(raw, dict)).errcode == code
    else:
        assert client.media.upload_attachment(kind, "a", data).media_id == "m"
        assert wecom.call(raw, dict)["media_id"]


# --- by URL ---


class Shelf:
    """A web server with one file, that knows ranges or does not."""

    def __init__(self, data: bytes, *, ranges: bool = True) -> None:
        shelf = self
        self.asked: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                span = self.headers.get("Range") if ranges else None
                shelf.asked.append(span)
                start, end = (int(n) for n in span.removeprefix("bytes=").split("-")) if span else (0, len(data) - 1)
                part = data[start : end + 1]
                self.send_response(206 if span else 200)
                self.send_header("Content-Length", str(len(part)))
                if span:
                    self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(data)}")
                self.end_headers()
                self.wfile.write(part)

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/a.mp4"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def ended(wecom: WeComClient, jobid: str):
    for _ in range(100):
        job = wecom.media.upload_job(jobid)
        if job.finished:
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end within 5 s")


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_wecom_fetches_a_file_by_itself(wecom):
    data = mp4(20) + bytes(9 * MIB)
    with Shelf(data) as shelf:
        job = ended(wecom, wecom.media.upload_by_url("video", "片子.mp4", shelf.url, md5(data)))
    assert (job.status, job.detail.errcode) == (2, 0)
    assert len(shelf.asked) == 2
    assert b"".join(wecom.media.parts(job.media_id)) == data
    assert job.detail.created_at > 0


@pytest.mark.parametrize(
    ("ranges", "digest", "code"), [(True, "0" * 32, 301019), (False, None, 830003), (True, None, 40005)]
)
def test_a_fetch_that_fails_says_why(ranges, digest, code, wecom):
    data = b"no video at all"
    with Shelf(data, ranges=ranges) as shelf:
        job = ended(wecom, wecom.media.upload_by_url("video", "a.mp4", shelf.url, digest or md5(data)))
    assert (job.status, job.detail.errcode, job.media_id) == (3, code, "")


def test_a_job_is_forgotten_after_an_hour(wecom, sandbox):
    jobid = wecom.media.upload_by_url("file", "a.pdf", "http://127.0.0.1:9/a.pdf", "0" * 32)
    assert ended(wecom, jobid).detail.errcode == 830003
    sandbox.advance(3601)
    assert refusal(lambda: wecom.media.upload_job(jobid)).kind is ErrorKind.PERMANENT


def test_the_end_of_a_fetch_is_told_by_an_event(wecom, sandbox):
    listen(sandbox)
    jobid = wecom.media.upload_by_url("file", "a.pdf", "http://127.0.0.1:9/a.pdf", "0" * 32)
    ended(wecom, jobid)
    told = [event for event in events(sandbox, "Event", "JobId") if event[0] == "upload_media_job_finish"]
    assert told == [("upload_media_job_finish", jobid)]


def test_the_sandbox_fetches_nothing_from_elsewhere(wecom):
    jobid = wecom.media.upload_by_url("file", "a.pdf", "http://10.0.0.1/a.pdf", "0" * 32)
    assert ended(wecom, jobid).detail.errcode == 830001
