"""Tags of rule groups, and the limits that they share with corp tags, between the client and the sandbox."""

import pytest

from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.outgoing import NewTag


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    """Rule group 1 covers Lin, rule group 2 lies below it."""
    sandbox.corp("POST", "rule_groups", id=1, name="一店", userids=["lin"])
    sandbox.corp("POST", "rule_groups", id=2, name="一店前台", parent=1, userids=["lin"])
    return client_for(corp)


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as refused:
        call()
    return refused.value.errcode, refused.value.kind


def test_strategy_tags_from_making_to_deleting(wecom):
    group = wecom.strategy_tags.add(1, group_name="等级", tags=["金", NewTag("银", 5)], order=7)
    gold, silver = group.tag
    assert (group.strategy_id, group.order) == (1, 7)
    assert all(ident.startswith("st") for ident in (group.group_id, gold.id, silver.id))
    wecom.strategy_tags.edit(gold.id, name="钻石", order=9)
    (listed,) = wecom.strategy_tags.list(1)
    assert [(tag.name, tag.order) for tag in listed.tag] == [("钻石", 9), ("银", 5)]
    assert wecom.strategy_tags.list() == [listed]
    assert [tag.id for tag in wecom.strategy_tags.list(tag_ids=[silver.id])[0].tag] == [silver.id]
    assert [one.group_id for one in wecom.strategy_tags.list(group_ids=[group.group_id])] == [group.group_id]
    wecom.strategy_tags.delete(tag_ids=[gold.id, silver.id])
    assert wecom.strategy_tags.list() == []


def test_corp_tags_and_strategy_tags_do_not_see_each_other(wecom):
    ours = wecom.tags.add(group_name="等级", tags=["金"])
    theirs = wecom.strategy_tags.add(1, group_name="等级", tags=["金"])
    assert [group.group_id for group in wecom.tags.list()] == [ours.group_id]
    assert [group.group_id for group in wecom.strategy_tags.list()] == [theirs.group_id]
    assert refusal(lambda: wecom.tags.edit(theirs.tag[0].id, name="x")) == (40068, ErrorKind.GONE)
    assert refusal(lambda: wecom.strategy_tags.delete([ours.tag[0].id])) == (40068, ErrorKind.GONE)


def test_only_members_of_the_rule_group_use_its_tags(wecom, sandbox):
    (gold,) = wecom.strategy_tags.add(1, group_name="等级", tags=["金"]).tag
    friend = sandbox.corp("POST", "scan", userid="lin")["external_userid"]
    sandbox.corp("POST", "scan", userid="wang", external_userid=friend)
    wecom.tags.mark("lin", friend, add=[gold.id])
    (tag,) = next(follow for follow in wecom.customers.get(friend).follows if follow.userid == "lin").tags
    assert (tag.tag_id, tag.type, tag.group_name, tag.tag_name) == (gold.id, 3, "等级", "金")
    assert refusal(lambda: wecom.tags.mark("wang", friend, add=[gold.id]))[0] == 81011
    wecom.tags.mark("lin", friend, remove=[gold.id])
    assert wecom.customers.batch_by_user(["lin"]).rows[0].follow.tag_id == ()


def test_only_first_level_rule_groups_have_tags(wecom):
    assert refusal(lambda: wecom.strategy_tags.add(2, group_name="g", tags=["a"]))[0] == 40035
    assert refusal(lambda: wecom.strategy_tags.add(9, group_name="g", tags=["a"]))[0] == 40035


def test_both_sorts_count_against_the_corps_cap(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, tag_cap=3)
    wecom.tags.add(group_name="g", tags=["a", "b"])
    assert refusal(lambda: wecom.strategy_tags.add(1, group_name="g", tags=["c", "d"])) == (40126, ErrorKind.QUOTA)
    wecom.strategy_tags.add(1, group_name="g", tags=["c"])
    assert refusal(lambda: wecom.tags.add(group_name="g", tags=["d"])) == (40126, ErrorKind.QUOTA)


def test_a_name_that_is_there_is_refused(wecom):
    first, second = wecom.strategy_tags.add(1, group_name="g", tags=["a", "b"]).tag
    assert refusal(lambda: wecom.strategy_tags.add(1, group_name="g", tags=["a"])) == (40071, ErrorKind.PERMANENT)
    assert refusal(lambda: wecom.strategy_tags.edit(second.id, name=first.name))[0] == 40071


LARGEST = (1 << 32) - 1


def test_the_largest_order_comes_first_and_a_larger_one_is_never_sent(wecom):
    tags = wecom.tags.add(group_name="g", tags=[NewTag("a", 0), NewTag("b", LARGEST)]).tag
    assert [tag.order for tag in tags] == [0, LARGEST]
    assert [tag.name for tag in wecom.tags.list()[0].tag] == ["b", "a"]


REFUSED_BEFORE_THE_CALL = {
    r"tag\[0\].order is 4294967296": lambda tags: tags.add(group_name="g", tags=[NewTag("a", LARGEST + 1)]),
    r"tag\[0\].order is -1": lambda tags: tags.add(group_name="g", tags=[NewTag("a", -1)]),
    "order is 4294967296": lambda tags: tags.edit("id", order=LARGEST + 1),
    "group_name has 31 characters": lambda tags: tags.add(group_name="组" * 31, tags=["a"]),
    r"tag\[0\].name has 31 characters": lambda tags: tags.add(group_name="g", tags=["签" * 31]),
    r"tag\[0\].name is empty": lambda tags: tags.add(group_name="g", tags=[""]),
    "tag has 0 entries": lambda tags: tags.add(group_name="g", tags=[]),
    "a group is needed": lambda tags: tags.add(tags=["a"]),
    "name has 31 characters": lambda tags: tags.edit("id", name="签" * 31),
    "name is empty": lambda tags: tags.edit("id", name=""),
    "nothing to change": lambda tags: tags.edit("id"),
    "tag_id and group_id are both empty": lambda tags: tags.delete(),
}


class InGroup:
    """Strategy tags of one rule group, called as corp tags are."""

    def __init__(self, client: WeComClient) -> None:
        self.edit, self.delete = client.strategy_tags.edit, client.strategy_tags.delete
        self.add = lambda **values: client.strategy_tags.add(1, **values)


@pytest.mark.parametrize("kind", [lambda client: client.tags, InGroup], ids=["corp", "strategy"])
@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, kind, client, played):
    with pytest.raises(WeComError, match=problem) as refused:
        REFUSED_BEFORE_THE_CALL[problem](kind(client))
    assert refused.value.kind is ErrorKind.PERMANENT
    assert played.asked == []
