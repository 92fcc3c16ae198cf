"""Media: three days, types and sizes."""

import pytest

from tests.sandbox.actors import Corp

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100
VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"0" * 100
MEGABYTE = 1024 * 1024


def test_upload_and_read_back(corp: Corp) -> None:
    answer = corp.upload("image", "海报.png", PNG)
    assert answer["type"] == "image"
    assert isinstance(answer["created_at"], str)
    path = f"/cgi-bin/media/get?access_token={corp.access_token()}&media_id={answer['media_id']}"
    file = corp.request("GET", path)
    assert file.data == PNG
    assert file.headers["Content-Type"] == "image/png"
    part = corp.request("GET", path, headers={"Range": "bytes=0-15"})
    assert (part.status, part.data) == (206, PNG[:16])


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("image", JPEG, 0),
        ("image", b"GIF89a" + b"0" * 100, 40005),
        ("image", b"\x89PNG\r\n\x1a\n"[:5], 44001),
        ("image", PNG + b"0" * (10 * MEGABYTE), 45001),
        ("voice", b"#!AMR\n123456", 0),
        ("voice", PNG, 40005),
        ("video", VIDEO, 0),
        ("video", PNG, 40005),
        ("file", b"123456", 0),
        ("file", b"12345", 44001),
        ("file", b"0" * (20 * MEGABYTE), 0),
        ("file", b"0" * (20 * MEGABYTE + 1), 45001),
        ("thumb", PNG, 40004),
    ],
)
def test_types_and_sizes(corp: Corp, kind: str, data: bytes, code: int) -> None:
    assert corp.upload(kind, "a.bin", data)["errcode"] == code


def test_a_part_without_a_plain_filename_is_refused(corp: Corp) -> None:
    body = (
        b"--x\r\nContent-Disposition: form-data; name=\"media\"; filename*=UTF-8''a.png\r\n\r\n"
        + PNG
        + b"\r\n--x--\r\n"
    )
    path = f"/cgi-bin/media/upload?type=image&access_token={corp.access_token()}"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert corp.request("POST", path, body=body, headers=headers).json()["errcode"] == 44001


def test_after_three_days_an_id_is_dead(corp: Corp) -> None:
    media_id = corp.upload("image", "a.png", PNG)["media_id"]
    customer = corp.add("anna")
    image = {"msgtype": "image", "image": {"media_id": media_id}}
    assert corp.mass(customer, attachments=[image])["errcode"] == 0
    corp.advance(3 * 86400 + 1)
    assert corp.mass(customer, attachments=[image])["errcode"] == 40007
    assert corp.get("media/get", media_id=media_id)["errcode"] == 40007
    assert corp.get("media/get")["errcode"] == 41006


def test_a_media_id_of_another_kind_is_40004(corp: Corp) -> None:
    media_id = corp.upload("file", "a.pdf", b"%PDF-1.7")["media_id"]
    image = {"msgtype": "image", "image": {"media_id": media_id}}
    file = {"msgtype": "file", "file": {"media_id": media_id}}
    customer = corp.add("anna")
    assert corp.mass(customer, attachments=[image])["errcode"] == 40004
    assert corp.mass(customer, attachments=[file])["errcode"] == 0


def test_phones_keep_what_they_received(corp: Corp) -> None:
    media_id = corp.upload("image", "a.png", PNG)["media_id"]
    corp.advance(4 * 86400)
    assert corp.request("GET", f"/media/{media_id}").data == PNG
    assert corp.request("GET", "/media/nothing").status == 404
