import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from content.materials import store
from content.models import Material, MaterialKind
from staff.models import AuditEntry, User
from tests.cast import make_corp, make_user
from wecom.models import Corp


def picture(form: str = "PNG", size: tuple[int, int] = (12, 8), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **options)
    return out.getvalue()


def upload(corp: Corp, user: User, data: bytes, name: str, kind: MaterialKind = MaterialKind.IMAGE) -> Material:
    return store(corp, kind, SimpleUploadedFile(name, data), user)


def test_a_picture_is_kept_under_a_name_of_ours(corp: Corp, operator: User) -> None:
    kept = upload(corp, operator, picture(), "../../海报.png")
    assert (kept.filename, kept.content_type, kept.kind) == ("海报.png", "image/png", "image")
    assert kept.file.name.startswith("materials/")
    assert "海报" not in kept.file.name
    assert AuditEntry.objects.get(action="material.upload").target_id == str(kept.pk)


def test_what_a_picture_carries_beside_its_pixels_is_dropped(corp: Corp, operator: User) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0)}  # GPS
    exif[0x0112] = 6  # lies on its side
    polyglot = picture("JPEG", exif=exif, comment=b"<script>") + b"<script>alert(1)</script>"
    kept = upload(corp, operator, polyglot, "a.png")
    with kept.file.open("rb") as file:
        data = file.read()
    with Image.open(io.BytesIO(data)) as redrawn:
        assert redrawn.format == "JPEG"
        assert redrawn.size == (8, 12)
        assert not redrawn.getexif()
    assert b"script" not in data
    assert kept.filename == "a.jpg"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html><body>hello</body></html>",
        b"GIF89a" + b"\x00" * 40,
        picture()[:30],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 60,
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name(corp: Corp, operator: User, data: bytes) -> None:
    with pytest.raises(ValidationError, match="JPG or PNG"):
        upload(corp, operator, data, "photo.jpg")
    assert not Material.objects.exists()


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(corp: Corp, operator: User) -> None:
    small_file = io.BytesIO()
    Image.new("1", (50_000, 2_000)).save(small_file, "PNG")
    with pytest.raises(ValidationError, match="pixels"):
        upload(corp, operator, small_file.getvalue(), "big.png")


@pytest.mark.parametrize(("size", "fits"), [(10 * 1024 * 1024 + 1, False), (5, False), (0, False)])
def test_sizes_that_wecom_refuses_are_refused(corp: Corp, operator: User, size: int, fits: bool) -> None:
    with pytest.raises(ValidationError):
        upload(corp, operator, b"a" * size, "a.png")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("价目表.pdf", b"%PDF-1.7 ..."),
        ("a.docx", b"PK\x03\x04......"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..."),
        ("a.csv", "姓名,电话\n".encode()),
    ],
)
def test_documents_that_people_send_are_kept(corp: Corp, operator: User, name: str, data: bytes) -> None:
    assert upload(corp, operator, data, name, MaterialKind.FILE).filename == name


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", b"<svg><script/></svg>"),
        ("a.html", b"<html></html>"),
        ("a.exe", b"MZ\x90\x00......"),
        ("a.pdf", b"MZ\x90\x00......"),
        ("a.txt", b"text \x00 not"),
        ("a.txt", b"\xff\xfe\xfd\xfc\xfb\xfa"),
        ("noname", b"%PDF-1.7"),
    ],
)
def test_other_files_are_refused(corp: Corp, operator: User, name: str, data: bytes) -> None:
    with pytest.raises(ValidationError, match="cannot be sent"):
        upload(corp, operator, data, name, MaterialKind.FILE)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\fakepath\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("\u202egnp.txt", "gnp.txt"),
        ("长" * 300 + ".txt", "长" * 80 + ".txt"),
        ("a\ud800\x00.txt", "a\ufffd.txt"),
    ],
)
def test_the_uploaders_name_is_made_plain(corp: Corp, operator: User, given: str, kept: str) -> None:
    file = SimpleUploadedFile("placeholder.txt", b"some text")
    file._name = given  # what a hostile client sends past Django's own clean-up
    assert store(corp, MaterialKind.FILE, file, operator).filename == kept


def test_a_picture_is_shown_to_its_corp_only(corp: Corp, operator: User, lin_user: User, signed_in, client) -> None:
    kept = upload(corp, operator, picture(), "a.png")
    shown = signed_in(lin_user).get(kept.file.url)
    assert shown.status_code == 200
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.getvalue().startswith(b"\x89PNG")
    assert client.get(kept.file.url).status_code == 302
    assert signed_in(make_user(make_corp(), "stranger")).get(kept.file.url).status_code == 404


def test_a_file_is_only_saved_never_shown(corp: Corp, operator: User, signed_in) -> None:
    kept = upload(corp, operator, b"<script>alert(1)</script>", "价.txt", MaterialKind.FILE)
    answer = signed_in(operator).get(kept.file.url)
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E4%BB%B7.txt"
    assert answer.getvalue() == b"<script>alert(1)</script>"


def test_a_lost_original_is_not_found(corp: Corp, operator: User, signed_in) -> None:
    kept = upload(corp, operator, picture(), "a.png")
    kept.file.storage.delete(kept.file.name)
    assert signed_in(operator).get(kept.file.url).status_code == 404
    assert signed_in(operator).get("/media/../scrm/settings.py").status_code == 404
    assert signed_in(operator).post(kept.file.url).status_code == 405
