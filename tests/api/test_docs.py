from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from staff.models import User


def test_the_schema_names_every_resource_of_the_contract(api: Any, operator: User) -> None:
    schema = api(operator).get("/api/v1/schema/?format=json").json()
    paths = {path.removeprefix("/api/v1/") for path in schema["paths"]}
    contract = {
        "customers/", "customers/count/", "customers/{id}/tags/", "customers/{id}/timeline/", "campaigns/",
        "campaigns/{id}/launch/", "campaigns/{id}/pause/", "campaigns/{id}/resume/", "campaigns/{id}/end/",
        "campaigns/{id}/report/", "deliveries/", "tasks/", "tasks/{id}/done/", "tasks/{id}/skip/", "tags/", "groups/",
        "staff/", "segments/", "contact_ways/",
    }  # fmt: skip
    assert contract <= paths


def test_schema_and_docs_are_not_for_strangers(client: Client, db: None) -> None:
    assert client.get("/api/v1/schema/").status_code == 401
    assert client.get("/api/v1/docs/")["Location"].startswith("/login/")
    assert client.get("/api/v1/docs/?script=")["Location"].startswith("/login/")


@pytest.mark.browser
def test_the_docs_work_under_the_strict_policy_and_from_our_own_server(page_as: Any, operator: User) -> None:
    page: Page = page_as(operator)
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if "127.0.0.1" not in request.url else None)
    page.goto("/api/v1/docs/")
    expect(page.get_by_text("/api/v1/customers/count/")).to_be_visible()
    page.get_by_text("/api/v1/customers/count/").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.get_by_text('"count": 0').first).to_be_visible()
    assert [url for url in foreign if not url.startswith("data:")] == []
