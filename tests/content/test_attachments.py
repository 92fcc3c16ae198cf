from typing import Any

import pytest

from content.attachments import ContentError, parse
from content.models import Material, MaterialKind
from tests.cast import make_corp
from wecom.models import Corp


def material(corp: Corp, kind: MaterialKind = MaterialKind.IMAGE) -> Material:
    return Material.objects.create(corp=corp, kind=kind, filename="a.png", content_type="image/png", size=9, file="x")


def refused(items: Any, corp: Corp) -> str:
    """The path at which `items` are refused."""
    with pytest.raises(ContentError) as caught:
        parse(items, corp)
    assert caught.value.message
    return caught.value.path


def link(**fields: Any) -> dict[str, Any]:
    return {"kind": "link", "title": "t", "url": "https://example.com/", **fields}


def test_a_message_of_every_kind_is_read(corp: Corp) -> None:
    image, file = material(corp), material(corp, MaterialKind.FILE)
    content = parse(
        [
            {"kind": "text", "text": "你好"},
            link(desc="d", picurl="http://example.com/p.png"),
            {"kind": "image", "material": image.pk},
            {"kind": "file", "material": file.pk},
            {"kind": "miniprogram", "title": "m", "appid": "wx01", "page": "index", "material": image.pk},
        ],
        corp,
    )
    assert content.text == "你好"
    assert [item.kind for item in content.attachments] == ["link", "image", "file", "miniprogram"]
    assert content.materials == (image, file)


@pytest.mark.parametrize(("field", "most"), [("title", 128), ("desc", 512), ("url", 2048), ("picurl", 2048)])
def test_the_bytes_of_a_link_are_counted_exactly(corp: Corp, field: str, most: int) -> None:
    prefix = "https://x.cn/" if "url" in field else ""
    fits = prefix + "a" * (most - len(prefix))
    assert parse([link(**{field: fits})], corp)
    assert refused([link(**{field: fits + "a"})], corp) == f"[0].{field}"


def test_a_text_of_4000_bytes_passes_and_of_4001_is_refused(corp: Corp) -> None:
    chinese = "好" * 1333  # 3,999 bytes
    assert parse([{"kind": "text", "text": chinese + "a"}], corp).text == chinese + "a"
    assert refused([{"kind": "text", "text": chinese + "ab"}], corp) == "[0].text"


def test_a_mini_programs_title_has_at_most_64_bytes(corp: Corp) -> None:
    item = {"kind": "miniprogram", "appid": "wx01", "page": "index", "material": material(corp).pk}
    assert parse([{**item, "title": "a" * 64}], corp)
    assert refused([{**item, "title": "a" * 65}], corp) == "[0].title"


def test_nine_attachments_pass_and_ten_are_refused(corp: Corp) -> None:
    text = {"kind": "text", "text": "hi"}
    assert len(parse([text, *[link()] * 9], corp).attachments) == 9
    assert refused([text, *[link()] * 10], corp) == ""
    assert refused([link()] * 10, corp) == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com",
        "ftp://example.com",
        "https://",
        "https://user:pass@example.com/",
        "https://exa mple.com",
        "https://example.com\\@evil.cn",
        "https://example.com:99999/",
        "https://[::1",
        "https://x.cn/\n",
        " https://x.cn/",
    ],
)
def test_addresses_that_are_not_for_the_web_are_refused(corp: Corp, url: str) -> None:
    assert refused([link(url=url)], corp) == "[0].url"
    assert refused([link(picurl=url)], corp) == "[0].picurl"


@pytest.mark.parametrize(
    ("items", "path"),
    [
        (None, ""),
        ({}, ""),
        ([], ""),
        ([1], "[0]"),
        ([{}], "[0].kind"),
        ([{"kind": []}], "[0].kind"),
        ([{"kind": "voice"}], "[0].kind"),
        ([{"kind": "text"}], "[0].text"),
        ([{"kind": "text", "text": " \n"}], "[0].text"),
        ([{"kind": "text", "text": 5}], "[0].text"),
        ([{"kind": "text", "text": "a\x00b"}], "[0].text"),
        ([{"kind": "text", "text": "a\ud800"}], "[0].text"),
        ([{"kind": "text", "text": "a", "html": "b"}], "[0]"),
        ([{"kind": "text", "text": "a"}, {"kind": "text", "text": "b"}], "[1]"),
        ([link(), {"kind": "text", "text": "b"}], "[1]"),
        ([link(), {"kind": "link", "title": "t"}], "[1].url"),
        ([{"kind": "image"}], "[0].material"),
        ([{"kind": "image", "material": True}], "[0].material"),
        ([{"kind": "image", "material": "1"}], "[0].material"),
        ([{"kind": "image", "material": 10**30}], "[0].material"),
        ([{"kind": "miniprogram", "title": "t", "appid": "a b", "page": "p", "material": 1}], "[0].appid"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_path(corp: Corp, items: Any, path: str) -> None:
    assert refused(items, corp) == path


def test_a_material_of_another_corp_or_kind_is_refused(corp: Corp) -> None:
    foreign, file = material(make_corp()), material(corp, MaterialKind.FILE)
    assert refused([{"kind": "image", "material": foreign.pk}], corp) == "[0].material"
    assert refused([{"kind": "image", "material": file.pk}], corp) == "[0].material"


def test_materials_are_looked_up_in_one_query(corp: Corp, django_assert_num_queries: Any) -> None:
    items = [{"kind": "image", "material": material(corp).pk} for _n in range(9)]
    with django_assert_num_queries(1):
        parse(items, corp)
