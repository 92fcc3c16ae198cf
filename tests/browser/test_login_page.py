"""Logging in and out, and the two languages, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from staff.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/campaigns/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_log_in_leads_to_where_one_wanted_to_go_and_out_again(page: Page, operator: User) -> None:
    log_in(page, "operator")
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    page.locator(".who summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/login/"))
    page.goto("/campaigns/")
    expect(page).to_have_url(re.compile("/login/"))


def test_a_wrong_password_is_told_and_the_name_survives(page: Page, operator: User) -> None:
    log_in(page, "operator", "wrong")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value("operator")


def test_the_language_can_be_switched_and_stays(page_as, operator: User) -> None:
    page = page_as(operator)
    page.goto("/campaigns/")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto("/customers/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Customers").first).to_be_visible()
