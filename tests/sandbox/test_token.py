"""Tokens: one while it is valid, early death, and what each wrong credential answers."""

from collections.abc import Callable

import pytest

from tests.sandbox.actors import Corp


def test_the_token_stays_the_same_while_it_is_valid(corp: Corp) -> None:
    first = corp.fetch_token()
    corp.advance(7000)
    again = corp.fetch_token()
    assert again["access_token"] == first["access_token"]
    assert 0 < again["expires_in"] <= 200


def test_after_two_hours_it_has_expired_and_there_is_a_new_one(corp: Corp) -> None:
    old = corp.access_token()
    corp.control("clock", advance=7201)
    assert corp.get("getcallbackip")["errcode"] == 42001
    assert corp.fetch_token()["access_token"] != old


@pytest.mark.parametrize("code", [42001, 40014])
def test_wecom_may_drop_a_token_early(corp: Corp, code: int) -> None:
    old = corp.access_token()
    corp.act("expire_token", code=str(code))
    assert corp.get("getcallbackip")["errcode"] == code
    assert corp.fetch_token()["access_token"] != old


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"corpid": None}, 41002),
        ({"corpid": "wwnobody"}, 40013),
        ({"corpsecret": None}, 41004),
        ({"corpsecret": "wrong"}, 40001),
    ],
)
def test_wrong_credentials(corp: Corp, query: dict[str, str | None], code: int) -> None:
    answer = corp.fetch_token(**query)
    assert answer["errcode"] == code
    assert answer["access_token"] == ""


def test_calls_without_or_with_a_foreign_token(corp: Corp, make_corp: Callable[..., Corp]) -> None:
    assert corp.request("GET", "/cgi-bin/getcallbackip").json()["errcode"] == 41001
    corp.token = "made-up"
    assert corp.get("getcallbackip")["errcode"] == 40014
    other = make_corp()
    assert other.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna", "Bert"]


def test_only_listed_addresses_may_call(corp: Corp) -> None:
    corp.change(trusted_ips=["203.0.113.7"])
    assert corp.get("getcallbackip")["errcode"] == 60020
    corp.change(trusted_ips=["203.0.113.7", "127.0.0.1"])
    assert corp.get("getcallbackip")["ip_list"]


def test_an_app_that_is_not_in_the_customer_list_gets_48002(corp: Corp) -> None:
    corp.change(customer_api=False)
    assert corp.get("externalcontact/get_follow_user_list")["errcode"] == 48002
    assert corp.get("department/simplelist")["errcode"] == 0
