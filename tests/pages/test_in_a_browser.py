"""What only a browser can tell: keys, dialogs, questions, updates in place, narrow screens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tags.models import TagGroup
from tests import cast
from wecom.models import Corp, SyncRun

pytestmark = pytest.mark.browser

EVERY_PAGE = [
    "/",
    "/customers/",
    "/tags/",
    "/groups/",
    "/welcomes/",
    "/quota/",
    "/contact-ways/",
    "/contact-ways/new/",
    "/system/sync/",
    "/system/inbox/",
    "/system/outbox/",
    "/system/audit/",
]
LONG = "用户名特别长" * 12


@pytest.fixture
def desk(page_as: Callable[[User], Page], admin: User, zhang: Customer, li: Customer) -> Page:
    return page_as(admin)


def test_the_list_works_by_keys(desk: Page, live: str) -> None:
    desk.goto(f"{live}/customers/")
    for key in ("j", "j", "k", "ArrowDown"):
        desk.keyboard.press(key)
    name = desk.evaluate("document.activeElement.innerText")
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_contain_text(name.splitlines()[-1])


def test_the_count_follows_the_typing_and_the_address_keeps_it(desk: Page, live: str) -> None:
    desk.goto(f"{live}/customers/")
    expect(desk.locator("#count")).to_have_text("2 customers")
    desk.keyboard.press("/")
    desk.keyboard.type("张")
    expect(desk.locator("#count")).to_have_text("1 customer")
    desk.reload()
    expect(desk.locator("#count")).to_have_text("1 customer")
    desk.go_back()
    expect(desk.locator("#count")).to_have_text("2 customers")


def test_a_filter_menu_says_how_many_are_chosen(desk: Page, live: str) -> None:
    desk.goto(f"{live}/customers/")
    desk.locator("summary", has_text="Staff").click()
    desk.locator(".pick-option", has_text="林小雨").click()
    expect(desk.locator("#count")).to_have_text("1 customer")
    expect(desk.locator("summary", has_text="Staff")).to_contain_text("1")
    assert desk.url.endswith("/customers/?staff=lin")
    desk.keyboard.press("Escape")
    expect(desk.locator(".filter-menu[open]")).to_have_count(0)


def test_tags_are_made_in_a_dialog_and_deleting_them_asks(desk: Page, live: str, sandbox: Sandbox) -> None:
    desk.goto(f"{live}/tags/")
    desk.get_by_role("link", name="New group").first.click()
    dialog = desk.locator("#dialog")
    dialog.get_by_label("Name of the group").fill("<b>兴趣</b>")
    dialog.get_by_label("Tags").fill("茶\n咖啡")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.locator(".toast-line")).to_contain_text("Group created")
    expect(desk.locator(".card-title")).to_have_text("<b>兴趣</b>")
    desk.get_by_role("link", name="Delete the group").click()
    expect(dialog).to_contain_text("These customers lose the tag")
    dialog.get_by_text("Keep").click()
    expect(dialog).not_to_be_visible()
    assert TagGroup.objects.live().exists()
    desk.get_by_role("link", name="Delete the group").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(desk.locator(".toast-line")).to_contain_text("Deleted")


def test_stopping_a_sync_asks_first(desk: Page, live: str, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers")
    desk.goto(f"{live}/system/sync/")
    for answer, status in (("Keep", "running"), ("Stop", "stopped")):
        desk.locator("#runs").get_by_role("button", name="Stop").click()
        desk.locator("#confirm").get_by_role("button", name=answer).click()
        desk.wait_for_load_state("networkidle")
        run.refresh_from_db()
        assert run.status == status


def test_unsaved_changes_warn(desk: Page, live: str) -> None:
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.goto(f"{live}/contact-ways/new/")
    desk.get_by_label("Name", exact=True).press_sequentially("门口")
    desk.evaluate("location.href = '/tags/'")
    desk.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert desk.url.endswith("/contact-ways/new/")


def test_dark_stays_dark(desk: Page, live: str) -> None:
    desk.goto(f"{live}/customers/")
    desk.locator("[data-theme-switch]").click()
    chosen = desk.locator("html").get_attribute("data-bs-theme")
    desk.goto(f"{live}/tags/")
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", chosen or "")
    assert chosen == "dark"


def test_the_trend_is_drawn_and_has_a_table(desk: Page, live: str) -> None:
    desk.goto(live)
    expect(desk.locator("[data-trend] canvas")).to_be_visible()
    desk.get_by_text("Show as a table").click()
    expect(desk.locator(".chart-table tbody tr")).to_have_count(30)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(desk: Page, live: str, lin: Staff, width: int) -> None:
    customer = cast.make_customer(lin, LONG, remark=LONG, description=LONG)
    cast.make_tag(lin.corp, LONG[:30], group=LONG[:28])
    desk.set_viewport_size({"width": width, "height": 800})
    for address in [*EVERY_PAGE, f"/customers/{customer.pk}/"]:
        desk.goto(f"{live}{address}")
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, address
