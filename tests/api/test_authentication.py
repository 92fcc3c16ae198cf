from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from staff.models import User
from tests.cast import make_corp, make_customer


def test_a_stranger_is_told_401(db: None) -> None:
    answer = APIClient().get("/api/v1/customers/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("key", ["", "wrong", "a b", "\x00", "林", "x" * 10_000])
def test_a_token_that_is_none_is_told_401(db: None, key: str) -> None:
    client = APIClient(HTTP_AUTHORIZATION=f"Token {key}".encode().decode("latin-1"))
    assert client.get("/api/v1/customers/").status_code == 401


@pytest.mark.parametrize("left", ["user", "staff"])
def test_the_token_of_one_who_left_stops_at_once(api: Any, lin_user: User, left: str) -> None:
    client = api(lin_user)
    assert client.get("/api/v1/customers/").status_code == 200
    if left == "user":
        User.objects.filter(pk=lin_user.pk).update(is_active=False)
    else:
        type(lin_user.staff).objects.update(active=False)
    assert client.get("/api/v1/customers/").status_code == 401


def test_a_session_reads_and_writes_only_with_its_csrf_token(signed_in: Any, operator: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(operator).cookies
    assert strict.get("/api/v1/segments/").status_code == 200
    answer = strict.post("/api/v1/segments/", {"name": "a", "condition": {"all": []}}, content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": "a\\u0000"}',
        b'{"a\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_a_body_that_nobody_can_store_is_told_400(api: Any, operator: User, body: bytes) -> None:
    answer = api(operator).post("/api/v1/segments/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_json_under_another_name_is_not_taken(api: Any, operator: User) -> None:
    answer = api(operator).post("/api/v1/segments/", b"{}", content_type="text/plain")
    assert answer.status_code == 415


def test_a_body_too_large_is_told_400(api: Any, operator: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = b'{"name": "' + b"a" * 1000 + b'"}'
    assert api(operator).post("/api/v1/segments/", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/customers/?q=%00", "/api/v1/customers/?a%00=1", "/api/v1/tasks/?staff=%00"])
def test_a_nul_in_a_query_is_told_400(api: Any, operator: User, path: str) -> None:
    assert api(operator).get(path).status_code == 400


@pytest.mark.parametrize("path", ["customers/%00/", "customers/99999999999999999999/", "customers/-1/", "tags/%00/"])
def test_an_address_that_is_none_is_told_404(api: Any, operator: User, path: str) -> None:
    assert api(operator).get(f"/api/v1/{path}").status_code == 404


def test_a_superuser_of_several_corps_names_the_corp(api: Any, superuser: User) -> None:
    one, other = make_corp(), make_corp()
    make_customer(corp=one)
    root = api(superuser)
    assert root.get("/api/v1/customers/").status_code == 200
    assert root.get("/api/v1/customers/", {"q": "a"}).json() == {"corp": ["Say which corp: you see several."]}
    assert root.get("/api/v1/customers/", {"q": "a", "corp": other.corpid}).status_code == 200
    assert root.get("/api/v1/customers/", {"corp": "wwnobody"}).status_code == 404
