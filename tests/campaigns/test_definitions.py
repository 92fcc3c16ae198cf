"""Definitions: refused at the field, nothing half-written; published versions never change."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns import definitions
from campaigns.definitions import DefinitionError
from campaigns.models import Campaign, Step, Version
from staff.errors import WrongState
from tests import cast
from tests.campaigns.conftest import call, make_campaign, step
from wecom.models import Corp


def definition(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "New friend week", "kind": "sop", "steps": list(steps), **fields}


def day(n: int, at: str, **fields: Any) -> dict[str, Any]:
    return step(after={"days": n}, at=at, **fields)


def after(**span: int) -> dict[str, Any]:
    return step(after=span)


def refusals(corp: Corp, raw: Any) -> dict[str, str]:
    with pytest.raises(DefinitionError) as caught:
        definitions.save(corp, raw)
    assert not Campaign.objects.exists()
    return dict(caught.value.errors)


def test_the_form_of_the_design_is_saved_and_read_back(corp: Corp) -> None:
    tag = cast.make_tag(corp, "已购")
    given = {
        "corp": corp.corpid,
        "name": "New friend week",
        "kind": "sop",
        "audience": {"all": [{"field": "tag", "op": "has_any", "value": [tag.wecom_id]}]},
        "enroll": "newcomers",
        "clock": "added_at",
        "steps": [
            {
                "after": {"days": 0},
                "at": "10:00",
                "action": "message",
                "expires_after": {"hours": 48},
                "content": [
                    {"kind": "text", "text": "你好"},
                    {"kind": "link", "title": "新人券", "url": "https://shop.example.com/c"},
                ],
            },
            {
                "after": {"days": 3},
                "at": "15:30",
                "action": "task",
                "title": "Call",
                "script": "…",
                "expires_after": {"hours": 24},
                "condition": {"not": {"field": "tag", "op": "has_any", "value": [tag.wecom_id]}},
            },
        ],
    }
    campaign = definitions.save(corp, given)
    assert campaign.status == "draft"
    assert campaign.draft is not None
    assert definitions.as_definition(campaign.draft) == given | {"priority": 0}


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], ""),
        ({"steps": [step()]}, "name"),
        (definition(step(), name="长" * 61), "name"),
        (definition(step(), name=7), "name"),
        (definition(), "steps"),
        (definition(steps="all"), "steps"),
        (definition("step"), "steps[0]"),
        (definition(step(), kind="moments"), "kind"),
        (definition(step(), enroll="nobody"), "enroll"),
        (definition(step(), clock="born_at"), "clock"),
        (definition(step(), priority="high"), "priority"),
        (definition(step(), late_after={"hours": 0}), "late_after"),
        (definition(step(), surprise=1), ""),
        (definition(step(), audience={"field": "shoe_size", "op": "in", "value": [1]}), "audience.field"),
        (definition(step(), audience={"all": [{"any": 3}]}), "audience.all[0].any"),
        (
            definition(step(condition={"all": [{"field": "x", "op": "y", "value": 1}]})),
            "steps[0].condition.all[0].field",
        ),
        (definition(step(content=[{"kind": "text", "text": "x" * 4001}])), "steps[0].content[0].text"),
        (definition(step(content=[{"kind": "text", "text": "好" * 1334}])), "steps[0].content[0].text"),
        (definition(step(content=[])), "steps[0].content"),
        (
            definition(step(content=[{"kind": "link", "title": "a", "url": "https://a.example"}] * 10)),
            "steps[0].content",
        ),
        (definition(step(content=[{"kind": "link", "title": "a", "url": "javascript:1"}])), "steps[0].content[0].url"),
        (definition(step(action="fax")), "steps[0].action"),
        (definition(call(title="")), "steps[0].title"),
        (definition(call(content=[{"kind": "text", "text": "x"}])), "steps[0].content"),
        (definition(step(after={"days": 1})), "steps[0].at"),
        (definition(step(after={"days": 1}, at="24:00")), "steps[0].at"),
        (definition(step(after={"days": 1}, at="9:5")), "steps[0].at"),
        (definition(step(after={"days": -1}, at="09:00")), "steps[0].after.days"),
        (definition(step(after={"days": 1.5}, at="09:00")), "steps[0].after.days"),
        (definition(step(after={"minutes": 5}, at="09:00")), "steps[0].at"),
        (definition(step(after={"minutes": -5})), "steps[0].after.minutes"),
        (definition(step(after={"minutes": True})), "steps[0].after.minutes"),
        (definition(step(after={"days": 1, "hours": 2})), "steps[0].after"),
        (definition(step(after={})), "steps[0].after"),
        (definition(step(after="tomorrow")), "steps[0].after"),
        (definition(step(expires_after={"hours": 0})), "steps[0].expires_after"),
        (definition(step(expires_after={"days": 31})), "steps[0].expires_after"),
        (definition(step(), step(), kind="broadcast"), "steps"),
        (definition(step(), corp="ww0000000000000000"), "corp"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(corp: Corp, raw: Any, path: str) -> None:
    assert list(refusals(corp, raw)) == [path]


def test_everything_that_is_wrong_is_named_at_once(corp: Corp) -> None:
    raw = definition(step(content=[{"kind": "text", "text": ""}]), call(title=""), name="")
    assert set(refusals(corp, raw)) == {"name", "steps[0].content[0].text", "steps[1].title"}


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (day(1, "10:00"), day(1, "09:59"), True),
        (day(1, "10:00"), day(0, "23:00"), True),
        (day(1, "10:00"), day(1, "10:00"), False),
        (after(hours=2), after(minutes=119), True),
        (after(hours=2), after(minutes=120), False),
        # added at 10:00 at the latest, day 1 at 10:00 is 24 h away; added at midnight, 34 h
        (after(hours=35), day(1, "10:00"), True),
        (after(hours=34), day(1, "10:00"), False),
        (day(1, "10:00"), after(hours=10), True),
        (day(1, "10:00"), after(hours=11), False),
        (day(0, "10:00"), after(minutes=0), False),
    ],
)
def test_a_step_that_is_certainly_before_its_predecessor_is_refused(
    corp: Corp, first: dict[str, Any], second: dict[str, Any], refused: bool
) -> None:
    if refused:
        assert list(refusals(corp, definition(first, second))) == ["steps[1].after"]
    else:
        assert definitions.save(corp, definition(first, second)).pk


def test_hostile_text_is_cleaned_before_it_is_kept(corp: Corp) -> None:
    campaign = definitions.save(corp, definition(call(title="a\x00b", script="\ud800"), name="\x00周\ud83d"))
    assert campaign.name == "周\ufffd"
    assert Step.objects.get().title == "ab"


def test_ids_of_another_corp_are_unknown(corp: Corp) -> None:
    foreign = cast.make_tag(cast.make_corp(), "vip")
    audience = {"field": "tag", "op": "has_any", "value": [foreign.wecom_id]}
    assert list(refusals(corp, definition(step(), audience=audience))) == ["audience.value[0]"]


def test_a_broadcast_is_for_everyone_at_once_unless_it_says_otherwise(corp: Corp) -> None:
    version = definitions.save(corp, definition(step(), kind="broadcast")).draft
    assert version is not None
    assert (version.enroll, version.clock) == ("everyone", "enrolled_at")


def test_a_draft_is_changed_in_place(corp: Corp) -> None:
    campaign = definitions.save(corp, definition(step(), step()))
    changed = definitions.save(corp, definition(call(), name="新"), campaign=campaign)
    assert changed.pk == campaign.pk
    assert Version.objects.count() == 1
    assert list(Step.objects.values_list("action", "position")) == [("task", 1)]


def test_a_change_of_a_launched_campaign_is_a_new_version_until_it_is_published(corp: Corp) -> None:
    campaign = make_campaign(corp, step())
    first = campaign.published
    definitions.save(corp, definition(step(), call()), campaign=campaign)
    definitions.save(corp, definition(call()), campaign=campaign)
    assert campaign.published == first
    assert campaign.draft is not None
    assert campaign.draft.number == 2
    campaign.publish()
    assert campaign.published is not None
    assert campaign.published.number == 2
    assert campaign.draft is None
    assert first is not None
    assert [each.action for each in first.steps.all()] == ["message"]


def test_a_refused_change_leaves_everything_as_it_was(corp: Corp) -> None:
    campaign = make_campaign(corp, step(), launch=False)
    with pytest.raises(DefinitionError):
        definitions.save(corp, definition(step(), call(title=""), name="neu"), campaign=campaign)
    campaign.refresh_from_db()
    assert campaign.name == "新友周"
    assert Step.objects.count() == 1


def test_an_ended_campaign_is_not_changed(corp: Corp) -> None:
    campaign = make_campaign(corp)
    campaign.end()
    with pytest.raises(WrongState):
        definitions.save(corp, definition(step()), campaign=campaign)


def test_the_kind_of_a_launched_campaign_stays(corp: Corp) -> None:
    campaign = make_campaign(corp)
    with pytest.raises(DefinitionError) as caught:
        definitions.save(corp, definition(step(), kind="broadcast"), campaign=campaign)
    assert caught.value.errors[0][0] == "kind"


def test_the_database_refuses_changes_to_a_published_version(corp: Corp) -> None:
    version = make_campaign(corp).published
    assert version is not None
    published = version.steps.get()
    changes = [
        lambda: Version.objects.filter(pk=version.pk).update(enroll="newcomers"),
        lambda: Step.objects.filter(pk=published.pk).update(title="neu"),
        lambda: Step.objects.create(version=version, position=9, after=published.after),
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
