"""Tags, both ways: WeCom's console changes ours, our verbs change WeCom's, and nobody is told twice."""

import pytest

from scrm.rehearsal.sandbox import Sandbox
from staff.errors import WrongState
from staff.models import AuditEntry, User
from tags import callbacks, verbs
from tags.models import Tag, TagGroup
from tests.acts import console_tags, sync
from wecom.client import client_for
from wecom.models import Corp, InboxEvent


def live(corp: Corp) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {group.name: set() for group in TagGroup.objects.of(corp).live()}
    for tag in Tag.objects.of(corp).live().select_related("group"):
        groups[tag.group.name].add(tag.name)
    return groups


def at_wecom(corp: Corp) -> dict[str, set[str]]:
    return {group.group_name: {tag.name for tag in group.tag} for group in client_for(corp).tags.list()}


def tell(corp: Corp, change: str, **payload: str) -> None:
    callbacks.changed(InboxEvent(corp=corp, event="change_external_tag", change_type=change, payload=payload))


def test_the_consoles_tags_appear_and_are_not_ours(sandbox: Sandbox, corp: Corp) -> None:
    console_tags(sandbox, "等级", "金", "银")
    sync(corp, "tags")
    assert live(corp) == {"等级": {"金", "银"}}
    assert not Tag.objects.filter(ours=True).exists()
    run = sync(corp, "tags")
    assert (run.counts["added"], run.counts["changed"], run.counts["gone"]) == (0, 0, 0)


def test_what_is_gone_is_marked_and_may_return(sandbox: Sandbox, corp: Corp) -> None:
    gold, _silver = console_tags(sandbox, "等级", "金", "银")
    console_tags(sandbox, "来源", "门店")
    sync(corp, "tags")
    sandbox.corp("POST", "tags/delete", id=gold)
    sandbox.corp("POST", "tags/delete", id=TagGroup.objects.get(name="来源").wecom_id)
    assert sync(corp, "tags").counts["gone"] == 2
    assert live(corp) == at_wecom(corp) == {"等级": {"银"}}
    assert Tag.objects.count() == 3
    console_tags(sandbox, "等级", "金")
    sync(corp, "tags")
    assert live(corp) == {"等级": {"金", "银"}}


@pytest.mark.parametrize("times", [1, 2])
def test_events_of_the_console_converge(sandbox: Sandbox, corp: Corp, times: int) -> None:
    gold, silver = console_tags(sandbox, "等级", "金", "银")
    group = client_for(corp).tags.list()[0].group_id
    for _ in range(times):
        tell(corp, "create", Id=gold, TagType="tag")
        tell(corp, "create", Id=group, TagType="tag_group")
    assert live(corp) == {"等级": {"金", "银"}}
    sandbox.corp("POST", "tags/rename", id=gold, name="黄金")
    sandbox.corp("POST", "tags/rename", id=group, name="级别")
    sandbox.corp("POST", "tags/delete", id=silver)
    for _ in range(times):
        tell(corp, "update", Id=gold, TagType="tag")
        tell(corp, "update", Id=group, TagType="tag_group")
        tell(corp, "delete", Id=silver, TagType="tag")
        tell(corp, "shuffle", Id=group)
        tell(corp, "shuffle")
    assert live(corp) == at_wecom(corp) == {"级别": {"黄金"}}


def test_a_deleted_group_takes_its_tags_along(sandbox: Sandbox, corp: Corp) -> None:
    """WeCom sends no event per tag."""
    console_tags(sandbox, "等级", "金", "银")
    console_tags(sandbox, "来源", "门店")
    sync(corp, "tags")
    group = TagGroup.objects.get(name="等级").wecom_id
    sandbox.corp("POST", "tags/delete", id=group)
    tell(corp, "delete", Id=group, TagType="tag_group")
    assert live(corp) == {"来源": {"门店"}}


def test_an_event_about_a_tag_that_never_was_is_no_error(sandbox: Sandbox, corp: Corp) -> None:
    tell(corp, "delete", Id="et-nothing", TagType="tag")
    tell(corp, "delete", Id="et-nothing", TagType="tag_group")
    assert live(corp) == {}


# ---- our own ------------------------------------------------------------------------------------------------------
def test_a_group_of_ours_stands_on_both_sides(sandbox: Sandbox, corp: Corp, operator: User) -> None:
    group = verbs.create_group(corp, "阶段", ["新", "老"], user=operator)
    verbs.add(group, ["睡"], user=operator)
    assert live(corp) == at_wecom(corp) == {"阶段": {"新", "老", "睡"}}
    assert group.ours
    assert sync(corp, "tags").counts["changed"] == 0
    assert Tag.objects.filter(ours=True).count() == 3
    assert AuditEntry.objects.filter(user=operator).count() == 2


def test_renaming_and_deleting_ours(sandbox: Sandbox, corp: Corp) -> None:
    group = verbs.create_group(corp, "阶段", ["新", "老"])
    new, old = group.tags.order_by("pk")
    verbs.rename(new, "新客")
    verbs.rename(group, "生命周期")
    verbs.delete(old)
    assert live(corp) == at_wecom(corp) == {"生命周期": {"新客"}}
    verbs.delete(group)
    assert live(corp) == at_wecom(corp) == {}


def test_a_group_goes_with_its_last_tag(sandbox: Sandbox, corp: Corp) -> None:
    group = verbs.create_group(corp, "阶段", ["新"])
    verbs.delete(group.tags.get())
    assert live(corp) == at_wecom(corp) == {}


def test_the_consoles_tags_are_not_ours_to_change(sandbox: Sandbox, corp: Corp) -> None:
    console_tags(sandbox, "等级", "金")
    sync(corp, "tags")
    group = TagGroup.objects.get()
    verbs.add(group, ["银"])  # that is allowed
    for item in (Tag.objects.get(name="金"), group):
        with pytest.raises(WrongState, match="console"):
            verbs.rename(item, "别的")
        with pytest.raises(WrongState, match="console"):
            verbs.delete(item)
    assert live(corp) == {"等级": {"金", "银"}}


@pytest.mark.parametrize("names", [["新"], ["长" * 31], []])
def test_wecoms_refusals_have_reasons(sandbox: Sandbox, corp: Corp, names: list[str]) -> None:
    group = verbs.create_group(corp, "阶段", ["新"])
    with pytest.raises(WrongState):
        verbs.add(group, names)
    assert live(corp) == at_wecom(corp) == {"阶段": {"新"}}


def test_deleting_twice_is_refused(sandbox: Sandbox, corp: Corp) -> None:
    tag = verbs.create_group(corp, "阶段", ["新", "老"]).tags.first()
    verbs.delete(tag)
    tag.refresh_from_db()
    with pytest.raises(WrongState):
        verbs.delete(tag)


def test_one_deleted_at_wecom_already_is_deleted_here(sandbox: Sandbox, corp: Corp) -> None:
    tag = verbs.create_group(corp, "阶段", ["新", "老"]).tags.first()
    client_for(corp).tags.delete(tag_ids=[tag.wecom_id])
    verbs.delete(tag)
    assert live(corp) == at_wecom(corp)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_without_answer_is_looked_up(sandbox: Sandbox, corp: Corp, when: str) -> None:
    broken = {"rate": 1, "count": 1, "when": when, "endpoints": ["externalcontact/add_corp_tag"]}
    sandbox.call("POST", "faults", **{"drop-connection": broken})
    if when == "after":
        assert verbs.create_group(corp, "阶段", ["新"]).ours
    else:
        with pytest.raises(WrongState):
            verbs.create_group(corp, "阶段", ["新"])
    assert live(corp) == at_wecom(corp)
