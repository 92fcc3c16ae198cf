import pytest
from playwright.sync_api import Page, expect

from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def test_logging_in_with_a_password(page: Page, operator: User) -> None:
    page.goto("/customers/?q=a")
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    expect(page.get_by_label("Username")).to_have_value("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url("/customers/?q=a")


def test_logging_in_with_wecom_on_a_phone(sandbox: Sandbox, page: Page, lin: Staff) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/tasks/")
    page.get_by_role("link", name="Log in with WeCom").click()
    page.get_by_text("林小雨").click()
    expect(page).to_have_url("/tasks/")
    assert User.objects.get().staff == lin
