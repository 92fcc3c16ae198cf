"""The condition builder: rows of rules ↔ trees of the condition language, without losing anything."""

import pytest

from campaigns.forms import conditions
from campaigns.forms.catalog import Catalog
from campaigns.forms.conditions import ConditionNode
from campaigns.forms.state import flatten, unflatten
from customers import segments
from tests.cast import make_tag

MALE = {"field": "gender", "op": "in", "value": [1]}
NEW = {"field": "added_at", "op": "within_days", "value": 7}
NAMED = {"field": "name", "op": "contains", "value": "王"}
LOST = {"field": "lost", "op": "is", "value": False}


def posted_back(tree, corp):
    """What the browser would post for `tree`, judged and built into a tree again."""
    state = unflatten(flatten({"audience": conditions.state_of(tree)}))["audience"]
    node = ConditionNode.of(state, "audience", Catalog.of(corp), judged=True)
    assert node.is_valid(), [form.errors for form in node.forms()]
    return node.tree()


@pytest.mark.parametrize(
    "tree",
    [
        {"all": []},
        {"all": [MALE]},
        {"any": [MALE, NEW, {"not": NAMED}]},
        {"not": {"any": [MALE, NEW]}},
        {"all": [{"any": [MALE, NEW]}, {"not": {"all": [NAMED, LOST]}}]},
        {"all": [{"all": [MALE, NEW]}, {"any": [NAMED, {"not": LOST}]}]},
    ],
)
def test_what_rows_can_show_comes_back_as_it_was(corp, tree):
    assert posted_back(tree, corp) == tree


def test_a_single_rule_becomes_a_group_of_one(corp):
    assert posted_back(MALE, corp) == {"all": [MALE]}


def test_loose_rules_beside_groups_are_gathered_in_a_group(corp):
    assert posted_back({"any": [MALE, {"all": [NEW, NAMED]}]}, corp) == {
        "any": [{"any": [MALE]}, {"all": [NEW, NAMED]}]
    }


@pytest.mark.parametrize(
    "tree",
    [
        {"all": [{"any": [{"all": [MALE, NEW]}, NAMED]}]},
        {"not": {"not": {"all": [MALE]}}},
        {"all": [MALE], "any": [NEW]},
    ],
)
def test_a_deeper_tree_is_kept_whole(corp, tree):
    state = conditions.state_of(tree)
    assert state["raw"]
    assert posted_back(tree, corp) == tree


def test_values_are_typed_as_the_language_wants_them(corp):
    vip = make_tag(corp, "VIP")
    tree = {"all": [{"field": "tag", "op": "has_any", "value": [vip.wecom_id]}, MALE, NEW, LOST]}
    assert posted_back(tree, corp) == tree
    segments.parse(posted_back(tree, corp), corp)


def test_a_moment_is_local_time_and_comes_back_with_its_zone(corp):
    tree = {"all": [{"field": "added_at", "op": "before", "value": "2026-03-01T02:00:00+00:00"}]}
    state = conditions.state_of(tree)
    assert state["groups"][0]["rules"][0]["value"] == ["2026-03-01T10:00"]
    assert posted_back(tree, corp)["all"][0]["value"] == "2026-03-01T10:00:00+08:00"


def test_a_tag_that_is_gone_stays_ticked_and_visible(corp):
    state = conditions.state_of({"field": "tag", "op": "has_any", "value": ["et-gone"]})
    [group] = ConditionNode.of(state, "audience", Catalog.of(corp)).groups
    assert group.rules[0].chosen == ["et-gone"]


def test_an_error_of_the_language_lands_at_its_rule(corp):
    tree = {"all": [{"any": [MALE, NEW]}, {"not": {"any": [NAMED, LOST]}}]}
    node = ConditionNode.of(conditions.state_of(tree), "audience", Catalog.of(corp), judged=True)
    assert node.is_valid()
    node.tree()
    assert node.blame("all[1].not.any[0].value", "Too short.")
    assert node.groups[1].rules[0].errors == {"value": ["Too short."]}
    assert not node.blame("all[7].value", "Nowhere.")


@pytest.mark.parametrize("raw", ["{", "[" * 100_000, "3", "null"])
def test_broken_json_is_refused_by_the_language_not_by_an_exception(corp, raw):
    with pytest.raises(segments.ConditionError):
        segments.parse(conditions.load(raw), corp)


def test_an_unfinished_rule_is_no_rule_when_judged(corp):
    state = {"join": "all", "groups": [{"mode": "all", "rules": [{"field": ""}]}]}
    node = ConditionNode.of(state, "audience", Catalog.of(corp), judged=True)
    assert node.is_valid()
    assert node.tree() == {"all": []}


def test_an_unknown_field_is_an_error_at_the_rule(corp):
    state = {"join": "all", "groups": [{"mode": "all", "rules": [{"field": "shoe size", "op": "is", "value": "44"}]}]}
    node = ConditionNode.of(state, "audience", Catalog.of(corp), judged=True)
    assert not node.is_valid()
    assert "field" in node.groups[0].rules[0].errors
