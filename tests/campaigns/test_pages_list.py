"""The list of campaigns: health at a glance, in a constant number of queries."""

from datetime import timedelta

import pytest

from campaigns.models import CampaignStatus, DeliveryStatus, EnrollmentStatus
from tests.campaigns.rows import make_campaign, make_delivery, make_enrollment, steps_of
from tests.cast import make_corp, make_customer
from tests.pages.counting import queries
from wecom import clock


@pytest.fixture
def browser(signed_in, operator):
    return signed_in(operator)


def lively(corp, staff, name="新友七日"):
    """A campaign with one delivery in each state that the list tells of."""
    campaign = make_campaign(corp, name)
    message, _task = steps_of(campaign)
    yesterday = clock.now() - timedelta(days=1)
    for status, fields in [
        (DeliveryStatus.SENT, {"finished_at": clock.now()}),
        (DeliveryStatus.HANDED, {}),
        (DeliveryStatus.HANDED, {"handed_at": yesterday}),
        (DeliveryStatus.EXPIRED, {"finished_at": clock.now()}),
        (DeliveryStatus.HELD, {"reason": "quota"}),
        (DeliveryStatus.FAILED, {"reason": "refused"}),
        (DeliveryStatus.SKIPPED, {"reason": "condition"}),
    ]:
        make_delivery(make_enrollment(campaign, make_customer(staff)), message, status, **fields)
    return campaign


def test_the_list_tells_how_each_campaign_is_doing(browser, corp, lin, zhang):
    campaign = lively(corp, lin)
    make_enrollment(campaign, zhang, status=EnrollmentStatus.FINISHED)
    answer = browser.get("/campaigns/")
    [row] = answer.context["page"].rows
    health = row.health
    assert (health.enrolled, health.active, health.waiting, health.overdue, health.sent) == (8, 7, 2, 1, 1)
    assert health.reached == 33
    assert health.troubles == [("held", 1), ("failed", 1)]
    assert row.version == 1
    page = answer.content.decode()
    assert "33%" in page
    assert "8 / 7" in page


def test_frontline_staff_see_their_own_numbers(signed_in, lin_user, corp, lin, wang):
    lively(corp, wang)
    [row] = signed_in(lin_user).get("/campaigns/").context["page"].rows
    assert (row.health.enrolled, row.health.sent, row.health.waiting) == (0, 0, 0)


def test_an_empty_list_says_what_to_do_next(browser):
    page = browser.get("/campaigns/").content.decode()
    assert "No campaign yet" in page
    assert 'href="/campaigns/new/"' in page


def test_only_those_who_may_make_campaigns_are_invited_to(signed_in, lin_user):
    assert "/campaigns/new/" not in signed_in(lin_user).get("/campaigns/").content.decode()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["二", "一"]),
        ({"q": "一"}, ["一"]),
        ({"status": "paused"}, ["二"]),
        ({"kind": "broadcast"}, []),
        ({"status": "no such"}, []),
        ({"q": "\x00一"}, ["一"]),
        ({"q": "%"}, []),
    ],
)
def test_filters(browser, corp, asked, names):
    make_campaign(corp, "一")
    make_campaign(corp, "二", status=CampaignStatus.PAUSED)
    assert [row.name for row in browser.get("/campaigns/", asked).context["page"].rows] == names


def test_another_corps_campaigns_are_not_there(browser):
    make_campaign(make_corp(), "别家")
    assert browser.get("/campaigns/").context["count"] == 0


def test_strangers_log_in_first(client, db):
    assert client.get("/campaigns/").status_code == 302


def test_the_list_only_takes_gets(browser):
    assert browser.post("/campaigns/").status_code == 405


def test_the_number_of_queries_does_not_depend_on_the_number_of_campaigns(browser, corp, lin):
    lively(corp, lin)
    few = queries(browser, "/campaigns/")
    for number in range(4):
        lively(corp, lin, f"活动{number}")
    assert queries(browser, "/campaigns/") == few
