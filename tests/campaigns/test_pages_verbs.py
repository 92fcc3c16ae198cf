"""Launch, publish, pause, resume, end, remind: a question first, then one verb, twice refused."""

import pytest
from django.test import Client

from campaigns import definitions
from campaigns.models import Batch, CampaignStatus
from customers import digests
from tests.campaigns.rows import make_call, make_campaign, make_confirm, make_enrollment, steps_of
from tests.cast import make_corp

TEXT_STEP = {"after": {"minutes": 5}, "action": "message", "content": [{"kind": "text", "text": "您好"}]}
VERBS = ["launch", "publish", "pause", "resume", "end"]


@pytest.fixture
def browser(signed_in, operator) -> Client:
    return signed_in(operator)


@pytest.fixture
def draft(corp):
    return definitions.save(corp, {"name": "一", "enroll": "everyone", "steps": [TEXT_STEP]})


def status(campaign):
    campaign.refresh_from_db()
    return campaign.status


def test_launching_says_how_many_enter_now(browser, corp, draft, zhang, li):
    digests.refresh(None, corp=corp)
    page = browser.get(f"/campaigns/{draft.pk}/launch/").content.decode()
    assert "2 customers enter now." in page
    assert status(draft) == CampaignStatus.DRAFT


def test_the_question_fits_in_a_dialog(browser, draft):
    page = browser.get(f"/campaigns/{draft.pk}/launch/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert f'action="/campaigns/{draft.pk}/launch/"' in page


def test_a_campaign_lives_through_its_verbs(browser, draft):
    for verb, expected in [("launch", "running"), ("pause", "paused"), ("resume", "running"), ("end", "ended")]:
        assert browser.post(f"/campaigns/{draft.pk}/{verb}/").url == f"/campaigns/{draft.pk}/"
        assert status(draft) == expected


def test_an_edited_version_is_published(browser, corp, draft):
    draft.launch()
    definitions.save(corp, {"name": "一", "steps": [TEXT_STEP]}, campaign=draft)
    browser.post(f"/campaigns/{draft.pk}/publish/")
    assert (draft.published.number, draft.draft) == (2, None)


@pytest.mark.parametrize("verb", ["launch", "pause", "end"])
def test_done_twice_is_refused_with_the_reason(browser, draft, verb):
    if verb != "launch":
        draft.launch()
    browser.post(f"/campaigns/{draft.pk}/{verb}/")
    answer = browser.post(f"/campaigns/{draft.pk}/{verb}/")
    assert answer.status_code == 409
    assert "Only a" in answer.content.decode()


def test_pausing_a_draft_is_refused(browser, draft):
    assert browser.post(f"/campaigns/{draft.pk}/pause/").status_code == 409


def test_ending_names_what_is_lost(browser, corp, zhang):
    campaign = make_campaign(corp)
    make_call(make_enrollment(campaign, zhang))
    page = browser.get(f"/campaigns/{campaign.pk}/end/").content.decode()
    assert "1 customer leaves halfway." in page
    assert "cannot be undone" in page


@pytest.mark.parametrize("verb", VERBS)
def test_frontline_staff_may_not(signed_in, lin_user, draft, verb):
    browser = signed_in(lin_user)
    assert browser.get(f"/campaigns/{draft.pk}/{verb}/").status_code == 403
    assert browser.post(f"/campaigns/{draft.pk}/{verb}/").status_code == 403
    assert status(draft) == CampaignStatus.DRAFT


@pytest.mark.parametrize("verb", VERBS)
def test_another_corps_campaign_does_not_exist(browser, verb):
    foreign = make_campaign(make_corp())
    assert browser.post(f"/campaigns/{foreign.pk}/{verb}/").status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_other_methods_are_refused(browser, draft, verb):
    assert browser.put(f"/campaigns/{draft.pk}/{verb}/").status_code == 405


def test_nobody_is_reminded_who_has_confirmed(browser, corp, lin):
    campaign = make_campaign(corp)
    answer = browser.post(f"/campaigns/{campaign.pk}/remind/{lin.pk}/")
    assert answer.status_code == 409
    assert "林小雨" in answer.content.decode()


def test_a_reminder_that_wecom_does_not_take_is_told(browser, corp, lin):
    """The corp's API base is closed, so the call fails; the person hears of it."""
    campaign = make_campaign(corp)
    make_confirm(steps_of(campaign)[0], lin)
    answer = browser.post(f"/campaigns/{campaign.pk}/remind/{lin.pk}/")
    assert answer.status_code == 409
    assert Batch.objects.get().reminders == 1


def test_reminding_is_for_operators(signed_in, lin_user, corp, lin):
    campaign = make_campaign(corp)
    assert signed_in(lin_user).post(f"/campaigns/{campaign.pk}/remind/{lin.pk}/").status_code == 403
    assert signed_in(lin_user).get(f"/campaigns/{campaign.pk}/remind/{lin.pk}/").status_code == 405
