"""A campaign's page, its customers, its plan, a delivery's story, and the tab on a customer's page."""

from datetime import timedelta

import pytest
from django.test import Client

from campaigns import definitions
from campaigns.models import DeliveryStatus, EnrollmentStatus, QuotaBlock
from tests.campaigns.rows import make_call, make_campaign, make_confirm, make_delivery, make_enrollment, steps_of
from tests.cast import make_corp, make_customer
from tests.pages.counting import queries
from wecom import clock


@pytest.fixture
def browser(signed_in, operator) -> Client:
    return signed_in(operator)


@pytest.fixture
def campaign(corp):
    return make_campaign(corp)


@pytest.fixture
def story(campaign, zhang):
    """Zhang's first step, skipped for a reason."""
    step = steps_of(campaign)[0]
    enrollment = make_enrollment(campaign, zhang)
    now = clock.now()
    return make_delivery(
        enrollment,
        step,
        DeliveryStatus.SKIPPED,
        handed_at=None,
        reason="condition",
        finished_at=now,
    )


def test_the_report_shows_the_funnel_the_reasons_and_the_staff(browser, campaign, story, li):
    make_call(make_enrollment(campaign, li))
    answer = browser.get(f"/campaigns/{campaign.pk}/")
    first, second = answer.context["steps"]
    assert (first.planned, first.handed, first.skipped) == (1, 0, 1)
    assert (second.planned, second.handed, second.waiting, second.sent) == (1, 1, 1, 0)
    page = answer.content.decode()
    # what the bar says to those who cannot see it
    assert 'aria-label="skipped 1"' in page
    assert "the step&#x27;s condition did not hold" in page or "condition did not hold" in page
    [lin, wang] = sorted(answer.context["people"], key=lambda person: person.row.name)
    assert (wang.row.name, wang.waiting, wang.completion) == ("王磊", 1, 0)
    assert (lin.row.name, lin.handed, lin.completion) == ("林小雨", 0, None)


def test_only_those_with_an_unconfirmed_send_can_be_reminded(browser, campaign, lin, zhang, li):
    message, _task = steps_of(campaign)
    make_delivery(make_enrollment(campaign, zhang), message)
    make_confirm(message, lin)
    make_call(make_enrollment(campaign, li))
    page = browser.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert page.count("/remind/") == 1
    assert f"/remind/{lin.pk}/" in page


def test_frontline_staff_see_their_own_part_of_a_report(signed_in, wang_user, campaign, story):
    report = signed_in(wang_user).get(f"/campaigns/{campaign.pk}/").context["report"]
    assert (report.enrolled, report.deliveries, report.staff) == (0, {}, [])


def test_frontline_staff_get_no_buttons(signed_in, lin_user, campaign):
    page = signed_in(lin_user).get(f"/campaigns/{campaign.pk}/").content.decode()
    assert "/end/" not in page
    assert "/edit/" not in page


def test_the_customers_of_a_campaign_can_be_searched(browser, campaign, story, li):
    make_enrollment(campaign, li, status=EnrollmentStatus.ENDED, end_reason="lost", ended_at=clock.now())
    path = f"/campaigns/{campaign.pk}/customers/"
    assert [str(row.customer) for row in browser.get(path).context["page"].rows] == ["李四", "张三"]
    assert [str(row.customer) for row in browser.get(path, {"q": "张"}).context["page"].rows] == ["张三"]
    assert "the customer deleted the staff member" in browser.get(path, {"status": "ended"}).content.decode()
    assert browser.get(path, {"status": "nonsense"}).context["count"] == 0


def test_frontline_staff_see_their_own_customers_in_a_campaign(signed_in, wang_user, campaign, story):
    assert "张三" not in signed_in(wang_user).get(f"/campaigns/{campaign.pk}/customers/").content.decode()


def test_the_plan_shows_what_customers_read(browser, campaign):
    assert "您好，欢迎来到沙箱门店" in browser.get(f"/campaigns/{campaign.pk}/plan/").content.decode()
    assert browser.get(f"/campaigns/{campaign.pk}/plan/", {"version": "x"}).status_code == 200


