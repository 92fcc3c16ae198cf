"""The editor: a form that is saved as one definition, with errors at their fields and nothing lost."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from campaigns import definitions
from campaigns.forms import editor as forms
from campaigns.forms.state import flatten
from campaigns.models import Campaign, CampaignStatus
from content.models import Material
from customers import digests
from tests.campaigns.rows import make_campaign, make_enrollment
from tests.cast import make_corp, make_customer, make_tag

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(signed_in, operator) -> Client:
    return signed_in(operator)


def filled(**plan: Any) -> dict[str, Any]:
    """What the browser posts for a small SOP: a text now, a call on day three."""
    state = forms.blank()
    state["plan"] |= {"name": "新友七日", **plan}
    state["steps"] = [forms.new_step("message", 0), forms.new_step("task", 3)]
    state["steps"][0]["content"][0]["text"] = "您好，欢迎光临"
    state["steps"][1] |= {"title": "电话回访", "script": "问问小样如何", "at": "15:30"}
    return state


def post(browser: Client, path: str, state: dict[str, Any], **extra: Any) -> Any:
    return browser.post(path, {**dict(flatten(state).lists()), **extra})


def test_a_filled_form_becomes_a_draft(browser, operator):
    answer = post(browser, "/campaigns/new/", filled())
    campaign = Campaign.objects.get()
    assert answer.url == f"/campaigns/{campaign.pk}/"
    assert (campaign.status, campaign.created_by) == (CampaignStatus.DRAFT, operator)
    definition = definitions.as_definition(campaign.draft)
    assert definition["steps"] == [
        {
            "after": {"days": 0},
            "at": "10:00",
            "action": "message",
            "expires_after": {"hours": 48},
            "content": [{"kind": "text", "text": "您好，欢迎光临"}],
        },
        {
            "after": {"days": 3},
            "at": "15:30",
            "action": "task",
            "expires_after": {"hours": 48},
            "title": "电话回访",
            "script": "问问小样如何",
        },
    ]


def test_save_and_launch_asks_how_many_enter(browser):
    answer = post(browser, "/campaigns/new/", filled(), then="launch")
    assert answer.url == f"/campaigns/{Campaign.objects.get().pk}/launch/"


def test_a_saved_campaign_opens_as_it_was_saved(browser, corp):
    vip = make_tag(corp, "VIP")
    state = filled()
    rule = {"field": "tag", "op": "has_any", "value": [vip.wecom_id]}
    state["audience"] = {"join": "all", "groups": [{"negate": "on", "mode": "any", "rules": [rule]}]}
    state["steps"][1] |= {"conditional": "on", "condition": state["audience"]}
    post(browser, "/campaigns/new/", state)
    campaign = Campaign.objects.get()
    saved = definitions.as_definition(campaign.draft)
    assert saved["audience"] == {"not": {"any": [rule]}}
    assert saved["steps"][1]["condition"] == {"not": {"any": [rule]}}
    editor = browser.get(f"/campaigns/{campaign.pk}/edit/").context["editor"]
    post(browser, f"/campaigns/{campaign.pk}/edit/", editor.state)
    assert definitions.as_definition(campaign.draft) == saved


def test_every_error_stands_at_its_field_and_nothing_is_saved(browser):
    state = filled(name="")
    state["steps"][0] |= {"days": "", "at": "25:00"}
    state["steps"][0]["content"] = [{"kind": "text", "text": "好" * 1334}, {"kind": "link", "title": "", "url": ""}]
    state["steps"][1]["title"] = ""
    editor = post(browser, "/campaigns/new/", state).context["editor"]
    assert "name" in editor.plan.errors
    assert {"days", "at"} <= set(editor.steps[0].form.errors)
    assert {"title", "url"} <= set(editor.steps[0].items[1].errors)
    assert "title" in editor.steps[1].form.errors
    assert editor.parts_with_errors == {1, 3}
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"content": [{"kind": "text", "text": "好" * 1334}]}, ("items", 0, "text")),
        (
            {"content": [{"kind": "text", "text": "您好"}, {"kind": "link", "title": "看", "url": "javascript:1"}]},
            ("items", 1, "url"),
        ),
        ({"days": 5}, ("step", 1, "days")),
        ({"content": [{"kind": "text", "text": "您好"}, {"kind": "text", "text": "再见"}]}, ("items", 1, None)),
        ({"content": [{"kind": "image", "material": 4711}]}, ("items", 0, "material")),
    ],
    ids=["4,002 bytes", "javascript link", "step before its predecessor", "two texts", "unknown material"],
)
def test_what_the_definition_refuses_stands_at_its_field(browser, change, where):
    state = filled()
    state["steps"][0] |= change
    answer = post(browser, "/campaigns/new/", state)
    editor = answer.context["editor"]
    kind, number, field = where
    form = editor.steps[0].items[number] if kind == "items" else editor.steps[number].form
    assert form.errors[field or "__all__"]
    assert not Campaign.objects.exists()


def test_ten_attachments_are_refused_at_their_step(browser):
    state = filled()
    link = {"kind": "link", "title": "指南", "url": "https://example.com"}
    state["steps"][0]["content"] = [{"kind": "text", "text": "您好"}, *[link] * 10]
    editor = post(browser, "/campaigns/new/", state).context["editor"]
    assert "9" in editor.steps[0].errors[0]
    assert not Campaign.objects.exists()


def test_a_campaign_without_steps_is_refused(browser):
    state = filled()
    state["steps"] = []
    assert post(browser, "/campaigns/new/", state).context["editor"].errors
    assert not Campaign.objects.exists()


def test_an_unknown_condition_field_is_refused_at_its_rule(browser):
    state = filled()
    rule = {"field": "shoe_size", "op": "is", "value": "44"}
    state["audience"] = {"join": "all", "groups": [{"mode": "all", "rules": [rule]}]}
    editor = post(browser, "/campaigns/new/", state).context["editor"]
    assert "field" in editor.audience.groups[0].rules[0].errors
    assert not Campaign.objects.exists()


def test_a_deeper_condition_of_the_api_survives_an_edit(browser, corp):
    male = {"field": "gender", "op": "in", "value": [1]}
    tree = {"any": [{"all": [male, {"any": [male, {"not": male}]}]}]}
    definition = {"corp": corp.corpid, "name": "深", "audience": tree, "steps": [TEXT_STEP]}
    campaign = definitions.save(corp, definition)
    page = browser.get(f"/campaigns/{campaign.pk}/edit/")
    assert "deeper than the builder shows" in page.content.decode()
    post(browser, f"/campaigns/{campaign.pk}/edit/", page.context["editor"].state)
    assert campaign.draft.audience == tree


TEXT_STEP = {"after": {"minutes": 5}, "action": "message", "content": [{"kind": "text", "text": "您好"}]}


def test_editing_a_running_campaign_makes_a_draft_version(browser, corp, zhang):
    campaign = definitions.save(corp, {"name": "一", "steps": [TEXT_STEP]})
    campaign.launch()
    state = browser.get(f"/campaigns/{campaign.pk}/edit/").context["editor"].state
    state["steps"][0]["content"][0]["text"] = "新的问候"
    answer = post(browser, f"/campaigns/{campaign.pk}/edit/", state, then="publish")
    assert answer.url == f"/campaigns/{campaign.pk}/publish/"
    assert (campaign.published.number, campaign.draft.number) == (1, 2)


def test_a_copy_begins_where_the_original_stands(browser, corp):
    original = definitions.save(corp, {"name": "一", "steps": [TEXT_STEP]})
    editor = browser.get("/campaigns/new/", {"copy": original.pk}).context["editor"]
    assert editor.plan["name"].value() == "一 (copy)"
    post(browser, "/campaigns/new/", editor.state)
    copy = Campaign.objects.exclude(pk=original.pk).get()
    assert definitions.as_definition(copy.draft)["steps"] == definitions.as_definition(original.draft)["steps"]


def test_another_corps_campaign_is_not_copied(browser):
    assert browser.get("/campaigns/new/", {"copy": make_campaign(make_corp()).pk}).status_code == 404


def test_an_ended_campaign_is_not_edited(browser, corp):
    campaign = make_campaign(corp, status=CampaignStatus.ENDED)
    assert browser.get(f"/campaigns/{campaign.pk}/edit/").status_code == 404


# ---- the editor's own buttons


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("add-step::task", ["message", "task", "task"]),
        ("remove:steps-0", ["task"]),
        ("move:steps-1:up", ["task", "message"]),
        ("move:steps-0:down", ["task", "message"]),
        ("move:steps-0:up", ["message", "task"]),
        ("remove:steps-7", ["message", "task"]),
        ("remove:plan-name", ["message", "task"]),
        ("explode:steps-0", ["message", "task"]),
        ("add-step::bomb", ["message", "task"]),
        ("", ["message", "task"]),
    ],
)
def test_steps_are_added_removed_and_moved_without_scripts(browser, operation, expected):
    editor = post(browser, "/campaigns/draft/", filled(), op=operation).context["editor"]
    assert [step.form["action"].value() for step in editor.steps] == expected
    assert editor.plan["name"].value() == "新友七日"
    assert not Campaign.objects.exists()


def test_an_unfinished_form_is_not_judged_by_a_button(browser):
    page = post(browser, "/campaigns/draft/", filled(name=""), op="add-step::message").content.decode()
    assert "field-error" not in page


def test_htmx_gets_the_form_only_and_the_preview_is_told(browser):
    answer = browser.post("/campaigns/draft/", {"op": "add-rule:audience-groups-0", **FLAT}, headers=HTMX)
    assert answer.headers["HX-Trigger-After-Swap"] == "reshaped"
    page = answer.content.decode()
    assert 'name="audience-groups-0-rules-0-field"' in page
    assert "<html" not in page


FLAT = dict(flatten(forms.blank()).lists())


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(out, "PNG")
    return SimpleUploadedFile("花.png", out.getvalue(), "image/png")


def test_a_chosen_picture_is_kept_even_when_the_form_has_errors(browser, corp):
    state = filled(name="")
    state["steps"][0]["content"].append({"kind": "image"})
    answer = post(browser, "/campaigns/new/", state, **{"steps-0-content-1-upload": picture()})
    material = Material.objects.get()
    item = answer.context["editor"].steps[0].items[1]
    assert (item.original, item["material"].value()) == (material, str(material.pk))


def test_a_file_that_is_no_picture_is_refused_at_its_item(browser):
    state = filled()
    state["steps"][0]["content"].append({"kind": "image"})
    bad = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")
    answer = post(browser, "/campaigns/new/", state, **{"steps-0-content-1-upload": bad})
    assert answer.context["editor"].steps[0].items[1].upload_error
    assert not Material.objects.exists()
    assert not Campaign.objects.exists()


def test_another_corps_picture_is_not_shown(browser):
    foreign = Material.objects.create(corp=make_corp(), kind="image", filename="geheim.png", size=9, file="x.png")
    state = filled()
    state["steps"][0]["content"].append({"kind": "image", "material": foreign.pk})
    assert "geheim" not in post(browser, "/campaigns/draft/", state).content.decode()


# ---- beside the form


def test_the_preview_counts_who_matches_now(browser, corp, lin, zhang, li):
    make_customer(lin, "王五")
    digests.refresh(None, corp=corp)
    state = filled(enroll="everyone")
    rule = {"field": "staff", "op": "in", "value": ["lin"]}
    state["audience"] = {"join": "all", "groups": [{"mode": "all", "rules": [rule]}]}
    answer = post(browser, "/campaigns/preview/", state)
    assert answer.context["reach"] == 2
    assert "2 customers enter at launch" in answer.content.decode()
    assert "您好，欢迎光临" in answer.content.decode()


def test_an_unfinished_rule_has_no_count(browser):
    state = filled()
    state["audience"] = {"join": "all", "groups": [{"mode": "all", "rules": [{"field": "tag", "op": "has_any"}]}]}
    assert post(browser, "/campaigns/preview/", state).context["reach"] is None


@pytest.mark.parametrize(("clock", "warned"), [("added_at", True), ("enrolled_at", False)])
def test_everyone_on_a_clock_that_ran_before_they_entered_is_pointed_out(browser, operator, clock, warned):
    state = filled(enroll="everyone", clock=clock)
    said = [line.text for line in post(browser, "/campaigns/preview/", state).context["advice"]]
    assert any("whose day has passed" in text for text in said) == warned
    post(browser, "/campaigns/new/", state)
    asked = browser.get(f"/campaigns/{Campaign.objects.get().pk}/launch/").content.decode()
    assert ("whose day has passed" in asked) == warned


def test_a_step_in_the_quiet_hours_and_too_many_messages_are_pointed_out(browser, corp):
    corp.quota_policy = "day"
    corp.save(update_fields=["quota_policy"])
    state = filled()
    state["steps"][0]["at"] = "22:00"
    state["steps"].append({**forms.new_step("message", 0), "at": "23:00"})
    said = [line.text for line in post(browser, "/campaigns/preview/", state).context["advice"]]
    assert any("quiet hours" in text and "22:00" in text for text in said)
    assert any("this plan wants 2" in text for text in said)


# ---- who may


@pytest.mark.parametrize("path", ["/campaigns/new/", "/campaigns/draft/", "/campaigns/preview/"])
def test_frontline_staff_do_not_edit(signed_in, lin_user, path):
    assert signed_in(lin_user).post(path, {}).status_code == 403


def test_another_corps_campaign_does_not_exist(browser):
    campaign = make_campaign(make_corp())
    assert browser.get(f"/campaigns/{campaign.pk}/edit/").status_code == 404
    assert browser.post(f"/campaigns/{campaign.pk}/edit/", {}).status_code == 404
    assert browser.post("/campaigns/draft/", {"campaign": campaign.pk}).status_code == 404


@pytest.mark.parametrize("path", ["/campaigns/draft/", "/campaigns/preview/"])
def test_buttons_and_preview_only_take_posts(browser, path):
    assert browser.get(path).status_code == 405


@pytest.mark.parametrize(
    "hostile",
    [
        {"steps-0-content-0-text": "\x00", "steps-0-action": "message", "steps-0-content-0-kind": "text"},
        {"steps-999999999999-action": "message"},
        {"steps-x-action": "message", "steps": "1"},
        {"audience-groups-0-rules-0-field-x-y-z": "1", "audience-groups-0-rules-0-field": "tag"},
        {"audience-raw": "[" * 50_000},
        {"steps-0-content-0-kind": "image", "steps-0-content-0-material": "9" * 5000},
        {"steps-0-content": "flat", "plan": "flat", "audience": "flat"},
        {"op": f"remove:steps-{'9' * 5000}", "campaign": "9" * 5000},
        {"op": "add-step::message", "steps-0-days": "9" * 5000},
        {"steps-0-days": "9" * 5000, "steps-0-action": "message", "steps-0-timing": "day"},
    ],
)
def test_hostile_forms_are_answered_calmly(browser, hostile):
    for path in ("/campaigns/new/", "/campaigns/draft/", "/campaigns/preview/"):
        assert browser.post(path, hostile).status_code == 200
    assert not Campaign.objects.exists()


def test_who_is_on_the_way_stays_and_is_counted_before_publishing(browser, corp, zhang):
    campaign = make_campaign(corp)
    make_enrollment(campaign, zhang)
    assert "1 customer on the way stays" in browser.get(f"/campaigns/{campaign.pk}/publish/").content.decode()
