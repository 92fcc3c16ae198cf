"""OAuth as WeCom plays it: choose a member, come back with a code that works once, for five minutes."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.actors import Corp

BACK = "http://127.0.0.1:8000/login/wecom/?next=%2Fhome"


def login_page(corp: Corp, path: str = "/wwlogin/sso/login", **more: Any) -> Any:
    query = {"appid": corp.corpid, "agentid": "1000002", "redirect_uri": BACK, "state": "abc123", **more}
    return corp.request("GET", f"{path}?{urlencode(query)}")


def log_in(corp: Corp, userid: str = "anna") -> dict[str, list[str]]:
    page = login_page(corp).data.decode()
    link = html.unescape(re.search(rf'href="([^"]*)" data-userid="{userid}"', page)[1])
    answer = corp.request("GET", link, redirect=False)
    assert answer.status == 302
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "http://127.0.0.1:8000/login/wecom/"
    return parse_qs(target.query)


@pytest.mark.parametrize("path", ["/wwlogin/sso/login", "/connect/oauth2/authorize"])
def test_the_page_offers_every_visible_member(corp: Corp, path: str) -> None:
    page = login_page(corp, path)
    assert page.status == 200
    assert re.findall(r'data-userid="(\w+)"', page.data.decode()) == ["anna", "Bert", "carl"]


def test_a_code_names_the_member_once(corp: Corp) -> None:
    query = log_in(corp, "Bert")
    assert (query["state"], query["next"]) == (["abc123"], ["/home"])
    assert corp.get("auth/getuserinfo", code=query["code"][0])["userid"] == "Bert"
    assert corp.get("auth/getuserinfo", code=query["code"][0])["errcode"] == 42022


def test_a_code_lives_five_minutes(corp: Corp) -> None:
    code = log_in(corp)["code"][0]
    corp.advance(301)
    assert corp.get("auth/getuserinfo", code=code)["errcode"] == 42003


def test_a_code_is_of_one_corp(corp: Corp, make_corp: Any) -> None:
    code = log_in(corp)["code"][0]
    assert make_corp().get("auth/getuserinfo", code=code)["errcode"] == 40029
    assert corp.get("auth/getuserinfo", code=code)["userid"] == "anna"
    assert corp.get("auth/getuserinfo")["errcode"] == 41008


@pytest.mark.parametrize(
    "wrong",
    [
        {"appid": "wwnobody"},
        {"agentid": "5"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "/relative"},
        {"state": "not allowed!"},
        {"state": "x" * 129},
    ],
)
def test_what_wecom_would_refuse(corp: Corp, wrong: dict[str, str]) -> None:
    assert login_page(corp, **wrong).status == 400
    assert login_page(corp, "/wwlogin/choose", userid="anna", **wrong).status == 400


def test_an_unknown_member_cannot_be_chosen(corp: Corp) -> None:
    assert login_page(corp, "/wwlogin/choose", userid="nobody").status == 400


def test_with_a_trusted_domain_only_that_one_is_led_back_to(corp: Corp) -> None:
    corp.change(redirect_domain="127.0.0.1:8000")
    assert login_page(corp).status == 200
    corp.change(redirect_domain="scrm.example.com")
    refused = login_page(corp, lang="en")
    assert (refused.status, b"50001" in refused.data) == (400, True)
