"""Media ids against the sandbox: kept while fresh, renewed in time, uploaded again when WeCom has forgotten."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from content import media
from content.attachments import ContentError, parse
from content.materials import store
from content.models import Material, MaterialKind, MediaCopy
from scrm.rehearsal.sandbox import Sandbox
from staff.models import User
from tests.content.test_materials import picture
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp


@pytest.fixture
def poster(corp: Corp, operator: User) -> Material:
    return store(corp, MaterialKind.IMAGE, SimpleUploadedFile("海报.png", picture()), operator)


def uploads(sandbox: Sandbox) -> int:
    return sandbox.corp("GET", "calls").get("media/upload", {}).get("calls", 0)


def test_an_original_is_uploaded_once_while_its_copy_is_fresh(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    client, before = client_for(corp), uploads(sandbox)
    first = media.media_id(poster, client)
    with clock.at(clock.now() + timedelta(days=2, hours=11)):
        assert media.media_id(poster, client) == first
    assert uploads(sandbox) == before + 1


def test_a_copy_is_renewed_before_it_expires(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    client = client_for(corp)
    first = media.media_id(poster, client)
    with clock.at(clock.now() + timedelta(days=2, hours=13)):
        assert media.media_id(poster, client) != first
    assert MediaCopy.objects.count() == 1


def test_a_copy_from_the_future_is_not_believed(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    client = client_for(corp)
    with clock.at(clock.now() + timedelta(days=30)):
        first = media.media_id(poster, client)
    assert media.media_id(poster, client) != first


def test_a_forgotten_copy_is_uploaded_again(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    client = client_for(corp)
    content = parse([{"kind": "image", "material": poster.pk}], corp)
    (_text, first), _none = content.to_wecom(client), content.forget_media()
    text, attachments = content.to_wecom(client)
    assert (text, attachments[0]["msgtype"]) == ("", "image")
    assert attachments != first


def test_content_has_wecoms_form(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    items = [
        {"kind": "text", "text": "你好"},
        {"kind": "link", "title": "t", "url": "https://example.com/", "desc": "d"},
        {"kind": "miniprogram", "title": "m", "appid": "wx01", "page": "index", "material": poster.pk},
    ]
    text, attachments = parse(items, corp).to_wecom(client_for(corp))
    assert text == "你好"
    assert attachments == [
        {"msgtype": "link", "link": {"title": "t", "url": "https://example.com/", "desc": "d"}},
        {
            "msgtype": "miniprogram",
            "miniprogram": {
                "title": "m", "appid": "wx01", "page": "index", "pic_media_id": MediaCopy.objects.get().media_id,
            },
        },
    ]  # fmt: skip


def test_a_lost_original_is_named(sandbox: Sandbox, corp: Corp, poster: Material) -> None:
    poster.file.storage.delete(poster.file.name)
    with pytest.raises(ContentError, match="海报"):
        media.media_id(poster, client_for(corp))
