"""Contact ways on pages: create, edit, QR code, delete."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from content.models import Material
from customers.models import ContactWay, FollowStatus
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tests import cast
from tests.acts import sync
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp

NEW = "/contact-ways/new/"
PREVIEW = "/contact-ways/preview/"


@pytest.fixture
def desk(operator: User, signed_in) -> Client:
    return signed_in(operator)


@pytest.fixture
def staffed(sandbox: Sandbox, corp: Corp, lin: Staff) -> Staff:
    """Lin, whom WeCom lets customers add."""
    sync(corp, "staff")
    lin.refresh_from_db()
    return lin


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 120, 60)).save(out, "PNG")
    return SimpleUploadedFile("门口.png", out.getvalue(), "image/png")


def form(staff: Staff, /, **fields: object) -> dict[str, object]:
    return {"name": "门口", "staff": [staff.pk], "skip_verify": "on", "text": "你好", **fields}


def test_create_makes_a_code_at_wecom(desk: Client, staffed: Staff, corp: Corp) -> None:
    link = {"link_title": "新品", "link_url": "https://example.com/"}
    answer = desk.post(NEW, form(staffed, image=picture(), **link))
    way = ContactWay.objects.get()
    assert answer.headers["Location"] == reverse("contact_way", args=[way.pk])
    assert [item["kind"] for item in way.welcome] == ["text", "link", "image"]
    assert client_for(corp).contact_ways.get(way.config_id).remark == "门口"
    shown = desk.get(answer.headers["Location"]).content.decode()
    assert "新品" in shown
    assert Material.objects.get().file.url in shown


def test_edit_keeps_what_has_no_fields_and_drops_what_was_unticked(desk: Client, staffed: Staff) -> None:
    desk.post(NEW, form(staffed, image=picture()))
    way = ContactWay.objects.get()
    image = way.welcome[1]
    address = reverse("contact_way_edit", args=[way.pk])
    assert json.dumps(image).replace('"', "&quot;") in desk.get(address).content.decode()
    desk.post(address, form(staffed, name="收银台", keep=[json.dumps(image)]))
    way.refresh_from_db()
    assert (way.name, way.welcome) == ("收银台", [{"kind": "text", "text": "你好"}, image])
    desk.post(address, form(staffed))
    way.refresh_from_db()
    assert way.welcome == [{"kind": "text", "text": "你好"}]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 31}, "name"),
        ({"staff": []}, "staff"),
        ({"staff": ["x"]}, "staff"),
        ({"text": "长" * 1334}, "text"),
        ({"link_title": "新品"}, "link_url"),
        ({"link_title": "新品", "link_url": "javascript:alert(1)"}, "link_url"),
        ({"keep": ["{"]}, "keep"),
        ({"keep": ["[" * 100_000]}, "keep"),
        ({"keep": ['{"kind": "image", "material": 1}']}, "keep"),
        ({"keep": ['{"kind": "nonsense"}']}, "keep"),
        ({"image": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}, "image"),
    ],
)
def test_bad_input_is_refused_at_its_field(desk: Client, lin: Staff, fields: dict, field: str) -> None:
    answer = desk.post(NEW, form(lin, **fields))
    assert list(answer.context["form"].errors) == [field]
    assert "field-error" in answer.content.decode()
    assert not ContactWay.objects.exists()


def test_an_upload_survives_an_error_elsewhere(desk: Client, lin: Staff) -> None:
    answer = desk.post(NEW, form(lin, name="", image=picture()))
    material = Material.objects.get()
    assert f"&quot;material&quot;: {material.pk}" in answer.content.decode()


def test_wecom_s_refusal_keeps_what_was_typed(desk: Client, lin: Staff) -> None:
    html = desk.post(NEW, form(lin, name="<门口>")).content.decode()
    assert 'role="alert"' in html
    assert 'value="&lt;门口&gt;"' in html
    assert not ContactWay.objects.exists()


def test_another_corp_s_staff_and_materials_are_refused(desk: Client, lin: Staff) -> None:
    stranger = cast.make_staff(cast.make_corp(), "stranger")
    foreign = Material.objects.create(corp=stranger.corp, kind="image", filename="x", size=1, file="x")
    keep = [json.dumps({"kind": "image", "material": foreign.pk})]
    answer = desk.post(NEW, form(stranger, keep=keep))
    assert set(answer.context["form"].errors) == {"staff", "keep"}


def test_the_preview_shows_the_message_and_saves_no_contact_way(desk: Client, lin: Staff) -> None:
    html = desk.post(PREVIEW, {"text": "<b>你好</b>", "image": picture()}).content.decode()
    assert "&lt;b&gt;你好&lt;/b&gt;" in html
    assert Material.objects.get().file.url in html
    assert not ContactWay.objects.exists()
    assert desk.get(PREVIEW).status_code == 405


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_qr_code_can_be_saved(desk: Client, corp: Corp, kind: str, start: bytes) -> None:
    way = ContactWay.objects.create(corp=corp, name="门口", state="door", qr_code="https://example.com/q")
    answer = desk.get(reverse("contact_way_qr", args=[way.pk, kind]), {"download": "1"})
    assert answer.content.startswith(start)
    assert answer["Content-Disposition"].startswith("attachment")


def test_arrivals_are_the_customers_whom_their_number_leads_to(
    desk: Client, corp: Corp, lin: Staff, wang: Staff
) -> None:
    ContactWay.objects.create(corp=corp, name="门口", state="door")
    cast.make_follow(cast.make_customer(lin, state="door"), wang, state="door")
    for status in (FollowStatus.LOST, FollowStatus.DROPPED):
        cast.make_customer(lin, state="door", status=status, ended_at=clock.now())
    assert [way.arrivals for way in desk.get("/contact-ways/").context["page"].rows] == [3]
    assert desk.get("/customers/", {"state": "door"}).context["count"] == 3


def test_deleting_asks_then_ends_it_once(desk: Client, staffed: Staff, corp: Corp) -> None:
    desk.post(NEW, form(staffed))
    address = reverse("contact_way_delete", args=[ContactWay.objects.get().pk])
    assert "stops working" in desk.get(address).content.decode()
    assert ContactWay.objects.live().exists()
    assert desk.post(address).status_code == 302
    assert not ContactWay.objects.live().exists()
    assert list(client_for(corp).contact_ways.list()) == []
    assert desk.post(address).status_code == 404


def test_not_for_staff_nor_for_another_corp(signed_in, lin_user: User, desk: Client, corp: Corp) -> None:
    way = ContactWay.objects.create(corp=corp, name="门口", state="door", qr_code="x")
    foreign = ContactWay.objects.create(corp=cast.make_corp(), name="门口", state="door", qr_code="x")
    for name, args in (
        ("contact_way", []),
        ("contact_way_edit", []),
        ("contact_way_delete", []),
        ("contact_way_qr", ["png"]),
    ):
        assert signed_in(lin_user).get(reverse(name, args=[way.pk, *args])).status_code == 403
        assert desk.get(reverse(name, args=[foreign.pk, *args])).status_code == 404
    for address in ("/contact-ways/", NEW):
        assert signed_in(lin_user).get(address).status_code == 403