def test_a_link_without_a_description_shows_none(browser, corp):
    link = {"kind": "link", "title": "护肤指南", "url": "https://example.com/"}
    step = {"after": {"minutes": 5}, "action": "message", "content": [link]}
    campaign = definitions.save(corp, {"name": "一", "steps": [step]})
    plan = browser.get(f"/campaigns/{campaign.pk}/plan/").content.decode()
    assert '<small dir="auto"></small>' in plan


def test_a_story_says_why(browser, story):
    page = browser.get(f"/deliveries/{story.pk}/").content.decode()
    assert "The customer entered the campaign." in page
    assert "The step&#x27;s condition did not hold." in page


def test_another_staff_members_story_does_not_exist(signed_in, wang_user, story):
    assert signed_in(wang_user).get(f"/deliveries/{story.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/campaigns/{0}/", "/campaigns/{0}/customers/", "/campaigns/{0}/plan/"])
def test_another_corps_campaign_does_not_exist(browser, path):
    assert browser.get(path.format(make_campaign(make_corp()).pk)).status_code == 404


def test_hostile_names_are_shown_as_text(browser, campaign, lin):
    customer = make_customer(lin, '"><script>alert(1)</script>{{7*7}}\u202e')
    delivery = make_delivery(make_enrollment(campaign, customer), steps_of(campaign)[0])
    for path in (f"/campaigns/{campaign.pk}/customers/", f"/deliveries/{delivery.pk}/"):
        page = browser.get(path).content.decode()
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


# ---- the tab on the customer's page


def test_a_customer_page_shows_campaigns_next_step_and_quota(browser, corp, campaign, zhang):
    corp.quota_policy = "week"
    corp.save(update_fields=["quota_policy"])
    steps = steps_of(campaign)
    soon = clock.now() + timedelta(days=2)
    enrollment = make_enrollment(campaign, zhang, next_step=steps[1], next_run_at=soon)
    make_delivery(enrollment, steps[0], DeliveryStatus.SENT, finished_at=clock.now())
    page = browser.get(f"/customers/{zhang.pk}/campaigns/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "Next: step" in page
    assert "1 of 7 used" in page
    assert "6 left" in page


def test_a_customer_whom_wecom_has_capped_has_nothing_left(browser, corp, zhang):
    QuotaBlock.objects.create(corp=corp, customer=zhang, until=clock.now() + timedelta(days=3))
    answer = browser.get(f"/customers/{zhang.pk}/campaigns/")
    assert answer.context["quota"].left == 0
    assert "limit is reached" in answer.content.decode()


def test_a_customer_in_no_campaign_is_told_so(browser, zhang):
    assert "In no campaign" in browser.get(f"/customers/{zhang.pk}/campaigns/").content.decode()


def test_another_staff_members_customer_has_no_tab(signed_in, wang_user, zhang):
    assert signed_in(wang_user).get(f"/customers/{zhang.pk}/campaigns/").status_code == 404


@pytest.mark.parametrize("page", ["/campaigns/{0}/", "/campaigns/{0}/customers/"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(browser, campaign, lin, page):
    def one_more() -> None:
        make_call(make_enrollment(campaign, make_customer(lin)))

    path = page.format(campaign.pk)
    one_more()
    few = queries(browser, path)
    for _number in range(5):
        one_more()
    assert queries(browser, path) == few


def test_the_number_of_queries_of_a_customers_tab_does_not_depend_on_its_campaigns(browser, corp, zhang):
    path = f"/customers/{zhang.pk}/campaigns/"

    def one_more(number: int) -> None:
        campaign = make_campaign(corp, f"活动{number}")
        make_delivery(make_enrollment(campaign, zhang), steps_of(campaign)[0])

    one_more(0)
    few = queries(browser, path)
    for number in range(1, 5):
        one_more(number)
    assert queries(browser, path) == few
