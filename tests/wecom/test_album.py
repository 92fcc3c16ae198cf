"""The product album: limits in characters, bytes and fen; own products only."""

import pytest

from tests.wecom.files import png
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError

SECOND_APP = {"agentid": 1000009, "secret": "second-secret", "name": "第二个应用"}


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def picture(wecom) -> str:
    return wecom.media.upload_attachment("image", "a.png", png(10, 10), 2).media_id


def test_a_product_from_making_to_deleting(wecom, picture):
    product_id = wecom.album.add("世界上最好的商品", 30_000, [picture], "SN1")
    product = wecom.album.get(product_id)
    assert (product.description, product.price, product.product_sn) == ("世界上最好的商品", 30_000, "SN1")
    assert (product.media_ids, product.create_time > 0) == ([picture], True)
    wecom.album.update(product_id, price=29_000)
    assert [(one.product_id, one.price, one.description) for one in wecom.album.list()] == [
        (product_id, 29_000, "世界上最好的商品")
    ]
    wecom.album.delete(product_id)
    assert list(wecom.album.list()) == []
    for call in (wecom.album.get, wecom.album.delete):
        with pytest.raises(WeComError) as gone:
            call(product_id)
        assert gone.value.errcode == 41074
    with pytest.raises(WeComError) as unknown:
        wecom.album.get("nothing")
    assert unknown.value.errcode == 41073


def test_more_products_than_a_page_holds(wecom, picture):
    made = [wecom.album.add(f"商品 {number}", number, [picture]) for number in range(101)]
    assert [product.product_id for product in wecom.album.list()] == made


def test_an_app_sees_all_products_and_changes_only_its_own(wecom, picture, sandbox, corp):
    product_id = wecom.album.add("杯子", 990, [picture])
    keys = {"token": corp.callback_token, "aes_key": corp.aes_key}
    sandbox.corp("POST", "apps", **SECOND_APP, **keys)
    corp.set_credentials(agentid=SECOND_APP["agentid"], secret=SECOND_APP["secret"])
    other = client_for(corp)
    assert other.album.get(product_id).description == "杯子"
    for call in (lambda: other.album.update(product_id, price=1), lambda: other.album.delete(product_id)):
        with pytest.raises(WeComError) as refused:
            call()
        assert (refused.value.errcode, refused.value.kind) == (41075, ErrorKind.PERMANENT)


LIMITS = {
    "description has 301 characters": ({"description": "商" * 301}, 41087),
    "price is 5000001": ({"price": 5_000_001}, 41086),
    "product_sn has 129 bytes": ({"product_sn": "a" * 129}, 41085),
    "product_sn has more than letters": ({"product_sn": "编号"}, 41085),
    "attachments has 10 entries": ({"pictures": 10}, 41064),
}


@pytest.mark.parametrize("problem", LIMITS)
def test_limits_hold_on_both_sides(problem, wecom, picture, client, played, monkeypatch):
    change, code = LIMITS[problem]
    values = {"description": "杯子", "price": 990, "product_sn": "SN"} | change
    values["pictures"] = [picture] * values.get("pictures", 1)
    with pytest.raises(WeComError, match=problem) as refused:
        client.album.add(**values)
    assert (refused.value.kind, played.asked) == (ErrorKind.PERMANENT, [])
    body = {name: values[name] for name in ("description", "price", "product_sn")}
    body["attachments"] = [{"type": "image", "image": {"media_id": picture}}] * len(values["pictures"])
    with pytest.raises(WeComError) as served:
        wecom.album._write("externalcontact/add_product_album", body, lambda answer: None)
    assert served.value.errcode == code


def test_at_the_limit_a_product_is_made(wecom, picture):
    product_id = wecom.album.add("商" * 300, 5_000_000, [picture] * 9, "a" * 128)
    product = wecom.album.get(product_id)
    assert (len(product.description), product.price, len(product.media_ids)) == (300, 5_000_000, 9)


@pytest.mark.parametrize("call", [lambda a: a.add("", 1, ["m"]), lambda a: a.add("d", 1, []), lambda a: a.update("p")])
def test_a_product_without_content_is_refused(call, client, played):
    with pytest.raises(WeComError):
        call(client.album)
    assert played.asked == []
