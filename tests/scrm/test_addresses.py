"""Every address of the product, walked by somebody who has not logged in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from staff.models import User
from wecom.models import Corp

OPEN = {  # address → what a stranger gets there
    "healthz": {200},
    "metrics": {200},  # from this machine; tests/scrm/test_health.py has the others
    "i18n/setlang/": {302},
    "login/": {200},
    "admin/login/": {200, 302},
    "admin/logout/": {302},
    "wecom/callback/1/": {400, 403},
}
LEADS_TO_LOGIN = re.compile(r"^/(admin/)?login/")
SAMPLES = {"int": "1", "slug": "x", "uuid": "00000000-0000-4000-8000-000000000000", "path": "x", "str": "1"}


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + example(pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + example(pattern)


def example(pattern: URLPattern | URLResolver) -> str:
    """An address that the pattern matches, or comes close to where it is a regular expression."""
    route = str(pattern.pattern)
    route = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "1", route)
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match[1] or "str", "1"), route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".").replace("/?", "/")


ADDRESSES = sorted(set(addresses(get_resolver().url_patterns)))


def is_refusal(status: int, location: str, address: str) -> bool:
    if status in OPEN.get(address, ()):
        return True
    if status == 302:
        return bool(LEADS_TO_LOGIN.match(location))
    return status in {401, 403, 404, 405}


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_stranger_gets_nothing(client: Client, corp: Corp, admin: User, method: str) -> None:
    """Once there is an admin: before, the set-up waits for whoever holds the server's code (decision 060)."""
    client.raise_request_exception = False
    open_doors = {}
    for address in ADDRESSES:
        answer = getattr(client, method)(f"/{address}")
        location = answer.get("Location", "")
        if not is_refusal(answer.status_code, location, address):
            open_doors[address] = (answer.status_code, location)
    assert open_doors == {}


def test_the_walk_meets_pages_api_and_admin() -> None:
    assert {"healthz", "admin/login/"} <= set(ADDRESSES)
    for part in ("customers/", "campaigns/", "api/v1/customers/", "api/v1/schema/", "admin/customers/"):
        assert any(address.startswith(part) for address in ADDRESSES), part


@pytest.mark.parametrize("address", ["/", "/customers/", "/api/v1/customers/", "/admin/", "/login/"])
def test_every_answer_carries_its_policies(client: Client, corp: Corp, address: str) -> None:
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe" in policy) == address.startswith("/admin/")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_static_files_of_the_libraries_are_served(client: Client, db: None) -> None:
    for path in ("tabler/css/tabler.min.css", "htmx/htmx.min.js", "echarts/echarts.min.js", "scrm.css"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 200, path
        answer.close()


def test_an_address_that_is_not_there_is_404(client: Client, db: None) -> None:
    assert client.get("/no/such/page/").status_code == 404
    assert client.get("/static/../scrm/settings.py").status_code == 404
    assert client.get("/static/%2e%2e/manage.py").status_code == 404


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "..%2f..%2fmanage.py", "%F0%9F%98%80"])
def test_an_address_of_odd_characters_is_404(signed_in, admin, odd: str) -> None:
    inside = signed_in(admin)
    for address in (f"/media/{odd}", f"/login/wecom/{odd}/", f"/login/wecom/{odd}/done/", f"/customers/{odd}/"):
        assert inside.get(address).status_code == 404, address
