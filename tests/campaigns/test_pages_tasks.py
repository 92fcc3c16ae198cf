"""The task page: own work, grouped, two taps."""

from datetime import timedelta

import pytest

from campaigns.models import DeliveryStatus, Task, TaskStatus
from staff.models import Role
from tests.campaigns.rows import make_call, make_campaign, make_confirm, make_enrollment, steps_of
from tests.cast import make_customer, make_user
from tests.pages.counting import queries
from wecom import clock


@pytest.fixture
def campaign(corp):
    return make_campaign(corp)


@pytest.fixture
def call(campaign, zhang):
    """Lin is to call Zhang."""
    return make_call(make_enrollment(campaign, zhang))


@pytest.fixture
def wangs_call(campaign, li):
    return make_call(make_enrollment(campaign, li))


def test_frontline_staff_see_their_own_tasks_only(signed_in, lin_user, call, wangs_call):
    page = signed_in(lin_user).get("/tasks/").content.decode()
    assert "张三" in page
    assert "问问小样如何" in page
    assert "李四" not in page


def test_a_manager_sees_the_department_below(signed_in, corp, headquarters, call, wangs_call, lin):
    lin.department_ids = [headquarters.wecom_id]
    lin.save(update_fields=["department_ids"])
    manager = make_user(corp, "boss", Role.MANAGER, staff=lin)
    assert "李四" in signed_in(manager).get("/tasks/").content.decode()


def test_an_operator_can_look_at_one_staff_members_tasks(signed_in, operator, call, wangs_call, wang):
    page = signed_in(operator).get("/tasks/", {"staff": wang.pk}).content.decode()
    assert "李四" in page
    assert "张三" not in page


def test_a_strange_staff_filter_shows_nothing(signed_in, lin_user, call, wang):
    assert "张三" not in signed_in(lin_user).get("/tasks/", {"staff": wang.pk}).content.decode()


def test_strangers_log_in_first_and_come_back(client, call):
    answer = client.get("/tasks/")
    assert answer.status_code == 302
    assert answer.url.endswith("?next=/tasks/")


def test_identical_tasks_stand_together(signed_in, lin_user, lin, campaign, call):
    make_call(make_enrollment(campaign, make_customer(lin, "赵六")))
    [bundle] = signed_in(lin_user).get("/tasks/").context["bundles"]
    assert [str(task.customer) for task in bundle.tasks] == ["赵六", "张三"]


def test_a_confirmation_says_where_to_confirm_and_what(signed_in, lin_user, lin, campaign):
    make_confirm(steps_of(campaign)[0], lin, size=12)
    page = signed_in(lin_user).get("/tasks/").content.decode()
    assert "12 customers" in page
    assert "您好，欢迎来到沙箱门店" in page
    assert "Confirm in the WeCom client" in page
    assert "/done/" not in page


def test_what_was_wanted_before_today_is_overdue(signed_in, lin_user, call):
    Task.objects.update(due_at=clock.now() - timedelta(days=1))
    browser = signed_in(lin_user)
    assert browser.get("/tasks/").context["counts"] == {"today": 0, "overdue": 1, "done": 0}
    assert "张三" not in browser.get("/tasks/").content.decode()
    assert "张三" in browser.get("/tasks/", {"when": "overdue"}).content.decode()


def test_done_finishes_task_and_delivery(signed_in, lin_user, call):
    answer = signed_in(lin_user).post(f"/tasks/{call.pk}/done/")
    assert answer.url == "/tasks/"
    call.refresh_from_db()
    assert (call.status, call.finished_by, call.delivery.status) == (TaskStatus.DONE, lin_user, DeliveryStatus.SENT)


def test_htmx_gets_the_finished_line_and_new_counts(signed_in, lin_user, call):
    page = signed_in(lin_user).post(f"/tasks/{call.pk}/done/", headers={"HX-Request": "true"}).content.decode()
    assert f'id="task-{call.pk}"' in page
    assert '<span class="tab-count" id="count-done" hx-swap-oob="true">1</span>' in page
    assert "<html" not in page


def test_done_twice_is_refused(signed_in, lin_user, call):
    browser = signed_in(lin_user)
    browser.post(f"/tasks/{call.pk}/done/")
    assert browser.post(f"/tasks/{call.pk}/done/").status_code == 409


def test_a_skip_keeps_its_reason(signed_in, lin_user, call):
    signed_in(lin_user).post(f"/tasks/{call.pk}/skip/", {"usual": "Could not be reached", "reason": ""})
    call.refresh_from_db()
    assert (call.status, call.reason) == (TaskStatus.SKIPPED, "Could not be reached")


@pytest.mark.parametrize("reason", ["", " ", "\x00", "x" * 201])
def test_a_skip_without_a_fit_reason_is_refused_at_the_field(signed_in, lin_user, call, reason):
    answer = signed_in(lin_user).post(f"/tasks/{call.pk}/skip/", {"reason": reason})
    assert answer.context["skip_form"].errors["reason"]
    call.refresh_from_db()
    assert call.status == TaskStatus.OPEN


@pytest.mark.parametrize("verb", ["done", "skip"])
def test_other_peoples_tasks_do_not_exist(signed_in, wang_user, call, verb):
    assert signed_in(wang_user).post(f"/tasks/{call.pk}/{verb}/", {"reason": "no"}).status_code == 404


def test_a_day_without_new_work_names_what_is_overdue(signed_in, lin_user, call):
    Task.objects.update(due_at=clock.now() - timedelta(days=2))
    shown = signed_in(lin_user).get("/tasks/").content.decode()
    assert "All done" not in shown
    assert "See what is overdue" in shown


@pytest.mark.parametrize("verb", ["done", "skip"])
def test_looking_changes_nothing(signed_in, lin_user, call, verb):
    assert signed_in(lin_user).get(f"/tasks/{call.pk}/{verb}/").status_code == 405


def test_a_confirmation_cannot_be_ticked_off_here(signed_in, lin_user, lin, campaign):
    task = make_confirm(steps_of(campaign)[0], lin)
    assert signed_in(lin_user).post(f"/tasks/{task.pk}/done/").status_code == 409


def test_the_number_of_queries_does_not_depend_on_the_number_of_tasks(signed_in, lin_user, lin, corp):
    campaigns = [make_campaign(corp, f"活动{n}") for n in range(3)]
    browser = signed_in(lin_user)

    make_call(make_enrollment(campaigns[0], make_customer(lin, "甲")))
    make_confirm(steps_of(campaigns[0])[0], lin)
    few = queries(browser, "/tasks/")
    for campaign in campaigns[1:]:
        make_confirm(steps_of(campaign)[0], lin)
        for name in "乙丙丁":
            make_call(make_enrollment(campaign, make_customer(lin, name)))
    assert queries(browser, "/tasks/") == few
