"""The task page on a phone 390 pixels wide: nothing sticks out, targets are large, two taps finish a task."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from campaigns.models import Campaign, Task, TaskStatus
from staff.models import Staff, User
from tests.campaigns.rows import make_call, make_campaign, make_confirm, make_enrollment, steps_of
from tests.cast import make_customer
from wecom import clock
from wecom.models import Corp

pytestmark = pytest.mark.browser
TOUCH = 44  # pixels


@pytest.fixture
def campaign(corp: Corp, lin: Staff) -> Campaign:
    """Two calls for today, one overdue with a hostile name, one send to confirm."""
    campaign = make_campaign(corp)
    for name in ("张三", "李四"):
        make_call(make_enrollment(campaign, make_customer(lin, name)))
    long_name = "\u202e" + "超长昵称🌸" * 20
    late = make_call(make_enrollment(campaign, make_customer(lin, long_name)))
    Task.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(days=1))
    make_confirm(steps_of(campaign)[0], lin, size=12)
    return campaign


@pytest.fixture
def phone(page_as, lin_user: User, campaign: Campaign) -> Page:
    page = page_as(lin_user)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/tasks/")
    return page


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def large_enough(target: Locator) -> bool:
    box = target.bounding_box()
    return box is not None and box["height"] >= TOUCH


def test_two_taps_finish_a_call(phone: Page) -> None:
    phone.get_by_text("张三").click()
    phone.get_by_role("button", name="Done").click()
    line = phone.locator(".task", has_text="张三")
    expect(line.locator(".state")).to_have_text("done")
    expect(phone.locator("#count-done")).to_have_text("1")
    expect(phone.locator("#count-today")).to_have_text("2")
    assert Task.objects.get(customer__name="张三").status == TaskStatus.DONE


def test_a_call_is_skipped_with_a_reason(phone: Page) -> None:
    phone.get_by_text("李四").click()
    phone.get_by_text("Skip…").locator("visible=true").click()
    phone.get_by_role("button", name="Could not be reached").locator("visible=true").click()
    expect(phone.locator(".task", has_text="李四").locator(".state")).to_have_text("skipped")
    assert Task.objects.get(customer__name="李四").reason == "Could not be reached"


def test_a_send_shows_how_many_will_read_what(phone: Page) -> None:
    bundle = phone.locator(".bundle", has_text="确认群发")
    expect(bundle).to_contain_text("12 customers")
    expect(bundle).to_contain_text("Confirm in the WeCom client")
    expect(bundle.locator(".bubble")).to_contain_text("您好，欢迎来到沙箱门店")


@pytest.mark.parametrize("width", [390, 360])
def test_nothing_sticks_out_and_targets_are_large(phone: Page, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 740})
    assert fits(phone)
    for target in phone.locator(".task-tabs a, .phone-bar a, summary.task-line").all():
        assert large_enough(target)
    phone.get_by_text("张三").click()
    for target in phone.locator(".task-do .btn").locator("visible=true").all():
        assert large_enough(target)
    phone.goto("/tasks/?when=overdue")
    assert fits(phone)
    expect(phone.locator(".task")).to_have_count(1)


def test_a_task_that_somebody_else_finished_is_refused_in_words(phone: Page) -> None:
    phone.get_by_text("张三").click()
    Task.objects.filter(customer__name="张三").update(status=TaskStatus.CANCELLED, finished_at=clock.now())
    phone.get_by_role("button", name="Done").click()
    expect(phone.locator(".toast-error")).to_contain_text("not open any more")
